from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.canonical import ItemIdentity, OrderAnswer
from integrations.x12 import Profile
from tests.integrations.x12.samples import codes, parsed

BAK = "BAK*00*AC*PO-2026-000017*20260301****SO-88123*20260302"


def answer(*body: str, code: str = "855", profile: Profile | None = None) -> OrderAnswer:
    result = parsed(code, "PR" if code == "855" else "CA", *body, profile=profile)
    assert isinstance(result.document, OrderAnswer)
    assert not result.broken
    return result.document


def facts(doc: OrderAnswer) -> list[tuple[Any, ...]]:
    return [(line.line_number, line.action, line.quantity, line.unit, line.unit_price) for line in doc.lines]


def test_a_hospital_order_is_answered_line_by_line() -> None:
    doc = answer(
        BAK,
        "CUR*SE*USD",
        "PO1*1*12*CS*48.5**VN*MS-4410*IN*100234",
        "PID*F****GAUZE SPONGE 4X4 STERILE",
        "ACK*IA*12*CS*067*20260305",
        "PO1*2*5*BX*21.75**VN*GL-900M*IN*100300",
        "ACK*IB*5*BX*068*20260320",
        "PO1*3*2*EA*310**VN*IMP-1*IN*200001",
        "CTP**CON*300",
        "ACK*IP*2*EA",
        "PO1*4*10*BX*8**VN*SY-10*IN*100400",
        "ACK*IS*10*BX***" + "*VN*SY-10B*MG*309604",
        "PO1*5*4*CS*15**VN*MA-1*IN*100500",
        "ACK*R4*0*CS",
        "CTT*5",
        profile=Profile(units={"CS": "CA"}),
    )
    assert (doc.order_number, doc.supplier_order_number, doc.answered_on) == (
        "PO-2026-000017",
        "SO-88123",
        date(2026, 3, 2),
    )
    assert (doc.status, doc.answers, doc.currency) == ("changed", "order", "USD")
    assert facts(doc) == [
        (1, "accepted", Decimal(12), "CA", Decimal("48.5")),
        (2, "backordered", Decimal(5), "BX", Decimal("21.75")),
        (3, "price_changed", Decimal(2), "EA", Decimal(310)),
        (4, "substituted", Decimal(10), "BX", Decimal(8)),
        (5, "rejected", Decimal(4), "CA", Decimal(15)),
    ]
    assert doc.lines[0].identity == ItemIdentity(buyer_item="100234", supplier_part="MS-4410")
    assert doc.lines[0].promised_date == date(2026, 3, 5)
    assert doc.lines[1].promised_date == date(2026, 3, 20)
    assert doc.lines[3].substitute == ItemIdentity(supplier_part="SY-10B", manufacturer_part="309604")
    assert doc.lines[4].message == "contract item unavailable"


def test_several_acks_split_a_line() -> None:
    doc = answer(BAK, "PO1*1*10*BX*5**VN*A", "ACK*IA*6*BX", "ACK*IB*4*BX*067*20260401")
    assert facts(doc) == [
        (1, "accepted", Decimal(6), "BX", Decimal(5)),
        (1, "backordered", Decimal(4), "BX", Decimal(5)),
    ]


def test_the_rest_of_a_part_shipment_is_back_ordered() -> None:
    doc = answer(BAK, "PO1*1*10*BX*5**VN*A", "ACK*BP*6*BX")
    assert [(line.action, line.quantity) for line in doc.lines] == [("accepted", 6), ("backordered", 4)]


@pytest.mark.parametrize("quantity", ["0", ""])
def test_a_back_order_of_nothing_means_what_is_left(quantity: str) -> None:
    doc = answer(BAK, "PO1*1*10*BX*5**VN*A", "ACK*IA*3*BX", f"ACK*IB*{quantity}*BX")
    assert [(line.action, line.quantity) for line in doc.lines] == [("accepted", 3), ("backordered", 7)]


