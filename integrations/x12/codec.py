"""Which transaction set is which document: the one table between X12 and the canonical documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from integrations.canonical import Acknowledgement, Order
from integrations.x12.documents.acknowledgement import acknowledgement_read, acknowledgement_write
from integrations.x12.documents.answer import answer_read
from integrations.x12.documents.invoice import invoice_read
from integrations.x12.documents.order import order_code, order_read, order_write
from integrations.x12.documents.reading import Parsed
from integrations.x12.documents.ship_notice import ship_notice_read
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import Finding
from integrations.x12.profile import Profile
from integrations.x12.writer import Envelope, Outgoing, write

READERS: Final[Mapping[str, Callable[[TransactionSet, Profile], Parsed]]] = {
    "810": invoice_read,
    "850": order_read,
    "855": answer_read,
    "856": ship_notice_read,
    "860": order_read,
    "865": answer_read,
    "997": acknowledgement_read,
}
"""Transaction set code → the function that makes a canonical document of it."""


def parse(transaction_set: TransactionSet, profile: Profile | None = None) -> Parsed:
    """The canonical document of one transaction set, with the findings of reading it (those of its syntax are the set's own)."""
    reader = READERS.get(transaction_set.code)
    if reader is None:
        message = f"Transaction set {transaction_set.code!r} is not one we read; known are {', '.join(READERS)}."
        return Parsed(None, (Finding("unknown-set", message, "error", "ST", 1, 1, transaction_set.code),))
    return reader(transaction_set, profile or Profile())


def order_bytes(order: Order, envelope: Envelope, set_control: int, profile: Profile | None = None) -> bytes:
    """One interchange with this order, change or cancellation. Raises `X12Error` for what X12 cannot say."""
    segments = order_write(order, profile or Profile(), envelope.delimiters)
    return write(envelope, [Outgoing(order_code(order), set_control, segments)])


def acknowledgement_bytes(answers: Mapping[int, Acknowledgement], envelope: Envelope) -> bytes:
    """One interchange with one 997 per answer; the keys are their set control numbers."""
    sets = [
        Outgoing("997", control, acknowledgement_write(answer, envelope.delimiters))
        for control, answer in answers.items()
    ]
    return write(envelope, sets)
