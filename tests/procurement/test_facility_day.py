"""The day is the facility's: nine in the evening of the 29th in Chicago is ten in New York and three in the morning of the 30th in London."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from masterdata.models import Contract, Facility
from masterdata.selectors import item_facts
from portal.work import work_cards
from procurement.models import PurchaseOrder
from procurement.selectors.purchase_orders import orders_due, orders_listed, orders_receivable
from tests.factories import D, Network, make_network
from tests.road import ordered

pytestmark = pytest.mark.django_db
TODAY, TOMORROW = date(2026, 11, 29), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 30, 3, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def net(evening: None) -> Network:
    return make_network()


def expected(net: Network, day: date, zone: str = "America/Chicago") -> PurchaseOrder:
    Facility.objects.filter(code="NORTH").update(timezone=zone)
    order = ordered(net)
    PurchaseOrder.objects.filter(pk=order.pk).update(expected_on=day)
    return order


@pytest.mark.parametrize(
    ("zone", "day", "late", "due"),
    [
        ("America/Chicago", date(2026, 11, 28), True, True),
        ("America/Chicago", TODAY, False, True),
        ("America/Chicago", TOMORROW, False, False),
        ("Europe/London", TODAY, True, True),
        ("Europe/London", TOMORROW, False, True),
    ],
)
def test_an_order_is_late_or_due_by_the_day_of_its_facility(
    net: Network, zone: str, day: date, late: bool, due: bool
) -> None:
    order = expected(net, day, zone)
    buyer, receiver = net.actor("buyer@NORTH"), net.actor("receiver@NORTH")
    assert (order in orders_listed(buyer, view="late"), order in orders_due(buyer)) == (late, late)
    assert (order in orders_receivable(receiver, due=True), order in orders_receivable(receiver)) == (due, True)
    counted = {card.key: card.count for card in work_cards(receiver)}
    assert (counted["overdue_orders"], counted["to_receive"]) == (int(late), int(due))


@pytest.mark.parametrize(("zone", "on_contract"), [("America/Chicago", True), ("Europe/London", False)])
def test_a_contract_holds_to_the_end_of_its_last_day(net: Network, zone: str, on_contract: bool) -> None:
    Contract.objects.update(valid_to=TODAY)
    Facility.objects.filter(code="NORTH").update(timezone=zone)
    glove = net.items["GLOVE"].pk
    best = item_facts([glove], facility_id=net.facilities["NORTH"].pk)[glove].best_offer(D(1))
    assert best is not None
    assert bool(best.contract_number) == on_contract


@pytest.mark.parametrize(("zone", "today"), [("America/Chicago", TODAY), ("Europe/London", TOMORROW)])
def test_delivery_is_expected_so_many_days_after_the_facility_s_today(net: Network, zone: str, today: date) -> None:
    Facility.objects.filter(code="NORTH").update(timezone=zone)
    assert ordered(net).expected_on == today + timedelta(days=2)
