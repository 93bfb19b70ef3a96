"""Purchase orders: the list, and the page of one with its rail from queued to invoiced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.errors import Finding, Invalid
from core.tally import Counting, Grouping
from integrations.selectors import DocumentMessage, messages_of_document
from masterdata.models import Role
from portal.links import link
from portal.message_words import message_name
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts, story
from portal.web.page import actor_of, go
from portal.web.preferences import facility_chosen
from portal.web.status import badge, status_of
from procurement.models import PurchaseOrder, PurchaseOrderLine
from procurement.selectors.changes import story_of
from procurement.selectors.purchase_orders import Answered, answers_of, order_get, order_with_all, orders_listed
from procurement.services.exceptions import comment_write
from procurement.services.purchase_orders import (
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_hold,
    purchase_order_issue,
    purchase_order_release,
    purchase_order_reopen,
)

TABS = (
    ("open", "Open"), ("late", "Late"), ("unanswered", "Not answered"), ("drafts", "Drafts"), ("all", "All"),
)  # fmt: skip
DONE = {
    "release": "released.", "hold": "put on hold.", "close": "closed.", "reopen": "open again.", "cancel": "cancelled.",
}  # fmt: skip
HEADER = ("Number", "Status", "Facility", "Supplier", "Total", "Currency", "Issued", "Expected", "ERP number", "Answer")


@login_required
def orders(request: HttpRequest) -> HttpResponseBase:
    actor, view = actor_of(request), request.GET.get("view") or "open"
    here = facility_chosen(request)
    whole = {code: orders_listed(actor, view=code, facility_id=here) for code, _ in TABS}
    narrowed = any(request.GET.get(name) for name in ("status", "supplier", "q"))
    listed = whole.get(view, whole["all"])
    if narrowed:
        listed = orders_listed(
            actor, view=view, facility_id=here, statuses=request.GET.getlist("status"),
            suppliers=request.GET.getlist("supplier"), q=request.GET.get("q", "")[:80],
        )  # fmt: skip
    return lists.answer(
        request, lists.ORDERS, listed, template="supply/orders.html", row=_row, header=HEADER, line=_export,
        frame=lambda around: _frame(request, view, around),
        tabs={code: Counting(rows=rows) for code, rows in whole.items()},
        groups={
            "status": Grouping(rows=whole.get(view, whole["all"]), code="status"),
            "supplier": Grouping(rows=whole.get(view, whole["all"]), code="supplier__code", label="supplier__name"),
        },
    )  # fmt: skip


def _frame(request: HttpRequest, view: str, around: Around) -> dict[str, Any]:
    listing, counts = lists.ORDERS, around.counts
    states = [(code, status_of(code, "purchase_order")[0], n) for code, _, n in around.groups["status"]]
    return {
        "tabs": [
            parts.Tab(label=label, href=f"?view={code}", active=code == view, count=counts[code].count)
            for code, label in TABS
        ],
        "facets": [
            parts.facet(request.GET, "status", "Status", states),
            parts.facet(request.GET, "supplier", "Supplier", around.groups["supplier"]),
        ],
        "columns": [
            lists.column(listing, request.GET, "number", "Order"),
            parts.Column(label="Supplier"),
            parts.Column(label="Ship to", narrow=True),
            parts.Column(label="Status and answer"),
            lists.column(listing, request.GET, "expected", "Expected", narrow=True),
            lists.column(listing, request.GET, "amount", "Amount", align="end"),
            lists.column(listing, request.GET, "issued", "Age", align="end"),
        ],
        "count_text": fmt.counted(counts[view].text if view in counts else "0", "order"),
    }


def _row(row: PurchaseOrder) -> dict[str, Any]:
    zone = row.facility.timezone
    late = (
        row.expected_on is not None and row.status in PurchaseOrder.RECEIVABLE and row.expected_on < fmt.today_in(zone)
    )
    return {
        "number": row.number,
        "href": link("order", row.number),
        "supplier": row.supplier.name,
        "place": row.ship_to.name,
        "facility": row.facility.name,
        "status": badge(row.status, "purchase_order"),
        "answer": badge("failed" if "failed" in (row.supplier_dispatch, row.erp_dispatch) else row.acknowledgement),
        "urgent": row.urgent,
        "late": late,
        "expected": fmt.day(row.expected_on, zone),
        "amount": fmt.money(row.total, row.currency),
        "age": fmt.age(row.issued_at or row.created_at, zone),
    }


def _export(row: PurchaseOrder) -> Sequence[object]:
    return (
        row.number, row.get_status_display(), row.facility.name, row.supplier.name, row.total, row.currency,
        row.issued_at.isoformat() if row.issued_at else "", row.expected_on or "", row.erp_number,
        row.get_acknowledgement_display(),
    )  # fmt: skip


# -- one order -----------------------------------------------------------------------------------------------------


S = PurchaseOrder.Status


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something a buyer may do with an issued order, with what it means. `needs_reason`: the service asks why."""

    code: str
    label: str
    means: str
    icon: str
    states: tuple[str, ...]
    do: Callable[..., object]
    needs_reason: bool = True
    danger: bool = False

    @property
    def reason_field(self) -> str:
        return f"{self.code}.reason"


