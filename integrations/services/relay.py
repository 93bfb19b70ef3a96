"""The outbox in batches: what workers take, write down before they run it, freeze, record and hand back. One statement each.

Nothing here talks to the outside. A message that is taken carries its attempt already, so that whoever dies afterwards is counted.
A message whose worker died before is a suspect and taken alone: what kills workers is blamed for itself only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer

MOST_CRASHES: Final = 5
_DIED: Final = "The worker died; nobody knows how far it came."

# Head of line: nothing older of the stream waits, is on its way, or is a refused order.
_TAKE: Final = """
WITH heads AS (
    SELECT m.id, m.state AS was FROM integrations_outboundmessage m
    WHERE m.endpoint_id = %(endpoint)s AND m.state IN ('queued', 'retry', 'unknown') AND m.due_at <= %(now)s::timestamptz
      AND NOT (m.state = 'unknown' AND %(duplicates)s = 'manual') AND (m.cause = 'crashed') = %(suspects)s
      AND NOT EXISTS (
        SELECT 1 FROM integrations_outboundmessage o
        WHERE o.endpoint_id = m.endpoint_id AND o.stream = m.stream AND o.id < m.id
          AND (o.state IN ('queued', 'retry', 'in_flight', 'unknown')
               OR (o.state = 'dead' AND o.topic = 'purchase_order.create')))
    ORDER BY m.urgent DESC, m.due_at, m.id
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF m SKIP LOCKED
), taken AS (
    UPDATE integrations_outboundmessage m
    SET state = 'in_flight', lease_until = %(until)s::timestamptz, attempt_count = attempt_count + 1
    FROM heads WHERE m.id = heads.id RETURNING m.*, heads.was
), tried AS (
    INSERT INTO integrations_attempt (message_id, number, purpose, started_at, outcome, detail, payload_id)
    SELECT id, attempt_count, CASE WHEN was = 'unknown' AND %(duplicates)s = 'lookup' THEN 'find' ELSE 'send' END,
           %(now)s::timestamptz, 'running', '', payload_id
    FROM taken
)
SELECT {columns}, taken.was, p.content FROM taken LEFT JOIN integrations_payload p ON p.sha256 = taken.payload_id
ORDER BY taken.urgent DESC, taken.due_at, taken.id
"""
_FIELDS: Final = [field.attname for field in OutboundMessage._meta.concrete_fields]
_TAKE_ALL: Final = _TAKE.format(columns=", ".join(f"taken.{name}" for name in _FIELDS))

_AGAIN: Final = """
WITH mine AS (
    UPDATE integrations_outboundmessage SET attempt_count = attempt_count + 1, lease_until = %(until)s::timestamptz
    WHERE id = %(id)s AND state = 'in_flight' AND attempt_count = %(number)s RETURNING id, attempt_count, payload_id
)
INSERT INTO integrations_attempt (message_id, number, purpose, started_at, outcome, detail, payload_id)
SELECT id, attempt_count, 'send', %(now)s::timestamptz, 'running', '', payload_id FROM mine RETURNING number
"""

_FREEZE: Final = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(digests)s::text[]) AS g (id, number, digest)
), kept AS (
    UPDATE integrations_outboundmessage m SET payload_id = g.digest FROM given g
    WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number RETURNING m.id
)
UPDATE integrations_attempt a SET payload_id = g.digest FROM given g JOIN kept USING (id)
WHERE a.message_id = g.id AND a.number = g.number
"""

_HAND_BACK: Final = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(was)s::text[]) AS g (id, number, was)
), mine AS (
    UPDATE integrations_outboundmessage m SET state = g.was, lease_until = NULL, attempt_count = m.attempt_count - 1
    FROM given g WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number RETURNING m.id, g.number
)
DELETE FROM integrations_attempt a USING mine WHERE a.message_id = mine.id AND a.number = mine.number
"""

_NOTE: Final = """
UPDATE integrations_attempt a
SET outcome = g.outcome, started_at = g.began, finished_at = g.finished, status_code = g.status, detail = g.detail, answer_id = g.answer
FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(outcomes)s::text[], %(began)s::timestamptz[],
            %(finished)s::timestamptz[], %(statuses)s::int[], %(details)s::text[], %(answers)s::text[])
     AS g (id, number, outcome, began, finished, status, detail, answer)
