"""Writes what is to be told, in the transaction of the fact: one statement looks for the addresses and writes the messages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from integrations.erp.base import (
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    PURCHASE_ORDER_CREATE,
    RECEIPT_POST,
    VOUCHER_POST,
)
from integrations.mapping.outbound import REMITTANCE_SEND
from integrations.models import OutboundMessage, Partner, PartnerDocument
from integrations.services.doorbell import ring_after_commit
from procurement.models import Invoice, PurchaseOrder
from procurement.services.purchase_orders import purchase_order_record_dispatch, purchase_orders_settle_rejection

ACKNOWLEDGEMENT_SEND = "acknowledgement.send"
INTERCHANGE_ANSWER_SEND = "interchange_answer.send"
TEST_ORDER_SEND = "test_order.send"
ORDER_RESEND = "order_again."
"""Begins the topic of an order (create), change (change) or cancellation (cancel) that was delivered before and is told once more."""
ORDER_STREAM = "purchase_order:"
_ORDERING: Final = (PURCHASE_ORDER_CREATE, PURCHASE_ORDER_CHANGE)

# Facts are told on the road's hottest path, where compiling these joins by the ORM costs more than running them: hence by hand.
_ORDER_TO: Final = """
    SELECT o.number, 'purchase_order' AS kind, o.facility_id, o.urgent, o.trace_id, 'purchase_order:' || o.number AS stream,
           coalesce(o.issued_at, %(now)s::timestamptz) AS begun, ({supplier}) AS supplier
    FROM procurement_purchaseorder o WHERE o.id = %(id)s
"""
_ORDER_AT_ERP: Final = _ORDER_TO.format(supplier="NULL::bigint")
# a supplier is told what was issued since orders are live with it
_ORDER: Final = _ORDER_TO.format(
    supplier="""SELECT p.endpoint_id FROM integrations_partner p
        JOIN integrations_partnerdocument d ON d.partner_id = p.id AND d.document = 'order' AND d.stage = 'live'
        WHERE p.supplier_id = o.supplier_id AND d.live_at <= coalesce(o.issued_at, %(now)s::timestamptz)"""
)
# who was told the order is told that it changed or is off, whatever was agreed since
_ORDER_TOLD: Final = _ORDER_TO.format(
    supplier="""SELECT m.endpoint_id FROM integrations_outboundmessage m
        JOIN integrations_partner p ON p.endpoint_id = m.endpoint_id
        WHERE m.document_kind = 'purchase_order' AND m.document_number = o.number AND m.topic = 'purchase_order.create' LIMIT 1"""
)
_RECEIPT: Final = """
    SELECT r.number, 'receipt' AS kind, r.facility_id, o.urgent, r.trace_id, 'purchase_order:' || o.number AS stream,
           coalesce(o.issued_at, %(now)s::timestamptz) AS begun, NULL::bigint AS supplier
    FROM procurement_receipt r JOIN procurement_purchaseorder o ON o.id = r.order_id WHERE r.id = %(id)s
"""
_INVOICE: Final = """
    SELECT i.number, 'invoice' AS kind, i.facility_id, false AS urgent, i.trace_id,
           coalesce('purchase_order:' || o.number, 'invoice:' || i.number) AS stream,
           coalesce(o.issued_at, i.received_at, %(now)s::timestamptz) AS begun, NULL::bigint AS supplier
    FROM procurement_invoice i LEFT JOIN procurement_purchaseorder o ON o.id = i.order_id WHERE i.id = %(id)s
