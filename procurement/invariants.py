"""What must always hold in procurement."""

from __future__ import annotations

from itertools import chain as joined

from django.db.models import Model

from core.invariants import Invariant, chain
from procurement.models import Invoice, PurchaseOrder, Receipt, Requisition


def _chains(model: type[Model]) -> tuple[Invariant, Invariant, Invariant]:
    table = model._meta.db_table
    name, events, word = table.partition("_")[2], f"{table}event", str(model._meta.verbose_name)
    legal = next(trigger.transitions for trigger in model._meta.triggers if trigger.name == "legal_states")  # type: ignore[attr-defined]  # pgtrigger adds it
    steps, last = chain(table, events, legal)
    return (
        Invariant(
            id=f"{name}.legal_states",
            sentence=f"Every {word} went only from a state to one that may follow it.",
            sql=steps,
            hint="Somebody went round the services: the audit row says when and who.",
        ),
        Invariant(
            id=f"{name}.audit_is_current",
            sentence=f"The last audit row of every {word} shows its state.",
            sql=last,
            hint="A change was made with triggers switched off: find out when, and write down why.",
        ),
        Invariant(
            id=f"{name}.audit_has_actor",
            sentence=f"Every change of a {word} says who made it and why.",
            sql=f"""
                SELECT e.number, e.pgh_id AS audit_row, e.pgh_created_at FROM {events} e
                LEFT JOIN pghistory_context c ON c.id = e.pgh_context_id
                WHERE coalesce(c.metadata->>'user', '') = '' OR coalesce(c.metadata->>'reason', '') = ''""",  # noqa: S608
            hint="The change was made outside core.audit.acting: find the service that forgot it.",
        ),
    )


