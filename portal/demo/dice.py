"""Chance that falls the same way every time: each document's own dice, some sides of which may be fixed beforehand."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")
OPENS, CLOSES = 12, 22
"""Working hours of the network in UTC: from early morning in Chicago to the afternoon in New York."""


class Dice:
    """One document's dice. `fixed` answers questions by name instead of chance; `hurried` makes waits last minutes."""

    def __init__(self, seed: str, fixed: Mapping[str, str] | None = None, *, hurried: bool = False) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.fixed = dict(fixed or {})
        self.hurried = hurried

    def child(self, name: str) -> Dice:
        """Dice of their own for something that follows; answers still fixed are shared."""
        child = Dice(f"{self.seed} {name}", hurried=self.hurried)
        child.fixed = self.fixed
        return child

    def choose(self, what: str, **weights: int) -> str:
        """One of the named answers, as often as its weight says. A fixed answer counts once."""
        drawn = self.chance.choices(list(weights), list(weights.values()))[0]
        return self.fixed.pop(what, drawn)

    def pick(self, among: Sequence[T]) -> T:
        """One of these."""
        return self.chance.choice(among)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.chance.randint(low, high)

    def decimal(self, low: int, high: int) -> Decimal:
        """An amount with two decimals between two whole ones."""
        return Decimal(self.chance.randint(low * 100, high * 100)) / 100

    def hours(self, low: float, high: float) -> timedelta:
        """A wait."""
        drawn = self.chance.uniform(low, high)
        return timedelta(minutes=self.chance.uniform(2, 6)) if self.hurried else timedelta(hours=drawn)

    def days(self, low: float, high: float) -> timedelta:
        """A wait."""
        return self.hours(low * 24, high * 24)

    def working(self, moment: datetime) -> datetime:
        """The moment itself when people work then, else some time after they begin again."""
        if self.hurried:
            return moment
        if moment.hour >= CLOSES:
            moment = self._morning(moment + timedelta(days=1))
        elif moment.hour < OPENS:
            moment = self._morning(moment)
        while moment.weekday() >= 5:
            moment = self._morning(moment + timedelta(days=1))
        return moment

    def _morning(self, moment: datetime) -> datetime:
        start = datetime.combine(moment.date(), time(OPENS), UTC)
        return start + timedelta(seconds=self.chance.randint(60, 3 * 3600))
