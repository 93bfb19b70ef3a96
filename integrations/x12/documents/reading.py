"""Typed access to the segments of one transaction set while it becomes a canonical document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import Final, TypeAlias

from integrations.canonical import NOBODY, Document, ItemIdentity, Party
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import Finding, Severity
from integrations.x12.profile import Profile, pairs_in, party_in
from integrations.x12.schema import day_of
from integrations.x12.tokens import Segment

_NUMBER: Final = re.compile(r"-?(?=\.?[0-9])[0-9]{0,30}\.?[0-9]{0,30}", re.ASCII)
_LONGEST_PLAIN: Final = 30
_PER: Final = {"HP": Decimal(100), "TP": Decimal(1000)}
_MOMENT_ZONES: Final = ("", "UT", "GM", "Z")


_Ids: TypeAlias = Callable[[Sequence[str]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The document a transaction set says, and what was odd on the way; no document where its key facts are missing.

    A document beside a finding of severity `error` is incomplete: whoever uses it decides, with the finding in hand.
    """

    document: Document | None
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> bool:
        """Whether something that the document cannot do without could not be read."""
        return self.document is None or any(finding.severity == "error" for finding in self.findings)


class Row:
    """One segment with its place; reads its elements as what they are and notes what they are not."""

    __slots__ = ("name", "position", "reading", "texts")

    def __init__(self, reading: Reading, position: int, segment: Segment) -> None:
        self.reading = reading
        self.position = position
        self.name = segment[0]
        """The segment's id."""
        self.texts = [*map(str.strip, segment), ""]
        """The segment without the blanks around its elements, which mean nothing, and an empty text behind it."""

    def text(self, number: int) -> str:
        """The element's text, empty where it is missing."""
        try:
            return self.texts[number]
        except IndexError:
            return ""

    def need(self, number: int, what: str) -> str:
        """The element's text; an error finding where it is empty."""
        value = self.text(number)
        if not value:
            self.note("missing-element", f"{self.name}{number:02}, {what}, is missing.", number)
        return value

    def number(self, number: int, severity: Severity = "error") -> Decimal | None:
        """The element as a decimal number; None where it is empty or (with a finding) not a number."""
        value = self.text(number)
        amount = _amount(value)
        if amount is None and value:
            self.note("bad-number", f"{self.name}{number:02} ({value[:40]!r}) is not a number.", number, severity)
        return amount

    def cents(self, number: int) -> Decimal | None:
        """The element as an amount with two implied decimals; a written point is believed, with a finding."""
        amount = self.number(number)
        if amount is None:
            return None
        if "." in self.text(number):
            message = (
                f"{self.name}{number:02} has two implied decimals but was written with a point; it was read as written."
            )
            self.note("explicit-decimals", message, number, "warning")
            return amount
        return amount.scaleb(-2)

    def day(self, number: int, severity: Severity = "warning") -> date | None:
        """The element as a day; None where it is empty or (with a finding) no day."""
        value = self.text(number)
        day = day_of(value)
        if value and day is None:
            self.note("bad-date", f"{self.name}{number:02} ({value[:40]!r}) is not a day (CCYYMMDD).", number, severity)
        return day

    def moment(self, day: int, clock: int, zone: int = 0) -> datetime | None:
        """Day and time of day as a moment; a time without a zone is taken as UTC, a missing time as midnight."""
        on = self.day(day)
        if on is None:
            return None
        if zone and self.text(zone) not in _MOMENT_ZONES:
            message = f"{self.name}{zone:02} names the time zone {self.text(zone)!r}; the time was taken as UTC."
            self.note("time-zone", message, zone, "info")
        return datetime.combine(on, _clock(self.text(clock)), UTC)

    def price(self, price: int, basis: int) -> Decimal | None:
        """The price per unit: prices per hundred (HP) and per thousand (TP) are divided."""
        amount = self.number(price)
        divisor = _PER.get(self.text(basis))
        return amount / divisor if amount is not None and divisor else amount

    def unit(self, number: int, *, required: bool = True) -> str:
        """Our unit code; an empty text with a finding where the partner gave none."""
        # POC05 and friends are composites: the unit is their first component.
        code = self.text(number)
        if (component := self.reading.component) in code:
            code = code.split(component, 1)[0]
        if not code and required:
            self.note(
                "unit-missing",
                f"{self.name}{number:02}, the unit, is missing: the order's unit is meant.",
                number,
                "warning",
            )
        return self.reading.units.get(code, code)

    def pairs(self, start: int) -> dict[str, str]:
        """Qualifier → id, from element `start` on."""
        return pairs_in(self.texts[:-1], start)

    def identity(self, start: int) -> ItemIdentity:
        """The item that the pairs from element `start` on name."""
        texts, reading = self.texts, self.reading
        shape = (start, *texts[start:-2:2])
        try:
            ids = reading.item_shapes[shape]
        except KeyError:
            ids = reading.item_shapes[shape] = _item_shape(start, texts[start:-2:2], reading.item_fields)
        if ids is None:
            return reading.profile.identity_in(self.pairs(start), reading.item_fields)
        buyer_item, supplier_part, manufacturer_part, gtin = ids(texts)
        return ItemIdentity(
            buyer_item=buyer_item, supplier_part=supplier_part, manufacturer_part=manufacturer_part, gtin=gtin
        )

    def line_number(self, number: int) -> int | None:
        """The element as a line number, None where it is blank or not one ("A-7")."""
        value = self.text(number)
        if value.isdigit() and value.isascii() and len(value) <= 9:
            return int(value)
        if value:
            self.note(
                "line-number", f"{self.name}{number:02} ({value[:20]!r}) is not a line number of ours.", number, "info"
            )
        return None

    def note(self, code: str, message: str, number: int = 0, severity: Severity = "error") -> None:
        """A finding at this segment or one of its elements."""
        value = self.text(number) if number else ""
        offsets = self.reading.set.offsets
        at = offsets[self.position - 1] if self.position <= len(offsets) else -1
        self.reading.findings.append(Finding(code, message, severity, self.name, self.position, number, value, at))


