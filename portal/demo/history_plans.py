"""What is asked for in the demo's three months: who, where, which lines, and when. Pure: nothing here touches a database."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

from portal.demo import catalogue, contracts, people, places, suppliers
from portal.demo.catalogue import SEED, Item
from portal.demo.dice import Dice
from portal.demo.load_stock import held
from portal.demo.suppliers import Offer

Style = Literal["contract", "off_contract", "no_contract", "non_catalog", "stock", "dear"]
STYLES: Mapping[Style, int] = {
    "contract": 72, "off_contract": 7, "no_contract": 5, "non_catalog": 3, "stock": 10, "dear": 3,
}  # fmt: skip
BUYS = {
    "OR": ("MEDSURG", "MEDSURG", "IMPLANT"), "CATH": ("MEDSURG", "IMPLANT"), "LAB": ("LAB",), "PHARM": ("PHARMACY",),
    "EVS": ("GENERAL",), "STORE": ("MEDSURG", "GENERAL"), "SPD": ("GENERAL", "MEDSURG"), "PACU": ("MEDSURG",),
    "RAD": ("MEDSURG", "GENERAL"),
}  # fmt: skip
"""What a department buys; others buy med-surg and sometimes general supplies."""
NON_CATALOG = (
    ("Custom orthotic insert, left, size 9", "385.00", "Fennbrook Orthotics"),
    ("Replacement caster set for exam stool", "64.50", "Alderport Office Furniture"),
    ("Trial kit, low-pressure wound dressing", "142.00", "Sablecrest Medical"),
    ("Loaner instrument tray cleaning indicators", "96.75", "Ridgewater Implant Logistics"),
    ("Pediatric distraction projector lamp", "218.40", "Marlowe Audiovisual"),
    ("Engraved door signs, room renumbering", "455.00", "Tolvere Sign Works"),
    ("Calibration gas cylinder, 34 L", "173.20", "Wickham Gas Supply"),
)
OFF_CONTRACT_REASONS = (
    "Surgeon preference, case on Thursday", "Contracted item is back-ordered", "Needed faster than the contract delivers",
    "Trial agreed with the value analysis team",
)  # fmt: skip
NOTES = ("", "", "", "", "For the weekend", "Restock after inventory", "New crash cart", "Room 4 opens Monday")


@dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """`item` empty is a line outside the catalog; `supplier` is named only where somebody insists on it."""

    item: str = ""
    description: str = ""
    quantity: Decimal
    unit: str
    supplier: str = ""
    suggested_supplier: str = ""
    estimated_price: Decimal = Decimal(0)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One requisition to come. `fixed` are answers that its dice give whatever chance says."""

    seed: str
    begins: datetime
    facility: str
    location: str
    cost_center: str
    requester: str
    lines: tuple[PlannedLine, ...]
    urgent: bool = False
    note: str = ""
    needed_in: int | None = None
    hurried: bool = False
    fixed: Mapping[str, str] = field(default_factory=dict)

    def dice(self) -> Dice:
        """The dice of everything that follows from it."""
        return Dice(self.seed, self.fixed, hurried=self.hurried)


@dataclass(frozen=True)
class _Place:
    facility: str
    location: str
    cost_center: str
    requesters: tuple[str, ...]


def plans(*, begins: datetime, end: datetime, count: int) -> Iterator[Plan]:
    """Requisitions of every day, a few more in the last two weeks so that enough is under way today."""
    chance = random.Random(SEED + 6)
    length = (end - begins).total_seconds()
    for n in range(count):
        recent = chance.random() < 0.22
        since = length * chance.uniform(0.85, 1) if recent else length * chance.uniform(0, 0.9)
        dice = Dice(f"{SEED} plan {n}")
        moment = dice.working(begins + timedelta(seconds=int(since)))
        if moment < end:
            yield plan_at(f"{SEED} road {n}", moment, dice, today=end.date())


def plan_at(
    seed: str, moment: datetime, dice: Dice, *, today: date, facility: str = "", location: str = "", requester: str = "",
    style: Style | None = None, supplier: str = "", fixed: Mapping[str, str] | None = None, hurried: bool = False,
) -> Plan:  # fmt: skip
    """A requisition at a moment; what is not given is left to the dice."""
    place = dice.pick([p for p in _places() if facility in ("", p.facility) and location in ("", p.location)])
    chosen: Style = style or _style(dice)
    lines = _lines(place, chosen, dice, today, supplier)
    return Plan(
        seed=seed, begins=moment, facility=place.facility, location=place.location, cost_center=place.cost_center,
        requester=requester or dice.pick(place.requesters), lines=lines, urgent=dice.number(1, 100) <= 7,
        note=dice.pick(NOTES), needed_in=dice.pick((None, None, 3, 5, 7, 10)), fixed=fixed or {}, hurried=hurried,
    )  # fmt: skip


def _style(dice: Dice) -> Style:
    drawn = dice.choose("style", **{str(style): weight for style, weight in STYLES.items()})
    return next(style for style in STYLES if style == drawn)


