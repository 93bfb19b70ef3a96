"""What every list can do: order, pages in that order, filters kept under a name, the file as shown."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from core.errors import Invalid
from core.keyset import Order, comes_after, page, sorted_by
from masterdata.models import Role
from masterdata.selectors import actor_for
from portal.models import SavedView
from portal.saved_views import MOST, view_save
from portal.web import lists
from procurement.models import PurchaseOrder, Requisition
from procurement.selectors.purchase_orders import orders_listed
from tests.factories import TODAY, D, Network, make_user
from tests.road import billed, ordered, submitted

HTML_BUDGET = 8


def _requests(net: Network, count: int = 11) -> list[Requisition]:
    """Requests with few different amounts, and days of which some are not told."""
    rows = [submitted(net) for _ in range(count)]
    pick = random.Random(7)
    for row in rows:
        row.needed_by = pick.choice([None, TODAY(), TODAY() + timedelta(days=pick.randint(1, 3))])
        row.total = D(pick.randint(1, 3))
        row.save(update_fields=["needed_by", "total"])
    return rows


@pytest.mark.parametrize("field", ["id", "needed_by", "total", "submitted_at", "requester__name"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_in_an_order_show_every_row_once(net: Network, field: str, descending: bool) -> None:
    _requests(net)
    order, found = Order(field, descending), Requisition.objects.all()
    whole = list(sorted_by(found, order))
    seen: list[Requisition] = []
    after = ""
    for _ in range(9):
        shown = page(found, after=after, size=2, order=order)
        seen += shown.rows
        after = shown.next
        if not after:
            break
    assert [row.pk for row in seen] == [row.pk for row in whole]
    assert [comes_after(b, a, order) for a, b in pairwise(whole)] == [True] * (len(whole) - 1)
    if field == "needed_by":
        days = [row.needed_by for row in seen]
        empty = days.count(None)
        assert empty
        assert None not in days[:-empty], "what has no day comes last, in both directions"


def test_rows_that_come_meanwhile_neither_skip_nor_double(net: Network) -> None:
    rows = _requests(net, 6)
    order = Order("total", descending=True)
    first = page(Requisition.objects.all(), size=3, order=order)
    new = submitted(net)
    new.total = D(99)
    new.save(update_fields=["total"])
    rest = page(Requisition.objects.all(), after=first.next, size=10, order=order)
    assert sorted(r.pk for r in (*first.rows, *rest.rows)) == sorted(r.pk for r in rows)


def _cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "12", "%%", "x" * 500, "é", _cursor("{}"), _cursor('["total","x",1]'), _cursor('["-total","1",1]'), _cursor('["total","1","1"]'),
        _cursor('["total","NaN",1]'), _cursor('["total","1e999999",1]'), _cursor(f'["total","1",{2**70}]'), _cursor('["total","1",true]'),
        _cursor('["total","1"]'), _cursor('"total"'),
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_is_told(net: Network, after: str) -> None:
    with pytest.raises(Invalid) as told:
        page(Requisition.objects.all(), after=after, order=Order("total"))
    assert told.value.code == "cursor_invalid"


def test_a_text_cursor_never_carries_a_nul(net: Network) -> None:
    with pytest.raises(Invalid):
        page(Requisition.objects.all(), after=_cursor('["number","a\\u0000b",1]'), order=Order("number"))


def test_a_wrong_cursor_on_a_screen_is_told_calmly(net: Network, sign_in: Any) -> None:
    answer = sign_in("requester@NORTH").get("/requisitions/?sort=amount&after=nonsense")
    assert answer.status_code == 422
    assert "Start from the first page" in answer.content.decode()


@pytest.mark.parametrize("name", sorted(lists.EVERY))
def test_every_order_of_every_list_answers(net: Network, sign_in: Any, few_statements: Any, name: str) -> None:
    ordered(net)
    listing = lists.EVERY[name]
    who = {
        "exceptions-ap": "ap_clerk@NORTH", "catalog": "requester@NORTH", "exceptions-receiver": "receiver@NORTH",
        "proposals": "steward@NORTH", "messages": "integration_support@NORTH", "partners": "network support",
    }  # fmt: skip
    net.users["network support"] = make_user("network support", (Role.INTEGRATION_SUPPORT, None))
    client = sign_in(who.get(name, "receiver@NORTH" if "receiv" in name else "buyer@network"))
    base = f"{listing.href}?view={'low' if name == 'low-stock' else 'all'}"
    for by in listing.orders:
        for key in (by.key, f"-{by.key}"):
            with few_statements():
                text = client.get(f"{base}&sort={key}").content.decode()
            assert (by.down if key.startswith("-") else by.up) in text or len(listing.orders) == 1
    assert client.get(f"{base}&sort=no-such-column").status_code == 200


PLAIN = ("requisitions", "orders", "invoices", "receipts", "receiving", "stock", "suppliers", "contracts")


@pytest.mark.parametrize("name", PLAIN)
def test_a_list_stays_in_its_budget_whatever_the_order(
    net: Network, sign_in: Any, few_statements: Any, name: str
) -> None:
    ordered(net)
    listing = lists.EVERY[name]
    client = sign_in("receiver@NORTH" if name == "receiving" else "buyer@network")
    for by in listing.orders:
        with few_statements(HTML_BUDGET):
            client.get(f"{listing.href}?view=all&sort=-{by.key}")


def test_the_order_goes_into_the_file_and_the_next_page(net: Network, sign_in: Any) -> None:
    _requests(net, 52)
    client = sign_in("requester@NORTH")
    text = client.get("/requisitions/?view=mine&sort=-amount").content.decode()
    assert 'aria-sort="descending"' in text
    assert "export=csv" in text
    cursor = text.split("after=")[1].split('"')[0]
    rest = client.get(f"/requisitions/?view=mine&sort=-amount&after={cursor}", headers={"HX-Request": "true"})
    assert rest.content.decode().count("<tr data-row>") == 2
    file = b"".join(client.get("/requisitions/?view=mine&sort=-amount&export=csv").streaming_content).decode()
    amounts = [D(line.split(",")[-3]) for line in file.strip().splitlines()[1:]]
    assert len(amounts) == 52
    assert amounts == sorted(amounts, reverse=True)


# -- kept views ----------------------------------------------------------------------------------------------------


def test_a_filter_is_kept_renamed_opened_first_and_forgotten(net: Network, sign_in: Any) -> None:
    order = ordered(net)
    client, views = sign_in("buyer@network"), "/views/orders/"
    here = "view=all&supplier=ACME&sort=-amount"
    answer = client.post(views, {"act": "save", "name": "Acme, big first", "here": here + "&after=zz"})
    assert answer.headers["Location"] == f"/orders/?{here}"
    page_text = client.get(f"/orders/?{here}").content.decode()
    assert page_text.count("Acme, big first") > 1
    assert "Rename this view" in page_text
    client.post(views, {"act": "rename", "name": "Acme, big first", "to": "Acme", "here": here})
    client.post(views, {"act": "open", "name": "Acme", "here": here})
    opened = client.get("/orders/")
    assert opened.status_code == 302
    assert opened.headers["Location"] == f"/orders/?{here}"
    assert client.get("/orders/?view=open").status_code == 200
    assert order.number in client.get("/orders/", follow=True).content.decode()
    client.post(views, {"act": "open", "name": "", "here": here})
    assert client.get("/orders/").status_code == 200
    client.post(views, {"act": "forget", "name": "Acme", "here": here})
    assert not SavedView.objects.exists()


def test_views_are_ones_own(net: Network, sign_in: Any) -> None:
    sign_in("buyer@network").post("/views/orders/", {"name": "Mine alone", "here": "view=late"})
    assert "Mine alone" not in sign_in("buyer@NORTH").get("/orders/").content.decode()
    assert (
        sign_in("buyer@NORTH").post("/views/orders/", {"act": "rename", "name": "Mine alone", "to": "x"}).status_code
        == 404
    )
    assert sign_in("buyer@NORTH").post("/views/orders/", {"act": "open", "name": "Mine alone"}).status_code == 404
    assert sign_in("buyer@NORTH").post("/views/nowhere/", {"name": "x"}).status_code == 404


def test_a_view_needs_a_name_of_its_own_and_there_are_only_so_many(net: Network, sign_in: Any) -> None:
    client = sign_in("buyer@network")
    assert client.post("/views/orders/", {"name": "  ", "here": "view=late"}).status_code == 422
    actor = actor_for(net.users["buyer@network"])
    for n in range(MOST):
        view_save(actor=actor, page="orders", name=f"View {n}", query="view=late")
    assert client.post("/views/orders/", {"name": "One more", "here": "view=late"}).status_code == 422
    assert client.post("/views/orders/", {"act": "rename", "name": "View 1", "to": "View 2"}).status_code == 409
    client.post("/views/orders/", {"name": "View 1", "here": "view=all"})
    assert SavedView.objects.get(name="View 1").query == "view=all"


# -- the indexes behind the orders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("expected", "procurement_po_by_expected"),
        ("amount", "procurement_po_by_total"),
        ("issued", "procurement_po_by_issued"),
    ],
)
def test_an_index_serves_the_order_in_both_directions(net: Network, key: str, index: str) -> None:
    actor = net.actor("buyer@NORTH")
    by = next(each for each in lists.ORDERS.orders if each.key == key)
    for sign in ("", "-"):
        found = orders_listed(actor).filter(**{f"{by.field}__isnull": False}).order_by(f"{sign}{by.field}", f"{sign}id")
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
            )
        plan = found.select_related(None)[:51].explain()
        assert index in plan
        assert "Sort" not in plan


def test_orders_without_a_day_come_last_on_the_screen(net: Network, sign_in: Any) -> None:
    known, unknown = ordered(net), ordered(net)
    PurchaseOrder.objects.filter(pk=unknown.pk).update(expected_on=None)
    for sort in ("expected", "-expected"):
        text = sign_in("buyer@network").get(f"/orders/?view=all&sort={sort}").content.decode()
        assert text.index(known.number) < text.index(unknown.number)


def test_a_filter_tells_what_it_found_and_how_to_be_rid_of_it(net: Network, sign_in: Any) -> None:
    case = billed(net, ordered(net), price="9.90")
    for who, url, all_of_it in (
        ("buyer@NORTH", "/orders/?view=all", "1 order<"), ("buyer@NORTH", "/requisitions/?view=all", "1 requisition<"),
        ("ap_clerk@NORTH", "/invoices/?view=all", "1 invoice<"), ("ap_clerk@NORTH", "/exceptions/ap/?view=all", "open"),
    ):  # fmt: skip
        client = sign_in(who)
        assert all_of_it in client.get(url).content.decode()
        none = client.get(f"{url}&q=zzzz").content.decode()
        assert "0 found" in none
        assert "Nothing matches this filter" in none
        assert f'href="{url if "exceptions" in url else "?view=all"}">Clear the filter' in none
    assert "1 found" in sign_in("ap_clerk@NORTH").get(f"/invoices/?q={case.number}").content.decode()
