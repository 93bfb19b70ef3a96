"""The supplier's answers: 855 to an order, 865 to a change. One document, two openings.

The status code is read, never guessed from quantities: a back-ordered or rejected line may carry quantity 0. Where a line has no
ACK the document's own verdict counts. Whether a price really changed is for the order to say: prices are always passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.canonical import AnswerAction, AnswerLine, AnswerStatus, ItemIdentity, OrderAnswer, revised
from integrations.x12.documents.reading import Parsed, Reading, Row, dated, first_text, named, party, reference
from integrations.x12.documents.writing import NOTE_LENGTH, parties_write, unit_write
from integrations.x12.envelope import TransactionSet
from integrations.x12.findings import X12Error
from integrations.x12.profile import Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, number_text, text_parts

_VERDICTS: Final[dict[str, AnswerStatus]] = {
    "AC": "changed",
    "AD": "accepted",
    "AE": "changed",
    "AK": "accepted",
    "AP": "accepted",
    "AT": "accepted",
    "RD": "rejected",
    "RF": "rejected",
    "RJ": "rejected",
}

ITEM_STATUS: Final[dict[str, tuple[AnswerAction, str]]] = {
    "AC": ("accepted", ""),
    "AR": ("accepted", ""),
    "IA": ("accepted", ""),
    "BP": ("accepted", "shipped in part, the rest is back-ordered"),
    "IB": ("backordered", ""),
    "IH": ("backordered", "on hold at the supplier"),
    "IC": ("accepted", "accepted with changes"),
    "IP": ("price_changed", ""),
    "IE": ("price_changed", "price pending at the supplier"),
    "IQ": ("quantity_changed", ""),
    "DR": ("date_changed", ""),
    "IS": ("substituted", ""),
    "ID": ("rejected", "item deleted by the supplier"),
    "IR": ("rejected", ""),
    "R1": ("rejected", "not a contract item"),
    "R2": ("rejected", "invalid item number"),
    "R3": ("rejected", "invalid unit of measure"),
    "R4": ("rejected", "contract item unavailable"),
}
"""ACK01 → what it means for us, and words for it."""

CHANGE_CODES: Final[dict[str, tuple[AnswerAction, str]]] = {
    "CT": ("date_changed", ""),
    "DI": ("rejected", "item deleted by the supplier"),
    "PC": ("price_changed", ""),
    "PQ": ("price_changed", ""),
    "PR": ("price_changed", ""),
    "QD": ("quantity_changed", ""),
    "QI": ("quantity_changed", ""),
    "RB": ("date_changed", ""),
    "RC": ("rejected", ""),
    "RQ": ("quantity_changed", ""),
    "RS": ("date_changed", ""),
}
"""POC02 of an 865 that has no ACK → what the supplier changed, and words for it; what it does not name changes nothing."""

_DELETED: Final = "deleted as asked"
_VERDICT_CODES: Final = {"accepted": "AD", "changed": "AC", "rejected": "RJ"}
# BP and IC mean more than one thing; we say the one thing that is meant.
_SAYABLE: Final = {code: meaning for code, meaning in ITEM_STATUS.items() if code not in ("AC", "AR", "BP", "IC")}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the elements of the opening and of the item segment stand."""

    opening: str
    item: str
    supplier_number: int
    request_number: int
    answered: tuple[int, int]
    quantity: int
    unit: int
    price: int


_LAYOUTS: Final = {
    "855": _Layout("BAK", "PO1", 8, 6, (9, 4), 2, 3, 4),
    "865": _Layout("BCA", "POC", 9, 7, (10, 6), 3, 5, 6),
}


