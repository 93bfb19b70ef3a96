"""Stock effects of receipts."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from inventory.models import StockMove
from inventory.services.ledger import Move, lots_ensure, stock_post
from masterdata.models import Location
from procurement.models import ReceiptLine


def stock_receive(*, receipt_id: int, actor_id: int) -> None:
    """Move what a receipt accepted from the supplier into its place; a reversal moves it back. Non-catalog lines hold no stock."""
    outside = Location.objects.filter(facility=OuterRef("receipt__facility"), kind=Location.Kind.SUPPLIER)
    lines = list(
        ReceiptLine.objects.filter(receipt=receipt_id, item__isnull=False)
        .exclude(base_quantity=0)
        .select_related("receipt", "receipt__location")
        .annotate(supplier_place=Subquery(outside.values("pk")[:1]))
        .order_by("id")
    )
    if not lines:
        return
    receipt = lines[0].receipt
    supplier = Location(pk=lines[0].supplier_place, facility_id=receipt.facility_id, kind=Location.Kind.SUPPLIER)
    lots = lots_ensure((li.item_id, li.lot, li.expiry) for li in lines if li.item_id)
    stock_post([_move(li, lots[(li.item_id or 0, li.lot)], supplier) for li in lines], actor_id=actor_id)


def _move(line: ReceiptLine, lot_id: int, supplier: Location) -> Move:
    back = line.base_quantity < 0
    place = line.receipt.location
    return Move(
        item_id=line.item_id or 0,
        lot_id=lot_id,
        from_location=place if back else supplier,
        to_location=supplier if back else place,
        quantity=abs(line.base_quantity),
        reason=StockMove.Reason.RECEIPT_REVERSAL if back else StockMove.Reason.RECEIPT,
        document_kind="receipt",
        document_number=line.receipt.number,
        document_line=line.pk,
    )
