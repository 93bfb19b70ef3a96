"""What the stock room does when it hears a fact."""

from __future__ import annotations

from inventory.services.fulfilment import requisition_fill
from inventory.services.receipts import stock_receive
from procurement.events import ReceiptEvent, RequisitionApproved


def fill_from_stock(event: RequisitionApproved) -> None:
    """What a storeroom holds is issued instead of ordered."""
    requisition_fill(requisition_id=event.requisition_id, actor_id=event.actor_id or 0)


def move_received_goods(event: ReceiptEvent) -> None:
    """A posted receipt enters the ledger, a reversal leaves it."""
    stock_receive(receipt_id=event.receipt_id, actor_id=event.actor_id or 0)
