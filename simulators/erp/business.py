"""What the ERP does with a request: check it, keep it, answer. Knows nothing of HTTP but the status."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from simulators.erp import checks
from simulators.erp.checks import Refused
from simulators.erp.store import Store

Body = dict[str, Any]
Answer = tuple[int, Body]
_CENT: Final = Decimal("0.01")
_PAGE: Final = 500
_MASTERS_PAGE: Final = 5000
MASTERS: Final = ("items", "suppliers", "cost-centers")


class Business:
    """The ERP's purchasing, receiving and payables."""

    def __init__(self, store: Store, *, pay_after: float, unique_reference: bool) -> None:
        self.store = store
        self.pay_after = pay_after
        self.unique_reference = unique_reference
        self.posts: Mapping[str, tuple[str, Callable[[Body], Answer]]] = {
            "/purchase-orders": ("purchase_orders", self.purchase_order),
            "/receipts": ("receipts", self.receipt),
            "/vouchers": ("vouchers", self.voucher),
        }

    def open_with(self, opening: Body) -> None:
        """Orders from before, under the numbers they have, masters and budgets; an ERP that keeps anything already has them."""
        with self.store.change():
            if self.store.db.execute("SELECT 1 FROM documents LIMIT 1").fetchone():
                return
            for kind in MASTERS:
                self.masters_put(kind, {"records": opening.get(kind, [])})
            if opening.get("budgets"):
                self.budgets_put(opening)
            for row in opening["purchase_orders"]:
                body = row["body"]
                ordered = checks.day(body, "ordered_on")
                made = self.store.add(
                    "purchase_orders", body["reference"], body, "open", datetime.now(UTC), ordered[:7]
                )
                self.store.renumber(made, row["erp_number"])
                self.store.order_lines(row["erp_number"], self._order_lines(body))

    # -- purchase orders -----------------------------------------------------------------------------------------------

    def create(self, path: str, body: Body) -> Answer:
        """POST of a document: a reference that is known gives back what it made the first time."""
        kind, make = self.posts[path]
        reference = checks.text(body, "reference")
        if self.unique_reference and (known := self.store.find(kind, reference=reference)):
            return 200, shown(known[0])
        return make(body)

    def purchase_order(self, body: Body) -> Answer:
        checks.text(body, "supplier")
        checks.text(body, "currency")
        ordered = checks.day(body, "ordered_on")
        lines = self._order_lines(body)
        now = datetime.now(UTC)
        number = self.store.add("purchase_orders", body["reference"], body, "open", now, ordered[:7])
        self.store.order_lines(number, lines)
        return 201, shown(self.store.find("purchase_orders", number=number)[0])

    def _order_lines(self, body: Body) -> list[tuple[int, str, str]]:
        result: list[tuple[int, str, str]] = []
        for at, line in enumerate(checks.lines(body)):
            prefix = f"lines.{at}."
            number = checks.line_number(line, prefix)
            quantity = checks.number(line, "quantity", prefix=prefix)
            price = checks.number(line, "unit_price", prefix=prefix)
            checks.text(line, "unit", prefix=prefix)
            if quantity < 0 or price < 0:
                raise Refused(422, "invalid", "Quantity and price must not be negative.", f"{prefix}quantity")
            if any(number == known for known, _, _ in result):
                raise Refused(422, "invalid", f"Line {number} occurs twice.", f"{prefix}line_number")
            cost_center = checks.text(line, "cost_center", prefix=prefix, required=False)
            result.append((number, cost_center, str((quantity * price).quantize(_CENT, ROUND_HALF_UP))))
        return result

    def change(self, number: str, body: Body) -> Answer:
        """PUT of an order's whole new state. The same `revision` again, or an older one, changes nothing."""
        order = self._order(number)
        if order["status"] != "open":
            raise Refused(422, "not_open", f"Purchase order {number} is {order['status']}.", "erp_number")
        known = json.loads(order["body"])
        if body.get("reference", known["reference"]) != known["reference"]:
            raise Refused(422, "invalid", "The reference of an order cannot change.", "reference")
        revision = body.get("revision", 0)
        if revision and revision <= known.get("revision", 0):
            return 200, shown(order)
        lines = self._order_lines(body)
        merged = {**known, **body}
        self.store.order_lines(number, lines)
        self.store.update(number, status="open", version=order["version"] + 1, body=merged)
        return 200, shown(self._order(number))

    def cancel(self, number: str) -> Answer:
        """Cancels an order; one that is cancelled stays so, one that was received refuses."""
        order = self._order(number)
        if order["status"] == "open":
            sql = "SELECT 1 FROM documents WHERE kind = 'receipts' AND json_extract(body, '$.purchase_order') = ?"
            if self.store.db.execute(sql, (number,)).fetchone():
                raise Refused(422, "has_receipts", f"Purchase order {number} has receipts.", "erp_number")
            self.store.update(number, status="cancelled", version=order["version"] + 1, body=json.loads(order["body"]))
        return 200, shown(self._order(number))

    def _order(self, number: str) -> sqlite3.Row:
        found = self.store.find("purchase_orders", number=number)
        if not found:
            raise Refused(404, "unknown_purchase_order", f"There is no purchase order {number}.", "erp_number")
        return found[0]

    def lookup(self, kind: str, reference: str) -> Answer:
        """All documents of a kind with our reference."""
        if not reference:
            raise Refused(400, "missing", "Ask with ?reference=.", "reference")
        return 200, {"results": [shown(row) for row in self.store.find(kind, reference=reference)]}

    # -- receipts and vouchers -----------------------------------------------------------------------------------------

    def _ordered(self, body: Body) -> tuple[sqlite3.Row, set[int]]:
        number = checks.text(body, "purchase_order")
        found = self.store.find("purchase_orders", number=number)
        if not found:
            raise Refused(422, "unknown_purchase_order", f"There is no purchase order {number}.", "purchase_order")
        rows = self.store.db.execute("SELECT line_number FROM order_lines WHERE erp_number = ?", (number,))
        return found[0], {row[0] for row in rows}

    def receipt(self, body: Body) -> Answer:
        order, known = self._ordered(body)
        if order["status"] == "cancelled":
            raise Refused(422, "cancelled", f"Purchase order {order['erp_number']} is cancelled.", "purchase_order")
        for at, line in enumerate(checks.lines(body)):
            prefix = f"lines.{at}."
            if checks.line_number(line, prefix) not in known:
                raise Refused(
                    422, "unknown_line", f"The order has no line {line['line_number']}.", f"{prefix}line_number"
                )
            checks.number(line, "quantity", prefix=prefix)
            checks.text(line, "unit", prefix=prefix)
        number = self.store.add("receipts", body["reference"], body, "posted", datetime.now(UTC))
        return 201, shown(self.store.find("receipts", number=number)[0])

    def voucher(self, body: Body) -> Answer:
        supplier, invoice = checks.text(body, "supplier"), checks.text(body, "supplier_invoice")
        currency = checks.text(body, "currency")
        total = checks.number(body, "total")
        checks.number(body, "tax", default="0")
        credit = body.get("kind", "invoice") == "credit"
        order_number, known = "", set[int]()
        if checks.text(body, "purchase_order", required=False):
            order, known = self._ordered(body)
            order_number = order["erp_number"]
            if json.loads(order["body"])["currency"] != currency:
                raise Refused(422, "currency", f"The order is not in {currency}.", "currency")
        self._refuse_second_invoice(body, supplier, invoice)
        amounts = []
        for at, line in enumerate(checks.lines(body, required=False)):
            prefix = f"lines.{at}."
            amount = checks.number(line, "quantity", prefix=prefix) * checks.number(line, "unit_price", prefix=prefix)
            place = line.get("line_number")
            if place is not None and order_number and checks.line_number(line, prefix) not in known:
                raise Refused(422, "unknown_line", f"The order has no line {place}.", f"{prefix}line_number")
            amounts.append((order_number, place, str((-amount if credit else amount).quantize(_CENT, ROUND_HALF_UP))))
        number = self.store.add("vouchers", body["reference"], body, "scheduled", datetime.now(UTC))
        self.store.db.executemany(
            "INSERT INTO vouchered VALUES (?, ?, ?, ?)", [(number, *amount) for amount in amounts]
        )
        self.store.pay(number, body["reference"], "scheduled", currency, str(total), "")
        return 201, shown(self.store.find("vouchers", number=number)[0])

    def _refuse_second_invoice(self, body: Body, supplier: str, invoice: str) -> None:
        if not self.unique_reference:
            return
        sql = (
            "SELECT erp_number FROM documents WHERE kind = 'vouchers' AND json_extract(body, '$.supplier') = ?"
            " AND json_extract(body, '$.supplier_invoice') = ? AND coalesce(json_extract(body, '$.kind'), 'invoice') = ?"
        )
        if found := self.store.db.execute(sql, (supplier, invoice, body.get("kind", "invoice"))).fetchone():
            words = f"Invoice {invoice} of {supplier} is voucher {found[0]} already."
            raise Refused(422, "duplicate_invoice", words, "supplier_invoice")

    # -- payments and budgets ------------------------------------------------------------------------------------------

    def payments(self, since: str, limit: str) -> Answer:
        """Payment changes after a cursor, oldest first."""
        now = datetime.now(UTC)
        sql = "SELECT * FROM documents WHERE kind = 'vouchers' AND status = 'scheduled' AND created <= ?"
        for row in self.store.db.execute(sql, (now.timestamp() - self.pay_after,)).fetchall():
            body = json.loads(row["body"])
            self.store.update(row["erp_number"], status="paid", version=row["version"] + 1, body=body)
            paid_on = now.date().isoformat()
            self.store.pay(row["erp_number"], row["reference"], "paid", body["currency"], body["total"], paid_on)
        if not (since or "0").isdigit() or not (limit or "1").isdigit():
            raise Refused(400, "invalid", "since is the cursor of an earlier answer.", "since")
        size = min(max(int(limit or 100), 1), _PAGE)
        rows = self.store.db.execute(
            "SELECT * FROM payments WHERE cursor > ? ORDER BY cursor LIMIT ?", (int(since or 0), size + 1)
        ).fetchall()
        page = [dict(row) for row in rows[:size]]
        last = str(page[-1]["cursor"]) if page else (since or "0")
        return 200, {"results": page, "next": last, "more": len(rows) > size}

    def masters_put(self, kind: str, body: Body) -> Answer:
        """Sets records of a kind; each has an id of this ERP's own. `gone` lists ids that are there no longer."""
        rows = body.get("records", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(422, "missing", "records must be a list of objects.", "records")
        # an id is checked where records are used, not here: what is in old systems is not always in order
        self.store.masters_put(kind, [(str(row.get("id", f"?{at}")), row) for at, row in enumerate(rows)])
        self.store.masters_remove(kind, [str(key) for key in body.get("gone", [])])
        return 200, {"stored": len(rows)}

    def masters(self, kind: str, since: str, limit: str) -> Answer:
        """Records of a kind that changed after a cursor, in the order of their changes."""
        if not (since or "0").isdigit() or not (limit or "1").isdigit():
            raise Refused(400, "invalid", "since is the cursor of an earlier answer.", "since")
        size = min(max(int(limit or 100), 1), _MASTERS_PAGE)
        rows = self.store.masters(kind, int(since or 0), size + 1)
        page = [{**json.loads(row["body"]), "changed": row["changed"]} for row in rows[:size]]
        last = str(page[-1]["changed"]) if page else (since or "0")
        return 200, {"results": page, "next": last, "more": len(rows) > size}

    def budgets_put(self, body: Body) -> Answer:
        """Sets budgets; committed and actual are what was there before this ERP's own documents."""
        rows = body.get("budgets")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(422, "missing", "budgets must be a list of objects.", "budgets")
        for at, row in enumerate(rows):
            prefix = f"budgets.{at}."
            names = [checks.text(row, name, prefix=prefix) for name in ("cost_center", "period", "currency")]
            amounts = [
                str(checks.number(row, name, prefix=prefix, default=None if name == "budget" else "0"))
                for name in ("budget", "committed", "actual")
            ]
            self.store.db.execute("INSERT OR REPLACE INTO budgets VALUES (?, ?, ?, ?, ?, ?)", (*names, *amounts))
        return 200, {"stored": len(rows)}

    def budgets(self, cost_center: str, period: str) -> Answer:
        """Budget, commitments and actuals per cost center and period ("2026-03")."""
        rows = self.store.db.execute(
            "SELECT * FROM budgets WHERE (? = '' OR cost_center = ?) AND (? = '' OR period = ?) ORDER BY cost_center, period",
            (cost_center, cost_center, period, period),
        ).fetchall()
        return 200, {"results": [self._budget(row) for row in rows]}

    def _budget(self, row: sqlite3.Row) -> Body:
        committed, actual = Decimal(row["committed"]), Decimal(row["actual"])
        sql = (
            "SELECT l.erp_number, l.line_number, l.amount, d.status FROM order_lines l"
            " JOIN documents d ON d.erp_number = l.erp_number WHERE l.cost_center = ? AND d.period = ?"
        )
        for line in self.store.db.execute(sql, (row["cost_center"], row["period"])).fetchall():
            billed = self._billed(line["erp_number"], line["line_number"])
            actual += billed
            if line["status"] == "open":
                committed += max(Decimal(line["amount"]) - billed, Decimal(0))
        return {
            "cost_center": row["cost_center"],
            "period": row["period"],
            "currency": row["currency"],
            "budget": row["budget"],
            "committed": str(committed),
            "actual": str(actual),
            "as_of": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _billed(self, number: str, line: int) -> Decimal:
        sql = "SELECT amount FROM vouchered WHERE erp_number = ? AND line_number = ?"
        return sum((Decimal(found[0]) for found in self.store.db.execute(sql, (number, line))), Decimal(0))


def shown(row: sqlite3.Row) -> Body:
    """A document as the ERP answers it."""
    body = json.loads(row["body"])
    result = {
        "erp_number": row["erp_number"],
        "reference": row["reference"],
        "status": row["status"],
        "version": row["version"],
        "created_at": datetime.fromtimestamp(row["created"], UTC).isoformat(timespec="seconds"),
    }
    if row["kind"] == "purchase_orders":
        result["revision"] = body.get("revision", 0)
        amounts = (Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in body["lines"])
        result["total"] = str(sum(amounts, Decimal(0)).quantize(_CENT, ROUND_HALF_UP))
    elif row["kind"] == "vouchers":
        result["total"] = body["total"]
    else:
        result["purchase_order"] = body["purchase_order"]
    return result
