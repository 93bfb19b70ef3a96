from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.x12 import X12Error, acknowledge, parse, read
from tests.integrations.x12.samples import ISA, interchange, one

GOOD = interchange("855", "PR", "BAK*00*AD*PO-1*20260301", "PO1*1*2*BX*10**VN*A1", "ACK*IA*2*BX")


def found(text: str) -> set[str]:
    return {finding.code for each in read(text.encode()) for finding in each.all_findings()}


def test_a_right_file_has_no_findings() -> None:
    assert found(GOOD) == set()


def test_envelope_facts_are_read() -> None:
    result = one(GOOD)
    assert result.sender == ("ZZ", "MEDSUPPLY")
    assert result.receiver == ("ZZ", "HOSPITALNET")
    assert (result.control, result.usage) == ("000000042", "P")
    group = result.groups[0]
    assert (group.functional_id, group.sender, group.control, group.version) == ("PR", "MEDSUPPLY", "7", "004010")
    assert (group.sets[0].code, group.sets[0].control) == ("855", "0001")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("IEA*1*000000042", "IEA*1*000000043", "iea-control"),
        ("IEA*1*", "IEA*2*", "iea-count"),
        ("IEA*1*000000042~\n", "", "iea-missing"),
        ("GE*1*7~\n", "", "ge-missing"),
        ("GE*1*7", "GE*1*8", "ge-control"),
        ("GE*1*7", "GE*2*7", "ge-count"),
        ("GE*1*7", "GE**7", "ge-count"),
        ("SE*5*0001~\n", "", "se-missing"),
        ("SE*5*0001", "SE*5*0002", "se-control"),
        ("SE*5*0001", "SE*6*0001", "se-count"),
        ("SE*5*0001", "SE*4*0001", "se-count"),
        ("GS*PR*MEDSUPPLY*HOSPITALNET*20260301*1015*7*X*004010~\n", "", "gs-missing"),
        ("GS*PR*", "GS*IN*", "gs-functional-id"),
        ("ST*855*0001~\n", "", "se-without-st"),
        ("ST*855*0001~\n", "", "segment-outside-set"),
        ("IEA*1*000000042~\n", "IEA*1*000000042~\nsome other text~\n", "text-after-iea"),
        ("IEA*1*000000042~\n", "IEA*1*000000042~\nIEA*1*000000042~\n", "iea-twice"),
        ("IEA*1*000000042~\n", "IEA*1*000000042", "unterminated"),
        ("ISA*00", "hello\nISA*00", "text-before-isa"),
        ("*HOSPITALNET    *2", "*HOSPITALNET*2", "isa-width"),
        ("BAK*00*AD*PO-1", "BAK*00*AD*", "missing-element"),
        ("BAK*00*AD*PO-1*20260301", "BAK*00*AD*PO-1*20260231", "bad-date"),
        ("PO1*1*2*", "PO1*1*two*", "bad-number"),
        ("PO1*1*2*", "PO1*1*.*", "bad-number"),
        ("PO1*1*2*", "PO1*1*٢*", "bad-number"),
        ("BAK*00*AD*PO-1*", f"BAK*00*AD*{'9' * 23}*", "too-long"),
        ("BAK*", "BAX*", "missing-segment"),
        ("PO1*1", "P?1*1", "bad-segment-id"),
    ],
)
def test_each_fault_is_found_and_the_file_is_still_read(old: str, new: str, code: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new)
    assert code in found(text)
    for finding in one(text).all_findings():
        assert finding.message.endswith(".")


def test_control_numbers_that_repeat_are_found() -> None:
    head, middle, tail = GOOD.partition("GE*1*7")
    group = head[head.index("GS*") :] + "GE*1*7~\n"
    assert "gs-duplicate" in found(head + "GE*1*7~\n" + group + "IEA*2*000000042~\n")
    transaction_set = head[head.index("ST*") :]
    assert "st-duplicate" in found(head + transaction_set + (middle + tail).replace("GE*1", "GE*2"))


@pytest.mark.parametrize("terminator", ["~", "!", "$", "|", "\x1c", "\n", "\r\n", "~\r\n", "~\n    ", "'"])
@pytest.mark.parametrize("separator", ["*", "^", "\x1d", "+"])
def test_any_delimiters_are_understood(terminator: str, separator: str) -> None:
    text = GOOD.replace("~\n", terminator).replace("*", separator)
    assert found(text) <= {"unterminated"}
    assert one(text).groups[0].sets[0].segments[1][3] == "PO-1"


