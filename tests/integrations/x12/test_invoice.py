from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.canonical import Charge, InvoiceDoc, ItemIdentity, Party
from tests.integrations.x12.samples import codes, parsed

BIG = "BIG*20260304*INV-5512*20260301*PO-2026-000017***DI"
GOODS = ("IT1*1*12*CA*48.5**VN*MS-4410*IN*100234", "IT1*2*3*BX*21.75**VN*GL-900M")  # 582.00 + 65.25


def invoice(*body: str) -> InvoiceDoc:
    result = parsed("810", "IN", *body)
    assert isinstance(result.document, InvoiceDoc)
    assert result.findings == ()
    return result.document


def test_an_invoice_with_freight_allowance_and_tax() -> None:
    doc = invoice(
        BIG,
        "CUR*SE*USD",
        "ITD*01*3*****30",
        *GOODS,
        "PID*F****GLOVES M",
        "TDS*67012",
        "TXI*ST*12.37",
        "SAC*C*D240***1550**********FREIGHT",
        "SAC*A*C310***500**********PROMPT ORDER",
        "CTT*2",
    )
    assert (doc.number, doc.order_number, doc.invoice_date) == ("INV-5512", "PO-2026-000017", date(2026, 3, 4))
    assert (doc.kind, doc.currency, doc.total, doc.tax, doc.terms) == (
        "invoice",
        "USD",
        Decimal("670.12"),
        Decimal("12.37"),
        "net 30 days",
    )
    assert doc.charges == (
        Charge(code="D240", description="FREIGHT", amount=Decimal("15.50")),
        Charge(code="C310", description="PROMPT ORDER", amount=Decimal("-5.00")),
    )
    first, second = doc.lines
    assert (first.line_number, first.quantity, first.unit, first.unit_price) == (1, 12, "CA", Decimal("48.5"))
    assert (first.identity.supplier_part, second.description) == ("MS-4410", "GLOVES M")


@pytest.mark.parametrize(
    ("total", "amounts"),
    [
        ("65725", ["10.00"]),  # the summary's charge repeats the line's
        ("66725", ["10.00", "10.00"]),  # both count
    ],
)
def test_charges_named_twice_are_read_the_way_that_adds_up(total: str, amounts: list[str]) -> None:
    doc = invoice(BIG, GOODS[0], "SAC*C*D240***1000", GOODS[1], f"TDS*{total}", "SAC*C*D240***1000")
    assert [str(charge.amount) for charge in doc.charges] == amounts


def test_charges_of_lines_alone_count_where_they_add_up() -> None:
    doc = invoice(BIG, GOODS[0], "SAC*A*C310***200", GOODS[1], "TDS*64525")
    assert doc.charges == (Charge(code="C310", description="", amount=Decimal("-2.00")),)


def test_informational_charges_do_not_count() -> None:
    assert invoice(BIG, *GOODS, "TDS*64725", "SAC*N*D240***1000").charges == ()
    result = parsed("810", "IN", BIG, *GOODS, "TDS*65725", "SAC*N*D240***1000")
    assert codes(result) == ["total-differs"]


def test_what_the_opening_does_not_say_may_stand_in_references() -> None:
    doc = invoice("BIG*20260310*CM-1*****CR", "REF*PO*PO-1", "REF*IV*INV-5512", "IT1*1*2*CA*48.5", "TDS*9700")
    assert (doc.order_number, doc.reference) == ("PO-1", "INV-5512")


@pytest.mark.parametrize(("basis", "total"), [("", "9700"), ("CA", "9700"), ("HP", "97"), ("TP", "10")])
def test_a_price_may_be_for_a_hundred_or_a_thousand(basis: str, total: str) -> None:
    line = invoice(BIG, f"IT1*1*2*CA*48.5*{basis}*VN*A", f"TDS*{total}").lines[0]
    assert line.unit_price == Decimal("48.5") / {"HP": 100, "TP": 1000}.get(basis, 1)


