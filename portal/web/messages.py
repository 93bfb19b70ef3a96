"""Integration support: messages out and in, endpoints, dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import NotFound
from core.models import BusinessEvent
from integrations import selectors
from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage
from integrations.services import replay
from masterdata.models import Role
from portal.links import document, link
from portal.message_words import message_name
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.page import actor_of, go
from portal.web.payloads import readable
from portal.web.status import badge, status_of
from portal.web.story import who
from portal.web.trials import trial_shown

ZONE = "UTC"
READERS = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR)
CHOICES = {
    "replay": ("Send again", "It is sent once more under the same reference; the other side takes it only once.", ""),
    "resend": (
        "Send again",
        "The other side may have it already. If it does not recognize our reference, it gets it twice.",
        "danger",
    ),
    "mark_delivered": (
        "It arrived",
        "Nothing is sent any more. Choose this when you saw the document in the other system.",
        "",
    ),
    "cancel": ("Give up", "It is never sent. Later messages of the same document go on.", "danger"),
}
"""What a person may decide: button, consequence in words, tone."""


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not any(actor.has(role) for role in READERS):
        raise NotFound("There is no such page for you.")
    return actor


HEADER = ("What", "Document", "With", "State", "Detail", "Reference", "Tries", "Written", "Trace")


@login_required
def messages(request: HttpRequest) -> HttpResponseBase:
    actor, query = _reader(request), request.GET
    into = query.get("direction") == "in"
    wanted: dict[str, Any] = {name: query.get(name, "") for name in ("endpoint", "state", "cause", "facility")}
    wanted |= {"text": query.get("q", "")[:80].strip(), "kind" if into else "topic": query.get("topic", "")}
    found: Any = selectors.inbound_found(actor, **wanted) if into else selectors.outbound_found(actor, **wanted)
    return lists.answer(
        request, lists.MESSAGES, found, template="integration/messages.html", row=_in_row if into else _out_row,
        header=HEADER, line=_in_line if into else _out_line, frame=lambda _: _frame(request, actor, into),
    )  # fmt: skip


def _frame(request: HttpRequest, actor: Actor, into: bool) -> dict[str, Any]:
    query = request.GET
    states, topics, causes = Counter[str](), Counter[str](), Counter[str]()
    endpoints, places = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for each in selectors.counted(actor, "in" if into else "out"):
        endpoints[each.endpoint] += each.count
        states[each.state] += each.count
        topics[each.what] += each.count
        causes[each.cause] += (
            0 if each.state in (OutboundMessage.State.DELIVERED, InboundMessage.State.APPLIED) else each.count
        )
        places[each.facility] += each.count
    return {
        "tabs": [
            parts.Tab(label="Sent", href="?", active=not into, icon="send"),
            parts.Tab(label="Received", href="?direction=in", active=into, icon="inbox"),
        ],
        "facets": [
            _facet(query, "state", "State", [(s, status_of(s, "message")[0], n) for s, n in states.most_common()]),
            _facet(query, "topic", "What", [(t, message_name(t), n) for t, n in topics.most_common(12) if t]),
            _facet(query, "cause", "Why", [(c, cause_name(c), n) for c, n in causes.most_common(12) if c and n]),
            _facet(query, "endpoint", "With", _busiest(endpoints, query.get("endpoint", ""))),
            _facet(query, "facility", "Facility", _busiest(places, query.get("facility", ""))),
        ],
        "into": into,
        "groups": [_group(group) for group in selectors.dead_letters(actor)],
    }


def _out_line(row: OutboundMessage) -> Sequence[object]:
    return (
        message_name(row.topic), row.document_number, row.endpoint.name, row.get_state_display(), row.detail,
        row.remote_reference, row.attempt_count, row.created_at.isoformat(), row.trace_id,
    )  # fmt: skip


def _in_line(row: InboundMessage) -> Sequence[object]:
    return (
        message_name(row.kind), row.document_number, row.endpoint.name, row.get_state_display(), row.detail,
        row.control_number, row.attempt_count, row.received_at.isoformat(), row.trace_id,
    )  # fmt: skip


def cause_name(cause: str) -> str:
    """The class of a failure as a person says it."""
    return CAUSES.get(cause) or cause.replace("_", " ").capitalize()


CAUSES = {
    "transient": "Not reached", "permanent": "Refused", "authentication": "Sign-in refused", "contract": "Answer not understood",
    "unknown": "No answer", "crashed": "Worker died",
}  # fmt: skip
"""Other causes go by their own words."""


def _busiest(found: Counter[tuple[str, str]], chosen: str) -> list[tuple[str, str, int]]:
    """The twelve with most messages, and the chosen one."""
    rows = sorted(((code, name, n) for (code, name), n in found.items() if code), key=lambda each: (-each[2], each[1]))
    return [each for place, each in enumerate(rows) if place < 12 or each[0] == chosen]


def _facet(query: QueryDict, key: str, label: str, values: list[tuple[str, str, int]]) -> parts.Facet:
    """Filters of which one is chosen at a time: choosing it again shows all."""
    chosen = query.get(key, "")
    return parts.Facet(
        label=label,
        values=[
            parts.FacetValue(
                label=text, count=n, selected=value == chosen,
                href=parts.query_with(query, **{key: None if value == chosen else value}),
            )
            for value, text, n in values
        ],
        clear=parts.query_with(query, **{key: None}) if chosen else "",
    )  # fmt: skip


def _out_row(row: OutboundMessage) -> dict[str, Any]:
    return {
        "href": link("message", row.pk),
        "what": message_name(row.topic),
        "number": row.document_number,
        "document_href": document(row.document_kind, row.document_number),
        "endpoint": row.endpoint.name,
        "state": badge(row.state, "message"),
        "detail": row.detail or row.remote_reference,
        "attempts": row.attempt_count,
        "age": fmt.age(row.created_at, ZONE),
    }


def _in_row(row: InboundMessage) -> dict[str, Any]:
    return {
        "href": link("inbound-message", row.pk),
        "what": message_name(row.kind),
        "number": row.document_number or row.control_number,
        "document_href": document(row.document_kind, row.document_number),
        "endpoint": row.endpoint.name,
        "state": badge(row.state, "message"),
        "detail": row.detail,
        "attempts": row.attempt_count,
        "age": fmt.age(row.received_at, ZONE),
    }


def _group(group: selectors.CauseGroup) -> dict[str, Any]:
    of = {
        "direction": group.direction, "endpoint": group.endpoint, "topic": group.what, "cause": group.cause,
        "words": group.words, "example": group.example_id,
    }  # fmt: skip
    return {
        "count": group.count,
        "what": message_name(group.what),
        "endpoint": group.endpoint_name,
        "cause": group.cause.replace("_", " "),
        "example": group.sentence,
        "oldest": fmt.age(group.oldest, ZONE),
        "href": f"{link('message-group')}?{urlencode(of)}",
    }


@login_required
def message(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    found = selectors.outbound_get(actor, pk)
    row = found.message
    return render(
        request,
        "integration/message.html",
        {
            "row": row,
            "title": message_name(row.topic),
            "header_badge": badge(row.state, "message"),
            "header_facts": [
                parts.Fact(label="To", value=row.endpoint.name, href=link("endpoint", row.endpoint.code)),
                parts.Fact(label="About", value=row.document_number, href=document(row.document_kind, row.document_number)),
                parts.Fact(label="Written", value=fmt.when(row.created_at, ZONE)),
                parts.Fact(label="Tries", value=str(row.attempt_count)),
                parts.Fact(label="Reference there", value=row.remote_reference or "—"),
            ],
            "detail": row.detail,
            "entries": _history(found.attempts, found.decisions),
            "payload": readable(found.payload_text),
            "replay_href": link("message-difference", row.pk) if "replay" in found.choices and actor.has(Role.INTEGRATION_SUPPORT) else "",
            "blocked_by": found.blocked_by,
            "choices": [
                {"name": name, "label": CHOICES[name][0], "words": CHOICES[name][1], "tone": CHOICES[name][2],
                 "asks_number": name == "mark_delivered" and row.endpoint.kind == Endpoint.Kind.ERP}
                for name in (found.choices if actor.has(Role.INTEGRATION_SUPPORT) else ())
            ],
            "crumbs": [parts.Crumb(label="Messages", href=link("messages")), parts.Crumb(label=f"{message_name(row.topic)} {row.document_number}")],
        },
    )  # fmt: skip


ICONS = {
    "good": "circle-check",
    "bad": "circle-x",
    "waiting": "alert-triangle",
    "progress": "rotate-clockwise",
    "info": "send",
}
HANDLED = {
    "replayed": ("Decided to try it again", "rotate-clockwise"),
    "resent": ("Decided to send it again", "send"),
    "marked_delivered": ("Decided that it arrived", "circle-check"),
    "cancelled": ("Given up", "circle-x"),
    "edited": ("Decided to send an edited text", "edit"),
}


def _history(attempts: Sequence[Attempt], decisions: Iterable[BusinessEvent]) -> list[parts.TimelineEntry]:
    """What was tried, in the other side's words, and what people decided; newest first."""
    told = [(a.started_at, _tried(a)) for a in attempts] + [(d.occurred_at, _decided(d)) for d in decisions]
    return [entry for _, entry in sorted(told, key=lambda each: each[0], reverse=True)]


