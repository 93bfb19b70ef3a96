"""Takes messages from the outbox to their endpoints: once, in order per stream, and never silently.

A message is claimed with a lease, every try is written down before it runs, the payload is frozen before it leaves, the remote
is called outside any transaction, and the result is recorded together with its effect. Whatever dies on the way is found by its
lease, and because nobody knows what it did, the remote is asked before anything is sent again.
"""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from core.tracing import tracing
from integrations.models import Attempt, Endpoint, OutboundMessage, Payload
from integrations.remote import Answer, Outcome
from integrations.services import effects
from integrations.services.channels import Channel, channel_for
from integrations.services.endpoints import available, backoff, endpoint_heard, place_at

MOST_CRASHES: Final = 5
BATCH: Final = 20
BUDGET: Final = 5.0
"""Seconds after which a worker gives its place back."""
_MARGIN: Final = 5.0
_AMBIGUOUS: Final = (Attempt.Outcome.UNKNOWN, Attempt.Outcome.CONTRACT, Attempt.Outcome.CRASHED)

State = OutboundMessage.State
_log = structlog.get_logger(__name__)

_CLAIM: Final = """
WITH heads AS (
    SELECT m.id, m.state AS was FROM integrations_outboundmessage m
    WHERE m.endpoint_id = %(endpoint)s AND m.state IN ('queued', 'retry', 'unknown') AND m.due_at <= %(now)s::timestamptz
      AND NOT (m.state = 'unknown' AND %(manual)s)
      AND NOT EXISTS (
        SELECT 1 FROM integrations_outboundmessage o
        WHERE o.endpoint_id = m.endpoint_id AND o.stream = m.stream AND o.id < m.id
          AND (o.state IN ('queued', 'retry', 'in_flight', 'unknown')
               OR (o.state = 'dead' AND o.topic = 'purchase_order.create')))
    ORDER BY m.urgent DESC, m.due_at, m.id
    LIMIT %(limit)s
    FOR UPDATE OF m SKIP LOCKED
)
UPDATE integrations_outboundmessage m SET state = 'in_flight', lease_until = %(until)s::timestamptz
FROM heads WHERE m.id = heads.id RETURNING m.id, heads.was
"""


class _LostLease(Exception):
    """Somebody else has the message by now: nothing of this try may be recorded as its result."""


# --- finding work ---------------------------------------------------------------------------------------------------


def endpoints_due() -> list[int]:
    """Endpoints that may be used now and have something to deliver."""
    waiting = OutboundMessage.objects.filter(
        endpoint=OuterRef("pk"), state__in=OutboundMessage.WAITING, due_at__lte=timezone.now()
    )
    return list(Endpoint.objects.filter(available(), Exists(waiting)).values_list("pk", flat=True))


def leases_recover() -> int:
    """Take messages back whose worker died. A try that had begun counts as a crash and its effect as unknown."""
    with transaction.atomic():
        lost = list(
            OutboundMessage.objects.filter(state=State.IN_FLIGHT, lease_until__lt=timezone.now())
            .select_related("endpoint")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("id")[:500]
        )
        for message in lost:
            _take_back(message)
    return len(lost)


def _take_back(message: OutboundMessage) -> None:
    attempts = Attempt.objects.filter(message=message)
    now = timezone.now()
    crashed = attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
        outcome=Attempt.Outcome.CRASHED, finished_at=now, detail="The worker died; nobody knows how far it came."
    )
    crashes = attempts.filter(outcome=Attempt.Outcome.CRASHED).aggregate(n=Count("pk"))["n"]
    if crashed and crashes >= MOST_CRASHES:
        message.state, message.cause = State.DEAD, "crashed"
        message.detail = f"The worker died {crashes} times while delivering this."
    else:
        message.state = _state_before(message)
        quiet = message.endpoint.quiet_seconds if crashed and message.endpoint.duplicates == "lookup" else 0
        message.due_at = now + timedelta(seconds=quiet)
        if crashed:
            message.cause, message.detail = "crashed", "The worker died; the remote is asked before it is sent again."
    message.lease_until = None
    message.save(update_fields=["state", "cause", "detail", "due_at", "lease_until"])


def _state_before(message: OutboundMessage) -> str:
    """What a claimed message was, told by its last try."""
    last = Attempt.objects.filter(message=message).order_by("-number").values_list("outcome", flat=True).first()
    if last is None:
        return State.QUEUED
    return State.UNKNOWN if last in _AMBIGUOUS else State.RETRY


