"""Items, suppliers and cost centers alike: how each is found, read as canonical texts, changed and made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from core.bulk import bulk_set
from core.errors import Conflict, Finding, Invalid
from masterdata.models import Category, CostCenter, Facility, Item, ItemPackaging, Supplier
from masterdata.rules.stewardship import ATTRIBUTES, Said


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of record: its model, the field of our number, and the field people know it by."""

    model: type[Model]
    number: str
    name: str


KINDS: Final[Mapping[str, Kind]] = {
    "item": Kind(model=Item, number="number", name="description"),
    "supplier": Kind(model=Supplier, number="code", name="name"),
    "cost_center": Kind(model=CostCenter, number="code", name="name"),
}
_INDEX: Final = """
UPDATE masterdata_item i SET search_text = lower(concat_ws(' ', i.description, i.number, i.manufacturer, i.manufacturer_part,
    (SELECT string_agg(s.supplier_part, ' ' ORDER BY s.id) FROM masterdata_supplieritem s WHERE s.item_id = i.id),
    (SELECT string_agg(nullif(p.gtin, ''), ' ' ORDER BY p.id) FROM masterdata_itempackaging p WHERE p.item_id = i.id)))
WHERE i.id = ANY(%s)
"""


def texts_of(kind: str, record: Any) -> dict[str, str]:
    """What a record of ours says, attribute by attribute, in canonical form."""
    return {name: each.show(getattr(record, each.field)) for name, each in ATTRIBUTES[kind].items()}


def records_change(kind: str, changes: Mapping[int, Mapping[str, str]], records: Mapping[int, Any]) -> None:
    """Set attributes (attribute -> canonical text) of many records in one statement; `records` are those records as they are."""
    if not changes:
        return
    known = {
        name: each for name, each in ATTRIBUTES[kind].items() if any(name in change for change in changes.values())
    }
    rows = {
        pk: {
            each.field: each.keep(changes[pk][name]) if name in changes[pk] else getattr(records[pk], each.field)
            for name, each in known.items()
        }
        for pk in sorted(changes)
    }
    bulk_set(KINDS[kind].model, rows)
    if kind == "item":
        items_index(rows)


def items_index(item_ids: Iterable[int]) -> None:
    """Write anew what the catalog search looks in."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEX, [list(item_ids)])


def record_create(kind: str, said: Said, values: Mapping[str, str], *, category: str = "", facility: str = "") -> Any:
    """A record of ours out of what a system says. Raises Invalid with everything that is missing, Conflict (number taken)."""
    number = (said.number or said.external_id).strip()
    findings = _missing(kind, number, values)
    more = _belongings(
        kind, category or said.values.get("category", ""), facility or said.values.get("facility", ""), findings
    )
    if findings:
        raise Invalid(f"{number} cannot be made yet.", code="record_incomplete", findings=findings)
    known = KINDS[kind]
    if known.model._default_manager.filter(**{known.number: number}).exists():
        raise Conflict(f"We have a record {number} already: choose it instead.", code="number_taken")
    fields = {each.field: each.keep(values[name]) for name, each in ATTRIBUTES[kind].items() if name in values}
    record = known.model._default_manager.create(**{known.number: number, **fields, **more})
    if isinstance(record, Item):
        _packed(record, said)
    return record


def _missing(kind: str, number: str, values: Mapping[str, str]) -> list[Finding]:
    needed = {
        "item": ("description", "base_unit"), "supplier": ("name",), "cost_center": ("name", "gl_account"),
    }[kind]  # fmt: skip
    findings = [
        Finding(code="value_missing", field=name, message=f"{ATTRIBUTES[kind][name].label} is missing.",
                remedy="Have it entered in the other system; it comes with the next pull.")
        for name in needed if not values.get(name)
    ]  # fmt: skip
    if len(number) > 20:
        findings.append(
            Finding(code="number_long", field="number", message=f"The number {number} is longer than 20 characters.")
        )
    return findings


def _belongings(kind: str, category: str, facility: str, findings: list[Finding]) -> dict[str, Any]:
    if kind == "item":
        row = Category.objects.filter(code=category).first()
        if row is None:
            findings.append(
                Finding(code="category_missing", field="category", message="The item has no category of ours.",
                        remedy="Choose one.")
            )  # fmt: skip
        return {"category": row}
    if kind == "cost_center":
        place = Facility.objects.filter(code=facility).first()
        if place is None:
            findings.append(
                Finding(code="facility_missing", field="facility", message="It is not said whose cost center this is.",
                        remedy="Choose a facility.")
            )  # fmt: skip
        return {"facility": place}
    return {}


def _packed(item: Item, said: Said) -> None:
    gtin = said.values.get("gtin", "").strip()
    if gtin and not ItemPackaging.objects.filter(gtin=gtin).exists():
        ItemPackaging.objects.create(item=item, unit=item.base_unit, multiplier=1, gtin=gtin)
    items_index([item.pk])