def answer_read(transaction_set: TransactionSet, profile: Profile) -> Parsed:
    """The order answer that an 855 or 865 says."""
    layout = _LAYOUTS[transaction_set.code]
    reading = Reading(transaction_set, profile)
    opening = reading.first(layout.opening)
    if opening is None:
        return reading.parsed(None)
    number = opening.need(3, "the order number")
    verdict = opening.text(2)
    status = _VERDICTS.get(verdict)
    if status is None:
        opening.note("verdict", f"{opening.name}02 {verdict!r} is not an answer we know.", 2)
    header, loops = reading.loops(layout.item)
    if not number or status is None:
        return reading.parsed(None)
    promised = dated(header, "067", "017", "068")
    lines = tuple(line for loop in loops for line in _lines(loop, layout, status, promised))
    return reading.parsed(
        OrderAnswer(
            order_number=number,
            status=_overall(status, lines),
            answers="change" if transaction_set.code == "865" else "order",
            supplier_order_number=opening.text(layout.supplier_number)
            or reference(header, "VN", "CO")
            or opening.text(layout.request_number),
            answered_on=opening.day(layout.answered[0]) or opening.day(layout.answered[1]),
            currency=first_text(header, "CUR", 2),
            supplier=party(header, "supplier"),
            buyer=party(header, "buyer"),
            lines=lines,
            unit_codes=profile.unit_codes,
        )
    )


def _overall(status: AnswerStatus, lines: tuple[AnswerLine, ...]) -> AnswerStatus:
    """The document's verdict; "accepted" does not outweigh a line that says otherwise."""
    if status == "accepted" and any(line.action != "accepted" for line in lines):
        return "changed"
    return status


def _lines(loop: list[Row], layout: _Layout, status: AnswerStatus, promised: date | None) -> list[AnswerLine]:
    item = loop[0]
    ordered = item.number(layout.quantity)
    acks = list(named(loop, "ACK"))
    price = item.price(layout.price, layout.price + 1)
    if price is None:
        price = next((found for row in named(loop, "CTP") if (found := row.number(3)) is not None), None)
    change = item.text(2) if layout.item == "POC" else ""
    counted = ordered is not None or any(ack.text(2) for ack in acks)
    # what is taken off needs no number
    if not counted and change != "DI":
        item.note("quantity-missing", f"Neither {item.name} nor an ACK says a quantity.", layout.quantity)
        return []
    base = AnswerLine(
        line_number=item.line_number(1),
        identity=item.identity(layout.price + 2),
        action="rejected" if status == "rejected" else "accepted",
        quantity=(ordered or Decimal(0)) if counted else None,
        unit=item.unit(layout.unit, required=not any(ack.text(3) for ack in acks)),
        unit_price=price,
        promised_date=_scheduled(loop) or promised,
        message=" ".join(row.text(1) for row in named(loop, "MSG")),
    )
    if change and not acks:
        return [_by_change_code(base, change, status)]
    answers = _acknowledged(base, acks) if acks else [base]
    # We asked to delete the line: that it is deleted is a yes.
    if change == "DI" and any(ack.text(1) == "ID" for ack in acks):
        return [revised(each, action="accepted", message=_DELETED) for each in answers]
    return answers


def _by_change_code(base: AnswerLine, code: str, status: AnswerStatus) -> AnswerLine:
    """What POC02 says where no ACK does: under a plain yes it repeats what we asked for, else it is what the supplier changes."""
    if status == "accepted" and code == "DI":
        return revised(base, message=_DELETED)
    if status == "rejected" or (status == "accepted" and code != "RC"):
        return base
    action, words = CHANGE_CODES.get(code, (base.action, ""))
    return revised(base, action=action, message="; ".join(filter(None, (words, base.message))))


def _acknowledged(base: AnswerLine, acks: list[Row]) -> list[AnswerLine]:
    """One answer per ACK; what a part-shipment leaves over becomes a back-order of its own."""
    said = [ack.number(2) for ack in acks]
    rest = (base.quantity or Decimal(0)) - sum((quantity for quantity in said if quantity), Decimal(0))
    answers: list[AnswerLine] = []
    for ack, quantity in zip(acks, said, strict=True):
        answer = _answer(base, ack, quantity, rest)
        if answer is not None:
            answers.append(answer)
            if ack.text(1) == "BP" and rest > 0:
                words = "rest of a part-shipment"
                answers.append(revised(answer, action="backordered", quantity=rest, promised_date=None, message=words))
    return answers


