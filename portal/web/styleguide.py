"""Every component of the design system on one page, with believable values: for people who build screens, and for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core.errors import Finding
from portal.web import format as fmt
from portal.web import parts
from portal.web.shell import shell as shell_context
from portal.web.status import STATUSES, badge

ZONE = "America/Chicago"
ORDERS = (
    ("PO-2026-000431", "Acme Medical", "Northside Hospital", "issued", 9, "4128.00", 3),
    ("PO-2026-000428", "Beta Surgical Supply", "Eastgate Clinic", "partially_received", 4, "18420.50", 28),
    ("PO-2026-000425", "Corvus Orthopedics", "Northside Hospital", "on_hold", 2, "96300.00", 52),
    ("PO-2026-000419", "Delphi Laboratory", "St. Brigid Medical Center", "received", 17, "2911.75", 96),
    ("PO-2026-000402", "Acme Medical", "Northside Hospital", "cancelled", 1, "84.20", 400),
)


@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    part = request.GET.get("part")
    if part == "drawer":
        return render(request, "styleguide/styleguide.html#drawer_example", document())
    if part == "rows":
        return render(request, "styleguide/styleguide.html#order_rows", {"rows": orders(older=True)})
    if part == "toast":
        messages.success(request, "PO-2026-000431 was issued.")
    context = {**lists(request), **document(), **forms(), "shell": full_shell(request)}
    return render(request, "styleguide/styleguide.html", context)


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def when(**span: float) -> fmt.Shown:
    return fmt.when(ago(**span), ZONE)


def full_shell(request: HttpRequest) -> parts.Shell:
    """The frame as a busy person sees it; person, facilities and theme are the real ones."""
    real: parts.Shell = shell_context(request)["shell"]
    here = reverse("styleguide")
    item = parts.NavItem
    return parts.Shell(
        person=real.person,
        facilities=real.facilities,
        theme=real.theme,
        demo=real.demo,
        nav=[
            parts.NavSection(
                label="",
                items=[
                    item(label="Home", href=reverse("home"), icon="home", keys="g h"),
                    item(label="Style guide", href=here, icon="book-2", active=True, keys="g s"),
                ],
            ),
            parts.NavSection(
                label="My work",
                items=[
                    item(label="Approvals", href=here, icon="gavel", count=12, keys="g a"),
                    item(label="Invoice exceptions", href=here, icon="scale", count=41, keys="g e"),
                    item(label="Receiving", href=here, icon="package-import", count=3),
                ],
            ),
            parts.NavSection(
                label="Look up",
                items=[
                    item(label="Requisitions", href=here, icon="clipboard-list"),
                    item(label="Orders", href=here, icon="shopping-cart"),
                    item(label="Stock", href=here, icon="building-warehouse"),
                    item(label="Trace", href=here, icon="route", keys="g t"),
                ],
            ),
        ],
        bottom=[
            item(label="Home", href=reverse("home"), icon="home"),
            item(label="Approvals", href=here, icon="gavel", count=12),
            item(label="Orders", href=here, icon="shopping-cart", active=True),
        ],
        delegations=[
            parts.Delegation(lender="Dr. Ana Ruiz (OR director)", role="approver", until=fmt.day(ago(days=-3).date()))
        ],
    )


def orders(*, older: bool = False) -> list[dict[str, Any]]:
    """Rows of a list, every cell prepared."""
    return [
        {
            "number": number if not older else number.replace("-0004", "-0003"),
            "supplier": supplier,
            "facility": facility,
            "status": badge(status, "purchase_order"),
            "lines": lines,
            "amount": fmt.money(Decimal(amount), "USD"),
            "raw_amount": amount,
            "age": fmt.age(ago(hours=hours + (900 if older else 0)), ZONE),
        }
        for number, supplier, facility, status, lines, amount, hours in ORDERS
    ]


def statuses(tone: parts.Tone) -> list[str]:
    """The badges of every status with this tone."""
    codes = [code.rpartition(".") for code, (_, its) in STATUSES.items() if its == tone]
    return [badge(code, kind) for kind, _, code in codes]


def lists(request: HttpRequest) -> dict[str, Any]:
    query, here = request.GET, reverse("styleguide")
    return {
        "crumbs": [parts.Crumb(label="Home", href=reverse("home")), parts.Crumb(label="Style guide")],
        "statuses": [(tone, statuses(tone)) for tone in get_args(parts.Tone)],
        "stats": [
            parts.Stat(
                label="To approve",
                count=12,
                href=here,
                icon="gavel",
                oldest=fmt.age(ago(days=3), ZONE),
                money=fmt.money(Decimal("48210.40"), "USD"),
                tone="waiting",
            ),
            parts.Stat(
                label="Overdue orders",
                count=4,
                href=here,
                icon="alert-triangle",
                oldest=fmt.age(ago(days=11), ZONE),
                money=fmt.money(Decimal("9120.00"), "USD"),
                tone="bad",
            ),
            parts.Stat(label="On the way", count=31, href=here, icon="truck", note="6 due today", tone="info"),
            parts.Stat(label="Returned to me", count=0, href=here, icon="arrow-back-up"),
        ],
        "columns": [
            parts.sort_column(query, "number", "Order", default="-age"),
            parts.Column(label="Supplier"),
            parts.Column(label="Facility", narrow=True),
            parts.Column(label="Status"),
            parts.Column(label="Lines", align="end", narrow=True),
            parts.sort_column(query, "amount", "Amount", default="-age", align="end"),
            parts.sort_column(query, "age", "Age", default="-age", align="end"),
        ],
        "rows": orders(),
        "next_href": f"{here}?part=rows",
        "tabs": [
            parts.Tab(label="All open", href=here, active=True, count=431),
            parts.Tab(label="No answer yet", href=here, count=18),
            parts.Tab(label="Late", href=here, count=4),
            parts.Tab(label="Mine", href=here, count=0),
        ],
        "facets": [
            parts.facet(
                query,
                "status",
                "Status",
                [("issued", "Issued", 210), ("partially_received", "Partly received", 64), ("on_hold", "On hold", 7)],
            ),
            parts.facet(
                query,
                "supplier",
                "Supplier",
                [
                    ("acme", "Acme Medical", 122),
                    ("beta", "Beta Surgical Supply", 98),
                    ("corvus", "Corvus Orthopedics International", 31),
                ],
            ),
            parts.facet(query, "flag", "Flags", [("urgent", "Urgent", 9), ("off", "Off contract", 22)]),
        ],
        "chart_data": {
            "labels": ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"],
            "series": [
                {"label": "On contract", "values": [184, 190, 171, 203, 210, 198]},
                {"label": "Off contract", "values": [31, 28, 40, 22, 19, 24]},
            ],
        },
        "usage": [12, 14, 11, 18, 22, 19, 25, 24, 30, 27, 31, 29],
    }


def document() -> dict[str, Any]:
    here = reverse("styleguide")
    return {
        "header_facts": [
            parts.Fact(label="Supplier", value="Beta Surgical Supply", href=here),
            parts.Fact(label="Ship to", value="Northside Hospital, dock 2"),
            parts.Fact(label="Amount", value=fmt.money(Decimal("18420.50"), "USD")),
            parts.Fact(label="Ordered", value=when(days=2)),
        ],
        "header_badge": badge("partially_received"),
        "facts": [
            parts.Fact(label="Requisition", value="REQ-2026-000871", href=here),
            parts.Fact(label="Contract", value="GPO-114", badge=badge("on_contract")),
            parts.Fact(label="Quantity", value=fmt.quantity(Decimal(10), "BX", base=Decimal(1000), base_unit="EA")),
            parts.Fact(label="Unit price", value=fmt.price(Decimal("8.425"), "USD", "BX")),
            parts.Fact(label="Budget holder", value="Operating rooms (CC-4410)"),
        ],
        "timeline": [
            parts.TimelineEntry(
                text="Invoice 88151 stopped: price above the order",
                when=when(minutes=25),
                icon="alert-triangle",
                tone="waiting",
                who="three-way match",
                detail="Billed 9.90 per BX, ordered 8.42. Allowed: 2 % or 5.00, whichever is lower.",
            ),
            parts.TimelineEntry(
                text="8 BX received at dock 2",
                when=when(hours=5),
                icon="package-import",
                tone="good",
                who="Malik Johnson",
                href=here,
            ),
            parts.TimelineEntry(
                text="Supplier accepted with one line back-ordered",
                when=when(days=1),
                icon="message",
                tone="progress",
                who="Beta Surgical Supply, 855",
            ),
            parts.TimelineEntry(
                text="Approved",
                when=when(days=2),
                icon="check",
                tone="good",
                who="Priya Nair on behalf of Dr. Ana Ruiz",
                detail="Fine, needed for the Tuesday list.",
            ),
        ],
        "hops": [
            parts.Hop(label="Queued", state="done", when=when(days=2)),
            parts.Hop(label="Sent", state="done", when=when(days=2), wait="4 s", href=here),
            parts.Hop(label="997", state="done", when=when(days=2), wait="9 min", href=here),
            parts.Hop(label="855", state="done", when=when(days=1), wait="26 h", longest=True, href=here),
            parts.Hop(label="856", state="failed", when=when(hours=20), wait="6 h", href=here),
            parts.Hop(label="Received", state="now", note="8 of 10 BX"),
            parts.Hop(label="Invoiced", state="next"),
        ],
        "steps": [
            parts.Step(label="Who", state="done", href=here),
            parts.Step(label="Documents", state="done", href=here),
            parts.Step(label="Transport", state="now", note="mailbox not reached yet"),
            parts.Step(label="Go live", state="next"),
        ],
        "budget": parts.Budget(
            label="CC-4410 Operating rooms, November",
            limit=Decimal(120000),
            actual=Decimal(61500),
            committed=Decimal(22000),
            this=Decimal("18420.50"),
            currency="USD",
            as_of=when(minutes=40),
        ),
        "budget_over": parts.Budget(
            label="CC-4420 Laboratory, November",
            limit=Decimal(20000),
            actual=Decimal(14000),
            committed=Decimal(5100),
            this=Decimal("2911.75"),
            currency="USD",
        ),
        "comments": [
            parts.Comment(who="Lena Fischer", when=when(hours=7), text="Supplier promises the rest for Tuesday.")
        ],
    }


def forms() -> dict[str, Any]:
    return {
        "findings": [
            Finding(
                code="quantity_unusual",
                field="quantity",
                severity="confirm",
                message="40 BX is eight times the usual 5 BX.",
                remedy="Confirm it, or order 5 BX.",
            ),
            Finding(
                code="cost_center_invalid",
                field="cost_center",
                message="Cost center CC-9999 is closed since 1 October.",
                remedy="Choose another one.",
            ),
        ],
        "units": [("BX", "BX = 100 EA"), ("CA", "CA = 1,000 EA"), ("EA", "EA")],
    }
