"""Where segments may stand, what goes together, and which codes are known."""

from __future__ import annotations

import pytest

from integrations.x12.advice import ADVICE
from integrations.x12.checker import MOST_FINDINGS, SetChecker, validate
from integrations.x12.findings import Finding
from integrations.x12.segments import SEGMENTS
from integrations.x12.structure import layout_of
from integrations.x12.transactions import TRANSACTIONS

BEG = "BEG*00*SA*PO-1**20260301"
PO1 = "PO1*1*2*BX*10**VN*A1"


def found(*body: str, code: str = "850", version: str = "004010") -> list[Finding]:
    segments = [f"ST*{code}*0001", *body, f"SE*{len(body) + 2}*0001"]
    return validate(code, [segment.split("*") for segment in segments], version=version)


def codes(*body: str, code: str = "850", version: str = "004010") -> list[str]:
    return [finding.code for finding in found(*body, code=code, version=version)]


@pytest.mark.parametrize("code", TRANSACTIONS)
def test_every_segment_of_a_layout_has_a_place_that_can_be_reached(code: str) -> None:
    layout = layout_of(code)
    assert layout is not None
    assert layout.slots[0].name == "ST"
    assert layout.slots[-1].name == "SE"
    assert {slot.name for slot in layout.slots if slot.mandatory} <= set(SEGMENTS)


def test_a_right_order_has_no_findings() -> None:
    head = (
        "CUR*BY*USD",
        "REF*IA*1",
        "DTM*002*20260301",
        "N9*ZZ*1",
        "MSG*hello",
        "N1*ST*Dock*92*D4",
        "N3*Street",
        "N4*Town",
    )
    line = (PO1, "PID*F****Gauze", "REF*CT*1", "SAC*C*D240***100", "SCH*1*EA***002*20260301", "N1*ST*Dock*92*D5")
    assert codes(BEG, *head, *line, *line, "CTT*2", "AMT*TT*20") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ((PO1,), ["missing-segment"]),
        ((BEG,), ["missing-segment"]),
        ((BEG, BEG, PO1), ["too-many"]),
        ((BEG, PO1, "CTT*1", PO1), ["out-of-place"]),
        ((BEG, PO1, "BSN*00*S1*20260301*1200"), ["unused-segment"]),
        ((BEG, PO1, "N9*ZZ*1", "CUR*BY*USD"), ["out-of-place"]),
        ((BEG, PO1, "CTT*1", "CTT*1"), ["too-many"]),
        ((BEG, *["PER*OC*A"] * 5, PO1), ["too-many"]),
        ((BEG, "DTM*002*20260301", "CUR*BY*USD", PO1), ["out-of-place"]),
    ],
)
def test_what_stands_in_the_wrong_place_is_found(body: tuple[str, ...], expected: list[str]) -> None:
    assert codes(*body) == expected


def test_a_segment_that_comes_late_is_not_missing() -> None:
    head = ("BIG*20260301*I-1", "IT1*1*1*EA*1", "ISS*1*EA*1*LB")
    assert codes(*head, "TDS*100", "CTT*1", code="810") == ["out-of-place"]
    assert codes(*head, "CTT*1", code="810") == ["missing-segment"]


