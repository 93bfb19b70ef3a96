"""Pages by keyset: the same cost at any depth, and nothing is skipped or doubled while rows are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from core.errors import Invalid

T = TypeVar("T", bound=Model)
MAX_PAGE = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """`rows` of this page; `next` is the cursor of the following one, empty at the end."""

    rows: list[T]
    next: str = ""


def page(found: QuerySet[T, Any], *, after: str = "", size: int = 50, newest_first: bool = True) -> Page[T]:
    """One page ordered by id. `after` is the cursor the previous page gave. Raises Invalid for a cursor that is none."""
    size = max(1, min(size, MAX_PAGE))
    ordered = found.order_by("-id" if newest_first else "id")
    if after:
        if not after.isascii() or not after.isdigit() or len(after) > 18:
            raise Invalid("This page link is not valid. Start from the first page.", code="cursor_invalid")
        ordered = ordered.filter(**{"id__lt" if newest_first else "id__gt": int(after)})
    rows = list(ordered[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, str(rows[-1].pk) if more else "")
