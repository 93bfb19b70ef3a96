"""JSON as strict as a purchase order deserves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 4 * 1024 * 1024
MAX_NUMBER = 40


class StrictJSONParser(BaseParser):
    """UTF-8 JSON whose numbers become Decimal. Refuses NaN, infinities, huge numbers, duplicate names and deep nesting."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ParseError(f"The body is larger than {MAX_BYTES // 1024 // 1024} MB. Send it in several requests.")
        try:
            return json.loads(
                raw.decode("utf-8"),
                parse_float=_number,
                parse_int=_whole,
                parse_constant=_constant,
                object_pairs_hook=_unique,
            )
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from None


def _number(text: str) -> Decimal:
    if len(text) > MAX_NUMBER or abs(Decimal(text).adjusted()) > MAX_NUMBER:
        raise ValueError(f"a number of more than {MAX_NUMBER} digits")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > MAX_NUMBER:
        raise ValueError(f"a number of more than {MAX_NUMBER} digits")
    return int(text)


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice in one object")
    return found
