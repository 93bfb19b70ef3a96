"""Orders as Tryton's purchases: looked for, drafted, quoted (which gives them their number), confirmed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from integrations.canonical import Order
from integrations.erp.agreed import Agreed
from integrations.erp.tryton.masters import Masters, refuse
from integrations.erp.tryton.wire import Row, Session, Stopped, decode
from integrations.remote import Answer, Outcome

MODEL: Final = "purchase.purchase"
FIELDS: Final = ("number", "state", "reference", "total_amount")
_ROW: Final = Agreed("purchase", {"id": int, "state": str}, frozenset({"__name__", *FIELDS}))
_TAKEN: Final = ("confirmed", "processing", "done")


def told(order: Order) -> Row:
    """The order with codes for everything that has an id in Tryton."""
    return {
        "supplier": order.supplier.identifiers["buyer"],
        "currency": order.currency,
        "purchase_date": order.issued_at.date(),
        "lines": [
            {
                "sequence": line.line_number, "item": line.identity.buyer_item, "description": line.description,
                "quantity": line.quantity, "unit": line.unit, "unit_price": line.unit_price,
            }
            for line in order.lines
        ],
    }  # fmt: skip


def found(session: Session, reference: str) -> Row | None:
    """The live purchase with our number. Raises Stopped where there are several: which one counts is for a person to say."""
    domain = [["company", "=", session.company], ["reference", "=", reference], ["state", "!=", "cancelled"]]
    rows = session.find(MODEL, domain, FIELDS)
    for row in rows:
        _ROW.check(row)
    if len(rows) > 1:
        raise refuse(f"Tryton has {len(rows)} purchases {reference}: cancel all but one of them there.", "reference")
    return rows[0] if rows else None


def put(session: Session, masters: Masters, body: Row) -> Answer:
    """Have the purchase, whatever of it is there already."""
    row = found(session, body["reference"])
    before = row is not None and row["state"] in _TAKEN
    if row is None:
        row = session.create(MODEL, _values(session, masters, body), FIELDS)
    try:
        if row["state"] == "draft":
            row = session.press(MODEL, row["id"], "quote", FIELDS)
        if row["state"] == "quotation":
            row = session.press(MODEL, row["id"], "confirm", FIELDS)
    except Stopped as stopped:
        if stopped.answer.outcome == Outcome.PERMANENT:
            # what was refused must not be gone on with when our records say something else
            session.press(MODEL, row["id"], "cancel", ("state",))
        raise
    return Answer(outcome=Outcome.FOUND if before else Outcome.DELIVERED, reference=str(row["number"]))


def state(session: Session, reference: str) -> Answer:
    """Whether the purchase is confirmed."""
    row = found(session, reference)
    if row is None or row["state"] not in _TAKEN:
        return Answer(outcome=Outcome.MISSING)
    return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))


def cancel(session: Session, reference: str) -> Answer:
    """Cancel it. Tryton cancels what it has not begun to process; what it has, a person there has to end."""
    row = found(session, reference)
    if row is None:
        return Answer(
            outcome=Outcome.DELIVERED, detail="Tryton has no such order, or it is cancelled: nothing to cancel."
        )
    if row["state"] == "confirmed":
        row = session.press(MODEL, row["id"], "draft", FIELDS)
    if row["state"] in ("draft", "quotation"):
        session.press(MODEL, row["id"], "cancel", FIELDS)
        return Answer(outcome=Outcome.DELIVERED, reference=str(row["number"] or ""))
    return _end_processing(session, row)


def change(session: Session, body: Row, reference: str) -> Answer:
    """Tryton changes no line of an order it is processing: what differs is named, for a person to put right there.

    Where the purchase says the same already, the change is done. A day alone makes no difference: nobody there waits for it.
    """
    row, known = lines_of(session, reference)
    differences = [words for line in body["lines"] if (words := _difference(line, known.get(line["sequence"])))]
    if not differences:
        return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))
    raise refuse(
        f"Tryton does not change purchase {row['number']}, which it is processing. Put right there: {'; '.join(differences)}. "
        "Then send it again.",
        "lines",
    )


def _difference(line: Row, known: Row | None) -> str:
    quantity, price = decode(line["quantity"]), decode(line["unit_price"])
    if known is None:
        return f"line {line['sequence']} is missing" if quantity else ""
    told = []
    if Decimal(str(known["quantity"])) != quantity:
        told.append(f"quantity {known['quantity']:g}, to be {quantity.normalize():f}")
    if quantity and known["unit_price"] != price:
        told.append(f"price {known['unit_price']}, to be {price.normalize():f}")
    return f"line {line['sequence']}: {' and '.join(told)}" if told else ""


def cancelled(session: Session, reference: str) -> Answer:
    """Whether no live purchase is left."""
    row = found(session, reference)
    return Answer(outcome=Outcome.MISSING) if row else Answer(outcome=Outcome.FOUND)


def lines_of(session: Session, reference: str) -> tuple[Row, dict[int, Row]]:
    """The purchase and its lines by our line numbers. Raises Stopped: unknown, or confirmed and not processed yet (PENDING)."""
    row = found(session, reference)
    if row is None or row["state"] not in _TAKEN:
        raise refuse(f"Tryton has no confirmed purchase {reference}.", "purchase_order")
    if row["state"] == "confirmed":
        words = "Tryton has confirmed the purchase and not processed it yet; its worker does that."
        raise Stopped(Answer(outcome=Outcome.PENDING, detail=words, retry_after=2.0))
    fields = ("sequence", "product.code", "quantity", "unit", "unit_price")
    lines = session.find("purchase.line", [["purchase", "=", row["id"]], ["type", "=", "line"]], fields)
    return row, {int(line["sequence"]): line for line in lines if line["sequence"]}


def _values(session: Session, masters: Masters, body: Row) -> Row:
    supplier = masters.supplier(body["supplier"])
    lines: list[Row] = body["lines"]
    products = masters.products([line["item"] for line in lines])
    units = {unit: masters.unit(unit) for unit in {line["unit"] for line in lines}}
    return {
        "company": session.company, "party": supplier["id"], "invoice_address": supplier["addresses"][0],
        "reference": body["reference"], "currency": masters.currency(body["currency"]), "warehouse": masters.warehouse["id"],
        "payment_term": supplier["supplier_payment_term"], "invoice_method": "manual", "purchase_date": body["purchase_date"],
        "lines": [["create", [_line(line, products, units) for line in lines]]],
    }  # fmt: skip


def _line(line: Row, products: Any, units: Any) -> Row:
    return {
        "sequence": line["sequence"], "product": products[line["item"]], "description": line["description"],
        "quantity": float(decode(line["quantity"])), "unit": units[line["unit"]], "unit_price": line["unit_price"],
    }  # fmt: skip


def _end_processing(session: Session, row: Row) -> Answer:
    """Tryton refuses to cancel what it is processing; its words say so."""
    session.press(MODEL, row["id"], "cancel", FIELDS)
    return Answer(outcome=Outcome.DELIVERED, reference=str(row["number"]))
