"""Purchase orders: made from approved lines, issued, held, closed, cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Subquery, Sum
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Conflict, Finding, Invalid, NotFound
from core.events import Event, emit
from core.rows import read_rows
from core.sequences import next_numbers
from masterdata.models import Facility, Role, Supplier
from masterdata.rules.offers import round_money, round_price
from masterdata.selectors import item_facts, scoped
from procurement.events import (
    PurchaseOrderCancelled,
    PurchaseOrderChanged,
    PurchaseOrderClosed,
    PurchaseOrderEvent,
    PurchaseOrderHeld,
    PurchaseOrderIssued,
    PurchaseOrderReleased,
    PurchaseOrderReopened,
)
from procurement.models import (
    ExceptionCase,
    Invoice,
    PurchaseOrder,
    PurchaseOrderLine,
    Requisition,
    RequisitionLine,
)
from procurement.services.commitments import order_release, order_retotal, orders_commit
from procurement.services.requisitions import (
    requisition_settle,
    requisitions_close,
    requisitions_reopen,
    requisitions_settle,
)

BUYER_TARGET = timedelta(days=1)
Status = PurchaseOrder.Status


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
        told = requisition_settle(requisition_id=requisition_id, actor=Actor(user_id=actor_id or 0, name=""))
        if told:
            emit(*told)
        return []
    for line in lines:
        line.unsourced_base = line.base_quantity
    contracted = [li for li in lines if li.supplier_id and li.contract_line_id]
    orders = _write_orders(contracted, created_by_id=None, status=PurchaseOrder.Status.ISSUED)
    ordered = {li.pk for li in contracted}
    bulk_set(RequisitionLine, {li.pk: _sourced(li) if li.pk in ordered else _waiting(li) for li in lines})
    if len(contracted) == len(lines):
        Requisition.objects.filter(pk=requisition_id, status=Requisition.Status.APPROVED).update(
            status=Requisition.Status.ORDERED
        )
    if orders:
        orders_commit(orders)
        emit(*(_issued(order, actor_id) for order in orders))
    return orders


def _sourced(line: RequisitionLine) -> dict[str, object]:
    return {"fill": RequisitionLine.Fill.ORDERED, "unsourced_base": Decimal(0), "supplier_id": line.supplier_id}


def _waiting(line: RequisitionLine) -> dict[str, object]:
    return {
        "fill": RequisitionLine.Fill.TO_SOURCE,
        "unsourced_base": line.unsourced_base,
        "supplier_id": line.supplier_id,
    }


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
        bulk_set(RequisitionLine, {li.pk: _sourced(li) for li in lines})
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
    )
    findings = []
    for line in lines:
        line.supplier = supplier
        if line.item_id is None:
            continue
        offer = facts[line.item_id].best_offer(line.unsourced_base, supplier_id=supplier.pk)
        if offer is None:
            findings.append(
                Finding(
                    code="supplier_does_not_sell", field=f"lines.{line.pk}",
                    message=f"{supplier.name} does not sell {line.description}.", remedy="Choose another supplier.",
                )
            )  # fmt: skip
            continue
        if line.unsourced_base % offer.multiplier:
            findings.append(
                Finding(
                    code="not_an_order_quantity", field=f"lines.{line.pk}",
                    message=f"{line.description}: {supplier.name} sells it by the {offer.unit} of {offer.multiplier.normalize():,f}, "
                    f"and {line.unsourced_base.normalize():,f} are wanted.",
                    remedy="Choose a supplier who sells it by a smaller unit, or end the line and request whole packs.",
                )
            )  # fmt: skip
            continue
        line.order_unit, line.order_multiplier = offer.unit, offer.multiplier
        line.order_price, line.supplier_part = offer.price_for(line.unsourced_base), offer.supplier_part
        line.contract_line_id, line.lead_time_days = offer.contract_line_id, offer.lead_time_days
    if findings:
        raise Invalid("The supplier cannot deliver every line.", findings=findings)


def purchase_order_issue(*, actor: Actor, number: str) -> PurchaseOrder:
    """Send a draft order out. Raises Conflict, NotFound, NotAllowed."""
    with acting(actor=actor, reason="issued"):
        order = _buyers_order(actor, number, to="issue orders")
        if order.status != Status.DRAFT:
            raise Conflict(f"{number} is {order.get_status_display().lower()} already.", code="not_issuable")
        order.issue()
        order.issued_at = timezone.now()
        order.budget_period = order.issued_at.strftime("%Y-%m")
        order.committed = order.total
        order.supplier_dispatch = order.erp_dispatch = PurchaseOrder.Dispatch.QUEUED
        order.save()
        orders_commit([order])
        if order.requisition_id:
            _mark_ordered(order.requisition_id)
        emit(_issued(order, actor.user_id))
        return order


def purchase_order_cancel(*, actor: Actor, number: str, reason: str) -> PurchaseOrder:
    """Cancel an order nothing was received on; its budget commitment is released, ERP and supplier are told."""
    with acting(actor=actor, reason=_why(reason, "cancelled")):
        order = _buyers_order(actor, number, to="cancel orders")
        if order.status not in (Status.DRAFT, Status.ISSUED, Status.ON_HOLD) or _received(order):
            raise Conflict(
                f"{number} is {order.get_status_display().lower()}: return or short-close what was received instead.",
                code="not_cancellable",
            )
        _cancel(order, reason, actor)
        return order


def purchase_order_hold(*, actor: Actor, number: str, reason: str) -> PurchaseOrder:
    """Stop an order inside the house: nothing is received and its invoices wait until it is released.

    What the ERP and the supplier were told stays as it is. Raises Conflict, Invalid (no reason), NotFound, NotAllowed.
    """
    with acting(actor=actor, reason=_why(reason, "held")):
        order = _buyers_order(actor, number, to="hold orders")
        if order.status not in (Status.DRAFT, *PurchaseOrder.RECEIVABLE):
            raise Conflict(f"{number} is {order.get_status_display().lower()}: it cannot be held.", code="not_holdable")
        order.hold()
        order.save(update_fields=["status"])
        emit(_fact(PurchaseOrderHeld, order, actor, reason=reason))
        return order


def purchase_order_release(*, actor: Actor, number: str) -> PurchaseOrder:
    """Let a held order go on where it was; its waiting invoices are matched again. Raises Conflict, NotFound, NotAllowed."""
    with acting(actor=actor, reason="released"):
        order = _buyers_order(actor, number, to="release orders")
        if order.status != Status.ON_HOLD:
            raise Conflict(f"{number} is not on hold.", code="not_held")
        order.resume(state_by_receipts(order, list(order.lines.all())))
        order.save(update_fields=["status"])
        emit(_fact(PurchaseOrderReleased, order, actor))
        return order


def purchase_order_close(*, actor: Actor, number: str, reason: str) -> PurchaseOrder:
    """Close an order that was received in part (or wholly): the rest is not expected any more and commits no budget.

    Agree it with the supplier first: a short close sends it no message; the ERP hears that nothing more comes. Raises Conflict, Invalid (no reason), NotFound, NotAllowed.
    """
    with acting(actor=actor, reason=_why(reason, "closed")):
        order = _buyers_order(actor, number, to="close orders")
        if order.status not in (Status.PARTIALLY_RECEIVED, Status.RECEIVED):
            raise Conflict(
                f"{number} is {order.get_status_display().lower()}: only what was received can be closed.",
                code="not_closable",
            )
        short = [each for each in order.lines.all() if not each.cancelled and each.received_base < each.base_quantity]
        emit(*_close(order, reason, actor))
        if short:
            purchase_order_changed(order=order, actor=actor, what=f"closed short: {reason}", tell_supplier=False)
        return order


def purchase_order_reopen(*, actor: Actor, number: str, reason: str) -> PurchaseOrder:
    """Open a closed order again, for goods or corrections that come late; its open lines commit budget again."""
    with acting(actor=actor, reason=_why(reason, "reopened")):
        order = _buyers_order(actor, number, to="reopen orders")
        if order.status != Status.CLOSED:
            raise Conflict(f"{number} is not closed.", code="not_closed")
        lines = [line for line in order.lines.all() if not line.cancelled]
        order.resume(state_by_receipts(order, lines))
        order.committed = sum(
            (
                round_money(
                    max(line.base_quantity - line.invoiced_base, Decimal(0)) / line.multiplier * line.unit_price
                )
                for line in lines
            ),
            Decimal(0),
        )
        order.save(update_fields=["status", "committed"])
        orders_commit([order])
        requisitions_reopen(order_id=order.pk, actor=actor)
        emit(_fact(PurchaseOrderReopened, order, actor, reason=reason))
        if any(line.received_base < line.base_quantity for line in lines):
            purchase_order_changed(order=order, actor=actor, what=f"reopened: {reason}", tell_supplier=False)
        return order


def purchase_order_settle(*, order_id: int, actor: Actor) -> None:
    """Close a received order when everything that came is billed and every bill is paid or out of the way."""
    order = PurchaseOrder.objects.select_for_update().get(pk=order_id)
    if order.status != Status.RECEIVED:
        return
    lines = [line for line in order.lines.all() if not line.cancelled]
    ended = (Invoice.Status.PAID, Invoice.Status.REJECTED, Invoice.Status.VOID)
    if (
        any(line.invoiced_base < line.received_base for line in lines)
        or order.invoices.exclude(status__in=ended).exists()
    ):
        return
    emit(*_close(order, "received, billed and paid", actor))


def purchase_order_changed(*, order: PurchaseOrder, actor: Actor, what: str, tell_supplier: bool) -> None:
    """Number a change of a locked order that outside systems have, and tell of it. A draft is nobody's business yet."""
    if order.issued_at is None:
        return
    order.revision += 1
    order.save(update_fields=["revision"])
    emit(_fact(PurchaseOrderChanged, order, actor, revision=order.revision, what=what, tell_supplier=tell_supplier))


