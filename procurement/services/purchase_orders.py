"""Purchase orders: made from approved lines, issued, answered, cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F
from django.utils import timezone

from core.actors import Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Conflict, Finding, Invalid, NotFound
from core.events import emit
from core.sequences import next_numbers
from masterdata.models import Role, Supplier
from masterdata.rules.offers import round_money, round_price
from masterdata.selectors import item_facts, scoped
from procurement.events import PurchaseOrderCancelled, PurchaseOrderIssued, ShipNoticeRecorded, SupplierAnswerRecorded
from procurement.models import (
    BudgetFigure,
    ExceptionCase,
    PurchaseOrder,
    PurchaseOrderLine,
    Requisition,
    RequisitionLine,
    ShipNotice,
    ShipNoticeLine,
    SupplierAnswer,
    SupplierAnswerLine,
)
from procurement.rules.supplier_answers import AnswerDecision, AnsweredLine, judge_answer
from procurement.rules.tolerances import Limit, most_specific
from procurement.services.tolerances import limits_for

BUYER_TARGET = timedelta(days=1)


def orders_place(*, requisition_id: int, actor_id: int | None) -> list[PurchaseOrder]:
    """After approval: contracted lines that stock did not fill become issued orders, the rest waits for the buyer.

    One order per supplier. Orders made so have no creator: no buyer touched them.
    """
    lines = list(
        RequisitionLine.objects.filter(requisition=requisition_id, fill=RequisitionLine.Fill.OPEN)
        .select_related("requisition", "requisition__facility", "supplier")
        .order_by("supplier_id", "line_number")
    )
    if not lines:
        return []
    contracted = [li for li in lines if li.supplier_id and li.contract_line_id]
    orders = _write_orders(contracted, created_by_id=None, status=PurchaseOrder.Status.ISSUED)
    bulk_set(
        RequisitionLine,
        {li.pk: {"fill": _fill_of(li)} for li in lines},
    )
    requisition = lines[0].requisition
    if len(contracted) == len(lines):
        Requisition.objects.filter(pk=requisition_id, status=Requisition.Status.APPROVED).update(
            status=Requisition.Status.ORDERED
        )
    if orders:
        _commit_budget(requisition.cost_center_id, orders)
        emit(*(_issued(order, actor_id) for order in orders))
    return orders


def _fill_of(line: RequisitionLine) -> str:
    contracted = line.supplier_id and line.contract_line_id
    return RequisitionLine.Fill.ORDERED if contracted else RequisitionLine.Fill.TO_SOURCE


def purchase_order_create(*, actor: Actor, line_ids: Iterable[int], supplier: Supplier) -> PurchaseOrder:
    """A buyer sources waiting lines from one supplier into a draft order. Raises Conflict, Invalid (supplier does not sell)."""
    with acting(actor=actor, reason=f"sourced from {supplier.code}"):
        lines = list(
            RequisitionLine.objects.filter(
                scoped(actor, Role.BUYER, field="requisition__facility_id"), pk__in=list(line_ids)
            )
            .select_related("requisition", "requisition__facility")
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        _sourceable(lines)
        _take_offer(lines, supplier)
        join_trace(lines[0].requisition.trace_id)
        order = _write_orders(lines, created_by_id=actor.user_id, status=PurchaseOrder.Status.DRAFT)[0]
        bulk_set(
            RequisitionLine,
            {li.pk: {"fill": RequisitionLine.Fill.ORDERED, "supplier_id": supplier.pk} for li in lines},
        )
        return order


def _sourceable(lines: Sequence[RequisitionLine]) -> None:
    if not lines:
        raise NotFound("Choose at least one line that waits for sourcing.")
    taken = [li for li in lines if li.fill != RequisitionLine.Fill.TO_SOURCE]
    if taken:
        raise Conflict(
            "Somebody else has sourced some of these lines already. Reload the workbench.", code="already_sourced"
        )
    if (
        len({(li.requisition.facility_id, li.requisition.location_id, li.requisition.cost_center_id) for li in lines})
        > 1
    ):
        raise Invalid("Lines of different places cannot share an order.", code="mixed_places")


def _take_offer(lines: Sequence[RequisitionLine], supplier: Supplier) -> None:
    facts = item_facts(
        [li.item_id for li in lines if li.item_id],
        facility_id=lines[0].requisition.facility_id,
        on=timezone.now().date(),
    )
    findings = []
    for line in lines:
        line.supplier = supplier
        if line.item_id is None:
            continue
        offer = facts[line.item_id].best_offer(line.base_quantity, supplier_id=supplier.pk)
        if offer is None:
            findings.append(
                Finding(
                    code="supplier_does_not_sell", field=f"lines.{line.pk}",
                    message=f"{supplier.name} does not sell {line.description}.", remedy="Choose another supplier.",
                )
            )  # fmt: skip
            continue
        line.order_unit, line.order_multiplier = offer.unit, offer.multiplier
        line.order_price, line.supplier_part = offer.price_for(line.base_quantity), offer.supplier_part
        line.contract_line_id, line.lead_time_days = offer.contract_line_id, offer.lead_time_days
    if findings:
        raise Invalid("The supplier cannot deliver every line.", findings=findings)


def purchase_order_issue(*, actor: Actor, number: str) -> PurchaseOrder:
    """Send a draft order out. Raises Conflict, NotFound, NotAllowed."""
    with acting(actor=actor, reason="issued"):
        order = order_lock(actor=actor, number=number)
        actor.require(Role.BUYER, scope=order.facility_id, to="issue orders")
        if order.status not in (PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.ON_HOLD):
            raise Conflict(f"{number} is {order.get_status_display().lower()} already.", code="not_issuable")
        order.issue()
        order.issued_at = timezone.now()
        order.budget_period = order.issued_at.strftime("%Y-%m")
        order.supplier_dispatch = order.erp_dispatch = PurchaseOrder.Dispatch.QUEUED
        order.save()
        _commit_budget(order.cost_center_id, [order])
        if order.requisition_id:
            _mark_ordered(order.requisition_id)
        emit(_issued(order, actor.user_id))
        return order


def purchase_order_cancel(*, actor: Actor, number: str, reason: str) -> PurchaseOrder:
    """Cancel an order nothing was received on; its budget commitment is released, ERP and supplier are told."""
    if not reason.strip():
        raise Invalid("Say why the order is cancelled.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        order = order_lock(actor=actor, number=number)
        actor.require(Role.BUYER, scope=order.facility_id, to="cancel orders")
        if order.status not in (PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.ISSUED, PurchaseOrder.Status.ON_HOLD):
            raise Conflict(
                f"{number} is {order.get_status_display().lower()}: return or short-close what was received instead.",
                code="not_cancellable",
            )
        was_draft = order.status == PurchaseOrder.Status.DRAFT
        order.cancel()
        order.save(update_fields=["status"])
        RequisitionLine.objects.filter(order_lines__order=order).update(fill=RequisitionLine.Fill.TO_SOURCE)
        if not was_draft:
            _release_budget(order)
            emit(
                PurchaseOrderCancelled(
                    number=number, facility_id=order.facility_id, order_id=order.pk, supplier_id=order.supplier_id,
                    reason=reason, actor_id=actor.user_id,
                )
            )  # fmt: skip
        return order


def purchase_order_record_dispatch(*, order_number: str, channel: str, dispatch: str, erp_number: str = "") -> None:
    """Note what a message says about one order; see purchase_orders_record_dispatch."""
    purchase_orders_record_dispatch(numbers={order_number: erp_number}, channel=channel, dispatch=dispatch)


def purchase_orders_record_dispatch(*, numbers: Mapping[str, str], channel: str, dispatch: str) -> None:
    """Note what messages say about orders: `channel` is supplier or erp. A late 'sent' never hides an acknowledgement.

    `numbers` are our order numbers with the ERP's, or nothing. Two statements for any number of orders.
    """
    state = f"{channel}_dispatch"
    late = (PurchaseOrder.Dispatch.SENT, PurchaseOrder.Dispatch.QUEUED)
    found = PurchaseOrder.objects.filter(number__in=numbers).order_by("pk").select_for_update(no_key=True)
    rows = []
    for pk, number, now, known in found.values_list("pk", "number", state, "erp_number"):
        hidden = dispatch in late and not numbers[number] and now == PurchaseOrder.Dispatch.ACKNOWLEDGED
        new = {state: now if hidden else dispatch, "erp_number": numbers[number] or known}
        if new != {state: now, "erp_number": known}:
            rows.append((pk, new))
    bulk_set(PurchaseOrder, rows)


def purchase_order_record_rejection(*, order_number: str, system: str, sentence: str, field: str = "") -> None:
    """An outside system refused the order for good: the buyer gets a case (one per order), with its words."""
    order = PurchaseOrder.objects.select_for_update().filter(number=order_number).first()
    if order is None or order.cases.filter(kind=ExceptionCase.Kind.ERP_REJECTED).exclude(state="resolved").exists():
        return
    ExceptionCase.objects.create(
        queue=ExceptionCase.Queue.BUYER, kind=ExceptionCase.Kind.ERP_REJECTED, facility_id=order.facility_id,
        supplier_id=order.supplier_id, order=order, title=f"{system} refused {order_number}"[:200], amount=order.total,
        currency=order.currency, due_at=timezone.now() + BUYER_TARGET,
        explanation={"sentence": sentence, "field": field, "system": system},
    )  # fmt: skip


def purchase_orders_settle_rejection(*, order_numbers: Sequence[str]) -> None:
    """The orders were taken after all, or cancelled: what their refusal had asked the buyer is settled."""
    ExceptionCase.objects.filter(order__number__in=order_numbers, kind=ExceptionCase.Kind.ERP_REJECTED).exclude(
        state=ExceptionCase.State.RESOLVED
    ).update(
        state=ExceptionCase.State.RESOLVED, resolution=ExceptionCase.Resolution.MATCHED, resolved_at=timezone.now()
    )


@dataclass(frozen=True, kw_only=True)
class AnsweredLineInput:
    """One line of a supplier's answer. Found by line number, else by supplier part. Quantity in `unit`, price per `unit`."""

    line_number: int | None = None
    supplier_part: str = ""
    action: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    promised_on: date | None = None
    substitute_part: str = ""
    message: str = ""


