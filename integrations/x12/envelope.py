"""Interchanges, groups and transaction sets, with every deviation of their envelopes as a finding.

Nobody gives up on a file because one part of it is broken: what can be read is there, what is wrong is said. `read` keeps the
segments; `scan` looks at files of any size and keeps only what was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from integrations.x12.checker import SetChecker
from integrations.x12.findings import Finding, Severity
from integrations.x12.schema import Extensions, era_of, specs_for
from integrations.x12.tokens import ISA_WIDTHS, Chunk, Delimiters, Segment, chunks
from integrations.x12.transactions import TRANSACTIONS

_MOST_STRAYS: Final = 20


def element(segment: Segment, number: int) -> str:
    """The text of one element, an empty text where the segment is shorter. Blanks around it do not count."""
    return segment[number].strip() if number < len(segment) else ""


@dataclass(slots=True)
class TransactionSet:
    """One document: its segments from ST to SE (`segments[0]` is ST; SE may be missing) and its findings."""

    segments: list[Segment]
    position: int
    delimiters: Delimiters
    findings: list[Finding] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    """The byte where each segment begins."""
    count: int = 1
    """How many segments it has, also where they were not kept."""
    version: str = ""
    """GS08 of its group."""

    @property
    def code(self) -> str:
        """The transaction set's code ("850")."""
        return element(self.segments[0], 1)

    @property
    def control(self) -> str:
        """Its control number, ST02."""
        return element(self.segments[0], 2)

    @property
    def broken(self) -> bool:
        """Whether a finding says that the set must not be used as it is."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(slots=True)
class Group:
    """A functional group: its GS (empty where it was missing), its GE and its transaction sets."""

    gs: Segment
    position: int
    ge: Segment = field(default_factory=list)
    sets: list[TransactionSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    offset: int = -1
    """The byte where its GS begins."""

    @property
    def functional_id(self) -> str:
        """GS01 ("PO", "PR", "SH", "IN", "FA")."""
        return element(self.gs, 1)

    @property
    def sender(self) -> str:
        """GS02, the application that sends."""
        return element(self.gs, 2)

    @property
    def receiver(self) -> str:
        """GS03, the application that is meant."""
        return element(self.gs, 3)

    @property
    def control(self) -> str:
        """The group's control number, GS06."""
        return element(self.gs, 6)

    @property
    def version(self) -> str:
        """GS08 ("004010")."""
        return element(self.gs, 8)


@dataclass(slots=True)
class Interchange:
    """One ISA…IEA. `findings` are those of the envelope; groups and sets have their own."""

    isa: Segment
    delimiters: Delimiters
    offset: int
    groups: list[Group] = field(default_factory=list)
    answers: list[Segment] = field(default_factory=list)
    iea: Segment = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sender(self) -> tuple[str, str]:
        """Qualifier and id of the sender, ISA05 and ISA06."""
        return element(self.isa, 5), element(self.isa, 6)

    @property
    def receiver(self) -> tuple[str, str]:
        """Qualifier and id of the receiver, ISA07 and ISA08."""
        return element(self.isa, 7), element(self.isa, 8)

    @property
    def control(self) -> str:
        """The interchange control number, ISA13."""
        return element(self.isa, 13)

    @property
    def version(self) -> str:
        """ISA12 ("00401")."""
        return element(self.isa, 12)

    @property
    def wants_answer(self) -> bool:
        """ISA14: whether the sender asks for a TA1."""
        return element(self.isa, 14) == "1"

    @property
    def usage(self) -> str:
        """ISA15: P for production, T for test."""
        return element(self.isa, 15)

    def all_findings(self) -> Iterator[Finding]:
        """Findings of the envelope, of every group and of every set."""
        yield from self.findings
        for group in self.groups:
            yield from group.findings
            for each in group.sets:
                yield from each.findings


