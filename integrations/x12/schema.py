"""What segments and transaction sets look like, declared as data; the writer obeys it, the reader reports against it.

One element is written `reference:type:shortest:longest`, with `!` where it is mandatory. Types: AN text, ID code, R decimal
number, N0/N2 whole number (N2 has two implied decimals), DT day, TM time of day, C composite. Segments that are not declared here are let
through unseen. The lengths are those of 004010 and 005010.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from integrations.x12.findings import Finding, Severity
from integrations.x12.tokens import Segment


@dataclass(frozen=True, slots=True)
class Element:
    """One element's data element reference, type, lengths and whether it must be there."""

    reference: str
    kind: str
    low: int
    high: int
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction set: the group it travels in and the segments without which it says nothing."""

    functional_id: str
    required: tuple[str, ...] = ()


# Qualifier and id of an item, ten times over, as PO1, POC, IT1 and LIN carry them.
_PAIRS: Final = " 235:ID:2:2 234:AN:1:48" * 10
_PARTY: Final = "98:ID:2:3! 93:AN:1:60 66:ID:1:2 67:AN:2:80"

_DECLARED: Final[dict[str, str]] = {
    "GS": "479:ID:2:2! 142:AN:2:15! 124:AN:2:15! 373:DT:8:8! 337:TM:4:8! 28:N0:1:9! 455:ID:1:2! 480:AN:1:12!",
    "GE": "97:N0:1:6! 28:N0:1:9!",
    "ST": "143:ID:3:3! 329:AN:4:9!",
    "SE": "96:N0:1:10! 329:AN:4:9!",
    "ACK": "668:ID:2:2! 380:R:1:15 355:ID:2:2 374:ID:3:3 373:DT:8:8 326:AN:1:45" + " 235:ID:2:2 234:AN:1:48" * 10,
    "AK1": "479:ID:2:2! 28:N0:1:9!",
    "AK2": "143:ID:3:3! 329:AN:4:9!",
    "AK3": "721:ID:2:3! 719:N0:1:6! 447:AN:1:6 720:ID:1:3",
    "AK4": "C030:C:1:20! 725:N0:1:4 723:ID:1:3! 724:AN:1:99",
    "AK5": "717:ID:1:1!" + " 718:ID:1:3" * 5,
    "AK9": "715:ID:1:1! 97:N0:1:6! 123:N0:1:6! 2:N0:1:6!" + " 716:ID:1:3" * 5,
    "BAK": "353:ID:2:2! 587:ID:2:2! 324:AN:1:22! 373:DT:8:8! 328:AN:1:30 326:AN:1:45 367:AN:1:30 127:AN:1:30 373:DT:8:8",
    "BCA": "353:ID:2:2! 587:ID:2:2 324:AN:1:22! 328:AN:1:30 327:AN:1:8 373:DT:8:8 326:AN:1:45 367:AN:1:30 127:AN:1:30 373:DT:8:8",
    "BCH": "353:ID:2:2! 92:ID:2:2! 324:AN:1:22! 328:AN:1:30 327:AN:1:8 373:DT:8:8! 326:AN:1:45 367:AN:1:30 127:AN:1:30 373:DT:8:8",
    "BEG": "353:ID:2:2! 92:ID:2:2! 324:AN:1:22! 328:AN:1:30 373:DT:8:8! 367:AN:1:30",
    "BIG": "373:DT:8:8! 76:AN:1:22! 373:DT:8:8 324:AN:1:22 328:AN:1:30 327:AN:1:8 640:ID:2:2",
    "BSN": "353:ID:2:2! 396:AN:2:30! 373:DT:8:8! 337:TM:4:8! 1005:ID:4:4",
    "CTP": "687:ID:2:2 236:ID:3:3 212:R:1:17 380:R:1:15 C001:C:1:80",
    "CTT": "354:N0:1:6! 347:R:1:10",
    "CUR": "98:ID:2:3! 100:ID:3:3! 280:R:4:10",
    "DTM": "374:ID:3:3! 373:DT:8:8 337:TM:4:8 623:ID:2:2",
    "HL": "628:AN:1:12! 734:AN:1:12 735:ID:1:2! 736:ID:1:1",
    "IT1": "350:AN:1:20 358:R:1:10 355:ID:2:2 212:R:1:17 639:ID:2:2" + _PAIRS,
    "ITD": "336:ID:2:2 333:ID:1:2 338:R:1:6 370:DT:8:8 351:N0:1:3 446:DT:8:8 386:N0:1:3 362:N2:1:10",
    "LIN": "350:AN:1:20" + _PAIRS,
    "MAN": "88:ID:1:2! 87:AN:1:48! 87:AN:1:48",
    "MSG": "933:AN:1:264! 934:ID:2:2 1470:N0:1:9",
    "N1": _PARTY,
    "N9": "128:ID:2:3! 127:AN:1:30 369:AN:1:45",
    "PID": "349:ID:1:1! 750:ID:2:3 559:ID:2:2 751:AN:1:12 352:AN:1:80",
    "PO1": "350:AN:1:20 330:R:1:15 355:ID:2:2 212:R:1:17 639:ID:2:2" + _PAIRS,
    "POC": "350:AN:1:20 670:ID:2:2! 330:R:1:15 671:R:1:9 C001:C:1:80 212:R:1:17 639:ID:2:2" + _PAIRS,
    "PRF": "324:AN:1:22! 328:AN:1:30 327:AN:1:8 373:DT:8:8",
    "REF": "128:ID:2:3! 127:AN:1:30 352:AN:1:80",
    "SAC": "248:ID:1:1! 1300:ID:4:4 559:ID:2:2 1301:AN:1:10 610:N2:1:15",
    "SCH": "380:R:1:15! 355:ID:2:2! 98:ID:2:3 93:AN:1:60 374:ID:3:3! 373:DT:8:8!",
    "SN1": "350:AN:1:20 382:R:1:10! 355:ID:2:2! 646:R:1:15 330:R:1:15 355:ID:2:2",
    "TDS": "610:N2:1:15! 610:N2:1:15 610:N2:1:15 610:N2:1:15",
    "TXI": "963:ID:2:2! 782:R:1:18 954:R:1:10",
}

SEGMENTS: Final[dict[str, tuple[Element, ...]]] = {}
TRANSACTIONS: Final[dict[str, Transaction]] = {
    "810": Transaction("IN", ("BIG", "TDS")),
    "820": Transaction("RA"),
    "832": Transaction("SC"),
    "846": Transaction("IB"),
    "850": Transaction("PO", ("BEG", "PO1")),
    "855": Transaction("PR", ("BAK",)),
    "856": Transaction("SH", ("BSN", "HL")),
    "860": Transaction("PC", ("BCH",)),
    "865": Transaction("CA", ("BCA",)),
    "997": Transaction("FA", ("AK1", "AK9")),
}

_NUMBER: Final = re.compile(r"-?(?=[.0-9])[0-9]*\.?[0-9]*", re.ASCII)
_WHOLE: Final = re.compile(r"-?[0-9]+", re.ASCII)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9]([0-9]{1,2})?)?", re.ASCII)
_SEGMENT_ID: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)


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


_CHECKS: Final[dict[str, tuple[str, str, Callable[[str], object]]]] = {
    "R": ("bad-number", "is not a number", is_number),
    "N0": ("bad-number", "is not a whole number", _WHOLE.fullmatch),
    "N2": ("bad-number", "is not a whole number (the last two digits are the decimals)", _WHOLE.fullmatch),
    "DT": ("bad-date", "is not a day (CCYYMMDD)", day_of),
    "TM": ("bad-time", "is not a time of day (HHMM)", _TIME.fullmatch),
}


def _parse(declared: str) -> tuple[Element, ...]:
    parts = ([*word.rstrip("!").split(":"), word[-1]] for word in declared.split())
    return tuple(Element(ref, kind, int(low), int(high), last == "!") for ref, kind, low, high, last in parts)


SEGMENTS.update({name: _parse(declared) for name, declared in _DECLARED.items()})


def validate(code: str, segments: Sequence[Segment]) -> list[Finding]:
    """What deviates from the schema in one transaction set; positions count from ST as 1. All of it can be lived with."""
    findings: list[Finding] = []
    for position, segment in enumerate(segments, start=1):
        spec = SEGMENTS.get(segment[0])
        if spec is not None:
            _validate_segment(spec, segment, position, findings)
        elif not _SEGMENT_ID.fullmatch(segment[0]):
            name = segment[0][:20]
            message = f"{name!r} is no segment id; a delimiter may stand inside the data before it."
            findings.append(Finding("bad-segment-id", message, "warning", name, position))
    schema = TRANSACTIONS.get(code)
    if schema is not None and schema.required:
        present = {segment[0] for segment in segments}
        for name in schema.required:
            if name not in present:
                message = f"A transaction set {code} needs a {name} segment; there is none."
                findings.append(Finding("missing-segment", message, "error", name, len(segments)))
    return findings


def _validate_segment(spec: tuple[Element, ...], segment: Segment, position: int, findings: list[Finding]) -> None:
    held = len(segment)
    for number, wanted in enumerate(spec, start=1):
        value = segment[number] if number < held else ""
        if not value or value.isspace():
            if wanted.mandatory:
                _add(findings, "missing-element", "is missing", segment, position, number)
            continue
        check = _CHECKS.get(wanted.kind)
        if check is not None:
            code, problem, is_right = check
            if not is_right(value.strip()):
                _add(findings, code, problem, segment, position, number, value)
                continue
        length = len(value)
        if length < wanted.low or length > wanted.high:
            _check_length(wanted, segment, position, number, findings)
    if held - 1 > len(spec) and segment[0] in _CLOSED and any(segment[len(spec) + 1 :]):
        _add(
            findings,
            "too-many-elements",
            "is more than this segment has",
            segment,
            position,
            len(spec) + 1,
            segment[len(spec) + 1],
        )


# Segments declared to their last element; the others are declared as far as we use them.
_CLOSED: Final = frozenset({"GS", "GE", "SE", "AK1", "AK2", "AK3", "AK4", "AK5", "AK9", "HL"})


def _check_length(wanted: Element, segment: Segment, position: int, number: int, findings: list[Finding]) -> None:
    value = segment[number]
    length = sum(char.isdigit() for char in value) if wanted.kind[0] in "RN" else len(value.strip())
    if length < wanted.low:
        _add(
            findings,
            "too-short",
            f"has {length} characters, at least {wanted.low} are asked for",
            segment,
            position,
            number,
            value,
        )
    elif length > wanted.high:
        _add(
            findings,
            "too-long",
            f"has {length} characters, at most {wanted.high} are allowed",
            segment,
            position,
            number,
            value,
        )


def _add(
    findings: list[Finding], code: str, problem: str, segment: Segment, position: int, number: int, value: str = ""
) -> None:
    severity: Severity = "warning"
    shown = f" ({value[:40]!r})" if value else ""
    message = f"{segment[0]}{number:02}{shown} {problem}."
    findings.append(Finding(code, message, severity, segment[0], position, number, value))
