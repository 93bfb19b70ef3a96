"""What every request gets: a trace id, the actor behind it, and domain errors turned into pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from core.actors import Actor
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.tracing import tracing
from masterdata.selectors import actor_for

Handler = Callable[[HttpRequest], HttpResponse]
STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 422)


def page_behind(request: HttpRequest) -> str:
    """The page a person was on when this was sent: never a fragment, and never an address that only takes forms."""
    htmx: Any = getattr(request, "htmx", None)
    if htmx:
        return htmx.current_url_abs_path or resolve_url("home")
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came = urlsplit(request.headers.get("Referer", ""))
    here = came.netloc == request.get_host() and came.scheme == request.scheme
    return came._replace(scheme="", netloc="", fragment="").geturl() if here and came.path else page_above(request.path)


def page_above(path: str) -> str:
    """The nearest address above one that is none to open: `/orders/PO-1/act/` belongs to `/orders/PO-1/`."""
    names = path.strip("/").split("/")[:-1]
    while names:
        above = f"/{'/'.join(names)}/"
        try:
            resolve(above)
        except Resolver404:
            names.pop()
        else:
            return above
    return resolve_url("home")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The sign-in changed while a page was open (another person in another tab). In the middle of a page it is a note."""
    if not getattr(request, "htmx", False):
        return render(request, "403_csrf.html", {"back": page_behind(request)}, status=403)
    words = "This page was open too long and your sign-in changed, so this was not done. Load the page again, then repeat it."
    return trigger_client_event(reswap(HttpResponse(status=403), "none"), "toast", {"message": words, "tone": "error"})


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


class WayBackMiddleware:
    """Nobody ends in a dead end: not after the session ran out, and not at an address that only takes forms.

    Whoever has to sign in again comes back to the page they were on, also out of a fragment (which must never become the
    sign-in page). An address of a form that is opened leads to the page it belongs to.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # programs, which take anything or JSON, get their plain refusal
        by_hand = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code == 405 and by_hand and not request.path.startswith("/api/"):
            return HttpResponseRedirect(page_above(request.path))
        sign_in = resolve_url(settings.LOGIN_URL)
        # who signs out goes there too, but without a way back
        if response.status_code != 302 or not response["Location"].startswith(f"{sign_in}?next="):
            return response
        href = f"{sign_in}?{urlencode({'next': page_behind(request)})}"
        return HttpResponseClientRedirect(href) if getattr(request, "htmx", False) else HttpResponseRedirect(href)


class DomainErrorMiddleware:
    """A domain error that no view answered becomes its page (or fragment): the sentence, the findings, the way back."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path.startswith("/api/"):
            return None
        if isinstance(exception, DataError):
            # what no column can hold: characters without a meaning, numbers without a measure
            exception = Invalid(
                "Something typed here cannot be stored: a strange character, or a number that is too large."
            )
        if not isinstance(exception, DomainError):
            return None
        status = status_of(exception)
        page = "domain_error.html#problem" if getattr(request, "htmx", False) else "domain_error.html"
        context = {"error": exception, "status": status, "back": page_behind(request)}
        return render(request, page, context, status=status)
