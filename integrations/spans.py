"""OpenTelemetry spans that carry the document's own trace id, so that request, task and outbound call are one trace.

Nothing is recorded unless an exporter is installed (portal/telemetry.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.tracing import span_parent
from integrations.models import OutboundMessage
from integrations.remote import Answer, Outcome

_tracer = trace.get_tracer("portal.integrations")


def _unheard(answer: Answer) -> Answer:
    return answer


_GOOD = (Outcome.DELIVERED, Outcome.FOUND, Outcome.MISSING, Outcome.PENDING)


@contextmanager
def span(what: str, message: OutboundMessage) -> Iterator[Callable[[Answer], Answer]]:
    """One exchange with an endpoint; hand its answer through what this gives."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield _unheard
        return
    name = f"{what} {message.topic}"
    with _tracer.start_as_current_span(name, context=span_parent(message.trace_id), kind=SpanKind.CLIENT) as current:
        current.set_attributes(
            {
                "portal.endpoint": message.endpoint.code,
                "portal.document": message.document_number,
                "portal.message": message.pk,
                "portal.attempt": message.attempt_count,
            }
        )

        def told(answer: Answer) -> Answer:
            current.set_attribute("portal.outcome", answer.outcome.value)
            if answer.status_code:
                current.set_attribute("http.response.status_code", answer.status_code)
            if answer.outcome not in _GOOD:
                current.set_status(Status(StatusCode.ERROR, answer.detail[:200]))
            return answer

        yield told
