"""May this still be spent? available = budget - committed - actual (domain: Requisition, budget check).

Committed is what our orders commit and what the ERP commits beyond them; actual is what the ERP has spent and what we cleared for payment
since it counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

FRESH: Final = timedelta(hours=2)
"""Figures are pulled several times an hour: older ones mean that the ERP could not be asked."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The last known figures of a cost center and month, in the facility's currency."""

    period: str
    amount: Decimal
    committed: Decimal
    actual: Decimal
    hard_stop: bool
    as_of: datetime
    elsewhere: Decimal = Decimal(0)
    billed_since: Decimal = Decimal(0)

    @property
    def bound(self) -> Decimal:
        """Committed by our orders and round them."""
        return self.committed + self.elsewhere

    @property
    def spent(self) -> Decimal:
        """Spent, and on its way to be."""
        return self.actual + self.billed_since

    def age(self, now: datetime) -> timedelta | None:
        """How old the ERP's figures are, where that is worth telling."""
        age = now - self.as_of
        return age if age > FRESH else None


@dataclass(frozen=True, kw_only=True)
class BudgetCheck:
    """`outcome` is ok, warn, stop or unknown (no figure for this cost center and month).

    `age` is how old the last known figures are, where the ERP could not be asked lately.
    """

    outcome: str
    available: Decimal | None = None
    after: Decimal | None = None
    budget: Budget | None = None
    age: timedelta | None = None

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
            "committed": str(b.bound),
            "actual": str(b.spent),
            "available": str(self.available),
            "after": str(self.after),
            "as_of": b.as_of.isoformat(),
        }


def age_text(age: timedelta) -> str:
    """An age as people say it: hours up to two days, then days."""
    hours = int(age.total_seconds() // 3600)
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def budget_check(budget: Budget | None, *, total: Decimal, now: datetime | None = None) -> BudgetCheck:
    """Compare a request's total with what is available. Exactly the available amount is still within budget.

    Where a moment is given, figures that are old then say so.
    """
    if budget is None:
        return BudgetCheck(outcome="unknown")
    available = budget.amount - budget.bound - budget.spent
    after = available - total
    outcome = "ok" if after >= 0 else ("stop" if budget.hard_stop else "warn")
    return BudgetCheck(
        outcome=outcome, available=available, after=after, budget=budget, age=budget.age(now) if now else None
    )
