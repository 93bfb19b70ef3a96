"""Set-based writes: one statement for any number of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models


def bulk_set(
    model: type[models.Model], rows: Mapping[int, Mapping[str, Any]] | Iterable[tuple[int, Mapping[str, Any]]]
) -> int:
    """Set fields of many rows by primary key in one `UPDATE … FROM unnest(…)`.

    Every row names the same fields (attnames such as `supplier_id` for foreign keys). Rows are locked in key order of the
    array, so give them sorted when several writers may meet. Returns the number of rows changed.
    """
    items: Sequence[tuple[int, Mapping[str, Any]]] = list(rows.items() if isinstance(rows, Mapping) else rows)
    if not items:
        return 0
    names = list(items[0][1])
    fields = [next(f for f in model._meta.concrete_fields if name in (f.name, f.attname)) for name in names]
    quote = connection.ops.quote_name
    columns = [quote(str(f.column)) for f in fields]
    casts = [f.db_type(connection) for f in fields]
    casts = [{"serial": "integer", "bigserial": "bigint"}.get(str(c), str(c)) for c in casts]
    # JSON goes as one document: escaping its quotes inside an array literal costs more than the update
    arrays = [
        "jsonb_array_elements(%s::jsonb)" if cast == "jsonb" else f"unnest(%s::{cast}[])" for cast in ["bigint", *casts]
    ]
    table = quote(model._meta.db_table)
    assignments = ", ".join(
        f"{column} = " + (f"nullif(v.{column}, 'null')" if cast == "jsonb" else f"v.{column}")
        for column, cast in zip(columns, casts, strict=True)
    )
    sql = (
        f"UPDATE {table} AS t SET {assignments} "  # noqa: S608 - names come from the model, values are parameters
        f"FROM ROWS FROM ({', '.join(arrays)}) AS v(pk, {', '.join(columns)}) "
        f"WHERE t.{quote(str(model._meta.pk.column))} = v.pk"
    )
    params: list[Any] = [[key for key, _ in items]]
    for name, field, cast in zip(names, fields, casts, strict=True):
        column = [values[name] for _, values in items]
        if cast == "jsonb":
            params.append(json.dumps(column, cls=getattr(field, "encoder", None)))
        else:
            params.append([field.get_db_prep_save(value, connection) for value in column])
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
