"""What the frame around every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the actor. Empty for people who are not signed in."""
    actor = getattr(request, "actor", None)
    return {"actor": actor} if actor else {}
