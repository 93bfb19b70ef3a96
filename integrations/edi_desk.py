"""What a person asks of a file: what is this, what is wrong with it, what does it say, what would it be in another format.

Pure functions over bytes; `manage.py edi` and screens show what they return.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal

from integrations import edifact, ubl, x12
from integrations.canonical import (
    Acknowledgement,
    Document,
    InvoiceDoc,
    Order,
    OrderAnswer,
    PriceCatalog,
    RemittanceAdvice,
    SetAnswer,
    SetStatus,
    revised,
    to_json,
)
from integrations.not_edi import is_something_else, what_it_is
from integrations.ubl.xml import Node
from integrations.x12.codes import meaning
from integrations.x12.documents.reading import Parsed
from integrations.x12.profile import Verdict
from integrations.x12.schema import spec_of
from integrations.x12.words import ELEMENT_TITLES, ISA_TITLES, SEGMENT_TITLES

Format = Literal["x12", "edifact", "ubl", "cxml", "xml", "unknown"]
Target = Literal["json", "x12", "edifact", "ubl"]
TARGETS: Final = ("json", "x12", "edifact", "ubl")
NAMES: Final[Mapping[str, str]] = {
    "x12": "X12", "edifact": "EDIFACT", "ubl": "UBL", "cxml": "cXML", "xml": "XML of another kind", "unknown": "no format that we know",
}  # fmt: skip
STRICTEST: Final[tuple[Verdict, ...]] = ("quarantine", "warn")
_MOST_SEGMENTS: Final = 20_000
_ISA: Final = re.compile(rb"ISA[^A-Za-z0-9\s].{80}", re.DOTALL)
_CXML: Final = re.compile(rb"<cXML[\s>]|<!DOCTYPE\s+cXML")
_CXML_KIND: Final = re.compile(
    rb"<((?:PunchOut\w*|Order\w*|Confirmation\w*|ShipNotice\w*|Invoice\w*)(?:Request|Response|Message|Notice|Setup\w*)?)[\s>/]"
)
_EDIFACT_TITLES: Final[Mapping[str, str]] = {
    "ALC": "allowance or charge", "BGM": "beginning of the message", "CNT": "control total", "CPS": "packing level", "CUX": "currency",
    "DTM": "date or time", "FTX": "free text", "GIN": "identity number", "IMD": "description", "LIN": "line", "MOA": "amount",
    "NAD": "party", "PAC": "package", "PAT": "terms of payment", "PCI": "package marking", "PIA": "further item numbers",
    "PRI": "price", "QTY": "quantity", "RFF": "reference", "TAX": "tax", "TDT": "transport", "UNB": "beginning of the interchange",
    "UNH": "beginning of the message", "UNS": "section", "UNT": "end of the message", "UNZ": "end of the interchange",
}  # fmt: skip


class DeskError(ValueError):
    """What was asked for cannot be done with this file; says why in a sentence."""


@dataclass(frozen=True)
class Field:
    """One element of a segment: its number, text, name, and what its code means."""

    number: int
    value: str
    name: str
    meaning: str


@dataclass(frozen=True)
class Line:
    """One segment (or XML element) with what it is: `place` is its byte in the file."""

    place: int
    name: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Said:
    """One document of a file: its kind there ("850", "INVOIC", "Order"), what it says, and what is wrong with it."""

    kind: str
    control: str
    document: Document | None
    findings: tuple[x12.Finding, ...]

    @property
    def broken(self) -> bool:
        """Whether it must not be used as it is."""
        return self.document is None or any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True)
class Explained:
    """A file, read as far as it can be."""

    format: Format
    lines: tuple[Line, ...]
    findings: tuple[x12.Finding, ...]
    documents: tuple[Said, ...]
    verdict: Verdict
    line_count: int = 0
    interchanges: tuple[x12.Interchange, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "format": self.format,
            "verdict": self.verdict,
            "findings": [finding.plain() for finding in self.findings],
            "documents": [
                {
                    "kind": each.kind,
                    "control": each.control,
                    "findings": [finding.plain() for finding in each.findings],
                    "document": to_json(each.document) if each.document is not None else None,
                }
                for each in self.documents
            ],
            "segments": [
                {
                    "offset": line.place,
                    "segment": line.name,
                    "title": line.title,
                    "elements": [vars(each) for each in line.fields],
                }
                for line in self.lines
            ],
        }


def recognise(data: bytes) -> Format:
    """Which format a file seems to be in."""
    if is_something_else(data):
        return "unknown"
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"ISA", b"GS*")):
        return "x12"
    if head.startswith((b"UNA", b"UNB", b"UNH+", b"BGM+")):
        return "edifact"
    if head.startswith(b"<"):
        if _CXML.search(data[:20_000]):
            return "cxml"
        return "ubl" if b"urn:oasis:names:specification:ubl" in data[:20_000] else "xml"
    return "x12" if _ISA.search(data[:100_000]) else "unknown"


def explain(data: bytes, profile: x12.Profile | None = None, *, segments: int = _MOST_SEGMENTS) -> Explained:
    """Everything there is to say about a file; never fails. Of its segments the first ones are explained, all are counted."""
    profile = profile or x12.Profile(unit_codes="X12-355")
    kind = recognise(data)
    try:
        if kind == "edifact":
            found = _edifact(data, profile, segments)
        elif kind == "ubl":
            found = _ubl(data, profile, segments)
        elif kind in ("cxml", "xml", "unknown"):
            found = _no_document(kind, data)
        else:
            found = _x12(data, profile, segments)
    except (x12.X12Error, edifact.EdifactError, ubl.XmlError) as refused:
        finding = x12.Finding("refused", str(refused), "error", offset=refused.offset)
        found = Explained(kind, (), (finding,), (), "quarantine")
    said = {
        profile.verdict(found.findings),
        *(profile.about(each.kind).verdict(each.findings) for each in found.documents),
    }
    return replace(found, verdict=next((each for each in STRICTEST if each in said), "accept"))


def _x12(data: bytes, profile: x12.Profile, segments: int) -> Explained:
    interchanges = x12.read(data, profile.extensions)
    findings: list[x12.Finding] = []
    documents: list[Said] = []
    for interchange in interchanges:
        findings += interchange.findings
        for group in interchange.groups:
            findings += group.findings
            for each in group.sets:
                result: Parsed = x12.parse(each, profile)
                control = "/".join((interchange.control, group.control, each.control))
                documents.append(Said(each.code, control, result.document, (*each.findings, *result.findings)))
    every = sum(map(_x12_count, interchanges))
    lines = tuple(islice((line for each in interchanges for line in _x12_lines(each)), segments))
    return Explained("x12", lines, tuple(findings), tuple(documents), "accept", every, tuple(interchanges))


def _x12_count(interchange: x12.Interchange) -> int:
    """How many lines `_x12_lines` gives."""
    inside = sum(
        bool(group.gs) + bool(group.ge) + sum(len(each.segments) for each in group.sets) for group in interchange.groups
    )
    return 1 + inside + len(interchange.answers) + bool(interchange.iea)


def _x12_lines(interchange: x12.Interchange) -> Iterator[Line]:
    yield Line(interchange.offset, "ISA", SEGMENT_TITLES["ISA"], tuple(_isa_fields(interchange.isa)))
    for group in interchange.groups:
        if group.gs:
            yield _x12_line(group.offset, group.gs)
        for each in group.sets:
            for at, segment in zip(each.offsets, each.segments, strict=True):
                yield _x12_line(at, segment)
        if group.ge:
            yield _x12_line(-1, group.ge)
    for segment in (*interchange.answers, *([interchange.iea] if interchange.iea else [])):
        yield _x12_line(-1, segment)


def _isa_fields(isa: x12.Segment) -> Iterator[Field]:
    codes = {5: "I05", 7: "I05", 15: "I14"}
    for number, (value, name) in enumerate(zip(isa[1:], ISA_TITLES, strict=True), start=1):
        yield Field(number, value, name, meaning(codes.get(number, ""), value))


def _x12_line(at: int, segment: x12.Segment) -> Line:
    spec = spec_of(segment[0])
    fields = []
    for number, value in enumerate(segment[1:], start=1):
        if value.strip():
            reference = spec[number - 1].reference if number <= len(spec) else ""
            fields.append(Field(number, value, ELEMENT_TITLES.get(reference, ""), meaning(reference, value.strip())))
    return Line(at, segment[0], SEGMENT_TITLES.get(segment[0], ""), tuple(fields))


def _edifact(data: bytes, profile: x12.Profile, segments: int) -> Explained:
    findings: list[x12.Finding] = []
    documents: list[Said] = []
    lines: list[Line] = []
    for interchange in edifact.read(data):
        findings += interchange.findings
        lines.append(_edifact_line(interchange.offset, interchange.unb))
        for message in interchange.messages:
            result = edifact.parse(message, profile)
            control = f"{interchange.control}/{message.reference}"
            documents.append(Said(message.kind, control, result.document, (*message.findings, *result.findings)))
            lines += [_edifact_line(at, each) for at, each in zip(message.offsets, message.segments, strict=True)]
    return Explained("edifact", tuple(lines[:segments]), tuple(findings), tuple(documents), "accept", len(lines))


def _edifact_line(at: int, segment: list[list[str]]) -> Line:
    fields = tuple(Field(number, ":".join(each), "", "") for number, each in enumerate(segment[1:], 1) if any(each))
    return Line(at, segment[0][0], _EDIFACT_TITLES.get(segment[0][0], ""), fields)


def _ubl(data: bytes, profile: x12.Profile, segments: int) -> Explained:
    result = ubl.read(data, profile)
    lines = tuple(_xml_lines(ubl.parse_xml(data), "")) if segments else ()
    said = Said(result.kind, "", result.document, result.findings)
    return Explained("ubl", lines[:segments], (), (said,), "accept", len(lines))


def _xml_lines(node: Node, path: str) -> Iterator[Line]:
    """Every element that says something, with its path."""
    here = f"{path}/{node.name}" if path else node.name
    if text := node.text.strip():
        told = (Field(1, text, "", ""), *(Field(0, value, name, "") for name, value in node.attributes.items()))
        yield Line(node.offset, node.name, here, told)
    for child in node.children:
        yield from _xml_lines(child, here)


def _no_document(kind: Format, data: bytes) -> Explained:
    if kind == "cxml":
        found = _CXML_KIND.search(data)
        name = found[1].decode() if found else "document"
        words = f"This is cXML ({name}). cXML is recognised and not read: ask the supplier for X12, EDIFACT or UBL."
        code = "cxml"
    elif kind == "unknown":
        words, code = what_it_is(data), "refused"
    else:
        words, code = "This is XML of a kind that we do not know; UBL 2.1 is read.", "unknown-set"
    return Explained(kind, (), (x12.Finding(code, words, "error", offset=0),), (), "quarantine")


Source = bytes | Explained
"""A file, or what was found in it already."""


def _explained(source: Source, profile: x12.Profile | None) -> Explained:
    return source if isinstance(source, Explained) else explain(source, profile, segments=0)


def _counted(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


def convert(
    source: Source,
    target: Target,
    *,
    at: datetime,
    profile: x12.Profile | None = None,
    control: int = 1,
    currency: str = "",
    only: int = 0,
) -> bytes:
    """The documents of a file in another format. `at` is the moment of the new envelope. Raises `DeskError`.

    JSON and X12 hold all documents, UBL and EDIFACT exactly one: `only` says which, counted from 1. `currency` is meant where a
    document names none, as X12 may do and UBL may not.
    """
    found, profile = _explained(source, profile), profile or x12.Profile()
    documents = [_in(each.document, currency) for each in found.documents if each.document is not None]
    if only > len(documents):
        raise DeskError(f"The file holds {_counted(len(documents))} that can be read; there is no document {only}.")
    documents = documents[only - 1 : only] if only else documents
    if not documents:
        wrong = [*found.findings, *(finding for each in found.documents for finding in each.findings)]
        raise DeskError(
            next((each.message for each in wrong if each.severity == "error"), "The file holds no document.")
        )
    if target == "json":
        plain = [to_json(document) for document in documents]
        return (json.dumps(plain[0] if len(plain) == 1 else plain, indent=2, ensure_ascii=False) + "\n").encode()
    try:
        if target == "x12":
            envelope = envelope_of(profile, at, control)
            delimiters = envelope.written_with()
            sets = [x12.outgoing(document, n, profile, delimiters) for n, document in enumerate(documents, start=1)]
            return x12.write(envelope, sets)
        if len(documents) > 1:
            raise DeskError(
                f"The file holds {_counted(len(documents))}; a file in {NAMES[target]} holds one: say which."
            )
        if target == "ubl":
            return ubl.document_bytes(documents[0], replace(profile, units={}), at)
        sides = envelope_of(profile, at, control)
        return edifact.document_bytes(
            documents[0],
            edifact.EdifactEnvelope(
                sender=sides.sender, receiver=sides.receiver, reference=str(control), at=at, test=profile.test
            ),
            replace(profile, units={}),
        )
    except (x12.X12Error, ubl.UblError, edifact.EdifactError) as fault:
        raise DeskError(str(fault)) from fault


def _in(document: Document, currency: str) -> Document:
    """The document in this currency where it names none."""
    if isinstance(document, (Order, OrderAnswer, InvoiceDoc, PriceCatalog, RemittanceAdvice)) and not document.currency:
        return revised(document, currency=currency)
    return document


def envelope_of(profile: x12.Profile, at: datetime, control: int) -> x12.Envelope:
    """The envelope in which we write to a partner."""
    return x12.Envelope(
        sender=(profile.our_qualifier, profile.our_id or "SENDER"),
        receiver=(profile.their_qualifier, profile.their_id or "RECEIVER"),
        group_sender=profile.our_group_id,
        group_receiver=profile.their_group_id,
        interchange_control=control,
        group_control=control,
        at=at,
        version=profile.version,
        usage="T" if profile.test else "P",
        delimiters=profile.delimiters,
    )


def acknowledgement(
    source: Source,
    *,
    at: datetime,
    profile: x12.Profile | None = None,
    control: int = 1,
    duplicate: bool = False,
    ta1: bool = False,
    decided: Mapping[str, SetStatus] | None = None,
) -> bytes:
    """The 997 that answers an X12 file (one set per group), or its TA1. Raises `DeskError` for what cannot be answered.

    Sets that the profile quarantines are rejected; what a person `decided` about a set (`set_name` -> status) goes before. The
    envelope answers the first interchange where the profile says nobody.
    """
    found, profile = _explained(source, profile), profile or x12.Profile()
    if not found.interchanges:
        words = next((each.message for each in found.findings), "The file is empty.")
        raise DeskError(
            words if found.format in ("x12", "unknown") else f"Only X12 is answered; this is {NAMES[found.format]}."
        )
    try:
        first, envelope = found.interchanges[0], envelope_of(profile, at, control)
        if not profile.their_id:
            group = first.groups[0] if first.groups else None
            envelope = replace(
                envelope,
                sender=first.receiver,
                receiver=first.sender,
                group_sender=group.receiver if group else "",
                group_receiver=group.sender if group else "",
                delimiters=x12.Delimiters(),
            )
        if ta1:
            answers = [x12.interchange_answer(each, duplicate=duplicate) for each in found.interchanges]
            return x12.interchange_answers_bytes(answers, envelope)
        groups = list(_answers(found, profile))
        if not groups:
            raise DeskError("There is no group to answer: a 997 is never answered with a 997.")
        verdicts = {
            number: _as_decided(answer, group, decided or {}) for number, (group, answer) in enumerate(groups, start=1)
        }
        return x12.acknowledgement_bytes(verdicts, envelope)
    except x12.X12Error as fault:
        raise DeskError(str(fault)) from fault


def set_name(group: x12.Group, answer: SetAnswer) -> str:
    """How a transaction set of a file is called where somebody decides about it: group, its number, set, its number."""
    return f"{group.functional_id}-{group.control}-{answer.transaction}-{answer.control}"


def set_verdicts(source: Source, profile: x12.Profile | None = None) -> dict[str, SetStatus]:
    """What a 997 would say of each set of an X12 file, by `set_name`; nothing where there is none to answer."""
    found = _explained(source, profile)
    answers = _answers(found, profile or x12.Profile())
    return {set_name(group, each): each.status for group, answer in answers for each in answer.sets}


def _answers(found: Explained, profile: x12.Profile) -> Iterator[tuple[x12.Group, Acknowledgement]]:
    """What a 997 says of each group that is answered: sets that must not be used are rejected."""
    said = iter(found.documents)
    for group in (group for each in found.interchanges for group in each.groups):
        judged = [
            (each.control, profile.about(told.kind).verdict(told.findings))
            for each, told in zip(group.sets, said, strict=False)
        ]
        if group.functional_id not in ("", "FA"):
            yield group, x12.acknowledge(group, (control for control, verdict in judged if verdict == "quarantine"))


def _as_decided(answer: Acknowledgement, group: x12.Group, decided: Mapping[str, SetStatus]) -> Acknowledgement:
    """The verdict with what a person decided about its sets; what is accepted is accepted without errors."""
    if not any(set_name(group, each) in decided for each in answer.sets):
        return answer
    sets = []
    for each in answer.sets:
        status = decided.get(set_name(group, each), each.status)
        plain = status == "accepted"
        sets.append(
            revised(each, status=status, codes=() if plain else each.codes, errors=() if plain else each.errors)
        )
    return revised(answer, sets=tuple(sets), **x12.counted(sets, answer.codes))


@dataclass(frozen=True)
class Difference:
    """One value that is not the same: where, and what stands on either side (None: nothing)."""

    path: str
    left: Any
    right: Any


def diff(left: bytes, right: bytes, profile: x12.Profile | None = None) -> list[Difference]:
    """How the documents of two files differ, whatever their formats. Raises `DeskError` where one holds no document."""
    sides = []
    for name, data in (("first", left), ("second", right)):
        documents = [each.document for each in explain(data, profile, segments=0).documents]
        if not any(documents):
            raise DeskError(f"The {name} file holds no document that can be read.")
        sides.append([to_json(each) if each is not None else None for each in documents])
    return list(_differences("", *sides))


def _differences(path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            yield from _differences(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list):
        for at in range(max(len(left), len(right))):
            mine, theirs = (side[at] if at < len(side) else None for side in (left, right))
            yield from _differences(f"{path}.{at}" if path else str(at), mine, theirs)
    elif left != right:
        yield Difference(path, left, right)
