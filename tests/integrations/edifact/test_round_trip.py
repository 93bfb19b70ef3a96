"""What is written as EDIFACT reads back the same, under any service characters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.canonical import Acknowledgement, Document, ItemIdentity, Order, revised
from integrations.edifact import EdifactEnvelope, EdifactError, ServiceCharacters, document_bytes, parse, read
from tests.integrations.x12.documents import EVERY
from tests.integrations.x12.test_order import simple

ENVELOPE = EdifactEnvelope(
    sender=("14", "4000001000005"),
    receiver=("14", "8716106053841"),
    reference="42",
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)
CHARS = [ServiceCharacters(), ServiceCharacters("|", "*", ",", "\\", "~"), ServiceCharacters(":", "+", ".", "?", "\n")]


def sayable(document: Document) -> Document:
    """An original has no number of a change."""
    original = isinstance(document, Order) and document.purpose == "original"
    return revised(document, revision=0) if original else document


@pytest.mark.parametrize("kind", ["order", "order_answer", "ship_notice", "invoice"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(kind: str, data: st.DataObject) -> None:
    document = sayable(data.draw(EVERY[kind]))
    chars = data.draw(st.sampled_from(CHARS[:2]))
    (interchange,) = read(document_bytes(document, replace(ENVELOPE, chars=chars)))
    (message,) = interchange.messages
    assert interchange.findings == []
    assert message.findings == []
    result = parse(message)
    assert result.findings == ()
    assert result.document == document


def test_service_characters_in_data_are_released() -> None:
    order = simple(number="PO+17:3?'", notes=("What's up? 1+1:2",))
    data = document_bytes(order, ENVELOPE)
    assert b"BGM+220+PO?+17?:3???'+9'" in data
    result = parse(read(data)[0].messages[0]).document
    assert isinstance(result, Order)
    assert (result.number, result.notes) == (order.number, order.notes)


def test_an_order_looks_as_partners_expect() -> None:
    lines = document_bytes(simple(), ENVELOPE).decode("latin-1").split("'\n")
    assert lines[:5] == [
        "UNA:+.? ",
        "UNB+UNOC:3+4000001000005:14+8716106053841:14+260301:1015+42",
        "UNH+1+ORDERS:D:96A:UN",
        "BGM+220+PO-2026-000017+9",
        "DTM+137:20260301101500:204",
    ]
    assert "NAD+BY+0614141000012::9++St. Mary Hospital" in lines
    assert "LIN+1++10614141000415:SRV" in lines
    assert "PIA+5+MS-4410:SA+100234:IN+4410:MF" in lines
    assert "QTY+21:12:XCS" in lines


def test_a_change_is_an_ordchg_that_names_its_order() -> None:
    one = simple().lines[0]
    off = revised(one, line_number=2, quantity=Decimal(0))
    changed = simple(purpose="change", revision=3, lines=(one, off), urgent=True, notes=())
    data = document_bytes(changed, replace(ENVELOPE, at=datetime(2026, 3, 9, 8, 30, tzinfo=UTC)))
    lines = data.decode("latin-1").split("'\n")
    assert lines[2:7] == [
        "UNH+1+ORDCHG:D:96A:UN",
        "BGM+230:::RUSH ORDER+PO-2026-000017-3+4",
        "DTM+137:20260309083000:204",
        "RFF+ON:PO-2026-000017::3",
        "DTM+171:20260301101500:204",
    ]
    assert [line for line in lines if line.startswith("LIN")] == [
        "LIN+1+3+10614141000415:SRV",
        "LIN+2+2+10614141000415:SRV",
    ]
    result = parse(read(data)[0].messages[0]).document
    assert isinstance(result, Order)
    assert revised(result, buyer=changed.buyer) == changed


def test_an_ordchg_without_its_order_is_refused() -> None:
    data = document_bytes(simple(purpose="cancel"), ENVELOPE).replace(b"RFF+ON:", b"RFF+CT:")
    result = parse(read(data)[0].messages[0])
    assert result.document is None
    assert [finding.code for finding in result.findings] == ["order-missing"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (simple(lines=()), "no lines"),
        (simple(number=""), "without a number"),
        (simple(number="PO\n1"), "cannot be sent"),
        (simple(number="PO\x01"), "cannot be sent"),
        (simple(number="PO\u0416"), "cannot be sent"),
        (simple(lines=(revised(simple().lines[0], unit=""),)), "no unit"),
        (simple(lines=(revised(simple().lines[0], identity=ItemIdentity(others={"UDI-DI": "1"})),)), "UDI-DI"),
        (Acknowledgement(functional_id="PO", group_control="1", status="accepted"), "cannot be said in EDIFACT"),
    ],
)
def test_what_edifact_cannot_say_is_refused(document: Document, words: str) -> None:
    with pytest.raises(EdifactError, match=words):
        document_bytes(document, ENVELOPE)
