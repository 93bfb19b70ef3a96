"""What a document did, in words for a person: read from the rows it wrote, before they are taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from integrations.canonical import Document, InvoiceDoc, OrderAnswer, ShipNotice
from integrations.models import Partner
from procurement.models import ExceptionCase, Invoice, PurchaseOrder, SupplierAnswer
from procurement.models import ShipNotice as ShipNoticeRow

MOST_LINES: Final = 50


@dataclass(frozen=True)
class ToldLine:
    """One line: which one of ours, what it is, how much, and what would happen to it."""

    line: str
    item: str
    amount: str
    effect: str


@dataclass(frozen=True)
class Told:
    """What a document in the sandbox would have done. `outcome` is applied, or the state it would have ended in."""

    outcome: str
    sentence: str
    cause: str = ""
    document_kind: str = ""
    document_number: str = ""
    lines: tuple[ToldLine, ...] = ()
    line_count: int = 0
    exceptions: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)


def told_of(number: str, document: Document | None, partner: Partner) -> Told:
    """What the handler has just written for a document about our document `number`, in this transaction."""
    if isinstance(document, OrderAnswer):
        return _answered(number)
    if isinstance(document, ShipNotice):
        return _shipped(document, partner)
    if isinstance(document, InvoiceDoc):
        return _billed(number)
    return Told("applied", "It would be taken.")


def _answered(number: str) -> Told:
    answer = SupplierAnswer.objects.filter(order__number=number).select_related("order").latest("pk")
    rows = answer.lines.select_related("order_line").order_by("order_line__line_number", "pk")
    lines = [
        ToldLine(
            str(row.order_line.line_number), row.order_line.description,
            _amount(row.quantity, row.unit, row.unit_price, answer.order.currency),
            f"{row.get_action_display()}: {'taken over' if row.taken_over else 'put before the buyer'}. {row.message}".strip(),
        )
        for row in rows
    ]  # fmt: skip
    cases = ExceptionCase.objects.filter(answer_line__answer=answer)
    status = answer.order.get_acknowledgement_display().lower()
    return _told(f"Order {number} would be {status}.", "purchase_order", number, lines, cases)


def _shipped(document: ShipNotice, partner: Partner) -> Told:
    found = ShipNoticeRow.objects.filter(supplier=partner.supplier_id, shipment_number=document.shipment_number)
    notices = list(found.select_related("order").prefetch_related("lines__order_line").order_by("pk"))
    lines = [
        ToldLine(
            str(row.order_line.line_number), row.order_line.description, _amount(row.quantity, row.unit),
            ", ".join(part for part in ("on its way", row.lot and f"lot {row.lot}", row.expiry and f"expires {row.expiry}") if part),
        )
        for notice in notices
        for row in notice.lines.all()
    ]  # fmt: skip
    numbers = [notice.order.number for notice in notices]
    words = f"Shipment {document.shipment_number} would be expected for {', '.join(numbers)}."
    return _told(words, "purchase_order", numbers[0], lines, ())


def _billed(number: str) -> Told:
    invoice = Invoice.objects.select_related("order").get(number=number)
    rows = invoice.lines.select_related("order_line").order_by("pk")
    lines = [
        ToldLine(
            str(row.order_line.line_number) if row.order_line else "", row.description or "",
            _amount(row.quantity, row.unit, row.unit_price, invoice.currency),
            f"billed against line {row.order_line.line_number}" if row.order_line else "no line of ours",
        )
        for row in rows
    ]  # fmt: skip
    order: PurchaseOrder | None = invoice.order
    waits = invoice.status == Invoice.Status.EXCEPTION
    end = "wait for a decision" if waits else f"be {invoice.get_status_display().lower()}"
    words = (
        f"{invoice.get_kind_display()} {invoice.supplier_number} of {invoice.total:,.2f} {invoice.currency}"
        f"{f' for {order.number}' if order else ''} would {end}."
    )
    kind, about = ("purchase_order", order.number) if order else ("", "")
    return _told(words, kind, about, lines, invoice.cases.all())


def _told(words: str, kind: str, number: str, lines: list[ToldLine], cases: Iterable[ExceptionCase]) -> Told:
    asked = tuple(_asked(case.title, str(case.explanation.get("sentence", ""))) for case in cases)
    return Told("applied", words, "", kind, number, tuple(lines[:MOST_LINES]), len(lines), asked[:MOST_LINES])


def _asked(title: str, sentence: str) -> str:
    """What a case is about and why, said once where both are the same."""
    return sentence if sentence.startswith(title) else f"{title}: {sentence}".rstrip(": ")


def _amount(quantity: Decimal | None, unit: str, price: Decimal | None = None, currency: str = "") -> str:
    counted = f"{quantity.normalize():,f} {unit}" if quantity is not None else ""
    return f"{counted} at {price.normalize():,f} {currency}".strip() if price is not None else counted
