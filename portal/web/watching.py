"""Alerts, and one endpoint: its pace, what waits and for how long, its maintenance, its last probe."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.errors import Invalid, NotFound
from integrations import selectors
from integrations.models import Alert, Endpoint, MaintenanceWindow
from integrations.models.watch import known_timezone
from integrations.services.alerts import alert_take
from integrations.services.maintenance import maintenance_cancel, maintenance_plan
from integrations.watching import drain_seconds, paces, silences, window_ends
from masterdata.models import Role
from portal.flows import flows
from portal.links import link
from portal.web import format as fmt
from portal.web import parts
from portal.web.page import actor_of, go
from portal.web.status import badge

ZONE = "UTC"
READERS = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR)
ADVICE = {
    Alert.Kind.BEAT_DEAD: "Start beat and the workers; what waits is swept at once.",
    Alert.Kind.CIRCUIT_OPEN: "Nothing is lost: messages wait and leave in order when it answers again.",
    Alert.Kind.SIGN_IN: "Give the endpoint valid credentials, then resume it.",
    Alert.Kind.UNREAD: "Ask the ERP's people what they changed; what is held is taken in as soon as it is said as agreed again.",
    Alert.Kind.UNKNOWN_OUTCOME: "Look in the other system whether each document is there, then say so on its message.",
    Alert.Kind.DEAD_LETTER: "Look at the words, repair the cause, then replay all of them.",
    Alert.Kind.STUCK: "Look whether the worker runs, and what the documents wait for.",
    Alert.Kind.ACKNOWLEDGEMENT_OVERDUE: "Ask the partner whether our transmissions arrived.",
    Alert.Kind.ANSWER_OVERDUE: "Ask the supplier whether the orders were taken.",
    Alert.Kind.ORDER_LATE: "Ask the supplier for a new date, or order elsewhere.",
}
"""What a person does about an alert of each kind, what hinders most first."""


def _page_of(request: HttpRequest) -> Any:
    actor = actor_of(request)
    if not any(actor.has(role) for role in READERS):
        raise NotFound("There is no such page for you.")
    return actor


@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    actor = _page_of(request)
    silent = [f"{each.name} has been silent since {each.since:%H:%M} UTC" for each in silences()]
    return render(
        request,
        "integration/alerts.html",
        {
            "groups": _by_kind(selectors.alerts_open(actor)[:200]),
            "past": [_alert(row) for row in selectors.alerts_past(actor)],
            "silent": silent,
            "may_take": actor.has(Role.INTEGRATION_SUPPORT),
        },
    )


def _by_kind(rows: Iterable[Alert]) -> list[dict[str, Any]]:
    alerts: dict[Alert.Kind, list[dict[str, Any]]] = {kind: [] for kind in ADVICE}
    for row in rows:
        alerts[Alert.Kind(row.kind)].append(_alert(row))
    return [
        {
            "kind": kind.label,
            "advice": ADVICE[kind],
            "tone": "waiting" if kind in (Alert.Kind.ORDER_LATE, Alert.Kind.ANSWER_OVERDUE) else "bad",
            "alerts": found,
        }
        for kind, found in alerts.items()
        if found
    ]


def _alert(row: Alert) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "title": row.title,
        "href": _where(row),
        "age": fmt.age(row.opened_at, ZONE),
        "over": fmt.age(row.resolved_at, ZONE) if row.resolved_at else None,
        "taken": row.taken_by.name if row.taken_by else "",
    }


def _where(row: Alert) -> str:
    """The page where something can be done."""
    if row.endpoint is None:
        return f"{link('orders')}?view=late" if row.kind == Alert.Kind.ORDER_LATE else link("endpoints")
    if row.kind == Alert.Kind.UNREAD:
        return link("erps")
    came = row.key.startswith((f"{row.kind}:in:",))
    direction = "&direction=in" if came else ""
    states = {
        Alert.Kind.DEAD_LETTER: "failed" if came else "dead", Alert.Kind.UNKNOWN_OUTCOME: "unknown",
        Alert.Kind.STUCK: "parked" if came else "open",
    }  # fmt: skip
    state = states.get(Alert.Kind(row.kind))
    return (
        f"{link('messages')}?endpoint={row.endpoint.code}&state={state}{direction}" if state
        else link("endpoint", row.endpoint.code)
    )  # fmt: skip


@login_required
def flow_view(request: HttpRequest) -> HttpResponse:
    """Where documents wait in each flow, and for how long."""
    actor = _page_of(request)
    shown = [
        {
            "name": flow.name,
            "hops": [
                {
                    "name": hop.name, "by": hop.by, "waiting": f"{hop.waiting:,}", "href": hop.href,
                    "oldest": fmt.age(hop.oldest, ZONE) if hop.oldest and hop.waiting else None,
                }
                for hop in flow.hops
            ],
        }
        for flow in flows(actor)
    ]  # fmt: skip
    return render(request, "integration/flows.html", {"flows": shown})


@require_POST
@login_required
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one looks after it: nobody is reminded every day."""
    alert_take(actor=actor_of(request), alert_id=pk)
    return go(request, link("alerts"))


