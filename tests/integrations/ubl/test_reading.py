from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import InvoiceDoc, Order, OrderAnswer
from integrations.ubl import UblReading, XmlError, document_bytes, read
from integrations.ubl.xml import DEEPEST, parse_xml
from tests.integrations.x12.test_order import simple

ORDER = document_bytes(simple()).decode()


def codes(text: str) -> list[str]:
    return [finding.code for finding in read(text.encode(), schema_dir="").findings]


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
        "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1),
    ],
)
def test_hostile_xml_is_refused(hostile: str) -> None:
    with pytest.raises(XmlError, match="This XML is refused"):
        parse_xml(hostile.encode())


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<a>", b"<a></b>", b"<a>&x;</a>", b"\xff\xfe<", b'<?xml version="1.0" encoding="x"?><a/>']
)
def test_what_is_no_xml_is_refused_with_a_place(data: bytes) -> None:
    with pytest.raises(XmlError, match="no well-formed XML") as caught:
        parse_xml(data)
    assert 0 <= caught.value.offset <= len(data)


def test_xml_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.ubl.xml.LARGEST", 100)
    with pytest.raises(XmlError, match="larger than"):
        parse_xml(b"<a>" + b" " * 100 + b"</a>")
    monkeypatch.setattr("integrations.ubl.xml.LARGEST", 10_000)
    monkeypatch.setattr("integrations.ubl.xml.MOST_ELEMENTS", 10)
    with pytest.raises(XmlError, match="more than 10 elements"):
        parse_xml(b"<a>" + b"<b/>" * 20 + b"</a>")


def test_other_xml_is_no_ubl() -> None:
    with pytest.raises(XmlError, match="no UBL: its root is cXML"):
        read(b"<cXML/>")


def test_another_ubl_document_is_said() -> None:
    result = read(
        ORDER.replace("Order-2", "Quotation-2")
        .replace("<Order ", "<Quotation ")
        .replace("</Order>", "</Quotation>")
        .encode(),
        schema_dir="",
    )
    assert (result.kind, result.document, [f.code for f in result.findings]) == ("Quotation", None, ["unknown-set"])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<cbc:ID>PO-2026-000017</cbc:ID>", "", "missing-segment"),
        ("<cbc:IssueDate>2026-03-01</cbc:IssueDate>", "", "missing-segment"),
        ("2026-03-01<", "2026-02-30<", "bad-date"),
        ("10:15:00Z<", "25:15:00Z<", "bad-time"),
        (">12<", ">twelve<", "bad-number"),
        (">12<", ">NaN<", "bad-number"),
        (">12<", ">1E5<", "bad-number"),
        (">12<", ">\u0661\u0662<", "bad-number"),
        (' unitCode="XCS"', "", "unit-missing"),
    ],
)
def test_each_fault_is_found(old: str, new: str, code: str) -> None:
    assert old in ORDER
    assert code in codes(ORDER.replace(old, new))


def test_the_schemas_of_a_folder_are_checked_too(tmp_path: Path) -> None:
    (tmp_path / "order.xsd").write_text(
        """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"><xsd:element name="Order" type="OrderType"/>
        <xsd:complexType name="OrderType"><xsd:sequence><xsd:element ref="cbc:UUID"/></xsd:sequence></xsd:complexType></xsd:schema>"""
    )
    found = [f.code for f in read(ORDER.encode(), schema_dir=str(tmp_path)).findings]
    assert "missing-segment" in found
    assert read(ORDER.encode(), schema_dir="").findings == ()


def test_a_status_of_a_line_without_a_name_is_read_as_far_as_it_goes() -> None:
    text = (
        '<OrderResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2"><ID>R1</ID>'
        "<IssueDate>2026-03-01+01:00</IssueDate><OrderResponseCode>CA</OrderResponseCode><OrderReference><ID>PO-1</ID></OrderReference>"
        '<OrderLine><LineItem><ID>1</ID><LineStatusCode>{code}</LineStatusCode><Quantity unitCode="C62">5</Quantity></LineItem>{more}</OrderLine>'
        "</OrderResponse>"
    )

    def first(code: str, more: str = "") -> tuple[str, str, UblReading]:
        result = read(text.format(code=code, more=more).encode(), schema_dir="")
        assert isinstance(result.document, OrderAnswer)
        return result.document.lines[0].action, result.document.lines[0].unit, result

    assert first("5")[:2] == ("accepted", "EA")
    assert first("7")[0] == "rejected"
    assert first("3")[0] == "price_changed"
    assert first("3")[2].findings[0].code == "item-status"
    item = "<SellerSubstitutedLineItem><Item><SellersItemIdentification><ID>B</ID></SellersItemIdentification></Item></SellerSubstitutedLineItem>"
    assert first("3", item)[0] == "substituted"
    action, _, result = first("99")
    assert (action, result.broken) == ("rejected", True)


def test_a_total_that_does_not_add_up_is_said_and_kept() -> None:
    text = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>I1</ID><IssueDate>2026-03-01</IssueDate>'
        "<LegalMonetaryTotal><PayableAmount>99</PayableAmount></LegalMonetaryTotal>"
        '<InvoiceLine><ID>1</ID><InvoicedQuantity unitCode="EA">2</InvoicedQuantity><LineExtensionAmount>20</LineExtensionAmount></InvoiceLine></Invoice>'
    )
    result = read(text.encode(), schema_dir="")
    assert isinstance(result.document, InvoiceDoc)
    assert (result.document.total, result.document.lines[0].unit_price) == (Decimal(99), Decimal(10))
    assert [f.code for f in result.findings] == ["total-differs"]


@given(st.data())
def test_damaged_files_are_read_or_refused_and_never_crash(data: st.DataObject) -> None:
    raw = bytearray(ORDER.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))
    try:
        result = read(bytes(raw), schema_dir="")
    except XmlError:
        return
    assert isinstance(result.document, Order) or any(f.severity == "error" for f in result.findings)
