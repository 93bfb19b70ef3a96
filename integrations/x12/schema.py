"""Segments checked against their declarations: types, lengths, usage, closed code lists and syntax notes.

A right segment costs one regular expression and one look at which elements it has; only where that fails is it looked at
element by element, to say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, Literal, TypeAlias

from integrations.x12.codes import CLOSED
from integrations.x12.findings import Finding, Severity
from integrations.x12.segments import BEFORE_4010, SEGMENTS, SINCE_5010
from integrations.x12.tokens import Segment

Extensions: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""A partner's own codes: data element → codes."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element's data element reference, type, lengths, whether it must be there, and its codes where the list is closed."""

    reference: str
    kind: str
    low: int
    high: int
    mandatory: bool
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A syntax note: its kind (P, R, C, L, E) and the elements it is about."""

    kind: str
    elements: tuple[int, ...]

    def broken(self, present: tuple[bool, ...]) -> bool:
        """Whether the elements that are present (index 0 is the segment's id) violate the note."""
        held = [number < len(present) and present[number] for number in self.elements]
        if self.kind == "P":
            return any(held) and not all(held)
        if self.kind == "R":
            return not any(held)
        if self.kind == "C":
            return held[0] and not all(held)
        if self.kind == "L":
            return held[0] and not any(held[1:])
        return sum(held) > 1

    def words(self, name: str) -> str:
        """The note as a sentence about segment `name`."""
        names = [f"{name}{number:02}" for number in self.elements]
        every = f"{', '.join(names[:-1])} and {names[-1]}"
        rest = ", ".join(names[1:])
        return {
            "P": f"{every} go together: all of them or none.",
            "R": f"At least one of {', '.join(names)} is needed.",
            "C": f"{names[0]} stands there, so {rest} must too.",
            "L": f"{names[0]} stands there, so one of {rest} must too.",
            "E": f"Only one of {', '.join(names)} may stand there.",
        }[self.kind]


_NUMBER: Final = re.compile(r"-?(?=\.?[0-9])[0-9]*\.?[0-9]*", re.ASCII)
_WHOLE: Final = re.compile(r"-?[0-9]+", re.ASCII)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9]([0-9]{1,2})?)?", re.ASCII)
_NOTHING: Final = re.compile("(?!)")
# Whoever fills the elements of one segment in more ways than this is looked at element by element.
_MOST_SHAPES: Final = 200
SEGMENT_ID: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)


def is_number(text: str) -> bool:
    """Whether `text` is an X12 decimal number: a sign, digits and a point, nothing else."""
    return _NUMBER.fullmatch(text) is not None


def day_of(text: str) -> date | None:
    """The day that CCYYMMDD or YYMMDD (this century) names; None where there is no such day."""
    if not (text.isascii() and text.isdigit() and len(text) in (6, 8)):
        return None
    full = text if len(text) == 8 else f"20{text}"
    try:
        return date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        return None


_CHECKS: Final[dict[str, tuple[str, str, str, Callable[[str], object]]]] = {
    "R": ("bad-number", "is not a number", "a decimal number", is_number),
    "N0": ("bad-number", "is not a whole number", "a whole number", _WHOLE.fullmatch),
    "N2": (
        "bad-number",
        "is not a whole number (the last two digits are the decimals)",
        "an amount in cents without a point",
        _WHOLE.fullmatch,
    ),
    "DT": ("bad-date", "is not a day (CCYYMMDD)", "a day as CCYYMMDD", day_of),
    "TM": ("bad-time", "is not a time of day (HHMM)", "a time as HHMM or HHMMSS", _TIME.fullmatch),
}


class SegmentSpec:
    """One segment's declaration, compiled. `open_ended` says that it has elements that were not declared."""

    def __init__(
        self,
        name: str,
        declared: str,
        lengths: Mapping[str, tuple[int, int]],
        extensions: Mapping[str, tuple[str, ...]],
    ) -> None:
        words, _, notes = declared.partition(";")
        self.name = name
        self.open_ended = "…" in declared
        self.elements = tuple(_element(word, lengths, extensions) for word in words.split() if word != "…")
        self.notes = tuple(_note(word) for word in notes.split() if word != "…")
        self._shapes: dict[tuple[str, tuple[bool, ...]], re.Pattern[str]] = {}

    def shape(self, segment: Segment, raw: str, separator: str) -> re.Pattern[str] | None:
        """The pattern that says that nothing is wrong with a segment, `raw` being its text; None where something may be.

        A file writes a segment in few shapes, that is with the same elements filled: one pattern per shape says all, so whoever
        reads many of them tries the last one first.
        """
        key = (separator, tuple(map(bool, segment)))
        pattern = self._shapes.get(key)
        if pattern is None:
            if len(self._shapes) >= _MOST_SHAPES:
                return None
            pattern = self._shapes[key] = self._compile(*key)
        return pattern if pattern.fullmatch(raw) else None

    def _compile(self, separator: str, present: tuple[bool, ...]) -> re.Pattern[str]:
        """A pattern for segments with these elements filled; one that nothing matches where that itself is wrong."""
        sep, held = re.escape(separator), len(present)
        lacking = any(e.mandatory and not (at < held and present[at]) for at, e in enumerate(self.elements, start=1))
        beyond = not self.open_ended and any(present[len(self.elements) + 1 :])
        if lacking or beyond or any(note.broken(present) for note in self.notes):
            return _NOTHING
        parts = [re.escape(self.name)]
        for number, filled in enumerate(present[1:]):
            declared = number < len(self.elements)
            inner = _pattern(self.elements[number], sep) if declared else f"[^{sep}]++"
            parts.append(sep + inner if filled else sep)
        return re.compile("".join(parts), re.ASCII)

    def faults(self, segment: Segment, position: int, offset: int) -> list[Finding]:
        """What is wrong with a segment, element by element."""
        findings: list[Finding] = []
        held = len(segment)
        present = tuple(bool(text.strip()) for text in segment)
        for number, wanted in enumerate(self.elements, start=1):
            value = segment[number] if number < held and present[number] else ""
            fault = _fault(wanted, value)
            if fault:
                findings.append(_finding(fault, segment, position, number, offset))
        for note in self.notes:
            if note.broken(present):
                number = next((at for at in note.elements if at >= held or not present[at]), note.elements[0])
                findings.append(
                    Finding(
                        "syntax-note", note.words(self.name), "warning", self.name, position, number,
                        offset=offset, expected=f"{note.kind}{''.join(f'{at:02}' for at in note.elements)}",
                    )
                )  # fmt: skip
        last = len(self.elements) + 1
        if held > last and not self.open_ended and any(present[last:]):
            beyond: _Fault = (
                "too-many-elements",
                "is more than this segment has",
                "warning",
                f"at most {last - 1} elements",
            )
            findings.append(_finding(beyond, segment, position, last, offset))
        return findings


