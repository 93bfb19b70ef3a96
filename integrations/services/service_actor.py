"""Who acts when a message does: one service user, so that the audit names it."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from core.actors import Actor
from core.models import User

EMAIL = "integration@portal.invalid"


def service_actor() -> Actor:
    """The integration service. It holds no role: the services that messages call ask for none."""
    user, _ = User.objects.get_or_create(
        email=EMAIL, defaults={"name": "Integration", "is_service": True, "password": make_password(None)}
    )
    return Actor(user_id=user.pk, name=user.name, email=user.email)
