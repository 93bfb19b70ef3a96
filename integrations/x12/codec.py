"""Which transaction set is which document: the one table between X12 and the canonical documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from integrations.canonical import (
    Acknowledgement,
    Document,
    InventorySnapshot,
    InvoiceDoc,
    Order,
    OrderAnswer,
    PriceCatalog,
    RemittanceAdvice,
    ShipNotice,
    kind_of,
)
from integrations.x12.documents.acknowledgement import acknowledgement_read, acknowledgement_write
from integrations.x12.documents.answer import answer_code, answer_read, answer_write
from integrations.x12.documents.catalog import catalog_read, catalog_write
from integrations.x12.documents.inventory import inventory_read, inventory_write
from integrations.x12.documents.invoice import invoice_read, invoice_write
from integrations.x12.documents.order import order_code, order_read, order_write
from integrations.x12.documents.reading import Parsed
from integrations.x12.documents.remittance import remittance_read, remittance_write
from integrations.x12.documents.ship_notice import ship_notice_read, ship_notice_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import Finding, X12Error
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import Envelope, Outgoing, write

READERS: Final[Mapping[str, Callable[[TransactionSet, Profile], Parsed]]] = {
    "810": invoice_read,
    "820": remittance_read,
    "832": catalog_read,
    "846": inventory_read,
    "850": order_read,
    "855": answer_read,
    "856": ship_notice_read,
    "860": order_read,
    "865": answer_read,
    "997": acknowledgement_read,
}
"""Transaction set code → the function that makes a canonical document of it."""


def _acknowledgement_write(answer: Acknowledgement, _profile: Profile, delimiters: Delimiters) -> list[Segment]:
    return acknowledgement_write(answer, delimiters)


_Writer = Callable[[Any, Profile, Delimiters], list[Segment]]
_WRITERS: Final[Mapping[type[Document], tuple[Callable[[Any], str], _Writer]]] = {
    Acknowledgement: (lambda _: "997", _acknowledgement_write),
    InventorySnapshot: (lambda _: "846", inventory_write),
    InvoiceDoc: (lambda _: "810", invoice_write),
    Order: (order_code, order_write),
    OrderAnswer: (answer_code, answer_write),
    PriceCatalog: (lambda _: "832", catalog_write),
    RemittanceAdvice: (lambda _: "820", remittance_write),
    ShipNotice: (lambda _: "856", ship_notice_write),
}


def parse(transaction_set: TransactionSet, profile: Profile | None = None) -> Parsed:
    """The canonical document of one transaction set, with the findings of reading it (those of its syntax are the set's own)."""
    profile = (profile or Profile()).about(transaction_set.code)
    reader = READERS.get(transaction_set.code)
    if reader is None:
        message = f"Transaction set {transaction_set.code!r} is not one we read; known are {', '.join(READERS)}."
        return Parsed(None, (Finding("unknown-set", message, "error", "ST", 1, 1, transaction_set.code),))
    result = reader(transaction_set, profile)
    if agreed := profile.agreed(transaction_set.code, transaction_set.segments):
        return Parsed(result.document, (*result.findings, *agreed))
    return result


def outgoing(document: Document, control: int, profile: Profile, delimiters: Delimiters) -> Outgoing:
    """A document as a transaction set to write. Raises `X12Error` for what X12, or this partner, cannot be told."""
    known = _WRITERS.get(type(document))
    if known is None:
        raise X12Error(f"This document ({kind_of(document).replace('_', ' ')}) cannot be said in X12.")
    code_of, writer = known
    code = code_of(document)
    profile = profile.about(code)
    segments = writer(document, profile, delimiters)
    if against := profile.agreed(code, segments):
        raise X12Error(against[0].message)
    return Outgoing(code, control, segments)


def document_bytes(
    document: Document, envelope: Envelope, set_control: int = 1, profile: Profile | None = None
) -> bytes:
    """One interchange with one document. Raises `X12Error` for what X12 cannot say."""
    return write(envelope, [outgoing(document, set_control, profile or Profile(), envelope.written_with())])


def order_bytes(order: Order, envelope: Envelope, set_control: int, profile: Profile | None = None) -> bytes:
    """One interchange with this order, change or cancellation. Raises `X12Error` for what X12 cannot say."""
    return document_bytes(order, envelope, set_control, profile)


def acknowledgement_bytes(answers: Mapping[int, Acknowledgement], envelope: Envelope) -> bytes:
    """One interchange with one 997 per answer; the keys are their set control numbers."""
    delimiters = envelope.written_with()
    return write(envelope, [outgoing(answer, control, Profile(), delimiters) for control, answer in answers.items()])
