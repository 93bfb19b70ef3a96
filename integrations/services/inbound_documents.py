"""Applies documents that came in: each once, its effect and its new state in one transaction.

What is not live is only tried: the same handler runs, what it did is noted and taken back. A document that names what is not there yet is parked and tried again; one that never can be applied becomes a dead letter with
its cause. A run that dies is counted before it begins, so that a poisoned document delays only itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core.actors import Actor
from core.audit import acting
from core.errors import Conflict, DomainError
from core.tracing import tracing
from integrations.canonical import (
    Acknowledgement,
    Document,
    InventorySnapshot,
    InvoiceDoc,
    OrderAnswer,
    PriceCatalog,
    ShipNotice,
    to_json,
)
from integrations.edi_desk import Said
from integrations.edi_files import DOCUMENTS, is_test, piece_read
from integrations.erp.base import PURCHASE_ORDER_CHANGE, PURCHASE_ORDER_CREATE
from integrations.mapping.inbound import answered_lines, invoice_input, ship_notices
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.services.inbox import acknowledge_after, file_split, findings_plain
from integrations.services.informing import catalog_compared, stock_compared
from integrations.services.interchange_answers import order_unread
from integrations.services.profiles import profile_of
from integrations.services.service_actor import service_actor
from integrations.services.trials import Told, told_of
from integrations.ubl.reading import RECEIVED_ONLY
from procurement.models import PurchaseOrder
from procurement.services.invoices import invoice_register
from procurement.services.purchase_orders import purchase_order_record_dispatch, purchase_order_record_rejection
from procurement.services.supplier_answers import ship_notice_record, supplier_answer_record

MOST_CRASHES: Final = 5
PARKED_FOR: Final = timedelta(hours=1)
"""How long a document waits for what it names before it becomes a dead letter."""
_LEASE: Final = timedelta(seconds=60)
_BUDGET: Final = 10.0
_OUR_ORDER: Final = re.compile(r"PO-\d{4}-\d{6,}")

State = InboundMessage.State
Lane = InboundMessage.Lane
Stage = PartnerDocument.Stage
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _About:
    """The document of ours that a message is about."""

    kind: str
    number: str
    facility_id: int | None
    trace_id: str
    told: Told | None = None
    """What was found, where a document only informs."""


class _Verdict(Exception):
    """Why a document is not applied now."""

    def __init__(self, state: str, cause: str, words: str) -> None:
        super().__init__(words)
        self.state, self.cause, self.words = state, cause, words


def documents_apply() -> int:
    """Work on every file and document that is due, for a few seconds at most. Returns how many were worked on."""
    ends, done = time.monotonic() + _BUDGET, 0
    while time.monotonic() < ends and (message := _claim()) is not None:
        document_apply(message)
        done += 1
    return done


def _claim() -> InboundMessage | None:
    """The next message that is due, leased, its run counted; one whose runs kept dying becomes a dead letter."""
    now = timezone.now()
    with transaction.atomic():
        message = (
            InboundMessage.objects.filter(state__in=[State.RECEIVED, State.PARKED], due_at__lte=now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("payload")
            .order_by("due_at", "id")
            .first()
        )
        if message is None:
            return None
        message.attempt_count += 1
        message.due_at = now + _LEASE
        if message.attempt_count > MOST_CRASHES:
            message.state, message.cause = State.FAILED, "crashed"
            message.detail = f"The worker died {MOST_CRASHES} times while working on this."
        message.save(update_fields=["attempt_count", "due_at", "state", "cause", "detail"])
        return message


def document_apply(message: InboundMessage) -> None:
    """Apply one claimed message. Whatever is wrong with it stays with it."""
    partner = Partner.objects.select_related("supplier").get(endpoint=message.endpoint_id)
    if message.state != State.FAILED:
        _apply_safely(message, partner)
    acknowledge_after(message, partner)


def _apply_safely(message: InboundMessage, partner: Partner) -> None:
    try:
        with tracing(message.trace_id), transaction.atomic():
            if message.parent_id is None:
                file_split(file=message, partner=partner)
            else:
                _work(message, partner)
    except DatabaseError as fault:
        _log.warning("document_again", message=message.pk, reason=str(fault)[:200])
        InboundMessage.objects.filter(pk=message.pk).update(due_at=timezone.now() + timedelta(seconds=2))
    except _Verdict as verdict:
        _put_aside(message, verdict)
    except DomainError as error:
        words = " ".join([error.message, *(finding.message for finding in error.findings)])
        _put_aside(message, _Verdict(State.FAILED, error.code, words))
    except Exception as fault:  # noqa: BLE001 - a poisoned document delays only itself
        _log.exception("document_failed", message=message.pk)
        _put_aside(message, _Verdict(State.FAILED, "defect", f"{type(fault).__name__}: {fault}"))


def _put_aside(message: InboundMessage, verdict: _Verdict) -> None:
    now, state, words = timezone.now(), verdict.state, verdict.words
    waited = now - message.received_at
    if state == State.PARKED and waited > PARKED_FOR:
        state, words = State.FAILED, f"{words} It waited for {PARKED_FOR}."
    message.state, message.cause, message.detail = state, verdict.cause[:60], words[:500]
    # asked again often at first, then less and less
    message.due_at = now + min(max(waited / 4, timedelta(seconds=2)), timedelta(minutes=5))
    message.attempt_count = 0
    message.key = None
    message.save()


def _work(message: InboundMessage, partner: Partner) -> None:
    said = piece_read(bytes(message.payload.content), profile_of(partner))
    message.findings = findings_plain(said.findings)
    # what we sent as a test is acknowledged in the sandbox too, and has no other effect
    tried = message.lane == Lane.SANDBOX or _tried(partner, DOCUMENTS.get(message.kind, ""))
    if tried and not isinstance(said.document, Acknowledgement):
        document_try(message, partner, said)
        return
    about = _apply(message, partner, said)
    message.state = State.SANDBOX if message.lane == Lane.SANDBOX else State.APPLIED
    message.cause, message.detail, message.attempt_count = "", "", 0
    message.applied_at = timezone.now() if message.state == State.APPLIED else None
    message.document_kind, message.document_number = about.kind, about.number
    message.facility_id, message.trace_id = about.facility_id, about.trace_id
    message.trial = about.told.plain() if about.told else None
    message.save()


def _tried(partner: Partner, name: str) -> bool:
    """Whether this kind of document is not live yet. What is off is set aside, until somebody decides about it."""
    if not name:
        return False
    row = PartnerDocument.objects.filter(partner=partner, document=name).first()
    if row is None or row.stage == Stage.OFF:
        words = f"{PartnerDocument.Document(name).label} are switched off for {partner.supplier.name}."
        raise _Verdict(State.QUARANTINED, "not_agreed", words)
    return row.stage == Stage.SANDBOX or (row.live_at is not None and row.live_at > timezone.now())


def _apply(message: InboundMessage, partner: Partner, said: Said) -> _About:
    profile, document = profile_of(partner).about(message.kind), said.document
    wrong = [each for each in said.findings if profile.verdict([each]) == "quarantine"]
    received = next((each.value for each in said.findings if each.code == RECEIVED_ONLY), "")
    if received and not wrong:
        return _received(received, partner)
    if document is None:
        words = next((each.message for each in (*wrong, *said.findings)), "It cannot be read.")
        raise _Verdict(State.FAILED, "unreadable", words)
    if wrong:
        raise _Verdict(State.QUARANTINED, "findings", wrong[0].message)
    handler = _HANDLERS.get(type(document))
    if handler is None:
        raise _Verdict(
            State.FAILED, "not_expected", f"{message.kind} is not among the documents that partners send us."
        )
    return handler(message, partner, document)


class _TakenBack(Exception):
    """Ends a try: everything it did is undone."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.sentence)
        self.told = told


