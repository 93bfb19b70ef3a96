"""One trace id for everything that belongs to one business chain: requests, tasks, events, messages, log lines."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

_trace_id: ContextVar[str] = ContextVar("trace_id", default="")
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def new_trace_id() -> str:
    """32 hex digits, the form of a W3C trace id."""
    return uuid.uuid4().hex


def current_trace_id() -> str:
    """The trace id of the work in progress; a fresh one where nothing set it."""
    found = _trace_id.get()
    if not found:
        found = new_trace_id()
        _trace_id.set(found)
    return found


@contextmanager
def tracing(trace_id: str | None) -> Iterator[str]:
    """Run a block under a trace id. An id from outside that is not plain text of 8-64 characters is replaced."""
    chosen = trace_id if trace_id and _SAFE.fullmatch(trace_id) else new_trace_id()
    token = _trace_id.set(chosen)
    with structlog.contextvars.bound_contextvars(trace_id=chosen):
        try:
            yield chosen
        finally:
            _trace_id.reset(token)


def join(trace_id: str) -> None:
    """Continue the surrounding `tracing` block under another trace id."""
    _trace_id.set(trace_id)
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
