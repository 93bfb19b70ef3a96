"""The documents a supplier answers with, as lists of segments between ST and SE."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulators.supplier.behaviour import Behaviour, dice
from simulators.supplier.x12 import Group, TransactionSet

Line = dict[str, Any]
Order = dict[str, Any]
Segments = list[list[str]]

GROUPS = {"997": "FA", "855": "PR", "865": "CA", "856": "SH", "810": "IN"}


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


def order_from(received: TransactionSet) -> Order | None:
    """The facts of an 850 or 860 that these suppliers use; None, with a problem noted, where it cannot be worked with."""
    if received.problems or received.code not in ("850", "860"):
        received.problems = received.problems or ["1"]
        return None
    change = received.code == "860"
    opening = received.first("BCH" if change else "BEG")
    order: Order = {
        "number": opening[3],
        "purpose": opening[1],
        "date": opening[6 if change else 5],
        "currency": received.first("CUR")[2] or "USD",
        "notes": " ".join(segment[1] for segment in received.segments if segment[0] == "MSG" and len(segment) > 1),
        "lines": [],
    }
    for segment in received.segments:
        if segment[0] in ("PO1", "POC"):
            order["lines"].append(_line_from(segment + [""] * 10))
        elif segment[0] == "PID" and order["lines"] and len(segment) > 5:
            order["lines"][-1]["description"] = segment[5]
    numbers = [line[name] for line in order["lines"] for name in ("quantity", "price")]
    lines_needed = change or bool(order["lines"])
    if not order["number"] or not lines_needed or not all(_NUMBER.fullmatch(number) for number in numbers):
        received.problems.append("5")
        return None
    return order


def _line_from(segment: list[str]) -> Line:
    change = segment[0] == "POC"
    ids = segment[8:] if change else segment[6:]
    return {
        "line": segment[1],
        "action": segment[2] if change else "AI",
        "quantity": (segment[3] if change else segment[2]) or "0",
        "unit": segment[5] if change else segment[3],
        "price": (segment[6] if change else segment[4]) or "0",
        "ids": [[q, v] for q, v in zip(ids[::2], ids[1::2], strict=False) if q and v],
        "description": "",
    }


def acknowledge(group: Group) -> Segments:
    """The 997 for a group that came in."""
    body = [["AK1", group.functional_id, group.control]]
    for each in group.sets:
        body += [["AK2", each.code, each.control], ["AK5", "R" if each.problems else "A", *each.problems]]
    good = sum(1 for each in group.sets if not each.problems)
    verdict = "A" if good == len(group.sets) else "P" if good else "R"
    count = str(len(group.sets))
    return [*body, ["AK9", verdict, count, count, str(good)]]


def answer(order: Order, behaviour: Behaviour, supplier_order: str, today: date) -> Segments:
    """The 855: one PO1 with one or two ACK per line."""
    lines = [_answer_line(line, behaviour, today) for line in order["lines"]]
    plain = all(
        not behaviour.line(line["line"]) & {"reject", "backorder", "substitute", "price_change"}
        for line in order["lines"]
    )
    verdict = "AD" if plain else "AC"
    opening = ["BAK", "00", verdict, order["number"], order["date"], "", "", "", supplier_order, day(today)]
    return [opening, ["CUR", "SE", order["currency"]], *(s for line in lines for s in line), ["CTT", str(len(lines))]]


def _answer_line(line: Line, behaviour: Behaviour, today: date) -> Segments:
    met = behaviour.line(line["line"])
    quantity, unit = Decimal(line["quantity"]), line["unit"]
    soon, later = day(today + timedelta(days=3)), day(today + timedelta(days=17))
    price = agreed_price(line, behaviour)
    segments = [["PO1", line["line"], line["quantity"], unit, price, "", *_flat(line["ids"])]]
    if line["description"]:
        segments.append(["PID", "F", "", "", "", line["description"]])
    if "reject" in met:
        return [*segments, ["ACK", "IR", "0", unit]]
    if "backorder" in met:
        now, rest = split(quantity)
        if now:
            segments.append(["ACK", "IA", text(now), unit, "067", soon])
        return [*segments, ["ACK", "IB", text(rest), unit, "067", later]]
    status = "IS" if "substitute" in met else "IP" if "price_change" in met else "IA"
    ack = ["ACK", status, line["quantity"], unit, "067", soon]
    return [*segments, [*ack, "", *_flat(shipped_ids(line, behaviour))] if status == "IS" else ack]


def change_answer(order: Order, change: Order, accepted: bool, supplier_order: str, today: date) -> Segments:
    """The 865 to a change or cancellation."""
    verdict, status = ("AT", "IA") if accepted else ("RJ", "IR")
    opening = [
        "BCA",
        change["purpose"],
        verdict,
        order["number"],
        "",
        "",
        order["date"],
        "",
        "",
        supplier_order,
        day(today),
    ]
    body = [opening]
    for line in change["lines"]:
        item = [
            "POC",
            line["line"],
            line["action"],
            line["quantity"],
            "",
            line["unit"],
            line["price"],
            "",
            *_flat(line["ids"]),
        ]
        body += [item, ["ACK", "ID" if accepted and line["action"] == "DI" else status, line["quantity"], line["unit"]]]
    return [*body, ["CTT", str(len(change["lines"]))]]


def shipment(order: Order, behaviour: Behaviour, part: str) -> list[Line]:
    """What is packed: `part` "now", or "rest" for what was back-ordered. Quantity 0 is not packed."""
    packed = []
    for line in order["lines"]:
        met = behaviour.line(line["line"])
        quantity = Decimal(line["quantity"])
        if "reject" in met or not quantity:
            continue
        if "backorder" in met:
            quantity = split(quantity)[0 if part == "now" else 1]
        elif part == "rest":
            continue
        if "short_ship" in met and part == "now":
            quantity = max(quantity - max((quantity / 5).to_integral_value(), Decimal(1)), Decimal(0))
        if quantity:
            packed.append({**line, "packed": text(quantity), "ids": shipped_ids(line, behaviour)})
    return packed


def ship_notice(order: Order, packed: list[Line], behaviour: Behaviour, number: str, now: datetime) -> Segments:
    """The 856: shipment, order, one pack, its items."""
    sscc = f"00{dice(number, 'sscc') * 10**18:018.0f}"[:20]
    body = [
        ["BSN", "00", number, day(now.date()), now.strftime("%H%M"), "0001"],
        ["HL", "1", "", "S"],
        ["TD5", "B", "2", "SIMX"],
        ["REF", "CN", f"1Z{dice(number, 'track') * 10**12:012.0f}"],
        ["DTM", "011", day(now.date()), now.strftime("%H%M"), "UT"],
        ["DTM", "017", day(now.date() + timedelta(days=2))],
        ["HL", "2", "1", "O"],
        ["PRF", order["number"]],
        ["HL", "3", "2", "P"],
        ["MAN", "GM", sscc],
    ]
    for place, line in enumerate(packed, start=4):
        lot = f"L{dice(number, line['line'], 'lot') * 10**6:06.0f}"
        tracked = ["LT", lot] if behaviour.lots else []
        body += [
            ["HL", str(place), "3", "I"],
            ["LIN", line["line"], *_flat(line["ids"]), *tracked],
            ["SN1", "", line["packed"], line["unit"]],
        ]
        if behaviour.lots:
            good_for = timedelta(days=365 + int(dice(number, line["line"], "expiry") * 730))
            body.append(["DTM", "036", day(now.date() + good_for)])
    return [*body, ["CTT", str(len(packed) + 3)]]


def invoice(order: Order, packed: list[Line], behaviour: Behaviour, number: str, today: date) -> Segments:
    """The 810 for what was packed, sometimes with freight."""
    opening = ["BIG", day(today), number, order["date"], order["number"], "", "", "DI"]
    body = [opening, ["CUR", "SE", order["currency"]], ["ITD", "01", "3", "", "", "", "", "30"]]
    total = Decimal(0)
    for line in packed:
        met = behaviour.line(line["line"])
        price = agreed_price(line, behaviour, billed="overbill" in met)
        unit = ("BX" if line["unit"] == "EA" else "EA") if "wrong_unit" in met else line["unit"]
        body.append(["IT1", line["line"], line["packed"], unit, price, "", *_flat(line["ids"])])
        if line["description"]:
            body.append(["PID", "F", "", "", "", line["description"]])
        total += Decimal(line["packed"]) * Decimal(price)
    freight = Decimal(int(500 + dice(number, "freight") * 4000)) / 100 if behaviour.does("freight") else Decimal(0)
    total = (total + freight).quantize(Decimal("0.01"), ROUND_HALF_UP)
    body.append(["TDS", text(total * 100)])
    if freight:
        body.append(["SAC", "C", "D240", "", "", text(freight * 100), *[""] * 9, "FREIGHT"])
    return [*body, ["CTT", str(len(packed))]]


def agreed_price(line: Line, behaviour: Behaviour, *, billed: bool = False) -> str:
    """The price this supplier wants: the order's, or more. An overbilled price shows only on the invoice."""
    price = Decimal(line["price"])
    if billed or "price_change" in behaviour.line(line["line"]):
        price = (price * Decimal(behaviour.price_factor)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return text(price)


def shipped_ids(line: Line, behaviour: Behaviour) -> list[list[str]]:
    """The item's ids; those of the substitute where it is substituted (its own part, and no GTIN of the original)."""
    if "substitute" not in behaviour.line(line["line"]):
        ids: list[list[str]] = line["ids"]
        return ids
    part = next((value for qualifier, value in line["ids"] if qualifier in ("VN", "VC", "VP")), f"ITEM-{line['line']}")
    return [["VN", part if part.endswith("-S") else f"{part}-S"]]


def split(quantity: Decimal) -> tuple[Decimal, Decimal]:
    """What of a back-ordered line is there now, and what comes later."""
    now = Decimal(int(quantity / 2))
    return now, quantity - now


def text(number: Decimal) -> str:
    """A number without exponent or needless zeros."""
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def day(on: date) -> str:
    """CCYYMMDD."""
    return on.strftime("%Y%m%d")


def _flat(ids: list[list[str]]) -> list[str]:
    return [part for pair in ids for part in pair]