ACTS = (
    Act(
        code="release", label="Release", icon="send", states=(S.ON_HOLD,), do=purchase_order_release, needs_reason=False,
        means="It goes on where it was; invoices that waited for it are matched again.",
    ),
    Act(
        code="hold", label="Put on hold", icon="alert-octagon", do=purchase_order_hold,
        states=(S.DRAFT, S.ISSUED, S.PARTIALLY_RECEIVED),
        means="Nothing is received and its invoices wait until it is released. The supplier and the ERP are not told.",
    ),
    Act(
        code="close", label="Close", icon="archive", states=(S.PARTIALLY_RECEIVED, S.RECEIVED), do=purchase_order_close,
        means="What is still open is not expected any more. No message is sent: agree it with the supplier first.",
    ),
    Act(
        code="reopen", label="Open again", icon="rotate-clockwise", states=(S.CLOSED,), do=purchase_order_reopen,
        means="For goods or corrections that come late; its open lines commit budget again.",
    ),
    Act(
        code="cancel", label="Cancel the order", icon="circle-x", states=(S.DRAFT, S.ISSUED, S.ON_HOLD), danger=True,
        do=purchase_order_cancel, means="The supplier and the ERP are told, and the lines go back to sourcing.",
    ),
)  # fmt: skip


def _next_action(row: PurchaseOrder) -> tuple[str, str] | None:
    """(tone, sentence) where somebody must act, or where it is not plain from the way of the order."""
    supplier = row.supplier.name
    if row.status == S.ON_HOLD:
        return "waiting", "On hold: nothing is received and its invoices wait until a buyer releases it."
    if row.status == S.DRAFT:
        return "waiting", "A draft: a buyer has to issue it."
    if row.erp_dispatch == PurchaseOrder.Dispatch.FAILED:
        return "bad", "The ERP refused it: the buyer puts it right and sends it again, or cancels it."
    if row.status == S.ISSUED and row.supplier_dispatch == PurchaseOrder.Dispatch.FAILED:
        return "bad", f"It could not be delivered to {supplier}: integration support looks at the message."
    if row.status == S.ISSUED and row.supplier_dispatch == PurchaseOrder.Dispatch.NONE:
        return "waiting", f"{supplier} takes no electronic orders: send it to them by e-mail or phone."
    return None


