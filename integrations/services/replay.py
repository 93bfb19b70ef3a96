"""What integration support may decide about messages, each with a reason: try again, settle, give up; pause and resume endpoints.

A message that is tried again keeps its key and its place in its stream, and where its effect is in doubt the remote is asked
first. So pressing twice, or two people pressing, has one effect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.bulk import bulk_set
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import emit
from core.models import BusinessEvent
from integrations.events import EndpointSwitched, MessageHandled
from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage, Payload
from integrations.selectors import Group, group_of, inbound_group_of
from integrations.services import effects
from integrations.services.channels import channel_for
from integrations.services.doorbell import ring_after_commit
from integrations.services.payloads import payload_keep
from integrations.x12 import X12Error, read
from masterdata.models import Role
from masterdata.selectors import scoped

State = OutboundMessage.State
_DOUBTFUL = (Attempt.Outcome.UNKNOWN, Attempt.Outcome.CONTRACT, Attempt.Outcome.CRASHED)


def message_replay(
    *, actor: Actor, message_id: int, reason: str, rebuild: bool | None = None, shown: str = ""
) -> OutboundMessage:
    """Try a dead letter again. Where nobody knows whether it took effect, the remote is asked first.

    `rebuild` says it as our records say it now, else the bytes that were sent go again; None rebuilds what was refused for what it
    said. `shown` is the digest of the rebuilt text a person saw: another one now is a Conflict.
    Raises NotFound, NotAllowed, Invalid (no reason), Conflict (not a dead letter: somebody was faster).
    """
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock_dead(actor, message_id)
        in_doubt = _last_outcome(message) in _DOUBTFUL
        anew = rebuild if rebuild is not None else not in_doubt and message.cause == "permanent"
        if anew and shown and payload_rebuilt(message).sha256 != shown:
            raise Conflict("Our records changed since you looked: look at the difference again.", code="changed_since")
        if anew:
            message.payload = None
        message.state = State.UNKNOWN if in_doubt else State.QUEUED
        _requeue(message)
        _handled(actor, message, "replayed", reason)
        return message


def message_edit(*, actor: Actor, message_id: int, text: str, shown: str, reason: str) -> OutboundMessage:
    """Send a dead letter with another text. The old one is kept with its tries, and the event names both.

    `shown` is the digest of the text the person edited. Raises as message_replay, and Invalid for a text that is not of its kind,
    or is the same.
    """
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock_dead(actor, message_id)
        if message.payload is None:
            raise Conflict("Nothing was sent yet: there is no text to edit.", code="no_payload")
        if message.payload.sha256 != shown:
            raise Conflict("Somebody else changed the text: look at it again.", code="changed_since")
        content = _checked(text, message.payload)
        before, message.payload = message.payload, payload_keep(content, message.payload.content_type)
        message.state = State.UNKNOWN if _last_outcome(message) in _DOUBTFUL else State.QUEUED
        _requeue(message)
        _handled(actor, message, "edited", reason, before=before.sha256, after=message.payload.sha256)
        return message


def _checked(text: str, old: Payload) -> bytes:
    """The edited text as bytes of the same kind. Raises Invalid."""
    content = text.replace("\r\n", "\n").encode()
    if content == bytes(old.content):
        raise Invalid("The text is the same as before: replay it as it is.", code="unchanged")
    if old.content_type == "application/json":
        try:
            json.loads(text)
        except ValueError as fault:
            raise Invalid(f"This is not JSON: {fault}.", code="not_json") from fault
    elif old.content_type == "application/edi-x12":
        # pretty lines are for reading; the wire has what the separators say
        content = text.replace("\r", "").replace("\n", "").encode() if b"\n" not in bytes(old.content) else content
        try:
            read(content)
        except X12Error as fault:
            raise Invalid(f"This is not X12: {fault}", code="not_x12") from fault
    return content


def payload_rebuilt(message: OutboundMessage) -> Payload:
    """What would be sent if the document were built now. Nothing is kept and no control number is used up.

    Raises Invalid where it cannot be built, or where nothing is left to tell.
    """
    with transaction.atomic():
        try:
            prepared = channel_for(message.endpoint).prepare([message])[message.pk]
        except (LookupError, ValueError, ImproperlyConfigured) as fault:
            raise Invalid(f"The document cannot be built: {fault}", code="unbuildable") from fault
        finally:
            transaction.set_rollback(True)
    if prepared is None:
        raise Invalid("Nothing is left to tell.", code="nothing_to_tell")
    digest = hashlib.sha256(prepared.content).hexdigest()
    return Payload(sha256=digest, content=prepared.content, content_type=prepared.content_type)


GROUP_RATE: Final = 600
"""Messages of a replayed group per minute, where the endpoint has no rate of its own: a flood must not come back as a flood."""


def group_replay(*, actor: Actor, group: Group, reason: str) -> int:
    """Try all dead letters of one cause again, spread over time. Returns how many.

    Raises NotAllowed, Invalid (no reason), Conflict (none left: somebody was faster).
    """
    with acting(actor=actor, reason=_reason(reason)):
        found = (
            group_of(actor, group)
            .select_related("endpoint")
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("urgent", "id")
        )
        messages = list(found[:GROUP_MOST])
        if not messages:
            raise Conflict(f"None of these is a dead letter any more: {_group_by_whom(group)}", code="not_dead")
        for facility_id in {message.facility_id for message in messages}:
            _may(actor, facility_id, "replay messages")
        rate = messages[0].endpoint.rate_per_minute or GROUP_RATE
        doubtful = _in_doubt_among(messages)
        now = timezone.now()
        rows = [
            (
                message.pk,
                {
                    "state": State.UNKNOWN if message.pk in doubtful else State.QUEUED,
                    "payload_id": None if message.cause == "permanent" else message.payload_id,
                    "due_at": now + timedelta(seconds=place * 60 / rate),
                    "lease_until": None,
                },
            )
            for place, message in enumerate(messages)
        ]
        bulk_set(OutboundMessage, rows)
        emit(*(_event(actor, message, "replayed", reason) for message in messages))
        ring_after_commit({message.endpoint_id for message in messages})
        return len(messages)


GROUP_MOST: Final = 5000


def _in_doubt_among(messages: Sequence[OutboundMessage]) -> set[int]:
    last = (
        Attempt.objects.filter(message__in=messages)
        .order_by("message_id", "-number")
        .distinct("message_id")
        .values_list("message_id", "outcome")
    )
    return {pk for pk, outcome in last if outcome in _DOUBTFUL}


def _group_by_whom(group: Group) -> str:
    """Who replayed the group last, as far as an example of it tells."""
    example = OutboundMessage.objects.filter(pk=group.example_id).first() if group.example_id else None
    return _by_whom(example) if example else "there is nothing to replay."


def _lock_dead(actor: Actor, message_id: int) -> OutboundMessage:
    message = _lock(actor, message_id, "replay messages")
    if message.state != State.DEAD:
        raise Conflict(f"This message is {message.get_state_display().lower()}: {_by_whom(message)}", code="not_dead")
    return message


def _last_outcome(message: OutboundMessage) -> str | None:
    return message.attempts.order_by("-number").values_list("outcome", flat=True).first()


def message_resend(*, actor: Actor, message_id: int, reason: str) -> OutboundMessage:
    """A person has made sure that an unknown outcome did not take effect: send it again without asking.

    If the remote has it after all, it will be there twice. Raises as message_replay.
    """
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock(actor, message_id, "resend messages")
        _in_doubt(message)
        message.state = State.QUEUED
        _requeue(message)
        _handled(actor, message, "resent", reason)
        return message


def message_mark_delivered(
    *, actor: Actor, message_id: int, reason: str, remote_reference: str = ""
) -> OutboundMessage:
    """A person has seen the document in the remote system: settle it with the number it has there.

    If it is not there, it will never be sent. Raises as message_replay, and Invalid where the remote's number is needed.
    """
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock(actor, message_id, "settle messages")
        _in_doubt(message)
        if message.endpoint.kind == Endpoint.Kind.ERP and not remote_reference.strip():
            raise Invalid("Give the number the document has in the ERP.", code="remote_reference_missing")
        message.state, message.cause, message.detail = State.DELIVERED, "", f"Settled by {actor.name}: {reason}"[:500]
        message.remote_reference, message.delivered_at = remote_reference.strip()[:80], timezone.now()
        message.save()
        effects.delivered(message, message.remote_reference, actor=actor)
        _handled(actor, message, "marked_delivered", reason)
        ring_after_commit([message.endpoint_id])
        return message


def message_cancel(*, actor: Actor, message_id: int, reason: str) -> OutboundMessage:
    """Give a dead letter up: it is never sent, and what waits behind it goes on. Raises as message_replay."""
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock(actor, message_id, "give messages up")
        if message.state != State.DEAD:
            raise Conflict("Only a dead letter can be given up.", code="not_dead")
        message.state, message.detail = State.CANCELLED, f"Given up by {actor.name}: {reason}. {message.detail}"[:500]
        message.save()
        _handled(actor, message, "cancelled", reason)
        ring_after_commit([message.endpoint_id])
        return message


def inbound_replay(*, actor: Actor, message_id: int, reason: str) -> InboundMessage:
    """Work on a received document again: a dead letter, a parked or a quarantined one. Raises NotFound, NotAllowed, Conflict."""
    with acting(actor=actor, reason=_reason(reason)):
        message = InboundMessage.objects.filter(scoped(actor), pk=message_id).select_for_update(of=("self",)).first()
        if message is None:
            raise NotFound("There is no such message.")
        _may(actor, message.facility_id, "replay messages")
        again = (InboundMessage.State.FAILED, InboundMessage.State.PARKED, InboundMessage.State.QUARANTINED)
        if message.state not in again:
            raise Conflict(f"This message is {message.get_state_display().lower()} already.", code="not_replayable")
        message.state, message.due_at, message.attempt_count = InboundMessage.State.RECEIVED, timezone.now(), 0
        message.save()
        emit(_inbound_event(actor, message, reason))
        return message


def inbound_group_replay(*, actor: Actor, group: Group, reason: str) -> int:
    """Work on everything that was set aside for one cause again, spread over time. Returns how many.

    Raises NotAllowed, Invalid (no reason), Conflict (none left: somebody was faster).
    """
    with acting(actor=actor, reason=_reason(reason)):
        found = inbound_group_of(actor, group).select_for_update(of=("self",), skip_locked=True).order_by("id")
        messages = list(found[:GROUP_MOST])
        if not messages:
            raise Conflict("None of these is set aside any more: somebody was faster.", code="not_dead")
        for facility_id in {message.facility_id for message in messages}:
            _may(actor, facility_id, "replay messages")
        now = timezone.now()
        bulk_set(
            InboundMessage,
            [
                (
                    message.pk,
                    {
                        "state": InboundMessage.State.RECEIVED, "attempt_count": 0,
                        "due_at": now + timedelta(seconds=place * 60 / GROUP_RATE),
                    },
                )
                for place, message in enumerate(messages)
            ],
        )  # fmt: skip
        emit(*(_inbound_event(actor, message, reason) for message in messages))
        return len(messages)


def _inbound_event(actor: Actor, message: InboundMessage, reason: str) -> MessageHandled:
    return MessageHandled(
        number=f"in/{message.pk}", facility_id=message.facility_id, actor_id=actor.user_id, how="replayed", reason=reason,
        document_kind=message.document_kind, document_number=message.document_number, trace_id=message.trace_id,
    )  # fmt: skip


def endpoint_pause(*, actor: Actor, code: str, reason: str) -> Endpoint:
    """Stop sending to and taking from an endpoint; messages queue up meanwhile. Raises NotFound, NotAllowed, Invalid."""
    return _switch(actor, code, paused=True, reason=reason)


def endpoint_resume(*, actor: Actor, code: str, reason: str) -> Endpoint:
    """Go on: what waited drains in order. An open circuit is closed for a new try. Raises NotFound, NotAllowed, Invalid."""
    return _switch(actor, code, paused=False, reason=reason)


def _switch(actor: Actor, code: str, *, paused: bool, reason: str) -> Endpoint:
    with acting(actor=actor, reason=_reason(reason)):
        _may(actor, None, "pause or resume endpoints")
        endpoint = Endpoint.objects.select_for_update().filter(code=code).first()
        if endpoint is None:
            raise NotFound(f"There is no endpoint {code}.")
        endpoint.paused, endpoint.pause_reason = paused, reason[:200] if paused else ""
        if not paused:
            endpoint.circuit_open_until = None
        endpoint.save(update_fields=["paused", "pause_reason", "circuit_open_until"])
        emit(EndpointSwitched(number=code, facility_id=None, actor_id=actor.user_id, paused=paused, reason=reason))
        ring_after_commit([endpoint.pk])
        return endpoint


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    return reason.strip()


def _lock(actor: Actor, message_id: int, to: str) -> OutboundMessage:
    message = (
        OutboundMessage.objects.filter(scoped(actor), pk=message_id)
        .select_related("endpoint")
        .select_for_update(of=("self",))
        .first()
    )
    if message is None:
        raise NotFound("There is no such message.")
    _may(actor, message.facility_id, to)
    return message


def _may(actor: Actor, facility_id: int | None, to: str) -> None:
    """Integration support: at the message's facility, or network-wide for what belongs to none."""
    if facility_id is not None:
        actor.require(Role.INTEGRATION_SUPPORT, scope=facility_id, to=to)
    elif actor.scopes(Role.INTEGRATION_SUPPORT) is not EVERYWHERE:
        raise NotAllowed(
            f"You may not {to} here: that takes integration support for the whole network.", code="role_missing"
        )