@login_required
def endpoint(request: HttpRequest, code: str) -> HttpResponse:
    actor = _page_of(request)
    row = selectors.endpoints_list(actor).filter(code=code).first()
    if row is None:
        raise NotFound(f"There is no endpoint {code}.")
    facts: Any = row
    now = timezone.now()
    windows = MaintenanceWindow.objects.filter(endpoint=row, cancelled_at=None).select_related("created_by")
    shown = [_window(each, now) for each in windows if each.repeats != "never" or each.ends_at > now]
    pace = paces(row)
    return render(
        request,
        "integration/endpoint.html",
        {
            "row": row,
            "status": _status(row, any(each["now"] for each in shown)),
            "header_facts": [
                parts.Fact(label="Kind", value=row.get_kind_display()),
                parts.Fact(label="To leave", value=f"{facts.depth:,}", href=f"{link('messages')}?endpoint={code}&state=open"),
                parts.Fact(label="Last success", value=fmt.age(row.last_success_at, ZONE) if row.last_success_at else "never"),
            ],
            "drain": drain_words(facts.depth, drain_seconds(row, facts.depth)),
            "probe": _probe(row),
            "limits": _limits(row),
            "throughput": _chart(pace, [("Delivered", "good", "delivered"), ("Failed", "bad", "failed")]),
            "latency": _chart(pace, [("Mean", "info", "mean"), ("Slowest", "waiting", "slowest")]),
            "windows": shown,
            "repeats": MaintenanceWindow.Repeats.choices,
            "may_plan": actor.has(Role.INTEGRATION_SUPPORT),
            "crumbs": [parts.Crumb(label="Endpoints", href=link("endpoints")), parts.Crumb(label=row.name)],
        },
    )  # fmt: skip


def drain_words(depth: int, seconds: float | None) -> str:
    """How long what waits will take, in words."""
    if not depth:
        return "Nothing waits."
    if seconds is None:
        return f"{depth:,} wait. Nothing left in the last quarter of an hour, so nobody can say how long they take."
    if seconds < 90:
        return f"{depth:,} wait: about {max(1, round(seconds))} seconds at the current pace."
    if seconds < 90 * 60:
        return f"{depth:,} wait: about {round(seconds / 60)} minutes at the current pace."
    return f"{depth:,} wait: about {round(seconds / 3600)} hours at the current pace."


def _status(row: Endpoint, maintained: bool) -> Any:
    if maintained:
        return badge("paused")
    return badge(
        {"paused": "paused", "open": "down", "failing": "degraded", "healthy": "up"}[selectors.endpoint_condition(row)]
    )


def _probe(row: Endpoint) -> str:
    if row.probed_at is None:
        return "Not asked yet: it is asked when it is quiet or in trouble."
    said = "it answered" if row.probe_outcome == "found" else f"it did not answer: {row.probe_detail}"
    return f"Asked {fmt.age(row.probed_at, ZONE).text} ago, {said}"


def _limits(row: Endpoint) -> list[tuple[str, str]]:
    rate = f"{row.rate_per_minute:g} per minute" if row.rate_per_minute else "no limit"
    doubles = row.get_duplicates_display()
    if row.duplicates == Endpoint.Duplicates.LOOKUP:
        doubles += f" of {row.quiet_seconds} s"
    return [
        ("Rate", rate), ("At once", f"{row.parallel} workers"), ("Deadline of a call", f"{row.deadline:g} s"),
        ("Against doubles", doubles),
    ]  # fmt: skip


def _chart(pace: Any, series: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "labels": [f"{each.slot:%H:%M}" for each in pace],
        "series": [
            {"label": label, "tone": tone, "values": [round(getattr(each, name), 2) for each in pace]}
            for label, tone, name in series
        ],
    }


def _window(row: MaintenanceWindow, now: datetime) -> dict[str, Any]:
    zone = row.zone_info
    ends = window_ends(row, now)
    return {
        "pk": row.pk,
        "when": f"{row.starts_at.astimezone(zone):%a %Y-%m-%d %H:%M} to {row.ends_at.astimezone(zone):%a %H:%M} {row.zone}",
        "repeats": row.get_repeats_display() if row.repeats != "never" else "",
        "reason": row.reason,
        "who": row.created_by.name,
        "now": f"until {ends.astimezone(zone):%H:%M}" if ends else "",
    }


@require_POST
@login_required
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """Plan a maintenance window, in the time of the zone that is named."""
    posted = request.POST
    zone_name = posted.get("zone", "UTC")
    try:
        known_timezone(zone_name)
        zone = ZoneInfo(zone_name)
        starts_at = datetime.fromisoformat(posted.get("starts_at", "")).replace(tzinfo=zone)
        ends_at = datetime.fromisoformat(posted.get("ends_at", "")).replace(tzinfo=zone)
    except (ValueError, ValidationError) as fault:
        raise Invalid("Say from when to when, and in which time zone.", code="window_unreadable") from fault
    maintenance_plan(
        actor=actor_of(request), code=code, starts_at=starts_at, ends_at=ends_at, reason=posted.get("reason", ""),
        repeats=posted.get("repeats", "never"), zone=zone_name,
    )  # fmt: skip
    return go(request, link("endpoint", code))


@require_POST
@login_required
def plan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    window = maintenance_cancel(actor=actor_of(request), window_id=pk)
    return go(request, link("endpoint", window.endpoint.code))
