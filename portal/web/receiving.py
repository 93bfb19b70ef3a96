"""Receiving: which orders come in, and taking one in line by line. Built for a phone on a dock."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from biip import ParseError
from biip import parse as parse_barcode
from biip.gs1_messages import GS1Message
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.errors import Finding, Invalid
from portal.links import link
from portal.web import format as fmt
from portal.web import lists, parts, story
from portal.web.page import FORM_UNREADABLE, Typed, actor_of, go, typed_id, typed_number
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

PROBLEMS = [("", "—"), *((value, label) for value, label in ReceiptLine.Problem.choices if value)]
GTIN_LENGTHS = (8, 12, 13, 14)
TYPED = (FORM_UNREADABLE, "number_invalid")
"""Findings of the form itself, which already name the line."""


EXPECTED = ("Order", "Supplier", "Facility", "To", "Expected", "Status", "Urgent")


@login_required
def receiving(request: HttpRequest) -> HttpResponseBase:
    actor, q = actor_of(request), request.GET.get("q", "").strip()[:60]
    found = orders_receivable(actor, facility_id=facility_chosen(request))
    if q:
        # a scanned or fully typed number goes straight to its order
        if found.filter(number=q.upper()).exists():
            return go(request, link("receive", q.upper()))
        found = found.filter(number__icontains=q) | found.filter(supplier__name__icontains=q)
    return lists.answer(
        request, lists.RECEIVING, found, template="supply/receiving.html", row=_expected, header=EXPECTED,
        line=lambda row: (
            row.number, row.supplier.name, row.facility.name, row.ship_to.name, row.expected_on or "",
            row.get_status_display(), "yes" if row.urgent else "",
        ),
        frame=lambda _: {
            "columns": [
                lists.column(lists.RECEIVING, request.GET, "number", "Order"), parts.Column(label="Supplier"),
                parts.Column(label="To"), lists.column(lists.RECEIVING, request.GET, "expected", "Expected"),
                parts.Column(label="Status"),
            ]
        },
    )  # fmt: skip


def _expected(row: PurchaseOrder) -> dict[str, Any]:
    late = row.expected_on is not None and row.expected_on < fmt.today_in(row.facility.timezone)
    return {
        "number": row.number,
        "href": link("receive", row.number),
        "supplier": row.supplier.name,
        "place": f"{row.facility.name}, {row.ship_to.name}",
        "status": badge("overdue") if late else badge(row.status, "purchase_order"),
        "expected": fmt.day(row.expected_on, row.facility.timezone),
        "urgent": row.urgent,
    }


@login_required
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """The lines of one order with what is still expected, prefilled from the ship notice where there is one."""
    row = order_get(actor_of(request), number)
    form = _Form(row, request.GET)
    form.scan(request.GET.get("scan", ""))
    return render(request, "supply/receive.html", _context(form))


@require_POST
@login_required
def post_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Post what is entered; with `do=scan` only put the scanned pack on its line and show the form again."""
    actor = actor_of(request)
    form = _Form(order_get(actor, number), request.POST)
    try:
        do, _, n = request.POST.get("do", "").partition(":")
        if do in ("scan", "lot"):
            if do == "lot":
                form.add_lot(typed_id(n) or 0)
            else:
                form.scan(request.POST.get("scan", ""))
            return render(request, "supply/receive.html", _context(form))
        lines = _typed_lines(form)
        receipt = receipt_post(
            actor=actor, order_number=number, lines=lines,
            key=f"form:{actor.user_id}:{request.POST.get('token', '')}"[:100],
        )  # fmt: skip
    except Invalid as error:
        return render(request, "supply/receive.html", _context(form, error=error), status=422)
    return go(request, link("receipt", receipt.number))


FIELDS = ("quantity", "lot", "expiry", "serial", "rejected", "problem", "scans")
MOST_ROWS = 50


