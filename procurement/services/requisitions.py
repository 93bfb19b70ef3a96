"""Requisitions: write, submit, return, cancel."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Avg, F, FilteredRelation, Max, Q, QuerySet
from django.utils import timezone

from core.actors import Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Conflict, Finding, Invalid, NotFound
from core.events import Event, emit
from core.sequences import next_number
from core.tracing import current_trace_id, new_trace_id, tracing
from masterdata.models import CostCenter, Facility, Location, Role
from masterdata.rules.offers import ItemFacts, UnknownUnit, round_money
from masterdata.selectors import item_facts, scoped
from procurement.events import (
    RequisitionApproved,
    RequisitionCancelled,
    RequisitionClosed,
    RequisitionFulfilled,
    RequisitionSubmitted,
)
from procurement.models import ApprovalPolicy, ApprovalStep, Requisition, RequisitionLine
from procurement.rules.approval_routing import Routing, RoutingFacts, route
from procurement.rules.budget_check import Budget, BudgetCheck, budget_check
from procurement.rules.requisition_check import LineRequest, PricedLine, check_header, check_line, price_line

USUAL_DAYS = 180
OPEN_REQUEST_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class LineInput:
    """A line as a person or client writes it. `quantity` counts `unit`s; `estimated_price` is per `unit`, non-catalog only."""

    item_id: int | None = None
    description: str = ""
    quantity: Decimal
    unit: str
    supplier_id: int | None = None
    suggested_supplier: str = ""
    estimated_price: Decimal = Decimal(0)
    off_contract_reason: str = ""


def requisition_create(
    *,
    actor: Actor,
    facility: Facility,
    location: Location,
    cost_center: CostCenter,
    lines: Sequence[LineInput] = (),
    urgent: bool = False,
    needed_by: date | None = None,
    note: str = "",
    is_cart: bool = False,
    form_token: uuid.UUID | None = None,
) -> Requisition:
    """Write a draft. Its own trace begins here. Raises NotAllowed, Invalid (location or unit of a line unknown)."""
    actor.require(Role.REQUESTER, scope=facility.pk, to="request supplies")
    if location.facility_id != facility.pk or location.is_outside:
        raise Invalid("The location does not belong to this facility.", code="location_invalid")
    with tracing(new_trace_id()), acting(actor=actor, reason="requisition written"):
        requisition = Requisition.objects.create(
            number=next_number("REQ"),
            facility=facility,
            location=location,
            cost_center=cost_center,
            requester_id=actor.user_id,
            urgent=urgent,
            needed_by=needed_by,
            note=note,
            currency=facility.currency,
            is_cart=is_cart,
            form_token=form_token,
            trace_id=current_trace_id(),
        )
        _write_lines(requisition, lines, first=1)
    return requisition


def requisition_set_lines(*, actor: Actor, number: str, lines: Sequence[LineInput]) -> Requisition:
    """Replace all lines of an editable requisition of one's own."""
    with acting(actor=actor, reason="lines replaced"):
        requisition = _editable(actor, number)
        requisition.lines.all().delete()
        _write_lines(requisition, lines, first=1)
        return requisition


def requisition_add_line(*, actor: Actor, number: str, line: LineInput) -> RequisitionLine:
    """Add one line; a line with the same item, unit and supplier grows instead."""
    with acting(actor=actor, reason="line added"):
        requisition = _editable(actor, number)
        existing = (
            requisition.lines.filter(item_id=line.item_id, unit=line.unit, supplier_chosen=line.supplier_id is not None)
            .filter(Q() if line.supplier_id is None else Q(supplier=line.supplier_id))
            .first()
            if line.item_id
            else None
        )
        if existing:
            return _reprice_line(requisition, existing, existing.quantity + line.quantity)
        last = requisition.lines.order_by("-line_number").values_list("line_number", flat=True).first() or 0
        return _write_lines(requisition, [line], first=last + 1)[0]


