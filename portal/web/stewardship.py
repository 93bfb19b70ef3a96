"""The steward's desk: what other systems say about master data, whose word counts, and the pulls that bring it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.actors import EVERYWHERE, Actor
from core.errors import DomainError, NotFound
from core.tally import Counting, Grouping
from integrations.models import MasterPull
from integrations.services.masters import erp_names, masters_request, pull_rows, pulls_seen
from masterdata.models import Category, Facility, MasterProposal, Role
from masterdata.rules.stewardship import ATTRIBUTES, KINDS, labelled
from masterdata.selectors.stewardship import READERS, proposal_get, proposals_listed, record_counts
from masterdata.services.stewardship import proposal_accept, proposal_reject, proposals_decide, record_set
from portal.links import document, link
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.page import actor_of, csv_file, go, is_fragment, typed_id
from portal.web.status import badge, status_of

ZONE = "UTC"
TABS = (
    ("open", "Waiting"),
    ("conflicts", "Differences"),
    ("new", "New records"),
    ("duplicates", "Possible duplicates"),
)
HEADER = (
    "Kind",
    "Number",
    "Name",
    "System",
    "Their id",
    "What",
    "Ours",
    "Theirs",
    "System of record",
    "State",
    "Raised",
    "Reason",
)
PULLED = {**KINDS, "budget": "Budgets"}
MOST_AT_ONCE = 200


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not any(actor.has(role) for role in READERS):
        raise NotFound("There is no such page for you.")
    return actor


@login_required
def proposals(request: HttpRequest) -> HttpResponseBase:
    """The queue."""
    actor, query = _reader(request), request.GET
    view = query.get("view", "open")
    whole = {code: proposals_listed(actor, view=code) for code, _ in TABS}
    found = proposals_listed(
        actor, view=view, kinds=query.getlist("kind"), systems=query.getlist("system"), attributes=query.getlist("attribute"),
        q=query.get("q", "")[:80],
    )  # fmt: skip
    names = erp_names()
    shown = whole.get(view, found)
    may = actor.has(Role.STEWARD) and view != "decided"
    return lists.answer(
        request, lists.PROPOSALS, found, template="masters/proposals.html",
        row=lambda each: _row(each, names, selectable=may), header=HEADER, line=_export,
        frame=lambda around: {**_frame(request, view, around, names), "may_decide": may},
        tabs={code: Counting(rows=rows) for code, rows in whole.items()},
        groups={name: Grouping(rows=shown, code=name) for name in ("kind", "system", "attribute")},
    )  # fmt: skip


def _frame(request: HttpRequest, view: str, around: Around, names: Mapping[str, str]) -> dict[str, Any]:
    query, listing, counts = request.GET, lists.PROPOSALS, around.counts
    tabs = [
        parts.Tab(label=label, href=f"?view={code}", active=code == view, count=counts[code].count)
        for code, label in TABS
    ]
    kinds = [(code, KINDS.get(code, code), n) for code, _, n in around.groups["kind"]]
    systems = [(code, names.get(code, code), n) for code, _, n in around.groups["system"]]
    attributes = [(code, _attribute(code), n) for code, _, n in around.groups["attribute"]]
    return {
        "tabs": [*tabs, parts.Tab(label="Decided", href="?view=decided", active=view == "decided")],
        "facets": [
            parts.facet(query, "kind", "Records", kinds),
            parts.facet(query, "system", "System", systems),
            parts.facet(query, "attribute", "What", attributes),
        ],
        "columns": [
            lists.column(listing, query, "record", "Record"), parts.Column(label="What"), parts.Column(label="Ours"),
            parts.Column(label="Theirs"), parts.Column(label="Says", narrow=True), parts.Column(label="Counts", narrow=True),
            lists.column(listing, query, "number", "Age", align="end"),
        ],
        "here": query.urlencode(),
    }  # fmt: skip


def _attribute(code: str) -> str:
    return next((known[code].label for known in ATTRIBUTES.values() if code in known), labelled("", code))


def _said(attribute: str, value: str) -> str:
    return value.replace("_", " ") if attribute == "status" else value


def _row(row: MasterProposal, names: Mapping[str, str], *, selectable: bool) -> dict[str, Any]:
    return {
        "selectable": selectable,
        "pk": row.pk,
        "href": link("proposal", row.pk),
        "number": row.number,
        "name": row.name,
        "kind": KINDS.get(row.kind, row.kind),
        "what": labelled(row.kind, row.attribute),
        "ours": _said(row.attribute, row.ours),
        "theirs": _said(row.attribute, row.theirs),
        "alike": len(row.look_alikes),
        "system": names.get(row.system, row.system),
        "record": names.get(row.record, row.record) or "The portal",
        "state": "" if row.state == MasterProposal.State.OPEN else badge(row.state, "proposal"),
        "age": fmt.age(row.raised_at, ZONE),
    }


def _export(row: MasterProposal) -> Sequence[object]:
    return (
        KINDS.get(row.kind, row.kind), row.number, row.name, row.system, row.external_id, labelled(row.kind, row.attribute),
        row.ours, row.theirs, row.record or "portal", row.get_state_display(), row.raised_at.isoformat(), row.reason,
    )  # fmt: skip


@login_required
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal with everything the system said."""
    return _show(request, proposal_get(actor_of(request), pk))


