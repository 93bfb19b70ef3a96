"""How far a difference may go (domain: Invoice and three-way match).

Empty means no limit, zero means no difference allowed. Where percent and amount are both set, `combine` says whether either
suffices or both must hold. The most specific tolerance wins: supplier, then category, then facility, then network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`amount` is per invoice line in the invoice's currency; `scope` says in words where the limit comes from."""

    kind: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    combine: str = "both"
    scope: str = "network"
    valid_from: date | None = None
    facility_id: int | None = None
    supplier_id: int | None = None
    category: str | None = None

    @property
    def unlimited(self) -> bool:
        return self.percent is None and self.amount is None

    def allows(self, *, percent: Decimal, amount: Decimal) -> bool:
        """Whether a difference (both absolute) is within the limit."""
        if self.unlimited:
            return True
        tests = [
            value <= limit for value, limit in ((percent, self.percent), (amount, self.amount)) if limit is not None
        ]
        return any(tests) if self.combine == "either" else all(tests)

    def margin(self, *, amount: Decimal, expected: Decimal) -> Decimal | None:
        """Money left before the limit (negative: over it), given the expected amount; None without limit."""
        if self.unlimited:
            return None
        caps = [
            cap
            for cap in (self.amount, None if self.percent is None else expected * self.percent / 100)
            if cap is not None
        ]
        cap = max(caps) if self.combine == "either" else min(caps)
        return cap - amount

    def words(self, currency: str) -> str:
        """The limit in words: "2 % or 5.00 USD, whichever is lower (supplier Beta, since 1 Oct 2026)"."""
        if self.unlimited:
            text = "no limit"
        elif not any((self.percent, self.amount)):
            text = "no difference allowed"
        else:
            parts = []
            if self.percent is not None:
                parts.append(f"{self.percent.normalize():f} %")
            if self.amount is not None:
                parts.append(f"{self.amount:,.2f} {currency}")
            text = " or ".join(parts)
            if len(parts) == 2:
                text += ", whichever is higher" if self.combine == "either" else ", whichever is lower"
        since = f", since {self.valid_from.day} {self.valid_from:%b %Y}" if self.valid_from else ""
        return f"{text} ({self.scope}{since})"


ZERO_TOLERANCE = "no tolerance set"


def most_specific(
    limits: Iterable[Limit], *, kind: str, facility_id: int, supplier_id: int, category: str | None
) -> Limit:
    """The limit that applies. Where none is set, no difference is allowed."""
    candidates = [
        limit
        for limit in limits
        if limit.kind == kind
        and limit.facility_id in (None, facility_id)
        and limit.supplier_id in (None, supplier_id)
        and limit.category in (None, category)
    ]
    return max(
        candidates, key=_rank, default=Limit(kind=kind, percent=Decimal(0), amount=Decimal(0), scope=ZERO_TOLERANCE)
    )


def _rank(limit: Limit) -> tuple[bool, bool, bool]:
    return (limit.supplier_id is not None, limit.category is not None, limit.facility_id is not None)
