"""The road inside the house: from request to cleared invoice, through the services alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from core.models import BusinessEvent
from inventory.models import StockBalance, StockMove
from masterdata.models import Role
from procurement.models import ApprovalStep, ExceptionCase, Invoice, PurchaseOrder, Requisition
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.exceptions import exception_resolve
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_register
from procurement.services.receipts import receipt_post, receipt_reverse
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import Network, make_network, put_stock

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def net() -> Network:
    return make_network()


def requisition(net: Network, *lines: LineInput, facility: str = "NORTH") -> Requisition:
    row = requisition_create(
        actor=net.actor(f"requester@{facility}"),
        facility=net.facilities[facility],
        location=net.locations[f"{facility}-OR"],
        cost_center=net.cost_centers[facility],
        lines=lines,
    )
    return requisition_submit(actor=net.actor(f"requester@{facility}"), number=row.number)


def gloves(net: Network, boxes: str = "10") -> LineInput:
    return LineInput(item_id=net.items["GLOVE"].pk, quantity=D(boxes), unit="BX")


def sutures(net: Network, boxes: str = "2") -> LineInput:
    return LineInput(item_id=net.items["SUTURE"].pk, quantity=D(boxes), unit="BX")


def approve(net: Network, row: Requisition, who: str = "approver@NORTH") -> None:
    step = ApprovalStep.objects.get(requisition=row, state="pending")
    approval_decide(actor=net.actor(who), step_id=step.pk, decision="approve")


def ordered(net: Network, *lines: LineInput) -> PurchaseOrder:
    row = requisition(net, *lines)
    approve(net, row)
    return PurchaseOrder.objects.get(requisition=row)


def receive(net: Network, order: PurchaseOrder, *lines: ReceivedLine, key: str = "k1") -> object:
    return receipt_post(actor=net.actor("receiver@NORTH"), order_number=order.number, lines=lines, key=key)


def bill(
    net: Network, order: PurchaseOrder, *lines: BilledLineInput, number: str = "88123", **extra: object
) -> Invoice:
    total = sum((li.amount or li.quantity * li.unit_price for li in lines), D(0))
    return invoice_register(
        actor=net.actor("ap_clerk@NORTH"),
        supplier=order.supplier,
        invoice=InvoiceInput(
            supplier_number=number, order_number=order.number, invoice_date=date.today(), currency="USD",
            **{"total": total, **extra}, lines=lines,  # type: ignore[arg-type]
        ),
        source="typed",
    )  # fmt: skip


def test_it_travels_from_request_to_cleared_invoice(net: Network) -> None:
    row = requisition(net, gloves(net), sutures(net))
    assert row.total == D("192.20")
    assert [s.label for s in row.steps.all()] == ["Department approver"]
    approve(net, row)
    order = PurchaseOrder.objects.get(requisition=row)
    assert (order.status, order.total, order.created_by_id) == ("issued", D("192.20"), None)
    row.refresh_from_db()
    assert row.status == "ordered"
    soon = date.today() + timedelta(days=400)
    receive(
        net, order, ReceivedLine(line_number=1, quantity=D(10)),
        ReceivedLine(line_number=2, quantity=D(2), lot="L1", expiry=soon),
    )  # fmt: skip
    order.refresh_from_db()
    row.refresh_from_db()
    assert (order.status, row.status) == ("received", "fulfilled")
    balances = {b.item.number: b.quantity for b in StockBalance.objects.select_related("item")}
    assert balances == {"GLOVE": D(1000), "SUTURE": D(72)}
    invoice = bill(
        net, order,
        BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="BX", unit_price=D("8.42")),
        BilledLineInput(line_number=2, order_line_number=2, quantity=D(2), unit="BX", unit_price=D("54")),
    )  # fmt: skip
    assert (invoice.status, invoice.approved_amount) == ("approved", D("192.20"))
    events = list(BusinessEvent.objects.filter(trace_id=row.trace_id).order_by("id").values_list("type", flat=True))
    assert events == [
        "RequisitionSubmitted", "RequisitionDecided", "RequisitionApproved", "PurchaseOrderIssued", "ReceiptPosted",
        "RequisitionFulfilled", "InvoiceReceived", "InvoiceCleared",
    ]  # fmt: skip


def test_what_the_storeroom_holds_is_issued_and_not_ordered(net: Network) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "5000")
    row = requisition(net, gloves(net), sutures(net))
    approve(net, row)
    order = PurchaseOrder.objects.get(requisition=row)
    assert [ol.item.number for ol in order.lines.select_related("item") if ol.item] == ["SUTURE"]
    move = StockMove.objects.get(reason="issue")
    assert (move.quantity, move.from_location.code, move.to_location.code) == (D(1000), "STORE", "OR")


def test_a_requester_never_approves_the_own_requisition(net: Network) -> None:
    from masterdata.models import RoleGrant

    RoleGrant.objects.create(user=net.users["requester@NORTH"], role=Role.APPROVER, facility=net.facilities["NORTH"])
    row = requisition(net, gloves(net))
    with pytest.raises(NotAllowed, match="somebody else"):
        approve(net, row, "requester@NORTH")


def test_the_same_receipt_sent_twice_posts_once(net: Network) -> None:
    order = ordered(net, gloves(net))
    first = receive(net, order, ReceivedLine(line_number=1, quantity=D(4)))
    assert receive(net, order, ReceivedLine(line_number=1, quantity=D(4))) == first
    assert StockBalance.objects.get().quantity == D(400)


def test_more_than_ordered_is_refused_and_nothing_is_written(net: Network) -> None:
    order = ordered(net, gloves(net))
    with pytest.raises(Invalid) as caught:
        receive(net, order, ReceivedLine(line_number=1, quantity=D(11)))
    assert [f.code for f in caught.value.findings] == ["over_received"]
    assert not StockMove.objects.exists()


def test_a_reversed_receipt_takes_the_stock_back(net: Network) -> None:
    order = ordered(net, gloves(net))
    receipt = receive(net, order, ReceivedLine(line_number=1, quantity=D(10)))
    receipt_reverse(actor=net.actor("receiver@NORTH"), number=str(receipt), reason="wrong order")
    order.refresh_from_db()
    assert (order.status, StockBalance.objects.get().quantity) == ("issued", D(0))


def test_a_price_difference_waits_for_a_clerk_with_reason_and_limit(net: Network) -> None:
    order = ordered(net, gloves(net))
    receive(net, order, ReceivedLine(line_number=1, quantity=D(10)))
    invoice = bill(
        net, order, BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="BX", unit_price=D("9.90"))
    )
    case = ExceptionCase.objects.get()
    assert (invoice.status, case.kind, case.amount) == ("exception", "price", D("14.80"))
    assert case.explanation["sentence"] == "Price is 1.48 per BX (17.6 %) above the order."
    clerk = net.actor("ap_clerk@NORTH")
    with pytest.raises(Invalid, match="reason"):
        exception_resolve(actor=clerk, case_id=case.pk, resolution="accept_variance")
    exception_resolve(actor=clerk, case_id=case.pk, resolution="accept_variance", reason_code="price_agreed")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.approved_amount) == ("approved", D("99.00"))


def test_an_invoice_before_the_goods_clears_itself_when_they_come(net: Network) -> None:
    order = ordered(net, gloves(net))
    invoice = bill(
        net, order, BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="BX", unit_price=D("8.42"))
    )
    assert ExceptionCase.objects.get().kind == "not_received"
    receive(net, order, ReceivedLine(line_number=1, quantity=D(10)))
    invoice.refresh_from_db()
    assert (invoice.status, ExceptionCase.objects.get().resolution) == ("approved", "matched")


def test_the_same_invoice_number_stops_at_the_door(net: Network) -> None:
    order = ordered(net, gloves(net))
    line = BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="BX", unit_price=D("8.42"))
    bill(net, order, line, number="INV-00123")
    with pytest.raises(Conflict, match="already sent"):
        bill(net, order, line, number="inv 123")


def test_a_wrong_unit_is_named_as_such_and_not_as_a_price(net: Network) -> None:
    order = ordered(net, gloves(net))
    receive(net, order, ReceivedLine(line_number=1, quantity=D(10)))
    bill(
        net, order, BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="EA", unit_price=D("8.42"))
    )
    assert [c.kind for c in ExceptionCase.objects.all()] == ["unit"]
