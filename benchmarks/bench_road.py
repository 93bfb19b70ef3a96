"""The four acts of the road, through services and through the API, at 10 and 200 lines.

Reference: the same rows locked, read and written (facts, history, explanations, events, outbox) by plain bulk statements, without
any rule or message to a person, in the same run. The number of statements must not depend on the number of lines
(budgets: docs/performance.md).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from django.db import connection, transaction

from benchmarks.harness import Act, Report
from core.actors import Actor
from integrations.services.partners import erp_connect, supplier_connect
from masterdata.models import Contract
from masterdata.selectors import item_facts
from procurement.models import ApprovalStep, PurchaseOrder
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_register
from procurement.services.receipts import receipt_post
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import Network, make_item, make_network, make_offer
from tests.portal.api.client import Api

SIZES = (10, 200)
LIMITS = {"submit": 12, "approve": 18, "receive": 20, "invoice": 18}
CPU_LIMIT = 4


@dataclass
class Road:
    """The test network with an API client per role, and the documents one repeat needs."""

    net: Network
    api: dict[str, Api]
    actors: dict[str, Actor]
    lines: int

    def draft(self) -> str:
        net = self.net
        return requisition_create(
            actor=net.actor("requester@NORTH"),
            facility=net.facilities["NORTH"],
            location=net.locations["NORTH-OR"],
            cost_center=net.cost_centers["NORTH"],
            lines=[
                LineInput(item_id=net.items[f"B{n}"].pk, quantity=Decimal(10), unit="BX") for n in range(self.lines)
            ],
        ).number

    def submitted(self) -> ApprovalStep:
        number = self.draft()
        requisition_submit(actor=self.net.actor("requester@NORTH"), number=number, confirm=True)
        return ApprovalStep.objects.get(requisition__number=number, state="pending")

    def ordered(self) -> PurchaseOrder:
        step = self.submitted()
        approval_decide(actor=self.net.actor("approver@NORTH"), step_id=step.pk, decision="approve")
        return PurchaseOrder.objects.get(requisition=step.requisition_id)

    def received(self) -> PurchaseOrder:
        order = self.ordered()
        receive(self, order)
        return order


_DAYS = (date(2026, 11, 2) - timedelta(days=n) for n in count())
"""A day of its own for each bill: the same amount on the same day would wait for a decision instead of being cleared."""


def submit(road: Road, number: str) -> None:
    requisition_submit(actor=road.actors["requester"], number=number, confirm=True)


def approve(road: Road, step: ApprovalStep) -> None:
    approval_decide(actor=road.actors["approver"], step_id=step.pk, decision="approve")


def receive(road: Road, order: PurchaseOrder) -> None:
    receipt_post(
        actor=road.actors["receiver"],
        order_number=order.number,
        lines=[ReceivedLine(line_number=n + 1, quantity=Decimal(10)) for n in range(road.lines)],
        key=uuid.uuid4().hex,
    )


def invoice(road: Road, order: PurchaseOrder) -> None:
    lines = [
        BilledLineInput(
            line_number=n + 1, order_line_number=n + 1, quantity=Decimal(10), unit="BX", unit_price=Decimal("0.72")
        )
        for n in range(road.lines)
    ]
    row = invoice_register(
        actor=road.actors["ap_clerk"],
        supplier=road.net.suppliers["ACME"],
        invoice=InvoiceInput(
            supplier_number=uuid.uuid4().hex, order_number=order.number, invoice_date=next(_DAYS), currency="USD",
            total=Decimal("7.20") * road.lines, lines=lines,
        ),
        source="typed",
    )  # fmt: skip
    assert row.status == "approved"


def api_submit(road: Road, number: str) -> None:
    road.api["requester"].post(f"process/requisitions/{number}/submit", {"confirm": True}, expect=200)


def api_approve(road: Road, step: ApprovalStep) -> None:
    road.api["approver"].post(f"process/approvals/{step.pk}/decide", {"decision": "approve"}, expect=200)


def api_receive(road: Road, order: PurchaseOrder) -> None:
    lines = [{"line_number": n + 1, "quantity": "10"} for n in range(road.lines)]
    road.api["receiver"].post("process/receipts", {"order": order.number, "lines": lines}, expect=201)


def api_invoice(road: Road, order: PurchaseOrder) -> None:
    lines = [
        {"line_number": n + 1, "order_line_number": n + 1, "quantity": "10", "unit": "BX", "unit_price": "0.72"}
        for n in range(road.lines)
    ]
    body = {
        "supplier": "ACME", "supplier_number": uuid.uuid4().hex, "order": order.number, "invoice_date": next(_DAYS).isoformat(),
        "currency": "USD", "total": str(Decimal("7.20") * road.lines), "lines": lines,
    }  # fmt: skip
    road.api["ap_clerk"].post("process/invoices", body, expect=201)


def run(report: Report) -> None:
    net = make_network()
    acme = Contract.objects.get(number="GPO-114")
    for n in range(max(SIZES)):
        make_item(net, f"B{n}", packs={"EA": "1", "BX": "100", "CA": "1000"})
        make_offer(net, "ACME", f"B{n}", unit="BX", price="0.72", contract=acme)
    erp_connect(
        code="erp", name="ERP", base_url="http://127.0.0.1:9", token="none", facilities=net.facilities.values(),
        starts_on=date(2026, 1, 1),
    )  # fmt: skip
    supplier_connect(supplier=net.suppliers["ACME"], our_id="HOSPITAL")
    roles = ("requester", "approver", "receiver", "ap_clerk")
    apis, actors = {}, {}
    for role in roles:
        user = net.users[f"{role}@NORTH"]
        actors[role] = net.actor(f"{role}@NORTH")
        # an API client is a service, as `manage.py demo_credentials` makes them
        user.is_service = True
        user.save(update_fields=["is_service"])
        apis[role] = Api(user)
    for size in SIZES:
        road = Road(net, apis, actors, size)
        acts: list[tuple[str, Callable[..., None], Callable[..., None], Callable[[], Any], Callable[..., None]]] = [
            ("submit", submit, api_submit, road.draft, plain_submit),
            ("approve", approve, api_approve, road.submitted, plain_approve),
            ("receive", receive, api_receive, road.ordered, plain_receive),
            ("invoice", invoice, api_invoice, road.received, plain_invoice),
        ]
        for name, service, api, prepare, plain in acts:
            for door, act in (("service", service), ("API", api)):
                report.compare(
                    f"{name}, {size} lines, by {door}",
                    Act(partial(act, road), prepare),
                    Act(partial(plain, road), prepare),
                    to="plain bulk statements",
                    cpu_limit=CPU_LIMIT,
                    sql_limit=LIMITS[name],
                )


# --- the reference: the same rows, no rules ---------------------------------------------------------------------------


@transaction.atomic
def plain_submit(road: Road, number: str) -> None:
    with connection.cursor() as c:
        c.execute(
            "SELECT id, facility_id, requester_id FROM procurement_requisition WHERE number = %s FOR UPDATE", [number]
        )
        pk, facility, requester = c.fetchone()
        c.execute(
            "SELECT l.id, l.item_id, l.base_quantity FROM procurement_requisitionline l WHERE requisition_id = %s", [pk]
        )
        lines = c.fetchall()
        items = [li[1] for li in lines]
        facts = item_facts(items, facility_id=facility, on=date(2026, 11, 2))
        c.execute(
            "SELECT l.item_id, avg(l.base_quantity), max(r.number) FROM procurement_requisitionline l "
            "JOIN procurement_requisition r ON r.id = l.requisition_id WHERE l.item_id = ANY(%s) AND r.facility_id = %s "
            "AND r.submitted_at > now() - interval '180 days' GROUP BY 1",
            [items, facility],
        )
        c.fetchall()
        c.execute("SELECT item_id, id, price FROM masterdata_contractline WHERE item_id = ANY(%s)", [items])
        prices = {item: (line, price) for item, line, price in c.fetchall()}
        explained = [
            json.dumps(_PLAIN_EXPLANATION | {"contract": facts[li[1]].offers[0].contract_number}) for li in lines
        ]
        c.execute("SELECT rules FROM procurement_approvalpolicy WHERE status = 'active'")
        json.loads(c.fetchone()[0])
        c.execute(
            "UPDATE procurement_requisitionline t SET contract_line_id = v.c, unit_price = v.p, order_price = v.p, "
            "contract_check = 'on_contract', contract_explanation = v.e::jsonb "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::text[]) AS v(id, c, p, e) WHERE t.id = v.id",
            [[li[0] for li in lines], *([prices[li[1]][n] for li in lines] for n in range(2)), explained],
        )
        c.execute("UPDATE procurement_requisition SET status = 'submitted', submitted_at = now() WHERE id = %s", [pk])
        c.execute(
            "INSERT INTO procurement_approvalstep (requisition_id, requester_id, sequence, facility_id, role, network, label, "
            "why, amount, content_hash, state, comment) VALUES (%s, %s, 1, %s, 'approver', false, 'x', 'x', 1, '', 'pending', '')",
            [pk, requester, facility],
        )
        _plain_event(c, "RequisitionSubmitted", number, facility)


@transaction.atomic
def plain_approve(road: Road, step: ApprovalStep) -> None:
    with connection.cursor() as c:
        c.execute("SELECT 1 FROM procurement_approvalstep WHERE id = %s FOR UPDATE", [step.pk])
        c.execute(
            "UPDATE procurement_approvalstep SET state = 'approved', decided_by_id = %s, decided_at = now() WHERE id = %s",
            [road.net.users["approver@NORTH"].pk, step.pk],
        )
        c.execute(
            "UPDATE procurement_requisition SET status = 'approved', approved_at = now() WHERE id = %s RETURNING "
            "number, facility_id, location_id, cost_center_id, trace_id",
            [step.requisition_id],
        )
        number, facility, place, cost_center, trace = c.fetchone()
        c.execute(
            "SELECT id, item_id, description, base_quantity, order_price, supplier_id, contract_line_id "
            "FROM procurement_requisitionline WHERE requisition_id = %s",
            [step.requisition_id],
        )
        lines = c.fetchall()
        c.execute("SELECT 1 FROM inventory_stockbalance WHERE item_id = ANY(%s) FOR UPDATE", [[li[1] for li in lines]])
        c.execute(
            "INSERT INTO procurement_purchaseorder (number, facility_id, supplier_id, ship_to_id, cost_center_id, requisition_id, "
            "status, urgent, currency, total, committed, payment_terms_days, revision, created_at, issued_at, budget_period, erp_number, "
            "supplier_order_number, supplier_dispatch, erp_dispatch, acknowledgement, note, trace_id) VALUES (%s, %s, %s, %s, %s, "
            "%s, 'issued', false, 'USD', 1, 1, 30, 0, now(), now(), '', '', '', 'queued', 'queued', 'none', '', %s) RETURNING id",
            [f"P-{uuid.uuid4().hex[:16]}", facility, lines[0][5], place, cost_center, step.requisition_id, trace],
        )
        [order] = c.fetchone()
        c.execute(
            "INSERT INTO procurement_purchaseorderline (order_id, line_number, item_id, requisition_line_id, contract_line_id, "
            "description, supplier_part, quantity, unit, multiplier, base_quantity, unit_price, backordered_base, received_base, "
            "rejected_base, invoiced_base, over_tolerance_percent, cancelled) SELECT %s, n, i, r, k, d, '', b / 100, 'BX', 100, b, p, "
            "0, 0, 0, 0, 0, false FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::numeric[], "
            "%s::numeric[]) AS v(n, i, r, k, d, b, p)",
            [
                order, list(range(1, len(lines) + 1)), [li[1] for li in lines], [li[0] for li in lines],
                [li[6] for li in lines], [li[2] for li in lines], [li[3] for li in lines], [li[4] for li in lines],
            ],
        )  # fmt: skip
        c.execute(
            "UPDATE procurement_requisitionline SET fill = 'ordered' WHERE requisition_id = %s", [step.requisition_id]
        )
        c.execute("UPDATE procurement_requisition SET status = 'ordered' WHERE id = %s", [step.requisition_id])
        c.execute(
            "UPDATE procurement_budgetfigure SET committed = committed + 1 WHERE cost_center_id = %s", [cost_center]
        )
        _plain_event(c, "RequisitionApproved", number, facility)
        _plain_messages(c, "purchase_order", number, facility)
        _plain_event(c, "PurchaseOrderIssued", number, facility)


@transaction.atomic
def plain_receive(road: Road, order: PurchaseOrder) -> None:
    net = road.net
    with connection.cursor() as c:
        c.execute("SELECT id FROM procurement_purchaseorder WHERE id = %s FOR UPDATE", [order.pk])
        c.execute(
            "SELECT id, item_id, base_quantity FROM procurement_purchaseorderline WHERE order_id = %s", [order.pk]
        )
        lines = c.fetchall()
        number = f"R-{uuid.uuid4().hex[:16]}"
        c.execute(
            "INSERT INTO procurement_receipt (number, facility_id, order_id, location_id, status, reason, received_by_id, "
            "received_on, posted_at, key, erp_number, trace_id) VALUES (%s, %s, %s, %s, 'posted', '', %s, now(), now(), %s, '', %s) "
            "RETURNING id",
            [
                number,
                order.facility_id,
                order.pk,
                order.ship_to_id,
                net.users["receiver@NORTH"].pk,
                number,
                order.trace_id,
            ],
        )
        [receipt] = c.fetchone()
        ids, items, quantities = ([li[n] for li in lines] for n in range(3))
        c.execute(
            "INSERT INTO procurement_receiptline (receipt_id, order_line_id, item_id, quantity, unit, base_quantity, rejected_base, "
            "problem, lot, serial) SELECT %s, l, i, q / 100, 'BX', q, 0, '', '', '' "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS v(l, i, q) RETURNING id",
            [receipt, ids, items, quantities],
        )
        c.execute(
            "UPDATE procurement_purchaseorderline t SET received_base = v.q FROM unnest(%s::bigint[], %s::numeric[]) AS v(id, q) "
            "WHERE t.id = v.id",
            [ids, quantities],
        )
        c.execute("UPDATE procurement_purchaseorder SET status = 'received' WHERE id = %s", [order.pk])
        c.execute("UPDATE procurement_requisition SET status = 'fulfilled' WHERE id = %s", [order.requisition_id])
        c.execute("SELECT id FROM procurement_invoice WHERE order_id = %s FOR UPDATE", [order.pk])
        _plain_messages(c, "receipt", number, order.facility_id)
        c.execute(
            "INSERT INTO inventory_lot (item_id, number, status) SELECT i, '', 'available' FROM unnest(%s::bigint[]) AS v(i) "
            "ON CONFLICT DO NOTHING",
            [items],
        )
        c.execute("SELECT id FROM inventory_lot WHERE item_id = ANY(%s) ORDER BY item_id", [items])
        lots = [row[0] for row in c.fetchall()]
        outside = net.locations["NORTH-SUP"].pk
        c.execute(
            "INSERT INTO inventory_stockmove (item_id, lot_id, from_location_id, to_location_id, quantity, reason, document_kind, "
            "document_number, document_line, note, actor_id, trace_id, moved_at) SELECT i, t, %s, %s, q, 'receipt', 'receipt', %s, "
            "l, '', %s, '', now() FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::bigint[]) AS v(i, t, q, l)",
            [outside, order.ship_to_id, number, net.users["receiver@NORTH"].pk, sorted(items), lots, quantities, ids],
        )
        c.execute(
            "INSERT INTO inventory_stockbalance (location_id, lot_id, item_id, quantity) SELECT %s, t, i, q "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS v(t, i, q) "
            "ON CONFLICT (location_id, lot_id) DO UPDATE SET quantity = inventory_stockbalance.quantity + EXCLUDED.quantity",
            [order.ship_to_id, lots, sorted(items), quantities],
        )
        _plain_event(c, "ReceiptPosted", number, order.facility_id)


@transaction.atomic
def plain_invoice(road: Road, order: PurchaseOrder) -> None:
    with connection.cursor() as c:
        c.execute("SELECT id FROM procurement_purchaseorder WHERE id = %s FOR UPDATE", [order.pk])
        c.execute(
            "SELECT id, item_id, base_quantity, unit_price, received_base FROM procurement_purchaseorderline WHERE order_id = %s",
            [order.pk],
        )
        lines = c.fetchall()
        number = f"I-{uuid.uuid4().hex[:16]}"
        c.execute(
            "INSERT INTO procurement_invoice (number, supplier_number, normalized_number, supplier_id, facility_id, order_id, "
            "order_reference, kind, status, source, invoice_date, currency, total, tax, charges, header_match, received_at, "
            "voucher_number, payment, trace_id) VALUES (%s, %s, %s, %s, %s, %s, '', 'invoice', 'received', 'x', now(), 'USD', 1, 0, "
            "'[]', '{}', now(), '', 'none', %s) RETURNING id",
            [number, number, number, order.supplier_id, order.facility_id, order.pk, order.trace_id],
        )
        [pk] = c.fetchone()
        c.execute("SELECT * FROM procurement_tolerance")
        c.fetchall()
        c.execute(
            "SELECT order_line_id, json_agg(base_quantity::text) FROM procurement_receiptline WHERE order_line_id = ANY(%s) GROUP BY 1",
            [[li[0] for li in lines]],
        )
        c.fetchall()
        explained = [json.dumps(_PLAIN_EXPLANATION | {"price": str(li[3]), "received": str(li[4])}) for li in lines]
        c.execute(
            "INSERT INTO procurement_invoiceline (invoice_id, line_number, order_line_id, item_id, description, supplier_part, "
            "quantity, unit, base_quantity, unit_price, amount, match) SELECT %s, n, l, i, '', '', q / 100, 'BX', q, p, q / 100 * p, "
            "m::jsonb FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::text[]) "
            "AS v(n, l, i, q, p, m)",
            [pk, list(range(1, len(lines) + 1)), *([li[n] for li in lines] for n in range(4)), explained],
        )
        c.execute(
            "UPDATE procurement_purchaseorderline t SET invoiced_base = v.q FROM unnest(%s::bigint[], %s::numeric[]) AS v(id, q) "
            "WHERE t.id = v.id",
            [[li[0] for li in lines], [li[2] for li in lines]],
        )
        c.execute("UPDATE procurement_invoice SET status = 'matched', matched_at = now() WHERE id = %s", [pk])
        c.execute("UPDATE procurement_invoice SET status = 'approved', approved_amount = 1 WHERE id = %s", [pk])
        c.execute("UPDATE procurement_purchaseorder SET committed = 0 WHERE id = %s", [order.pk])
        c.execute(
            "UPDATE procurement_budgetfigure SET committed = committed - 1 WHERE cost_center_id = %s",
            [order.cost_center_id],
        )
        _plain_messages(c, "invoice", number, order.facility_id)
        _plain_event(c, "InvoiceCleared", number, order.facility_id)


_PLAIN_EXPLANATION = {
    "currency": "USD", "billed": {"quantity": "10", "unit": "BX", "price": "0.72", "amount": "7.20"}, "findings": [],
    "ordered": {"line": 1, "quantity": "10", "unit": "BX", "price": "0.72", "amount": "7.20", "base": "1000"},
    "unit_path": "1 BX = 100 EA", "base_unit": "EA", "invoiced_before": "0", "decision": "on_contract", "lost": "0",
}  # fmt: skip
"""As much text as our explanations hold."""


def _plain_messages(cursor: Any, kind: str, number: str, facility: int) -> None:
    cursor.execute("SELECT id FROM integrations_endpoint")
    cursor.execute(
        "INSERT INTO integrations_outboundmessage (endpoint_id, topic, document_kind, document_number, stream, facility_id, key, "
        "urgent, state, due_at, attempt_count, cause, detail, remote_reference, trace_id, created_at) "
        "SELECT e, 'x', %s, %s, %s, %s, %s, false, 'cancelled', now(), 0, '', '', '', '', now() FROM unnest(%s::bigint[]) AS v(e)",
        [kind, number, number, facility, uuid.uuid4().hex, [row[0] for row in cursor.fetchall()]],
    )


def _plain_event(cursor: Any, type_: str, number: str, facility: int) -> None:
    cursor.execute(
        "INSERT INTO core_businessevent (type, occurred_at, kind, number, scope, trace_id, data) "
        "VALUES (%s, now(), 'x', %s, %s, 'x', '{}')",
        [type_, number, facility],
    )