WHERE a.message_id = g.id AND a.number = g.number
"""

_SETTLE: Final = """
UPDATE integrations_outboundmessage m
SET state = g.state, due_at = coalesce(g.due, m.due_at), delivered_at = g.delivered, cause = g.cause, detail = g.detail,
    remote_reference = CASE WHEN g.state = 'delivered' THEN g.reference ELSE m.remote_reference END, lease_until = NULL
FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(states)s::text[], %(dues)s::timestamptz[],
            %(delivered)s::timestamptz[], %(causes)s::text[], %(details)s::text[], %(references)s::text[])
     AS g (id, number, state, due, delivered, cause, detail, reference)
WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number RETURNING m.id
"""

# A try that had begun counts as a crash and its effect as unknown. What the message was before is told by its last finished try.
_RECOVER: Final = """
WITH lost AS (
    SELECT m.id, CASE WHEN e.duplicates = 'lookup' THEN e.quiet_seconds ELSE 0 END AS quiet
    FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
    WHERE m.state = 'in_flight' AND m.lease_until < %(now)s::timestamptz
    ORDER BY m.id LIMIT 500 FOR NO KEY UPDATE OF m SKIP LOCKED
), crashed AS (
    UPDATE integrations_attempt a SET outcome = 'crashed', finished_at = %(now)s::timestamptz, detail = %(died)s
    FROM lost WHERE a.message_id = lost.id AND a.outcome = 'running' RETURNING a.message_id
), judged AS (
    SELECT lost.id, lost.quiet, EXISTS (SELECT 1 FROM crashed WHERE message_id = lost.id) AS died,
           1 + (SELECT count(*) FROM integrations_attempt a WHERE a.message_id = lost.id AND a.outcome = 'crashed') AS times,
           (SELECT a.outcome FROM integrations_attempt a WHERE a.message_id = lost.id AND a.outcome <> 'running'
            ORDER BY a.number DESC LIMIT 1) AS last
    FROM lost
)
UPDATE integrations_outboundmessage m SET
    lease_until = NULL,
    due_at = CASE WHEN died THEN %(now)s::timestamptz + make_interval(secs => j.quiet) ELSE m.due_at END,
    cause = CASE WHEN died THEN 'crashed' ELSE m.cause END,
    state = CASE WHEN died AND j.times >= %(most)s THEN 'dead' WHEN died THEN 'unknown' WHEN j.last IS NULL THEN 'queued'
                 WHEN j.last IN ('unknown', 'contract', 'crashed') THEN 'unknown' ELSE 'retry' END,
    detail = CASE WHEN died AND j.times >= %(most)s THEN 'The worker died ' || j.times || ' times while delivering this.'
                  WHEN died THEN 'The worker died; the remote is asked before it is sent again.' ELSE m.detail END
FROM judged j WHERE m.id = j.id RETURNING m.id
"""


@dataclass(frozen=True)
class Try:
    """One attempt that ended."""

    message_id: int
    number: int
    began_at: datetime
    finished_at: datetime
    answer: Answer

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.began_at).total_seconds()


@dataclass
class Taken:
    """A message this worker has, with the attempt it carries. `content` is what was frozen before."""

    message: OutboundMessage
    was: str
    asks: bool
    content: bytes | None
    finished_at: datetime | None = None
    answer: Answer | None = None
    began_at: datetime | None = None
    earlier: list[Try] = field(default_factory=list)
    """Tries of this run that ended without deciding anything."""

    @property
    def number(self) -> int:
        return self.message.attempt_count

    def begin(self) -> None:
        """The attempt begins now."""
        self.began_at = timezone.now()

    def heard(self, answer: Answer) -> None:
        """How the attempt ended."""
        self.answer, self.finished_at = answer, timezone.now()

    @property
    def tries(self) -> list[Try]:
        """Every try of this run that ended, the deciding one last."""
        if self.answer is None or self.finished_at is None:
            return self.earlier
        began = self.began_at or self.finished_at
        return [*self.earlier, Try(self.message.pk, self.number, began, self.finished_at, self.answer)]


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What a message becomes."""

    state: str
    cause: str = ""
    detail: str = ""
    due_at: datetime | None = None
    delivered_at: datetime | None = None
    reference: str = ""


