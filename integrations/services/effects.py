"""What a delivered or refused message means for its document: recorded in the transaction that records the delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from core.actors import Actor
from core.audit import acting
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


def delivered(message: OutboundMessage, reference: str, *, actor: Actor | None = None) -> None:
    """The endpoint has it, under this number of its own. `actor` is the person who says so, else the service."""
    if message.topic not in _EFFECTS:
        return
    with acting(actor=actor or service_actor(), reason=f"{message.endpoint.name} has it as {reference}"):
        _EFFECTS[message.topic](message, reference)


def refused(message: OutboundMessage, answer: Answer) -> None:
    """The endpoint will not take it. A refused order goes to the buyer; every dead letter is integration support's as well."""
    if message.topic != PURCHASE_ORDER_CREATE:
        return
    number, system = message.document_number, message.endpoint.name
    with acting(actor=service_actor(), reason=f"{system} refused it: {answer.detail}"):
        purchase_order_record_dispatch(
            order_number=number, channel=_channel(message), dispatch=PurchaseOrder.Dispatch.FAILED
        )
        purchase_order_record_rejection(order_number=number, system=system, sentence=answer.detail, field=answer.field)


def _channel(message: OutboundMessage) -> str:
    return "erp" if message.endpoint.kind == Endpoint.Kind.ERP else "supplier"


def _order_taken(message: OutboundMessage, reference: str) -> None:
    number, channel = message.document_number, _channel(message)
    if channel == "supplier":
        purchase_order_record_dispatch(order_number=number, channel=channel, dispatch=PurchaseOrder.Dispatch.SENT)
        return
    acknowledged = PurchaseOrder.Dispatch.ACKNOWLEDGED
    purchase_order_record_dispatch(order_number=number, channel=channel, dispatch=acknowledged, erp_number=reference)
    purchase_order_settle_rejection(order_number=number)


def _receipt_taken(message: OutboundMessage, reference: str) -> None:
    if reference:
        receipt_record_erp_number(number=message.document_number, erp_number=reference)


def _voucher_taken(message: OutboundMessage, reference: str) -> None:
    if reference:
        invoice_record_voucher(actor=service_actor(), number=message.document_number, voucher_number=reference)


_EFFECTS: Final[Mapping[str, Callable[[OutboundMessage, str], None]]] = {
    PURCHASE_ORDER_CREATE: _order_taken,
    RECEIPT_POST: _receipt_taken,
    VOUCHER_POST: _voucher_taken,
}
