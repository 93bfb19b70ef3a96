"""A file of any format as its parts: who wrote it under which number, the groups that are answered, and each document by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from integrations import edifact, ubl, x12
from integrations.edi_desk import Format, Said, explain, recognise

MEDIA_TYPES: Final = {"x12": "application/edi-x12", "edifact": "application/edifact", "ubl": "application/xml"}
DOCUMENTS: Final = {
    "855": "order_answer", "865": "order_answer", "ORDRSP": "order_answer", "OrderResponse": "order_answer",
    "OrderResponseSimple": "order_answer",
    "856": "ship_notice", "DESADV": "ship_notice", "DespatchAdvice": "ship_notice",
    "810": "invoice", "INVOIC": "invoice", "Invoice": "invoice", "CreditNote": "invoice",
    "832": "price_catalog", "846": "inventory_snapshot",
}  # fmt: skip
"""Type of a document in its format -> the kind of canonical document it is, of those that partners send us."""
_LONGEST: Final = 18


class Unreadable(ValueError):
    """There is nothing in the file that could be split; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One document by itself: its type there ("855", "ORDRSP", "Invoice"), its numbers as its sender counted, its bytes."""

    kind: str
    control: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What is answered together (a functional group of X12): its place in the file from 1, its id and number, its documents.

    `name` is empty for what no 997 answers.
    """

    place: int
    name: str
    control: str
    findings: tuple[x12.Finding, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One interchange: who says to have written it (qualifier and id, None where the format has no envelope), and its number.

    `prefix` begins the control numbers of all its documents; `test` says that it is no business; `answers` counts its TA1, `told` is
    what they say of interchanges of ours; `asks` says that its sender wants a TA1.
    """

    sender: tuple[str, str] | None
    control: str
    prefix: str
    test: bool
    findings: tuple[x12.Finding, ...]
    batches: tuple[Batch, ...]
    answers: int = 0
    told: tuple[x12.InterchangeAnswer, ...] = ()
    asks: bool = False

    @property
    def pieces(self) -> Iterator[Piece]:
        for batch in self.batches:
            yield from batch.pieces


@dataclass(frozen=True, slots=True)
class EdiFile:
    """A file, split."""

    format: Format
    parts: tuple[Part, ...]


def edi_file_read(data: bytes, profile: x12.Profile) -> EdiFile:
    """Split a file, whatever its format. Raises Unreadable where nothing can be split."""
    kind = recognise(data)
    try:
        if kind == "edifact":
            return EdiFile(kind, tuple(_edifact(data)))
        if kind == "ubl":
            return EdiFile(kind, (_ubl(data, profile),))
        if kind in ("cxml", "xml", "unknown"):
            raise Unreadable(" ".join(each.message for each in explain(data, profile, segments=0).findings))
        return EdiFile("x12", tuple(_x12(data, profile)))
    except (x12.X12Error, edifact.EdifactError, ubl.XmlError) as fault:
        raise Unreadable(str(fault)) from fault


def piece_read(content: bytes, profile: x12.Profile) -> Said:
    """What one document says, and all that is wrong with it. The envelope it came in is judged with the file."""
    found = explain(content, profile, segments=0)
    if found.documents:
        return found.documents[0]
    return Said("", "", None, found.findings)


def is_test(content: bytes) -> bool:
    """Whether the (first) envelope of a document says that it is a test; UBL has no such mark."""
    try:
        if recognise(content) == "edifact":
            return edifact.read(content)[0].test
        return _tests(x12.read(content)[0])
    except (x12.X12Error, edifact.EdifactError):
        return False


def _x12(data: bytes, profile: x12.Profile) -> Iterator[Part]:
    place = 0
    for interchange in x12.read(data, profile.extensions):
        batches = []
        for group in interchange.groups:
            place += 1
            pieces = tuple(
                Piece(
                    each.code, _numbers(interchange.control, group.functional_id + group.control, each.control),
                    x12.alone(interchange, group, each),
                )
                for each in group.sets
            )  # fmt: skip
            answered = group.functional_id if group.gs and group.functional_id != "FA" and group.sets else ""
            batches.append(Batch(place, answered, group.control, tuple(group.findings), pieces))
        yield Part(
            interchange.sender, interchange.control, f"{interchange.control[:_LONGEST]}/", _tests(interchange),
            tuple(interchange.findings), tuple(batches), len(interchange.answers), tuple(x12.interchange_answers(interchange)),
            interchange.isa[14:15] == ["1"],
        )  # fmt: skip


def _tests(interchange: x12.Interchange) -> bool:
    return interchange.usage not in ("", "P")


def _edifact(data: bytes) -> Iterator[Part]:
    for place, interchange in enumerate(edifact.read(data), start=1):
        pieces = tuple(
            Piece(each.kind, _numbers(interchange.control, each.reference), edifact.alone(interchange, each))
            for each in interchange.messages
        )
        yield Part(
            interchange.sender, interchange.control, f"{interchange.control[:_LONGEST]}/", interchange.test,
            tuple(interchange.findings), (Batch(place, "", interchange.control, (), pieces),),
        )  # fmt: skip


def _ubl(data: bytes, profile: x12.Profile) -> Part:
    root = ubl.parse_xml(data)
    # numbered by its own id, which is all that UBL has; a long one is told apart by its digest
    own = root.value("ID")
    own = own if len(own) <= 2 * _LONGEST else f"{own[:_LONGEST]}~{hashlib.sha256(own.encode()).hexdigest()[:12]}"
    prefix = f"{root.name[:_LONGEST]}/{own}/" if own else ""
    piece = Piece(root.name[:20], f"{prefix}1" if own else "", data)
    return Part(None, own, prefix, False, (), (Batch(1, "", own, (), (piece,)),))


def _numbers(*numbers: str) -> str:
    return "/".join(number[:_LONGEST] for number in numbers)
