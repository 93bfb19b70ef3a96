"""What a supplier does with an order line, decided by dice that always fall the same way for the same line.

A behaviour is a probability from 0 to 1 (true is 1). A note `SIM:price_change` in the order (several with commas, one line
with `SIM:backorder@2`) switches the dice off and does exactly what it says; `SIM:accept` does nothing odd.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

LINE_BEHAVIOURS: Final = ("reject", "backorder", "substitute", "price_change", "short_ship", "wrong_unit", "overbill")
ORDER_BEHAVIOURS: Final = ("duplicate", "garbage", "freight", "silent", "no_997", "no_invoice")
KNOWN: Final = frozenset({*LINE_BEHAVIOURS, *ORDER_BEHAVIOURS, "accept", "sleep", "lots", "price_factor"})
_FORCED: Final = re.compile(r"SIM:([a-z0-9_,@]+)")


def load(path: Path | None) -> dict[str, dict[str, Any]]:
    """Behaviours per supplier code; the code "*" is for all that are not named. Raises `ValueError` for an unknown behaviour."""
    if path is None:
        return {}
    data: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for code, wanted in data.items():
        if unknown := sorted(wanted.keys() - KNOWN):
            raise ValueError(
                f"{path}: supplier {code} has the unknown behaviour {unknown[0]!r}; known are {', '.join(sorted(KNOWN))}."
            )
    return data


def dice(*parts: object) -> float:
    """A number from 0 up to 1 that depends on nothing but `parts`."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


class Behaviour:
    """How one supplier treats one order."""

    def __init__(self, supplier: str, order: str, wanted: Mapping[str, Any], notes: str) -> None:
        self.supplier = supplier
        self.order = order
        self.wanted = wanted
        words = [word for match in _FORCED.finditer(notes) for word in match[1].split(",") if word]
        self.forced = set(words) if words else None

    def does(self, what: str, line: int | str = "") -> bool:
        """Whether it does `what`, for the order or for one of its lines."""
        if self.forced is not None:
            return what in self.forced or f"{what}@{line}" in self.forced
        chance = float(self.wanted.get(what, 0))
        return chance > 0 and dice(self.supplier, self.order, line, what) < chance

    def line(self, number: int | str) -> set[str]:
        """All behaviours that this line meets. A line is rejected, back-ordered or substituted, not several of these."""
        met = {what for what in LINE_BEHAVIOURS if self.does(what, number)}
        for one in ("reject", "backorder", "substitute"):
            if one in met:
                return met - ({"reject", "backorder", "substitute"} - {one})
        return met

    @property
    def lots(self) -> bool:
        """Whether shipped lines carry a lot and an expiry."""
        return bool(self.wanted.get("lots", True))

    @property
    def sleep(self) -> float:
        """Seconds of extra rest before the first answer."""
        return float(self.wanted.get("sleep", 0))

    @property
    def price_factor(self) -> str:
        """By what a changed or overbilled price is multiplied."""
        return str(self.wanted.get("price_factor", "1.08"))
