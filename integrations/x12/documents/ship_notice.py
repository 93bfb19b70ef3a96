"""The 856 ship notice: a tree of HL levels in any nesting.

The tree is what the HL segments say, not what BSN05 announces: orders and containers are inherited from the levels above an
item, and looked for below it where the container is packed under the item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from integrations.canonical import ItemIdentity, ShipLine, ShipNotice
from integrations.x12.documents.reading import Parsed, Reading, Row, dated, first_text, named, party, reference
from integrations.x12.documents.writing import item_write, moment_write, parties_write, unit_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import X12Error
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, number_text


@dataclass(slots=True)
class _Level:
    """One HL with the segments that belong to it and the levels above and below it."""

    head: Row
    rows: list[Row]
    parent: _Level | None = None
    children: list[_Level] = field(default_factory=list)

    def upwards(self) -> Iterator[_Level]:
        """This level, then those above it."""
        level: _Level | None = self
        while level is not None:
            yield level
            level = level.parent

    @property
    def kind(self) -> str:
        """HL03: S shipment, O order, T tare, P pack, I item."""
        return self.head.text(3)

    @property
    def order(self) -> str:
        """The order number this level itself names."""
        named_order = first_text(self.rows, "PRF", 1)
        return named_order or (reference(self.rows, "PO") if self.kind == "O" else "")

    @property
    def sscc(self) -> str:
        """The serial shipping container code this level itself carries."""
        return next((row.text(2) for row in named(self.rows, "MAN", ("GM", "AA")) if row.text(2)), "")


def ship_notice_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The ship notice that an 856 says."""
    reading = Reading(transaction_set, profile)
    opening = reading.first("BSN")
    if opening is None:
        return reading.parsed(None)
    header, loops = reading.loops("HL")
    levels = _tree(loops)
    number = opening.need(2, "the shipment number")
    shipped = _shipped_at(opening, header, levels)
    orders = tuple(dict.fromkeys(level.order for level in levels if level.order))
    lines = tuple(line for level in levels for line in _lines(level, orders))
    if not number or shipped is None:
        return reading.parsed(None)
    if not lines:
        reading.note("no-items", "The ship notice names no shipped item.", "HL")
    top = [row for level in levels if level.kind in ("S", "O") for row in level.rows]
    everything = [*header, *top]
    return reading.parsed(
        ShipNotice(
            shipment_number=number,
            shipped_at=shipped,
            expected_date=dated(everything, "017", "067", "002"),
            carrier=next((name for row in named(everything, "TD5") if (name := row.text(3) or row.text(5))), ""),
            tracking=reference(everything, "2I", "CN", "BM"),
            orders=orders,
            lines=lines,
            supplier=party(everything, "supplier"),
            buyer=party(everything, "buyer"),
            ship_to=party(everything, "ship_to"),
            unit_codes=profile.unit_codes,
        )
    )


def _tree(loops: list[list[Row]]) -> list[_Level]:
    """The levels in the order of the file, linked to their parents.

    A level without a parent (other than the first) hangs where its kind hung before: below the nearest open level of another kind.
    """
    by_id: dict[str, _Level] = {}
    levels: list[_Level] = []
    open_path: list[_Level] = []
    for loop in loops:
        level = _Level(loop[0], loop[1:])
        named_parent = level.head.text(2)
        if named_parent and named_parent not in by_id:
            message = f"HL02 names the parent {named_parent!r}, which does not stand before it."
            level.head.note("hl-parent", message, 2, "warning")
        level.parent = by_id.get(named_parent) or _implied_parent(open_path, level.kind)
        open_path = [*reversed(list(level.parent.upwards())), level] if level.parent else [level]
        if level.parent is not None:
            level.parent.children.append(level)
        if level.head.text(1) in by_id:
            level.head.note("hl-duplicate", f"HL01 {level.head.text(1)!r} occurs twice.", 1, "warning")
        by_id[level.head.text(1)] = level
        levels.append(level)
    return levels


def _implied_parent(open_path: list[_Level], kind: str) -> _Level | None:
    for at, level in enumerate(open_path):
        if level.kind == kind:
            return open_path[at - 1] if at else None
    return open_path[-1] if open_path else None


def _shipped_at(opening: Row, header: list[Row], levels: list[_Level]) -> datetime | None:
    shipment = [*header, *(row for level in levels if level.kind == "S" for row in level.rows)]
    for row in named(shipment, "DTM", "011"):
        if moment := row.moment(2, 3, 4):
            return moment
    moment = opening.moment(3, 4)
    if moment is None:
        opening.note("no-date", "Neither DTM*011 nor BSN03 says when it was shipped.", 3)
    return moment


def _lines(level: _Level, orders: tuple[str, ...]) -> Iterator[ShipLine]:
    """The shipped items of one level: one per SN1, with the LIN before it."""
    if not any(row.name == "SN1" for row in level.rows):
        if level.kind == "I" and not any(row.name == "SN1" for child in level.children for row in child.rows):
            level.head.note("no-quantity", "This item has no SN1 segment: nothing says how much was shipped.")
        return
    groups = _item_groups(level.rows)
    for rows in groups:
        shipped = next(named(rows, "SN1"))
        quantity = shipped.number(2)
        if quantity is None:
            shipped.need(2, "the shipped quantity")
            continue
        item = next(named(rows, "LIN"), None) or _inherited_item(level)
        yield _line(level, rows, item, shipped, quantity, orders)


