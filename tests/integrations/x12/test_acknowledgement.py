from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.canonical import Acknowledgement
from integrations.x12 import Envelope, acknowledge, acknowledgement_bytes, parse, read
from tests.integrations.x12.samples import interchange, one

ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("ZZ", "MEDSUPPLY"),
    interchange_control=9,
    group_control=9,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)
BODY = ("BAK*00*AD*PO-1*20260301", "PO1*1*2*BX*10**VN*A1", "ACK*IA*2*BX")
GOOD = interchange("855", "PR", *BODY)


def written(text: str, refused: tuple[str, ...] = ()) -> list[str]:
    answer = acknowledge(one(text).groups[0], refused)
    data = acknowledgement_bytes({1: answer}, ENVELOPE)
    (back,) = read(data)
    assert not list(back.all_findings())
    assert parse(back.groups[0].sets[0]).document == answer
    segments = data.decode().split("~\n")
    return segments[3:-4]


def test_a_right_group_is_accepted() -> None:
    assert written(GOOD) == ["AK1*PR*7", "AK2*855*0001", "AK5*A", "AK9*A*1*1*1"]


def test_faults_are_named_with_segment_and_element() -> None:
    text = GOOD.replace("PO1*1*2*", "PO1*1*two*").replace("*20260301", "*20260231")
    assert written(text) == [
        "AK1*PR*7",
        "AK2*855*0001",
        "AK3*BAK*2**8",
        "AK4*4*373*8*20260231",
        "AK3*PO1*3**8",
        "AK4*2*330*6*two",
        "AK5*E*5",
        "AK9*E*1*1*1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("*10**VN*A1", "*10**VN", ["AK3*PO1*3**8", "AK4*7*234*2"]),
        ("ACK*IA*2*BX", "ACK*IA*2*BX~\nQTY*17*5*EA*text", ["AK3*QTY*5**8", "AK4*2*380*10"]),
        ("BAK*00*AD*PO-1*20260301", "BAK*00*AD*PO-1*20260301~\nBAK*00*AD*PO-1*20260301", ["AK3*BAK*3**5"]),
        ("ACK*IA*2*BX", "ACK*IA*2*BX~\nCUR*BY*USD~\nCTT*1~\nACK*IA*2*BX", ["AK3*CUR*5**7", "AK3*ACK*7**7"]),
        ("PO1*1*2*BX*10**VN*A1", "PO1*1*2*Q7*10**VN*A1", []),
        ("PO1*1*2*BX*10**VN*A1", "PO1*1*2*BOX*10**VN*A1", ["AK3*PO1*3**8", "AK4*3*355*5*BOX"]),
        ("*AD*PO-1*", "*AD**", ["AK3*BAK*2**8", "AK4*3*324*1"]),
    ],
)
def test_what_does_not_go_together_or_stands_elsewhere_is_named(old: str, new: str, detail: list[str]) -> None:
    text = GOOD.replace(old, new)
    added = text.count("~\n") - GOOD.count("~\n")
    segments = written(text.replace("SE*5*", f"SE*{5 + added}*"))
    assert segments[2:-2] == detail
    assert segments[-2:] == (["AK5*E*5", "AK9*E*1*1*1"] if detail else ["AK5*A", "AK9*A*1*1*1"])


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("SE*5*0001", "SE*6*0001", "AK5*R*4"),
        ("SE*5*0001", "SE*5*0009", "AK5*R*3"),
        ("SE*5*0001~\n", "", "AK5*R*2"),
    ],
)
def test_a_broken_set_is_rejected(old: str, new: str, verdict: str) -> None:
    assert written(GOOD.replace(old, new))[2:] == [verdict, "AK9*R*1*1*0"]


def test_some_sets_rejected_is_a_partial_acceptance() -> None:
    second = "ST*855*0002~\nBAK*00*AD*PO-2*20260301~\nSE*99*0002~\nGE*2*7"
    assert written(GOOD.replace("GE*1*7", second)) == [
        "AK1*PR*7",
        "AK2*855*0001",
        "AK5*A",
        "AK2*855*0002",
        "AK5*R*4",
        "AK9*P*2*2*1",
    ]


def test_group_faults_are_named() -> None:
    assert written(GOOD.replace("GE*1*7", "GE*2*8"))[-1] == "AK9*E*2*1*1*4*5"


def test_policy_can_refuse_a_set() -> None:
    assert written(GOOD, ("0001",))[-2:] == ["AK5*R", "AK9*R*1*1*0"]


def test_a_missing_segment_is_named() -> None:
    assert "AK3*BAK*2**3" in written(interchange("855", "PR", *BODY[1:]))


def test_a_997_from_outside_is_read() -> None:
    body = (
        "AK1*PO*17",
        "AK2*850*0001",
        "AK3*PO1*8**8",
        "AK4*2*330*6*x",
        "AK5*R*5",
        "AK2*850*0002",
        "AK5*A",
        "AK9*P*2*2*1",
    )
    result = parse(one(interchange("997", "FA", *body)).groups[0].sets[0])
    doc = result.document
    assert isinstance(doc, Acknowledgement)
    assert (doc.functional_id, doc.group_control, doc.status) == ("PO", "17", "partially")
    assert (doc.included, doc.received, doc.accepted) == (2, 2, 1)
    assert [(each.control, each.status) for each in doc.sets] == [("0001", "rejected"), ("0002", "accepted")]
    error = doc.sets[0].errors[0]
    assert (error.segment, error.position, error.element, error.code, error.value) == ("PO1", 8, 2, "6", "x")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("A", "accepted"),
        ("E", "accepted_with_errors"),
        ("M", "rejected"),
        ("R", "rejected"),
        ("W", "rejected"),
        ("X", "rejected"),
        ("P", "partially"),
    ],
)
def test_each_verdict_has_its_meaning(code: str, status: str) -> None:
    of_set = "A" if code == "P" else code
    body = ("AK1*PO*17", "AK2*850*0001", f"AK5*{of_set}", f"AK9*{code}*1*1*1")
    doc = parse(one(interchange("997", "FA", *body)).groups[0].sets[0]).document
    assert isinstance(doc, Acknowledgement)
    assert (doc.status, doc.sets[0].status) == (status, "accepted" if code == "P" else status)


def test_a_verdict_we_do_not_know_is_no_verdict() -> None:
    assert parse(one(interchange("997", "FA", "AK1*PO*17", "AK9*Q*1*1*1")).groups[0].sets[0]).document is None


def test_a_set_without_a_verdict_is_an_error() -> None:
    result = parse(one(interchange("997", "FA", "AK1*PO*17", "AK2*850*0001", "AK9*A*1*1*1")).groups[0].sets[0])
    assert result.broken
