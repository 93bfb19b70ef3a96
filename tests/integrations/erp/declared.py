"""What a test of the contract suite needs an adapter to declare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from integrations.erp.base import Capabilities

T = TypeVar("T", bound=Callable[..., None])


def needs(**wanted: Any) -> Callable[[T], T]:
    """Only for adapters whose capabilities have these values."""

    def mark(function: T) -> T:
        function.needs = wanted  # type: ignore[attr-defined]
        return function

    return mark


def declares(function: Callable[..., Any], capabilities: Capabilities) -> bool:
    """Whether an adapter with these capabilities is to pass a test."""
    wanted: dict[str, Any] = getattr(function, "needs", {})
    return all(getattr(capabilities, name) == value for name, value in wanted.items())
