"""What orders commit of a budget: taken when they are issued, given back as they are billed, shortened, closed or cancelled.

`PurchaseOrder.committed` says how much of the month's figure is still this order's, so nothing is given back twice. Amounts are
in the order's currency; the ERP's own figures count the rest (docs/domain.md, services/budgets.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import F, Q

from core.errors import Conflict
from masterdata.rules.offers import round_money
from procurement.models import BudgetFigure, Invoice, PurchaseOrder, PurchaseOrderLine


def orders_commit(orders: Sequence[PurchaseOrder]) -> None:
    """Book the `committed` amounts of orders that are being issued: one cost center, one month.

    Raises Conflict where the budget is a hard stop and less is left: several requests may each have fitted when they were submitted.
    """
    first, total = orders[0], sum((order.committed for order in orders), Decimal(0))
    figure = BudgetFigure.objects.filter(cost_center=first.cost_center_id, period=first.budget_period)
    gone = F("committed") + F("elsewhere") + F("actual") + F("billed_since")
    left = F("amount") - gone
    fits = figure.filter(Q(hard_stop=False) | Q(amount__gte=gone + total))
    if not fits.update(committed=F("committed") + total) and (found := figure.values_list(left).first()):
        raise Conflict(
            f"Only {found[0]:,.2f} {first.currency} is left in the budget of {first.budget_period}, and this needs {total:,.2f}. "
            "Have the budget raised, or return it for less.",
            code="budget_exceeded",
        )


def order_retotal(order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> None:
    """Sum a locked order's live lines anew and commit the difference. The caller saves the order."""
    total = sum((round_money(line.unit_price * line.quantity) for line in lines if not line.cancelled), Decimal(0))
    if order.issued_at:
        # what was billed already is spent, not committed: only what is left of the order can shrink
        change = max(total - order.total, -order.committed)
        order.committed += change
        _book(order, change)
    order.total = total


def order_release(order: PurchaseOrder) -> None:
    """Give back what a locked order still commits: it is cancelled or closed. The caller saves the order."""
    _book(order, -order.committed)
    order.committed = Decimal(0)


_SPEND = """
WITH billed AS (
  SELECT coalesce(sum(round(least(il.base_quantity, l.base_quantity) / l.multiplier * l.unit_price, 2)), 0) AS amount
  FROM procurement_invoiceline il JOIN procurement_purchaseorderline l ON l.id = il.order_line_id
  WHERE il.invoice_id = %(invoice)s AND l.order_id = %(order)s),
spent AS (
  UPDATE procurement_purchaseorder o SET committed = o.committed - least(o.committed, billed.amount)
  FROM billed, (SELECT id, committed FROM procurement_purchaseorder WHERE id = %(order)s) AS before
  WHERE o.id = before.id AND o.committed > 0 AND billed.amount > 0
  RETURNING o.cost_center_id, o.budget_period, before.committed - o.committed AS amount)
UPDATE procurement_budgetfigure b SET committed = b.committed - spent.amount, billed_since = b.billed_since + spent.amount FROM spent
WHERE b.cost_center_id = spent.cost_center_id AND b.period = spent.budget_period
"""


def invoice_spend(row: Invoice) -> None:
    """A cleared invoice no longer waits to be billed: its lines, at the order's prices and without freight or tax, are released.

    The caller holds the order's lock. A credit memo gives nothing back.
    """
    if row.order_id and row.kind == Invoice.Kind.INVOICE:
        with connection.cursor() as cursor:
            cursor.execute(_SPEND, {"invoice": row.pk, "order": row.order_id})


def _book(order: PurchaseOrder, change: Decimal) -> None:
    if change:
        BudgetFigure.objects.filter(cost_center=order.cost_center_id, period=order.budget_period).update(
            committed=F("committed") + change
        )
