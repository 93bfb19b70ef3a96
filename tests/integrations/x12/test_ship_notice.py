from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from integrations.canonical import ItemIdentity, ShipLine, ShipNotice
from integrations.x12 import Profile
from tests.integrations.x12.samples import codes, parsed

BSN = "BSN*00*SHP-7781*20260303*0830*0001"


def notice(*body: str) -> ShipNotice:
    result = parsed("856", "SH", *body, profile=Profile(units={"CS": "CA"}))
    assert isinstance(result.document, ShipNotice)
    assert not result.broken
    return result.document


def test_a_shipment_with_two_orders_lots_and_pallets() -> None:
    doc = notice(
        BSN,
        "HL*1**S",
        "TD5*B*2*FDEG",
        "REF*BM*BOL-1",
        "REF*CN*1Z999",
        "DTM*011*20260303*0815*UT",
        "DTM*017*20260305",
        "HL*2*1*O",
        "PRF*PO-2026-000017",
        "HL*3*2*T",
        "MAN*GM*00106141411234567897",
        "HL*4*3*I",
        "LIN*1*VN*MS-4410*IN*100234*LT*L2291",
        "SN1**12*CS",
        "DTM*036*20280131",
        "HL*5*3*I",
        "LIN*2*VN*GL-900M*UK*10614141000415",
        "SN1**3*BX",
        "REF*LT*G77",
        "DTM*036*20270630",
        "HL*6*1*O",
        "PRF*PO-2026-000018",
        "HL*7*6*P",
        "MAN*GM*00106141411234567903",
        "HL*8*7*I",
        "LIN*1*VN*IMP-1*SN*SER-0042",
        "SN1**1*EA",
        "CTT*8",
    )
    assert (doc.shipment_number, doc.shipped_at) == ("SHP-7781", datetime(2026, 3, 3, 8, 15, tzinfo=UTC))
    assert (doc.expected_date, doc.carrier, doc.tracking) == (date(2026, 3, 5), "FDEG", "1Z999")
    assert doc.orders == ("PO-2026-000017", "PO-2026-000018")
    assert doc.lines == (
        ShipLine(
            order_number="PO-2026-000017",
            line_number=1,
            identity=ItemIdentity(buyer_item="100234", supplier_part="MS-4410"),
            quantity=Decimal(12),
            unit="CA",
            lot="L2291",
            expiry=date(2028, 1, 31),
            sscc="00106141411234567897",
        ),
        ShipLine(
            order_number="PO-2026-000017",
            line_number=2,
            identity=ItemIdentity(supplier_part="GL-900M", gtin="10614141000415"),
            quantity=Decimal(3),
            unit="BX",
            lot="G77",
            expiry=date(2027, 6, 30),
            sscc="00106141411234567897",
        ),
        ShipLine(
            order_number="PO-2026-000018",
            line_number=1,
            identity=ItemIdentity(supplier_part="IMP-1"),
            quantity=Decimal(1),
            unit="EA",
            serial="SER-0042",
            sscc="00106141411234567903",
        ),
    )


@pytest.mark.parametrize(
    "tree",
    [
        ("HL*1**S", "HL*2*1*O", "PRF*PO-1", "HL*3*2*P", "MAN*GM*9", "HL*4*3*I", "LIN*1*VN*A", "SN1**2*EA"),
        ("HL*1**S", "HL*2**O", "PRF*PO-1", "HL*3**P", "MAN*GM*9", "HL*4**I", "LIN*1*VN*A", "SN1**2*EA"),
        ("HL*1**S", "MAN*GM*9", "HL*2*1*O", "PRF*PO-1", "HL*3*2*I", "LIN*1*VN*A", "SN1**2*EA"),
        ("HL*1**S", "HL*2*1*O", "PRF*PO-1", "HL*3*2*I", "LIN*1*VN*A", "SN1**2*EA", "HL*4*3*P", "MAN*GM*9"),
        ("HL*1**O", "PRF*PO-1", "HL*2*1*I", "MAN*GM*9", "LIN*1*VN*A", "SN1**2*EA"),
        ("HL*1**S", "HL*2*1*P", "MAN*GM*9", "HL*3*2*O", "PRF*PO-1", "HL*4*3*I", "LIN*1*VN*A", "SN1**2*EA"),
        ("HL*1**S", "HL*2*1*O", "PRF*PO-1", "HL*3*2*I", "LIN*1*VN*A", "HL*4*3*P", "MAN*GM*9", "SN1**2*EA"),
    ],
)
def test_any_nesting_says_the_same(tree: tuple[str, ...]) -> None:
    (line,) = notice(BSN, *tree).lines
    assert (line.order_number, line.line_number, line.identity.supplier_part) == ("PO-1", 1, "A")
    assert (line.quantity, line.unit, line.sscc) == (Decimal(2), "EA", "9")


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        (("LIN*7*VN*A", "SN1**2*EA"), 7),
        (("LIN**VN*A", "SN1*7*2*EA"), 7),
        (("LIN*7*VN*A", "SN1*8*2*EA"), 7),
        (("LIN*A-7*VN*A", "SN1**2*EA"), None),
    ],
)
def test_the_line_is_named_in_lin_or_in_sn1(rows: tuple[str, ...], number: int | None) -> None:
    (line,) = notice(BSN, "HL*1**O", "PRF*PO-1", "HL*2*1*I", *rows).lines
    assert line.line_number == number


