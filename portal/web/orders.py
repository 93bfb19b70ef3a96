"""Purchase orders: the list, and the page of one with its rail from queued to invoiced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

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
from procurement.selectors.invoices import comments_of
from procurement.selectors.purchase_orders import Answered, answers_of, order_get, orders_listed
from procurement.services.exceptions import comment_write
from procurement.services.purchase_orders import purchase_order_cancel, purchase_order_issue

TABS = (
    ("open", "Open"), ("late", "Late"), ("unanswered", "Not answered"), ("drafts", "Drafts"), ("all", "All"),
)  # fmt: skip
HEADER = ("Number", "Status", "Facility", "Supplier", "Total", "Currency", "Issued", "Expected", "ERP number", "Answer")


@login_required
def orders(request: HttpRequest) -> HttpResponseBase:
    actor, view = actor_of(request), request.GET.get("view") or "open"
    here, today = facility_chosen(request), timezone.now().date()
    listed = orders_listed(
        actor, view=view, facility_id=here, statuses=request.GET.getlist("status"),
        suppliers=request.GET.getlist("supplier"), q=request.GET.get("q", "")[:80], today=today,
    )  # fmt: skip
    whole = {code: orders_listed(actor, view=code, facility_id=here, today=today) for code, _ in TABS}
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
            parts.Column(label="Status"),
            parts.Column(label="Answer", narrow=True),
            lists.column(listing, request.GET, "expected", "Expected", narrow=True),
            lists.column(listing, request.GET, "amount", "Amount", align="end"),
            lists.column(listing, request.GET, "issued", "Age", align="end"),
        ],
        "count_text": _orders(counts[view].text if view in counts else "0"),
    }


def _orders(count: str) -> str:
    return f"{count} order{'' if count == '1' else 's'}"


def _row(row: PurchaseOrder) -> dict[str, Any]:
    zone = row.facility.timezone
    late = (
        row.expected_on is not None
        and row.status in PurchaseOrder.RECEIVABLE
        and row.expected_on < timezone.now().date()
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
        "expected": fmt.day(row.expected_on),
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


@login_required
def order(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    row = order_get(actor, number)
    zone = row.facility.timezone
    messages = messages_of_document(actor, "purchase_order", [number])
    answers = answers_of(row)
    buyer = actor.has(Role.BUYER, row.facility_id)
    return render(
        request,
        "supply/order.html",
        {
            "row": row,
            "header_facts": _facts(row),
            "header_badge": badge(row.status, "purchase_order"),
            "hops": _rail(row, answers, messages, zone),
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
                {"number": r.number, "href": link("receipt", r.number), "when": fmt.when(r.posted_at, zone),
                 "who": r.received_by.name, "status": badge(r.status)}
                for r in row.receipts.all()
            ],
            "invoices": [
                {"number": i.number, "href": link("invoice", i.number), "theirs": i.supplier_number,
                 "amount": fmt.money(i.total, i.currency), "status": badge(i.status, "invoice")}
                for i in row.invoices.all()
            ],
            "post": [_message(m, zone) for m in messages],
            "entries": story.timeline(story_of(row.trace_id), zone, here=row.number),
            "comments": [
                parts.Comment(who=c.author.name, when=fmt.when(c.written_at, zone), text=c.text)
                for c in comments_of("purchase_order", row.number)
            ],
            "may_issue": buyer and row.status in (PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.ON_HOLD),
            "may_cancel": buyer and row.status in (PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.ISSUED, PurchaseOrder.Status.ON_HOLD),
            "may_receive": actor.has(Role.RECEIVER, row.facility_id) and row.status in PurchaseOrder.RECEIVABLE
            and row.created_by_id != actor.user_id,
            "crumbs": [parts.Crumb(label="Orders", href=link("orders")), parts.Crumb(label=row.number)],
        },
    )  # fmt: skip


def _facts(row: PurchaseOrder) -> list[parts.Fact]:
    facts = [
        parts.Fact(label="Supplier", value=row.supplier.name),
        parts.Fact(label="Ship to", value=f"{row.facility.name}, {row.ship_to.name}"),
        parts.Fact(label="Amount", value=fmt.money(row.total, row.currency)),
    ]
    if row.expected_on:
        facts.append(parts.Fact(label="Expected", value=fmt.day(row.expected_on)))
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


def _rail(
    row: PurchaseOrder, answers: Sequence[Answered], messages: Sequence[DocumentMessage], zone: str
) -> list[parts.Hop]:
    """Issued → sent → 997 → 855 → 856 → received → invoiced, with the time of each; what never came is not told as done."""
    facts: Any = row  # annotated by order_get
    receipt, invoice = _oldest(row.receipts.all()), _oldest(row.invoices.all())
    sent = next(
        (m for m in messages if m.direction == "out" and m.what == "purchase_order.create" and m.state == "delivered"),
        None,
    )
    acknowledged = next((m for m in messages if m.direction == "in" and m.what == "997"), None)
    reached = [
        ("Issued", row.issued_at, ""),
        ("Sent", sent.moment if sent else None, link("message", sent.id) if sent else ""),
        ("997", acknowledged.moment if acknowledged else None, ""),
        ("Answered", answers[-1].received_at if answers else None, ""),
        ("Shipped", facts.announced_at, ""),
        ("Received", receipt.posted_at if receipt else None, link("receipt", receipt.number) if receipt else ""),
        ("Invoiced", invoice.received_at if invoice else None, link("invoice", invoice.number) if invoice else ""),
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


def _oldest(prefetched: Iterable[Any]) -> Any:
    """Of rows fetched with the order already: `.first()` would ask again."""
    return min(prefetched, key=lambda row: row.pk, default=None)


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
        "promised": fmt.day(line.promised_on),
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
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    purchase_order_cancel(actor=actor_of(request), number=number, reason=request.POST.get("reason", ""))
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
