"""What procurement does when it hears a fact."""

from __future__ import annotations

from core.actors import Actor
from procurement.events import InvoicePaid, PurchaseOrderReleased, ReceiptEvent, RequisitionApproved
from procurement.models import Invoice
from procurement.services.invoices import invoices_match_again
from procurement.services.purchase_orders import orders_place, purchase_order_settle


def place_orders(event: RequisitionApproved) -> None:
    """Approved lines that stock did not fill become orders or wait for the buyer."""
    orders_place(requisition_id=event.requisition_id, actor_id=event.actor_id)


def match_waiting_invoices(event: ReceiptEvent | PurchaseOrderReleased) -> None:
    """Goods came or went back, or a hold ended: waiting invoices of the order are matched again."""
    invoices_match_again(order_id=event.order_id, actor=Actor(user_id=event.actor_id or 0, name=""))


def close_paid_order(event: InvoicePaid) -> None:
    """A bill was paid: its order closes when nothing more is to come."""
    order_id = Invoice.objects.filter(pk=event.invoice_id).values_list("order_id", flat=True).first()
    if order_id:
        purchase_order_settle(order_id=order_id, actor=Actor(user_id=event.actor_id or 0, name=""))
