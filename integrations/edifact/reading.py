"""From messages to canonical documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile
from typing import Final

from integrations.canonical import (
    AnswerAction,
    AnswerLine,
    AnswerStatus,
    Charge,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    Order,
    OrderAnswer,
    OrderLine,
    OrderPurpose,
    ShipLine,
    ShipNotice,
)
from integrations.edifact.envelope import Message
from integrations.edifact.rows import (
    Row,
    Rows,
    amount,
    as_whole,
    day,
    description,
    identity,
    identity_of,
    line_number,
    moment,
    party,
    price,
    quantity,
    reference,
    texts,
)
from integrations.x12.documents.invoice import turned
from integrations.x12.documents.reading import Parsed
from integrations.x12.findings import Finding
from integrations.x12.profile import Profile

RUSH: Final = "224"
RUSH_NAME: Final = "RUSH ORDER"
"""BGM 1000 of a change to a rush order: its 1001 says that it is a change."""
_CENT: Final = Decimal("0.01")
CHANGE_ANSWER: Final = "230"
DELETED: Final = "2"
"""LIN 1229 of a line that a change takes off."""
_PURPOSES: Final[dict[str, OrderPurpose]] = {
    "": "original",
    "9": "original",
    "1": "cancel",
    "4": "change",
    "5": "change",
}
_VERDICTS: Final[dict[str, AnswerStatus]] = {
    "29": "accepted",
    "4": "changed",
    "5": "changed",
    "27": "rejected",
    "9": "accepted",
    "": "accepted",
}
_BY_LINES: Final = ("9", "")
"""BGM 1225 of an answer that leaves its verdict to its lines."""
_WHOLE: Final = ("5", "7")
"""LIN 1229 of an answer about all that was ordered of a line, where it says no quantity."""
_LINE_ACTIONS: Final[dict[str, AnswerAction]] = {"": "accepted", "5": "accepted", "7": "rejected", "2": "rejected"}
CHANGES: Final[dict[str, AnswerAction]] = {"PRC": "price_changed", "QTY": "quantity_changed", "DAT": "date_changed"}
"""What an ORDRSP line changes, as coded text (FTX+CHG)."""


def parse(message: Message, profile: Profile | None = None) -> Parsed:
    """The canonical document of one message, with the findings of reading it."""
    reader = _READERS.get(message.kind)
    if reader is None:
        words = f"Message type {message.kind!r} is not one we read; known are {', '.join(_READERS)}."
        return Parsed(None, (Finding("unknown-set", words, "error", "UNH", 1, 2, message.kind),))
    rows = Rows(message, (profile or Profile()).about(message.kind))
    document = reader(rows)
    return Parsed(document, tuple(dict.fromkeys(rows.findings)))


def _currency(rows: Rows) -> str:
    """The message's currency; where CUX names none that of its first amount that does."""
    named = next((row.text(1, 1) for row in rows.header if row.name == "CUX"), "")
    return named or next((row.text(1, 2) for row in rows.every if row.name == "MOA" and row.text(1, 2)), "")


def _orders(rows: Rows) -> Order | None:
    opening = rows.first("BGM")
    if opening is None:
        return None
    change = rows.message.kind == "ORDCHG"
    named = next((row for row in rows.header if row.name == "RFF" and row.text(1, 0) == "ON"), None) if change else None
    if change and (named is None or not named.text(1, 1)):
        rows.note("order-missing", "No RFF+ON says which order is changed.", "RFF")
        return None
    number = named.text(1, 1) if named else opening.need(2, 0, "the order number")
    # a change has a day of its own; that of the order stands at the reference
    issued = (moment(_dates_behind(rows.header, named), "171", "4") if named else None) or moment(
        rows.header, "137", "4"
    )
    purpose = _PURPOSES.get(opening.text(3) or ("4" if change else ""))
    if purpose is None:
        opening.note("purpose", f"BGM 1225 {opening.text(3)!r} is not a purpose we know.", 3)
    if issued is None:
        rows.note("no-date", "No DTM+137 says the day of the order.", "DTM")
    deletes = change and purpose == "change"
    lines = tuple(line for at, loop in enumerate(rows.lines, 1) if (line := _order_line(rows, loop, at, deletes)))
    if not number or purpose is None or issued is None:
        return None
    before = _before_parties(rows.header)
    return Order(
        number=number,
        issued_at=issued,
        currency=_currency(rows),
        supplier=party(rows.header, "SU", "SE"),
        buyer=party(rows.header, "BY"),
        ship_to=party(rows.header, "DP", "ST", "UC"),
        lines=lines,
        purpose=purpose,
        requested_date=day(rows.header, "2", "61", "63"),
        revision=_revision(named),
        urgent=opening.text(1) == RUSH or opening.text(1, 3) == RUSH_NAME,
        notes=tuple(texts(before, "GEN", "PUR", "AAI")),
        unit_codes=rows.profile.unit_codes,
    )


