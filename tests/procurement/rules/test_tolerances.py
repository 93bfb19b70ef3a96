"""Empty means no limit, zero means no difference allowed, the most specific wins."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rules.tolerances import ZERO_TOLERANCE, Limit, most_specific

D = Decimal


def limit(percent: str | None = None, amount: str | None = None, combine: str = "both", **more: object) -> Limit:
    return Limit(
        kind="price_over", percent=None if percent is None else D(percent), amount=None if amount is None else D(amount),
        combine=combine, **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tolerance", "percent", "amount", "allowed"),
    [
        (limit(), "900", "1000000", True),
        (limit("0", "0"), "0", "0", True),
        (limit("0", "0"), "0.01", "0.01", False),
        (limit("2"), "2", "1000", True),
        (limit("2"), "2.0001", "0.01", False),
        (limit(None, "5"), "90", "5.00", True),
        (limit(None, "5"), "0.1", "5.01", False),
        (limit("2", "5"), "2", "5", True),
        (limit("2", "5"), "2", "5.01", False),
        (limit("2", "5"), "2.1", "5", False),
        (limit("2", "5", "either"), "2.1", "5", True),
        (limit("2", "5", "either"), "2", "500", True),
        (limit("2", "5", "either"), "2.1", "5.01", False),
        (limit("0", None), "0.5", "0.01", False),
    ],
)
def test_what_a_limit_allows(tolerance: Limit, percent: str, amount: str, allowed: bool) -> None:
    assert tolerance.allows(percent=D(percent), amount=D(amount)) is allowed


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        (limit(), "no limit (network)"),
        (limit("0", "0"), "no difference allowed (network)"),
        (limit("0"), "no difference allowed (network)"),
        (limit("2.50"), "2.5 % (network)"),
        (limit(None, "1250"), "1,250.00 USD (network)"),
        (limit("2", "5"), "2 % or 5.00 USD, whichever is lower (network)"),
        (limit("2", "5", "either", scope="supplier Beta"), "2 % or 5.00 USD, whichever is higher (supplier Beta)"),
        (limit("2", valid_from=date(2026, 10, 1)), "2 % (network, since 1 Oct 2026)"),
    ],
)
def test_a_limit_says_itself_in_words(tolerance: Limit, words: str) -> None:
    assert tolerance.words("USD") == words


NETWORK, FACILITY = limit("1"), limit("2", facility_id=1)
CATEGORY, SUPPLIER = limit("3", category="implant"), limit("4", supplier_id=9)


@pytest.mark.parametrize(
    ("limits", "wins"),
    [
        ((NETWORK,), NETWORK),
        ((NETWORK, FACILITY), FACILITY),
        ((FACILITY, CATEGORY, NETWORK), CATEGORY),
        ((SUPPLIER, CATEGORY, FACILITY, NETWORK), SUPPLIER),
        ((limit("5", facility_id=2), limit("6", supplier_id=8), limit("7", category="lab"), NETWORK), NETWORK),
        ((SUPPLIER, both := limit("8", supplier_id=9, category="implant")), both),
    ],
)
def test_the_most_specific_limit_wins(limits: tuple[Limit, ...], wins: Limit) -> None:
    found = most_specific(limits, kind="price_over", facility_id=1, supplier_id=9, category="implant")
    assert found is wins
    backwards = most_specific(limits[::-1], kind="price_over", facility_id=1, supplier_id=9, category="implant")
    assert backwards is wins


def test_without_any_limit_no_difference_is_allowed() -> None:
    found = most_specific([NETWORK], kind="tax", facility_id=1, supplier_id=9, category=None)
    assert not found.allows(percent=D("0.01"), amount=D("0.01"))
    assert found.words("USD") == f"no difference allowed ({ZERO_TOLERANCE})"


money = st.decimals("0.01", "99999", places=2)
bound = st.none() | st.decimals(0, 200, places=2)


@given(bound, bound, st.sampled_from(["both", "either"]), money, money)
def test_the_margin_left_is_not_negative_exactly_where_the_difference_is_allowed(
    percent: Decimal | None, amount: Decimal | None, combine: str, difference: Decimal, expected: Decimal
) -> None:
    tolerance = Limit(kind="price_over", percent=percent, amount=amount, combine=combine)
    left = tolerance.margin(amount=difference, expected=expected)
    # compared as amounts on both sides: a quotient of Decimals is rounded, a product of these is not
    allowed = tolerance.allows(percent=difference / expected * 100, amount=difference)
    if left is None:
        assert tolerance.unlimited
        assert allowed
    elif left != 0:
        assert (left > 0) is allowed
