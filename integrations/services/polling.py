"""Looks for what partners left: one mailbox at a time, each by one worker at once, so that a slow partner delays nobody else.

Folders are looked into in every round. A mailbox at the end of a wire is due every `poll_seconds`; whoever takes it moves its next
time on before the first byte, so that a worker that dies there delays this one mailbox and no other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F, Q
from django.utils import timezone

from core.secrets import SecretUnreadable
from integrations.models import Endpoint, Partner
from integrations.remote import Answer, Outcome
from integrations.services.endpoints import available, endpoint_heard, endpoint_noted, place_at
from integrations.services.inbox import file_accept
from integrations.services.mailboxes import TRANSPORTS, mailbox_of
from integrations.transports.base import Incoming, Mailbox, TransportError

RUN: Final = 5.0
"""Seconds after which a round begins no other mailbox at the end of a wire."""
TURN: Final = 20.0
"""Seconds after which no other file of the same mailbox is begun."""
NEAR: Final = frozenset(name for name, kind in TRANSPORTS.items() if not kind.semantics.poll_seconds)
"""Transports whose mailboxes are on our own disk."""
_AFTER_FAILURE: Final = timedelta(seconds=60)
_log = structlog.get_logger(__name__)


def mailboxes_poll(*, seconds: float = RUN) -> int:
    """Take in every complete file of every mailbox that is due and may be used. Returns how many files."""
    ends = time.monotonic() + seconds
    found = Partner.objects.filter(endpoint__paused=False).select_related("endpoint", "supplier")
    taken = sum(mailbox_poll(partner) for partner in found.filter(endpoint__adapter__in=NEAR))
    due = Q(endpoint__poll_due_at=None) | Q(endpoint__poll_due_at__lte=timezone.now())
    far = found.filter(available("endpoint__"), due, endpoint__adapter__in=set(TRANSPORTS) - NEAR)
    for partner in far.order_by(F("endpoint__poll_due_at").asc(nulls_first=True), "pk"):
        if time.monotonic() > ends:
            break
        taken += mailbox_poll(partner)
    return taken


def mailbox_poll(partner: Partner) -> int:
    """Take in what one partner left, if nobody else is at it. Returns how many files."""
    endpoint = partner.endpoint
    with place_at(endpoint.pk, 1, what=2) as free:
        if not free or not _claimed(endpoint):
            return 0
        try:
            with closing(mailbox_of(endpoint, name=partner.supplier.code)) as mailbox:
                taken = _take_all(partner, mailbox, mailbox.waiting())
        except TransportError as fault:
            _failed(endpoint, Answer(outcome=fault.outcome, detail=str(fault), retry_after=fault.retry_after))
            return 0
        except (SecretUnreadable, ImproperlyConfigured) as fault:
            _failed(endpoint, Answer(outcome=Outcome.AUTHENTICATION, detail=str(fault)))
            return 0
        if interval(endpoint):
            endpoint_noted(endpoint, Answer(outcome=Outcome.FOUND), worked=True)
        return taken


def interval(endpoint: Endpoint) -> timedelta:
    """How long after one look the next one is due; none for a folder."""
    usual = TRANSPORTS[endpoint.adapter].semantics.poll_seconds
    return timedelta(seconds=max(float(endpoint.config.get("poll_seconds") or usual), 1.0) if usual else 0)


def _claimed(endpoint: Endpoint) -> bool:
    """Whether the mailbox is still due; then its next time is set."""
    pause, now = interval(endpoint), timezone.now()
    if not pause:
        return True
    due = Endpoint.objects.filter(Q(poll_due_at=None) | Q(poll_due_at__lte=now), pk=endpoint.pk)
    return due.update(poll_due_at=now + pause) == 1


def _take_all(partner: Partner, mailbox: Mailbox, waiting: Sequence[Incoming]) -> int:
    taken, ends = 0, time.monotonic() + TURN
    for file in waiting:
        if time.monotonic() > ends:
            break
        try:
            file_accept(partner=partner, name=file.name, content=mailbox.read(file))
            mailbox.remove(file)
            taken += 1
        except TransportError as fault:
            # only this file is delayed, unless the wire is gone
            _log.error("file_unreadable", endpoint=partner.endpoint.code, file=file.name[:200], reason=str(fault))
            if fault.outcome != Outcome.PERMANENT and interval(partner.endpoint):
                raise
    return taken


def _failed(endpoint: Endpoint, answer: Answer) -> None:
    _log.error("mailbox_unreadable", endpoint=endpoint.code, outcome=answer.outcome.value, reason=answer.detail)
    if answer.outcome == Outcome.AUTHENTICATION:
        # an account is not locked by our knocking
        endpoint_heard(endpoint, answer)
    pause = interval(endpoint)
    if pause:
        pause = max(pause, _AFTER_FAILURE, timedelta(seconds=answer.retry_after or 0))
        Endpoint.objects.filter(pk=endpoint.pk).update(poll_due_at=timezone.now() + pause)
        endpoint_noted(endpoint, answer)
