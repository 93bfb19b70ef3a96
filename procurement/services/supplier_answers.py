"""What suppliers say about orders: answers line by line, and ship notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from core.actors import Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Invalid, NotFound
from core.events import emit
from masterdata.rules.offers import round_money, round_price
from procurement.events import ShipNoticeRecorded, SupplierAnswerRecorded
from procurement.models import (
    ExceptionCase,
    PurchaseOrder,
    PurchaseOrderLine,
    ShipNotice,
    ShipNoticeLine,
    SupplierAnswer,
    SupplierAnswerLine,
)
from procurement.rules.supplier_answers import NOT_COMING, AnswerDecision, AnsweredLine, judge_answer
from procurement.rules.tolerances import Limit, most_specific
from procurement.services.commitments import order_retotal
from procurement.services.purchase_orders import BUYER_TARGET, purchase_order_changed
from procurement.services.tolerances import limits_for


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
    about_change: bool = False,
) -> SupplierAnswer:
    """Keep the answer, take over what is within tolerance, and put the rest before the buyer. Raises NotFound, Invalid.

    A yes or no without lines is about every line of the order; one `about_change` is about a change of it, and about no line. The same `message_key` is applied once; the first answer is given back.
    """
    with acting(actor=actor, reason=f"supplier answer {supplier_order_number}".strip()):
        order = _supplier_order(order_number, supplier_id)
        known = SupplierAnswer.objects.filter(message_key=message_key).first()
        if known:
            return known
        order_lines = list(order.lines.select_related("item").prefetch_related("item__packagings"))
        lines = lines or ([] if about_change else _whole(order_lines, status))
        found = [(_find_line(order_lines, line), line) for line in lines]
        pairs = [(ol, _in_order_unit(ol, line)) for ol, line in found]
        limits = limits_for(facility_id=order.facility_id, supplier_id=supplier_id)
        price_limit = most_specific(
            limits, kind="price_over", facility_id=order.facility_id, supplier_id=supplier_id, category=None
        )
        judged = [
            (ol, li, _judge(order, ol, li, price_limit, rest))
            for (ol, li), rest in zip(pairs, _elsewhere(pairs), strict=True)
        ]
        answer = SupplierAnswer.objects.create(
            order=order, supplier_order_number=supplier_order_number, status=status, answered_on=answered_on,
            message_key=message_key,
        )  # fmt: skip
        rows = SupplierAnswerLine.objects.bulk_create(_answer_row(answer, ol, li, d) for ol, li, d in judged)
        changes = _take_over(order, order_lines, judged, status, supplier_order_number)
        opened = _open_cases(order, rows, judged)
        emit(
            SupplierAnswerRecorded(
                number=order.number, facility_id=order.facility_id, order_id=order.pk, status=status, exceptions=opened,
                actor_id=actor.user_id,
            )
        )  # fmt: skip
        if changes:
            purchase_order_changed(order=order, actor=actor, what="; ".join(changes), tell_supplier=False)
        return answer


def _elsewhere(pairs: Sequence[tuple[PurchaseOrderLine, AnsweredLineInput]]) -> list[Decimal]:
    """What the rest of the answer says about each one's order line, told to one line of the answer alone: it answers for the whole.

    That is the first that promises something, else the first.
    """
    speaks: dict[int, int] = {}
    said: dict[int, Decimal] = {}
    for n, (ol, line) in enumerate(pairs):
        said[ol.pk] = said.get(ol.pk, Decimal(0)) + (ol.quantity if line.quantity is None else line.quantity)
        first = speaks.setdefault(ol.pk, n)
        if pairs[first][1].action in NOT_COMING and line.action not in NOT_COMING:
            speaks[ol.pk] = n
    return [
        said[ol.pk] - (ol.quantity if line.quantity is None else line.quantity) if speaks[ol.pk] == n
        else max(ol.quantity - (line.quantity or Decimal(0)), Decimal(0))
        for n, (ol, line) in enumerate(pairs)
    ]  # fmt: skip


def _whole(order_lines: Sequence[PurchaseOrderLine], status: str) -> list[AnsweredLineInput]:
    """A yes or no to the order as a whole is the same about each of its lines."""
    if status not in ("accepted", "rejected"):
        return []
    live = [ol for ol in order_lines if not ol.cancelled]
    return [AnsweredLineInput(line_number=ol.line_number, action=status, quantity=ol.quantity) for ol in live]


def _judge(
    order: PurchaseOrder, ol: PurchaseOrderLine, line: AnsweredLineInput, limit: Limit, elsewhere: Decimal
) -> AnswerDecision:
    return judge_answer(
        AnsweredLine(
            action=line.action, ordered=ol.quantity, price=ol.unit_price, needed_by=order.needed_by, urgent=order.urgent,
            answered_quantity=line.quantity, answered_price=line.unit_price, elsewhere=elsewhere,
            promised_on=line.promised_on, substitute_part=line.substitute_part, ended=_ended(order, ol),
        ),
        limit,
        order.currency,
    )  # fmt: skip


def _ended(order: PurchaseOrder, ol: PurchaseOrderLine) -> str:
    if order.status == PurchaseOrder.Status.CLOSED:
        return "closed"
    return "cancelled" if ol.cancelled or order.status == PurchaseOrder.Status.CANCELLED else ""


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
) -> list[str]:
    """Returns what of it changes the order, in words: prices, and days that moved."""
    changed: dict[int, dict[str, object]] = {}
    told: list[str] = []
    judged = [each for each in judged if not each[2].late]
    later = {ol.pk: Decimal(0) for ol, _, _ in judged}
    for ol, line, decision in judged:
        moved = line.action in ("date_changed", "backordered") and decision.taken_over
        if moved and line.promised_on and line.promised_on != ol.promised_on:
            told.append(f"line {ol.line_number}: promised for {line.promised_on:%d %B %Y}")
        if decision.taken_over and decision.new_price not in (None, ol.unit_price):
            told.append(f"line {ol.line_number}: price {decision.new_price.normalize():f}")
        if line.promised_on:
            ol.promised_on = line.promised_on
        if line.action == "backordered":
            later[ol.pk] += (line.quantity or ol.quantity) * ol.multiplier
        ol.backordered_base = min(later[ol.pk], ol.base_quantity)
        if decision.taken_over and decision.new_price is not None:
            ol.unit_price = decision.new_price
        changed[ol.pk] = {
            "promised_on": ol.promised_on, "unit_price": ol.unit_price, "backordered_base": ol.backordered_base,
        }  # fmt: skip
    bulk_set(PurchaseOrderLine, changed)
    promised = [ol.promised_on for ol in order_lines if ol.promised_on]
    if judged:
        order_retotal(order, order_lines)
        order.expected_on = max(promised) if promised else order.expected_on
        order.acknowledgement = status
    order.supplier_dispatch = PurchaseOrder.Dispatch.ACKNOWLEDGED
    order.supplier_order_number = supplier_number or order.supplier_order_number
    order.save()
    return told


def _open_cases(order: PurchaseOrder, rows: Sequence[SupplierAnswerLine], judged: _Judged) -> int:
    waiting = [(row, ol, d) for row, (ol, _, d) in zip(rows, judged, strict=True) if not (d.taken_over or d.late)]
    # a later answer revises an earlier one, whose open questions are settled by it
    revised = {ol.pk for ol, _, d in judged if not d.late}
    order.cases.filter(kind="answer", order_line__in=revised).exclude(state="resolved").update(
        state="resolved", resolution="matched", resolved_at=timezone.now()
    )
    ExceptionCase.objects.bulk_create(
        ExceptionCase(
            queue=ExceptionCase.Queue.BUYER, kind=ExceptionCase.Kind.ANSWER, facility_id=order.facility_id,
            supplier_id=order.supplier_id, order=order, order_line=ol, answer_line=row,
            title=_title(row, ol, decision), amount=round_money(decision.amount),
            currency=order.currency, due_at=timezone.now() + BUYER_TARGET,
            explanation={"sentence": decision.sentence, "line": ol.line_number, "short": f"{decision.short:f}"},
        )
        for row, ol, decision in waiting
    )  # fmt: skip
    return len(waiting)


def _title(row: SupplierAnswerLine, ol: PurchaseOrderLine, decision: AnswerDecision) -> str:
    part = row.action in ("accepted", "rejected") and 0 < decision.short < ol.quantity
    return f"{row.get_action_display()}{' in part' if part else ''}: {ol.description}"[:200]


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


def _supplier_order(number: str, supplier_id: int) -> PurchaseOrder:
    order = PurchaseOrder.objects.filter(number=number, supplier=supplier_id).select_for_update().first()
    if order is None:
        raise NotFound(f"This supplier has no purchase order {number} from us.", code="order_unknown")
    join_trace(order.trace_id)
    return order
