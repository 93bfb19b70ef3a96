"""After the database was restored from a backup: what the other systems got in the lost time is not known here any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from core.audit import acting
from core.events import emit
from integrations.events import EndpointSwitched
from integrations.models import Endpoint, OutboundMessage, Partner
from integrations.services.service_actor import service_actor

REASON: Final = "The database was restored from a backup: compare with this system, then resume."
State = OutboundMessage.State


@dataclass(frozen=True)
class Held:
    """What was held. `references` are lines for a person: everything that may have been told, or numbered, in the lost time."""

    endpoints: int
    messages: int
    references: Sequence[str]


def restore_hold() -> Held:
    """Pause every endpoint, and let everything that waits be asked about before it is sent. Twice changes nothing more."""
    with transaction.atomic(), acting(actor=service_actor(), reason=REASON):
        paused = list(Endpoint.objects.select_for_update().filter(paused=False).order_by("pk"))
        Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in paused]).update(paused=True, pause_reason=REASON)
        emit(*(EndpointSwitched(number=e.code, facility_id=None, paused=True, reason=REASON) for e in paused))
        waiting = OutboundMessage.objects.filter(state__in=OutboundMessage.OPEN)
        references = [
            f"{endpoint}: {topic} {key}"
            for endpoint, topic, key in waiting.order_by("endpoint__code", "id").values_list(
                "endpoint__code", "topic", "key"
            )
        ]
        for partner in Partner.objects.select_related("endpoint").order_by("endpoint__code"):
            references += [
                f"{partner.endpoint.code}: {'test ' if number.usage == 'T' else ''}{number.level} control numbers after {number.last}"
                " may have been used"
                for number in partner.control_numbers.order_by("level", "usage")
            ]
        held = waiting.exclude(state=State.UNKNOWN).update(
            state=State.UNKNOWN, cause="unknown", lease_until=None, due_at=timezone.now(),
            detail="The database was restored: whether this was sent is not known.",
        )  # fmt: skip
    return Held(len(paused), held, references)
