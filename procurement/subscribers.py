"""What procurement does when it hears a fact."""

from __future__ import annotations

from core.actors import Actor
from procurement.events import ReceiptEvent, RequisitionApproved
from procurement.services.invoices import invoices_match_again
from procurement.services.purchase_orders import orders_place


def place_orders(event: RequisitionApproved) -> None:
    """Approved lines that stock did not fill become orders or wait for the buyer."""
    orders_place(requisition_id=event.requisition_id, actor_id=event.actor_id)


def match_waiting_invoices(event: ReceiptEvent) -> None:
    """Goods came (or went back): waiting invoices of the order are matched again."""
    invoices_match_again(order_id=event.order_id, actor=Actor(user_id=event.actor_id or 0, name=""))
