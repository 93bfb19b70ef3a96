"""What the frame around every page needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.actors import Actor
from core.models import User
from core.packed import packed
from masterdata.models import Delegation, Role
from masterdata.selectors import facilities_visible
from portal.web import format as fmt
from portal.web.navigation import bottom_bar, navigation
from portal.web.parts import Delegation as DelegationBand
from portal.web.parts import FacilityChoice, Person, Shell
from portal.web.preferences import facility_chosen, theme_chosen
from portal.work import badges


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the actor and the frame. People who are not signed in get the theme only."""
    actor: Actor | None = getattr(request, "actor", None)
    if not actor:
        return {"shell": Shell(theme=theme_chosen(request), demo=settings.DEMO)}
    # a fragment never asks for the frame, so it costs nothing there
    return {"actor": actor, "shell": SimpleLazyObject(lambda: frame(request, actor))}


def frame(request: HttpRequest, actor: Actor) -> Shell:
    """The frame of a signed-in person, in one statement."""
    counts, beside = badges(
        actor, facility_id=facility_chosen(request),
        beside=JSONObject(
            facilities=packed(facilities_visible(actor), value="code", label="name", pk="pk"),
            **(_lent(actor) if actor.delegated else {}),
        ),
    )  # fmt: skip
    sections = navigation(actor, request.path, counts)
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - an actor exists only for a signed-in user
    return Shell(
        person=Person(name=user.name, title=user.title, email=user.email, initials=fmt.initials(user.name)),
        nav=sections,
        bottom=bottom_bar(actor, sections),
        facilities=_facilities(beside["facilities"] or [], facility_chosen(request)),
        delegations=[
            DelegationBand(
                lender=each["lender"], role=Role(each["role"]).label.lower(), until=fmt.day(date.fromisoformat(each["until"]))
            )
            for each in beside.get("delegations") or []
            if (each["role"], each["lender_id"]) in actor.delegated
        ],
        theme=theme_chosen(request),
        demo=settings.DEMO,
    )  # fmt: skip


def _facilities(rows: Sequence[Mapping[str, Any]], chosen: int | None) -> list[FacilityChoice]:
    """The facilities of the actor, after "all mine" when there are several."""
    choices = [
        FacilityChoice(value=row["value"], label=row["label"], selected=row["pk"] == chosen or len(rows) == 1)
        for row in rows
    ]
    if len(rows) == 1:
        return choices
    return [
        FacilityChoice(value="", label="All mine", selected=not any(choice.selected for choice in choices)),
        *choices,
    ]


def _lent(actor: Actor) -> dict[str, Combinable]:
    lent = Delegation.objects.filter(delegate=actor.user_id, lender__in={lender for _, lender in actor.delegated})
    names = {"lender_id": "lender_id", "lender": "lender__name", "role": "role", "until": "ends_on"}
    return {"delegations": packed(lent.order_by("ends_on", "id"), **names)}
