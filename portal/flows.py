"""The three flows as they stand now: each hop, how many documents wait in it, and for how long the oldest does (docs/flows.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from core.actors import Actor
from integrations.models import OutboundMessage
from integrations.selectors import outbound_visible
from masterdata.selectors import scoped
from portal.links import link
from procurement.models import Invoice, PurchaseOrder, Receipt, Requisition

Dispatch = PurchaseOrder.Dispatch


@dataclass(frozen=True)
class Hop:
    """One hop: what happens in it, who or what moves it on, how many documents wait, and since when the oldest."""

    name: str
    by: str
    waiting: int
    oldest: datetime | None
    href: str


@dataclass(frozen=True)
class Flow:
    name: str
    hops: Sequence[Hop]


def flows(actor: Actor) -> list[Flow]:
    """The flows with what the actor may see of them: one statement per kind of document."""
    messages = _messages(actor)
    requisitions, orders = _requisitions(actor), _orders(actor)
    receipts, invoices = _receipts(actor), _invoices(actor)
    return [
        Flow(
            "Requisition to order", [*requisitions, messages["order_erp"], messages["order_supplier"], orders["answer"]]
        ),
        Flow("Order to receipt", [orders["ship"], orders["receive"], messages["receipt"], receipts]),
        Flow("Procure to pay", [orders["bill"], *invoices[:2], messages["voucher"], *invoices[2:]]),
    ]


def _counted(found: QuerySet[Any, Any], hops: dict[str, tuple[Q, str]]) -> dict[str, Any]:
    """Count and oldest moment of each hop, in one statement."""
    wanted: dict[str, Any] = {}
    for key, (condition, moment) in hops.items():
        wanted[f"{key}_n"] = Count("pk", filter=condition)
        wanted[f"{key}_t"] = Min(moment, filter=condition)
    return found.order_by().aggregate(**wanted)


def _hop(found: dict[str, Any], key: str, name: str, by: str, href: str) -> Hop:
    return Hop(name, by, found[f"{key}_n"], found[f"{key}_t"], href)


def _requisitions(actor: Actor) -> list[Hop]:
    status = Requisition.Status
    rows = Requisition.objects.filter(scoped(actor), status__in=[status.SUBMITTED, status.APPROVED])
    found = _counted(
        rows,
        {
            "approve": (Q(status=status.SUBMITTED), "submitted_at"),
            "order": (Q(status=status.APPROVED), "approved_at"),
        },
    )
    return [
        _hop(found, "approve", "Waits for approval", "approvers", link("requisitions")),
        _hop(found, "order", "Waits for a source", "buyers", link("workbench")),
    ]


def _orders(actor: Actor) -> dict[str, Hop]:
    status = PurchaseOrder.Status
    live = [status.ISSUED, status.PARTIALLY_RECEIVED, status.RECEIVED]
    issued, taken = Q(status=status.ISSUED), Q(supplier_dispatch__in=[Dispatch.SENT, Dispatch.ACKNOWLEDGED])
    unanswered = issued & taken & Q(acknowledgement="none")
    announced = Q(ship_notices__isnull=False)
    rows = PurchaseOrder.objects.filter(scoped(actor), status__in=live)
    found = _counted(rows, {"answer": (unanswered, "issued_at"), "bill": (Q(status=status.RECEIVED), "issued_at")})
    shipping = rows.filter(status__in=[status.ISSUED, status.PARTIALLY_RECEIVED]).exclude(acknowledgement="none")
    found |= _counted(
        shipping.distinct(),
        {"ship": (issued & ~announced, "issued_at"), "receive": (announced, "ship_notices__received_at")},
    )
    found["receive_n"] = shipping.filter(announced).values("pk").distinct().count()
    href = link("orders")
    return {
        "answer": _hop(found, "answer", "Waits for the supplier's answer", "supplier", href),
        "ship": _hop(found, "ship", "Waits for the ship notice", "supplier", href),
        "receive": _hop(found, "receive", "On its way", "carrier, then receivers", link("receiving")),
        "bill": _hop(found, "bill", "Received, waits for the bill to be settled", "supplier, AP", href),
    }


def _receipts(actor: Actor) -> Hop:
    rows = Receipt.objects.filter(scoped(actor), erp_number="", status="posted")
    found = _counted(rows, {"erp": (Q(), "posted_at")})
    return _hop(found, "erp", "Received, without the ERP's number", "worker", link("receipts"))


def _invoices(actor: Actor) -> list[Hop]:
    status = Invoice.Status
    hops = {
        "match": (Q(status__in=[status.RECEIVED, status.MATCHED]), "received_at"),
        "decide": (Q(status__in=[status.EXCEPTION, status.DISPUTED]), "received_at"),
        "pay": (Q(status=status.POSTED), "received_at"),
    }
    rows = Invoice.objects.filter(scoped(actor)).exclude(status__in=[status.PAID, status.REJECTED, status.VOID])
    found = _counted(rows, hops)
    href = link("invoices")
    return [
        _hop(found, "match", "Waits for the match", "itself, when goods arrive", href),
        _hop(found, "decide", "Exception to decide", "AP, buyers, receivers", link("exceptions", "ap")),
        _hop(found, "pay", "Waits for the payment", "ERP", href),
    ]


def _messages(actor: Actor) -> dict[str, Hop]:
    state = OutboundMessage.State
    rows = outbound_visible(actor).select_related(None).filter(state__in=[*OutboundMessage.OPEN, state.DEAD])
    order = Q(topic__startswith="purchase_order.")
    found = _counted(
        rows,
        {
            "order_erp": (order & Q(endpoint__kind="erp"), "created_at"),
            "order_supplier": (order & Q(endpoint__kind="supplier"), "created_at"),
            "receipt": (Q(topic="receipt.post"), "created_at"),
            "voucher": (Q(topic="voucher.post"), "created_at"),
        },
    )
    names = {
        "order_erp": "To be told to the ERP", "order_supplier": "To be told to the supplier",
        "receipt": "Receipt to be told to the ERP", "voucher": "Voucher to be told to the ERP",
    }  # fmt: skip
    return {key: _hop(found, key, name, "worker", f"{link('messages')}?state=open") for key, name in names.items()}
