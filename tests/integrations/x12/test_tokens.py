from __future__ import annotations

import subprocess
import sys
import textwrap
from io import BytesIO
from pathlib import Path

import pytest

from integrations.x12 import X12Error, read, scan
from integrations.x12.tokens import LONGEST_SEGMENT, chunks
from tests.integrations.x12.samples import ISA, SAMPLES, interchange, one

ROOT = Path(__file__).resolve().parents[3]
GOOD = interchange("855", "PR", "BAK*00*AD*PO-1*20260301", "PO1*1*2*BX*10**VN*A1", "ACK*IA*2*BX")

BIG_ORDER = """
    import resource, sys
    from integrations.x12 import scan

    class Order:
        '''An order of a million lines that is never in memory as a whole.'''
        def __init__(self, lines):
            self.parts = self.make(lines)
            self.rest = b""
        def make(self, lines):
            yield b"ISA*00*          *00*          *ZZ*HOSPITALNET    *01*123456789      *260301*1015*U*00401*000000042*0*P*>~"
            yield b"GS*PO*HOSPITAL*SUPPLIER*20260301*1015*7*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260301~"
            for at in range(0, lines, 100):
                each = b"".join(b"PO1*%d*12*CA*48.5**VN*MS-4410*IN*100234~\\nPID*F****Gauze sponge~" % n for n in range(at + 1, at + 101))
                yield each
            yield b"CTT*999999~SE*%d*0001~GE*1*7~IEA*1*000000042~" % (lines * 2 + 4)
        def read(self, size):
            while len(self.rest) < size and (part := next(self.parts, None)):
                self.rest += part
            block, self.rest = self.rest[:size], self.rest[size:]
            return block

    list(scan(Order(1000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (found,) = scan(Order(1_000_000))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (only,) = found.groups[0].sets
    print(only.count, len(only.findings), after - before, [f.code for f in found.all_findings()])
"""


def test_an_order_of_a_million_lines_is_checked_in_bounded_memory() -> None:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(BIG_ORDER)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    count, _, grown, codes = run.stdout.split(maxsplit=3)
    assert int(count) == 2_000_004
    # 999999 lines are announced beside a million: the layout's limit of 100000 lines is the finding.
    assert codes.strip() == "['too-many']"
    assert int(grown) < 50_000, "kilobytes"


def test_scan_finds_what_read_finds() -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"NO SAMPLE FILES: {SAMPLES} does not exist.")
    compared = 0
    for path in sorted(SAMPLES.glob("*")):
        data = path.read_bytes()
        try:
            kept = read(data)
        except X12Error:
            continue
        streamed = list(scan(BytesIO(data)))
        assert [list(each.all_findings()) for each in kept] == [list(each.all_findings()) for each in streamed]
        assert [s.count for i in kept for g in i.groups for s in g.sets] == [
            s.count for i in streamed for g in i.groups for s in g.sets
        ]
        compared += 1
    assert compared > 50


class Drops:
    """A stream that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self.inner = BytesIO(data)

    def read(self, _size: int) -> bytes:
        return self.inner.read(1)


def test_a_stream_may_come_in_drops() -> None:
    other = GOOD.replace("~\n", "\n").replace("*", "|")
    whole = [list(chunk.segments()) for chunk in chunks((GOOD + other).encode())]
    drops = [list(chunk.segments()) for chunk in chunks(Drops((GOOD + other).encode()))]  # type: ignore[arg-type]
    assert drops == whole
    assert len(whole) == 2


def test_every_offset_names_the_byte_where_the_segment_begins() -> None:
    data = ("\ufeff \r\n" + GOOD.replace("A1", "Größe") + GOOD).encode()
    for found in read(data):
        assert data[found.offset : found.offset + 3] == b"ISA"
        for group in found.groups:
            assert data[group.offset : group.offset + 3] == b"GS*"
            for each in group.sets:
                names = [data[at : data.index(b"*", at)].decode() for at in each.offsets]
                assert names == [segment[0] for segment in each.segments]


def test_a_finding_carries_its_byte_and_what_was_expected() -> None:
    text = GOOD.replace("PO1*1*2*", "PO1*1*two*")
    (finding,) = one(text).groups[0].sets[0].findings
    assert text[finding.offset :].startswith("PO1*1*two*")
    assert (finding.code, finding.segment, finding.position, finding.element) == ("bad-number", "PO1", 3, 2)
    assert (finding.value, finding.expected) == ("two", "a decimal number")
    assert finding.advice.startswith("Ask the sender")
    assert finding.plain()["advice"] == finding.advice


def test_lines_wrapped_inside_segments_are_put_together() -> None:
    text = GOOD.replace("PO1*1*2*BX*10**VN*A1", "PO1*1*2*BX*1\r\n0**VN*A1")
    found = one(text)
    assert [f.code for f in found.all_findings()] == ["line-break"]
    assert found.groups[0].sets[0].segments[2] == ["PO1", "1", "2", "BX", "10", "", "VN", "A1"]


def test_a_segment_that_only_ends_with_its_line_is_a_segment() -> None:
    found = one(GOOD.replace("PO1*1*2*BX*10**VN*A1~", "PO1*1*2*BX*10**VN*A1"))
    assert [f.code for f in found.all_findings()] == ["terminator-missing"]
    assert [segment[0] for segment in found.groups[0].sets[0].segments] == ["ST", "BAK", "PO1", "ACK", "SE"]


def test_a_header_wrapped_at_column_eighty_is_read() -> None:
    found = one(GOOD[:80] + "\n" + GOOD[80:])
    assert [f.code for f in found.all_findings()] == ["isa-wrapped"]
    assert found.control == "000000042"


def test_a_segment_without_an_end_is_cut_and_said() -> None:
    text = ISA + "~\nGS*PO*" + "x" * (3 * LONGEST_SEGMENT)
    codes = {finding.code for finding in one(text).all_findings()}
    assert "segment-too-long" in codes


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GS*PO*A*B~", "envelope was cut away"),
        (b"UNA:+.? 'UNB+UNOA:1+A+B'", "looks like EDIFACT"),
        (b"<?xml version='1.0'?><Order/>", "looks like XML"),
        (b"", "empty"),
        (b"\xff\xfeI\0S\0A\0", "UTF-16"),
        (ISA[:70].encode(), "incomplete"),
    ],
)
def test_a_refusal_says_what_the_file_looks_like(data: bytes, words: str) -> None:
    with pytest.raises(X12Error, match=words):
        read(data)