INVARIANTS = (
    *joined.from_iterable(_chains(model) for model in (Requisition, PurchaseOrder, Receipt, Invoice)),
    Invariant(
        id="requisition.total_is_its_lines",
        sentence="A requisition's total is the sum of its lines, each rounded to the cent.",
        sql="""
            SELECT r.number, r.total, l.total AS of_lines FROM procurement_requisition r
            LEFT JOIN LATERAL (
                SELECT sum(round(quantity * unit_price, 2)) AS total FROM procurement_requisitionline
                WHERE requisition_id = r.id AND fill <> 'rejected') AS l ON true
            WHERE r.status NOT IN ('draft', 'returned') AND r.total <> coalesce(l.total, 0)""",
        hint="The approval was for the total: void it and let the requisition be submitted again.",
    ),
    Invariant(
        id="requisition.nothing_is_forgotten",
        sentence="What an approved line asks for is on a living order, waits for the buyer, or was decided to be no longer needed.",
        sql="""
            SELECT r.number, l.line_number, l.base_quantity AS asked, coalesce(o.total, 0) AS on_orders, l.unsourced_base, l.waived_base
            FROM procurement_requisitionline l JOIN procurement_requisition r ON r.id = l.requisition_id
            LEFT JOIN LATERAL (
                SELECT sum(ol.base_quantity) AS total FROM procurement_purchaseorderline ol
                JOIN procurement_purchaseorder p ON p.id = ol.order_id
                WHERE ol.requisition_line_id = l.id AND NOT ol.cancelled AND p.status <> 'cancelled') AS o ON true
            WHERE l.fill IN ('ordered', 'to_source', 'waived')
              AND l.base_quantity > coalesce(o.total, 0) + l.unsourced_base + l.waived_base""",
        hint="Let a buyer decide: order what is missing, or note that it is no longer needed.",
    ),
    Invariant(
        id="purchaseorder.total_is_its_lines",
        sentence="An order's total is the sum of its lines, each rounded to the cent.",
        sql="""
            SELECT o.number, o.total, l.total AS of_lines FROM procurement_purchaseorder o
            LEFT JOIN LATERAL (
                SELECT sum(round(quantity * unit_price, 2)) AS total FROM procurement_purchaseorderline
                WHERE order_id = o.id AND NOT cancelled) AS l ON true
            WHERE abs(o.total - coalesce(l.total, 0)) > 0.01 * (
                SELECT count(*) FROM procurement_purchaseorderline WHERE order_id = o.id)""",
        hint="Compare with what the supplier answered; record the answer again.",
    ),
    Invariant(
        id="purchaseorder.committed_while_open",
        sentence="An order commits budget only between its issue and its end, and never more than its total.",
        sql="""
            SELECT number, status, total, committed FROM procurement_purchaseorder
            WHERE committed < 0 OR committed > total
               OR (committed > 0 AND (issued_at IS NULL OR status IN ('closed', 'cancelled')))""",
        hint="Compare the order's audit rows with its invoices: somebody changed it outside the services.",
    ),
    Invariant(
        id="budget.committed_is_its_orders",
        sentence="What a month's budget counts as committed is what its orders still commit.",
        sql="""
            SELECT c.code AS cost_center, b.period, b.committed, coalesce(o.total, 0) AS of_orders
            FROM procurement_budgetfigure b JOIN masterdata_costcenter c ON c.id = b.cost_center_id
            LEFT JOIN LATERAL (
                SELECT sum(committed) AS total FROM procurement_purchaseorder
                WHERE cost_center_id = b.cost_center_id AND budget_period = b.period) AS o ON true
            WHERE b.committed <> coalesce(o.total, 0)""",
        hint="The orders are the truth: correct the month's figure.",
    ),
    Invariant(
        id="purchaseorder.received_is_its_receipts",
        sentence="What an order line counts as received is what its receipts accepted, less reversals.",
        sql="""
            SELECT o.number, l.line_number, l.received_base AS counted, coalesce(r.total, 0) AS of_receipts
            FROM procurement_purchaseorderline l JOIN procurement_purchaseorder o ON o.id = l.order_id
            LEFT JOIN LATERAL (
                SELECT sum(base_quantity) AS total FROM procurement_receiptline WHERE order_line_id = l.id) AS r ON true
            WHERE l.received_base <> coalesce(r.total, 0)""",
        hint="The receipts are the truth: correct the counter, match the order's invoices again.",
    ),
    Invariant(
        id="purchaseorder.never_over_received",
        sentence="No order line has received more than ordered and tolerated.",
        sql="""
            SELECT o.number, l.line_number, l.base_quantity AS ordered, l.received_base AS received
            FROM procurement_purchaseorderline l JOIN procurement_purchaseorder o ON o.id = l.order_id
            WHERE l.received_base < 0 OR l.received_base > l.base_quantity * (1 + l.over_tolerance_percent / 100)""",
        hint="Reverse the receipt that was too much.",
    ),
    Invariant(
        id="purchaseorder.invoiced_is_its_invoices",
        sentence="What an order line counts as invoiced is what its living invoices bill.",
        sql="""
            SELECT o.number, l.line_number, l.invoiced_base AS counted, coalesce(i.total, 0) AS of_invoices
            FROM procurement_purchaseorderline l JOIN procurement_purchaseorder o ON o.id = l.order_id
            LEFT JOIN LATERAL (
                SELECT sum(il.base_quantity) AS total FROM procurement_invoiceline il
                JOIN procurement_invoice v ON v.id = il.invoice_id
                WHERE il.order_line_id = l.id AND v.kind = 'invoice' AND v.status NOT IN ('rejected', 'void')) AS i ON true
            WHERE l.invoiced_base <> coalesce(i.total, 0)""",
        hint="The invoices are the truth: correct the counter, match them again.",
    ),
    Invariant(
        id="invoice.one_per_number",
        sentence="A supplier's invoice number stands for one living invoice.",
        sql="""
            SELECT supplier_id, kind, normalized_number, count(*) AS invoices, min(number) AS first
            FROM procurement_invoice WHERE status NOT IN ('rejected', 'void') GROUP BY 1, 2, 3 HAVING count(*) > 1""",
        hint="Void the one that must not be paid; if both are with the ERP, stop the payment there first.",
    ),
    Invariant(
        id="invoice.voucher_once",
        sentence="One voucher of the ERP pays one invoice.",
        sql="""
            SELECT voucher_number, count(*) AS invoices, min(number) AS first FROM procurement_invoice
            WHERE voucher_number <> '' GROUP BY 1 HAVING count(*) > 1""",
        hint="Compare with the ERP by our invoice number and correct the wrong one.",
    ),
    Invariant(
        id="invoice.posted_has_voucher",
        sentence="An invoice that is posted or paid has a voucher; one that is paid has its day and was approved for an amount.",
        sql="""
            SELECT number, status, voucher_number, paid_on, approved_amount FROM procurement_invoice
            WHERE (status IN ('posted', 'paid') AND (voucher_number = '' OR approved_amount IS NULL))
               OR (status = 'paid' AND paid_on IS NULL)""",
        hint="Ask the ERP by our invoice number.",
    ),
    Invariant(
        id="invoice.no_open_case_after_clearing",
        sentence="An invoice that is approved, posted or paid has no undecided exception.",
        sql="""
            SELECT i.number, i.status, c.id AS case_id, c.kind, c.state FROM procurement_exceptioncase c
            JOIN procurement_invoice i ON i.id = c.invoice_id
            WHERE c.state <> 'resolved' AND i.status IN ('approved', 'posted', 'paid')""",
        hint="Decide the case; if the money must not go, stop the payment in the ERP.",
    ),
    Invariant(
        id="duties.requester_never_approves",
        sentence="Nobody approved the own requisition, not on somebody's behalf either.",
        sql="""
            SELECT r.number, s.sequence, s.decided_by_id, s.on_behalf_of_id FROM procurement_approvalstep s
            JOIN procurement_requisition r ON r.id = s.requisition_id
            WHERE r.requester_id IN (s.decided_by_id, s.on_behalf_of_id)""",
        hint="Have the requisition reviewed by somebody else and note it on the document.",
    ),
    Invariant(
        id="duties.order_creator_never_receives",
        sentence="Who created an order did not receive it.",
        sql="""
            SELECT r.number, o.number AS order_number, r.received_by_id FROM procurement_receipt r
            JOIN procurement_purchaseorder o ON o.id = r.order_id WHERE o.created_by_id = r.received_by_id""",
        hint="Have the goods checked by somebody else and note it on the receipt.",
    ),
    Invariant(
        id="duties.receiver_never_clears",
        sentence="Who received goods of an order did not decide its invoices' exceptions.",
        sql="""
            SELECT c.id AS case_id, i.number AS invoice, c.resolved_by_id FROM procurement_exceptioncase c
            JOIN procurement_invoice i ON i.id = c.invoice_id
            WHERE c.resolved_by_id IS NOT NULL AND EXISTS (
                SELECT 1 FROM procurement_receipt r
                WHERE r.order_id = i.order_id AND r.received_by_id IN (c.resolved_by_id, c.on_behalf_of_id))""",
        hint="Have the decision reviewed by another clerk.",
    ),
)
