"""What any outside system answers to a try, in words that say whether trying again can help. No Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How one try ended. The values are those of the attempt's outcome.

    `DELIVERED` took effect now; `FOUND` had taken effect before; `MISSING` we asked and it is not there. `PENDING` was taken, and the
    remote's verdict comes later: trying again asks for it. `TRANSIENT` had no effect, later may work; `PERMANENT` was refused, trying the same again cannot help; `AUTHENTICATION` our credentials were
    refused; `CONTRACT` the answer cannot be understood, so the effect is not known; `UNKNOWN` there was no answer after the
    request had left, so the effect is not known.
    """

    DELIVERED = "delivered"
    FOUND = "found"
    MISSING = "missing"
    PENDING = "pending"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AUTHENTICATION = "authentication"
    CONTRACT = "contract"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Strange:
    """A field of an answer that was not agreed: where it stands ("purchase order.release") and what was in it."""

    field: str
    example: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One try's result. `detail` is the remote's own words, `field` the place in the document it complains about.

    `raw` are the bytes of an answer worth keeping; `retry_after` the seconds it asked us to wait. `drift` are fields of an
    otherwise good answer that nobody knows.
    """

    outcome: Outcome
    reference: str = ""
    status_code: int | None = None
    detail: str = ""
    field: str = ""
    raw: bytes = b""
    raw_type: str = "application/octet-stream"
    retry_after: float | None = None
    drift: tuple[Strange, ...] = ()
