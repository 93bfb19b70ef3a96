"""Billed against ordered and received, per base unit, each finding with its own tolerance and its explanation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata.rules.offers import round_money
from procurement.rules.three_way_match import BilledInvoice, BilledLine, MatchFinding, MatchResult, OrderedLine, match
from procurement.rules.tolerances import Limit

D = Decimal
PACKS = {"EA": D(1), "BX": D(100), "CA": D(1000)}
ORDERED = OrderedLine(
    order_line_id=1, line_number=1, description="Glove", base_unit="EA", unit="BX", multiplier=D(100), price=D("8.42"),
    ordered=D(1000), received=D(1000), receipts=(("RC-1", D(1000)),), packs=PACKS, category="medsurg",
)  # fmt: skip
PRICE = Limit(kind="price_over", percent=D(2), amount=D(5))


def billed(
    quantity: str = "10", price: str = "8.42", unit: str = "BX", ordered: OrderedLine | None = ORDERED, **more: Any
) -> BilledLine:
    fields = {"multiplier": PACKS.get(unit), "amount": round_money(D(quantity) * D(price)), **more}
    return BilledLine(
        line_id=11, line_number=1, quantity=D(quantity), unit=unit, price=D(price), ordered=ordered, **fields
    )


def invoice(*lines: BilledLine, **more: Any) -> BilledInvoice:
    charges, tax = more.get("charges", D(0)), more.get("tax", D(0))
    fields = {
        "total": sum((line.amount for line in lines), D(0)) + charges + tax, "tax": tax, "charges": charges, "credit": False, **more,
    }  # fmt: skip
    return BilledInvoice(lines=lines, currency="USD", facility_id=1, supplier_id=9, **fields)


def found(result: MatchResult) -> list[tuple[str, Decimal]]:
    return [(finding.kind, finding.amount) for finding in result.findings]


def only(line: BilledLine, *limits: Limit) -> MatchFinding:
    (finding,) = match(invoice(line), limits).findings
    return finding


# --- price --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (billed(), []),
        (billed("1000", "0.0842", "EA"), []),
        (billed("1", "84.20", "CA"), []),
        (billed(price="8.50"), []),  # 0.80 and 0.95 %
        (billed(price="8.58"), []),  # 1.60 and 1.9 %
        (billed(price="8.59"), [("price", D("1.70"))]),  # 2.02 %
        (billed(price="9.42"), [("price", D("10.00"))]),
        (billed(price="8.00"), [("price", D("-4.20"))]),
        (billed(price="0"), [("price", D("-84.20"))]),
    ],
)
def test_price_per_base_unit_against_the_order(line: BilledLine, expected: list[tuple[str, Decimal]]) -> None:
    assert found(match(invoice(line), [PRICE])) == expected


def test_under_billing_blocks_only_where_it_is_limited() -> None:
    cheap, open_ended = invoice(billed(price="8.00")), Limit(kind="price_under")
    assert match(cheap, [PRICE, open_ended]).matched
    assert found(match(cheap, [PRICE])) == [("price", D("-4.20"))]


def test_percent_alone_does_not_save_a_large_amount() -> None:
    big = replace(ORDERED, ordered=D(100_000), received=D(100_000))
    assert found(match(invoice(billed("1000", "8.50", ordered=big)), [PRICE])) == [("price", D("80.00"))]
    either = replace(PRICE, combine="either")
    assert match(invoice(billed("1000", "8.50", ordered=big)), [either]).matched


def test_a_price_is_explained_with_its_rule_and_what_would_clear_it() -> None:
    finding = only(billed(price="9.42"), PRICE)
    assert finding.sentence == "Price is 1.00 per BX (11.9 %) above the order."
    assert finding.allowed == "2 % or 5.00 USD, whichever is lower (network)"
    assert finding.clears == "a credit of 10.00 USD, or an order change to 9.42 per BX"
    told = finding.explanation()
    assert told["margin"] == "-8.32"
    assert told["ordered"] == {
        "line": 1,
        "quantity": "10",
        "unit": "BX",
        "price": "8.42",
        "amount": "84.20",
        "base": "1000",
    }
    assert told["received"] == {"base": "1000", "receipts": [["RC-1", "1000"]]}
    assert told["unit_path"] == "1 BX = 100 EA"


# --- unit ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "factor", "amount", "clears"),
    [
        # the case's price for a box; the box's for a piece; the piece's for a box; nearly the case's: prices are rounded
        (billed("10", "84.20"), "10", "757.80", "a corrected invoice in CA, or a credit of 757.80 USD"),
        (billed("1000", "8.42", "EA"), "100", "8335.80", "a corrected invoice in BX, or a credit of 8,335.80 USD"),
        (billed("10", "0.0842"), "100", "-83.36", "a corrected invoice in EA"),
        (billed("10", "84.00"), "10", "755.80", "a corrected invoice in CA, or a credit of 755.80 USD"),
    ],
)
def test_a_price_off_by_a_pack_factor_is_a_unit_error(line: BilledLine, factor: str, amount: str, clears: str) -> None:
    finding = only(line, PRICE)
    assert (finding.kind, finding.amount, finding.clears) == ("unit", D(amount), clears)
    assert f"wrong by a factor of {factor}." in finding.sentence


def test_free_goods_that_are_billed_are_a_price() -> None:
    assert found(match(invoice(billed(ordered=replace(ORDERED, price=D(0)))), [PRICE])) == [("price", D("84.20"))]


def test_a_price_near_but_not_at_a_pack_factor_is_a_price() -> None:
    assert only(billed("10", "80.00"), PRICE).kind == "price"


def test_a_unit_the_item_does_not_have_is_never_guessed() -> None:
    finding = only(billed(unit="CS"), PRICE)
    assert (finding.kind, finding.amount) == ("unit", D("84.20"))
    assert finding.sentence == "Billed in CS, which this item does not have; it comes in BX, CA, EA."


# --- quantities ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "received", "before", "quantity", "expected"),
    [
        (1000, 1000, 0, "10", []),
        (1000, 0, 0, "10", [("not_received", "84.20")]),
        (1000, 400, 0, "4", []),
        (1000, 400, 0, "10", [("not_received", "50.52")]),
        (1000, 400, 400, "1", [("not_received", "8.42")]),
        (1000, 1000, 900, "1", []),
        (1000, 1000, 900, "2", [("over_ordered", "8.42")]),
        (1000, 1000, 0, "12", [("over_ordered", "16.84")]),
        (1000, 1200, 0, "12", [("over_ordered", "16.84")]),
        (1000, 0, 0, "12", [("over_ordered", "16.84"), ("not_received", "84.20")]),
        (1000, 0, 1000, "1", [("over_ordered", "8.42")]),
        (1000, 0, 1200, "1", [("over_ordered", "8.42")]),
    ],
)
def test_billed_so_far_against_ordered_and_received(
    ordered: int, received: int, before: int, quantity: str, expected: list[tuple[str, str]]
) -> None:
    line = replace(ORDERED, ordered=D(ordered), received=D(received), invoiced_before=D(before))
    result = match(invoice(billed(quantity, ordered=line)), [PRICE])
    assert found(result) == [(kind, D(amount)) for kind, amount in expected]


@pytest.mark.parametrize(("percent", "matched"), [("20", True), ("19.99", False)])
def test_quantities_have_tolerances_of_their_own(percent: str, matched: bool) -> None:
    allowed = Limit(kind="quantity_over_ordered", percent=D(percent))
    line = replace(ORDERED, received=D(1200))
    assert match(invoice(billed("12", ordered=line)), [PRICE, allowed]).matched is matched


def test_a_credit_is_held_to_the_price_and_not_to_quantities() -> None:
    line = replace(ORDERED, received=D(0), invoiced_before=D(1000))
    assert match(invoice(billed(ordered=line), credit=True), [PRICE]).matched
    assert found(match(invoice(billed(price="9.42", ordered=line), credit=True), [PRICE])) == [("price", D("10.00"))]


# --- the whole invoice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"charges": D("25.00")}, []),
        ({"charges": D("25.01")}, [("charges", D("25.01"))]),
        ({"tax": D("0.01")}, [("tax", D("0.01"))]),
        ({"total": D("84.21")}, []),
        ({"total": D("84.22")}, [("total", D("0.02"))]),
        ({"total": D("84.18")}, [("total", D("-0.02"))]),
        ({"order_problem": "The order was cancelled."}, [("order", D("84.20"))]),
        ({"lookalike": "INV-7"}, [("duplicate", D("84.20"))]),
    ],
)
def test_header_findings(fields: dict[str, Any], expected: list[tuple[str, Decimal]]) -> None:
    assert found(match(invoice(billed(), **fields), [PRICE, Limit(kind="charges", amount=D(25))])) == expected


@pytest.mark.parametrize(("charges", "matched"), [("8.42", True), ("8.43", False)])
def test_charges_may_be_limited_in_percent_of_the_lines(charges: str, matched: bool) -> None:
    limits = [PRICE, Limit(kind="charges", percent=D(10))]
    assert match(invoice(billed(), charges=D(charges)), limits).matched is matched


def test_a_line_that_is_not_on_the_order() -> None:
    assert found(match(invoice(billed(ordered=None)), [PRICE])) == [("order", D("84.20"))]


def test_with_the_wrong_order_its_lines_are_not_reported_one_by_one() -> None:
    result = match(
        invoice(billed(ordered=None), billed(ordered=None), order_problem="Another supplier's order."), [PRICE]
    )
    assert [finding.kind for finding in result.findings] == ["order"]


def test_every_line_is_explained_also_without_a_difference() -> None:
    result = match(invoice(billed()), [PRICE])
    assert result.matched
    assert result.lines[11]["findings"] == []
    assert result.lines[11]["billed"]["amount"] == "84.20"


# --- whatever is billed -------------------------------------------------------------------------------------------------

base = st.integers(0, 5000).map(D)
prices = st.decimals("0.01", "900", places=2)


@st.composite
def lines(draw: st.DrawFn) -> BilledLine:
    ordered = replace(
        ORDERED, price=draw(prices), ordered=draw(base), received=draw(base), invoiced_before=draw(base),
    )  # fmt: skip
    unit = draw(st.sampled_from(["EA", "BX", "CA", "CS"]))
    return billed(str(draw(st.integers(1, 60))), str(draw(prices)), unit, draw(st.sampled_from([ordered, None])))


@given(lines(), st.booleans())
def test_a_finding_says_what_is_allowed_and_what_clears_it(line: BilledLine, credit: bool) -> None:
    result = match(invoice(line, credit=credit), [PRICE])
    for finding in result.findings:
        assert finding.sentence.endswith(".")
        assert finding.allowed
        assert finding.clears
    kinds = [finding.kind for finding in result.findings]
    assert len(kinds) == len(set(kinds)), "each kind at most once per line"
    assert result.lines[11]["findings"] == kinds


@given(lines())
def test_with_no_limit_anywhere_only_units_and_orders_stop_an_invoice(line: BilledLine) -> None:
    kinds = ("price_over", "price_under", "quantity_not_received", "quantity_over_ordered", "charges", "tax")
    result = match(invoice(line), [Limit(kind=kind) for kind in kinds])
    assert {finding.kind for finding in result.findings} <= {"unit", "order"}


@given(base, base, base, st.integers(1, 60), prices)
def test_the_quantities_found_explain_what_was_billed_too_much(
    ordered: Decimal, received: Decimal, before: Decimal, boxes: int, price: Decimal
) -> None:
    line = replace(ORDERED, price=price, ordered=ordered, received=received, invoiced_before=before)
    result = match(invoice(billed(str(boxes), str(price), ordered=line)), [])
    per_base = price / 100
    now = D(boxes) * 100
    # what this invoice may bill is what is neither billed before, nor beyond what was both ordered and received
    entitled = max(D(0), min(ordered, received) - before)
    unpaid = max(D(0), now - entitled)
    assert result.matched is (unpaid == 0)
    assert abs(sum((amount for _, amount in found(result)), D(0)) - unpaid * per_base) <= D("0.01")
