"""One trace id for everything that belongs to one business chain: requests, tasks, events, messages, log lines."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

_trace_id: ContextVar[str] = ContextVar("trace_id", default="")
_joined: ContextVar[str] = ContextVar("joined_trace_id", default="")
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_W3C = re.compile(r"[0-9a-f]{32}")


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
    _joined.set(trace_id)
    structlog.contextvars.bind_contextvars(trace_id=trace_id)


@contextmanager
def watching_joins() -> Iterator[Callable[[], str]]:
    """Tells which trace the work inside joined last, also after its act is over; the current one where it joined none."""
    token = _joined.set("")
    try:
        yield lambda: _joined.get() or current_trace_id()
    finally:
        _joined.reset(token)


def span_parent(trace_id: str) -> Context | None:
    """Where OpenTelemetry spans of this trace hang: the trace id is ours, so that they need no propagation to find each other.

    None (whatever is current) for a trace id that is no W3C trace id.
    """
    if not _W3C.fullmatch(trace_id) or trace_id == "0" * 32:
        return None
    parent = SpanContext(
        trace_id=int(trace_id, 16), span_id=int(trace_id[16:], 16) or 1, is_remote=True, trace_flags=TraceFlags(1)
    )
    current = trace.get_current_span().get_span_context()
    if current.is_valid and current.trace_id == parent.trace_id:
        return None
    return trace.set_span_in_context(NonRecordingSpan(parent))
