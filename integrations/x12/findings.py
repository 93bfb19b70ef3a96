"""What a file says wrong: deviations are collected as findings, and only what cannot be read at all is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from integrations.x12.advice import advice_for

Severity = Literal["error", "warning", "info"]


class X12Error(ValueError):
    """The input cannot be read (no envelope) or must not be written. `offset` counts bytes from the start of the input."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation, where it is and how bad.

    `position` counts segments from 1: inside its transaction set (ST is 1) for findings of a set, inside the interchange (ISA is
    1) for findings of the envelope. `element` counts from 1, 0 means the whole segment. `value` is the text that was found,
    `expected` what should stand there, `offset` the byte where the segment begins (-1: not known).
    """

    code: str
    message: str
    severity: Severity = "error"
    segment: str = ""
    position: int = 0
    element: int = 0
    value: str = ""
    offset: int = -1
    expected: str = ""

    @property
    def advice(self) -> str:
        """What to do next, in one sentence."""
        return advice_for(self.code)

    def plain(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "advice": self.advice,
            "segment": self.segment,
            "position": self.position,
            "element": self.element,
            "value": self.value,
            "expected": self.expected,
            "offset": self.offset,
        }
