from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.x12 import (
    Envelope,
    InterchangeAnswer,
    X12Error,
    interchange_answer,
    interchange_answers,
    interchange_answers_bytes,
    read,
)
from tests.integrations.x12.samples import interchange, one

ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("ZZ", "MEDSUPPLY"),
    interchange_control=9,
    group_control=9,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)
GOOD = interchange("855", "PR", "BAK*00*AD*PO-1*20260301")


def test_a_ta1_is_written_and_read() -> None:
    answers = [
        interchange_answer(one(GOOD)),
        interchange_answer(one(GOOD), duplicate=True),
        interchange_answer(one(GOOD.replace("IEA*1*000000042", "IEA*1*000000043"))),
    ]
    data = interchange_answers_bytes(answers, ENVELOPE)
    assert data.decode().split("~\n")[1:-2] == [
        "TA1*000000042*260301*1015*A*000",
        "TA1*000000042*260301*1015*R*025",
        "TA1*000000042*260301*1015*R*001",
    ]
    (back,) = read(data)
    assert not list(back.all_findings())
    assert interchange_answers(back) == answers
    assert answers[1].words == "duplicate interchange control number"


@pytest.mark.parametrize(
    ("old", "new", "status", "note"),
    [
        ("IEA*1*000000042~\n", "", "rejected", "023"),
        ("IEA*1*", "IEA*3*", "accepted_with_errors", "021"),
        ("*000000042*0*P", "*00000004X*0*P", "rejected", "001"),
        ("*260301*1015*U", "*26X301*1015*U", "accepted_with_errors", "014"),
        ("*260301*1015*U", "*260301*10:5*U", "accepted_with_errors", "015"),
        ("*0*P*>", "*0*X*>", "accepted_with_errors", "020"),
        ("*HOSPITALNET    *2", "*HOSPITALNET*2", "accepted_with_errors", "008"),
        ("*00*          *ZZ", "*00**ZZ", "accepted_with_errors", "022"),
    ],
)
def test_each_fault_of_the_envelope_has_its_note(old: str, new: str, status: str, note: str) -> None:
    answer = interchange_answer(one(GOOD.replace(old, new, 1)))
    assert (answer.status, answer.note) == (status, note)


def test_what_is_for_somebody_else_is_rejected() -> None:
    assert interchange_answer(one(GOOD), receiver=("ZZ", "HOSPITALNET")).status == "accepted"
    assert interchange_answer(one(GOOD), receiver=("01", "HOSPITALNET")).note == "007"
    assert interchange_answer(one(GOOD), receiver=("ZZ", "SOMEBODY")).note == "008"


def test_a_control_number_that_is_none_cannot_be_answered() -> None:
    answer = InterchangeAnswer(control="4X", day="260301", clock="1015", status="rejected", note="018")
    with pytest.raises(X12Error, match="not a number"):
        interchange_answers_bytes([answer], ENVELOPE)
    with pytest.raises(X12Error, match="TA102"):
        interchange_answers_bytes([replace(answer, control="42", day="261301")], ENVELOPE)


def test_a_verdict_we_do_not_know_is_left_out() -> None:
    (back,) = read(interchange_answers_bytes([interchange_answer(one(GOOD))], ENVELOPE).replace(b"*A*000", b"*Q*000"))
    assert interchange_answers(back) == []
