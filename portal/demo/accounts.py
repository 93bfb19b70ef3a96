"""The people one may sign in as in the demo network. They exist only there; production has neither them nor the password."""

from __future__ import annotations

from core.models import User
from masterdata.models import Role, RoleGrant

DEMO_DOMAIN = "@meridianhealth.example"
DEMO_PASSWORD = "meridian-demo-2026"  # noqa: S105 - printed on the sign-in page of the demo


def demo_people() -> list[tuple[str, User]]:
    """(role label, person): for every role the person who does little else, in the order of the road."""
    grants = (
        RoleGrant.objects.filter(user__email__endswith=DEMO_DOMAIN, user__is_active=True, user__is_service=False)
        .select_related("user")
        .order_by("user_id", "id")
    )
    roles_of: dict[int, set[str]] = {}
    holders: dict[str, list[User]] = {}
    for grant in grants:
        roles_of.setdefault(grant.user_id, set()).add(grant.role)
        if grant.user not in holders.setdefault(grant.role, []):
            holders[grant.role].append(grant.user)
    return [
        (role.label, min(holders[role], key=lambda user: (len(roles_of[user.pk]), user.pk)))
        for role in Role
        if role in holders
    ]
