"""Takes messages from the outbox to their endpoints: once, in order per stream, and never silently.

Workers take a batch with a lease, its tries counted before they run; payloads are frozen before they leave; the remote is
called outside any transaction; results are recorded together with their effects. Whatever dies on the way is found by its lease,
and because nobody knows what it did, the remote is asked before anything is sent again.

Endpoints take turns, those with something urgent first, so that no backlog holds up what is urgent elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from core.tracing import tracing
from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services import effects, relay
from integrations.services.channels import Channel, Prepared, channel_for
from integrations.services.drift import drift_note
from integrations.services.endpoints import available, backoff, endpoint_heard, place_at, tokens_return, tokens_take
from integrations.services.payloads import payloads_keep
from integrations.services.relay import Settled, Taken
from integrations.services.tallies import tries_tally
from integrations.spans import span

BATCH: Final = 500
SLICE: Final = 1.0
"""Seconds an endpoint is served before the next one has its turn."""
RUN: Final = 5.0
"""Seconds after which a worker gives its place back."""
_FIRST_BATCH: Final = 10
_BATCH_SECONDS: Final = 0.25
"""How long a batch should take: what waits behind it, and what is in doubt if the worker dies, stays small."""
_MARGIN: Final = 10.0

State = OutboundMessage.State
_log = structlog.get_logger(__name__)


# --- whose turn it is -------------------------------------------------------------------------------------------------


def endpoints_due(*, urgent_first: bool = True) -> list[int]:
    """Endpoints that may be used now and have something to deliver; those that were served longest ago come first."""
    waiting = OutboundMessage.objects.filter(
        endpoint=OuterRef("pk"), state__in=OutboundMessage.WAITING, due_at__lte=timezone.now()
    ).exclude(state=State.UNKNOWN, endpoint__duplicates=Endpoint.Duplicates.MANUAL)
    found = Endpoint.objects.filter(available()).annotate(
        urgent=Subquery(waiting.order_by("-urgent").values("urgent")[:1])
    )
    turns = ["-urgent"] if urgent_first else []
    found = found.filter(Q(urgent=True) | Q(urgent=False))
    return list(found.order_by(*turns, F("served_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))


def deliver_run(*, seconds: float = RUN) -> int:
    """Serve endpoints in turn for at most so many seconds and one more slice. Returns how many tries were made."""
    ends, tries, turn, idle = time.monotonic() + seconds, 0, 0, set[int]()
    while time.monotonic() < ends:
        # every fourth turn goes by age alone, so that a flood of urgent messages does not silence the rest
        due = [pk for pk in endpoints_due(urgent_first=turn % 4 != 3) if pk not in idle]
        if not due:
            break
        made = endpoint_deliver(due[0])
        tries, turn = tries + made, turn + 1
        if not made:
            idle.add(due[0])
    return tries


def endpoint_deliver(endpoint_id: int, *, seconds: float = SLICE) -> int:
    """Deliver what is due at an endpoint, for at most so many seconds and one more batch. Returns how many tries were made."""
    endpoint = Endpoint.objects.filter(available(), pk=endpoint_id).first()
    if endpoint is None:
        return 0
    with place_at(endpoint.pk, endpoint.parallel) as free:
        if not free:
            return 0
        Endpoint.objects.filter(pk=endpoint.pk).update(served_at=timezone.now())
        try:
            channel = channel_for(endpoint)
        except ImproperlyConfigured as fault:
            _log.error("endpoint_misconfigured", endpoint=endpoint.code, reason=str(fault))
            return 0
        with closing(channel):
            return _Slice(endpoint, channel, time.monotonic() + seconds).run()


class _Slice:
    """One endpoint's turn."""

    def __init__(self, endpoint: Endpoint, channel: Channel, ends: float) -> None:
        self.endpoint, self.channel, self.ends = endpoint, channel, ends
        self.size, self.tries = _FIRST_BATCH, 0
        self.read_at = time.monotonic()

    def run(self) -> int:
        # suspects have one try at the beginning, so that they do not wait for ever, and the rest of the slice when nothing else waits
        going = self._batch(suspects=True) is not False
        while going:
            ran = self._batch()
            going = bool(self._batch(suspects=True)) if ran is None else ran
            going = going and time.monotonic() < self.ends and self._open()
        return self.tries

    def _open(self) -> bool:
        """Whether the endpoint may still be used; asked of the database a few times per second."""
        if time.monotonic() - self.read_at < _BATCH_SECONDS:
            return True
        fresh = Endpoint.objects.filter(available(), pk=self.endpoint.pk).first()
        if fresh is None:
            return False
        self.endpoint, self.read_at = fresh, time.monotonic()
        return True

    def _batch(self, *, suspects: bool = False) -> bool | None:
        """One batch. Whether to go on with the endpoint; None where there was nothing to do."""
        endpoint = self.endpoint
        # after failures one message is the probe, and where a person has to decide about every doubt there is only one doubt
        alone = suspects or endpoint.consecutive_failures or endpoint.duplicates == Endpoint.Duplicates.MANUAL
        allowed = tokens_take(endpoint, 1 if alone else self.size)
        if not allowed:
            return False
        batch = relay.take(endpoint, allowed, seconds=_lease(endpoint), suspects=suspects)
        tokens_return(endpoint, allowed - len(batch))
        if not batch:
            return None
        began = time.monotonic()
        ran, going = self._run(batch)
        self.tries += ran
        if ran == len(batch):
            pace = (time.monotonic() - began) / ran
            self.size = max(1, min(BATCH, self.size * 4, int(_BATCH_SECONDS / max(pace, 1e-6))))
        return going

    def _run(self, batch: Sequence[Taken]) -> tuple[int, bool]:
        """Try each; what is not reached in time goes back. How many were tried, and whether to go on."""
        _freeze(self.channel, [each for each in batch if not each.asks])
        ends, going, ran = time.monotonic() + 2 * _BATCH_SECONDS, True, 0
        for each in batch:
            if not going or time.monotonic() > ends:
                break
            ran += 1
            going = self._try_safely(each)
        relay.hand_back(batch[ran:])
        _record(self.endpoint, [each for each in batch if each.answer is not None])
        return ran, going

    def _try_safely(self, each: Taken) -> bool:
        """One message; whatever goes wrong inside delays only this message. Returns whether to go on with the endpoint."""
        if each.answer is not None:
            return True
        with tracing(each.message.trace_id):
            try:
                return self._try(each)
            except DatabaseError:
                raise
            except Exception:  # noqa: BLE001 - a poisoned document delays only itself
                # its lease runs out, the crash is counted, and the next try asks the remote first
                _log.exception("delivery_failed", message=each.message.pk, topic=each.message.topic)
                return True

    def _try(self, each: Taken) -> bool:
        message = each.message
        each.begin()
        if each.asks:
            with span("ask", message) as told:
                answer = told(self.channel.find(message))
            each.heard(answer)
            if answer.outcome != Outcome.MISSING:
                return endpoint_heard(self.endpoint, answer)
            if not relay.try_again(each, seconds=_lease(self.endpoint)):
                return True
            _freeze(self.channel, [each])
            if each.answer is not None:
                return True
            each.begin()
        with span("send", message) as told:
            answer = told(self.channel.send(message, each.content or b""))
        each.heard(answer)
        return endpoint_heard(self.endpoint, answer)


