"""The catalog as people look through it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.actors import Actor
from masterdata.models import Contract, Item, Location, Supplier
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