class _Form:
    """What stands in the fields of one order: typed or scanned, else announced by the supplier.

    A line has a row per lot. The first row is called by the line number (`quantity-3`), further ones `quantity-3-1` and so on.
    """

    def __init__(self, row: PurchaseOrder, sent: QueryDict) -> None:
        self.row = row
        self.lines = [li for li in row.lines.all() if not li.cancelled]
        self.token = sent.get("token") or uuid.uuid4().hex
        self.announced: dict[int, list[ShipNoticeLine]] = {}
        for shipped in shipped_lines(row):
            self.announced.setdefault(shipped.order_line.line_number, []).append(shipped)
        self.rows: dict[int, list[str]] = {}
        self.values: dict[tuple[str, str], str] = {}
        self.told: dict[str, str] = {}
        for li in self.lines:
            announced = self._announced(li)
            count = max(1, len(announced), min(typed_id(sent.get(f"rows-{li.line_number}", "")) or 1, MOST_ROWS))
            for at in range(count):
                key = self._add(li.line_number)
                told = announced[at] if at < len(announced) else {}
                self.told[key] = told.get("quantity", "")
                self.values |= {(key, name): sent.get(f"{name}-{key}", told.get(name, "")) for name in FIELDS}
        self.hit = 0
        self.words = ""
        self.refused = False

    def _add(self, n: int) -> str:
        """One more row of a line, empty."""
        keys = self.rows.setdefault(n, [])
        key = str(n) if not keys else f"{n}-{len(keys)}"
        keys.append(key)
        self.values |= {(key, name): "" for name in FIELDS}
        return key

    def _announced(self, line: PurchaseOrderLine) -> list[dict[str, str]]:
        """A row per lot that is on its way, together no more than is still open."""
        left, found = left_of(line), dict[tuple[str, str], Decimal]()
        for notice in self.announced.get(line.line_number, []):
            which = notice.lot, str(notice.expiry or "")
            found[which] = found.get(which, Decimal(0)) + notice.base_quantity / line.multiplier
        rows = []
        for (lot, expiry), shipped in found.items():
            taken = min(shipped, left)
            left -= taken
            if taken > 0:
                rows.append({"quantity": _n(taken), "lot": lot, "expiry": expiry})
        return rows

    def add_lot(self, n: int) -> None:
        """One more lot of a line."""
        if n in self.rows and len(self.rows[n]) < MOST_ROWS:
            self._add(n)
            self.hit = n

    def scan(self, code: str) -> None:
        """Count one scanned pack in the row of its lot, a new one where the line has none yet.

        The first scan of a line replaces what was announced, the first of a row what stood in it; later ones add up.
        """
        code = code.strip()[:200]
        if not code:
            return
        gtin, label = read_label(code)
        found = order_by_gtin(self.row, gtin.zfill(14)) if gtin else None
        if found is None:
            self.words, self.refused = f"Nothing on this order has the code {code[:60]}.", True
            return
        line, unit, factor = found
        self.hit = n = line.line_number
        if not any(self.values[key, "scans"] for key in self.rows[n]):
            self._forget_announced(n)
        key = self._row_of(n, label)
        before = typed_id(self.values[key, "scans"]) or 0
        counted = (
            typed_number(self.values[key, "quantity"] or "0", field=f"lines.{key}.quantity") if before else Decimal(0)
        )
        self.values |= {(key, name): value for name, value in label.items()}
        self.values[key, "quantity"], self.values[key, "scans"] = _n(counted + factor), str(before + 1)
        lot = f" of lot {label['lot']}" if label.get("lot") else ""
        self.words = f"{line.description}: one {unit}{lot}, now {_n(counted + factor)} {line.unit} of {_n(left_of(line))} expected."

    def _forget_announced(self, n: int) -> None:
        """Whoever scans counts: what only the ship notice said does not count beside it."""
        for key in self.rows[n]:
            if self.told.get(key) and self.values[key, "quantity"] == self.told[key]:
                self.values[key, "quantity"] = ""

    def _row_of(self, n: int, label: dict[str, str]) -> str:
        fits = (
            key for key in self.rows[n] if all(self.values[key, name] in ("", value) for name, value in label.items())
        )
        exact = (
            key
            for key in self.rows[n]
            if label and all(self.values[key, name] == value for name, value in label.items())
        )
        key = next(exact, None) or next(fits, None)
        return key or (self._add(n) if len(self.rows[n]) < MOST_ROWS else self.rows[n][-1])