def _line(
    level: _Level, rows: list[Row], item: Row | None, shipped: Row, quantity: Decimal, orders: tuple[str, ...]
) -> ShipLine:
    pairs = item.pairs(2) if item is not None else {}
    if not pairs:
        shipped.note("item-missing", "No LIN segment says which item this quantity is of.", severity="warning")
    order = next((above.order for above in level.upwards() if above.order), "") or (
        orders[0] if len(orders) == 1 else ""
    )
    if not order:
        shipped.note("order-missing", "No PRF segment above this item says which order it belongs to.")
    return ShipLine(
        order_number=order,
        line_number=_line_number(item, shipped),
        identity=item.identity(2) if item is not None else ItemIdentity(),
        quantity=quantity,
        unit=shipped.unit(3),
        lot=pairs.get("LT", "") or _single(rows, "LT") or _single(rows, "BT"),
        expiry=_expiry(rows),
        serial=pairs.get("SN", "") or _single(rows, "SE"),
        sscc=_container(level),
    )


def _item_groups(rows: list[Row]) -> list[list[Row]]:
    """The rows of one level per item: an item begins at its LIN, or at an SN1 that has no LIN of its own."""
    groups: list[list[Row]] = [[]]
    for row in rows:
        held = {each.name for each in groups[-1]}
        if (row.name == "LIN" and held & {"LIN", "SN1"}) or (row.name == "SN1" and "SN1" in held):
            groups.append([])
        groups[-1].append(row)
    return [group for group in groups if any(row.name == "SN1" for row in group)]


def _inherited_item(level: _Level) -> Row | None:
    return next((row for above in level.upwards() for row in named(above.rows, "LIN")), None)


def _line_number(item: Row | None, shipped: Row) -> int | None:
    number = item.line_number(1) if item is not None else None
    return number if number is not None else shipped.line_number(1)


def _single(rows: list[Row], qualifier: str) -> str:
    """The one reference of this kind; several without quantities cannot be told apart, the first counts with a finding."""
    found = list(named(rows, "REF", qualifier))
    if len(found) > 1:
        found[1].note(
            "several-lots", f"Several REF*{qualifier} stand under one quantity; only the first was taken.", 2, "warning"
        )
    return found[0].text(2) if found else ""


def _expiry(rows: list[Row]) -> date | None:
    return dated(rows, "036")


def _container(level: _Level) -> str:
    above = next((each.sscc for each in level.upwards() if each.sscc), "")
    return above or next((child.sscc for child in level.children if child.sscc), "")


def ship_notice_write(notice: ShipNotice, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE: shipment, its orders, their packs, their items. Raises `X12Error` where X12 cannot say it."""
    if not notice.lines:
        raise X12Error(f"Shipment {notice.shipment_number} has no lines.")
    segments = _shipment_level(notice, delimiters)
    levels, order, pack, order_level, pack_level = 1, None, "", 1, 1
    for line in notice.lines:
        if line.order_number != order:
            order, pack, levels = line.order_number, "", levels + 1
            order_level = pack_level = levels
            segments += _order_level(levels, order)
        if line.sscc != pack:
            pack, pack_level = line.sscc, order_level
            if pack:
                levels = pack_level = levels + 1
                segments += [["HL", str(levels), str(order_level), "P"], ["MAN", "GM", pack]]
        levels += 1
        segments += [["HL", str(levels), str(pack_level), "I"], *_item_level(notice, line, profile)]
    shipped = {line.order_number for line in notice.lines}
    for number in notice.orders:
        if number not in shipped:
            levels += 1
            segments += _order_level(levels, number)
    segments.append(["CTT", str(levels)])
    return segments


def _shipment_level(notice: ShipNotice, delimiters: Delimiters) -> list[Segment]:
    day, clock = moment_write(notice.shipped_at)
    segments = [["BSN", "00", notice.shipment_number, day, clock, "0001"], ["HL", "1", "", "S"]]
    if notice.carrier:
        segments.append(["TD5", "", "", "", "", notice.carrier])
    if notice.tracking:
        segments.append(["REF", "2I", notice.tracking])
    segments.append(["DTM", "011", day, clock, "UT"])
    if notice.expected_date:
        segments.append(["DTM", "017", day_text(notice.expected_date)])
    parties = (("SU", notice.supplier), ("BY", notice.buyer), ("ST", notice.ship_to))
    return [*segments, *parties_write(parties, delimiters)]


def _order_level(level: int, number: str) -> list[Segment]:
    if not number:
        raise X12Error("A shipped line does not name its order.")
    return [["HL", str(level), "1", "O"], ["PRF", number]]


def _item_level(notice: ShipNotice, line: ShipLine, profile: Profile) -> list[Segment]:
    where = f"A line of shipment {notice.shipment_number}"
    item = item_write(line.identity, profile, where)
    item += [text for code, value in (("LT", line.lot), ("SN", line.serial)) if value for text in (code, value)]
    number = "" if line.line_number is None else str(line.line_number)
    unit = unit_write(line.unit, profile, where)
    segments = [["LIN", number, *item], ["SN1", "", number_text(line.quantity), unit]]
    if line.expiry:
        segments.append(["DTM", "036", day_text(line.expiry)])
    return segments
