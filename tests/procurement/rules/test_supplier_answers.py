"""Within tolerance an answer is taken over; outside, it is the buyer's decision before an invoice ever arrives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from procurement.rules.supplier_answers import AnsweredLine, judge_answer
from procurement.rules.tolerances import Limit

D = Decimal
LINE = AnsweredLine(action="accepted", ordered=D(10), price=D("8.42"), needed_by=date(2026, 12, 1), urgent=False)
TIGHT = Limit(kind="price_over", percent=D(2), amount=D(5))


@pytest.mark.parametrize(
    ("answer", "taken_over", "amount"),
    [
        ({"action": "accepted"}, True, "0"),
        ({"action": "accepted", "answered_quantity": D(6), "elsewhere": D(4)}, True, "0"),
        ({"action": "accepted", "answered_quantity": D(6)}, False, "33.68"),
        ({"action": "accepted", "answered_quantity": D(10), "elsewhere": D(4)}, False, "0"),
        ({"action": "price_changed", "answered_price": D("8.59"), "answered_quantity": D(6)}, False, "35.38"),
        ({"action": "rejected", "answered_quantity": D(4)}, False, "33.68"),
        ({"action": "backordered", "promised_on": None, "answered_quantity": D(4)}, False, "33.68"),
        ({"action": "price_changed", "answered_price": D("8.42")}, True, "0"),
        ({"action": "price_changed", "answered_price": D("8.00")}, True, "0"),
        ({"action": "price_changed", "answered_price": D("8.58")}, True, "0"),
        ({"action": "price_changed", "answered_price": D("8.59")}, False, "1.70"),
        ({"action": "price_changed", "answered_price": None}, False, "84.20"),
        ({"action": "quantity_changed", "answered_quantity": D(10)}, True, "0"),
        ({"action": "quantity_changed", "answered_quantity": D(12)}, True, "0"),
        ({"action": "quantity_changed", "answered_quantity": D(7)}, False, "25.26"),
        ({"action": "quantity_changed", "answered_quantity": None}, False, "84.20"),
        ({"action": "date_changed", "promised_on": date(2026, 12, 1)}, True, "0"),
        ({"action": "date_changed", "promised_on": date(2026, 12, 2)}, False, "84.20"),
        ({"action": "backordered", "promised_on": None}, False, "84.20"),
        ({"action": "backordered", "promised_on": date(2026, 11, 30)}, True, "0"),
        ({"action": "backordered", "promised_on": date(2026, 11, 30), "urgent": True}, False, "84.20"),
        ({"action": "backordered", "promised_on": date(2027, 5, 1), "needed_by": None}, True, "0"),
        ({"action": "substituted", "substitute_part": "AC-9"}, False, "84.20"),
        ({"action": "rejected"}, False, "84.20"),
    ],
)
def test_an_answered_line(answer: dict[str, Any], taken_over: bool, amount: str) -> None:
    decision = judge_answer(replace(LINE, **answer), TIGHT, "USD")
    assert (decision.taken_over, decision.amount) == (taken_over, D(amount))
    assert decision.sentence.endswith(".")


@pytest.mark.parametrize(
    ("answer", "short", "said"),
    [
        ({"action": "accepted", "answered_quantity": D(6)}, 4, "Only 6 of 10 will be delivered; 4 need another source."),
        ({"action": "quantity_changed", "answered_quantity": D(7)}, 3, "Only 7 of 10 will be delivered; 3 need another source."),
        ({"action": "accepted", "answered_quantity": D(6), "elsewhere": D(1)}, 3, "Only 7 of 10 will be delivered; 3 need another source."),
        ({"action": "rejected", "answered_quantity": D(4)}, 4, "The supplier will not deliver 4 of 10."),
        ({"action": "rejected"}, 10, "The supplier will not deliver this line as ordered."),
        ({"action": "backordered", "answered_quantity": D(4), "promised_on": date(2026, 11, 30)}, 0, "Promised for 30 Nov 2026."),
        ({"action": "accepted", "answered_quantity": D(8), "elsewhere": D(4)}, 0, "It speaks of 12 where 10 were ordered: ask the supplier which of it is meant."),
    ],
)  # fmt: skip
def test_what_nobody_answers_for_does_not_come(answer: dict[str, Any], short: int, said: str) -> None:
    decision = judge_answer(replace(LINE, **answer), TIGHT, "USD")
    assert (decision.short, decision.sentence) == (D(short), said)


def test_a_price_taken_over_becomes_the_orders_price() -> None:
    assert judge_answer(replace(LINE, action="price_changed", answered_price=D("8.00")), TIGHT, "USD").new_price == D(
        "8.00"
    )
    assert judge_answer(replace(LINE, action="price_changed", answered_price=D("9.99")), TIGHT, "USD").new_price is None


def test_the_limit_is_told_with_the_difference() -> None:
    said = judge_answer(replace(LINE, action="price_changed", answered_price=D("9.00")), TIGHT, "USD").sentence
    assert said == "The price rises from 8.42 to 9.00 (6.9 %); allowed: 2 % or 5.00 USD, whichever is lower (network)."


@pytest.mark.parametrize("action", ["accepted", "price_changed", "quantity_changed", "rejected", "backordered"])
def test_an_answer_about_what_has_ended_is_only_kept(action: str) -> None:
    decision = judge_answer(replace(LINE, action=action, answered_price=D("8.42"), ended="cancelled"), TIGHT, "USD")
    assert (decision.taken_over, decision.late, decision.amount, decision.new_price) == (False, True, 0, None)


@pytest.mark.parametrize(("part", "named"), [("AC-9", "AC-9"), ("", "another product")])
def test_a_substitute_is_named(part: str, named: str) -> None:
    said = judge_answer(replace(LINE, action="substituted", substitute_part=part), TIGHT, "USD").sentence
    assert said == f"The supplier wants to send {named} instead. Accept it or find another source."


def test_free_goods_that_get_a_price_are_a_rise() -> None:
    free = replace(LINE, price=D(0), action="price_changed", answered_price=D("0.01"))
    assert not judge_answer(free, TIGHT, "USD").taken_over
