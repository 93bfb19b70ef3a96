"""What waits on the buyer's workbench and is not to be ordered any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.actors import Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Conflict, Invalid, NotFound
from core.events import emit
from masterdata.models import Role
from masterdata.selectors import scoped
from procurement.events import RequisitionShortened
from procurement.models import RequisitionLine
from procurement.services.requisitions import requisitions_go_on

Fill = RequisitionLine.Fill


def lines_waive(*, actor: Actor, line_ids: Iterable[int], reason: str) -> int:
    """A buyer ends what still waits of these lines: it is no longer needed. What was ordered of them stays.

    Agree it with the requester first. Returns how many lines. Raises NotFound, Conflict (sourced meanwhile), Invalid (no reason).
    """
    if not reason.strip():
        raise Invalid("Say why these lines are no longer needed.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        lines = list(
            RequisitionLine.objects.filter(
                scoped(actor, Role.BUYER, field="requisition__facility_id"), pk__in=list(line_ids)
            )
            .select_related("requisition")
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        if not lines:
            raise NotFound("Choose at least one line that waits for sourcing.")
        if any(line.fill != Fill.TO_SOURCE for line in lines):
            raise Conflict(
                "Somebody else has sourced some of these lines already. Reload the workbench.", code="already_sourced"
            )
        bulk_set(RequisitionLine, {line.pk: _waived(line) for line in lines})
        for requisition in {line.requisition for line in lines}:
            join_trace(requisition.trace_id)
            emit(
                RequisitionShortened(
                    number=requisition.number, facility_id=requisition.facility_id, requisition_id=requisition.pk,
                    lines=_words([line for line in lines if line.requisition_id == requisition.pk]), reason=reason,
                    actor_id=actor.user_id,
                ),
                *requisitions_go_on(requisition_id=requisition.pk, actor=actor),
            )  # fmt: skip
        return len(lines)


def _waived(line: RequisitionLine) -> dict[str, object]:
    waived = line.waived_base + line.unsourced_base
    return {
        "fill": Fill.WAIVED if waived >= line.base_quantity else Fill.ORDERED,
        "unsourced_base": Decimal(0),
        "waived_base": waived,
    }


def _words(lines: Sequence[RequisitionLine]) -> str:
    return ", ".join(f"{unsourced(line).normalize():f} {line.unit} {line.description}" for line in lines)


def unsourced(line: RequisitionLine) -> Decimal:
    """How much of a line waits for the buyer, in the unit it was asked for in."""
    return (line.quantity * line.unsourced_base / line.base_quantity).quantize(Decimal("0.0001"))
