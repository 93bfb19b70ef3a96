"""The approver's inbox: the waiting requests on the left, the chosen one with everything to decide it on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import Conflict, DomainError, Finding, Invalid
from core.keyset import comes_after, sorted_by
from core.keyset import page as page_of
from inventory.selectors import Availability, availability
from masterdata.models import Role
from masterdata.selectors import limit_of
from portal.links import link
from portal.saved_views import Kept, around_list
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.editor import amount_of
from portal.web.page import Typed, actor_of, csv_file, go, is_fragment, toasted, typed_id
from portal.web.preferences import facility_chosen
from portal.web.requisitions import contract_note
from portal.web.status import badge
from procurement.models import ApprovalStep, Requisition, RequisitionLine
from procurement.selectors.invoices import comments_of
from procurement.selectors.requisitions import (
    approval_get,
    approvals_flagged,
    approvals_waiting,
    budget_now,
    lines_to_judge,
    steps_of,
)
from procurement.services.approvals import approval_decide

MOST_AT_ONCE = 50
HEADER = (
    "Request", "Requester", "Facility", "For", "Amount", "Currency", "Needed by", "Waiting since", "Decide by", "Urgent",
    "Off contract", "Not in the catalog", "Budget",
)  # fmt: skip
DONE = {"approve": "approved", "return": "sent back", "reject": "rejected"}


@login_required
def approvals(request: HttpRequest) -> HttpResponseBase:
    """The inbox with the first request open."""
    actor, query = actor_of(request), request.GET
    if query.get("export") == "csv":
        found = sorted_by(_waiting(actor, request, query), lists.order_of(lists.APPROVALS, query))
        return csv_file("approvals", HEADER, (_export(step) for step in found.iterator(chunk_size=500)))
    if is_fragment(request) and query.get("after"):
        return render(request, "requests/approvals.html#rows", _inbox(request, None, query))
    around, elsewhere = lists.begin(request, lists.APPROVALS)
    return elsewhere or _show(request, None, query, saved=around.saved)


@login_required
def approval(request: HttpRequest, step_id: int) -> HttpResponse:
    """One request; HTMX gets only the right side."""
    step = approval_get(actor_of(request), step_id)
    if is_fragment(request):
        here = urlsplit(request.htmx.current_url or "").query  # type: ignore[attr-defined]  # set by HtmxMiddleware
        return render(request, "requests/approvals.html#chosen", {**_chosen(request, step), "list_here": here})
    return _show(request, step, request.GET)


def _show(
    request: HttpRequest, step: ApprovalStep | None, query: QueryDict, *, part: str = "", done: ApprovalStep | None = None,
    saved: Sequence[Kept] | None = None,
) -> HttpResponse:  # fmt: skip
    """The inbox with a step open: the given one, the one that followed the step `done`, else the first."""
    context = _inbox(request, step, query, done=done, saved=saved)
    if step is None and context["rows"]:
        following = context["rows"][context["following"]]
        following["current"] = True
        step = approval_get(actor_of(request), following["pk"])
    if step is not None:
        context |= _chosen(request, step)
    return render(request, f"requests/approvals.html{part}", context)


def _waiting(actor: Actor, request: HttpRequest, query: QueryDict) -> QuerySet[ApprovalStep]:
    found = approvals_flagged(approvals_waiting(actor, facility_id=facility_chosen(request)))
    for word in query.get("q", "")[:80].split()[:5]:
        found = found.filter(
            Q(requisition__number__icontains=word) | Q(requester__name__icontains=word)
            | Q(requisition__location__name__icontains=word)
        )  # fmt: skip
    return found


def _inbox(
    request: HttpRequest, step: ApprovalStep | None, query: QueryDict, *, done: ApprovalStep | None = None,
    saved: Sequence[Kept] | None = None,
) -> dict[str, Any]:  # fmt: skip
    actor, order = actor_of(request), lists.order_of(lists.APPROVALS, query)
    page = page_of(_waiting(actor, request, query), after=query.get("after", ""), order=order)
    if saved is None and not query.get("after"):
        saved = around_list(actor, lists.APPROVALS.name).saved
    more = parts.query_with(query, after=page.next) if page.next else ""
    return {
        **lists.tools(lists.APPROVALS, query, saved or ()),
        "rows": [_row(actor, row, current=step is not None and row.pk == step.pk) for row in page.rows],
        "following": next((at for at, row in enumerate(page.rows) if done and comes_after(row, done, order)), 0),
        "next_href": link("approvals") + more if more else "",
        "crumbs": [parts.Crumb(label="Home", href=link("home")), parts.Crumb(label="Approvals")],
    }


def _row(actor: Actor, step: ApprovalStep, *, current: bool = False) -> dict[str, Any]:
    row = step.requisition
    limit = _limit(actor, step)
    flags = [
        ("urgent", row.urgent),
        ("off_contract", getattr(step, "off_contract", False)),
        ("non_catalog", getattr(step, "non_catalog", False)),
        ("over_budget", row.budget_check.get("outcome") in ("warn", "stop")),
        ("overdue", step.due_at is not None and step.due_at < timezone.now()),
    ]
    return {
        "pk": step.pk,
        "href": link("approval", step.pk),
        "number": row.number,
        "requester": step.requester.name,
        "place": f"{row.facility.name} · {row.location.name}",
        "amount": fmt.money(step.amount, row.currency),
        "raw_amount": f"{step.amount:f}",
        "currency": row.currency,
        "age": fmt.age(step.opened_at, row.facility.timezone),
        "flags": [badge(code) for code, on in flags if on],
        "hash": step.content_hash,
        "current": current,
        "above_limit": limit is not None and step.amount > limit,
    }


def _export(step: ApprovalStep) -> Sequence[object]:
    row = step.requisition
    flagged = [getattr(step, flag, False) for flag in ("off_contract", "non_catalog")]
    return (
        row.number, step.requester.name, row.facility.name, row.location.name, step.amount, row.currency,
        row.needed_by or "", step.opened_at.isoformat() if step.opened_at else "",
        step.due_at.isoformat() if step.due_at else "", *("yes" if flag else "" for flag in (row.urgent, *flagged)),
        "over" if row.budget_check.get("outcome") in ("warn", "stop") else "",
    )  # fmt: skip


def _limit(actor: Actor, step: ApprovalStep) -> Decimal | None:
    if step.person_id is not None:
        return None
    return limit_of(actor, role=step.role or Role.APPROVER, facility_id=step.facility_id)


# -- the chosen request --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class JudgedLine:
    """A line with what one compares it against."""

    number: int
    title: str
    item: str
    quantity: str
    unit: str
    base: str
    price: fmt.Shown
    amount: fmt.Shown
    supplier: str
    contract: str
    note: str
    last: str
    change: str
    dearer: bool
    stock: str
    asked: str
    rejected: bool


def _chosen(request: HttpRequest, step: ApprovalStep, *, findings: Sequence[Finding] = ()) -> dict[str, Any]:
    actor, row = actor_of(request), step.requisition
    now, zone = timezone.now(), row.facility.timezone
    lines = list(lines_to_judge(row, now))
    stock = availability(
        [li.item_id for li in lines if li.item_id], facility_id=row.facility_id, location_id=row.location_id
    )
    pending = step.state == ApprovalStep.State.PENDING
    limit = _limit(actor, step)
    lender = _acts_for(actor, step)
    steps = [each for each in steps_of(row) if each.state != ApprovalStep.State.VOID]
    return {
        "step": step,
        "row": row,
        "pending": pending and step.requester_id != actor.user_id,
        "own": step.requester_id == actor.user_id,
        "decided": "" if pending else _decided(step, zone),
        "lender": lender,
        "limit_text": _limit_text(limit, step, row),
        "above_limit": limit is not None and step.amount > limit,
        "facts": [
            parts.Fact(label="For", value=f"{row.facility.name}, {row.location.name}"),
            parts.Fact(label="Cost center", value=str(row.cost_center)),
            parts.Fact(label="Needed by", value=fmt.day(row.needed_by, zone)),
            parts.Fact(label="Asked", value=fmt.when(row.submitted_at, zone)),
            parts.Fact(label="Decide by", value=fmt.when(step.due_at, zone)),
        ],
        "amount": fmt.money(row.total, row.currency),
        "judged": [_line(line, row, stock, typed=request.POST.get(f"quantity-{line.line_number}")) for line in lines],
        "budget": _budget(row, now.strftime("%Y-%m"), pending),
        "steps": [_step(each, zone) for each in steps],
        "last_step": not any(each.state == ApprovalStep.State.WAITING for each in steps),
        "comments": [
            parts.Comment(who=c.author.name, when=fmt.when(c.written_at, zone), text=c.text)
            for c in comments_of("requisition", row.number)
        ],
        "decision_findings": findings,
        "comment_text": request.POST.get("comment", ""),
    }


def _acts_for(actor: Actor, step: ApprovalStep) -> str:
    """Whose rights are used, in words, when it is not one's own."""
    if step.person_id and step.person_id != actor.user_id:
        return step.person.name if step.person else ""
    if step.person_id is None and actor.on_behalf_of(step.role, step.facility_id):
        return "the person who lent you the role"
    return ""