def purchase_order_drop_line(
    *,
    line: PurchaseOrderLine,
    reason: str,
    actor: Actor,
    tell_supplier: bool = True,
    quantity: Decimal | None = None,
) -> None:
    """Take a line, or `quantity` of its order units, off its locked order: it goes back to sourcing, and whoever has the order hears.

    What was received stays. An order without live lines is cancelled.
    """
    order = PurchaseOrder.objects.get(pk=line.order_id)
    lines = [line if each.pk == line.pk else each for each in order.lines.all()]
    taken = line.base_quantity if quantity is None else quantity * line.multiplier
    left = max(line.base_quantity - taken, line.received_base)
    last = all(each.cancelled or each.pk == line.pk for each in lines)
    if not left and last and order.status in (Status.ISSUED, Status.ON_HOLD):
        # the line stays as it was: the cancellation that goes out has to say what is cancelled
        _cancel(order, reason, actor)
        return
    _shorten(line, left)
    order_restate(order, lines, actor)
    what = f"quantity {line.quantity.normalize():f} {line.unit}" if left else "taken off"
    purchase_order_changed(
        order=order, actor=actor, what=f"line {line.line_number} {what}: {reason}", tell_supplier=tell_supplier
    )


def _shorten(line: PurchaseOrderLine, left: Decimal) -> None:
    """Leave so many base units on a line of a locked order; what is taken off waits for the buyer again."""
    rest = line.base_quantity - left
    if left:
        line.quantity, line.base_quantity = (left / line.multiplier).quantize(Decimal("0.0001")), left
    else:
        line.cancelled = True
    line.backordered_base = min(line.backordered_base, left)
    line.save(update_fields=["quantity", "base_quantity", "cancelled", "backordered_base"])
    if rest > 0 and line.requisition_line_id:
        RequisitionLine.objects.filter(pk=line.requisition_line_id).update(
            fill=RequisitionLine.Fill.TO_SOURCE, unsourced_base=F("unsourced_base") + rest
        )


