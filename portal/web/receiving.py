"""Receiving: which orders come in, and taking one in line by line. Built for a phone on a dock."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from biip import ParseError
from biip import parse as parse_barcode
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.errors import Invalid
from core.keyset import page as page_of
from portal.links import link
from portal.web import format as fmt
from portal.web import parts, story
from portal.web.page import actor_of, csv_file, go, is_fragment, next_href, typed_day, typed_number
from portal.web.preferences import facility_chosen
from portal.web.status import badge
from procurement.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine, ShipNoticeLine
from procurement.rules.receipt_check import ReceivedLine
from procurement.selectors.changes import story_of
from procurement.selectors.purchase_orders import (
    order_by_gtin,
    order_get,
    orders_receivable,
    receipt_get,
    receipts_listed,
    shipped_lines,
)
from procurement.services.receipts import receipt_post, receipt_reverse

SHOWN = 100
PROBLEMS = [("", "—"), *((value, label) for value, label in ReceiptLine.Problem.choices if value)]


@login_required
def receiving(request: HttpRequest) -> HttpResponse:
    actor, q = actor_of(request), request.GET.get("q", "").strip()[:60]
    found = orders_receivable(actor, facility_id=facility_chosen(request))
    if q:
        found = found.filter(number__icontains=q) | found.filter(supplier__name__icontains=q)
    rows = list(found[:SHOWN])
    if q and len(rows) == 1 and rows[0].number.lower() == q.lower():
        return go(request, link("receive", rows[0].number))
    today = timezone.now().date()
    return render(
        request,
        "supply/receiving.html",
        {"rows": [_expected(row, today) for row in rows], "query": q, "full": len(rows) == SHOWN},
    )


def _expected(row: PurchaseOrder, today: date) -> dict[str, Any]:
    late = row.expected_on is not None and row.expected_on < today
    return {
        "number": row.number,
        "href": link("receive", row.number),
        "supplier": row.supplier.name,
        "place": f"{row.facility.name}, {row.ship_to.name}",
        "status": badge("overdue") if late else badge(row.status, "purchase_order"),
        "expected": fmt.day(row.expected_on),
        "urgent": row.urgent,
    }


@login_required
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """The lines of one order with what is still expected, prefilled from the ship notice where there is one."""
    actor = actor_of(request)
    row = order_get(actor, number)
    scanned, scan_words = _scan(request.GET.get("scan", ""), row)
    return render(request, "supply/receive.html", _context(row, request, scanned=scanned, scan_words=scan_words))


@require_POST
@login_required
def post_receipt(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    row = order_get(actor, number)
    try:
        receipt = receipt_post(
            actor=actor,
            order_number=number,
            lines=_typed_lines(request, row),
            key=f"form:{actor.user_id}:{request.POST.get('token', '')}"[:100],
        )
    except Invalid as error:
        return render(request, "supply/receive.html", _context(row, request, error=error), status=422)
    return go(request, link("receipt", receipt.number))


def _context(
    row: PurchaseOrder,
    request: HttpRequest,
    *,
    error: Invalid | None = None,
    scanned: dict[str, str] | None = None,
    scan_words: str = "",
) -> dict[str, Any]:
    notices: dict[int, list[ShipNoticeLine]] = {}
    for shipped in shipped_lines(row):
        notices.setdefault(shipped.order_line_id, []).append(shipped)
    lines = [li for li in row.lines.all() if not li.cancelled]
    return {
        "row": row,
        "header_facts": [
            parts.Fact(label="From", value=row.supplier.name),
            parts.Fact(label="To", value=f"{row.facility.name}, {row.ship_to.name}"),
        ],
        "header_badge": badge(row.status, "purchase_order"),
        "lines": [_entry(li, notices.get(li.pk, []), request, scanned or {}) for li in lines],
        "open_count": sum(1 for li in lines if li.received_base < li.base_quantity),
        "token": request.POST.get("token") or uuid.uuid4().hex,
        "problems": PROBLEMS,
        "error": error,
        "scan_words": scan_words,
        "announced": bool(notices),
        "crumbs": [parts.Crumb(label="Receiving", href=link("receiving")), parts.Crumb(label=row.number)],
    }


def _entry(
    line: PurchaseOrderLine, notices: list[ShipNoticeLine], request: HttpRequest, scanned: dict[str, str]
) -> dict[str, Any]:
    """One line's form values: what was typed, else scanned, else announced."""
    left = (line.base_quantity - line.received_base) / line.multiplier
    announced = notices[0] if notices else None
    quantity = sum((n.base_quantity for n in notices), Decimal(0)) / line.multiplier if notices else Decimal(0)
    hit = scanned.get("line") == str(line.line_number)
    n = line.line_number
    default = {
        "quantity": scanned.get("quantity", "1")
        if hit
        else (_n(min(quantity, left)) if announced and left > 0 else ""),
        "lot": scanned.get("lot", "") if hit else (announced.lot if announced and len(notices) == 1 else ""),
        "expiry": scanned.get("expiry", "")
        if hit
        else (str(announced.expiry or "") if announced and len(notices) == 1 else ""),
        "serial": scanned.get("serial", "") if hit else "",
        "rejected": "",
        "problem": "",
    }
    posted = {name: request.POST.get(f"{name}-{n}", value) for name, value in default.items()}
    return {
        "number": n,
        "title": line.description,
        "item": line.item.number if line.item else "",
        "unit": line.unit,
        "left": fmt.quantity(
            left, line.unit, base=left * line.multiplier, base_unit=line.item.base_unit if line.item else line.unit
        ),
        "left_value": _n(left),
        "done": left <= 0,
        "received": fmt.quantity(line.received_base / line.multiplier, line.unit),
        "lot_tracked": bool(line.item and line.item.lot_tracked),
        "expiry_tracked": bool(line.item and line.item.expiry_tracked),
        "serial_tracked": bool(line.item and line.item.serial_tracked),
        "announced": f"announced: {_n(quantity)} {line.unit}" if announced else "",
        "scanned": hit,
        **posted,
    }


