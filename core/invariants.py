"""What must always hold, as statements that return the rows where it does not. Every room lists its own in `invariants.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db import connection, transaction

LIMIT: Final = 100


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """`sql` returns one row per violation, with columns that name it; `hint` says what to do about them."""

    id: str
    sentence: str
    sql: str
    hint: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class Violation:
    """An invariant with the first rows that break it."""

    invariant: Invariant
    rows: Sequence[dict[str, Any]]


def offending(invariant: Invariant) -> list[dict[str, Any]]:
    """The first rows that break an invariant, in the transaction that is open."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({invariant.sql}) AS broken LIMIT {LIMIT}")  # noqa: S608 - our own statements
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def check(invariants: Iterable[Invariant], *, seconds: int = 300) -> list[Violation]:
    """Check them all against one snapshot, each within `seconds`. Must not run inside a transaction."""
    found = []
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = '{int(seconds)}s'")
        for invariant in invariants:
            if rows := offending(invariant):
                found.append(Violation(invariant, rows))
    return found


def chain(table: str, events: str, legal: Iterable[tuple[str, str]], *, column: str = "status") -> tuple[str, str]:
    """Two statements about a tracked document: its states followed each other legally; its last audit row is its state."""
    pairs = ", ".join(f"('{before}', '{after}')" for before, after in legal)
    # SQL of our own: names and states come from the models
    steps = f"""
        SELECT number, pgh_id AS audit_row, before, {column} AS after FROM (
            SELECT number, pgh_id, {column}, lag({column}) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS before
            FROM {events}) AS step
        WHERE before IS DISTINCT FROM {column} AND before IS NOT NULL AND (before, {column}) NOT IN ({pairs})"""  # noqa: S608
    last = f"""
        SELECT d.number, d.{column} AS is, e.{column} AS audit_says FROM {table} d LEFT JOIN LATERAL (
            SELECT {column} FROM {events} WHERE pgh_obj_id = d.id ORDER BY pgh_id DESC LIMIT 1) e ON true
        WHERE d.{column} IS DISTINCT FROM e.{column}"""  # noqa: S608
    return steps, last
