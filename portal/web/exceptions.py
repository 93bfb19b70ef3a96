"""The worklist of a queue: the cases on the left, the chosen one with its explanation and legal actions on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import DomainError, Finding, Invalid, NotAllowed, NotFound
from core.keyset import comes_after, sorted_by
from core.keyset import page as page_of
from masterdata.models import Role
from masterdata.selectors import limit_of
from portal.links import document, link
from portal.saved_views import Kept, around_list
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.matching import reasons, side_by_side
from portal.web.page import actor_of, csv_file, go, is_fragment, next_href, toasted, typed_id
from portal.web.preferences import facility_chosen
from procurement.models import ExceptionCase
from procurement.selectors.invoices import (
    QUEUE_ROLES,
    case_get,
    cases_listed,
    comments_of,
    queue_counts,
    root_causes,
)
from procurement.services.exceptions import REASONS, comment_write, exception_resolve, exceptions_assign, legal_actions

MOST_AT_ONCE = 100
TITLES = {"ap": "Invoice exceptions", "buyer": "Supplier answers and questions", "receiver": "Receiving exceptions"}
HEADER = (
    "Kind",
    "Document",
    "Their number",
    "Order",
    "Supplier",
    "Facility",
    "What",
    "Amount",
    "Currency",
    "Owner",
    "State",
    "Opened",
)
ACTIONS: tuple[tuple[str, str, str, str, str], ...] = (
    # resolution, label, key, icon, css
    ("accept_variance", "Accept", "a", "check", "btn-primary"),
    ("request_credit", "Request credit", "c", "receipt", ""),
    ("short_pay", "Short-pay", "p", "coin", ""),
    ("wait_for_receipt", "Wait for receipt", "w", "hourglass", ""),
    ("send_to_buyer", "Send to buyer", "b", "send", ""),
    ("accept_answer", "Accept the change", "a", "check", "btn-primary"),
    ("refuse_answer", "Refuse, source again", "r", "arrow-back-up", ""),
    ("send_again", "Put right: send it again", "a", "send", "btn-primary"),
    ("cancel_order", "Cancel the order", "", "circle-x", "btn-danger"),
    ("reject_invoice", "Reject the invoice", "", "x", "btn-danger"),
    ("void_invoice", "Void the invoice", "", "trash", "btn-danger"),
)
DONE = {
    "accept_variance": "The difference was accepted.", "request_credit": "A credit is requested.",
    "short_pay": "It will be paid short.", "wait_for_receipt": "It waits for the receipt.",
    "send_to_buyer": "The buyer has it now.", "reject_invoice": "The invoice was rejected.",
    "void_invoice": "The invoice was voided.", "accept_answer": "The supplier's change was taken over.",
    "refuse_answer": "The line goes back to sourcing.", "send_again": "The order is sent again.",
    "cancel_order": "The order was cancelled.",
}  # fmt: skip
FIRST_CHOICE = {
    ExceptionCase.Kind.NOT_RECEIVED: "wait_for_receipt", ExceptionCase.Kind.UNIT: "request_credit",
    ExceptionCase.Kind.OVER_ORDERED: "request_credit", ExceptionCase.Kind.DUPLICATE: "",
}  # fmt: skip
"""What stands out among the actions, where it is not to accept: nobody pays by the first button for what never came."""
TOGETHER = {
    "accept": ("accept_variance", "{} accepted."), "credit": ("request_credit", "{}: a credit is requested."),
    "wait": ("wait_for_receipt", "{} waiting for the receipt."), "buyer": ("send_to_buyer", "{} sent to the buyer."),
}  # fmt: skip
"""What may be decided alike for several cases: nothing that ends an invoice."""
CONFIRM = {
    "short_pay": "This difference is taken off what is paid.",
    "accept_answer": "It becomes what was ordered; what does not come waits on the workbench.",
    "send_again": "The ERP gets the whole order anew.",
    "cancel_order": "The supplier is told too, and the lines go back to sourcing.",
    "refuse_answer": "The line leaves this order and waits on the workbench for another source.",
    "reject_invoice": "Every open difference of this invoice ends and nothing is paid.",
    "void_invoice": "The invoice no longer counts; every open difference of it ends.",
}


@login_required
def queue(request: HttpRequest, queue: str) -> HttpResponseBase:
    """The worklist with the first case open."""
    actor = _worker(request, queue)
    if request.GET.get("export") == "csv":
        found = sorted_by(_listed(actor, request, queue, request.GET), lists.order_of(lists.CASES[queue], request.GET))
        return csv_file(f"exceptions-{queue}", HEADER, (_export(case) for case in found.iterator(chunk_size=500)))
    if is_fragment(request) and request.GET.get("after"):
        return render(request, "payables/exceptions.html#rows", _rows(actor, request, queue, request.GET, None))
    around, elsewhere = lists.begin(request, lists.CASES[queue])
    return elsewhere or _show(request, queue, request.GET, None, saved=around.saved)


@login_required
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case; HTMX gets only the right side."""
    actor = actor_of(request)
    found = case_get(actor, case_id)
    if is_fragment(request):
        here = urlsplit(request.htmx.current_url or "").query  # type: ignore[attr-defined]  # set by HtmxMiddleware
        return render(request, "payables/exceptions.html#chosen", {**_chosen(actor, found), "query_string": here})
    return _show(request, found.queue, request.GET, found)