def _lease(endpoint: Endpoint) -> float:
    """A batch is given up after a short while; its last message may ask and tell."""
    return 2 * endpoint.deadline + 4 * _BATCH_SECONDS + _MARGIN


# --- freezing ---------------------------------------------------------------------------------------------------------


def _freeze(channel: Channel, batch: Sequence[Taken]) -> None:
    """The bytes to send: built once, kept, and the same at every further try. What cannot be built has its answer at once."""
    channel.open([each.message for each in batch])
    new = [each for each in batch if each.content is None]
    if not new:
        return
    try:
        _freeze_together(channel, new)
    except OperationalError:
        raise
    except Exception as fault:  # noqa: BLE001 - a poisoned document delays only itself
        if len(new) > 1:
            for each in new:
                _freeze(channel, [each])
            return
        _log.exception("document_unbuildable", message=new[0].message.pk, topic=new[0].message.topic)
        new[0].heard(Answer(outcome=Outcome.PERMANENT, detail=f"The document cannot be built: {fault}"))


def _freeze_together(channel: Channel, new: Sequence[Taken]) -> None:
    with transaction.atomic():
        prepared = channel.prepare([each.message for each in new])
        found = {pk: one for pk, one in prepared.items() if one is not None}
        digests = payloads_keep((one.content, one.content_type) for one in found.values())
        relay.freeze(dict(zip(found, digests, strict=True)), new)
    for each in new:
        _frozen(each, found.get(each.message.pk))


