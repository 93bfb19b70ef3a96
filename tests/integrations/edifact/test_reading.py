from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import InvoiceDoc, ItemIdentity, Order, OrderAnswer
from integrations.edifact import EdifactError, Message, parse, read
from integrations.x12.documents.reading import Parsed


def message(kind: str, *body: str, una: str = "") -> Message:
    """One message in an envelope, its service characters those of the standard unless `una` says others."""
    segments = [f"UNH+7+{kind}:D:96A:UN", *body, f"UNT+{len(body) + 2}+7"]
    text = una + "'\n".join(["UNB+UNOC:3+A:14+B:14+260301:1015+99", *segments, "UNZ+1+99", ""])
    (interchange,) = read(text.encode())
    assert interchange.findings == []
    return interchange.messages[0]


def result(kind: str, *body: str) -> Parsed:
    return parse(message(kind, *body))


ORDER = ("BGM+220+PO-1+9", "DTM+137:202603011015:203", "LIN+1++4006381333931:EN", "QTY+21:5:PCE", "PRI+AAA:12.50")


def test_an_order_is_read() -> None:
    document = result("ORDERS", *ORDER, "UNS+S").document
    assert isinstance(document, Order)
    assert document.issued_at == datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
    (line,) = document.lines
    assert (line.identity, line.quantity, line.unit, line.unit_price) == (
        ItemIdentity(gtin="4006381333931"), 5, "EA", Decimal("12.50")
    )  # fmt: skip


def test_a_comma_is_a_decimal_mark_and_a_price_may_be_for_a_hundred() -> None:
    body = (*ORDER[:3], "QTY+21:5,5:PCE", "PRI+AAA:1250,00::NTP:100:C62", "UNS+S")
    document = result("ORDERS", *body).document
    assert isinstance(document, Order)
    assert (document.lines[0].quantity, document.lines[0].unit_price) == (Decimal("5.5"), Decimal("12.5"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("BGM+220+PO-1+9", "BGM+220++9", "missing-element"),
        ("BGM+220+PO-1+9", "BGM+220+PO-1+77", "purpose"),
        ("DTM+137:202603011015:203", "DTM+137:20261301:102", "bad-date"),
        ("QTY+21:5:PCE", "QTY+21:five:PCE", "bad-number"),
        ("QTY+21:5:PCE", "QTY+21:\u0665:PCE", "bad-number"),
        ("QTY+21:5:PCE", "QTY+21:1E5:PCE", "bad-number"),
        ("QTY+21:5:PCE", "QTY+21:.:PCE", "bad-number"),
        ("QTY+21:5:PCE", "QTY+21:5", "unit-missing"),
        ("QTY+21:5:PCE", "FTX+LIN", "missing-element"),
    ],
)
def test_each_fault_is_found(old: str, new: str, code: str) -> None:
    body = [new if segment == old else segment for segment in ORDER]
    assert code in [finding.code for finding in result("ORDERS", *body, "UNS+S").findings]


def test_segments_in_the_wrong_place_are_found() -> None:
    assert [f.code for f in message("ORDERS", *ORDER).findings] == ["missing-segment"]
    assert [f.code for f in message("ORDERS", *ORDER, "UNS+S", "NAD+BY+1::9").findings] == ["out-of-place"]
    assert [f.code for f in message("ORDERS", ORDER[0], "BGM+220+PO-2+9", *ORDER[1:], "UNS+S").findings] == ["too-many"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("UNT+8+7", "UNT+9+7", "se-count"),
        ("UNT+8+7", "UNT+8+8", "se-control"),
        ("UNT+8+7'", "", "se-missing"),
        ("UNZ+1+99", "UNZ+2+99", "iea-count"),
        ("UNZ+1+99", "UNZ+1+98", "iea-control"),
        ("UNZ+1+99'", "", "iea-missing"),
        ("UNH+7+ORDERS:D:96A:UN'", "", "segment-outside-set"),
    ],
)
def test_faults_of_the_envelope_are_found(old: str, new: str, code: str) -> None:
    body = "'".join(
        ["UNB+UNOC:3+A:14+B:14+260301:1015+99", "UNH+7+ORDERS:D:96A:UN", *ORDER, "UNS+S", "UNT+8+7", "UNZ+1+99", ""]
    )
    assert old in body
    (found,) = read(body.replace(old, new).encode())
    assert code in {f.code for f in [*found.findings, *(f for each in found.messages for f in each.findings)]}


