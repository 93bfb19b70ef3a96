"""Invoices: registered once, matched by themselves, cleared, posted, paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from core.actors import Actor
from core.audit import acting, join_trace
from core.bulk import bulk_set
from core.errors import Conflict, Finding, Invalid, NotFound
from core.events import Event, emit
from core.rows import read_rows
from core.sequences import next_number
from core.tracing import current_trace_id
from masterdata.models import Facility, Role, Supplier
from masterdata.rules.offers import round_money
from masterdata.selectors import scoped
from procurement.events import (
    InvoiceCleared,
    InvoiceDisputed,
    InvoiceDisputeEnded,
    InvoiceExceptionOpened,
    InvoicePaid,
    InvoicePosted,
    InvoiceReceived,
)
from procurement.models import (
    ExceptionCase,
    Invoice,
    InvoiceLine,
    PurchaseOrder,
    PurchaseOrderLine,
)
from procurement.rules.invoice_numbers import normalize_number
from procurement.rules.three_way_match import BilledInvoice, BilledLine, MatchFinding, MatchResult, OrderedLine, match
from procurement.services.commitments import invoice_spend
from procurement.services.tolerances import limits_for

AP_TARGET = timedelta(days=3)
PARTNER_SOURCES = ("810", "edifact", "ubl")
"""Invoices that a trading partner's own endpoint delivered: no person enters them."""


@dataclass(frozen=True, kw_only=True)
class BilledLineInput:
    """One line as billed. Found by order line number, else by supplier part. `unit_price` is per `unit` (empty: the order's)."""

    line_number: int
    order_line_number: int | None = None
    supplier_part: str = ""
    description: str = ""
    quantity: Decimal
    unit: str = ""
    unit_price: Decimal
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceInput:
    """An invoice as billed, in `currency`. `charges` are {"code", "description", "amount"} with signed amounts."""

    supplier_number: str
    order_number: str
    invoice_date: date
    currency: str
    total: Decimal
    lines: Sequence[BilledLineInput]
    kind: str = Invoice.Kind.INVOICE
    tax: Decimal = Decimal(0)
    charges: Sequence[Mapping[str, str]] = field(default_factory=list)
    due_date: date | None = None


def invoice_register(
    *, actor: Actor, supplier: Supplier, invoice: InvoiceInput, source: str, facility: Facility | None = None
) -> Invoice:
    """Take an invoice in and match it at once. `facility` is needed only where no order tells it.

    Raises NotAllowed (only AP clerks enter invoices), Conflict (duplicate number of the same supplier), Invalid (nothing billed,
    facility unknown).
    """
    with acting(actor=actor, reason=f"invoice {invoice.supplier_number} received by {source}"):
        order = _order(invoice.order_number, supplier)
        place = order.facility_id if order else (facility.pk if facility else None)
        _check_input(invoice, place)
        if source not in PARTNER_SOURCES:
            actor.require(Role.AP_CLERK, scope=place or 0, to="enter invoices")
        if order:
            join_trace(order.trace_id)
        normalized = normalize_number(invoice.supplier_number)
        lookalike = _refuse_duplicate(supplier, normalized, invoice)
        row = Invoice.objects.create(
            number=next_number("INV"),
            supplier_number=invoice.supplier_number,
            normalized_number=normalized,
            supplier=supplier,
            facility_id=place or 0,
            order=order,
            order_reference=invoice.order_number,
            kind=invoice.kind,
            source=source,
            invoice_date=invoice.invoice_date,
            due_date=invoice.due_date or invoice.invoice_date + timedelta(days=supplier.payment_terms_days),
            currency=invoice.currency,
            total=invoice.total,
            tax=invoice.tax,
            charges=[dict(c) for c in invoice.charges],
            trace_id=current_trace_id(),
        )
        order_lines = _order_lines(row) if order else []
        lines = InvoiceLine.objects.bulk_create(_line_rows(row, invoice.lines, order_lines))
        _count_invoiced(lines, order_lines, +1 if row.kind == Invoice.Kind.INVOICE else 0)
        received = InvoiceReceived(
            number=row.number, facility_id=row.facility_id, invoice_id=row.pk, supplier_id=supplier.pk,
            total=str(row.total), actor_id=actor.user_id,
        )  # fmt: skip
        _match_and_settle(row, lines, order_lines, actor, lookalike=lookalike, before=[received])
        return row


