"""Who acts, and where. Grants are role -> scope ids; what a scope is (here: a facility) is the business of the rooms above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.errors import NotAllowed

EVERYWHERE: Final = None
"""A grant's scopes when the role holds for the whole network."""

Scopes = frozenset[int] | None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The person (or service) behind an act. Built once per request by `masterdata.selectors.actor_for`.

    `grants` are the own roles; `delegated` the roles somebody else lent for today, with the lender's id, so that every
    act done under them is recorded as "X on behalf of Y".
    """

    user_id: int
    name: str
    email: str = ""
    grants: Mapping[str, Scopes] = field(default_factory=dict)
    delegated: Mapping[tuple[str, int], Scopes] = field(default_factory=dict)
    limits: Mapping[str, object] = field(default_factory=dict)

    def has(self, role: str, scope: int | None = None) -> bool:
        """Whether the actor holds the role (own or lent): anywhere when `scope` is None, else at that scope."""
        scopes = self.scopes(role)
        return scopes is EVERYWHERE or (bool(scopes) if scope is None else scope in scopes)

    def has_any(self, scope: int) -> bool:
        """Whether the actor holds any role at this scope: what makes its documents visible."""
        scopes = self.scopes()
        return scopes is EVERYWHERE or scope in scopes

    def scopes(self, *roles: str) -> Scopes:
        """Union of the scopes of these roles (of all roles when none is named), own and lent. None means everywhere."""
        found: set[int] = set()
        entries = [*self.grants.items(), *((role, scopes) for (role, _), scopes in self.delegated.items())]
        for role, scopes in entries:
            if roles and role not in roles:
                continue
            if scopes is EVERYWHERE:
                return EVERYWHERE
            found |= scopes
        return frozenset(found)

    def require(self, *roles: str, scope: int, to: str) -> str:
        """The first of these roles that the actor holds at the scope. Raises NotAllowed: "You may not {to} here …"."""
        for role in roles:
            if self.has(role, scope):
                return role
        names = " or ".join(role.replace("_", " ") for role in roles)
        raise NotAllowed(f"You may not {to} here: that takes the role {names} at this facility.", code="role_missing")

    def on_behalf_of(self, role: str, scope: int) -> int | None:
        """The lender's id when the actor holds the role at this scope only through a delegation."""
        own = self.grants.get(role, frozenset())
        if own is EVERYWHERE or scope in own:
            return None
        for (lent, lender_id), scopes in self.delegated.items():
            if lent == role and (scopes is EVERYWHERE or scope in scopes):
                return lender_id
        return None
