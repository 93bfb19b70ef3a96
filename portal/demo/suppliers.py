"""Who sells what in the demo network: forty invented suppliers and their offers outside any contract."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from portal.demo.catalogue import CENT, SEED, Item, items
from portal.demo.families import MANUFACTURERS, Category
from portal.demo.gs1 import with_check_digit

OFFERS_PER_ITEM = ((1, 2, 3), (30, 45, 25))
DEARER = (4, 19)
"""By how many percent a second or third source is dearer than the first."""


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """A supplier. `edi_qualifier` and `edi_id` are its address on X12 envelopes (ISA05/ISA06)."""

    code: str
    name: str
    categories: tuple[Category, ...]
    gln: str
    edi_qualifier: str
    edi_id: str
    email: str
    payment_terms_days: int
    lead_time_days: int
    minimum_order: Decimal | None
    status: str
    makes: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A supplier's offer of an item: `price` in US dollars per `order_unit`; minimum and multiple in order units."""

    supplier: str
    item: str
    supplier_part: str
    manufacturer_part: str
    order_unit: str
    price: Decimal
    minimum: Decimal
    multiple: Decimal
    lead_time_days: int
    preferred: bool


# code, name, categories, lead time, terms, smallest order
DISTRIBUTORS: tuple[tuple[str, str, tuple[Category, ...], int, int, int], ...] = (
    ("SUP-ACME", "Acmeridge Medical Supply", ("MEDSURG", "GENERAL", "LAB"), 2, 30, 0),
    ("SUP-BLUE", "Bluestoke Healthcare Distribution", ("MEDSURG", "GENERAL"), 2, 45, 150),
    ("SUP-CROS", "Crossfield Hospital Supply", ("MEDSURG", "LAB"), 3, 30, 0),
    ("SUP-DELT", "Deltarow Surgical Distribution", ("MEDSURG",), 2, 30, 250),
    ("SUP-EVER", "Evermere Care Logistics", ("MEDSURG", "GENERAL"), 1, 30, 0),
    ("SUP-FOXG", "Foxglen Clinical Products", ("MEDSURG",), 4, 60, 100),
    ("SUP-GRAN", "Granitebay Medical Wholesale", ("MEDSURG", "LAB"), 3, 45, 0),
    ("SUP-HOLL", "Hollowbrook Rx Wholesale", ("PHARMACY",), 1, 14, 0),
    ("SUP-IVOR", "Ivorycrest Pharmaceuticals Supply", ("PHARMACY",), 1, 14, 500),
    ("SUP-JUNI", "Juniperhill Sterile Compounding", ("PHARMACY",), 2, 30, 0),
    ("SUP-KING", "Kingsmoor Drug Distribution", ("PHARMACY",), 1, 21, 0),
    ("SUP-LARK", "Larkmead Laboratory Supply", ("LAB",), 3, 30, 75),
    ("SUP-MAPL", "Mapleton Scientific Trading", ("LAB",), 5, 45, 0),
    ("SUP-NORR", "Norrland Facility Products", ("GENERAL",), 2, 30, 100),
    ("SUP-OAKL", "Oaklune Office & Paper", ("GENERAL",), 2, 30, 50),
    ("SUP-PALI", "Palisette Linen & Textile", ("GENERAL",), 6, 45, 0),
    ("SUP-QUAR", "Quarrystone Janitorial", ("GENERAL",), 3, 30, 75),
    ("SUP-RIDG", "Ridgewater Implant Logistics", ("IMPLANT",), 1, 45, 0),
    ("SUP-SILV", "Silverthorn Orthopedic Partners", ("IMPLANT",), 2, 60, 0),
    ("SUP-TERN", "Ternpoint Cardiovascular Supply", ("IMPLANT", "MEDSURG"), 2, 45, 0),
)
"""The suppliers that sell several makers' products; every maker also sells its own."""
ON_HOLD = {"SUP-QUAR"}


@cache
def suppliers() -> tuple[Supplier, ...]:
    """The forty suppliers: distributors, then the makers that sell directly."""
    direct = [(maker, category) for category, makers in MANUFACTURERS.items() for maker in makers]
    rows: list[tuple[str, str, tuple[Category, ...], int, int, int, str]] = [(*row, "") for row in DISTRIBUTORS]
    for i, (maker, category) in enumerate(direct):
        word = maker.split()[0].upper()[:6]
        rows.append(
            (f"SUP-{word}", f"{maker} Direct", (category,), 3 + i % 6, (30, 45, 60)[i % 3], (0, 200, 500)[i % 3], maker)
        )
    return tuple(_supplier(i, *row) for i, row in enumerate(rows[:40]))


