"""The post office: endpoints, partners, messages out, messages in."""

from integrations.models.inbox import InboundMessage
from integrations.models.outbox import Attempt, Endpoint, ErpRoute, OutboundMessage, Payload
from integrations.models.partners import ControlNumber, Interchange, Partner

__all__ = [
    "Attempt",
    "ControlNumber",
    "Endpoint",
    "ErpRoute",
    "InboundMessage",
    "Interchange",
    "OutboundMessage",
    "Partner",
    "Payload",
]
