"""Exceptions: assign, comment, decide."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone

from core.actors import Actor
from core.audit import acting
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import Event, emit
from masterdata.models import Role
from masterdata.selectors import limit_of, scoped
from procurement.events import InvoiceExceptionResolved, PurchaseOrderCorrected
from procurement.models import (
    DocumentComment,
    ExceptionCase,
    Invoice,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    SupplierAnswerLine,
)
from procurement.services.invoices import invoice_clear, invoice_drop, invoice_lock, short_paid
from procurement.services.purchase_orders import (
    order_lock,
    order_restate,
    purchase_order_cancel,
    purchase_order_changed,
    purchase_order_drop_line,
)

R = ExceptionCase.Resolution
REASONS = {
    "price_agreed": "Price agreed with the supplier",
    "small_amount": "Too small to pursue",
    "emergency": "Emergency purchase",
    "freight_agreed": "Freight agreed",
    "contract_update": "Contract price changed",
    "other": "Other (say which)",
}
"""Reason codes of an accepted variance."""

QUEUE_ROLE = {
    ExceptionCase.Queue.AP: Role.AP_CLERK,
    ExceptionCase.Queue.BUYER: Role.BUYER,
    ExceptionCase.Queue.RECEIVER: Role.RECEIVER,
}
_INVOICE_ACTIONS = (
    R.ACCEPT_VARIANCE, R.REQUEST_CREDIT, R.SHORT_PAY, R.WAIT_FOR_RECEIPT, R.SEND_TO_BUYER, R.REJECT_INVOICE, R.VOID_INVOICE,
)  # fmt: skip


_ORDER_ACTIONS = {
    ExceptionCase.Kind.ANSWER: (R.ACCEPT_ANSWER, R.REFUSE_ANSWER),
    ExceptionCase.Kind.ERP_REJECTED: (R.SEND_AGAIN, R.CANCEL_ORDER),
}


def legal_actions(case: ExceptionCase) -> list[str]:
    """What may be done with this case now (whether this person may is checked when they do it)."""
    if case.state == ExceptionCase.State.RESOLVED:
        return []
    if case.invoice_id is None:
        return [str(action) for action in _ORDER_ACTIONS.get(ExceptionCase.Kind(case.kind), ())]
    legal = list(_INVOICE_ACTIONS)
    if case.kind != ExceptionCase.Kind.NOT_RECEIVED:
        legal.remove(R.WAIT_FOR_RECEIPT)
    if case.amount <= 0:
        legal.remove(R.SHORT_PAY)
        legal.remove(R.REQUEST_CREDIT)
    if case.queue == ExceptionCase.Queue.BUYER:
        legal.remove(R.SEND_TO_BUYER)
    return [str(action) for action in legal]


def exception_resolve(
    *, actor: Actor, case_id: int, resolution: str, reason_code: str = "", comment: str = ""
) -> ExceptionCase:
    """Decide one case. The last decided case of an invoice clears it for payment.

    Raises NotFound, NotAllowed (role, limit, segregation of duties), Conflict (decided already), Invalid (reason missing).
    """
    with acting(actor=actor, reason=f"{resolution}: {reason_code} {comment}".strip()):
        seen = ExceptionCase.objects.filter(scoped(actor), pk=case_id).select_related("invoice", "order").first()
        if seen is None:
            raise NotFound("There is no such exception.")
        invoice = invoice_lock(actor=actor, number=seen.invoice.number) if seen.invoice else None
        order = order_lock(actor=actor, number=seen.order.number) if seen.order and invoice is None else None
        case = ExceptionCase.objects.select_for_update().get(pk=case_id)
        if case.state == ExceptionCase.State.RESOLVED:
            by = f" by {case.resolved_by.name}" if case.resolved_by else " by a new match"
            raise Conflict(f"This exception is already decided{by}.", code="already_decided")
        if resolution not in legal_actions(case):
            raise Invalid("This action is not possible for this exception.", code="action_not_legal")
        role = actor.require(QUEUE_ROLE[ExceptionCase.Queue(case.queue)], scope=case.facility_id, to="decide this")
        if invoice is not None:
            _decide_invoice_case(case, invoice, actor, role, resolution, reason_code, comment)
        elif order is not None:
            _close(case, actor, role, resolution, reason_code, comment)
            _decide_order_case(case, order, actor, resolution, comment)
        return case


def _decide_invoice_case(
    case: ExceptionCase, invoice: Invoice, actor: Actor, role: str, resolution: str, reason_code: str, comment: str
) -> None:
    _segregation(case, invoice, actor)
    if resolution == R.ACCEPT_VARIANCE:
        _may_accept(case, actor, role, reason_code, comment)
    if resolution in (R.WAIT_FOR_RECEIPT, R.SEND_TO_BUYER, R.REQUEST_CREDIT):
        case.state, case.resolution, case.comment = ExceptionCase.State.WAITING, resolution, comment
        if resolution == R.SEND_TO_BUYER:
            case.queue, case.state, case.owner = ExceptionCase.Queue.BUYER, ExceptionCase.State.OPEN, None
        case.save()
        emit(_resolved(case, invoice, actor, role, resolution, reason_code))
        return
    _close(case, actor, role, resolution, reason_code, comment)
    facts: list[Event] = [_resolved(case, invoice, actor, role, resolution, reason_code)]
    open_cases = ExceptionCase.objects.filter(invoice=invoice).exclude(state=ExceptionCase.State.RESOLVED)
    if resolution in (R.REJECT_INVOICE, R.VOID_INVOICE):
        open_cases.update(
            state=ExceptionCase.State.RESOLVED,
            resolution=resolution,
            resolved_by=actor.user_id,
            resolved_at=timezone.now(),
        )
        invoice_drop(row=invoice, how="void" if resolution == R.VOID_INVOICE else "reject")
    elif not open_cases.exists():
        facts.append(invoice_clear(row=invoice, actor=actor, approved_amount=invoice.total - short_paid(invoice)))
    emit(*facts)


def _segregation(case: ExceptionCase, invoice: Invoice, actor: Actor) -> None:
    if invoice.order_id and Receipt.objects.filter(order=invoice.order_id, received_by=actor.user_id).exists():
        raise NotAllowed(
            "You received goods of this order; somebody else has to clear its invoice.", code="segregation_of_duties"
        )


def _may_accept(case: ExceptionCase, actor: Actor, role: str, reason_code: str, comment: str) -> None:
    if reason_code not in REASONS:
        raise Invalid("Choose a reason for accepting the difference.", code="reason_missing")
    if reason_code == "other" and not comment.strip():
        raise Invalid("Say which reason it is.", code="comment_missing")
    limit = limit_of(actor, role=role, facility_id=case.facility_id)
    if limit is not None and abs(case.amount) > limit:
        raise NotAllowed(
            f"{abs(case.amount):,.2f} {case.currency} is above your limit of {limit:,.2f}. Send it to somebody with a higher limit.",
            code="above_limit",
        )


def _close(case: ExceptionCase, actor: Actor, role: str, resolution: str, reason_code: str, comment: str) -> None:
    case.state, case.resolution = ExceptionCase.State.RESOLVED, resolution
    case.reason_code, case.comment = reason_code, comment
    case.resolved_by_id, case.on_behalf_of_id = actor.user_id, actor.on_behalf_of(role, case.facility_id)
    case.resolved_at = timezone.now()
    case.save()


def _resolved(
    case: ExceptionCase, invoice: Invoice, actor: Actor, role: str, resolution: str, reason_code: str
) -> InvoiceExceptionResolved:
    return InvoiceExceptionResolved(
        number=invoice.number, facility_id=invoice.facility_id, invoice_id=invoice.pk, case_id=case.pk,
        resolution=resolution, reason_code=reason_code, actor_id=actor.user_id,
        on_behalf_of_id=actor.on_behalf_of(role, case.facility_id),
    )  # fmt: skip


def _decide_order_case(case: ExceptionCase, order: PurchaseOrder, actor: Actor, resolution: str, comment: str) -> None:
    """Take the supplier's change over, send the line back to sourcing, or tell the ERP anew or of the end."""
    if resolution == R.SEND_AGAIN:
        emit(
            PurchaseOrderCorrected(
                number=order.number, facility_id=order.facility_id, order_id=order.pk, case_id=case.pk, actor_id=actor.user_id
            )
        )  # fmt: skip
        return
    if resolution == R.CANCEL_ORDER:
        purchase_order_cancel(actor=actor, number=order.number, reason=comment or case.title)
        return
    line, answer = case.order_line, case.answer_line
    if line is None or answer is None:
        return
    short = Decimal(case.explanation.get("short", "0"))
    refused = resolution == R.REFUSE_ANSWER or answer.action == "rejected"
    if refused:
        said = line.quantity if answer.quantity is None else answer.quantity
        purchase_order_drop_line(
            line=line, quantity=short if answer.action == "rejected" else said + short, actor=actor,
            reason=comment or case.title, tell_supplier=answer.action != "rejected",
        )  # fmt: skip
        return
    taken = _take_price(line, answer)
    # whoever proposed it knows it: only the ERP has to be told
    if short:
        words = "; ".join(["as the supplier confirms", taken] if taken else ["as the supplier confirms"])
        purchase_order_drop_line(line=line, quantity=short, actor=actor, reason=words, tell_supplier=False)
    elif taken:
        order_restate(order, list(order.lines.all()), actor)
        what = f"line {line.line_number}: {taken}"
        purchase_order_changed(order=order, actor=actor, what=what, tell_supplier=False)


