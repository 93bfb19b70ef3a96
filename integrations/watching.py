"""What is watched about endpoints, read: their pace, their maintenance, and what has fallen silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Max, Min, Q, Sum
from django.utils import timezone

from integrations.models import Attempt, Endpoint, Heartbeat, MaintenanceWindow, Tally

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The slot of what happened since ever."""
SLOT_SECONDS: Final = 300
_GOOD: Final = (Attempt.Outcome.DELIVERED, Attempt.Outcome.FOUND)
Repeats = MaintenanceWindow.Repeats
PERIODS: Final = {Repeats.DAILY: timedelta(days=1), Repeats.WEEKLY: timedelta(days=7)}
MISSED: Final = 2
"""Periods after which something counts as dead."""


@dataclass(frozen=True)
class Silence:
    """Something that stopped: its name, when it last was heard of, and for how many seconds it is overdue."""

    name: str
    since: datetime
    overdue: float


def slot_of(moment: datetime) -> datetime:
    """The beginning of the five minutes a moment is in."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % SLOT_SECONDS, UTC)


@dataclass(frozen=True)
class Pace:
    """One slot of an endpoint: tries by whether they delivered, and the mean and slowest seconds."""

    slot: datetime
    delivered: int
    failed: int
    mean: float
    slowest: float


def paces(endpoint: Endpoint, *, slots: int = 72) -> list[Pace]:
    """The last so many slots (72 are six hours), oldest first, none left out."""
    last = slot_of(timezone.now())
    first = last - timedelta(seconds=SLOT_SECONDS * (slots - 1))
    sums: dict[datetime, dict[str, Any]] = {
        row["slot"]: dict(row)
        for row in Tally.objects.filter(endpoint=endpoint, slot__gte=first).values("slot").annotate(
            good=Sum("tries", filter=Q(outcome__in=_GOOD), default=0), bad=Sum("tries", filter=~Q(outcome__in=_GOOD), default=0),
            took=Sum("seconds"), worst=Max("slowest"),
        )
    }  # fmt: skip
    found = []
    for n in range(slots):
        slot = first + timedelta(seconds=SLOT_SECONDS * n)
        row: dict[str, Any] = sums.get(slot, {"good": 0, "bad": 0, "took": 0.0, "worst": 0.0})
        tries = row["good"] + row["bad"]
        found.append(Pace(slot, row["good"], row["bad"], row["took"] / tries if tries else 0.0, row["worst"]))
    return found


def drain_seconds(endpoint: Endpoint, depth: int) -> float | None:
    """How long so many messages take at the pace of the last quarter of an hour; None where nothing left lately."""
    since = slot_of(timezone.now()) - timedelta(seconds=2 * SLOT_SECONDS)
    found = Tally.objects.filter(endpoint=endpoint, slot__gte=since, outcome__in=_GOOD).aggregate(
        tries=Sum("tries", default=0), first=Min("slot")
    )
    if not found["tries"]:
        return None
    over = max((timezone.now() - found["first"]).total_seconds(), 1.0)
    pace: float = found["tries"] / over
    if endpoint.rate_per_minute:
        pace = min(pace, endpoint.rate_per_minute / 60)
    return depth / pace


def windows_now(now: datetime | None = None) -> dict[int, datetime]:
    """Endpoints (by id) in maintenance now, and when theirs is over. One statement."""
    now = now or timezone.now()
    found = MaintenanceWindow.objects.filter(cancelled_at=None, starts_at__lte=now).filter(
        Q(ends_at__gt=now) | ~Q(repeats=Repeats.NEVER)
    )
    over: dict[int, datetime] = {}
    for window in found:
        ends = window_ends(window, now)
        if ends is not None:
            over[window.endpoint_id] = max(ends, over.get(window.endpoint_id, ends))
    return over


def window_ends(window: MaintenanceWindow, now: datetime) -> datetime | None:
    """When the occurrence that covers this moment ends; None where none does. Repeats go by the clock on the wall."""
    if now < window.starts_at or (window.until is not None and now >= window.until):
        return None
    period = PERIODS.get(Repeats(window.repeats))
    if period is None:
        return window.ends_at if now < window.ends_at else None
    zone = window.zone_info
    first, last = (moment.astimezone(zone).replace(tzinfo=None) for moment in (window.starts_at, window.ends_at))
    wall = now.astimezone(zone).replace(tzinfo=None)
    began = first + (wall - first) // period * period
    ends = began + (last - first)
    return ends.replace(tzinfo=zone).astimezone(now.tzinfo) if wall < ends else None


def silences(now: datetime | None = None) -> list[Silence]:
    """What has missed two periods, and a few seconds for the way."""
    now = now or timezone.now()
    found = []
    for row in Heartbeat.objects.order_by("name"):
        overdue = (now - row.beaten_at).total_seconds() - MISSED * row.every
        if overdue > 0:
            found.append(Silence(row.name, row.beaten_at, overdue))
    return found
