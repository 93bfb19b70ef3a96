"""What must always hold in the post office: nothing lost, nothing doubled, nothing hidden."""

from __future__ import annotations

from core.invariants import Invariant

_ROUTE = """
    EXISTS (SELECT 1 FROM integrations_erproute t WHERE t.facility_id = {place}.id AND t.document_kind IN ('', '{kind}')
            AND t.starts_on <= (timezone({place}.timezone, {begun}))::date)"""


def _told(kind: str, topic: str, number: str, channel: str = "erp") -> str:
    return f"""
        NOT EXISTS (SELECT 1 FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
                    WHERE m.document_kind = '{kind}' AND m.document_number = {number} AND m.topic = '{topic}'
                    AND e.kind = '{channel}')"""  # noqa: S608


def _numbers(level: str, column: str) -> str:
    used = f"""(
        SELECT partner_id, usage, {column} AS first, {column} AS last FROM integrations_interchange
        UNION ALL SELECT partner_id, usage, first, last FROM integrations_controlnumberskip WHERE level = '{level}') AS used"""  # noqa: S608
    return f"""
        SELECT partner_id, '{level}' AS level, usage, first AS number, gap FROM (
            SELECT partner_id, usage, first,
                   first - lag(last, 1, 0::bigint) OVER (PARTITION BY partner_id, usage ORDER BY first) AS gap
            FROM {used}) AS told WHERE gap <> 1
        UNION ALL
        SELECT c.partner_id, c.level, c.usage, c.last, c.last - coalesce(max(used.last), 0) FROM integrations_controlnumber c
        LEFT JOIN {used} ON used.partner_id = c.partner_id AND used.usage = c.usage WHERE c.level = '{level}'
        GROUP BY c.id HAVING c.last <> coalesce(max(used.last), 0)"""  # noqa: S608


