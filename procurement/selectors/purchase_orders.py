"""Reads of purchase orders, ship notices and receipts."""

from __future__ import annotations

from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from core.actors import Actor
from core.errors import NotFound
from masterdata.models import Role
from masterdata.selectors import at, scoped
from procurement.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
    SupplierAnswer,
    SupplierAnswerLine,
)


def orders_visible(actor: Actor) -> QuerySet[PurchaseOrder]:
    """Orders of the actor's facilities."""
    return PurchaseOrder.objects.filter(scoped(actor)).select_related(
        "facility", "supplier", "ship_to", "cost_center", "requisition", "created_by"
    )


def order_get(actor: Actor, number: str) -> PurchaseOrder:
    """One order with lines, answers, ship notices and receipts. Raises NotFound."""
    lines = PurchaseOrderLine.objects.select_related("item", "contract_line__contract").order_by("line_number")
    answers = SupplierAnswer.objects.order_by("-id").prefetch_related(
        Prefetch("lines", SupplierAnswerLine.objects.select_related("order_line").order_by("id"))
    )
    found = (
        orders_visible(actor)
        .filter(number=number)
        .prefetch_related(
            Prefetch("lines", lines),
            Prefetch("answers", answers),
            Prefetch("ship_notices", ShipNotice.objects.order_by("-id")),
            Prefetch("receipts", Receipt.objects.select_related("received_by").order_by("-id")),
            "invoices",
        )
        .first()
    )
    if found is None:
        raise NotFound(f"There is no purchase order {number}.", code="order_unknown")
    return found


def orders_due(actor: Actor, *, before: date, facility_id: int | None = None) -> QuerySet[PurchaseOrder]:
    """Open orders that were expected before a day, the latest first."""
    return (
        orders_visible(actor)
        .filter(at(facility_id), status__in=PurchaseOrder.RECEIVABLE, expected_on__lt=before)
        .order_by("expected_on", "id")
    )


def orders_receivable(
    actor: Actor, *, until: date | None = None, facility_id: int | None = None
) -> QuerySet[PurchaseOrder]:
    """Open orders this actor may receive (expected by a day, when given), the earliest first; never one they created."""
    return (
        PurchaseOrder.objects.filter(
            scoped(actor, Role.RECEIVER, Role.STOCK_CLERK), at(facility_id), status__in=PurchaseOrder.RECEIVABLE
        )
        .filter(Q() if until is None else Q(expected_on__lte=until))
        .filter(Q(created_by__isnull=True) | ~Q(created_by=actor.user_id))
        .select_related("facility", "supplier", "ship_to")
        .order_by("expected_on", "id")
    )


def shipped_lines(order: PurchaseOrder) -> QuerySet[ShipNoticeLine]:
    """What the supplier announced for an order and no receipt has taken in yet."""
    return (
        ShipNoticeLine.objects.filter(notice__order=order, notice__receipts__isnull=True)
        .select_related("notice", "order_line")
        .order_by("order_line", "id")
    )


def receipts_visible(actor: Actor) -> QuerySet[Receipt]:
    """Receipts of the actor's facilities."""
    return Receipt.objects.filter(scoped(actor)).select_related(
        "facility", "order", "order__supplier", "location", "received_by", "reversal_of"
    )


def receipt_get(actor: Actor, number: str) -> Receipt:
    """One receipt with its lines. Raises NotFound."""
    lines = ReceiptLine.objects.select_related("order_line", "item").order_by("id")
    found = receipts_visible(actor).filter(number=number).prefetch_related(Prefetch("lines", lines)).first()
    if found is None:
        raise NotFound(f"There is no receipt {number}.")
    return found
