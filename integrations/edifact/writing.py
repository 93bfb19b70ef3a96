"""From canonical documents to D96A messages, strictly: what EDIFACT cannot say is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from integrations.canonical import (
    AnswerLine,
    Document,
    InvoiceDoc,
    ItemIdentity,
    Order,
    OrderAnswer,
    Party,
    ShipLine,
    ShipNotice,
    kind_of,
)
from integrations.canonical.units import UNECE_UNITS
from integrations.edifact.reading import CHANGE_ANSWER, CHANGES, DELETED, RUSH, RUSH_NAME
from integrations.edifact.rows import AGENCIES
from integrations.edifact.tokens import EdifactError, ServiceCharacters
from integrations.x12.profile import ITEM_QUALIFIERS, Profile
from integrations.x12.writer import number_text

Written = list[list[str]]
_AGENCY_CODES: Final = {name: code for code, name in AGENCIES.items()}
_PURPOSES: Final = {"original": "9", "change": "4", "cancel": "1"}
CHANGE_REQUEST: Final = "230"
REVISED: Final = "3"
_VERDICTS: Final = {"accepted": "29", "changed": "4", "rejected": "27"}
_ITEM_CODES: Final = {name: code for code, name in ITEM_QUALIFIERS.items()}
_CHANGE_CODES: Final = {action: code for code, action in CHANGES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactEnvelope:
    """Who writes to whom, and under which reference; ids as (qualifier, id)."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    reference: str
    at: datetime
    test: bool = False
    chars: ServiceCharacters = field(default_factory=ServiceCharacters)


def document_bytes(document: Document, envelope: EdifactEnvelope, profile: Profile | None = None) -> bytes:
    """One interchange with one message. Raises `EdifactError` for what EDIFACT cannot say."""
    profile = profile or Profile()
    if isinstance(document, Order):
        profile = profile.about(_order_kind(document))
    writer = _Writer(profile, envelope.at)
    kind, body = writer.write(document)
    head: Written = [["UNH", "1", f"{kind}:D:96A:UN"], *body]
    segments = [*head, ["UNT", str(len(head) + 1), "1"]]
    at = envelope.at
    unb = ["UNB", "UNOC:3", _address(envelope.sender), _address(envelope.receiver), at.strftime("%y%m%d:%H%M")]
    unb += [_safe(envelope.reference), *[""] * 5, "1" if envelope.test else ""]
    every = [unb, *segments, ["UNZ", "1", _safe(envelope.reference)]]
    chars = envelope.chars
    text = chars.una() + "\n" + "".join(f"{_line(segment, chars)}{chars.terminator}\n" for segment in every)
    return text.encode("latin-1")


def _order_kind(order: Order) -> str:
    return "ORDERS" if order.purpose == "original" else "ORDCHG"


# Inside the writer "+" and ":" always separate; where data contains them, these marks stand for them until they are written.
_RELEASED: Final = {"+": "\x01", ":": "\x02"}
_BACK: Final = {mark: char for char, mark in _RELEASED.items()}


def _safe(text: str) -> str:
    """A text in which no character can be taken for a separator."""
    if any(mark in text for mark in _BACK):
        raise EdifactError(f"{text[:40]!r} contains a character that cannot be sent.")
    return "".join(_RELEASED.get(char, char) for char in text)


def _line(segment: Sequence[str], chars: ServiceCharacters) -> str:
    end = len(segment)
    while end > 1 and not segment[end - 1].strip(":"):
        end -= 1
    elements = []
    for element in segment[:end]:
        parts = element.rstrip(":").split(":")
        written = [chars.escape("".join(_BACK.get(char, char) for char in part)) for part in parts]
        elements.append(chars.component.join(written))
    line = chars.element.join(elements)
    if not all(char.isprintable() for char in line) or any(ord(char) > 255 for char in line):
        raise EdifactError(f"Segment {segment[0]} contains a character that cannot be sent: {line[:60]!r}.")
    return line


def _address(party: tuple[str, str]) -> str:
    return f"{_safe(party[1])}:{_safe(party[0])}"


