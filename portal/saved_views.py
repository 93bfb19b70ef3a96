"""Filters that a person keeps: read, kept, renamed, forgotten, opened by themselves. A view is its owner's alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import OuterRef, QuerySet

from core.actors import Actor
from core.errors import Conflict, Finding, Invalid, NotFound
from core.models import User
from core.packed import packed
from core.tally import Counting, Grouping, Tally, tallies_beside
from portal.models import SavedView

MOST = 12


@dataclass(frozen=True)
class Kept:
    """A filter with its name. `is_default`: it opens when the list is asked for without a filter."""

    name: str
    query: str
    is_default: bool


@dataclass(frozen=True)
class Around:
    """What stands around the rows of a list: the person's views by name, the counts of tabs, the groups of facets."""

    saved: Sequence[Kept]
    counts: Mapping[str, Tally]
    groups: Mapping[str, Sequence[tuple[str, str, int]]]


def around_list(
    actor: Actor,
    page: str,
    *,
    queues: Mapping[str, Counting] | None = None,
    groups: Mapping[str, Grouping] | None = None,
) -> Around:
    """Everything around a list, in one statement."""
    views = SavedView.objects.filter(user=OuterRef("pk"), page=page).order_by("name")
    kept = packed(views, name="name", query="query", is_default="is_default")
    found = tallies_beside(actor.user_id, queues=queues or {}, groups=groups, value=kept)
    return Around([Kept(**view) for view in found.value], found.counts, found.groups)


@transaction.atomic
def view_save(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces it. Raises Invalid."""
    name, mine = _name(name), _mine(actor, page)
    query = query.lstrip("?")
    if len(query) > 500:
        raise Invalid("This filter is too long to keep. Choose fewer values.", code="query_too_long")
    if mine.exclude(name=name).count() >= MOST:
        raise Invalid(f"You keep {MOST} views of this list already. Forget one first.", code="too_many")
    view, _ = SavedView.objects.update_or_create(user_id=actor.user_id, page=page, name=name, defaults={"query": query})
    return view


@transaction.atomic
def view_rename(*, actor: Actor, page: str, name: str, to: str) -> SavedView:
    """Give a view another name. Raises NotFound, Invalid, Conflict."""
    to, mine = _name(to), _mine(actor, page)
    view = mine.filter(name=name).first()
    if view is None:
        raise NotFound(f"You keep no view “{name}” of this list.")
    if mine.filter(name=to).exclude(pk=view.pk).exists():
        raise Conflict(f"You have a view “{to}” already.", code="name_taken")
    view.name = to
    view.save(update_fields=["name"])
    return view


@transaction.atomic
def view_make_default(*, actor: Actor, page: str, name: str) -> None:
    """Open the list with this view from now on; an empty name opens it plainly again. Raises NotFound."""
    mine = _mine(actor, page)
    mine.filter(is_default=True).update(is_default=False)
    if name and not mine.filter(name=name).update(is_default=True):
        raise NotFound(f"You keep no view “{name}” of this list.")


def view_forget(*, actor: Actor, page: str, name: str) -> None:
    SavedView.objects.filter(user=actor.user_id, page=page, name=name).delete()


def _mine(actor: Actor, page: str) -> QuerySet[SavedView]:
    """The views of one list, one change at a time."""
    User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    return SavedView.objects.filter(user=actor.user_id, page=page)


def _name(name: str) -> str:
    name = " ".join(name.split())[:40]
    if not name:
        message = "Give the view a name."
        raise Invalid(message, findings=[Finding(code="name_missing", field="name", message=message)])
    return name
