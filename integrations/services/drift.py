"""Notes fields that outside systems answer without having agreed them: each once, with an example."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import Endpoint, FieldDrift
from integrations.services.relay import Try


def drift_note(endpoint: Endpoint, tries: Sequence[Try]) -> None:
    """Note what is new. Costs nothing where every answer is as agreed."""
    found = {
        strange.field: FieldDrift(
            endpoint=endpoint, field=strange.field, example=strange.example.replace("\0", ""), message_id=each.message_id
        )
        for each in tries
        for strange in each.answer.drift
    }  # fmt: skip
    if not found:
        return
    known = FieldDrift.objects.filter(endpoint=endpoint, field__in=found).values_list("field", flat=True)
    for field in known:
        found.pop(field, None)
    FieldDrift.objects.bulk_create([found[field] for field in sorted(found)], ignore_conflicts=True)
