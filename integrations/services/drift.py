"""Whether outside systems answer as agreed: new fields are noted once, with an example; pulls that lack something are held and told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.models import Endpoint, FieldDrift, Unread
from integrations.remote import Answer, Outcome, Strange
from integrations.services.relay import Try

PAYMENT = "payment"


def drift_note(endpoint: Endpoint, tries: Sequence[Try]) -> None:
    """Note what is new in answers to messages. Costs nothing where every answer is as agreed."""
    _note(endpoint, ((strange, each.message_id) for each in tries for strange in each.answer.drift))


def pull_noted(endpoint: Endpoint, what: str, answer: Answer | None, drift: Sequence[Strange] = ()) -> None:
    """How asking for `what` ended: `answer` is the failure, none where it was read. One that cannot be understood opens an alert."""
    _note(endpoint, ((strange, None) for strange in drift))
    unread = Unread.objects.filter(endpoint=endpoint, what=what)
    if answer is None:
        unread.delete()
    elif answer.outcome == Outcome.CONTRACT:
        detail = answer.detail[:500].replace("\0", "")
        if not unread.update(detail=detail):
            Unread.objects.bulk_create([Unread(endpoint=endpoint, what=what, detail=detail)], ignore_conflicts=True)


def _note(endpoint: Endpoint, told: Iterable[tuple[Strange, int | None]]) -> None:
    found = {
        strange.field: FieldDrift(
            endpoint=endpoint, field=strange.field, example=strange.example.replace("\0", ""), message_id=message_id
        )
        for strange, message_id in told
    }  # fmt: skip
    if not found:
        return
    known = FieldDrift.objects.filter(endpoint=endpoint, field__in=found).values_list("field", flat=True)
    for field in known:
        found.pop(field, None)
    FieldDrift.objects.bulk_create([found[field] for field in sorted(found)], ignore_conflicts=True)