def supplier_answer_record(
    *,
    actor: Actor,
    order_number: str,
    supplier_id: int,
    message_key: str,
    status: str,
    lines: Sequence[AnsweredLineInput],
    supplier_order_number: str = "",
    answered_on: date | None = None,
) -> SupplierAnswer:
    """Keep the answer, take over what is within tolerance, and put the rest before the buyer. Raises NotFound, Invalid.

    The same `message_key` is applied once; the first answer is given back.
    """
    with acting(actor=actor, reason=f"supplier answer {supplier_order_number}".strip()):
        order = _supplier_order(order_number, supplier_id)
        known = SupplierAnswer.objects.filter(message_key=message_key).first()
        if known:
            return known
        order_lines = list(order.lines.select_related("item").prefetch_related("item__packagings"))
        found = [(_find_line(order_lines, line), line) for line in lines]
        pairs = [(ol, _in_order_unit(ol, line)) for ol, line in found]
        limits = limits_for(facility_id=order.facility_id, supplier_id=supplier_id)
        price_limit = most_specific(
            limits, kind="price_over", facility_id=order.facility_id, supplier_id=supplier_id, category=None
        )
        judged = [(ol, li, _judge(order, ol, li, price_limit)) for ol, li in pairs]
        answer = SupplierAnswer.objects.create(
            order=order, supplier_order_number=supplier_order_number, status=status, answered_on=answered_on,
            message_key=message_key,
        )  # fmt: skip
        rows = SupplierAnswerLine.objects.bulk_create(_answer_row(answer, ol, li, d) for ol, li, d in judged)
        _take_over(order, order_lines, judged, status, supplier_order_number)
        opened = _open_cases(order, rows, judged)
        emit(
            SupplierAnswerRecorded(
                number=order.number, facility_id=order.facility_id, order_id=order.pk, status=status, exceptions=opened,
                actor_id=actor.user_id,
            )
        )  # fmt: skip
        return answer


