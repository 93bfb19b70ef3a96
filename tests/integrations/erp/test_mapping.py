"""What docs/mapping.md says of the ERPs is what the adapters do: field after field is changed, and the named places change and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.canonical import (
    Charge,
    ItemDoc,
    ItemIdentity,
    Order,
    OrderLine,
    Party,
    Receipt,
    ReceiptLine,
    SupplierDoc,
    Voucher,
    VoucherLine,
    fields_of,
    revised,
)
from integrations.edi_mapping import erp_field_map
from integrations.erp.base import (
    ITEM,
    MASTER_VALUES,
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    PURCHASE_ORDER_CREATE,
    RECEIPT_POST,
    SUPPLIER,
    VOUCHER_POST,
    Budget,
    Connection,
    Outgoing,
    Payment,
)
from integrations.erp.flat_file.adapter import FlatFileErp
from integrations.erp.flat_file.records import LAYOUTS
from integrations.erp.rest_erp.adapter import RestErp
from integrations.erp.tryton.adapter import Tryton
from tests.integrations.erp.papers import Story

REST, MMIS, TRYTON = range(3)
MAPPED = (Order, OrderLine, Receipt, ReceiptLine, Voucher, VoucherLine, Charge, ItemDoc, SupplierDoc, Payment, Budget)
MAKERS = (RestErp, FlatFileErp, Tryton)
Places = dict[tuple[str, str], Any]


def named(erp: int, *classes: type, field: str = "") -> set[str]:
    """What is named in backticks for a field of a class, or for all of them."""
    told = erp_field_map()
    cells = [told[cls.__name__][each][erp] for cls in classes for each in ([field] if field else fields_of(cls))]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_field_is_mapped_and_no_other() -> None:
    told = {name: list(fields) for name, fields in erp_field_map().items()}
    assert told == {cls.__name__: list(fields_of(cls)) for cls in MAPPED}


def rest_places(payload: bytes) -> Places:
    """Keys of the body; of a list its length, and the keys of its first entry."""
    found: Places = {}
    for name, value in json.loads(payload).items():
        found["", name] = len(value) if isinstance(value, list) else value
        if isinstance(value, list):
            found |= {(name, each): part for each, part in value[0].items()}
    return found


def mmis_places(payload: bytes) -> Places:
    """Fields by their record; of lines and charges their number, and the fields of the first. Header and trailer count, they tell nothing."""
    found: Places = {}
    for line in payload.decode("latin-1").splitlines()[1:-1]:
        kind, at = line[:2], 2
        if kind in ("PL", "GL", "VL", "VC"):
            found["", kind] = found.get(("", kind), 0) + 1
        for name, _, width in LAYOUTS[kind]:
            found.setdefault((kind, f"{kind} {name}"), line[at : at + width])
            at += width
    return found


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 1
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, tuple):
        return (*value, *value[:1])
    if isinstance(value, Party):
        return Party(name="Other", identifiers={"buyer": "OTHER"})
    if isinstance(value, ItemIdentity):
        return ItemIdentity(buyer_item="OTHER", supplier_part="OTHER", gtin="OTHER")
    if value is None:
        return date(2027, 1, 31)
    return {"invoice": "credit", "original": "change"}.get(value, "ZZ")


def changes_of(document: Any) -> Iterator[tuple[type, str, Any]]:
    """The document with one of its fields changed after the other, also those of its first line and charge."""
    for field in fields_of(type(document)):
        value = getattr(document, field)
        yield type(document), field, revised(document, **{field: other(value)})
        for part in value[:1] if field in ("lines", "charges") else ():
            for name in fields_of(type(part)):
                changed = revised(part, **{name: other(getattr(part, name))})
                yield type(part), name, revised(document, **{field: (changed, *value[1:])})


def message(topic: str, document: Any) -> Outgoing:
    """As the outbox numbers what it tells of a document; the ERP knows the order by a number of its own."""
    order = document.number if topic.startswith("purchase_order") else document.order_number
    suffix = {PURCHASE_ORDER_CHANGE: ":r{0.revision}", PURCHASE_ORDER_CANCEL: ":cancel"}.get(topic, "")
    reference = document.number + suffix.format(document)
    return Outgoing(topic=topic, reference=reference, order_number=order, erp_order_number=f"E{order}", sequence=7)


STORY = Story()
ORDER = STORY.ordering()[1]
DOCUMENTS = {
    PURCHASE_ORDER_CREATE: ORDER,
    PURCHASE_ORDER_CHANGE: revised(ORDER, purpose="change", revision=2),
    PURCHASE_ORDER_CANCEL: revised(ORDER, purpose="cancel"),
    RECEIPT_POST: STORY.receiving("1", (1, "4", "L1"))[1],
    VOUCHER_POST: STORY.billing("1", (1, "4", "8.42"), tax="1.20", freight="5")[1],
}


@pytest.mark.parametrize("topic", DOCUMENTS)
@pytest.mark.parametrize(("erp", "places"), [(REST, rest_places), (MMIS, mmis_places)], ids=["REST", "MMIS"])
def test_a_changed_field_changes_the_places_named_for_it(
    erp: int, places: Callable[[bytes], Places], topic: str
) -> None:
    adapter = MAKERS[erp](Connection(deadline=1, option=lambda _: "", secret=lambda _: ""))

    def told(document: Any) -> Places:
        return places(adapter.encode(message(topic, document), document))

    before = told(DOCUMENTS[topic])
    there = {name for _, name in before}
    found, expected = {}, {}
    for cls, field, document in changes_of(DOCUMENTS[topic]):
        after, place = told(document), f"{cls.__name__}.{field}"
        found[place] = {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        expected[place] = named(erp, cls, field=field) & there
    assert found == expected
    assert there <= named(erp, *{cls for cls, _, _ in changes_of(DOCUMENTS[topic])})


@pytest.mark.parametrize("topic", [PURCHASE_ORDER_CREATE, RECEIPT_POST, VOUCHER_POST])
def test_tryton_is_told_the_fields_that_have_a_place_in_it(topic: str) -> None:
    adapter = Tryton(Connection(deadline=1, option=lambda _: "", secret=lambda _: ""))

    def told(document: Any) -> bytes:
        return adapter.encode(message(topic, document), document)

    before = told(DOCUMENTS[topic])
    for cls, field, document in changes_of(DOCUMENTS[topic]):
        # which order it hangs on, and what has a description, goes without saying
        if field in ("order_number", "code"):
            continue
        assert (told(document) != before) == bool(named(TRYTON, cls, field=field)), field


@pytest.mark.parametrize(("kind", "cls", "record"), [(ITEM, ItemDoc, "MI"), (SUPPLIER, SupplierDoc, "MS")])
def test_whatever_is_read_of_a_record_is_mapped(kind: str, cls: type, record: str) -> None:
    """But for the id the ERP has for it, which is no field of the record."""
    read = {"number", *MASTER_VALUES[kind]}
    assert named(REST, cls) == read
    assert named(MMIS, cls) == {f"{record} {name}" for name in read} == {
        f"{record} {name}" for name, _, _ in LAYOUTS[record] if name != "id"
    }  # fmt: skip
