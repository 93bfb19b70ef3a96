"""Takes over how messages fared before this database knew of them. Nothing is sent: what happened is written down.

For the history of the demo, and for bringing over a network's past from another system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone

from core.bulk import bulk_set
from core.tracing import tracing
from integrations.models import Attempt, Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services import effects
from integrations.services.channels import Channel, channel_for
from integrations.services.payloads import payload_keep
from integrations.services.tallies import tries_tally

State = OutboundMessage.State
_STATES = {
    Outcome.DELIVERED: State.DELIVERED, Outcome.FOUND: State.DELIVERED, Outcome.PERMANENT: State.DEAD,
    Outcome.CONTRACT: State.DEAD, Outcome.UNKNOWN: State.UNKNOWN, Outcome.TRANSIENT: State.RETRY,
    Outcome.AUTHENTICATION: State.RETRY,
}  # fmt: skip
PAUSE = timedelta(minutes=2)
"""Between two tries of the same message."""
_TOOK = timedelta(milliseconds=340)


@dataclass(frozen=True, kw_only=True)
class Told:
    """How one message fared: every try's answer, the last one counts, and when the first try was made."""

    message: OutboundMessage
    answers: Sequence[Answer]
    at: datetime


def messages_mark_history(told: Sequence[Told], *, with_payload: bool) -> None:
    """Record these tries, their outcome and what it means for the documents, in one transaction.

    Messages must be queued and bring their endpoint. `with_payload` also keeps the bytes, as they would be sent now.
    """
    channels: dict[int, Channel] = {}
    with transaction.atomic():
        if with_payload:
            for each in told:
                endpoint = each.message.endpoint
                channel = channels.setdefault(endpoint.pk, channel_for(endpoint))
                prepared = channel.prepare([each.message])[each.message.pk]
                each.message.payload = payload_keep(prepared.content, prepared.content_type) if prepared else None
        tries = [attempt for each in told for attempt in _attempts(each)]
        Attempt.objects.bulk_create(tries)
        tries_tally((t.message.endpoint_id, t.started_at, t.outcome, _TOOK.total_seconds()) for t in tries)
        _note_successes(told)
        bulk_set(OutboundMessage, sorted((each.message.pk, _values(each)) for each in told))
        for each in told:
            _take_effect(each)


def _note_successes(told: Sequence[Told]) -> None:
    """When each endpoint last took something."""
    last: dict[int, datetime] = {}
    for each in told:
        if _STATES[each.answers[-1].outcome] == State.DELIVERED:
            at = each.at + PAUSE * (len(each.answers) - 1)
            last[each.message.endpoint_id] = max(at, last.get(each.message.endpoint_id, at))
    for endpoint_id, at in last.items():
        Endpoint.objects.filter(pk=endpoint_id).update(last_success_at=Greatest("last_success_at", Value(at)))


def messages_release() -> int:
    """History ends here: what is still queued is due from this moment on. Returns how many messages."""
    return OutboundMessage.objects.filter(state=State.QUEUED).update(due_at=timezone.now())


def _attempts(told: Told) -> list[Attempt]:
    return [
        Attempt(
            message=told.message, number=number, started_at=told.at + PAUSE * (number - 1),
            finished_at=told.at + PAUSE * (number - 1) + _TOOK, outcome=answer.outcome.value,
            status_code=answer.status_code, detail=answer.detail[:500],
        )
        for number, answer in enumerate(told.answers, start=1)
    ]  # fmt: skip


def _values(told: Told) -> dict[str, object]:
    answer = told.answers[-1]
    state = _STATES[answer.outcome]
    done = state == State.DELIVERED
    ended = told.at + PAUSE * (len(told.answers) - 1)
    return {
        "state": state, "attempt_count": len(told.answers), "cause": "" if done else answer.outcome.value,
        "detail": answer.detail[:500], "remote_reference": answer.reference[:80],
        "delivered_at": ended if done else None, "due_at": ended, "payload_id": told.message.payload_id,
    }  # fmt: skip


def _take_effect(told: Told) -> None:
    answer = told.answers[-1]
    with tracing(told.message.trace_id):
        if answer.outcome in (Outcome.DELIVERED, Outcome.FOUND):
            effects.delivered(told.message, answer.reference)
        elif answer.outcome == Outcome.PERMANENT:
            effects.refused(told.message, answer)
