"""Where a segment may stand: the layout of a transaction set as an automaton over its slots.

A slot is one place for one segment id. Being in a slot, the next segment leads to the nearest slot that can take it: the same one
again, one further on, the next round of a loop around it, one behind that loop. What was passed over and mandatory is missing.
Every step is worked out once and remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from integrations.x12.transactions import TRANSACTIONS

_TOKEN: Final = re.compile(r"([A-Z][A-Z0-9]{1,2})(!)?(\*([0-9]*))?(\{)?|(\})")
ENDLESS: Final = 1 << 30


@dataclass(slots=True)
class Slot:
    """A place in the layout. `inner` are the slots of the loop that this one begins; `most` counts segments or rounds."""

    name: str
    mandatory: bool
    most: int
    number: int
    outer: Slot | None
    place: int
    inner: list[Slot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a segment leads: the slot, how often it may stand there, whether it repeats it, and what mandatory it passed over."""

    number: int
    most: int
    repeats: bool
    missing: tuple[str, ...]


class Layout:
    """The slots of one transaction set; slot 0 is ST."""

    def __init__(self, declared: str) -> None:
        self.slots: list[Slot] = []
        self.top: list[Slot] = []
        self.names: set[str] = set()
        self._parse(declared)
        self.steps: list[dict[str, Step | None]] = [{} for _ in self.slots]

    def _parse(self, declared: str) -> None:
        around: list[Slot] = []
        for match in _TOKEN.finditer(declared):
            name, mandatory, repeat, most, opens, closes = match.groups()
            if closes:
                around.pop()
                continue
            outer = around[-1] if around else None
            siblings = outer.inner if outer else self.top
            limit = 1 if not repeat else int(most) if most else ENDLESS
            slot = Slot(name, bool(mandatory), limit, len(self.slots), outer, len(siblings))
            siblings.append(slot)
            self.slots.append(slot)
            self.names.add(name)
            if opens:
                around.append(slot)

    def step(self, at: int, name: str) -> Step | None:
        """The step that segment `name` makes from slot `at`; None where it has no place from there on."""
        known = self.steps[at]
        if name not in known:
            known[name] = self._find(self.slots[at], name)
        return known[name]

    def _find(self, start: Slot, name: str) -> Step | None:
        if not start.inner and start.name == name and start.most > 1:
            return Step(start.number, start.most, True, ())
        missing: list[str] = []
        slot: Slot | None = start
        if start.inner:
            if step := _forward(start.inner, 0, name, missing):
                return step
            if start.name == name and start.most > 1:
                return Step(start.number, start.most, True, tuple(missing))
        while slot is not None:
            siblings = slot.outer.inner if slot.outer else self.top
            if step := _forward(siblings, slot.place + 1, name, missing):
                return step
            slot = slot.outer
            if slot is not None and slot.name == name:
                return Step(slot.number, slot.most, True, tuple(missing))
        if start.name == name:
            # One place only, but there again: too often, not out of place.
            return Step(start.number, start.most, True, ())
        return None


def _forward(siblings: list[Slot], start: int, name: str, missing: list[str]) -> Step | None:
    """The first slot from `start` on that takes `name`; notes the mandatory ones before it, also where there is none."""
    for slot in siblings[start:]:
        if slot.name == name:
            return Step(slot.number, slot.most, False, tuple(missing))
        if slot.mandatory:
            missing.append(slot.name)
    return None


@cache
def layout_of(code: str) -> Layout | None:
    """The layout of a transaction set, None where we have none."""
    transaction = TRANSACTIONS.get(code)
    return Layout(transaction.layout) if transaction else None
