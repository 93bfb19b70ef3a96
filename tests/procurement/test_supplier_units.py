"""Suppliers that answer and ship in another pack than was ordered."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from core.errors import Invalid
from procurement.models import ExceptionCase, ShipNotice
from procurement.services.supplier_answers import (
    AnsweredLineInput,
    ShipNoticeInput,
    ShippedLineInput,
    ship_notice_record,
    supplier_answer_record,
)
from tests import road
from tests.factories import make_network

pytestmark = pytest.mark.django_db


def shipped(quantity: str, unit: str) -> tuple[D, D]:
    net = make_network()
    order = road.ordered(net)
    notice = ShipNoticeInput(
        order_number=order.number, shipment_number="S1",
        lines=[ShippedLineInput(line_number=1, quantity=D(quantity), unit=unit)],
    )  # fmt: skip
    ship_notice_record(actor=net.actor("buyer@NORTH"), supplier_id=order.supplier_id, notice=notice)
    line = ShipNotice.objects.get().lines.get()
    return line.quantity, line.base_quantity


@pytest.mark.parametrize(
    ("quantity", "unit", "base"),
    [("10", "", "1000"), ("10", "BX", "1000"), ("1", "CA", "1000"), ("1000", "EA", "1000")],
)
def test_a_notice_in_any_pack_of_the_item_counts_base_units(quantity: str, unit: str, base: str) -> None:
    assert shipped(quantity, unit) == (D(quantity), D(base))


def test_a_unit_the_item_does_not_have_is_never_guessed() -> None:
    with pytest.raises(Invalid, match="a unit that Item GLOVE does not have"):
        shipped("1", "PL")


def test_an_answer_in_another_pack_is_judged_in_the_orders() -> None:
    net = make_network()
    order = road.ordered(net)
    line = AnsweredLineInput(line_number=1, action="price_changed", quantity=D(1), unit="CA", unit_price=D("84.20"))
    answer = supplier_answer_record(
        actor=net.actor("buyer@NORTH"), order_number=order.number, supplier_id=order.supplier_id, message_key="m1",
        status="changed", lines=[line],
    )  # fmt: skip
    kept = answer.lines.get()
    assert (kept.quantity, kept.unit, kept.unit_price, kept.taken_over) == (D(10), "BX", D("8.42"), True)
    assert not ExceptionCase.objects.exists()