def read(data: bytes | BinaryIO, extensions: Extensions = ()) -> list[Interchange]:
    """Every interchange of a file, with findings. Raises `X12Error` only where no interchange can be found at all.

    `extensions` are a partner's own codes (data element → codes) beside our short tables.
    """
    return [_Reader(chunk, extensions).run() for chunk in chunks(data)]


def scan(source: bytes | BinaryIO, extensions: Extensions = ()) -> Iterator[Interchange]:
    """Like `read`, one interchange after the other and without keeping segments: for files of any size."""
    for chunk in chunks(source):
        yield _Reader(chunk, extensions, keep=False).run()


def alone(interchange: Interchange, group: Group, each: TransactionSet) -> bytes:
    """One transaction set in an envelope of its own, with the delimiters and control numbers it came under."""
    segments = [*([group.gs] if group.gs else []), *each.segments]
    if group.gs:
        segments.append(["GE", "1", group.control])
    return _enveloped(interchange, [*segments, ["IEA", "1", interchange.control]])


def rewrite(interchange: Interchange) -> bytes:
    """A whole interchange as it was read: every segment that belongs to it, without the blanks and line ends around them."""
    segments: list[Segment] = []
    for group in interchange.groups:
        segments += [group.gs] if group.gs else []
        for each in group.sets:
            segments += each.segments
        segments += [group.ge] if group.ge else []
    return _enveloped(interchange, [*segments, *interchange.answers, *([interchange.iea] if interchange.iea else [])])


def _enveloped(interchange: Interchange, segments: list[Segment]) -> bytes:
    delimiters = interchange.delimiters
    isa = [text.ljust(width) for text, width in zip(interchange.isa[1:], ISA_WIDTHS, strict=False)]
    isa[-1] = delimiters.component or next(
        char for char in ">:" if char not in (delimiters.element, delimiters.segment)
    )
    end = delimiters.segment
    return "".join(delimiters.element.join(segment) + end for segment in (["ISA", *isa], *segments)).encode()


