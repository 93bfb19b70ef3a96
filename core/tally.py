"""Capped counts of many work queues in one statement: badges and cards cost the same at any size of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import DateTimeField, DecimalField, F, JSONField, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from core.models import User

CAP: Final = 1000
"""Nobody needs to know whether it is 1,000 or 4,000."""


@dataclass(frozen=True, kw_only=True)
class Counting:
    """What to count. `moment` and `money` (with `currency`) name fields of the rows; empty ones are not asked for."""

    rows: QuerySet[Any]
    moment: str = ""
    money: str = ""
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many (at most CAP), since when, and the money at stake (None where the rows are in several currencies)."""

    count: int = 0
    oldest: datetime | None = None
    amount: Decimal | None = None
    currency: str = ""

    @property
    def text(self) -> str:
        return f"{CAP:,}+" if self.count >= CAP else f"{self.count:,}"


class _Counted(Subquery):
    template = (
        "(SELECT jsonb_build_object('count', count(*), 'oldest', min(t.tally_moment), 'amount', "
        "CASE WHEN min(t.tally_currency) = max(t.tally_currency) THEN sum(t.tally_money)::text END, "
        "'currency', min(t.tally_currency)) FROM (%(subquery)s) t)"
    )
    output_field = JSONField()


def tallies(user_id: int, queues: Mapping[str, Counting]) -> dict[str, Tally]:
    """Count every queue in one statement. The user's id only gives the statement a row to stand on."""
    if not queues:
        return {}
    row = (
        User.objects.filter(pk=user_id)
        .values_list(*[_Counted(_rows(counting)) for counting in queues.values()])
        .first()
    )
    return {name: _tally(found) for name, found in zip(queues, row or [None] * len(queues), strict=True)}


def _rows(counting: Counting) -> QuerySet[Any, Any]:
    return counting.rows.order_by().values(
        tally_moment=F(counting.moment) if counting.moment else Cast(Value(None), DateTimeField()),
        tally_money=F(counting.money)
        if counting.money
        else Cast(Value(None), DecimalField(max_digits=14, decimal_places=2)),
        tally_currency=F(counting.currency) if counting.currency else Value(""),
    )[:CAP]


def _tally(found: dict[str, Any] | None) -> Tally:
    if not found:
        return Tally()
    return Tally(
        count=found["count"],
        oldest=parse_datetime(found["oldest"]) if found["oldest"] else None,
        amount=Decimal(found["amount"]) if found["amount"] else None,
        currency=found["currency"] or "",
    )
