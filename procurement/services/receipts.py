"""Receipts: posted once, reversed but never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.actors import Actor
from core.audit import acting
from core.bulk import bulk_set
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import Event, emit, who
from core.sequences import next_number
from core.tracing import current_trace_id
from masterdata.models import Location, Role
from masterdata.selectors import scoped
from procurement.events import ReceiptPosted, ReceiptReversed
from procurement.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine, ShipNotice
from procurement.rules.receipt_check import ExpectedLine, ReceivedLine, check_receipt
from procurement.services.purchase_orders import order_lock, state_by_receipts
from procurement.services.requisitions import requisitions_settle, requisitions_unsettle


def receipt_post(
    *,
    actor: Actor,
    order_number: str,
    lines: Sequence[ReceivedLine],
    key: str,
    location_code: str = "",
    ship_notice: ShipNotice | None = None,
) -> Receipt:
    """Post what arrived: receipt, order quantities, stock and ERP message in one transaction.

    The same `key` posts once and gives the first receipt back. Raises NotFound, NotAllowed (role, segregation of duties),
    Conflict (order not open), Invalid with all findings.
    """
    with acting(actor=actor, reason="received"):
        order = order_lock(actor=actor, number=order_number)
        role = actor.require(Role.RECEIVER, Role.STOCK_CLERK, scope=order.facility_id, to="receive goods")
        if posted := list(Receipt.objects.raw("SELECT * FROM procurement_receipt WHERE key = %s", [key])):
            return posted[0]
        _may_receive(order, actor)
        expected = _expected(order)
        today = order.facility.today
        checked, findings = check_receipt(lines, {n: e for n, (_, e) in expected.items()}, today=today)
        if findings:
            raise Invalid("The receipt cannot be posted yet.", code="receipt_invalid", findings=findings)
        receipt = Receipt.objects.create(
            number=next_number("RCV"),
            facility_id=order.facility_id,
            order=order,
            ship_notice=ship_notice,
            location_id=_place(order, location_code),
            received_by_id=actor.user_id,
            received_on=today,
            key=key,
            trace_id=current_trace_id(),
        )
        order_lines = [ol for ol, _ in expected.values()]
        rows = [
            ReceiptLine(
                receipt=receipt, order_line=expected[li.line_number][0], item_id=expected[li.line_number][0].item_id,
                quantity=li.quantity + li.rejected, unit=li.unit or expected[li.line_number][0].unit, base_quantity=base,
                rejected_base=rejected, problem=li.problem, lot=li.lot, expiry=li.expiry, serial=li.serial,
            )
            for li, (base, rejected) in zip(lines, checked, strict=True)
        ]  # fmt: skip
        ReceiptLine.objects.bulk_create(rows)
        settled = _count(order, order_lines, rows, actor)
        emit(
            ReceiptPosted(
                number=receipt.number, facility_id=order.facility_id, receipt_id=receipt.pk, order_id=order.pk,
                **who(actor, role, order.facility_id),
            ),
            *settled,
        )  # fmt: skip
        return receipt


def receipt_reverse(*, actor: Actor, number: str, reason: str) -> Receipt:
    """Take a posted receipt back by a receipt of its own with negative quantities. Raises Conflict when the stock is gone."""
    if not reason.strip():
        raise Invalid("Say why the receipt is reversed.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        found = Receipt.objects.filter(scoped(actor), number=number).select_related("order").first()
        if found is None:
            raise NotFound(f"There is no receipt {number}.")
        order = order_lock(actor=actor, number=found.order.number)
        original = Receipt.objects.select_for_update().get(pk=found.pk)
        role = actor.require(Role.RECEIVER, Role.STOCK_CLERK, scope=order.facility_id, to="reverse receipts")
        if order.status == PurchaseOrder.Status.CLOSED:
            raise Conflict(
                f"{order.number} is closed. A buyer has to reopen it before its receipts can be reversed.",
                code="order_closed",
            )
        if original.status == Receipt.Status.REVERSED or original.reversal_of_id:
            raise Conflict(f"{number} is already reversed or is itself a reversal.", code="already_reversed")
        original.status = Receipt.Status.REVERSED
        original.save(update_fields=["status"])
        receipt = Receipt.objects.create(
            number=next_number("RCV"),
            facility_id=order.facility_id,
            order=order,
            location_id=original.location_id,
            reversal_of=original,
            reason=reason,
            received_by_id=actor.user_id,
            received_on=order.facility.today,
            key=f"reversal:{original.pk}",
            trace_id=current_trace_id(),
        )
        rows = [
            ReceiptLine(
                receipt=receipt, order_line_id=li.order_line_id, item_id=li.item_id, quantity=-li.quantity, unit=li.unit,
                base_quantity=-li.base_quantity, rejected_base=-li.rejected_base, problem=li.problem, lot=li.lot,
                expiry=li.expiry, serial=li.serial,
            )
            for li in original.lines.all()
        ]  # fmt: skip
        ReceiptLine.objects.bulk_create(rows)
        settled = _count(order, list(order.lines.all()), rows, actor)
        emit(
            ReceiptReversed(
                number=receipt.number, facility_id=order.facility_id, receipt_id=receipt.pk, order_id=order.pk,
                **who(actor, role, order.facility_id),
            ),
            *settled,
        )  # fmt: skip
        return receipt


def receipts_record_erp_numbers(*, numbers: Mapping[str, str]) -> None:
    """The ERP took these receipts and calls them so: our number and its. Two statements for any number of receipts."""
    found = Receipt.objects.filter(number__in=numbers).order_by("pk").select_for_update(no_key=True)
    rows = [
        (pk, {"erp_number": numbers[number]})
        for pk, number, known in found.values_list("pk", "number", "erp_number")
        if known != numbers[number]
    ]
    bulk_set(Receipt, rows)


def _place(order: PurchaseOrder, code: str) -> int:
    """Where the goods go: the order's own place, unless another one of the facility is named. Raises Invalid."""
    if not code:
        return order.ship_to_id
    found = Location.objects.filter(facility=order.facility_id, code=code, is_active=True).exclude(
        kind__in=Location.OUTSIDE
    )
    place = found.first()
    if place is None:
        raise Invalid(f"There is no place {code} in this facility.", code="location_invalid")
    return place.pk


