"""How a message reaches its endpoint: an ERP through its adapter, a supplier as X12 in its mailbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from core.secrets import SecretUnreadable
from integrations.canonical import Acknowledgement, Document, Order
from integrations.erp.base import Connection, ErpAdapter, Makers, Outgoing
from integrations.erp.flat_file.adapter import FlatFileErp
from integrations.erp.rest_erp.adapter import RestErp
from integrations.erp.tryton.adapter import Tryton
from integrations.mapping.outbound import documents_of
from integrations.models import Endpoint, InboundMessage, Interchange, OutboundMessage, Partner
from integrations.remote import Answer, Outcome
from integrations.services.control_numbers import control_number_next
from integrations.services.mailboxes import TRANSPORTS, mailbox_of
from integrations.services.outbox import ORDER_STREAM
from integrations.transports.base import Mailbox, TransportError
from integrations.x12 import Delimiters, Envelope, Profile, acknowledge, acknowledgement_bytes, order_bytes, read
from procurement.models import PurchaseOrder

ADAPTERS: Final[Makers] = {"rest_erp": RestErp, "flat_file": FlatFileErp, "tryton": Tryton}


@dataclass(frozen=True)
class Prepared:
    """The bytes that will go over the wire."""

    content: bytes
    content_type: str


class Channel(Protocol):
    def open(self, messages: Sequence[OutboundMessage]) -> None:
        """Look up what telling these messages takes, before the first of them is told."""

    def prepare(self, messages: Sequence[OutboundMessage]) -> Mapping[int, Prepared | None]:
        """Build what is sent, in the transaction that freezes it, by message id; None where nothing is left to tell."""

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        """One try. Raises nothing for what the remote does."""

    def find(self, message: OutboundMessage) -> Answer:
        """Ask whether it arrived before."""

    def probe(self) -> Answer:
        """Ask whether anybody is there, without telling anything."""

    def close(self) -> None:
        """Let go of what was opened for this turn."""


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
    return maker(
        Connection(
            deadline=endpoint.deadline, option=endpoint.option, secret=endpoint.secret, folders=settings.EDI_MAILBOX_DIR
        )
    )  # fmt: skip


class ErpChannel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.adapter = adapter_for(endpoint)
        self.erp_numbers: dict[str, str] = {}

    def open(self, messages: Sequence[OutboundMessage]) -> None:
        orders = {_order_of(message) for message in messages}
        found = PurchaseOrder.objects.filter(number__in=orders - {""})
        self.erp_numbers.update(found.values_list("number", "erp_number"))

    def prepare(self, messages: Sequence[OutboundMessage]) -> Mapping[int, Prepared | None]:
        self.open(messages)
        documents = documents_of(messages)
        return {
            message.pk: Prepared(self.adapter.encode(self._outgoing(message), document), self.adapter.content_type)
            if (document := documents[message.pk])
            else None
            for message in messages
        }

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        return self._asked(lambda: self.adapter.send(self._outgoing(message), payload))

    def find(self, message: OutboundMessage) -> Answer:
        self.open([message])
        return self._asked(lambda: self.adapter.find(self._outgoing(message)))

    def probe(self) -> Answer:
        return self._asked(self.adapter.health)

    def close(self) -> None:
        """Adapters hold nothing open for a turn."""

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (SecretUnreadable, ImproperlyConfigured) as fault:
            return Answer(outcome=Outcome.AUTHENTICATION, detail=str(fault))

    def _outgoing(self, message: OutboundMessage) -> Outgoing:
        order = _order_of(message)
        return Outgoing(
            topic=message.topic, reference=message.key, order_number=order,
            erp_order_number=self.erp_numbers.get(order, ""), sequence=message.pk,
        )  # fmt: skip


def _order_of(message: OutboundMessage) -> str:
    return message.stream.removeprefix(ORDER_STREAM) if message.stream.startswith(ORDER_STREAM) else ""


def profile_of(partner: Partner) -> Profile:
    """How the partner names units and items."""
    return Profile(units=partner.unit_map)


class EdiChannel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.partner = Partner.objects.select_related("supplier").get(endpoint=endpoint)
        self.endpoint = endpoint
        self.mailbox: Mailbox | None = None
        self.names: dict[int | None, str] = {}

    def open(self, messages: Sequence[OutboundMessage]) -> None:
        found = Interchange.objects.filter(message__in=messages)
        self.names.update((each.message_id, _file_name(each)) for each in found)

    def prepare(self, messages: Sequence[OutboundMessage]) -> Mapping[int, Prepared | None]:
        came = [message for message in messages if message.document_kind == "inbound_file"]
        documents = {
            **documents_of([message for message in messages if message.document_kind != "inbound_file"]),
            **{message.pk: self._acknowledgement(message) for message in came},
        }
        return {
            message.pk: self._prepared(message, document) if (document := documents[message.pk]) else None
            for message in messages
        }

    def _prepared(self, message: OutboundMessage, document: Document) -> Prepared:
        partner = self.partner
        functional_id = "FA" if isinstance(document, Acknowledgement) else "PO"
        if isinstance(document, Order) and document.purpose != "original":
            functional_id = "PC"
        # what is built again goes out under the numbers it had
        interchange = Interchange.objects.filter(message=message).first() or Interchange.objects.create(
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
        self.names[message.pk] = _file_name(interchange)
        return Prepared(content, "application/edi-x12")

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        name = self.names[message.pk]

        def put(mailbox: Mailbox) -> Answer:
            mailbox.put(name, payload)
            return Answer(outcome=Outcome.DELIVERED, reference=name)

        return self._asked(put)

    def find(self, message: OutboundMessage) -> Answer:
        name = self._name_before(message)

        def look(mailbox: Mailbox) -> Answer:
            if name and mailbox.has(name):
                return Answer(outcome=Outcome.FOUND, reference=name)
            return Answer(outcome=Outcome.MISSING)

        return self._asked(look)

    def probe(self) -> Answer:
        def check(mailbox: Mailbox) -> Answer:
            mailbox.check()
            return Answer(outcome=Outcome.FOUND)

        return self._asked(check)

    def close(self) -> None:
        if self.mailbox is not None:
            self.mailbox.close()

    def _asked(self, call: Callable[[Mailbox], Answer]) -> Answer:
        try:
            self.mailbox = self.mailbox or mailbox_of(self.endpoint, name=self.partner.supplier.code)
            return call(self.mailbox)
        except TransportError as fault:
            return Answer(outcome=fault.outcome, detail=str(fault), retry_after=fault.retry_after)
        except (SecretUnreadable, ImproperlyConfigured) as fault:
            return Answer(outcome=Outcome.AUTHENTICATION, detail=str(fault))

    def _acknowledgement(self, message: OutboundMessage) -> Document:
        file_id, _, position = message.document_number.partition("/")
        file = InboundMessage.objects.select_related("payload").get(pk=file_id)
        groups = [group for each in read(bytes(file.payload.content)) for group in each.groups]
        return acknowledge(groups[int(position) - 1])

    def _name_before(self, message: OutboundMessage) -> str:
        if message.payload_id:
            self.open([message])
        return self.names.get(message.pk, "")

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


def _file_name(interchange: Interchange) -> str:
    return f"{interchange.control_number:09}-{interchange.functional_id}.x12"
