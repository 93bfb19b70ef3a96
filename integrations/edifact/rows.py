"""Typed access to the segments of one message while it becomes a canonical document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from integrations.canonical import NOBODY, ItemIdentity, Party
from integrations.canonical.units import UNECE_UNITS
from integrations.edifact.envelope import Message, component
from integrations.edifact.tokens import Segment
from integrations.x12.findings import Finding, Severity
from integrations.x12.profile import ITEM_QUALIFIERS, Profile

AGENCIES: Final[Mapping[str, str]] = {"9": "GLN", "16": "DUNS", "91": "supplier", "92": "buyer"}
"""Code list agency (3055) ↔ the name of the code list in `Party.identifiers`."""
CODE_LISTS: Final[Mapping[str, str]] = {"0088": "GLN", "0060": "DUNS"}
"""Code list (1131) by its number in ISO 6523, as EN 16931 names it → the name of the code list in `Party.identifiers`."""
ITEM_TYPES: Final[Mapping[str, str]] = {
    "EN": "gtin",
    "SRV": "gtin",
    "UP": "gtin",
    "IN": "buyer_item",
    "BP": "buyer_item",
    "SA": "supplier_part",
    "VN": "supplier_part",
    "VP": "supplier_part",
    "MF": "manufacturer_part",
    "MN": "manufacturer_part",
}
"""Item number type (7143) ↔ the field of `ItemIdentity`; others keep their code."""
_FORMATS: Final = {"101": "%y%m%d", "102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
_BY_LENGTH: Final = {6: "%y%m%d", 8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_NUMBER: Final = re.compile(r"-?(?=\.?[0-9])[0-9]{0,30}\.?[0-9]{0,30}", re.ASCII)


class Row:
    """One segment with its place; reads its components as what they are and notes what they are not."""

    def __init__(self, rows: Rows, position: int, segment: Segment) -> None:
        self.rows, self.position, self.segment = rows, position, segment
        self.name = segment[0][0]

    def text(self, element: int, number: int = 0) -> str:
        """One component, empty where it is missing."""
        return component(self.segment, element, number)

    def need(self, element: int, number: int, what: str) -> str:
        """The component; an error finding where it is empty."""
        value = self.text(element, number)
        if not value:
            self.note("missing-element", f"{self.name} does not say {what}.", element)
        return value

    def number(self, element: int, number: int = 0, severity: Severity = "error") -> Decimal | None:
        """A decimal number with the decimal mark of the interchange, a comma or a point; None where there is none."""
        value = self.text(element, number)
        if not value:
            return None
        plain = value.replace(",", ".")
        if _NUMBER.fullmatch(plain) is None:
            self.note("bad-number", f"{self.name} ({value[:40]!r}) is not a number.", element, severity)
            return None
        return Decimal(plain)

    def moment(self) -> datetime | None:
        """The moment of a DTM, in UTC; days are midnight."""
        value, code = self.text(1, 1), self.text(1, 2)
        wanted = _FORMATS.get(code)
        for layout in dict.fromkeys((wanted, _BY_LENGTH.get(len(value)))):
            if layout and value.isascii() and value.isdigit() and _BY_LENGTH.get(len(value)) == layout:
                try:
                    found = datetime.strptime(value, layout).replace(tzinfo=UTC)
                except ValueError:
                    continue
                if layout != wanted:
                    self.note(
                        "bad-date",
                        f"DTM {value!r} is not in the format {code!r}; it was read by its length.",
                        1,
                        "warning",
                    )
                return found
        self.note("bad-date", f"DTM {value[:40]!r} is not a date in the format {code!r}.", 1, "warning")
        return None

    def note(self, code: str, message: str, element: int = 0, severity: Severity = "error") -> None:
        """A finding at this segment."""
        offsets = self.rows.message.offsets
        at = offsets[self.position - 1] if self.position <= len(offsets) else -1
        value = self.text(element) if element else ""
        self.rows.findings.append(Finding(code, message, severity, self.name, self.position, element, value, at))


class Rows:
    """One message being read: its segments by section, the partner's profile and the findings so far."""

    def __init__(self, message: Message, profile: Profile) -> None:
        self.message, self.profile = message, profile
        self.units: Mapping[str, str] = {**UNECE_UNITS, **profile.units}
        self.findings: list[Finding] = []
        rows = [Row(self, at, segment) for at, segment in enumerate(message.segments, start=1)]
        self.every = rows
        self.header: list[Row] = []
        self.lines: list[list[Row]] = []
        self.footer: list[Row] = []
        current = self.header
        for row in rows:
            if row.name == "UNS":
                current = self.footer
            elif row.name == "LIN" and current is not self.footer:
                current = [row]
                self.lines.append(current)
                continue
            current.append(row)

    def first(self, name: str) -> Row | None:
        """The first segment with this id; an error finding where there is none."""
        found = next((row for row in self.every if row.name == name), None)
        if found is None:
            self.note("missing-segment", f"The {self.message.kind} has no {name} segment.", name)
        return found

    def note(self, code: str, message: str, segment: str = "", severity: Severity = "error") -> None:
        """A finding about the message as a whole."""
        self.findings.append(Finding(code, message, severity, segment, len(self.every)))

    def unit(self, row: Row, element: int, number: int) -> str:
        """Our unit code; an empty text with a finding where the partner gave none."""
        code = row.text(element, number)
        if not code:
            row.note("unit-missing", "The quantity has no unit: the order's unit is meant.", element, "warning")
        return self.units.get(code, code)


