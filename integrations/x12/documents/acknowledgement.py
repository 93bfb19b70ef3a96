"""The 997: read what others say about our groups, and say what we found in theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from integrations.canonical import Acknowledgement, GroupStatus, SegmentError, SetAnswer, SetStatus
from integrations.x12.documents.reading import Parsed, Reading, Row, named
from integrations.x12.envelope import Group, TransactionSet, element
from integrations.x12.findings import Finding
from integrations.x12.profile import Profile
from integrations.x12.schema import spec_of
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import free_text

_SET_STATUS: Final[dict[str, SetStatus]] = {
    "A": "accepted",
    "E": "accepted_with_errors",
    "M": "rejected",
    "R": "rejected",
    "W": "rejected",
    "X": "rejected",
}
_GROUP_STATUS: Final[dict[str, GroupStatus]] = {**_SET_STATUS, "P": "partially"}
_CODES: Final = {"accepted": "A", "accepted_with_errors": "E", "partially": "P", "rejected": "R"}

# Our findings ↔ X12's syntax errors: in an element (AK403), a segment (AK304), a set (AK502), a group (AK905).
_ELEMENT_ERRORS: Final = {
    "missing-element": "1",
    "syntax-note": "2",
    "too-many-elements": "3",
    "too-short": "4",
    "too-long": "5",
    "bad-number": "6",
    "bad-date": "8",
    "bad-time": "9",
}
_SEGMENT_ERRORS: Final = {"bad-segment-id": "1", "missing-segment": "3", "too-many": "5", "out-of-place": "7"}
_EXCLUSION: Final = "10"
_SET_ERRORS: Final = {"se-missing": "2", "se-control": "3", "se-count": "4", "st-duplicate": "7"}
_GROUP_ERRORS: Final = {"ge-missing": "3", "ge-control": "4", "ge-count": "5"}
_HAS_ELEMENT_ERRORS: Final = "8"
_SEGMENTS_IN_ERROR: Final = "5"
_MOST_CODES: Final = 5


def acknowledge(group: Group, refused: Iterable[str] = ()) -> Acknowledgement:
    """Our verdict on a group that came in. `refused` are control numbers of sets that the partner's policy turns down as well."""
    turned_down = set(refused)
    sets = tuple(_judge(each, each.control in turned_down) for each in group.sets)
    codes = _codes(group.findings, _GROUP_ERRORS)
    announced = element(group.ge, 1)
    return Acknowledgement(
        functional_id=group.functional_id,
        group_control=group.control,
        sets=sets,
        included=int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 7 else len(sets),
        received=len(sets),
        codes=codes,
        **counted(sets, codes),
    )


class Counted(TypedDict):
    """What a 997 says of a whole group."""

    status: GroupStatus
    accepted: int


def counted(sets: Sequence[SetAnswer], codes: Sequence[str]) -> Counted:
    """What the verdicts on its sets, and the faults of the group itself, make of a group."""
    accepted = sum(1 for each in sets if each.status != "rejected")
    if not accepted:
        return Counted(status="rejected", accepted=0)
    if accepted < len(sets):
        return Counted(status="partially", accepted=accepted)
    errors = codes or any(each.status != "accepted" for each in sets)
    return Counted(status="accepted_with_errors" if errors else "accepted", accepted=accepted)


def _judge(each: TransactionSet, refused: bool) -> SetAnswer:
    errors = _errors(each.findings)
    codes = _codes(each.findings, _SET_ERRORS)
    if errors:
        codes = (*codes, _SEGMENTS_IN_ERROR)[:_MOST_CODES]
    status: SetStatus = "accepted"
    if refused or each.broken:
        status = "rejected"
    elif codes:
        status = "accepted_with_errors"
    return SetAnswer(transaction=each.code, control=each.control, status=status, codes=codes, errors=errors)


def _codes(findings: Iterable[Finding], table: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(table[each.code] for each in findings if each.code in table))[:_MOST_CODES]


