"""Takes in what an ERP says about budgets. Which figure is whose:

`amount`, `actual` and `as_of` are the ERP's. `committed` is ours and never touched here: the sum of what our open orders still commit.
The ERP's own commitments hold those of our orders that it has; what it counts beyond them is bought round the portal, and kept as
`elsewhere`. What we cleared for payment since the ERP counted is `billed_since`: our orders no longer commit it and the ERP has
not spent it yet. When the ERP counts anew it knows it, as its own commitment or as spent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import connection, transaction

from masterdata.models import CostCenter, ExternalId
from procurement.models import BudgetFigure

_PERIOD: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_LARGEST: Final = Decimal(10) ** 12

_TAKE: Final = """
WITH said AS (
    SELECT s.*, coalesce((
        SELECT sum(o.committed) FROM procurement_purchaseorder o
        WHERE o.cost_center_id = s.cost_center_id AND o.budget_period = s.period AND o.erp_dispatch = 'acknowledged'), 0) AS ours_there
    FROM ROWS FROM (unnest(%(centers)s::bigint[]), unnest(%(periods)s::text[]), unnest(%(amounts)s::numeric[]),
        unnest(%(committed)s::numeric[]), unnest(%(actual)s::numeric[]), unnest(%(as_of)s::timestamptz[]))
        AS s (cost_center_id, period, amount, committed, actual, as_of)
)
INSERT INTO procurement_budgetfigure AS b
    (cost_center_id, period, amount, committed, actual, elsewhere, billed_since, hard_stop, as_of)
SELECT cost_center_id, period, amount, coalesce((
        SELECT sum(o.committed) FROM procurement_purchaseorder o
        WHERE o.cost_center_id = said.cost_center_id AND o.budget_period = said.period), 0),
    actual, greatest(committed - ours_there, 0), 0, false, as_of
FROM said ORDER BY cost_center_id, period
ON CONFLICT (cost_center_id, period) DO UPDATE SET
    amount = EXCLUDED.amount, actual = EXCLUDED.actual, elsewhere = EXCLUDED.elsewhere, billed_since = 0, as_of = EXCLUDED.as_of
WHERE b.as_of <= EXCLUDED.as_of
"""


@dataclass(frozen=True, kw_only=True)
class BudgetSaid:
    """A cost center's figures of a month (YYYY-MM) as an ERP counted them at a moment, in the facility's currency."""

    cost_center: str
    period: str
    amount: Decimal
    committed: Decimal
    actual: Decimal
    as_of: datetime


def budgets_take(*, system: str, rows: Sequence[BudgetSaid]) -> list[tuple[str, str]]:
    """Take figures in, set-based. Returns per row new, changed, unchanged or invalid, and why.

    A figure that is older than ours changes nothing.
    """
    with transaction.atomic():
        centers = _centers(system, {row.cost_center for row in rows})
        times = Counter((row.cost_center, row.period) for row in rows)
        found: list[tuple[str, str]] = []
        good: dict[tuple[int, str], BudgetSaid] = {}
        for row in rows:
            wrong = _wrong(row, centers, times[(row.cost_center, row.period)])
            found.append(("invalid", wrong) if wrong else ("", ""))
            if not wrong:
                good[(centers[row.cost_center], row.period)] = row
        before = {
            (each.cost_center_id, each.period): each
            for each in BudgetFigure.objects.filter(
                cost_center__in={pk for pk, _ in good}, period__in={period for _, period in good}
            )
        }
        if good.keys() - before.keys():
            # a new month's figure counts what its orders commit by now: none of them may be on its way meanwhile
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                cursor.execute("LOCK TABLE procurement_purchaseorder IN SHARE MODE")
        _write(good)
        for n, row in enumerate(rows):
            if not found[n][0]:
                found[n] = _verdict(before.get((centers[row.cost_center], row.period)), row)
        return found


def _centers(system: str, codes: set[str]) -> dict[str, int]:
    """Cost centers by what the ERP calls them: its own id where it told us, else our code."""
    found = dict(CostCenter.objects.filter(code__in=codes).values_list("code", "pk"))
    known = ExternalId.objects.filter(system=system, kind="cost_center", external_id__in=codes)
    return found | dict(known.values_list("external_id", "object_id"))


def _wrong(row: BudgetSaid, centers: dict[str, int], times: int) -> str:
    if row.cost_center not in centers:
        return f"There is no cost center {row.cost_center or '(without a code)'}."
    if not _PERIOD.fullmatch(row.period):
        return f"The period {row.period[:20]!r} is no month like 2026-11."
    if times > 1:
        return "The cost center and month occur twice."
    amounts = (row.amount, row.committed, row.actual)
    if not all(each.is_finite() and abs(each) < _LARGEST for each in amounts):
        return "A figure is no amount."
    if row.amount < 0 or row.committed < 0:
        return "A budget or a commitment is below zero."
    return ""


def _write(good: dict[tuple[int, str], BudgetSaid]) -> None:
    if not good:
        return
    rows = list(good.values())
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "centers": [pk for pk, _ in good], "periods": [row.period for row in rows],
                "amounts": [round(row.amount, 2) for row in rows], "committed": [round(row.committed, 2) for row in rows],
                "actual": [round(row.actual, 2) for row in rows], "as_of": [row.as_of for row in rows],
            },
        )  # fmt: skip


def _verdict(before: BudgetFigure | None, row: BudgetSaid) -> tuple[str, str]:
    if before is None:
        return "new", f"Budget {row.amount:,.2f} for {row.period}."
    if before.as_of > row.as_of:
        return "unchanged", ""
    if (before.amount, before.actual) == (round(row.amount, 2), round(row.actual, 2)):
        return "unchanged", ""
    return "changed", (
        f"Budget {row.amount:,.2f} (was {before.amount:,.2f}), spent {row.actual:,.2f} (was {before.actual:,.2f})."
    )
