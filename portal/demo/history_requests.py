"""The first half of a road: somebody asks, somebody decides, a buyer finds a source."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from core.errors import Invalid
from masterdata.models import Role
from portal.demo.dice import Dice
from portal.demo.history_orders import order_road
from portal.demo.history_plans import Plan, PlannedLine
from portal.demo.history_world import Road, World
from procurement.models import ApprovalStep, PurchaseOrder, Requisition, RequisitionLine
from procurement.services.approvals import approval_decide
from procurement.services.purchase_orders import purchase_order_cancel, purchase_order_create, purchase_order_issue
from procurement.services.requisitions import (
    LineInput,
    requisition_cancel,
    requisition_create,
    requisition_set_lines,
    requisition_submit,
)

S = Requisition.Status
WORDS = {
    "return": (
        "Please halve the quantity, we have some in 4 East.", "Wrong cost center: this belongs to the OR.",
        "Take the contracted size, please.",
    ),
    "reject": ("We have a year's worth in the storeroom.", "Not this quarter.", "Duplicate of last week's request."),
    "approve": ("", "", "", "", "OK", "Approved for this month."),
}  # fmt: skip


def requisition_road(world: World, plan: Plan) -> Road:
    """One requisition from the first line to its orders."""
    dice = plan.dice()
    actor = world.actors[plan.requester]
    needed = world.now.date() + timedelta(days=plan.needed_in) if plan.needed_in else None
    row = requisition_create(
        actor=actor, facility=world.facilities[plan.facility], location=world.locations[(plan.facility, plan.location)],
        cost_center=world.cost_centers[plan.cost_center], lines=[_input(world, line) for line in plan.lines],
        urgent=plan.urgent, needed_by=needed, note=plan.note,
    )  # fmt: skip
    fate = dice.choose("fate", submitted=96, forgotten=2, withdrawn=2)
    if fate == "forgotten":
        return
    yield dice.working(world.now + dice.hours(0.05, 0.6))
    try:
        row = requisition_submit(actor=actor, number=row.number, confirm=True)
    except Invalid:
        return  # over a budget that stops: it stays a draft
    if fate == "withdrawn" and row.status == S.SUBMITTED:
        yield dice.working(world.now + dice.hours(0.5, 3))
        requisition_cancel(actor=actor, number=row.number, reason="Found some in the next unit.")
        return
    yield from _approval(world, plan, row, dice)
    row.refresh_from_db(fields=["status"])
    for order in PurchaseOrder.objects.filter(requisition=row).order_by("pk"):
        world.start(world.now, order_road(world, order.number, dice.child(order.number)))
    if row.status == S.APPROVED:
        yield from _sourcing(world, row, dice)


def _input(world: World, line: PlannedLine) -> LineInput:
    return LineInput(
        item_id=world.items[line.item].pk if line.item else None, description=line.description, quantity=line.quantity,
        unit=line.unit, supplier_id=world.suppliers[line.supplier].pk if line.supplier else None,
        suggested_supplier=line.suggested_supplier, estimated_price=line.estimated_price, off_contract_reason=line.reason,
    )  # fmt: skip


def _approval(world: World, plan: Plan, row: Requisition, dice: Dice) -> Road:
    """Every step in turn, and once more where it was sent back and submitted again."""
    while step := ApprovalStep.objects.filter(requisition=row, state="pending").order_by("sequence").first():
        decision = dice.choose("decision", approve=92, lower=2, **{"return": 3}, reject=3, wait=0)
        if decision == "wait":
            return
        yield dice.working(world.now + dice.hours(0.3, 26))
        said, lowered = decision, None
        if decision == "lower":
            said, lowered = "approve", _lowered(row)
        approval_decide(
            actor=world.decider(step), step_id=step.pk, decision=said, line_quantities=lowered,
            comment="Half will do until next month." if lowered else dice.pick(WORDS[said]),
        )  # fmt: skip
        if said == "reject" or (said == "return" and dice.choose("again", yes=65, no=35) == "no"):
            return
        if said == "return":
            yield dice.working(world.now + dice.hours(1, 20))
            actor = world.actors[plan.requester]
            requisition_set_lines(
                actor=actor, number=row.number, lines=[_input(world, line) for line in plan.lines[:1]]
            )
            requisition_submit(actor=actor, number=row.number, confirm=True)


def _lowered(row: Requisition) -> dict[int, Decimal] | None:
    """Half of the first line that more than one was asked of."""
    for number, quantity in row.lines.order_by("line_number").values_list("line_number", "quantity"):
        if quantity >= 2 and quantity % 2 == 0:
            return {number: quantity / 2}
    return None


def _sourcing(world: World, row: Requisition, dice: Dice) -> Road:
    """A buyer sources what no contract covers. Sometimes nobody has come to it yet, or the order is still a draft."""
    how = dice.choose("sourcing", issue=84, draft=4, wait=6, cancel=6)
    if how == "wait":
        return
    yield dice.working(world.now + dice.hours(2, 40))
    lines = RequisitionLine.objects.filter(requisition=row, fill=RequisitionLine.Fill.TO_SOURCE)
    groups: dict[int, list[int]] = {}
    for pk, supplier in lines.order_by("pk").values_list("pk", "supplier_id"):
        groups.setdefault(supplier or world.suppliers["SUP-EVER"].pk, []).append(pk)
    buyer = world.somebody(Role.BUYER, row.facility_id, but=(row.requester_id,))
    for supplier_id, ids in groups.items():
        order = purchase_order_create(actor=buyer, line_ids=ids, supplier=world.suppliers_by_id[supplier_id])
        if how == "draft":
            return
        yield world.now + timedelta(minutes=dice.number(2, 20))
        purchase_order_issue(actor=buyer, number=order.number)
        if how == "cancel":
            yield dice.working(world.now + dice.hours(1, 12))
            purchase_order_cancel(actor=buyer, number=order.number, reason="Bought locally, no longer needed.")
        else:
            world.start(world.now, order_road(world, order.number, dice.child(order.number)))
