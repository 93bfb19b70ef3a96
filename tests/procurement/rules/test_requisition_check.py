"""Submitting shows every finding at once, on its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from masterdata.rules.offers import ItemFacts
from procurement.rules.budget_check import Budget, BudgetCheck, budget_check
from procurement.rules.requisition_check import LineRequest, check_header, check_line, price_line
from tests.masterdata.rules.test_offers import item, offer

D = Decimal
TODAY = date(2026, 11, 22)
GLOVE = item(
    offer(1, "8.42", contract_line_id=5, contract_number="GPO-114"), offer(2, "9.90"), EA="1", BX="100", CA="1000"
)
FINE = budget_check(None, total=D(0))


def line(facts: ItemFacts | None = GLOVE, quantity: str = "10", unit: str = "BX", **more: Any) -> LineRequest:
    fields = {"description": "", "supplier_id": None, **more}
    return LineRequest(line_number=3, facts=facts, quantity=D(quantity), unit=unit, **fields)


def codes(request: LineRequest) -> list[str]:
    return [finding.code for finding in check_line(request)[1]]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (line(), []),
        (line(quantity="3", unit="CA"), []),
        (line(replace(GLOVE, status="on_hold")), ["item_inactive"]),
        (line(unit="CS"), ["unit_unknown"]),
        (line(replace(GLOVE, status="discontinued"), unit="CS"), ["item_inactive", "unit_unknown"]),
        (line(supplier_id=9), ["supplier_does_not_sell", "off_contract_reason_missing"]),
        (line(supplier_id=2), ["off_contract_reason_missing"]),
        (line(supplier_id=2, off_contract_reason="  "), ["off_contract_reason_missing"]),
        (line(supplier_id=2, off_contract_reason="Surgeon's preference"), []),
        (line(quantity="50", unit="EA"), ["not_an_order_quantity"]),
        (line(quantity="0.5"), ["not_an_order_quantity"]),
        (line(usual_base=D(200)), []),
        (line(usual_base=D(199)), ["quantity_unusual"]),
        (line(usual_base=D(199), confirmed=True), []),
        (line(open_request="REQ-2026-000007"), ["open_request"]),
        (line(open_request="REQ-2026-000007", confirmed=True), []),
        (line(None, description="A special retractor"), []),
        (line(None), ["description_missing"]),
    ],
)
def test_what_is_wrong_with_a_line(request_: LineRequest, expected: list[str]) -> None:
    assert codes(request_) == expected


def test_every_finding_is_on_its_line_and_says_what_to_do() -> None:
    _, findings = check_line(line(replace(GLOVE, status="on_hold"), unit="CS"))
    assert [finding.field for finding in findings] == ["lines.3.item", "lines.3.unit"]
    assert all(finding.remedy for finding in findings)


def test_what_asks_for_confirmation_does_not_refuse() -> None:
    _, findings = check_line(line(usual_base=D(10), open_request="REQ-1"))
    assert {finding.severity for finding in findings} == {"confirm"}


def test_an_unusual_quantity_says_how_unusual() -> None:
    _, (finding,) = check_line(line(usual_base=D(100)))
    assert finding.message == "This is about 10 times what is usually asked for here."


def test_the_money_lost_is_in_the_sentence() -> None:
    _, (finding,) = check_line(line(supplier_id=2))
    assert finding.message == "Off contract: S1 has it on GPO-114, and 14.80 would be lost."


@pytest.mark.parametrize(
    ("quantity", "unit", "minimum", "multiple", "suggestion"),
    [
        ("1", "EA", "1", "1", "1 BX"),
        ("101", "EA", "1", "1", "2 BX"),
        ("3", "BX", "5", "1", "5 BX"),
        ("6", "BX", "5", "4", "8 BX"),
        ("1", "CA", "1", "4", "12 BX"),
        ("0.5", "BX", "1", "0", "1 BX"),
    ],
)
def test_the_next_quantity_that_can_be_bought_is_suggested(
    quantity: str, unit: str, minimum: str, multiple: str, suggestion: str
) -> None:
    sold = item(offer(1, minimum=D(minimum), multiple=D(multiple)), EA="1", BX="100", CA="1000")
    _, (finding,) = check_line(line(sold, quantity, unit))
    assert finding.suggestion == suggestion
    assert finding.remedy == f"Ask for {suggestion} ({suggestion.split()[0]}00 base units)."


def test_a_line_is_priced_in_the_asked_unit_and_ordered_as_it_is_sold() -> None:
    priced = price_line(line(quantity="3", unit="CA"))
    assert (priced.base_quantity, priced.unit_price) == (D(3000), D("84.2000"))
    assert (priced.order_unit, priced.order_multiplier, priced.order_price) == ("BX", D(100), D("8.42"))
    assert priced.amount == D("252.60")


def test_a_line_outside_the_catalog_is_priced_as_estimated() -> None:
    priced = price_line(line(None, "2", "EA", description="Retractor", estimated_price=D("310.255")))
    assert (priced.check.decision, priced.amount) == ("non_catalog", D("620.51"))


def header(**facts: Any) -> list[str]:
    given: dict[str, Any] = {
        "lines": [line()], "cost_center_ok": True, "needed_by": TODAY, "today": TODAY, "budget": FINE, **facts,
    }  # fmt: skip
    return [finding.code for finding in check_header(**given)]


def budget(total: str, *, hard_stop: bool) -> BudgetCheck:
    figures = Budget(
        period="2026-11",
        amount=D(100),
        committed=D(0),
        actual=D(0),
        hard_stop=hard_stop,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
    )
    return budget_check(figures, total=D(total))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"needed_by": None}, []),
        ({"needed_by": date(2026, 11, 21)}, ["needed_by_past"]),
        ({"lines": []}, ["no_lines"]),
        ({"cost_center_ok": False}, ["cost_center_invalid"]),
        ({"budget": budget("101", hard_stop=False)}, []),
        ({"budget": budget("101", hard_stop=True)}, ["budget_exceeded"]),
        (
            {
                "lines": [],
                "cost_center_ok": False,
                "needed_by": date(2020, 1, 1),
                "budget": budget("101", hard_stop=True),
            },
            ["no_lines", "cost_center_invalid", "needed_by_past", "budget_exceeded"],
        ),
    ],
)
def test_what_is_wrong_with_the_request_as_a_whole(facts: dict[str, Any], expected: list[str]) -> None:
    assert header(**facts) == expected