def _answer(base: AnswerLine, ack: Row, quantity: Decimal | None, rest: Decimal) -> AnswerLine | None:
    meaning = ITEM_STATUS.get(ack.text(1))
    if meaning is None:
        ack.note("item-status", f"ACK01 {ack.text(1)!r} is not an item status we know; this answer was left out.", 1)
        return None
    action, words = meaning
    if quantity is None or (not quantity and action in ("backordered", "rejected")):
        quantity = rest if rest > 0 else base.quantity
    promised = ack.day(5)
    if ack.text(1) == "IC":
        action = _changed(quantity != base.quantity, promised is not None)
    substitute = ack.identity(7) if action == "substituted" else None
    if substitute == ItemIdentity():
        ack.note("substitute-missing", "The item is substituted, but ACK07 and ACK08 do not say by what.", 7)
        substitute = None
    return revised(
        base,
        action=action,
        quantity=quantity,
        unit=ack.unit(3, required=False) or base.unit,
        promised_date=promised or base.promised_date,
        substitute=substitute,
        message="; ".join(part for part in (words, base.message) if part),
    )


def _changed(quantity: bool, day: bool) -> AnswerAction:
    """What "accepted with changes" changed, as far as the answer itself shows."""
    if quantity:
        return "quantity_changed"
    return "date_changed" if day else "price_changed"


def _scheduled(loop: list[Row]) -> date | None:
    """The promised day beside the ACKs: a DTM, or the earliest delivery schedule; several schedules are worth a word."""
    schedules = list(named(loop, "SCH"))
    days = sorted(day for row in schedules if (day := row.day(6)) is not None)
    if len(days) > 1:
        schedules[0].note("several-schedules", f"{len(days)} deliveries are scheduled; the first counts.", 6, "warning")
    return days[0] if days else dated(loop, "067", "017", "068", "002")


def answer_code(answer: OrderAnswer) -> str:
    """The transaction set that carries this answer: 855 or 865."""
    return "855" if answer.answers == "order" else "865"


def answer_write(answer: OrderAnswer, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    """The segments between ST and SE. Raises `X12Error` for an answer that X12 cannot say."""
    if answer.answered_on is None:
        raise X12Error(f"The answer to order {answer.order_number} does not say when it was given.")
    day, verdict = day_text(answer.answered_on), _VERDICT_CODES[answer.status]
    if answer.answers == "order":
        opening = ["BAK", "00", verdict, answer.order_number, day, "", "", "", answer.supplier_order_number, day]
    else:
        number = answer.supplier_order_number
        opening = ["BCA", "00", verdict, answer.order_number, "", "", day, "", "", number, day]
    segments = [opening, ["CUR", "SE", answer.currency] if answer.currency else ["CUR"]]
    segments += parties_write((("SE", answer.supplier), ("BY", answer.buyer)), delimiters)
    for line in answer.lines:
        segments += _line_write(answer, line, profile, delimiters)
    segments.append(["CTT", str(len(answer.lines))])
    return segments


def _line_write(answer: OrderAnswer, line: AnswerLine, profile: Profile, delimiters: Delimiters) -> list[Segment]:
    where = f"Line {line.line_number or ''} of the answer to order {answer.order_number}"
    if line.quantity is None:
        raise X12Error(f"{where} does not say a quantity.")
    unit, quantity = unit_write(line.unit, profile, where), number_text(line.quantity)
    price = "" if line.unit_price is None else number_text(line.unit_price)
    tail = [price, "", *profile.identity_out(line.identity)]
    number = "" if line.line_number is None else str(line.line_number)
    deleted = answer.answers == "change" and line.action == "accepted" and line.message == _DELETED
    code, message = ("ID", "") if deleted else _status_code(line)
    if answer.answers == "order":
        item = ["PO1", number, quantity, unit, *tail]
    else:
        item = ["POC", number, "DI" if deleted else "RA", quantity, "", unit, *tail]
    promised = ["067", day_text(line.promised_date)] if line.promised_date else ["", ""]
    substitute = profile.identity_out(line.substitute) if line.substitute else []
    segments = [item, ["ACK", code, quantity, unit, *promised, "", *substitute]]
    segments += [["MSG", part] for part in text_parts(message, delimiters, NOTE_LENGTH)]
    return segments


def _status_code(line: AnswerLine) -> tuple[str, str]:
    """The status that says the line's action, and what of its message that status does not say."""
    plain = ""
    for code, (action, words) in _SAYABLE.items():
        if action != line.action:
            continue
        if not words:
            plain = plain or code
        elif line.message == words or line.message.startswith(f"{words}; "):
            return code, line.message[len(words) + 2 :]
    return plain, line.message
