"""Receipts as Tryton's supplier shipments, made of the purchase's own open moves; a reversal cancels the shipment."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

from integrations.canonical import Receipt
from integrations.erp.tryton import purchases
from integrations.erp.tryton.masters import Masters, refuse
from integrations.erp.tryton.wire import Row, Session, decode
from integrations.remote import Answer, Outcome

MODEL: Final = "stock.shipment.in"
FIELDS: Final = ("number", "state")
_COPIED: Final = (
    "product",
    "from_location",
    "to_location",
    "company",
    "currency",
    "unit_price",
    "origin",
    "planned_date",
)


def told(receipt: Receipt) -> Row:
    """The receipt with codes for everything that has an id in Tryton."""
    return {
        "received_on": receipt.received_at.date(),
        "reverses": receipt.reverses,
        "lines": [
            {"line": line.line_number, "quantity": line.quantity, "unit": line.unit, "lot": line.lot}
            for line in receipt.lines
        ],
    }


def found(session: Session, reference: str) -> Row | None:
    """The live shipment with our number."""
    domain = [["company", "=", session.company], ["reference", "=", reference], ["state", "!=", "cancelled"]]
    rows = session.find(MODEL, domain, FIELDS)
    if len(rows) > 1:
        raise refuse(f"Tryton has {len(rows)} shipments {reference}: cancel all but one of them there.", "reference")
    return rows[0] if rows else None


def state(session: Session, reference: str) -> Answer:
    """Whether the shipment is done, or the reversal."""
    row = found(session, reference)
    if row is None or row["state"] != "done":
        return Answer(outcome=Outcome.MISSING)
    return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))


def post(session: Session, masters: Masters, body: Row, order: str) -> Answer:
    """Have the goods in stock, whatever of it is there already."""
    if body["reverses"]:
        return _reverse(session, body["reverses"])
    row = found(session, body["reference"])
    if row is not None and row["state"] == "done":
        return Answer(outcome=Outcome.FOUND, reference=str(row["number"]))
    if row is None:
        row = session.create(MODEL, _values(session, masters, body, order), FIELDS)
    if row["state"] == "draft":
        row = session.press(MODEL, row["id"], "receive", FIELDS)
    if row["state"] == "received":
        row = session.press(MODEL, row["id"], "do", FIELDS)
    return Answer(outcome=Outcome.DELIVERED, reference=str(row["number"]))


def _reverse(session: Session, reference: str) -> Answer:
    row = found(session, reference)
    if row is None:
        return Answer(
            outcome=Outcome.FOUND, detail="Tryton has no such receipt, or it is cancelled: nothing to reverse."
        )
    session.press(MODEL, row["id"], "cancel", FIELDS)
    return Answer(outcome=Outcome.DELIVERED, reference=str(row["number"]))


def _values(session: Session, masters: Masters, body: Row, order: str) -> Row:
    """A shipment that is born whole: Tryton makes all of it in one transaction, so it can be found or not, never half."""
    purchase, lines = purchases.lines_of(session, order)
    party = session.get(purchases.MODEL, purchase["id"], ["party"])["party"]
    wanted: dict[int, list[Row]] = defaultdict(list)
    for line in body["lines"]:
        wanted[line["line"]].append(line)
    for number in wanted:
        if number not in lines:
            raise refuse(f"Tryton's purchase {order} has no line {number}.", "line")
    taken, written, created = [], [], []
    for number, parts in wanted.items():
        move = _open_move(session, lines[number], number)
        values = [_part(session, masters, part, move) for part in parts]
        taken.append(move["id"])
        written += [[move["id"]], values[0]]
        copied = {name: move[name] for name in _COPIED}
        created += [{**copied, **each} for each in values[1:]]
    warehouse = masters.warehouse
    actions: list[Any] = [["add", taken], ["write", *written]]
    if created:
        actions.append(["create", created])
    return {
        "company": session.company, "supplier": party, "reference": body["reference"], "warehouse": warehouse["id"],
        "warehouse_input": warehouse["input_location"], "warehouse_storage": warehouse["storage_location"],
        "effective_date": body["received_on"], "incoming_moves": actions,
    }  # fmt: skip


def _open_move(session: Session, line: Row, number: int) -> Row:
    domain = [["origin", "=", f"purchase.line,{line['id']}"], ["state", "=", "draft"], ["shipment", "=", None]]
    rows = session.find("stock.move", domain, _COPIED, size=1)
    if not rows:
        raise refuse(f"Tryton expects nothing more for line {number}.", "line")
    return rows[0]


def _part(session: Session, masters: Masters, part: Row, move: Row) -> Row:
    values: Row = {"quantity": float(decode(part["quantity"])), "unit": masters.unit(part["unit"])}
    if part["lot"]:
        values["lot"] = _lot(session, part["lot"], move["product"])
    return values


def _lot(session: Session, number: str, product: int) -> int:
    rows = session.find("stock.lot", [["number", "=", number], ["product", "=", product]], ["id"], size=1)
    row = rows[0] if rows else session.create("stock.lot", {"number": number, "product": product}, ["id"])
    return int(row["id"])


def received(session: Session, line: Row) -> list[int]:
    """The moves that brought goods of a purchase line in."""
    rows = session.find(
        "stock.move", [["origin", "=", f"purchase.line,{line['id']}"], ["state", "=", "done"]], ["quantity"]
    )
    return [int(row["id"]) for row in rows if Decimal(str(row["quantity"])) > 0]
