"""The 820 remittance advice: the payment in BPR and TRN, one RMR per bill it pays."""

from __future__ import annotations

from typing import Final

from integrations.canonical import InvoiceKind, PaymentMethod, RemittanceAdvice, RemittanceLine
from integrations.x12.documents.reading import Parsed, Reading, Row, dated, first_text, party, reference
from integrations.x12.documents.writing import parties_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, number_text

_METHODS: Final[dict[str, PaymentMethod]] = {"ACH": "ach", "CHK": "check", "FWT": "wire", "NON": "none"}
_METHOD_CODES: Final = {method: code for code, method in _METHODS.items()}
_KINDS: Final[dict[str, InvoiceKind]] = {"IV": "invoice", "IK": "invoice", "CM": "credit"}


def remittance_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The remittance advice that an 820 says."""
    reading = Reading(transaction_set, profile)
    opening = reading.first("BPR")
    if opening is None:
        return reading.parsed(None)
    header, loops = reading.loops("RMR")
    total, day = opening.number(2), opening.day(16, "error")
    number = first_text(header, "TRN", 2) or reference(header, "TN", "CK")
    if not number:
        reading.note("missing-element", "Neither TRN02 nor a REF says the number of the payment.", "TRN")
    if day is None:
        opening.need(16, "the day of payment")
    if total is None:
        opening.need(2, "the amount paid")
    if not number or total is None or day is None:
        return reading.parsed(None)
    return reading.parsed(
        RemittanceAdvice(
            number=number,
            paid_on=day,
            total=total,
            lines=tuple(line for loop in loops if (line := _line_read(loop)) is not None),
            currency=first_text(header, "CUR", 2),
            method=_METHODS.get(opening.text(4), ""),
            payer=party(header, "payer"),
            payee=party(header, "payee"),
        )
    )


def _line_read(loop: list[Row]) -> RemittanceLine | None:
    row = loop[0]
    paid, invoice = row.number(4), row.need(2, "the number of the bill")
    if paid is None:
        row.need(4, "what was paid of the bill")
    if paid is None or not invoice:
        return None
    kind = _KINDS.get(row.text(1))
    if kind is None:
        row.note("unknown-code", f"RMR01 {row.text(1)!r} was read as a bill.", 1, "info")
    return RemittanceLine(
        invoice=invoice,
        paid=paid,
        amount=row.number(5, "warning"),
        discount=row.number(6, "warning"),
        kind=kind or "invoice",
        order_number=reference(loop, "PO"),
        invoice_date=dated(loop, "003"),
    )


def remittance_write(advice: RemittanceAdvice, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for an advice that X12 cannot say."""
    method = _METHOD_CODES.get(advice.method, "ZZZ")
    day = day_text(advice.paid_on)
    segments: list[Segment] = [["BPR", "I", number_text(advice.total), "C", method, *[""] * 11, day]]
    segments.append(["TRN", "1", advice.number])
    if advice.currency:
        segments.append(["CUR", "PR", advice.currency])
    segments += parties_write((("PR", advice.payer), ("PE", advice.payee)), delimiters)
    segments.append(["ENT", "1"])
    for line in advice.lines:
        code = "IV" if line.kind == "invoice" else "CM"
        amounts = ["" if each is None else number_text(each) for each in (line.amount, line.discount)]
        segments.append(["RMR", code, line.invoice, "", number_text(line.paid), *amounts])
        if line.order_number:
            segments.append(["REF", "PO", line.order_number])
        if line.invoice_date:
            segments.append(["DTM", "003", day_text(line.invoice_date)])
    return segments