def _may_receive(order: PurchaseOrder, actor: Actor) -> None:
    if order.status not in PurchaseOrder.RECEIVABLE:
        raise Conflict(
            f"{order.number} is {order.get_status_display().lower()}: nothing can be received on it.",
            code="not_receivable",
        )
    if order.created_by_id == actor.user_id:
        raise NotAllowed("You created this order; somebody else has to receive it.", code="segregation_of_duties")


_EXPECTED = """
SELECT l.*, i.base_unit AS item_base_unit, coalesce(i.lot_tracked, false) AS by_lot, coalesce(i.expiry_tracked, false) AS by_expiry,
  coalesce(i.serial_tracked, false) AS by_serial,
  (SELECT coalesce(json_agg(json_build_object('unit', p.unit, 'multiplier', p.multiplier::text)), '[]')
     FROM masterdata_itempackaging p WHERE p.item_id = l.item_id) AS packs
FROM procurement_purchaseorderline l LEFT JOIN masterdata_item i ON i.id = l.item_id WHERE l.order_id = %s ORDER BY l.id
"""
# written by hand because building this statement through the ORM costs more than running it


def _expected(order: PurchaseOrder) -> dict[int, tuple[PurchaseOrderLine, ExpectedLine]]:
    lines = PurchaseOrderLine.objects.raw(_EXPECTED, [order.pk])
    return {line.line_number: (line, _expected_line(line)) for line in lines}


def _expected_line(line: PurchaseOrderLine) -> ExpectedLine:
    facts: Any = line  # annotated by _EXPECTED
    packs = {p["unit"]: Decimal(p["multiplier"]) for p in facts.packs}
    if facts.item_base_unit:
        packs.setdefault(facts.item_base_unit, Decimal(1))
    packs.setdefault(line.unit, line.multiplier)
    return ExpectedLine(
        description=line.description,
        unit=line.unit,
        packs=packs,
        open_base=line.base_quantity * (1 + line.over_tolerance_percent / 100) - line.received_base,
        cancelled=line.cancelled,
        lot_tracked=facts.by_lot,
        expiry_tracked=facts.by_expiry,
        serial_tracked=facts.by_serial,
    )


def _count(
    order: PurchaseOrder, order_lines: Sequence[PurchaseOrderLine], rows: Sequence[ReceiptLine], actor: Actor
) -> list[Event]:
    """Add the receipt to the order lines' counters and move order and requisition on. Returns what else to tell."""
    by_id = {ol.pk: ol for ol in order_lines}
    for row in rows:
        ol = by_id[row.order_line_id]
        ol.received_base += row.base_quantity
        ol.rejected_base += row.rejected_base
    touched = sorted({row.order_line_id for row in rows})
    bulk_set(
        PurchaseOrderLine,
        [(pk, {"received_base": by_id[pk].received_base, "rejected_base": by_id[pk].rejected_base}) for pk in touched],
    )
    before = order.status
    state = state_by_receipts(order, order_lines)
    if before != PurchaseOrder.Status.ON_HOLD and state != before:
        order.resume(state)
        order.save(update_fields=["status"])
    if order.status == before or PurchaseOrder.Status.RECEIVED not in (before, order.status):
        return []
    if order.status != PurchaseOrder.Status.RECEIVED:
        requisitions_unsettle(order_id=order.pk, actor=actor)
        return []
    return requisitions_settle(order_id=order.pk, actor=actor)
