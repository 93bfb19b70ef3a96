"""Packs and prices: every conversion goes through the base unit, a unit that is not defined is never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata.rules.offers import ItemFacts, Offer, UnknownUnit, price_text, round_money, round_price

D = Decimal


def offer(supplier: int = 1, price: str = "8.42", multiplier: str = "100", **more: object) -> Offer:
    return Offer(
        supplier_id=supplier, supplier_name=f"S{supplier}", supplier_part="P", unit="BX", multiplier=D(multiplier),
        price=D(price), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def item(*offers: Offer, **packs: str) -> ItemFacts:
    return ItemFacts(
        item_id=1, number="IT-1", description="Glove", category="medsurg", base_unit="EA", status="active",
        packs={unit: D(multiplier) for unit, multiplier in packs.items()}, offers=offers,
    )  # fmt: skip


def test_the_base_unit_needs_no_pack() -> None:
    assert item().multiplier("EA") == 1


def test_a_pack_gives_its_exact_multiplier() -> None:
    assert item(BX="100", CA="1000").multiplier("CA") == 1000


def test_an_unknown_unit_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownUnit, match=r"IT-1 has no unit CS; it comes in EA, BX, CA\."):
        item(BX="100", CA="1000").multiplier("CS")


BREAKS = ((D(10), D("8.00")), (D(50), D("7.50")))


@pytest.mark.parametrize(
    ("base", "price"),
    [("100", "8.42"), ("999", "8.42"), ("1000", "8.00"), ("4999", "8.00"), ("5000", "7.50"), ("900000", "7.50")],
)
def test_quantity_breaks_begin_exactly_at_their_quantity(base: str, price: str) -> None:
    assert offer(breaks=BREAKS).price_for(D(base)) == D(price)


def test_prices_of_different_packs_are_compared_per_base_unit() -> None:
    box, case = offer(1, "8.42", "100"), offer(2, "79.00", "1000")
    assert item(box, case).best_offer(D(1000)) is case


def test_a_contract_goes_before_a_lower_price() -> None:
    contracted, cheaper = offer(1, "9.00", contract_line_id=7), offer(2, "8.00")
    assert item(contracted, cheaper).best_offer(D(100)) is contracted


def test_among_equal_prices_the_preferred_supplier_wins() -> None:
    plain, preferred = offer(1), offer(2, preferred=True)
    assert item(plain, preferred).best_offer(D(100)) is preferred


def test_a_named_supplier_is_taken_even_off_contract() -> None:
    contracted, named = offer(1, contract_line_id=7), offer(2, "9.90")
    assert item(contracted, named).best_offer(D(100), supplier_id=2) is named


def test_nobody_sells_it() -> None:
    assert item(offer(1)).best_offer(D(100), supplier_id=2) is None


@pytest.mark.parametrize(
    ("value", "money", "price"),
    [
        ("0.005", "0.01", "0.0050"),
        ("2.675", "2.68", "2.6750"),
        ("-2.675", "-2.68", "-2.6750"),
        ("1.00005", "1.00", "1.0001"),
    ],
)
def test_money_has_two_decimals_and_prices_four_half_up(value: str, money: str, price: str) -> None:
    assert str(round_money(D(value))) == money
    assert str(round_price(D(value))) == price


@pytest.mark.parametrize(
    ("value", "text"),
    [("8.42", "8.42"), ("8.4", "8.40"), ("0.0842", "0.0842"), ("1234.125", "1,234.125"), ("3", "3.00")],
)
def test_a_price_is_written_with_as_many_decimals_as_matter(value: str, text: str) -> None:
    assert price_text(D(value)) == text


@given(
    st.lists(
        st.builds(
            offer, st.integers(1, 9), st.decimals("0.01", "999", places=2).map(str),
            st.sampled_from(["1", "10", "100", "1000"]), contract_line_id=st.none() | st.integers(1, 99),
        ),
        min_size=1, max_size=8,
    ),
    st.decimals(1, 100_000, places=0),
)  # fmt: skip
def test_no_other_offer_of_the_same_standing_is_cheaper(offers: list[Offer], base: Decimal) -> None:
    best = item(*offers).best_offer(base)
    assert best is not None
    assert best.on_contract == any(each.on_contract for each in offers)
    rivals = [each for each in offers if each.on_contract == best.on_contract]
    assert all(best.price_per_base(base) <= each.price_per_base(base) for each in rivals)
