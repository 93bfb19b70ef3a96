"""Maintenance windows: when an endpoint is left alone by the calendar. Messages queue up, and leave in order afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Invalid, NotAllowed, NotFound
from core.events import emit
from integrations.events import MaintenanceCancelled, MaintenancePlanned
from integrations.models import Endpoint, MaintenanceWindow
from integrations.models.watch import known_timezone
from masterdata.models import Role

Repeats = MaintenanceWindow.Repeats
_PERIODS: Final = {Repeats.DAILY: timedelta(days=1), Repeats.WEEKLY: timedelta(days=7)}
_LONGEST: Final = timedelta(days=7)


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
    period = _PERIODS.get(Repeats(window.repeats))
    if period is None:
        return window.ends_at if now < window.ends_at else None
    zone = window.zone_info
    first, last = (moment.astimezone(zone).replace(tzinfo=None) for moment in (window.starts_at, window.ends_at))
    wall = now.astimezone(zone).replace(tzinfo=None)
    began = first + (wall - first) // period * period
    ends = began + (last - first)
    return ends.replace(tzinfo=zone).astimezone(now.tzinfo) if wall < ends else None


def maintenance_plan(
    *,
    actor: Actor,
    code: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    repeats: str = Repeats.NEVER,
    until: datetime | None = None,
    zone: str = "UTC",
) -> MaintenanceWindow:
    """Leave an endpoint alone from one moment to another, and again as often as it repeats. Raises NotFound, NotAllowed, Invalid."""
    _may(actor)
    period = _PERIODS.get(Repeats(repeats), _LONGEST)
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    if not starts_at < ends_at <= starts_at + period:
        raise Invalid(f"The window must end after it starts, and within {period}.", code="window_length")
    known_timezone(zone)
    with acting(actor=actor, reason=reason):
        endpoint = Endpoint.objects.filter(code=code).first()
        if endpoint is None:
            raise NotFound(f"There is no endpoint {code}.")
        window = MaintenanceWindow.objects.create(
            endpoint=endpoint, starts_at=starts_at, ends_at=ends_at, reason=reason.strip()[:200], repeats=repeats,
            until=until, zone=zone, created_by_id=actor.user_id,
        )  # fmt: skip
        emit(
            MaintenancePlanned(
                number=code, facility_id=None, actor_id=actor.user_id, reason=reason, starts_at=starts_at.isoformat(),
                ends_at=ends_at.isoformat(), repeats=repeats,
            )
        )  # fmt: skip
        return window


def maintenance_cancel(*, actor: Actor, window_id: int) -> MaintenanceWindow:
    """The window is over, or will not come; an endpoint in it goes on at once. Raises NotFound, NotAllowed."""
    _may(actor)
    with acting(actor=actor, reason="maintenance cancelled"):
        window = (
            MaintenanceWindow.objects.select_related("endpoint")
            .select_for_update(of=("self",))
            .filter(pk=window_id, cancelled_at=None)
            .first()
        )
        if window is None:
            raise NotFound("There is no such maintenance window.")
        window.cancelled_at = timezone.now()
        window.save(update_fields=["cancelled_at"])
        emit(MaintenanceCancelled(number=window.endpoint.code, facility_id=None, actor_id=actor.user_id))
        return window


def _may(actor: Actor) -> None:
    if actor.scopes(Role.INTEGRATION_SUPPORT) is not EVERYWHERE:
        raise NotAllowed(
            "You may not plan maintenance: that takes integration support for the whole network.", code="role_missing"
        )
