"""What is written as UBL reads back the same, and is as OASIS's schemas want it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.canonical import Acknowledgement, Document, InvoiceDoc, Order, OrderAnswer
from integrations.ubl import UblError, document_bytes, parse_xml, read
from integrations.ubl.oasis import Schemas, schemas_in
from tests.integrations.x12.documents import EVERY
from tests.integrations.x12.samples import SAMPLES
from tests.integrations.x12.test_order import simple

SCHEMAS = SAMPLES.parent / "ubl-xsd-2.1"


def schemas() -> Schemas | None:
    return schemas_in(SCHEMAS) if SCHEMAS.is_dir() else None


def sayable(document: Document) -> Document:
    """UBL's Order is always an original, and its amounts always have a currency."""
    if isinstance(document, Order):
        return replace(document, purpose="original", revision=0, currency=document.currency or "EUR")
    if isinstance(document, (OrderAnswer, InvoiceDoc)):
        return replace(document, currency=document.currency or "EUR")
    return document


def test_the_schemas_are_there() -> None:
    known = schemas()
    if known is None:
        pytest.skip(f"NO UBL SCHEMAS: {SCHEMAS} does not exist, so nothing was checked against OASIS's schemas.")
    assert len(known.sequences) > 200
    assert {"Order", "OrderResponse", "DespatchAdvice", "Invoice", "CreditNote"} <= set(known.types)


@pytest.mark.parametrize("kind", ["order", "order_answer", "ship_notice", "invoice"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(kind: str, data: st.DataObject) -> None:
    document = sayable(data.draw(EVERY[kind]))
    written = document_bytes(document)
    result = read(written, schema_dir="")
    assert result.findings == ()
    assert result.document == document
    if known := schemas():
        assert list(known.faults(parse_xml(written))) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (simple(lines=()), "no lines"),
        (simple(number=""), "without a number"),
        (simple(purpose="cancel"), "cannot say a cancel"),
        (simple(currency=""), "no currency"),
        (simple(number="PO\n1"), "cannot be sent"),
        (simple(lines=(replace(simple().lines[0], unit=""),)), "no unit"),
        (Acknowledgement(functional_id="PO", group_control="1", status="accepted"), "cannot be said in UBL"),
    ],
)
def test_what_ubl_cannot_say_is_refused(document: Document, words: str) -> None:
    with pytest.raises(UblError, match=words):
        document_bytes(document)


def test_what_people_typed_is_escaped() -> None:
    order = simple(notes=('<b> & "quotes" é ü',))
    result = read(document_bytes(order), schema_dir="").document
    assert isinstance(result, Order)
    assert result.notes == order.notes


def test_the_schemas_find_what_is_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "small.xsd").write_text(
        """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">
        <xsd:element name="Order" type="OrderType"/>
        <xsd:complexType name="OrderType"><xsd:sequence>
          <xsd:element ref="cbc:ID"/><xsd:element ref="cbc:Note" minOccurs="0"/><xsd:element ref="cac:Line" maxOccurs="unbounded"/>
        </xsd:sequence></xsd:complexType></xsd:schema>"""
    )
    known = Schemas(tmp_path)

    def codes(inner: str) -> list[str]:
        return [finding.code for finding in known.faults(parse_xml(f"<Order>{inner}</Order>".encode()))]

    assert codes("<ID/><Note/><Line/><Line/>") == []
    assert codes("<ID/><Line/>") == []
    assert codes("<Line/>") == ["missing-segment"]
    assert codes("<ID/>") == ["missing-segment"]
    assert codes("<ID/><Note/><Note/><Line/>") == ["too-many"]
    assert codes("<ID/><Line/><Note/>") == ["out-of-place"]
    assert codes("<ID/><Colour/><Line/>") == ["out-of-place"]
