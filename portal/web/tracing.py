"""The trace page: one search box, one chain in lanes, the longest wait marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import NotFound
from portal.links import document, link
from portal.trace import Hop, Trace, trace_find, trace_of
from portal.web import format as fmt
from portal.web.page import actor_of

LANES = (("portal", "Portal"), ("erp", "ERP"), ("supplier", "Supplier"), ("stock", "Stock"), ("ap", "Accounts payable"))
ZONE = "UTC"


@login_required
def trace(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:80]
    context: dict[str, Any] = {"query": q, "lanes": LANES}
    if q:
        actor = actor_of(request)
        try:
            context |= _shown(trace_of(actor, trace_find(actor, q)))
        except NotFound as error:
            context["missing"] = error.message
    return render(request, "integration/trace.html", context, status=404 if context.get("missing") else 200)


def _shown(found: Trace) -> dict[str, Any]:
    total = found.hops[-1].at - found.hops[0].at if found.hops else None
    return {
        "found": found,
        "hops": [_hop(hop) for hop in found.hops],
        "documents": [(number, document(kind, number)) for kind, number, _ in found.documents],
        "since": fmt.age(found.hops[-1].at, ZONE) if found.hops and found.next_actor != "Nobody" else None,
        "total": fmt.duration(total.total_seconds()) if total and total.total_seconds() >= 1 else "",
    }


def _waited(wait: timedelta) -> str:
    return fmt.duration(wait.total_seconds()) if wait.total_seconds() >= 1 else "at once"


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "lane": hop.lane,
        "lane_name": dict(LANES)[hop.lane],
        "text": hop.text,
        "when": fmt.Shown(
            f"{hop.at.day} {hop.at:%b} {hop.at:%H:%M:%S}", fmt.when(hop.at, ZONE).text, hop.at.isoformat()
        ),
        "wait": "" if hop.wait is None else _waited(hop.wait),
        "longest": hop.longest,
        "who": hop.who,
        "detail": hop.detail,
        "state": hop.state,
        "number": hop.number,
        "href": link("message", hop.message_id) if hop.message_id else document(hop.kind, hop.number),
    }
