"""From bytes to segments. A segment is a list of texts: its id, then its elements; `segment[3]` is element 03.

Lists and not objects: a partner's monthly file has a million of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from integrations.x12.findings import Finding, X12Error

Segment: TypeAlias = list[str]

BLANKS: Final = " \t\r\n\x00\x1a\u00a0\ufeff"
ISA_WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA_ELEMENTS: Final = 16
# An ISA with every element far too long still ends inside this.
_ISA_REACH: Final = 400
_ISA_START: Final = re.compile(r"ISA([^A-Za-z0-9 \t\r\n\-.])")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that separate elements, components and segments in one interchange."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"

    def inside(self, text: str) -> str:
        """The first delimiter that occurs in `text`, or an empty string."""
        return next((char for char in (self.element, self.component, self.segment) if char in text), "")


@dataclass(slots=True)
class Chunk:
    """The text of one interchange: its ISA elements, its segments after the ISA, and what was odd about the ISA."""

    offset: int
    delimiters: Delimiters
    isa: Segment
    body: str
    findings: list[Finding] = field(default_factory=list)

    def segments(self) -> Iterator[Segment]:
        """Every segment after the ISA, blanks around them dropped. Reads on demand."""
        element = self.delimiters.element
        for raw in self.body.split(self.delimiters.segment):
            text = raw.strip(BLANKS)
            if text:
                yield text.split(element)

    @property
    def terminated(self) -> bool:
        """Whether the last segment has its terminator."""
        return not self.body[self.body.rfind(self.delimiters.segment) + 1 :].strip(BLANKS)


def decode(data: bytes) -> tuple[str, list[Finding]]:
    """The text of a file: UTF-8 (with or without byte order mark), else Latin-1 with a finding. Never fails."""
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as fault:
        message = f"Byte {fault.start} is not UTF-8; the file was read as Latin-1."
        return data.decode("latin-1"), [Finding("encoding", message, "warning")]


def chunks(text: str) -> Iterator[Chunk]:
    """The interchanges of a text, one after the other, each with its own delimiters.

    Raises `X12Error` where there is no readable ISA at all; text before the first one is a finding on it.
    """
    start, before = _next_isa(text, 0), []
    if start < 0:
        begin = len(text) - len(text.lstrip(BLANKS))
        cut = text.startswith("ISA", begin)
        reason = "The ISA segment is incomplete" if cut else "There is no ISA segment"
        raise X12Error(f"{reason}: this cannot be read as X12.", begin)
    if text[:start].strip(BLANKS):
        before = [Finding("text-before-isa", f"{start} characters stand before the ISA and were skipped.", "warning")]
    while start >= 0:
        chunk, body_start = _read_isa(text, start)
        end = _next_isa(text, body_start, chunk.delimiters.segment)
        chunk.body = text[body_start : end if end >= 0 else len(text)]
        chunk.findings[:0], before = before, []
        yield chunk
        start = end


def _next_isa(text: str, start: int, terminator: str = "\n") -> int:
    """Where the next ISA header begins at or after `start`, or -1: at a segment's start, with sixteen separators after it."""
    while match := _ISA_START.search(text, start):
        begin = match.start()
        if (
            _starts_segment(text, begin, terminator)
            and text.count(match[1], begin, begin + _ISA_REACH) >= _ISA_ELEMENTS
        ):
            return begin
        start = match.end()
    return -1


def _starts_segment(text: str, begin: int, terminator: str) -> bool:
    """Whether only blanks stand between `begin` and the start, a line end or the terminator."""
    at = begin - 1
    while at >= 0 and text[at] in BLANKS:
        if text[at] in "\r\n":
            return True
        at -= 1
    return at < 0 or text[at] == terminator


def _read_isa(text: str, start: int) -> tuple[Chunk, int]:
    """The chunk of the ISA at `start` (its body still empty), and where its body begins."""
    separator = text[start + 3]
    head = text[start : start + _ISA_REACH].split(separator, _ISA_ELEMENTS)[:_ISA_ELEMENTS]
    tail = start + sum(map(len, head)) + _ISA_ELEMENTS
    component, terminator, body_start = _closing(text, tail, separator)
    isa = [part.strip(BLANKS) for part in head] + [component]
    chunk = Chunk(start, Delimiters(separator, component, terminator), isa, "")
    widths = (*map(len, head[1:]), len(component))
    for number, (width, wanted) in enumerate(zip(widths, ISA_WIDTHS, strict=True), start=1):
        if width != wanted:
            message = f"ISA{number:02} is {width} characters wide instead of {wanted}."
            chunk.findings.append(
                Finding("isa-width", message, "warning", "ISA", 1, number, head[number] if number < 16 else "")
            )
    return chunk, body_start


def _closing(text: str, tail: int, separator: str) -> tuple[str, str, int]:
    """Component separator, segment terminator and start of the body, from the two characters that close an ISA."""
    component, terminator, next_one = text[tail : tail + 1], text[tail + 1 : tail + 2], text[tail + 2 : tail + 3]
    if not terminator:
        return component, "~", tail + 1
    if terminator in "\r\n":
        line_end = "\n" if terminator == "\n" or next_one == "\n" else "\r"
        begin = text.find(line_end, tail) + 1
        following = text[begin : text.find(line_end, begin)].rstrip("\r")
        if component and following.endswith(component):
            # ISA16 is missing: what looked like it is the terminator that also ends the next line.
            return "", component, tail + 1
        return component, line_end, tail + 1
    if terminator.isalnum() or terminator == separator:
        # "…*P*~GS*": ISA16 is missing and the segment after the ISA follows at once.
        return "", component, tail + 1
    return component, terminator, tail + 2
