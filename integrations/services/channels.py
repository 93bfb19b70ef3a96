"""How a message reaches its endpoint: an ERP through its adapter, a supplier as X12 in a managed folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from core.secrets import SecretUnreadable
from integrations.canonical import Acknowledgement, Document, Order
from integrations.erp.base import Connection, ErpAdapter, Makers, Outgoing
from integrations.erp.rest_erp.adapter import RestErp
from integrations.mapping.outbound import document_of
from integrations.models import Endpoint, InboundMessage, Interchange, OutboundMessage, Partner
from integrations.remote import Answer, Outcome
from integrations.services.control_numbers import control_number_next
from integrations.services.outbox import ORDER_STREAM
from integrations.transports.folder import Folder, TransportError
from integrations.x12 import Delimiters, Envelope, Profile, acknowledge, acknowledgement_bytes, order_bytes, read
from procurement.models import PurchaseOrder

ADAPTERS: Final[Makers] = {"rest_erp": RestErp}
TRANSPORTS: Final = ("folder",)


@dataclass(frozen=True)
class Prepared:
    """The bytes that will go over the wire."""

    content: bytes
    content_type: str


class Channel(Protocol):
    def prepare(self, message: OutboundMessage) -> Prepared | None:
        """Build what is sent, in the transaction that freezes it; None where nothing is left to tell."""

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        """One try. Raises nothing for what the remote does."""

    def find(self, message: OutboundMessage) -> Answer:
        """Ask whether it arrived before."""


def channel_for(endpoint: Endpoint) -> Channel:
    """The way to an endpoint. Raises ImproperlyConfigured for an adapter nobody knows."""
    if endpoint.adapter in ADAPTERS:
        return ErpChannel(endpoint)
    if endpoint.adapter in TRANSPORTS:
        return EdiChannel(endpoint)
    known = ", ".join([*ADAPTERS, *TRANSPORTS])
    raise ImproperlyConfigured(f"{endpoint.code} names the adapter {endpoint.adapter!r}; known are {known}.")


def adapter_for(endpoint: Endpoint) -> ErpAdapter:
    """The adapter of an ERP endpoint. Raises ImproperlyConfigured."""
    maker = ADAPTERS.get(endpoint.adapter)
    if maker is None:
        raise ImproperlyConfigured(f"{endpoint.code} names the adapter {endpoint.adapter!r}, which is no ERP's.")
    return maker(Connection(deadline=endpoint.deadline, option=endpoint.option, secret=endpoint.secret))


class ErpChannel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.adapter = adapter_for(endpoint)

    def prepare(self, message: OutboundMessage) -> Prepared | None:
        document = document_of(message)
        if document is None:
            return None
        return Prepared(self.adapter.encode(_outgoing(message), document), self.adapter.content_type)

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        try:
            return self.adapter.send(_outgoing(message), payload)
        except (SecretUnreadable, ImproperlyConfigured) as fault:
            return Answer(outcome=Outcome.AUTHENTICATION, detail=str(fault))

    def find(self, message: OutboundMessage) -> Answer:
        try:
            return self.adapter.find(_outgoing(message))
        except (SecretUnreadable, ImproperlyConfigured) as fault:
            return Answer(outcome=Outcome.AUTHENTICATION, detail=str(fault))


def _outgoing(message: OutboundMessage) -> Outgoing:
    order = message.stream.removeprefix(ORDER_STREAM) if message.stream.startswith(ORDER_STREAM) else ""
    number = PurchaseOrder.objects.filter(number=order).values_list("erp_number", flat=True).first() if order else ""
    return Outgoing(topic=message.topic, reference=message.key, order_number=order, erp_order_number=number or "")


def folder_of(endpoint: Endpoint, supplier_code: str) -> Folder:
    """The mailbox of a partner: named by the endpoint's configuration, else after the supplier."""
    return Folder(settings.EDI_MAILBOX_DIR, endpoint.option("folder", supplier_code))


def profile_of(partner: Partner) -> Profile:
    """How the partner names units and items."""
    return Profile(units=partner.unit_map)


class EdiChannel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.partner = Partner.objects.select_related("supplier").get(endpoint=endpoint)
        self.folder = folder_of(endpoint, self.partner.supplier.code)

    def prepare(self, message: OutboundMessage) -> Prepared | None:
        document = self._document(message)
        partner = self.partner
        functional_id = "FA" if isinstance(document, Acknowledgement) else "PO"
        if isinstance(document, Order) and document.purpose != "original":
            functional_id = "PC"
        interchange = Interchange.objects.create(
            partner=partner, message=message, functional_id=functional_id,
            control_number=control_number_next(partner, "interchange"),
            group_number=control_number_next(partner, "group"),
            acknowledgement=Interchange.Acknowledgement.NOT_EXPECTED
            if functional_id == "FA"
            else Interchange.Acknowledgement.WAITING,
        )  # fmt: skip
        envelope = self._envelope(interchange)
        if isinstance(document, Acknowledgement):
            content = acknowledgement_bytes({interchange.set_number: document}, envelope)
        elif isinstance(document, Order):
            content = order_bytes(document, envelope, interchange.set_number, profile_of(partner))
        else:
            raise LookupError(f"{message.topic} cannot be said in X12.")
        return Prepared(content, "application/edi-x12")

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        name = self._file_name(message)
        try:
            self.folder.put(name, payload)
        except TransportError as fault:
            return Answer(outcome=Outcome.TRANSIENT, detail=str(fault))
        return Answer(outcome=Outcome.DELIVERED, reference=name)

    def find(self, message: OutboundMessage) -> Answer:
        name = self._file_name(message) if message.payload_id else ""
        if name and self.folder.has(name):
            return Answer(outcome=Outcome.FOUND, reference=name)
        return Answer(outcome=Outcome.MISSING)

    def _document(self, message: OutboundMessage) -> Document | None:
        if message.document_kind != "inbound_file":
            return document_of(message)
        file_id, _, position = message.document_number.partition("/")
        file = InboundMessage.objects.select_related("payload").get(pk=file_id)
        groups = [group for each in read(bytes(file.payload.content)) for group in each.groups]
        return acknowledge(groups[int(position) - 1])

    def _file_name(self, message: OutboundMessage) -> str:
        interchange = Interchange.objects.get(message=message)
        return f"{interchange.control_number:09}-{interchange.functional_id}.x12"

    def _envelope(self, interchange: Interchange) -> Envelope:
        partner = self.partner
        return Envelope(
            sender=(partner.our_qualifier, partner.our_id),
            receiver=(partner.qualifier, partner.identifier),
            group_sender=partner.our_group_id,
            group_receiver=partner.group_id,
            interchange_control=interchange.control_number,
            group_control=interchange.group_number,
            at=timezone.now(),
            version=partner.version,
            usage="T" if partner.test else "P",
            delimiters=Delimiters(partner.element_separator, partner.component_separator, partner.segment_terminator),
        )
