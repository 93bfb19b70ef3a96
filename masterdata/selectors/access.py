"""Who may see what: actors, limits, scopes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import DateField, DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils import timezone

from core.actors import Actor, Scopes
from core.models import User
from masterdata.models import Facility

_GRANTS = """
SELECT g.user_id, g.role, g.facility_id, g.limit_amount, NULL, NULL FROM masterdata_rolegrant g WHERE g.user_id = %(user)s
UNION ALL
SELECT g.user_id, g.role, g.facility_id, g.limit_amount, d.role, d.facility_id
FROM masterdata_delegation d JOIN masterdata_rolegrant g ON g.user_id = d.lender_id
WHERE d.delegate_id = %(user)s AND %(today)s BETWEEN d.starts_on AND d.ends_on
"""
# asked on every request: written by hand because building it through the ORM costs more than running it


def actor_for(user: User, *, on: date | None = None) -> Actor:
    """Who this user is today: own grants and the roles lent to them, in one statement. Inactive users get nothing."""
    if not user.is_active:
        return Actor(user_id=user.pk, name=user.name, email=user.email)
    today = on or timezone.now().date()
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, {"user": user.pk, "today": today})
        grants = cursor.fetchall()
    lent = {(role, lender, at) for lender, _, _, _, role, at in grants if role}
    delegated: dict[tuple[str, int], Scopes] = {}
    for role, lender_id, facility_id in lent:
        scopes = _by_role((r, f) for uid, r, f, *_ in grants if uid == lender_id).get(role, frozenset())
        if facility_id is not None:
            scopes = frozenset({facility_id}) if scopes is None else scopes & {facility_id}
        known = delegated.get((role, lender_id), frozenset())
        delegated[(role, lender_id)] = None if scopes is None or known is None else scopes | known
    return Actor(
        user_id=user.pk,
        name=user.name,
        email=user.email,
        grants=_by_role((role, f) for uid, role, f, *_ in grants if uid == user.pk),
        delegated=delegated,
        limits=_limits(grants),
    )


def _by_role(pairs: Iterable[tuple[str, int | None]]) -> dict[str, Scopes]:
    found: dict[str, Scopes] = {}
    for role, facility_id in pairs:
        known = found.get(role, frozenset())
        found[role] = None if facility_id is None or known is None else known | {facility_id}
    return found


def _limits(grants: Iterable[tuple[Any, ...]]) -> dict[str, Decimal | None]:
    """Key `user:role:facility` (facility `*` for the network) -> largest amount, None without limit."""
    return {f"{uid}:{role}:{facility_id or '*'}": limit for uid, role, facility_id, limit, *_ in grants}


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


def facility_today(field: str = "facility") -> Combinable:
    """The day it is at the facility of each row, as an expression for a query; see `Facility.today`."""
    local = Func(F(f"{field}__timezone"), Value(timezone.now()), function="timezone", output_field=DateTimeField())
    return Cast(local, DateField())
