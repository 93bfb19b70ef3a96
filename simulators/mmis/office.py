"""What the MMIS does with the files it finds: claim one, take its document into the books once, archive it, answer.

Behaviours (a JSON file, read at every round) make it what such systems are on a bad day: `silent` takes files and answers none,
`blocked` names suppliers it refuses, `release` adds fields to its answers, `mangled` leaves the numbers out of them, `damage` has it
find that many of the next files damaged, `paid` has it pay what it owes.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulators.mmis.files import MASTERS, Damaged, acknowledgement, amount, budgets, masters, opened, payments

FIRST = {"PO": 700_000, "PC": 730_000, "PX": 760_000, "GR": 800_000, "VO": 900_000}
_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, reference TEXT, number TEXT, status TEXT, ordered TEXT, body TEXT, paid TEXT,
    UNIQUE (kind, reference)
);
CREATE TABLE IF NOT EXISTS counted (name TEXT PRIMARY KEY, times INTEGER);
"""


class Refused(Exception):
    """The document is refused: code, field, words."""


class Office:
    """One MMIS with its books and the folder it shares."""

    def __init__(self, folder: Path, state: Path, behaviours: Path | None) -> None:
        self.folder, self.behaviours = folder, behaviours
        for name in ("in", "out", "archive", "error", "work"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        state.parent.mkdir(parents=True, exist_ok=True)
        self.books = sqlite3.connect(state, isolation_level=None, timeout=30)
        self.books.row_factory = sqlite3.Row
        self.books.execute("PRAGMA journal_mode=WAL")
        self.books.executescript(_TABLES)

    def behaviour(self) -> dict[str, Any]:
        if self.behaviours is None or not self.behaviours.exists():
            return {}
        found: dict[str, Any] = json.loads(self.behaviours.read_text())
        return found

    def open_with(self, opening: list[dict[str, str]]) -> None:
        """Orders from before, each the file that told it and the number it has here."""
        self.books.execute("BEGIN")
        for each in opening:
            _, kind, (head, *lines) = opened(each["file"].encode("latin-1"))
            self.books.execute(
                "INSERT OR IGNORE INTO documents (kind, reference, number, status, ordered, body) VALUES (?, ?, ?, 'open', '', ?)",
                (kind, head["reference"], each["number"], json.dumps({"head": head, "lines": lines})),
            )
        self.books.execute("COMMIT")

    def round(self) -> int:
        """Everything that waits, in the order of the names; then payments and budgets. How many files were taken."""
        wanted, taken = self.behaviour(), 0
        left = [*(self.folder / "work").glob("*.DAT")]
        for path in sorted([*left, *(self.folder / "in").glob("MM*.DAT")], key=lambda each: each.name):
            taken += self._one(path, wanted)
        if wanted.get("paid"):
            self._pay()
        return taken

    def _one(self, path: Path, wanted: dict[str, Any]) -> int:
        claimed = self.folder / "work" / path.name
        path.replace(claimed)
        content = claimed.read_bytes()
        sequence = int(path.stem[2:])
        try:
            if wanted.get("damage") and self._count("damaged") <= int(wanted["damage"]):
                raise Damaged("The control totals are wrong.")
            number, kind, records = opened(content)
            answer = self._answer(number, kind, records, wanted)
            place = "archive"
        except Damaged as fault:
            row = {"verdict": "R", "reference": "", "code": "damaged", "text": str(fault)}
            answer, place = acknowledgement(sequence, "E", [row]), "error"
        if not wanted.get("silent"):
            self._leave(f"{path.stem}.ACK", answer)
        claimed.replace(self.folder / place / path.name)
        return 1

    def _answer(self, sequence: int, kind: str, records: list[dict[str, str]], wanted: dict[str, Any]) -> bytes:
        head = records[0]
        row: dict[str, str] = {"verdict": "A", "reference": head["reference"]}
        try:
            known = self._known(kind, head["reference"])
            if known:
                row |= {"verdict": "K", "number": known["number"]}
            else:
                row["number"] = self._enter(kind, head, records[1:], wanted)
        except Refused as refusal:
            code, field, text = refusal.args
            row |= {"verdict": "R", "code": code, "field": field, "text": text}
        if wanted.get("mangled"):
            row.pop("number", None)
        return acknowledgement(sequence, "A", [row], "REL2027.1" if wanted.get("release") else "")

    def _enter(self, kind: str, head: dict[str, str], lines: list[dict[str, str]], wanted: dict[str, Any]) -> str:
        if head.get("supplier") in wanted.get("blocked", ()):
            raise Refused("blocked_supplier", "supplier", "The supplier is blocked for purchasing.")
        ordered = ""
        if kind == "PX":
            return self._cancel(head)
        if kind == "PC":
            self._change(head, lines)
        if kind in ("GR", "VO") and head["number"]:
            ordered = self._against(head["number"], lines)
        if kind == "VO":
            self._refuse_second(head)
        body = json.dumps({"head": head, "lines": lines})
        cursor = self.books.execute(
            "INSERT INTO documents (kind, reference, status, ordered, body) VALUES (?, ?, 'open', ?, ?)",
            (kind, head["reference"], ordered, body),
        )
        number = str(FIRST[kind] + (cursor.lastrowid or 0))
        self.books.execute("UPDATE documents SET number = ? WHERE id = ?", (number, cursor.lastrowid))
        return number

    def _against(self, number: str, lines: list[dict[str, str]]) -> str:
        row = self.books.execute("SELECT * FROM documents WHERE kind = 'PO' AND number = ?", (number,)).fetchone()
        if row is None:
            raise Refused("unknown_order", "erp_order", f"There is no purchase order {number}.")
        if row["status"] == "cancelled":
            raise Refused("cancelled", "erp_order", f"Purchase order {number} is cancelled.")
        known = {int(line["line"]) for line in json.loads(row["body"])["lines"]}
        unknown = {int(line["line"]) for line in lines if line.get("line")} - known - {0}
        if unknown:
            raise Refused("unknown_line", "line", f"The order has no line {min(unknown)}.")
        return number

    def _refuse_second(self, head: dict[str, str]) -> None:
        for row in self.books.execute("SELECT * FROM documents WHERE kind = 'VO'"):
            other = json.loads(row["body"])["head"]
            if all(other[name] == head[name] for name in ("supplier", "invoice", "kind")):
                words = f"Invoice {head['invoice']} is voucher {row['number']} already."
                raise Refused("duplicate_invoice", "invoice", words)

    def _change(self, head: dict[str, str], lines: list[dict[str, str]]) -> None:
        """The order is what the newest change says; one that was overtaken changes nothing."""
        row = self._known("PO", head["order"])
        if row is None:
            raise Refused("unknown_order", "order", f"There is no purchase order {head['order']}.")
        if row["status"] == "cancelled":
            raise Refused("cancelled", "order", f"Purchase order {row['number']} is cancelled.")
        body = json.loads(row["body"])
        if int(head["revision"]) > int(body["head"].get("revision", 0)):
            body = {"head": {**body["head"], "revision": head["revision"]}, "lines": lines}
            self.books.execute("UPDATE documents SET body = ? WHERE id = ?", (json.dumps(body), row["id"]))

    def _cancel(self, head: dict[str, str]) -> str:
        row = self._known("PO", head["order"])
        if row is None:
            return "NONE"
        if self.books.execute("SELECT 1 FROM documents WHERE kind = 'GR' AND ordered = ?", (row["number"],)).fetchone():
            raise Refused("has_receipts", "erp_order", f"Purchase order {row['number']} has receipts.")
        self.books.execute("UPDATE documents SET status = 'cancelled' WHERE id = ?", (row["id"],))
        return str(row["number"])

    def _known(self, kind: str, reference: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.books.execute(
            "SELECT * FROM documents WHERE kind = ? AND reference = ?", (kind, reference)
        ).fetchone()
        return found

    def _pay(self) -> None:
        day = f"{datetime.now(UTC):%Y%m%d}"
        owed = self.books.execute("SELECT * FROM documents WHERE kind = 'VO' AND paid IS NULL ORDER BY id").fetchall()
        if owed:
            self._leave(
                f"PAY{(number := self._count('payments')):08}.DAT",
                payments(number, [(row["reference"], row["number"], "paid", day) for row in owed]),
            )
            self.books.executemany("UPDATE documents SET paid = ? WHERE id = ?", [(day, row["id"]) for row in owed])

    def budget(self, cost_center: str, total: Decimal) -> None:
        """Leaves a budget file: what the orders commit, and what the vouchers have spent."""
        committed, actual = Decimal(0), Decimal(0)
        for row in self.books.execute("SELECT * FROM documents WHERE kind IN ('PO', 'VO') AND status = 'open'"):
            body = json.loads(row["body"])
            if row["kind"] == "VO":
                actual += amount(body["head"]["total"])
                continue
            mine = [line for line in body["lines"] if line["cost_center"] == cost_center]
            committed += sum((amount(line["quantity"]) * amount(line["price"]) for line in mine), Decimal(0))
        period = f"{datetime.now(UTC):%Y-%m}"
        self._leave(
            f"BUD{self._count('budgets'):08}.DAT",
            budgets(period, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", [(cost_center, total, committed, actual)]),
        )

    def masters(self, kind: str, mode: str, rows: list[dict[str, str]]) -> None:
        """Leaves a file of masters: all of them (F) or what changed (D)."""
        number = self._count(f"masters {kind}")
        self._leave(f"{MASTERS[kind][0]}{number:08}.DAT", masters(kind, mode, rows))

    def _leave(self, name: str, content: bytes) -> None:
        hidden = self.folder / "out" / f".{name}"
        hidden.write_bytes(content)
        hidden.replace(self.folder / "out" / name)

    def _count(self, name: str) -> int:
        self.books.execute(
            "INSERT INTO counted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1", (name,)
        )
        row = self.books.execute("SELECT times FROM counted WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def stats(self) -> dict[str, Any]:
        """What is in the books, by kind and reference."""
        rows = self.books.execute("SELECT * FROM documents ORDER BY id").fetchall()
        return {
            kind: {
                row["reference"]: {"number": row["number"], "status": row["status"], **json.loads(row["body"])}
                for row in rows
                if row["kind"] == kind
            }
            for kind in FIRST
        }