def _judge(order: PurchaseOrder, ol: PurchaseOrderLine, line: AnsweredLineInput, limit: Limit) -> AnswerDecision:
    return judge_answer(
        AnsweredLine(
            action=line.action, ordered=ol.quantity, price=ol.unit_price, needed_by=order.needed_by, urgent=order.urgent,
            answered_quantity=line.quantity, answered_price=line.unit_price,
            promised_on=line.promised_on, substitute_part=line.substitute_part,
        ),
        limit,
        order.currency,
    )  # fmt: skip


def _find_line(order_lines: Sequence[PurchaseOrderLine], line: AnsweredLineInput) -> PurchaseOrderLine:
    for ol in order_lines:
        if line.line_number is not None and ol.line_number == line.line_number:
            return ol
    for ol in order_lines:
        if line.supplier_part and ol.supplier_part == line.supplier_part:
            return ol
    raise Invalid(
        f"The answer names line {line.line_number or line.supplier_part or '?'}, which the order does not have.",
        code="order_line_unknown",
    )


def _answer_row(
    answer: SupplierAnswer, ol: PurchaseOrderLine, line: AnsweredLineInput, decision: AnswerDecision
) -> SupplierAnswerLine:
    return SupplierAnswerLine(
        answer=answer, order_line=ol, action=line.action, quantity=line.quantity, unit=line.unit or ol.unit,
        unit_price=line.unit_price, promised_on=line.promised_on, substitute_part=line.substitute_part,
        message=decision.sentence, taken_over=decision.taken_over,
    )  # fmt: skip


