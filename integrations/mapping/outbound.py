"""From our records to canonical documents. None where nothing is left to tell."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.canonical import (
    Charge,
    Document,
    ItemIdentity,
    Order,
    OrderLine,
    OrderPurpose,
    Party,
    Receipt,
    ReceiptLine,
    Voucher,
    VoucherLine,
)
from integrations.models import OutboundMessage
from masterdata.models import Facility, ItemPackaging, Supplier
from procurement import models as procurement

_PLACES: Final = Decimal("0.0001")


def document_of(message: OutboundMessage) -> Document | None:
    """The document a message tells, as our records say it now. Raises LookupError for a record that does not exist."""
    purpose: OrderPurpose
    if message.document_kind == "purchase_order":
        purpose = "cancel" if message.topic.endswith(".cancel") else "original"
        return order_document(message.document_number, purpose)
    if message.document_kind == "receipt":
        return receipt_document(message.document_number)
    if message.document_kind == "invoice":
        return voucher_document(message.document_number)
    raise LookupError(f"Nobody knows how to tell a {message.document_kind}.")


def order_document(number: str, purpose: OrderPurpose) -> Order:
    """A purchase order with its lines."""
    order = (
        procurement.PurchaseOrder.objects.filter(number=number)
        .select_related("facility", "supplier", "ship_to", "cost_center")
        .first()
    )
    if order is None:
        raise LookupError(f"There is no purchase order {number}.")
    gtin = ItemPackaging.objects.filter(item=OuterRef("item"), unit=OuterRef("unit")).values("gtin")[:1]
    lines = (
        order.lines.filter(cancelled=False)
        .select_related("item", "contract_line__contract")
        .annotate(gtin=Subquery(gtin))
        .order_by("line_number")
    )
    return Order(
        number=order.number,
        issued_at=order.issued_at or timezone.now(),
        currency=order.currency,
        supplier=_supplier(order.supplier),
        buyer=_facility(order.facility),
        ship_to=_party(f"{order.facility.name}, {order.ship_to.name}", order.ship_to.gln, _place_code(order)),
        lines=tuple(_order_line(line, order.cost_center.code) for line in lines),
        purpose=purpose,
        revision=order.revision,
        requested_date=order.needed_by,
        urgent=order.urgent,
        notes=(order.note,) if order.note else (),
    )


def _order_line(line: procurement.PurchaseOrderLine, cost_center: str) -> OrderLine:
    gtin: str | None = line.gtin  # type: ignore[attr-defined]  # annotated by order_document
    return OrderLine(
        line_number=line.line_number,
        identity=ItemIdentity(
            buyer_item=line.item.number if line.item else "",
            supplier_part=line.supplier_part,
            manufacturer_part=line.item.manufacturer_part if line.item else "",
            gtin=gtin or "",
        ),
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        contract_number=line.contract_line.contract.number if line.contract_line else "",
        cost_center=cost_center,
    )


def receipt_document(number: str) -> Receipt | None:
    """What a receipt accepted; None where everything was turned away."""
    receipt = procurement.Receipt.objects.filter(number=number).select_related("order", "reversal_of").first()
    if receipt is None:
        raise LookupError(f"There is no receipt {number}.")
    lines = tuple(
        ReceiptLine(
            line_number=line.order_line.line_number, quantity=_accepted(line), unit=line.unit, lot=line.lot, expiry=line.expiry
        )
        for line in receipt.lines.select_related("order_line").exclude(base_quantity=0)
    )  # fmt: skip
    if not lines:
        return None
    return Receipt(
        number=receipt.number,
        order_number=receipt.order.number,
        received_at=receipt.posted_at,
        lines=lines,
        reverses=receipt.reversal_of.number if receipt.reversal_of else "",
    )


def _accepted(line: procurement.ReceiptLine) -> Decimal:
    """The accepted part of what was entered, in the unit it was entered in."""
    counted = line.base_quantity + line.rejected_base
    if not line.rejected_base or not counted:
        return line.quantity
    return (line.quantity * line.base_quantity / counted).quantize(_PLACES)


def voucher_document(number: str) -> Voucher:
    """A cleared invoice with what will be paid of it."""
    invoice = procurement.Invoice.objects.filter(number=number).select_related("supplier", "order").first()
    if invoice is None:
        raise LookupError(f"There is no invoice {number}.")
    kind: Literal["invoice", "credit"] = "credit" if invoice.kind == procurement.Invoice.Kind.CREDIT else "invoice"
    return Voucher(
        number=invoice.number,
        supplier_invoice_number=invoice.supplier_number,
        supplier=_supplier(invoice.supplier),
        order_number=invoice.order.number if invoice.order else "",
        currency=invoice.currency,
        total=invoice.total if invoice.approved_amount is None else invoice.approved_amount,
        lines=tuple(
            VoucherLine(
                line_number=line.order_line.line_number if line.order_line else None,
                description=line.description, quantity=line.quantity, unit=line.unit, unit_price=line.unit_price,
            )
            for line in invoice.lines.select_related("order_line")
        ),
        kind=kind,
        charges=tuple(
            Charge(code=str(c.get("code", "")), description=str(c.get("description", "")), amount=Decimal(str(c["amount"])))
            for c in invoice.charges
        ),
        tax=invoice.tax,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
    )  # fmt: skip


def _supplier(supplier: Supplier) -> Party:
    return _party(supplier.name, supplier.gln, supplier.code)


def _facility(facility: Facility) -> Party:
    return _party(facility.name, facility.gln, facility.code)


def _place_code(order: procurement.PurchaseOrder) -> str:
    return f"{order.facility.code}-{order.ship_to.code}"


def _party(name: str, gln: str, code: str) -> Party:
    known = {"GLN": gln, "buyer": code}
    return Party(name=name, identifiers={scheme: value for scheme, value in known.items() if value})
