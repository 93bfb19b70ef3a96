"""The 810 invoice and credit memo.

TDS01 and SAC05 have two implied decimals, every other amount is written out. Charges are often repeated per line and in the
summary: the reading that adds up to the supplier's total is taken; where none does, all are kept and a finding says so.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from integrations.canonical import Charge, InvoiceDoc, InvoiceKind, InvoiceLine, revised
from integrations.x12.documents.reading import (
    Parsed,
    Reading,
    Row,
    description,
    first_text,
    named,
    party,
    reference,
)
from integrations.x12.documents.writing import description_write, parties_write, unit_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import cents_text, day_text, free_text, number_text

_KINDS: Final[dict[str, InvoiceKind]] = {
    "": "invoice",
    "DI": "invoice",
    "DR": "invoice",
    "PR": "invoice",
    "CN": "credit",
    "CR": "credit",
    "CI": "invoice",
    "FB": "invoice",
}
_CENT: Final = Decimal("0.01")
# SAC02 of a charge that the standard has no code for: its own code stands in SAC04.
_NO_CODE: Final = "ZZZZ"


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
    around = [*header, *reading.rows(totals.position)]
    charges, tax = _settle(reading, lines, total, around, [row for loop in loops for row in loop])
    due, terms = _terms(header)
    document = InvoiceDoc(
        number=number,
        invoice_date=day,
        order_number=opening.text(4) or reference(header, "PO"),
        currency=first_text(header, "CUR", 2),
        kind=_kind(opening),
        lines=lines,
        charges=charges,
        tax=tax,
        total=total,
        due_date=due,
        terms=terms,
        reference=reference(header, "OI", "IV"),
        supplier=party(header, "supplier"),
        buyer=party(header, "buyer"),
        unit_codes=profile.unit_codes,
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
    return turned(document)


def turned(document: InvoiceDoc) -> InvoiceDoc:
    """A bill with a negative total as the credit it is: every amount with the opposite sign."""
    return revised(
        document,
        kind="credit",
        total=-document.total,
        tax=-document.tax,
        charges=tuple(revised(charge, amount=-charge.amount) for charge in document.charges),
        lines=tuple(_turned(line) for line in document.lines),
    )


def _turned(line: InvoiceLine) -> InvoiceLine:
    # The minus may stand at the quantity or at the price; the product turns either way.
    if line.quantity < 0 or line.unit_price >= 0:
        return revised(line, quantity=-line.quantity)
    return revised(line, unit_price=-line.unit_price)


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
    # A discount for early payment is often named and left out of the total.
    outer_dues, inner_dues = _dues(outer), _dues(inner)
    readings = [
        (charges, tax)
        for tax_counts in (True, False)
        for charges in (outer, inner, (*inner, *outer), outer_dues, inner_dues, ())
        for tax in (dict.fromkeys((outer_tax, inner_tax, outer_tax + inner_tax)) if tax_counts else [Decimal(0)])
    ]
    for charges, tax in readings:
        added = goods + tax + sum((charge.amount for charge in charges), Decimal(0))
        if added.quantize(_CENT, ROUND_HALF_UP) == total:
            _settled(reading, charges, tax, outer, inner, outer_tax or inner_tax)
            return charges, tax
    reading.note("total-differs", f"Lines, charges and taxes do not add up to the total of {total}.", "TDS", "warning")
    return (*inner, *outer), outer_tax or inner_tax


def _dues(charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    return tuple(charge for charge in charges if charge.amount > 0)


def _settled(
    reading: Reading,
    charges: tuple[Charge, ...],
    tax: Decimal,
    outer: tuple[Charge, ...],
    inner: tuple[Charge, ...],
    named_tax: Decimal,
) -> None:
    """What was named and is not in the total is worth a word."""
    if (outer or inner) and charges not in (outer, inner, (*inner, *outer)):
        words = (
            "The total does not contain all charges and allowances that are named; those it leaves out were left out."
        )
        reading.note("charges-not-in-total", words, "SAC", "warning")
    if named_tax and not tax:
        words = (
            f"The tax of {named_tax} is named, but the total contains it as a charge or not at all; it was not added."
        )
        reading.note("tax-not-in-total", words, "TXI", "warning")


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
        code = row.text(4) if row.text(2) in ("", _NO_CODE) else row.text(2)
        charges.append(Charge(code=code, description=row.text(15), amount=value))
    return tuple(charges)


def _tax(rows: list[Row]) -> Decimal:
    return sum((row.number(2) or Decimal(0) for row in named(rows, "TXI")), Decimal(0))


def _terms(header: list[Row]) -> tuple[date | None, str]:
    for row in named(header, "ITD"):
        days = row.text(7)
        return row.day(6), row.text(12) or (f"net {days} days" if days else "")
    return None, ""


def invoice_write(invoice: InvoiceDoc, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for amounts below a cent and for what else X12 cannot say."""
    kind = "DI" if invoice.kind == "invoice" else "CR"
    segments = [["BIG", day_text(invoice.invoice_date), invoice.number, "", invoice.order_number, "", "", kind]]
    if invoice.currency:
        segments.append(["CUR", "SE", invoice.currency])
    if invoice.reference:
        segments.append(["REF", "OI", invoice.reference])
    segments += parties_write((("SU", invoice.supplier), ("BY", invoice.buyer)), delimiters)
    if invoice.due_date or invoice.terms:
        terms = free_text(invoice.terms, delimiters, 80)
        segments.append(["ITD", "", "", "", "", "", day_text(invoice.due_date), "", "", "", "", "", terms])
    for line in invoice.lines:
        segments += _line_write(invoice, line, profile, delimiters)
    segments.append(["TDS", cents_text(invoice.total)])
    if invoice.tax:
        segments.append(["TXI", "TX", number_text(invoice.tax)])
    segments += [_charge_write(charge, delimiters) for charge in invoice.charges]
    segments.append(["CTT", str(len(invoice.lines))])
    return segments


def _line_write(invoice: InvoiceDoc, line: InvoiceLine, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    number = "" if line.line_number is None else str(line.line_number)
    unit = unit_write(line.unit, profile, f"Line {number} of invoice {invoice.number}")
    price = number_text(line.unit_price)
    item = ["IT1", number, number_text(line.quantity), unit, price, "", *profile.identity_out(line.identity)]
    return [item, *description_write(line.description, delimiters)]


def _charge_write(charge: Charge, delimiters: Delimiters) -> Segment:
    sign = "C" if charge.amount >= 0 else "A"
    code = [charge.code, "", ""] if len(charge.code) == 4 else [_NO_CODE, "ZZ" if charge.code else "", charge.code]
    words = free_text(charge.description, delimiters, 80)
    return ["SAC", sign, *code, cents_text(abs(charge.amount)), *[""] * 9, words]
