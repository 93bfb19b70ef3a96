"""Approved requests that a storeroom can fill at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import F

from core.bulk import bulk_set
from core.rows import read_rows
from inventory.models import StockBalance, StockMove
from inventory.rules.fefo import LotOnHand, pick
from inventory.services.ledger import Move, stock_post
from masterdata.models import Location
from procurement.models import RequisitionLine

_ON_HAND = """
FROM procurement_requisition r JOIN masterdata_location p
  ON p.facility_id = r.facility_id AND p.kind = 'storeroom' AND p.is_active AND p.id <> r.location_id
JOIN inventory_stockbalance b ON b.location_id = p.id AND b.quantity > 0
  AND b.item_id IN (SELECT item_id FROM procurement_requisitionline WHERE requisition_id = r.id AND fill = 'open')
JOIN inventory_lot t ON t.id = b.lot_id AND t.status = 'available'
WHERE r.id = %(requisition)s ORDER BY b.location_id, b.lot_id FOR UPDATE OF b
"""


def requisition_fill(*, requisition_id: int, actor_id: int) -> int:
    """Move whole lines from the facility's storerooms to the requesting place, first expiry first. Returns how many lines.

    A line that the storerooms hold only in part is ordered whole: two deliveries for one need help nobody.
    """
    rows = read_rows({"b": StockBalance, "p": Location}, _ON_HAND, {"requisition": requisition_id}, extra=["t.expiry"])
    return _fill(requisition_id, rows, actor_id) if rows else 0


def _fill(requisition_id: int, rows: Sequence[tuple[StockBalance, Location, date | None]], actor_id: int) -> int:
    left = {(b.location_id, b.lot_id): b.quantity for b, _, _ in rows}
    moves, filled = [], {}
    lines = (
        RequisitionLine.objects.filter(requisition=requisition_id, fill="open", item__isnull=False)
        .select_related("requisition", "requisition__location")
        .order_by(F("line_number"))
    )
    for line in lines:
        candidates = [row for row in rows if row[0].item_id == line.item_id]
        for storeroom in {place.pk: place for _, place, _ in candidates}.values():
            picked = pick(
                [
                    LotOnHand(
                        location_id=b.location_id, lot_id=b.lot_id, quantity=left[(b.location_id, b.lot_id)], expiry=expiry
                    )
                    for b, place, expiry in candidates
                    if place.pk == storeroom.pk
                ],
                line.base_quantity,
            )  # fmt: skip
            if not picked:
                continue
            for lot, quantity in picked:
                left[(lot.location_id, lot.lot_id)] -= quantity
                moves.append(_issue(line, storeroom, lot.lot_id, quantity))
            filled[line.pk] = {"fill": RequisitionLine.Fill.FROM_STOCK}
            break
    stock_post(moves, actor_id=actor_id)
    bulk_set(RequisitionLine, filled)
    return len(filled)


def _issue(line: RequisitionLine, storeroom: Location, lot_id: int, quantity: Decimal) -> Move:
    return Move(
        item_id=line.item_id or 0,
        lot_id=lot_id,
        from_location=storeroom,
        to_location=line.requisition.location,
        quantity=quantity,
        reason=StockMove.Reason.ISSUE,
        document_kind="requisition",
        document_number=line.requisition.number,
        document_line=line.pk,
    )