def _show(request: HttpRequest, row: MasterProposal, refusal: DomainError | None = None) -> HttpResponse:
    actor, names = actor_of(request), erp_names()
    scopes = actor.scopes(Role.STEWARD)
    may = scopes is EVERYWHERE or (row.facility_id is not None and row.facility_id in scopes)
    is_new = row.attribute == MasterProposal.NEW
    said = row.said.get("values", {})
    counts = {each.attribute: each for each in record_counts(actor) if each.kind == row.kind}
    known = counts.get(row.attribute)
    system = names.get(row.system, row.system)
    facts = [
        parts.Fact(label="Says", value=f"{system} ({row.external_id})"),
        parts.Fact(label="Record", value=f"{row.number} {row.name}", href=document(row.kind, row.number) if row.object_id else ""),
        parts.Fact(label="Raised", value=fmt.when(row.raised_at, ZONE)),
    ]  # fmt: skip
    if known:
        facts.append(
            parts.Fact(label="Whose word counts", value=names.get(known.system, known.system) or "The portal's")
        )
    if row.state != MasterProposal.State.OPEN:
        by = f" by {row.decided_by.name}" if row.decided_by else ""
        facts.append(
            parts.Fact(label="Decided", value=f"{row.get_state_display()}{by}: {row.reason or 'no reason given'}")
        )
    return render(
        request,
        "masters/proposal.html",
        {
            "row": row, "is_new": is_new, "about": facts, "system": system, "refusal": refusal,
            "title": f"{labelled(row.kind, row.attribute)}: {row.number}",
            "header_badge": badge(row.state, "proposal"),
            "said": [(labelled(row.kind, name), value) for name, value in said.items() if value],
            "may_decide": may and row.state == MasterProposal.State.OPEN,
            "may_map": scopes is EVERYWHERE and known is not None and not known.fixed and row.state == MasterProposal.State.OPEN,
            "fixed": known.fixed if known else False,
            "categories": Category.objects.all() if is_new and row.kind == "item" else (),
            "facilities": Facility.objects.all() if is_new and row.kind == "cost_center" else (),
            "typed": request.POST, "given": said,
            "crumbs": [parts.Crumb(label="Master data", href=link("proposals")), parts.Crumb(label=row.number)],
        },
        status=200 if refusal is None else 422,
    )  # fmt: skip


@require_POST
@login_required
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept (as a new record, as one of ours, as the value), reject, or let the system's word count from now on."""
    actor, posted = actor_of(request), request.POST
    row, reason, choice = proposal_get(actor, pk), posted.get("reason", ""), posted.get("choice", "")
    try:
        if choice == "reject":
            proposal_reject(actor=actor, proposal_id=pk, reason=reason)
            done = "Ours stays as it is."
        elif choice == "map":
            taken = record_set(actor=actor, kind=row.kind, attribute=row.attribute, system=row.system, reason=reason)
            done = f"Its word counts from now on; {taken} waiting proposal{'s' if taken != 1 else ''} of it taken over."
        else:
            proposal_accept(
                actor=actor, proposal_id=pk, reason=reason, same_as=typed_id(posted.get("same_as", "")),
                category=posted.get("category", ""), facility=posted.get("facility", ""),
            )  # fmt: skip
            done = "Taken over."
    except NotFound:
        raise
    except DomainError as refusal:
        return _show(request, proposal_get(actor, pk), refusal)
    messages.success(request, done)
    return go(request, link("proposals"))


@require_POST
@login_required
def several(request: HttpRequest) -> HttpResponse:
    """Accept or reject several, each by itself."""
    actor, posted = _reader(request), request.POST
    wanted = [pk for text in posted.getlist("proposal")[:MOST_AT_ONCE] if (pk := typed_id(text))]
    accept = posted.get("act") == "accept"
    try:
        decided = proposals_decide(actor=actor, proposal_ids=wanted, accept=accept, reason=posted.get("reason", ""))
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    else:
        if decided.done:
            messages.success(request, f"{decided.done} {'taken over' if accept else 'rejected'}.")
        told: dict[str, int] = {}
        for _, words in decided.left:
            told[words] = told.get(words, 0) + 1
        for words, count in told.items():
            messages.warning(request, f"{count} not: {words}")
    return go(request, f"{link('proposals')}?{posted.get('here', '')[:1000]}")


