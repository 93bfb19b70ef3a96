"""OpenTelemetry: spans go out over OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says so; else none are made.

Spans carry the document's own trace id (core.tracing): the request that approved an order and the call that told the ERP are one
trace without anything being passed along.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.tracing import span_parent, watching_joins

_tracer = trace.get_tracer("portal.web")


def install() -> None:
    """Called once per process. Spans are sent by a thread of their own and never hold up a request."""
    if settings.OTLP_ENDPOINT and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": "hospital-supply-portal"}))
        exporter = OTLPSpanExporter(endpoint=f"{settings.OTLP_ENDPOINT}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        trace.set_tracer_provider(provider)


class SpanMiddleware:
    """One span per request, named after its route, in the trace of the document the request turned out to be about."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.time_ns()
        with watching_joins() as joined:
            response = self.get_response(request)
            trace_id = joined()
        match = request.resolver_match
        span = _tracer.start_span(
            f"{request.method} {match.route if match else 'unknown'}",
            context=span_parent(trace_id),
            kind=SpanKind.SERVER,
            start_time=began,
            attributes={"http.request.method": request.method or "", "http.response.status_code": response.status_code},
        )
        if response.status_code >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        return response