def test_a_missing_price_is_looked_up_in_ctp() -> None:
    assert answer(BAK, "PO1*1*10*BX***VN*A", "CTP**CON*4.25", "ACK*IP*10*BX").lines[0].unit_price == Decimal("4.25")


def test_a_price_per_hundred_is_divided() -> None:
    assert answer(BAK, "PO1*1*10*BX*425*HP*VN*A", "ACK*IA*10*BX").lines[0].unit_price == Decimal("4.25")


@pytest.mark.parametrize(
    ("verdict", "status", "action"),
    [("AD", "accepted", "accepted"), ("AK", "accepted", "accepted"), ("RJ", "rejected", "rejected")],
)
def test_without_acks_the_verdict_counts(verdict: str, status: str, action: str) -> None:
    doc = answer(f"BAK*00*{verdict}*PO-1*20260301", "PO1*1*10*BX*5**VN*A")
    assert (doc.status, doc.lines[0].action) == (status, action)


def test_an_accepted_document_with_a_rejected_line_is_changed() -> None:
    assert answer("BAK*00*AD*PO-1*20260301", "PO1*1*10*BX*5**VN*A", "ACK*R2*10*BX").status == "changed"


def test_a_rejection_may_have_no_lines() -> None:
    doc = answer("BAK*00*RJ*PO-1*20260301")
    assert (doc.status, doc.lines) == ("rejected", ())


@pytest.mark.parametrize(
    ("ack", "action"),
    [
        ("ACK*IC*8*BX", "quantity_changed"),
        ("ACK*IC*10*BX*067*20260401", "date_changed"),
        ("ACK*IC*10*BX", "price_changed"),
    ],
)
def test_accepted_with_changes_says_what_changed(ack: str, action: str) -> None:
    assert answer(BAK, "PO1*1*10*BX*5**VN*A", ack).lines[0].action == action


def test_a_line_without_number_and_unit_is_found_by_its_item() -> None:
    result = parsed("855", "PR", BAK, "PO1**10**5**VN*A", "ACK*IA*10")
    assert isinstance(result.document, OrderAnswer)
    assert (result.document.lines[0].line_number, result.document.lines[0].unit) == (None, "")
    assert codes(result) == ["unit-missing"]


def test_an_unknown_status_is_an_error_and_never_an_acceptance() -> None:
    result = parsed("855", "PR", BAK, "PO1*1*10*BX*5**VN*A", "ACK*Q9*10*BX")
    assert result.broken
    assert isinstance(result.document, OrderAnswer)
    assert result.document.lines == ()
    assert codes(result) == ["item-status"]


@pytest.mark.parametrize("bak", ["BAK*00*AC**20260301", "BAK*00*Q9*PO-1*20260301"])
def test_without_number_or_verdict_there_is_no_answer(bak: str) -> None:
    assert parsed("855", "PR", bak, "PO1*1*1*EA*5**VN*A").document is None


def test_an_865_answers_a_change() -> None:
    doc = answer(
        "BCA*04*AT*PO-1**2*20260301***SO-9*20260302",
        "POC*1*RA*8**BX*5**VN*A",
        "ACK*IA*8*BX",
        code="865",
    )
    assert (doc.answers, doc.supplier_order_number, doc.answered_on) == ("change", "SO-9", date(2026, 3, 2))
    assert facts(doc) == [(1, "accepted", Decimal(8), "BX", Decimal(5))]


@pytest.mark.parametrize(
    ("verdict", "code", "expected"),
    [
        ("AT", "DI", ("accepted", "deleted as asked")),
        ("AT", "PC", ("accepted", "")),
        ("AT", "RC", ("rejected", "")),
        ("AC", "NC", ("accepted", "")),
        ("AC", "CA", ("accepted", "")),
        ("AC", "AI", ("accepted", "")),
        ("AC", "PC", ("price_changed", "")),
        ("AC", "QD", ("quantity_changed", "")),
        ("AC", "QI", ("quantity_changed", "")),
        ("AC", "CT", ("date_changed", "")),
        ("AC", "RC", ("rejected", "")),
        ("AC", "DI", ("rejected", "item deleted by the supplier")),
        ("RJ", "PC", ("rejected", "")),
    ],
)
def test_without_acks_an_865_says_by_its_change_code_what_became_of_a_line(
    verdict: str, code: str, expected: tuple[str, str]
) -> None:
    doc = answer(f"BCA*00*{verdict}*PO-1***20260301", f"POC*1*{code}*8**BX*5**VN*A", code="865")
    assert [(line.action, line.message) for line in doc.lines] == [expected]


