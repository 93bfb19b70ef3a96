"""The health of endpoints: one circuit breaker per endpoint, shared by all workers through the database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.watching import windows_now

THRESHOLD: Final = 5
"""Failures in a row after which an endpoint is left alone."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
_SIGN_IN_PAUSE = 300.0
_LOCK_SPACE: Final = 0x0EDB
_NOTED_AGAIN: Final = timedelta(seconds=1)
_BURSTS_PER_MINUTE: Final = 12
"""A rate of 60 per minute is at most 5 at once."""
_TAKE_TOKENS: Final = """
WITH had AS (
    SELECT id, least(%(most)s, CASE WHEN tokens_at IS NULL THEN %(most)s
        ELSE tokens + %(rate)s * greatest(extract(epoch FROM %(now)s::timestamptz - tokens_at), 0) END)::float8 AS tokens
    FROM integrations_endpoint WHERE id = %(endpoint)s FOR NO KEY UPDATE
)
UPDATE integrations_endpoint e
SET tokens = had.tokens - least(floor(had.tokens), %(wanted)s), tokens_at = %(now)s::timestamptz
FROM had WHERE e.id = had.id RETURNING least(floor(had.tokens), %(wanted)s)::int
"""
_FAILURES: Final = (Outcome.TRANSIENT, Outcome.UNKNOWN, Outcome.CONTRACT)


def backoff(tries: int, *, first: float = 2.0, longest: float = 300.0) -> timedelta:
    """A growing, jittered pause after so many tries."""
    pause = min(first * 2 ** min(max(tries - 1, 0), 16), longest)
    return timedelta(seconds=pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter is no secret


def endpoint_heard(endpoint: Endpoint, answer: Answer) -> bool:
    """Note how a try ended. Returns whether the endpoint may be tried on now.

    Failures in a row open the circuit for a growing while, a refused sign-in at once; a remote that says when to come back
    is obeyed. The first success after an open circuit lets everything that waited go now.
    """
    now = timezone.now()
    if answer.outcome == Outcome.AUTHENTICATION:
        _open(endpoint, timedelta(seconds=_SIGN_IN_PAUSE), answer.outcome)
        return False
    if answer.outcome in _FAILURES:
        Endpoint.objects.filter(pk=endpoint.pk).update(consecutive_failures=F("consecutive_failures") + 1)
        endpoint.refresh_from_db(fields=["consecutive_failures"])
        over = endpoint.consecutive_failures - THRESHOLD
        grown = backoff(over + 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE) if over >= 0 else timedelta(0)
        pause = max(grown, timedelta(seconds=answer.retry_after or 0))
        if pause:
            _open(endpoint, pause, answer.outcome)
        return not pause
    fresh = endpoint.last_success_at is not None and now - endpoint.last_success_at < _NOTED_AGAIN
    if fresh and not endpoint.consecutive_failures and endpoint.circuit_open_until is None:
        return True
    recovered = endpoint.consecutive_failures >= THRESHOLD or endpoint.circuit_open_until is not None
    Endpoint.objects.filter(pk=endpoint.pk).filter(
        Q(consecutive_failures__gt=0)
        | Q(circuit_open_until__isnull=False)
        | Q(last_success_at__isnull=True)
        | Q(last_success_at__lt=now - _NOTED_AGAIN)
    ).update(consecutive_failures=0, circuit_open_until=None, circuit_reason="", last_success_at=now)
    if recovered:
        OutboundMessage.objects.filter(endpoint=endpoint, state=OutboundMessage.State.RETRY, due_at__gt=now).update(
            due_at=now
        )
    endpoint.consecutive_failures, endpoint.circuit_open_until, endpoint.last_success_at = 0, None, now
    return True


def endpoint_noted(endpoint: Endpoint, answer: Answer, *, worked: bool = False) -> None:
    """Note what an endpoint said when it was asked whether anybody is there; `worked` where it did more than answer."""
    now = timezone.now()
    noted = Endpoint.objects.filter(pk=endpoint.pk)
    noted.update(probed_at=now, probe_outcome=answer.outcome.value, probe_detail=answer.detail[:200])
    if worked:
        noted.update(last_success_at=now)


def _open(endpoint: Endpoint, pause: timedelta, why: Outcome) -> None:
    endpoint.circuit_open_until, endpoint.circuit_reason = timezone.now() + pause, why.value
    endpoint.save(update_fields=["circuit_open_until", "circuit_reason"])


def available(prefix: str = "") -> Q:
    """The condition on endpoints that may be used now: neither paused nor in maintenance nor with an open circuit."""
    closed = Q(**{f"{prefix}circuit_open_until__isnull": True}) | Q(
        **{f"{prefix}circuit_open_until__lte": timezone.now()}
    )
    maintained = windows_now()
    allowed = Q(**{f"{prefix}paused": False}) & closed
    return allowed & ~Q(**{f"{prefix}pk__in": sorted(maintained)}) if maintained else allowed


def tokens_take(endpoint: Endpoint, wanted: int) -> int:
    """How many of the wanted messages the rate limit allows now, all workers together. They are spent; see tokens_return."""
    if not endpoint.rate_per_minute:
        return wanted
    values: dict[str, Any] = {"endpoint": endpoint.pk, "rate": endpoint.rate_per_minute / 60, "wanted": wanted, "now": timezone.now(),
              "most": max(endpoint.rate_per_minute / _BURSTS_PER_MINUTE, 1)}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TOKENS, values)
        allowed: int = cursor.fetchone()[0]
    return allowed


def tokens_return(endpoint: Endpoint, unused: int) -> None:
    """What the rate limit had allowed was not needed."""
    if unused and endpoint.rate_per_minute:
        Endpoint.objects.filter(pk=endpoint.pk).update(tokens=F("tokens") + unused)


@contextmanager
def place_at(endpoint_id: int, places: int, *, what: int = 0) -> Iterator[bool]:
    """Take one of an endpoint's working places, if one is free. A killed worker's place is free again at once."""
    with connection.cursor() as cursor:
        for place in range(places):
            number = (endpoint_id * 64 + what * 16 + place) % 2**31
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, number])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
    try:
        yield True
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, number])