@login_required
def order(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, *, findings: Sequence[Finding] = (), status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    row: Any = order_with_all(actor, number)
    zone = row.facility.timezone
    post = messages_of_document(actor, "purchase_order", [number])
    answers = answers_of(row)
    buyer = actor.has(Role.BUYER, row.facility_id)
    return render(
        request,
        "supply/order.html",
        {
            "row": row,
            "header_facts": _facts(row),
            "header_badge": badge(row.status, "purchase_order"),
            "hops": _rail(row, answers, post, zone),
            "lines": [_line(line, row) for line in row.lines.all()],
            "answers": [
                {
                    "when": fmt.when(answer.received_at, zone),
                    "status": badge(answer.status),
                    "number": answer.supplier_order_number,
                    "lines": [
                        {"line": line, "action": badge(action), "message": message, "open": not taken_over}
                        for line, action, message, taken_over in answer.lines
                    ],
                }
                for answer in answers
            ],
            "receipts": [
                {"number": r["number"], "href": link("receipt", r["number"]), "when": fmt.when(_moment(r), zone),
                 "who": r["who"], "status": badge(r["status"])}
                for r in row.its_receipts
            ],
            "invoices": [
                {"number": i["number"], "href": link("invoice", i["number"]), "theirs": i["theirs"],
                 "amount": fmt.money(Decimal(i["total"]), i["currency"]), "status": badge(i["status"], "invoice")}
                for i in row.its_invoices
            ],
            "post": [_message(m, zone) for m in post],
            "entries": story.timeline(story_of(row.trace_id), zone, here=row.number),
            "comments": story.remarks_shown(row.remarks, zone),
            "may_issue": buyer and row.status == S.DRAFT,
            "acts": [
                act for act in ACTS
                if buyer and row.status in act.states and not (act.code == "cancel" and any(li.received_base for li in row.lines.all()))
            ],
            "act_findings": findings,
            "next_action": _next_action(row),
            "may_receive": actor.has(Role.RECEIVER, row.facility_id) and row.status in PurchaseOrder.RECEIVABLE
            and row.created_by_id != actor.user_id,
            "crumbs": [parts.Crumb(label="Orders", href=link("orders")), parts.Crumb(label=row.number)],
        },
        status=status,
    )  # fmt: skip


def _facts(row: PurchaseOrder) -> list[parts.Fact]:
    facts = [
        parts.Fact(label="Supplier", value=row.supplier.name),
        parts.Fact(label="Ship to", value=f"{row.facility.name}, {row.ship_to.name}"),
        parts.Fact(label="Amount", value=fmt.money(row.total, row.currency)),
    ]
    if row.expected_on:
        facts.append(parts.Fact(label="Expected", value=fmt.day(row.expected_on, row.facility.timezone)))
    if row.requisition:
        facts.append(
            parts.Fact(label="For", value=row.requisition.number, href=link("requisition", row.requisition.number))
        )
    if row.erp_number:
        facts.append(parts.Fact(label="ERP", value=row.erp_number))
    if row.supplier_order_number:
        facts.append(parts.Fact(label="Supplier's number", value=row.supplier_order_number))
    if row.urgent:
        facts.append(parts.Fact(label="", value="", badge=badge("urgent")))
    return facts


def _rail(row: Any, answers: Sequence[Answered], post: Sequence[DocumentMessage], zone: str) -> list[parts.Hop]:
    """Issued → sent → 997 → 855 → 856 → received → invoiced, with the time of each; what never came is not told as done."""
    receipt = row.its_receipts[-1] if row.its_receipts else None
    invoice = row.its_invoices[-1] if row.its_invoices else None
    sent = next(
        (m for m in post if m.direction == "out" and m.what == "purchase_order.create" and m.state == "delivered"),
        None,
    )
    acknowledged = next((m for m in post if m.direction == "in" and m.what == "997"), None)
    reached = [
        ("Issued", row.issued_at, ""),
        ("Sent", sent.moment if sent else None, link("message", sent.id) if sent else ""),
        ("997", acknowledged.moment if acknowledged else None, ""),
        ("Answered", answers[-1].received_at if answers else None, ""),
        ("Shipped", row.announced_at, ""),
        ("Received", _moment(receipt) if receipt else None, link("receipt", receipt["number"]) if receipt else ""),
        ("Invoiced", _moment(invoice) if invoice else None, link("invoice", invoice["number"]) if invoice else ""),
    ]
    last = max((n for n, (_, at, _) in enumerate(reached) if at), default=-1)
    hops, before = [], None
    for n, (label, at, href) in enumerate(reached):
        failed = label == "Sent" and row.supplier_dispatch == PurchaseOrder.Dispatch.FAILED
        state = "failed" if failed else "done" if at else "now" if n == last + 1 else "next"
        seconds = (at - before).total_seconds() if at and before else 0
        hops.append(
            parts.Hop(
                label=label, state=state, when=fmt.when(at, zone) if at else None, href=href,  # type: ignore[arg-type]
                wait=fmt.duration(seconds) if seconds >= 1 else "", note=("no message" if label == "Sent" else "none came") if n < last and not failed else "",
            )
        )  # fmt: skip
        before = at or before
    return hops


def _moment(row: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(row["at"])


def _line(line: PurchaseOrderLine, row: PurchaseOrder) -> dict[str, Any]:
    base_unit = line.item.base_unit if line.item else line.unit
    return {
        "number": line.line_number,
        "title": line.description,
        "item": line.item.number if line.item else "",
        "item_href": link("item", line.item.number) if line.item else "",
        "part": line.supplier_part,
        "quantity": fmt.quantity(line.quantity, line.unit, base=line.base_quantity, base_unit=base_unit),
        "price": fmt.price(line.unit_price, row.currency, line.unit),
        "amount": fmt.money(line.unit_price * line.quantity, row.currency),
        "received": fmt.quantity(line.received_base / line.multiplier, line.unit),
        "invoiced": fmt.quantity(line.invoiced_base / line.multiplier, line.unit),
        "promised": fmt.day(line.promised_on, row.facility.timezone),
        "contract": line.contract_line.contract.number if line.contract_line else "",
        "cancelled": line.cancelled,
        "complete": line.received_base >= line.base_quantity,
    }


def _message(message: DocumentMessage, zone: str) -> dict[str, Any]:
    page = "message" if message.direction == "out" else "inbound-message"
    return {
        "label": message_name(message.what),
        "href": link(page, message.id),
        "direction": message.direction,
        "endpoint": message.endpoint,
        "status": badge(message.state, "message"),
        "when": fmt.when(message.moment, zone),
        "detail": message.detail or message.reference,
    }


@require_POST
@login_required
def issue(request: HttpRequest, number: str) -> HttpResponse:
    purchase_order_issue(actor=actor_of(request), number=number)
    return go(request, link("order", number))


@require_POST
@login_required
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Hold, release, close, reopen or cancel an order; without the reason it needs, the page says so at the field."""
    wanted = next((each for each in ACTS if each.code == request.POST.get("act")), None)
    if wanted is None:
        raise Invalid("Choose what to do with the order.", code="act_unknown")
    asked = {"reason": request.POST.get("reason", "").strip()[:300]} if wanted.needs_reason else {}
    try:
        wanted.do(actor=actor_of(request), number=number, **asked)
    except Invalid as error:
        finding = Finding(code=error.code, field=f"{wanted.code}.reason", message=error.message)
        return _page(request, number, findings=[finding], status=422)
    messages.success(request, f"{number}: {DONE[wanted.code]}")
    return go(request, link("order", number))


@require_POST
@login_required
def comment(request: HttpRequest, number: str) -> HttpResponse:
    row = order_get(actor_of(request), number)
    comment_write(
        actor=actor_of(request), kind="purchase_order", number=row.number, facility_id=row.facility_id,
        text=request.POST.get("comment", ""),
    )  # fmt: skip
    return go(request, link("order", number))
