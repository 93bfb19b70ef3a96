"""How tries at endpoints ended, counted per five minutes and since ever: what charts and metrics read instead of millions of tries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from integrations.watching import EPOCH, slot_of

_ADD: Final = """
INSERT INTO integrations_tally AS t (endpoint_id, slot, outcome, tries, seconds, slowest)
SELECT endpoint, slot, outcome, tries, seconds, slowest
FROM json_to_recordset(%s::json)
     AS g (endpoint bigint, slot timestamptz, outcome text, tries bigint, seconds float8, slowest float8)
ORDER BY endpoint, slot, outcome
ON CONFLICT (endpoint_id, slot, outcome) DO UPDATE
SET tries = t.tries + excluded.tries, seconds = t.seconds + excluded.seconds, slowest = greatest(t.slowest, excluded.slowest)
"""


def tries_tally(tries: Iterable[tuple[int, datetime, str, float]]) -> None:
    """Count tries: at which endpoint, when, how each ended, and the seconds it took. One statement, in the caller's transaction."""
    sums: dict[tuple[int, datetime, str], tuple[int, float, float]] = {}
    for endpoint_id, moment, outcome, seconds in tries:
        for slot in (EPOCH, slot_of(moment)):
            number, total, slowest = sums.get((endpoint_id, slot, outcome), (0, 0.0, 0.0))
            sums[endpoint_id, slot, outcome] = (number + 1, total + seconds, max(slowest, seconds))
    if not sums:
        return
    rows = [
        {
            "endpoint": endpoint_id, "slot": slot.isoformat(), "outcome": outcome, "tries": number, "seconds": total,
            "slowest": slowest,
        }
        for (endpoint_id, slot, outcome), (number, total, slowest) in sums.items()
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [json.dumps(rows)])
