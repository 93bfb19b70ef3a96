"""What a delivered or refused message means for its document: recorded in the transaction that records the delivery."""

from __future__ import annotations

from integrations.erp.base import PURCHASE_ORDER_CREATE, RECEIPT_POST, VOUCHER_POST
from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer
from integrations.services.service_actor import service_actor
from procurement.models import PurchaseOrder
from procurement.services.invoices import invoice_record_voucher
from procurement.services.purchase_orders import (
    purchase_order_record_dispatch,
    purchase_order_record_rejection,
    purchase_order_settle_rejection,
)
from procurement.services.receipts import receipt_record_erp_number


def delivered(message: OutboundMessage, reference: str) -> None:
    """The endpoint has it, under this number of its own."""
    number, to_erp = message.document_number, message.endpoint.kind == Endpoint.Kind.ERP
    if message.topic == PURCHASE_ORDER_CREATE and to_erp:
        purchase_order_record_dispatch(
            order_number=number, channel="erp", dispatch=PurchaseOrder.Dispatch.ACKNOWLEDGED, erp_number=reference
        )
        purchase_order_settle_rejection(order_number=number)
    elif message.topic == PURCHASE_ORDER_CREATE:
        purchase_order_record_dispatch(order_number=number, channel="supplier", dispatch=PurchaseOrder.Dispatch.SENT)
    elif message.topic == RECEIPT_POST and reference:
        receipt_record_erp_number(number=number, erp_number=reference)
    elif message.topic == VOUCHER_POST and reference:
        invoice_record_voucher(actor=service_actor(), number=number, voucher_number=reference)


def refused(message: OutboundMessage, answer: Answer) -> None:
    """The endpoint will not take it. A refused order goes to the buyer; every dead letter is integration support's as well."""
    if message.topic != PURCHASE_ORDER_CREATE:
        return
    channel = "erp" if message.endpoint.kind == Endpoint.Kind.ERP else "supplier"
    purchase_order_record_dispatch(
        order_number=message.document_number, channel=channel, dispatch=PurchaseOrder.Dispatch.FAILED
    )
    purchase_order_record_rejection(
        order_number=message.document_number, system=message.endpoint.name, sentence=answer.detail, field=answer.field
    )
