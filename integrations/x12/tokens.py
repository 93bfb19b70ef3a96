"""From bytes to segments, in bounded memory. A segment is a list of texts: its id, then its elements; `segment[3]` is element 03.

Lists and not objects: a partner's monthly file has a million of them. The bytes are handled as Latin-1 text, one character per
byte, so that every offset is exact; only segments outside of ASCII are decoded (as UTF-8, else they stay Latin-1 with a finding).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final, TypeAlias

from integrations.x12.findings import Finding, Severity, X12Error

Segment: TypeAlias = list[str]

BLANKS: Final = " \t\r\n\x00\x1a"
ISA_WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
REPETITION_SINCE: Final = "00402"
LONGEST_SEGMENT: Final = 100_000
BLOCK: Final = 1 << 16
_ISA_ELEMENTS: Final = 16
# An ISA with every element far too long still ends inside this.
_ISA_REACH: Final = 400
_BOM: Final = "\xef\xbb\xbf"
# What UTF-8 makes of a byte order mark or a hard blank does not hide an ISA either.
_BEFORE_ISA: Final = BLANKS + _BOM + "\xc2\xa0"
_ISA_START: Final = re.compile(r"ISA([^A-Za-z0-9 \t\r\n\-.])")
_LINE_BREAKS: Final = re.compile(r"\r\n?|\n")
_SEGMENT_START: Final = r"(?:N[1-4]|[A-Z][A-Z0-9]{1,2})"


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that separate elements, components, segments and (since 00402) repetitions in one interchange."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str = ""

    def inside(self, text: str) -> str:
        """The first delimiter that occurs in `text`, or an empty string."""
        every = (self.element, self.component, self.segment, self.repetition)
        return next((char for char in every if char and char in text), "")


class _Window:
    """The part of the input that is being looked at; `base` is the byte offset of its first character."""

    def __init__(self, source: bytes | BinaryIO) -> None:
        self.stream: BinaryIO = BytesIO(source) if isinstance(source, bytes) else source
        self.text = ""
        self.base = 0
        self.ended = False

    def fill(self, wanted: int) -> None:
        """Have at least `wanted` characters, or all that is left."""
        while len(self.text) < wanted and not self.ended:
            block = self.stream.read(max(BLOCK, wanted - len(self.text)))
            self.ended = not block
            self.text += block.decode("latin-1")

    def drop(self, count: int) -> None:
        """Be done with the first `count` characters."""
        self.text = self.text[count:]
        self.base += count


class Chunk:
    """One interchange: its delimiters, its ISA elements and its segments after the ISA, read on demand and once."""

    def __init__(self, window: _Window, offset: int, delimiters: Delimiters, isa: Segment) -> None:
        self.offset = offset
        """The byte where the ISA begins."""
        self.delimiters = delimiters
        self.isa = isa
        self.findings: list[Finding] = []
        self.raw = ""
        """The current segment as it stands in the file, blanks around it dropped."""
        self.terminated = True
        """Whether the last segment had its terminator; known when all are read."""
        self.over = False
        self.at = offset
        """The byte where the current segment begins."""
        self._window = window

    def segments(self) -> Iterator[Segment]:
        """Every segment after the ISA. Memory stays bounded whatever the size of the file."""
        window, terminator = self._window, self.delimiters.segment
        while not self.over:
            window.fill(BLOCK)
            block = self._next_block(window, terminator)
            if block:
                yield from self._split(block, window.base)
                window.drop(len(block))

    def _next_block(self, window: _Window, terminator: str) -> str:
        """Whole segments from the front of the window; the rest of the interchange where it ends inside the window."""
        text = window.text
        following = _next_isa(text, 0, terminator)
        if window.ended or (0 <= following < len(text) - _ISA_REACH):
            self.over = True
            block = text[:following] if following >= 0 else text
            self.terminated = not block[block.rfind(terminator) + 1 :].strip(_BEFORE_ISA)
            return block
        end = text.rfind(terminator, 0, len(text) - _ISA_REACH) + 1
        if end:
            return text[:end]
        if len(text) > LONGEST_SEGMENT + _ISA_REACH:
            self._note_once(
                "segment-too-long", f"A segment is longer than {LONGEST_SEGMENT} characters; it was cut.", "error"
            )
            return text[:LONGEST_SEGMENT]
        window.fill(len(text) + BLOCK)
        return ""

    def _split(self, block: str, base: int) -> Iterator[Segment]:
        separator, terminator = self.delimiters.element, self.delimiters.segment
        plain = block.isascii()
        wraps = terminator not in "\r\n" and ("\n" in block or "\r" in block)
        at = base
        for untrimmed in block.split(terminator):
            raw = untrimmed.lstrip(BLANKS)
            if raw:
                self.at = at + len(untrimmed) - len(raw)
                raw = raw.rstrip(BLANKS)
                if not plain:
                    raw = self._decoded(raw)
                if wraps and ("\n" in raw or "\r" in raw):
                    yield from self._unwrapped(raw)
                else:
                    self.raw = raw
                    yield raw.split(separator)
            at += len(untrimmed) + 1

    def _decoded(self, raw: str) -> str:
        if raw.isascii():
            return raw
        try:
            return raw.encode("latin-1").decode("utf-8").strip(BLANKS + "\ufeff\u00a0")
        except UnicodeDecodeError as fault:
            where = self.at + fault.start
            self._note_once("encoding", f"Byte {where} is not UTF-8; this segment was read as Latin-1.", "warning")
            return raw

    def _unwrapped(self, raw: str) -> Iterator[Segment]:
        """A segment with line breaks inside: a line that begins like a segment is one, other lines are put together."""
        separator = self.delimiters.element
        starts = re.compile(_SEGMENT_START + re.escape(separator))
        parts: list[str] = []
        for line in filter(None, _LINE_BREAKS.split(raw)):
            # A line keeps its own blanks: they may be data. Only what looks like a segment loses its indent.
            if parts and starts.match(line.lstrip()):
                message = f"Segment {parts[-1][:3]!r} ends with its line and has no terminator."
                self._note_once("terminator-missing", message, "warning")
                parts.append(line.strip(BLANKS))
            elif parts:
                self._note_once(
                    "line-break", "Line breaks stand inside a segment; its lines were put together.", "info"
                )
                parts[-1] += line
            else:
                parts.append(line)
        # who ends some segments with a line writes the usual terminator in front of it, though it is none here
        stray = "" if "~" in (separator, self.delimiters.segment, self.delimiters.component) else "~"
        for part in parts:
            self.raw = part.strip(BLANKS).rstrip(stray + BLANKS)
            if self.raw:
                yield self.raw.split(separator)

    def _note(self, code: str, message: str, severity: Severity) -> None:
        self.findings.append(Finding(code, message, severity, offset=self.at))

    def _note_once(self, code: str, message: str, severity: Severity) -> None:
        if all(each.code != code for each in self.findings):
            self._note(code, message, severity)


def chunks(source: bytes | BinaryIO) -> Iterator[Chunk]:
    """The interchanges of a file, one after the other, each with its own delimiters; read one before you ask for the next.

    Raises `X12Error` where there is no readable ISA at all; text before the first one is a finding on it.
    """
    window = _Window(source)
    skipped = _seek_isa(window)
    while window.text:
        chunk, body = _read_isa(window)
        if skipped:
            message = f"{skipped} characters stand before the ISA and were skipped."
            chunk.findings.insert(0, Finding("text-before-isa", message, "warning", offset=0))
            skipped = 0
        window.drop(body)
        yield chunk
        for _ in chunk.segments():
            pass


def _seek_isa(window: _Window) -> int:
    """Move to the first ISA; how many characters other than blanks stood before it. Raises `X12Error` where there is none."""
    skipped, cut = 0, -1
    while True:
        window.fill(BLOCK)
        text = window.text
        if not window.base and text.startswith(("\xff\xfe", "\xfe\xff")):
            raise X12Error("The file is saved as UTF-16; X12 is plain text. Ask for it as ASCII or UTF-8.")
        begin = _next_isa(text, 0, "\n")
        if begin >= 0:
            skipped += len(text[:begin].strip(_BEFORE_ISA))
            window.drop(begin)
            return skipped
        if cut < 0 and text.lstrip(_BEFORE_ISA).startswith("ISA"):
            cut = window.base + len(text) - len(text.lstrip(_BEFORE_ISA))
        if window.ended:
            blank = len(text) - len(text.lstrip(_BEFORE_ISA))
            where = cut if cut >= 0 else window.base + blank
            raise X12Error(f"{_what_it_is(text[blank:], cut >= 0)} This cannot be read as X12.", where)
        done = max(len(text) - _ISA_REACH, 1)
        skipped += len(text[:done].strip(_BEFORE_ISA))
        window.drop(done)


def _what_it_is(text: str, cut: bool) -> str:
    """Why there is no ISA to read, in words."""
    if cut:
        return "The ISA segment is incomplete."
    if text.startswith("GS"):
        return "There is no ISA segment: the file begins with a GS, its outer envelope was cut away."
    if text.startswith(("UNA", "UNB")):
        return "There is no ISA segment: this looks like EDIFACT."
    if text.startswith("<"):
        return "There is no ISA segment: this looks like XML."
    return "There is no ISA segment." if text else "The file is empty."


def _next_isa(text: str, start: int, terminator: str) -> int:
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
    while at >= 0 and text[at] in _BEFORE_ISA:
        if text[at] in "\r\n":
            return True
        at -= 1
    return at < 0 or text[at] == terminator


def _read_isa(window: _Window) -> tuple[Chunk, int]:
    """The chunk of the ISA at the front of the window, and where its body begins."""
    window.fill(2 * _ISA_REACH)
    text, separator = window.text, window.text[3]
    reach, wrapped = text[:_ISA_REACH], 0
    head = reach.split(separator, _ISA_ELEMENTS)[:_ISA_ELEMENTS]
    if any("\n" in part or "\r" in part for part in head):
        # The header itself was wrapped: put it together and count what was taken out.
        whole = _LINE_BREAKS.sub("", separator.join(head))
        wrapped = len(separator.join(head)) - len(whole)
        head = whole.split(separator)
    tail = sum(map(len, head)) + _ISA_ELEMENTS + wrapped
    component, terminator, body = _closing(text, tail, separator)
    isa = [part.strip(_BEFORE_ISA) for part in head] + [component]
    repetition = isa[11] if isa[12] >= REPETITION_SINCE and len(isa[11]) == 1 and not isa[11].isalnum() else ""
    chunk = Chunk(window, window.base, Delimiters(separator, component, terminator, repetition), isa)
    if wrapped:
        message = "The ISA is broken into several lines; it was put together."
        chunk.findings.append(Finding("isa-wrapped", message, "warning", "ISA", 1, offset=window.base))
    widths = (*map(len, head[1:]), len(component))
    for number, (width, wanted) in enumerate(zip(widths, ISA_WIDTHS, strict=True), start=1):
        if width != wanted:
            message = f"ISA{number:02} is {width} characters wide instead of {wanted}."
            value = head[number] if number < _ISA_ELEMENTS else ""
            chunk.findings.append(
                Finding("isa-width", message, "warning", "ISA", 1, number, value, window.base, f"{wanted} characters")
            )
    return chunk, body


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
