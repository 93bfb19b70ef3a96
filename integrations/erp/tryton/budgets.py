"""Tryton's budgets by month: a line of a budget is a cost center's (its name), what is allotted to a period of it is the month's.

Expense is a negative number in Tryton and a positive one here. Tryton commits nothing by itself.
"""

from __future__ import annotations

from decimal import Decimal

from integrations.erp.base import Budget
from integrations.erp.tryton.wire import Row, Session

_AMOUNTS = ("total_amount", "actual_amount")


def read(session: Session) -> list[Budget]:
    """What is allotted to periods; of lines that are not allotted the whole, under the name of their budget ("2026-11" is a month)."""
    ours = ["budget_line.budget.company", "=", session.company]
    fields = ("budget_line.name", "period.name", "period.start_date", "period.end_date", *_AMOUNTS)
    allotted = session.find("account.budget.line.period", [ours], fields)
    whole = session.find(
        "account.budget.line",
        [["account", "!=", None], ["periods", "=", None], ["budget.company", "=", session.company]],
        ("name", "budget.name", *_AMOUNTS),
    )
    return [
        *(_budget(row, row["budget_line"]["name"], _month(row["period"])) for row in allotted),
        *(_budget(row, row["name"], row["budget"]["name"]) for row in whole),
    ]


def _month(period: Row) -> str:
    """A period within a month is that month; any other goes by its own name, and is none of ours."""
    begins, ends = period["start_date"], period["end_date"]
    return f"{begins:%Y-%m}" if (begins.year, begins.month) == (ends.year, ends.month) else str(period["name"])


def _budget(row: Row, cost_center: str | None, period: str) -> Budget:
    total, actual = (-(row[name] or Decimal(0)) for name in _AMOUNTS)
    return Budget(cost_center=cost_center or "", period=period, budget=total, committed=Decimal(0), actual=actual)
