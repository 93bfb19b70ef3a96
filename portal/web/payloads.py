"""The text of a message as a person reads it: EDI one segment per line with its name, JSON indented, the rest as it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

SEGMENTS = {
    "ISA": "Interchange: who to whom, when, control number", "IEA": "End of the interchange", "GS": "Group of one kind of document",
    "GE": "End of the group", "ST": "Document begins", "SE": "Document ends: number of segments",
    "BEG": "Order: purpose, type, number, date", "BAK": "Answer to an order: kind, number, date", "BSN": "Ship notice: number, date, time",
    "BIG": "Invoice: date, number, order", "BCH": "Change of an order", "CUR": "Currency", "REF": "Reference number", "PER": "Contact",
    "DTM": "Date", "ITD": "Terms of payment", "N1": "Party", "N2": "More of the name", "N3": "Street", "N4": "City, state, postal code",
    "PO1": "Line: quantity, unit, price, item", "PID": "Description", "PO4": "Packing", "ACK": "Answer to the line: status, quantity, date",
    "IT1": "Billed line: quantity, unit, price, item", "TXI": "Tax", "SAC": "Charge or allowance", "TDS": "Total", "CTT": "Number of lines",
    "AMT": "Amount", "HL": "Level: shipment, order, pack or item", "TD1": "Packages and weight", "TD3": "Equipment", "TD5": "Carrier",
    "PRF": "Order it belongs to", "MAN": "Marks on the package", "LIN": "Item", "SN1": "Shipped quantity", "LQ": "Code list",
    "AK1": "Acknowledges a group", "AK2": "Acknowledges a document", "AK3": "Segment in error", "AK4": "Element in error",
    "AK5": "Document accepted or refused", "AK9": "Group accepted or refused", "IK3": "Segment in error", "IK4": "Element in error",
    "IK5": "Document accepted or refused", "MSG": "Text", "NTE": "Note", "QTY": "Quantity", "SCH": "Schedule", "TA1": "Acknowledges an interchange",
}  # fmt: skip
"""What the first word of an X12 segment says."""
PARTS = frozenset({"GS", "ST", "HL", "PO1", "IT1", "AK2", "N1"})
"""Segments that begin something: they get some air above."""
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True)
class Segment:
    """`elements` are the values after the name; `begins` says that a part of the document starts here."""

    name: str
    says: str
    elements: list[str]
    begins: bool


@dataclass(frozen=True)
class Readable:
    """Segments when it is EDI, with the separator of their elements, else `text`."""

    text: str
    separator: str = ""
    segments: list[Segment] = field(default_factory=list)


def readable(text: str) -> Readable:
    """Splits EDI and indents JSON; what is neither, or is broken, is shown as it came. No value is ever rewritten."""
    start = text.lstrip("\ufeff \t\r\n")
    if re.match(r"ISA[^0-9A-Za-z]", start) or re.match(r"(ST|GS)\*", start):
        return _edi(start)
    if start[:1] in {"{", "["}:
        try:
            json.loads(start)
        except ValueError:
            return Readable(text)
        return Readable(indented(start))
    return Readable(text)


def _edi(text: str) -> Readable:
    """The ISA segment has a fixed length and names its own separators; a bare document uses the usual ones."""
    separator, end = text[3], text[105:106]
    if not text.startswith("ISA") or end.isalnum() or not end:
        separator, end = "*", "~"
    found = []
    for raw in text.split(end):
        if words := raw.strip("\r\n").split(separator):
            name, *elements = words
            if name.strip():
                found.append(Segment(name, SEGMENTS.get(name, "Segment"), elements, name in PARTS))
    return Readable(text, separator, found)


def indented(text: str) -> str:
    """Valid JSON, two spaces deeper per level, every number and string exactly as it was written."""
    lines, line, depth = [], "", 0
    tokens = TOKEN.findall(text)
    for here, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if here in "{[" and after not in "}]":
            depth += 1
            lines.append(line + here)
            line = "  " * depth
        elif here in "}]" and not line.rstrip().endswith(("{", "[")):
            depth -= 1
            lines.append(line)
            line = "  " * depth + here
        elif here == ",":
            lines.append(line + here)
            line = "  " * depth
        else:
            line += f"{here} " if here == ":" else here
    return "\n".join([*lines, line])


def lines_of(text: str) -> list[str]:
    """The text in the lines a person compares: one per segment or per JSON value."""
    found = readable(text)
    if found.segments:
        return [found.separator.join([segment.name, *segment.elements]) for segment in found.segments]
    return found.text.splitlines()
