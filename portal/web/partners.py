"""Trading partners: who they are and how they do, one partner's page, and what support may press there."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.actors import EVERYWHERE, Actor
from core.errors import DomainError, Invalid
from core.tally import Grouping
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.partner_figures import (
    DAYS,
    Figures,
    partner_condition,
    partner_figures,
    partner_latest,
    partners_list,
    partners_named,
    partners_require,
)
from integrations.services import onboarding
from integrations.services.checklists import checklist
from integrations.services.profiles import profile_export, profile_of
from integrations.services.replay import endpoint_pause, endpoint_resume
from masterdata.models import Role, Supplier
from portal.links import link
from portal.message_words import message_name
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.page import actor_of, go, typed_id
from portal.web.status import badge

ZONE: Final = "UTC"
CONDITIONS: Final[dict[str, tuple[str, parts.Tone]]] = {
    "paused": ("Paused", "waiting"), "live": ("Live", "good"), "starting": ("Goes live soon", "progress"),
    "sandbox": ("Sandbox", "info"), "new": ("Not begun", "neutral"),
}  # fmt: skip
HEADER: Final = ("Code", "Partner", "Format", "Id", "State", "Turned away", "Came", "Went", "Last document")
MOST_KINDS: Final = 6
"""Kinds of documents with a colour of their own in the chart; what is rarer is one of the others."""
OTHERS: Final = "Others"
VERDICTS: Final = {"ignore": "set aside", "quarantine": "quarantined", "process": "worked on again"}
TIMINGS: Final = {"on_receipt": "on receipt", "after_processing": "after processing", "never": "never"}


def may_write(actor: Actor) -> bool:
    """Whether somebody may change partners: integration support of the whole network."""
    return actor.scopes(Role.INTEGRATION_SUPPORT) is EVERYWHERE


@login_required
def partners(request: HttpRequest) -> HttpResponseBase:
    """All partners, with their state and what came and went lately."""
    actor, asked = actor_of(request), request.GET
    every = partners_list(actor, text=asked.get("q", "")[:80])
    found = every.filter(format__in=formats) if (formats := asked.getlist("format")) else every
    return lists.answer(
        request, lists.PARTNERS, found, template="integration/partners.html", row=_row, header=HEADER, line=_line,
        frame=lambda around: _frame(request, actor, around),
        groups={"format": Grouping(rows=Partner.objects.filter(pk__in=every.order_by().values("pk")), code="format")},
    )  # fmt: skip


def _frame(request: HttpRequest, actor: Actor, around: Around) -> dict[str, Any]:
    labels, formats = dict(Partner.Format.choices), around.groups["format"]
    total = sum(n for _, _, n in formats)
    return {
        "may_write": may_write(actor),
        "count_text": f"{fmt.counted(f'{total:,}', 'partner')}, with the documents of 30 days",
        "facets": [parts.facet(request.GET, "format", "Format", [(code, labels[code], n) for code, _, n in formats])] if len(formats) > 1 else [],
        "columns": [
            lists.column(lists.PARTNERS, request.GET, "name", "Partner"), parts.Column(label="State"),
            parts.Column(label="Turned away", align="end"), parts.Column(label="Came", align="end"),
            parts.Column(label="Went", align="end"), parts.Column(label="Last document", align="end"),
        ],
    }  # fmt: skip


def _line(row: Partner) -> tuple[object, ...]:
    figures: Any = row
    return (
        row.supplier.code, row.supplier.name, row.get_format_display(), str(row), CONDITIONS[partner_condition(row)][0], figures.bad,
        figures.taken, figures.told, figures.last.isoformat() if figures.last else "",
    )  # fmt: skip


def _row(row: Partner) -> dict[str, Any]:
    figures: Any = row
    stages = [each for each in row.documents.all() if each.stage != PartnerDocument.Stage.OFF]
    label, tone = CONDITIONS[partner_condition(row)]
    return {
        "href": link("partner", row.supplier.code), "name": row.supplier.name, "code": row.supplier.code, "id": str(row),
        "format": row.get_format_display(), "label": label, "tone": tone, "taken": f"{figures.taken:,}",
        "told": f"{figures.told:,}", "bad": figures.bad, "last": fmt.age(figures.last, ZONE) if figures.last else None,
        "live": f"{sum(_is_live(each) for each in stages)} of {sum(each.stage != PartnerDocument.Stage.OFF for each in stages)} live",
    }  # fmt: skip


def _is_live(row: PartnerDocument) -> bool:
    return row.stage == PartnerDocument.Stage.LIVE and row.live_at is not None and row.live_at <= timezone.now()


@login_required
def partner(request: HttpRequest, code: str) -> HttpResponse:
    """One partner: what is agreed, how it goes, and what came and went last."""
    actor = actor_of(request)
    partners_require(actor)
    row = onboarding.partner_get(code)
    figures = partner_figures(actor, row)
    came, went = partner_latest(actor, row)
    condition = partner_condition(row)
    label, tone = CONDITIONS[condition]
    missing = [item for item in checklist(row) if not item.done] if condition != "live" else []
    return render(
        request,
        "integration/partner.html",
        {
            "row": row, "code": code, "condition": condition, "label": label, "tone": tone,
            "documents": stages_shown(row), "missing": [(item, link("partner-setup", code, item.step)) for item in missing],
            "header_facts": [
                parts.Fact(label="Id", value=str(row)), parts.Fact(label="Format", value=row.get_format_display()),
                parts.Fact(label="Transport", value=row.endpoint.adapter, href=link("endpoint", row.endpoint.code)),
            ],
            "volumes": _volumes(figures), "times": _times(figures), "reasons": [_reason(each) for each in figures.reasons],
            "gaps": _gaps(figures), "came": [_came(each, row) for each in came], "went": [_went(each) for each in went],
            "contacts": row.contacts.all(), "agreed": agreed_shown(row), "may_write": may_write(actor),
            "crumbs": [parts.Crumb(label="Trading partners", href=link("partners")), parts.Crumb(label=row.supplier.name)],
        },
    )  # fmt: skip


DOES: Final = {
    "remittance": "An 820 for each bill that the ERP says is paid. Credits are not advised.",
    "price_catalog": "An 832 is kept and held against our contracts and offers. It changes no price.",
    "inventory_snapshot": "An 846 is kept and held against what we wait for. It changes no stock.",
}  # fmt: skip
"""What becomes of documents that are no part of ordering."""


def stages_shown(row: Partner) -> list[dict[str, Any]]:
    """Every kind of document with its stage in words."""
    known = {each.document: each for each in row.documents.all()}
    shown = []
    for value, label in PartnerDocument.Document.choices:
        found = known.get(value)
        stage = found.stage if found else PartnerDocument.Stage.OFF
        words: tuple[str, parts.Tone] = ("Off", "neutral")
        since = ""
        if found is not None and stage == PartnerDocument.Stage.SANDBOX:
            words = ("Sandbox", "info")
        elif found is not None and found.live_at is not None and stage == PartnerDocument.Stage.LIVE:
            words = ("Live", "good") if _is_live(found) else ("Live soon", "progress")
            since = f"from {found.live_at:%Y-%m-%d %H:%M} UTC"
        shown.append({
            "value": value, "label": label, "stage": str(stage), "words": words[0], "tone": words[1], "since": since,
            "direction": "we send" if value in PartnerDocument.OUT else "they send", "x12_only": value in PartnerDocument.X12_ONLY,
            "does": DOES.get(value, ""),
        })  # fmt: skip
    return shown


def agreed_shown(row: Partner) -> list[tuple[str, str]]:
    """The agreed profile as a list of words."""
    profile = profile_of(row)
    units = ", ".join(f"{theirs} = {ours}" for theirs, ours in profile.units.items())
    extras = [f"{each.transaction}: {each.segment} {each.qualifier}".strip() for each in profile.required]
    never = [f"{each.transaction}: no {each.segment} {each.qualifier}".strip() for each in profile.forbidden]
    shown = [
        ("We are", f"{profile.our_qualifier}:{profile.our_id}".lstrip(":")), ("They are", str(row)),
        ("Units", units or "as everywhere"), ("Duplicates are", VERDICTS[profile.duplicates]),
        ("Findings", ", ".join(f"{code}: {verdict}" for code, verdict in profile.verdicts.items()) or "as severe as they are"),
    ]  # fmt: skip
    if profile.documents:
        shown.append(("Otherwise for", ", ".join(sorted(profile.documents))))
    if row.format == Partner.Format.X12:
        shown[2:2] = [
            ("Version", profile.version),
            ("Item numbers", ", ".join((*profile.supplier_part, *profile.buyer_item))),
        ]
        shown += [
            ("Segments", ", ".join([*extras, *never]) or "nothing special"), ("We acknowledge", TIMINGS[profile.acknowledge]),
            ("They acknowledge within", f"{profile.acknowledgement_due_hours} hours"),
        ]  # fmt: skip
    return shown


def _volumes(figures: Figures) -> dict[str, Any]:
    """A chart of the last days: what they sent and we sent, by kind."""
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    totals, counts = Counter[str](), Counter[tuple[date, str]]()
    for each in figures.volumes:
        label = f"{message_name(each.what)} ({'they' if each.direction == 'in' else 'we'})"
        totals[label] += each.count
        counts[each.day, label] += each.count
    kinds = [label for label, _ in totals.most_common()]
    if len(kinds) > MOST_KINDS:
        rare = kinds[MOST_KINDS - 1 :]
        kinds = [*kinds[: MOST_KINDS - 1], OTHERS]
        counts.update({(day, OTHERS): sum(counts[day, label] for label in rare) for day in days})
    return {
        "labels": [f"{day:%d %b}" for day in days],
        "series": [{"label": label, "values": [counts[day, label] for day in days]} for label in kinds],
    }


def _times(figures: Figures) -> list[tuple[str, str]]:
    times = figures.times
    if not times.acknowledged:
        return [("Acknowledged", "nothing in 30 days"), ("Waiting", f"{times.waiting:,}")]
    return [
        ("Median", fmt.duration(times.median or 0)), ("95 of 100 within", fmt.duration(times.p95 or 0)),
        ("Acknowledged", f"{times.acknowledged:,}"), ("Waiting", f"{times.waiting:,}"), ("Rejected", f"{times.rejected:,}"),
    ]  # fmt: skip


def _reason(each: Any) -> dict[str, Any]:
    return {
        "href": link("inbound-message", each.example), "what": message_name(each.what),
        "cause": each.cause.replace("_", " "), "words": each.words, "count": each.count,
    }  # fmt: skip


def _gaps(figures: Figures) -> list[tuple[str, str]]:
    def words(first: int, last: int) -> str:
        return str(first) if first == last else f"{first} to {last}"

    return [("We never used" if g.side == "ours" else "Never came", words(g.first, g.last)) for g in figures.gaps]


def _came(row: InboundMessage, partner: Partner) -> dict[str, Any]:
    answered = partner.format == Partner.Format.X12 and bool(row.group) and row.kind != "997"
    return {
        "pk": row.pk, "href": link("inbound-message", row.pk), "name": message_name(row.kind), "badge": badge(row.state, "message"),
        "number": row.document_number or row.control_number or row.file_name, "when": fmt.age(row.received_at, ZONE),
        "again": answered and row.lane == InboundMessage.Lane.LIVE,
    }  # fmt: skip


def _went(row: OutboundMessage) -> dict[str, Any]:
    interchange: Interchange | None = getattr(row, "interchange", None)
    answered = interchange.acknowledgement if interchange is not None else "not_expected"
    return {
        "pk": row.pk, "href": link("message", row.pk), "name": message_name(row.topic), "badge": badge(row.state, "message"),
        "number": _answered_numbers(row.key) if row.document_kind == "inbound_file" else row.document_number,
        "when": fmt.age(row.delivered_at or row.created_at, ZONE),
        "acknowledgement": badge(answered) if answered != "not_expected" else "",
        "again": row.document_kind == "purchase_order" and row.state == OutboundMessage.State.DELIVERED,
    }  # fmt: skip


def _answered_numbers(key: str) -> str:
    """An acknowledgement is about a file of theirs: its key says their numbers, unless a person had it sent once more."""
    kind, _, numbers = key.partition(":")
    return "once more" if kind == "997again" else numbers


@login_required
def partner_new(request: HttpRequest) -> HttpResponse:
    """Choose the supplier, and a similar partner to take the habits from."""
    actor = actor_of(request)
    partners_require(actor)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            row = onboarding.partner_begin(
                actor=actor, supplier=request.POST.get("supplier", ""), like=request.POST.get("like", "")
            )
        except DomainError as refusal:
            problem = refusal
        else:
            return go(
                request, link("partner-setup", row.supplier.code, "documents" if not row.habits else "identifiers")
            )
    free = Supplier.objects.filter(edi=None).order_by("name").values_list("code", "name")
    like = [("", "nobody: begin with nothing"), *((p.supplier.code, p.supplier.name) for p in partners_named(actor))]
    return render(
        request,
        "integration/partner_new.html",
        {
            "suppliers": [(code, f"{name} ({code})") for code, name in free], "like": like, "typed": request.POST,
            "problem": problem.message if problem else "", "may_write": may_write(actor),
            "crumbs": [parts.Crumb(label="Trading partners", href=link("partners")), parts.Crumb(label="New")],
        },
        status=422 if problem else 200,
    )  # fmt: skip


@login_required
def partner_profile(request: HttpRequest, code: str) -> HttpResponse:
    """The profile as a file."""
    partners_require(actor_of(request))
    row = onboarding.partner_get(code)
    text = json.dumps(profile_export(row), indent=2, ensure_ascii=False) + "\n"
    named = {"Content-Disposition": f'attachment; filename="profile-{row.supplier.code.lower()}.json"'}
    return HttpResponse(text, content_type="application/json", headers=named)


@require_POST
@login_required
def partner_act(request: HttpRequest, code: str) -> HttpResponse:
    """Send a delivered order once more, acknowledge a received document once more, pause or resume."""
    typed, actor = request.POST, actor_of(request)
    partners_require(actor)
    pk, reason = typed_id(typed.get("message", "")) or 0, typed.get("reason", "")
    if typed.get("do") == "resend":
        onboarding.partner_resend(actor=actor, code=code, message_id=pk, reason=reason)
    elif typed.get("do") == "acknowledge":
        onboarding.partner_acknowledge_again(actor=actor, code=code, message_id=pk, reason=reason)
    elif typed.get("do") == "pause":
        endpoint_pause(actor=actor, code=onboarding.partner_get(code).endpoint.code, reason=reason)
    elif typed.get("do") == "resume":
        endpoint_resume(actor=actor, code=onboarding.partner_get(code).endpoint.code, reason=reason)
    else:
        raise Invalid("Say what to do.", code="act_unknown")
    return go(request, link("partner", code))
