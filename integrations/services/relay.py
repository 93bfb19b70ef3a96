"""The outbox in batches: what workers take, count before they run it, freeze, record and hand back. One statement each.

Nothing here talks to the outside. Taking a message counts the try before it runs, so that whoever dies afterwards is known; how it
ended is written down with the result, or when the lease ran out. A message whose worker died before is a suspect and taken alone:
what kills workers is blamed for itself only.
"""

from __future__ import annotations

import json
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

# Head of line: the first of its stream that waits, is on its way, or is a refused order. A scalar subquery, because the planner would
# make one join of everything that waits out of NOT EXISTS. "Not behind it" and not "is it": of an equality the planner expects so few
# that it would sort a whole backlog rather than walk the index of what is due.
_TAKE: Final = """
WITH heads AS (
    SELECT m.id, m.state AS was FROM integrations_outboundmessage m
    WHERE m.endpoint_id = %(endpoint)s AND m.state IN ('queued', 'retry', 'unknown') AND m.due_at <= %(now)s::timestamptz
      AND NOT (m.state = 'unknown' AND %(duplicates)s = 'manual') AND (m.cause = 'crashed') = %(suspects)s
      AND m.id <= (
        SELECT o.id FROM integrations_outboundmessage o
        WHERE o.endpoint_id = m.endpoint_id AND o.stream = m.stream
          AND o.state IN ('queued', 'retry', 'in_flight', 'unknown', 'dead')
          AND (o.state <> 'dead' OR o.topic = 'purchase_order.create')
        ORDER BY o.id LIMIT 1)
    ORDER BY m.urgent DESC, m.due_at, m.id
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF m SKIP LOCKED
), taken AS (
    UPDATE integrations_outboundmessage m
    SET state = 'in_flight', lease_until = %(until)s::timestamptz, attempt_count = attempt_count + 1
    FROM heads WHERE m.id = heads.id RETURNING m.*, heads.was
)
SELECT {columns}, taken.was, p.content FROM taken LEFT JOIN integrations_payload p ON p.sha256 = taken.payload_id
ORDER BY taken.urgent DESC, taken.due_at, taken.id
"""
# only what delivering takes: reading a message costs as much as sending it
_WANTED: Final = {
    "id", "endpoint_id", "topic", "document_kind", "document_number", "stream", "facility_id", "key", "urgent",
    "attempt_count", "cause", "trace_id", "payload_id",
}  # fmt: skip
# in the order of the model, which is how it takes them
_FIELDS: Final = [field.attname for field in OutboundMessage._meta.concrete_fields if field.attname in _WANTED]
_TAKE_ALL: Final = _TAKE.format(columns=", ".join(f"taken.{name}" for name in _FIELDS))

_AGAIN: Final = """
UPDATE integrations_outboundmessage SET attempt_count = attempt_count + 1, lease_until = %(until)s::timestamptz
WHERE id = %(id)s AND state = 'in_flight' AND attempt_count = %(number)s RETURNING attempt_count
"""

_FREEZE: Final = """
UPDATE integrations_outboundmessage m SET payload_id = g.digest
FROM json_to_recordset(%s::json) AS g (id bigint, number int, digest text)
WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number
"""

_HAND_BACK: Final = """
UPDATE integrations_outboundmessage m SET state = g.was, lease_until = NULL, attempt_count = m.attempt_count - 1
FROM json_to_recordset(%s::json) AS g (id bigint, number int, was text)
WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number
"""

# a try that was taken for dead and ends after all says how, over what was supposed
_NOTE: Final = """
INSERT INTO integrations_attempt (message_id, number, purpose, started_at, finished_at, outcome, status_code, detail, payload_id,
    answer_id)
SELECT g.* FROM json_to_recordset(%s::json) AS g (id bigint, number int, purpose text, began timestamptz,
    finished timestamptz, outcome text, status int, detail text, payload text, answer text)
ON CONFLICT (message_id, number) DO UPDATE
SET purpose = excluded.purpose, started_at = excluded.started_at, finished_at = excluded.finished_at,
    outcome = excluded.outcome, status_code = excluded.status_code, detail = excluded.detail, answer_id = excluded.answer_id
"""

_SETTLE: Final = """
UPDATE integrations_outboundmessage m
SET state = g.state, due_at = coalesce(g.due, m.due_at), delivered_at = g.delivered, cause = g.cause, detail = g.detail,
    remote_reference = CASE WHEN g.state = 'delivered' THEN g.reference ELSE m.remote_reference END, lease_until = NULL
FROM json_to_recordset(%s::json) AS g (id bigint, number int, state text, due timestamptz, delivered timestamptz, cause text,
    detail text, reference text)
WHERE m.id = g.id AND m.state = 'in_flight' AND m.attempt_count = g.number RETURNING m.id
"""

