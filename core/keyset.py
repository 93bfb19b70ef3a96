"""Pages by keyset: the same cost at any depth, and nothing is skipped or doubled while rows are added."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, Q, QuerySet

from core.errors import Invalid

T = TypeVar("T", bound=Model)
MAX_PAGE = 200
BY_ID = "id"


@dataclass(frozen=True)
class Page(Generic[T]):
    """`rows` of this page; `next` is the cursor of the following one, empty at the end."""

    rows: list[T]
    next: str = ""


@dataclass(frozen=True)
class Order:
    """By a field (a path over relations too), then by id. Rows without a value come last, in both directions.

    An index of (field, id) serves both directions.
    """

    field: str = BY_ID
    descending: bool = False


NEWEST = Order(descending=True)


def page(found: QuerySet[T, Any], *, after: str = "", size: int = 50, order: Order = NEWEST) -> Page[T]:
    """One page in an order. `after` is the cursor the previous page gave. Raises Invalid for a cursor that is none of this order.

    One statement; one more where the field may be empty and the rows with a value do not fill the page.
    """
    size = max(1, min(size, MAX_PAGE))
    if order.field == BY_ID:
        shown = list(_by_id(found, order, _plain(after))[: size + 1])
    else:
        shown = _by_field(found, order, _read(found.model, order, after), size + 1)
    more = len(shown) > size
    shown = shown[:size]
    return Page(shown, _write(shown[-1], order) if more else "")


def sorted_by(found: QuerySet[T, Any], order: Order) -> QuerySet[T, Any]:
    """The whole list in an order, for an export."""
    if order.field == BY_ID:
        return _by_id(found, order, None)
    path = F(order.field)
    first = path.desc(nulls_last=True) if order.descending else path.asc(nulls_last=True)
    return found.order_by(first, "-id" if order.descending else "id")


def comes_after(row: Model, other: Model, order: Order) -> bool:
    """Whether a row stands behind another (which may have left the list) in an order."""
    mine, theirs = _value(row, order), _value(other, order)
    if (mine is None) != (theirs is None):
        return mine is None
    one, two = ((row.pk,), (other.pk,)) if mine is None else ((mine, row.pk), (theirs, other.pk))
    return one < two if order.descending else one > two


def _by_id(found: QuerySet[T, Any], order: Order, after: int | None) -> QuerySet[T, Any]:
    ordered = found.order_by("-id" if order.descending else "id")
    return ordered if after is None else ordered.filter(**{f"id__{_than(order)}": after})


def _by_field(found: QuerySet[T, Any], order: Order, after: tuple[Any, int] | None, wanted: int) -> list[T]:
    """Rows with a value first, then those without: two ranges of one index, where a single condition would scan."""
    rows: list[T] = []
    if after is None or after[0] is not None:
        sign = "-" if order.descending else ""
        valued = found.filter(**{f"{order.field}__isnull": False}).order_by(f"{sign}{order.field}", f"{sign}id")
        if after is not None:
            value, pk = after
            than = _than(order)
            # the first condition is implied by the second; it is what an index can seek
            valued = valued.filter(**{f"{order.field}__{than}e": value}).filter(
                Q(**{f"{order.field}__{than}": value}) | Q(**{order.field: value, f"id__{than}": pk})
            )
        rows = list(valued[:wanted])
    if len(rows) < wanted and _may_be_empty(found.model, order.field):
        past = after[1] if after is not None and after[0] is None else None
        empty = _by_id(found.filter(**{f"{order.field}__isnull": True}), order, past)
        rows += list(empty[: wanted - len(rows)])
    return rows


def _than(order: Order) -> str:
    return "lt" if order.descending else "gt"


def _fields(model: type[Model], path: str) -> list[Field[Any, Any]]:
    found: list[Field[Any, Any]] = []
    for name in path.split("__"):
        field: Any = model._meta.get_field(name)
        found.append(field)
        model = field.related_model or model
    return found


def _may_be_empty(model: type[Model], path: str) -> bool:
    return any(field.null for field in _fields(model, path))


# -- the cursor ------------------------------------------------------------------------------------------------------


def _write(row: Model, order: Order) -> str:
    if order.field == BY_ID:
        return str(row.pk)
    value = _value(row, order)
    text = value.isoformat() if isinstance(value, date) else None if value is None else str(value)
    packed = json.dumps([_name(order), text, row.pk], separators=(",", ":"))
    return urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _value(row: Model, order: Order) -> Any:
    value: Any = row
    for name in order.field.split("__"):
        value = getattr(value, name, None)
    return value


def _plain(after: str) -> int | None:
    if not after:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise _no_cursor()
    return int(after)


def _read(model: type[Model], order: Order, after: str) -> tuple[Any, int] | None:
    """(value, id) of the last row shown."""
    if not after:
        return None
    try:
        name, text, pk = json.loads(urlsafe_b64decode(after[:400].encode() + b"=" * (-len(after) % 4)))
        # a value is checked by the field it belongs to: it never reaches the database as anything else
        field: Any = _fields(model, order.field)[-1]
        value = None if text is None else (field.target_field if field.is_relation else field).clean(str(text), None)
    except (binascii.Error, ValueError, TypeError, ArithmeticError, ValidationError) as error:
        raise _no_cursor() from error
    if name != _name(order) or type(pk) is not int or not 0 < pk < 2**63 or "\0" in str(text):
        raise _no_cursor()
    return value, pk


def _name(order: Order) -> str:
    return f"-{order.field}" if order.descending else order.field


def _no_cursor() -> Invalid:
    return Invalid("This page link is not valid. Start from the first page.", code="cursor_invalid")
