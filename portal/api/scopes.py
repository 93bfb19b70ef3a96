"""Which OAuth scopes a client may ask for: readers get no scope that writes."""

from __future__ import annotations

from typing import Any

from oauth2_provider.scopes import SettingsScopes

from masterdata.models import Role, RoleGrant

READ = ["system:read", "experience:read"]
WRITERS = {
    Role.REQUESTER, Role.APPROVER, Role.BUYER, Role.RECEIVER, Role.STOCK_CLERK, Role.AP_CLERK, Role.STEWARD,
    Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR,
}  # fmt: skip


class RoleScopes(SettingsScopes):  # type: ignore[misc]  # the library is untyped
    """Scopes by the roles of the client's service user."""

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return scopes_of(application)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return scopes_of(application)


def scopes_of(application: Any) -> list[str]:
    """Every scope the client may have."""
    if application is None or application.user_id is None:
        return []
    roles = set(RoleGrant.objects.filter(user=application.user_id).values_list("role", flat=True))
    return [*READ, "process:write"] if roles & WRITERS else READ
