"""From our records to canonical documents. None where nothing is left to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from django.db.models import OuterRef, Prefetch, Subquery
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
    RemittanceAdvice,
    RemittanceLine,
    Voucher,
    VoucherLine,
)
from integrations.models import OutboundMessage
from masterdata.models import Facility, ItemPackaging, Supplier, SupplierItem
from procurement import models as procurement

REMITTANCE_SEND: Final = "remittance.send"
"""Topic of a message that tells a supplier, not the ERP, about an invoice."""
_PLACES: Final = Decimal("0.0001")
_PURPOSES: Final[Mapping[str, OrderPurpose]] = {"change": "change", "cancel": "cancel"}


def documents_of(messages: Sequence[OutboundMessage]) -> dict[int, Document | None]:
    """The documents that messages tell, as our records say them now, by message id. Raises LookupError for a record that does not exist.

    The same number of statements for any number of messages.
    """
    numbers: dict[str, set[str]] = {}
    for message in messages:
        numbers.setdefault(message.document_kind, set()).add(message.document_number)
    if unknown := numbers.keys() - _MAKERS.keys():
        raise LookupError(f"Nobody knows how to tell a {min(unknown)}.")
    makers = {kind: _MAKERS[kind](found) for kind, found in numbers.items()}
    return {message.pk: makers[message.document_kind](message) for message in messages}


_Maker = Callable[[OutboundMessage], Document | None]


def _orders(numbers: Collection[str]) -> _Maker:
    gtin = ItemPackaging.objects.filter(item=OuterRef("item"), unit=OuterRef("unit")).values("gtin")[:1]
    lines = (
        procurement.PurchaseOrderLine.objects.select_related("item", "contract_line__contract")
        .annotate(gtin=Subquery(gtin))
        .order_by("line_number")
    )
    found = procurement.PurchaseOrder.objects.filter(number__in=numbers).select_related(
        "facility", "supplier", "ship_to", "cost_center"
    )
    by_number = {order.number: order for order in found.prefetch_related(Prefetch("lines", queryset=lines))}

    def make(message: OutboundMessage) -> Order:
        order = by_number.get(message.document_number)
        if order is None:
            raise LookupError(f"There is no purchase order {message.document_number}.")
        return _order(order, _PURPOSES.get(message.topic.rpartition(".")[2], "original"))

    return make


def _order(order: procurement.PurchaseOrder, purpose: OrderPurpose) -> Order:
    return Order(
        number=order.number,
        issued_at=order.issued_at or timezone.now(),
        currency=order.currency,
        supplier=_supplier(order.supplier),
        buyer=_facility(order.facility),
        ship_to=_party(f"{order.facility.name}, {order.ship_to.name}", order.ship_to.gln, _place_code(order)),
        lines=tuple(
            _order_line(line, order, _ordered(line, order))
            for line in order.lines.all()
            # a change names what is no longer ordered, with nothing of it
            if purpose == "change" or not line.cancelled
        ),
        purpose=purpose,
        revision=order.revision,
        requested_date=order.needed_by,
        urgent=order.urgent,
        notes=(order.note,) if order.note else (),
    )


def _ordered(line: procurement.PurchaseOrderLine, order: procurement.PurchaseOrder) -> Decimal:
    """What is ordered of a line now: of a closed order what came, of a line that was taken off nothing."""
    if line.cancelled:
        return Decimal(0)
    if order.status == procurement.PurchaseOrder.Status.CLOSED:
        return min((line.received_base / line.multiplier).quantize(_PLACES), line.quantity)
    return line.quantity


def _order_line(line: procurement.PurchaseOrderLine, order: procurement.PurchaseOrder, quantity: Decimal) -> OrderLine:
    gtin: str | None = line.gtin  # type: ignore[attr-defined]  # annotated by _orders
    return OrderLine(
        line_number=line.line_number,
        identity=ItemIdentity(
            buyer_item=line.item.number if line.item else "",
            supplier_part=line.supplier_part,
            manufacturer_part=line.item.manufacturer_part if line.item else "",
            gtin=gtin or "",
        ),
        description=line.description,
        quantity=quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        requested_date=line.promised_on,
        contract_number=line.contract_line.contract.number if line.contract_line else "",
        cost_center=order.cost_center.code,
    )


def _samples(_numbers: Collection[str]) -> _Maker:
    """Test orders: up to three things this supplier sells us, ordered by nobody, to be thrown away."""

    def make(message: OutboundMessage) -> Order:
        supplier = Supplier.objects.get(edi__endpoint=message.endpoint_id)
        facility = Facility.objects.order_by("code").first()
        offers = list(SupplierItem.objects.filter(supplier=supplier).select_related("item").order_by("pk")[:3])
        if facility is None or not offers:
            raise LookupError(f"{supplier.name} sells us nothing yet: a test order needs an item in the catalog.")
        place = _facility(facility)
        return Order(
            number=message.document_number,
            issued_at=message.created_at,
            currency=supplier.currency,
            supplier=_supplier(supplier),
            buyer=place,
            ship_to=place,
            lines=tuple(
                OrderLine(
                    line_number=number,
                    identity=ItemIdentity(
                        buyer_item=offer.item.number, supplier_part=offer.supplier_part,
                        manufacturer_part=offer.item.manufacturer_part,
                    ),
                    description=offer.item.description, quantity=Decimal(1), unit=offer.order_unit, unit_price=offer.price,
                )
                for number, offer in enumerate(offers, start=1)
            ),
            notes=("TEST ORDER. DO NOT SHIP.",),
        )  # fmt: skip

    return make


def _receipts(numbers: Collection[str]) -> _Maker:
    lines = procurement.ReceiptLine.objects.select_related("order_line").exclude(base_quantity=0)
    found = procurement.Receipt.objects.filter(number__in=numbers).select_related("order", "reversal_of")
    by_number = {receipt.number: receipt for receipt in found.prefetch_related(Prefetch("lines", queryset=lines))}

    def make(message: OutboundMessage) -> Receipt | None:
        receipt = by_number.get(message.document_number)
        if receipt is None:
            raise LookupError(f"There is no receipt {message.document_number}.")
        return _receipt(receipt)

    return make


def _receipt(receipt: procurement.Receipt) -> Receipt | None:
    """What a receipt accepted; None where everything was turned away."""
    lines = tuple(
        ReceiptLine(
            line_number=line.order_line.line_number, quantity=_accepted(line), unit=line.unit, lot=line.lot, expiry=line.expiry
        )
        for line in receipt.lines.all()
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


def _vouchers(numbers: Collection[str]) -> _Maker:
    lines = procurement.InvoiceLine.objects.select_related("order_line")
    found = procurement.Invoice.objects.filter(number__in=numbers).select_related("supplier", "order", "facility")
    by_number = {invoice.number: invoice for invoice in found.prefetch_related(Prefetch("lines", queryset=lines))}

    def make(message: OutboundMessage) -> Voucher | RemittanceAdvice:
        invoice = by_number.get(message.document_number)
        if invoice is None:
            raise LookupError(f"There is no invoice {message.document_number}.")
        return _remittance(invoice) if message.topic == REMITTANCE_SEND else _voucher(invoice)

    return make


def _remittance(invoice: procurement.Invoice) -> RemittanceAdvice:
    """A paid invoice, by the ERP's number for it: what was billed, what was paid, and what was kept back."""
    paid = _payable(invoice)
    return RemittanceAdvice(
        number=invoice.voucher_number or invoice.number,
        paid_on=invoice.paid_on or timezone.now().date(),
        total=paid,
        currency=invoice.currency,
        payer=_facility(invoice.facility),
        payee=_supplier(invoice.supplier),
        lines=(
            RemittanceLine(
                invoice=invoice.supplier_number, paid=paid, amount=invoice.total,
                discount=invoice.total - paid if paid != invoice.total else None,
                order_number=invoice.order.number if invoice.order else "", invoice_date=invoice.invoice_date,
            ),
        ),
    )  # fmt: skip


def _payable(invoice: procurement.Invoice) -> Decimal:
    return invoice.total if invoice.approved_amount is None else invoice.approved_amount


def _voucher(invoice: procurement.Invoice) -> Voucher:
    """A cleared invoice with what will be paid of it."""
    kind: Literal["invoice", "credit"] = "credit" if invoice.kind == procurement.Invoice.Kind.CREDIT else "invoice"
    return Voucher(
        number=invoice.number,
        supplier_invoice_number=invoice.supplier_number,
        supplier=_supplier(invoice.supplier),
        order_number=invoice.order.number if invoice.order else "",
        currency=invoice.currency,
        total=_payable(invoice),
        lines=tuple(
            VoucherLine(
                line_number=line.order_line.line_number if line.order_line else None,
                description=line.description, quantity=line.quantity, unit=line.unit, unit_price=line.unit_price,
            )
            for line in invoice.lines.all()
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


_MAKERS: Final[Mapping[str, Callable[[Collection[str]], _Maker]]] = {
    "purchase_order": _orders,
    "receipt": _receipts,
    "invoice": _vouchers,
    "test_order": _samples,
}
