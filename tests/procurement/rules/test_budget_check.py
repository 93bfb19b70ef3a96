"""available = budget - committed - actual."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from procurement.rules.budget_check import Budget, budget_check

D = Decimal
AS_OF = datetime(2026, 11, 1, 6, tzinfo=UTC)


def budget(*, hard_stop: bool = False) -> Budget:
    return Budget(period="2026-11", amount=D(1000), committed=D(300), actual=D(200), hard_stop=hard_stop, as_of=AS_OF)


@pytest.mark.parametrize(
    ("total", "hard_stop", "outcome", "after"),
    [
        ("0", False, "ok", "500"),
        ("500", False, "ok", "0"),
        ("500", True, "ok", "0"),
        ("500.01", False, "warn", "-0.01"),
        ("500.01", True, "stop", "-0.01"),
    ],
)
def test_what_is_available_decides(total: str, hard_stop: bool, outcome: str, after: str) -> None:
    check = budget_check(budget(hard_stop=hard_stop), total=D(total))
    assert (check.outcome, check.available, check.after) == (outcome, D(500), D(after))
    assert check.over is (outcome != "ok")


def test_no_figure_is_unknown_and_not_within_budget() -> None:
    check = budget_check(None, total=D(1))
    assert (check.outcome, check.available, check.over, check.as_dict()) == (
        "unknown",
        None,
        False,
        {"outcome": "unknown"},
    )


def test_what_is_stored_says_how_old_the_figures_are() -> None:
    kept = budget_check(budget(), total=D("100.50")).as_dict()
    assert kept["as_of"] == "2026-11-01T06:00:00+00:00"
    assert (kept["available"], kept["after"]) == ("500", "399.50")
