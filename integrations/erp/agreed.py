"""What an answer must look like, and what else is in it. Used by every adapter, so that all of them notice drift alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.remote import Strange

Types = Mapping[str, type | tuple[type, ...]]
_LONGEST_EXAMPLE = 120


class NotAgreed(ValueError):
    """A required field is missing or of another type; the words say which."""


@dataclass(frozen=True)
class Agreed:
    """The fields of one kind of answer, named by `where`; fields in `others` may be missing, null or of any type."""

    where: str
    required: Types
    others: frozenset[str] = field(default_factory=frozenset)

    def check(self, body: object) -> tuple[Strange, ...]:
        """The fields nobody knows. Raises NotAgreed."""
        if not isinstance(body, Mapping):
            raise NotAgreed(f"the {self.where} is no object")
        for name, kind in self.required.items():
            if name not in body:
                raise NotAgreed(f"{name} is missing in the {self.where}")
            if not isinstance(body[name], kind) or (isinstance(body[name], bool) and kind is not bool):
                raise NotAgreed(f"{name} of the {self.where} has become a {type(body[name]).__name__}")
        return strange(self.where, {k: v for k, v in body.items() if k not in self.required and k not in self.others})


def strange(where: str, unknown: Mapping[str, Any]) -> tuple[Strange, ...]:
    """Fields nobody knows, each with what was in it."""
    return tuple(
        Strange(field=f"{where}.{name}"[:120], example=str(value)[:_LONGEST_EXAMPLE])
        for name, value in sorted(unknown.items())
    )


def each_once(found: Iterable[Strange]) -> tuple[Strange, ...]:
    """Every field once, with its first example: a page of records would say it as often as it has records."""
    first: dict[str, Strange] = {}
    for each in found:
        first.setdefault(each.field, each)
    return tuple(first.values())