def moment(rows: list[Row], *qualifiers: str) -> datetime | None:
    """The first readable DTM of the first qualifier that has one."""
    for qualifier in qualifiers:
        for row in rows:
            if row.name == "DTM" and row.text(1, 0) == qualifier and (found := row.moment()):
                return found
    return None


def day(rows: list[Row], *qualifiers: str) -> date | None:
    """The same as a day."""
    found = moment(rows, *qualifiers)
    return found.date() if found else None


def reference(rows: list[Row], *qualifiers: str) -> str:
    """The first RFF of the first qualifier that has one; an empty text for none."""
    for qualifier in qualifiers:
        for row in rows:
            if row.name == "RFF" and row.text(1, 0) == qualifier and row.text(1, 1):
                return row.text(1, 1)
    return ""


def texts(rows: list[Row], *subjects: str) -> list[str]:
    """The free texts (FTX) of some subjects."""
    found = []
    for row in rows:
        if row.name == "FTX" and row.text(1) in subjects:
            parts = row.segment[4] if len(row.segment) > 4 else []
            if text := " ".join(part.strip() for part in parts if part.strip()):
                found.append(text)
    return found


def party(rows: list[Row], *roles: str) -> Party:
    """The first NAD of the first role that has one. Its name is the party's name, else the first line of the address."""
    for role in roles:
        for row in rows:
            if row.name == "NAD" and row.text(1) == role:
                # some name the code list itself (1131, by ISO 6523), and not who keeps it
                identifier, code_list, agency = row.text(2, 0), row.text(2, 1), row.text(2, 2)
                scheme = AGENCIES.get(agency) or agency or CODE_LISTS.get(code_list) or "ZZ"
                known = {scheme: identifier} if identifier else {}
                parts = (
                    row.segment[4]
                    if len(row.segment) > 4 and row.text(4)
                    else row.segment[3]
                    if len(row.segment) > 3
                    else []
                )
                return Party(name=" ".join(part.strip() for part in parts if part.strip()), identifiers=known)
    return NOBODY


def identity(loop: list[Row]) -> ItemIdentity:
    """The item of a LIN and its PIA segments; the first number of each kind counts."""
    told: list[tuple[str, str]] = []
    for row in loop:
        if row.name == "LIN":
            told.append((row.text(3, 1), row.text(3, 0)))
        elif row.name == "PIA" and row.text(1) in ("1", "5"):
            told += [(row.text(at, 1), row.text(at, 0)) for at in range(2, len(row.segment))]
    return identity_of(told)


def identity_of(told: list[tuple[str, str]]) -> ItemIdentity:
    """The identity of (item number type, number) pairs."""
    fields: dict[str, str] = {}
    others: dict[str, str] = {}
    for kind, value in told:
        if value and (name := ITEM_TYPES.get(kind)):
            fields.setdefault(name, value)
        elif value and kind:
            others.setdefault(ITEM_QUALIFIERS.get(kind, kind), value)
    return ItemIdentity(**fields, others=others)


def description(loop: list[Row]) -> str:
    """The item descriptions of a line as one text."""
    found = []
    for row in loop:
        if row.name == "IMD":
            parts = row.segment[3][3:] if len(row.segment) > 3 else []
            found.append("".join(parts).strip())
    return " ".join(each for each in found if each)


def quantity(loop: list[Row], *qualifiers: str) -> Row | None:
    """The first QTY of the first qualifier that has one."""
    for qualifier in qualifiers:
        for row in loop:
            if row.name == "QTY" and row.text(1, 0) == qualifier:
                return row
    return None


def price(loop: list[Row], *qualifiers: str) -> Decimal | None:
    """The price per unit: a price for several (PRI C509.5284) is divided."""
    for qualifier in qualifiers:
        for row in loop:
            if row.name == "PRI" and row.text(1, 0) == qualifier:
                amount, basis = row.number(1, 1), row.number(1, 4, "warning")
                return amount / basis if amount is not None and basis else amount
    return None


def amount(rows: list[Row], *qualifiers: str) -> Decimal | None:
    """The first monetary amount (MOA) of the first qualifier that has one."""
    for qualifier in qualifiers:
        for row in rows:
            if row.name == "MOA" and row.text(1, 0) == qualifier:
                return row.number(1, 1)
    return None


def line_number(row: Row) -> int | None:
    """LIN's line number, None where it is blank or not one."""
    return as_whole(row.text(1))


def as_whole(text: str) -> int | None:
    """A text as a whole number, None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
