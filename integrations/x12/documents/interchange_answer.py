"""The TA1: whether a whole interchange was taken in, before anybody looks at what is inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from integrations.x12.codes import meaning
from integrations.x12.envelope import Interchange, element
from integrations.x12.findings import X12Error
from integrations.x12.tokens import Segment
from integrations.x12.writer import Envelope, write_answers

TakenIn = Literal["accepted", "accepted_with_errors", "rejected"]

_STATUS: Final[dict[str, TakenIn]] = {"A": "accepted", "E": "accepted_with_errors", "R": "rejected"}
_STATUS_CODES: Final = {status: code for code, status in _STATUS.items()}
DUPLICATE: Final = "025"
# What is found about an envelope ↔ the note code; the first that applies is said. `R` is what nobody can process safely.
_NOTES: Final = (
    ("iea-missing", 0, "R", "023"),
    ("iea-control", 0, "R", "001"),
    ("iea-count", 0, "E", "021"),
    ("isa-value", 13, "R", "018"),
    ("isa-value", 9, "E", "014"),
    ("isa-value", 10, "E", "015"),
    ("isa-value", 15, "E", "020"),
    ("isa-width", 6, "E", "006"),
    ("isa-width", 8, "E", "008"),
    ("isa-width", 0, "E", "022"),
    ("segment-outside-set", 0, "E", "022"),
    ("gs-missing", 0, "E", "022"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeAnswer:
    """The verdict on one interchange: its control number, day and time as its ISA has them, and X12's note code ("000" is fine)."""

    control: str
    day: str
    clock: str
    status: TakenIn
    note: str = "000"

    @property
    def words(self) -> str:
        """What the note says."""
        return meaning("I18", self.note) or f"note {self.note}"


def interchange_answer(
    interchange: Interchange, *, duplicate: bool = False, receiver: tuple[str, str] | None = None
) -> InterchangeAnswer:
    """Our verdict on an interchange that came in. `duplicate`: its control number came before; `receiver`: who we are."""
    status, note = "A", "000"
    if duplicate:
        status, note = "R", DUPLICATE
    elif receiver is not None and interchange.receiver != receiver:
        status, note = "R", "007" if interchange.receiver[1] == receiver[1] else "008"
    else:
        found = [(each.code, each.element) for each in interchange.findings]
        for code, number, said, what in _NOTES:
            if any(each == code and (not number or number == at) for each, at in found):
                status, note = said, what
                break
    return InterchangeAnswer(
        control=interchange.control,
        day=element(interchange.isa, 9),
        clock=element(interchange.isa, 10),
        status=_STATUS[status],
        note=note,
    )


def interchange_answers_bytes(answers: Sequence[InterchangeAnswer], envelope: Envelope) -> bytes:
    """One interchange with a TA1 per answer and no group. Raises `X12Error` for a control number that is none."""
    segments = []
    for answer in answers:
        if not (answer.control.isascii() and answer.control.isdigit()):
            raise X12Error(
                f"The interchange control number {answer.control[:20]!r} cannot be answered: it is not a number."
            )
        segments.append(
            ["TA1", answer.control.zfill(9), answer.day, answer.clock, _STATUS_CODES[answer.status], answer.note]
        )
    return write_answers(envelope, segments)


def interchange_answers(interchange: Interchange) -> list[InterchangeAnswer]:
    """What the TA1 segments of an interchange say; those with a verdict we do not know are left out."""
    return [answer for segment in interchange.answers if (answer := _read(segment)) is not None]


def _read(segment: Segment) -> InterchangeAnswer | None:
    control, day, clock, verdict, note = (element(segment, number) for number in range(1, 6))
    status = _STATUS.get(verdict)
    if not control or status is None:
        return None
    return InterchangeAnswer(control=control, day=day, clock=clock, status=status, note=note.zfill(3))
