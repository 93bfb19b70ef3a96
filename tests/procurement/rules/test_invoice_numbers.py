"""The same supplier number in another spelling is the same invoice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rules.invoice_numbers import normalize_number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("INV-00123", "inv 123", True),
        ("0088123", "88123", True),
        ("A-1/2026", "a12026", True),
        ("INV-0", "INV0", True),
        ("100", "10", False),
        ("INV-1001", "INV-101", False),
        ("INV1A", "INV1B", False),
    ],
)
def test_same_number(one: str, other: str, same: bool) -> None:
    assert (normalize_number(one) == normalize_number(other)) is same


@given(st.text(max_size=30))
def test_normalizing_twice_changes_nothing(number: str) -> None:
    assert normalize_number(normalize_number(number)) == normalize_number(number)
