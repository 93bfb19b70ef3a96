"""From canonical documents to the inputs of our services. Says what a document is about; decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.canonical import InvoiceDoc, OrderAnswer, ShipNotice
from procurement.services.invoices import BilledLineInput, InvoiceInput
from procurement.services.supplier_answers import AnsweredLineInput, ShipNoticeInput, ShippedLineInput


def answered_lines(answer: OrderAnswer) -> list[AnsweredLineInput]:
    """The lines of an 855 or 865."""
    return [
        AnsweredLineInput(
            line_number=line.line_number, supplier_part=line.identity.supplier_part, action=line.action,
            quantity=line.quantity, unit=line.unit, unit_price=line.unit_price, promised_on=line.promised_date,
            substitute_part=line.substitute.supplier_part if line.substitute else "", message=line.message[:300],
        )
        for line in answer.lines
    ]  # fmt: skip


def ship_notices(notice: ShipNotice) -> Iterator[ShipNoticeInput]:
    """One notice per order that the shipment holds goods of."""
    for order in dict.fromkeys(line.order_number for line in notice.lines):
        yield ShipNoticeInput(
            order_number=order,
            shipment_number=notice.shipment_number,
            shipped_at=notice.shipped_at,
            expected_on=notice.expected_date,
            carrier=notice.carrier[:60],
            tracking=notice.tracking[:60],
            lines=[
                ShippedLineInput(
                    line_number=line.line_number, supplier_part=line.identity.supplier_part, quantity=line.quantity,
                    unit=line.unit, lot=line.lot, expiry=line.expiry, serial=line.serial, sscc=line.sscc[:20],
                )
                for line in notice.lines
                if line.order_number == order
            ],
        )  # fmt: skip


def invoice_input(invoice: InvoiceDoc, *, currency: str) -> InvoiceInput:
    """An 810 as the invoice it bills; `currency` counts where the supplier named none."""
    return InvoiceInput(
        supplier_number=invoice.number,
        order_number=invoice.order_number,
        invoice_date=invoice.invoice_date,
        currency=invoice.currency or currency,
        total=invoice.total,
        kind=invoice.kind,
        tax=invoice.tax,
        charges=[
            {"code": c.code, "description": c.description, "amount": str(c.amount)} for c in invoice.charges
        ],
        due_date=invoice.due_date,
        lines=[
            BilledLineInput(
                line_number=place, order_line_number=line.line_number, supplier_part=line.identity.supplier_part,
                description=line.description[:200], quantity=line.quantity, unit=line.unit, unit_price=line.unit_price,
            )
            for place, line in enumerate(invoice.lines, start=1)
        ],
    )  # fmt: skip
