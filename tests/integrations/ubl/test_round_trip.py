"""What is written as UBL reads back the same, and is as OASIS's schemas want it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.canonical import Acknowledgement, AnswerLine, Document, InvoiceDoc, Order, OrderAnswer, Party, revised
from integrations.ubl import UblError, document_bytes, read
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import parse_tree
from tests.integrations.x12.documents import EVERY
from tests.integrations.x12.samples import SAMPLES
from tests.integrations.x12.test_order import simple

SCHEMAS = SAMPLES.parent / "ubl-xsd-2.1"


def sayable(document: Document) -> Document:
    """Amounts always have a currency, only a change has a number, and a cancellation is about the order as a whole."""
    if isinstance(document, Order) and document.purpose == "cancel":
        return revised(document, lines=(), currency="", ship_to=Party(), requested_date=None, revision=0)
    if isinstance(document, Order):
        revision = document.revision if document.purpose == "change" else 0
        return revised(document, revision=revision, currency=document.currency or "EUR")
    if isinstance(document, (OrderAnswer, InvoiceDoc)):
        return revised(document, currency=document.currency or "EUR")
    return document


def test_the_schemas_are_there() -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"NO UBL SCHEMAS: {SCHEMAS} does not exist, so nothing was checked against OASIS's schemas.")
    for kind in (
        "Order",
        "OrderChange",
        "OrderCancellation",
        "OrderResponse",
        "DespatchAdvice",
        "Invoice",
        "CreditNote",
    ):
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
        (simple(purpose="change", lines=()), "no lines"),
        (simple(purpose="cancel", number=""), "does not name its order"),
        (simple(currency=""), "no currency"),
        (simple(number="PO\n1"), "cannot be sent"),
        (simple(lines=(revised(simple().lines[0], unit=""),)), "no unit"),
        (Acknowledgement(functional_id="PO", group_control="1", status="accepted"), "cannot be said in UBL"),
    ],
)
def test_what_ubl_cannot_say_is_refused(document: Document, words: str) -> None:
    with pytest.raises(UblError, match=words):
        document_bytes(document)


def test_a_yes_to_all_that_was_ordered_needs_no_quantity() -> None:
    line = AnswerLine(line_number=1, identity=simple().lines[0].identity, action="accepted", quantity=None, unit="")
    answer = OrderAnswer(
        order_number="PO-1", status="changed", lines=(line,), answered_on=date(2026, 3, 2), currency="EUR"
    )
    written = document_bytes(answer)
    assert b"Quantity" not in written
    assert read(written, schema_dir="").document == answer


def test_what_people_typed_is_escaped() -> None:
    order = simple(notes=('<b> & "quotes" é ü',))
    result = read(document_bytes(order), schema_dir="").document
    assert isinstance(result, Order)
    assert result.notes == order.notes


def test_a_change_says_which_order_it_changes_when_and_how() -> None:
    one = simple().lines[0]
    off = revised(one, line_number=2, quantity=Decimal(0))
    changed = simple(purpose="change", revision=3, lines=(one, off), urgent=True)
    at = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    text = document_bytes(changed, None, at).decode()
    assert "<cbc:ID>PO-2026-000017-3</cbc:ID><cbc:IssueDate>2026-03-09</cbc:IssueDate>" in text
    assert "<cbc:SequenceNumberID>3</cbc:SequenceNumberID>" in text
    assert "<cac:OrderReference><cbc:ID>PO-2026-000017</cbc:ID><cbc:IssueDate>2026-03-01</cbc:IssueDate>" in text
    assert text.count("<cbc:LineStatusCode>3</cbc:LineStatusCode>") == text.count("<cbc:LineStatusCode>2<") == 1
    assert read(text.encode(), schema_dir="").document == changed


def test_a_line_that_is_taken_off_needs_no_quantity() -> None:
    text = (
        document_bytes(simple(purpose="change", revision=1))
        .decode()
        .replace(">3</cbc:LineStatusCode>", ">2</cbc:LineStatusCode>")
    )
    without = re.sub(r"<cbc:Quantity[^>]*>[^<]*</cbc:Quantity>", "", text)
    result = read(without.encode(), schema_dir="")
    assert isinstance(result.document, Order)
    assert [line.quantity for line in result.document.lines] == [0]
    assert result.findings == ()


def test_a_plain_yes_or_no_is_an_answer_without_lines() -> None:
    path = SAMPLES / "ubl__raw_xml_UBL-OrderResponseSimple-2.1-Example.xml"
    if not path.is_file():
        pytest.skip(f"NO SAMPLE FILES: {SAMPLES} does not exist.")
    text = path.read_text()
    for told, status in (("true", "accepted"), ("false", "rejected")):
        found = read(
            text.replace(">true</cbc:AcceptedIndicator>", f">{told}</cbc:AcceptedIndicator>").encode(), schema_dir=""
        )
        assert isinstance(found.document, OrderAnswer)
        assert (found.document.status, found.document.lines, found.findings) == (status, (), ())
    odd = read(text.replace(">true</cbc:AcceptedIndicator>", ">maybe</cbc:AcceptedIndicator>").encode(), schema_dir="")
    assert (odd.document, odd.findings[0].code) == (None, "verdict")