def _worker(request: HttpRequest, queue: str) -> Actor:
    """The actor, if there is such a queue; whose roles do not serve it finds it empty. Raises NotFound."""
    actor = actor_of(request)
    if queue not in QUEUE_ROLES:
        raise NotFound("There is no such worklist.")
    return actor


def _listed(actor: Actor, request: HttpRequest, queue: str, query: QueryDict) -> Any:
    return cases_listed(
        actor, queue, view=query.get("view", "all"), facility_id=facility_chosen(request), kinds=query.getlist("kind"),
        suppliers=query.getlist("supplier"), q=query.get("q", "")[:80],
    )  # fmt: skip


def _rows(
    actor: Actor, request: HttpRequest, queue: str, query: QueryDict, chosen: ExceptionCase | None, done: ExceptionCase | None = None
) -> dict[str, Any]:  # fmt: skip
    order = lists.order_of(lists.CASES[queue], query)
    page = page_of(_listed(actor, request, queue, query), after=query.get("after", ""), order=order)
    more = next_href(request, page)
    return {
        "rows": [_row(row, current=chosen is not None and row.pk == chosen.pk) for row in page.rows],
        "following": next((at for at, row in enumerate(page.rows) if done and comes_after(row, done, order)), 0),
        "next_href": link("exceptions", queue) + more if more else "",
    }