def invoice_match(*, actor: Actor, number: str) -> Invoice:
    """Match again. Cleared differences settle themselves, new ones open. Raises Conflict when it is past matching."""
    with acting(actor=actor, reason="matched again"):
        row = invoice_lock(actor=actor, number=number)
        actor.require(Role.AP_CLERK, Role.BUYER, scope=row.facility_id, to="match invoices")
        if row.status not in Invoice.MATCHABLE:
            raise Conflict(
                f"{number} is {row.get_status_display().lower()}: it is past matching.", code="not_matchable"
            )
        rematch(row, actor)
        return row


_WAITING = """
FROM procurement_invoice v JOIN procurement_purchaseorder o ON o.id = v.order_id
WHERE v.order_id = %(order)s AND v.status = ANY(%(states)s) ORDER BY v.id FOR UPDATE OF v
"""


def invoices_match_again(*, order_id: int, actor: Actor) -> None:
    """Match every waiting invoice of an order again, oldest first: its receipts or lines have changed."""
    rows = read_rows(
        {"v": Invoice, "o": PurchaseOrder}, _WAITING, {"order": order_id, "states": list(Invoice.MATCHABLE)}
    )
    for row, order in rows:
        row.order = order
        rematch(row, actor)


def rematch(row: Invoice, actor: Actor) -> None:
    """Match a locked invoice again, in the caller's transaction."""
    _match_and_settle(row, list(row.lines.all()), _order_lines(row) if row.order_id else [], actor)


def invoice_clear(*, row: Invoice, actor: Actor, approved_amount: Decimal) -> InvoiceCleared:
    """Approve a locked invoice for payment and release what its order had committed of the budget."""
    row.approve()
    row.approved_amount = approved_amount
    row.save()
    invoice_spend(row)
    return InvoiceCleared(
        number=row.number, facility_id=row.facility_id, invoice_id=row.pk, approved_amount=str(approved_amount),
        actor_id=actor.user_id,
    )  # fmt: skip


def invoice_record_voucher(*, actor: Actor, number: str, voucher_number: str) -> None:
    """The ERP took the voucher. Applied once; a repeated answer changes nothing."""
    with acting(actor=actor, reason=f"voucher {voucher_number} in the ERP"):
        row = Invoice.objects.select_for_update().get(number=number)
        join_trace(row.trace_id)
        if row.status != Invoice.Status.APPROVED:
            return
        row.post()
        row.voucher_number, row.payment = voucher_number, Invoice.Payment.SCHEDULED
        row.save()
        _refusals(row).update(
            state=ExceptionCase.State.RESOLVED, resolution=ExceptionCase.Resolution.MATCHED, resolved_at=timezone.now()
        )
        emit(
            InvoicePosted(
                number=row.number, facility_id=row.facility_id, invoice_id=row.pk, voucher_number=voucher_number,
                actor_id=actor.user_id,
            )
        )  # fmt: skip


def invoice_record_rejection(*, number: str, system: str, sentence: str, field: str = "") -> None:
    """The ERP refused the voucher for good: accounts payable gets a case (one per invoice), with its words."""
    row = Invoice.objects.select_for_update().filter(number=number, status=Invoice.Status.APPROVED).first()
    if row is None or _refusals(row).exists():
        return
    ExceptionCase.objects.create(
        queue=ExceptionCase.Queue.AP, kind=ExceptionCase.Kind.ERP_REJECTED, facility_id=row.facility_id,
        supplier_id=row.supplier_id, order_id=row.order_id, invoice=row, title=f"{system} refused the voucher of {number}"[:200],
        amount=row.total if row.approved_amount is None else row.approved_amount, currency=row.currency,
        due_at=timezone.now() + AP_TARGET, explanation={"sentence": sentence, "field": field, "system": system},
    )  # fmt: skip


def _refusals(row: Invoice) -> QuerySet[ExceptionCase]:
    """What accounts payable was asked because the ERP refused the voucher, and has not decided."""
    return row.cases.filter(kind=ExceptionCase.Kind.ERP_REJECTED).exclude(state=ExceptionCase.State.RESOLVED)


