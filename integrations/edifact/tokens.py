"""From bytes to EDIFACT segments. A segment is a list of elements, an element a list of components: `segment[2][0]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

Element: TypeAlias = list[str]
Segment: TypeAlias = list[Element]

BLANKS: Final = " \t\r\n\x00\x1a\ufeff"
_UNA_LENGTH: Final = 9


class EdifactError(ValueError):
    """The input cannot be read as EDIFACT, or must not be written. `offset` counts characters from the start."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class ServiceCharacters:
    """What a UNA declares: the characters that separate and release, and the decimal mark."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"

    @classmethod
    def of(cls, una: str) -> ServiceCharacters:
        """The characters of a nine-character UNA."""
        release = una[6] if una[6] != " " else ""
        return cls(una[3], una[4], una[5], release, una[8])

    def una(self) -> str:
        """The service string that declares them."""
        return f"UNA{self.component}{self.element}{self.decimal}{self.release or ' '} {self.terminator}"

    def escape(self, text: str) -> str:
        """A text with every service character released."""
        special = (self.release, self.component, self.element, self.terminator)
        return "".join(f"{self.release}{char}" if char in special else char for char in text)


def tokens(text: str) -> Iterator[tuple[int, ServiceCharacters, Segment]]:
    """Offset, service characters and elements of every segment; blanks between segments do not count.

    A UNA in the middle (a second interchange in the file) changes the characters from there on.
    """
    chars, at = ServiceCharacters(), 0
    while at < len(text):
        if text[at] in BLANKS:
            at += 1
            continue
        if text.startswith("UNA", at) and len(text) >= at + _UNA_LENGTH:
            chars = ServiceCharacters.of(text[at : at + _UNA_LENGTH])
            at += _UNA_LENGTH
            continue
        match = _segment_pattern(chars).match(text, at)
        raw = match[0] if match else ""
        if raw:
            yield at, chars, [_split(each, chars.component, chars.release) for each in _elements(raw, chars)]
        at += len(raw) + 1


@cache
def _segment_pattern(chars: ServiceCharacters) -> re.Pattern[str]:
    end, release = re.escape(chars.terminator), re.escape(chars.release)
    return re.compile(f"(?:[^{end}{release}]|{release}.)*" if release else f"[^{end}]*", re.DOTALL)


def _elements(raw: str, chars: ServiceCharacters) -> list[str]:
    if not chars.release or chars.release not in raw:
        return raw.split(chars.element)
    return _cut(raw, chars.element, chars.release)


def _cut(raw: str, separator: str, release: str) -> list[str]:
    """Cut at separators that are not released; releases stay."""
    parts, start, at = [], 0, 0
    while at < len(raw):
        if raw[at] == release:
            at += 2
            continue
        if raw[at] == separator:
            parts.append(raw[start:at])
            start = at + 1
        at += 1
    return [*parts, raw[start:]]


def _split(element: str, separator: str, release: str) -> Element:
    if not release or release not in element:
        return element.split(separator)
    return [_released(part, release) for part in _cut(element, separator, release)]


def _released(text: str, release: str) -> str:
    result, at = [], 0
    while at < len(text):
        if text[at] == release and at + 1 < len(text):
            at += 1
        result.append(text[at])
        at += 1
    return "".join(result)