def left_of(line: PurchaseOrderLine) -> Decimal:
    """What of a line is still to come, in its order unit."""
    return (line.base_quantity - line.received_base) / line.multiplier


def read_label(code: str) -> tuple[str, dict[str, str]]:
    """The GTIN of a scanned code (empty when there is none) and the lot, expiry and serial that a GS1 label tells.

    Reads plain GTINs, raw GS1 with FNC1 as the group separator, and GS1 as printed under the bars, with brackets.
    """
    if code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS:
        return code, {}
    try:
        message = GS1Message.parse_hri(code) if code.startswith("(") else parse_barcode(code).gs1_message
    except ParseError:
        return "", {}
    if message is None:
        return "", {}
    label = {}
    for ai, name in (("10", "lot"), ("21", "serial")):
        if element := message.element_strings.get(ai=ai):
            label[name] = element.value
    if (expiry := message.element_strings.get(ai="17")) and expiry.date:
        label["expiry"] = expiry.date.isoformat()
    trade_item = message.element_strings.get(ai="01")
    return (trade_item.value if trade_item else ""), label


def _context(form: _Form, *, error: Invalid | None = None) -> dict[str, Any]:
    row, lines = form.row, form.lines
    findings = _at_lines(error, form) if error else []
    return {
        "row": row,
        "header_facts": [
            parts.Fact(label="From", value=row.supplier.name),
            parts.Fact(label="To", value=f"{row.facility.name}, {row.ship_to.name}"),
            parts.Fact(label="Lines open", value=f"{sum(left_of(li) > 0 for li in lines)} of {len(lines)}"),
        ],
        "header_badge": badge(row.status, "purchase_order"),
        "lines": sorted((_entry(li, form, findings) for li in lines), key=lambda entry: (entry["done"], not entry["hit"], entry["number"])),
        "entered": sum(any(_is_entered(form, key) for key in form.rows[li.line_number]) for li in lines),
        "token": form.token,
        "problems": PROBLEMS,
        "error": error,
        "findings": findings,
        "marked": len({f.field.split(".")[1].partition("-")[0] for f in findings if f.field.startswith("lines.")}),
        "scan_words": form.words,
        "scan_refused": form.refused,
        "announced": bool(form.announced),
        "crumbs": [parts.Crumb(label="Receiving", href=link("receiving")), parts.Crumb(label=row.number)],
    }  # fmt: skip


def _at_lines(error: Invalid, form: _Form) -> list[Finding]:
    """The findings at the fields of this form: the service counts the lines it was given, the form goes by line number."""
    given = _entered(form)
    placed = []
    for finding in error.findings:
        path = finding.field.split(".")
        if path[0] == "order_lines":
            path[0] = "lines"
        elif (
            error.code not in TYPED
            and path[0] == "lines"
            and path[1:]
            and path[1].isdigit()
            and int(path[1]) < len(given)
        ):
            path[1] = given[int(path[1])]
        placed.append(replace(finding, field=".".join(path)))
    return placed