class Reading:
    """One transaction set being read: its rows, the partner's profile and the findings so far."""

    def __init__(self, transaction_set: TransactionSet, profile: Profile) -> None:
        self.set = transaction_set
        self.profile = profile
        self.units = profile.units
        self.item_fields = profile.item_fields()
        self.item_shapes: dict[tuple[object, ...], _Ids | None] = {}
        self.component = transaction_set.delimiters.component or "\n"
        self.findings: list[Finding] = []

    def rows(self, start: int = 1) -> Iterator[Row]:
        """Every segment from position `start` on."""
        for position, segment in enumerate(self.set.segments[start - 1 :], start=start):
            yield Row(self, position, segment)

    def first(self, name: str) -> Row | None:
        """The first segment with this id; an error finding where there is none."""
        found = next((row for row in self.rows() if row.name == name), None)
        if found is None:
            self.note("missing-segment", f"The {self.set.code} has no {name} segment.", name)
        return found

    def note(self, code: str, message: str, segment: str = "", severity: Severity = "error") -> None:
        """A finding about the set as a whole."""
        self.findings.append(Finding(code, message, severity, segment, len(self.set.segments)))

    def loops(self, start: str) -> tuple[list[Row], list[list[Row]]]:
        """The rows before the first `start` segment, and one list per loop that begins with it. Summary segments end the last."""
        header, spans = self.spans(start)
        return header, [[Row(self, at + 1, self.set.segments[at]) for at in span] for span in spans]

    def spans(self, start: str) -> tuple[list[Row], list[range]]:
        """Like `loops`, but where each of them stands among the set's segments: for documents of very many lines."""
        segments = self.set.segments
        begins, over = [], len(segments)
        for at, segment in enumerate(segments):
            name = segment[0]
            if name == start:
                begins.append(at)
            elif name in _SUMMARY:
                over = at
                break
        header = [Row(self, at + 1, segments[at]) for at in range(begins[0] if begins else over)]
        return header, list(map(range, begins, (*begins[1:], over)))

    def parsed(self, document: Document | None) -> Parsed:
        """The result, each finding once."""
        return Parsed(document, tuple(dict.fromkeys(self.findings)))


