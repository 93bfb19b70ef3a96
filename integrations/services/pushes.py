"""Files that partners push to us, signed in the form of Standard Webhooks: who knows the secret, just now, and each id once.

The signature is over the raw bytes. A request that is too old or from the future is refused, so that none can be kept and used later; the
same id again is the same file, whenever it comes. While a secret is being changed the one before counts too.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Final

from django.db import IntegrityError, transaction

from core.audit import acting
from core.errors import Conflict, DomainError, NotFound
from integrations.models import Endpoint, InboundMessage, Partner
from integrations.services.inbox import file_accept
from integrations.services.mailboxes import PUSH_BEFORE, PUSH_NEWEST
from integrations.services.service_actor import service_actor
from integrations.transports.webhook import signed_by

TOLERANCE: Final = 300
"""Seconds by which a request's time may differ from ours."""
_LONGEST_ID: Final = 100


class PushRefused(DomainError):
    """Not signed by this partner, or not now. The caller is not told which."""

    code = "push_refused"


def push_fresh(*, message_id: str, timestamp: str) -> None:
    """Refuse before the body is read what could not be accepted anyway. Raises PushRefused."""
    if not message_id.isprintable() or not 0 < len(message_id) <= _LONGEST_ID:
        raise PushRefused("The id of the request is missing.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise PushRefused("The time of the request is missing.")
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        raise PushRefused("The request is too old, or its clock is wrong.")


def push_accept(*, code: str, message_id: str, timestamp: str, signatures: str, content: bytes) -> InboundMessage:
    """Keep what a partner pushed, or give back what came under this id before. Raises PushRefused, Conflict (other bytes, same id)."""
    push_fresh(message_id=message_id, timestamp=timestamp)
    partner = Partner.objects.select_related("endpoint").filter(endpoint__code=code).first()
    known = [partner.endpoint.secret(name) for name in (PUSH_NEWEST, PUSH_BEFORE)] if partner else []
    # where there is no such partner as much is computed as where there is
    trusted = signed_by([each for each in known if each] or [_NOBODY], message_id, int(timestamp), content, signatures)
    if partner is None or not any(known) or not trusted:
        raise PushRefused("The request is not signed by a partner.")
    key = f"push:{partner.endpoint_id}:{message_id}"
    try:
        with transaction.atomic():
            if (before := _before(key, content)) is not None:
                return before
            message = file_accept(partner=partner, name=message_id, content=content)
            message.key = key
            message.save(update_fields=["key"])
            return message
    except IntegrityError:
        # the same request at the same moment was first
        if (before := _before(key, content)) is None:
            raise
        return before


_NOBODY: Final = secrets.token_urlsafe(32)


def _before(key: str, content: bytes) -> InboundMessage | None:
    before = InboundMessage.objects.filter(key=key).first()
    if before is not None and before.payload_id != hashlib.sha256(content).hexdigest():
        raise Conflict("Another file came under this id.", code="push_id_reused")
    return before


def push_secret_make(*, endpoint: str, end_before: bool = False) -> str:
    """A new secret for a partner, to be told them once; the one before counts until `end_before`. Raises NotFound.

    With `end_before` no new one is made: the old one ends, and nothing is returned.
    """
    with transaction.atomic(), acting(actor=service_actor(), reason="push secret"):
        found = Endpoint.objects.select_for_update().filter(code=endpoint, partner__isnull=False).first()
        if found is None:
            raise NotFound(f"No partner has the endpoint {endpoint!r}.")
        made = "" if end_before else f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        before = "" if end_before else found.secret(PUSH_NEWEST)
        found.secrets = {name: text for name, text in found.secrets.items() if name != PUSH_BEFORE}
        if before:
            found.secret_set(PUSH_BEFORE, before)
        if made:
            found.secret_set(PUSH_NEWEST, made)
        found.save(update_fields=["secrets"])
        return made