def test_loops_count_their_rounds_afresh_in_every_outer_round() -> None:
    line = (PO1, *["SCH*1*EA***002*20260301"] * 150)
    assert codes(BEG, *line, *line) == []
    assert codes(BEG, PO1, *["SCH*1*EA***002*20260301"] * 201) == ["too-many"]


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("PO1*1*2*BX*10**VN", "PO106 and PO107 go together: all of them or none."),
        ("PO1*1**BX*10**VN*A", "PO103 stands there, so PO102 must too."),
        ("PO1*1*2*BX**CA*VN*A", "PO105 stands there, so PO104 must too."),
        ("N1*ST", "At least one of N102, N103 is needed."),
        ("N1*ST*Dock*92", "N103 and N104 go together: all of them or none."),
        ("QTY*17*5*EA*text", "Only one of QTY02, QTY04 may stand there."),
        ("ITD*01*3*2", "ITD03 stands there, so one of ITD04, ITD05, ITD13 must too."),
    ],
)
def test_syntax_notes_are_kept(segment: str, expected: str) -> None:
    checker = SetChecker("")
    checker.feed(segment.split("*"), segment, "*", 7)
    (finding,) = checker.findings
    assert (finding.code, finding.message, finding.offset) == ("syntax-note", expected, 7)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("PO1*1*NaN*BX*10**VN*A", "bad-number"),
        ("PO1*1*1E5*BX*10**VN*A", "bad-number"),
        ("PO1*1*1,5*BX*10**VN*A", "bad-number"),
        ("PO1*1*٢*BX*10**VN*A", "bad-number"),
        ("PO1*1*+2*BX*10**VN*A", "bad-number"),
        ("PO1*1*-*BX*10**VN*A", "bad-number"),
        ("PO1*1*-.*BX*10**VN*A", "bad-number"),
        ("PO1*1*1234567890123456*BX*10**VN*A", "too-long"),
        ("PO1*1*2*BOX*10**VN*A", "too-long"),
        ("PO1*1*2*Q7*10**VN*A", "unknown-code"),
        ("TDS*12.50", "bad-number"),
        ("DTM*002*20260229", "bad-date"),
        ("DTM*002*20261301", "bad-date"),
        ("DTM*002*20260301*2460", "bad-time"),
        ("BEG*00*SA***20260301", "missing-element"),
        ("BEG*00*SA*   **20260301", "missing-element"),
        ("AK1*PO*1*1*2*3", "too-many-elements"),
        ("AK2*850*1", "too-short"),
    ],
)
def test_elements_are_what_they_are_declared_to_be(segment: str, expected: str) -> None:
    checker = SetChecker("")
    checker.feed(segment.split("*"), segment, "*")
    assert expected in [finding.code for finding in checker.findings]


@pytest.mark.parametrize(
    "segment",
    [
        "PO1*1*.5*BX*-10.*CA*VN*A",
        "PO1*1*123456789012345*BX",
        "DTM*002*20280229*235959",
        "DTM*002*20260331",
        "PO1*1*2",
        "TDS*-1250",
    ],
)
def test_what_is_unusual_and_right_is_right(segment: str) -> None:
    checker = SetChecker("")
    checker.feed(segment.split("*"), segment, "*")
    assert checker.findings == []


def test_a_partner_has_codes_of_its_own() -> None:
    line = PO1.replace("BX", "Q7")
    checker = SetChecker("", extensions=(("355", ("Q7",)),))
    checker.feed(line.split("*"), line, "*")
    assert checker.findings == []


def test_lengths_follow_the_version() -> None:
    reference = f"REF*IA*{'9' * 40}"
    assert codes(BEG, reference, PO1) == ["too-long"]
    assert codes(BEG, reference, PO1, version="005010") == []
    old_day = BEG.replace("20260301", "990301")
    assert codes(old_day, PO1) == ["too-short"]
    assert codes(old_day, PO1, version="003040") == []


def test_findings_are_bounded_and_an_error_is_never_lost() -> None:
    bad = PO1.replace("*2*", "*x*")
    many = found(BEG, *[bad] * (MOST_FINDINGS + 5))
    assert [each.code for each in many[MOST_FINDINGS:]] == ["more-findings"]
    assert many[-1].severity == "warning"
    late = found(*["PER*OC*A*TE"] * (MOST_FINDINGS + 5))
    assert "error" in {each.severity for each in late}


def test_every_finding_has_advice_of_its_own() -> None:
    for code in (
        "bad-number",
        "missing-segment",
        "se-count",
        "iea-control",
        "unknown-set",
        "syntax-note",
        "out-of-place",
    ):
        assert code in ADVICE
    assert Finding("something-new", "…").advice == "Ask the sender what is meant."
