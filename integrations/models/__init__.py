"""The post office: endpoints, partners, messages out, messages in."""

from integrations.models.inbox import InboundMessage
from integrations.models.outbox import Attempt, Endpoint, OutboundMessage, Payload
from integrations.models.partners import ControlNumber, Interchange, Partner

__all__ = [
    "Attempt",
    "ControlNumber",
    "Endpoint",
    "InboundMessage",
    "Interchange",
    "OutboundMessage",
    "Partner",
    "Payload",
]
