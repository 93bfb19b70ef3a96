"""First expiry first; a blank expiry last; all of it or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.fefo import LotOnHand, pick

D = Decimal


def lot(number: int, quantity: str, expiry: date | None = None) -> LotOnHand:
    return LotOnHand(location_id=1, lot_id=number, quantity=D(quantity), expiry=expiry)


SOON, LATER = date(2026, 12, 1), date(2027, 6, 1)


def test_the_earliest_expiry_goes_first_and_a_blank_one_last() -> None:
    blank, later, soon = lot(1, "10"), lot(2, "10", LATER), lot(3, "10", SOON)
    assert pick([blank, later, soon], D(25)) == [(soon, D(10)), (later, D(10)), (blank, D(5))]


def test_exactly_what_is_there_may_be_taken() -> None:
    assert pick([lot(1, "10")], D(10)) == [(lot(1, "10"), D(10))]


def test_too_little_gives_nothing_at_all() -> None:
    assert pick([lot(1, "10"), lot(2, "5")], D("15.0001")) == []


def test_an_empty_lot_is_passed_over() -> None:
    assert pick([lot(1, "0", SOON), lot(2, "5", LATER)], D(5)) == [(lot(2, "5", LATER), D(5))]


lots = st.lists(
    st.builds(
        lot, st.integers(1, 50), st.decimals(0, 500, places=2).map(str), st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1))
    ),
    max_size=8, unique_by=lambda each: each.lot_id,
)  # fmt: skip


@given(lots, st.decimals(0, 1000, places=2))
def test_it_takes_what_is_wanted_and_never_more_than_a_lot_holds(held: list[LotOnHand], wanted: Decimal) -> None:
    taken = pick(held, wanted)
    total = sum((quantity for _, quantity in taken), D(0))
    assert total == (wanted if sum((each.quantity for each in held), D(0)) >= wanted else 0)
    assert all(0 < quantity <= each.quantity for each, quantity in taken)
    left_behind = [each for each in held if each.quantity and each not in [chosen for chosen, _ in taken]]
    last = max((each.expiry or date.max for each, _ in taken), default=date.min)
    assert all((each.expiry or date.max) >= last for each in left_behind)
    assert all(quantity == each.quantity for each, quantity in taken[:-1]), "a lot is emptied before the next is opened"