@pytest.mark.parametrize(
    ("code", "field"),
    [("SU", "supplier"), ("VN", "supplier"), ("SE", "supplier"), ("SF", "supplier"), ("BY", "buyer"), ("SO", "buyer"), ("BT", "buyer")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("qualifier", "code_list"),
    [("1", "DUNS"), ("9", "DUNS4"), ("21", "HIN"), ("UL", "GLN"), ("91", "supplier"), ("92", "buyer"), ("ZZ", "ZZ")],
)
def test_who_somebody_is_and_in_which_list(code: str, field: str, qualifier: str, code_list: str) -> None:
    doc = invoice(BIG, f"N1*{code}*Acme*{qualifier}*123", *GOODS, "TDS*64725")
    assert getattr(doc, field) == Party(name="Acme", identifiers={code_list: "123"})


@pytest.mark.parametrize(
    ("qualifier", "expected"),
    [
        ("VN", {"supplier_part": "1"}), ("VC", {"supplier_part": "1"}), ("VP", {"supplier_part": "1"}),
        ("IN", {"buyer_item": "1"}), ("BP", {"buyer_item": "1"}), ("MG", {"manufacturer_part": "1"}),
        ("UK", {"gtin": "1"}), ("EN", {"gtin": "1"}), ("UP", {"gtin": "1"}),
        ("HI", {"others": {"HIBC": "1"}}), ("UX", {"others": {"UPN": "1"}}), ("ND", {"others": {"NDC": "1"}}),
        ("LT", {}), ("SN", {}),
    ],
)  # fmt: skip
def test_what_each_item_qualifier_means(qualifier: str, expected: dict[str, Any]) -> None:
    (line,) = invoice(BIG, f"IT1*1*2*CA*48.5**{qualifier}*1", "TDS*9700").lines
    assert line.identity == ItemIdentity(**expected)


def test_a_total_that_does_not_add_up_is_said_and_kept() -> None:
    result = parsed("810", "IN", BIG, *GOODS, "TDS*99999", "SAC*C*D240***1000")
    assert isinstance(result.document, InvoiceDoc)
    assert result.document.total == Decimal("999.99")
    assert codes(result) == ["total-differs"]
    assert not result.broken


def test_implied_decimals_written_with_a_point_are_believed() -> None:
    result = parsed("810", "IN", BIG, *GOODS, "TDS*647.25")
    assert isinstance(result.document, InvoiceDoc)
    assert result.document.total == Decimal("647.25")
    assert codes(result) == ["explicit-decimals"]


@pytest.mark.parametrize("kind", ["CR", "CN"])
@pytest.mark.parametrize(("quantity", "total"), [("2", "9700"), ("-2", "-9700")])
def test_a_credit_has_positive_amounts(kind: str, quantity: str, total: str) -> None:
    doc = invoice(f"BIG*20260310*CM-1**PO-1***{kind}", "REF*OI*INV-5512", f"IT1*1*{quantity}*CA*48.5", f"TDS*{total}")
    assert (doc.kind, doc.total, doc.lines[0].quantity, doc.reference) == ("credit", Decimal(97), 2, "INV-5512")


@pytest.mark.parametrize(
    ("code", "kind", "found"),
    [
        ("DI", "invoice", []),
        ("DR", "invoice", []),
        ("", "invoice", []),
        ("CR", "credit", []),
        ("CN", "credit", []),
        ("Q9", "invoice", ["invoice-kind"]),
    ],
)
def test_big07_says_what_it_is(code: str, kind: str, found: list[str]) -> None:
    result = parsed("810", "IN", f"BIG*20260310*CM-1**PO-1***{code}", "IT1*1*2*CA*48.5", "TDS*9700")
    assert isinstance(result.document, InvoiceDoc)
    assert (result.document.kind, result.document.total) == (kind, 97)
    assert codes(result) == found


def test_an_empty_unit_and_an_empty_line_number_leave_the_item_to_match_by() -> None:
    result = parsed("810", "IN", BIG, "IT1**2**48.5**VN*MS-4410", "TDS*9700")
    assert isinstance(result.document, InvoiceDoc)
    (line,) = result.document.lines
    assert (line.line_number, line.unit, line.identity.supplier_part) == (None, "", "MS-4410")
    assert codes(result) == ["unit-missing"]


def test_a_negative_total_is_a_credit() -> None:
    result = parsed("810", "IN", "BIG*20260310*CM-1**PO-1", "IT1*1*2*CA*-48.5", "TDS*-9700")
    assert isinstance(result.document, InvoiceDoc)
    assert (result.document.kind, result.document.lines[0].unit_price) == ("credit", Decimal("48.5"))
    assert codes(result) == ["negative-total"]


@pytest.mark.parametrize(
    "body",
    [
        (BIG.replace("INV-5512", ""), *GOODS, "TDS*64725"),
        (BIG.replace("20260304", "20261304"), *GOODS, "TDS*64725"),
        (BIG, *GOODS, "TDS*much"),
        (BIG, *GOODS),
    ],
)
def test_without_number_day_or_total_there_is_no_invoice(body: tuple[str, ...]) -> None:
    result = parsed("810", "IN", *body)
    assert result.document is None
    assert result.broken


def test_a_line_without_a_price_is_an_error() -> None:
    result = parsed("810", "IN", BIG, "IT1*1*12*CA***VN*A", "TDS*58200")
    assert result.broken
    assert codes(result)[0] == "line-unreadable"
