"""Writes what is to be told, in the transaction of the fact: one look for the addresses, one insert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import DateField, DateTimeField, Func, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Now
from django.utils import timezone

from integrations.erp.base import PURCHASE_ORDER_CANCEL, PURCHASE_ORDER_CREATE, RECEIPT_POST, VOUCHER_POST
from integrations.models import Endpoint, ErpRoute, OutboundMessage
from integrations.services.doorbell import ring_after_commit
from procurement.models import Invoice, PurchaseOrder, Receipt
from procurement.services.purchase_orders import purchase_order_record_dispatch, purchase_order_settle_rejection

ACKNOWLEDGEMENT_SEND = "acknowledgement.send"
ORDER_STREAM = "purchase_order:"


@dataclass(frozen=True, kw_only=True)
class _About:
    """The document that messages are about, and the endpoints that hear of it."""

    kind: str
    number: str
    facility_id: int
    urgent: bool
    trace_id: str
    stream: str
    erp: int | None
    supplier: int | None = None


def order_announce(*, order_id: int) -> None:
    """A purchase order was issued: the ERP and the supplier are told."""
    about = _order(order_id)
    _write(about, PURCHASE_ORDER_CREATE, about.number)
    for channel, endpoint in (("erp", about.erp), ("supplier", about.supplier)):
        if endpoint is None:
            # nobody there to tell: the order must not look as if something were on its way
            purchase_order_record_dispatch(
                order_number=about.number, channel=channel, dispatch=PurchaseOrder.Dispatch.NONE
            )


def order_withdraw(*, order_id: int) -> None:
    """A purchase order was cancelled: ERP and supplier are told. An order that one of them refused ends with it."""
    about = _order(order_id)
    OutboundMessage.objects.filter(
        stream=about.stream, topic=PURCHASE_ORDER_CREATE, state=OutboundMessage.State.DEAD, cause="permanent"
    ).update(state=OutboundMessage.State.CANCELLED, detail=Concat(Value("The order was cancelled. "), "detail"))
    purchase_order_settle_rejection(order_number=about.number)
    _write(about, PURCHASE_ORDER_CANCEL, f"{about.number}:cancel")


def order_announce_again(*, order_number: str) -> None:
    """What an outside system refused about an order is said to it once more, as our records say it now."""
    refused = OutboundMessage.objects.filter(
        stream=ORDER_STREAM + order_number,
        topic=PURCHASE_ORDER_CREATE,
        state=OutboundMessage.State.DEAD,
        cause="permanent",
    )
    endpoints = list(refused.select_for_update().values_list("endpoint_id", flat=True))
    refused.update(state=OutboundMessage.State.QUEUED, payload=None, cause="", detail="", due_at=timezone.now())
    ring_after_commit(endpoints)


def receipt_announce(*, receipt_id: int) -> None:
    """A receipt (or the reversal of one) was posted: the ERP is told."""
    row = Receipt.objects.values_list(
        "number", "facility_id", "order__urgent", "trace_id", "order__number", _erp("receipt", "order__issued_at")
    ).get(pk=receipt_id)
    number, facility_id, urgent, trace_id, order, erp = row
    _write(
        _About(
            kind="receipt", number=number, facility_id=facility_id, urgent=urgent, trace_id=trace_id,
            stream=ORDER_STREAM + order, erp=erp,
        ),
        RECEIPT_POST,
        number,
    )  # fmt: skip


def voucher_announce(*, invoice_id: int) -> None:
    """An invoice was cleared: the ERP gets the voucher."""
    row = Invoice.objects.values_list(
        "number", "facility_id", "trace_id", "order__number",
        _erp("invoice", "order__issued_at", "received_at"),
    ).get(pk=invoice_id)  # fmt: skip
    number, facility_id, trace_id, order, erp = row
    _write(
        _About(
            kind="invoice", number=number, facility_id=facility_id, urgent=False, trace_id=trace_id,
            stream=ORDER_STREAM + order if order else f"invoice:{number}", erp=erp,
        ),
        VOUCHER_POST,
        number,
    )  # fmt: skip


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


def _order(order_id: int) -> _About:
    row = PurchaseOrder.objects.values_list(
        "number", "facility_id", "urgent", "trace_id", _erp("purchase_order", "issued_at"),
        Subquery(Endpoint.objects.filter(partner__supplier=OuterRef("supplier")).values("pk")[:1]),
    ).get(pk=order_id)  # fmt: skip
    number, facility_id, urgent, trace_id, erp, supplier = row
    return _About(
        kind="purchase_order", number=number, facility_id=facility_id, urgent=urgent, trace_id=trace_id,
        stream=ORDER_STREAM + number, erp=erp, supplier=supplier,
    )  # fmt: skip


def _erp(kind: str, *begun: str) -> Subquery:
    """The ERP that takes this kind of document of the row's facility. What counts is the day, there, its order was issued.

    `begun` are the row's moments that may tell it, the first that is set counts.
    """
    moment = Coalesce(*(OuterRef(name) for name in begun), Now())
    day = Cast(
        Func(OuterRef("facility__timezone"), moment, function="timezone", output_field=DateTimeField()), DateField()
    )
    routes = ErpRoute.objects.filter(
        facility=OuterRef("facility_id"), document_kind__in=["", kind], starts_on__lte=day
    ).order_by("-document_kind", "-starts_on")
    return Subquery(routes.values("endpoint")[:1])


def _write(about: _About, topic: str, key: str) -> None:
    """One message per endpoint; a key that is known already means the same effect and is not written again."""
    endpoints: Sequence[int] = [pk for pk in (about.erp, about.supplier) if pk is not None]
    if not endpoints:
        return
    now = timezone.now()
    OutboundMessage.objects.bulk_create(
        (
            OutboundMessage(
                endpoint_id=endpoint, topic=topic, document_kind=about.kind, document_number=about.number,
                stream=about.stream, facility_id=about.facility_id, key=key, urgent=about.urgent, due_at=now,
                trace_id=about.trace_id,
            )
            for endpoint in endpoints
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    ring_after_commit(endpoints)
