"""The sealed credentials of endpoints: which key holds them, and sealing them with the newest."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from core.secrets import sealed_with
from integrations.models import Endpoint


def credentials_by_key() -> Counter[str]:
    """How many secrets each key seals, by the key's name."""
    return Counter(sealed_with(text) for endpoint in Endpoint.objects.all() for text in endpoint.secrets.values())


def credentials_rotate() -> int:
    """Seal every secret with the newest key; all or none. Returns how many endpoints had another. Raises SecretUnreadable."""
    with transaction.atomic():
        changed = [e for e in Endpoint.objects.select_for_update().order_by("pk") if e.secrets_reseal()]
        for endpoint in changed:
            endpoint.save(update_fields=["secrets"])
    return len(changed)
