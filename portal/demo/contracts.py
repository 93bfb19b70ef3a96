"""The contracts of the demo network: GPO and local, most of them in force, some not, some for a few facilities only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from portal.demo.catalogue import CENT, SEED
from portal.demo.suppliers import Offer, offers

COVERED = 0.94
"""The share of a supplier's preferred items that its contract covers."""


@dataclass(frozen=True, kw_only=True)
class Break:
    """From `quantity` units on, each costs `price`."""

    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Line:
    """The agreed price of an item per unit, and of larger quantities (ascending)."""

    item: str
    unit: str
    price: Decimal
    breaks: tuple[Break, ...]


@dataclass(frozen=True, kw_only=True)
class Contract:
    """`facilities` empty means all. `valid_from` and `valid_to` are inclusive."""

    number: str
    name: str
    supplier: str
    kind: Literal["gpo", "local"]
    status: Literal["draft", "active", "suspended", "expired"]
    valid_from: date
    valid_to: date
    facilities: tuple[str, ...]
    lines: tuple[Line, ...]

    def in_force(self, on: date) -> bool:
        """Whether it sets prices on a day, at the facilities it names."""
        return self.status == "active" and self.valid_from <= on <= self.valid_to


@dataclass(frozen=True, kw_only=True)
class _Plan:
    supplier: str
    name: str
    kind: Literal["gpo", "local"]
    begins: int
    ends: int
    discount: int
    status: Literal["draft", "active", "suspended", "expired"] = "active"
    facilities: tuple[str, ...] = ()
    share: float = COVERED


# begins and ends are days from today; discount is percent off the supplier's list price
PLANS: tuple[_Plan, ...] = (
    _Plan(supplier="SUP-ACME", name="Medical-surgical distribution", kind="gpo", begins=-420, ends=675, discount=14),
    _Plan(supplier="SUP-BLUE", name="Patient care essentials", kind="gpo", begins=-300, ends=430, discount=12),
    _Plan(supplier="SUP-CROS", name="Procedural supplies", kind="gpo", begins=-500, ends=230, discount=11),
    _Plan(supplier="SUP-DELT", name="Operating room products", kind="gpo", begins=-210, ends=885, discount=15),
    _Plan(supplier="SUP-EVER", name="Low-unit-of-measure program", kind="local", begins=-120, ends=245, discount=8),
    _Plan(supplier="SUP-FOXG", name="Vascular access", kind="gpo", begins=-640, ends=90, discount=13),
    _Plan(supplier="SUP-GRAN", name="Wound and skin care", kind="gpo", begins=-95, ends=1000, discount=10),
    _Plan(supplier="SUP-HOLL", name="Pharmaceutical prime vendor", kind="gpo", begins=-365, ends=730, discount=16),
    _Plan(supplier="SUP-IVOR", name="Injectables portfolio", kind="gpo", begins=-180, ends=550, discount=18),
    _Plan(supplier="SUP-JUNI", name="503B outsourced compounding", kind="local", begins=-60, ends=305, discount=9),
    _Plan(supplier="SUP-KING", name="Generics portfolio", kind="gpo", begins=-400, ends=330, discount=20),
    _Plan(supplier="SUP-LARK", name="Laboratory consumables", kind="gpo", begins=-250, ends=480, discount=12),
    _Plan(supplier="SUP-NORR", name="Environmental services", kind="local", begins=-330, ends=35, discount=10),
    _Plan(supplier="SUP-OAKL", name="Office and paper", kind="gpo", begins=-150, ends=580, discount=22),
    _Plan(supplier="SUP-PALI", name="Linen and patient apparel", kind="local", begins=-275, ends=455, discount=9),
    _Plan(supplier="SUP-RIDG", name="Consigned implants", kind="local", begins=-200, ends=165, discount=24, facilities=("NORTH", "STONE", "SUMMT")),
    _Plan(supplier="SUP-SILV", name="Orthopedic implants", kind="gpo", begins=-340, ends=390, discount=27),
    _Plan(supplier="SUP-TERN", name="Cardiovascular products", kind="gpo", begins=-130, ends=600, discount=19),
    _Plan(supplier="SUP-VANTIS", name="Vantisse implant agreement", kind="local", begins=-90, ends=640, discount=25),
    _Plan(supplier="SUP-CORVAN", name="Corvane price-cap agreement", kind="local", begins=-45, ends=320, discount=21, facilities=("NORTH", "EAST", "STONE")),
    _Plan(supplier="SUP-HALDRE", name="Haldrey implant agreement", kind="local", begins=-150, ends=400, discount=20),
    _Plan(supplier="SUP-HELIXM", name="Analyzer reagent rental", kind="local", begins=-700, ends=1125, discount=15),
    # beside those in force: one that ended, one that ended last week, one stopped, one not begun, one still a draft
    _Plan(supplier="SUP-MAPL", name="Scientific products", kind="gpo", begins=-800, ends=-70, discount=17, status="expired"),
    _Plan(supplier="SUP-ACME", name="Exam glove bridge pricing", kind="local", begins=-372, ends=-7, discount=19, status="expired", share=0.2),
    _Plan(supplier="SUP-LUMENM", name="Lumenmark device agreement", kind="local", begins=-200, ends=165, discount=18, status="suspended"),
    _Plan(supplier="SUP-BLUE", name="Patient care essentials, next term", kind="gpo", begins=431, ends=1160, discount=13),
    _Plan(supplier="SUP-SUMMER", name="Summerlea implant agreement", kind="local", begins=14, ends=744, discount=16, status="draft"),
    # a better local price for two facilities beside the network's contract
    _Plan(supplier="SUP-DELT", name="Ohio valley OR supplement", kind="local", begins=-75, ends=290, discount=21, facilities=("RIVER", "SUMMT"), share=0.25),
)  # fmt: skip


