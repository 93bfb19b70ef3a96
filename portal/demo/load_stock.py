"""Loads what lies on the shelves: par levels, and opening stock with lots, through the ledger."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from core.audit import acting
from inventory.models import Lot, ParLevel, StockMove
from inventory.services.ledger import Move, lots_ensure, stock_post
from masterdata.models import Facility, Location, Role, RoleGrant
from masterdata.selectors import actor_for
from portal.demo import catalogue, places
from portal.demo.catalogue import SEED, Item
from portal.demo.load_catalogue import items_by_number

IN_STOREROOM, IN_DEPARTMENT, COMMON = 110, 16, 240
WANTED = {
    "OR": ("MEDSURG",), "CATH": ("MEDSURG",), "LAB": ("LAB", "GENERAL"), "PHARM": ("PHARMACY",),
    "EXAM": ("MEDSURG", "LAB"),
}  # fmt: skip
"""What a department keeps at hand; others keep med-surg and general supplies."""
UNUSABLE = (
    (Lot.Status.QUARANTINE, 6),
    (Lot.Status.HOLD, 4),
    (Lot.Status.RECALLED, 3),
)
"""How many lots lie in quarantine cages, and why."""


@dataclass(frozen=True)
class Held:
    """An item at a place: how much there should be, and how much there is at the beginning, in base units."""

    item: Item
    par: Decimal
    reorder: Decimal
    on_hand: Decimal


@cache
def stocked() -> tuple[Item, ...]:
    """The items that storerooms may hold; what is implanted, serial-tracked or dear is bought when it is needed."""
    chance = random.Random(SEED + 4)
    fitting = [
        i for i in catalogue.items()
        if i.status == "active" and not i.serial_tracked and i.category != "IMPLANT" and i.list_price < 60
    ]  # fmt: skip
    return tuple(sorted(chance.sample(fitting, COMMON), key=lambda i: i.number))


@cache
def held(facility: str, place: str) -> tuple[Held, ...]:
    """What a storeroom or par department keeps."""
    chance = random.Random(f"{SEED} {facility} {place}")
    if place == places.STOREROOM:
        return tuple(
            _held(item, item.packagings[-1].multiplier, chance, full=8)
            for item in chance.sample(stocked(), IN_STOREROOM)
        )
    wanted = WANTED.get(place, ("MEDSURG", "GENERAL"))
    fitting = [i for i in stocked() if i.category in wanted]
    return tuple(
        _held(item, item.packagings[min(1, len(item.packagings) - 1)].multiplier, chance, full=5)
        for item in chance.sample(fitting, min(IN_DEPARTMENT, len(fitting)))
    )


def _held(item: Item, pack: Decimal, chance: random.Random, *, full: int) -> Held:
    par = pack * chance.randint(3, full)
    reorder = (par / 3).quantize(Decimal(1))
    short = chance.random() < 0.15
    on_hand = par * chance.randint(0, 30) / 100 if short else par * chance.randint(60, 160) / 100
    return Held(item, par, reorder, on_hand.quantize(Decimal(1)))


def load_stock(today: date) -> None:
    """Par levels and opening stock of every facility, and lots that may not be used."""
    items = items_by_number()
    lots = _lots(items, today)
    for facility in Facility.objects.order_by("code"):
        here = {row.code: row for row in Location.objects.filter(facility=facility)}
        kept = [
            (here[place.code], entry)
            for place in _places(facility.code)
            if place.par or place.code == places.STOREROOM
            for entry in held(facility.code, place.code)
        ]
        ParLevel.objects.bulk_create(
            ParLevel(location=place, item_id=items[k.item.number], par=k.par, reorder_point=k.reorder)
            for place, k in kept
        )
        _open(facility, here, kept, items, lots, today)


def _places(facility: str) -> tuple[places.Location, ...]:
    return next(f.locations for f in places.facilities() if f.code == facility)


def _open(
    facility: Facility, here: dict[str, Location], kept: list[tuple[Location, Held]], items: dict[str, int],
    lots: dict[str, list[Lot]], today: date,
) -> None:  # fmt: skip
    chance = random.Random(f"{SEED} opening {facility.code}")
    moves = []
    for place, entry in kept:
        usable = [lot for lot in lots[entry.item.number] if lot.status in (Lot.Status.AVAILABLE, Lot.Status.EXPIRED)]
        chosen = chance.sample(usable, min(len(usable), chance.randint(1, 2)))
        parts = _split(entry.on_hand, len(chosen))
        moves += [
            _opening(here, place, items[entry.item.number], lot, part)
            for lot, part in zip(chosen, parts, strict=True)
            if part > 0
        ]
    unusable = [(number, lot) for number, rows in lots.items() for lot in rows if lot.status in dict(UNUSABLE)]
    for number, lot in chance.sample(unusable, 3):
        moves.append(_opening(here, here[places.QUARANTINE], items[number], lot, Decimal(chance.randint(5, 60))))
    clerk = (
        RoleGrant.objects.select_related("user").filter(facility=facility, role=Role.STOCK_CLERK).order_by("id")[0].user
    )
    with acting(actor=actor_for(clerk), reason=f"opening stock of {today}"):
        stock_post(moves, actor_id=clerk.pk)


def _split(quantity: Decimal, parts: int) -> list[Decimal]:
    first = (quantity / parts).quantize(Decimal(1))
    return [first, quantity - first] if parts == 2 else [quantity]


def _opening(here: dict[str, Location], place: Location, item: int, lot: Lot, quantity: Decimal) -> Move:
    return Move(
        item_id=item, lot_id=lot.pk, from_location=here["OUT-ADJ"], to_location=place, quantity=quantity,
        reason=StockMove.Reason.OPENING, note="Opening stock",
    )  # fmt: skip


def _lots(items: dict[str, int], today: date) -> dict[str, list[Lot]]:
    """Lots of every stocked item: two or three where it is tracked, some run out already, some held back."""
    chance = random.Random(SEED + 5)
    wanted: list[tuple[str, str, date | None]] = []
    for item in stocked():
        if not item.lot_tracked:
            wanted.append((item.number, "", None))
            continue
        for _ in range(chance.randint(2, 3)):
            wanted.append((item.number, lot_number(chance), _expiry(item, today, chance)))
    ids = lots_ensure((items[number], lot, expiry) for number, lot, expiry in wanted)
    rows = Lot.objects.in_bulk(ids.values())
    found: dict[str, list[Lot]] = {}
    for number, lot, _ in wanted:
        found.setdefault(number, []).append(rows[ids[(items[number], lot)]])
    _hold_back(found, today, chance)
    return found


def _expiry(item: Item, today: date, chance: random.Random) -> date | None:
    if not item.expiry_tracked:
        return None
    return today + timedelta(days=chance.randint(-45, -3) if chance.random() < 0.04 else chance.randint(50, 900))


def _hold_back(found: dict[str, list[Lot]], today: date, chance: random.Random) -> None:
    changed = []
    tracked = [rows for rows in found.values() if len(rows) == 3]
    chosen = iter(chance.sample(tracked, sum(count for _, count in UNUSABLE)))
    for status, count in UNUSABLE:
        for _ in range(count):
            lot = next(chosen)[-1]
            lot.status = status
            changed.append(lot)
    for rows in found.values():
        for lot in rows:
            if lot.expiry and lot.expiry < today and lot.status == Lot.Status.AVAILABLE:
                lot.status = Lot.Status.EXPIRED
                changed.append(lot)
    Lot.objects.bulk_update(changed, ["status"])


def lot_number(chance: random.Random) -> str:
    """A lot as makers print it: two letters and six digits."""
    return f"{chance.choice('ABCDEFGHKLMNPRSTUVWX')}{chance.choice('ABCDEFGHKLMNPRSTUVWX')}{chance.randint(100000, 999999)}"