def invoice_record_payment(*, actor: Actor, voucher_number: str, paid_on: date, number: str = "") -> bool:
    """The ERP paid. Returns whether an invoice with this voucher number was waiting for it.

    Where the ERP says our `number` too, both must be the invoice's: two ERPs may use one voucher number.
    """
    with acting(actor=actor, reason=f"paid on {paid_on}"):
        found = Invoice.objects.filter(voucher_number=voucher_number)
        order = (found.filter(number=number) if number else found).values_list("order_id", flat=True).first()
        if order:
            _lock_order(order)
        found = found.select_for_update()
        row = (found.filter(number=number) if number else found).first()
        if row is None or row.status != Invoice.Status.POSTED:
            return False
        join_trace(row.trace_id)
        row.pay()
        row.payment, row.paid_on = Invoice.Payment.PAID, paid_on
        row.save()
        emit(
            InvoicePaid(
                number=row.number, facility_id=row.facility_id, invoice_id=row.pk, paid_on=paid_on.isoformat(),
                actor_id=actor.user_id,
            )
        )  # fmt: skip
        return True


def invoice_drop(*, row: Invoice, how: str) -> None:
    """Reject or void a locked invoice: its quantities no longer count and its open cases end."""
    if how == "void":
        row.void()
    else:
        row.reject()
    row.save(update_fields=["status"])
    if row.order_id and row.kind == Invoice.Kind.INVOICE:
        lines = list(row.lines.all())
        _count_invoiced(lines, list(PurchaseOrderLine.objects.filter(order=row.order_id)), -1)


def invoice_lock(*, actor: Actor, number: str) -> Invoice:
    """The invoice, locked until the transaction ends; its order first (the documented lock order). Raises NotFound."""
    found = Invoice.objects.filter(scoped(actor), number=number).values_list("pk", "order_id").first()
    if found is None:
        raise NotFound(f"There is no invoice {number}.")
    pk, order_id = found
    if order_id:
        _lock_order(order_id)
    row = Invoice.objects.select_for_update(of=("self",)).select_related("supplier", "order").get(pk=pk)
    join_trace(row.trace_id)
    return row


def invoice_dispute(*, actor: Actor, number: str, reason: str) -> Invoice:
    """Question a whole bill with its supplier: its differences stay open and nothing is paid until it is settled.

    Raises NotFound, NotAllowed, Invalid (no reason), Conflict (it has no open exception).
    """
    with acting(actor=actor, reason=_why(reason)):
        row = _clerks_invoice(actor, number)
        if row.status != Invoice.Status.EXCEPTION:
            raise Conflict(
                f"{number} is {row.get_status_display().lower()}: only an invoice with open exceptions can be disputed.",
                code="not_disputable",
            )
        row.dispute()
        row.save(update_fields=["status"])
        emit(InvoiceDisputed(reason=reason, **_about(row, actor)))
        return row


def invoice_end_dispute(*, actor: Actor, number: str, reason: str) -> Invoice:
    """The supplier has answered: the invoice is matched again and what still differs is decided as usual."""
    with acting(actor=actor, reason=_why(reason)):
        row = _clerks_invoice(actor, number)
        if row.status != Invoice.Status.DISPUTED:
            raise Conflict(f"{number} is not disputed.", code="not_disputed")
        row.open_exception()
        row.save(update_fields=["status"])
        emit(InvoiceDisputeEnded(reason=reason, **_about(row, actor)))
        rematch(row, actor)
        return row


# --- parts of the acts above --------------------------------------------------------------------------------------


def _lock_order(pk: int) -> None:
    PurchaseOrder.objects.select_for_update().filter(pk=pk).values_list("pk").first()


def _clerks_invoice(actor: Actor, number: str) -> Invoice:
    row = invoice_lock(actor=actor, number=number)
    actor.require(Role.AP_CLERK, scope=row.facility_id, to="dispute invoices")
    return row


