"""Numbers and days as people type and paste them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from core.errors import Invalid
from portal.web.page import Typed, typed_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", "12"), (" 1.5 ", "1.5"), ("1,200", "1200"), ("1,234,567.25", "1234567.25"), ("1 200", "1200"),
     ("1\u00a0200.5", "1200.5"), ("\t7\n", "7"), (".5", "0.5"), ("3.", "3"), ("-2", "-2"), ("+4", "4")],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(text: str, value: str) -> None:
    assert typed_number(text, field="quantity") == D(value)


@pytest.mark.parametrize(
    "text",
    ["1,5", "0,25", "12,34", "1,2000", "1.200,50", "1,,200", ",5", "1e3", "1_000", "NaN", "Infinity", "１２", "٣", "12 BX",
     "1.00001", "1000000000", "", "  ", "\0", "."],
)  # fmt: skip
def test_what_could_mean_another_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        typed_number(text, field="quantity")
    assert refused.value.findings[0].field == "quantity"


def test_a_decimal_comma_is_told_how_to_write_it() -> None:
    with pytest.raises(Invalid) as refused:
        typed_number("1,5", field="quantity")
    assert "with a point, such as 1.5" in refused.value.findings[0].remedy


def test_a_form_tells_all_that_cannot_be_read_at_once() -> None:
    typed = Typed()
    assert typed.number("1,5", field="a") == 0
    assert typed.number("2", field="b") == 2
    assert typed.day("31.12.2026", field="c") is None
    assert typed.day("2026-12-31", field="d") == date(2026, 12, 31)
    with pytest.raises(Invalid) as refused:
        typed.check()
    assert refused.value.message == "2 fields cannot be read."
    assert [finding.field for finding in refused.value.findings] == ["a", "c"]