def test_a_tilde_may_separate_elements_and_a_star_end_segments() -> None:
    swapped = GOOD.replace("~\n", "!").translate({ord("*"): "~", ord("!"): "*"})
    assert found(swapped) == set()
    delimiters = one(swapped).delimiters
    assert (delimiters.element, delimiters.segment) == ("~", "*")


def test_the_usual_terminator_before_a_line_end_is_no_data_where_it_is_not_the_file_s() -> None:
    text = GOOD.replace("~\n", "$\n").replace("BAK*00*AD*PO-1*20260301$", "BAK*00*AD*PO-1*20260301~")
    assert found(text) == {"terminator-missing"}
    assert one(text).groups[0].sets[0].segments[1][4] == "20260301"


@pytest.mark.parametrize("version", ["00200", "00400", "00401", "00501"])
def test_isa12_and_gs08_may_disagree(version: str) -> None:
    separator = "U" if version < "00402" else "^"
    text = GOOD.replace("*U*00401*", f"*{separator}*{version}*")
    assert found(text) == set()
    result = one(text)
    assert (result.version, result.groups[0].version) == (version, "004010")
    assert result.delimiters.repetition == ("" if separator == "U" else "^")


def test_an_isa_whose_padding_collapsed_is_read() -> None:
    head, rest = GOOD.split("~\n", 1)
    collapsed = "*".join(each.strip() for each in head.split("*"))
    assert found(f"{collapsed}~\n{rest}") == {"isa-width"}
    assert one(f"{collapsed}~\n{rest}").sender == ("ZZ", "MEDSUPPLY")


def test_several_interchanges_with_different_delimiters_are_read() -> None:
    other = GOOD.replace("~\n", "\n").replace("*", "|").replace("000000042", "000000043")
    third = "\r\n  " + GOOD.replace("~\n", "!").replace("000000042", "000000044")
    results = read(("\ufeff \n" + GOOD + other + third).encode())
    assert [each.control for each in results] == ["000000042", "000000043", "000000044"]
    assert [len(each.groups) for each in results] == [1, 1, 1]
    assert all(not list(each.all_findings()) for each in results)


def test_a_broken_interchange_does_not_spoil_its_neighbours() -> None:
    broken = GOOD.replace("IEA*1*000000042~\n", "")
    results = read((GOOD + broken + GOOD).encode())
    assert [{f.code for f in each.all_findings()} for each in results] == [set(), {"iea-missing"}, set()]


def test_the_word_isa_inside_data_begins_no_interchange() -> None:
    text = GOOD.replace("PO1*1*2*BX*10**VN*A1", "PO1*1*2*BX*10**VN*VISA*IN*9")
    assert found(text) == set()


def test_isa16_may_be_missing() -> None:
    for gap in ("", "\n"):
        text = GOOD.replace("~\n", f"~{gap}").replace(f"*P*>~{gap}", f"*P*~{gap}", 1)
        assert one(text).delimiters.segment == "~"
        assert found(text) == {"isa-width"}


def test_latin_1_is_read_with_a_finding() -> None:
    (result,) = read(GOOD.replace("A1", "Größe").encode("latin-1"))
    assert {finding.code for finding in result.all_findings()} == {"encoding"}
    assert result.groups[0].sets[0].segments[2][7] == "Größe"


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"hello", b"UNB+UNOA:1+A+B'", b"<xml/>", ISA[:60].encode(), b"ISA" * 500]
)
def test_what_is_no_x12_is_refused_with_an_offset(data: bytes) -> None:
    with pytest.raises(X12Error) as caught:
        read(data)
    assert 0 <= caught.value.offset <= len(data)


@given(st.data())
def test_damaged_files_are_read_or_refused_and_never_crash(data: st.DataObject) -> None:
    raw = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=6))
    try:
        results = read(bytes(raw))
    except X12Error:
        return
    for result in results:
        for group in result.groups:
            acknowledge(group)
            for each in group.sets:
                parse(each)


def test_hostile_repetition_stays_linear() -> None:
    text = ISA + "~\n" + "  ISA*" * 100_000
    started = time.process_time()
    read(text.encode())
    assert time.process_time() - started < 3