_Judged = Sequence[tuple[PurchaseOrderLine, AnsweredLineInput, AnswerDecision]]


def _take_over(
    order: PurchaseOrder, order_lines: Sequence[PurchaseOrderLine], judged: _Judged, status: str, supplier_number: str
) -> None:
    changed: dict[int, dict[str, object]] = {}
    for ol, line, decision in judged:
        if line.promised_on:
            ol.promised_on = line.promised_on
        if line.action == "backordered":
            ol.backordered_base = (line.quantity or ol.quantity) * ol.multiplier
        if decision.taken_over and decision.new_price is not None:
            ol.unit_price = decision.new_price
        changed[ol.pk] = {
            "promised_on": ol.promised_on, "unit_price": ol.unit_price, "backordered_base": ol.backordered_base,
        }  # fmt: skip
    bulk_set(PurchaseOrderLine, changed)
    promised = [ol.promised_on for ol in order_lines if ol.promised_on]
    order.total = sum((round_money(ol.unit_price * ol.quantity) for ol in order_lines if not ol.cancelled), Decimal(0))
    order.expected_on = max(promised) if promised else order.expected_on
    order.acknowledgement = status
    order.supplier_dispatch = PurchaseOrder.Dispatch.ACKNOWLEDGED
    order.supplier_order_number = supplier_number or order.supplier_order_number
    order.save()


def _open_cases(order: PurchaseOrder, rows: Sequence[SupplierAnswerLine], judged: _Judged) -> int:
    waiting = [(row, ol, d) for row, (ol, _, d) in zip(rows, judged, strict=True) if not d.taken_over]
    # a later answer revises an earlier one: its open questions are settled by the new ones
    order.cases.filter(kind="answer", order_line__in=[ol for _, ol, _ in waiting]).exclude(state="resolved").update(
        state="resolved", resolution="matched", resolved_at=timezone.now()
    )
    ExceptionCase.objects.bulk_create(
        ExceptionCase(
            queue=ExceptionCase.Queue.BUYER, kind=ExceptionCase.Kind.ANSWER, facility_id=order.facility_id,
            supplier_id=order.supplier_id, order=order, order_line=ol, answer_line=row,
            title=f"{row.get_action_display()}: {ol.description}"[:200], amount=round_money(decision.amount),
            currency=order.currency, due_at=timezone.now() + BUYER_TARGET,
            explanation={"sentence": decision.sentence, "line": ol.line_number},
        )
        for row, ol, decision in waiting
    )  # fmt: skip
    return len(waiting)


@dataclass(frozen=True, kw_only=True)
class ShippedLineInput:
    """One line of a ship notice. Quantity in `unit`; an empty unit means the order line's."""

    line_number: int | None = None
    supplier_part: str = ""
    quantity: Decimal
    unit: str = ""
    lot: str = ""
    expiry: date | None = None
    serial: str = ""
    sscc: str = ""


