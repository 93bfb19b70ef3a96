"""Canonical documents as JSON and back; the two are exact inverses."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

from integrations.canonical.documents import KINDS, VERSION, Document

_T = TypeVar("_T")
_Reader = Callable[[Any, str], Any]
_NAMES: Final = {cls: kind for kind, cls in KINDS.items()}


class CanonicalError(ValueError):
    """The JSON is not such a document. `path` says where ("lines.2.quantity")."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'document'}: {message}")
        self.path = path


def kind_of(doc: Document) -> str:
    """The document's kind, as `from_json` wants it ("order", "ship_notice", …)."""
    return _NAMES[type(doc)]


def to_json(doc: Document) -> dict[str, Any]:
    """The document as JSON values: Decimals as strings, days and moments in ISO 8601, with its kind (as `document`) and `version`."""
    return {"document": kind_of(doc), "version": VERSION, **_plain_fields(doc)}


def from_json(kind: str, data: Mapping[str, Any]) -> Document:
    """The document that `to_json` wrote. Raises `CanonicalError` for another kind, version or layout."""
    cls: Any = KINDS.get(kind)
    if cls is None:
        raise CanonicalError("", f"there is no document kind {kind!r}; known are {', '.join(KINDS)}.")
    if data.get("document") != kind:
        raise CanonicalError("document", f"expected {kind!r}, got {data.get('document')!r}.")
    if data.get("version") != VERSION:
        raise CanonicalError("version", f"this version reads {VERSION}, got {data.get('version')!r}.")
    body = {name: value for name, value in data.items() if name not in ("document", "version")}
    doc: Document = _reader(cls)(body, "")
    return doc


def revised(record: _T, **changes: Any) -> _T:
    """A copy of a document, or of a part of one, with some of its fields changed."""
    copy: _T = structs.replace(record, **changes)  # type: ignore[type-var]
    return copy


def is_record(cls: Any) -> bool:
    """Whether a class is made of named fields: a document, a part of one, or a dataclass."""
    return isinstance(cls, type) and (issubclass(cls, Struct) or dataclasses.is_dataclass(cls))


@cache
def fields_of(cls: Any) -> Mapping[str, bool]:
    """The names of a record's fields in their order, and whether each of them must be given."""
    if issubclass(cls, Struct):
        return {field.name: field.required for field in structs.fields(cls)}
    missing = dataclasses.MISSING
    return {f.name: f.default is missing and f.default_factory is missing for f in dataclasses.fields(cls)}


def plain(value: Any) -> dict[str, Any]:
    """Any record of plain values as JSON values; `read_as` is its inverse."""
    return _plain_fields(value)


def read_as(cls: Callable[..., _T], data: Any) -> _T:
    """The record that `plain` wrote. Raises `CanonicalError` for another layout."""
    value: _T = _reader(cls)(data, "")
    return value


def _plain_fields(value: Any) -> dict[str, Any]:
    return {name: _plain(getattr(value, name)) for name in fields_of(value.__class__)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if is_record(type(value)):
        return _plain_fields(value)
    return value


def _scalar(kind: type, name: str) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if type(value) is not kind:
            raise CanonicalError(path, f"expected {name}, got {value!r}.")
        return value

    return read


def _read_decimal(value: Any, path: str) -> Decimal:
    if not isinstance(value, str) or not value.isascii():
        raise CanonicalError(path, f"expected a decimal number as text, got {value!r}.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise CanonicalError(path, f"{value!r} is not a decimal number.") from None
    if not number.is_finite():
        raise CanonicalError(path, f"{value!r} is not a finite number.")
    return number


def _read_day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CanonicalError(path, f"expected a day like 2026-01-31, got {value!r}.") from None


def _read_moment(value: Any, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise CanonicalError(path, f"expected a moment like 2026-01-31T12:00:00+00:00, got {value!r}.") from None
    if moment.tzinfo is None:
        raise CanonicalError(path, f"{value!r} has no time zone.")
    return moment.astimezone(UTC)


def _map_reader(inner: _Reader) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise CanonicalError(path, "expected an object of texts.")
        prefix = f"{path}." if path else ""
        return {name: inner(item, f"{prefix}{name}") for name, item in value.items()}

    return read


_SCALARS: Final[Mapping[Any, _Reader]] = {
    str: _scalar(str, "text"),
    int: _scalar(int, "a whole number"),
    bool: _scalar(bool, "true or false"),
    Decimal: _read_decimal,
    date: _read_day,
    datetime: _read_moment,
}


@cache
def _reader(hint: Any) -> _Reader:
    """The function that reads one value of the type `hint`; made once per type."""
    origin = get_origin(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is Literal:
        return _choice_reader(get_args(hint))
    if origin is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if origin in (types.UnionType, Union):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda value, path: None if value is None else inner(value, path)
    if is_record(hint):
        return _object_reader(hint)
    return _map_reader(_reader(get_args(hint)[1]))


def _choice_reader(choices: tuple[str, ...]) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if value not in choices:
            raise CanonicalError(path, f"expected one of {', '.join(choices)}, got {value!r}.")
        return value

    return read


def _list_reader(inner: _Reader) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            raise CanonicalError(path, "expected a list.")
        prefix = f"{path}." if path else ""
        return tuple(inner(item, f"{prefix}{index}") for index, item in enumerate(value))

    return read


def _object_reader(cls: Any) -> _Reader:
    hints = get_type_hints(cls)
    readers = {name: _reader(hints[name]) for name in fields_of(cls)}
    required = {name for name, needed in fields_of(cls).items() if needed}

    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise CanonicalError(path, "expected an object.")
        prefix = f"{path}." if path else ""
        if missing := sorted(required - value.keys()):
            raise CanonicalError(f"{prefix}{missing[0]}", "is missing.")
        if unknown := sorted(value.keys() - readers.keys()):
            raise CanonicalError(f"{prefix}{unknown[0]}", "is not a field of this document.")
        return cls(**{name: readers[name](item, f"{prefix}{name}") for name, item in value.items()})

    return read
