"""How Tryton writes values, and one signed-in session of its REST interface within a deadline."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.erp.agreed import NotAgreed
from integrations.erp.base import Connection
from integrations.erp.rest_erp.http import Got, exchange
from integrations.remote import Answer, Outcome

Row = dict[str, Any]


class Stopped(Exception):
    """What was asked did not work; the answer says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer


def encode(value: object) -> object:
    """A value JSON has no form for."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(value, name) for name in names}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} cannot be told to Tryton.")


def decode(value: Any) -> Any:
    """A value as Tryton wrote it, however deep. Raises NotAgreed for a class of values nobody knows."""
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    try:
        if kind is None:
            return {name: decode(each) for name, each in value.items()}
        parts = {name: each for name, each in value.items() if name != "__class__"}
        if kind == "Decimal":
            return Decimal(parts["decimal"])
        return {"date": date, "datetime": datetime}[kind](**parts)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise NotAgreed(f"{value} is no value") from None


def packed(value: object) -> str:
    """A value inside an address or header: URL-safe base64, its padding kept."""
    return base64.urlsafe_b64encode(json.dumps(value, default=encode).encode()).decode()


class Session:
    """Requests that end together, `deadline` seconds after the first. Every failure is a Stopped with its classed answer.

    A failure after something was written is in doubt even where the failing request was not.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ends = time.monotonic() + connection.deadline
        self.wrote = False

    def find(self, model: str, domain: Sequence[Any], fields: Sequence[str], **paging: Any) -> list[Row]:
        """The records of a model that a domain describes. `order` is [[field, "ASC"]], `size` the most."""
        query = f"?d={packed(domain)}{_asked(fields)}"
        if "order" in paging:
            query += f"&o={packed(paging['order'])}"
        if "size" in paging:
            query += f"&s={paging['size']}"
        got = self._call("GET", model + query)
        rows = got.get("results")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NotAgreed(f"the list of {model} is missing")
        return rows

    def get(self, model: str, number: int, fields: Sequence[str]) -> Row:
        """One record."""
        return self._call("GET", f"{model}/{number}?{_asked(fields)[1:]}")

    def create(self, model: str, values: Mapping[str, Any], fields: Sequence[str]) -> Row:
        """A new record."""
        return self._call("POST", f"{model}?{_asked(fields)[1:]}", values)

    def write(self, model: str, number: int, values: Mapping[str, Any], fields: Sequence[str]) -> Row:
        """Change a record."""
        return self._call("PUT", f"{model}/{number}?{_asked(fields)[1:]}", values)

    def press(self, model: str, number: int, button: str, fields: Sequence[str]) -> Row:
        """Do what a button does."""
        return self._call("POST", f"{model}/{number}/{button}?{_asked(fields)[1:]}", {})

    def delete(self, model: str, number: int) -> None:
        """Delete a record."""
        self._call("DELETE", f"{model}/{number}")

    @property
    def company(self) -> int:
        """The company we buy for."""
        return int(self.connection.option("company") or 1)

    def _call(self, method: str, path: str, values: Mapping[str, Any] | None = None) -> Row:
        option = self.connection.option
        # without the company, Tryton leaves everything empty that depends on it; asking for warnings to be skipped is nobody's right
        context = packed({"company": self.company, "language": "en"})
        got = exchange(
            method, option("base_url"), f"/{quote(option('database'), safe='')}/rest/model/{path}",
            token=self.connection.secret("token"), deadline=max(self.ends - time.monotonic(), 0.05),
            content=None if values is None else json.dumps(values, default=encode).encode(),
            more_headers=[("X-Tryton-Context", context)],
        )  # fmt: skip
        if got.failure:
            raise Stopped(self._classed(got))
        self.wrote = self.wrote or method != "GET"
        row: Row = decode(dict(got.body))
        return row

    def _classed(self, got: Got) -> Answer:
        failure = got.failure
        assert failure is not None  # noqa: S101 - the caller looked
        if failure.outcome == Outcome.CONTRACT:
            # Tryton says "Unable to get RPC method" in HTML for every defect of its own
            words = "Tryton had an error of its own; its administrator finds it in Tryton's log."
            return replace(failure, detail=words)
        return failure


def _asked(fields: Sequence[str]) -> str:
    return "".join(f"&f={field}" for field in fields)