def _show(
    request: HttpRequest, queue: str, query: QueryDict, chosen: ExceptionCase | None, *, part: str = "", status: int = 200,
    done: ExceptionCase | None = None, saved: Sequence[Kept] | None = None, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The worklist with a case open: the given one, the one that followed the case `done`, else the first."""
    actor = _worker(request, queue)
    if saved is None:
        saved = around_list(actor, lists.CASES[queue].name).saved
    context = {**_rows(actor, request, queue, query, chosen, done), **_frame(request, actor, queue, query, saved)}
    if _is_narrowed(query):
        cleared = f"{context['base']}?view=all"
        context |= lists.narrowed(len(context["rows"]), more=bool(context["next_href"]), cleared=cleared)
    if chosen is None and context["rows"]:
        following = context["rows"][context["following"]]
        following["current"] = True
        chosen = case_get(actor, following["pk"])
    if chosen is not None:
        context |= _chosen(actor, chosen)
    return render(request, f"payables/exceptions.html{part}", {**context, **more}, status=status)


def _is_narrowed(query: QueryDict) -> bool:
    return any(query.get(name) for name in ("q", "kind", "supplier"))


def _frame(request: HttpRequest, actor: Actor, queue: str, query: QueryDict, saved: Sequence[Kept]) -> dict[str, Any]:
    """Tabs (views, kinds), root causes and the tools above the list."""
    counts = queue_counts(actor, queue, facility_id=facility_chosen(request))
    view = query.get("view", "all")
    narrowed = _is_narrowed(query)
    base = link("exceptions", queue)
    shown = [("all", "All"), ("mine", "Mine"), ("unassigned", "Unassigned")]
    shown += [(kind, label) for kind, label in ExceptionCase.Kind.choices if counts.get(kind)]
    shown += [("waiting", "Waiting")] if counts.get("waiting") else []
    tabs = [
        parts.Tab(
            label=label, href=f"{base}?view={code}", active=code == view and not narrowed, count=counts.get(code, 0)
        )
        for code, label in shown
    ]
    tools = lists.tools(lists.CASES[queue], query, saved)
    return {
        **tools,
        "queue": queue,
        "title": TITLES[queue],
        "tabs": tabs,
        "query_string": tools["list_here"],
        "causes": [_cause(cause, base) for cause in root_causes(actor, queue, facility_id=facility_chosen(request))],
        "base": base,
        "count_text": f"{counts.get(view, counts['all']):,} open",
        "reasons_of": list(REASONS.items()),
        "crumbs": [parts.Crumb(label="Home", href=link("home")), parts.Crumb(label=TITLES[queue])],
    }


def _cause(cause: dict[str, Any], base: str) -> dict[str, str]:
    kind = ExceptionCase.Kind(cause["kind"]).label
    return {
        "text": f"{cause['supplier_name']}: {kind.lower()}",
        "count": f"{cause['count']:,}",
        "amount": fmt.money(cause["amount"], cause["currency"]).text,
        "age": fmt.age(cause["oldest"]).text,
        "href": f"{base}?view=all&kind={cause['kind']}&supplier={cause['supplier_code']}",
    }


def _row(row: ExceptionCase, *, current: bool = False) -> dict[str, Any]:
    number = row.invoice.number if row.invoice else row.order.number if row.order else ""
    zone = row.facility.timezone
    return {
        "pk": row.pk,
        "href": link("exception", row.pk),
        "number": number,
        "theirs": row.invoice.supplier_number if row.invoice else "",
        "supplier": row.supplier.name,
        "facility": row.facility.name,
        "kind": row.get_kind_display(),
        "title": row.title,
        "amount": fmt.money(row.amount, row.currency, sign=True),
        "raw_amount": f"{row.amount:f}",
        "currency": row.currency,
        "age": fmt.age(row.opened_at, zone),
        "late": row.due_at is not None and row.due_at < timezone.now(),
        "owner": fmt.initials(row.owner.name) if row.owner else "",
        "owner_name": row.owner.name if row.owner else "",
        "waiting": row.state == ExceptionCase.State.WAITING,
        "current": current,
    }


def _export(row: ExceptionCase) -> Sequence[object]:
    return (
        row.get_kind_display(), row.invoice.number if row.invoice else "", row.invoice.supplier_number if row.invoice else "",
        row.order.number if row.order else "", row.supplier.name, row.facility.name, row.title, row.amount, row.currency,
        row.owner.name if row.owner else "", row.get_state_display(), row.opened_at.isoformat(),
    )  # fmt: skip


# -- the chosen case -----------------------------------------------------------------------------------------------


def _chosen(actor: Actor, found: ExceptionCase, *, findings: Sequence[Finding] = ()) -> dict[str, Any]:
    zone = found.facility.timezone
    role = QUEUE_ROLES[ExceptionCase.Queue(found.queue)]
    may = actor.has(role, found.facility_id)
    legal = legal_actions(found) if may else []
    kind, number = (
        ("invoice", found.invoice.number)
        if found.invoice
        else ("purchase_order", found.order.number if found.order else "")
    )
    return {
        "case": found,
        "document_href": document(kind, number),
        "document_number": number,
        "sentence": found.explanation.get("sentence") or found.title,
        "compared": side_by_side(found.explanation, [found.kind]),
        "why": reasons(found.explanation),
        "amount": fmt.money(found.amount, found.currency, sign=True),
        "kind_label": found.get_kind_display(),
        "case_facts": _case_facts(found, zone),
        "actions": [
            {"code": code, "label": label, "key": key, "icon": icon, "css": _css(found, code, css), "confirm": CONFIRM.get(code, ""),
             "tone": "danger" if css == "btn-danger" else ""}
            for code, label, key, icon, css in ACTIONS
            if code in legal
        ],
        "asks_reason": "accept_variance" in legal,
        "limit_text": _limit(actor, found, role) if "accept_variance" in legal else "",
        "decided": _decided(found, zone),
        "may_assign": may and bool(legal) and found.owner_id != actor.user_id,
        "comments": [
            parts.Comment(who=c.author.name, when=fmt.when(c.written_at, zone), text=c.text) for c in comments_of(kind, number)
        ],
        "reasons_of": list(REASONS.items()),
        "case_findings": findings,
    }  # fmt: skip


def _css(found: ExceptionCase, code: str, css: str) -> str:
    first = FIRST_CHOICE.get(ExceptionCase.Kind(found.kind))
    return css if first is None or css == "btn-danger" else "btn-primary" if code == first else ""


def _case_facts(found: ExceptionCase, zone: str) -> list[parts.Fact]:
    line = found.invoice_line
    facts = [
        parts.Fact(label="Supplier", value=found.supplier.name),
        parts.Fact(label="Facility", value=found.facility.name),
        parts.Fact(label="Order", value=found.order.number if found.order else "–", href=link("order", found.order.number) if found.order else ""),
    ]  # fmt: skip
    if found.invoice:
        facts.append(parts.Fact(label="Their number", value=found.invoice.supplier_number))
    if line:
        facts.append(parts.Fact(label=f"Line {line.line_number}", value=line.description))
    elif found.order_line:
        facts.append(parts.Fact(label=f"Line {found.order_line.line_number}", value=found.order_line.description))
    return [
        *facts,
        parts.Fact(label="Opened", value=fmt.when(found.opened_at, zone)),
        parts.Fact(label="Decide by", value=fmt.when(found.due_at, zone)),
        parts.Fact(label="Owner", value=found.owner.name if found.owner else "nobody yet"),
    ]


def _limit(actor: Actor, found: ExceptionCase, role: Role) -> str:
    limit = limit_of(actor, role=role, facility_id=found.facility_id)
    if limit is None:
        return "You may accept any amount."
    shown = fmt.money(limit, found.currency)
    return f"Above your limit of {shown}." if abs(found.amount) > limit else f"Your limit is {shown}."


def _decided(found: ExceptionCase, zone: str) -> str:
    if found.state == ExceptionCase.State.WAITING:
        return f"{found.get_resolution_display()}: waiting. You can still decide it otherwise."
    if found.state != ExceptionCase.State.RESOLVED:
        return ""
    by = found.resolved_by.name if found.resolved_by else "a new match"
    reason = f" ({REASONS.get(found.reason_code, found.reason_code)})" if found.reason_code else ""
    return f"{found.get_resolution_display()}{reason}, {by}, {fmt.when(found.resolved_at, zone)}."


# -- acting --------------------------------------------------------------------------------------------------------


@require_POST
@login_required
def resolve(request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide one case; the next one opens by itself."""
    actor = actor_of(request)
    found, resolution = case_get(actor, case_id), request.POST.get("resolution", "")
    try:
        exception_resolve(
            actor=actor, case_id=case_id, resolution=resolution, reason_code=request.POST.get("reason", ""),
            comment=request.POST.get("comment", "").strip()[:500],
        )  # fmt: skip
    except DomainError as error:
        fields = {"reason_missing": "reason", "comment_missing": "comment"}
        findings = [Finding(code=error.code, field=fields.get(error.code, ""), message=error.message)]
        more: dict[str, Any] = {
            "refused": error.message,
            "case_findings": findings,
            "calm": error.code == "already_decided",
        }
        again = case_get(actor, case_id)
        if is_fragment(request):
            return _show(request, again.queue, _here(request), again, part="#worklist", **more)
        return _show(request, again.queue, _here(request), again, status=409 if more["calm"] else 422, **more)
    return _done(request, found, DONE.get(resolution, "Decided."))


@require_POST
@login_required
def assign(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case."""
    actor = actor_of(request)
    found = case_get(actor, case_id)
    if not exceptions_assign(actor=actor, case_ids=[case_id], owner_id=actor.user_id):
        raise NotAllowed(
            "You cannot take this: its queue is served by other people, or it is decided.", code="not_your_queue"
        )
    if is_fragment(request):
        return toasted(
            _show(request, found.queue, _here(request), case_get(actor, case_id), part="#worklist"), "It is yours."
        )
    return go(request, link("exception", case_id))


@require_POST
@login_required
def comment(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write a remark on the document behind a case."""
    actor = actor_of(request)
    found = case_get(actor, case_id)
    kind, number = (
        ("invoice", found.invoice.number)
        if found.invoice
        else ("purchase_order", found.order.number if found.order else "")
    )
    comment_write(
        actor=actor, kind=kind, number=number, facility_id=found.facility_id, text=request.POST.get("comment", "")
    )
    return go(request, link("exception", case_id))


@require_POST
@login_required
def several(request: HttpRequest, queue: str) -> HttpResponse:
    """Assign several or decide them alike; each is decided by itself, and what is refused is told."""
    actor = _worker(request, queue)
    wanted = [pk for text in request.POST.getlist("case")[:MOST_AT_ONCE] if (pk := typed_id(text))]
    act = request.POST.get("act", "")
    if act == "assign":
        changed = exceptions_assign(actor=actor, case_ids=wanted, owner_id=actor.user_id)
        messages.success(request, f"{changed} taken.")
        return go(request, f"{link('exceptions', queue)}?{request.POST.get('here', '')}")
    reason, text = request.POST.get("reason", ""), request.POST.get("comment", "").strip()[:500]
    if act not in TOGETHER:
        raise Invalid("Choose what to do with the selected ones.", code="act_unknown")
    resolution, words = TOGETHER[act]
    refused, done = _each(
        wanted,
        lambda pk: exception_resolve(actor=actor, case_id=pk, resolution=resolution, reason_code=reason, comment=text),
    )
    if done:
        messages.success(request, words.format(f"{done} difference{'s' if done != 1 else ''}"))
    for sentence, count in refused.items():
        messages.warning(request, f"{count} not: {sentence}")
    return go(request, f"{link('exceptions', queue)}?{request.POST.get('here', '')}")


def _each(wanted: Sequence[int], act: Callable[[int], object]) -> tuple[dict[str, int], int]:
    """(sentence of a refusal → how often, how many were done)."""
    refused: dict[str, int] = {}
    for pk in wanted:
        try:
            act(pk)
        except DomainError as error:
            refused[error.message] = refused.get(error.message, 0) + 1
    return refused, len(wanted) - sum(refused.values())


def _here(request: HttpRequest) -> QueryDict:
    """The filter of the list that the form was sent from."""
    return QueryDict(request.POST.get("here", "")[:1000])


def _done(request: HttpRequest, found: ExceptionCase, text: str) -> HttpResponse:
    here, queue = _here(request), found.queue
    if is_fragment(request):
        return toasted(_show(request, queue, here, None, part="#worklist", done=found), text)
    messages.success(request, text)
    return go(request, f"{link('exceptions', queue)}?{here.urlencode()}")