def _limit_text(limit: Decimal | None, step: ApprovalStep, row: Requisition) -> str:
    if limit is None:
        return ""
    shown = fmt.money(limit, row.currency)
    return f"Above your limit of {shown}." if step.amount > limit else f"Your limit is {shown}."


def _decided(step: ApprovalStep, zone: str) -> str:
    state = step.get_state_display().lower()
    if step.decided_by is None:
        return f"This step is {state}: there is nothing to decide now."
    behalf = f" on behalf of {step.on_behalf_of.name}" if step.on_behalf_of else ""
    return f"{step.decided_by.name}{behalf} {state} this, {fmt.when(step.decided_at, zone)}."


def _step(step: ApprovalStep, zone: str) -> parts.Step:
    done = step.decided_by is not None
    label = step.person.name if step.person else step.label
    if done and step.decided_by:
        label = f"{label}: {step.get_state_display().lower()}"
        note = f"{step.decided_by.name}, {fmt.when(step.decided_at, zone)}" + (
            f": “{step.comment}”" if step.comment else ""
        )
    else:
        note = step.why
    return parts.Step(
        label=label, note=note, state="done" if done else "now" if step.state == ApprovalStep.State.PENDING else "next"
    )


def _budget(row: Requisition, period: str, pending: bool) -> parts.Budget | None:
    figures = budget_now(row.cost_center_id, period)
    if figures is None:
        return None
    return parts.Budget(
        label=f"{row.cost_center}, {period}", limit=figures.amount,
        actual=figures.actual + figures.billed_since, committed=figures.committed + figures.elsewhere,
        this=row.total if pending else Decimal(0), currency=row.currency,
        as_of=fmt.when(figures.as_of, row.facility.timezone),
    )  # fmt: skip