def _entry(line: PurchaseOrderLine, form: _Form, findings: list[Finding]) -> dict[str, Any]:
    n, left = line.line_number, left_of(line)
    notices = form.announced.get(n, [])
    shipped = sum((each.base_quantity for each in notices), Decimal(0)) / line.multiplier
    base_unit = line.item.base_unit if line.item else line.unit
    return {
        "number": n,
        "title": line.description,
        "item": line.item.number if line.item else "",
        "unit": line.unit,
        "left": fmt.quantity(left, line.unit, base=left * line.multiplier, base_unit=base_unit),
        "left_base": f"{fmt.number(left * line.multiplier)} {base_unit}" if base_unit != line.unit else "",
        "left_value": _n(left),
        "done": left <= 0,
        "received": fmt.quantity(line.received_base / line.multiplier, line.unit),
        "rows": [
            {
                "key": key,
                "tracked": [(name, label, kind, form.values[key, name]) for name, label, kind in _tracked(line)],
                **{name: form.values[key, name] for name in ("quantity", "rejected", "problem", "scans")},
            }
            for key in form.rows[n]
        ],
        "many": "serial number" if line.item and line.item.serial_tracked else "lot" if _tracked(line) else "",
        "announced": f"announced {fmt.number(shipped)} {line.unit}" if notices else "",
        "hit": form.hit == n,
        "findings": [finding for finding in findings if finding.field.startswith((f"lines.{n}.", f"lines.{n}-"))],
    }


def _tracked(line: PurchaseOrderLine) -> list[tuple[str, str, str]]:
    """(field, label, kind of input) of what has to be told about the packs of a line."""
    item = line.item
    if item is None:
        return []
    wanted = (
        ("lot", "Lot", "text", item.lot_tracked),
        ("expiry", "Expires", "date", item.expiry_tracked),
        ("serial", "Serial number", "text", item.serial_tracked),
    )
    return [(name, label, kind) for name, label, kind, on in wanted if on]


def _entered(form: _Form) -> list[str]:
    """The rows that hold something, in the order the service is given them."""
    return [key for li in form.lines for key in form.rows[li.line_number] if _is_entered(form, key)]


def _is_entered(form: _Form, key: str) -> bool:
    return any(form.values[key, name].strip(" 0") for name in ("quantity", "rejected"))


def _typed_lines(form: _Form) -> list[ReceivedLine]:
    """What is entered. Raises Invalid with every field that cannot be read."""
    typed = Typed()
    lines = [
        ReceivedLine(
            line_number=int(key.partition("-")[0]),
            quantity=typed.number(
                form.values[key, "quantity"] or "0", field=f"lines.{key}.quantity", label=f"{_place(key)}: the quantity"
            ),
            rejected=typed.number(
                form.values[key, "rejected"] or "0",
                field=f"lines.{key}.rejected",
                label=f"{_place(key)}: the rejected quantity",
            ),
            problem=form.values[key, "problem"],
            lot=form.values[key, "lot"].strip(),
            expiry=typed.day(
                form.values[key, "expiry"], field=f"lines.{key}.expiry", label=f"{_place(key)}: the expiry date"
            ),
            serial=form.values[key, "serial"].strip(),
        )
        for key in _entered(form)
    ]
    typed.check()
    return lines


def _place(key: str) -> str:
    return f"Line {key.partition('-')[0]}"


def _n(value: Decimal) -> str:
    return f"{value.normalize():f}"


# -- receipts ------------------------------------------------------------------------------------------------------

HEADER = ("Number", "Status", "Facility", "Order", "Supplier", "Received by", "Received on")


@login_required
def receipts(request: HttpRequest) -> HttpResponseBase:
    listed = receipts_listed(actor_of(request), facility_id=facility_chosen(request), q=request.GET.get("q", "")[:80])
    return lists.answer(
        request, lists.RECEIPTS, listed, template="supply/receipts.html", row=_receipt_row, header=HEADER,
        line=lambda r: (
            r.number, r.get_status_display(), r.facility.name, r.order.number, r.order.supplier.name, r.received_by.name,
            r.received_on,
        ),
        frame=lambda _: {
            "columns": [
                lists.column(lists.RECEIPTS, request.GET, "number", "Receipt"),
                lists.column(lists.RECEIPTS, request.GET, "order", "Order"), parts.Column(label="Supplier"),
                parts.Column(label="Place", narrow=True), parts.Column(label="Status"), parts.Column(label="By", narrow=True),
                parts.Column(label="When", align="end"),
            ]
        },
    )  # fmt: skip


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
                    "expiry": fmt.day(li.expiry, zone),
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