# -- whose word counts -------------------------------------------------------------------------------------------------


@login_required
def counts(request: HttpRequest) -> HttpResponse:
    """The map: attribute by attribute."""
    actor = _reader(request)
    found = record_counts(actor)
    return render(
        request,
        "masters/counts.html",
        {
            "kinds": [(label, [each for each in found if each.kind == kind]) for kind, label in KINDS.items()],
            "systems": [("", "The portal"), *erp_names().items()],
            "names": {"": "The portal", **erp_names()},
            "may_change": actor.scopes(Role.STEWARD, Role.ADMINISTRATOR) is EVERYWHERE,
            "crumbs": [
                parts.Crumb(label="Master data", href=link("proposals")),
                parts.Crumb(label="Whose word counts"),
            ],
        },
    )


@require_POST
@login_required
def counts_set(request: HttpRequest) -> HttpResponse:
    """Change whose word counts for one attribute."""
    posted = request.POST
    system = posted.get("system", "")
    if system and system not in erp_names():
        raise NotFound("There is no such system.")
    taken = record_set(
        actor=actor_of(request), kind=posted.get("kind", ""), attribute=posted.get("attribute", ""), system=system,
        reason=posted.get("reason", ""),
    )  # fmt: skip
    more = f" {taken} waiting proposal{'s were' if taken != 1 else ' was'} taken over." if taken else ""
    messages.success(request, f"Changed.{more}")
    return go(request, link("master-counts"))


# -- pulls -------------------------------------------------------------------------------------------------------------


@login_required
def pulls(request: HttpRequest) -> HttpResponse:
    """What was pulled from where, how far what is running is, and the buttons to pull now."""
    actor = _reader(request)
    rows = [
        {
            "erp": row["endpoint"].name, "code": row["endpoint"].code, "kind": row["kind"], "label": PULLED[row["kind"]],
            "open": _pull(row["open"]) if row["open"] else None, "last": _pull(row["last"]) if row["last"] else None,
        }
        for row in pulls_seen(actor)
    ]  # fmt: skip
    may = actor.scopes(Role.INTEGRATION_SUPPORT, Role.STEWARD, Role.ADMINISTRATOR) is EVERYWHERE
    part = "masters/pulls.html#pulls" if is_fragment(request) else "masters/pulls.html"
    running = any(row["open"] for row in rows)
    return render(
        request, part,
        {
            "rows": rows, "may_pull": may, "poll": link("master-pulls") if running else "",
            "crumbs": [parts.Crumb(label="Master data", href=link("proposals")), parts.Crumb(label="Pulls")],
        },
    )  # fmt: skip


def _pull(row: MasterPull) -> dict[str, Any]:
    told = [(name, getattr(row, name)) for name in ("new", "changed", "conflicting", "invalid", "missing", "unchanged")]
    return {
        "pk": row.pk, "whole": "everything" if row.full else "what changed", "seen": row.seen, "detail": row.detail,
        "counts": [(status_of(name, "pull")[0].lower(), n) for name, n in told if n],
        "rows": link("master-pull-rows", row.pk) if row.seen - row.unchanged or row.missing else "",
        "when": fmt.when(row.finished_at or row.started_at, ZONE), "due": fmt.when(row.due_at, ZONE),
        "failing": bool(row.failures),
    }  # fmt: skip


@require_POST
@login_required
def pull(request: HttpRequest) -> HttpResponse:
    """Pull now; a worker takes it up within seconds."""
    posted = request.POST
    masters_request(
        actor=actor_of(request),
        endpoint=posted.get("endpoint", ""),
        kind=posted.get("kind", ""),
        full=bool(posted.get("full")),
    )
    messages.success(request, "It begins within seconds, and goes on when you leave this page.")
    return go(request, link("master-pulls"))


@login_required
def pull_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every record of a round that was not simply unchanged, with its reason."""
    row, found = pull_rows(_reader(request), pk)
    return csv_file(
        f"{row.endpoint.code}-{row.kind}-{row.pk}", ("Their id", "Number", "Result", "Reason"),
        ((each.external_id, each.number, each.get_verdict_display(), each.reason) for each in found.iterator(chunk_size=500)),
    )  # fmt: skip
