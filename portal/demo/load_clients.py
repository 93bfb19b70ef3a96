"""Loads one API client per role, each with a service user of its own: segregation of duties needs different users."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from oauth2_provider.models import get_application_model

from core.models import User
from masterdata.models import Role, RoleGrant

SECRET_ROUNDS = 1000
"""The secrets are printed for everybody, so guarding their hashes longer would only slow the first start."""


def client_id(role: str) -> str:
    """The id of a role's client."""
    return f"demo-{role.replace('_', '-')}"


def client_secret(role: str) -> str:
    """The secret of a role's client. It is the same on every machine: it opens invented hospitals only."""
    return f"meridian-{role.replace('_', '-')}-client-secret"


def load_clients() -> None:
    """Service users with their network-wide role, and their client-credentials applications."""
    nobody = make_password(None)
    users = User.objects.bulk_create(
        User(
            email=f"{client_id(role.value)}@clients.invalid", name=f"API client ({role.label.lower()})", is_service=True,
            password=nobody,
        )
        for role in Role
    )  # fmt: skip
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for user, role in zip(users, Role, strict=True))
    application = get_application_model()
    hasher = PBKDF2PasswordHasher()
    application.objects.bulk_create(
        application(
            name=f"Demo {role.label.lower()}", user=user, client_id=client_id(role.value),
            client_secret=hasher.encode(client_secret(role.value), f"demo{role.value}"[:20], iterations=SECRET_ROUNDS),
            client_type=application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=application.GRANT_CLIENT_CREDENTIALS,
        )
        for user, role in zip(users, Role, strict=True)
    )  # fmt: skip
