"""The first page: the work that waits for this person, what changed, and two small charts of the role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.actors import Actor
from masterdata.models import Role
from portal.web import format as fmt
from portal.web import story
from portal.web.page import actor_of
from portal.web.parts import Stat
from portal.web.preferences import facility_chosen, own_facilities
from portal.work import WorkCard, work_cards
from procurement.selectors import figures
from procurement.selectors.changes import changes_for

CHANGES, NOTICES = 10, 8
Chart = dict[str, Any]


@login_required
def home(request: HttpRequest) -> HttpResponse:
    actor, facility_id = actor_of(request), facility_chosen(request)
    zone = own_facilities(request)[0].timezone if own_facilities(request) else "UTC"
    context = {
        "greeting": f"Good {_part_of_day(zone)}, {actor.name.split(' ')[0]}",
        "stats": [_stat(card, zone) for card in work_cards(actor, facility_id=facility_id) if card.href][:6],
        "entries": story.timeline(changes_for(actor)[:CHANGES], zone),
        "reads_all": actor.has(Role.AUDITOR),
        "charts": [chart(actor, facility_id) for chart in _charts(actor)],
    }
    return render(request, "home.html", context)


@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """The last changes behind the bell: a fragment, fetched when it is opened. Without JavaScript the home page tells them."""
    own = own_facilities(request)
    entries = story.timeline(changes_for(actor_of(request))[:NOTICES], own[0].timezone if own else "UTC")
    return render(request, "components/notices.html", {"entries": entries})


def _stat(card: WorkCard, zone: str) -> Stat:
    return Stat(
        label=card.label, count=card.count, href=card.href, icon=card.icon, tone=card.tone,
        oldest=fmt.age(card.oldest, zone) if card.oldest else None,
        money=fmt.money(card.amount, card.currency) if card.amount is not None else None,
    )  # fmt: skip


def _part_of_day(zone: str) -> str:
    hour = timezone.now().astimezone(fmt.zone_of(zone)).hour
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def _charts(actor: Actor) -> list[Callable[[Actor, int | None], Chart]]:
    """The two charts of the first role that this person holds."""
    if actor.has(Role.AP_CLERK):
        return [_open_money, _touchless]
    if actor.has(Role.RECEIVER) or actor.has(Role.STOCK_CLERK):
        return [_expected, _received]
    if not actor.scopes() and actor.scopes() is not None:
        return []
    return [_requested, _expected]


def _requested(actor: Actor, facility_id: int | None) -> Chart:
    found = figures.requested_by_week(actor, facility_id=facility_id)
    weeks = figures.weeks_back(timezone.now().date())
    kinds = (("on_contract", "On contract", "accent"), ("no_contract", "No contract", "neutral"),
             ("off_contract", "Off contract", "waiting"))  # fmt: skip
    return {
        "id": "requested",
        "label": "Requested by week, on and off contract",
        "unit": "USD",
        "stacked": True,
        "data": {
            "labels": [f"{week.day} {week:%b}" for week in weeks],
            "series": [
                {"label": label, "tone": tone, "values": [str(found.get((week, code), 0)) for week in weeks]}
                for code, label, tone in kinds
            ],
        },
    }


def _expected(actor: Actor, facility_id: int | None) -> Chart:
    found = figures.expected_by_day(actor, facility_id=facility_id)
    return {
        "id": "expected",
        "label": "Orders expected (today holds what is late)",
        "unit": "orders",
        "data": {
            "labels": [f"{day:%a} {day.day}" for day in found],
            "series": [{"label": "Orders", "values": list(found.values())}],
        },
    }


def _received(actor: Actor, facility_id: int | None) -> Chart:
    found = figures.receipts_by_week(actor, facility_id=facility_id)
    weeks = figures.weeks_back(timezone.now().date())
    return {
        "id": "received",
        "label": "Receipts posted by week",
        "unit": "receipts",
        "data": {
            "labels": [f"{week.day} {week:%b}" for week in weeks],
            "series": [{"label": "Receipts", "tone": "good", "values": [found.get(week, 0) for week in weeks]}],
        },
    }


def _open_money(actor: Actor, facility_id: int | None) -> Chart:
    found = figures.open_cases_by_kind(actor, "ap", facility_id=facility_id)
    return {
        "id": "open-money",
        "label": "Money held up, by kind of difference",
        "unit": "USD",
        "data": {
            "labels": [label for label, _ in found],
            "series": [{"label": "At stake", "tone": "waiting", "values": [str(money) for _, money in found]}],
        },
    }


def _touchless(actor: Actor, facility_id: int | None) -> Chart:
    found = figures.invoices_by_week(actor, facility_id=facility_id)
    weeks = figures.weeks_back(timezone.now().date())
    return {
        "id": "touchless",
        "label": "Invoices by week: cleared untouched, or needing a person",
        "unit": "invoices",
        "stacked": True,
        "data": {
            "labels": [f"{week.day} {week:%b}" for week in weeks],
            "series": [
                {"label": "Untouched", "tone": "good", "values": [found.get(week, (0, 0))[0] for week in weeks]},
                {
                    "label": "Needed a person",
                    "tone": "waiting",
                    "values": [found.get(week, (0, 0))[1] for week in weeks],
                },
            ],
        },
    }
