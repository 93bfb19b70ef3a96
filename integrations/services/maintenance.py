"""Maintenance windows: when an endpoint is left alone by the calendar. Messages queue up, and leave in order afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Invalid, NotAllowed, NotFound
from core.events import emit
from integrations.events import MaintenanceCancelled, MaintenancePlanned
from integrations.models import Endpoint, MaintenanceWindow
from integrations.models.watch import known_timezone
from integrations.watching import PERIODS
from masterdata.models import Role

Repeats = MaintenanceWindow.Repeats
_LONGEST: Final = timedelta(days=7)


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
    period = PERIODS.get(Repeats(repeats), _LONGEST)
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
