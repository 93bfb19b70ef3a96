"""The suppliers' own X12: a plain reader for well-formed files and a plain writer. Shares nothing with the portal's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


class Unreadable(ValueError):
    """The file is not X12 as these suppliers know it."""


@dataclass
class TransactionSet:
    """ST to SE, as lists of elements, and whether its envelope is right."""

    code: str
    control: str
    segments: list[list[str]]
    problems: list[str] = field(default_factory=list)

    def first(self, name: str) -> list[str]:
        """The first segment with this id, padded with empty elements so that it can be indexed."""
        found = next((segment for segment in self.segments if segment[0] == name), [name])
        return found + [""] * 40


@dataclass
class Group:
    """GS to GE."""

    functional_id: str
    control: str
    sets: list[TransactionSet] = field(default_factory=list)


@dataclass
class File:
    """One interchange: who wrote it, to whom, in which mode, and its groups."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    group_sender: str
    group_receiver: str
    control: str
    usage: str
    groups: list[Group]


def read(data: bytes) -> File:
    """The one interchange of a file. Raises `Unreadable`."""
    text = data.decode("ascii", "replace")
    if len(text) < 110 or not text.startswith("ISA"):
        raise Unreadable("the file does not begin with an ISA segment")
    star, end = text[3], text[105]
    segments = [part.strip("\r\n").split(star) for part in text.split(end) if part.strip("\r\n")]
    isa = [element.strip() for element in segments[0]]
    if len(isa) != 17:
        raise Unreadable(f"the ISA has {len(isa) - 1} elements")
    if segments[-1][0] != "IEA" or segments[-1][-1] != isa[13]:
        raise Unreadable("the interchange is not closed by its IEA")
    result = File((isa[5], isa[6]), (isa[7], isa[8]), "", "", isa[13], isa[15], [])
    current: TransactionSet | None = None
    for segment in segments[1:]:
        name = segment[0]
        if name == "GS" and len(segment) > 6:
            result.group_sender, result.group_receiver = segment[2], segment[3]
            result.groups.append(Group(segment[1], segment[6]))
        elif name == "ST" and len(segment) > 2 and result.groups:
            current = TransactionSet(segment[1], segment[2], [segment], ["2"])
            result.groups[-1].sets.append(current)
        elif current is not None:
            current.segments.append(segment)
            if name == "SE":
                current.problems = _end_problems(current, [*segment, "", ""])
                current = None
    return result


def _end_problems(current: TransactionSet, end: list[str]) -> list[str]:
    """The AK502 codes for what SE says wrong; a set without any SE has "2" from the start."""
    count = [] if end[1] == str(len(current.segments)) else ["4"]
    return count if end[2] == current.control else [*count, "3"]


@dataclass(frozen=True)
class Address:
    """Between whom a file travels."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    group_sender: str
    group_receiver: str
    usage: str


def write(address: Address, functional_id: str, code: str, control: int, body: list[list[str]], now: datetime) -> bytes:
    """One interchange with one group and one set, all under the same control number."""
    day, clock = now.strftime("%Y%m%d"), now.strftime("%H%M")
    isa = "*".join(
        [
            "ISA*00*          *00*          ",
            f"{address.sender[0]:<2}",
            f"{address.sender[1]:<15}",
            f"{address.receiver[0]:<2}",
            f"{address.receiver[1]:<15}",
            f"{day[2:]}*{clock}*U*00401*{control:09}*0*{address.usage}*>",
        ]
    )
    group = f"GS*{functional_id}*{address.group_sender}*{address.group_receiver}*{day}*{clock}*{control}*X*004010"
    inner = [_clean(segment) for segment in body]
    number = f"{control % 1_000_000_000:04}"
    lines = [
        isa,
        group,
        f"ST*{code}*{number}",
        *inner,
        f"SE*{len(inner) + 2}*{number}",
        f"GE*1*{control}",
        f"IEA*1*{control:09}",
    ]
    return ("~\n".join(lines) + "~\n").encode("ascii", "replace")


def _clean(segment: list[str]) -> str:
    texts = [text.replace("*", " ").replace("~", " ").replace(">", " ") for text in segment]
    return "*".join(texts).rstrip("*")