def _typed_lines(request: HttpRequest, row: PurchaseOrder) -> list[ReceivedLine]:
    lines = []
    for line in row.lines.all():
        n = line.line_number
        quantity, rejected = request.POST.get(f"quantity-{n}", ""), request.POST.get(f"rejected-{n}", "")
        if not quantity.strip(" 0") and not rejected.strip(" 0"):
            continue
        lines.append(
            ReceivedLine(
                line_number=n,
                quantity=typed_number(quantity or "0", field=f"lines.{n}.quantity"),
                rejected=typed_number(rejected or "0", field=f"lines.{n}.rejected"),
                problem=request.POST.get(f"problem-{n}", ""),
                lot=request.POST.get(f"lot-{n}", "").strip(),
                expiry=typed_day(request.POST.get(f"expiry-{n}", ""), field=f"lines.{n}.expiry"),
                serial=request.POST.get(f"serial-{n}", "").strip(),
            )
        )
    return lines


def _scan(code: str, row: PurchaseOrder) -> tuple[dict[str, str], str]:
    """What a scanned GS1 code means for this order: the line it belongs to with lot, expiry and serial; and words to show."""
    code = code.strip()[:200]
    if not code:
        return {}, ""
    gtin, found = code if code.isdigit() else "", {}
    try:
        parsed = parse_barcode(code)
    except ParseError:
        parsed = None
    if parsed is not None and parsed.gs1_message:
        message = parsed.gs1_message
        for ai, name in (("10", "lot"), ("21", "serial")):
            if element := message.element_strings.get(ai=ai):
                found[name] = element.value
        if (expiry := message.element_strings.get(ai="17")) and expiry.date:
            found["expiry"] = expiry.date.isoformat()
        if element := message.element_strings.get(ai="01"):
            gtin = element.value
    elif parsed is not None and parsed.gtin:
        gtin = parsed.gtin.value
    hit = order_by_gtin(row, gtin.zfill(14)) if gtin else None
    if hit is None:
        return {}, f"Nothing on this order has the code {code[:40]}."
    line, unit, factor = hit
    found |= {"line": str(line.line_number), "quantity": _n(factor)}
    return found, f"Line {line.line_number}: {line.description}, one {unit}."


