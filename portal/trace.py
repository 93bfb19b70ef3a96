"""One chain end to end: every hop of a trace, found by any identifier that any system uses for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices

from core.actors import Actor
from core.errors import NotFound
from core.models import BusinessEvent
from integrations.models import InboundMessage, OutboundMessage
from inventory.models import StockMove
from masterdata.selectors import scoped
from portal.message_words import message_name
from procurement.models import (
    ApprovalStep,
    ExceptionCase,
    Invoice,
    PurchaseOrder,
    Receipt,
    Requisition,
    RequisitionLine,
)

PORTAL, SUPPLIER, ERP, STOCK, AP = "portal", "supplier", "erp", "stock", "ap"

_LANES = {
    "SupplierAnswerRecorded": SUPPLIER, "ShipNoticeRecorded": SUPPLIER, "InvoiceReceived": AP, "InvoiceExceptionOpened": AP,
    "InvoiceExceptionResolved": AP, "InvoiceCleared": AP, "InvoicePosted": ERP, "InvoicePaid": ERP,
}  # fmt: skip
_WORDS = {
    "RequisitionSubmitted": "Submitted for approval",
    "RequisitionApproved": "Approved",
    "RequisitionCancelled": "Withdrawn",
    "RequisitionFulfilled": "Everything has arrived",
    "RequisitionClosed": "Request closed",
    "RequisitionShortened": "No longer needed",
    "PurchaseOrderHeld": "Order put on hold",
    "PurchaseOrderReleased": "Order released",
    "PurchaseOrderClosed": "Order closed",
    "PurchaseOrderReopened": "Order opened again",
    "PurchaseOrderCorrected": "Order put right, sent again",
    "InvoiceDisputed": "Invoice disputed with the supplier",
    "InvoiceDisputeEnded": "Dispute ended",
    "PurchaseOrderIssued": "Order issued",
    "PurchaseOrderCancelled": "Order cancelled",
    "SupplierAnswerRecorded": "Supplier answered",
    "ShipNoticeRecorded": "Supplier shipped",
    "ReceiptPosted": "Goods received",
    "ReceiptReversed": "Receipt reversed",
    "InvoiceReceived": "Invoice received",
    "InvoiceExceptionOpened": "Invoice does not match",
    "InvoiceExceptionResolved": "Exception decided",
    "InvoiceCleared": "Invoice cleared for payment",
    "InvoicePosted": "Voucher posted in the ERP",
    "InvoicePaid": "Paid",
    "MessageHandled": "Decided about a message",
}


@dataclass(kw_only=True)
class Hop:
    """One thing that happened. `wait` is the time since the hop before; `longest` marks the longest wait of the chain."""

    at: datetime
    lane: str
    text: str
    kind: str
    number: str
    who: str = ""
    detail: str = ""
    state: str = "done"
    message_id: int | None = None
    wait: timedelta | None = None
    longest: bool = False


@dataclass(kw_only=True)
class Trace:
    """The chain of one request. `headline` says where it stands, `next_actor` who must act."""

    trace_id: str
    hops: list[Hop]
    headline: str
    next_actor: str
    documents: list[tuple[str, str, str]] = field(default_factory=list)


def trace_find(actor: Actor, q: str) -> str:
    """The trace id behind any identifier: ours, the ERP's, the supplier's, a control number. Raises NotFound."""
    q = q.strip()
    requisitions = Requisition.objects.filter(scoped(actor)).filter(Q(number__iexact=q) | Q(trace_id=q))
    orders = PurchaseOrder.objects.filter(scoped(actor)).filter(
        Q(number__iexact=q) | Q(erp_number=q) | Q(supplier_order_number=q) | Q(ship_notices__shipment_number=q)
    )
    receipts = Receipt.objects.filter(scoped(actor)).filter(Q(number__iexact=q) | Q(erp_number=q))
    invoices = Invoice.objects.filter(scoped(actor)).filter(
        Q(number__iexact=q) | Q(supplier_number=q) | Q(voucher_number=q)
    )
    sent = OutboundMessage.objects.filter(scoped(actor)).filter(Q(key=q) | Q(remote_reference=q))
    if q.isdecimal() and len(q) <= 9:
        sent |= OutboundMessage.objects.filter(scoped(actor), interchange__control_number=int(q))
    sets: list[QuerySet[Any, Any]] = [
        found.order_by().values_list("trace_id") for found in (requisitions, orders, receipts, invoices, sent)
    ]
    first = sets[0].union(*sets[1:])[:1] if q else []
    for (trace_id,) in first:
        return str(trace_id)
    raise NotFound(f"Nothing of yours is known as {q or 'that'}.", code="trace_unknown")


def trace_of(actor: Actor, trace_id: str) -> Trace:
    """The whole chain as far as the actor may see it."""
    hops = [*_events(actor, trace_id), *_sent(actor, trace_id), *_received(trace_id), *_moves(actor, trace_id)]
    hops.sort(key=lambda hop: hop.at)
    waits = []
    for before, hop in pairwise(hops):
        hop.wait = hop.at - before.at
        waits.append(hop.wait)
    for hop in hops:
        hop.longest = bool(waits) and hop.wait == max(waits) and hop.wait > timedelta(minutes=1)
    headline, next_actor = _where_it_stands(actor, trace_id, hops)
    seen = {(hop.kind, hop.number): hop.lane for hop in hops if hop.number}
    return Trace(
        trace_id=trace_id,
        hops=hops,
        headline=headline,
        next_actor=next_actor,
        documents=[(kind, number, lane) for (kind, number), lane in seen.items()],
    )


def _events(actor: Actor, trace_id: str) -> list[Hop]:
    rows = BusinessEvent.objects.filter(scoped(actor, field="scope"), trace_id=trace_id).select_related(
        "actor", "on_behalf_of"
    )
    return [
        Hop(
            at=row.occurred_at,
            lane=_LANES.get(row.type, PORTAL),
            text=_text(row),
            kind=row.kind,
            number=row.number,
            who=_who(row),
            detail=_detail(row),
            state="failed" if row.type == "InvoiceExceptionOpened" else "done",
        )
        for row in rows.order_by("id")
    ]


def _text(row: BusinessEvent) -> str:
    if row.type == "RequisitionDecided":
        return {"approve": "Approved a step", "return": "Sent back for changes", "reject": "Rejected"}.get(
            str(row.data.get("decision")), "Decided"
        )
    return _WORDS.get(row.type, row.type)


def _who(row: BusinessEvent) -> str:
    if row.actor is None or row.actor.is_service:
        return "Portal" if row.actor is None else row.actor.name
    return f"{row.actor.name} on behalf of {row.on_behalf_of.name}" if row.on_behalf_of else row.actor.name


def _detail(row: BusinessEvent) -> str:
    data = row.data
    parts = {
        "RequisitionDecided": str(data.get("comment", "")),
        "SupplierAnswerRecorded": _label(PurchaseOrder.Acknowledgement, data.get("status"))
        + (f", {data.get('exceptions')} for the buyer" if data.get("exceptions") else ""),
        "ShipNoticeRecorded": f"shipment {data.get('shipment_number', '')}",
        "InvoiceExceptionOpened": ", ".join(_label(ExceptionCase.Kind, kind) for kind in data.get("kinds") or []),
        "InvoiceExceptionResolved": _label(ExceptionCase.Resolution, data.get("resolution")),
        "InvoicePosted": str(data.get("voucher_number", "")),
        "InvoicePaid": f"on {data.get('paid_on', '')}",
        "RequisitionShortened": f"{data.get('lines', '')}: {data.get('reason', '')}",
    }
    return parts.get(row.type, str(data.get("reason", ""))).strip()


def _label(choices: type[TextChoices], code: object) -> str:
    """The word of a code that an event carries."""
    return str(dict(choices.choices).get(str(code), str(code or "").replace("_", " ")))


def _sent(actor: Actor, trace_id: str) -> list[Hop]:
    rows = (
        OutboundMessage.objects.filter(scoped(actor), trace_id=trace_id)
        .exclude(topic__in=["acknowledgement.send", "interchange_answer.send"])
        .select_related("endpoint")
        .order_by("id")
    )
    return [
        Hop(
            at=row.delivered_at or row.created_at,
            lane=ERP if row.endpoint.kind == "erp" else SUPPLIER,
            text=f"{message_name(row.topic)} {'sent to' if row.delivered_at else 'waits for'} {row.endpoint.name}",
            kind=row.document_kind,
            number=row.document_number,
            detail=row.remote_reference or row.detail,
            state={"delivered": "done", "dead": "failed", "unknown": "failed"}.get(row.state, "now"),
            message_id=row.pk,
        )
        for row in rows
    ]


def _received(trace_id: str) -> list[Hop]:
    rows = InboundMessage.objects.filter(trace_id=trace_id, kind="997").select_related("endpoint").order_by("id")
    return [
        Hop(
            at=row.received_at, lane=SUPPLIER, text=f"{message_name(row.kind)} from {row.endpoint.name}", kind=row.document_kind,
            number=row.document_number, detail=row.control_number,
        )
        for row in rows
    ]  # fmt: skip


def _moves(actor: Actor, trace_id: str) -> list[Hop]:
    rows = (
        StockMove.objects.filter(scoped(actor, field="from_location__facility_id"), trace_id=trace_id)
        .select_related("from_location", "to_location")
        .order_by("id")
    )
    documents: dict[tuple[str, str, str], list[StockMove]] = {}
    for row in rows:
        documents.setdefault((row.document_kind, row.document_number, row.reason), []).append(row)
    return [
        Hop(
            at=moves[0].moved_at, lane=STOCK, kind=kind, number=number,
            text=f"Stock: {moves[0].get_reason_display().lower()} of {len(moves)} line{'s' if len(moves) > 1 else ''}",
            detail=f"{moves[0].from_location.name} → {moves[0].to_location.name}",
        )
        for (kind, number, _), moves in documents.items()
    ]  # fmt: skip


def _where_it_stands(actor: Actor, trace_id: str, hops: list[Hop]) -> tuple[str, str]:
    """The headline and who must act next, the most urgent question first."""
    inside = scoped(actor)
    to_source = RequisitionLine.objects.filter(requisition=OuterRef("pk"), fill=RequisitionLine.Fill.TO_SOURCE)
    requisition = (
        Requisition.objects.filter(inside, trace_id=trace_id)
        .annotate(to_source=Exists(to_source))
        .order_by("id")
        .first()
    )
    broken = next((hop for hop in hops if hop.message_id and hop.state == "failed"), None)
    if broken is not None:
        return f"A message about {broken.number} could not be delivered", "Integration support"
    if requisition is not None and (stand := _before_ordering(requisition)):
        return stand
    cases = ExceptionCase.objects.filter(inside, Q(order__trace_id=trace_id) | Q(invoice__trace_id=trace_id)).exclude(
        state=ExceptionCase.State.RESOLVED
    )
    if (case := cases.select_related("owner", "invoice").order_by("id").first()) is not None:
        if case.invoice and case.invoice.status == Invoice.Status.DISPUTED:
            return f"{case.invoice.number} is disputed with the supplier", "Accounts payable"
        return f"Waits for a decision: {case.title}", case.owner.name if case.owner else case.get_queue_display()
    return _after_ordering(inside, trace_id, requisition)


def _before_ordering(requisition: Requisition) -> tuple[str, str] | None:
    status = Requisition.Status(requisition.status)
    if status in (Requisition.Status.DRAFT, Requisition.Status.RETURNED):
        return f"{status.label}: not submitted", "Requester"
    if status in (Requisition.Status.REJECTED, Requisition.Status.CANCELLED):
        return f"{status.label}", "Nobody"
    if status == Requisition.Status.SUBMITTED:
        step = requisition.steps.filter(state=ApprovalStep.State.PENDING).select_related("person").first()
        who = (step.person.name if step.person else step.label) if step else "Approver"
        return "Waits for approval", who
    if requisition.to_source:  # type: ignore[attr-defined]  # annotated by _where_it_stands
        return "Some lines wait for a source", "Buyer"
    return None


def _after_ordering(inside: Q, trace_id: str, requisition: Requisition | None) -> tuple[str, str]:
    invoices = list(Invoice.objects.filter(inside, trace_id=trace_id).exclude(status__in=["rejected", "void"]))
    orders = list(
        PurchaseOrder.objects.filter(inside, trace_id=trace_id).exclude(status="cancelled").select_related("supplier")
    )
    if (held := next((o for o in orders if o.status == PurchaseOrder.Status.ON_HOLD), None)) is not None:
        return f"{held.number} is on hold", "Buyer"
    if (draft := next((o for o in orders if o.status == PurchaseOrder.Status.DRAFT), None)) is not None:
        return f"{draft.number} is a draft and not issued yet", "Buyer"
    waiting = [o for o in orders if o.status in PurchaseOrder.RECEIVABLE]
    if waiting:
        order = waiting[0]
        untouched = (
            order.status == PurchaseOrder.Status.ISSUED and order.acknowledgement == PurchaseOrder.Acknowledgement.NONE
        )
        if order.supplier_dispatch == PurchaseOrder.Dispatch.QUEUED:
            return f"{order.number} is being sent to {order.supplier.name}", "Portal"
        if order.supplier_dispatch == PurchaseOrder.Dispatch.NONE and untouched:
            return (
                f"{order.supplier.name} takes no electronic orders: {order.number} goes to them by e-mail or phone",
                "Buyer",
            )
        expected = f", expected {order.expected_on.day} {order.expected_on:%b}" if order.expected_on else ""
        return f"Waits for delivery of {order.number} from {order.supplier.name}{expected}", "Receiver"
    if invoices and all(i.status == Invoice.Status.PAID for i in invoices):
        return "Paid", "Nobody"
    if any(i.status == Invoice.Status.POSTED for i in invoices):
        return "Voucher posted, waits for payment", "ERP"
    if any(i.status == Invoice.Status.APPROVED for i in invoices):
        return "Cleared, the voucher is on its way to the ERP", "Portal"
    if orders:
        return "Received, waits for the invoice", "Supplier"
    return ("Filled from stock" if requisition else "No order yet"), "Nobody"
