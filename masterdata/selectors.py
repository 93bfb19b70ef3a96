"""Reads of master data, scoped to what the actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from core.actors import Actor, Scopes
from core.models import User
from masterdata.models import (
    Contract,
    ContractLine,
    Delegation,
    Facility,
    Item,
    ItemPackaging,
    RoleGrant,
    Supplier,
    SupplierItem,
)
from masterdata.rules.offers import ItemFacts, Offer


def actor_for(user: User, *, on: date | None = None) -> Actor:
    """Who this user is today: own grants and the roles lent to them. Inactive users get nothing.

    Two statements for people, one for services (nobody delegates to a machine).
    """
    if not user.is_active:
        return Actor(user_id=user.pk, name=user.name, email=user.email)
    today = on or timezone.now().date()
    lent = (
        []
        if user.is_service
        else list(Delegation.objects.filter(delegate=user, starts_on__lte=today, ends_on__gte=today))
    )
    people = {user.pk, *(d.lender_id for d in lent)}
    grants = list(
        RoleGrant.objects.filter(user__in=people).values_list("user_id", "role", "facility_id", "limit_amount")
    )
    delegated: dict[tuple[str, int], Scopes] = {}
    limits = _limits(grants)
    for d in lent:
        lender = _by_role((role, f) for uid, role, f, _ in grants if uid == d.lender_id)
        scopes = lender.get(d.role, frozenset())
        if d.facility_id is not None:
            scopes = frozenset({d.facility_id}) if scopes is None else scopes & {d.facility_id}
        delegated[(d.role, d.lender_id)] = scopes
    return Actor(
        user_id=user.pk,
        name=user.name,
        email=user.email,
        grants=_by_role((role, f) for uid, role, f, _ in grants if uid == user.pk),
        delegated=delegated,
        limits=limits,
    )


def _by_role(pairs: Iterable[tuple[str, int | None]]) -> dict[str, Scopes]:
    found: dict[str, Scopes] = {}
    for role, facility_id in pairs:
        known = found.get(role, frozenset())
        found[role] = None if facility_id is None or known is None else known | {facility_id}
    return found


def _limits(grants: Iterable[tuple[int, str, int | None, Decimal | None]]) -> dict[str, Decimal | None]:
    """Key `user:role:facility` (facility `*` for the network) -> largest amount, None without limit."""
    return {f"{uid}:{role}:{facility_id or '*'}": limit for uid, role, facility_id, limit in grants}


def limit_of(actor: Actor, *, role: str, facility_id: int) -> Decimal | None:
    """The largest amount the actor may decide under a role at a facility; None means no limit.

    Under a delegation the lender's limit counts. Holding the role nowhere there gives zero.
    """
    holder = actor.on_behalf_of(role, facility_id) or actor.user_id
    limits: list[Decimal | None] = [
        actor.limits[key]  # type: ignore[misc]
        for key in (f"{holder}:{role}:{facility_id}", f"{holder}:{role}:*")
        if key in actor.limits
    ]
    if not limits:
        return Decimal(0)
    return None if None in limits else max(v for v in limits if v is not None)


def scoped(actor: Actor, *roles: str, field: str = "facility_id") -> Q:
    """The condition that keeps a query inside the facilities where the actor holds one of the roles (any, when none named)."""
    scopes = actor.scopes(*roles)
    return Q() if scopes is None else Q(**{f"{field}__in": sorted(scopes)})


def facilities_visible(actor: Actor, *roles: str) -> QuerySet[Facility]:
    """Active facilities where the actor holds one of the roles (any role, when none is named)."""
    return Facility.objects.filter(scoped(actor, *roles, field="pk"), is_active=True)


def item_facts(item_ids: Iterable[int], *, facility_id: int, on: date) -> dict[int, ItemFacts]:
    """Packs and valid offers of many items for a facility and day, in one statement.

    A contract offer counts when the contract is active, valid on the day and open to the facility; suppliers on hold sell nothing.
    """
    ids = set(item_ids)
    if not ids:
        return {}
    packs = ItemPackaging.objects.filter(item=OuterRef("pk")).values(
        row=JSONObject(unit="unit", multiplier=_text("multiplier"))
    )
    agreed = (
        ContractLine.objects.filter(
            Q(contract__facilities__isnull=True) | Q(contract__facilities=facility_id),
            item=OuterRef("pk"),
            contract__status=Contract.Status.ACTIVE,
            contract__valid_from__lte=on,
            contract__valid_to__gte=on,
            contract__supplier__status=Supplier.Status.ACTIVE,
        )
        .order_by("id")
        .values(
            row=JSONObject(
                line="id", number="contract__number", kind="contract__kind", supplier="contract__supplier_id",
                supplier_name="contract__supplier__name", unit="unit", price=_text("price"), breaks="breaks",
            )
        )
    )  # fmt: skip
    listed = (
        SupplierItem.objects.filter(item=OuterRef("pk"), supplier__status=Supplier.Status.ACTIVE)
        .order_by("id")
        .values(
            row=JSONObject(
                supplier="supplier_id", supplier_name="supplier__name", part="supplier_part", unit="order_unit",
                price=_text("price"), minimum=_text("minimum"), multiple=_text("multiple"), lead="lead_time_days",
                preferred="preferred",
            )
        )
    )  # fmt: skip
    rows = Item.objects.filter(pk__in=ids).values(
        "id", "number", "description", "base_unit", "status", category_code=F("category__code"),
        pack_rows=ArraySubquery(packs), agreed_rows=ArraySubquery(agreed), listed_rows=ArraySubquery(listed),
    )  # fmt: skip
    return {row["id"]: _facts(row) for row in rows}


def _text(field: str) -> Cast:
    """A decimal as text, so that it does not pass through a JSON float."""
    return Cast(field, TextField())


def _facts(row: Mapping[str, Any]) -> ItemFacts:
    packs = {p["unit"]: Decimal(p["multiplier"]) for p in row["pack_rows"]}
    known = {row["base_unit"]: Decimal(1), **packs}
    listed = {entry["supplier"]: entry for entry in row["listed_rows"]}
    offers = [
        Offer(
            supplier_id=entry["supplier"],
            supplier_name=entry["supplier_name"],
            unit=entry["unit"],
            multiplier=known[entry["unit"]],
            price=Decimal(entry["price"]),
            contract_line_id=entry["line"],
            contract_number=entry["number"],
            contract_kind=entry["kind"],
            breaks=tuple((Decimal(str(b["quantity"])), Decimal(str(b["price"]))) for b in entry["breaks"]),
            **_terms(listed.get(entry["supplier"])),
        )
        for entry in row["agreed_rows"]
        if entry["unit"] in known
    ]
    offers += [
        Offer(
            supplier_id=entry["supplier"],
            supplier_name=entry["supplier_name"],
            unit=entry["unit"],
            multiplier=known[entry["unit"]],
            price=Decimal(entry["price"]),
            **_terms(entry),
        )
        for entry in row["listed_rows"]
        if entry["unit"] in known
    ]
    return ItemFacts(
        item_id=row["id"],
        number=row["number"],
        description=row["description"],
        category=row["category_code"],
        base_unit=row["base_unit"],
        status=row["status"],
        packs=packs,
        offers=tuple(offers),
    )


def _terms(entry: dict[str, Any] | None) -> dict[str, Any]:
    if entry is None:
        return {"supplier_part": ""}
    return {
        "supplier_part": entry["part"],
        "minimum": Decimal(entry["minimum"]),
        "multiple": Decimal(entry["multiple"]),
        "lead_time_days": entry["lead"],
        "preferred": entry["preferred"],
    }
