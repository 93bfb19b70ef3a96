"""Who calls: an API client with a bearer token, or a signed-in person from the portal's own pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.models import User
from masterdata.selectors import actor_for

if TYPE_CHECKING:
    # DRF imports this module while it builds APIView
    from rest_framework.views import APIView


_USER = ("id", "email", "name", "is_service", "is_active")


@dataclass(frozen=True)
class ClientToken:
    """What a bearer token allows: `scope` is a list of words."""

    scope: str


class ClientAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` from POST /oauth/token. The client acts as its own service user, with that user's grants."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        checksum = hashlib.sha256(token.strip().encode()).hexdigest()
        found = (
            get_access_token_model()
            .objects.filter(token_checksum=checksum, expires__gt=timezone.now(), application__user__is_active=True)
            .values_list("scope", *(f"application__user__{name}" for name in _USER))
            .first()
        )
        if found is None:
            raise AuthenticationFailed("The access token is unknown or has expired. Get a new one from /oauth/token.")
        scope, *known = found
        user = User(**dict(zip(_USER, known, strict=True)))
        _remember_actor(request, user)
        return user, ClientToken(scope=scope)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="portal"'


class PersonAuthentication(SessionAuthentication):
    """A signed-in person; writing needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found:
            _remember_actor(request, found[0])
        return found


def _remember_actor(request: Request, user: Any) -> None:
    request._request.actor = actor_for(user)  # type: ignore[attr-defined]


class HasScope(BasePermission):
    """The token's scope must cover the view's layer (`required_scope`). People have every scope; their roles decide."""

    message = "This client's token does not have the scope for this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return bool(request.user)
        return str(getattr(view, "required_scope", "")) in str(getattr(request.auth, "scope", "")).split()
