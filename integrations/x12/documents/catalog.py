"""The 832 price catalog: one LIN loop per offer, its price in CTP, its pack in PO4, what is done with it in G53."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from integrations.canonical import CatalogAction, CatalogLine, PriceCatalog
from integrations.x12.documents.reading import (
    Parsed,
    Reading,
    Row,
    dated,
    description,
    first_text,
    named,
    party,
    reference,
)
from integrations.x12.documents.writing import description_write, item_write, parties_write, unit_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import X12Error
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, number_text

_ACTIONS: Final[dict[str, CatalogAction]] = {"001": "change", "002": "delete", "021": "add"}
_ACTION_CODES: Final = {action: code for code, action in _ACTIONS.items()}
_PARTIAL: Final = frozenset({"02", "03", "04"})


def catalog_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The price catalog that an 832 says."""
    reading = Reading(transaction_set, profile)
    opening = reading.first("BCT")
    if opening is None:
        return reading.parsed(None)
    header, loops = reading.loops("LIN")
    number = opening.text(2) or reference(header, "BC", "CT", "PL")
    if not number:
        opening.need(2, "the catalog's number")
        return reading.parsed(None)
    lines = tuple(line for loop in loops if (line := _line_read(loop)) is not None)
    if not lines:
        reading.note("no-items", "The catalog names no item.", "LIN", "warning")
    return reading.parsed(
        PriceCatalog(
            number=number,
            lines=lines,
            supplier=party(header, "supplier"),
            buyer=party(header, "buyer"),
            currency=first_text(header, "CUR", 2),
            contract_number=reference(header, "CT", "BC"),
            full=opening.text(10) not in _PARTIAL,
            effective_from=dated(header, "007", "196"),
            effective_to=dated(header, "197"),
            unit_codes=profile.unit_codes,
        )
    )


def _line_read(loop: list[Row]) -> CatalogLine | None:
    item = loop[0]
    prices = list(named(loop, "CTP"))
    price = next((found for row in prices if (found := row.number(3)) is not None), None)
    action = _ACTIONS.get(first_text(loop, "G53", 1), "add")
    if price is None and action != "delete":
        item.note("line-unreadable", "No CTP behind this LIN says a price; the item was left out.", 0, "warning")
        return None
    unit = next((row.unit(5, required=False) for row in prices if row.text(5)), "")
    if not unit and action != "delete":
        item.note("unit-missing", "No CTP behind this LIN says the unit of the price.", 0, "warning")
    contents, content_unit = _pack(loop)
    return CatalogLine(
        identity=item.identity(2),
        description=description(loop),
        unit=unit,
        unit_price=Decimal(0) if price is None else price,
        action=action,
        contents=contents,
        content_unit=content_unit,
        effective_from=dated(loop, "007", "196"),
        effective_to=dated(loop, "197"),
    )


def _pack(loop: list[Row]) -> tuple[Decimal | None, str]:
    """What one unit holds: packs times size, in the unit of the size."""
    for row in named(loop, "PO4"):
        packs, size = row.number(1, "warning"), row.number(2, "warning")
        if packs is not None or size is not None:
            return (Decimal(1) if packs is None else packs) * (Decimal(1) if size is None else size), row.unit(
                3, required=False
            )
    return None, ""


def catalog_write(catalog: PriceCatalog, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for a catalog that X12 cannot say."""
    segments = [["BCT", "PC", catalog.number, *[""] * 7, "05" if catalog.full else "04"]]
    if catalog.currency:
        segments.append(["CUR", "SE", catalog.currency])
    if catalog.contract_number:
        segments.append(["REF", "CT", catalog.contract_number])
    segments += _dates(catalog.effective_from, catalog.effective_to)
    segments += parties_write((("SU", catalog.supplier), ("BY", catalog.buyer)), delimiters)
    for place, line in enumerate(catalog.lines, start=1):
        segments += _line_write(catalog, line, place, profile, delimiters)
    segments.append(["CTT", str(len(catalog.lines))])
    return segments


def _dates(first: date | None, last: date | None) -> list[Segment]:
    return [["DTM", code, day_text(day)] for code, day in (("007", first), ("197", last)) if day]


def _line_write(
    catalog: PriceCatalog, line: CatalogLine, place: int, profile: Profile, delimiters: Delimiters
) -> list[Segment]:
    where = f"Line {place} of catalog {catalog.number}"
    segments = [["LIN", str(place), *item_write(line.identity, profile, where)]]
    segments += _dates(line.effective_from, line.effective_to)
    segments += description_write(line.description, delimiters)
    if line.contents is not None:
        whole = line.contents == line.contents.to_integral_value()
        unit = profile.unit_out(line.content_unit)
        if not whole and not unit:
            raise X12Error(f"{where} holds {line.contents} of an unnamed unit.")
        packs, size = (line.contents, Decimal(1)) if whole else (Decimal(1), line.contents)
        segments.append(["PO4", number_text(packs), *([number_text(size), unit] if unit else [])])
    segments.append(["G53", _ACTION_CODES[line.action]])
    unit = unit_write(line.unit, profile, where)
    segments.append(["CTP", "", "CON", number_text(line.unit_price), "1", unit])
    return segments
