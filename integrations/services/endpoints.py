"""The health of endpoints: one circuit breaker per endpoint, shared by all workers through the database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome

THRESHOLD: Final = 5
"""Failures in a row after which an endpoint is left alone."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
_SIGN_IN_PAUSE = 300.0
_LOCK_SPACE: Final = 0x0EDB
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
        _open(endpoint, timedelta(seconds=_SIGN_IN_PAUSE))
        return False
    if answer.outcome in _FAILURES:
        Endpoint.objects.filter(pk=endpoint.pk).update(consecutive_failures=F("consecutive_failures") + 1)
        endpoint.refresh_from_db(fields=["consecutive_failures"])
        over = endpoint.consecutive_failures - THRESHOLD
        grown = backoff(over + 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE) if over >= 0 else timedelta(0)
        pause = max(grown, timedelta(seconds=answer.retry_after or 0))
        if pause:
            _open(endpoint, pause)
        return not pause
    recovered = endpoint.consecutive_failures >= THRESHOLD or endpoint.circuit_open_until is not None
    Endpoint.objects.filter(pk=endpoint.pk).filter(
        Q(consecutive_failures__gt=0)
        | Q(circuit_open_until__isnull=False)
        | Q(last_success_at__isnull=True)
        | Q(last_success_at__lt=now - timedelta(seconds=1))
    ).update(consecutive_failures=0, circuit_open_until=None, last_success_at=now)
    if recovered:
        OutboundMessage.objects.filter(endpoint=endpoint, state=OutboundMessage.State.RETRY, due_at__gt=now).update(
            due_at=now
        )
    endpoint.consecutive_failures, endpoint.circuit_open_until = 0, None
    return True


def _open(endpoint: Endpoint, pause: timedelta) -> None:
    endpoint.circuit_open_until = timezone.now() + pause
    endpoint.save(update_fields=["circuit_open_until"])


def available(prefix: str = "") -> Q:
    """The condition on endpoints that may be used now: neither paused nor with an open circuit."""
    closed = Q(**{f"{prefix}circuit_open_until__isnull": True}) | Q(
        **{f"{prefix}circuit_open_until__lte": timezone.now()}
    )
    return Q(**{f"{prefix}paused": False}) & closed


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
