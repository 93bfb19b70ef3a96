"""What is written reads back the same: every document that X12 can say, in both versions, under any delimiters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.canonical import Acknowledgement, Receipt
from integrations.x12 import Delimiters, Envelope, Profile, X12Error, document_bytes, parse, read
from tests.integrations.x12.documents import EVERY, UNITS

ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("01", "123456789"),
    interchange_control=42,
    group_control=7,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)
DELIMITERS = [Delimiters(), Delimiters("|", "^", "!"), Delimiters("\x1d", "\x1f", "\x1c"), Delimiters("*", ":", "\n")]


@pytest.mark.parametrize("version", ["004010", "005010"])
@pytest.mark.parametrize("kind", EVERY)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(kind: str, version: str, data: st.DataObject) -> None:
    document = data.draw(EVERY[kind])
    envelope = replace(ENVELOPE, version=version, delimiters=data.draw(st.sampled_from(DELIMITERS)))
    profile = Profile(units=UNITS)
    written = document_bytes(document, envelope, 1, profile)
    (interchange,) = read(written, profile.extensions)
    assert not list(interchange.all_findings())
    result = parse(interchange.groups[0].sets[0], profile)
    assert result.document == document
    assert {finding.severity for finding in result.findings} <= {"info"}


def test_since_005010_there_is_a_repetition_separator() -> None:
    answer = Acknowledgement(
        functional_id="PO", group_control="7", status="accepted", included=1, received=1, accepted=1
    )
    old, new = (document_bytes(answer, replace(ENVELOPE, version=version)) for version in ("004010", "005010"))
    assert b"*U*00401*" in old
    assert b"*^*00501*" in new
    assert [read(each)[0].delimiters.repetition for each in (old, new)] == ["", "^"]
    crossed = replace(ENVELOPE, version="005010", delimiters=Delimiters("^"))
    assert read(document_bytes(answer, crossed))[0].delimiters.repetition == "`"


def test_what_has_no_transaction_set_is_refused() -> None:
    receipt = Receipt(number="R-1", order_number="PO-1", received_at=datetime(2026, 3, 1, tzinfo=UTC), lines=())
    with pytest.raises(X12Error, match=r"This document \(receipt\) cannot be said in X12"):
        document_bytes(receipt, ENVELOPE)
