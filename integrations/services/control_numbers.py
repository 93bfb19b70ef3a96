"""EDI control numbers: a locked counter row per partner and level, so that a rolled-back document leaves no gap."""

from __future__ import annotations

from django.db import connection

from integrations.models import Partner


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
