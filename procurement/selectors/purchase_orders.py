"""Reads of purchase orders, ship notices and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from core.actors import Actor
from core.errors import NotFound
from core.packed import packed
from masterdata.models import ItemPackaging, Role
from masterdata.selectors import at, facility_today, scoped
from procurement.models import (
    Invoice,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
    SupplierAnswer,
)
from procurement.selectors.invoices import remarks_on


def orders_visible(actor: Actor) -> QuerySet[PurchaseOrder]:
    """Orders of the actor's facilities."""
    return PurchaseOrder.objects.filter(scoped(actor)).select_related("facility", "supplier", "ship_to", "requisition")


ORDER_VIEWS: Mapping[str, tuple[str, ...]] = {
    "open": ("issued", "partially_received", "on_hold"),
    "drafts": ("draft",),
    "late": ("issued", "partially_received"),
    "unanswered": ("issued",),
    "all": (),
}
"""Saved views of the order list and the statuses they keep (empty: all)."""


_LISTED = (
    "number", "status", "urgent", "currency", "total", "expected_on", "issued_at", "created_at", "erp_number", "supplier_dispatch",
    "erp_dispatch", "acknowledgement", "supplier_order_number", "facility__name", "facility__timezone", "facility__code",
    "supplier__name", "ship_to__name",
)  # fmt: skip
"""What a list shows: building fifty whole rows of four tables is a good part of a page's time."""


def orders_listed(
    actor: Actor, *, view: str = "all", facility_id: int | None = None, statuses: Sequence[str] = (),
    suppliers: Sequence[str] = (), q: str = "",
) -> QuerySet[PurchaseOrder]:  # fmt: skip
    """The list a person filters. `q` looks in numbers (ours, the ERP's, the supplier's) and the supplier's name."""
    found = (
        orders_visible(actor)
        .filter(at(facility_id))
        .select_related(None)
        .select_related("facility", "supplier", "ship_to")
        .only(*_LISTED)
    )
    if only := ORDER_VIEWS.get(view):
        found = found.filter(status__in=only)
    if view == "late":
        found = found.filter(expected_on__lt=facility_today())
    if view == "unanswered":
        found = found.filter(acknowledgement=PurchaseOrder.Acknowledgement.NONE)
    if statuses:
        found = found.filter(status__in=statuses)
    if suppliers:
        found = found.filter(supplier__code__in=suppliers)
    for word in q.split()[:5]:
        found = found.filter(
            Q(number__icontains=word)
            | Q(erp_number=word)
            | Q(supplier_order_number=word)
            | Q(supplier__name__icontains=word)
        )
    return found.order_by("-id")


def order_get(actor: Actor, number: str) -> PurchaseOrder:
    """One order with its lines. Raises NotFound."""
    return _one(orders_visible(actor), number)


def order_with_all(actor: Actor, number: str) -> PurchaseOrder:
    """One order with its lines and, in the same statement, what came of it. Raises NotFound.

    `announced_at` is when its first ship notice came; `remarks`, `its_receipts` and `its_invoices` are lists of dicts, newest
    first, with moments and amounts as text.
    """
    receipts = Receipt.objects.filter(order=OuterRef("pk")).order_by("-id")
    invoices = Invoice.objects.filter(order=OuterRef("pk")).order_by("-id")
    return _one(
        orders_visible(actor).annotate(
            announced_at=Subquery(
                ShipNotice.objects.filter(order=OuterRef("pk")).order_by("received_at").values("received_at")[:1]
            ),
            remarks=remarks_on("purchase_order"),
            its_receipts=packed(receipts, number="number", status="status", at="posted_at", who="received_by__name"),
            its_invoices=packed(
                invoices, number="number", status="status", at="received_at", theirs="supplier_number", currency="currency",
                total=Cast("total", TextField()),
            ),
        ),
        number,
    )  # fmt: skip


def _one(found: QuerySet[PurchaseOrder], number: str) -> PurchaseOrder:
    lines = PurchaseOrderLine.objects.select_related("item", "contract_line__contract").order_by("line_number")
    order = found.filter(number=number).prefetch_related(Prefetch("lines", lines)).first()
    if order is None:
        raise NotFound(f"There is no purchase order {number}.", code="order_unknown")
    return order


@dataclass(frozen=True)
class Answered:
    """One answer of the supplier. `lines` are (line number, action, message, taken over)."""

    received_at: datetime
    status: str
    supplier_order_number: str
    lines: list[tuple[int, str, str, bool]] = field(default_factory=list)


def answers_of(order: PurchaseOrder) -> list[Answered]:
    """What the supplier answered to an order, newest first, in one statement."""
    rows = (
        SupplierAnswer.objects.filter(order=order)
        .order_by("-id", "lines__id")
        .values_list(
            "id", "received_at", "status", "supplier_order_number",
            F("lines__order_line__line_number"), F("lines__action"), F("lines__message"), F("lines__taken_over"),
        )
    )  # fmt: skip
    answers: dict[int, Answered] = {}
    for pk, received_at, status, theirs, *line in rows:
        answer = answers.setdefault(pk, Answered(received_at, status, theirs))
        if line[0] is not None:
            answer.lines.append((line[0], line[1], line[2], line[3]))
    return list(answers.values())


def orders_due(actor: Actor, *, facility_id: int | None = None) -> QuerySet[PurchaseOrder]:
    """Open orders that were expected before today, the latest first."""
    return orders_listed(actor, view="late", facility_id=facility_id).order_by("expected_on", "id")


def orders_receivable(actor: Actor, *, due: bool = False, facility_id: int | None = None) -> QuerySet[PurchaseOrder]:
    """Open orders this actor may receive (only those expected by today, when due), the earliest first; never one they created."""
    return (
        PurchaseOrder.objects.filter(
            scoped(actor, Role.RECEIVER, Role.STOCK_CLERK), at(facility_id), status__in=PurchaseOrder.RECEIVABLE
        )
        .filter(Q(expected_on__lte=facility_today()) if due else Q())
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


def receipts_listed(actor: Actor, *, facility_id: int | None = None, q: str = "") -> QuerySet[Receipt]:
    """Receipts, newest first. `q` looks in numbers of receipts and orders, and the supplier's name."""
    found = receipts_visible(actor).filter(at(facility_id))
    for word in q.split()[:5]:
        found = found.filter(
            Q(number__icontains=word) | Q(order__number__icontains=word) | Q(order__supplier__name__icontains=word)
        )
    return found.order_by("-id")


def receipt_get(actor: Actor, number: str) -> Receipt:
    """One receipt with its lines. Raises NotFound."""
    lines = ReceiptLine.objects.select_related("order_line", "item").order_by("id")
    found = receipts_visible(actor).filter(number=number).prefetch_related(Prefetch("lines", lines)).first()
    if found is None:
        raise NotFound(f"There is no receipt {number}.")
    return found


def order_by_gtin(order: PurchaseOrder, gtin: str) -> tuple[PurchaseOrderLine, str, Decimal] | None:
    """The line of an order that a pack's GTIN belongs to, the pack's unit, and how many order units one such pack is."""
    pack = (
        ItemPackaging.objects.filter(gtin=gtin, item__in=order.lines.values("item"))
        .values_list("item", "unit", "multiplier")
        .first()
    )
    if pack is None:
        return None
    item, unit, multiplier = pack
    open_first = sorted(order.lines.all(), key=lambda li: (li.received_base >= li.base_quantity, li.line_number))
    line = next(li for li in open_first if li.item_id == item)
    return line, unit, multiplier / line.multiplier