def _n(value: Decimal) -> str:
    return f"{value.normalize():f}"


# -- receipts ------------------------------------------------------------------------------------------------------

HEADER = ("Number", "Status", "Facility", "Order", "Supplier", "Received by", "Received on")


@login_required
def receipts(request: HttpRequest) -> Any:
    listed = receipts_listed(actor_of(request), facility_id=facility_chosen(request), q=request.GET.get("q", "")[:80])
    if request.GET.get("export") == "csv":
        return csv_file(
            "receipts",
            HEADER,
            (
                (r.number, r.get_status_display(), r.facility.name, r.order.number, r.order.supplier.name, r.received_by.name, r.received_on)
                for r in listed.iterator(chunk_size=500)
            ),
        )  # fmt: skip
    page = page_of(listed, after=request.GET.get("after", ""))
    context: dict[str, Any] = {"rows": [_receipt_row(r) for r in page.rows], "next_href": next_href(request, page)}
    if is_fragment(request) and request.GET.get("after"):
        return render(request, "supply/receipts.html#rows", context)
    context |= {
        "columns": [
            parts.Column(label="Receipt"), parts.Column(label="Order"), parts.Column(label="Supplier"),
            parts.Column(label="Place", narrow=True), parts.Column(label="Status"), parts.Column(label="By", narrow=True),
            parts.Column(label="When", align="end"),
        ],
        "export_href": parts.query_with(request.GET, export="csv"),
        "query": request.GET.get("q", ""),
    }  # fmt: skip
    return render(request, "supply/receipts.html", context)


def _receipt_row(row: Receipt) -> dict[str, Any]:
    return {
        "number": row.number,
        "href": link("receipt", row.number),
        "order": row.order.number,
        "order_href": link("order", row.order.number),
        "supplier": row.order.supplier.name,
        "place": row.location.name,
        "facility": row.facility.name,
        "status": badge("reversed") if row.reversal_of else badge(row.status),
        "who": row.received_by.name,
        "when": fmt.age(row.posted_at, row.facility.timezone),
    }


@login_required
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    row = receipt_get(actor, number)
    zone = row.facility.timezone
    from_store = actor.has("receiver", row.facility_id) or actor.has("stock_clerk", row.facility_id)
    return render(
        request,
        "supply/receipt.html",
        {
            "row": row,
            "header_badge": badge(row.status),
            "header_facts": [
                parts.Fact(label="Order", value=row.order.number, href=link("order", row.order.number)),
                parts.Fact(label="From", value=row.order.supplier.name),
                parts.Fact(label="Into", value=f"{row.facility.name}, {row.location.name}"),
                parts.Fact(label="By", value=row.received_by.name),
                parts.Fact(label="When", value=fmt.when(row.posted_at, zone)),
            ],
            "lines": [
                {
                    "number": li.order_line.line_number,
                    "title": li.order_line.description,
                    "quantity": fmt.quantity(li.quantity, li.unit),
                    "base": fmt.quantity(li.base_quantity, li.item.base_unit if li.item else li.unit),
                    "rejected": fmt.quantity(li.rejected_base, li.item.base_unit if li.item else li.unit) if li.rejected_base else None,
                    "problem": badge(li.problem) if li.problem else "",
                    "lot": li.lot,
                    "expiry": fmt.day(li.expiry),
                    "serial": li.serial,
                }
                for li in row.lines.all()
            ],
            "entries": _story(row, zone),
            "may_reverse": from_store and row.status == Receipt.Status.POSTED and row.reversal_of is None,
            "crumbs": [parts.Crumb(label="Receipts", href=link("receipts")), parts.Crumb(label=row.number)],
        },
    )  # fmt: skip


def _story(row: Receipt, zone: str) -> list[parts.TimelineEntry]:
    return story.timeline(story_of(row.trace_id), zone, here=row.number)


@require_POST
@login_required
def reverse(request: HttpRequest, number: str) -> HttpResponse:
    done = receipt_reverse(actor=actor_of(request), number=number, reason=request.POST.get("reason", ""))
    return go(request, link("receipt", done.number))
