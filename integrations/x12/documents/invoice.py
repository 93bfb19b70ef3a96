"""The 810 invoice and credit memo.

TDS01 and SAC05 have two implied decimals, every other amount is written out. Charges are often repeated per line and in the
summary: the reading that adds up to the supplier's total is taken; where none does, all are kept and a finding says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from integrations.canonical import Charge, InvoiceDoc, InvoiceKind, InvoiceLine
from integrations.x12.documents.reading import Parsed, Reading, Row, description, named, reference
from integrations.x12.envelope import TransactionSet
from integrations.x12.profile import Profile

_KINDS: Final[dict[str, InvoiceKind]] = {
    "": "invoice",
    "DI": "invoice",
    "DR": "invoice",
    "PR": "invoice",
    "CN": "credit",
    "CR": "credit",
}
_CENT: Final = Decimal("0.01")


def invoice_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The invoice or credit memo that an 810 says."""
    reading = Reading(transaction_set, profile)
    opening, totals = reading.first("BIG"), reading.first("TDS")
    if opening is None or totals is None:
        return reading.parsed(None)
    header, loops = reading.loops("IT1")
    number, day, total = opening.need(2, "the invoice number"), opening.day(1, "error"), totals.cents(1)
    if day is None or total is None:
        opening.need(1, "the invoice date")
        totals.need(1, "the total")
    lines = tuple(line for loop in loops if (line := _line(loop)) is not None)
    if not number or day is None or total is None:
        return reading.parsed(None)
    around = [*header, *reading.rows[reading.rows.index(totals) :]]
    charges, tax = _settle(reading, lines, total, around, [row for loop in loops for row in loop])
    due, terms = _terms(header)
    document = InvoiceDoc(
        number=number,
        invoice_date=day,
        order_number=opening.text(4) or reference(header, "PO"),
        currency=next((row.text(2) for row in named(header, "CUR")), ""),
        kind=_kind(opening),
        lines=lines,
        charges=charges,
        tax=tax,
        total=total,
        due_date=due,
        terms=terms,
        reference=reference(header, "OI", "IV"),
    )
    return reading.parsed(_signed(document, totals))


def _kind(opening: Row) -> InvoiceKind:
    kind = _KINDS.get(opening.text(7))
    if kind is None:
        opening.note(
            "invoice-kind", f"BIG07 {opening.text(7)!r} is not a kind we know; it was read as an invoice.", 7, "warning"
        )
        return "invoice"
    return kind


def _signed(document: InvoiceDoc, totals: Row) -> InvoiceDoc:
    """A credit's amounts are positive; an invoice with a negative total is a credit."""
    if document.total >= 0:
        return document
    if document.kind == "invoice":
        totals.note("negative-total", "The total is negative: it was read as a credit memo.", 1, "warning")
    return replace(
        document,
        kind="credit",
        total=-document.total,
        tax=-document.tax,
        charges=tuple(replace(charge, amount=-charge.amount) for charge in document.charges),
        lines=tuple(_turned(line) for line in document.lines),
    )


def _turned(line: InvoiceLine) -> InvoiceLine:
    # The minus may stand at the quantity or at the price; the product turns either way.
    if line.quantity < 0 or line.unit_price >= 0:
        return replace(line, quantity=-line.quantity)
    return replace(line, unit_price=-line.unit_price)


def _line(loop: list[Row]) -> InvoiceLine | None:
    row = loop[0]
    quantity, price = row.number(2), row.price(4, 5)
    if quantity is None or price is None:
        row.note("line-unreadable", "IT1 needs a quantity and a unit price.", 2 if quantity is None else 4)
        return None
    return InvoiceLine(
        line_number=row.line_number(1),
        identity=row.identity(6),
        description=description(loop),
        quantity=quantity,
        unit=row.unit(3),
        unit_price=price,
    )


def _settle(
    reading: Reading, lines: tuple[InvoiceLine, ...], total: Decimal, around: list[Row], inside: list[Row]
) -> tuple[tuple[Charge, ...], Decimal]:
    """Charges and tax in the one reading that adds up to the total."""
    goods = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    outer, inner = _charges(around), _charges(inside)
    outer_tax, inner_tax = _tax(around), _tax(inside)
    readings = [
        (charges, tax)
        for charges in (outer, inner, (*inner, *outer), ())
        for tax in dict.fromkeys((outer_tax, inner_tax, outer_tax + inner_tax))
    ]
    for charges, tax in readings:
        added = goods + tax + sum((charge.amount for charge in charges), Decimal(0))
        if added.quantize(_CENT, ROUND_HALF_UP) == total:
            if not charges and (outer or inner):
                reading.note(
                    "charges-not-in-total", "The total does not contain the charges that are named.", "SAC", "warning"
                )
            return charges, tax
    reading.note("total-differs", f"Lines, charges and taxes do not add up to the total of {total}.", "TDS", "warning")
    return (*inner, *outer), outer_tax or inner_tax


def _charges(rows: list[Row]) -> tuple[Charge, ...]:
    charges = []
    for row in named(rows, "SAC", ("A", "C")):
        amount = row.cents(5)
        if amount is None:
            row.note("charge-without-amount", "This charge or allowance has no amount; it was left out.", 5, "warning")
            continue
        if not amount:
            continue
        sign = -1 if row.text(1) == "A" else 1
        # Some write an allowance as a negative amount: it stays an allowance.
        value = sign * (abs(amount) if sign < 0 else amount)
        charges.append(Charge(code=row.text(2) or row.text(4), description=row.text(15), amount=value))
    return tuple(charges)


def _tax(rows: list[Row]) -> Decimal:
    return sum((row.number(2) or Decimal(0) for row in named(rows, "TXI")), Decimal(0))


def _terms(header: list[Row]) -> tuple[date | None, str]:
    for row in named(header, "ITD"):
        days = row.text(7)
        return row.day(6), row.text(12) or (f"net {days} days" if days else "")
    return None, ""