class _Reader:
    """Sorts the segments of one interchange into its envelope."""

    def __init__(self, chunk: Chunk, extensions: Extensions = (), *, keep: bool = True) -> None:
        self.chunk = chunk
        self.extensions = extensions
        self.keep = keep
        self.interchange = Interchange(chunk.isa, chunk.delimiters, chunk.offset)
        self.group: Group | None = None
        self.set: TransactionSet | None = None
        self.checker = SetChecker("")
        self.controls: set[str] = set()
        self.position = 1
        self.last = "ISA"
        self.strays = 0
        self.handlers = {
            "GS": self.open_group,
            "GE": self.close_group,
            "ST": self.open_set,
            "SE": self.close_set,
            "IEA": self.close_interchange,
            "TA1": self.take_answer,
        }

    def run(self) -> Interchange:
        chunk, handlers, keep, separator = self.chunk, self.handlers, self.keep, self.chunk.delimiters.element
        current, feed = self.set, self.checker.feed
        for position, segment in enumerate(chunk.segments(), start=2):
            name = segment[0]
            if name in handlers:
                self.position = position
                handlers[name](segment)
                self.last = name
                current, feed = self.set, self.checker.feed
            elif current is not None:
                at = chunk.at
                if keep:
                    current.segments.append(segment)
                    current.offsets.append(at)
                feed(segment, chunk.raw, separator, at)
            else:
                self.position = position
                self.stray(segment)
                self.last = name
        self.finish()
        self.interchange.findings[:0] = [*chunk.findings, *_isa_faults(chunk)]
        return self.interchange

    def note(
        self, code: str, message: str, segment: Segment | None = None, number: int = 0, severity: Severity = "error"
    ) -> None:
        """A finding of the envelope; of the open group where there is one."""
        target = self.group.findings if self.group is not None else self.interchange.findings
        target.append(self.finding(code, message, segment, number, severity))

    def finding(
        self, code: str, message: str, segment: Segment | None, number: int, severity: Severity = "error"
    ) -> Finding:
        name, value = (segment[0], element(segment, number) if number else "") if segment else ("", "")
        return Finding(code, message, severity, name, self.position, number, value, self.chunk.at)

    def check(self, segment: Segment, into: list[Finding]) -> None:
        """Check a segment of the envelope itself."""
        era = era_of(self.group.version if self.group else "")
        spec = specs_for(era)[segment[0]]
        if not spec.shape(segment, self.chunk.raw, self.chunk.delimiters.element):
            into += spec.faults(segment, self.position, self.chunk.at)

    def stray(self, segment: Segment) -> None:
        if self.interchange.iea:
            if self.last == "IEA":
                self.note(
                    "text-after-iea", "There is text after the IEA; it was not read.", segment, severity="warning"
                )
            return
        name = segment[0][:20]
        self.strays += 1
        if self.strays > _MOST_STRAYS:
            return
        self.note(
            "segment-outside-set", f"Segment {name!r} stands outside of any transaction set and was not read.", segment
        )

    def take_answer(self, segment: Segment) -> None:
        if len(self.interchange.answers) < _MOST_STRAYS:
            self.interchange.answers.append(segment)
            self.check(segment, self.interchange.findings)

    def open_group(self, segment: Segment) -> None:
        self.end_group()
        self.controls = set()
        self.group = Group(segment, self.position, offset=self.chunk.at)
        earlier = {(g.functional_id, g.control) for g in self.interchange.groups}
        self.interchange.groups.append(self.group)
        self.check(segment, self.group.findings)
        if (self.group.functional_id, self.group.control) in earlier:
            self.note(
                "gs-duplicate",
                f"Group control number {self.group.control} occurs twice in this interchange.",
                segment,
                6,
            )

    def close_group(self, segment: Segment) -> None:
        self.end_set()
        group = self.group
        if group is None:
            self.note("ge-without-gs", "A GE stands here without a GS before it.", segment)
            return
        group.ge = segment
        self.check(segment, group.findings)
        if element(segment, 2) != group.control:
            message = f"The group begins with control number {group.control} (GS06) and ends with {element(segment, 2)} (GE02)."
            self.note("ge-control", message, segment, 2)
        if element(segment, 1) != str(len(group.sets)) and not _same_number(element(segment, 1), len(group.sets)):
            message = f"GE01 announces {element(segment, 1)} transaction sets, the group holds {len(group.sets)}."
            self.note("ge-count", message, segment, 1)
        self.group = None

    def end_group(self) -> None:
        """The group is over, with or without its GE."""
        self.end_set()
        if self.group is not None:
            self.note("ge-missing", f"The group {self.group.control} has no GE segment.")
            self.group = None

    def open_set(self, segment: Segment) -> None:
        self.end_set()
        if self.group is None:
            if not self.interchange.groups or self.interchange.groups[-1].gs:
                self.interchange.groups.append(Group([], self.position))
                self.note(
                    "gs-missing", "A transaction set stands outside of a functional group (no GS before it).", segment
                )
            self.group = self.interchange.groups[-1]
        at = self.chunk.at
        self.set = TransactionSet(
            [segment], self.position, self.chunk.delimiters, offsets=[at], version=self.group.version
        )
        self.checker = SetChecker(self.set.code, self.set.version, self.extensions)
        self.checker.feed(segment, self.chunk.raw, self.chunk.delimiters.element, at)
        control = self.set.control
        if control in self.controls:
            message = f"Transaction set control number {control} occurs twice in this group."
            self.set.findings.append(Finding("st-duplicate", message, "error", "ST", 1, 2, control, at))
        self.controls.add(control)
        self.group.sets.append(self.set)

    def close_set(self, segment: Segment) -> None:
        current = self.set
        if current is None:
            self.note("se-without-st", "An SE stands here without an ST before it.", segment)
            return
        offset = self.chunk.at
        current.segments.append(segment)
        current.offsets.append(offset)
        self.checker.feed(segment, self.chunk.raw, self.chunk.delimiters.element, offset)
        count, control = element(segment, 1), element(segment, 2)
        at = current.count = self.checker.position
        if control != current.control:
            message = f"The set begins with control number {current.control} (ST02) and ends with {control} (SE02)."
            current.findings.append(
                Finding("se-control", message, "error", "SE", at, 2, control, offset, current.control)
            )
        if not _same_number(count, at):
            message = f"SE01 announces {count} segments, the set holds {at}: a segment was lost, added or swallowed."
            current.findings.append(Finding("se-count", message, "error", "SE", at, 1, count, offset, str(at)))
        self.check_set(current)
        self.set = None

    def end_set(self) -> None:
        """The set is over without its SE."""
        if self.set is not None:
            message = f"The transaction set {self.set.control} has no SE segment; it may be cut off."
            self.set.count = self.checker.position
            self.set.findings.append(Finding("se-missing", message, "error", "", self.set.count, offset=self.chunk.at))
            self.check_set(self.set)
            self.set = None

    def check_set(self, current: TransactionSet) -> None:
        self.checker.finish()
        current.findings.extend(self.checker.findings)
        schema = TRANSACTIONS.get(current.code)
        if self.group and self.group.gs and schema and self.group.functional_id != schema.functional_id:
            message = (
                f"GS01 is {self.group.functional_id}; a set {current.code} belongs into a group {schema.functional_id}."
            )
            group = self.group
            group.findings.append(
                Finding(
                    "gs-functional-id", message, "warning", "GS", group.position, 1, group.functional_id,
                    group.offset, schema.functional_id,
                )
            )  # fmt: skip

    def close_interchange(self, segment: Segment) -> None:
        self.end_group()
        interchange = self.interchange
        if interchange.iea:
            self.note(
                "iea-twice", "A second IEA ends an interchange that has ended before.", segment, severity="warning"
            )
            return
        interchange.iea = segment
        self.check(segment, interchange.findings)
        count, control = element(segment, 1), element(segment, 2)
        held = sum(1 for group in interchange.groups if group.gs)
        # Some count their TA1 as a group; nothing is lost by that.
        if not _same_number(count, held) and not (interchange.answers and not held):
            self.note("iea-count", f"IEA01 announces {count} groups, the interchange holds {held}.", segment, 1)
        if control != interchange.control and not (
            control.isascii() and control.isdigit() and _same_number(interchange.control, int(control[:10]))
        ):
            message = f"The interchange begins with control number {interchange.control} (ISA13) and ends with {control} (IEA02)."
            self.note("iea-control", message, segment, 2)

    def finish(self) -> None:
        if not self.interchange.iea:
            self.end_group()
            self.note("iea-missing", "The interchange has no IEA segment; the file may be cut off.")
        if not self.chunk.terminated:
            self.note("unterminated", "The last segment is not terminated.", severity="info")


def _isa_faults(chunk: Chunk) -> Iterator[Finding]:
    """What the elements of an ISA say that they cannot say."""
    isa = chunk.isa
    checks = (
        (9, len(isa[9]) == 6 and isa[9].isascii() and isa[9].isdigit(), "a day as YYMMDD"),
        (10, len(isa[10]) == 4 and isa[10].isascii() and isa[10].isdigit(), "a time as HHMM"),
        (13, isa[13].isascii() and isa[13].isdigit(), "nine digits"),
        (15, isa[15] in ("P", "T", "I"), "P for production or T for test"),
    )
    for number, right, expected in checks:
        if not right:
            message = f"ISA{number:02} ({isa[number][:20]!r}) is not {expected}."
            yield Finding("isa-value", message, "warning", "ISA", 1, number, isa[number][:40], chunk.offset, expected)


def _same_number(text: str, number: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) == number
