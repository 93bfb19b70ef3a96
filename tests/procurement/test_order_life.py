"""What may become of an order and its requisition after it was issued: hold, close, reopen, refuse; and what it commits meanwhile."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import BusinessEvent
from masterdata.models import SupplierItem
from procurement.models import (
    BudgetFigure,
    ExceptionCase,
    Invoice,
    PurchaseOrder,
    Requisition,
    RequisitionLine,
    SupplierAnswer,
)
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.exceptions import exception_resolve
from procurement.services.invoices import (
    BilledLineInput,
    InvoiceInput,
    invoice_dispute,
    invoice_end_dispute,
    invoice_record_payment,
    invoice_record_voucher,
    invoice_register,
)
from procurement.services.purchase_orders import (
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_create,
    purchase_order_hold,
    purchase_order_issue,
    purchase_order_record_rejection,
    purchase_order_release,
    purchase_order_reopen,
)
from procurement.services.receipts import receipt_post, receipt_reverse
from procurement.services.sourcing import lines_waive
from procurement.services.supplier_answers import AnsweredLineInput, supplier_answer_record
from tests.factories import Network, make_network, make_offer, put_stock
from tests.road import billed, line, ordered, step_of, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def net() -> Network:
    network = make_network()
    BudgetFigure.objects.create(
        cost_center=network.cost_centers["NORTH"],
        period=f"{timezone.now():%Y-%m}",
        amount=100_000,
        as_of=timezone.now(),
    )
    return network


def approve(net: Network, row: Requisition) -> None:
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step_of(row).pk, decision="approve")


def receive(net: Network, order: PurchaseOrder, quantity: str, *, key: str = "") -> str:
    return receipt_post(
        actor=net.actor("receiver@NORTH"), order_number=order.number, key=key or f"{order.number}-{quantity}",
        lines=[ReceivedLine(line_number=1, quantity=D(quantity))],
    ).number  # fmt: skip


def pay(net: Network, row: Invoice) -> None:
    actor = net.actor("ap_clerk@NORTH")
    invoice_record_voucher(actor=actor, number=row.number, voucher_number=f"V-{row.number}")
    assert invoice_record_payment(actor=actor, voucher_number=f"V-{row.number}", paid_on=date.today())


def committed(order: PurchaseOrder) -> tuple[D, D]:
    """What the order says it commits, and what its month counts."""
    order.refresh_from_db()
    figure = BudgetFigure.objects.get(cost_center=order.cost_center_id, period=order.budget_period)
    return order.committed, figure.committed


def status(row: PurchaseOrder | Requisition | Invoice) -> str:
    row.refresh_from_db()
    return str(row.status)


def asked(order: PurchaseOrder) -> str:
    """The state of the requisition an order came from."""
    assert order.requisition is not None
    return status(order.requisition)


def test_received_billed_and_paid_closes_the_order_and_its_requisition(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "10")
    row = billed(net, order)
    assert status(order) == "received"
    pay(net, row)
    assert status(order) == "closed"
    assert asked(order) == "closed"
    told = list(BusinessEvent.objects.filter(trace_id=order.trace_id).order_by("id").values_list("type", flat=True))
    assert told[-3:] == ["InvoicePaid", "PurchaseOrderClosed", "RequisitionClosed"]


@pytest.mark.parametrize("bill", ["9", ""])
def test_an_order_stays_open_while_something_is_unbilled_or_unpaid(net: Network, bill: str) -> None:
    order = ordered(net)
    receive(net, order, "10")
    first = billed(net, order, quantity=bill or "10")
    if not bill:
        billed(net, order, quantity="1", number="more")  # over ordered: waits for a decision
    pay(net, first)
    assert status(order) == "received"


def test_a_short_close_ends_what_is_still_open(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "4")
    before, _ = committed(order)
    assert before == order.total
    purchase_order_close(actor=net.actor("buyer@network"), number=order.number, reason="The rest is discontinued.")
    assert status(order) == "closed"
    assert asked(order) == "closed"
    assert committed(order) == (D(0), D(0))
    with pytest.raises(Conflict, match="closed"):
        receive(net, order, "1")


def test_reopening_takes_back_what_closing_gave(net: Network) -> None:
    order = ordered(net)
    receipt = receive(net, order, "4")
    buyer = net.actor("buyer@network")
    purchase_order_close(actor=buyer, number=order.number, reason="The rest is discontinued.")
    with pytest.raises(Conflict, match="reopen"):
        receipt_reverse(actor=net.actor("receiver@NORTH"), number=receipt, reason="wrong order")
    purchase_order_reopen(actor=buyer, number=order.number, reason="It came after all.")
    assert status(order) == "partially_received"
    assert asked(order) == "ordered"
    assert committed(order) == (order.total, order.total)
    receive(net, order, "6")
    assert status(order) == "received"


def test_a_held_order_takes_no_goods_and_its_invoices_wait(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "4")
    buyer = net.actor("buyer@network")
    purchase_order_hold(actor=buyer, number=order.number, reason="Recall announced.")
    with pytest.raises(Conflict, match="on hold"):
        receive(net, order, "6")
    row = billed(net, order, quantity="4")
    assert [case.kind for case in row.cases.all()] == ["order"]
    purchase_order_release(actor=buyer, number=order.number)
    assert status(order) == "partially_received"
    assert status(row) == "approved", "the release matched it again"


def test_a_held_draft_goes_back_to_the_buyer(net: Network) -> None:
    row = submitted(net, line(net, "DRILL", "1", "EA"))
    approve(net, row)
    buyer = net.actor("buyer@network")
    draft = purchase_order_create(actor=buyer, line_ids=[row.lines.get().pk], supplier=net.suppliers["BETA"])
    purchase_order_hold(actor=buyer, number=draft.number, reason="Ask for a better price.")
    with pytest.raises(Conflict, match="already"):
        purchase_order_issue(actor=buyer, number=draft.number)
    purchase_order_release(actor=buyer, number=draft.number)
    assert status(draft) == "draft"


@pytest.mark.parametrize(
    "act", [purchase_order_hold, purchase_order_close, purchase_order_reopen, purchase_order_cancel]
)
def test_each_change_wants_a_reason_a_buyer_and_the_right_state(net: Network, act) -> None:  # type: ignore[no-untyped-def]
    order = ordered(net)
    with pytest.raises(Invalid, match="Say why"):
        act(actor=net.actor("buyer@network"), number=order.number, reason=" ")
    with pytest.raises(NotAllowed):
        act(actor=net.actor("receiver@NORTH"), number=order.number, reason="because")
    with pytest.raises(NotFound):
        act(actor=net.actor("approver@EAST"), number=order.number, reason="because")
    if act in (purchase_order_close, purchase_order_reopen):
        with pytest.raises(Conflict):
            act(actor=net.actor("buyer@network"), number=order.number, reason="because")


def test_a_bill_releases_its_lines_at_the_orders_price_not_its_freight(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "10")
    row = invoice_register(
        actor=net.actor("ap_clerk@NORTH"), supplier=order.supplier, source="typed",
        invoice=InvoiceInput(
            supplier_number="F-1", order_number=order.number, invoice_date=date.today(), currency="USD",
            total=order.lines.get().unit_price * 5 + D(40),
            charges=[{"code": "D240", "description": "FREIGHT", "amount": "40.00"}],
            lines=[
                BilledLineInput(
                    line_number=1, order_line_number=1, quantity=D(5), unit="BX", unit_price=order.lines.get().unit_price
                )
            ],
        ),
    )  # fmt: skip
    case = row.cases.get()
    exception_resolve(
        actor=net.actor("ap_clerk@NORTH"), case_id=case.pk, resolution="accept_variance", reason_code="freight_agreed"
    )  # fmt: skip
    assert status(row) == "approved"
    half = (order.lines.get().unit_price * 5).quantize(D("0.01"))
    assert committed(order) == (order.total - half, order.total - half)
    billed(net, order, quantity="5", number="F-2")
    assert committed(order) == (D(0), D(0))


def answer(net: Network, order: PurchaseOrder, action: str, **more: object) -> ExceptionCase:
    supplier_answer_record(
        actor=net.actor("buyer@network"), order_number=order.number, supplier_id=order.supplier_id, message_key=f"{order.number}-{action}",
        status="changed", lines=[AnsweredLineInput(line_number=1, action=action, **more)],  # type: ignore[arg-type]
    )  # fmt: skip
    return ExceptionCase.objects.get(order=order)


def test_an_accepted_price_moves_the_commitment(net: Network) -> None:
    order = ordered(net)
    case = answer(net, order, "price_changed", unit_price=D("9.42"))
    exception_resolve(actor=net.actor("buyer@network"), case_id=case.pk, resolution="accept_answer")
    assert committed(order) == (D("94.20"), D("94.20"))
    assert order.total == D("94.20")


def test_an_order_with_every_line_refused_is_cancelled(net: Network) -> None:
    order = ordered(net)
    case = answer(net, order, "rejected")
    exception_resolve(
        actor=net.actor("buyer@network"), case_id=case.pk, resolution="refuse_answer", comment="No longer made."
    )
    assert status(order) == "cancelled"
    assert committed(order) == (D(0), D(0))
    assert RequisitionLine.objects.get(order_lines__order=order).fill == "to_source"
    cancelled = BusinessEvent.objects.get(type="PurchaseOrderCancelled")
    assert (cancelled.number, cancelled.data["reason"]) == (order.number, "No longer made.")


def test_a_requisition_waits_for_the_line_that_is_sourced_anew(net: Network) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    others = PurchaseOrder.objects.filter(requisition=order.requisition).exclude(pk=order.pk)
    assert not others.exists(), "both lines are one order"
    case = answer(net, order, "rejected")
    exception_resolve(
        actor=net.actor("buyer@network"), case_id=case.pk, resolution="refuse_answer", comment="No longer made."
    )
    receipt_post(
        actor=net.actor("receiver@NORTH"), order_number=order.number, key="rest",
        lines=[
            ReceivedLine(line_number=2, quantity=D(2), lot="L1", expiry=date(2030, 1, 1)),
        ],
    )  # fmt: skip
    assert status(order) == "received"
    assert asked(order) in ("approved", "ordered"), "its first line has no source yet"


def test_a_request_that_stock_fills_is_fulfilled(net: Network) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "5000")
    row = submitted(net)
    approve(net, row)
    assert status(row) == "fulfilled"
    assert BusinessEvent.objects.filter(type="RequisitionFulfilled", number=row.number).count() == 1


@pytest.mark.parametrize(
    ("decision", "name"), [("send_again", "PurchaseOrderCorrected"), ("cancel_order", "PurchaseOrderCancelled")]
)
def test_the_buyer_decides_what_the_erp_refused(net: Network, decision: str, name: str) -> None:
    order = ordered(net)
    purchase_order_record_rejection(order_number=order.number, system="LEGACY", sentence="Vendor 4711 is blocked.")
    case = ExceptionCase.objects.get(order=order, kind="erp_rejected")
    exception_resolve(
        actor=net.actor("buyer@network"), case_id=case.pk, resolution=decision, comment="Vendor unblocked."
    )
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("resolved", decision)
    assert BusinessEvent.objects.filter(type=name, number=order.number).count() == 1


def test_a_disputed_invoice_waits_and_is_matched_when_the_dispute_ends(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "10")
    row = billed(net, order, price="9.99")
    clerk = net.actor("ap_clerk@NORTH")
    with pytest.raises(Invalid):
        invoice_dispute(actor=clerk, number=row.number, reason="")
    invoice_dispute(actor=clerk, number=row.number, reason="Price was never agreed.")
    assert status(row) == "disputed"
    with pytest.raises(Conflict):
        invoice_dispute(actor=clerk, number=row.number, reason="again")
    with pytest.raises(NotFound):
        invoice_dispute(actor=net.actor("ap_clerk@EAST"), number=row.number, reason="mine?")
    invoice_end_dispute(actor=clerk, number=row.number, reason="They insist.")
    assert status(row) == "exception"
    assert row.cases.exclude(state="resolved").count() == 1


def test_deciding_the_last_difference_ends_a_dispute(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "10")
    row = billed(net, order, price="8.92")
    clerk = net.actor("ap_clerk@NORTH")
    invoice_dispute(actor=clerk, number=row.number, reason="Price was never agreed.")
    exception_resolve(actor=clerk, case_id=row.cases.get().pk, resolution="short_pay")
    assert status(row) == "approved"


def test_an_answer_to_a_cancelled_order_is_kept_and_changes_nothing(net: Network) -> None:
    order = ordered(net, line(net))
    purchase_order_cancel(actor=net.actor("buyer@NORTH"), number=order.number, reason="not needed")
    answer = answered(net, order, action="price_changed", unit_price=D("8.45"))
    assert committed(order) == (0, 0)
    assert order.lines.get().unit_price == D("8.42")
    assert not order.cases.exists()
    assert answer.lines.get().message == "It was cancelled before this answer came, which changes nothing any more."


def test_with_the_order_ends_what_was_asked_about_it(net: Network) -> None:
    order = ordered(net, line(net))
    answered(net, order, action="price_changed", unit_price=D("9.99"))
    purchase_order_record_rejection(order_number=order.number, system="Main ERP", sentence="No such item.")
    assert order.cases.filter(state="open").count() == 2
    purchase_order_cancel(actor=net.actor("buyer@NORTH"), number=order.number, reason="not needed")
    assert set(order.cases.values_list("state", "resolution")) == {("resolved", "matched")}
    purchase_order_record_rejection(order_number=order.number, system="Main ERP", sentence="No such item.")
    assert not order.cases.exclude(state="resolved").exists()


def answered(net: Network, order: PurchaseOrder, **answer: object) -> SupplierAnswer:
    return supplier_answer_record(
        actor=net.actor("buyer@NORTH"), order_number=order.number, supplier_id=order.supplier_id, message_key=f"k{answer}"[:100],
        status="changed", lines=[AnsweredLineInput(line_number=1, **answer)],  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_smaller_quantity_that_is_here_already_completes_the_order(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "7")
    case = answer(net, order, "quantity_changed", quantity=D(7))
    exception_resolve(actor=net.actor("buyer@network"), case_id=case.pk, resolution="accept_answer")
    assert status(order) == "received"
    assert order.lines.get().quantity == 7
    assert committed(order) == (D("58.94"), D("58.94"))
    assert status(Requisition.objects.get()) == "ordered", "three boxes have no source yet"


def rest(net: Network) -> tuple[str, D, D]:
    """How the one requested line is filled, and how many boxes of it wait for a source and are no longer needed."""
    row = RequisitionLine.objects.select_related("item").get()
    pack = row.base_quantity / row.quantity
    return row.fill, row.unsourced_base / pack, row.waived_base / pack


def decide(net: Network, case: ExceptionCase, decision: str) -> None:
    exception_resolve(actor=net.actor("buyer@network"), case_id=case.pk, resolution=decision, comment="agreed")


def test_what_a_supplier_does_not_confirm_is_sourced_from_another(net: Network) -> None:
    order = ordered(net)
    case = answer(net, order, "accepted", quantity=D(6))
    assert case.explanation["sentence"] == "Only 6 of 10 will be delivered; 4 need another source."
    assert rest(net) == ("ordered", 0, 0)
    decide(net, case, "accept_answer")
    assert rest(net) == ("to_source", 4, 0)
    assert committed(order) == (D("50.52"), D("50.52"))
    assert (order.lines.get().quantity, order.revision) == (6, 1)
    other = purchase_order_create(
        actor=net.actor("buyer@network"), line_ids=[RequisitionLine.objects.get().pk], supplier=net.suppliers["BETA"]
    )
    assert (other.lines.get().base_quantity, other.lines.get().order.total) == (400, other.total)
    assert rest(net) == ("ordered", 0, 0)
    purchase_order_issue(actor=net.actor("buyer@network"), number=other.number)
    month = BudgetFigure.objects.get(cost_center=order.cost_center_id, period=order.budget_period)
    assert month.committed == D("50.52") + other.total
    receive(net, order, "6")
    assert asked(order) == "ordered", "the rest is still on its way"
    receipt_post(
        actor=net.actor("receiver@NORTH"), order_number=other.number, key="other",
        lines=[ReceivedLine(line_number=1, quantity=other.lines.get().quantity)],
    )  # fmt: skip
    assert asked(order) == "fulfilled"


def test_part_of_a_pack_is_never_ordered(net: Network) -> None:
    """The rest of a case is no case at the next supplier: 400 gloves are not 0.4 cases of 1,000."""
    order = ordered(net)
    decide(net, answer(net, order, "accepted", quantity=D(6)), "accept_answer")
    SupplierItem.objects.filter(supplier=net.suppliers["BETA"], item__number="GLOVE").delete()
    make_offer(net, "BETA", "GLOVE", unit="CA", price="95.00")
    with pytest.raises(Invalid) as refused:
        purchase_order_create(
            actor=net.actor("buyer@network"),
            line_ids=[RequisitionLine.objects.get().pk],
            supplier=net.suppliers["BETA"],
        )
    assert [finding.code for finding in refused.value.findings] == ["not_an_order_quantity"]
    assert "by the CA of 1,000, and 400 are wanted" in refused.value.findings[0].message
    assert rest(net) == ("to_source", 4, 0)


def test_what_a_supplier_does_not_confirm_may_be_no_longer_needed(net: Network) -> None:
    order = ordered(net)
    decide(net, answer(net, order, "quantity_changed", quantity=D(6)), "accept_answer")
    receive(net, order, "6")
    with pytest.raises(Invalid, match="Say why"):
        lines_waive(actor=net.actor("buyer@network"), line_ids=[RequisitionLine.objects.get().pk], reason=" ")
    assert (
        lines_waive(actor=net.actor("buyer@network"), line_ids=[RequisitionLine.objects.get().pk], reason="six do") == 1
    )
    assert rest(net) == ("ordered", 0, 4)
    assert asked(order) == "fulfilled"
    told = BusinessEvent.objects.get(type="RequisitionShortened")
    assert told.data["lines"].startswith("4 BX ")
    with pytest.raises(Conflict):
        lines_waive(actor=net.actor("buyer@network"), line_ids=[RequisitionLine.objects.get().pk], reason="six do")


def test_a_line_of_which_nothing_is_needed_any_more_ends_its_request(net: Network) -> None:
    order = ordered(net)
    decide(net, answer(net, order, "rejected"), "refuse_answer")
    assert rest(net) == ("to_source", 10, 0)
    lines_waive(actor=net.actor("buyer@network"), line_ids=[RequisitionLine.objects.get().pk], reason="not needed")
    assert rest(net) == ("waived", 0, 10)
    assert asked(order) == "fulfilled"


@pytest.mark.parametrize(
    ("action", "decision", "left", "waiting"),
    [
        ("rejected", "refuse_answer", 6, 4),
        ("rejected", "accept_answer", 6, 4),
        ("backordered", "refuse_answer", 6, 4),
        ("backordered", "accept_answer", 10, 0),
    ],
)
def test_only_the_part_that_was_refused_is_sourced_anew(
    net: Network, action: str, decision: str, left: int, waiting: int
) -> None:
    order = ordered(net)
    supplier_answer_record(
        actor=net.actor("buyer@NORTH"), order_number=order.number, supplier_id=order.supplier_id, message_key="parts",
        status="changed", lines=[
            AnsweredLineInput(line_number=1, action="accepted", quantity=D(6)),
            AnsweredLineInput(line_number=1, action=action, quantity=D(4)),
        ],
    )  # fmt: skip
    decide(net, ExceptionCase.objects.get(order=order), decision)
    assert (order.lines.get().quantity, rest(net)[1]) == (left, waiting)
    assert status(order) == "issued"


def test_a_later_answer_settles_what_an_earlier_one_had_asked(net: Network) -> None:
    order = ordered(net)
    case = answer(net, order, "accepted", quantity=D(6))
    answered(net, order, action="accepted", quantity=D(10))
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("resolved", "matched")


def test_a_cancelled_order_brings_back_what_it_had_of_each_line(net: Network) -> None:
    order = ordered(net)
    decide(net, answer(net, order, "accepted", quantity=D(6)), "accept_answer")
    purchase_order_cancel(actor=net.actor("buyer@network"), number=order.number, reason="too little")
    assert rest(net) == ("to_source", 10, 0)


def test_a_line_refused_after_goods_came_keeps_what_came(net: Network) -> None:
    order = ordered(net)
    receive(net, order, "7")
    decide(net, answer(net, order, "rejected"), "refuse_answer")
    assert (status(order), order.lines.get().quantity, rest(net)) == ("received", 7, ("to_source", 3, 0))
