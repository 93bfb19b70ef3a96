"""Reads of requisitions and approvals."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet

from core.actors import EVERYWHERE, Actor
from core.errors import NotFound
from masterdata.models import Facility, Role
from masterdata.selectors import scoped
from procurement.models import ApprovalStep, Requisition, RequisitionLine


def requisitions_visible(actor: Actor) -> QuerySet[Requisition]:
    """Requisitions of the actor's facilities; carts that are not submitted are seen by their owner alone."""
    return (
        Requisition.objects.filter(scoped(actor))
        .filter(Q(is_cart=False) | Q(requester=actor.user_id))
        .select_related("facility", "location", "cost_center", "requester")
    )


def requisition_get(actor: Actor, number: str) -> Requisition:
    """One requisition with its lines and steps, three statements. Raises NotFound."""
    lines = RequisitionLine.objects.select_related("item", "supplier", "contract_line__contract").order_by(
        "line_number"
    )
    steps = ApprovalStep.objects.select_related("person", "decided_by", "on_behalf_of").order_by("id")
    found = (
        requisitions_visible(actor)
        .filter(number=number)
        .prefetch_related(Prefetch("lines", lines), Prefetch("steps", steps))
        .first()
    )
    if found is None:
        raise NotFound(f"There is no requisition {number}.")
    return found


def cart_of(actor: Actor, facility: Facility) -> Requisition | None:
    """The actor's cart at a facility with its lines, if there is one."""
    lines = RequisitionLine.objects.select_related("item", "supplier").order_by("line_number")
    return (
        Requisition.objects.filter(requester=actor.user_id, facility=facility, is_cart=True, status="draft")
        .select_related("facility", "location", "cost_center")
        .prefetch_related(Prefetch("lines", lines))
        .first()
    )


def approvals_waiting(actor: Actor) -> QuerySet[ApprovalStep]:
    """Pending steps this actor may decide: named for them (or for whom they act), or for a role they hold there. Never their own."""
    mine = Q(person=actor.user_id)
    for (role, lender), scopes in actor.delegated.items():
        if role == Role.APPROVER:
            at = Q() if scopes is EVERYWHERE else Q(facility__in=scopes)
            mine |= Q(person=lender) & at & ~Q(requester=lender)
    for role in {*actor.grants, *(r for r, _ in actor.delegated)}:
        scopes = actor.scopes(role)
        if scopes is EVERYWHERE:
            mine |= Q(person__isnull=True, role=role)
        else:
            mine |= Q(person__isnull=True, role=role, network=False, facility__in=scopes)
    return (
        ApprovalStep.objects.filter(mine, state=ApprovalStep.State.PENDING)
        .exclude(requester=actor.user_id)
        .select_related("requisition", "requisition__facility", "requisition__location", "requester")
    )


def lines_to_source(actor: Actor) -> QuerySet[RequisitionLine]:
    """Approved lines that wait for a buyer, oldest first."""
    return (
        RequisitionLine.objects.filter(
            scoped(actor, Role.BUYER, field="requisition__facility_id"), fill=RequisitionLine.Fill.TO_SOURCE
        )
        .select_related("requisition", "requisition__facility", "requisition__location", "item", "supplier")
        .order_by("id")
    )
