"""The catalog as people look through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from core.actors import Actor
from masterdata.models import (
    Contract,
    ContractLine,
    CostCenter,
    Item,
    ItemSubstitute,
    Location,
    Supplier,
    SupplierItem,
)
from masterdata.selectors.access import scoped


def items_search(actor: Actor, *, q: str = "", category: str = "", status: str = "") -> QuerySet[Item]:
    """Items whose search text holds every word of `q` (description, numbers, supplier and manufacturer parts, GTINs).

    The catalog belongs to the whole network: everybody who holds any role sees all of it.
    """
    if not actor.grants and not actor.delegated:
        return Item.objects.none()
    found = Item.objects.select_related("category").prefetch_related("packagings")
    for word in q.lower().split()[:8]:
        found = found.filter(search_text__contains=word)
    if category:
        found = found.filter(category__code=category)
    if status:
        found = found.filter(status=status)
    return found.order_by("id")


def catalog_listed(
    actor: Actor, *, facility_id: int, on: date, q: str = "", categories: Sequence[str] = (), suppliers: Sequence[str] = (),
    on_contract: bool = False,
) -> QuerySet[Item]:  # fmt: skip
    """What can be asked for at a facility on a day: active items, filtered; packs and offers come from `item_facts`.

    Whoever searches also finds items that cannot be ordered (any more) and have an active substitute.
    """
    wanted = Q(status=Item.Status.ACTIVE)
    if q.strip():
        instead = ItemSubstitute.objects.filter(item=OuterRef("pk"), substitute__status=Item.Status.ACTIVE)
        wanted |= Q(Exists(instead))
    found = items_search(actor, q=q).filter(wanted).prefetch_related(None)
    if categories:
        found = found.filter(category__code__in=categories)
    if suppliers:
        sold = SupplierItem.objects.filter(item=OuterRef("pk"), supplier__code__in=suppliers)
        found = found.filter(
            Exists(sold) | Exists(_agreed(facility_id, on).filter(contract__supplier__code__in=suppliers))
        )
    if on_contract:
        found = found.filter(Exists(_agreed(facility_id, on)))
    return found


def substitutes_of(item_ids: Iterable[int]) -> dict[int, list[ItemSubstitute]]:
    """Active items that may stand in for each item, in one statement."""
    rows = (
        ItemSubstitute.objects.filter(item__in=list(item_ids), substitute__status=Item.Status.ACTIVE)
        .select_related("substitute")
        .order_by("item", "id")
    )
    found: dict[int, list[ItemSubstitute]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(row)
    return found


def catalog_facets(
    found: QuerySet[Item], *, facility_id: int, on: date
) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]], int]:
    """(code, name, items) of the categories and of the twelve biggest suppliers, and how many items are on contract."""
    items = found.order_by()
    categories = list(
        items.values_list("category__code", "category__name")
        .annotate(n=Count("pk"), agreed=Count("pk", filter=Exists(_agreed(facility_id, on))))
        .order_by("category__name")
    )
    suppliers = list(
        SupplierItem.objects.filter(item__in=items.values("pk"), supplier__status=Supplier.Status.ACTIVE)
        .order_by()
        .values_list("supplier__code", "supplier__name")
        .annotate(n=Count("item", distinct=True))
        .order_by("-n", "supplier__name")[:12]
    )
    return [(code, name, n) for code, name, n, _ in categories], suppliers, sum(row[3] for row in categories)


def _agreed(facility_id: int, on: date) -> QuerySet[ContractLine]:
    """Lines of contracts that hold for the outer item at the facility on the day."""
    return ContractLine.objects.filter(
        Q(contract__facilities__isnull=True) | Q(contract__facilities=facility_id),
        item=OuterRef("pk"),
        contract__status=Contract.Status.ACTIVE,
        contract__valid_from__lte=on,
        contract__valid_to__gte=on,
    )


def cost_centers_visible(actor: Actor) -> QuerySet[CostCenter]:
    """Open cost centers of the actor's facilities."""
    return CostCenter.objects.filter(scoped(actor), is_active=True).order_by("code")


def suppliers_search(actor: Actor, *, q: str = "") -> QuerySet[Supplier]:
    """Suppliers by name or code, for everybody who holds any role."""
    if not actor.grants and not actor.delegated:
        return Supplier.objects.none()
    found = Supplier.objects.order_by("id")
    return found.filter(Q(name__icontains=q) | Q(code__icontains=q)) if q else found


def contracts_visible(actor: Actor) -> QuerySet[Contract]:
    """Contracts open to every facility or to one of the actor's."""
    scopes = actor.scopes()
    found = Contract.objects.select_related("supplier").order_by("id")
    if scopes is None:
        return found
    return (
        found.filter(Q(facilities__isnull=True) | Q(facilities__in=sorted(scopes))).distinct()
        if scopes
        else found.none()
    )


def locations_visible(actor: Actor) -> QuerySet[Location]:
    """Inside places of the actor's facilities."""
    return (
        Location.objects.filter(scoped(actor), is_active=True)
        .exclude(kind__in=Location.OUTSIDE)
        .select_related("facility")
        .order_by("id")
    )
