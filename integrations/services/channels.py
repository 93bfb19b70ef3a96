"""How a message reaches its endpoint: an ERP through its adapter, a supplier in its format in its mailbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from core.secrets import SecretUnreadable
from integrations import edifact, ubl
from integrations.canonical import Document, Order, RemittanceAdvice
from integrations.edi_files import MEDIA_TYPES, is_test
from integrations.erp.base import Connection, ErpAdapter, Makers, Outgoing
from integrations.erp.flat_file.adapter import FlatFileErp
from integrations.erp.rest_erp.adapter import RestErp
from integrations.erp.tryton.adapter import Tryton
from integrations.mapping.outbound import documents_of
from integrations.models import Endpoint, InboundMessage, Interchange, OutboundMessage, Partner
from integrations.remote import Answer, Outcome
from integrations.services.control_numbers import control_number_next
from integrations.services.mailboxes import TRANSPORTS, mailbox_of
from integrations.services.outbox import INTERCHANGE_ANSWER_SEND, ORDER_STREAM, TEST_ORDER_SEND
from integrations.services.profiles import profile_of
from integrations.transports.base import Mailbox, TransportError
from integrations.x12 import (
    Envelope,
    Group,
    Profile,
    acknowledge,
    acknowledgement_bytes,
    document_bytes,
    interchange_answer,
    interchange_answers_bytes,
    order_bytes,
    parse,
    read,
)
from procurement.models import PurchaseOrder

ADAPTERS: Final[Makers] = {"rest_erp": RestErp, "flat_file": FlatFileErp, "tryton": Tryton}
_ENDINGS: Final[Mapping[str, str]] = {"x12": "x12", "edifact": "edi", "ubl": "xml"}


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
            tries=max(message.attempt_count, 1),
        )  # fmt: skip


def _order_of(message: OutboundMessage) -> str:
    return message.stream.removeprefix(ORDER_STREAM) if message.stream.startswith(ORDER_STREAM) else ""


class EdiChannel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.partner = Partner.objects.select_related("supplier").get(endpoint=endpoint)
        self.endpoint = endpoint
        self.mailbox: Mailbox | None = None
        self.names: dict[int | None, str] = {}

    def open(self, messages: Sequence[OutboundMessage]) -> None:
        found = Interchange.objects.filter(message__in=messages)
        self.names.update((each.message_id, _file_name(each, self.partner.format)) for each in found)

    def prepare(self, messages: Sequence[OutboundMessage]) -> Mapping[int, Prepared | None]:
        documents = documents_of([message for message in messages if message.document_kind != "inbound_file"])
        return {
            message.pk: self._told(message, documents[message.pk])
            if message.pk in documents
            else self._interchange_answer(message)
            if message.topic == INTERCHANGE_ANSWER_SEND
            else self._acknowledgement(message)
            for message in messages
        }

    def _told(self, message: OutboundMessage, document: Document | None) -> Prepared | None:
        if document is None:
            return None
        if isinstance(document, RemittanceAdvice):
            return self._remittance(message, document)
        if not isinstance(document, Order):
            raise LookupError(f"{message.topic} cannot be said to a supplier.")
        partner, test = self.partner, message.topic == TEST_ORDER_SEND
        profile = profile_of(partner, test=test)
        first = document.purpose == "original"
        interchange = self._numbered(message, "PO" if first else "PC", test=test)
        if partner.format == Partner.Format.UBL:
            content = ubl.document_bytes(document, profile, timezone.now())
        elif partner.format == Partner.Format.EDIFACT:
            about = profile.about("ORDERS" if first else "ORDCHG")
            addressed = edifact.EdifactEnvelope(
                sender=(about.our_qualifier, about.our_id), receiver=(about.their_qualifier, about.their_id),
                reference=str(interchange.control_number), at=timezone.now(), test=test,
            )  # fmt: skip
            content = edifact.document_bytes(document, addressed, profile)
        else:
            envelope = _envelope(profile.about("850" if first else "860"), interchange)
            content = order_bytes(document, envelope, interchange.set_number, profile)
        return self._named(message, interchange, content)

    def _remittance(self, message: OutboundMessage, document: RemittanceAdvice) -> Prepared:
        if self.partner.format != Partner.Format.X12:
            raise LookupError("A remittance advice is said in X12 only.")
        profile = profile_of(self.partner)
        interchange = self._numbered(message, "RA", test=False)
        content = document_bytes(
            document, _envelope(profile.about("820"), interchange), interchange.set_number, profile
        )
        return self._named(message, interchange, content)

    def _interchange_answer(self, message: OutboundMessage) -> Prepared:
        """The TA1 about one interchange of a file of theirs."""
        file_id, _, place, how = message.document_number.split("/")
        content = bytes(InboundMessage.objects.select_related("payload").get(pk=file_id).payload.content)
        theirs = read(content, profile_of(self.partner).extensions)[int(place) - 1]
        test = theirs.usage not in ("", "P")
        profile = profile_of(self.partner, test=test)
        interchange = self._numbered(message, "TA", test=test)
        answer = interchange_answer(theirs, duplicate=how == "again")
        if how == "refused":
            answer = replace(answer, status="rejected")
        about = profile.about(next((each.code for group in theirs.groups for each in group.sets), ""))
        return self._named(message, interchange, interchange_answers_bytes([answer], _envelope(about, interchange)))

    def _acknowledgement(self, message: OutboundMessage) -> Prepared:
        file_id, _, position = message.document_number.partition("/")
        file = InboundMessage.objects.select_related("payload").get(pk=file_id)
        content = bytes(file.payload.content)
        test = is_test(content)
        profile = profile_of(self.partner, test=test)
        groups = [group for each in read(content, profile.extensions) for group in each.groups]
        group = groups[int(position) - 1]
        answer = acknowledge(group, self._refused(group, profile, file, int(position)))
        interchange = self._numbered(message, "FA", test=test)
        sets = {interchange.set_number: answer}
        about = profile.about(group.sets[0].code if group.sets else "")
        return self._named(message, interchange, acknowledgement_bytes(sets, _envelope(about, interchange)))

    def _refused(self, group: Group, profile: Profile, file: InboundMessage, position: int) -> set[str]:
        """Sets that are turned down: by what the profile says of their findings, or, where that was agreed, by what became of them."""
        kind = group.sets[0].code if group.sets else ""
        if profile.about(kind).acknowledge != "after_processing":
            return {
                each.control
                for each in group.sets
                if profile.about(each.code).verdict((*each.findings, *parse(each, profile).findings)) == "quarantine"
            }
        ended = (InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED)
        found = file.documents.filter(group=position, state__in=ended)
        return {control.rpartition("/")[2] for control in found.values_list("control_number", flat=True)}

    def _numbered(self, message: OutboundMessage, functional_id: str, *, test: bool) -> Interchange:
        """The envelope of a message: what is built again goes out under the numbers it had."""
        usage = "T" if test else "P"
        expected = functional_id not in ("FA", "TA") and self.partner.format == Partner.Format.X12
        return Interchange.objects.filter(message=message).first() or Interchange.objects.create(
            partner=self.partner, message=message, functional_id=functional_id, usage=usage,
            control_number=control_number_next(self.partner, "interchange", usage),
            group_number=control_number_next(self.partner, "group", usage),
            acknowledgement=Interchange.Acknowledgement.WAITING if expected else Interchange.Acknowledgement.NOT_EXPECTED,
        )  # fmt: skip

    def _named(self, message: OutboundMessage, interchange: Interchange, content: bytes) -> Prepared:
        self.names[message.pk] = _file_name(interchange, self.partner.format)
        return Prepared(content, MEDIA_TYPES[self.partner.format])

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

    def _name_before(self, message: OutboundMessage) -> str:
        if message.payload_id:
            self.open([message])
        return self.names.get(message.pk, "")


def _envelope(profile: Profile, interchange: Interchange) -> Envelope:
    return Envelope(
        sender=(profile.our_qualifier, profile.our_id),
        receiver=(profile.their_qualifier, profile.their_id),
        group_sender=profile.our_group_id,
        group_receiver=profile.their_group_id,
        interchange_control=interchange.control_number,
        group_control=interchange.group_number,
        at=timezone.now(),
        version=profile.version,
        usage=interchange.usage,
        delimiters=profile.delimiters,
    )


def _file_name(interchange: Interchange, form: str) -> str:
    test = "T" if interchange.usage == "T" else ""
    return f"{test}{interchange.control_number:09}-{interchange.functional_id}.{_ENDINGS[form]}"
