"""Every invariant finds the damage it is there for, and nothing else is found in a network that worked."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from core.invariants import Invariant, offending
from integrations.services.payments import payments_pull
from portal.management.commands.verify import INVARIANTS
from procurement.models import ExceptionCase, Invoice
from procurement.services.exceptions import exception_resolve
from procurement.services.purchase_orders import purchase_order_cancel
from tests.integrations.world import World

DAMAGE = {
    "requisition.legal_states": "UPDATE procurement_requisitionevent SET status = 'draft' WHERE status = 'submitted'",
    "requisition.audit_is_current": "UPDATE procurement_requisition SET status = 'closed'",
    "requisition.audit_has_actor": "UPDATE procurement_requisitionevent SET pgh_context_id = NULL",
    "requisition.total_is_its_lines": "UPDATE procurement_requisition SET total = total + 1",
    "requisition.nothing_is_forgotten": "UPDATE procurement_purchaseorderline SET cancelled = true",
    "purchaseorder.legal_states": "UPDATE procurement_purchaseorderevent SET status = 'closed' WHERE pgh_label = 'insert'",
    "purchaseorder.audit_is_current": "UPDATE procurement_purchaseorder SET status = 'on_hold'",
    "purchaseorder.audit_has_actor": "UPDATE pghistory_context SET metadata = metadata - 'user'",
    "purchaseorder.total_is_its_lines": "UPDATE procurement_purchaseorder SET total = total + 1",
    "purchaseorder.committed_while_open": "UPDATE procurement_purchaseorder SET committed = total + 1",
    "budget.committed_is_its_orders": """INSERT INTO procurement_budgetfigure
        (cost_center_id, period, amount, committed, actual, elsewhere, billed_since, hard_stop, as_of)
        SELECT min(id), '2020-01', 1, 1, 0, 0, 0, false, now() FROM masterdata_costcenter""",
    "purchaseorder.received_is_its_receipts": "UPDATE procurement_purchaseorderline SET received_base = 0",
    "purchaseorder.never_over_received": (
        "ALTER TABLE procurement_purchaseorderline DROP CONSTRAINT procurement_never_over_received;"
        "UPDATE procurement_purchaseorderline SET received_base = base_quantity + 1"
    ),
    "purchaseorder.invoiced_is_its_invoices": "UPDATE procurement_purchaseorderline SET invoiced_base = 0",
    "receipt.legal_states": (
        "INSERT INTO procurement_receiptevent SELECT (r).* FROM (SELECT jsonb_populate_record(e, jsonb_build_object("
        "'pgh_id', e.pgh_id + 100000 + n, 'status', s)) AS r FROM procurement_receiptevent e,"
        " (VALUES (1, 'reversed'), (2, 'posted')) AS v(n, s) WHERE e.pgh_label = 'insert') AS made"
    ),
    "receipt.audit_is_current": "UPDATE procurement_receipt SET status = 'reversed'",
    "receipt.audit_has_actor": "UPDATE pghistory_context SET metadata = metadata - 'reason'",
    "invoice.legal_states": "UPDATE procurement_invoiceevent SET status = 'void' WHERE status = 'exception'",
    "invoice.audit_is_current": "UPDATE procurement_invoice SET status = 'disputed'",
    "invoice.audit_has_actor": "UPDATE procurement_invoiceevent SET pgh_context_id = NULL",
    "invoice.one_per_number": (
        "DROP INDEX procurement_invoice_number_once; INSERT INTO procurement_invoice SELECT (r).* FROM ("
        'SELECT jsonb_populate_record(i, \'{"id": 99999, "number": "INV-COPY", "voucher_number": "1"}\') AS r'
        " FROM procurement_invoice i LIMIT 1) AS made"
    ),
    "invoice.voucher_once": (
        "INSERT INTO procurement_invoice SELECT (r).* FROM (SELECT jsonb_populate_record(i,"
        ' \'{"id": 99999, "number": "INV-COPY", "normalized_number": "Z"}\') AS r FROM procurement_invoice i LIMIT 1) AS made'
    ),
    "invoice.posted_has_voucher": "UPDATE procurement_invoice SET voucher_number = ''",
    "invoice.no_open_case_after_clearing": "UPDATE procurement_exceptioncase SET state = 'open'",
    "duties.requester_never_approves": (
        "ALTER TABLE procurement_approvalstep DROP CONSTRAINT procurement_no_self_approval;"
        "UPDATE procurement_approvalstep SET decided_by_id = requester_id"
    ),
    "duties.order_creator_never_receives": (
        "UPDATE procurement_purchaseorder o SET created_by_id = r.received_by_id FROM procurement_receipt r WHERE r.order_id = o.id"
    ),
    "duties.receiver_never_clears": (
        "UPDATE procurement_exceptioncase c SET resolved_by_id = r.received_by_id FROM procurement_receipt r"
        " WHERE r.order_id = c.order_id"
    ),
    "stock.ledger_is_balance": "UPDATE inventory_stockbalance SET quantity = quantity + 1",
    "stock.never_negative": (
        "ALTER TABLE inventory_stockbalance DROP CONSTRAINT inventory_never_negative;"
        "UPDATE inventory_stockbalance SET quantity = -1"
    ),
    "stock.outside_places_hold_nothing": (
        "UPDATE inventory_stockbalance SET location_id = (SELECT id FROM masterdata_location WHERE kind = 'supplier' LIMIT 1)"
    ),
    "stock.receipts_are_moved": "DELETE FROM inventory_stockmove",
    "outbox.orders_are_told": "DELETE FROM integrations_outboundmessage WHERE topic = 'purchase_order.create'",
    "outbox.cancellations_are_told": "DELETE FROM integrations_outboundmessage WHERE topic = 'purchase_order.cancel'",
    "outbox.receipts_are_told": "DELETE FROM integrations_outboundmessage WHERE topic = 'receipt.post'",
    "outbox.vouchers_are_told": "DELETE FROM integrations_outboundmessage WHERE topic = 'voucher.post'",
    "outbox.nothing_hidden_in_flight": (
        "UPDATE integrations_outboundmessage SET state = 'in_flight', lease_until = now() - interval '11 minutes'"
    ),
    "outbox.nothing_overdue": (
        "UPDATE integrations_outboundmessage SET state = 'queued', due_at = now() - interval '11 minutes'"
    ),
    "outbox.dead_letters_say_why": "UPDATE integrations_outboundmessage SET state = 'dead', cause = ''",
    "outbox.delivered_was_tried": "UPDATE integrations_attempt SET outcome = 'unknown'",
    "outbox.delivered_once": (
        "INSERT INTO integrations_attempt SELECT (r).* FROM (SELECT jsonb_populate_record(a, jsonb_build_object("
        "'id', a.id + 100000, 'number', a.number + 1)) AS r FROM integrations_attempt a WHERE outcome = 'delivered') AS made"
    ),
    "outbox.one_message_per_key": (
        "ALTER TABLE integrations_outboundmessage DROP CONSTRAINT integrations_one_message_per_key;"
        "UPDATE integrations_outboundmessage SET key = 'same'"
    ),
    "outbox.one_document_per_remote_number": "UPDATE integrations_outboundmessage SET remote_reference = '4500000001'",
    "outbox.order_kept": (
        "UPDATE integrations_outboundmessage SET state = 'queued', due_at = now() WHERE topic = 'purchase_order.create'"
    ),
    "edi.interchange_numbers": "DELETE FROM integrations_interchange WHERE control_number = 1",
    "edi.group_numbers": "UPDATE integrations_controlnumber SET last = last + 1 WHERE level = 'group'",
    "edi.overdue_acknowledgement": (
        "UPDATE integrations_interchange SET acknowledgement = 'waiting';"
        "UPDATE integrations_outboundmessage SET delivered_at = now() - interval '25 hours'"
    ),
    "inbox.nothing_stuck": (
        "UPDATE integrations_inboundmessage SET state = 'received', due_at = now() - interval '11 minutes'"
    ),
    "inbox.applied_has_effect": "UPDATE integrations_inboundmessage SET document_number = '' WHERE state = 'applied'",
    "inbox.invoices_came_once": (
        "UPDATE integrations_inboundmessage SET document_kind = 'invoice', document_number = 'INV-1' WHERE state = 'applied'"
    ),
    "inbox.sandbox_has_no_effect": "UPDATE integrations_inboundmessage SET lane = 'sandbox'",
    "edi.tests_are_marked": "UPDATE integrations_interchange SET usage = 'T'",
    "partner.profile_is_readable": "UPDATE integrations_partner SET habits = '[]'",
    "payload.content_is_unchanged": "UPDATE integrations_payload SET content = content || '\\x00'::bytea",
}


def worked(world: World) -> None:
    """Two orders: one ordered, received, billed too high, cleared, vouchered and paid; one cancelled."""
    order = world.order(note="SIM:overbill@1")
    world.deliver()
    world.supplier_works()
    world.receive(order)
    case = ExceptionCase.objects.exclude(state="resolved").get()
    exception_resolve(
        actor=world.net.actor("ap_clerk@NORTH"),
        case_id=case.pk,
        resolution="accept_variance",
        reason_code="price_agreed",
    )
    gone = world.order(note="SIM:silent")
    purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=gone.number, reason="not needed")
    for _ in range(3):
        world.deliver()
    payments_pull()
    assert Invoice.objects.get().status == "paid"


def broken() -> set[str]:
    return {invariant.id for invariant in INVARIANTS if offending(invariant)}


def test_every_invariant_has_its_damage() -> None:
    assert {invariant.id for invariant in INVARIANTS} == set(DAMAGE)


def test_the_damage_is_found(connect: Callable[..., World], subtests: pytest.Subtests) -> None:
    world = connect()
    worked(world)
    assert broken() == set()
    for invariant in INVARIANTS:
        with subtests.test(invariant.id):
            assert found(invariant), f"{invariant.id} does not find its damage"
    assert broken() == set()


def found(invariant: Invariant) -> bool:
    """Whether the invariant finds its damage, which is undone afterwards."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
            cursor.execute(DAMAGE[invariant.id])
        result = bool(offending(invariant))
        transaction.set_rollback(True)
    return result


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_is_wrong_and_exits_with_1() -> None:
    output = StringIO()
    call_command("verify", stdout=output)
    assert "all hold" in output.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO integrations_payload VALUES ('00', 'x', 'text/plain', %s)", [timezone.now()])
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--json", stdout=output)
    result = json.loads(output.getvalue())
    assert ended.value.code == 1
    assert [(v["id"], v["rows"]) for v in result["violations"]] == [
        ("payload.content_is_unchanged", [{"sha256": "00"}])
    ]
