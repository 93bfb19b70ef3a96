"""Signs of life: what has to happen again and again says so, and whoever looks can tell when it stopped."""

from __future__ import annotations

from django.utils import timezone

from integrations.models import Heartbeat


def heartbeat(name: str, *, every: float) -> None:
    """It happened; it is to happen again within `every` seconds."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beaten_at": timezone.now(), "every": every})
