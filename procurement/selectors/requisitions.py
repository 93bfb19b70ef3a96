"""Reads of requisitions and approvals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from core.actors import EVERYWHERE, Actor
from core.errors import Invalid, NotFound
from masterdata.models import CostCenter, Facility, Location, Role
from masterdata.selectors import at, scoped
from procurement.models import ApprovalStep, BudgetFigure, PurchaseOrderLine, Requisition, RequisitionLine
from procurement.selectors.invoices import remarks_on


def requisitions_visible(actor: Actor) -> QuerySet[Requisition]:
    """Requisitions of the actor's facilities; carts that are not submitted are seen by their owner alone."""
    return (
        Requisition.objects.filter(scoped(actor))
        .filter(Q(is_cart=False) | Q(requester=actor.user_id))
        .select_related("facility", "location", "cost_center", "requester")
    )


VIEWS: Mapping[str, tuple[bool, tuple[str, ...]]] = {
    "mine": (True, ()),
    "mine-open": (True, ("submitted", "approved", "ordered")),
    "returned": (True, ("returned",)),
    "drafts": (True, ("draft",)),
    "open": (False, ("submitted", "returned", "approved", "ordered")),
    "all": (False, ()),
}
"""Saved views of the list: only one's own?, statuses (empty: all)."""


def requisitions_listed(
    actor: Actor, *, view: str = "all", facility_id: int | None = None, statuses: Sequence[str] = (),
    facilities: Sequence[str] = (), q: str = "",
) -> QuerySet[Requisition]:  # fmt: skip
    """The list a person filters: a view, one facility or all, statuses, facility codes, and words of number, person or place."""
    mine, only = VIEWS.get(view, VIEWS["all"])
    found = requisitions_visible(actor).filter(at(facility_id))
    if mine:
        found = found.filter(requester=actor.user_id)
    if view == "drafts":
        found = found.filter(Exists(RequisitionLine.objects.filter(requisition=OuterRef("pk"))))
    if only:
        found = found.filter(status__in=only)
    if statuses:
        found = found.filter(status__in=statuses)
    if facilities:
        found = found.filter(facility__code__in=facilities)
    for word in q.split()[:5]:
        found = found.filter(
            Q(number__icontains=word) | Q(requester__name__icontains=word) | Q(location__name__icontains=word)
        )
    return found.order_by("-id")


