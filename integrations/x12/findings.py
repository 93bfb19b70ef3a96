"""What a file says wrong: deviations are collected as findings, and only what cannot be read at all is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


class X12Error(ValueError):
    """The input cannot be read (no envelope) or must not be written. `offset` counts characters from the start of the input."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation, where it is and how bad.

    `position` counts segments from 1: inside its transaction set (ST is 1) for findings of a set, inside the interchange (ISA is
    1) for findings of the envelope. `element` counts from 1, 0 means the whole segment. `value` is the text that was found.
    """

    code: str
    message: str
    severity: Severity = "error"
    segment: str = ""
    position: int = 0
    element: int = 0
    value: str = ""
