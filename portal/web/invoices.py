"""Invoices: the list, the page of one, and one typed in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import Conflict, Finding, Invalid, NotFound
from core.tally import Counting, Grouping
from masterdata.models import Role
from portal.links import link
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts, story
from portal.web.matching import SideBySide, side_by_side
from portal.web.page import Typed, actor_of, go
from portal.web.preferences import facility_chosen
from portal.web.status import badge, status_of
from procurement.models import ExceptionCase, Invoice, InvoiceLine, PurchaseOrder
from procurement.selectors.changes import story_of
from procurement.selectors.invoices import invoice_get, invoices_listed
from procurement.selectors.purchase_orders import order_get
from procurement.services.exceptions import comment_write
from procurement.services.invoices import (
    BilledLineInput,
    InvoiceInput,
    invoice_dispute,
    invoice_end_dispute,
    invoice_match,
    invoice_register,
)

TABS = (
    ("all", "All"),
    ("exception", "In exception"),
    ("to_pay", "To pay"),
    ("paid", "Paid"),
    ("dropped", "Rejected or void"),
)
HEADER = (
    "Number", "Supplier", "Their number", "Order", "Facility", "Kind", "Status", "Invoice date", "Due", "Total", "Currency",
    "Approved", "Voucher", "Payment", "Paid on",
)  # fmt: skip


@login_required
def invoices(request: HttpRequest) -> HttpResponseBase:
    actor, view = actor_of(request), request.GET.get("view", "all")
    listed = invoices_listed(
        actor, view=view, facility_id=facility_chosen(request), statuses=request.GET.getlist("status"),
        facilities=request.GET.getlist("facility"), suppliers=request.GET.getlist("supplier"), q=request.GET.get("q", "")[:80],
    )  # fmt: skip
    here = facility_chosen(request)
    whole = invoices_listed(actor, view=view, facility_id=here)
    return lists.answer(
        request, lists.INVOICES, listed, template="payables/invoices.html", row=_row, header=HEADER, line=_export,
        frame=lambda around: _frame(request, actor, view, around),
        tabs={code: Counting(rows=invoices_listed(actor, view=code, facility_id=here)) for code, _ in TABS},
        groups={
            "status": Grouping(rows=whole, code="status"),
            "supplier": Grouping(rows=whole, code="supplier__code", label="supplier__name"),
            "facility": Grouping(rows=whole, code="facility__code", label="facility__name"),
        },
    )  # fmt: skip


def _frame(request: HttpRequest, actor: Actor, view: str, around: Around) -> dict[str, Any]:
    listing, counts = lists.INVOICES, around.counts
    facets = [
        parts.facet(
            request.GET, "status", "Status",
            [(code, status_of(code, "invoice")[0], n) for code, _, n in around.groups["status"]],
        ),
        parts.facet(request.GET, "supplier", "Supplier", around.groups["supplier"]),
    ]  # fmt: skip
    places = around.groups["facility"]
    if facility_chosen(request) is None and (len(places) > 1 or request.GET.getlist("facility")):
        facets.append(parts.facet(request.GET, "facility", "Facility", places))
    return {
        "tabs": [
            parts.Tab(label=label, href=f"?view={code}", active=code == view, count=counts[code].count) for code, label in TABS
        ],
        "facets": facets,
        "columns": [
            lists.column(listing, request.GET, "number", "Invoice"),
            parts.Column(label="Supplier"),
            parts.Column(label="Order and facility", narrow=True),
            parts.Column(label="Status"),
            lists.column(listing, request.GET, "due", "Due", narrow=True),
            lists.column(listing, request.GET, "total", "Total", align="end"),
            parts.Column(label="Age", align="end"),
        ],
        "count_text": fmt.counted(counts[view].text if view in counts else "0", "invoice"),
        "may_enter": actor.has(Role.AP_CLERK),
    }  # fmt: skip


def _row(row: Invoice) -> dict[str, Any]:
    return {
        "number": row.number,
        "href": link("invoice", row.number),
        "supplier": row.supplier.name,
        "theirs": row.supplier_number,
        "order": row.order.number if row.order else row.order_reference,
        "facility": row.facility.name,
        "status": badge(row.status, "invoice"),
        "credit": row.kind == Invoice.Kind.CREDIT,
        "due": fmt.day(row.due_date, row.facility.timezone),
        "late": row.due_date is not None and row.due_date < fmt.today_in(row.facility.timezone) and row.status not in ("paid", "void", "rejected"),
        "total": fmt.money(_signed(row), row.currency),
        "age": fmt.age(row.received_at, row.facility.timezone),
    }  # fmt: skip


def _signed(row: Invoice) -> Decimal:
    return -row.total if row.kind == Invoice.Kind.CREDIT else row.total


def _export(row: Invoice) -> Sequence[object]:
    return (
        row.number, row.supplier.name, row.supplier_number, row.order.number if row.order else row.order_reference,
        row.facility.name, row.get_kind_display(), row.get_status_display(), row.invoice_date, row.due_date or "", _signed(row),
        row.currency, row.approved_amount if row.approved_amount is not None else "", row.voucher_number,
        row.get_payment_display(), row.paid_on or "",
    )  # fmt: skip


# -- one invoice ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class BilledShown:
    """A line with its comparison and what was found about it, in sentences."""

    number: int
    title: str
    item: str
    part: str
    compared: SideBySide | None
    quantity: str
    price: str
    amount: fmt.Shown
    cases: Sequence[tuple[str, str, str, str]]


@login_required
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, *, findings: Sequence[Finding] = (), status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    row = invoice_get(actor, number)
    clerk = actor.has(Role.AP_CLERK, row.facility_id)
    zone, cases = row.facility.timezone, list(row.cases.all())
    open_cases = [case for case in cases if case.state != ExceptionCase.State.RESOLVED]
    context = {
        "row": row,
        "header_facts": _facts(row, zone),
        "header_badge": badge(row.status, "invoice"),
        "next_action": _next_action(row, open_cases, zone),
        "lines": [_line(line, row, cases) for line in row.lines.all()],
        "header_cases": [_case(case) for case in cases if case.invoice_line_id is None],
        "sums": _sums(row),
        "payment": _payment(row),
        "entries": story.timeline(story_of(row.trace_id), zone, here=row.number),
        "comments": story.remarks_shown(row.remarks, zone),  # type: ignore[attr-defined]  # annotated by the selector
        "first_case": link("exception", open_cases[0].pk) if open_cases and clerk else "",
        "may_match": row.status in Invoice.MATCHABLE and (clerk or actor.has(Role.BUYER, row.facility_id)),
        "may_dispute": clerk and row.status == Invoice.Status.EXCEPTION,
        "may_end_dispute": clerk and row.status == Invoice.Status.DISPUTED,
        "act_findings": findings,
        "crumbs": [parts.Crumb(label="Invoices", href=link("invoices")), parts.Crumb(label=row.number)],
    }
    return render(request, "payables/invoice.html", context, status=status)


def _facts(row: Invoice, zone: str) -> list[parts.Fact]:
    order = row.order.number if row.order else row.order_reference
    return [
        parts.Fact(label="Supplier", value=row.supplier.name),
        parts.Fact(label="Their number", value=row.supplier_number),
        parts.Fact(
            label="Order", value=order or "none named", href=link("order", row.order.number) if row.order else ""
        ),
        parts.Fact(label="For", value=row.facility.name),
        parts.Fact(label="Total", value=fmt.money(_signed(row), row.currency)),
        parts.Fact(label="Dated", value=fmt.day(row.invoice_date, zone)),
        parts.Fact(label="Came in", value=fmt.when(row.received_at, zone)),
    ]


def _next_action(row: Invoice, open_cases: Sequence[ExceptionCase], zone: str) -> tuple[str, str]:
    """(tone, sentence): where it stands and who must act."""
    if open_cases and row.status != Invoice.Status.DISPUTED:
        owners = sorted({case.owner.name for case in open_cases if case.owner})
        who = " and ".join(owners) if owners else "nobody yet"
        count = f"{len(open_cases)} difference{'s' if len(open_cases) > 1 else ''}"
        return (
            "waiting",
            f"{count} to decide; assigned to {who}. Receipts and corrected orders clear what they settle by themselves.",
        )
    return {
        "received": ("info", "Came in and is being matched."),
        "matched": ("good", "Matches order and receipts."),
        "approved": ("good", "Cleared for payment. The voucher is on its way to the ERP."),
        "posted": (
            "info",
            f"Voucher {row.voucher_number} is in the ERP; due {fmt.day(row.due_date, row.facility.timezone)}.",
        ),
        "paid": ("done", f"Paid {fmt.day(row.paid_on, row.facility.timezone)}."),
        "rejected": ("bad", "Rejected. Nothing will be paid."),
        "void": ("done", "Void. It does not count."),
        "disputed": ("waiting", "Disputed with the supplier: nothing is paid until it ends."),
    }.get(row.status, ("neutral", ""))


def _case(case: ExceptionCase) -> tuple[str, str, str, str]:
    """(badge, sentence, what was decided, link while open)."""
    sentence = str(case.explanation.get("sentence") or case.title)
    if case.state != ExceptionCase.State.RESOLVED:
        waits = case.state == ExceptionCase.State.WAITING
        return badge("waiting" if waits else "open"), sentence, "", link("exception", case.pk)
    by = case.resolved_by.name if case.resolved_by else "a new match"
    comment = f": “{case.comment}”" if case.comment else ""
    return badge("resolved"), sentence, f"{case.get_resolution_display()}, {by}{comment}", ""


def _line(line: InvoiceLine, row: Invoice, cases: Sequence[ExceptionCase]) -> BilledShown:
    own = [case for case in cases if case.invoice_line_id == line.pk]
    return BilledShown(
        number=line.line_number, title=line.description, item=line.item.number if line.item else "", part=line.supplier_part,
        compared=side_by_side(line.match, list(line.match.get("findings", []))),
        quantity=fmt.quantity(line.quantity, line.unit).text, price=fmt.price(line.unit_price, row.currency, line.unit).text,
        amount=fmt.money(line.amount, row.currency), cases=[_case(case) for case in own],
    )  # fmt: skip


def _sums(row: Invoice) -> list[parts.Fact]:
    lines = sum((line.amount for line in row.lines.all()), Decimal(0))
    facts = [parts.Fact(label="Lines", value=fmt.money(lines, row.currency))]
    facts += [
        parts.Fact(label=str(charge.get("description") or charge.get("code")), value=fmt.money(Decimal(str(charge["amount"])), row.currency))
        for charge in row.charges
    ]  # fmt: skip
    if row.tax:
        facts.append(parts.Fact(label="Tax", value=fmt.money(row.tax, row.currency)))
    return [*facts, parts.Fact(label="Total billed", value=fmt.money(row.total, row.currency))]


def _payment(row: Invoice) -> list[parts.Fact]:
    facts = [
        parts.Fact(label="To pay", value=fmt.money(row.approved_amount, row.currency)),
        parts.Fact(label="Due", value=fmt.day(row.due_date, row.facility.timezone)),
        parts.Fact(label="Voucher", value=row.voucher_number or "–"),
        parts.Fact(label="Payment", value="", badge=badge(row.payment, "payment")),
    ]
    return (
        [*facts, parts.Fact(label="Paid on", value=fmt.day(row.paid_on, row.facility.timezone))]
        if row.paid_on
        else facts
    )


@require_POST
@login_required
def comment(request: HttpRequest, number: str) -> HttpResponse:
    row = invoice_get(actor_of(request), number)
    comment_write(
        actor=actor_of(request), kind="invoice", number=row.number, facility_id=row.facility_id,
        text=request.POST.get("comment", ""),
    )  # fmt: skip
    return go(request, link("invoice", number))


@require_POST
@login_required
def dispute(request: HttpRequest, number: str) -> HttpResponse:
    """Dispute an invoice with its supplier, or end the dispute (`act=end`); both with a reason."""
    end, reason = request.POST.get("act") == "end", request.POST.get("reason", "").strip()[:300]
    try:
        row = (invoice_end_dispute if end else invoice_dispute)(actor=actor_of(request), number=number, reason=reason)
    except Invalid as error:
        return _page(
            request, number, findings=[Finding(code=error.code, field="reason", message=error.message)], status=422
        )
    messages.success(
        request,
        f"The dispute ended: {number} is {status_of(row.status, 'invoice')[0].lower()}." if end
        else f"{number} is disputed; nothing of it is paid meanwhile.",
    )  # fmt: skip
    return go(request, link("invoice", number))


@require_POST
@login_required
def match_again(request: HttpRequest, number: str) -> HttpResponse:
    row = invoice_match(actor=actor_of(request), number=number)
    messages.success(request, f"{number} was matched again: {status_of(row.status, 'invoice')[0].lower()}.")
    return go(request, link("invoice", number))


# -- typed in ------------------------------------------------------------------------------------------------------


@login_required
def invoice_new(request: HttpRequest) -> HttpResponse:
    """Type a supplier's invoice for an order: the order's lines are prefilled with what is not billed yet."""
    actor = actor_of(request)
    number = (request.POST.get("order") or request.GET.get("order") or "").strip().upper()[:20]
    order = None
    try:
        order = order_get(actor, number) if number else None
    except NotFound as error:
        return _form(
            request, None, number, findings=[Finding(code="order_unknown", field="order", message=error.message)]
        )
    if order is None:
        return _form(request, None, number)
    actor.require(Role.AP_CLERK, scope=order.facility_id, to="enter invoices")
    if request.method != "POST":
        return _form(request, order, number)
    try:
        row = invoice_register(actor=actor, supplier=order.supplier, invoice=_typed(request, order), source="typed")
    except (Invalid, Conflict) as error:
        findings = list(error.findings)
        if isinstance(error, Conflict):
            findings = [Finding(code=error.code, field="supplier_number", message=error.message)]
        return _form(request, order, number, findings=findings, message=error.message)
    messages.success(request, f"{row.number} was entered: {status_of(row.status, 'invoice')[0].lower()}.")
    return go(request, link("invoice", row.number))


def _typed(request: HttpRequest, order: PurchaseOrder) -> InvoiceInput:
    """The invoice as typed. Raises Invalid with everything that is not a number or a day, each at its field."""
    data, typed = request.POST, Typed()
    lines: list[BilledLineInput] = []
    for line in order.lines.all():
        at = line.line_number
        quantity = typed.number(
            data.get(f"quantity-{at}") or "0", field=f"quantity-{at}", label=f"Line {at}: the quantity"
        )
        price = typed.number(data.get(f"price-{at}") or "0", field=f"price-{at}", label=f"Line {at}: the price")
        for field, amount, what in (("quantity", quantity, "quantity"), ("price", price, "price")):
            if amount < 0:
                message = f"Line {at}: the {what} is negative. What the supplier gives back comes as a credit memo."
                typed.findings.append(Finding(code="negative", field=f"{field}-{at}", message=message))
        if quantity > 0:
            lines.append(
                BilledLineInput(
                    line_number=len(lines) + 1, order_line_number=at, quantity=quantity,
                    unit=(data.get(f"unit-{at}", "").strip() or line.unit)[:3].upper(), unit_price=price,
                )
            )  # fmt: skip
    freight = typed.number(data.get("freight") or "0", field="freight", label="Freight")
    tax = typed.number(data.get("tax") or "0", field="tax", label="Tax")
    total = typed.number(data.get("total", ""), field="total", label="The total")
    dated = typed.day(data.get("invoice_date", ""), field="invoice_date", label="The invoice date")
    if dated is None and not any(f.field == "invoice_date" for f in typed.findings):
        typed.findings.append(Finding(code="day_missing", field="invoice_date", message="The invoice date is missing."))
    if not data.get("supplier_number", "").strip():
        message = "The supplier’s invoice number is missing."
        typed.findings.append(Finding(code="number_missing", field="supplier_number", message=message))
    typed.check()
    assert dated is not None  # noqa: S101 - a missing day is a finding
    return InvoiceInput(
        supplier_number=data.get("supplier_number", "").strip()[:40], order_number=order.number, invoice_date=dated,
        currency=order.currency, total=total, tax=tax, lines=lines,
        charges=[{"code": "freight", "description": "Freight", "amount": f"{freight:f}"}] if freight else [],
    )  # fmt: skip


def _form(
    request: HttpRequest,
    order: PurchaseOrder | None,
    number: str,
    *,
    findings: Sequence[Finding] = (),
    message: str = "",
) -> HttpResponse:
    data = request.POST
    lines = []
    for line in order.lines.all() if order else ():
        left = max(line.base_quantity - line.invoiced_base, Decimal(0)) / line.multiplier
        at = line.line_number
        lines.append(
            {
                "number": at,
                "key": str(at),
                "title": line.description,
                "ordered": fmt.quantity(line.quantity, line.unit).text,
                "received": fmt.quantity(line.received_base / line.multiplier, line.unit).text,
                "quantity": data.get(f"quantity-{at}", fmt.number(left).replace(",", "")),
                "unit": data.get(f"unit-{at}", line.unit),
                "price": data.get(f"price-{at}", f"{line.unit_price.normalize():f}"),
            }
        )
    context = {
        "order": order,
        "order_number": number,
        "lines": lines,
        "data": {name: data.get(name, "") for name in ("supplier_number", "invoice_date", "freight", "tax", "total")},
        "findings": findings,
        "message": message,
        "crumbs": [parts.Crumb(label="Invoices", href=link("invoices")), parts.Crumb(label="Enter an invoice")],
    }
    return render(request, "payables/invoice_new.html", context, status=422 if findings or message else 200)
