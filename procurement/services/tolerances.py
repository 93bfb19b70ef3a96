"""The tolerances in force, as plain limits for the rules."""

from __future__ import annotations

from django.db.models import Q

from procurement.models import Tolerance
from procurement.rules.tolerances import Limit


def limits_for(*, facility_id: int, supplier_id: int) -> list[Limit]:
    """Every tolerance that could apply to this facility and supplier, in one statement."""
    rows = Tolerance.objects.filter(
        Q(facility__isnull=True) | Q(facility=facility_id), Q(supplier__isnull=True) | Q(supplier=supplier_id)
    ).select_related("facility", "supplier", "category")
    return [_limit(row) for row in rows]


def _limit(row: Tolerance) -> Limit:
    named = [
        f"{word} {owner}"
        for word, owner in (("supplier", row.supplier), ("category", row.category), ("facility", row.facility))
        if owner is not None
    ]
    return Limit(
        kind=row.kind,
        percent=row.percent,
        amount=row.amount,
        combine=row.combine,
        scope=", ".join(named) or "network",
        valid_from=row.valid_from,
        facility_id=row.facility_id,
        supplier_id=row.supplier_id,
        category=row.category.code if row.category else None,
    )