_SUMMARY: Final = frozenset({"CTT", "TDS", "SE"})


def named(rows: list[Row], name: str, qualifier: str | tuple[str, ...] = "", at: int = 1) -> Iterator[Row]:
    """The rows of a segment id whose element `at` is (one of) `qualifier`."""
    for row in rows:
        if row.name == name and (not qualifier or row.text(at) in _wanted(qualifier)):
            yield row


def _wanted(qualifier: str | tuple[str, ...]) -> tuple[str, ...]:
    return (qualifier,) if isinstance(qualifier, str) else qualifier


def references(rows: list[Row]) -> dict[str, str]:
    """What the REFs say: qualifier → the first value, its description where there is none."""
    found: dict[str, str] = {}
    for row in rows:
        if row.name == "REF" and (value := row.text(2) or row.text(3)):
            found.setdefault(row.text(1), value)
    return found


def reference(rows: list[Row], *qualifiers: str) -> str:
    """The first REF of the first qualifier that has one; an empty text for none."""
    found = references(rows)
    return next((found[qualifier] for qualifier in qualifiers if qualifier in found), "")


def dated(rows: list[Row], *qualifiers: str) -> date | None:
    """The first readable DTM day of the first qualifier that has one."""
    dates = [row for row in rows if row.name == "DTM"]
    if not dates:
        return None
    return next((day for wanted in qualifiers for row in dates if row.text(1) == wanted and (day := row.day(2))), None)


def _item_shape(start: int, qualifiers: Segment, known: Mapping[str, str]) -> _Ids | None:
    """What takes buyer's, supplier's and manufacturer's number and GTIN out of a segment with these qualifiers from `start` on.

    The segment has an empty text behind it for what is not there. None where an unusual qualifier is among them, or two for the same.
    """
    places = {known.get(each, ""): start + 1 + 2 * at for at, each in enumerate(qualifiers)}
    if "" in places or len(places) < len(qualifiers):
        return None
    return itemgetter(*(places.get(name, -1) for name in ("buyer_item", "supplier_part", "manufacturer_part", "gtin")))


def _amount(text: str) -> Decimal | None:
    """The number that a text says, None where it says none."""
    digits = text.replace(".", "", 1)
    # what most numbers are, told faster than by the pattern
    if (digits.isdigit() and digits.isascii() and len(digits) <= _LONGEST_PLAIN) or _NUMBER.fullmatch(text):
        return Decimal(text)
    return None


_PARTY_ROLES: Final = {
    "supplier": ("SU", "VN", "SE", "SF"),
    "buyer": ("BY", "SO", "BT"),
    "ship_to": ("ST",),
    "holder": ("WH", "SU", "VN", "SF"),
    "payer": ("PR", "BY"),
    "payee": ("PE", "SU"),
}


def party(rows: list[Row], role: str) -> Party:
    """Who plays a role ("supplier", "ship_to", …): the first N1 of the first code that means it."""
    names = [row for row in rows if row.name == "N1"]
    for code in _PARTY_ROLES[role]:
        for row in names:
            if row.text(1) == code:
                return party_in(row.text(2), row.text(3), row.text(4))
    return NOBODY


def first_text(rows: list[Row], name: str, number: int) -> str:
    """The element of the first segment with this id; an empty text where there is none."""
    return next((row.text(number) for row in rows if row.name == name), "")


def description(rows: list[Row]) -> str:
    """The free-form item descriptions (PID) of a loop, as one text."""
    return " ".join([text for row in rows if row.name == "PID" and (text := row.text(5))])


def _clock(text: str) -> time:
    if not (text.isascii() and text.isdigit() and len(text) >= 4):
        return time(0)
    try:
        return time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0))
    except ValueError:
        return time(0)
