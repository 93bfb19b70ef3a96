"""What changes an issued order is told to the ERP that has it, and to the supplier where it does not know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.audit import acting
from integrations.models import OutboundMessage
from procurement.models import BudgetFigure, ExceptionCase, PurchaseOrder, PurchaseOrderLine
from procurement.services.exceptions import exception_resolve
from procurement.services.purchase_orders import (
    order_lock,
    purchase_order_close,
    purchase_order_drop_line,
    purchase_order_reopen,
)
from tests.integrations.test_compensation import sent_to_supplier
from tests.integrations.world import World
from tests.road import line, ordered

D = Decimal
State = OutboundMessage.State


def in_the_erp(world: World, order: PurchaseOrder) -> dict[str, Any]:
    """The order's lines as the ERP has them, and what it counts as committed."""
    assert world.erp is not None
    _, found = world.erp.call("GET", f"/purchase-orders?reference={order.number}")
    (row,) = found["results"]
    return {name: row[name] for name in ("total", "revision", "status")}


def drop(world: World, order: PurchaseOrder, number: int, *, tell_supplier: bool = True) -> None:
    buyer = world.net.actor("buyer@NORTH")
    with acting(actor=buyer, reason="no longer needed"):
        locked = order_lock(actor=buyer, number=order.number)
        purchase_order_drop_line(
            line=PurchaseOrderLine.objects.get(order=locked, line_number=number), reason="no longer needed", actor=buyer,
            tell_supplier=tell_supplier,
        )  # fmt: skip


def test_a_line_that_is_taken_off_is_told_to_both(world: World) -> None:
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.deliver()
    assert in_the_erp(world, order) == {"total": "192.20", "revision": 0, "status": "open"}
    drop(world, order, 2)
    order.refresh_from_db()
    assert (order.revision, order.total) == (1, D("84.20"))
    world.deliver()
    assert in_the_erp(world, order) == {"total": "84.20", "revision": 1, "status": "open"}
    told = sent_to_supplier(world, f"{order.number}:r1")
    assert f"BCH*04*SA*{order.number}" in told
    assert "POC*2*DI*" in told
    assert "POC*1*RA*" in told


def test_a_price_the_buyer_accepts_is_told_to_the_erp_alone(world: World) -> None:
    order = world.order(note="SIM:price_change")
    world.deliver()
    world.supplier_works()
    case = ExceptionCase.objects.filter(order=order, queue="buyer").first()
    assert case is not None, "the supplier was to ask for another price"
    exception_resolve(actor=world.net.actor("buyer@NORTH"), case_id=case.pk, resolution="accept_answer")
    order.refresh_from_db()
    world.deliver()
    assert in_the_erp(world, order)["total"] == str(order.total)
    assert in_the_erp(world, order)["revision"] == order.revision == 1
    assert not OutboundMessage.objects.filter(endpoint=world.partner.endpoint, topic="purchase_order.change").exists()


def test_changes_behind_an_order_that_waits_leave_in_order_and_say_the_last_word(world: World) -> None:
    assert world.erp is not None
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.erp.fault("fail", match=order.number, count=1)
    world.deliver()
    drop(world, order, 2, tell_supplier=False)
    world.due_now()
    for _ in range(2):
        world.deliver()
    assert world.to_erp(f"{order.number}:r1").state == State.DELIVERED
    # the order itself left after the change: it says the new state, and the change finds it there
    assert in_the_erp(world, order) == {"total": "84.20", "revision": 1, "status": "open"}


def test_an_order_closed_short_is_what_came_and_reopened_what_was_ordered(world: World) -> None:
    order = world.order()
    world.deliver()
    world.receive(order, "4")
    purchase_order_close(
        actor=world.net.actor("buyer@NORTH"), number=order.number, reason="the rest is not made any more"
    )
    world.deliver()
    assert in_the_erp(world, order)["total"] == "33.68"
    purchase_order_reopen(actor=world.net.actor("buyer@NORTH"), number=order.number, reason="it is made again")
    world.deliver()
    assert in_the_erp(world, order) == {"total": "84.20", "revision": 2, "status": "open"}
    assert not BudgetFigure.objects.exists()


def test_a_change_the_erp_refuses_is_a_case_for_the_buyer_and_is_sent_again(world: World) -> None:
    assert world.erp is not None
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.deliver()
    world.erp.fault("reject", match=order.number, method="PUT", count=1)
    drop(world, order, 2)
    world.deliver()
    assert world.to_erp(f"{order.number}:r1").state == State.DEAD
    case = ExceptionCase.objects.get(order=order, kind="erp_rejected")
    # what follows is not held back: the receipt of what did come is told
    receipt = world.receive(order)
    world.deliver()
    assert world.to_erp(receipt).state == State.DELIVERED  # type: ignore[arg-type]
    exception_resolve(actor=world.net.actor("buyer@NORTH"), case_id=case.pk, resolution="send_again")
    world.deliver()
    assert world.to_erp(f"{order.number}:r1").state == State.DELIVERED
    assert in_the_erp(world, order)["total"] == "84.20"
