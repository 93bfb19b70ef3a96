"""What integration support may decide about messages, each with a reason: try again, settle, give up; pause and resume endpoints.

A message that is tried again keeps its key and its place in its stream, and where its effect is in doubt the remote is asked
first. So pressing twice, or two people pressing, has one effect.
"""

from __future__ import annotations

from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import emit
from core.models import BusinessEvent
from integrations.events import EndpointSwitched, MessageHandled
from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage
from integrations.services import effects
from integrations.services.doorbell import ring_after_commit
from masterdata.models import Role
from masterdata.selectors import scoped

State = OutboundMessage.State
_DOUBTFUL = (Attempt.Outcome.UNKNOWN, Attempt.Outcome.CONTRACT, Attempt.Outcome.CRASHED)


def message_replay(*, actor: Actor, message_id: int, reason: str) -> OutboundMessage:
    """Try a dead letter again. Where nobody knows whether it took effect, the remote is asked first.

    Raises NotFound, NotAllowed, Invalid (no reason), Conflict (not a dead letter: somebody was faster).
    """
    with acting(actor=actor, reason=_reason(reason)):
        message = _lock(actor, message_id, "replay messages")
        if message.state != State.DEAD:
            raise Conflict(
                f"This message is {message.get_state_display().lower()}: {_by_whom(message)}", code="not_dead"
            )
        last = message.attempts.order_by("-number").values_list("outcome", flat=True).first()
        in_doubt = last in _DOUBTFUL
        message.state = State.UNKNOWN if in_doubt else State.QUEUED
        if not in_doubt and message.cause == "permanent":
            # it was refused for what it said: say it as our records say it now
            message.payload = None
        _requeue(message)
        _handled(actor, message, "replayed", reason)
        return message


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
        emit(
            MessageHandled(
                number=f"in/{message.pk}", facility_id=message.facility_id, actor_id=actor.user_id, how="replayed",
                reason=reason, document_kind=message.document_kind, document_number=message.document_number,
                trace_id=message.trace_id,
            )
        )  # fmt: skip
        return message


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


def _handled(actor: Actor, message: OutboundMessage, how: str, reason: str) -> None:
    emit(
        MessageHandled(
            number=f"out/{message.pk}", facility_id=message.facility_id, actor_id=actor.user_id, how=how, reason=reason,
            document_kind=message.document_kind, document_number=message.document_number, trace_id=message.trace_id,
        )
    )  # fmt: skip
