"""The work that waits for a person: the same cards on the home page and in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone

from core.actors import Actor
from masterdata.models import Role
from masterdata.selectors import scoped
from procurement.models import ExceptionCase, PurchaseOrder, Requisition
from procurement.selectors.invoices import cases_open
from procurement.selectors.purchase_orders import orders_receivable
from procurement.selectors.requisitions import approvals_waiting, lines_to_source


@dataclass(frozen=True, kw_only=True)
class Card:
    """`count` things wait, the oldest since `oldest`, with `amount` of money in `currency` at stake (None where money is not the point)."""

    key: str
    label: str
    count: int
    oldest: datetime | None = None
    amount: Decimal | None = None
    currency: str = "USD"


def work_cards(actor: Actor) -> list[Card]:
    """One card per kind of work of the actor's roles, one statement each."""
    cards: list[Card] = []
    if actor.has(Role.REQUESTER):
        mine = Requisition.objects.filter(requester=actor.user_id)
        cards.append(_card("returned", "Returned to you", mine.filter(status="returned"), "submitted_at", "total"))
        cards.append(
            _card(
                "my_open",
                "Your open requests",
                mine.filter(status__in=["submitted", "approved", "ordered"]),
                "submitted_at",
                "total",
            )
        )
    if actor.has(Role.APPROVER) or actor.has(Role.BUYER):
        cards.append(_card("approvals", "Waiting for your approval", approvals_waiting(actor), "opened_at", "amount"))
    if actor.has(Role.BUYER):
        cards.append(_card("to_source", "Lines to source", lines_to_source(actor), "requisition__approved_at"))
        cards.append(
            _card("answers", "Supplier answers", cases_open(actor, ExceptionCase.Queue.BUYER), "opened_at", "amount")
        )
    if actor.has(Role.RECEIVER) or actor.has(Role.STOCK_CLERK):
        due = orders_receivable(actor).filter(expected_on__lte=timezone.now().date())
        cards.append(_card("receiving", "Expected by today", due, "issued_at", "total"))
    if actor.has(Role.AP_CLERK):
        cards.append(
            _card("exceptions", "Invoice exceptions", cases_open(actor, ExceptionCase.Queue.AP), "opened_at", "amount")
        )
    if actor.has(Role.BUYER):
        late = PurchaseOrder.objects.filter(
            scoped(actor, Role.BUYER), status__in=PurchaseOrder.RECEIVABLE, expected_on__lt=timezone.now().date()
        )
        cards.append(_card("late", "Late orders", late, "issued_at", "total"))
    return cards


def _card(key: str, label: str, found: QuerySet[Any, Any], since: str, amount: str = "") -> Card:
    sums: dict[str, Any] = {"count": Count("pk"), "oldest": Min(since)}
    if amount:
        sums["amount"] = Sum(amount)
    row = found.order_by().select_related(None).aggregate(**sums)
    return Card(key=key, label=label, count=row["count"], oldest=row["oldest"], amount=row.get("amount"))
