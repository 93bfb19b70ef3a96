"""Who calls: an API client with a bearer token, or a signed-in person from the portal's own pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.models import User
from core.rows import read_rows
from masterdata.selectors import actor_for

if TYPE_CHECKING:
    # DRF imports this module while it builds APIView
    from rest_framework.views import APIView


_CLIENT = """
FROM oauth2_provider_accesstoken t JOIN oauth2_provider_application a ON a.id = t.application_id JOIN core_user u ON u.id = a.user_id
WHERE t.token_checksum = %(checksum)s AND t.expires > now() AND u.is_active
"""


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
        rows = read_rows({"u": User}, _CLIENT, {"checksum": checksum}, extra=["t.scope"])
        if not rows:
            raise AuthenticationFailed("The access token is unknown or has expired. Get a new one from /oauth/token.")
        user, scope = rows[0]
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
