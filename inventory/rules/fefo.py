"""First expiry first out (domain: Stock)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class LotOnHand:
    """Available stock of one lot at one place, in base units."""

    location_id: int
    lot_id: int
    quantity: Decimal
    expiry: date | None = None


def pick(lots: Sequence[LotOnHand], wanted: Decimal) -> list[tuple[LotOnHand, Decimal]]:
    """How much to take from which lot: the earliest expiry first, lots without expiry last. Empty when there is not enough."""
    if sum((lot.quantity for lot in lots), Decimal(0)) < wanted:
        return []
    picked = []
    for lot in sorted(lots, key=lambda x: (x.expiry is None, x.expiry or date.max, x.lot_id)):
        if wanted <= 0:
            break
        take = min(lot.quantity, wanted)
        if take > 0:
            picked.append((lot, take))
            wanted -= take
    return picked