@dataclass(frozen=True, kw_only=True)
class ShipNoticeInput:
    order_number: str
    shipment_number: str
    lines: Sequence[ShippedLineInput] = field(default_factory=list)
    shipped_at: datetime | None = None
    expected_on: date | None = None
    carrier: str = ""
    tracking: str = ""


def ship_notice_record(*, actor: Actor, supplier_id: int, notice: ShipNoticeInput) -> ShipNotice:
    """Keep what is on its way. The same shipment number of the same supplier and order is recorded once. Raises NotFound, Invalid."""
    with acting(actor=actor, reason=f"ship notice {notice.shipment_number}"):
        order = _supplier_order(notice.order_number, supplier_id)
        known = ShipNotice.objects.filter(
            supplier=supplier_id, shipment_number=notice.shipment_number, order=order
        ).first()
        if known:
            return known
        row = ShipNotice.objects.create(
            supplier_id=supplier_id, order=order, shipment_number=notice.shipment_number, shipped_at=notice.shipped_at,
            expected_on=notice.expected_on, carrier=notice.carrier, tracking=notice.tracking,
        )  # fmt: skip
        order_lines = list(order.lines.select_related("item").prefetch_related("item__packagings"))
        ShipNoticeLine.objects.bulk_create(_ship_row(row, order_lines, line) for line in notice.lines)
        if notice.expected_on:
            PurchaseOrder.objects.filter(pk=order.pk).update(expected_on=notice.expected_on)
        emit(
            ShipNoticeRecorded(
                number=order.number, facility_id=order.facility_id, order_id=order.pk,
                shipment_number=notice.shipment_number, actor_id=actor.user_id,
            )
        )  # fmt: skip
        return row


def _ship_row(notice: ShipNotice, order_lines: Sequence[PurchaseOrderLine], line: ShippedLineInput) -> ShipNoticeLine:
    ol = _find_line(
        order_lines,
        AnsweredLineInput(line_number=line.line_number, supplier_part=line.supplier_part, action="accepted"),
    )
    return ShipNoticeLine(
        notice=notice, order_line=ol, quantity=line.quantity, unit=line.unit or ol.unit,
        base_quantity=line.quantity * _multiplier(ol, line.unit), lot=line.lot, expiry=line.expiry, serial=line.serial,
        sscc=line.sscc,
    )  # fmt: skip


def _in_order_unit(ol: PurchaseOrderLine, line: AnsweredLineInput) -> AnsweredLineInput:
    if line.unit in ("", ol.unit):
        return line
    ratio = _multiplier(ol, line.unit) / ol.multiplier
    return replace(
        line, unit=ol.unit,
        quantity=None if line.quantity is None else (line.quantity * ratio).quantize(Decimal("0.0001")),
        unit_price=None if line.unit_price is None else round_price(line.unit_price / ratio),
    )  # fmt: skip


def _multiplier(ol: PurchaseOrderLine, unit: str) -> Decimal:
    """Base units in one `unit` of the line's item; an empty unit is the order's. Raises Invalid: a unit is never guessed."""
    if unit in ("", ol.unit):
        return ol.multiplier
    if ol.item is not None:
        if unit == ol.item.base_unit:
            return Decimal(1)
        for packaging in ol.item.packagings.all():
            if packaging.unit == unit:
                return packaging.multiplier
    raise Invalid(
        f"Line {ol.line_number} is given in {unit}, a unit that {ol.description} does not have.", code="unit_unknown"
    )


def order_lock(*, actor: Actor, number: str, **facts: Exists) -> PurchaseOrder:
    """The order, locked until the transaction ends. It is the parent that receipts and invoices lock first. Raises NotFound.

    `facts` are asked in the same statement and come back as attributes.
    """
    order = (
        PurchaseOrder.objects.filter(scoped(actor), number=number)
        .annotate(**facts)
        .select_related("facility", "supplier", "requisition")
        .select_for_update(of=("self",))
        .first()
    )
    if order is None:
        raise NotFound(f"There is no purchase order {number}.", code="order_unknown")
    join_trace(order.trace_id)
    return order


def _supplier_order(number: str, supplier_id: int) -> PurchaseOrder:
    order = PurchaseOrder.objects.filter(number=number, supplier=supplier_id).select_for_update().first()
    if order is None:
        raise NotFound(f"This supplier has no purchase order {number} from us.", code="order_unknown")
    join_trace(order.trace_id)
    return order


