"""The published JSON Schemas of the canonical documents, made from the documents themselves."""

from __future__ import annotations

import types
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from integrations.canonical.codec import fields_of, is_record
from integrations.canonical.documents import KINDS, VERSION

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?([Ee][+-]?\d+)?$"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one document kind. Raises `KeyError` for a kind there is not."""
    definitions: dict[str, Any] = {}
    body = _object(KINDS[kind], definitions)
    body["properties"] = {"document": {"const": kind}, "version": {"const": VERSION}, **body["properties"]}
    body["required"] = ["document", "version", *body["required"]]
    return {"$schema": _DIALECT, "title": kind, **body, "$defs": dict(sorted(definitions.items()))}


def _object(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {
        "type": "object",
        "description": " ".join((cls.__doc__ or "").split()),
        "properties": {name: _schema(hints[name], definitions) for name in fields_of(cls)},
        "required": [name for name, needed in fields_of(cls).items() if needed],
        "additionalProperties": False,
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(hint)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0], definitions)}
    if origin in (types.UnionType, Union):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if is_record(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{name}"}
    return {"type": "object", "additionalProperties": {"type": "string"}}
