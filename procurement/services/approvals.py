"""Approvals: one decision per step, bound to what the approver saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting, join_trace
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import Event, emit
from core.rows import read_rows
from masterdata.models import Facility, Role
from masterdata.rules.offers import round_money
from masterdata.selectors import limit_of
from procurement.events import RequisitionApproved, RequisitionDecided
from procurement.models import ApprovalStep, Requisition, RequisitionLine
from procurement.services.requisitions import material_hash

DECISIONS = {
    "approve": ApprovalStep.State.APPROVED,
    "return": ApprovalStep.State.RETURNED,
    "reject": ApprovalStep.State.REJECTED,
}


def approval_decide(
    *,
    actor: Actor,
    step_id: int,
    decision: str,
    comment: str = "",
    seen_hash: str = "",
    line_quantities: Mapping[int, Decimal] | None = None,
) -> ApprovalStep:
    """Approve, return or reject one pending step.

    `seen_hash` (when given) must be the content the approver looked at. `line_quantities` lowers lines by their numbers (requested units; zero
    rejects the line). Raises NotFound, NotAllowed (self-approval, limit), Conflict (decided already, content changed), Invalid.
    """
    if decision not in DECISIONS:
        raise Invalid("Decide approve, return or reject.", code="decision_unknown")
    if decision != "approve" and not comment.strip():
        raise Invalid("Say why, so that the requester knows what to do.", code="comment_missing")
    now = timezone.now()
    with acting(actor=actor, reason=f"{decision}: {comment}".rstrip(": ")):
        step, steps = _lock(actor, step_id)
        requisition = step.requisition
        on_behalf_of = _authorize(actor, step)
        if step.state != ApprovalStep.State.PENDING:
            raise Conflict(f"This step is already {step.get_state_display().lower()}.", code="already_decided")
        if step.content_hash != requisition.content_hash or seen_hash not in ("", step.content_hash):
            raise Conflict(
                "The requisition changed since you looked at it. Look again, then decide.", code="content_changed"
            )
        if line_quantities and decision == "approve":
            _lower_lines(requisition, steps, line_quantities, comment)
        step.state, step.decided_by_id, step.on_behalf_of_id = DECISIONS[decision], actor.user_id, on_behalf_of
        step.decided_at, step.comment = now, comment
        step.save()
        facts: list[Event] = [
            RequisitionDecided(
                number=requisition.number, facility_id=requisition.facility_id, requisition_id=requisition.pk,
                step_id=step.pk, decision=decision, comment=comment, actor_id=actor.user_id, on_behalf_of_id=on_behalf_of,
            )
        ]  # fmt: skip
        facts += _move_on(requisition, step, steps, decision, now, actor, on_behalf_of)
        emit(*facts)
        return step


_STEPS = """
FROM procurement_approvalstep s JOIN procurement_requisition r ON r.id = s.requisition_id JOIN masterdata_facility f ON f.id = r.facility_id
WHERE r.id = (SELECT requisition_id FROM procurement_approvalstep WHERE id = %(step)s)
  AND (%(scopes)s::bigint[] IS NULL OR s.facility_id = ANY(%(scopes)s) OR s.person_id = %(user)s)
ORDER BY s.sequence, s.id FOR UPDATE OF r, s
"""
# the steps of the actor's facilities, and those that name the actor


def _lock(actor: Actor, step_id: int) -> tuple[ApprovalStep, list[ApprovalStep]]:
    """The step and its siblings, and the requisition behind them, locked in one statement. Order: requisition, then steps."""
    scopes = actor.scopes()
    rows = read_rows(
        {"s": ApprovalStep, "r": Requisition, "f": Facility},
        _STEPS,
        {"step": step_id, "user": actor.user_id, "scopes": None if scopes is EVERYWHERE else list(scopes)},
    )
    for step, requisition, facility in rows:
        step.requisition, requisition.facility = requisition, facility
    steps: list[ApprovalStep] = [step for step, _, _ in rows]
    step = next((s for s in steps if s.pk == step_id), None)
    if step is None:
        raise NotFound("There is no such approval step.")
    join_trace(step.requisition.trace_id)
    return step, [s for s in steps if s.content_hash == step.content_hash]


def _authorize(actor: Actor, step: ApprovalStep) -> int | None:
    """Whether this actor may decide this step; the lender's id when they act for somebody. Raises NotAllowed."""
    facility_id = step.facility_id
    if step.requester_id == actor.user_id:
        raise NotAllowed("You asked for this yourself; somebody else has to decide.", code="self_approval")
    if step.person_id is not None:
        lender = _lender_of_person(actor, step)
    else:
        if not actor.has(step.role, facility_id) or (step.network and actor.scopes(step.role) is not None):
            raise NotAllowed(f"This step is for: {step.label}.", code="not_your_step")
        lender = actor.on_behalf_of(step.role, facility_id)
    if lender == step.requester_id:
        raise NotAllowed(
            "You act for the person who asked for this; somebody else has to decide.", code="self_approval"
        )
    role = step.role or Role.APPROVER
    limit = limit_of(actor, role=role, facility_id=facility_id) if step.person_id is None else None
    if limit is not None and step.amount > limit:
        raise NotAllowed(
            f"{step.amount:,.2f} is above your limit of {limit:,.2f}. Somebody with a higher limit has to decide.",
            code="above_limit",
        )
    return lender