def requisition_change_line(  # each argument is one field a person may change
    *,
    actor: Actor,
    number: str,
    line_id: int,
    quantity: Decimal | None = None,
    unit: str | None = None,
    supplier_id: int | None = None,
    off_contract_reason: str | None = None,
    confirmed: bool | None = None,
) -> RequisitionLine | None:
    """Change one line; a quantity of zero removes it. Raises Invalid for a unit the item does not define."""
    with acting(actor=actor, reason="line changed"):
        requisition = _editable(actor, number)
        line = requisition.lines.filter(pk=line_id).first()
        if line is None:
            raise NotFound("This line is not on the requisition any more.")
        if quantity is not None and quantity <= 0:
            line.delete()
            _recount(requisition)
            return None
        line.unit = unit or line.unit
        if supplier_id is not None:
            line.supplier_id, line.supplier_chosen = supplier_id, True
        line.off_contract_reason = line.off_contract_reason if off_contract_reason is None else off_contract_reason
        line.confirmed = line.confirmed if confirmed is None else confirmed
        return _reprice_line(requisition, line, quantity or line.quantity)


def requisition_change_header(
    *,
    actor: Actor,
    number: str,
    cost_center: CostCenter,
    location: Location,
    urgent: bool,
    needed_by: date | None,
    note: str,
) -> Requisition:
    """Change where, for whom and when of an editable requisition of one's own."""
    with acting(actor=actor, reason="requisition edited"):
        requisition = _editable(actor, number)
        if location.facility_id != requisition.facility_id or location.is_outside:
            raise Invalid("The location does not belong to this facility.", code="location_invalid")
        requisition.cost_center, requisition.location = cost_center, location
        requisition.urgent, requisition.needed_by, requisition.note = urgent, needed_by, note
        requisition.save(update_fields=["cost_center", "location", "urgent", "needed_by", "note"])
        return requisition


def requisition_submit(*, actor: Actor, number: str, confirm: bool = False) -> Requisition:
    """Check everything at once, price and source the lines as of today, and ask for the approvals the policy wants.

    `confirm` answers every finding that only wants a confirmation. Raises Invalid with all findings, Conflict, NotFound.
    """
    now = timezone.now()
    with acting(actor=actor, reason="submitted"):
        requisition = _editable(actor, number, with_budget=True)
        checked = _check(requisition, now)
        _refuse(number, checked.findings, confirm)
        priced = [p for p in checked.priced if p]
        _store_lines(checked.lines, priced)
        _store_header(requisition, checked.lines, checked.total, checked.budget, now)
        routing = _route(requisition, checked.requests, priced, checked.total, checked.budget)
        _open_steps(requisition, routing, now)
    return requisition


def requisition_check(*, actor: Actor, number: str) -> list[Finding]:
    """Everything that submitting would find now, on an editable requisition of one's own. Changes nothing."""
    with acting(actor=actor, reason="checked"):
        return _check(_editable(actor, number, with_budget=True), timezone.now()).findings


def requisition_cancel(*, actor: Actor, number: str, reason: str) -> Requisition:
    """Withdraw an own requisition that is not ordered yet; waiting approvals become void."""
    with acting(actor=actor, reason=reason or "withdrawn by the requester"):
        requisition = _lock(actor, number)
        _own(actor, requisition)
        if requisition.status not in (*Requisition.EDITABLE, Requisition.Status.SUBMITTED):
            raise Conflict(f"{number} is {requisition.get_status_display().lower()} and cannot be withdrawn.")
        requisition.cancel()
        requisition.save(update_fields=["status"])
        requisition.steps.filter(state__in=["waiting", "pending"]).update(state=ApprovalStep.State.VOID)
        emit(
            RequisitionCancelled(
                number=number, facility_id=requisition.facility_id, requisition_id=requisition.pk, reason=reason,
                actor_id=actor.user_id,
            )
        )  # fmt: skip
        return requisition


_UNFILLED = """
EXISTS (SELECT 1 FROM procurement_requisitionline l WHERE l.requisition_id = r.id AND l.fill NOT IN ('rejected', 'from_stock', 'waived')
  AND (l.fill <> 'ordered'
    OR EXISTS (SELECT 1 FROM procurement_purchaseorderline ol JOIN procurement_purchaseorder o ON o.id = ol.order_id
      WHERE ol.requisition_line_id = l.id AND NOT ol.cancelled AND o.status NOT IN ('cancelled', 'closed')
        AND ol.received_base < ol.base_quantity)))
"""
# a line is filled when nothing of it waits for the buyer, and what was ordered for it was received or its order was closed


