"""Capped counts of many work queues in one statement: badges and cards cost the same at any size of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, DateTimeField, DecimalField, F, JSONField, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from core.models import User

CAP: Final = 1000
"""Nobody needs to know whether it is 1,000 or 4,000."""
NEWEST: Final = 5000
GROUPS: Final = 12


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
    return dict(tallies_beside(user_id, queues=queues).counts) if queues else {}


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """How often each value of one field occurs among rows, for a facet; `label` names the field that puts it in words."""

    rows: QuerySet[Any]
    code: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What one statement told: counts of queues, (code, label, how many) of groups, and the value of an expression."""

    counts: Mapping[str, Tally]
    groups: Mapping[str, Sequence[tuple[str, str, int]]]
    value: Any = None


def tallies_beside(
    user_id: int, *, queues: Mapping[str, Counting], groups: Mapping[str, Grouping] | None = None,
    value: Combinable | None = None,
) -> Beside:  # fmt: skip
    """Queues, groups and an expression over the user, all in one statement."""
    groups = groups or {}
    asked = [
        *(_counted(counting) for counting in queues.values()),
        *(_Grouped(_grouped(grouping)) for grouping in groups.values()),
        value or Value(True),
    ]
    found = User.objects.filter(pk=user_id).order_by().values_list(*asked).get()
    return Beside(
        counts={name: _tally(each) for name, each in zip(queues, found, strict=False)},
        groups={
            name: [(code, label, n) for code, label, n in each]
            for name, each in zip(groups, found[len(queues) :], strict=False)
        },
        value=found[-1],
    )


class _Grouped(Subquery):
    template = (
        "(SELECT coalesce(jsonb_agg(jsonb_build_array(g.group_code, g.group_label, g.group_count) "
        "ORDER BY g.group_count DESC, g.group_code), '[]') FROM (%(subquery)s) g)"
    )
    output_field = JSONField()


def _grouped(grouping: Grouping) -> QuerySet[Any, Any]:
    """The most frequent values among the newest rows only, so that a facet costs the same at any size of data."""
    newest = grouping.rows.select_related(None).order_by("-id").values("pk")[:NEWEST]
    found: QuerySet[Any, Any] = (
        grouping.rows.model._default_manager.filter(pk__in=newest)
        .order_by()
        .values(group_code=F(grouping.code), group_label=F(grouping.label or grouping.code))
        .annotate(group_count=Count("pk"))
        .order_by("-group_count", "group_code")[:GROUPS]
    )
    return found


class _OnlyCounted(Subquery):
    template = "(SELECT jsonb_build_object('count', count(*)) FROM (%(subquery)s) t)"
    output_field = JSONField()


def _counted(counting: Counting) -> Subquery:
    if not counting.moment and not counting.money:
        return _OnlyCounted(counting.rows.order_by().values("pk")[:CAP])
    return _Counted(_rows(counting))


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
        oldest=parse_datetime(found["oldest"]) if found.get("oldest") else None,
        amount=Decimal(found["amount"]) if found.get("amount") else None,
        currency=found.get("currency") or "",
    )