def _take_price(line: PurchaseOrderLine, answer: SupplierAnswerLine) -> str:
    """Take a supplier's price over. Returns what changed in words, nothing where nothing did."""
    if answer.action != "price_changed" or answer.unit_price in (None, line.unit_price):
        return ""
    line.unit_price = answer.unit_price
    line.save(update_fields=["unit_price"])
    return f"price {line.unit_price.normalize():f}"


def exceptions_assign(*, actor: Actor, case_ids: Iterable[int], owner_id: int | None) -> int:
    """Give cases of one's own queues to somebody (or to nobody). Returns how many changed."""
    with acting(actor=actor, reason="assigned"):
        changed = 0
        for queue, role in QUEUE_ROLE.items():
            changed += (
                ExceptionCase.objects.filter(scoped(actor, role), pk__in=list(case_ids), queue=queue)
                .exclude(state=ExceptionCase.State.RESOLVED)
                .update(owner=owner_id)
            )
        return changed


def comment_write(*, actor: Actor, kind: str, number: str, facility_id: int, text: str) -> DocumentComment:
    """Write a remark on a document the actor may see. Raises NotFound, Invalid."""
    if not actor.has_any(facility_id):
        raise NotFound("There is no such document.")
    if not text.strip():
        raise Invalid("Write something first.", code="comment_missing")
    return DocumentComment.objects.create(
        kind=kind, number=number, facility_id=facility_id, author_id=actor.user_id, text=text.strip()[:1000]
    )
