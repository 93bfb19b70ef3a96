"""EDI control numbers: a locked counter row per partner and level, so that a rolled-back document leaves no gap."""

from __future__ import annotations

from django.db import connection

from integrations.models import ControlNumber, ControlNumberSkip, Partner


def control_number_next(partner: Partner, level: str, usage: str = "P") -> int:
    """The next number of a level (interchange, group), tests counted apart. The row stays locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_controlnumber (partner_id, level, usage, last) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (partner_id, level, usage) DO UPDATE SET last = integrations_controlnumber.last + 1 RETURNING last",
            [partner.pk, level, usage],
        )
        number: int = cursor.fetchone()[0]
    return number


def control_numbers_skip(count: int, *, reason: str) -> list[ControlNumberSkip]:
    """Leave out the next `count` numbers of every counter, and note which: they may have been used already."""
    counters = list(
        ControlNumber.objects.select_for_update(of=("self",))
        .select_related("partner__endpoint")
        .order_by("partner__endpoint__code", "level", "usage")
    )
    skipped = [
        ControlNumberSkip(
            partner=each.partner, level=each.level, usage=each.usage, first=each.last + 1, last=each.last + count,
            reason=reason,
        )
        for each in counters
    ]  # fmt: skip
    for each in counters:
        each.last += count
    ControlNumber.objects.bulk_update(counters, ["last"])
    return ControlNumberSkip.objects.bulk_create(skipped)
