"""Requisitions: the list, and the page of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.tally import Counting, Grouping
from masterdata.models import Role
from portal.links import link
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts, story
from portal.web.cart import facts_of, header_choices
from portal.web.editor import amount_of, editor
from portal.web.page import actor_of, go
from portal.web.preferences import facility_chosen
from portal.web.status import badge, status_of
from procurement.models import ApprovalStep, Requisition, RequisitionLine
from procurement.selectors.changes import story_of
from procurement.selectors.requisitions import requisition_get, requisitions_listed
from procurement.services.exceptions import comment_write

TABS = (("mine", "Mine"), ("open", "Open"), ("returned", "Returned to me"), ("drafts", "My drafts"), ("all", "All"))
HEADER = (
    "Number",
    "Status",
    "Facility",
    "For",
    "Requester",
    "Cost center",
    "Needed by",
    "Total",
    "Currency",
    "Submitted",
)


@login_required
def requisitions(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    view = request.GET.get("view") or ("mine" if actor.has(Role.REQUESTER) else "open")
    listed = requisitions_listed(
        actor, view=view, facility_id=facility_chosen(request), statuses=request.GET.getlist("status"),
        facilities=request.GET.getlist("facility"), q=request.GET.get("q", "")[:80],
    )  # fmt: skip
    here = facility_chosen(request)
    whole = requisitions_listed(actor, view=view, facility_id=here)
    return lists.answer(
        request, lists.REQUISITIONS, listed, template="requests/requisitions.html", row=_row, header=HEADER, line=_export,
        frame=lambda around: _frame(request, actor, view, around),
        tabs={code: Counting(rows=requisitions_listed(actor, view=code, facility_id=here)) for code, _ in TABS},
        groups={
            "status": Grouping(rows=whole, code="status"),
            "facility": Grouping(rows=whole, code="facility__code", label="facility__name"),
        },
    )  # fmt: skip


def _frame(request: HttpRequest, actor: Actor, view: str, around: Around) -> dict[str, Any]:
    """Tabs with counts, facets and column heads around the rows."""
    listing, counts = lists.REQUISITIONS, around.counts
    states = [(code, status_of(code, "requisition")[0], n) for code, _, n in around.groups["status"]]
    facets = [parts.facet(request.GET, "status", "Status", states)]
    places = around.groups["facility"]
    if facility_chosen(request) is None and (len(places) > 1 or request.GET.getlist("facility")):
        facets.append(parts.facet(request.GET, "facility", "Facility", places))
    return {
        "tabs": [
            parts.Tab(label=label, href=f"?view={code}", active=code == view, count=counts[code].count)
            for code, label in TABS
        ],
        "facets": facets,
        "columns": [
            lists.column(listing, request.GET, "number", "Requisition"),
            parts.Column(label="For"),
            parts.Column(label="Requester", narrow=True),
            parts.Column(label="Status"),
            lists.column(listing, request.GET, "needed", "Needed by", narrow=True),
            lists.column(listing, request.GET, "amount", "Amount", align="end"),
            lists.column(listing, request.GET, "submitted", "Age", align="end"),
        ],
        "count_text": fmt.counted(counts[view].text if view in counts else "0", "requisition"),
        "may_request": actor.has(Role.REQUESTER),
    }


def _row(row: Requisition) -> dict[str, Any]:
    since = row.submitted_at or row.created_at
    return {
        "number": row.number,
        "href": link("requisition", row.number),
        "place": row.location.name,
        "facility": row.facility.name,
        "requester": row.requester.name,
        "status": badge(row.status, "requisition"),
        "urgent": row.urgent,
        "needed": fmt.day(row.needed_by, row.facility.timezone),
        "amount": fmt.money(row.total, row.currency),
        "age": fmt.age(since, row.facility.timezone),
    }


def _export(row: Requisition) -> Sequence[object]:
    return (
        row.number, row.get_status_display(), row.facility.name, row.location.name, row.requester.name,
        str(row.cost_center), row.needed_by or "", row.total, row.currency,
        row.submitted_at.isoformat() if row.submitted_at else "",
    )  # fmt: skip


# -- one requisition -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LineShown:
    number: int
    title: str
    item: str
    quantity: fmt.Shown
    price: fmt.Shown
    amount: fmt.Shown
    supplier: str
    contract: str
    note: str
    fill: str
    rests: list[str]
    orders: Sequence[tuple[str, str, str]]
    comment: str


@login_required
def requisition(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    row = requisition_get(actor, number)
    zone = row.facility.timezone
    mine = row.requester_id == actor.user_id and actor.has(Role.REQUESTER, row.facility_id)
    editable = mine and row.status in Requisition.EDITABLE
    steps = list(row.steps.all())
    context = {
        "row": row,
        "header_facts": _facts(row),
        "header_badge": badge(row.status, "requisition"),
        "next_action": _next_action(row, steps, mine, zone),
        "shown_lines": [] if editable else [_line(line, row) for line in row.lines.all()],
        "steps": [_step(step, zone) for step in steps if step.state != ApprovalStep.State.VOID],
        "budget": _budget(row),
        "entries": story.timeline(story_of(row.trace_id), zone, here=row.number),
        "comments": story.remarks_shown(row.remarks, zone),  # type: ignore[attr-defined]  # annotated by the selector
        "editable": editable,
        "may_withdraw": mine and row.status in (*Requisition.EDITABLE, Requisition.Status.SUBMITTED),
        "crumbs": [parts.Crumb(label="Requisitions", href=link("requisitions")), parts.Crumb(label=row.number)],
    }
    if editable:
        context |= {**editor(row, facts_of(row)), **header_choices(request, row), "facility": row.facility}
    return render(request, "requests/requisition.html", context)


@require_POST
@login_required
def comment(request: HttpRequest, number: str) -> HttpResponse:
    """Write a remark, for everybody who sees the requisition."""
    row = requisition_get(actor_of(request), number)
    comment_write(
        actor=actor_of(request), kind="requisition", number=row.number, facility_id=row.facility_id,
        text=request.POST.get("comment", ""),
    )  # fmt: skip
    return go(request, link("requisition", number))


def _facts(row: Requisition) -> list[parts.Fact]:
    facts = [
        parts.Fact(label="For", value=f"{row.facility.name}, {row.location.name}"),
        parts.Fact(label="By", value=row.requester.name),
        parts.Fact(label="Cost center", value=str(row.cost_center)),
        parts.Fact(label="Amount", value=fmt.money(row.total, row.currency)),
    ]
    if row.needed_by:
        facts.append(parts.Fact(label="Needed by", value=fmt.day(row.needed_by, row.facility.timezone)))
    if row.submitted_at:
        facts.append(parts.Fact(label="Submitted", value=fmt.when(row.submitted_at, row.facility.timezone)))
    if row.urgent:
        facts.append(parts.Fact(label="", value="", badge=badge("urgent")))
    return facts


def _next_action(row: Requisition, steps: Sequence[ApprovalStep], mine: bool, zone: str) -> tuple[str, str]:
    """(tone, sentence): where it stands and who must act."""
    pending = next((s for s in steps if s.state == ApprovalStep.State.PENDING), None)
    last = next((s for s in reversed(steps) if s.decided_by), None)
    you = "you" if mine else row.requester.name
    if row.status == "submitted" and pending:
        who = pending.person.name if pending.person else pending.label
        return "waiting", f"Waits for {who}; asked {fmt.when(pending.opened_at, zone)}."
    if row.status == "returned" and last and last.decided_by:
        return "waiting", f"{last.decided_by.name} sent it back to {you}: “{last.comment}”"
    if row.status == "rejected" and last and last.decided_by:
        return "bad", f"{last.decided_by.name} rejected it: “{last.comment}”"
    if row.status == "ordered" and any(line.fill == "to_source" for line in row.lines.all()):
        return "waiting", "Part of it waits for a source on the buyer's workbench."
    return {
        "draft": ("neutral", f"A draft: {you} can still change it, then submit."),
        "approved": ("info", "Approved. Lines without a contract source wait on the buyer's workbench."),
        "ordered": ("info", "Everything is ordered or comes from stock. The goods are on their way."),
        "fulfilled": ("good", "Everything has arrived or was filled from stock."),
        "cancelled": ("done", "Withdrawn. Nothing will be ordered."),
        "closed": ("done", "Closed."),
    }.get(row.status, ("neutral", ""))


def _line(line: RequisitionLine, row: Requisition) -> LineShown:
    base_unit = line.item.base_unit if line.item else line.unit
    return LineShown(
        number=line.line_number, title=line.description, item=line.item.number if line.item else "",
        quantity=fmt.quantity(line.quantity, line.unit, base=line.base_quantity, base_unit=base_unit),
        price=fmt.price(line.unit_price, row.currency, line.unit), amount=fmt.money(amount_of(line), row.currency),
        supplier=line.supplier.name if line.supplier else line.suggested_supplier,
        contract=badge(line.contract_check) if line.contract_check else "", note=contract_note(line, row.currency),
        fill=badge(line.fill) if line.fill not in ("open", "ordered") else "",
        rests=_rests(line),
        orders=[
            (ol.order.number, link("order", ol.order.number), badge(ol.order.status, "purchase_order"))
            for ol in line.order_lines.all()
            if not ol.cancelled
        ],
        comment=line.decision_comment,
    )  # fmt: skip


def _rests(line: RequisitionLine) -> list[str]:
    """What of a line is not on an order, where it is not the whole of it."""
    parts_of = (("waits for a source", line.unsourced_base), ("no longer needed", line.waived_base))
    return [
        f"{fmt.quantity(line.quantity * base / line.base_quantity, line.unit)} {words}"
        for words, base in parts_of
        if 0 < base < line.base_quantity
    ]


def contract_note(line: RequisitionLine, currency: str) -> str:
    """The contract check of a line in a sentence."""
    stored = line.contract_explanation
    best, lost = stored.get("best"), Decimal(stored.get("lost") or 0)
    if line.contract_check == "on_contract":
        return f"Under {stored.get('contract', '')}"
    if line.contract_check == "off_contract" and best:
        text = f"{best['supplier']} has it on {best['contract']} at {Decimal(best['price']):,.2f} {currency} / {best['unit']}"
        reason = f"; reason: “{line.off_contract_reason}”" if line.off_contract_reason else ""
        return f"{text}: {fmt.money(lost, currency)} more{reason}"
    return "No contract covers this item" if line.contract_check == "no_contract" else ""


def _step(step: ApprovalStep, zone: str) -> parts.Step:
    names = {"approved": "done", "returned": "done", "rejected": "done", "pending": "now", "waiting": "next"}
    if step.decided_by:
        for_whom = f" on behalf of {step.on_behalf_of.name}" if step.on_behalf_of else ""
        note = f"{step.get_state_display()} by {step.decided_by.name}{for_whom}, {fmt.when(step.decided_at, zone)}"
        note += f": “{step.comment}”" if step.comment else ""
    else:
        note = step.why
    return parts.Step(label=step.person.name if step.person else step.label, state=names[step.state], note=note)  # type: ignore[arg-type]


def _budget(row: Requisition) -> parts.Budget | None:
    """The budget as it was known at submission."""
    check = row.budget_check
    if "amount" not in check:
        return None
    return parts.Budget(
        label=f"{row.cost_center}, {check['period']}", limit=Decimal(check["amount"]), actual=Decimal(check["actual"]),
        committed=Decimal(check["committed"]), this=row.total, currency=row.currency,
        as_of=fmt.when(datetime.fromisoformat(check["as_of"]), row.facility.timezone),
    )  # fmt: skip