def requisition_get(actor: Actor, number: str) -> Requisition:
    """One requisition with its lines, the orders they became, its steps and `remarks`, four statements. Raises NotFound."""
    placed = PurchaseOrderLine.objects.select_related("order", "order__supplier").order_by("id")
    lines = (
        RequisitionLine.objects.select_related("item", "supplier", "contract_line__contract")
        .prefetch_related(Prefetch("order_lines", placed))
        .order_by("line_number")
    )
    steps = ApprovalStep.objects.select_related("person", "decided_by", "on_behalf_of").order_by("id")
    found = (
        requisitions_visible(actor)
        .filter(number=number)
        .annotate(remarks=remarks_on("requisition"))
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


def usual_place(actor: Actor, facility: Facility) -> tuple[Location, CostCenter]:
    """Where this person last asked for things at a facility, else its first department. Raises Invalid where there is none."""
    last = (
        Requisition.objects.filter(requester=actor.user_id, facility=facility, location__is_active=True)
        .select_related("location", "cost_center")
        .order_by("-id")
        .first()
    )
    if last:
        return last.location, last.cost_center
    first = (
        Location.objects.filter(facility=facility, is_active=True, cost_center__isnull=False)
        .exclude(kind__in=Location.OUTSIDE)
        .select_related("cost_center")
        .order_by("kind", "code")
        .first()
    )
    if first is None or first.cost_center is None:
        raise Invalid(f"{facility.name} has no place with a cost center to ask for.", code="no_place")
    return first, first.cost_center


def approvals_waiting(
    actor: Actor, *, facility_id: int | None = None, only: Collection[int] | None = None
) -> QuerySet[ApprovalStep]:
    """Pending steps this actor may decide: named for them (or for whom they act), or for a role they hold there. Never their own."""
    mine = Q(person=actor.user_id)
    for (role, lender), scopes in actor.delegated.items():
        if role == Role.APPROVER:
            where = Q() if scopes is EVERYWHERE else Q(facility__in=scopes)
            mine |= Q(person=lender) & where & ~Q(requester=lender)
    for role in {*actor.grants, *(r for r, _ in actor.delegated)}:
        scopes = actor.scopes(role)
        if scopes is EVERYWHERE:
            mine |= Q(person__isnull=True, role=role)
        else:
            mine |= Q(person__isnull=True, role=role, network=False, facility__in=scopes)
    return (
        ApprovalStep.objects.filter(mine, at(facility_id), state=ApprovalStep.State.PENDING)
        .filter(Q() if only is None else Q(pk__in=only))
        .exclude(requester=actor.user_id)
        .order_by("id")
        .select_related("requisition", "requisition__facility", "requisition__location", "requester")
    )


def lines_to_source(actor: Actor, *, facility_id: int | None = None) -> QuerySet[RequisitionLine]:
    """Approved lines that wait for a buyer, oldest first."""
    return (
        RequisitionLine.objects.filter(
            scoped(actor, Role.BUYER, field="requisition__facility_id"),
            at(facility_id, field="requisition__facility_id"),
            fill=RequisitionLine.Fill.TO_SOURCE,
        )
        .select_related("requisition", "requisition__facility", "requisition__location", "item", "supplier")
        .order_by("id")
    )


MONTHS_BACK = timedelta(days=183)


def approval_get(actor: Actor, step_id: int) -> ApprovalStep:
    """One step with its requisition, whoever may decide it: for the eyes of those who see the requisition. Raises NotFound."""
    found = (
        ApprovalStep.objects.filter(scoped(actor) | Q(person=actor.user_id), pk=step_id)
        .select_related(
            "requisition", "requisition__facility", "requisition__location", "requisition__cost_center",
            "requisition__requester", "requester", "person", "decided_by", "on_behalf_of",
        )
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound("There is no such approval.")
    return found


def lines_to_judge(requisition: Requisition, now: datetime) -> QuerySet[RequisitionLine]:
    """The lines with what an approver asks about each: last paid, and how often and how much this person asked for it lately.

    `last_price`, `last_multiplier`, `last_unit` and `last_on` are of the newest order line of the item at this facility; `asked_times` and
    `asked_base` count the requester's own requests of six months.
    """
    paid = PurchaseOrderLine.objects.filter(
        item=OuterRef("item"), order__facility=requisition.facility_id, cancelled=False
    ).order_by("-id")
    asked = (
        RequisitionLine.objects.filter(
            item=OuterRef("item"), requisition__requester=requisition.requester_id,
            requisition__submitted_at__gte=now - MONTHS_BACK,
        )
        .exclude(requisition=requisition.pk)
        .order_by()
        .values("item")
    )  # fmt: skip
    return (
        RequisitionLine.objects.filter(requisition=requisition.pk)
        .select_related("item", "supplier")
        .annotate(
            last_price=Subquery(paid.values("unit_price")[:1]),
            last_multiplier=Subquery(paid.values("multiplier")[:1]),
            last_unit=Subquery(paid.values("unit")[:1]),
            last_on=Subquery(paid.values("order__issued_at")[:1]),
            asked_times=Subquery(asked.values(n=Count("requisition", distinct=True))),
            asked_base=Subquery(asked.values(n=Sum("base_quantity"))),
        )
        .order_by("line_number")
    )


def budget_now(cost_center_id: int, period: str) -> BudgetFigure | None:
    """The figures of a cost center and month (`2026-11`) as they stand now."""
    return BudgetFigure.objects.filter(cost_center=cost_center_id, period=period).first()


def steps_of(requisition: Requisition) -> list[ApprovalStep]:
    """Every step of the requisition, also of earlier rounds, in order."""
    return list(
        ApprovalStep.objects.filter(requisition=requisition.pk)
        .select_related("person", "decided_by", "on_behalf_of")
        .order_by("id")
    )


def approvals_flagged(steps: QuerySet[ApprovalStep]) -> QuerySet[ApprovalStep]:
    """The same steps with `off_contract` and `non_catalog`: whether any live line of the requisition is."""
    lines = RequisitionLine.objects.filter(requisition=OuterRef("requisition")).exclude(fill="rejected")
    return steps.annotate(
        off_contract=Exists(lines.filter(contract_check=RequisitionLine.Contract.OFF)),
        non_catalog=Exists(lines.filter(contract_check=RequisitionLine.Contract.NON_CATALOG)),
    )