@cache
def _places() -> tuple[_Place, ...]:
    """Where requests come from: departments, and each storeroom, with who asks there."""
    asks: dict[str, list[str]] = {}
    for person in people.people():
        for grant in person.grants:
            if grant.role == "requester" and grant.facility:
                asks.setdefault(grant.facility, []).append(person.email)
    return tuple(
        _Place(f.code, place.code, place.cost_center, tuple(asks[f.code]))
        for f in places.facilities()
        for place in f.locations
        if place.cost_center and (place.kind == "department" or place.code == places.STOREROOM)
    )


def _lines(place: _Place, style: Style, dice: Dice, today: date, supplier: str) -> tuple[PlannedLine, ...]:
    if style == "non_catalog":
        return (_non_catalog(dice),)
    if style == "stock":
        kept = held(place.facility, places.STOREROOM)
        chosen = [dice.pick(kept).item for _ in range(dice.number(1, 2))]
        return tuple(_line(_offer_of()[item.number], dice, most=1) for item in dict.fromkeys(chosen))
    categories = BUYS.get(place.location, ("MEDSURG", "MEDSURG", "MEDSURG", "GENERAL"))
    category = dice.pick(categories)
    if style == "off_contract":
        return _off_contract(category, place.facility, dice, today)
    shelf = _shelf(today, style != "no_contract").get(category, {})
    sellers = sorted(code for code, offers in shelf.items() if code == (supplier or code) and offers)
    if not sellers:
        shelf = _shelf(today, True)["MEDSURG"]
        sellers = [supplier] if supplier in shelf else sorted(shelf)
    chosen_lines: dict[str, PlannedLine] = {}
    for code in {dice.pick(sellers) for _ in range(dice.pick((1, 1, 1, 2)))}:
        fitting = [o for o in shelf[code] if _open_to(o, place.facility, today)] or shelf[code]
        for _ in range(dice.number(1, 3)):
            offer = dice.pick(fitting)
            chosen_lines[offer.item] = _line(offer, dice, most=40 if style == "dear" else 3)
    return tuple(chosen_lines.values())


def _line(offer: Offer, dice: Dice, *, most: int, supplier: str = "", reason: str = "") -> PlannedLine:
    step = max(o.minimum for o in _offers()[offer.item])
    many = dice.number(max(1, most // 2), most) if most > 3 else dice.number(1, most)
    dear = offer.price > 900 and most <= 3
    return PlannedLine(
        item=offer.item, quantity=step * (1 if dear else many), unit=offer.order_unit, supplier=supplier, reason=reason
    )


def _non_catalog(dice: Dice) -> PlannedLine:
    description, price, supplier = dice.pick(NON_CATALOG)
    return PlannedLine(
        description=description, quantity=Decimal(dice.number(1, 3)), unit="EA", estimated_price=Decimal(price),
        suggested_supplier=supplier,
    )  # fmt: skip


def _off_contract(category: str, facility: str, dice: Dice, today: date) -> tuple[PlannedLine, ...]:
    shelf = _shelf(today, True).get(category) or _shelf(today, True)["MEDSURG"]
    contracted = [
        (offer, others)
        for offers in shelf.values()
        for offer in offers
        if _open_to(offer, facility, today)
        and (others := [o for o in _offers()[offer.item] if (o.supplier, o.item) not in _covered(today)])
    ]
    if not contracted:
        return (_non_catalog(dice),)
    chosen: dict[str, PlannedLine] = {}
    for _ in range(dice.number(1, 2)):
        offer, others = dice.pick(contracted)
        rival = dice.pick(others)
        chosen[offer.item] = _line(rival, dice, most=3, supplier=rival.supplier, reason=dice.pick(OFF_CONTRACT_REASONS))
    return tuple(chosen.values())


@cache
def item_of() -> Mapping[str, Item]:
    """Item number -> item."""
    return {item.number: item for item in catalogue.items()}


@cache
def _offers() -> Mapping[str, Sequence[Offer]]:
    found: dict[str, list[Offer]] = {}
    for offer in suppliers.offers():
        found.setdefault(offer.item, []).append(offer)
    return found


@cache
def _offer_of() -> Mapping[str, Offer]:
    return {o.item: o for o in suppliers.offers() if o.preferred}


@cache
def _covered(today: date) -> Mapping[tuple[str, str], frozenset[str]]:
    """(supplier, item) under a contract in force -> the facilities it is open to; empty is all."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for contract in contracts.contracts(today):
        if contract.in_force(today):
            for line in contract.lines:
                found.setdefault((contract.supplier, line.item), frozenset(contract.facilities))
    return found


def _open_to(offer: Offer, facility: str, today: date) -> bool:
    where = _covered(today).get((offer.supplier, offer.item))
    return where is None or not where or facility in where


@cache
def _shelf(today: date, contracted: bool) -> Mapping[str, Mapping[str, Sequence[Offer]]]:
    """Category -> supplier -> its preferred offers of active items, with or without a contract."""
    found: dict[str, dict[str, list[Offer]]] = {}
    for offer in suppliers.offers():
        item = item_of()[offer.item]
        bought = {o.supplier for o in _offers()[offer.item] if (o.supplier, o.item) in _covered(today)}
        fits = offer.supplier in bought if contracted else not bought
        if offer.preferred and item.status == "active" and fits:
            found.setdefault(item.category, {}).setdefault(offer.supplier, []).append(offer)
    return found
