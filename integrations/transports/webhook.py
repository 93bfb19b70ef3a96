"""Posts a signed message to a webhook, in the form of Standard Webhooks: the receiver can tell who sent it, and that it is new."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Final

import httpx

_DEADLINE: Final = 10.0


class WebhookError(Exception):
    """It did not arrive; the same message may be sent again."""


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def webhook_post(url: str, body: bytes, *, secret: str, message_id: str) -> None:
    """Post once; redirects are not followed. Raises WebhookError unless the receiver says 2xx."""
    now = int(time.time())
    headers = {
        "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, message_id, now, body),
    }  # fmt: skip
    try:
        answer = httpx.post(
            url, content=body, headers=headers, timeout=_DEADLINE, follow_redirects=False, trust_env=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise WebhookError(f"No connection: {type(fault).__name__}.") from fault
    if not answer.is_success:
        raise WebhookError(f"The receiver said {answer.status_code}.")
