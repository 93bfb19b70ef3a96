"""What an item is and who sells it, as plain facts for the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from masterdata.models import Contract, Supplier
from masterdata.rules.offers import ItemFacts, Offer

_FACTS = """
SELECT wanted.facility AS facility, i.id, i.number, i.description, i.base_unit, i.status, c.code AS category_code,
  (SELECT coalesce(json_agg(json_build_object('unit', p.unit, 'multiplier', p.multiplier::text)), '[]')
     FROM masterdata_itempackaging p WHERE p.item_id = i.id) AS pack_rows,
  (SELECT coalesce(json_agg(json_build_object('line', cl.id, 'number', k.number, 'kind', k.kind, 'supplier', s.id,
       'supplier_name', s.name, 'unit', cl.unit, 'price', cl.price::text, 'breaks', cl.breaks) ORDER BY cl.id), '[]')
     FROM masterdata_contractline cl JOIN masterdata_contract k ON k.id = cl.contract_id
     JOIN masterdata_supplier s ON s.id = k.supplier_id
     WHERE cl.item_id = i.id AND k.status = %(agreed)s AND here.today BETWEEN k.valid_from AND k.valid_to AND s.status = %(active)s
       AND (NOT EXISTS (SELECT 1 FROM masterdata_contract_facilities f WHERE f.contract_id = k.id)
         OR EXISTS (SELECT 1 FROM masterdata_contract_facilities f WHERE f.contract_id = k.id AND f.facility_id = wanted.facility))
  ) AS agreed_rows,
  (SELECT coalesce(json_agg(json_build_object('supplier', s.id, 'supplier_name', s.name, 'part', si.supplier_part,
       'unit', si.order_unit, 'price', si.price::text, 'minimum', si.minimum::text, 'multiple', si.multiple::text,
       'lead', si.lead_time_days, 'preferred', si.preferred) ORDER BY si.id), '[]')
     FROM masterdata_supplieritem si JOIN masterdata_supplier s ON s.id = si.supplier_id
     WHERE si.item_id = i.id AND s.status = %(active)s) AS listed_rows
FROM unnest(%(items)s::bigint[], %(facilities)s::bigint[]) AS wanted (item, facility)
JOIN masterdata_item i ON i.id = wanted.item JOIN masterdata_category c ON c.id = i.category_id
LEFT JOIN masterdata_facility place ON place.id = wanted.facility
CROSS JOIN LATERAL (SELECT (%(now)s AT TIME ZONE coalesce(place.timezone, 'UTC'))::date AS today) AS here
"""
# decimals travel as text, so that none passes through a JSON float; written by hand because building this statement through
# the ORM costs more than running it


def item_facts(item_ids: Iterable[int], *, facility_id: int) -> dict[int, ItemFacts]:
    """Packs and valid offers of many items for a facility, in one statement.

    A contract offer counts when the contract is active, valid on the facility's day and open to it; suppliers on hold sell nothing.
    """
    return facts_by_facility({facility_id: item_ids}).get(facility_id, {})


def facts_by_facility(wanted: Mapping[int, Iterable[int]]) -> dict[int, dict[int, ItemFacts]]:
    """Like `item_facts`, for items of several facilities (facility → items) in one statement."""
    pairs = sorted({(facility, item) for facility, items in wanted.items() for item in items})
    found: dict[int, dict[int, ItemFacts]] = {}
    if not pairs:
        return found
    params: dict[str, Any] = {
        "items": [item for _, item in pairs], "facilities": [facility for facility, _ in pairs], "now": timezone.now(),
        "agreed": Contract.Status.ACTIVE.value, "active": Supplier.Status.ACTIVE.value,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, params)
        names = [column.name for column in cursor.description or ()]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            found.setdefault(row["facility"], {})[row["id"]] = _facts(row)
    return found


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