def _revision(named: Row | None) -> int:
    """The version of the order that a change makes (C506.4000)."""
    told = named.text(1, 3) if named else ""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _dates_behind(header: list[Row], named: Row) -> list[Row]:
    """The DTM segments that belong to a reference."""
    return list(takewhile(lambda row: row.name == "DTM", header[header.index(named) + 1 :]))


def _before_parties(header: list[Row]) -> list[Row]:
    at = next((at for at, row in enumerate(header) if row.name == "NAD"), len(header))
    return header[:at]


def _order_line(rows: Rows, loop: list[Row], place: int, deletes: bool) -> OrderLine | None:
    ordered = quantity(loop, "21", "1", "12")
    count = ordered.number(1, 1) if ordered else None
    if deletes and loop[0].text(2) == DELETED:
        count = Decimal(0)
    if count is None:
        loop[0].note("missing-element", "No QTY+21 behind this LIN says how much is ordered.")
        return None
    number, cost = line_number(loop[0]), price(loop, "AAA", "AAB", "AAE", "INV")
    return OrderLine(
        line_number=place if number is None else number,
        identity=identity(loop),
        description=description(loop),
        quantity=count,
        unit=rows.unit(ordered, 1, 2) if ordered else "",
        unit_price=Decimal(0) if cost is None else cost,
        requested_date=day(loop, "2"),
        contract_number=reference(loop, "CT"),
        cost_center=reference(loop, "ADE"),
    )


def _ordrsp(rows: Rows) -> OrderAnswer | None:
    opening = rows.first("BGM")
    if opening is None:
        return None
    status = _VERDICTS.get(opening.text(3))
    if status is None:
        opening.note("verdict", f"BGM 1225 {opening.text(3)!r} is not an answer we know.", 3)
    number = reference(rows.header, "ON", "CO")
    if not number:
        rows.note("order-missing", "No RFF+ON says which order is answered.", "RFF")
    lines = tuple(line for loop in rows.lines for line in _answer_line(rows, loop, status or "changed"))
    if not lines and opening.text(3) in _BY_LINES:
        opening.note("verdict", "Neither BGM 1225 nor a line says whether the order is accepted.", 3)
        return None
    if not number or status is None:
        return None
    if status == "accepted" and any(line.action != "accepted" for line in lines):
        status = "changed"
    return OrderAnswer(
        order_number=number,
        status=status,
        lines=lines,
        answers="change" if opening.text(1) == CHANGE_ANSWER else "order",
        supplier_order_number=reference(rows.header, "VN") or opening.text(2),
        answered_on=day(rows.header, "137"),
        currency=_currency(rows),
        supplier=party(rows.header, "SU", "SE"),
        buyer=party(rows.header, "BY"),
        unit_codes=rows.profile.unit_codes,
    )


def _answer_line(rows: Rows, loop: list[Row], status: AnswerStatus) -> Iterator[AnswerLine]:
    backordered = quantity(loop, "83")
    counted = backordered or quantity(loop, "21", "113", "12", "194")
    count = counted.number(1, 1) if counted else None
    # who only says yes or no to a line need not repeat how much was ordered
    if count is None and (counted is not None or loop[0].text(2) not in _WHOLE):
        loop[0].note("quantity-missing", "No QTY behind this LIN says a quantity; the answer was left out.")
        return
    substitute = [row for row in loop if row.name == "PIA" and row.text(1) in ("3", "4")]
    yield AnswerLine(
        line_number=_order_line_number(loop) or line_number(loop[0]),
        identity=identity(loop),
        action=_action(loop, status, bool(backordered), bool(substitute)),
        quantity=count,
        unit=rows.unit(counted, 1, 2) if counted else "",
        unit_price=price(loop, "AAA", "AAB", "AAE", "INV"),
        promised_date=day(loop, "67", "69", "17", "2"),
        substitute=_numbers(substitute) if substitute else None,
        message=" ".join(texts(loop, "LIN", "GEN", "AAI")),
    )


