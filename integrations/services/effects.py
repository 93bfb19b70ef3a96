"""What delivered and refused messages mean for their documents: recorded in the transaction that records the delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.actors import Actor
from core.audit import acting
from integrations.erp.base import PURCHASE_ORDER_CHANGE, PURCHASE_ORDER_CREATE, RECEIPT_POST, VOUCHER_POST
from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services.service_actor import service_actor
from procurement.models import PurchaseOrder
from procurement.services.invoices import invoice_record_rejection, invoice_record_voucher
from procurement.services.purchase_orders import (
    purchase_order_record_dispatch,
    purchase_order_record_rejection,
    purchase_orders_record_dispatch,
    purchase_orders_settle_rejection,
)
from procurement.services.receipts import receipts_record_erp_numbers

Taken = Sequence[tuple[OutboundMessage, str]]
"""Messages of one endpoint and topic, with the endpoint's number for each."""


def take_effect(answered: Sequence[tuple[OutboundMessage, Answer]]) -> None:
    """Messages of one endpoint were answered: set-based for what was taken, one by one for what was refused."""
    by_topic: dict[str, list[tuple[OutboundMessage, str]]] = {}
    for message, answer in answered:
        if answer.outcome in (Outcome.DELIVERED, Outcome.FOUND):
            by_topic.setdefault(message.topic, []).append((message, answer.reference))
        elif answer.outcome == Outcome.PERMANENT:
            refused(message, answer)
    # a fixed order of documents for all workers: orders, then receipts, then invoices
    for topic, effect in _EFFECTS.items():
        if topic in by_topic:
            _taken(by_topic[topic], effect, service_actor())


def delivered(message: OutboundMessage, reference: str, *, actor: Actor | None = None) -> None:
    """The endpoint has it, under this number of its own. `actor` is the person who says so, else the service."""
    if message.topic in _EFFECTS:
        _taken([(message, reference)], _EFFECTS[message.topic], actor or service_actor())


def refused(message: OutboundMessage, answer: Answer) -> None:
    """The endpoint will not take it. A refused order or change goes to the buyer, a voucher to accounts payable.

    Every dead letter is integration support's as well.
    """
    number, system = message.document_number, message.endpoint.name
    if message.topic == VOUCHER_POST:
        with acting(actor=service_actor(), reason=f"{system} refused it: {answer.detail}"):
            invoice_record_rejection(number=number, system=system, sentence=answer.detail, field=answer.field)
    if message.topic not in (PURCHASE_ORDER_CREATE, PURCHASE_ORDER_CHANGE):
        return
    with acting(actor=service_actor(), reason=f"{system} refused it: {answer.detail}"):
        purchase_order_record_dispatch(
            order_number=number, channel=_channel(message), dispatch=PurchaseOrder.Dispatch.FAILED
        )
        purchase_order_record_rejection(order_number=number, system=system, sentence=answer.detail, field=answer.field)


def _taken(taken: Taken, effect: Callable[[Taken], None], actor: Actor) -> None:
    name = taken[0][0].endpoint.name
    words = f"{name} has it as {taken[0][1]}" if len(taken) == 1 else f"{name} has it"
    with acting(actor=actor, reason=words):
        effect(taken)


def _channel(message: OutboundMessage) -> str:
    return "erp" if message.endpoint.kind == Endpoint.Kind.ERP else "supplier"


def _orders_taken(taken: Taken) -> None:
    channel = _channel(taken[0][0])
    if channel == "supplier":
        sent = {message.document_number: "" for message, _ in taken}
        purchase_orders_record_dispatch(numbers=sent, channel=channel, dispatch=PurchaseOrder.Dispatch.SENT)
        return
    numbers = {message.document_number: reference for message, reference in taken}
    purchase_orders_record_dispatch(
        numbers=numbers, channel=channel, dispatch=PurchaseOrder.Dispatch.ACKNOWLEDGED
    )  # fmt: skip
    purchase_orders_settle_rejection(order_numbers=list(numbers))


def _changes_taken(taken: Taken) -> None:
    """The order keeps the number it got when it was made."""
    channel = _channel(taken[0][0])
    dispatch = PurchaseOrder.Dispatch.SENT if channel == "supplier" else PurchaseOrder.Dispatch.ACKNOWLEDGED
    numbers = {message.document_number: "" for message, _ in taken}
    purchase_orders_record_dispatch(numbers=numbers, channel=channel, dispatch=dispatch)
    if channel == "erp":
        purchase_orders_settle_rejection(order_numbers=list(numbers))


def _receipts_taken(taken: Taken) -> None:
    receipts_record_erp_numbers(numbers={message.document_number: ref for message, ref in taken if ref})


def _vouchers_taken(taken: Taken) -> None:
    for message, reference in taken:
        if reference:
            invoice_record_voucher(actor=service_actor(), number=message.document_number, voucher_number=reference)


_EFFECTS: Final[Mapping[str, Callable[[Taken], None]]] = {
    PURCHASE_ORDER_CREATE: _orders_taken,
    PURCHASE_ORDER_CHANGE: _changes_taken,
    RECEIPT_POST: _receipts_taken,
    VOUCHER_POST: _vouchers_taken,
}