def test_una_changes_the_characters() -> None:
    text = "UNA|*,! ~UNB*UNOC|3*A|14*B|14*260301|1015*99~UNH*1*ORDERS|D|96A|UN~BGM*220*PO!*1*9~DTM*137|20260301|102~"
    text += "LIN*1**4006381333931|EN~QTY*21|5,5|PCE~UNS*S~UNT*7*1~UNZ*1*99~"
    (found,) = read(text.encode())
    document = parse(found.messages[0]).document
    assert isinstance(document, Order)
    assert (document.number, document.lines[0].quantity) == ("PO*1", Decimal("5.5"))


def test_a_credit_with_charges_and_tax() -> None:
    document = result(
        "INVOIC", "BGM+381+CM-1+9", "DTM+137:20260304:102", "RFF+ON:PO-1", "CUX+2:EUR", "PAT+1", "DTM+13:20260404:102",
        "ALC+C++++FC:::Freight", "MOA+23:10", "LIN+1++:IN", "PIA+5+A1:SA", "QTY+47:2:PCE", "MOA+203:20", "UNS+S", "MOA+77:35.70",
        "TAX+7+VAT", "MOA+124:5.70",
    ).document  # fmt: skip
    assert isinstance(document, InvoiceDoc)
    assert (document.kind, document.total, document.tax, document.due_date) == (
        "credit", Decimal("35.70"), Decimal("5.70"), date(2026, 4, 4)
    )  # fmt: skip
    assert (document.charges[0].code, document.charges[0].amount) == ("FC", 10)
    assert document.lines[0].unit_price == 10


@pytest.mark.parametrize("totals", [("MOA+388:20", "MOA+113:15", "MOA+9:5"), ("MOA+113:15", "MOA+9:5"), ("MOA+9:20",)])
def test_what_was_paid_before_is_part_of_the_bill(totals: tuple[str, ...]) -> None:
    read_ = result(
        "INVOIC", "BGM+380+I-1+9", "DTM+137:20260304:102", "LIN+1++:IN", "QTY+47:2:PCE", "MOA+203:20", "UNS+S", *totals
    )
    assert isinstance(read_.document, InvoiceDoc)
    assert read_.document.total == 20
    assert "total-differs" not in [finding.code for finding in read_.findings]


@pytest.mark.parametrize(
    ("code", "kind"), [("380", "invoice"), ("381", "credit"), ("396", "credit"), ("308", "credit")]
)
def test_an_invoice_says_by_its_type_whether_it_is_a_credit(code: str, kind: str) -> None:
    line = ("LIN+1++:IN", "QTY+47:200:PCE", "PRI+AAA:10::NTP:100:PCE")
    totals = ("MOA+77:23.80", "MOA+176:3.80", "TAX+7+VAT", "MOA+124:1.90")
    body = [each.replace("+380+", f"+{code}+") for each in INVOICE]
    read_ = result("INVOIC", *body, *line, "UNS+S", *totals)
    assert isinstance(read_.document, InvoiceDoc)
    assert (read_.document.kind, read_.document.lines[0].unit_price) == (kind, Decimal("0.1"))
    # the tax as a whole (176) goes before that of one rate (124)
    assert (read_.document.tax, read_.findings) == (Decimal("3.80"), ())


INVOICE = ("BGM+380+I-1+9", "DTM+137:20260304:102", "NAD+SU+1238764941386:0088", "CUX+2:EUR")


@pytest.mark.parametrize(
    ("line", "expected", "found"),
    [
        (("LIN+1++:IN", "QTY+47:2:PCE", "MOA+203:20", "PRI+AAA:10"), (1, 10), []),
        (("LIN+1++:IN", "QTY+47:2:PCE", "MOA+203:20"), (1, 10), []),
        (("LIN+1++:IN", "QTY+47:2:PCE", "MOA+203:20", "PRI+AAA:9.95"), (1, 10), ["line-charges"]),
        (("LIN+1++:IN", "QTY+47:2:PCE", "PRI+AAA:10", "RFF+ON::7"), (7, 10), []),
        (("LIN+1++:IN", "QTY+47:2:PCE", "PRI+AAA:10", "RFF+ON:PO-1:7"), (7, 10), []),
        (("LIN+1++:IN", "QTY+47:2:PCE", "PRI+AAA:10", "RFF+ON:PO-1"), (1, 10), []),
    ],
)
def test_a_billed_line_names_the_order_s_line_and_its_amount_counts(
    line: tuple[str, ...], expected: tuple[int, int], found: list[str]
) -> None:
    read_ = result("INVOIC", *INVOICE, *line, "UNS+S", "MOA+77:20")
    assert isinstance(read_.document, InvoiceDoc)
    (billed,) = read_.document.lines
    assert (billed.line_number, billed.unit_price) == expected
    assert [each.code for each in read_.findings] == found


