"""Who may see what: actors, limits, scopes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from core.actors import Actor, Scopes
from core.models import User
from masterdata.models import Delegation, Facility, RoleGrant


def actor_for(user: User, *, on: date | None = None) -> Actor:
    """Who this user is today: own grants and the roles lent to them. Inactive users get nothing.

    Two statements for people, one for services (nobody delegates to a machine).
    """
    if not user.is_active:
        return Actor(user_id=user.pk, name=user.name, email=user.email)
    today = on or timezone.now().date()
    lent = (
        []
        if user.is_service
        else list(Delegation.objects.filter(delegate=user, starts_on__lte=today, ends_on__gte=today))
    )
    people = {user.pk, *(d.lender_id for d in lent)}
    grants = list(
        RoleGrant.objects.filter(user__in=people).values_list("user_id", "role", "facility_id", "limit_amount")
    )
    delegated: dict[tuple[str, int], Scopes] = {}
    limits = _limits(grants)
    for d in lent:
        lender = _by_role((role, f) for uid, role, f, _ in grants if uid == d.lender_id)
        scopes = lender.get(d.role, frozenset())
        if d.facility_id is not None:
            scopes = frozenset({d.facility_id}) if scopes is None else scopes & {d.facility_id}
        delegated[(d.role, d.lender_id)] = scopes
    return Actor(
        user_id=user.pk,
        name=user.name,
        email=user.email,
        grants=_by_role((role, f) for uid, role, f, _ in grants if uid == user.pk),
        delegated=delegated,
        limits=limits,
    )


def _by_role(pairs: Iterable[tuple[str, int | None]]) -> dict[str, Scopes]:
    found: dict[str, Scopes] = {}
    for role, facility_id in pairs:
        known = found.get(role, frozenset())
        found[role] = None if facility_id is None or known is None else known | {facility_id}
    return found


def _limits(grants: Iterable[tuple[int, str, int | None, Decimal | None]]) -> dict[str, Decimal | None]:
    """Key `user:role:facility` (facility `*` for the network) -> largest amount, None without limit."""
    return {f"{uid}:{role}:{facility_id or '*'}": limit for uid, role, facility_id, limit in grants}


def limit_of(actor: Actor, *, role: str, facility_id: int) -> Decimal | None:
    """The largest amount the actor may decide under a role at a facility; None means no limit.

    Under a delegation the lender's limit counts. Holding the role nowhere there gives zero.
    """
    holder = actor.on_behalf_of(role, facility_id) or actor.user_id
    limits: list[Decimal | None] = [
        actor.limits[key]  # type: ignore[misc]
        for key in (f"{holder}:{role}:{facility_id}", f"{holder}:{role}:*")
        if key in actor.limits
    ]
    if not limits:
        return Decimal(0)
    return None if None in limits else max(v for v in limits if v is not None)


def scoped(actor: Actor, *roles: str, field: str = "facility_id") -> Q:
    """The condition that keeps a query inside the facilities where the actor holds one of the roles (any, when none named)."""
    scopes = actor.scopes(*roles)
    # not an empty Q: that would vanish from an `or` instead of letting everything through
    return ~Q(pk__in=[]) if scopes is None else Q(**{f"{field}__in": sorted(scopes)})


def at(facility_id: int | None, *, field: str = "facility_id") -> Q:
    """The condition that narrows a query, already scoped, to one facility; None narrows nothing."""
    return Q() if facility_id is None else Q(**{field: facility_id})


def facilities_visible(actor: Actor, *roles: str) -> QuerySet[Facility]:
    """Active facilities where the actor holds one of the roles (any role, when none is named)."""
    return Facility.objects.filter(scoped(actor, *roles, field="pk"), is_active=True)