def _line(
    line: RequisitionLine, row: Requisition, stock: dict[int, Availability], *, typed: str | None = None
) -> JudgedLine:
    """`typed` is what was sent for the quantity and came back with a finding."""
    base_unit = line.item.base_unit if line.item else line.unit
    last, change = _last_paid(line, row)
    there = stock.get(line.item_id) if line.item_id else None
    places = [] if there is None else [
        f"{fmt.number(quantity)} {base_unit} {where}"
        for where, quantity in (("here", there["here"]), ("in the storeroom", there["storeroom"]), ("coming", there["incoming"]))
        if quantity
    ]  # fmt: skip
    asked = getattr(line, "asked_times", None)
    return JudgedLine(
        number=line.line_number, title=line.description, item=line.item.number if line.item else "",
        quantity=fmt.number(line.quantity).replace(",", "") if typed is None else typed[:20], unit=line.unit,
        base="" if line.unit == base_unit else f"= {fmt.number(line.base_quantity)} {base_unit}",
        price=fmt.price(line.unit_price, row.currency, line.unit), amount=fmt.money(amount_of(line), row.currency),
        supplier=line.supplier.name if line.supplier else line.suggested_supplier,
        contract=badge(line.contract_check) if line.contract_check else "", note=contract_note(line, row.currency),
        last=last, change=fmt.percent(change, sign=True).text if change else "", dearer=change is not None and change > 0,
        stock=", ".join(places) if places else ("None in stock or coming" if line.item else ""),
        asked=f"{asked} × in 6 months, {fmt.number(getattr(line, 'asked_base', 0))} {base_unit}" if asked else "First time in 6 months",
        rejected=line.fill == RequisitionLine.Fill.REJECTED,
    )  # fmt: skip


def _last_paid(line: RequisitionLine, row: Requisition) -> tuple[str, Decimal | None]:
    """(sentence, percent against it) of the newest order of the item here."""
    price, multiplier = getattr(line, "last_price", None), getattr(line, "last_multiplier", None)
    if not price or not multiplier:
        return "Never bought here", None
    text = f"Last paid {fmt.price(price, row.currency, line.last_unit)}"  # type: ignore[attr-defined]  # annotated
    base = line.unit_price * line.quantity / line.base_quantity
    change = (base / (price / multiplier) - 1) * 100
    return text, change if abs(change) >= Decimal("0.05") else None


