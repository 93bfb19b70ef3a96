"""Append-only audit: database triggers (pghistory) copy every change; this adds who, on whose behalf and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

import pghistory
import pgtrigger
from django.db import transaction
from django.db.models import Model

from core.actors import Actor
from core.tracing import current_trace_id, join, tracing

M = TypeVar("M", bound=Model)
_inside: ContextVar[bool] = ContextVar("inside_an_act", default=False)


NEVER_TRUNCATED: Final = pgtrigger.Trigger(
    name="never_truncated",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
)


def tracked() -> Callable[[type[M]], type[M]]:
    """Class decorator of a model whose every change is copied to an event table that takes inserts only."""
    track: Callable[[type[M]], type[M]] = pghistory.track(meta={"triggers": [NEVER_TRUNCATED]})
    return track


@contextmanager
def one_act() -> Iterator[None]:
    """One transaction for everything inside it; acts within join it without savepoints and stand or fall together."""
    joining = _inside.get()
    token = _inside.set(True)
    try:
        with transaction.atomic(savepoint=not joining):
            yield
    finally:
        _inside.reset(token)


@contextmanager
def acting(*, actor: Actor, reason: str, on_behalf_of: int | None = None) -> Iterator[None]:
    """One business act: one transaction whose audit rows carry actor, on-behalf-of, reason and trace id."""
    with (
        tracing(current_trace_id()),
        one_act(),
        pghistory.context(user=actor.user_id, on_behalf_of=on_behalf_of, reason=reason, trace_id=current_trace_id()),
    ):
        yield


def join_trace(trace_id: str) -> None:
    """From here to the end of the act, everything belongs to this document's trace."""
    join(trace_id)
    pghistory.context(trace_id=trace_id)