_OF_ORDER = """
r.id IN (SELECT l.requisition_id FROM procurement_purchaseorderline ol JOIN procurement_requisitionline l ON l.id = ol.requisition_line_id
  WHERE ol.order_id = %s)
"""
_WAITING = """
EXISTS (SELECT 1 FROM procurement_requisitionline l WHERE l.requisition_id = r.id AND l.fill IN ('open', 'to_source'))
"""
_ANY_ORDER = """
EXISTS (SELECT 1 FROM procurement_requisitionline l JOIN procurement_purchaseorderline ol ON ol.requisition_line_id = l.id
  JOIN procurement_purchaseorder o ON o.id = ol.order_id WHERE l.requisition_id = r.id AND o.status <> 'cancelled')
"""
_LIVING_ORDER = """
EXISTS (SELECT 1 FROM procurement_requisitionline l JOIN procurement_purchaseorderline ol ON ol.requisition_line_id = l.id
  JOIN procurement_purchaseorder o ON o.id = ol.order_id WHERE l.requisition_id = r.id AND o.status NOT IN ('closed', 'cancelled'))
"""


def requisition_settle(*, requisition_id: int, actor: Actor) -> list[Event]:
    """Fulfil a requisition that stock filled wholly. Returns what to tell."""
    return _advance("'fulfilled'", f"r.status = 'approved' AND NOT {_UNFILLED}", "r.id = %s", requisition_id, actor)


def requisitions_go_on(*, requisition_id: int, actor: Actor) -> list[Event]:
    """Lines of a requisition wait for the buyer no longer: it stands where the others say. Returns what to tell."""
    which = ("r.id = %s", requisition_id, actor)
    told = _advance("'fulfilled'", f"r.status IN ('approved', 'ordered') AND NOT {_UNFILLED}", *which)
    _advance("'ordered'", f"r.status = 'approved' AND NOT {_WAITING}", *which)
    return told + _advance("'closed'", f"r.status = 'fulfilled' AND {_ANY_ORDER} AND NOT {_LIVING_ORDER}", *which)


def requisitions_settle(*, order_id: int, actor: Actor) -> list[Event]:
    """Fulfil an order's requisitions whose every live line is filled, in one statement. Returns what to tell."""
    return _advance(
        "'fulfilled'", f"r.status IN ('approved', 'ordered') AND NOT {_UNFILLED}", _OF_ORDER, order_id, actor
    )


def requisitions_unsettle(*, order_id: int, actor: Actor) -> None:
    """Goods went back: the fulfilled requisitions of an order wait for them again."""
    _advance("'ordered'", "r.status = 'fulfilled'", _OF_ORDER, order_id, actor)


def requisitions_close(*, order_id: int, actor: Actor) -> list[Event]:
    """Close an order's fulfilled requisitions whose every order is closed or cancelled. Returns what to tell."""
    return _advance("'closed'", f"r.status = 'fulfilled' AND NOT {_LIVING_ORDER}", _OF_ORDER, order_id, actor)


def requisitions_reopen(*, order_id: int, actor: Actor) -> None:
    """An order was opened again: its requisitions stand where their lines say."""
    state = f"CASE WHEN {_UNFILLED} THEN 'ordered' ELSE 'fulfilled' END"
    _advance(state, "r.status IN ('closed', 'fulfilled')", _OF_ORDER, order_id, actor)