def order_restate(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], actor: Actor) -> None:
    """A locked order whose lines changed: what it costs, and where it stands by what was received."""
    before = order.status
    order_retotal(order, lines)
    if order.status in PurchaseOrder.RECEIVABLE and (state := state_by_receipts(order, lines)) != order.status:
        order.resume(state)
    order.save(update_fields=["total", "committed", "status"])
    if order.status == Status.RECEIVED != before:
        emit(*requisitions_settle(order_id=order.pk, actor=actor))


def state_by_receipts(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> str:
    """Where an order stands by what was received of its live lines; one that was never issued is a draft."""
    if order.issued_at is None:
        return Status.DRAFT
    live = [line for line in lines if not line.cancelled]
    if live and all(line.received_base >= line.base_quantity for line in live):
        return Status.RECEIVED
    return Status.PARTIALLY_RECEIVED if any(line.received_base > 0 for line in live) else Status.ISSUED


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
    if (
        order is None
        or order.status == Status.CANCELLED
        or order.cases.filter(kind=ExceptionCase.Kind.ERP_REJECTED).exclude(state="resolved").exists()
    ):
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


_ORDER = """
FROM procurement_purchaseorder o JOIN masterdata_facility f ON f.id = o.facility_id
WHERE o.number = %(number)s AND (%(scopes)s::bigint[] IS NULL OR o.facility_id = ANY(%(scopes)s)) FOR UPDATE OF o
"""


def order_lock(*, actor: Actor, number: str) -> PurchaseOrder:
    """The order, locked until the transaction ends. It is the parent that receipts and invoices lock first. Raises NotFound."""
    scopes = actor.scopes()
    rows = read_rows(
        {"o": PurchaseOrder, "f": Facility},
        _ORDER,
        {"number": number, "scopes": None if scopes is EVERYWHERE else list(scopes)},
    )
    if not rows:
        raise NotFound(f"There is no purchase order {number}.", code="order_unknown")
    order: PurchaseOrder
    order, order.facility = rows[0]
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
    total = sum((_amount(li) for li in group), Decimal(0))
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
        total=total,
        payment_terms_days=supplier.payment_terms_days if supplier else 30,
        needed_by=requisition.needed_by,
        expected_on=requisition.facility.today + timedelta(days=max(li.lead_time_days for li in group)),
        created_by_id=created_by_id,
        issued_at=now if issued else None,
        committed=total if issued else 0,
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
        quantity=line.unsourced_base / line.order_multiplier,
        unit=line.order_unit or line.unit,
        multiplier=line.order_multiplier,
        base_quantity=line.unsourced_base,
        unit_price=round_price(line.order_price),
    )