"""
# The ERP that takes this kind of document: what counts is the day, at the facility, its order was issued. A key that is known
# already means the same effect and is not written again.
_WRITE: Final = """
WITH fact AS ({fact}), addressed AS (
    SELECT fact.*, (
        SELECT route.endpoint_id FROM integrations_erproute route
        WHERE route.facility_id = fact.facility_id AND route.document_kind IN ('', fact.kind)
          AND route.starts_on <= timezone(facility.timezone, fact.begun)::date
        ORDER BY route.document_kind DESC, route.starts_on DESC LIMIT 1
    ) AS erp
    FROM fact JOIN masterdata_facility facility ON facility.id = fact.facility_id
), written AS (
    INSERT INTO integrations_outboundmessage (
        endpoint_id, topic, document_kind, document_number, stream, facility_id, key, urgent, state, due_at, attempt_count,
        cause, detail, remote_reference, trace_id, created_at)
    SELECT told.endpoint, %(topic)s, kind, number, stream, facility_id, number || %(suffix)s, urgent, 'queued',
           %(now)s::timestamptz, 0, '', '', '', trace_id, %(now)s::timestamptz
    FROM addressed CROSS JOIN LATERAL (VALUES (erp), (supplier)) AS told (endpoint) WHERE told.endpoint IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT number, erp, supplier FROM addressed
"""


def order_announce(*, order_id: int) -> None:
    """A purchase order was issued: the ERP and the supplier are told."""
    number, erp, supplier = _write(_ORDER, order_id, PURCHASE_ORDER_CREATE)
    for channel, endpoint in (("erp", erp), ("supplier", supplier)):
        if endpoint is None:
            # nobody there to tell: the order must not look as if something were on its way
            purchase_order_record_dispatch(order_number=number, channel=channel, dispatch=PurchaseOrder.Dispatch.NONE)


def order_change_announce(*, order_id: int, revision: int, tell_supplier: bool) -> None:
    """An issued order changed: the ERP is told, and the supplier where it does not know.

    Each change is a message of its own, behind what was told before; it says the order as it is when it leaves.
    """
    fact = _ORDER_TOLD if tell_supplier else _ORDER_AT_ERP
    _write(fact, order_id, PURCHASE_ORDER_CHANGE, suffix=f":r{revision}")


def order_withdraw(*, order_id: int) -> None:
    """A purchase order was cancelled: ERP and supplier are told. An order that one of them refused ends with it."""
    number, _, _ = _write(_ORDER_TOLD, order_id, PURCHASE_ORDER_CANCEL, suffix=":cancel")
    OutboundMessage.objects.filter(
        stream=ORDER_STREAM + number, topic__in=_ORDERING, state=OutboundMessage.State.DEAD, cause="permanent"
    ).update(state=OutboundMessage.State.CANCELLED, detail=Concat(Value("The order was cancelled. "), "detail"))
    purchase_orders_settle_rejection(order_numbers=[number])


def order_announce_again(*, order_number: str) -> None:
    """What an outside system refused about an order is said to it once more, as our records say it now."""
    refused = OutboundMessage.objects.filter(
        stream=ORDER_STREAM + order_number,
        topic__in=_ORDERING,
        state=OutboundMessage.State.DEAD,
        cause="permanent",
    )
    endpoints = list(refused.select_for_update().values_list("endpoint_id", flat=True))
    refused.update(state=OutboundMessage.State.QUEUED, payload=None, cause="", detail="", due_at=timezone.now())
    ring_after_commit(endpoints)


def receipt_announce(*, receipt_id: int) -> None:
    """A receipt (or the reversal of one) was posted: the ERP is told."""
    _write(_RECEIPT, receipt_id, RECEIPT_POST)


def voucher_announce(*, invoice_id: int) -> None:
    """An invoice was cleared: the ERP gets the voucher."""
    _write(_INVOICE, invoice_id, VOUCHER_POST)


def remittance_announce(*, invoice_id: int) -> None:
    """A bill was paid: a supplier that takes remittance advices is told. Credits are not advised."""
    now = timezone.now()
    invoice = Invoice.objects.filter(pk=invoice_id, kind=Invoice.Kind.INVOICE).first()
    agreed = PartnerDocument.objects.filter(
        partner__supplier=invoice.supplier_id if invoice else None, partner__format=Partner.Format.X12,
        document=PartnerDocument.Document.REMITTANCE, stage=PartnerDocument.Stage.LIVE, live_at__lte=now,
    )  # fmt: skip
    endpoint = agreed.values_list("partner__endpoint", flat=True).first()
    if invoice is None or endpoint is None:
        return
    OutboundMessage.objects.bulk_create(
        [
            OutboundMessage(
                endpoint_id=endpoint, topic=REMITTANCE_SEND, document_kind="invoice", document_number=invoice.number,
                stream=f"invoice:{invoice.number}", facility_id=invoice.facility_id, key=f"{invoice.number}:paid",
                trace_id=invoice.trace_id, due_at=now,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    ring_after_commit([endpoint])


def interchange_answer_queue(*, endpoint_id: int, file_id: int, place: int, key: str, trace_id: str, how: str) -> None:
    """A TA1 goes back about the interchange at a place of a file, counted from 1.

    `how` is again (its number came before), refused (nothing of it was taken), or empty.
    """
    number = f"{file_id}/TA1/{place}/{how}"
    OutboundMessage.objects.bulk_create(
        [
            OutboundMessage(
                endpoint_id=endpoint_id, topic=INTERCHANGE_ANSWER_SEND, document_kind="inbound_file", document_number=number,
                stream=f"inbound_file:{file_id}/TA1/{place}", key=key, trace_id=trace_id, due_at=timezone.now(),
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    ring_after_commit([endpoint_id])


def acknowledgement_queue(*, endpoint_id: int, file_id: int, position: int, key: str, trace_id: str) -> None:
    """A group came in: its 997 goes back. `position` is the group's place in the file, from 1."""
    OutboundMessage.objects.bulk_create(
        [
            OutboundMessage(
                endpoint_id=endpoint_id, topic=ACKNOWLEDGEMENT_SEND, document_kind="inbound_file",
                document_number=f"{file_id}/{position}", stream=f"inbound_file:{file_id}/{position}", key=key,
                trace_id=trace_id, due_at=timezone.now(),
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    ring_after_commit([endpoint_id])


def _write(fact: str, row_id: int, topic: str, *, suffix: str = "") -> tuple[str, int | None, int | None]:
    """One message per endpoint that hears of the fact. Returns the document's number and the ERP's and supplier's endpoint."""
    values: dict[str, int | str | datetime] = {"id": row_id, "topic": topic, "suffix": suffix, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(fact=fact), values)
        found: tuple[str, int | None, int | None] = cursor.fetchone()
    ring_after_commit(endpoint for endpoint in found[1:] if endpoint is not None)
    return found
