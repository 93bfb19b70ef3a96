"""What an item is and who sells it, as plain facts for the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, TextField
from django.db.models.functions import Cast, JSONObject

from masterdata.models import Contract, ContractLine, Item, ItemPackaging, Supplier, SupplierItem
from masterdata.rules.offers import ItemFacts, Offer


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