def take(endpoint: Endpoint, limit: int, *, seconds: float, suspects: bool = False) -> list[Taken]:
    """The heads of as many streams, urgent ones first, leased for `seconds`, each with its attempt written down."""
    now = timezone.now()
    values: dict[str, Any] = {
        "endpoint": endpoint.pk, "limit": limit, "now": now, "until": now + timedelta(seconds=seconds),
        "duplicates": endpoint.duplicates, "suspects": suspects,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_ALL, values)
        rows = cursor.fetchall()
    return [_taken(endpoint, row) for row in rows]


def _taken(endpoint: Endpoint, row: Sequence[Any]) -> Taken:
    *values, was, content = row
    message = OutboundMessage.from_db("default", _FIELDS, values)
    message.endpoint = endpoint
    asks = was == OutboundMessage.State.UNKNOWN and endpoint.duplicates == Endpoint.Duplicates.LOOKUP
    return Taken(message, was, asks, None if content is None else bytes(content))


def try_again(taken: Taken, *, seconds: float) -> bool:
    """Write a further attempt (to send, after asking) down before it runs. False where somebody else has the message by now."""
    now = timezone.now()
    values: dict[str, Any] = {
        "id": taken.message.pk,
        "number": taken.number,
        "now": now,
        "until": now + timedelta(seconds=seconds),
    }
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, values)
        row = cursor.fetchone()
    if row is not None:
        taken.earlier, taken.answer = taken.tries, None
        taken.message.attempt_count = row[0]
    return row is not None


def freeze(digests: Mapping[int, str], taken: Iterable[Taken]) -> None:
    """Bind messages to the payloads they will send, by message id. In the caller's transaction, which keeps the payloads."""
    mine = [each for each in taken if each.message.pk in digests]
    if not mine:
        return
    for each in mine:
        each.message.payload_id = digests[each.message.pk]
    values: dict[str, Any] = {
        "ids": [each.message.pk for each in mine], "numbers": [each.number for each in mine],
        "digests": [digests[each.message.pk] for each in mine],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, values)


def hand_back(taken: Iterable[Taken]) -> None:
    """Messages whose try did not begin are again what they were; their attempts are forgotten."""
    mine = [each for each in taken if each.answer is None and not each.earlier]
    if not mine:
        return
    values: dict[str, Any] = {
        "ids": [each.message.pk for each in mine], "numbers": [each.number for each in mine],
        "was": [each.was for each in mine],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HAND_BACK, values)


def settle(settled: Sequence[tuple[Taken, Settled]]) -> set[int]:
    """What messages become. Returns the ids of those this worker still had; the others are somebody else's by now."""
    values: dict[str, Any] = {
        "ids": [each.message.pk for each, _ in settled],
        "numbers": [each.number for each, _ in settled],
        "states": [str(new.state) for _, new in settled],
        "dues": [new.due_at for _, new in settled],
        "delivered": [new.delivered_at for _, new in settled],
        "causes": [new.cause for _, new in settled],
        "details": [new.detail[:500] for _, new in settled],
        "references": [new.reference[:80] for _, new in settled],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)
        return {row[0] for row in cursor.fetchall()}


def note(tries: Sequence[Try], answers: Sequence[str | None]) -> None:
    """How attempts ended, each with the digest of the kept answer."""
    values: dict[str, Any] = {
        "ids": [each.message_id for each in tries],
        "numbers": [each.number for each in tries],
        "outcomes": [each.answer.outcome.value for each in tries],
        "began": [each.began_at for each in tries],
        "finished": [each.finished_at for each in tries],
        "statuses": [each.answer.status_code for each in tries],
        "details": [each.answer.detail[:500] for each in tries],
        "answers": list(answers),
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)


def leases_recover() -> int:
    """Take messages back whose worker died; after MOST_CRASHES deaths a message is a dead letter. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOVER, {"now": timezone.now(), "died": _DIED, "most": MOST_CRASHES})
        return len(cursor.fetchall())
