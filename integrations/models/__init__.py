"""The post office: endpoints, partners, messages out, messages in, and what is watched about them."""

from integrations.models.drift import FieldDrift, Unread
from integrations.models.inbox import InboundMessage
from integrations.models.masters import MasterPull, MasterPullRow
from integrations.models.outbox import Attempt, Endpoint, ErpRoute, OutboundMessage, Payload
from integrations.models.partners import (
    ControlNumber,
    ControlNumberSkip,
    Interchange,
    Partner,
    PartnerContact,
    PartnerDocument,
)
from integrations.models.watch import Alert, Heartbeat, MaintenanceWindow, Notice, Tally

__all__ = [
    "Alert",
    "Attempt",
    "ControlNumber",
    "ControlNumberSkip",
    "Endpoint",
    "ErpRoute",
    "FieldDrift",
    "Heartbeat",
    "InboundMessage",
    "Interchange",
    "MaintenanceWindow",
    "MasterPull",
    "MasterPullRow",
    "Notice",
    "OutboundMessage",
    "Partner",
    "PartnerContact",
    "PartnerDocument",
    "Payload",
    "Tally",
    "Unread",
]