# -- deciding ------------------------------------------------------------------------------------------------------


@require_POST
@login_required
def decide(request: HttpRequest, step_id: int) -> HttpResponse:
    """Approve, return or reject; the next request opens by itself. What is in the way is told calmly, nothing is lost."""
    step = approval_get(actor_of(request), step_id)
    decision, here = request.POST.get("decision", ""), QueryDict(request.POST.get("here", "")[:1000])
    try:
        approval_decide(
            actor=actor_of(request), step_id=step_id, decision=decision, comment=request.POST.get("comment", "").strip()[:500],
            seen_hash=request.POST.get("seen", ""), line_quantities=_lowered(request) if decision == "approve" else None,
        )  # fmt: skip
    except DomainError as error:
        return _in_the_way(request, step_id, error, here)
    done = f"{step.requisition.number} was {DONE[decision]}."
    if is_fragment(request):
        return toasted(_show(request, None, here, part="#inbox", done=step), done)
    messages.success(request, done)
    return go(request, f"{link('approvals')}?{here.urlencode()}" if here else link("approvals"))


def _lowered(request: HttpRequest) -> dict[int, Decimal]:
    """The quantities by line number. Raises Invalid with every field that cannot be read."""
    typed = Typed()
    quantities = {
        number: typed.number(str(text), field=f"quantity.{number}")
        for name, text in request.POST.items()
        if name.startswith("quantity-") and (number := typed_id(name.removeprefix("quantity-")))
    }
    typed.check()
    return quantities


def _in_the_way(request: HttpRequest, step_id: int, error: DomainError, here: QueryDict) -> HttpResponse:
    """The request as it stands now, with the sentence above the buttons."""
    step = approval_get(actor_of(request), step_id)
    findings = list(error.findings)
    if isinstance(error, Invalid) and error.code == "comment_missing":
        findings = [Finding(code=error.code, field="comment", message=error.message)]
    context = {**_inbox(request, step, here), **_chosen(request, step, findings=findings)}
    context |= {"refused": error.message, "calm": isinstance(error, Conflict)}
    if is_fragment(request):
        return render(request, "requests/approvals.html#inbox", context)
    return render(request, "requests/approvals.html", context, status=409 if context["calm"] else 422)


@require_POST
@login_required
def decide_many(request: HttpRequest) -> HttpResponse:
    """Several at once: first the sum and what is unusual among them, then, confirmed, one decision each."""
    actor = actor_of(request)
    wanted = {pk for text in request.POST.getlist("step")[:MOST_AT_ONCE] if (pk := typed_id(text))}
    steps = list(approvals_flagged(approvals_waiting(actor, only=wanted)))
    if not request.POST.get("confirmed"):
        return _ask(request, actor, steps)
    done, refused = 0, []
    for step in steps:
        try:
            approval_decide(
                actor=actor, step_id=step.pk, decision="approve", seen_hash=request.POST.get(f"seen-{step.pk}", "")
            )
            done += 1
        except DomainError as error:
            refused.append(f"{step.requisition.number}: {error.message}")
    if done:
        messages.success(request, f"{done} request{'s' if done != 1 else ''} approved.")
    for sentence in [*refused, *(["Some were decided meanwhile."] if len(steps) < len(wanted) else [])]:
        messages.warning(request, sentence)
    here = request.POST.get("here", "")[:1000]
    return go(request, f"{link('approvals')}?{here}" if here else link("approvals"))


def _ask(request: HttpRequest, actor: Actor, steps: Sequence[ApprovalStep]) -> HttpResponse:
    rows = [_row(actor, step) for step in steps]
    sums: dict[str, Decimal] = {}
    for step in steps:
        currency = step.requisition.currency
        sums[currency] = sums.get(currency, Decimal(0)) + step.amount
    context = {
        "rows": rows,
        "sums": [fmt.money(amount, currency) for currency, amount in sums.items()],
        "here": request.POST.get("here", "")[:1000],
        "unusual": sum(1 for row in rows if row["flags"] or row["above_limit"]),
        "crumbs": [parts.Crumb(label="Approvals", href=link("approvals")), parts.Crumb(label="Several at once")],
    }
    return render(request, "requests/approvals_many.html", context)
