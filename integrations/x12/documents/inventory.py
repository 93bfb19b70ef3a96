"""The 846 inventory report: one LIN loop per item, lot and place, its quantities in QTY."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from integrations.canonical import InventorySnapshot, StockLine, StockState
from integrations.x12.documents.reading import Parsed, Reading, Row, dated, description, named, party, reference
from integrations.x12.documents.writing import description_write, item_write, moment_write, parties_write, unit_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, number_text

_STATES: Final[dict[str, StockState]] = {"17": "on_hand", "33": "available", "63": "on_order", "QH": "on_hold"}
_STATE_CODES: Final = {state: code for code, state in _STATES.items()}


def inventory_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The inventory snapshot that an 846 says."""
    reading = Reading(transaction_set, profile)
    opening = reading.first("BIA")
    if opening is None:
        return reading.parsed(None)
    header, loops = reading.loops("LIN")
    number, taken = opening.need(3, "the report's number"), opening.moment(4, 5)
    if taken is None:
        opening.note("no-date", "BIA04 does not say the day of the report.", 4)
    if not number or taken is None:
        return reading.parsed(None)
    return reading.parsed(
        InventorySnapshot(
            number=number,
            taken_at=taken,
            lines=tuple(line for loop in loops for line in _lines_read(loop)),
            holder=party(header, "holder"),
            buyer=party(header, "buyer"),
            unit_codes=profile.unit_codes,
        )
    )


def _lines_read(loop: list[Row]) -> Iterator[StockLine]:
    item = loop[0]
    pairs = item.pairs(2)
    quantities = list(named(loop, "QTY"))
    if not quantities:
        item.note("no-quantity", "No QTY behind this LIN says how much there is.", 0, "warning")
    for row in quantities:
        quantity = row.number(2, "warning")
        if quantity is None:
            row.note("no-quantity", "QTY02 says no quantity; this one was left out.", 2, "warning")
            continue
        state = _STATES.get(row.text(1))
        if state is None:
            row.note(
                "unknown-code", f"QTY01 {row.text(1)!r} is not a state of stock we know; it was left out.", 1, "warning"
            )
            continue
        yield StockLine(
            identity=item.identity(2),
            quantity=quantity,
            unit=row.unit(3),
            state=state,
            description=description(loop),
            lot=pairs.get("LT", ""),
            expiry=dated(loop, "036"),
            location=reference(loop, "LU"),
        )


def inventory_write(snapshot: InventorySnapshot, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for a report that X12 cannot say."""
    segments = [["BIA", "00", "SI", snapshot.number, *moment_write(snapshot.taken_at)]]
    segments += parties_write((("WH", snapshot.holder), ("BY", snapshot.buyer)), delimiters)
    for place, line in enumerate(snapshot.lines, start=1):
        where = f"Line {place} of inventory report {snapshot.number}"
        lot = ["LT", line.lot] if line.lot else []
        segments.append(["LIN", str(place), *item_write(line.identity, profile, where), *lot])
        segments += description_write(line.description, delimiters)
        if line.expiry:
            segments.append(["DTM", "036", day_text(line.expiry)])
        if line.location:
            segments.append(["REF", "LU", line.location])
        unit = unit_write(line.unit, profile, where)
        segments.append(["QTY", _STATE_CODES[line.state], number_text(line.quantity), unit])
    segments.append(["CTT", str(len(snapshot.lines))])
    return segments
