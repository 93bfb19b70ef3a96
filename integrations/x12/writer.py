"""From segments to bytes, strictly: what leaves the house is right or does not leave.

Control numbers come from the caller, who keeps them in one counter row per partner.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from integrations.x12.checker import validate
from integrations.x12.findings import X12Error
from integrations.x12.schema import specs_for
from integrations.x12.tokens import ISA_WIDTHS, REPETITION_SINCE, Delimiters, Segment
from integrations.x12.transactions import TRANSACTIONS

_CENT: Final = Decimal("0.01")
_REPETITIONS: Final = "^`\x1e|!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom, in which version, under which control numbers. `at` is written in the zone it has.

    The group's ids are the interchange's unless given. `version` is GS08; ISA12 follows from it.
    """

    sender: tuple[str, str]
    receiver: tuple[str, str]
    interchange_control: int
    group_control: int
    at: datetime
    group_sender: str = ""
    group_receiver: str = ""
    version: str = "004010"
    usage: str = "P"
    acknowledgement_requested: bool = False
    delimiters: Delimiters = field(default_factory=Delimiters)

    @property
    def isa_version(self) -> str:
        """ISA12: GS08 004010 stands in an ISA of 00401, the last digit is the release's sub-release."""
        return self.version[:5].ljust(5, "0")

    def written_with(self) -> Delimiters:
        """The delimiters as they are written: since 00402 with a repetition separator that is none of the others."""
        given = self.delimiters
        if self.isa_version < REPETITION_SINCE:
            return replace(given, repetition="")
        others = given.element + given.component + given.segment
        return replace(given, repetition=given.repetition or next(char for char in _REPETITIONS if char not in others))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One transaction set to write: its code, its control number, and its segments between ST and SE."""

    code: str
    control: int
    segments: Sequence[Segment]


def write(envelope: Envelope, sets: Sequence[Outgoing]) -> bytes:
    """One interchange with one functional group, one segment per line.

    Raises `X12Error` for anything a strict reader would refuse: a delimiter or control character inside the data, an element that is
    too long or of the wrong type, a missing mandatory element, sets of different functional groups.
    """
    groups = {TRANSACTIONS[each.code].functional_id for each in sets}
    if len(groups) != 1:
        raise X12Error("An interchange that is written holds transaction sets of exactly one functional group.")
    moment = envelope.at
    group = [
        "GS",
        groups.pop(),
        envelope.group_sender or envelope.sender[1],
        envelope.group_receiver or envelope.receiver[1],
        moment.strftime("%Y%m%d"),
        moment.strftime("%H%M"),
        str(envelope.group_control),
        "X",
        envelope.version,
    ]
    delimiters = envelope.written_with()
    lines = [_isa(envelope, delimiters), _line(group, delimiters)]
    for each in sets:
        lines += _set_lines(each, delimiters, envelope.version)
    lines.append(_line(["GE", str(len(sets)), str(envelope.group_control)], delimiters))
    lines.append(_line(["IEA", "1", f"{envelope.interchange_control:09}"], delimiters))
    return _joined(lines, delimiters)


def write_answers(envelope: Envelope, answers: Sequence[Segment]) -> bytes:
    """One interchange with TA1 segments and no functional group. Raises `X12Error` for what a strict reader would refuse."""
    delimiters = envelope.written_with()
    lines = [_isa(envelope, delimiters), *(_line(answer, delimiters) for answer in answers)]
    for line, answer in zip(lines[1:], answers, strict=True):
        if not specs_for()["TA1"].shape(answer, line, delimiters.element):
            faults = specs_for()["TA1"].faults(answer, 1, -1)
            raise X12Error(f"The TA1 cannot be written: {' '.join(fault.message for fault in faults)}")
    lines.append(_line(["IEA", "0", f"{envelope.interchange_control:09}"], delimiters))
    return _joined(lines, delimiters)


def _joined(lines: list[str], delimiters: Delimiters) -> bytes:
    end = delimiters.segment
    return (end + "\n" if end != "\n" else end).join([*lines, ""]).encode("ascii")


def _set_lines(each: Outgoing, delimiters: Delimiters, version: str) -> list[str]:
    control = f"{each.control:04}"
    inner = [trimmed for segment in each.segments if len(trimmed := _trimmed(segment)) > 1]
    segments = [["ST", each.code, control], *inner, ["SE", str(len(inner) + 2), control]]
    lines = [_line(segment, delimiters) for segment in segments]
    if findings := [f for f in validate(each.code, segments, delimiters.element, version) if f.severity != "info"]:
        raise X12Error(f"The {each.code} cannot be written: {' '.join(f.message for f in findings[:5])}")
    return lines


def _trimmed(segment: Segment) -> Segment:
    """The segment without the empty elements at its end."""
    end = len(segment)
    while end > 1 and not segment[end - 1]:
        end -= 1
    return segment[:end]


def _line(segment: Segment, delimiters: Delimiters) -> str:
    line = delimiters.element.join(segment)
    # One look at the joined line is cheap; only a suspicious one is looked at element by element.
    if line.count(delimiters.element) != len(segment) - 1 or not line.isprintable() or not line.isascii():
        _refuse(segment, delimiters)
    if delimiters.component in line or delimiters.segment in line or (delimiters.repetition or "\0") in line:
        _refuse(segment, delimiters)
    return line


def _refuse(segment: Segment, delimiters: Delimiters) -> None:
    for number, text in enumerate(segment):
        where = f"{segment[0]}{number:02} {text[:40]!r}"
        if char := delimiters.inside(text):
            raise X12Error(f"{where} contains {char!r}, which is a delimiter of this interchange.")
        if not text.isprintable() or not text.isascii():
            raise X12Error(f"{where} contains a character that cannot be sent.")


def _isa(envelope: Envelope, delimiters: Delimiters) -> str:
    elements = [
        "00",
        "",
        "00",
        "",
        *envelope.sender,
        *envelope.receiver,
        envelope.at.strftime("%y%m%d"),
        envelope.at.strftime("%H%M"),
        delimiters.repetition or "U",
        envelope.isa_version,
        f"{envelope.interchange_control:09}",
        "1" if envelope.acknowledgement_requested else "0",
        envelope.usage,
    ]
    for number, (text, width) in enumerate(zip(elements, ISA_WIDTHS, strict=False), start=1):
        if len(text) > width:
            raise X12Error(f"ISA{number:02} {text!r} is longer than {width} characters.")
    padded = ["ISA", *(text.ljust(width) for text, width in zip(elements, ISA_WIDTHS, strict=False))]
    return _line(padded, replace(delimiters, repetition="")) + delimiters.element + delimiters.component


def number_text(number: Decimal) -> str:
    """A decimal number as X12 writes it: no exponent, no needless zeros. Raises `X12Error` where it is not finite."""
    if not number.is_finite():
        raise X12Error(f"{number} is not a number that can be sent.")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def cents_text(amount: Decimal) -> str:
    """An amount with two implied decimals. Raises `X12Error` where it has more decimals than cents, or is not finite."""
    if not amount.is_finite() or amount != amount.quantize(_CENT):
        raise X12Error(f"{amount} has parts of a cent, which cannot be sent.")
    return str(int(amount.scaleb(2)))


def day_text(day: date | None) -> str:
    """CCYYMMDD, an empty text for no day."""
    return day.strftime("%Y%m%d") if day else ""


def text_parts(text: str, delimiters: Delimiters, longest: int) -> list[str]:
    """A long free text in pieces of at most `longest` characters, cut between words where there are any."""
    parts: list[str] = []
    for word in free_text(text, delimiters, len(text) * 4).split(" "):
        if parts and len(parts[-1]) + 1 + len(word) <= longest:
            parts[-1] += f" {word}"
            continue
        parts += [word[at : at + longest] for at in range(0, len(word), longest)]
    return parts


def free_text(text: str, delimiters: Delimiters, longest: int) -> str:
    """What a person typed, made fit to send: plain letters, delimiters and line ends as blanks, cut at `longest`.

    Only for names, descriptions and notes. Identifiers are never bent: the writer refuses them instead.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    bad = (delimiters.element, delimiters.component, delimiters.segment, delimiters.repetition)
    cleaned = "".join(" " if char in bad or not char.isprintable() else char for char in plain)
    return " ".join(cleaned.split())[:longest].rstrip()
