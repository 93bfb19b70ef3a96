"""May this still be spent? available = budget - committed - actual (domain: Requisition, budget check)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The last known figures of a cost center and month, in the facility's currency."""

    period: str
    amount: Decimal
    committed: Decimal
    actual: Decimal
    hard_stop: bool
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class BudgetCheck:
    """`outcome` is ok, warn, stop or unknown (no figure for this cost center and month)."""

    outcome: str
    available: Decimal | None = None
    after: Decimal | None = None
    budget: Budget | None = None

    @property
    def over(self) -> bool:
        return self.outcome in ("warn", "stop")

    def as_dict(self) -> dict[str, Any]:
        if self.budget is None:
            return {"outcome": self.outcome}
        b = self.budget
        return {
            "outcome": self.outcome,
            "period": b.period,
            "amount": str(b.amount),
            "committed": str(b.committed),
            "actual": str(b.actual),
            "available": str(self.available),
            "after": str(self.after),
            "as_of": b.as_of.isoformat(),
        }


def budget_check(budget: Budget | None, *, total: Decimal) -> BudgetCheck:
    """Compare a request's total with what is available. Exactly the available amount is still within budget."""
    if budget is None:
        return BudgetCheck(outcome="unknown")
    available = budget.amount - budget.committed - budget.actual
    after = available - total
    outcome = "ok" if after >= 0 else ("stop" if budget.hard_stop else "warn")
    return BudgetCheck(outcome=outcome, available=available, after=after, budget=budget)