def _tried(attempt: Attempt) -> parts.TimelineEntry:
    label, tone = status_of(attempt.outcome, "attempt")
    code = f" ({attempt.status_code})" if attempt.status_code else ""
    took = (attempt.finished_at - attempt.started_at).total_seconds() if attempt.finished_at else None
    return parts.TimelineEntry(
        text=f"{'Asked' if attempt.purpose == 'find' else 'Try'} {attempt.number}: {label}{code}",
        when=fmt.when(attempt.started_at, ZONE), tone=tone, icon=ICONS.get(tone, "send"), detail=attempt.detail,
        who=f"took {took:.1f} s" if took is not None else "",
    )  # fmt: skip


def _decided(event: BusinessEvent) -> parts.TimelineEntry:
    text, icon = HANDLED.get(event.data.get("how", ""), ("Decided", "users"))
    return parts.TimelineEntry(
        text=text, when=fmt.when(event.occurred_at, ZONE), who=who(event), icon=icon, tone="info", detail=event.data.get("reason", "")
    )  # fmt: skip


@require_POST
@login_required
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Replay, resend, mark as delivered or give up, with a reason."""
    acts: dict[str, Any] = {
        "replay": replay.message_replay,
        "resend": replay.message_resend,
        "mark_delivered": replay.message_mark_delivered,
        "cancel": replay.message_cancel,
    }
    act = acts.get(request.POST.get("choice", ""))
    if act is None:
        raise NotFound("There is no such choice.")
    told = {"remote_reference": request.POST["remote_reference"]} if "remote_reference" in request.POST else {}
    act(actor=actor_of(request), message_id=pk, reason=request.POST.get("reason", ""), **told)
    return go(request, link("message", pk))


@login_required
def inbound(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    found = selectors.inbound_get(actor, pk)
    row = found.message
    return render(
        request,
        "integration/inbound.html",
        {
            "row": row,
            "title": message_name(row.kind),
            "header_badge": badge(row.state, "message"),
            "header_facts": [
                parts.Fact(label="From", value=row.endpoint.name),
                parts.Fact(label="File", value=row.file_name or (row.parent.file_name if row.parent else "") or "—"),
                parts.Fact(label="Control number", value=row.control_number or "—"),
                *([parts.Fact(label="Sender", value=row.sender)] if row.sender else []),
                parts.Fact(label="Received", value=fmt.when(row.received_at, ZONE)),
                parts.Fact(
                    label="Effect", value=row.document_number or "none", href=document(row.document_kind, row.document_number)
                ),
            ],
            "detail": row.detail,
            "d": trial_shown(row) if row.trial else None,
            "findings": row.findings,
            "entries": _history((), found.decisions),
            "payload": readable(found.payload_text),
            "siblings": [(link("inbound-message", s.pk), message_name(s.kind), badge(s.state, "message")) for s in found.siblings if s.pk != row.pk],
            "may_replay": actor.has(Role.INTEGRATION_SUPPORT) and "replay" in found.choices,
            "crumbs": [parts.Crumb(label="Messages", href=f"{link('messages')}?direction=in"), parts.Crumb(label=message_name(row.kind))],
        },
    )  # fmt: skip


@require_POST
@login_required
def inbound_replay(request: HttpRequest, pk: int) -> HttpResponse:
    replay.inbound_replay(actor=actor_of(request), message_id=pk, reason=request.POST.get("reason", ""))
    return go(request, link("inbound-message", pk))


@login_required
def endpoints(request: HttpRequest) -> HttpResponse:
    actor = _reader(request)
    rows = list(selectors.endpoints_list(actor))
    tiles = [_tile(row) for row in rows]
    tiles.sort(
        key=lambda tile: (tile["rank"], -tile["dead"] - tile["unknown"] - tile["failed"], -tile["depth"], tile["name"])
    )
    return render(
        request,
        "integration/endpoints.html",
        {
            "tiles": [tile for tile in tiles if tile["waits"]],
            "well": [tile for tile in tiles if not tile["waits"]],
            "may_pause": actor.has(Role.INTEGRATION_SUPPORT),
        },
    )


def _tile(row: Endpoint) -> dict[str, Any]:
    condition = selectors.endpoint_condition(row)
    shown = {"paused": "paused", "open": "down", "failing": "degraded", "healthy": "up"}[condition]
    facts: Any = row  # annotated by endpoints_list
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.get_kind_display(),
        "status": badge(shown),
        "tone": status_of(shown)[1],
        "rank": {"down": 0, "degraded": 1, "paused": 2, "up": 3}[shown],
        "depth": facts.depth,
        "oldest": fmt.age(facts.oldest, ZONE) if facts.oldest else None,
        "dead": facts.dead,
        "unknown": facts.unknown,
        "parked": facts.parked,
        "failed": facts.failed,
        "waits": shown != "up" or any((facts.depth, facts.dead, facts.unknown, facts.parked, facts.failed)),
        "last": fmt.age(row.last_success_at, ZONE) if row.last_success_at else None,
        "paused": row.paused,
        "reason": row.pause_reason,
        "until": fmt.when(row.circuit_open_until, ZONE)
        if row.circuit_open_until and row.circuit_open_until > timezone.now()
        else None,
        "href": f"{link('messages')}?endpoint={row.code}",
        "page": link("endpoint", row.code),
        "failures": row.consecutive_failures,
    }


@require_POST
@login_required
def endpoint_switch(request: HttpRequest, code: str) -> HttpResponse:
    """Pause (messages wait) or resume (they leave in order)."""
    actor = actor_of(request)
    if request.POST.get("do") == "resume":
        replay.endpoint_resume(actor=actor, code=code, reason=request.POST.get("reason", "resumed"))
    else:
        replay.endpoint_pause(actor=actor, code=code, reason=request.POST.get("reason", ""))
    return go(request, link("endpoints"))