def _action(loop: list[Row], status: AnswerStatus, backordered: bool, substituted: bool) -> AnswerAction:
    code = loop[0].text(2)
    if status == "rejected" and not code:
        return "rejected"
    plain = _LINE_ACTIONS.get(code)
    if plain == "rejected" or (plain and not backordered and not substituted):
        return plain
    if backordered or substituted:
        return "backordered" if backordered else "substituted"
    told = next((row.text(3) for row in loop if row.name == "FTX" and row.text(1) == "CHG"), "")
    if told not in CHANGES:
        words = f"LIN 1229 {code!r} says that something changes, not what; the price is taken to be meant."
        loop[0].note("item-status", words, 2, "warning")
    return CHANGES.get(told, "price_changed")


def _numbers(rows: list[Row]) -> ItemIdentity:
    return identity_of([(row.text(at, 1), row.text(at, 0)) for row in rows for at in range(2, len(row.segment))])


def _desadv(rows: Rows) -> ShipNotice | None:
    opening = rows.first("BGM")
    if opening is None:
        return None
    number, shipped = opening.need(2, 0, "the shipment number"), moment(rows.every, "11", "137")
    if shipped is None:
        rows.note("no-date", "Neither DTM+11 nor DTM+137 says when it was shipped.", "DTM")
    if not number or shipped is None:
        return None
    at = next((at for at, row in enumerate(rows.header) if row.name == "CPS"), len(rows.header))
    header = rows.header[:at]
    named = [
        row.text(1, 1) for row in header if row.name == "RFF" and row.text(1, 0) in ("ON", "CO") and row.text(1, 1)
    ]
    lines = tuple(_ship_lines(rows, named))
    if not lines:
        rows.note("no-items", "The ship notice names no shipped item.", "LIN")
    return ShipNotice(
        shipment_number=number,
        shipped_at=shipped,
        lines=lines,
        orders=tuple(dict.fromkeys([*(line.order_number for line in lines if line.order_number), *named])),
        expected_date=day(header, "17", "132", "69", "2"),
        carrier=next((row.text(5, 3) or row.text(5, 0) for row in header if row.name == "TDT"), ""),
        tracking=reference(header, "CN", "AAS", "BM"),
        supplier=party(header, "SU", "SE", "CZ"),
        buyer=party(header, "BY"),
        ship_to=party(header, "DP", "ST", "UC"),
        unit_codes=rows.profile.unit_codes,
    )


def _ship_lines(rows: Rows, named: list[str]) -> Iterator[ShipLine]:
    """Lines stand under the pack (CPS) before them; a pack's SSCC counts until the next pack begins."""
    sscc, loop = "", list[Row]()
    for row in [*rows.every, None]:
        if row is None or row.name in ("LIN", "CPS", "CNT", "UNT"):
            if loop and (line := _ship_line(rows, loop, sscc, named)):
                yield line
            loop = [row] if row is not None and row.name == "LIN" else []
            sscc = "" if row is not None and row.name == "CPS" else sscc
        elif loop:
            loop.append(row)
        elif row.name == "GIN" and row.text(1) in ("BJ", "AW"):
            sscc = row.text(2, 0)


def _ship_line(rows: Rows, loop: list[Row], sscc: str, named: list[str]) -> ShipLine | None:
    shipped = quantity(loop, "12", "21")
    count = shipped.number(1, 1) if shipped else None
    if shipped is None or count is None:
        loop[0].note("no-quantity", "No QTY+12 behind this LIN says how much was shipped.")
        return None
    order = reference(loop, "ON", "CO") or (named[0] if len(named) == 1 else "")
    if not order:
        loop[0].note("order-missing", "No RFF+ON says which order this line belongs to.")
    return ShipLine(
        order_number=order,
        line_number=_order_line_number(loop),
        identity=identity(loop),
        quantity=count,
        unit=rows.unit(shipped, 1, 2),
        lot=_number(loop, "BX"),
        expiry=day(loop, "361", "36"),
        serial=_number(loop, "BN"),
        sscc=sscc,
    )


def _order_line_number(loop: list[Row]) -> int | None:
    for row in loop:
        if row.name == "RFF" and row.text(1, 0) in ("ON", "CO") and (number := as_whole(row.text(1, 2))) is not None:
            return number
    return None


def _number(loop: list[Row], kind: str) -> str:
    return next((row.text(2, 0) for row in loop if row.name == "GIN" and row.text(1) == kind), "")


