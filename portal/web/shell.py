"""What the frame around every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.actors import Actor
from core.models import User
from masterdata.models import Delegation, Role
from portal.web import format as fmt
from portal.web.navigation import bottom_bar, navigation
from portal.web.parts import Delegation as DelegationBand
from portal.web.parts import FacilityChoice, Person, Shell
from portal.web.preferences import facility_chosen, own_facilities, theme_chosen
from portal.work import badges


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the actor and the frame. People who are not signed in get the theme only."""
    actor: Actor | None = getattr(request, "actor", None)
    if not actor:
        return {"shell": Shell(theme=theme_chosen(request), demo=settings.DEMO)}
    # a fragment never asks for the frame, so it costs nothing there
    return {"actor": actor, "shell": SimpleLazyObject(lambda: frame(request, actor))}


def frame(request: HttpRequest, actor: Actor) -> Shell:
    """The frame of a signed-in person: two statements, one more when somebody lent them a role."""
    sections = navigation(actor, request.path, badges(actor, facility_id=facility_chosen(request)))
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - an actor exists only for a signed-in user
    return Shell(
        person=Person(name=user.name, title=user.title, email=user.email, initials=fmt.initials(user.name)),
        nav=sections,
        bottom=bottom_bar(actor, sections),
        facilities=facilities(request, actor),
        delegations=delegations(actor),
        theme=theme_chosen(request),
        demo=settings.DEMO,
    )


def facilities(request: HttpRequest, actor: Actor) -> list[FacilityChoice]:
    """The facilities of the actor, after "all mine" when there are several."""
    rows = own_facilities(request)
    chosen = facility_chosen(request)
    choices = [
        FacilityChoice(value=row.code, label=row.name, selected=row.pk == chosen or len(rows) == 1) for row in rows
    ]
    if len(rows) == 1:
        return choices
    return [
        FacilityChoice(value="", label="All mine", selected=not any(choice.selected for choice in choices)),
        *choices,
    ]


def delegations(actor: Actor) -> list[DelegationBand]:
    if not actor.delegated:
        return []
    lent = Delegation.objects.filter(delegate=actor.user_id, lender__in={lender for _, lender in actor.delegated})
    return [
        DelegationBand(lender=lender, role=Role(role).label.lower(), until=fmt.day(ends_on))
        for lender, role, lender_id, ends_on in lent.values_list("lender__name", "role", "lender_id", "ends_on")
        if (role, lender_id) in actor.delegated
    ]