def _in_doubt(message: OutboundMessage) -> None:
    doubtful = message.state == State.UNKNOWN or (
        message.state == State.DEAD and message.cause in ("contract", "crashed")
    )
    if not doubtful:
        raise Conflict(
            f"The outcome of this message is not in doubt: it is {message.get_state_display().lower()}.",
            code="not_in_doubt",
        )


def _requeue(message: OutboundMessage) -> None:
    message.due_at, message.lease_until = timezone.now(), None
    message.save(update_fields=["state", "due_at", "lease_until", "payload"])
    ring_after_commit([message.endpoint_id])


def _by_whom(message: OutboundMessage) -> str:
    event = (
        BusinessEvent.objects.filter(kind="message", number=f"out/{message.pk}")
        .select_related("actor")
        .order_by("-id")
        .first()
    )
    if event is None or event.actor is None:
        return "there is nothing to replay."
    return f"already {event.data['how'].replace('_', ' ')} by {event.actor.name}."


def _handled(actor: Actor, message: OutboundMessage, how: str, reason: str, before: str = "", after: str = "") -> None:
    emit(_event(actor, message, how, reason, before, after))


def _event(
    actor: Actor, message: OutboundMessage, how: str, reason: str, before: str = "", after: str = ""
) -> MessageHandled:
    return MessageHandled(
        number=f"out/{message.pk}", facility_id=message.facility_id, actor_id=actor.user_id, how=how, reason=reason,
        document_kind=message.document_kind, document_number=message.document_number, trace_id=message.trace_id,
        before=before, after=after,
    )  # fmt: skip