def _supplier(
    i: int, code: str, name: str, categories: tuple[Category, ...], lead: int, terms: int, smallest: int, makes: str
) -> Supplier:
    slug = "".join(c for c in name.lower() if c.isalpha())[:20]
    phone = f"555{4100000 + i * 1373:07d}"
    qualifier = ("01", "12", "ZZ")[i % 3]
    return Supplier(
        code=code,
        name=name,
        categories=categories,
        gln=with_check_digit(f"0853{i + 1:08d}"),
        edi_qualifier=qualifier,
        edi_id={"01": f"09{4410000 + i * 911:07d}", "12": phone, "ZZ": code.replace("-", "")}[qualifier],
        email=f"orders@{slug}.example",
        payment_terms_days=terms,
        lead_time_days=lead,
        minimum_order=Decimal(smallest) if smallest else None,
        status="on_hold" if code in ON_HOLD else "active",
        makes=makes,
    )


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody to call at a supplier."""

    name: str
    purpose: str
    email: str
    phone: str


_FIRST = (
    "Aisha",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elise",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Keiko",
    "Luis",
    "Maren",
)
_LAST = ("Abbott", "Bauer", "Castro", "Dahl", "Ekberg", "Fischer", "Gupta", "Hassan", "Ivers", "Jansen", "Kaya")
_PURPOSES = (("EDI and mapping", "edi"), ("orders and deliveries", "service"))


def contacts(supplier: Supplier) -> tuple[Contact, ...]:
    """Who answers for a supplier's files, and who for its orders."""
    place = suppliers().index(supplier)
    host = supplier.email.partition("@")[2]
    return tuple(
        Contact(
            name=f"{_FIRST[(place * 5 + at * 6) % len(_FIRST)]} {_LAST[(place * 3 + at * 4) % len(_LAST)]}", purpose=purpose,
            email=f"{mailbox}@{host}", phone=f"+1 555 01{(place * 2 + at) % 100:02d}",
        )
        for at, (purpose, mailbox) in enumerate(_PURPOSES)
    )  # fmt: skip


@cache
def offers() -> tuple[Offer, ...]:
    """Every offer: one to three per item, of which the first is the preferred one."""
    chance = random.Random(SEED + 1)
    return tuple(offer for item in items() for offer in _offers_of(item, chance))


def _offers_of(item: Item, chance: random.Random) -> list[Offer]:
    sellers = _sellers(item, chance)
    unit = _order_unit(item)
    base = item.list_price * item.per(unit)
    found = []
    for rank, seller in enumerate(sellers):
        dearer = Decimal(100 if rank == 0 else 100 + chance.randint(*DEARER)) / 100
        small = base < 40 and chance.random() < 0.15
        found.append(
            Offer(
                supplier=seller.code,
                item=item.number,
                supplier_part=f"{seller.code[4:7]}{int(item.number[3:]) * 7 % 100000:05d}{rank}",
                manufacturer_part=item.manufacturer_part,
                order_unit=unit,
                price=max(CENT, (base * dearer).quantize(CENT, ROUND_HALF_UP)),
                minimum=Decimal(5 if small else 1),
                multiple=Decimal(5 if small else 1),
                lead_time_days=seller.lead_time_days,
                preferred=rank == 0,
            )
        )
    return found


def _sellers(item: Item, chance: random.Random) -> Sequence[Supplier]:
    """One to three suppliers of the item, the preferred one first: a distributor mostly, for implants rather their maker."""
    active = [s for s in suppliers() if s.status == "active" and item.category in s.categories]
    distributors = [s for s in active if not s.makes]
    maker = [s for s in active if s.makes == item.manufacturer]
    count = chance.choices(*OFFERS_PER_ITEM)[0]
    chosen = chance.sample(distributors, k=min(count, len(distributors)))
    if maker and chance.random() < (0.6 if item.category == "IMPLANT" else 0.15):
        chosen = [*maker, *chosen][:count]
    return chosen


def _order_unit(item: Item) -> str:
    """The pack one orders: the largest that costs no more than a pallet's worth of money."""
    fitting = [p for p in item.packagings if item.list_price * p.multiplier <= 600]
    return (fitting[-1] if fitting else item.packagings[0]).unit