def _advance(state: str, condition: str, which: str, pk: int, actor: Actor) -> list[Event]:
    """Change states where the condition holds. Written by hand: the ORM needs longer for it than the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE procurement_requisition r SET status = {state} WHERE {which} AND {condition} "  # noqa: S608 - constants
            "RETURNING r.id, r.number, r.facility_id, r.status",
            [pk],
        )
        rows = cursor.fetchall()
    told = {"fulfilled": RequisitionFulfilled, "closed": RequisitionClosed}
    return [
        told[status](number=number, facility_id=facility, requisition_id=pk, actor_id=actor.user_id)
        for pk, number, facility, status in rows
        if status in told
    ]


def material_hash(requisition: Requisition, lines: Sequence[RequisitionLine]) -> str:
    """Fingerprint of what an approver agrees to: facility, cost center, and each live line's item, quantity, price, supplier."""
    content = [
        requisition.facility_id,
        requisition.cost_center_id,
        [
            [
                li.line_number,
                li.item_id,
                li.description,
                f"{li.quantity:f}",
                li.unit,
                f"{li.unit_price:f}",
                li.supplier_id,
            ]
            for li in lines
            if li.fill != RequisitionLine.Fill.REJECTED
        ],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


# --- parts of the acts above --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Checked:
    lines: list[RequisitionLine]
    requests: list[LineRequest]
    priced: list[PricedLine | None]
    findings: list[Finding]
    total: Decimal
    budget: BudgetCheck


def _check(requisition: Requisition, now: datetime) -> _Checked:
    """Price and check everything as of now; `requisition` carries its budget figures."""
    lines = list(requisition.lines.order_by("line_number"))
    history = _history(requisition, lines, now)
    facts = item_facts([li.item_id for li in lines if li.item_id], facility_id=requisition.facility_id)
    requests = [_request(li, facts, history) for li in lines]
    priced, findings = _check_lines(requests)
    total = sum((p.amount for p in priced if p), Decimal(0))
    budget = budget_check(_budget(requisition), total=total, now=now)
    findings += check_header(
        lines=requests,
        cost_center_ok=requisition.cost_center.is_active
        and requisition.cost_center.facility_id == requisition.facility_id,
        needed_by=requisition.needed_by,
        today=requisition.facility.today,
        budget=budget,
    )
    return _Checked(lines=lines, requests=requests, priced=priced, findings=findings, total=total, budget=budget)


def _lock(actor: Actor, number: str, *, with_budget: bool = False) -> Requisition:
    """The requisition, locked until the transaction ends; its budget figures ride along to save a statement."""
    found: QuerySet[Requisition] = (
        Requisition.objects.filter(scoped(actor), number=number)
        .select_related("facility", "cost_center", "requester")
        .select_for_update(of=("self",))
    )
    if with_budget:
        this_month = Q(cost_center__budget_figures__period=timezone.now().strftime("%Y-%m"))
        found = found.annotate(
            figures=FilteredRelation("cost_center__budget_figures", condition=this_month),
            **{f"budget_{name}": F(f"figures__{name}") for name in _BUDGET_FIELDS},
        )
    requisition = found.first()
    if requisition is None:
        raise NotFound(f"There is no requisition {number}.")
    join_trace(requisition.trace_id)
    return requisition


def _own(actor: Actor, requisition: Requisition) -> None:
    actor.require(Role.REQUESTER, scope=requisition.facility_id, to="change requisitions")
    if requisition.requester_id != actor.user_id:
        raise NotFound(f"You have no requisition {requisition.number}.")


def _editable(actor: Actor, number: str, *, with_budget: bool = False) -> Requisition:
    requisition = _lock(actor, number, with_budget=with_budget)
    _own(actor, requisition)
    if requisition.status not in Requisition.EDITABLE:
        raise Conflict(
            f"{number} is {requisition.get_status_display().lower()} and cannot be changed any more.",
            code="not_editable",
        )
    return requisition


def _write_lines(requisition: Requisition, lines: Sequence[LineInput], *, first: int) -> list[RequisitionLine]:
    facts = item_facts([li.item_id for li in lines if li.item_id], facility_id=requisition.facility_id)
    rows, findings = [], []
    for number, line in enumerate(lines, start=first):
        row = RequisitionLine(
            requisition=requisition,
            line_number=number,
            item_id=line.item_id,
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            supplier_id=line.supplier_id,
            supplier_chosen=line.supplier_id is not None,
            suggested_supplier=line.suggested_supplier,
            unit_price=line.estimated_price,
            off_contract_reason=line.off_contract_reason,
        )
        try:
            _price(row, facts.get(line.item_id) if line.item_id else None)
        except UnknownUnit as error:
            findings.append(Finding(code="unit_unknown", field=f"lines.{number}.unit", message=str(error)))
        if row.quantity <= 0:
            findings.append(
                Finding(
                    code="quantity_invalid",
                    field=f"lines.{number}.quantity",
                    message="The quantity must be above zero.",
                )
            )
        rows.append(row)
    if findings:
        raise Invalid("Some lines cannot be taken.", findings=findings)
    RequisitionLine.objects.bulk_create(rows)
    _recount(requisition)
    return rows


def _price(row: RequisitionLine, facts: ItemFacts | None) -> None:
    """Fill in a draft line's description, base quantity and best known price. Raises UnknownUnit."""
    priced = price_line(
        LineRequest(
            line_number=row.line_number, facts=facts, description=row.description, quantity=row.quantity, unit=row.unit,
            supplier_id=row.supplier_id if row.supplier_chosen else None, estimated_price=row.unit_price,
        )
    )  # fmt: skip
    row.description = row.description or (facts.description if facts else "")
    for name, value in _source_fields(row, priced).items():
        setattr(row, name, value)


def _source_fields(row: RequisitionLine, priced: PricedLine) -> dict[str, object]:
    offer = priced.check.offer
    return {
        "base_quantity": priced.base_quantity,
        "unit_price": priced.unit_price,
        "order_unit": priced.order_unit,
        "order_multiplier": priced.order_multiplier,
        "order_price": priced.order_price,
        "lead_time_days": offer.lead_time_days if offer else 0,
        "supplier_id": offer.supplier_id if offer else row.supplier_id,
        "supplier_part": offer.supplier_part if offer else row.supplier_part,
        "contract_line_id": offer.contract_line_id if offer else None,
        "contract_check": priced.check.decision,
        "contract_explanation": priced.check.explanation(priced.base_quantity),
    }


def _reprice_line(requisition: Requisition, line: RequisitionLine, quantity: Decimal) -> RequisitionLine:
    line.quantity = quantity
    ids = [line.item_id] if line.item_id else []
    facts = item_facts(ids, facility_id=requisition.facility_id)
    try:
        _price(line, facts.get(line.item_id) if line.item_id else None)
    except UnknownUnit as error:
        raise Invalid(str(error), code="unit_unknown") from error
    line.save()
    _recount(requisition)
    return line


def _recount(requisition: Requisition) -> None:
    rows = requisition.lines.exclude(fill=RequisitionLine.Fill.REJECTED).values_list(
        "order_price", "base_quantity", "order_multiplier"
    )
    requisition.total = sum((round_money(price * base / multiplier) for price, base, multiplier in rows), Decimal(0))
    requisition.save(update_fields=["total"])


@dataclass(frozen=True)
class _History:
    """What a place asked for before: the usual base quantity per item and another request for it that is still open."""

    usual: Mapping[int, Decimal]
    still_open: Mapping[int, str]


def _history(requisition: Requisition, lines: Sequence[RequisitionLine], now: datetime) -> _History:
    open_here = Q(
        requisition__location=requisition.location_id,
        requisition__status__in=["submitted", "approved", "ordered"],
        requisition__submitted_at__gte=now - timedelta(days=OPEN_REQUEST_DAYS),
    )
    rows = (
        RequisitionLine.objects.filter(
            item__in=[li.item_id for li in lines if li.item_id],
            requisition__facility=requisition.facility_id,
            requisition__submitted_at__gte=now - timedelta(days=USUAL_DAYS),
        )
        .exclude(requisition=requisition.pk)
        .order_by()
        .values_list("item_id")
        .annotate(usual=Avg("base_quantity"), still_open=Max("requisition__number", filter=open_here))
    )
    found = list(rows)
    return _History(
        usual={item: usual for item, usual, _ in found if item},
        still_open={item: number for item, _, number in found if item and number},
    )


def _request(line: RequisitionLine, facts: Mapping[int, ItemFacts], history: _History) -> LineRequest:
    return LineRequest(
        line_number=line.line_number,
        facts=facts.get(line.item_id) if line.item_id else None,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        supplier_id=line.supplier_id if line.supplier_chosen else None,
        off_contract_reason=line.off_contract_reason,
        estimated_price=line.unit_price,
        usual_base=history.usual.get(line.item_id or 0),
        open_request=history.still_open.get(line.item_id or 0, ""),
        confirmed=line.confirmed,
    )


def _check_lines(requests: Sequence[LineRequest]) -> tuple[list[PricedLine | None], list[Finding]]:
    priced, findings = [], []
    for request in requests:
        line, found = check_line(request)
        priced.append(line)
        findings += found
    return priced, findings


def _refuse(number: str, findings: Sequence[Finding], confirm: bool) -> None:
    blocking = [f for f in findings if f.severity == "error" or (f.severity == "confirm" and not confirm)]
    if blocking:
        only_confirm = all(f.severity == "confirm" for f in blocking)
        raise Invalid(
            f"{number} needs your confirmation." if only_confirm else f"{number} cannot be submitted yet.",
            code="confirmation_needed" if only_confirm else "requisition_invalid",
            findings=blocking,
        )


def _store_lines(lines: Sequence[RequisitionLine], priced: Sequence[PricedLine]) -> None:
    changed = {}
    for line, price in zip(lines, priced, strict=True):
        values = _source_fields(line, price)
        for name, value in values.items():
            setattr(line, name, value)
        changed[line.pk] = values
    bulk_set(RequisitionLine, changed)


def _store_header(
    requisition: Requisition, lines: Sequence[RequisitionLine], total: Decimal, budget: BudgetCheck, now: datetime
) -> None:
    requisition.total = total
    requisition.budget_check = budget.as_dict()
    requisition.content_hash = material_hash(requisition, lines)
    requisition.submitted_at = now
    requisition.is_cart = False
    requisition.submit()


def _route(
    requisition: Requisition,
    requests: Sequence[LineRequest],
    priced: Sequence[PricedLine],
    total: Decimal,
    budget: BudgetCheck,
) -> Routing:
    policy = ApprovalPolicy.objects.filter(status=ApprovalPolicy.Status.ACTIVE).values_list("version", "rules").first()
    requisition.policy_version = policy[0] if policy else None
    facts = RoutingFacts(
        facility=requisition.facility.code,
        cost_center=requisition.cost_center.code,
        categories=frozenset(r.facts.category for r in requests if r.facts),
        total=total,
        off_contract=any(p.check.decision == "off_contract" for p in priced),
        urgent=requisition.urgent,
        non_catalog=any(r.facts is None for r in requests),
        over_budget=budget.over,
        manager_id=requisition.requester.manager_id,
    )
    return route(policy[1] if policy else [], facts)


def _open_steps(requisition: Requisition, routing: Routing, now: datetime) -> None:
    """Write the steps (the first one pending) and say so; with none, the request is approved by the explicit rule."""
    facts = [
        RequisitionSubmitted(
            number=requisition.number, facility_id=requisition.facility_id, requisition_id=requisition.pk,
            total=str(requisition.total), steps=len(routing.steps), actor_id=requisition.requester_id,
        )
    ]  # fmt: skip
    ApprovalStep.objects.bulk_create(
        ApprovalStep(
            requisition=requisition,
            requester_id=requisition.requester_id,
            sequence=n,
            facility_id=requisition.facility_id,
            role=step.role,
            network=step.network,
            person_id=step.person_id,
            label=step.label,
            why=step.why,
            amount=requisition.total,
            content_hash=requisition.content_hash,
            state=ApprovalStep.State.PENDING if n == 1 else ApprovalStep.State.WAITING,
            opened_at=now if n == 1 else None,
            due_at=now + timedelta(hours=step.hours),
        )
        for n, step in enumerate(routing.steps, start=1)
    )
    requisition.save()
    emit(*facts)
    if not routing.steps:
        requisition.approve()
        requisition.approved_at = now
        requisition.save(update_fields=["status", "approved_at"])
        emit(
            RequisitionApproved(
                number=requisition.number, facility_id=requisition.facility_id, requisition_id=requisition.pk,
                actor_id=requisition.requester_id,
            )
        )  # fmt: skip


_BUDGET_FIELDS = ("period", "amount", "committed", "actual", "elsewhere", "billed_since", "hard_stop", "as_of")


def _budget(requisition: Requisition) -> Budget | None:
    """The figures that `_lock(with_budget=True)` brought along."""
    known = {name: getattr(requisition, f"budget_{name}") for name in _BUDGET_FIELDS}
    return Budget(**known) if known["period"] else None
