"""Whole rows of several models from one hand-written join, for the hottest acts.

There the ORM needs longer to build a statement than PostgreSQL to run it. Use it where a benchmark says so, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model


def read_rows(
    models: Mapping[str, type[Model]], tail: str, params: Mapping[str, Any], *, extra: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """One tuple per row: an instance per alias of `models` (None where an outer join found nothing), then the `extra` expressions.

    `tail` is everything from FROM on, in SQL of ours; values come as `%(name)s` only.
    """
    shapes = [_shape(alias, model) for alias, model in models.items()]
    columns = ", ".join([*(shape[0] for shape in shapes), *extra])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {tail}", params)
        return [_row(row, shapes) for row in cursor.fetchall()]


_Shape = tuple[str, type[Model], list[str], list[tuple[int, Callable[..., Any]]]]


@lru_cache
def _shape(alias: str, model: type[Model]) -> _Shape:
    fields = model._meta.concrete_fields
    columns = ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in fields)
    converters = [(n, each) for n, field in enumerate(fields) for each in field.get_db_converters(connection)]
    return columns, model, [field.attname for field in fields], converters


def _row(row: tuple[Any, ...], shapes: Sequence[_Shape]) -> tuple[Any, ...]:
    found: list[Any] = []
    at = 0
    for _, model, names, converters in shapes:
        values = list(row[at : at + len(names)])
        at += len(names)
        if values[0] is None:
            found.append(None)
            continue
        for n, convert in converters:
            values[n] = convert(values[n], None, connection)
        found.append(model.from_db(connection.alias, names, values))
    return (*found, *row[at:])
