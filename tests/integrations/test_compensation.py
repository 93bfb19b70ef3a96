"""When one side refuses for good, the other side is undone by a message of its own, and a person sees why (docs/flows.md)."""

from __future__ import annotations

from decimal import Decimal as D

from integrations.models import OutboundMessage
from integrations.services.replay import message_replay
from integrations.services.service_actor import service_actor
from masterdata.selectors import actor_for
from procurement.models import ExceptionCase, PurchaseOrder, RequisitionLine
from procurement.services.exceptions import exception_resolve, legal_actions
from procurement.services.purchase_orders import purchase_order_create, purchase_order_issue
from procurement.services.supplier_answers import AnsweredLineInput, supplier_answer_record
from tests.factories import make_user
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


def test_a_voucher_the_erp_refuses_is_a_case_for_accounts_payable_and_is_sent_again(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.deliver()
    world.receive(order)
    invoice = world.bill(order)
    assert invoice.status == "approved"
    world.erp.fault("reject", match=invoice.number, count=2)
    world.deliver()
    assert world.to_erp(invoice.number).state == State.DEAD
    case = ExceptionCase.objects.get(invoice=invoice)
    assert (case.queue, case.kind, case.amount) == ("ap", "erp_rejected", invoice.total)
    assert "blocked for purchasing" in case.explanation["sentence"]
    assert legal_actions(case) == ["send_again"]
    clerk = world.net.actor("ap_clerk@NORTH")
    for _ in range(2):
        # it is refused once more: that is another case
        case = ExceptionCase.objects.get(invoice=invoice, state="open")
        exception_resolve(actor=clerk, case_id=case.pk, resolution="send_again", comment="unblocked there")
        world.deliver()
    assert world.to_erp(invoice.number).state == State.DELIVERED
    invoice.refresh_from_db()
    assert (invoice.status, invoice.cases.exclude(state="resolved").count()) == ("posted", 0)
    assert world.erp.stats()["vouchers"]["documents"] == 1


def test_a_refused_voucher_that_support_replays_ends_the_case(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.deliver()
    world.receive(order)
    invoice = world.bill(order)
    world.erp.fault("reject", match=invoice.number, count=1)
    world.deliver()
    message_replay(
        actor=actor_for(make_user("Ines", ("integration_support", None))), message_id=world.to_erp(invoice.number).pk,
        reason="unblocked",
    )  # fmt: skip
    world.deliver()
    case = ExceptionCase.objects.get(invoice=invoice)
    assert (case.state, case.resolution) == ("resolved", "matched")
