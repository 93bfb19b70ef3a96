"""Going through a list page by page shows every row once, in its order, whatever is sorted by."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.keyset import NEWEST, Order, Page, comes_after, page, sorted_by
from inventory.models import Lot
from tests.factories import Network, make_item

pytestmark = pytest.mark.django_db
EXPIRY, NUMBER, ITEM = Order("expiry"), Order("number", descending=True), Order("item__number")


def walk(order: Order, size: int) -> list[int]:
    seen: list[int] = []
    after = ""
    while True:
        shown: Page[Lot] = page(Lot.objects.all(), after=after, size=size, order=order)
        seen += [row.pk for row in shown.rows]
        after = shown.next
        if not after:
            return seen


@given(
    st.lists(st.none() | st.integers(0, 4), max_size=12), st.integers(1, 5),
    st.sampled_from([NEWEST, Order(), EXPIRY, Order("expiry", descending=True), NUMBER, ITEM]),
)  # fmt: skip
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_every_row_once_and_in_order(days: list[int | None], size: int, order: Order) -> None:
    with transaction.atomic():
        items = [make_item(Network(), number, packs={}) for number in ("A", "B")]
        Lot.objects.bulk_create(
            Lot(
                item=items[n % 2],
                number=f"L{n:02}",
                expiry=None if day is None else date(2027, 1, 1) + timedelta(days=day),
            )
            for n, day in enumerate(days)
        )
        whole = list(sorted_by(Lot.objects.all(), order))
        assert walk(order, size) == [row.pk for row in whole]
        for row, other in zip(whole[1:], whole, strict=False):
            assert comes_after(row, other, order)
            assert not comes_after(other, row, order)
        transaction.set_rollback(True)


def test_rows_added_and_gone_between_two_pages_shift_nothing() -> None:
    item = make_item(Network(), "A", packs={})
    rows = [Lot.objects.create(item=item, number=f"L{n}") for n in range(6)]
    first = page(Lot.objects.all(), size=2)
    Lot.objects.create(item=item, number="new")
    rows[4].delete()  # the row the cursor stands on
    second = page(Lot.objects.all(), after=first.next, size=2)
    assert [row.number for row in (*first.rows, *second.rows)] == ["L5", "L4", "L3", "L2"]


@pytest.mark.parametrize("size", [0, -5, 10**9])
def test_the_size_of_a_page_has_bounds(size: int) -> None:
    item = make_item(Network(), "A", packs={})
    Lot.objects.bulk_create(Lot(item=item, number=f"L{n}") for n in range(205))
    assert len(page(Lot.objects.all(), size=size).rows) == (200 if size > 0 else 1)


def test_a_page_is_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        page(Lot.objects.all(), order=NUMBER)
    assert len(queries) == 1


def packed(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%", packed("[]"), packed('["expiry","not a date",1]'), packed('["number","L1",1]'), packed('["expiry",null,-1]'),
        packed('["expiry",null,"1"]'), packed('["expiry","2027-01-01",9223372036854775808]'), packed("[" * 90), "9" * 500,
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid, match="Start from the first page"):
        page(Lot.objects.all(), after=cursor, order=EXPIRY)


@pytest.mark.parametrize("cursor", ["-1", "1 OR 1=1", "١", "9" * 19])
def test_an_id_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        page(Lot.objects.all(), after=cursor)
