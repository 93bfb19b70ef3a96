"""Vouchers as Tryton's supplier invoices, linked to the purchase's lines and the moves that brought the goods in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from integrations.canonical import Voucher
from integrations.erp.tryton import purchases, shipments
from integrations.erp.tryton.masters import Masters, refuse
from integrations.erp.tryton.wire import Row, Session, Stopped, decode
from integrations.remote import Answer, Outcome

MODEL: Final = "account.invoice"
FIELDS: Final = ("number", "state", "total_amount")
_ROUNDING: Final = Decimal("0.05")
"""As much as two systems may differ by rounding the tax of one invoice."""


def told(voucher: Voucher) -> Row:
    """The voucher with codes for everything that has an id in Tryton; a credit's quantities and amounts are negative."""
    sign = -1 if voucher.kind == "credit" else 1
    lines = [
        {
            "line": line.line_number, "description": line.description, "quantity": sign * line.quantity, "unit": line.unit,
            "unit_price": line.unit_price,
        }
        for line in voucher.lines
    ]  # fmt: skip
    charges = [{"description": c.description or c.code, "amount": sign * c.amount} for c in voucher.charges]
    billed = sum((line.quantity * line.unit_price for line in voucher.lines), Decimal(0))
    billed += voucher.tax + sum((c.amount for c in voucher.charges), Decimal(0))
    return {
        "supplier": voucher.supplier.identifiers["buyer"], "invoice": voucher.supplier_invoice_number,
        "currency": voucher.currency, "invoice_date": voucher.invoice_date,
        "total": sign * voucher.total, "billed": sign * billed, "tax": sign * voucher.tax, "lines": lines, "charges": charges,
    }  # fmt: skip


def found(session: Session, reference: str) -> Row | None:
    """The live invoice with our number."""
    domain = [
        ["type", "=", "in"],
        ["company", "=", session.company],
        ["description", "=", reference],
        ["state", "!=", "cancelled"],
    ]
    rows = session.find(MODEL, domain, FIELDS)
    if len(rows) > 1:
        raise refuse(f"Tryton has {len(rows)} invoices {reference}: cancel all but one of them there.", "reference")
    return rows[0] if rows else None


def state(session: Session, reference: str) -> Answer:
    """Whether the invoice is posted."""
    row = found(session, reference)
    if row is None or row["state"] not in ("posted", "paid"):
        return Answer(outcome=Outcome.MISSING)
    return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))


def post(session: Session, masters: Masters, body: Row, order: str) -> Answer:
    """Have the invoice posted with exactly the amount that was cleared."""
    row = found(session, body["reference"])
    if row is not None and row["state"] in ("posted", "paid"):
        return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))
    if row is None:
        row = session.create(MODEL, _values(session, masters, body, order), FIELDS)
    try:
        row = _balanced(session, masters, body, row)
        row = session.press(MODEL, row["id"], "post", FIELDS)
    except Stopped as stopped:
        if stopped.answer.outcome == Outcome.PERMANENT:
            # an abandoned draft would keep its purchase from ever being done
            session.delete(MODEL, row["id"])
        raise
    return Answer(outcome=Outcome.DELIVERED, reference=str(row["number"]))


def _balanced(session: Session, masters: Masters, body: Row, row: Row) -> Row:
    """Tryton's own total is what counts there, and it rounds half to even: a line of its own makes it the amount that was cleared."""
    total, billed = decode(body["total"]), decode(body["billed"])
    ours = row["total_amount"]
    if ours == total:
        return row
    rounding = billed - ours
    if abs(rounding) > _ROUNDING:
        raise refuse(f"Tryton makes {ours} of the invoice, it bills {billed}.", "total")
    if row["state"] == "draft" and (difference := total - ours):
        words = "Rounding" if abs(difference) <= _ROUNDING else "Not cleared for payment"
        line = _plain(session, masters, words, difference, masters.currency(body["currency"]))
        row = session.write(MODEL, row["id"], {"lines": [["create", [line]]]}, FIELDS)
    if row["total_amount"] != total:
        raise refuse(f"Tryton makes {row['total_amount']} of the invoice, {total} was cleared.", "total")
    return row


def _values(session: Session, masters: Masters, body: Row, order: str) -> Row:
    supplier, accounts = masters.supplier(body["supplier"]), masters.accounts
    currency = masters.currency(body["currency"])
    known = purchases.lines_of(session, order)[1] if order else {}
    lines = [_line(session, masters, line, known, body, currency) for line in body["lines"]]
    lines += [_plain(session, masters, c["description"], decode(c["amount"]), currency) for c in body["charges"]]
    return {
        "type": "in", "company": session.company, "currency": currency, "party": supplier["id"],
        "invoice_address": supplier["addresses"][0], "journal": accounts["journal"], "account": accounts["payable"],
        "payment_term": supplier["supplier_payment_term"], "reference": body["invoice"], "description": body["reference"],
        "invoice_date": body["invoice_date"], "lines": [["create", lines]],
    }  # fmt: skip


def _line(session: Session, masters: Masters, line: Row, known: dict[int, Row], body: Row, currency: int) -> Row:
    tax = session.connection.option("tax")
    values: Row = {
        **_plain(session, masters, line["description"], line["unit_price"], currency),
        "quantity": float(decode(line["quantity"])),
        "taxes": [["add", [int(tax)]]] if tax and decode(body["tax"]) else [],
    }
    if line["line"] is None:
        return values
    if line["line"] not in known:
        raise refuse(f"Tryton's purchase has no line {line['line']}.", "line")
    ordered = known[line["line"]]
    moves = shipments.received(session, ordered) if decode(line["quantity"]) > 0 else []
    linked: dict[str, Any] = {"origin": f"purchase.line,{ordered['id']}", "unit": masters.unit(line["unit"])}
    if ordered["product"]:
        linked["product"] = ordered["product"]["id"]
    return {**values, **linked, "stock_moves": [["add", moves]] if moves else []}


def _plain(session: Session, masters: Masters, words: str, amount: Any, currency: int) -> Row:
    return {
        "type": "line", "invoice_type": "in", "company": session.company, "currency": currency, "quantity": 1.0,
        "description": words, "unit_price": amount, "account": masters.accounts["expense"],
    }  # fmt: skip
