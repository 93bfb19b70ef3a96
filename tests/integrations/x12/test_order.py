from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.canonical import ItemIdentity, Order, OrderLine, Party, revised
from integrations.x12 import Envelope, Profile, X12Error, order_bytes, parse, read
from tests.integrations.x12.samples import codes, parsed

ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("01", "123456789"),
    interchange_control=42,
    group_control=7,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)


def simple(**changes: object) -> Order:
    line = OrderLine(
        line_number=1,
        identity=ItemIdentity(
            buyer_item="100234", supplier_part="MS-4410", manufacturer_part="4410", gtin="10614141000415"
        ),
        description="Gauze sponge 4x4, sterile",
        quantity=Decimal("12"),
        unit="CA",
        unit_price=Decimal("48.50"),
        contract_number="GPO-77",
    )
    order = Order(
        number="PO-2026-000017",
        issued_at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
        currency="USD",
        supplier=Party(name="MedSupply Inc", identifiers={"DUNS": "123456789"}),
        buyer=Party(name="St. Mary Hospital", identifiers={"GLN": "0614141000012", "HIN": "H12"}),
        ship_to=Party(name="Dock 4", identifiers={"buyer": "D4"}),
        lines=(line,),
        notes=("Deliver before 7 am",),
    )
    return revised(order, **changes)


def test_an_850_looks_as_partners_expect() -> None:
    text = order_bytes(simple(), ENVELOPE, 1, Profile(units={"CS": "CA"})).decode()
    assert len(text.split("\n", maxsplit=1)[0]) == 106
    assert text.split("~\n") == [
        "ISA*00*          *00*          *ZZ*HOSPITALNET    *01*123456789      *260301*1015*U*00401*000000042*0*P*>",
        "GS*PO*HOSPITALNET*123456789*20260301*1015*7*X*004010",
        "ST*850*0001",
        "BEG*00*SA*PO-2026-000017**20260301",
        "CUR*BY*USD",
        "DTM*004*20260301*101500*UT",
        "N9*ZZ*NOTES",
        "MSG*Deliver before 7 am",
        "N1*BY*St. Mary Hospital*UL*0614141000012",
        "N1*ST*Dock 4*92*D4",
        "N1*SU*MedSupply Inc*1*123456789",
        "PO1*1*12*CS*48.5**VN*MS-4410*IN*100234*MG*4410*UK*10614141000415",
        "PID*F****Gauze sponge 4x4, sterile",
        "REF*CT*GPO-77",
        "CTT*1",
        "SE*14*0001",
        "GE*1*7",
        "IEA*1*000000042",
        "",
    ]


def test_changes_and_cancellations_are_860s() -> None:
    kept, gone = simple().lines[0], revised(simple().lines[0], line_number=2, quantity=Decimal(0))
    change = order_bytes(simple(purpose="change", revision=2, lines=(kept, gone)), ENVELOPE, 1).decode()
    assert "GS*PC*" in change
    assert "BCH*04*SA*PO-2026-000017**2*20260301~" in change
    assert "POC*1*RA*12**CA*48.5**VN" in change
    assert "POC*2*DI*0**CA*48.5**VN" in change
    cancel = order_bytes(simple(purpose="cancel"), ENVELOPE, 1).decode()
    assert "BCH*01*SA*PO-2026-000017***20260301~" in cancel
    assert "POC*1*DI*12**CA" in cancel


def test_a_cancellation_of_the_order_as_a_whole_needs_no_lines() -> None:
    whole = simple(
        purpose="cancel", lines=(), buyer=Party(name="St. Mary Hospital", identifiers={"GLN": "0614141000012"})
    )
    (transaction,) = read(order_bytes(whole, ENVELOPE, 1))[0].groups[0].sets
    assert (transaction.broken, parse(transaction).document) == (False, whole)


@pytest.mark.parametrize(
    ("code", "purpose"), [("00", "original"), ("01", "cancel"), ("04", "change"), ("05", "change"), ("99", None)]
)
def test_each_purpose_has_its_meaning(code: str, purpose: str | None) -> None:
    result = parsed("850", "PO", f"BEG*{code}*NE*P1**20260301", "PO1*1*3*EA*1**VN*A")
    assert (result.document.purpose if isinstance(result.document, Order) else None) == purpose
    assert ("purpose" in codes(result)) == (purpose is None)


@pytest.mark.parametrize(("code", "quantity"), [("DI", 0), ("RA", 5), ("QD", 5), ("PC", 5), ("NC", 5)])
def test_a_change_that_deletes_a_line_leaves_nothing_of_it(code: str, quantity: int) -> None:
    result = parsed("860", "PC", "BCH*04*SA*P1***20260301", f"POC*1*{code}*5**CA*1**VN*A")
    assert isinstance(result.document, Order)
    assert [line.quantity for line in result.document.lines] == [quantity]


def test_a_contract_in_the_head_counts_for_lines_without_one() -> None:
    lines = ("PO1*1*3*EA*1**VN*A", "PO1*2*3*EA*1**VN*B", "REF*CT*GPO-78")
    result = parsed("850", "PO", "BEG*00*NE*P1**20260301", "REF*CT*GPO-77", *lines)
    assert isinstance(result.document, Order)
    assert [line.contract_number for line in result.document.lines] == ["GPO-77", "GPO-78"]


def test_an_urgent_order_is_a_rush_order() -> None:
    assert "BEG*00*RO*" in order_bytes(simple(urgent=True), ENVELOPE, 1).decode()
    assert "BCH*04*RO*" in order_bytes(simple(urgent=True, purpose="change"), ENVELOPE, 1).decode()


def test_what_people_typed_is_made_fit_to_send() -> None:
    line = revised(simple().lines[0], description="Gauze 4*4 ~ µ-filter,\nsterile é")
    text = order_bytes(simple(lines=(line,), notes=("x" * 300,)), ENVELOPE, 1).decode()
    assert "PID*F****Gauze 4 4 -filter, sterile e~" in text.replace("μ", "")
    assert f"MSG*{'x' * 264}~\nMSG*{'x' * 36}~" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "PO*17"}, "delimiter"),
        ({"number": "PO~17"}, "delimiter"),
        ({"number": "PO>17"}, "delimiter"),
        ({"number": "PO\n17"}, "cannot be sent"),
        ({"number": "PO-é"}, "cannot be sent"),
        ({"number": "9" * 23}, "at most 22"),
        ({"number": ""}, "without a number"),
        ({"currency": "EURO"}, "at most 3"),
        ({"lines": ()}, "no lines"),
        ({"lines": (revised(simple().lines[0], quantity=Decimal("NaN")),)}, "not a number"),
        ({"lines": (revised(simple().lines[0], quantity=Decimal("1E+20")),)}, "at most 15"),
        ({"lines": (revised(simple().lines[0], unit=""),)}, "no unit"),
    ],
)
def test_what_x12_cannot_say_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(X12Error, match=words):
        order_bytes(simple(**changes), ENVELOPE, 1)


def test_an_id_too_long_for_the_envelope_is_refused() -> None:
    with pytest.raises(X12Error, match="ISA06"):
        order_bytes(simple(), replace(ENVELOPE, sender=("ZZ", "S" * 16)), 1)


def test_a_line_without_a_number_is_counted_and_one_without_a_quantity_is_left_out() -> None:
    result = parsed("850", "PO", "BEG*00*NE*P1**20260301", "PO1**3*EA*1**VN*A", "PO1*2**EA*1**VN*B")
    assert isinstance(result.document, Order)
    assert [line.line_number for line in result.document.lines] == [1]
    assert codes(result) == ["line-number", "missing-element"]
    assert result.broken
