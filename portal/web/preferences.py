"""What a person sets for the own view: the facility looked at, and light or dark."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.errors import NotFound
from masterdata.models import Facility
from masterdata.selectors import facilities_visible

THEMES = ("light", "dark")
FACILITY_KEY = "facility"
THEME_COOKIE = "theme"
YEAR = 365 * 24 * 3600


def facility_chosen(request: HttpRequest) -> int | None:
    """The facility the person looks at; None means all of theirs. Every selector still scopes by what the actor may see."""
    chosen: int | None = request.session.get(FACILITY_KEY)
    return chosen


def own_facilities(request: HttpRequest) -> list[Facility]:
    """The facilities of the person, read once per request."""
    known: list[Facility] | None = getattr(request, "own_facilities", None)
    if known is None:
        known = list(facilities_visible(request.actor))  # type: ignore[attr-defined]  # set by ActorMiddleware
        request.own_facilities = known  # type: ignore[attr-defined]
    return known


def theme_chosen(request: HttpRequest) -> str:
    """`light`, `dark`, or empty for what the device prefers."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


@require_POST
@login_required
def facility_switch(request: HttpRequest) -> HttpResponse:
    value = request.POST.get("facility", "")
    if not value:
        request.session.pop(FACILITY_KEY, None)
    else:
        found = facilities_visible(request.actor).filter(code=value).values_list("pk", flat=True).first()  # type: ignore[attr-defined]
        if found is None:
            raise NotFound("This facility is not one of yours.")
        request.session[FACILITY_KEY] = found
    return _back(request)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "")
    response = _back(request)
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax")
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else resolve_url("home"))