def _amount(line: RequisitionLine) -> Decimal:
    return round_money(line.order_price * line.unsourced_base / line.order_multiplier)


def _buyers_order(actor: Actor, number: str, *, to: str) -> PurchaseOrder:
    order = order_lock(actor=actor, number=number)
    actor.require(Role.BUYER, scope=order.facility_id, to=to)
    return order


def _why(reason: str, done: str) -> str:
    if not reason.strip():
        raise Invalid(f"Say why the order is {done}.", code="reason_missing")
    return reason


def _received(order: PurchaseOrder) -> bool:
    return order.lines.filter(received_base__gt=0).exists()


def _cancel(order: PurchaseOrder, reason: str, actor: Actor) -> None:
    """Cancel a locked order: its lines are sourced anew, and whoever was told of it hears of its end."""
    was_told = order.issued_at is not None
    order_release(order)
    _questions_end(order)
    order.cancel()
    order.save(update_fields=["status", "committed"])
    live = order.lines.filter(cancelled=False, requisition_line=OuterRef("pk")).order_by().values("requisition_line")
    RequisitionLine.objects.filter(order_lines__in=order.lines.filter(cancelled=False)).update(
        fill=RequisitionLine.Fill.TO_SOURCE,
        unsourced_base=F("unsourced_base") + Subquery(live.annotate(n=Sum("base_quantity")).values("n")),
    )
    if was_told:
        emit(_fact(PurchaseOrderCancelled, order, actor, supplier_id=order.supplier_id, reason=reason))


def _questions_end(order: PurchaseOrder, **which: str) -> None:
    """What the buyer was asked about a locked order needs no answer any more."""
    order.cases.filter(invoice=None, **which).exclude(state=ExceptionCase.State.RESOLVED).update(
        state=ExceptionCase.State.RESOLVED, resolution=ExceptionCase.Resolution.MATCHED, resolved_at=timezone.now()
    )


def _close(order: PurchaseOrder, reason: str, actor: Actor) -> list[Event]:
    """Close a locked order and, when it was the last one, its requisition. Returns what to tell."""
    order_release(order)
    _questions_end(order, kind=ExceptionCase.Kind.ANSWER)
    order.close()
    order.save(update_fields=["status", "committed"])
    facts: list[Event] = [_fact(PurchaseOrderClosed, order, actor, reason=reason)]
    facts += requisitions_settle(order_id=order.pk, actor=actor)
    facts += requisitions_close(order_id=order.pk, actor=actor)
    return facts


def _fact(event: type[PurchaseOrderEvent], order: PurchaseOrder, actor: Actor, **more: Any) -> PurchaseOrderEvent:
    return event(
        number=order.number, facility_id=order.facility_id, order_id=order.pk, actor_id=actor.user_id, **more
    )  # fmt: skip


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
