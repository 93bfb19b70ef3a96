"""How tries at endpoints ended, counted per five minutes and since ever: what charts and metrics read instead of millions of tries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from integrations.models import Endpoint
from integrations.remote import Outcome

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SLOT_SECONDS: Final = 300

_ADD: Final = """
INSERT INTO integrations_tally AS t (endpoint_id, slot, outcome, tries, seconds, slowest)
SELECT %(endpoint)s, slot, outcome, tries, seconds, slowest
FROM unnest(%(outcomes)s::text[], %(tries)s::bigint[], %(seconds)s::float8[], %(slowest)s::float8[])
     AS g (outcome, tries, seconds, slowest)
     CROSS JOIN (VALUES (%(epoch)s::timestamptz), (%(now)s::timestamptz)) AS s (slot)
ORDER BY slot, outcome
ON CONFLICT (endpoint_id, slot, outcome) DO UPDATE
SET tries = t.tries + excluded.tries, seconds = t.seconds + excluded.seconds, slowest = greatest(t.slowest, excluded.slowest)
"""


def slot_of(moment: datetime) -> datetime:
    """The beginning of the five minutes a moment is in."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % SLOT_SECONDS, UTC)


def tries_tally(endpoint: Endpoint, tries: Iterable[tuple[Outcome, float]]) -> None:
    """Count tries: how each ended and the seconds it took. One statement, in the caller's transaction."""
    sums: dict[str, tuple[int, float, float]] = {}
    for outcome, seconds in tries:
        number, total, slowest = sums.get(outcome.value, (0, 0.0, 0.0))
        sums[outcome.value] = (number + 1, total + seconds, max(slowest, seconds))
    if not sums:
        return
    values: dict[str, Any] = {
        "endpoint": endpoint.pk, "epoch": EPOCH, "now": slot_of(timezone.now()), "outcomes": list(sums),
        "tries": [n for n, _, _ in sums.values()], "seconds": [s for _, s, _ in sums.values()],
        "slowest": [s for _, _, s in sums.values()],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
