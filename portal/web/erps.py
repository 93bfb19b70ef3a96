"""Which ERP takes which facility's documents, moving a facility to another one, and what ERPs answer that nobody agreed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.actors import EVERYWHERE, Actor
from core.errors import DomainError, Invalid, NotFound
from integrations.models import Endpoint, FieldDrift, Unread
from integrations.services.routes import KINDS, erp_move, erp_move_preview, erp_move_withdraw, erp_places
from masterdata.models import Role
from portal.links import link
from portal.web.page import actor_of, go

MOVERS = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR)


@login_required
def erps(request: HttpRequest) -> HttpResponse:
    """The places, and the preview of a move that was asked for."""
    actor = actor_of(request)
    if not any(actor.has(role) for role in (*MOVERS, Role.AUDITOR)):
        raise NotFound("There is no such page for you.")
    whole = actor.scopes(*MOVERS) is EVERYWHERE
    preview, problem = _preview(actor, request.GET) if whole and request.GET.get("facility") else (None, "")
    sees_answers = actor.scopes(*MOVERS, Role.AUDITOR) is EVERYWHERE
    return render(
        request,
        "integration/erps.html",
        {
            "places": erp_places(actor),
            "may_move": whole,
            "erps": Endpoint.objects.filter(kind=Endpoint.Kind.ERP).order_by("name"),
            "kinds": KINDS.items(),
            "typed": request.GET,
            "preview": preview,
            "problem": problem,
            "unread": Unread.objects.select_related("endpoint") if sees_answers else (),
            "drift": FieldDrift.objects.select_related("endpoint", "message") if sees_answers else (),
        },
    )


@require_POST
@login_required
def move(request: HttpRequest) -> HttpResponse:
    """Decide the move that was shown."""
    erp_move(actor=actor_of(request), reason=request.POST.get("reason", ""), **_wanted(request.POST))
    return go(request, link("erps"))


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a move that has not begun."""
    erp_move_withdraw(actor=actor_of(request), route_id=pk, reason=request.POST.get("reason", ""))
    return go(request, link("erps"))


def _preview(actor: Actor, typed: QueryDict) -> tuple[Any, str]:
    try:
        return erp_move_preview(actor=actor, **_wanted(typed)), ""
    except DomainError as refusal:
        return None, refusal.message


def _wanted(typed: QueryDict) -> dict[str, Any]:
    try:
        day = date.fromisoformat(typed.get("starts_on", ""))
    except ValueError:
        raise Invalid("Say from which day on.", code="day_missing") from None
    return {
        "facility": typed.get("facility", ""), "endpoint": typed.get("endpoint", ""),
        "document_kind": typed.get("document_kind", ""), "starts_on": day,
    }  # fmt: skip
