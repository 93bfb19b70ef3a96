"""Stock effects of receipts."""

from __future__ import annotations

from core.rows import read_rows
from inventory.models import StockMove
from inventory.services.ledger import Move, lots_ensure, stock_post
from masterdata.models import Location
from procurement.models import ReceiptLine

_ACCEPTED = """
FROM procurement_receiptline l JOIN procurement_receipt r ON r.id = l.receipt_id JOIN masterdata_location p ON p.id = r.location_id
JOIN masterdata_location s ON s.facility_id = r.facility_id AND s.kind = 'supplier'
WHERE r.id = %(receipt)s AND l.item_id IS NOT NULL AND l.base_quantity <> 0 ORDER BY l.id
"""


def stock_receive(*, receipt_id: int, actor_id: int) -> None:
    """Move what a receipt accepted from the supplier into its place; a reversal moves it back. Non-catalog lines hold no stock."""
    rows = read_rows(
        {"l": ReceiptLine, "p": Location, "s": Location}, _ACCEPTED, {"receipt": receipt_id}, extra=["r.number"]
    )
    lots = lots_ensure((line.item_id, line.lot, line.expiry) for line, *_ in rows)
    moves = [
        _move(line, lots[(line.item_id, line.lot)], place, supplier, number) for line, place, supplier, number in rows
    ]
    stock_post(moves, actor_id=actor_id)


def _move(line: ReceiptLine, lot_id: int, place: Location, supplier: Location, number: str) -> Move:
    back = line.base_quantity < 0
    return Move(
        item_id=line.item_id or 0,
        lot_id=lot_id,
        from_location=place if back else supplier,
        to_location=supplier if back else place,
        quantity=abs(line.base_quantity),
        reason=StockMove.Reason.RECEIPT_REVERSAL if back else StockMove.Reason.RECEIPT,
        document_kind="receipt",
        document_number=number,
        document_line=line.pk,
    )
