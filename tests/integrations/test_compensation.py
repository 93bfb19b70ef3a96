"""When one side refuses for good, the other side is undone by a message of its own, and a person sees why (docs/flows.md)."""

from __future__ import annotations

from decimal import Decimal as D

from integrations.models import OutboundMessage
from integrations.services.service_actor import service_actor
from procurement.models import ExceptionCase, PurchaseOrder, RequisitionLine
from procurement.services.exceptions import exception_resolve
from procurement.services.purchase_orders import purchase_order_create, purchase_order_issue
from procurement.services.supplier_answers import AnsweredLineInput, supplier_answer_record
from tests.integrations.world import World

State = OutboundMessage.State


def sent_to_supplier(world: World, key: str) -> str:
    """The text of a message in the supplier's mailbox."""
    message = world.to_supplier(key)
    assert message.state == State.DELIVERED
    assert message.payload is not None
    return bytes(message.payload.content).decode()


def test_what_the_erp_refuses_is_withdrawn_from_the_supplier_who_has_it(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.erp.fault("reject", match=order.number, count=1)
    world.deliver()
    assert "BEG*00*" in sent_to_supplier(world, order.number)
    case = ExceptionCase.objects.get(order=order, kind="erp_rejected")
    assert "blocked for purchasing" in case.explanation["sentence"]
    exception_resolve(
        actor=world.net.actor("buyer@NORTH"),
        case_id=case.pk,
        resolution="cancel_order",
        comment="supplier stays blocked",
    )
    for _ in range(2):
        world.deliver()
    withdrawn = sent_to_supplier(world, f"{order.number}:cancel")
    assert "GS*PC*" in withdrawn
    assert f"BCH*01*SA*{order.number}*" in withdrawn
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.CANCELLED
    # the ERP never had it: nothing is left there, and nothing waits
    assert world.erp.stats()["purchase_orders"]["documents"] == 0
    assert not OutboundMessage.objects.filter(state__in=[*OutboundMessage.OPEN, State.DEAD]).exists()


def test_what_the_supplier_refuses_is_cancelled_in_the_erp_that_has_it(world: World) -> None:
    assert world.erp is not None
    order = world.order(note="SIM:reject")
    world.deliver()
    world.supplier_works()
    assert world.to_erp(order.number).state == State.DELIVERED
    case = ExceptionCase.objects.get(order=order, queue="buyer")
    assert case.answer_line is not None
    assert case.answer_line.action == "rejected"
    exception_resolve(
        actor=world.net.actor("buyer@NORTH"), case_id=case.pk, resolution="refuse_answer", comment="ordered elsewhere"
    )
    for _ in range(2):
        world.deliver()
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.CANCELLED
    assert world.to_erp(f"{order.number}:cancel").state == State.DELIVERED
    status, found = world.erp.call("GET", f"/purchase-orders?reference={order.number}")
    assert (status, [row["status"] for row in found["results"]]) == (200, ["cancelled"])


def test_what_a_supplier_delivers_less_of_is_less_in_the_erp_and_ordered_elsewhere(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.deliver()
    supplier_answer_record(
        actor=service_actor(), order_number=order.number, supplier_id=order.supplier_id, message_key="855", status="changed",
        lines=[AnsweredLineInput(line_number=1, action="accepted", quantity=D(6))],
    )  # fmt: skip
    case = ExceptionCase.objects.get(order=order, queue="buyer")
    assert case.explanation["sentence"] == "Only 6 of 10 will be delivered; 4 need another source."
    exception_resolve(actor=world.net.actor("buyer@NORTH"), case_id=case.pk, resolution="accept_answer")
    waiting = RequisitionLine.objects.get(fill="to_source")
    other = purchase_order_create(
        actor=world.net.actor("buyer@network"), line_ids=[waiting.pk], supplier=world.net.suppliers["BETA"]
    )
    purchase_order_issue(actor=world.net.actor("buyer@network"), number=other.number)
    world.deliver()
    status, found = world.erp.call("GET", f"/purchase-orders?reference={order.number}")
    assert (status, [row["total"] for row in found["results"]]) == (200, ["50.52"])
    assert world.to_erp(other.number).state == State.DELIVERED
    # the supplier said so itself: it is told nothing
    assert not OutboundMessage.objects.filter(endpoint=world.partner.endpoint, topic="purchase_order.change").exists()
