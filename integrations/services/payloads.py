"""Bytes as sent or received, kept once per content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from integrations.models import Payload

_KEEP: Final = """
INSERT INTO integrations_payload (sha256, content, content_type, created_at)
SELECT sha256, content, kind, %s FROM unnest(%s::text[], %s::bytea[], %s::text[]) AS g (sha256, content, kind)
ON CONFLICT (sha256) DO NOTHING
"""


def payload_keep(content: bytes, content_type: str) -> Payload:
    """Keep bytes once per content."""
    return payload_keep_new(content, content_type)[0]


def payload_keep_new(content: bytes, content_type: str) -> tuple[Payload, bool]:
    """Keep bytes once per content, and whether nobody had kept these before."""
    digest = hashlib.sha256(content).hexdigest()
    new = _keep([(digest, content, content_type[:60])])
    return Payload(sha256=digest, content=content, content_type=content_type[:60]), bool(new)


def payloads_keep(contents: Iterable[tuple[bytes, str]]) -> list[str]:
    """Keep many (content, type), in one statement. Returns their digests in the order given."""
    given = [(hashlib.sha256(content).hexdigest(), content, kind[:60]) for content, kind in contents]
    _keep(given)
    return [digest for digest, _, _ in given]


def _keep(given: Sequence[tuple[str, bytes, str]]) -> int:
    """How many of these contents were not kept before."""
    # one order for all writers: two that keep the same contents wait for, and never deadlock, each other
    rows = sorted({digest: (content, kind) for digest, content, kind in given}.items())
    if not rows:
        return 0
    arrays: list[Any] = [[row[0] for row in rows], [row[1][0] for row in rows], [row[1][1] for row in rows]]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [timezone.now(), *arrays])
        return int(cursor.rowcount)
