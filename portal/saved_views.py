"""Filters that a person keeps: read, kept, forgotten. A view is its owner's alone."""

from __future__ import annotations

from core.actors import Actor
from core.errors import Finding, Invalid
from portal.models import SavedView

MOST = 12


def views_of(actor: Actor, page: str) -> list[SavedView]:
    """The person's views of one list, by name."""
    return list(SavedView.objects.filter(user=actor.user_id, page=page))


def view_save(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces it. Raises Invalid."""
    name = " ".join(name.split())[:40]
    if not name:
        message = "Give the view a name."
        raise Invalid(message, findings=[Finding(code="name_missing", field="name", message=message)])
    if SavedView.objects.filter(user=actor.user_id, page=page).exclude(name=name).count() >= MOST:
        raise Invalid(f"You keep {MOST} views of this list already. Forget one first.", code="too_many")
    view, _ = SavedView.objects.update_or_create(
        user_id=actor.user_id, page=page, name=name, defaults={"query": query.lstrip("?")[:500]}
    )
    return view


def view_forget(*, actor: Actor, page: str, name: str) -> None:
    SavedView.objects.filter(user=actor.user_id, page=page, name=name).delete()
