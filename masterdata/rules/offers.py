"""Plain facts about an item at a facility on a day: its packs, and who sells it at what price."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

PRICE_PLACES = Decimal("0.0001")
MONEY_PLACES = Decimal("0.01")


class UnknownUnit(ValueError):
    """The item does not define this unit. Never guessed."""


def round_price(value: Decimal) -> Decimal:
    """A unit price: four decimals, half up."""
    return value.quantize(PRICE_PLACES, ROUND_HALF_UP)


def price_text(value: Decimal) -> str:
    """A unit price as people write it: at least two decimals, up to four where they matter."""
    text = f"{round_price(value):,.4f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")


def round_money(value: Decimal) -> Decimal:
    """An amount: two decimals, half up."""
    return value.quantize(MONEY_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What one supplier asks for an item: `price` per `unit`, `multiplier` base units in one `unit`.

    `breaks` are (from quantity in `unit`s, price) in ascending order. Offers under a contract carry its line and number.
    """

    supplier_id: int
    supplier_name: str
    supplier_part: str
    unit: str
    multiplier: Decimal
    price: Decimal
    minimum: Decimal = Decimal(1)
    multiple: Decimal = Decimal(1)
    lead_time_days: int = 0
    preferred: bool = False
    contract_line_id: int | None = None
    contract_number: str = ""
    contract_kind: str = ""
    breaks: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def on_contract(self) -> bool:
        return self.contract_line_id is not None

    def price_for(self, base_quantity: Decimal) -> Decimal:
        """Price per `unit` when this many base units are bought at once."""
        units = base_quantity / self.multiplier
        price = self.price
        for threshold, reduced in self.breaks:
            if units >= threshold:
                price = reduced
        return price

    def price_per_base(self, base_quantity: Decimal) -> Decimal:
        """Unrounded price per base unit; comparisons between offers use it."""
        return self.price_for(base_quantity) / self.multiplier


@dataclass(frozen=True, kw_only=True)
class ItemFacts:
    """An item with its packs (unit -> base units) and every offer that is valid for the facility and day asked about."""

    item_id: int
    number: str
    description: str
    category: str
    base_unit: str
    status: str
    packs: dict[str, Decimal]
    offers: tuple[Offer, ...] = field(default=())

    def multiplier(self, unit: str) -> Decimal:
        """Base units in one `unit`. Raises UnknownUnit."""
        if unit == self.base_unit:
            return Decimal(1)
        try:
            return self.packs[unit]
        except KeyError:
            known = ", ".join([self.base_unit, *(u for u in self.packs if u != self.base_unit)])
            raise UnknownUnit(f"{self.number} has no unit {unit}; it comes in {known}.") from None

    def best_offer(self, base_quantity: Decimal, *, supplier_id: int | None = None) -> Offer | None:
        """The offer to use: of the named supplier if any; contract before no contract, then the lowest price per base unit."""
        offers = [o for o in self.offers if supplier_id is None or o.supplier_id == supplier_id]
        return min(
            offers,
            key=lambda o: (not o.on_contract, o.price_per_base(base_quantity), not o.preferred, o.supplier_id),
            default=None,
        )
