"""Three months of business, lived through in the order of time: every act by the service that screens and API call too.

Each requisition, order, invoice is a road: a generator that acts and says when it goes on. What has not happened by today
has not happened yet: so documents are found in every state, as they are in any hospital.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from core.errors import DomainError
from integrations.services.doorbell import doorbell_silent
from portal.demo.catalogue import SEED
from portal.demo.clock import Clock
from portal.demo.dice import Dice
from portal.demo.history_inbound import inbound_scenes
from portal.demo.history_plans import Plan, plans
from portal.demo.history_post import post_road
from portal.demo.history_requests import requisition_road
from portal.demo.history_scenes import scenes
from portal.demo.history_stock import usage_road
from portal.demo.history_world import Road, World

TELL_EVERY = timedelta(days=10)


class History:
    """The calendar of the demo. `refused` counts roads that ended because a rule said no, by the rule's code."""

    def __init__(self, clock: Clock, *, begins: datetime, roads: int) -> None:
        self.clock = clock
        self.begins = begins
        self.roads = roads
        self.refused: Counter[str] = Counter()
        self._calendar: list[tuple[datetime, int, Road]] = []
        self._order = itertools.count()

    def start(self, moment: datetime, road: Road) -> None:
        """A road begins then."""
        heapq.heappush(self._calendar, (moment, next(self._order), road))

    def live(self, tell: Callable[[float, str], None]) -> None:
        """Live through it all. `tell` hears how far it is."""
        world = World(self.clock, self.start)
        ordered = sorted(self._plans(), key=lambda plan: plan.begins)
        for plan in ordered:
            self.start(plan.begins, requisition_road(world, plan))
        for facility in world.facilities.values():
            dice = Dice(f"{SEED} usage {facility.code}")
            self.start(
                dice.working(self.begins + timedelta(days=dice.number(4, 12))), usage_road(world, facility, dice)
            )
        self.start(self.begins + timedelta(hours=1), post_road(world, Dice(f"{SEED} post")))
        self.start(self.clock.end - timedelta(hours=3), inbound_scenes(world))
        with doorbell_silent():
            self._run(tell)

    def _plans(self) -> Iterator[Plan]:
        yield from plans(begins=self.begins, end=self.clock.end, count=self.roads)
        yield from scenes(self.clock.end)

    def _run(self, tell: Callable[[float, str], None]) -> None:
        told, acts = self.begins, 0
        while self._calendar:
            moment, _, road = heapq.heappop(self._calendar)
            if moment > self.clock.end:
                break
            if moment > told + TELL_EVERY:
                told = moment
                tell((moment - self.begins) / (self.clock.end - self.begins), f"{moment:%B} {moment.day}: {acts} acts")
            self.clock.set(max(moment, self.clock.moment))
            acts += 1
            try:
                following = next(road, None)
            except DomainError as refusal:
                self.refused[refusal.code] += 1
                continue
            if following is not None:
                self.start(following, road)
        tell(1, f"today: {acts} acts")