def document_try(message: InboundMessage, partner: Partner, said: Said | None = None) -> None:
    """Run the real handler, note what it did, and take it back. In the caller's transaction."""
    said = said or piece_read(bytes(message.payload.content), profile_of(partner))
    told = document_told(message, partner, said)
    message.findings = findings_plain(said.findings)
    message.state, message.lane, message.key, message.attempt_count = State.SANDBOX, Lane.SANDBOX, None, 0
    message.trial, message.cause, message.detail = told.plain(), told.cause[:60], told.sentence[:500]
    message.save()


def document_told(message: InboundMessage, partner: Partner, said: Said) -> Told:
    """What a document would do: the real handler runs and everything it did is taken back. In the caller's transaction."""
    try:
        with transaction.atomic():
            about = _apply(message, partner, said)
            with connection.cursor() as cursor:
                # what would be refused at the end of the transaction shows now
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _TakenBack(about.told or told_of(about.number, said.document, partner))
    except _TakenBack as back:
        return back.told
    except _Verdict as verdict:
        return Told(verdict.state, verdict.words, cause=verdict.cause)
    except DomainError as error:
        words = " ".join([error.message, *(each.message for each in error.findings)])
        return Told("failed", words, cause=error.code)


# --- one function per document ------------------------------------------------------------------------------------------