_Fault: TypeAlias = tuple[str, str, Severity, str]


def _fault(wanted: Element, value: str) -> _Fault | None:
    """What is wrong with one element: code, words, severity, what was expected."""
    if not value:
        return ("missing-element", "is missing", "warning", "a value") if wanted.mandatory else None
    if check := _CHECKS.get(wanted.kind):
        code, problem, expected, is_right = check
        if not is_right(value.strip()):
            return code, problem, "warning", expected
    digits = wanted.kind[0] in "RN"
    length = sum(char.isdigit() for char in value) if digits else len(value.strip())
    if length < wanted.low:
        expected = f"{wanted.low} to {wanted.high} characters"
        return "too-short", f"has {length} characters, at least {wanted.low} are asked for", "warning", expected
    if length > wanted.high:
        expected = f"{wanted.low} to {wanted.high} characters"
        return "too-long", f"has {length} characters, at most {wanted.high} are allowed", "warning", expected
    if wanted.codes and value.strip() not in wanted.codes:
        return "unknown-code", "is not a code we know here", "info", "a code of our table or of the partner's profile"
    return None


def _finding(fault: _Fault, segment: Segment, position: int, number: int, offset: int) -> Finding:
    code, problem, severity, expected = fault
    value = segment[number] if number < len(segment) else ""
    shown = f" ({value[:40]!r})" if value else ""
    message = f"{segment[0]}{number:02}{shown} {problem}."
    return Finding(code, message, severity, segment[0], position, number, value[:200], offset, expected)


def _element(word: str, lengths: Mapping[str, tuple[int, int]], extensions: Mapping[str, tuple[str, ...]]) -> Element:
    reference, kind, low, high = word.rstrip("!").split(":")
    shortest, longest = lengths.get(reference) or (int(low), int(high))
    known = CLOSED.get(reference)
    codes = (*known, *extensions.get(reference, ())) if known else ()
    return Element(reference, kind, shortest, longest, word.endswith("!"), codes)


def _note(word: str) -> Note:
    return Note(word[0], tuple(int(word[at : at + 2]) for at in range(1, len(word), 2)))


def _pattern(element: Element, sep: str) -> str:
    """A pattern that only right values match; the rare right value it misses is looked at again."""
    kind, low, high = element.kind, element.low, element.high
    if kind == "R":
        whole, places = (high - 4, "(?:\\.[0-9]{1,4})?") if high > 5 else (high, "")
        inner = f"-?[0-9]{{{low},{max(whole, low)}}}+{places}"
    elif kind in ("N0", "N2"):
        inner = f"-?[0-9]{{{low},{high}}}"
    elif kind == "DT":
        century = "(?:19|20)" if low == 8 else ""
        inner = century + "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])"
    elif kind == "TM":
        inner = "(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[0-9]{1,2})?)?"
    elif element.codes:
        inner = "(?:" + "|".join(re.escape(code) for code in element.codes) + ")"
    else:
        # An element that begins with a blank may be blank altogether: the slow way looks.
        inner = f"[^{sep}\\s][^{sep}]{{{max(low - 1, 0)},{high - 1}}}+"
    return inner


Era = Literal["before 4010", "4010", "5010"]


def era_of(version: str) -> Era:
    """Which lengths count for a GS08 ("004010VICS"); 4010's where it says nothing."""
    release = version[:6]
    if not release.isdigit():
        return "4010"
    return "5010" if release >= "005010" else "4010" if release >= "004010" else "before 4010"


_LENGTHS: Final[Mapping[Era, Mapping[str, tuple[int, int]]]] = {
    "before 4010": BEFORE_4010,
    "4010": {},
    "5010": SINCE_5010,
}


@cache
def specs_for(era: Era = "4010", extensions: Extensions = ()) -> Mapping[str, SegmentSpec]:
    """Every segment we know, for an era of the standard and with a partner's own codes."""
    own = dict(extensions)
    return {name: SegmentSpec(name, declared, _LENGTHS[era], own) for name, declared in SEGMENTS.items()}


def spec_of(name: str) -> tuple[Element, ...]:
    """The elements of a segment; none for one we do not know."""
    spec = specs_for().get(name)
    return spec.elements if spec else ()
