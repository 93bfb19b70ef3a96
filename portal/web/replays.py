"""Replaying with open eyes: what was sent against what would be sent now, an edited text, and all dead letters of one cause."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import DomainError, NotFound
from integrations import selectors
from integrations.models import InboundMessage, OutboundMessage
from integrations.services import replay
from masterdata.models import Role
from portal.links import document, link
from portal.message_words import message_name
from portal.web import format as fmt
from portal.web import parts
from portal.web.page import actor_of, go
from portal.web.payloads import lines_of

ZONE = "UTC"
_CONTEXT = 3


@dataclass(frozen=True)
class DiffLine:
    """One line of a difference: `mark` is "+", "-", a space, or nothing between parts."""

    mark: str
    text: str

    @property
    def says(self) -> str:
        return {"+": "new", "-": "old"}.get(self.mark, "")


def difference(old: str, new: str) -> list[DiffLine]:
    """Old against new, line by line as a person reads them; empty where nothing differs."""
    found = difflib.unified_diff(lines_of(old), lines_of(new), lineterm="", n=_CONTEXT)
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    # where parts in between are the same, a row says so; the first part needs no such row
    return [DiffLine("", "…") if line[:1] == "@" else DiffLine(line[:1], line[1:]) for line in lines[1:]]


def _must_be(actor: Actor, *roles: str) -> None:
    if not any(actor.has(role) for role in roles):
        raise NotFound("There is no such page for you.")


@login_required
def replay_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A dead letter: what was sent, what would be sent now, and the text to edit."""
    actor = actor_of(request)
    _must_be(actor, Role.INTEGRATION_SUPPORT)
    found = selectors.outbound_get(actor, pk)
    row = found.message
    if row.state != OutboundMessage.State.DEAD:
        return go(request, link("message", pk))
    rebuilt, problem = _rebuilt(row)
    new = selectors.payload_text(rebuilt) if rebuilt else ""
    return render(
        request,
        "integration/replay.html",
        {
            "row": row,
            "title": f"Replay {message_name(row.topic)}",
            "header_facts": [
                parts.Fact(label="To", value=row.endpoint.name, href=link("endpoint", row.endpoint.code)),
                parts.Fact(label="About", value=row.document_number, href=document(row.document_kind, row.document_number)),
            ],
            "detail": row.detail,
            "sent": found.payload_text,
            "sent_digest": row.payload_id or "",
            "differences": difference(found.payload_text, new) if found.payload_text and new else [],
            "rebuilt_digest": rebuilt.sha256 if rebuilt else "",
            "new": new,
            "problem": problem,
            "crumbs": [
                parts.Crumb(label="Messages", href=link("messages")),
                parts.Crumb(label=f"{message_name(row.topic)} {row.document_number}", href=link("message", pk)),
                parts.Crumb(label="Replay"),
            ],
        },
    )  # fmt: skip


def _rebuilt(row: OutboundMessage) -> tuple[Any, str]:
    try:
        return replay.payload_rebuilt(row), ""
    except DomainError as error:
        return None, error.message


@require_POST
@login_required
def replay_post(request: HttpRequest, pk: int) -> HttpResponse:
    """As it was, as our records say it now, or as edited."""
    posted, actor = request.POST, actor_of(request)
    reason = posted.get("reason", "")
    if posted.get("how") == "edited":
        replay.message_edit(
            actor=actor, message_id=pk, text=posted.get("text", ""), shown=posted.get("shown", ""), reason=reason
        )
    else:
        rebuild = posted.get("how") == "rebuilt"
        shown = posted.get("shown", "") if rebuild else ""
        replay.message_replay(actor=actor, message_id=pk, reason=reason, rebuild=rebuild, shown=shown)
    return go(request, link("message", pk))


def _group(query: QueryDict) -> selectors.Group:
    named = {name: query.get(name, "") for name in ("endpoint", "topic", "cause", "words")}
    example = query.get("example", "")
    return selectors.Group(**named, example_id=int(example) if example.isdecimal() else None)


_KEPT: Final = ("direction", "endpoint", "topic", "cause", "words")


@login_required
def group_page(request: HttpRequest) -> HttpResponse:
    """The dead letters of one cause: how many, examples, and one act for all."""
    actor: Actor = actor_of(request)
    _must_be(actor, Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR)
    group, into = _group(request.GET), request.GET.get("direction") == "in"
    found: Any = selectors.inbound_group_of(actor, group) if into else selectors.group_of(actor, group)
    examples = list(found.select_related("endpoint").order_by("id")[:20])
    if not examples:
        raise NotFound("There is no dead letter of this cause any more.")
    number = found.count()
    rate = replay.GROUP_RATE if into else examples[0].endpoint.rate_per_minute or replay.GROUP_RATE
    return render(
        request,
        "integration/group.html",
        {
            "title": f"{number:,} dead letters" if number > 1 else "One dead letter",
            "words": group.sentence,
            "endpoint": examples[0].endpoint.name,
            "into": into,
            "minutes": max(1, round(min(number, replay.GROUP_MOST) / rate)),
            "rate": round(rate),
            "most": min(number, replay.GROUP_MOST),
            "fields": [(name, request.GET.get(name, "")) for name in _KEPT],
            "example": examples[0].pk,
            "rows": [_in_row(row) if into else _out_row(row) for row in examples],
            "may_replay": actor.has(Role.INTEGRATION_SUPPORT),
            "crumbs": [parts.Crumb(label="Messages", href=link("messages")), parts.Crumb(label="Dead letters of one cause")],
        },
    )  # fmt: skip


def _out_row(row: OutboundMessage) -> dict[str, Any]:
    return {
        "href": link("message", row.pk), "what": message_name(row.topic), "number": row.document_number,
        "document_href": document(row.document_kind, row.document_number), "age": fmt.age(row.created_at, ZONE),
        "tries": row.attempt_count,
    }  # fmt: skip


def _in_row(row: InboundMessage) -> dict[str, Any]:
    return {
        "href": link("inbound-message", row.pk), "what": message_name(row.kind), "number": row.control_number or row.file_name,
        "document_href": "", "age": fmt.age(row.received_at, ZONE), "tries": row.attempt_count,
    }  # fmt: skip


@require_POST
@login_required
def group_replay(request: HttpRequest) -> HttpResponse:
    """Try all of them again."""
    posted, actor = request.POST, actor_of(request)
    if posted.get("direction") == "in":
        replay.inbound_group_replay(actor=actor, group=_group(posted), reason=posted.get("reason", ""))
        return go(request, f"{link('messages')}?direction=in&endpoint={posted.get('endpoint', '')}")
    replay.group_replay(actor=actor, group=_group(posted), reason=posted.get("reason", ""))
    return go(request, f"{link('messages')}?endpoint={posted.get('endpoint', '')}&state=open")