def _answer(message: InboundMessage, partner: Partner, document: OrderAnswer) -> _About:
    about = _order(document.order_number, partner)
    # an answer may be said again and again, and the last one counts: only the same transmission is the same answer
    own = (
        ""
        if profile_of(partner).about(message.kind).duplicates == "process"
        else f"{message.sender} {message.control_number}".strip()
    )
    key = _once(message, partner, document.order_number, own or _digest(document))
    about_change = _about_change(about.number, partner, document)
    with tracing(about.trace_id):
        if about_change and document.status == "rejected":
            words = f"{partner.supplier.name} refuses the last change of this order as a whole."
            purchase_order_record_rejection(order_number=about.number, system=partner.supplier.name, sentence=words)
        supplier_answer_record(
            actor=_actor(), order_number=about.number, supplier_id=partner.supplier_id, message_key=key[:100],
            status=document.status, lines=answered_lines(document),
            supplier_order_number=document.supplier_order_number[:40], answered_on=document.answered_on,
            about_change=about_change,
        )  # fmt: skip
    return about


def _about_change(number: str, partner: Partner, document: OrderAnswer) -> bool:
    """Whether an answer without lines is about a change of the order. Some formats cannot say it: then a change they were told counts."""
    if document.lines or document.answers == "change":
        return not document.lines
    told = OutboundMessage.objects.filter(
        endpoint=partner.endpoint_id, document_kind="purchase_order", document_number=number, topic=PURCHASE_ORDER_CHANGE,
        state=OutboundMessage.State.DELIVERED,
    )  # fmt: skip
    return told.exists()


def _ship_notice(message: InboundMessage, partner: Partner, document: ShipNotice) -> _About:
    notices = list(ship_notices(document))
    abouts = [_order(notice.order_number, partner) for notice in notices]
    _once(message, partner, document.shipment_number, _digest(document), changed=f"Shipment {document.shipment_number}")
    for notice, about in zip(notices, abouts, strict=True):
        with tracing(about.trace_id):
            ship_notice_record(actor=_actor(), supplier_id=partner.supplier_id, notice=notice)
    return abouts[0]


def _invoice(message: InboundMessage, partner: Partner, document: InvoiceDoc) -> _About:
    about = _order(document.order_number, partner)
    _once(message, partner, f"{document.kind}:{document.number}", _digest(document))
    supplier = partner.supplier
    with tracing(about.trace_id):
        try:
            row = invoice_register(
                actor=_actor(), supplier=supplier, source=_SOURCES[partner.format],
                invoice=invoice_input(document, currency=supplier.currency),
            )  # fmt: skip
        except Conflict as conflict:
            raise _Verdict(State.QUARANTINED, conflict.code, conflict.message) from conflict
    return _About("invoice", row.number, row.facility_id, row.trace_id)


def _price_catalog(message: InboundMessage, partner: Partner, document: PriceCatalog) -> _About:
    _once(message, partner, document.number, _digest(document))
    return _About("", document.number, None, message.trace_id, catalog_compared(document, partner))


def _inventory_snapshot(message: InboundMessage, partner: Partner, document: InventorySnapshot) -> _About:
    _once(message, partner, document.number, _digest(document))
    return _About("", document.number, None, message.trace_id, stock_compared(document, partner))


def _acknowledgement(message: InboundMessage, partner: Partner, document: Acknowledgement) -> _About:
    group = document.group_control
    interchange = (
        Interchange.objects.filter(
            partner=partner,
            functional_id=document.functional_id,
            group_number=int(group) if group.isdigit() else -1,
            usage="T" if is_test(bytes(message.payload.content)) else "P",
        )
        .select_related("message")
        .select_for_update(of=("self",))
        .first()
    )
    if interchange is None or interchange.message is None:
        words = f"The 997 is about our group {document.functional_id} {group}, which we did not send."
        raise _Verdict(State.PARKED, "group_unknown", words)
    told = interchange.message
    if interchange.acknowledgement == Interchange.Acknowledgement.WAITING:
        interchange.acknowledgement = _ACKNOWLEDGED[document.status]
        interchange.acknowledged_at = timezone.now()
        interchange.save(update_fields=["acknowledgement", "acknowledged_at"])
        if told.topic == PURCHASE_ORDER_CREATE:
            _order_acknowledged(told.document_number, partner, interchange, document)
    return _About(told.document_kind, told.document_number, told.facility_id, told.trace_id)


