"""Loads what is bought and from whom: items, packagings, substitutes, suppliers, their offers and the contracts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from masterdata.models import (
    Category,
    Contract,
    ContractLine,
    ExternalId,
    Facility,
    Item,
    ItemPackaging,
    ItemSubstitute,
    Supplier,
    SupplierItem,
)
from portal.demo import catalogue, contracts, suppliers
from portal.demo.load_network import ERP

CATEGORIES = {
    "MEDSURG": "Medical-surgical",
    "IMPLANT": "Surgical implants",
    "PHARMACY": "Pharmacy",
    "LAB": "Laboratory",
    "GENERAL": "General supplies",
}
BATCH = 1000


def load_items() -> None:
    """Items with the words they are found by, their packagings and substitutes."""
    categories = {
        row.code: row for row in Category.objects.bulk_create(Category(code=c, name=n) for c, n in CATEGORIES.items())
    }
    parts: dict[str, list[str]] = {}
    for offer in suppliers.offers():
        parts.setdefault(offer.item, []).append(offer.supplier_part)
    known = catalogue.items()
    rows = Item.objects.bulk_create(
        (_item(item, categories[item.category], parts.get(item.number, [])) for item in known), batch_size=BATCH
    )
    items = {row.number: row for row in rows}
    ItemPackaging.objects.bulk_create(
        (
            ItemPackaging(item=items[item.number], unit=p.unit, multiplier=p.multiplier, gtin=p.gtin)
            for item in known
            for p in item.packagings
        ),
        batch_size=BATCH,
    )
    ItemSubstitute.objects.bulk_create(
        (
            ItemSubstitute(item=items[item.number], substitute=items[s.number], ratio=s.ratio, rule=s.rule)
            for item in known
            for s in item.substitutes
        ),
        batch_size=BATCH,
    )
    _erp_keys("item", ((row.pk, f"MAT{row.number[3:]:0>9}") for row in rows))


def _item(item: catalogue.Item, category: Category, parts: list[str]) -> Item:
    words = [
        item.description, item.number, item.manufacturer, item.manufacturer_part, *parts, *(p.gtin for p in item.packagings),
    ]  # fmt: skip
    return Item(
        number=item.number, description=item.description, category=category, unspsc=item.unspsc, base_unit=item.base_unit,
        manufacturer=item.manufacturer, manufacturer_part=item.manufacturer_part, lot_tracked=item.lot_tracked,
        serial_tracked=item.serial_tracked, expiry_tracked=item.expiry_tracked, criticality=item.criticality,
        status=item.status, search_text=" ".join(words).lower(),
    )  # fmt: skip


def load_suppliers() -> None:
    """Suppliers and their offers outside any contract."""
    rows = Supplier.objects.bulk_create(
        Supplier(
            code=s.code, name=s.name, gln=s.gln, email=s.email, payment_terms_days=s.payment_terms_days,
            minimum_order=s.minimum_order, status=s.status,
        )
        for s in suppliers.suppliers()
    )  # fmt: skip
    found = {row.code: row for row in rows}
    items = items_by_number()
    SupplierItem.objects.bulk_create(
        (
            SupplierItem(
                supplier=found[o.supplier], item_id=items[o.item], supplier_part=o.supplier_part,
                manufacturer_part=o.manufacturer_part, order_unit=o.order_unit, price=o.price, minimum=o.minimum,
                multiple=o.multiple, lead_time_days=o.lead_time_days, preferred=o.preferred,
            )
            for o in suppliers.offers()
        ),
        batch_size=BATCH,
    )  # fmt: skip
    _erp_keys("supplier", ((row.pk, f"V{100100 + n * 17}") for n, row in enumerate(rows)))


def load_contracts(today: date) -> None:
    """Contracts with their lines and the facilities they are open to."""
    found = dict(Supplier.objects.values_list("code", "pk"))
    facilities = dict(Facility.objects.values_list("code", "pk"))
    items = items_by_number()
    known = contracts.contracts(today)
    rows = Contract.objects.bulk_create(
        Contract(
            number=c.number, name=c.name, supplier_id=found[c.supplier], kind=c.kind, status=c.status,
            valid_from=c.valid_from, valid_to=c.valid_to,
        )
        for c in known
    )  # fmt: skip
    for row, contract in zip(rows, known, strict=True):
        if contract.facilities:
            row.facilities.set(facilities[code] for code in contract.facilities)
    ContractLine.objects.bulk_create(
        (
            ContractLine(
                contract=row, item_id=items[line.item], unit=line.unit, price=line.price,
                breaks=[{"quantity": str(b.quantity), "price": str(b.price)} for b in line.breaks],
            )
            for row, contract in zip(rows, known, strict=True)
            for line in contract.lines
        ),
        batch_size=BATCH,
    )  # fmt: skip


def items_by_number() -> dict[str, int]:
    """Item number -> id."""
    return dict(Item.objects.values_list("number", "pk"))


def _erp_keys(kind: str, keys: Iterable[tuple[int, str]]) -> None:
    ExternalId.objects.bulk_create(
        (ExternalId(system=ERP, kind=kind, external_id=key, object_id=pk) for pk, key in keys), batch_size=BATCH
    )
