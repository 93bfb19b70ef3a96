"""What is written as UBL reads back the same, and is as OASIS's schemas want it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.canonical import Acknowledgement, Document, InvoiceDoc, Order, OrderAnswer, revised
from integrations.ubl import UblError, document_bytes, read
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import parse_tree
from tests.integrations.x12.documents import EVERY
from tests.integrations.x12.samples import SAMPLES
from tests.integrations.x12.test_order import simple

SCHEMAS = SAMPLES.parent / "ubl-xsd-2.1"


def sayable(document: Document) -> Document:
    """UBL's Order is always an original, and its amounts always have a currency."""
    if isinstance(document, Order):
        return revised(document, purpose="original", revision=0, currency=document.currency or "EUR")
    if isinstance(document, (OrderAnswer, InvoiceDoc)):
        return revised(document, currency=document.currency or "EUR")
    return document


def test_the_schemas_are_there() -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"NO UBL SCHEMAS: {SCHEMAS} does not exist, so nothing was checked against OASIS's schemas.")
    for kind in ("Order", "OrderResponse", "DespatchAdvice", "Invoice", "CreditNote"):
        assert (SCHEMAS / "maindoc" / f"UBL-{kind}-2.1.xsd").is_file()


@pytest.mark.parametrize("kind", ["order", "order_answer", "ship_notice", "invoice"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(kind: str, data: st.DataObject) -> None:
    document = sayable(data.draw(EVERY[kind]))
    written = document_bytes(document)
    result = read(written, schema_dir="")
    assert result.findings == ()
    assert result.document == document
    if SCHEMAS.is_dir():
        assert list(schema_faults(parse_tree(written), SCHEMAS)) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (simple(lines=()), "no lines"),
        (simple(number=""), "without a number"),
        (simple(purpose="cancel"), "cannot say a cancel"),
        (simple(currency=""), "no currency"),
        (simple(number="PO\n1"), "cannot be sent"),
        (simple(lines=(revised(simple().lines[0], unit=""),)), "no unit"),
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