def contracts(today: date) -> tuple[Contract, ...]:
    """Every contract with its lines, its days counted from `today`."""
    chance = random.Random(SEED + 2)
    preferred: dict[str, list[Offer]] = {}
    for offer in offers():
        if offer.preferred:
            preferred.setdefault(offer.supplier, []).append(offer)
    return tuple(_contract(i, plan, preferred.get(plan.supplier, []), today, chance) for i, plan in enumerate(PLANS))


def _contract(i: int, plan: _Plan, sold: list[Offer], today: date, chance: random.Random) -> Contract:
    prefix = {"gpo": "GPO", "local": "LOC"}[plan.kind]
    covered = [offer for offer in sold if chance.random() < plan.share]
    return Contract(
        number=f"{prefix}-{24100 + i * 37}",
        name=plan.name,
        supplier=plan.supplier,
        kind=plan.kind,
        status=plan.status,
        valid_from=today + timedelta(days=plan.begins),
        valid_to=today + timedelta(days=plan.ends),
        facilities=plan.facilities,
        lines=tuple(_line(offer, plan.discount + chance.randint(-3, 3), chance) for offer in covered),
    )


def _line(offer: Offer, discount: int, chance: random.Random) -> Line:
    price = _less(offer.price, discount)
    steps = [(5, 2), (10, 4), (25, 7)]
    # breaks are for what is bought by the case, not for implants
    many = chance.choices((0, 1, 2, 3), weights=(70, 12, 12, 6))[0] if offer.price < 250 else 0
    breaks = [Break(quantity=Decimal(quantity), price=_less(price, more)) for quantity, more in steps[:many]]
    return Line(item=offer.item, unit=offer.order_unit, price=price, breaks=tuple(b for b in breaks if b.price < price))


def _less(price: Decimal, percent: int) -> Decimal:
    return max(CENT, (price * (100 - percent) / 100).quantize(CENT, ROUND_HALF_UP))