# --- a batch ----------------------------------------------------------------------------------------------------------


def endpoint_deliver(endpoint_id: int, *, budget: float = BUDGET) -> int:
    """Deliver what is due at an endpoint, for at most `budget` seconds and one more try. Returns how many tries were made."""
    endpoint = Endpoint.objects.filter(available(), pk=endpoint_id).first()
    if endpoint is None:
        return 0
    with place_at(endpoint.pk, endpoint.parallel) as free:
        return _deliver_while(endpoint, time.monotonic() + budget) if free else 0


def _deliver_while(endpoint: Endpoint, ends: float) -> int:
    try:
        channel = channel_for(endpoint)
    except ImproperlyConfigured as fault:
        _log.error("endpoint_misconfigured", endpoint=endpoint.code, reason=str(fault))
        return 0
    tries, going = 0, True
    while going and time.monotonic() < ends:
        # after failures one message is the probe; the rest stays where it is
        claimed = _claim(endpoint, 1 if endpoint.consecutive_failures else BATCH)
        if not claimed:
            break
        while claimed and going and time.monotonic() < ends:
            message, was = claimed.pop(0)
            tries += 1
            going = _deliver_safely(channel, message, was)
            endpoint = message.endpoint
        _hand_back(claimed)
        fresh = Endpoint.objects.filter(available(), pk=endpoint.pk).first()
        if fresh is None:
            break
        endpoint = fresh
    return tries


