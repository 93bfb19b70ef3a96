"""API clients for processes of their own: one per role, signed in as programs are."""

from __future__ import annotations

import uuid

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from oauth2_provider.models import get_application_model

from core.models import User
from masterdata.models import Role, RoleGrant


def api_clients() -> list[dict[str, str]]:
    """One network-wide client per role: role, client_id, client_secret."""
    clients = []
    for role in Role:
        user = User.objects.create_user(f"{role.value}@clients.invalid", name=f"API {role.label}", is_service=True)
        RoleGrant.objects.create(user=user, role=role)
        secret = uuid.uuid4().hex
        application = get_application_model().objects.create(
            name=role.label, user=user, client_type="confidential", authorization_grant_type="client-credentials"
        )
        # the web process has no fast test hasher
        hashed = PBKDF2PasswordHasher().encode(secret, "salt", iterations=1)
        get_application_model().objects.filter(pk=application.pk).update(client_secret=hashed)
        clients.append({"role": role.value, "client_id": application.client_id, "client_secret": secret})
    return clients
