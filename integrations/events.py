"""What people did in the post office. Facts of integrations, kept in the log like all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageHandled(Event):
    """A person decided about a message: `how` is replayed, edited, resent, marked_delivered or cancelled. `number` is "out/12" or "in/12".

    `before` and `after` are the digests of an edited text.
    """

    kind: ClassVar[str] = "message"
    how: str
    reason: str
    document_kind: str
    document_number: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class EndpointSwitched(Event):
    """An endpoint was paused or resumed; `number` is its code."""

    kind: ClassVar[str] = "endpoint"
    paused: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class MaintenancePlanned(Event):
    """An endpoint will be left alone for a time; `number` is its code."""

    kind: ClassVar[str] = "endpoint"
    starts_at: str
    ends_at: str
    repeats: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MaintenanceCancelled(Event):
    """A maintenance window was cancelled; `number` is the endpoint's code."""

    kind: ClassVar[str] = "endpoint"


@dataclass(frozen=True, kw_only=True)
class ErpRouted(Event):
    """From a day on, a facility's documents go to another ERP; `number` is the facility's code. `withdrawn` takes it back."""

    kind: ClassVar[str] = "erp_route"
    endpoint: str
    document_kind: str
    starts_on: str
    withdrawn: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class PartnerChanged(Event):
    """Somebody changed a trading partner; `number` is the supplier's code, `what` begun, documents, transport, profile, stage, …"""

    kind: ClassVar[str] = "partner"
    what: str
    detail: str
    reason: str = ""
