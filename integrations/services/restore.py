"""After the database was restored from a backup: what the other systems got in the lost time is not known here any more.

Numbers that may have been handed out in it (of documents, of envelopes, of interface files) are left out, so that none stands for
two things outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from core.audit import acting
from core.events import emit
from core.sequences import numbers_skip
from integrations.events import EndpointSwitched
from integrations.models import Endpoint, OutboundMessage
from integrations.services.control_numbers import control_numbers_skip
from integrations.services.service_actor import service_actor

REASON: Final = "The database was restored from a backup: compare with this system, then resume."
AHEAD: Final = 10_000
"""How many numbers are left out, where nobody says otherwise: more than a network hands out in a day."""
State = OutboundMessage.State


@dataclass(frozen=True)
class Held:
    """What was held. `references` are lines for a person: everything that may have been told, and the numbers that are left out."""

    endpoints: int
    messages: int
    references: Sequence[str]


def restore_hold(*, ahead: int = AHEAD) -> Held:
    """Pause every endpoint, let everything that waits be asked about before it is sent, and leave out `ahead` numbers.

    While endpoints are held by it, a second time leaves out no more. Raises ValueError for a negative `ahead`.
    """
    if ahead < 0:
        raise ValueError("Numbers go ahead only.")
    with transaction.atomic(), acting(actor=service_actor(), reason=REASON):
        endpoints = list(Endpoint.objects.select_for_update().order_by("pk"))
        held_before = any(endpoint.paused and endpoint.pause_reason == REASON for endpoint in endpoints)
        paused = [endpoint for endpoint in endpoints if not endpoint.paused]
        Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in paused]).update(paused=True, pause_reason=REASON)
        emit(*(EndpointSwitched(number=e.code, facility_id=None, paused=True, reason=REASON) for e in paused))
        waiting = OutboundMessage.objects.filter(state__in=OutboundMessage.OPEN)
        references = [
            f"{endpoint}: {topic} {key}"
            for endpoint, topic, key in waiting.order_by("endpoint__code", "id").values_list(
                "endpoint__code", "topic", "key"
            )
        ]
        references += [] if held_before or not ahead else _numbers_left_out(ahead)
        held = waiting.exclude(state=State.UNKNOWN).update(
            state=State.UNKNOWN, cause="unknown", lease_until=None, due_at=timezone.now(),
            detail="The database was restored: whether this was sent is not known.",
        )  # fmt: skip
    return Held(len(paused), held, references)


def _numbers_left_out(ahead: int) -> list[str]:
    with connection.cursor() as cursor:
        # interface files of an MMIS are numbered as their messages are
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('integrations_outboundmessage', 'id'),"
            " nextval(pg_get_serial_sequence('integrations_outboundmessage', 'id')) + %s)",
            [ahead],
        )
    control = [
        f"{each.partner.endpoint.code}: {'test ' if each.usage == 'T' else ''}{each.level} control numbers {each.first} to "
        f"{each.last} may have been used: they are left out"
        for each in control_numbers_skip(ahead, reason=REASON)
    ]
    documents = [
        f"documents: {number} is the next; those before it may have been used" for number in numbers_skip(ahead)
    ]
    return [*control, *documents]