def _claim(endpoint: Endpoint, limit: int) -> list[tuple[OutboundMessage, str]]:
    """The heads of as many streams, urgent ones first, leased to this worker."""
    now = timezone.now()
    values: dict[str, int | bool | str] = {
        "endpoint": endpoint.pk, "limit": limit, "now": now.isoformat(),
        "until": (now + timedelta(seconds=2 * endpoint.deadline + BUDGET + _MARGIN)).isoformat(),
        "manual": endpoint.duplicates == Endpoint.Duplicates.MANUAL,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        was: dict[int, str] = dict(cursor.fetchall())
    rows = OutboundMessage.objects.filter(pk__in=was).select_related("payload").order_by("-urgent", "due_at", "id")
    found = [(message, was[message.pk]) for message in rows]
    for message, _ in found:
        message.endpoint = endpoint
    return found


def _hand_back(claimed: list[tuple[OutboundMessage, str]]) -> None:
    for message, was in claimed:
        OutboundMessage.objects.filter(
            pk=message.pk, state=State.IN_FLIGHT, attempt_count=message.attempt_count
        ).update(state=was, lease_until=None)


def _deliver_safely(channel: Channel, message: OutboundMessage, was: str) -> bool:
    """Deliver one message; whatever goes wrong inside delays only this message. Returns whether to go on with the endpoint."""
    with tracing(message.trace_id):
        try:
            return _deliver(channel, message, was)
        except DatabaseError:
            raise
        except Exception:  # noqa: BLE001 - a poisoned document delays only itself
            # its lease runs out, the crash is counted, and the next try asks the remote first
            _log.exception("delivery_failed", message=message.pk, topic=message.topic)
            return True


# --- one message ------------------------------------------------------------------------------------------------------


def _deliver(channel: Channel, message: OutboundMessage, was: str) -> bool:
    asks = was == State.UNKNOWN and message.endpoint.duplicates == Endpoint.Duplicates.LOOKUP
    if asks:
        attempt = _attempt(message, "find")
        answer = channel.find(message)
        if answer.outcome != Outcome.MISSING:
            _record(message, attempt, answer)
            return endpoint_heard(message.endpoint, answer)
        _note(attempt, answer)
    attempt = _attempt(message, "send")
    frozen = _freeze(channel, message)
    if isinstance(frozen, Answer):
        _record(message, attempt, frozen)
        return True
    answer = channel.send(message, frozen)
    _record(message, attempt, answer)
    return endpoint_heard(message.endpoint, answer)


def _attempt(message: OutboundMessage, purpose: str) -> Attempt:
    """Write the try down before it runs, and stretch the lease over it. Raises _LostLease."""
    now = timezone.now()
    with transaction.atomic():
        mine = OutboundMessage.objects.filter(
            pk=message.pk, state=State.IN_FLIGHT, attempt_count=message.attempt_count
        ).update(
            attempt_count=message.attempt_count + 1,
            lease_until=now + timedelta(seconds=2 * message.endpoint.deadline + _MARGIN),
        )
        if not mine:
            raise _LostLease(f"message {message.pk}")
        message.attempt_count += 1
        return Attempt.objects.create(message=message, number=message.attempt_count, purpose=purpose, started_at=now)


def _freeze(channel: Channel, message: OutboundMessage) -> bytes | Answer:
    """The bytes to send: built once, kept, and the same at every further try. An Answer where there is nothing to send."""
    if message.payload is not None:
        return bytes(message.payload.content)
    try:
        with transaction.atomic():
            prepared = channel.prepare(message)
            if prepared is None:
                return Answer(outcome=Outcome.DELIVERED, detail="Nothing is left to tell.")
            message.payload = payload_keep(prepared.content, prepared.content_type)
            message.save(update_fields=["payload"])
            return prepared.content
    except DatabaseError:
        raise
    except Exception as fault:  # noqa: BLE001 - a poisoned document delays only itself
        _log.exception("document_unbuildable", message=message.pk, topic=message.topic)
        return Answer(outcome=Outcome.PERMANENT, detail=f"The document cannot be built: {fault}")


def payload_keep(content: bytes, content_type: str) -> Payload:
    """Keep bytes once per content."""
    digest = hashlib.sha256(content).hexdigest()
    row = Payload(sha256=digest, content=content, content_type=content_type[:60])
    Payload.objects.bulk_create([row], ignore_conflicts=True)
    return row


def _record(message: OutboundMessage, attempt: Attempt, answer: Answer) -> None:
    """The result and its effect, in one transaction, tried again where another one was in the way.

    A lost lease leaves only the attempt's own words.
    """
    for last in (False, False, True):
        try:
            with transaction.atomic():
                _record_once(message, attempt, answer)
            return
        except _LostLease:
            _note(attempt, answer)
            return
        except OperationalError:
            if last:
                raise


def _record_once(message: OutboundMessage, attempt: Attempt, answer: Answer) -> None:
    values = _result(message, answer)
    if answer.outcome in (Outcome.DELIVERED, Outcome.FOUND):
        effects.delivered(message, answer.reference)
    elif answer.outcome == Outcome.PERMANENT:
        effects.refused(message, answer)
    mine = OutboundMessage.objects.filter(pk=message.pk, state=State.IN_FLIGHT, attempt_count=attempt.number)
    if not mine.update(**values, lease_until=None):
        raise _LostLease
    _note(attempt, answer)


def _note(attempt: Attempt, answer: Answer) -> None:
    attempt.outcome = answer.outcome.value
    attempt.finished_at = timezone.now()
    attempt.status_code = answer.status_code
    attempt.detail = answer.detail[:500]
    attempt.answer = payload_keep(answer.raw, answer.raw_type) if answer.raw else None
    attempt.save()


def _result(message: OutboundMessage, answer: Answer) -> dict[str, object]:
    """What the message becomes after this answer."""
    now = timezone.now()
    outcome = answer.outcome
    words: dict[str, object] = {"cause": outcome.value, "detail": answer.detail[:500]}
    if outcome in (Outcome.DELIVERED, Outcome.FOUND):
        return {
            "state": State.DELIVERED, "delivered_at": now, "remote_reference": answer.reference[:80],
            "cause": "", "detail": answer.detail[:500],
        }  # fmt: skip
    if outcome == Outcome.PERMANENT:
        return {"state": State.DEAD, **words}
    if outcome == Outcome.CONTRACT:
        unknown = f"{answer.detail} Whether it took effect is not known."
        return {"state": State.DEAD, "cause": "contract", "detail": unknown[:500]}
    return {"state": _waiting_state(message, outcome), "due_at": _due(message, answer, now), **words}


def _waiting_state(message: OutboundMessage, outcome: Outcome) -> str:
    """Unknown stays unknown until somebody asked: a failed question is no answer."""
    return (
        State.UNKNOWN
        if outcome == Outcome.UNKNOWN or message.cause in ("unknown", "crashed", "contract")
        else State.RETRY
    )


def _due(message: OutboundMessage, answer: Answer, now: datetime) -> datetime:
    pause = backoff(message.attempt_count)
    if answer.retry_after is not None:
        pause = max(pause, timedelta(seconds=answer.retry_after))
    if answer.outcome == Outcome.UNKNOWN and message.endpoint.duplicates == Endpoint.Duplicates.LOOKUP:
        pause = max(pause, timedelta(seconds=message.endpoint.quiet_seconds))
    return now + pause
