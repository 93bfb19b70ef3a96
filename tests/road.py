"""Steps of the road for tests: request, approve, receive, bill. Thin names over the services."""

from __future__ import annotations

from decimal import Decimal as D

from django.utils import timezone

from procurement.models import ApprovalStep, Invoice, PurchaseOrder, Requisition
from procurement.services.approvals import approval_decide
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_register
from procurement.services.receipts import ReceivedLine, receipt_post
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import Network


def line(net: Network, item: str = "GLOVE", quantity: str = "10", unit: str = "BX", **more: object) -> LineInput:
    return LineInput(item_id=net.items[item].pk, quantity=D(quantity), unit=unit, **more)  # type: ignore[arg-type]


def draft(
    net: Network, *lines: LineInput, facility: str = "NORTH", is_cart: bool = False, **more: object
) -> Requisition:
    return requisition_create(
        actor=net.actor(f"requester@{facility}"), facility=net.facilities[facility], location=net.locations[f"{facility}-OR"],
        cost_center=net.cost_centers[facility], lines=lines, is_cart=is_cart, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def submitted(net: Network, *lines: LineInput, facility: str = "NORTH", **more: object) -> Requisition:
    row = draft(net, *(lines or (line(net),)), facility=facility, **more)
    return requisition_submit(actor=net.actor(f"requester@{facility}"), number=row.number, confirm=True)


def step_of(row: Requisition) -> ApprovalStep:
    return ApprovalStep.objects.get(requisition=row, state="pending")


def ordered(net: Network, *lines: LineInput, facility: str = "NORTH") -> PurchaseOrder:
    row = submitted(net, *lines, facility=facility)
    approval_decide(actor=net.actor(f"approver@{facility}"), step_id=step_of(row).pk, decision="approve")
    return PurchaseOrder.objects.get(requisition=row)


def received(net: Network, order: PurchaseOrder, quantity: str = "10", who: str = "") -> str:
    number = receipt_post(
        actor=net.actor(who or f"receiver@{order.facility.code}"), order_number=order.number,
        lines=[ReceivedLine(line_number=1, quantity=D(quantity))], key=f"{order.number}-{quantity}",
    )  # fmt: skip
    return str(number)


def billed(
    net: Network, order: PurchaseOrder, *, price: str = "8.42", quantity: str = "10", number: str = "", unit: str = "BX"
) -> Invoice:
    return invoice_register(
        actor=net.actor(f"ap_clerk@{order.facility.code}"), supplier=order.supplier, source="typed",
        invoice=InvoiceInput(
            supplier_number=number or f"S-{order.pk}", order_number=order.number, invoice_date=timezone.now().date(), currency="USD",
            total=(D(price) * D(quantity)).quantize(D("0.01")),
            lines=[
                BilledLineInput(line_number=1, order_line_number=1, quantity=D(quantity), unit=unit, unit_price=D(price))
            ],
        ),
    )  # fmt: skip