def _lender_of_person(actor: Actor, step: ApprovalStep) -> int | None:
    if step.person_id == actor.user_id:
        return None
    for (role, lender_id), scopes in actor.delegated.items():
        if role == Role.APPROVER and lender_id == step.person_id and (scopes is None or step.facility_id in scopes):
            return lender_id
    raise NotAllowed(f"This step is for: {step.label}.", code="not_your_step")


def _lower_lines(
    requisition: Requisition, steps: Sequence[ApprovalStep], quantities: Mapping[int, Decimal], comment: str
) -> None:
    """Lower or reject lines and bind all waiting steps to the new content: the approver's own change needs no new round."""
    lines = list(requisition.lines.order_by("line_number"))
    for line in lines:
        wanted = quantities.get(line.line_number)
        if wanted is None or wanted == line.quantity:
            continue
        if wanted < 0 or wanted > line.quantity:
            raise Invalid(f"Line {line.line_number}: an approver may only lower the quantity.", code="quantity_raised")
        if wanted == 0:
            line.fill = RequisitionLine.Fill.REJECTED
        else:
            line.base_quantity = line.base_quantity / line.quantity * wanted
            line.quantity = wanted
        line.decision_comment = comment
        line.save()
    live = [li for li in lines if li.fill != RequisitionLine.Fill.REJECTED]
    if not live:
        raise Invalid("Every line would be rejected: reject the requisition instead.", code="nothing_left")
    requisition.total = sum(
        (round_money(li.order_price * li.base_quantity / li.order_multiplier) for li in live), Decimal(0)
    )
    requisition.content_hash = material_hash(requisition, lines)
    requisition.save(update_fields=["total", "content_hash"])
    for step in steps:
        if step.state in (ApprovalStep.State.PENDING, ApprovalStep.State.WAITING):
            step.content_hash, step.amount = requisition.content_hash, requisition.total
            step.save(update_fields=["content_hash", "amount"])


def _move_on(
    requisition: Requisition,
    step: ApprovalStep,
    steps: Sequence[ApprovalStep],
    decision: str,
    now: datetime,
    actor: Actor,
    on_behalf_of: int | None,
) -> list[Event]:
    """Open the next step, or end the round."""
    waiting = [s for s in steps if s.state == ApprovalStep.State.WAITING]
    if decision == "approve" and waiting:
        following = waiting[0]
        hours = (following.due_at - requisition.submitted_at) if following.due_at and requisition.submitted_at else None
        following.state, following.opened_at = ApprovalStep.State.PENDING, now
        following.due_at = now + hours if hours else following.due_at
        following.save(update_fields=["state", "opened_at", "due_at"])
        return []
    if decision == "approve":
        requisition.approve()
        requisition.approved_at = now
        requisition.save(update_fields=["status", "approved_at"])
        return [
            RequisitionApproved(
                number=requisition.number, facility_id=requisition.facility_id, requisition_id=requisition.pk,
                actor_id=actor.user_id, on_behalf_of_id=on_behalf_of,
            )
        ]  # fmt: skip
    if decision == "return":
        requisition.send_back()
    else:
        requisition.reject()
    requisition.save(update_fields=["status"])
    if waiting:
        ApprovalStep.objects.filter(pk__in=[s.pk for s in waiting]).update(state=ApprovalStep.State.VOID)
    return []
