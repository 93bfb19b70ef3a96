"""Interchanges (UNB…UNZ) and messages (UNH…UNT), with every deviation of their envelopes as a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from integrations.edifact.layouts import layout_for
from integrations.edifact.tokens import BLANKS, EdifactError, Segment, ServiceCharacters, tokens
from integrations.x12.checker import SetChecker
from integrations.x12.findings import Finding, Severity

# Segments that mean nothing without the qualifier at their beginning.
_QUALIFIED: Final = frozenset({"ALC", "CUX", "DTM", "GIN", "MOA", "NAD", "PRI", "QTY", "RFF"})


def component(segment: Segment, element: int, number: int = 0) -> str:
    """The text of one component, an empty text where the segment is shorter."""
    if element < len(segment) and number < len(segment[element]):
        return segment[element][number].strip()
    return ""


@dataclass(slots=True)
class Message:
    """One message: its segments from UNH to UNT, and what is wrong with them. `decimal` is the mark its numbers are written with."""

    segments: list[Segment]
    offsets: list[int]
    decimal: str = "."
    findings: list[Finding] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The message type ("ORDERS")."""
        return component(self.segments[0], 2, 0)

    @property
    def version(self) -> str:
        """Directory and release ("D96A")."""
        return component(self.segments[0], 2, 1) + component(self.segments[0], 2, 2)

    @property
    def reference(self) -> str:
        """The message's reference number."""
        return component(self.segments[0], 1)

    @property
    def broken(self) -> bool:
        """Whether a finding says that the message must not be used as it is."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(slots=True)
class EdifactInterchange:
    """One UNB…UNZ. `findings` are those of the envelope; messages have their own."""

    unb: Segment
    offset: int
    chars: ServiceCharacters
    messages: list[Message] = field(default_factory=list)
    unz: Segment = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sender(self) -> tuple[str, str]:
        """Qualifier and id of the sender."""
        return component(self.unb, 2, 1), component(self.unb, 2, 0)

    @property
    def receiver(self) -> tuple[str, str]:
        """Qualifier and id of the receiver."""
        return component(self.unb, 3, 1), component(self.unb, 3, 0)

    @property
    def control(self) -> str:
        """The interchange control reference."""
        return component(self.unb, 5)

    @property
    def test(self) -> bool:
        """Whether the sender says that this is a test."""
        return component(self.unb, 11) == "1"


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, else Latin-1. Never fails."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read(data: bytes) -> list[EdifactInterchange]:
    """Every interchange of a file, with findings. Raises `EdifactError` where there is none."""
    text = decode(data)
    start = len(text) - len(text.lstrip(BLANKS))
    if not text.startswith(("UNA", "UNB"), start):
        seems = " A message without its envelope begins here." if text.startswith(("UNH", "BGM"), start) else ""
        raise EdifactError(f"There is no UNB segment.{seems} This cannot be read as EDIFACT.", start)
    reader = _Reader()
    for offset, chars, segment in tokens(text):
        reader.take(offset, chars, segment)
    reader.finish(len(text))
    if not reader.interchanges:
        raise EdifactError("There is no UNB segment. This cannot be read as EDIFACT.", start)
    return reader.interchanges


def alone(interchange: EdifactInterchange, message: Message) -> bytes:
    """One message in an interchange of its own, with the service characters and references it came under."""
    chars = interchange.chars
    segments = [interchange.unb, *message.segments, [["UNZ"], ["1"], [interchange.control]]]
    lines = (
        chars.element.join(chars.component.join(chars.escape(part) for part in element) for element in segment)
        for segment in segments
    )
    return (chars.una() + "".join(line + chars.terminator for line in lines)).encode()


class _Reader:
    """Sorts segments into their envelopes."""

    def __init__(self) -> None:
        self.interchanges: list[EdifactInterchange] = []
        self.message: Message | None = None
        self.checker = SetChecker("")
        self.at = 0

    def take(self, offset: int, chars: ServiceCharacters, segment: Segment) -> None:
        self.at = offset
        name = segment[0][0].strip()
        segment[0][0] = name
        if name == "UNB":
            self.finish(offset)
            self.interchanges.append(EdifactInterchange(segment, offset, chars))
        elif not self.interchanges:
            return
        elif name == "UNH":
            self.end_message()
            self.message = Message([segment], [offset], chars.decimal)
            self.checker = SetChecker(
                self.message.kind, layout=layout_for(self.message.kind, self.message.version), specs={}
            )
            self.feed(segment, offset)
            self.interchanges[-1].messages.append(self.message)
        elif name == "UNZ":
            self.close(segment)
        elif self.message is not None:
            self.message.segments.append(segment)
            self.message.offsets.append(offset)
            self.feed(segment, offset)
            if name == "UNT":
                self.close_message(segment)
        elif name not in ("UNG", "UNE") and not self.interchanges[-1].unz:
            self.note(
                "segment-outside-set", f"Segment {name[:20]!r} stands outside of any message and was not read.", name
            )

    def feed(self, segment: Segment, offset: int) -> None:
        name = segment[0][0]
        self.checker.feed([name], name, "+", offset)
        if name in _QUALIFIED and not component(segment, 1):
            words = f"{name} does not say by its qualifier what it is about."
            self.checker.note(
                Finding("missing-element", words, "warning", name, self.checker.position, 1, "", offset, "a qualifier")
            )

    def note(self, code: str, message: str, name: str = "", severity: Severity = "error") -> None:
        findings = self.interchanges[-1].findings
        if sum(each.code == code for each in findings) < 20:
            findings.append(Finding(code, message, severity, name[:20], offset=self.at))

    def close_message(self, unt: Segment) -> None:
        message = self.message
        if message is None:
            return
        held, count, reference = len(message.segments), component(unt, 1), component(unt, 2)
        if count != str(held) and count.lstrip("0") != str(held):
            words = f"UNT announces {count} segments, the message holds {held}: a segment was lost, added or swallowed."
            message.findings.append(Finding("se-count", words, "error", "UNT", held, 1, count, self.at, str(held)))
        if reference != message.reference:
            words = f"The message begins with reference {message.reference} (UNH) and ends with {reference} (UNT)."
            message.findings.append(
                Finding("se-control", words, "error", "UNT", held, 2, reference, self.at, message.reference)
            )
        self.checked()

    def checked(self) -> None:
        if self.message is not None:
            self.checker.finish()
            self.message.findings += self.checker.findings
            self.message = None

    def end_message(self) -> None:
        if self.message is not None:
            words = f"The message {self.message.reference} has no UNT segment; it may be cut off."
            self.message.findings.append(Finding("se-missing", words, "error", "", len(self.message.segments)))
            self.checked()

    def close(self, unz: Segment) -> None:
        self.end_message()
        interchange = self.interchanges[-1]
        interchange.unz = unz
        held, count, control = len(interchange.messages), component(unz, 1), component(unz, 2)
        if count.lstrip("0") != str(held):
            self.note("iea-count", f"UNZ announces {count} messages, the interchange holds {held}.", "UNZ")
        if control != interchange.control:
            same = control.lstrip("0") == interchange.control.lstrip("0")
            words = f"The interchange begins with reference {interchange.control} (UNB) and ends with {control} (UNZ)."
            self.note("iea-control", words, "UNZ", "warning" if same else "error")

    def finish(self, end: int) -> None:
        self.at = end
        if self.interchanges:
            self.end_message()
            if not self.interchanges[-1].unz:
                self.note("iea-missing", "The interchange has no UNZ segment; the file may be cut off.")