def _frozen(each: Taken, prepared: Prepared | None) -> None:
    if prepared is None:
        each.heard(Answer(outcome=Outcome.DELIVERED, detail="Nothing is left to tell."))
    else:
        each.content = prepared.content


# --- recording --------------------------------------------------------------------------------------------------------


def _record(endpoint: Endpoint, done: Sequence[Taken]) -> None:
    """Results and their effects, in one transaction; where one is in the way of the others, each in its own."""
    if not done:
        return
    for _ in range(2):
        try:
            _record_together(endpoint, done)
        except OperationalError:
            continue
        except Exception:
            if len(done) == 1:
                raise
            break
        return
    for each in done:
        with tracing(each.message.trace_id):
            try:
                _record_together(endpoint, [each])
            except DatabaseError:
                raise
            except Exception:  # noqa: BLE001 - a poisoned document delays only itself
                _log.exception("record_failed", message=each.message.pk, topic=each.message.topic)


def _record_together(endpoint: Endpoint, done: Sequence[Taken]) -> None:
    """A lost lease leaves only the attempt's own words."""
    with transaction.atomic():
        tries = [each for taken in done for each in taken.tries]
        kept = iter(payloads_keep((t.answer.raw, t.answer.raw_type) for t in tries if t.answer.raw))
        settled = [(each, _result(endpoint, each.message, each.answer)) for each in done if each.answer is not None]
        mine = relay.settle(settled)
        relay.note(tries, [next(kept) if each.answer.raw else None for each in tries])
        effects.take_effect([(e.message, e.answer) for e in done if e.answer and e.message.pk in mine])
        drift_note(endpoint, tries)
        tries_tally((endpoint.pk, each.finished_at, each.answer.outcome.value, each.seconds) for each in tries)


def _result(endpoint: Endpoint, message: OutboundMessage, answer: Answer) -> Settled:
    """What the message becomes after this answer."""
    now, outcome = timezone.now(), answer.outcome
    if outcome in (Outcome.DELIVERED, Outcome.FOUND):
        return Settled(state=State.DELIVERED, detail=answer.detail, delivered_at=now, reference=answer.reference)
    if outcome == Outcome.PERMANENT:
        return Settled(state=State.DEAD, cause=outcome.value, detail=answer.detail)
    if outcome == Outcome.CONTRACT:
        unknown = f"{answer.detail} Whether it took effect is not known."
        return Settled(state=State.DEAD, cause=outcome.value, detail=unknown)
    state, due = _waiting_state(message, outcome), _due(endpoint, message, answer, now)
    return Settled(state=state, cause=outcome.value, detail=answer.detail, due_at=due)


def _waiting_state(message: OutboundMessage, outcome: Outcome) -> str:
    """Unknown stays unknown until somebody asked: a failed question is no answer. What awaits its verdict is known to be there."""
    if outcome == Outcome.PENDING:
        return State.RETRY
    return (
        State.UNKNOWN
        if outcome == Outcome.UNKNOWN or message.cause in ("unknown", "crashed", "contract")
        else State.RETRY
    )


def _due(endpoint: Endpoint, message: OutboundMessage, answer: Answer, now: datetime) -> datetime:
    pause = backoff(message.attempt_count)
    if answer.retry_after is not None:
        pause = max(pause, timedelta(seconds=answer.retry_after))
    if answer.outcome == Outcome.UNKNOWN and endpoint.duplicates == Endpoint.Duplicates.LOOKUP:
        pause = max(pause, timedelta(seconds=endpoint.quiet_seconds))
    return now + pause