def test_a_deletion_needs_no_quantity() -> None:
    for ack in ((), ("ACK*ID",)):
        (line,) = answer("BCA*01*AT*PO-1***20260301", "POC*1*DI******VN*A", *ack, code="865").lines
        assert (line.action, line.quantity, line.message) == ("accepted", None, "deleted as asked")
    assert codes(parsed("855", "PR", BAK, "PO1*1****5**VN*A", "ACK*IA")) == ["quantity-missing"]


def test_a_day_for_the_whole_order_counts_for_lines_without_one() -> None:
    lines = ("PO1*1*2*EA*5**VN*A", "ACK*IA*2*EA", "PO1*2*2*EA*5**VN*B", "ACK*IA*2*EA*067*20260402")
    doc = answer(BAK, "DTM*068*20260330", "DTM*067*20260401", *lines)
    assert [line.promised_date for line in doc.lines] == [date(2026, 4, 1), date(2026, 4, 2)]


@pytest.mark.parametrize(
    ("verdict", "status"),
    [("AC", "changed"), ("AD", "accepted"), ("AE", "changed"), ("AK", "accepted"), ("AT", "accepted"), ("RD", "rejected"),
     ("RJ", "rejected")],
)  # fmt: skip
def test_each_verdict_on_an_order_has_its_meaning(verdict: str, status: str) -> None:
    assert answer(f"BAK*00*{verdict}*PO-1*20260301").status == status


@pytest.mark.parametrize(
    ("code", "action"),
    [("IA", "accepted"), ("IB", "backordered"), ("IP", "price_changed"), ("IQ", "quantity_changed"), ("IE", "price_changed"),
     ("DR", "date_changed"), ("ID", "rejected"), ("IH", "backordered"), ("IR", "rejected"), ("R1", "rejected"),
     ("R2", "rejected"), ("R3", "rejected"), ("R4", "rejected")],
)  # fmt: skip
def test_each_status_of_a_line_has_its_meaning(code: str, action: str) -> None:
    (line,) = answer(BAK, "PO1*1*10*BX*5**VN*A", f"ACK*{code}*10*BX").lines
    assert (line.action, line.quantity) == (action, 10)


@pytest.mark.parametrize("quantity", ["0", ""])
@pytest.mark.parametrize("code", ["IB", "IR", "R4"])
def test_the_status_is_read_and_not_the_number(code: str, quantity: str) -> None:
    (line,) = answer(BAK, "PO1*1*10*BX*5**VN*A", f"ACK*{code}*{quantity}*BX").lines
    assert (line.action, line.quantity) == ("backordered" if code == "IB" else "rejected", 10)


def test_a_price_in_po1_goes_before_one_in_ctp() -> None:
    doc = answer(BAK, "PO1*1*10*BX*4.50**VN*A", "CTP**CON*4.25", "ACK*IP*10*BX")
    assert (doc.lines[0].action, doc.lines[0].unit_price) == ("price_changed", Decimal("4.50"))


def test_a_deletion_that_was_asked_for_is_an_acceptance() -> None:
    doc = answer("BCA*01*AT*PO-1**2*20260301", "POC*1*DI*8**BX*5**VN*A", "ACK*ID*8*BX", code="865")
    assert (doc.status, doc.lines[0].action) == ("accepted", "accepted")
    refused = answer("BCA*01*RJ*PO-1**2*20260301", "POC*1*DI*8**BX*5**VN*A", "ACK*IR*8*BX", code="865")
    assert (refused.status, refused.lines[0].action) == ("rejected", "rejected")