def _free(text: str, longest: int) -> str:
    """What a person typed, made fit to send: Latin-1, no line ends, cut at `longest`."""
    if any(ord(char) > 255 for char in text):
        text = unicodedata.normalize("NFKD", text).encode("latin-1", "ignore").decode("latin-1")
    cleaned = "".join(char if char.isprintable() else " " for char in text)
    return _safe(" ".join(cleaned.split())[:longest].rstrip())


def _pieces(text: str, size: int) -> str:
    """A composite of one text in pieces of `size` characters."""
    return ":".join(text[at : at + size] for at in range(0, len(text), size))


def _dtm(qualifier: str, when: date | None) -> Written:
    return [["DTM", f"{qualifier}:{when:%Y%m%d}:102"]] if when else []


def _moment(qualifier: str, when: datetime) -> list[str]:
    return ["DTM", f"{qualifier}:{when.astimezone(UTC):%Y%m%d%H%M%S}:204"]


def _rff(qualifier: str, value: str) -> Written:
    return [["RFF", f"{qualifier}:{_safe(value)}"]] if value else []


def _ftx(subject: str, texts: Iterable[str]) -> Written:
    result = []
    for text in texts:
        plain = _free(text, 350)
        # Pieces end between words: whoever reads them joins them with a blank.
        parts: list[str] = []
        for word in plain.split(" "):
            if parts and len(parts[-1]) + 1 + len(word) <= 70:
                parts[-1] += f" {word}"
            else:
                parts.append(word[:70])
        result.append(["FTX", subject, "", "", ":".join(parts[:5])])
    return result


def _nad(role: str, party: Party) -> Written:
    if not party.name and not party.identifiers:
        return []
    ranked = sorted(
        party.identifiers.items(), key=lambda kv: list(_AGENCY_CODES).index(kv[0]) if kv[0] in _AGENCY_CODES else 9
    )
    where = f"{_safe(ranked[0][1])}::{_safe(_AGENCY_CODES.get(ranked[0][0], ranked[0][0]))}" if ranked else ""
    name = _free(party.name, 175)
    parts: list[str] = []
    for word in name.split(" "):
        if parts and len(parts[-1]) + 1 + len(word) <= 35:
            parts[-1] += f" {word}"
        else:
            parts.append(word[:35])
    return [["NAD", role, where, "", ":".join(parts[:5])]]


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise EdifactError(f"{value} is not a number that can be sent.")
    return number_text(value)


