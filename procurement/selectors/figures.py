"""Small figures for the home pages: a few weeks, a few facilities, one statement each."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Round, TruncWeek
from django.utils import timezone

from core.actors import Actor
from masterdata.selectors import at, scoped
from procurement.models import ExceptionCase, Invoice, PurchaseOrder, Receipt, RequisitionLine
from procurement.selectors.invoices import cases_open

WEEKS = 8


def weeks_back(today: date) -> list[date]:
    """The Mondays of the last weeks, oldest first, this week's last."""
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in range(WEEKS - 1, -1, -1)]


def requested_by_week(actor: Actor, *, facility_id: int | None = None) -> dict[tuple[date, str], Decimal]:
    """(week, contract check) -> value requested, of the last weeks."""
    weeks = weeks_back(timezone.now().date())
    rows = (
        RequisitionLine.objects.filter(
            scoped(actor, field="requisition__facility_id"), at(facility_id, field="requisition__facility_id"),
            requisition__submitted_at__date__gte=weeks[0],
        )
        .annotate(week=TruncWeek("requisition__submitted_at"))
        .order_by()
        .values_list("week", "contract_check")
        .annotate(value=Round(Sum(F("order_price") * F("base_quantity") / F("order_multiplier")), 2))
    )  # fmt: skip
    return {(week.date(), check): value for week, check, value in rows}


def receipts_by_week(actor: Actor, *, facility_id: int | None = None) -> dict[date, int]:
    """Week -> receipts posted."""
    weeks = weeks_back(timezone.now().date())
    rows = (
        Receipt.objects.filter(
            scoped(actor), at(facility_id), posted_at__date__gte=weeks[0], reversal_of__isnull=True
        )
        .annotate(week=TruncWeek("posted_at"))
        .order_by()
        .values_list("week")
        .annotate(n=Count("id"))
    )  # fmt: skip
    return {week.date(): n for week, n in rows}


def invoices_by_week(actor: Actor, *, facility_id: int | None = None) -> dict[date, tuple[int, int]]:
    """Week -> (invoices that cleared without a person, invoices that needed one)."""
    weeks = weeks_back(timezone.now().date())
    rows = (
        Invoice.objects.filter(scoped(actor), at(facility_id), received_at__date__gte=weeks[0])
        .annotate(week=TruncWeek("received_at"))
        .order_by()
        .values_list("week")
        .annotate(n=Count("id", distinct=True), touched=Count("id", filter=Q(cases__isnull=False), distinct=True))
    )
    return {week.date(): (n - touched, touched) for week, n, touched in rows}


def open_cases_by_kind(actor: Actor, queue: str, *, facility_id: int | None = None) -> list[tuple[str, Decimal]]:
    """(kind, money at stake) of the open cases of a queue, the most first."""
    rows = (
        cases_open(actor, queue)
        .filter(at(facility_id))
        .order_by()
        .values_list("kind")
        .annotate(money=Sum("amount"))
        .order_by("-money")
    )
    return [(ExceptionCase.Kind(kind).label, money) for kind, money in rows]


def expected_by_day(actor: Actor, *, days: int = 10, facility_id: int | None = None) -> dict[date, int]:
    """Day -> orders expected; what is late counts for today."""
    today = timezone.now().date()
    rows = (
        PurchaseOrder.objects.filter(
            scoped(actor), at(facility_id), status__in=PurchaseOrder.RECEIVABLE,
            expected_on__lt=today + timedelta(days=days),
        )
        .order_by()
        .values_list("expected_on")
        .annotate(n=Count("id"))
    )  # fmt: skip
    found = {today + timedelta(days=n): 0 for n in range(days)}
    for day, n in rows:
        found[max(day, today)] += n
    return found
