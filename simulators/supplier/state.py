"""What the suppliers remember, in one SQLite file: a killed process forgets nothing and does nothing twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS files (supplier TEXT, digest TEXT, name TEXT, problem TEXT, PRIMARY KEY (supplier, digest));
CREATE TABLE IF NOT EXISTS orders (supplier TEXT, number TEXT, received INTEGER, body TEXT, PRIMARY KEY (supplier, number));
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, supplier TEXT, number TEXT, kind TEXT, due REAL, detail TEXT, sent_as TEXT
);
CREATE INDEX IF NOT EXISTS answers_due ON answers (due) WHERE sent_as IS NULL;
CREATE TABLE IF NOT EXISTS counters (supplier TEXT, name TEXT, value INTEGER, PRIMARY KEY (supplier, name));
CREATE TABLE IF NOT EXISTS acknowledged (supplier TEXT, functional_id TEXT, control TEXT, verdict TEXT);
"""


class State:
    """The suppliers' memory. Every change happens inside `change()`."""

    def __init__(self, path: Path, first_number: int = 1) -> None:
        self.first_number = first_number
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_TABLES)

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def file_new(self, supplier: str, digest: str, name: str, problem: str = "") -> bool:
        """Remembers a file; False where the same bytes were seen before."""
        values = (supplier, digest, name, problem)
        return self.db.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)", values).rowcount == 1

    def next(self, supplier: str, counter: str) -> int:
        """The supplier's next number of a kind."""
        sql = "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (supplier, name) DO UPDATE SET value = value + 1 RETURNING value"
        value: int = self.db.execute(sql, (supplier, counter, self.first_number)).fetchone()[0]
        return value

    def order(self, supplier: str, number: str) -> dict[str, Any] | None:
        """What is known about an order."""
        found = self.db.execute(
            "SELECT body FROM orders WHERE supplier = ? AND number = ?", (supplier, number)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def order_save(self, supplier: str, number: str, body: dict[str, Any]) -> None:
        """Remembers an order's new state."""
        sql = "INSERT INTO orders VALUES (?, ?, 1, ?) ON CONFLICT (supplier, number) DO UPDATE SET body = excluded.body"
        self.db.execute(sql, (supplier, number, json.dumps(body)))

    def order_again(self, supplier: str, number: str) -> None:
        """Counts that the same order came once more under other control numbers."""
        self.db.execute(
            "UPDATE orders SET received = received + 1 WHERE supplier = ? AND number = ?", (supplier, number)
        )

    def plan(self, supplier: str, number: str, kind: str, due: float, detail: dict[str, Any]) -> None:
        """Plans an answer for the moment `due` (seconds since 1970)."""
        sql = "INSERT INTO answers (supplier, number, kind, due, detail) VALUES (?, ?, ?, ?, ?)"
        self.db.execute(sql, (supplier, number, kind, due, json.dumps(detail)))

    def unplan(self, supplier: str, number: str, *kinds: str) -> None:
        """Forgets answers that were planned and are not needed any more."""
        marks = ", ".join("?" * len(kinds))
        sql = f"DELETE FROM answers WHERE sent_as IS NULL AND supplier = ? AND number = ? AND kind IN ({marks})"  # noqa: S608
        self.db.execute(sql, (supplier, number, *kinds))

    def due(self, now: float) -> sqlite3.Row | None:
        """The next answer whose time has come; answers of one order keep their order."""
        sql = "SELECT * FROM answers WHERE sent_as IS NULL AND due <= ? ORDER BY due, id LIMIT 1"
        found: sqlite3.Row | None = self.db.execute(sql, (now,)).fetchone()
        return found

    def sent(self, answer: int, names: list[str]) -> None:
        """Remembers under which file names an answer was sent (none where there was nothing to send)."""
        self.db.execute("UPDATE answers SET sent_as = ? WHERE id = ?", (json.dumps(names), answer))

    def acknowledged(self, supplier: str, functional_id: str, control: str, verdict: str) -> None:
        """Remembers what the portal said about a group of ours."""
        self.db.execute("INSERT INTO acknowledged VALUES (?, ?, ?, ?)", (supplier, functional_id, control, verdict))

    def stats(self) -> dict[str, Any]:
        """Numbers that prove what arrived: orders, orders that came more than once, files, answers, acknowledgements."""
        rows = self.db.execute
        return {
            "orders": rows("SELECT count(*) FROM orders").fetchone()[0],
            "repeated_orders": [r[0] for r in rows("SELECT number FROM orders WHERE received > 1 ORDER BY number")],
            "files": rows("SELECT count(*) FROM files").fetchone()[0],
            "unreadable": [r[0] for r in rows("SELECT name FROM files WHERE problem <> '' ORDER BY name")],
            "pending": rows("SELECT count(*) FROM answers WHERE sent_as IS NULL").fetchone()[0],
            "sent": dict(
                rows(
                    "SELECT kind, count(*) FROM answers WHERE sent_as IS NOT NULL AND sent_as <> '[]' GROUP BY kind"
                ).fetchall()
            ),
            "acknowledged": dict(rows("SELECT verdict, count(*) FROM acknowledged GROUP BY verdict").fetchall()),
        }
