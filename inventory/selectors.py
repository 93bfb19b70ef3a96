"""Reads of stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypedDict

from django.db.models import F, Q, QuerySet, Sum

from core.actors import Actor
from inventory.models import Lot, ParLevel, StockBalance, StockMove
from masterdata.models import Location
from masterdata.selectors import at, scoped
from procurement.models import PurchaseOrder, PurchaseOrderLine


class Availability(TypedDict):
    """Base units at a facility: at the asking place, in its storerooms, and on open orders."""

    here: Decimal
    storeroom: Decimal
    incoming: Decimal


def stock_visible(actor: Actor) -> QuerySet[StockBalance]:
    """Balances above zero of the actor's facilities."""
    return (
        StockBalance.objects.filter(scoped(actor, field="location__facility_id"), quantity__gt=0)
        .select_related("location", "location__facility", "item", "lot")
        .order_by("id")
    )


def moves_visible(actor: Actor) -> QuerySet[StockMove]:
    """Ledger entries that touch the actor's facilities."""
    inside = scoped(actor, field="from_location__facility_id") | scoped(actor, field="to_location__facility_id")
    return StockMove.objects.filter(inside).select_related(
        "item", "lot", "from_location", "from_location__facility", "to_location", "to_location__facility", "actor"
    )


def availability(item_ids: Iterable[int], *, facility_id: int, location_id: int | None) -> dict[int, Availability]:
    """What is available or coming for many items at one facility, in two statements."""
    ids = list(item_ids)
    found: dict[int, Availability] = {
        pk: {"here": Decimal(0), "storeroom": Decimal(0), "incoming": Decimal(0)} for pk in ids
    }
    rows = (
        StockBalance.objects.filter(item__in=ids, location__facility=facility_id, lot__status=Lot.Status.AVAILABLE)
        .order_by()
        .values("item_id")
        .annotate(
            here=Sum("quantity", filter=Q(location=location_id)),
            storeroom=Sum("quantity", filter=Q(location__kind=Location.Kind.STOREROOM)),
        )
    )
    for row in rows:
        found[row["item_id"]]["here"] = row["here"] or Decimal(0)
        found[row["item_id"]]["storeroom"] = row["storeroom"] or Decimal(0)
    coming = (
        PurchaseOrderLine.objects.filter(
            item__in=ids, order__facility=facility_id, order__status__in=PurchaseOrder.RECEIVABLE, cancelled=False
        )
        .order_by()
        .values("item_id")
        .annotate(open=Sum(F("base_quantity") - F("received_base")))
    )
    for line in coming:
        if line["item_id"] is not None:
            found[line["item_id"]]["incoming"] = max(Decimal(0), line["open"] or Decimal(0))
    return found


def par_levels(actor: Actor, *, facility_id: int | None = None) -> QuerySet[ParLevel]:
    """Par levels of the actor's facilities with the available quantity beside them (`on_hand`)."""
    return (
        ParLevel.objects.filter(
            scoped(actor, field="location__facility_id"), at(facility_id, field="location__facility_id")
        )
        .select_related("item", "location", "location__facility")
        .annotate(
            on_hand=Sum(
                "location__balances__quantity",
                filter=Q(location__balances__item=F("item"), location__balances__lot__status=Lot.Status.AVAILABLE),
                default=Decimal(0),
            )
        )
    )


def below_par(actor: Actor, *, facility_id: int | None = None) -> QuerySet[ParLevel]:
    """Those at or below their reorder point."""
    return par_levels(actor, facility_id=facility_id).filter(Q(on_hand__lte=F("reorder_point")))


def stock_listed(
    actor: Actor,
    *,
    facility_id: int | None = None,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
    q: str = "",
) -> QuerySet[StockBalance]:
    """Balances a person filters: kind of place, lot status, and words of item, lot or place."""
    found = stock_visible(actor)
    if facility_id is not None:
        found = found.filter(location__facility=facility_id)
    if kinds:
        found = found.filter(location__kind__in=kinds)
    if statuses:
        found = found.filter(lot__status__in=statuses)
    for word in q.split()[:5]:
        found = found.filter(
            Q(item__search_text__contains=word.lower())
            | Q(lot__number__iexact=word)
            | Q(location__name__icontains=word)
        )
    return found


def item_stock(actor: Actor, item_id: int) -> QuerySet[StockBalance]:
    """Where one item lies, the earliest expiry first."""
    return (
        stock_visible(actor)
        .filter(item=item_id)
        .order_by("location__facility__code", "location__code", F("lot__expiry").asc(nulls_last=True))
    )


def item_moves(actor: Actor, item_id: int) -> QuerySet[StockMove]:
    """The ledger of one item in the actor's facilities, newest first."""
    return moves_visible(actor).filter(item=item_id).order_by("-id")
