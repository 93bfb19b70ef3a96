"""What the ERP keeps, in one SQLite file. One writer at a time, every request one transaction."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

KINDS: Final = {"purchase_orders": 4_500_000_000, "receipts": 5_000_000_000, "vouchers": 5_100_000_000}
"""The kinds of documents, and where their numbers begin."""

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, reference TEXT, erp_number TEXT UNIQUE,
    status TEXT, version INTEGER, body TEXT, created REAL, period TEXT
);
CREATE INDEX IF NOT EXISTS by_reference ON documents (kind, reference);
CREATE TABLE IF NOT EXISTS order_lines (
    erp_number TEXT, line_number INTEGER, cost_center TEXT, amount TEXT, PRIMARY KEY (erp_number, line_number)
);
CREATE INDEX IF NOT EXISTS by_cost_center ON order_lines (cost_center);
CREATE TABLE IF NOT EXISTS vouchered (voucher TEXT, erp_number TEXT, line_number INTEGER, amount TEXT);
CREATE INDEX IF NOT EXISTS by_order ON vouchered (erp_number);
CREATE TABLE IF NOT EXISTS payments (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT, erp_number TEXT, reference TEXT, status TEXT,
    currency TEXT, amount TEXT, paid_on TEXT, at TEXT, UNIQUE (erp_number, status)
);
CREATE TABLE IF NOT EXISTS budgets (
    cost_center TEXT, period TEXT, currency TEXT, budget TEXT, committed TEXT, actual TEXT, PRIMARY KEY (cost_center, period)
);
CREATE TABLE IF NOT EXISTS masters (
    kind TEXT, id TEXT, changed INTEGER, body TEXT, PRIMARY KEY (kind, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS by_change ON masters (kind, changed);
CREATE TABLE IF NOT EXISTS requests (line TEXT PRIMARY KEY, count INTEGER);
"""


class Store:
    """The ERP's tables. Use everything but `close` inside `change()`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_TABLES)
        self.lock = threading.Lock()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing, one at a time."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        with self.lock:
            self.db.close()

    def count_request(self, line: str) -> None:
        """Counts a request ("POST /receipts")."""
        self.db.execute(
            "INSERT INTO requests VALUES (?, 1) ON CONFLICT (line) DO UPDATE SET count = count + 1", (line,)
        )

    def add(self, kind: str, reference: str, body: dict[str, Any], status: str, now: datetime, period: str = "") -> str:
        """Keeps a new document and returns its number."""
        values = (kind, reference, status, json.dumps(body), now.timestamp(), period or now.strftime("%Y-%m"))
        sql = "INSERT INTO documents (kind, reference, status, version, body, created, period) VALUES (?, ?, ?, 1, ?, ?, ?)"
        row = self.db.execute(sql, values).lastrowid or 0
        number = str(KINDS[kind] + row)
        self.db.execute("UPDATE documents SET erp_number = ? WHERE id = ?", (number, row))
        return number

    def renumber(self, number: str, given: str) -> None:
        """A document keeps the number it has from before."""
        self.db.execute("UPDATE documents SET erp_number = ? WHERE erp_number = ?", (given, number))

    def find(self, kind: str, *, reference: str = "", number: str = "") -> list[sqlite3.Row]:
        """Documents by our reference or by the ERP's number, oldest first."""
        column, value = ("reference", reference) if reference else ("erp_number", number)
        sql = f"SELECT * FROM documents WHERE kind = ? AND {column} = ? ORDER BY id"  # noqa: S608
        return self.db.execute(sql, (kind, value)).fetchall()

    def update(self, number: str, *, status: str, version: int, body: dict[str, Any]) -> None:
        """A document's new state."""
        sql = "UPDATE documents SET status = ?, version = ?, body = ? WHERE erp_number = ?"
        self.db.execute(sql, (status, version, json.dumps(body), number))

    def order_lines(self, number: str, lines: list[tuple[int, str, str]]) -> None:
        """The order's lines as (line number, cost center, amount)."""
        self.db.execute("DELETE FROM order_lines WHERE erp_number = ?", (number,))
        self.db.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?)", [(number, *line) for line in lines])

    def pay(self, number: str, reference: str, status: str, currency: str, amount: str, paid_on: str) -> None:
        """A payment's new status, once."""
        sql = "INSERT OR IGNORE INTO payments (erp_number, reference, status, currency, amount, paid_on, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self.db.execute(sql, (number, reference, status, currency, amount, paid_on or None, at))

    def masters_put(self, kind: str, rows: list[tuple[str, dict[str, Any]]]) -> None:
        """Records of a kind by their id; each counts as changed after all others."""
        last = self.db.execute("SELECT coalesce(max(changed), 0) FROM masters").fetchone()[0]
        self.db.executemany(
            "INSERT OR REPLACE INTO masters VALUES (?, ?, ?, ?)",
            [(kind, key, last + n, json.dumps(body)) for n, (key, body) in enumerate(rows, 1)],
        )

    def masters_remove(self, kind: str, keys: list[str]) -> None:
        """Records that are gone, without a trace."""
        # the row stays so that its change number is never given again
        self.db.executemany("UPDATE masters SET body = '' WHERE kind = ? AND id = ?", [(kind, key) for key in keys])

    def masters(self, kind: str, since: int, size: int) -> list[sqlite3.Row]:
        """Records that changed after a change, in that order."""
        sql = "SELECT * FROM masters WHERE kind = ? AND changed > ? AND body <> '' ORDER BY changed LIMIT ?"
        return self.db.execute(sql, (kind, since, size)).fetchall()

    def stats(self, *, references: bool) -> dict[str, Any]:
        """Documents, references and doubled references per kind, and the requests that came."""
        result: dict[str, Any] = {}
        for kind in KINDS:
            rows = self.db.execute(
                "SELECT reference, count(*) FROM documents WHERE kind = ? GROUP BY reference ORDER BY reference",
                (kind,),
            ).fetchall()
            result[kind] = {
                "documents": sum(row[1] for row in rows),
                "references": len(rows),
                "doubled": [row[0] for row in rows if row[1] > 1],
            }
            if references:
                result[kind]["by_reference"] = {row[0]: row[1] for row in rows}
        result["requests"] = dict(self.db.execute("SELECT line, count FROM requests ORDER BY line").fetchall())
        return result
