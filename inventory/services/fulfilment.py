"""Approved requests that a storeroom can fill at once."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from core.bulk import bulk_set
from inventory.models import Lot, StockBalance, StockMove
from inventory.rules.fefo import LotOnHand, pick
from inventory.services.ledger import Move, stock_post
from masterdata.models import Location
from procurement.models import RequisitionLine


def requisition_fill(*, requisition_id: int, actor_id: int) -> int:
    """Move whole lines from the facility's storerooms to the requesting place, first expiry first. Returns how many lines.

    A line that the storerooms hold only in part is ordered whole: two deliveries for one need help nobody.
    """
    rows = list(
        StockBalance.objects.filter(
            item__in=RequisitionLine.objects.filter(requisition=requisition_id, fill="open").values("item"),
            location__kind=Location.Kind.STOREROOM,
            location__is_active=True,
            lot__status=Lot.Status.AVAILABLE,
            quantity__gt=0,
            location__facility__in=RequisitionLine.objects.filter(requisition=requisition_id).values(
                "requisition__facility"
            ),
        )
        .exclude(
            location__in=RequisitionLine.objects.filter(requisition=requisition_id).values("requisition__location")
        )
        .select_related("location", "lot")
        .select_for_update(of=("self",))
        .order_by("location_id", "lot_id")
    )
    return _fill(requisition_id, rows, actor_id) if rows else 0


def _fill(requisition_id: int, rows: list[StockBalance], actor_id: int) -> int:
    left = {(r.location_id, r.lot_id): r.quantity for r in rows}
    moves, filled = [], {}
    lines = (
        RequisitionLine.objects.filter(requisition=requisition_id, fill="open", item__isnull=False)
        .select_related("requisition", "requisition__location")
        .order_by(F("line_number"))
    )
    for line in lines:
        candidates = [r for r in rows if r.item_id == line.item_id]
        for storeroom in {r.location_id: r.location for r in candidates}.values():
            picked = pick(
                [
                    LotOnHand(
                        location_id=r.location_id, lot_id=r.lot_id, quantity=left[(r.location_id, r.lot_id)], expiry=r.lot.expiry
                    )
                    for r in candidates
                    if r.location_id == storeroom.pk
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