def _write_orders(lines: Sequence[RequisitionLine], *, created_by_id: int | None, status: str) -> list[PurchaseOrder]:
    """One order per supplier of the lines (all of one requisition place), written with three statements."""
    groups: dict[int, list[RequisitionLine]] = {}
    for line in lines:
        if line.supplier_id:
            groups.setdefault(line.supplier_id, []).append(line)
    if not groups:
        return []
    numbers = next_numbers("PO", len(groups))
    orders = PurchaseOrder.objects.bulk_create(
        _order_row(number, group, created_by_id, status) for number, group in zip(numbers, groups.values(), strict=True)
    )
    rows = [
        _order_line_row(order, n, line)
        for order, group in zip(orders, groups.values(), strict=True)
        for n, line in enumerate(group, start=1)
    ]
    PurchaseOrderLine.objects.bulk_create(rows)
    return orders


def _order_row(number: str, group: Sequence[RequisitionLine], created_by_id: int | None, status: str) -> PurchaseOrder:
    requisition, now = group[0].requisition, timezone.now()
    issued = status == PurchaseOrder.Status.ISSUED
    supplier = group[0].supplier
    return PurchaseOrder(
        number=number,
        facility_id=requisition.facility_id,
        supplier_id=group[0].supplier_id or 0,
        ship_to_id=requisition.location_id,
        cost_center_id=requisition.cost_center_id,
        requisition=requisition if len({li.requisition_id for li in group}) == 1 else None,
        status=status,
        urgent=any(li.requisition.urgent for li in group),
        currency=requisition.currency,
        total=sum((_amount(li) for li in group), Decimal(0)),
        payment_terms_days=supplier.payment_terms_days if supplier else 30,
        needed_by=requisition.needed_by,
        expected_on=now.date() + timedelta(days=max(li.lead_time_days for li in group)),
        created_by_id=created_by_id,
        issued_at=now if issued else None,
        budget_period=now.strftime("%Y-%m") if issued else "",
        supplier_dispatch=PurchaseOrder.Dispatch.QUEUED if issued else PurchaseOrder.Dispatch.NONE,
        erp_dispatch=PurchaseOrder.Dispatch.QUEUED if issued else PurchaseOrder.Dispatch.NONE,
        note=requisition.note,
        trace_id=requisition.trace_id,
    )


def _order_line_row(order: PurchaseOrder, number: int, line: RequisitionLine) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        order=order,
        line_number=number,
        item_id=line.item_id,
        requisition_line=line,
        contract_line_id=line.contract_line_id,
        description=line.description,
        supplier_part=line.supplier_part,
        quantity=line.base_quantity / line.order_multiplier,
        unit=line.order_unit or line.unit,
        multiplier=line.order_multiplier,
        base_quantity=line.base_quantity,
        unit_price=round_price(line.order_price),
    )


def _amount(line: RequisitionLine) -> Decimal:
    return round_money(line.order_price * line.base_quantity / line.order_multiplier)


def _commit_budget(cost_center_id: int, orders: Sequence[PurchaseOrder]) -> None:
    total = sum((order.total for order in orders), Decimal(0))
    BudgetFigure.objects.filter(cost_center=cost_center_id, period=orders[0].budget_period).update(
        committed=F("committed") + total
    )


def _release_budget(order: PurchaseOrder) -> None:
    BudgetFigure.objects.filter(cost_center=order.cost_center_id, period=order.budget_period).update(
        committed=F("committed") - order.total
    )


def _mark_ordered(requisition_id: int) -> None:
    waiting = RequisitionLine.objects.filter(requisition=requisition_id, fill__in=["open", "to_source"])
    if not waiting.exists():
        Requisition.objects.filter(pk=requisition_id, status=Requisition.Status.APPROVED).update(
            status=Requisition.Status.ORDERED
        )


def _issued(order: PurchaseOrder, actor_id: int | None) -> PurchaseOrderIssued:
    return PurchaseOrderIssued(
        number=order.number, facility_id=order.facility_id, order_id=order.pk, supplier_id=order.supplier_id,
        total=str(order.total), urgent=order.urgent, actor_id=actor_id,
    )  # fmt: skip