def test_a_code_list_by_its_own_number_is_known_and_a_currency_is_found_at_the_amounts() -> None:
    body = [each for each in INVOICE if not each.startswith("CUX")]
    document = result(
        "INVOIC", *body, "LIN+1++:IN", "QTY+47:2:PCE", "MOA+203:20:GBP", "UNS+S", "MOA+77:20:GBP"
    ).document
    assert isinstance(document, InvoiceDoc)
    assert (document.currency, dict(document.supplier.identifiers)) == ("GBP", {"GLN": "1238764941386"})


def test_a_bill_with_a_negative_total_is_a_credit() -> None:
    read_ = result("INVOIC", *INVOICE, "LIN+1++:IN", "QTY+47:-2:PCE", "MOA+203:-20", "UNS+S", "MOA+77:-20")
    assert isinstance(read_.document, InvoiceDoc)
    assert (read_.document.kind, read_.document.total, read_.document.lines[0].quantity) == ("credit", 20, 2)
    assert [each.code for each in read_.findings] == ["negative-total"]


@pytest.mark.parametrize(
    ("code", "line", "status", "found"),
    [
        ("29", (), "accepted", []),
        ("27", (), "rejected", []),
        ("", (), None, ["verdict"]),
        ("9", (), None, ["verdict"]),
        ("9", ("LIN+1+5", "PIA+5+A:SA", "QTY+21:2:PCE"), "accepted", []),
        ("9", ("LIN+1+7", "PIA+5+A:SA", "QTY+21:2:PCE"), "changed", []),
        ("9", ("LIN+1+5", "PIA+5+A:SA"), "accepted", []),
        ("9", ("LIN+1+7", "PIA+5+A:SA"), "changed", []),
        ("9", ("LIN+1+3", "PIA+5+A:SA"), None, ["quantity-missing", "verdict"]),
        ("9", ("LIN+1+5", "PIA+5+A:SA", "QTY+21:x:PCE"), None, ["bad-number", "quantity-missing", "verdict"]),
    ],
)
def test_an_answer_is_a_yes_only_where_somebody_says_so(
    code: str, line: tuple[str, ...], status: str | None, found: list[str]
) -> None:
    read_ = result("ORDRSP", f"BGM+231+R-1+{code}", "DTM+137:20260301:102", "RFF+ON:PO-1", *line, "UNS+S")
    assert (read_.document.status if isinstance(read_.document, OrderAnswer) else None) == status
    assert [each.code for each in read_.findings] == found


def test_an_answered_line_is_the_one_that_is_referred_to() -> None:
    line = ("LIN+1+5", "PIA+5+A:SA", "QTY+21:2:PCE", "RFF+ON:PO-1:30")
    document = result("ORDRSP", "BGM+231+R-1+4", "DTM+137:20260301:102", "RFF+ON:PO-1", *line, "UNS+S").document
    assert isinstance(document, OrderAnswer)
    assert document.lines[0].line_number == 30


def test_an_unknown_message_is_said() -> None:
    (finding,) = result("PRICAT", "BGM+9+1+9").findings
    assert finding.code == "unknown-set"


@pytest.mark.parametrize("data", [b"", b"hello", b"BGM+220+1+9'", b"ISA*00*"])
def test_what_is_no_edifact_is_refused(data: bytes) -> None:
    with pytest.raises(EdifactError, match="no UNB"):
        read(data)


@given(st.data())
def test_damaged_files_are_read_or_refused_and_never_crash(data: st.DataObject) -> None:
    text = "UNA:+.? '" + "'".join(
        ["UNB+UNOC:3+A:14+B:14+260301:1015+99", "UNH+7+ORDERS:D:96A:UN", *ORDER, "UNS+S", "UNT+8+7", "UNZ+1+99", ""]
    )
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=6))
    try:
        found = read(bytes(raw))
    except EdifactError:
        return
    for interchange in found:
        for each in interchange.messages:
            parsed = parse(each)
            assert parsed.document is not None or any(f.severity == "error" for f in parsed.findings)
