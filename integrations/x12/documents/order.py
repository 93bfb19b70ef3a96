"""Purchase orders: an original goes out as 850, its changes and its cancellation as 860 (BCH01 04 and 01).

A change carries the whole new state of the order: lines with `RA` (replace all values), lines of quantity 0 with `DI`
(delete). The order's moment travels in DTM*004 beside its day, so that reading an order gives back what was written.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final

from integrations.canonical import Order, OrderLine, OrderPurpose
from integrations.x12.documents.reading import Parsed, Reading, Row, dated, named, party, reference
from integrations.x12.documents.writing import NOTE_LENGTH, parties_write
from integrations.x12.envelope import TransactionSet, element
from integrations.x12.findings import X12Error
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, free_text, number_text, text_parts

_PURPOSES: Final[dict[str, OrderPurpose]] = {"00": "original", "01": "cancel", "04": "change", "05": "change"}
# BCH06 is the order's day; BCH10 and BCH11 are those of the change.
_CHANGE_DAY: Final = 6
_PURPOSE_CODES: Final = {"original": "00", "cancel": "01", "change": "04"}


def order_code(order: Order) -> str:
    """The transaction set that carries this order: 850 or 860."""
    return "850" if order.purpose == "original" else "860"


def order_write(order: Order, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for an order that X12 cannot say."""
    if not order.number:
        raise X12Error("An order without a number cannot be sent.")
    if not order.lines and order.purpose != "cancel":
        raise X12Error(f"Order {order.number} has no lines.")
    segments = [_opening(order), ["CUR", "BY", order.currency] if order.currency else ["CUR"]]
    issued = order.issued_at.astimezone(UTC)
    segments.append(["DTM", "004", day_text(issued.date()), issued.strftime("%H%M%S"), "UT"])
    if order.requested_date:
        segments.append(["DTM", "002", day_text(order.requested_date)])
    notes = [part for note in order.notes for part in text_parts(note, delimiters, NOTE_LENGTH)]
    if notes:
        segments += [["N9", "ZZ", "NOTES"], *(["MSG", note] for note in notes)]
    segments += parties_write((("BY", order.buyer), ("ST", order.ship_to), ("SU", order.supplier)), delimiters)
    for line in order.lines:
        segments += _line_segments(order, line, profile, delimiters)
    segments.append(["CTT", str(len(order.lines))])
    return segments


def _opening(order: Order) -> Segment:
    kind = "RO" if order.urgent else "SA"
    day = day_text(order.issued_at.astimezone(UTC).date())
    if order.purpose == "original":
        return ["BEG", "00", kind, order.number, "", day]
    return ["BCH", _PURPOSE_CODES[order.purpose], kind, order.number, "", str(order.revision or ""), day]


def _line_segments(order: Order, line: OrderLine, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    number, quantity, unit = str(line.line_number), number_text(line.quantity), profile.unit_out(line.unit)
    tail = [number_text(line.unit_price), "", *profile.identity_out(line.identity)]
    if not unit:
        raise X12Error(f"Line {line.line_number} of order {order.number} has no unit.")
    if order.purpose == "original":
        segments = [["PO1", number, quantity, unit, *tail]]
    else:
        code = "DI" if order.purpose == "cancel" or not line.quantity else "RA"
        segments = [["POC", number, code, quantity, "", unit, *tail]]
    if text := free_text(line.description, delimiters, 80):
        segments.append(["PID", "F", "", "", "", text])
    if line.contract_number:
        segments.append(["REF", "CT", line.contract_number])
    if line.cost_center:
        segments.append(["REF", "CA", line.cost_center])
    if line.requested_date:
        segments.append(["DTM", "002", day_text(line.requested_date)])
    return segments


def order_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The order that an 850 or 860 says."""
    reading = Reading(transaction_set, profile)
    change = transaction_set.code == "860"
    opening = reading.first("BCH" if change else "BEG")
    if opening is None:
        return reading.parsed(None)
    header, spans = reading.spans("POC" if change else "PO1")
    number = opening.need(3, "the order number")
    purpose = _PURPOSES.get(opening.text(1))
    if purpose is None:
        opening.note("purpose", f"{opening.name}01 {opening.text(1)!r} is not a purpose we know.", 1)
    issued = _issued_at(opening, header, _CHANGE_DAY if change else 5)
    contract = reference(header, "CT")
    lines = tuple(
        line
        for place, span in enumerate(spans, start=1)
        if (line := _line_read(reading, span, place, change, purpose == "change", contract)) is not None
    )
    if not number or purpose is None or issued is None:
        return reading.parsed(None)
    return reading.parsed(
        Order(
            number=number,
            issued_at=issued,
            currency=next((row.text(2) for row in named(header, "CUR")), ""),
            purpose=purpose,
            revision=(opening.line_number(5) or 0) if change else 0,
            supplier=party(header, "supplier"),
            buyer=party(header, "buyer"),
            ship_to=party(header, "ship_to"),
            requested_date=dated(header, "002"),
            urgent=opening.text(2) == "RO",
            notes=tuple(row.text(1) for row in named(header, "MSG") if row.text(1)),
            lines=lines,
            unit_codes=profile.unit_codes,
        )
    )


def _issued_at(opening: Row, header: list[Row], day: int) -> datetime | None:
    for row in named(header, "DTM", "004"):
        if moment := row.moment(2, 3, 4):
            return moment
    on = opening.day(day)
    if on is None and day == _CHANGE_DAY:
        on = next((found for number in (11, 10) if (found := opening.day(number))), None)
    if on is None:
        opening.note("no-date", f"{opening.name}{day:02} does not say the day of the order.", day)
        return None
    return datetime.combine(on, time(0), UTC)


def _line_read(
    reading: Reading, span: range, place: int, change: bool, deletes: bool, contract: str
) -> OrderLine | None:
    segments = reading.set.segments
    row = Row(reading, span[0] + 1, segments[span[0]])
    # POC: line, change code, quantity, left to receive, unit, price, basis, pairs. PO1: line, quantity, unit, price, basis, pairs.
    quantity_at, unit_at, price_at = (3, 5, 6) if change else (2, 3, 4)
    quantity = row.number(quantity_at)
    deleted = deletes and row.text(2) == "DI"
    if deleted:
        quantity = Decimal(0)
    if quantity is None:
        row.need(quantity_at, "the ordered quantity")
        return None
    number = row.line_number(1)
    if number is None:
        row.note(
            "line-number", f"{row.name}01, the line number, is missing: the place in the order counts.", 1, "warning"
        )
    price = row.price(price_at, price_at + 1)
    description = contract_number = cost_center = ""
    requested = None
    for at in range(span.start + 1, span.stop):
        segment = segments[at]
        name = segment[0]
        if name == "PID":
            text = element(segment, 5)
            description = f"{description} {text}" if description and text else description or text
        elif name == "REF":
            qualifier = element(segment, 1)
            if qualifier == "CT":
                contract_number = contract_number or element(segment, 2) or element(segment, 3)
            elif qualifier == "CA":
                cost_center = cost_center or element(segment, 2) or element(segment, 3)
        elif name == "DTM" and requested is None and element(segment, 1) == "002":
            requested = Row(reading, at + 1, segment).day(2)
    return OrderLine(
        line_number=place if number is None else number,
        identity=row.identity(price_at + 2),
        description=description,
        quantity=quantity,
        unit=row.unit(unit_at, required=not deleted),
        unit_price=Decimal(0) if price is None else price,
        requested_date=requested,
        contract_number=contract_number or contract,
        cost_center=cost_center,
    )