def _invoic(rows: Rows) -> InvoiceDoc | None:
    opening = rows.first("BGM")
    if opening is None:
        return None
    number, issued = opening.need(2, 0, "the invoice number"), day(rows.header, "137", "3")
    # 9 is what is still due: what was paid before (113) is no part of it, but of the bill
    due = amount(rows.footer, "9")
    total = amount(rows.footer, "388", "77", "86", "39", "128")
    if total is None and due is not None:
        total = due + (amount(rows.footer, "113") or Decimal(0))
    if issued is None:
        rows.note("no-date", "No DTM+137 says the day of the invoice.", "DTM")
    if total is None:
        rows.note("missing-element", "No MOA in the summary says the total.", "MOA")
    lines = tuple(line for loop in rows.lines if (line := _invoice_line(rows, loop)))
    if not number or issued is None or total is None:
        return None
    credit = opening.text(1) in ("381", "396", "308")
    document = InvoiceDoc(
        number=number,
        invoice_date=issued,
        order_number=reference([*rows.header, *(row for loop in rows.lines for row in loop)], "ON", "CO"),
        currency=_currency(rows),
        lines=lines,
        total=total,
        kind="credit" if credit else "invoice",
        charges=tuple(_charges(rows.header)),
        tax=amount(rows.footer, "176", "124", "150") or Decimal(0),
        due_date=day(rows.header, "13", "140"),
        terms=" ".join(texts(rows.header, "PMT", "AAB")),
        reference=reference(rows.header, "IV", "OI"),
        supplier=party(rows.header, "SU", "SE"),
        buyer=party(rows.header, "BY", "IV", "BT"),
        unit_codes=rows.profile.unit_codes,
    )
    added = sum((line.quantity * line.unit_price for line in lines), document.tax)
    added += sum((charge.amount for charge in document.charges), Decimal(0))
    if added.quantize(_CENT, ROUND_HALF_UP) != total.quantize(_CENT, ROUND_HALF_UP):
        words = f"Lines, charges and taxes do not add up to the total of {total}."
        rows.note("total-differs", words, "MOA", "warning")
    if total < 0:
        rows.note("negative-total", "The total is negative: it was read as a credit.", "MOA", "warning")
        return turned(document)
    return document


def _invoice_line(rows: Rows, loop: list[Row]) -> InvoiceLine | None:
    billed = quantity(loop, "47", "12", "21")
    count = billed.number(1, 1) if billed else None
    if billed is None or count is None:
        loop[0].note("line-unreadable", "No QTY+47 behind this LIN says how much is billed.")
        return None
    cost, whole = price(loop, "AAA", "AAB", "INV", "CAL"), amount(loop, "203", "66")
    if whole is not None and count and (cost is None or abs(cost * count - whole) > _CENT):
        if cost is not None:
            words = "Quantity times price is not the amount of this line; the amount counts."
            loop[0].note("line-charges", words, 0, "info")
        cost = whole / count
    if cost is None:
        loop[0].note("line-unreadable", "Neither PRI nor MOA behind this LIN says a price.")
        return None
    return InvoiceLine(
        line_number=_order_line_number(loop) or line_number(loop[0]),
        identity=identity(loop),
        description=description(loop),
        quantity=count,
        unit=rows.unit(billed, 1, 2),
        unit_price=cost,
    )


def _charges(header: list[Row]) -> Iterator[Charge]:
    """Each ALC with the first amount behind it."""
    for at, row in enumerate(header):
        if row.name != "ALC" or row.text(1) not in ("A", "C"):
            continue
        behind = header[at + 1 :]
        end = next((n for n, each in enumerate(behind) if each.name == "ALC"), len(behind))
        value = amount(behind[:end], "23", "204", "8")
        if value is None:
            row.note("charge-without-amount", "This charge or allowance has no amount; it was left out.", 0, "warning")
            continue
        named = row.text(2, 0)
        code = row.text(5, 0) or row.text(2, 1) or named
        words = "".join(row.segment[5][3:5]).strip() if len(row.segment) > 5 else ""
        yield Charge(
            code=code,
            description=words or (named if named != code else ""),
            amount=-value if row.text(1) == "A" else value,
        )


_READERS: Final[Mapping[str, Callable[[Rows], Order | OrderAnswer | ShipNotice | InvoiceDoc | None]]] = {
    "DESADV": _desadv,
    "INVOIC": _invoic,
    "ORDCHG": _orders,
    "ORDERS": _orders,
    "ORDRSP": _ordrsp,
}
