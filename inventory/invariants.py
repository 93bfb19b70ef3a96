"""What must always hold in the stock room."""

from __future__ import annotations

from core.invariants import Invariant

INVARIANTS = (
    Invariant(
        id="stock.ledger_is_balance",
        sentence="The balance of every lot at every place is the sum of its moves.",
        sql="""
            SELECT location_id, lot_id, coalesce(l.quantity, 0) AS ledger, b.quantity AS balance FROM (
                SELECT location_id, lot_id, sum(quantity) AS quantity FROM (
                    SELECT to_location_id AS location_id, lot_id, quantity FROM inventory_stockmove
                    UNION ALL
                    SELECT from_location_id, lot_id, -quantity FROM inventory_stockmove) AS leg
                JOIN masterdata_location p ON p.id = location_id
                    AND p.kind NOT IN ('supplier', 'consumption', 'adjustment', 'in_transit')
                GROUP BY 1, 2) AS l
            FULL JOIN inventory_stockbalance b USING (location_id, lot_id)
            WHERE coalesce(l.quantity, 0) IS DISTINCT FROM coalesce(b.quantity, 0)""",
        hint="The ledger is the truth: rebuild the balance from it, then find what wrote the balance without a move.",
    ),
    Invariant(
        id="stock.never_negative",
        sentence="No place holds less than nothing.",
        sql="SELECT location_id, lot_id, quantity FROM inventory_stockbalance WHERE quantity < 0",
        hint="Count the place; post the difference as an adjustment with a reason.",
    ),
    Invariant(
        id="stock.outside_places_hold_nothing",
        sentence="Supplier, consumption, adjustment and transit are outside places: they have no balance.",
        sql="""
            SELECT b.location_id, p.kind, b.lot_id, b.quantity FROM inventory_stockbalance b
            JOIN masterdata_location p ON p.id = b.location_id
            WHERE p.kind IN ('supplier', 'consumption', 'adjustment', 'in_transit')""",
        hint="Delete the balance row; find what wrote it.",
    ),
    Invariant(
        id="stock.receipts_are_moved",
        sentence="What a receipt accepted is in the ledger, line by line.",
        sql="""
            SELECT r.number, l.id AS line, l.base_quantity AS accepted, m.quantity AS moved
            FROM procurement_receiptline l JOIN procurement_receipt r ON r.id = l.receipt_id
            LEFT JOIN LATERAL (
                SELECT sum(quantity) AS quantity FROM inventory_stockmove
                WHERE document_kind = 'receipt' AND document_number = r.number AND document_line = l.id) AS m ON true
            WHERE l.item_id IS NOT NULL AND l.base_quantity <> 0
              AND abs(l.base_quantity) IS DISTINCT FROM m.quantity""",
        hint="A receipt and its moves are one transaction: look for rows changed by hand.",
    ),
)