# What was taken was counted; a try that nobody wrote the end of is a crash, and its effect unknown.
_RECOVER: Final = """
WITH lost AS (
    SELECT m.id, m.attempt_count, m.lease_until, m.payload_id,
           CASE WHEN e.duplicates = 'lookup' THEN e.quiet_seconds ELSE 0 END AS quiet
    FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
    WHERE m.state = 'in_flight' AND m.lease_until < %(now)s::timestamptz
    ORDER BY m.id LIMIT 500 FOR NO KEY UPDATE OF m SKIP LOCKED
), noted AS (
    INSERT INTO integrations_attempt (message_id, number, purpose, started_at, finished_at, outcome, detail, payload_id)
    SELECT id, attempt_count, 'send', lease_until, %(now)s::timestamptz, 'crashed', %(died)s, payload_id FROM lost
    ON CONFLICT (message_id, number) DO NOTHING
), judged AS (
    SELECT lost.id, lost.quiet,
           1 + (SELECT count(*) FROM integrations_attempt a WHERE a.message_id = lost.id AND a.outcome = 'crashed') AS times
    FROM lost
)
UPDATE integrations_outboundmessage m SET
    lease_until = NULL, cause = 'crashed', due_at = %(now)s::timestamptz + make_interval(secs => j.quiet),
    state = CASE WHEN j.times >= %(most)s THEN 'dead' ELSE 'unknown' END,
    detail = CASE WHEN j.times >= %(most)s THEN 'The worker died ' || j.times || ' times while delivering this.'
                  ELSE 'The worker died; the remote is asked before it is sent again.' END
FROM judged j WHERE m.id = j.id RETURNING m.id
"""


@dataclass(frozen=True)
class Try:
    """One attempt that ended."""

    message_id: int
    number: int
    purpose: str
    payload_id: str | None
    began_at: datetime
    finished_at: datetime
    answer: Answer

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.began_at).total_seconds()


@dataclass
class Taken:
    """A message this worker has. `content` is what was frozen before."""

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
        message, began = self.message, self.began_at or self.finished_at
        purpose = "find" if self.asks else "send"
        last = Try(message.pk, self.number, purpose, message.payload_id, began, self.finished_at, self.answer)
        return [*self.earlier, last]


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
    """The heads of as many streams, urgent ones first, leased for `seconds`, each try counted."""
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
    """Count a further try (to send, after asking) before it runs. False where somebody else has the message by now."""
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
        taken.earlier, taken.answer, taken.asks = taken.tries, None, False
        taken.message.attempt_count = row[0]
    return row is not None


def freeze(digests: Mapping[int, str], taken: Iterable[Taken]) -> None:
    """Bind messages to the payloads they will send, by message id. In the caller's transaction, which keeps the payloads."""
    mine = [each for each in taken if each.message.pk in digests]
    for each in mine:
        each.message.payload_id = digests[each.message.pk]
    if mine:
        _write(_FREEZE, [{"id": e.message.pk, "number": e.number, "digest": e.message.payload_id} for e in mine])


def hand_back(taken: Iterable[Taken]) -> None:
    """Messages whose try did not begin are again what they were; it does not count."""
    mine = [each for each in taken if each.answer is None and not each.earlier]
    if mine:
        _write(_HAND_BACK, [{"id": e.message.pk, "number": e.number, "was": e.was} for e in mine])


def settle(settled: Sequence[tuple[Taken, Settled]]) -> set[int]:
    """What messages become. Returns the ids of those this worker still had; the others are somebody else's by now."""
    rows = [
        {
            "id": each.message.pk, "number": each.number, "state": str(new.state), "due": _text(new.due_at),
            "delivered": _text(new.delivered_at), "cause": new.cause, "detail": _clean(new.detail, 500),
            "reference": _clean(new.reference, 80),
        }
        for each, new in settled
    ]  # fmt: skip
    return {row[0] for row in _write(_SETTLE, rows, returning=True)}


def note(tries: Sequence[Try], answers: Sequence[str | None]) -> None:
    """How attempts ended, each with the digest of the kept answer."""
    rows = [
        {
            "id": each.message_id, "number": each.number, "purpose": each.purpose, "began": _text(each.began_at),
            "finished": _text(each.finished_at), "outcome": each.answer.outcome.value,
            "status": each.answer.status_code, "detail": _clean(each.answer.detail, 500), "payload": each.payload_id,
            "answer": kept,
        }
        for each, kept in zip(tries, answers, strict=True)
    ]  # fmt: skip
    _write(_NOTE, rows)


def _write(statement: str, rows: Sequence[Mapping[str, Any]], *, returning: bool = False) -> list[tuple[int]]:
    # one JSON text costs a fraction of ten arrays
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(rows, separators=(",", ":"))])
        return cursor.fetchall() if returning else []


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _clean(words: str, most: int) -> str:
    """An outside system's words as the database can keep them."""
    return words.replace("\0", "").encode("utf-8", "replace").decode()[:most]


def leases_recover() -> int:
    """Take messages back whose worker died; after MOST_CRASHES deaths a message is a dead letter. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOVER, {"now": timezone.now(), "died": _DIED, "most": MOST_CRASHES})
        return len(cursor.fetchall())