def _errors(findings: Iterable[Finding]) -> tuple[SegmentError, ...]:
    errors = []
    for each in sorted(findings, key=lambda finding: (finding.position, finding.element)):
        if code := _SEGMENT_ERRORS.get(each.code):
            errors.append(SegmentError(segment=each.segment, position=each.position, code=code))
        elif code := _ELEMENT_ERRORS.get(each.code):
            if each.code == "syntax-note" and each.expected.startswith("E"):
                code = _EXCLUSION
            spec = spec_of(each.segment)
            reference = spec[each.element - 1].reference if 0 < each.element <= len(spec) else ""
            errors.append(
                SegmentError(
                    segment=each.segment,
                    position=each.position,
                    code=code,
                    element=each.element,
                    element_reference=reference,
                    value=each.value,
                )
            )
    return tuple(dict.fromkeys(errors))


def acknowledgement_write(answer: Acknowledgement, delimiters: Delimiters) -> list[Segment]:
    """The segments of a 997 between ST and SE."""
    segments: list[Segment] = [["AK1", answer.functional_id, answer.group_control]]
    for each in answer.sets:
        segments.append(["AK2", each.transaction, each.control])
        place: tuple[str, int] | None = None
        for error in each.errors:
            if not error.element:
                segments.append(_ak3(error, error.code))
            elif place != (error.segment, error.position):
                segments.append(_ak3(error, _HAS_ELEMENT_ERRORS))
            place = (error.segment, error.position)
            if error.element:
                value = free_text(error.value, delimiters, 99)
                reference = error.element_reference if error.element_reference.isdigit() else ""
                segments.append(["AK4", str(error.element), reference, error.code, value])
        segments.append(["AK5", _CODES[each.status], *each.codes])
    counts = (answer.included, answer.received, answer.accepted)
    segments.append(["AK9", _CODES[answer.status], *map(str, counts), *answer.codes])
    return segments


def _ak3(error: SegmentError, code: str) -> Segment:
    # A segment id that is none cannot be repeated; the standard has no better word for it.
    name = error.segment if error.segment.isalnum() and 2 <= len(error.segment) <= 3 else "ZZZ"
    return ["AK3", name, str(error.position), "", code]


def acknowledgement_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """What a 997 says about a group of ours."""
    reading = Reading(transaction_set, profile)
    opening, closing = reading.first("AK1"), reading.first("AK9")
    if opening is None or closing is None:
        return reading.parsed(None)
    _, loops = reading.loops("AK2")
    sets = tuple(answer for loop in loops if (answer := _set_read(loop)) is not None)
    functional_id, control = opening.need(1, "the functional group"), opening.need(2, "the group control number")
    status = _GROUP_STATUS.get(closing.text(1))
    if status is None:
        closing.note("verdict", f"AK901 {closing.text(1)!r} is not a verdict we know.", 1)
    if not functional_id or not control or status is None:
        return reading.parsed(None)
    return reading.parsed(
        Acknowledgement(
            functional_id=functional_id,
            group_control=control,
            status=status,
            sets=sets,
            included=_count(closing, 2),
            received=_count(closing, 3),
            accepted=_count(closing, 4),
            codes=_tail(closing, 5),
        )
    )


def _set_read(loop: list[Row]) -> SetAnswer | None:
    opening, verdict = loop[0], next(named(loop, "AK5"), None)
    status = _SET_STATUS.get(verdict.text(1)) if verdict is not None else None
    if verdict is None or status is None:
        opening.note("verdict", f"No AK5 says a verdict on set {opening.text(2)}; it is not acknowledged.", 2)
        return None
    return SetAnswer(
        transaction=opening.text(1),
        control=opening.text(2),
        status=status,
        codes=_tail(verdict, 2),
        errors=tuple(_errors_read(loop)),
    )


def _errors_read(loop: list[Row]) -> list[SegmentError]:
    errors: list[SegmentError] = []
    segment, position = "", 0
    for row in loop:
        if row.name == "AK3":
            segment, position = row.text(1), row.line_number(2) or 0
            code = row.text(4)
            if code != _HAS_ELEMENT_ERRORS:
                errors.append(SegmentError(segment=segment, position=position, code=code))
        elif row.name == "AK4":
            number = row.text(1)
            errors.append(
                SegmentError(
                    segment=segment,
                    position=position,
                    code=row.text(3),
                    element=int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0,
                    element_reference=row.text(2),
                    value=row.text(4),
                )
            )
    return errors


def _count(row: Row, number: int) -> int:
    return row.line_number(number) or 0


def _tail(row: Row, start: int) -> tuple[str, ...]:
    return tuple(text for at in range(start, len(row.texts)) if (text := row.text(at)))
