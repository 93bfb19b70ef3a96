"""What the ERP demands of a request body. Numbers travel as texts."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?", re.ASCII)


class Refused(Exception):
    """A business refusal: HTTP status, stable code, words, and the field that is meant."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "field": field}


def text(body: dict[str, Any], field: str, *, prefix: str = "", required: bool = True) -> str:
    """A text field."""
    value = body.get(field, "")
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Refused(422, "invalid", f"{field} must be a text.", prefix + field)
    if required and not value.strip():
        raise Refused(422, "missing", f"{field} is missing.", prefix + field)
    return value


def number(body: dict[str, Any], field: str, *, prefix: str = "", default: str | None = None) -> Decimal:
    """A decimal number written as a text."""
    value = body.get(field, default)
    if value is None:
        raise Refused(422, "missing", f"{field} is missing.", prefix + field)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Refused(422, "invalid", f"{field} must be a decimal number as a text.", prefix + field)
    return Decimal(value)


def day(body: dict[str, Any], field: str) -> str:
    """A day (YYYY-MM-DD) or nothing."""
    value = text(body, field, required=False)
    if value:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise Refused(422, "invalid", f"{field} must be a day like 2026-01-31.", field) from None
    return value


def lines(body: dict[str, Any], *, required: bool = True) -> list[dict[str, Any]]:
    """The lines: objects, each with a line number of its own where it has one."""
    value = body.get("lines", [])
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise Refused(422, "invalid", "lines must be a list of objects.", "lines")
    if required and not value:
        raise Refused(422, "missing", "There is no line.", "lines")
    return value


def line_number(line: dict[str, Any], prefix: str) -> int:
    """The number of a line."""
    value = line.get("line_number")
    if type(value) is not int or value < 1:
        raise Refused(422, "invalid", "line_number must be a whole number above 0.", f"{prefix}line_number")
    return value
