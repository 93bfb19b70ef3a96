"""The items of the demo network, multiplied out of the product families. Pure data: the same at every call."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from portal.demo.families import FAMILIES, MANUFACTURERS, Category, Criticality, Family
from portal.demo.gs1 import with_check_digit

FIRST_NUMBER = 10001
SEED = 20260101
CENT = Decimal("0.01")
PRICE_STEP = Decimal("0.0001")
"""Prices per unit keep four decimals: a needle costs less than a cent's worth of rounding."""


@dataclass(frozen=True, kw_only=True)
class Packaging:
    """One pack level: `multiplier` base units in one of `unit`."""

    unit: str
    multiplier: Decimal
    gtin: str


@dataclass(frozen=True, kw_only=True)
class Substitute:
    """An item that may stand in for another: `ratio` base units of it for one, under a rule in words."""

    number: str
    ratio: Decimal
    rule: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of the catalog. `list_price` is what its maker asks per base unit, in US dollars."""

    number: str
    description: str
    category: Category
    unspsc: str
    base_unit: str
    packagings: tuple[Packaging, ...]
    lot_tracked: bool
    expiry_tracked: bool
    serial_tracked: bool
    criticality: Criticality
    manufacturer: str
    manufacturer_part: str
    list_price: Decimal
    status: str
    substitutes: tuple[Substitute, ...]

    def per(self, unit: str) -> Decimal:
        """How many base units one `unit` holds; KeyError for a unit the item does not have."""
        return {p.unit: p.multiplier for p in self.packagings}[unit]


@cache
def items() -> tuple[Item, ...]:
    """Every item, in the order of their numbers."""
    # the order of drawing is part of the data: insert new families at the end of their category's table only knowingly
    chance = random.Random(SEED)
    numbers = itertools.count(FIRST_NUMBER)
    return tuple(item for family in FAMILIES for item in _items_of(family, numbers, chance))


def _items_of(family: Family, numbers: itertools.count[int], chance: random.Random) -> list[Item]:
    makers = _makers_of(family)
    variants = list(itertools.product(*family.variants))
    # what is bought all day has two makers, what a surgeon prefers has one
    twice = family.swaps and family.category in {"MEDSURG", "GENERAL"} and len(variants) <= 21
    made = [(maker, variant) for maker in makers[: 2 if twice else 1] for variant in variants]
    given = {(maker, variant): f"IT-{next(numbers)}" for maker, variant in made}
    return [
        _item(
            family, maker, variant, position=i % len(variants) / max(1, len(variants) - 1), given=given, chance=chance
        )
        for i, (maker, variant) in enumerate(made)
    ]


def _makers_of(family: Family) -> list[str]:
    """The makers of the category, beginning with another one for each family."""
    makers = MANUFACTURERS[family.category]
    turn = [other for other in FAMILIES if other.category == family.category].index(family) % len(makers)
    return [*makers[turn:], *makers[:turn]]


def _item(
    family: Family,
    maker: str,
    variant: tuple[str, ...],
    *,
    position: float,
    given: dict[tuple[str, tuple[str, ...]], str],
    chance: random.Random,
) -> Item:
    number = given[maker, variant]
    low, high = (Decimal(price) for price in family.price)
    wobble = Decimal(chance.randint(94, 106)) / 100
    return Item(
        number=number,
        description=", ".join([family.name, *variant]),
        category=family.category,
        unspsc=family.unspsc,
        base_unit=family.base_unit,
        packagings=_packagings(family, maker, int(number.removeprefix("IT-"))),
        lot_tracked=family.lot or family.expiry,
        expiry_tracked=family.expiry,
        serial_tracked=family.serial,
        criticality=family.criticality,
        manufacturer=maker,
        manufacturer_part=f"{_initials(maker)}{chance.randint(10, 99)}-{int(number.removeprefix('IT-')):05d}",
        list_price=((low + (high - low) * Decimal(str(position))) * wobble).quantize(PRICE_STEP),
        status=chance.choices(("active", "on_hold", "discontinued"), weights=(970, 12, 18))[0],
        substitutes=_substitutes(family, maker, variant, given),
    )


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _packagings(family: Family, maker: str, serial: int) -> tuple[Packaging, ...]:
    every_maker = [m for makers in MANUFACTURERS.values() for m in makers]
    company = f"08{every_maker.index(maker) + 52100:05d}"
    boxes, cases = family.packs
    levels = [
        (family.base_unit, 1),
        *([("BX", boxes)] if boxes > 1 else []),
        *([("CA", boxes * cases)] if cases > 1 else []),
    ]
    # the first digit tells the pack levels of one product apart
    return tuple(
        Packaging(unit=unit, multiplier=Decimal(multiplier), gtin=with_check_digit(f"{level}{company}{serial:05d}"))
        for level, (unit, multiplier) in enumerate(levels)
    )


def _substitutes(
    family: Family, maker: str, variant: tuple[str, ...], given: dict[tuple[str, tuple[str, ...]], str]
) -> tuple[Substitute, ...]:
    if not family.swaps:
        return ()
    found = []
    for (other_maker, other), number in given.items():
        if other[1:] != variant[1:] or (other_maker, other) == (maker, variant):
            continue
        if other == variant:
            found.append(Substitute(number=number, ratio=Decimal(1), rule="Same product of another maker"))
        elif other_maker == maker:
            rule = (
                "With the surgeon's agreement"
                if family.category == "IMPLANT"
                else "Not for patients allergic to the material"
            )
            found.append(Substitute(number=number, ratio=Decimal(1), rule=rule))
    return tuple(found[:3])