def _received(number: str, partner: Partner) -> _About:
    """The supplier has the order, and has not answered it yet."""
    about = _order(number, partner)
    with acting(actor=_actor(), reason=f"{partner.supplier.name} says that it has the order"):
        purchase_order_record_dispatch(
            order_number=number, channel="supplier", dispatch=PurchaseOrder.Dispatch.ACKNOWLEDGED
        )
    return about


def _order_acknowledged(number: str, partner: Partner, interchange: Interchange, document: Acknowledgement) -> None:
    reason = f"997 for interchange {interchange.control_number}"
    if interchange.acknowledgement == Interchange.Acknowledgement.REJECTED:
        codes = [*document.codes, *(code for each in document.sets for code in each.codes)]
        words = f"{partner.supplier.name} could not read the order (997 rejected it{', code ' + ', '.join(codes) if codes else ''})."
        order_unread(number=number, partner=partner, sentence=words, reason=reason)
        return
    with acting(actor=_actor(), reason=reason):
        purchase_order_record_dispatch(
            order_number=number, channel="supplier", dispatch=PurchaseOrder.Dispatch.ACKNOWLEDGED
        )


_HANDLERS: Final[Mapping[type[Document], Callable[[InboundMessage, Partner, Any], _About]]] = {
    OrderAnswer: _answer,
    ShipNotice: _ship_notice,
    InvoiceDoc: _invoice,
    PriceCatalog: _price_catalog,
    InventorySnapshot: _inventory_snapshot,
    Acknowledgement: _acknowledgement,
}
_SOURCES: Final = {"x12": "810", "edifact": "edifact", "ubl": "ubl"}
"""The partner's format -> where an invoice says it came from."""
_ACKNOWLEDGED: Final = {
    "accepted": Interchange.Acknowledgement.ACCEPTED,
    "accepted_with_errors": Interchange.Acknowledgement.WITH_ERRORS,
    "partially": Interchange.Acknowledgement.REJECTED,
    "rejected": Interchange.Acknowledgement.REJECTED,
}


# --- parts ------------------------------------------------------------------------------------------------------------


def _actor() -> Actor:
    return service_actor()


def _order(number: str, partner: Partner) -> _About:
    """The order a document names. One in our numbering may be on its way to this database; any other never comes."""
    row = (
        PurchaseOrder.objects.filter(number=number, supplier=partner.supplier_id)
        .values_list("facility_id", "trace_id")
        .first()
    )
    if row is None:
        named = f"the order {number}, which we did not place with them" if number else "no order"
        words = f"{partner.supplier.name} names {named}."
        raise _Verdict(State.PARKED if _OUR_ORDER.fullmatch(number) else State.FAILED, "order_unknown", words)
    return _About("purchase_order", number, *row)


def _digest(document: Document) -> str:
    return hashlib.sha256(json.dumps(to_json(document), sort_keys=True).encode()).hexdigest()[:16]


def _once(message: InboundMessage, partner: Partner, name: str, content: str, *, changed: str = "") -> str:
    """Take the business key of a document. The same content again is a duplicate.

    Where `changed` names the thing, other content under the same name is quarantined too.
    """
    prefix = f"{message.kind}:{message.endpoint_id}:{name[:80]}:"
    key = prefix + content
    others = InboundMessage.objects.exclude(pk=message.pk)
    if first := others.filter(key=key).first():
        policy = profile_of(partner).about(message.kind).duplicates
        state = State.QUARANTINED if policy == "quarantine" else State.DUPLICATE
        raise _Verdict(state, "same_document", f"The same document came before, in {first.file_name}.")
    if changed and others.filter(endpoint=message.endpoint_id, key__startswith=prefix).exists():
        raise _Verdict(State.QUARANTINED, "number_reused", f"{changed} came before with other content.")
    message.key = key
    return key