@pytest.mark.parametrize(("order", "expected"), [("PRF*PO-1", "PO-1"), ("REF*PO*PO-1", "PO-1")])
def test_an_order_is_named_in_prf_or_in_a_reference(order: str, expected: str) -> None:
    doc = notice(BSN, "HL*1**S", "HL*2*1*O", order, "HL*3*2*I", "LIN*1*VN*A", "SN1**2*EA")
    assert (doc.orders, doc.lines[0].order_number) == ((expected,), expected)


def test_siblings_without_parents_stay_siblings() -> None:
    doc = notice(
        BSN,
        "HL*1**S",
        *("HL*2**O", "PRF*PO-1", "HL*3**I", "LIN*1*VN*A", "SN1**1*EA", "HL*4**I", "LIN*2*VN*B", "SN1**2*EA"),
        *("HL*5**O", "PRF*PO-2", "HL*6**I", "LIN*1*VN*C", "SN1**3*EA"),
    )
    assert [(line.order_number, line.identity.supplier_part) for line in doc.lines] == [
        ("PO-1", "A"),
        ("PO-1", "B"),
        ("PO-2", "C"),
    ]


def test_one_level_may_hold_several_items() -> None:
    doc = notice(BSN, "HL*1**O", "PRF*PO-1", "HL*2*1*I", "LIN*1*VN*A*LT*X", "SN1**1*EA", "LIN*1*VN*A*LT*Y", "SN1**2*EA")
    assert [(line.lot, line.quantity) for line in doc.lines] == [("X", 1), ("Y", 2)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("LIN*1*VN*A*LT*L1*SN*S1", "SN1**1*EA"), ("L1", "S1")),
        (("LIN*1*VN*A", "SN1**1*EA", "REF*LT*L1", "REF*SE*S1"), ("L1", "S1")),
        (("LIN*1*VN*A", "SN1**1*EA", "REF*BT*L1"), ("L1", "")),
        (("LIN*1*VN*A*LT*L1", "SN1**1*EA", "REF*LT*L2"), ("L1", "")),
    ],
)
def test_lot_and_serial_stand_in_lin_or_in_ref(rows: tuple[str, ...], expected: tuple[str, str]) -> None:
    (line,) = notice(BSN, "HL*1**O", "PRF*PO-1", "HL*2*1*I", *rows).lines
    assert (line.lot, line.serial) == expected


@pytest.mark.parametrize("announced", ["0001", "0002", "0004", ""])
def test_the_tree_counts_and_not_what_bsn05_announces(announced: str) -> None:
    tree = ("HL*1**S", "HL*2*1*O", "PRF*PO-1", "HL*3*2*P", "MAN*GM*9", "HL*4*3*I", "LIN*1*VN*A", "SN1**2*EA")
    (line,) = notice(BSN.replace("0001", announced), *tree).lines
    assert (line.order_number, line.sscc) == ("PO-1", "9")


def test_an_empty_unit_and_an_empty_line_number_leave_the_item_to_match_by() -> None:
    result = parsed("856", "SH", BSN, "HL*1**O", "PRF*PO-1", "HL*2*1*I", "LIN**VN*A", "SN1**2")
    assert isinstance(result.document, ShipNotice)
    (line,) = result.document.lines
    assert (line.line_number, line.unit, line.identity.supplier_part) == (None, "", "A")
    assert "unit-missing" in codes(result)


def test_an_item_of_no_order_is_an_error() -> None:
    result = parsed("856", "SH", BSN, "HL*1**S", "HL*2*1*I", "LIN*1*VN*A", "SN1**1*EA")
    assert codes(result) == ["order-missing"]
    assert result.broken


def test_a_parent_that_does_not_exist_is_found_and_the_tree_is_guessed() -> None:
    result = parsed("856", "SH", BSN, "HL*1**O", "PRF*PO-1", "HL*2*9*I", "LIN*1*VN*A", "SN1**1*EA")
    assert codes(result) == ["hl-parent"]
    assert isinstance(result.document, ShipNotice)
    assert result.document.lines[0].order_number == "PO-1"


def test_several_lots_under_one_quantity_are_found() -> None:
    body = ("HL*1**O", "PRF*PO-1", "HL*2*1*I", "LIN*1*VN*A", "SN1**5*EA", "REF*LT*X", "REF*LT*Y")
    assert codes(parsed("856", "SH", BSN, *body)) == ["several-lots"]


def test_a_notice_of_nothing_is_an_error() -> None:
    assert "no-items" in codes(parsed("856", "SH", BSN, "HL*1**S"))