class _Writer:
    """Writes documents for one partner."""

    def __init__(self, profile: Profile, at: datetime) -> None:
        self.at = at
        # what was agreed goes before what everybody writes
        self.units = {
            **profile.units,
            **{code: ours for code, ours in UNECE_UNITS.items() if code not in profile.units},
        }

    def write(self, document: Document) -> tuple[str, Written]:
        """The message type and its segments between UNH and UNT."""
        if isinstance(document, Order):
            return _order_kind(document), self.order(document)
        if isinstance(document, OrderAnswer):
            return "ORDRSP", self.answer(document)
        if isinstance(document, ShipNotice):
            return "DESADV", self.notice(document)
        if isinstance(document, InvoiceDoc):
            return "INVOIC", self.invoice(document)
        raise EdifactError(f"This document ({kind_of(document).replace('_', ' ')}) cannot be said in EDIFACT.")

    def unit(self, unit: str, where: str) -> str:
        if not unit:
            raise EdifactError(f"{where} has no unit.")
        return _safe(next((theirs for theirs, ours in self.units.items() if ours == unit), unit))

    def lin(self, number: int | None, identity: ItemIdentity, action: str = "") -> Written:
        gtin = f"{_safe(identity.gtin)}:{'EN' if len(identity.gtin) == 13 else 'SRV'}" if identity.gtin else ""
        lin = ["LIN", "" if number is None else str(number), action, gtin]
        return [lin, *self.pia("5", identity, with_gtin=False)]

    def pia(self, function: str, identity: ItemIdentity, *, with_gtin: bool) -> Written:
        pairs = [("SA", identity.supplier_part), ("IN", identity.buyer_item), ("MF", identity.manufacturer_part)]
        pairs += [("EN", identity.gtin)] if with_gtin else []
        pairs += [(_ITEM_CODES.get(kind, kind), value) for kind, value in identity.others.items()]
        if long := next((kind for kind, value in pairs if value and len(kind) > 3), ""):
            raise EdifactError(f"An item identity in the code list {long!r} has no item number type in EDIFACT.")
        told = [f"{_safe(value)}:{_safe(kind)}" for kind, value in pairs if value]
        return [["PIA", function, *told[at : at + 5]] for at in range(0, len(told), 5)]

    def imd(self, text: str) -> Written:
        plain = _free(text, 70)
        return [["IMD", "F", "", f":::{_pieces(plain, 35)}"]] if plain else []

    def opening(self, order: Order) -> Written:
        """Of an order, or of a change or cancellation: those have a number of their own and name the order they are about."""
        purpose = _PURPOSES[order.purpose]
        if order.purpose == "original":
            kind = RUSH if order.urgent else "220"
            return [["BGM", kind, _safe(order.number), purpose], _moment("137", order.issued_at)]
        own = f"{order.number}-{order.revision or 'X'}"
        kind = f"{CHANGE_REQUEST}:::{RUSH_NAME}" if order.urgent else CHANGE_REQUEST
        return [["BGM", kind, _safe(own), purpose], _moment("137", self.at)]

    def order(self, order: Order) -> Written:
        changes = order.purpose != "original"
        if not order.number or not (order.lines or order.purpose == "cancel"):
            raise EdifactError(f"Order {order.number or 'without a number'} has no lines to send.")
        segments = [*self.opening(order), *_dtm("2", order.requested_date), *_ftx("GEN", order.notes)]
        if changes:
            version = f"::{order.revision}" if order.revision else ""
            segments += [["RFF", f"ON:{_safe(order.number)}{version}"], _moment("171", order.issued_at)]
        segments += [*_nad("BY", order.buyer), *_nad("SU", order.supplier), *_nad("DP", order.ship_to)]
        segments += [["CUX", f"2:{_safe(order.currency)}"]] if order.currency else []
        for line in order.lines:
            unit = self.unit(line.unit, f"Line {line.line_number} of order {order.number}")
            action = (REVISED if line.quantity and order.purpose == "change" else DELETED) if changes else ""
            segments += [*self.lin(line.line_number, line.identity, action), *self.imd(line.description)]
            segments += [["QTY", f"21:{_number(line.quantity)}:{unit}"], *_dtm("2", line.requested_date)]
            segments += [["PRI", f"AAA:{_number(line.unit_price)}"]]
            segments += [*_rff("CT", line.contract_number), *_rff("ADE", line.cost_center)]
        return [*segments, ["UNS", "S"], ["CNT", f"2:{len(order.lines)}"]]

    def answer(self, answer: OrderAnswer) -> Written:
        if answer.answered_on is None:
            raise EdifactError(f"The answer to order {answer.order_number} does not say when it was given.")
        kind = "231" if answer.answers == "order" else CHANGE_ANSWER
        segments = [["BGM", kind, _safe(answer.supplier_order_number), _VERDICTS[answer.status]]]
        segments += [*_dtm("137", answer.answered_on), *_rff("ON", answer.order_number)]
        segments += [*_nad("BY", answer.buyer), *_nad("SU", answer.supplier)]
        segments += [["CUX", f"2:{_safe(answer.currency)}"]] if answer.currency else []
        for line in answer.lines:
            segments += self.answer_line(answer, line)
        return [*segments, ["UNS", "S"], ["CNT", f"2:{len(answer.lines)}"]]

    def answer_line(self, answer: OrderAnswer, line: AnswerLine) -> Written:
        where = f"Line {line.line_number or ''} of the answer to order {answer.order_number}"
        action = {"accepted": "5", "rejected": "7"}.get(line.action, "3")
        counted = "83" if line.action == "backordered" else "21"
        segments = self.lin(line.line_number, line.identity, action)
        if line.action == "substituted":
            if line.substitute is None:
                raise EdifactError(f"Line {line.line_number or ''} is substituted, but does not say by what.")
            segments += self.pia("3", line.substitute, with_gtin=True)
        if line.quantity is not None:
            segments.append(["QTY", f"{counted}:{_number(line.quantity)}:{self.unit(line.unit, where)}"])
        segments += _dtm("67", line.promised_date)
        if line.action in _CHANGE_CODES:
            segments.append(["FTX", "CHG", "", _CHANGE_CODES[line.action]])
        segments += _ftx("LIN", [line.message] if line.message else [])
        if line.unit_price is not None:
            segments.append(["PRI", f"AAA:{_number(line.unit_price)}"])
        return segments

    def notice(self, notice: ShipNotice) -> Written:
        segments = [["BGM", "351", _safe(notice.shipment_number), "9"], _moment("11", notice.shipped_at)]
        segments += _dtm("17", notice.expected_date)
        shipped = {line.order_number for line in notice.lines}
        for number in notice.orders:
            segments += _rff("ON", number) if number not in shipped else []
        segments += _rff("CN", notice.tracking)
        segments += [*_nad("SU", notice.supplier), *_nad("BY", notice.buyer), *_nad("DP", notice.ship_to)]
        if notice.carrier:
            segments.append(["TDT", "20", "", "", "", f":::{_free(notice.carrier, 35)}"])
        packs, sscc = 0, None
        for line in notice.lines:
            if line.sscc != sscc:
                packs, sscc = packs + 1, line.sscc
                segments.append(["CPS", str(packs)])
                if sscc:
                    segments += [["PAC", "1"], ["PCI", "33E"], ["GIN", "BJ", _safe(sscc)]]
            segments += self.ship_line(notice, line)
        return [*segments, ["CNT", f"2:{len(notice.lines)}"]]

    def ship_line(self, notice: ShipNotice, line: ShipLine) -> Written:
        if not line.order_number:
            raise EdifactError("A shipped line does not name its order.")
        unit = self.unit(line.unit, f"A line of shipment {notice.shipment_number}")
        segments = [*self.lin(None, line.identity), ["QTY", f"12:{_number(line.quantity)}:{unit}"]]
        segments += [["GIN", kind, _safe(value)] for kind, value in (("BX", line.lot), ("BN", line.serial)) if value]
        number = "" if line.line_number is None else f":{line.line_number}"
        return [*segments, *_dtm("361", line.expiry), ["RFF", f"ON:{_safe(line.order_number)}{number}"]]

    def invoice(self, invoice: InvoiceDoc) -> Written:
        kind = "380" if invoice.kind == "invoice" else "381"
        segments = [["BGM", kind, _safe(invoice.number), "9"], *_dtm("137", invoice.invoice_date)]
        segments += _ftx("PMT", [invoice.terms] if invoice.terms else [])
        segments += [*_rff("ON", invoice.order_number), *_rff("IV", invoice.reference)]
        segments += [*_nad("BY", invoice.buyer), *_nad("SU", invoice.supplier)]
        segments += [["CUX", f"2:{_safe(invoice.currency)}"]] if invoice.currency else []
        segments += [["PAT", "1"], *_dtm("13", invoice.due_date)] if invoice.due_date else []
        for charge in invoice.charges:
            sign, code = ("A", "204") if charge.amount < 0 else ("C", "23")
            segments.append(
                ["ALC", sign, _safe(charge.code), "", "", f":::{_pieces(_free(charge.description, 70), 35)}"]
            )
            segments.append(["MOA", f"{code}:{_number(abs(charge.amount))}"])
        for line in invoice.lines:
            unit = self.unit(line.unit, f"Line {line.line_number or ''} of invoice {invoice.number}")
            segments += [*self.lin(line.line_number, line.identity), *self.imd(line.description)]
            segments += [["QTY", f"47:{_number(line.quantity)}:{unit}"]]
            segments += [
                ["MOA", f"203:{_number(line.quantity * line.unit_price)}"],
                ["PRI", f"AAA:{_number(line.unit_price)}"],
            ]
        segments += [["UNS", "S"], ["CNT", f"2:{len(invoice.lines)}"], ["MOA", f"77:{_number(invoice.total)}"]]
        return [*segments, ["MOA", f"124:{_number(invoice.tax)}"]] if invoice.tax else segments