INVARIANTS = (
    Invariant(
        id="outbox.orders_are_told",
        sentence="Every issued order has its message to the ERP of its facility and to the supplier who takes orders by message.",
        sql=f"""
            SELECT o.number, 'erp' AS channel FROM procurement_purchaseorder o JOIN masterdata_facility f ON f.id = o.facility_id
            WHERE o.issued_at IS NOT NULL AND {_ROUTE.format(place="f", kind="purchase_order", begun="o.issued_at")}
              AND {_told("purchase_order", "purchase_order.create", "o.number")}
            UNION ALL
            SELECT o.number, 'supplier' FROM procurement_purchaseorder o
            JOIN integrations_partner p ON p.supplier_id = o.supplier_id
            JOIN integrations_partnerdocument d ON d.partner_id = p.id AND d.document = 'order' AND d.stage = 'live'
                AND d.live_at <= o.issued_at
            WHERE {_told("purchase_order", "purchase_order.create", "o.number", "supplier")}""",  # noqa: S608
        hint="Announce the order again (order_announce): the same order is never sent twice.",
    ),
    Invariant(
        id="outbox.cancellations_are_told",
        sentence="Every order that was cancelled after it was told has its cancellation on the way.",
        sql="""
            SELECT o.number, m.endpoint_id FROM procurement_purchaseorder o
            JOIN integrations_outboundmessage m ON m.document_kind = 'purchase_order' AND m.document_number = o.number
                AND m.topic = 'purchase_order.create'
            WHERE o.status = 'cancelled' AND NOT EXISTS (
                SELECT 1 FROM integrations_outboundmessage c WHERE c.endpoint_id = m.endpoint_id
                AND c.document_number = o.number AND c.topic = 'purchase_order.cancel')""",
        hint="Withdraw the order again (order_withdraw).",
    ),
    Invariant(
        id="outbox.receipts_are_told",
        sentence="Every posted receipt and reversal has its message to the ERP.",
        sql=f"""
            SELECT r.number FROM procurement_receipt r JOIN masterdata_facility f ON f.id = r.facility_id
            JOIN procurement_purchaseorder o ON o.id = r.order_id
            WHERE {_ROUTE.format(place="f", kind="receipt", begun="coalesce(o.issued_at, r.posted_at)")}
              AND {_told("receipt", "receipt.post", "r.number")}""",  # noqa: S608
        hint="Announce the receipt again (receipt_announce): the same receipt is never posted twice.",
    ),
    Invariant(
        id="outbox.vouchers_are_told",
        sentence="Every invoice that was cleared has its voucher message.",
        sql=f"""
            SELECT i.number, i.status FROM procurement_invoice i JOIN masterdata_facility f ON f.id = i.facility_id
            LEFT JOIN procurement_purchaseorder o ON o.id = i.order_id
            WHERE i.status IN ('approved', 'posted', 'paid')
              AND {_ROUTE.format(place="f", kind="invoice", begun="coalesce(o.issued_at, i.received_at)")}
              AND {_told("invoice", "voucher.post", "i.number")}""",  # noqa: S608
        hint="Announce the voucher again (voucher_announce): the same invoice is never vouchered twice.",
    ),
    Invariant(
        id="outbox.nothing_hidden_in_flight",
        sentence="No message is in flight ten minutes after its lease ended.",
        sql="""
            SELECT id, topic, document_number, lease_until FROM integrations_outboundmessage
            WHERE state = 'in_flight' AND (lease_until IS NULL OR lease_until < now() - interval '10 minutes')""",
        hint="The sweep does not run: look at the worker and at beat.",
    ),
    Invariant(
        id="outbox.nothing_overdue",
        sentence="What is due, and whose endpoint may be used, has left within ten minutes unless it waits behind another message.",
        sql="""
            SELECT m.id, m.topic, m.document_number, m.state, m.due_at FROM integrations_outboundmessage m
            JOIN integrations_endpoint e ON e.id = m.endpoint_id
            WHERE m.state IN ('queued', 'retry', 'unknown') AND m.due_at < now() - interval '10 minutes' AND NOT e.paused
              AND (e.circuit_open_until IS NULL OR e.circuit_open_until < now() - interval '10 minutes')
              AND NOT (m.state = 'unknown' AND e.duplicates = 'manual')
              AND NOT EXISTS (
                SELECT 1 FROM integrations_outboundmessage o
                WHERE o.endpoint_id = m.endpoint_id AND o.stream = m.stream AND o.id < m.id
                  AND (o.state IN ('queued', 'retry', 'in_flight', 'unknown')
                       OR (o.state = 'dead' AND o.topic = 'purchase_order.create')))""",
        hint="The sweep does not run, or the workers cannot keep up: look at the worker, at beat and at the queue page.",
    ),
    Invariant(
        id="outbox.dead_letters_say_why",
        sentence="Every dead letter has a cause and words.",
        sql="""
            SELECT id, topic, document_number FROM integrations_outboundmessage
            WHERE state = 'dead' AND (cause = '' OR detail = '')""",
        hint="Look at the message's attempts.",
    ),
    Invariant(
        id="outbox.delivered_was_tried",
        sentence="What is delivered has a successful try, or a person who settled it.",
        sql="""
            SELECT m.id, m.topic, m.document_number FROM integrations_outboundmessage m
            WHERE m.state = 'delivered' AND (m.delivered_at IS NULL OR (
                NOT EXISTS (SELECT 1 FROM integrations_attempt a WHERE a.message_id = m.id AND a.outcome IN ('delivered', 'found'))
                AND NOT EXISTS (SELECT 1 FROM core_businessevent b WHERE b.kind = 'message' AND b.number = 'out/' || m.id
                                AND b.data->>'how' = 'marked_delivered')))""",
        hint="Ask the remote by our reference before anything is sent again.",
    ),
    Invariant(
        id="outbox.delivered_once",
        sentence="No message took effect in two tries.",
        sql="""
            SELECT message_id, count(*) AS times FROM integrations_attempt WHERE outcome = 'delivered'
            GROUP BY 1 HAVING count(*) > 1""",
        hint="Look for the second document in the remote system and reverse it there.",
    ),
    Invariant(
        id="outbox.one_message_per_key",
        sentence="One reference of ours stands for one message at an endpoint.",
        sql="""
            SELECT endpoint_id, key, count(*) AS messages FROM integrations_outboundmessage
            GROUP BY 1, 2 HAVING count(*) > 1""",
        hint="Compare with the remote by this reference; give one of the two up.",
    ),
    Invariant(
        id="outbox.one_document_per_remote_number",
        sentence="One number of an ERP stands for one document of ours.",
        sql="""
            SELECT m.endpoint_id, m.topic, m.remote_reference, count(*) AS documents
            FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
            WHERE e.kind = 'erp' AND m.remote_reference <> '' AND m.topic NOT IN ('purchase_order.change', 'purchase_order.cancel')
            GROUP BY 1, 2, 3 HAVING count(*) > 1""",
        hint="Ask the ERP by our references which document the number is.",
    ),
    Invariant(
        id="outbox.order_kept",
        sentence="Of one stream, nothing was delivered before what was written earlier and had not been refused or given up.",
        sql="""
            SELECT later.endpoint_id, later.stream, earlier.id AS waits, later.id AS was_delivered
            FROM integrations_outboundmessage earlier JOIN integrations_outboundmessage later
              ON later.endpoint_id = earlier.endpoint_id AND later.stream = earlier.stream AND later.id > earlier.id
            WHERE earlier.state IN ('queued', 'in_flight', 'retry', 'unknown') AND later.state = 'delivered'
              AND later.delivered_at > earlier.created_at AND NOT EXISTS (
                SELECT 1 FROM core_businessevent b WHERE b.kind = 'message' AND b.number = 'out/' || earlier.id)""",
        hint="Hold the stream: give the earlier message up or deliver it by hand.",
    ),
    Invariant(
        id="edi.interchange_numbers",
        sentence="Interchange control numbers of a partner have no gaps but those of a restore, and end at the counter.",
        sql=_numbers("interchange", "control_number"),
        hint="Tell the partner which numbers were never used; never use one twice.",
    ),
    Invariant(
        id="edi.group_numbers",
        sentence="Group control numbers of a partner have no gaps but those of a restore, and end at the counter.",
        sql=_numbers("group", "group_number"),
        hint="Tell the partner which numbers were never used; never use one twice.",
    ),
    Invariant(
        id="edi.overdue_acknowledgement",
        severity="warning",
        sentence="A partner acknowledges what we sent within the hours that were agreed (a day where nothing was).",
        sql="""
            SELECT i.partner_id, i.control_number, i.functional_id, i.sent_at FROM integrations_interchange i
            JOIN integrations_outboundmessage m ON m.id = i.message_id JOIN integrations_partner p ON p.id = i.partner_id
            WHERE i.acknowledgement = 'waiting' AND i.usage = 'P' AND m.delivered_at
                < now() - make_interval(hours => coalesce((p.habits->>'acknowledgement_due_hours')::int, 24))""",
        hint="Ask the partner whether the interchange arrived.",
    ),
    Invariant(
        id="inbox.nothing_stuck",
        sentence="What came in is worked on within ten minutes.",
        sql="""
            SELECT id, file_name, kind, state, due_at FROM integrations_inboundmessage
            WHERE state IN ('received', 'parked') AND due_at < now() - interval '10 minutes'""",
        hint="The worker or beat does not run.",
    ),
    Invariant(
        id="inbox.applied_has_effect",
        sentence="What was applied names the document it was applied to.",
        sql="""
            SELECT id, file_name, kind FROM integrations_inboundmessage
            WHERE state = 'applied' AND (document_number = '' OR applied_at IS NULL)""",
        hint="Look at the raw document and at the trace.",
    ),
    Invariant(
        id="inbox.invoices_came_once",
        sentence="One invoice of ours came from one document of the supplier.",
        sql="""
            SELECT document_number, count(*) AS documents FROM integrations_inboundmessage
            WHERE document_kind = 'invoice' AND state = 'applied' GROUP BY 1 HAVING count(*) > 1""",
        hint="Void the invoice that came second.",
    ),
    Invariant(
        id="inbox.sandbox_has_no_effect",
        sentence="What is in the sandbox took no business key and was not applied, and what was tried is in the sandbox.",
        sql="""
            SELECT id, file_name, kind, state FROM integrations_inboundmessage
            WHERE lane = 'sandbox' AND (state = 'applied' OR key IS NOT NULL OR applied_at IS NOT NULL)
               OR state = 'sandbox' AND lane <> 'sandbox'""",
        hint="Look at the document it names, and take back by hand what a test has changed.",
    ),
    Invariant(
        id="edi.tests_are_marked",
        sentence="Test orders, and they alone, go out under the numbers of tests.",
        sql="""
            SELECT i.partner_id, i.usage, i.control_number, m.topic FROM integrations_interchange i
            JOIN integrations_outboundmessage m ON m.id = i.message_id
            WHERE (i.usage = 'T') <> (m.topic = 'test_order.send') AND m.topic NOT IN ('acknowledgement.send', 'interchange_answer.send')""",
        hint="Call the partner: a test may have been taken for an order, or an order for a test.",
    ),
    Invariant(
        id="partner.profile_is_readable",
        sentence="What a partner's units and habits hold is an object.",
        sql="""
            SELECT id, identifier FROM integrations_partner
            WHERE jsonb_typeof(unit_map) <> 'object' OR jsonb_typeof(habits) <> 'object'""",
        hint="Import the partner's profile again.",
    ),
    Invariant(
        id="payload.content_is_unchanged",
        sentence="What was sent and received is kept byte by byte under its own checksum.",
        sql="SELECT sha256 FROM integrations_payload WHERE sha256 <> encode(sha256(content), 'hex')",
        hint="The evidence was changed: restore it from a backup, and find out who could.",
    ),
)
