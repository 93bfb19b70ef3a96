"""Making a supplier a trading partner, step by step: every act by a person, with what was agreed checked at once.

Documents go live one by one, when nothing is missing for them any more (integrations.services.checklists).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Conflict, Finding, Invalid, NotAllowed, NotFound
from core.events import emit
from core.sequences import next_number
from core.tracing import new_trace_id
from integrations.events import PartnerChanged
from integrations.models import Endpoint, InboundMessage, OutboundMessage, Partner, PartnerContact, PartnerDocument
from integrations.services.checklists import checklist, missing_for
from integrations.services.doorbell import ring_after_commit
from integrations.services.mailboxes import mailbox_configure, mailbox_host_keys
from integrations.services.outbox import ORDER_RESEND, TEST_ORDER_SEND, acknowledgement_queue
from integrations.services.probes import endpoint_probe
from integrations.services.profiles import profile_findings, profile_import, profile_of, profile_put, profile_state
from integrations.x12 import Profile
from masterdata.models import Role, Supplier, SupplierItem

_CLONED: Final = (
    "format", "our_qualifier", "our_id", "version", "element_separator", "component_separator", "segment_terminator",
    "repetition_separator", "our_group_id", "unit_map", "habits",
)  # fmt: skip
_THEIR_IDS: Final = ("their_qualifier", "their_id", "their_group_id")
Stage = PartnerDocument.Stage


def partner_begin(*, actor: Actor, supplier: str, like: str = "") -> Partner:
    """Make a supplier a partner, with nothing exchanged yet; `like` another one (by supplier code) takes over its habits.

    Raises NotFound, NotAllowed, Conflict where it is a partner already.
    """
    with acting(actor=actor, reason="partner begun"):
        partners_may_change(actor)
        row = Supplier.objects.select_for_update().filter(code=supplier).first()
        if row is None:
            raise NotFound(f"There is no supplier {supplier}.")
        if Partner.objects.filter(supplier=row).exists():
            raise Conflict(f"{row.name} is a partner already.", code="partner_exists")
        model = partner_get(like) if like else None
        endpoint = Endpoint.objects.create(
            code=f"edi-{row.code.lower()}", name=f"{row.name} (EDI)", kind=Endpoint.Kind.SUPPLIER, adapter="folder",
            duplicates=Endpoint.Duplicates.LOOKUP, quiet_seconds=0,
        )  # fmt: skip
        # we are the same for everybody, until somebody says otherwise
        ours = model or Partner.objects.order_by("-id").first()
        known = {"our_qualifier": ours.our_qualifier, "our_id": ours.our_id} if ours else {}
        copied: dict[str, Any] = {name: getattr(model, name) for name in _CLONED} if model else known
        # where the other one is at home is no habit
        copied["habits"] = {name: habit for name, habit in copied.get("habits", {}).items() if name != "their_country"}
        partner = Partner.objects.create(supplier=row, endpoint=endpoint, identifier=_free_id(row.code), **copied)
        if model:
            chosen = model.documents.exclude(stage=Stage.OFF).values_list("document", flat=True)
            documents_begin(partner, chosen)
        partner_changed(actor, partner, "begun", f"like {model.supplier.name}" if model else "")
        return partner


def _free_id(code: str) -> str:
    """What stands for their id until somebody says it: our code for them."""
    taken = set(Partner.objects.filter(identifier__startswith=code[:10]).values_list("identifier", flat=True))
    tries = (code[:15], *(f"{code[:11]}-{n}" for n in range(2, 1000)))
    return next(each for each in tries if each not in taken)


def partner_documents_choose(*, actor: Actor, code: str, form: str, documents: Collection[str]) -> Partner:
    """Which documents are exchanged, in which format; what is new begins in the sandbox. Live ones stay live.

    Raises NotFound, NotAllowed, Invalid, Conflict where the format of live documents would change.
    """
    with acting(actor=actor, reason="documents chosen"):
        partner = partner_lock(actor, code)
        if form not in Partner.Format.values:
            raise Invalid("Choose a format.", code="format_unknown")
        if unknown := sorted(set(documents) - set(PartnerDocument.Document.values)):
            raise Invalid(f"There is no document {unknown[0]}.", code="document_unknown")
        if form != Partner.Format.X12 and (extra := sorted(set(documents) & set(PartnerDocument.X12_ONLY))):
            words = f"{PartnerDocument.Document(extra[0]).label} are exchanged in X12 only."
            raise Invalid(words, code="x12_only")
        if form != partner.format and partner.documents.filter(stage=Stage.LIVE).exists():
            raise Conflict(
                "Documents are live in the old format. Put them back into the sandbox first.", code="live_already"
            )
        partner.format = form
        partner.save(update_fields=["format"])
        partner.documents.filter(stage=Stage.SANDBOX).exclude(document__in=documents).update(stage=Stage.OFF)
        documents_begin(partner, documents)
        partner_changed(actor, partner, "documents", f"{form}: {', '.join(sorted(documents))}")
        return partner


def documents_begin(partner: Partner, documents: Collection[str]) -> None:
    """Put documents that are off into the sandbox; what is there already stays as it is."""
    partner.documents.filter(stage=Stage.OFF, document__in=documents).update(stage=Stage.SANDBOX, live_at=None)
    PartnerDocument.objects.bulk_create(
        (PartnerDocument(partner=partner, document=name) for name in documents), ignore_conflicts=True
    )


def partner_transport_set(*, actor: Actor, code: str, transport: str, values: Mapping[str, str]) -> Partner:
    """How files travel. Raises NotFound, NotAllowed, Invalid with everything that is wrong with the settings."""
    with acting(actor=actor, reason="transport set"):
        partner = partner_lock(actor, code)
        mailbox_configure(endpoint=partner.endpoint, transport=transport, values=values)
        partner.endpoint.probed_at, partner.endpoint.probe_outcome, partner.endpoint.probe_detail = None, "", ""
        partner.endpoint.save()
        partner_changed(actor, partner, "transport", transport)
        return partner


def partner_transport_try(*, actor: Actor, code: str) -> str:
    """Ask the mailbox whether it can be used, now. Returns what it said, empty where all is well. Raises NotFound, NotAllowed."""
    partners_may_change(actor)
    partner = partner_get(code)
    answer = endpoint_probe(partner.endpoint)
    return "" if answer.outcome == "found" else answer.detail or "It did not answer."


def partner_host_keys(*, actor: Actor, host: str, port: str, internal_hosts: str) -> list[str]:
    """What an SFTP server shows as its keys, for a person to compare before they are pinned. Raises NotAllowed, Invalid."""
    partners_may_change(actor)
    if not host.strip() or not (port.strip() or "22").isdigit():
        raise Invalid("Say the host, and its port as a number.", code="no_host_key")
    return mailbox_host_keys(host=host.strip(), port=int(port.strip() or "22"), internal_hosts=internal_hosts)


def partner_profile_save(*, actor: Actor, code: str, seen: str = "", **changes: Any) -> Partner:
    """Change fields of the profile. `seen` is its profile_state that the person looked at; empty where that does not matter.

    Raises NotFound, NotAllowed, Conflict where somebody else was faster, Invalid with everything that is wrong with it.
    """
    with acting(actor=actor, reason="profile changed"):
        partner = partner_lock(actor, code)
        if seen and seen != profile_state(partner):
            raise Conflict(
                "Somebody else changed the profile while this page was open. Compare, then keep yours once more, or load the page anew.",
                code="profile_changed",
            )
        profile_write(partner, replace(profile_of(partner), **changes))
        partner_changed(actor, partner, "profile", ", ".join(sorted(changes)))
        return partner


def partner_profile_import(*, actor: Actor, code: str, data: Any) -> Partner:
    """Take over a profile from a file that profile_export wrote. Raises NotFound, NotAllowed, Conflict, Invalid.

    Of the file of another partner of ours everything is taken but their ids: those stay as they are here.
    """
    with acting(actor=actor, reason="profile imported"):
        partner = partner_lock(actor, code)
        form, profile = profile_import(data)
        if _with_ids_of(partner, profile):
            mine = profile_of(partner)
            profile = replace(profile, **{name: getattr(mine, name) for name in _THEIR_IDS})
        format_change(partner, form)
        profile_write(partner, profile)
        partner_changed(actor, partner, "profile", "imported")
        return partner


def format_change(partner: Partner, form: str) -> None:
    """Set the format; the caller saves. What it does not have is switched off. Raises Conflict where documents are live in another one."""
    if form != partner.format and partner.documents.filter(stage=Stage.LIVE).exists():
        raise Conflict("Documents are live in another format.", code="live_already")
    if form != Partner.Format.X12:
        partner.documents.filter(document__in=PartnerDocument.X12_ONLY).update(stage=Stage.OFF)
    partner.format = form


def profile_write(partner: Partner, profile: Profile) -> None:
    """Write and save a profile. Raises Invalid, also where somebody else has these ids."""
    findings = list(profile_findings(profile, partner.format))
    if other := _with_ids_of(partner, profile):
        words = f"{other.supplier.name} has the id {other} already."
        findings.append(Finding(code="id_taken", field="their_id", message=words))
    if findings:
        raise Invalid("The profile cannot be used like this.", code="profile_invalid", findings=findings)
    profile_put(partner, profile)
    partner.save()


def _with_ids_of(partner: Partner, profile: Profile) -> Partner | None:
    """Another partner who has their ids of this profile."""
    others = Partner.objects.exclude(pk=partner.pk).select_related("supplier")
    return others.filter(qualifier=profile.their_qualifier, identifier=profile.their_id).first()


def partner_contact_add(
    *, actor: Actor, code: str, name: str, purpose: str = "", email: str = "", phone: str = ""
) -> PartnerContact:
    """Somebody to call. Raises NotFound, NotAllowed, Invalid."""
    with acting(actor=actor, reason="contact added"):
        partner = partner_lock(actor, code)
        if not name.strip() or not (email.strip() or phone.strip()):
            raise Invalid(
                "A contact has a name, and an e-mail address or a telephone number.", code="contact_incomplete"
            )
        if email.strip() and ("@" not in email.strip("@") or " " in email.strip()):
            raise Invalid(f"{email[:60]!r} is no e-mail address.", code="contact_incomplete")
        contact = PartnerContact.objects.create(
            partner=partner, name=name.strip()[:120], purpose=purpose.strip()[:80], email=email.strip()[:254],
            phone=phone.strip()[:40],
        )  # fmt: skip
        partner_changed(actor, partner, "contact", contact.name)
        return contact


def partner_contact_remove(*, actor: Actor, code: str, contact_id: int) -> None:
    """Somebody is not to be called any more. Raises NotFound, NotAllowed."""
    with acting(actor=actor, reason="contact removed"):
        partner = partner_lock(actor, code)
        contact = partner.contacts.filter(pk=contact_id).first()
        if contact is None:
            raise NotFound("There is no such contact.")
        contact.delete()
        partner_changed(actor, partner, "contact", f"without {contact.name}")


def test_order_send(*, actor: Actor, code: str) -> OutboundMessage:
    """Send an order that nobody placed, marked as a test, over the real way. Raises NotFound, NotAllowed, Invalid."""
    with acting(actor=actor, reason="test order"):
        partner = partner_lock(actor, code)
        if findings := list(profile_findings(profile_of(partner), partner.format)):
            raise Invalid("The profile is not complete yet.", code="profile_invalid", findings=findings)
        if not SupplierItem.objects.filter(supplier=partner.supplier_id).exists():
            raise Invalid(
                f"{partner.supplier.name} sells us nothing yet: a test order needs an item in the catalog.",
                code="nothing_sold",
            )
        number = next_number("TEST")
        message = OutboundMessage.objects.create(
            endpoint_id=partner.endpoint_id, topic=TEST_ORDER_SEND, document_kind="test_order", document_number=number,
            stream=f"test_order:{number}", key=number, trace_id=new_trace_id(), due_at=timezone.now(),
        )  # fmt: skip
        partner_changed(actor, partner, "test_order", number)
        ring_after_commit([partner.endpoint_id])
        return message


def document_stage_set(
    *, actor: Actor, code: str, document: str, stage: str, reason: str, on: date | None = None
) -> PartnerDocument:
    """Switch one kind of document off, into the sandbox, or live from a day (UTC; today is now) on.

    Raises NotFound, NotAllowed, Invalid with everything that is still missing for it.
    """
    with acting(actor=actor, reason=reason.strip() or f"{document} {stage}"):
        partner = partner_lock(actor, code)
        if document not in PartnerDocument.Document.values or stage not in Stage.values:
            raise Invalid("Say which document, and what it should be.", code="stage_unknown")
        since: datetime | None = None
        if stage == Stage.LIVE:
            if missing := missing_for(checklist(partner), document):
                findings = [
                    Finding(code="missing", field=each.step, message=each.label, remedy=each.detail) for each in missing
                ]
                label = PartnerDocument.Document(document).label.lower()
                raise Invalid(
                    f"Something is still missing before {label} can go live.", code="not_ready", findings=findings
                )
            now = timezone.now()
            since = max(now, datetime.combine(on or now.date(), time(), UTC))
            if since > now + timedelta(days=366):
                raise Invalid("Choose a day within a year.", code="day_far")
        row, _ = PartnerDocument.objects.update_or_create(
            partner=partner, document=document, defaults={"stage": stage, "live_at": since}
        )
        partner_changed(
            actor, partner, "stage", f"{document} {stage}{f' from {since:%Y-%m-%d %H:%M}' if since else ''}", reason
        )
        return row


def partner_resend(*, actor: Actor, code: str, message_id: int, reason: str) -> OutboundMessage:
    """Send a delivered order, change or cancellation once more, as our records say it now, in a new envelope.

    Raises NotFound, NotAllowed, Invalid without a reason, Conflict for what has not been delivered.
    """
    with acting(actor=actor, reason=_reason(reason)):
        partner = partner_lock(actor, code)
        found = OutboundMessage.objects.filter(endpoint=partner.endpoint_id, document_kind="purchase_order")
        first = found.filter(pk=message_id).first()
        if first is None:
            raise NotFound("There is no such order message.")
        if first.state != OutboundMessage.State.DELIVERED:
            raise Conflict(
                "It has not been delivered yet: it goes by itself, or is replayed as a message.", code="not_delivered"
            )
        again = found.filter(key__startswith=f"{first.key}:again-").count() + 1
        topic = (
            first.topic if first.topic.startswith(ORDER_RESEND) else f"{ORDER_RESEND}{first.topic.rpartition('.')[2]}"
        )
        message = OutboundMessage.objects.create(
            endpoint_id=partner.endpoint_id, topic=topic, document_kind=first.document_kind,
            document_number=first.document_number, stream=first.stream, facility_id=first.facility_id,
            key=f"{first.key}:again-{again}", trace_id=first.trace_id, due_at=timezone.now(),
        )  # fmt: skip
        partner_changed(actor, partner, "resent", first.document_number, reason)
        ring_after_commit([partner.endpoint_id])
        return message


def partner_acknowledge_again(*, actor: Actor, code: str, message_id: int, reason: str) -> None:
    """Send the 997 of a received document's group once more, in a new envelope.

    Raises NotFound, NotAllowed, Invalid without a reason, Conflict for what no 997 answers.
    """
    with acting(actor=actor, reason=_reason(reason)):
        partner = partner_lock(actor, code)
        row = InboundMessage.objects.filter(endpoint=partner.endpoint_id, parent__isnull=False, pk=message_id).first()
        if row is None:
            raise NotFound("There is no such document.")
        if partner.format != Partner.Format.X12 or row.kind == "997" or not row.group:
            raise Conflict("No 997 answers this document.", code="not_acknowledged")
        place = f"{row.parent_id}/{row.group}"
        again = (
            OutboundMessage.objects.filter(endpoint=partner.endpoint_id, key__startswith=f"997again:{place}:").count()
            + 1
        )
        acknowledgement_queue(
            endpoint_id=partner.endpoint_id, file_id=row.parent_id or 0, position=row.group, trace_id=row.trace_id,
            key=f"997again:{place}:{again}",
        )  # fmt: skip
        partner_changed(actor, partner, "acknowledged_again", row.control_number, reason)


def partner_get(code: str) -> Partner:
    """The partner that the supplier with this code is. Raises NotFound."""
    partner = Partner.objects.select_related("supplier", "endpoint").filter(supplier__code=code).first()
    if partner is None:
        raise NotFound(f"{code} is no trading partner.")
    return partner


def partner_lock(actor: Actor, code: str) -> Partner:
    """The partner, its row locked, for somebody who may change it. Raises NotFound, NotAllowed."""
    partners_may_change(actor)
    with transaction.atomic():
        found = Partner.objects.select_related("supplier", "endpoint").select_for_update(of=("self",))
        partner = found.filter(supplier__code=code).first()
    if partner is None:
        raise NotFound(f"{code} is no trading partner.")
    return partner


def partners_may_change(actor: Actor) -> None:
    """Raises NotAllowed for everybody but integration support of the whole network."""
    if actor.scopes(Role.INTEGRATION_SUPPORT) is not EVERYWHERE:
        raise NotAllowed("Only integration support of the whole network may look after trading partners.")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    return reason.strip()


def partner_changed(actor: Actor, partner: Partner, what: str, detail: str, reason: str = "") -> None:
    """Note in the log what somebody changed."""
    emit(
        PartnerChanged(
            number=partner.supplier.code,
            facility_id=None,
            actor_id=actor.user_id,
            what=what,
            detail=detail,
            reason=reason,
        )
    )
