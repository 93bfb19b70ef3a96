"""What every request gets: a trace id, the actor behind it, and domain errors turned into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from core.actors import Actor
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.tracing import tracing
from masterdata.selectors import actor_for

Handler = Callable[[HttpRequest], HttpResponse]
STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 422)


class TraceMiddleware:
    """Takes the caller's X-Trace-Id or the trace id of a W3C traceparent, else makes one; answers with it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        parent = request.headers.get("traceparent", "").split("-")
        given = request.headers.get("X-Trace-Id") or (parent[1] if len(parent) == 4 else None)
        with tracing(given) as trace_id:
            response = self.get_response(request)
            response["X-Trace-Id"] = trace_id
            return response


class ActorMiddleware:
    """`request.actor` for the signed-in person; loaded on first use. Pages of signed-in people are never cached."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor_of(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response


def _actor_of(request: HttpRequest) -> Actor | None:
    user = request.user
    return actor_for(user) if user.is_authenticated else None


class DomainErrorMiddleware:
    """A domain error that no view answered becomes its page (or fragment): the sentence, the findings, the way back."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError) or request.path.startswith("/api/"):
            return None
        status = status_of(exception)
        page = "domain_error.html#problem" if getattr(request, "htmx", False) else "domain_error.html"
        return render(request, page, {"error": exception, "status": status}, status=status)
