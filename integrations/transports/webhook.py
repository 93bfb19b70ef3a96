"""Signed messages in the form of Standard Webhooks: the receiver can tell who sent one, and that it is new."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Final

import httpx

_DEADLINE: Final = 10.0
_MOST_SIGNATURES: Final = 5


class WebhookError(Exception):
    """It did not arrive; the same message may be sent again."""


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def signed_by(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures (separated by spaces, while a sender changes its secret) was made with one of the secrets."""
    given = [each.encode() for each in signatures.split(" ")[:_MOST_SIGNATURES]]
    wanted = [signature(secret, message_id, timestamp, body).encode() for secret in secrets]
    found = False
    for one in wanted:
        for other in given:
            found |= hmac.compare_digest(one, other)
    return found


def _key(secret: str) -> bytes:
    """The secret as it is used: what follows whsec_ is base64."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return secret.encode()


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