def _why(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    return reason


def _about(row: Invoice, actor: Actor) -> dict[str, Any]:
    return {"number": row.number, "facility_id": row.facility_id, "invoice_id": row.pk, "actor_id": actor.user_id}


def _order(number: str, supplier: Supplier) -> PurchaseOrder | None:
    """The order the supplier names, locked; also when it belongs to another supplier (the match says so)."""
    return PurchaseOrder.objects.select_for_update().filter(number=number).first() if number else None


def _check_input(invoice: InvoiceInput, facility_id: int | None) -> None:
    findings = []
    if facility_id is None:
        findings.append(
            Finding(
                code="facility_unknown", field="order_number",
                message=f"There is no order {invoice.order_number or 'number'} and no facility is given, so nobody could see it.",
                remedy="Give the order number or the facility.",
            )
        )  # fmt: skip
    if not invoice.lines:
        findings.append(Finding(code="no_lines", field="lines", message="The invoice bills nothing."))
    if not normalize_number(invoice.supplier_number):
        findings.append(Finding(code="number_missing", field="supplier_number", message="The invoice has no number."))
    if findings:
        raise Invalid("The invoice cannot be taken.", code="invoice_invalid", findings=findings)


def _refuse_duplicate(supplier: Supplier, normalized: str, invoice: InvoiceInput) -> str:
    """Refuse the same number; give back the number of an invoice that only looks alike (same amount and date)."""
    same = Invoice.objects.filter(supplier=supplier, kind=invoice.kind).exclude(
        status__in=[Invoice.Status.REJECTED, Invoice.Status.VOID]
    ).filter(total=invoice.total, invoice_date=invoice.invoice_date) | Invoice.objects.filter(
        supplier=supplier, kind=invoice.kind, normalized_number=normalized
    ).exclude(status__in=[Invoice.Status.REJECTED, Invoice.Status.VOID])
    rows = list(same.values_list("number", "normalized_number")[:5])
    for number, known in rows:
        if known == normalized:
            raise Conflict(
                f"{supplier.name} already sent invoice {invoice.supplier_number}: it is {number}.",
                code="duplicate_invoice",
            )
    return str(rows[0][0]) if rows else ""


_ORDER_LINES = """
SELECT l.*, i.base_unit AS item_base_unit, c.code AS item_category,
  (SELECT coalesce(json_agg(json_build_object('unit', p.unit, 'multiplier', p.multiplier::text)), '[]')
     FROM masterdata_itempackaging p WHERE p.item_id = l.item_id) AS packs,
  (SELECT coalesce(json_agg(json_build_object('number', r.number, 'base', rl.base_quantity::text) ORDER BY rl.id), '[]')
     FROM procurement_receiptline rl JOIN procurement_receipt r ON r.id = rl.receipt_id WHERE rl.order_line_id = l.id) AS receipt_rows,
  (SELECT sum(il.base_quantity) FROM procurement_invoiceline il JOIN procurement_invoice v ON v.id = il.invoice_id
     WHERE il.order_line_id = l.id AND v.id < %(invoice)s AND v.kind = 'invoice' AND v.status NOT IN ('rejected', 'void')
  ) AS invoiced_before
FROM procurement_purchaseorderline l LEFT JOIN masterdata_item i ON i.id = l.item_id
LEFT JOIN masterdata_category c ON c.id = i.category_id WHERE l.order_id = %(order)s ORDER BY l.line_number
"""
# written by hand because building this statement through the ORM costs more than running it


def _order_lines(row: Invoice) -> list[PurchaseOrderLine]:
    """The order's lines with packs, receipts and what earlier invoices billed, in one statement."""
    return list(PurchaseOrderLine.objects.raw(_ORDER_LINES, {"invoice": row.pk, "order": row.order_id}))


def _packs(line: PurchaseOrderLine) -> dict[str, Decimal]:
    packs = {p["unit"]: Decimal(p["multiplier"]) for p in line.packs}  # type: ignore[attr-defined]  # annotated
    if line.item_base_unit:  # type: ignore[attr-defined]
        packs.setdefault(line.item_base_unit, Decimal(1))  # type: ignore[attr-defined]
    packs.setdefault(line.unit, line.multiplier)
    return packs


def _line_rows(
    row: Invoice, lines: Sequence[BilledLineInput], order_lines: Sequence[PurchaseOrderLine]
) -> list[InvoiceLine]:
    by_number = {ol.line_number: ol for ol in order_lines}
    by_part = {ol.supplier_part: ol for ol in order_lines if ol.supplier_part}
    rows = []
    for line in lines:
        ol = by_number.get(line.order_line_number or -1) or by_part.get(line.supplier_part)
        unit = line.unit or (ol.unit if ol else "EA")
        multiplier = _packs(ol).get(unit) if ol else None
        rows.append(
            InvoiceLine(
                invoice=row, line_number=line.line_number, order_line=ol, item_id=ol.item_id if ol else None,
                description=line.description or (ol.description if ol else ""), supplier_part=line.supplier_part,
                quantity=line.quantity, unit=unit,
                base_quantity=line.quantity * multiplier if multiplier is not None else None,
                unit_price=line.unit_price,
                amount=line.amount if line.amount is not None else round_money(line.quantity * line.unit_price),
            )
        )  # fmt: skip
    return rows


def _count_invoiced(lines: Sequence[InvoiceLine], order_lines: Sequence[PurchaseOrderLine], sign: int) -> None:
    by_id = {ol.pk: ol for ol in order_lines}
    for line in lines:
        if line.order_line_id and line.base_quantity is not None and line.order_line_id in by_id:
            by_id[line.order_line_id].invoiced_base += sign * line.base_quantity
    touched = sorted({li.order_line_id for li in lines if li.order_line_id})
    bulk_set(PurchaseOrderLine, [(pk, {"invoiced_base": by_id[pk].invoiced_base}) for pk in touched])


def _match_and_settle(
    row: Invoice,
    lines: Sequence[InvoiceLine],
    order_lines: Sequence[PurchaseOrderLine],
    actor: Actor,
    *,
    lookalike: str = "",
    before: Sequence[Event] = (),
) -> None:
    """Match, store the explanations, open and close cases, and clear the invoice when nothing is left."""
    result = match(
        _billed(row, lines, order_lines, lookalike),
        limits_for(facility_id=row.facility_id, supplier_id=row.supplier_id),
    )
    bulk_set(InvoiceLine, [(line.pk, {"match": result.lines[line.pk]}) for line in lines])
    new, still_open = _sync_cases(row, result, registered=not before)
    row.matched_at = timezone.now()
    row.header_match = {"findings": [f.explanation() | {"kind": f.kind} for f in result.findings if f.line_id is None]}
    facts = list(before)
    if still_open or new:
        if row.status == Invoice.Status.RECEIVED:
            row.open_exception()
        row.save()
        if new:
            facts.append(
                InvoiceExceptionOpened(
                    number=row.number, facility_id=row.facility_id, invoice_id=row.pk,
                    kinds=tuple(sorted({f.kind for f in new})), amount=str(sum((f.amount for f in new), Decimal(0))),
                    actor_id=actor.user_id,
                )
            )  # fmt: skip
    else:
        row.match()
        row.save()
        short = Decimal(0) if before else short_paid(row)
        facts.append(invoice_clear(row=row, actor=actor, approved_amount=row.total - short))
    if facts:
        emit(*facts)


def short_paid(row: Invoice) -> Decimal:
    """What was decided not to be paid of an invoice, in its currency."""
    found = ExceptionCase.objects.filter(invoice=row, resolution=ExceptionCase.Resolution.SHORT_PAY)
    return found.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _sync_cases(row: Invoice, result: MatchResult, *, registered: bool) -> tuple[list[MatchFinding], bool]:
    """Open a case per new difference, settle those that are gone. Returns the new findings and whether any case stays open.

    A difference that a person has decided stays decided unless its amount grew.
    """
    known = list(ExceptionCase.objects.filter(invoice=row).select_for_update()) if registered else []
    live = {(c.invoice_line_id, c.kind): c for c in known if c.state != ExceptionCase.State.RESOLVED}
    decided = {
        (c.invoice_line_id, c.kind): c.amount
        for c in known
        if c.state == ExceptionCase.State.RESOLVED and c.resolution != ExceptionCase.Resolution.MATCHED
    }
    new, found_keys = [], set()
    for finding in result.findings:
        key = (finding.line_id, finding.kind)
        found_keys.add(key)
        if key in live:
            case = live[key]
            if case.amount != finding.amount or case.explanation != finding.explanation():
                case.amount, case.explanation = finding.amount, finding.explanation()
                case.save(update_fields=["amount", "explanation"])
        elif key not in decided or finding.amount > decided[key]:
            new.append(finding)
    gone = [c.pk for key, c in live.items() if key not in found_keys and c.kind != ExceptionCase.Kind.DUPLICATE]
    if gone:
        ExceptionCase.objects.filter(pk__in=gone).update(
            state=ExceptionCase.State.RESOLVED, resolution=ExceptionCase.Resolution.MATCHED, resolved_at=timezone.now()
        )
    ExceptionCase.objects.bulk_create(_case(row, finding) for finding in new)
    return new, len(live) > len(gone)


def _case(row: Invoice, finding: MatchFinding) -> ExceptionCase:
    return ExceptionCase(
        queue=ExceptionCase.Queue.AP,
        kind=finding.kind,
        facility_id=row.facility_id,
        supplier_id=row.supplier_id,
        order_id=row.order_id,
        invoice=row,
        invoice_line_id=finding.line_id,
        title=finding.sentence[:200],
        amount=finding.amount,
        currency=row.currency,
        explanation=finding.explanation(),
        due_at=timezone.now() + AP_TARGET,
    )


def _billed(
    row: Invoice, lines: Sequence[InvoiceLine], order_lines: Sequence[PurchaseOrderLine], lookalike: str
) -> BilledInvoice:
    by_id = {ol.pk: ol for ol in order_lines}
    return BilledInvoice(
        lines=[_billed_line(line, by_id.get(line.order_line_id or -1)) for line in lines],
        total=row.total,
        tax=row.tax,
        charges=sum((Decimal(str(c["amount"])) for c in row.charges), Decimal(0)),
        currency=row.currency,
        credit=row.kind == Invoice.Kind.CREDIT,
        facility_id=row.facility_id,
        supplier_id=row.supplier_id,
        order_problem=_order_problem(row),
        lookalike=lookalike,
    )


def _billed_line(line: InvoiceLine, ol: PurchaseOrderLine | None) -> BilledLine:
    return BilledLine(
        line_id=line.pk,
        line_number=line.line_number,
        quantity=line.quantity,
        unit=line.unit,
        multiplier=line.base_quantity / line.quantity if line.base_quantity is not None and line.quantity else None,
        price=line.unit_price,
        amount=line.amount,
        ordered=_ordered(ol) if ol else None,
    )


def _ordered(ol: PurchaseOrderLine) -> OrderedLine:
    receipts: list[dict[str, str]] = ol.receipt_rows  # type: ignore[attr-defined]  # annotated by _order_lines
    return OrderedLine(
        order_line_id=ol.pk,
        line_number=ol.line_number,
        description=ol.description,
        base_unit=ol.item_base_unit or ol.unit,  # type: ignore[attr-defined]
        unit=ol.unit,
        multiplier=ol.multiplier,
        price=ol.unit_price,
        ordered=ol.base_quantity,
        received=ol.received_base,
        invoiced_before=ol.invoiced_before or Decimal(0),  # type: ignore[attr-defined]
        receipts=tuple((r["number"], Decimal(r["base"])) for r in receipts),
        packs=_packs(ol),
        category=ol.item_category,  # type: ignore[attr-defined]
        cancelled=ol.cancelled,
    )


def _order_problem(row: Invoice) -> str:
    order = row.order
    if order is None:
        return (
            f"The order {row.order_reference} is not known." if row.order_reference else "The invoice names no order."
        )
    if order.supplier_id != row.supplier_id:
        return f"{order.number} was placed with another supplier."
    if order.currency != row.currency:
        return f"{order.number} is in {order.currency}, the invoice in {row.currency}."
    if order.status in (PurchaseOrder.Status.CANCELLED, PurchaseOrder.Status.ON_HOLD, PurchaseOrder.Status.DRAFT):
        return f"{order.number} is {order.get_status_display().lower()}."
    return ""
