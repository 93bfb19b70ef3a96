"""The only writer of stock: moves and the balances they add up to, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.errors import Conflict
from core.tracing import current_trace_id
from inventory.models import Lot
from masterdata.models import Location


@dataclass(frozen=True, kw_only=True)
class Move:
    """`quantity` base units of a lot from one place to another. `document_line` makes the same document line post once."""

    item_id: int
    lot_id: int
    from_location: Location
    to_location: Location
    quantity: Decimal
    reason: str
    document_kind: str = ""
    document_number: str = ""
    document_line: int = 0
    note: str = ""


def stock_post(moves: Sequence[Move], *, actor_id: int) -> None:
    """Write the moves and update the balances, three statements at most, rows locked in (location, lot) order.

    Raises Conflict when a place does not hold enough; nothing is written then.
    """
    if not moves:
        return
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("stock is posted outside a transaction")
    _write(moves, actor_id)
    deltas: dict[tuple[int, int], tuple[int, Decimal]] = {}
    for m in moves:
        for place, signed in ((m.from_location, -m.quantity), (m.to_location, m.quantity)):
            if not place.is_outside:
                _, known = deltas.get((place.pk, m.lot_id), (0, Decimal(0)))
                deltas[(place.pk, m.lot_id)] = (m.item_id, known + signed)
    _apply(deltas)


_MOVES = """
INSERT INTO inventory_stockmove (item_id, lot_id, from_location_id, to_location_id, quantity, reason, document_kind,
  document_number, document_line, note, actor_id, trace_id, moved_at)
SELECT m.*, %(actor)s, %(trace)s, %(now)s FROM unnest(%(items)s::bigint[], %(lots)s::bigint[], %(from)s::bigint[], %(to)s::bigint[],
  %(quantities)s::numeric[], %(reasons)s::text[], %(kinds)s::text[], %(numbers)s::text[], %(lines)s::bigint[], %(notes)s::text[]) AS m
"""


def _write(moves: Sequence[Move], actor_id: int) -> None:
    columns: dict[str, list[Any]] = {
        "items": [m.item_id for m in moves], "lots": [m.lot_id for m in moves],
        "from": [m.from_location.pk for m in moves], "to": [m.to_location.pk for m in moves],
        "quantities": [m.quantity for m in moves], "reasons": [str(m.reason) for m in moves],
        "kinds": [m.document_kind for m in moves], "numbers": [m.document_number for m in moves],
        "lines": [m.document_line for m in moves], "notes": [m.note for m in moves],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {**columns, "actor": actor_id, "trace": current_trace_id(), "now": timezone.now()})


def _apply(deltas: dict[tuple[int, int], tuple[int, Decimal]]) -> None:
    changes = [(loc, lot, item, delta) for (loc, lot), (item, delta) in sorted(deltas.items()) if delta]
    taken = [c for c in changes if c[3] < 0]
    if taken and len(taken) < len(changes):
        _lock([(loc, lot) for loc, lot, _, _ in changes])
    if taken:
        _take(taken)
    _add([c for c in changes if c[3] > 0])


def _lock(keys: Sequence[tuple[int, int]]) -> None:
    """Lock the balances of a transfer in key order, so that two opposite transfers cannot deadlock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id FROM inventory_stockbalance b JOIN unnest(%s::bigint[], %s::bigint[]) AS k(loc, lot) "
            "ON b.location_id = k.loc AND b.lot_id = k.lot ORDER BY b.location_id, b.lot_id FOR UPDATE OF b",
            [[k[0] for k in keys], [k[1] for k in keys]],
        )


def _take(changes: Sequence[tuple[int, int, int, Decimal]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH k AS MATERIALIZED (SELECT b.id, d.delta FROM inventory_stockbalance b "
            "JOIN unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS d(loc, lot, delta) "
            "ON b.location_id = d.loc AND b.lot_id = d.lot ORDER BY b.location_id, b.lot_id FOR UPDATE OF b) "
            "UPDATE inventory_stockbalance b SET quantity = b.quantity + k.delta FROM k "
            "WHERE b.id = k.id AND b.quantity + k.delta >= 0",
            [[c[0] for c in changes], [c[1] for c in changes], [c[3] for c in changes]],
        )
        if cursor.rowcount != len(changes):
            raise Conflict(
                "There is not enough stock for this any more. Look at the current balance.", code="not_enough_stock"
            )


def _add(changes: Sequence[tuple[int, int, int, Decimal]]) -> None:
    if not changes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockbalance (location_id, lot_id, item_id, quantity) "
            "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[]) "
            "ON CONFLICT (location_id, lot_id) DO UPDATE SET quantity = inventory_stockbalance.quantity + EXCLUDED.quantity",
            [[c[i] for c in changes] for i in range(4)],
        )


def lots_ensure(wanted: Iterable[tuple[int, str, date | None]]) -> dict[tuple[int, str], int]:
    """The lots (item, number) -> id, made where they are new, in one statement. A known lot keeps its first expiry date."""
    keys = {(item_id, number): expiry for item_id, number, expiry in wanted}
    if not keys:
        return {}
    params: list[Any] = [[k[0] for k in keys], [k[1] for k in keys], list(keys.values())]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH k AS MATERIALIZED (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS k(i, n, e) ORDER BY i, n), "
            "made AS (INSERT INTO inventory_lot (item_id, number, expiry, status) SELECT i, n, e, 'available' FROM k "
            "ON CONFLICT (item_id, number) DO NOTHING RETURNING item_id, number, id) "
            "SELECT * FROM made UNION ALL "
            "SELECT l.item_id, l.number, l.id FROM inventory_lot l JOIN k ON l.item_id = k.i AND l.number = k.n",
            params,
        )
        found = {(item_id, number): pk for item_id, number, pk in cursor.fetchall()}
    for item_id, number in keys.keys() - found.keys():
        # somebody else made it between the two halves of the statement
        found[(item_id, number)] = Lot.objects.get(item=item_id, number=number).pk
    return found


def balances_rebuild() -> int:
    """Write every balance anew from the ledger. Returns how many rows differed; zero is the healthy answer."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE inventory_stockbalance IN EXCLUSIVE MODE")
        cursor.execute(
            """
            WITH legs AS (
              SELECT to_location_id AS loc, lot_id, item_id, quantity AS q FROM inventory_stockmove
              UNION ALL SELECT from_location_id, lot_id, item_id, -quantity FROM inventory_stockmove),
            sums AS (
              SELECT l.loc, l.lot_id, l.item_id, sum(l.q) AS q FROM legs l JOIN masterdata_location p ON p.id = l.loc
              WHERE p.kind NOT IN ('supplier', 'consumption', 'adjustment', 'in_transit') GROUP BY 1, 2, 3)
            INSERT INTO inventory_stockbalance (location_id, lot_id, item_id, quantity)
            SELECT coalesce(s.loc, b.location_id), coalesce(s.lot_id, b.lot_id), coalesce(s.item_id, b.item_id), coalesce(s.q, 0)
            FROM sums s FULL JOIN inventory_stockbalance b ON b.location_id = s.loc AND b.lot_id = s.lot_id
            WHERE coalesce(s.q, 0) IS DISTINCT FROM coalesce(b.quantity, 0)
            ON CONFLICT (location_id, lot_id) DO UPDATE SET quantity = EXCLUDED.quantity
            """
        )
        return int(cursor.rowcount)
