"""TA1: what partners say of our interchanges as a whole, and what we say of theirs where they ask or nothing of one was taken."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from core.audit import acting
from integrations.edi_files import Part
from integrations.erp.base import PURCHASE_ORDER_CREATE
from integrations.models import InboundMessage, Interchange, Partner
from integrations.services.outbox import interchange_answer_queue
from integrations.services.service_actor import service_actor
from procurement.models import PurchaseOrder
from procurement.services.purchase_orders import purchase_order_record_dispatch, purchase_order_record_rejection


def order_unread(*, number: str, partner: Partner, sentence: str, reason: str) -> None:
    """The supplier's system could not take an order: it counts as not told, and its buyer decides."""
    with acting(actor=service_actor(), reason=reason):
        purchase_order_record_dispatch(
            order_number=number, channel="supplier", dispatch=PurchaseOrder.Dispatch.FAILED
        )  # fmt: skip
        purchase_order_record_rejection(order_number=number, system=partner.supplier.name, sentence=sentence)


def interchange_answers_take(*, partner: Partner, part: Part) -> None:
    """What the TA1 segments of an interchange say of ours. A yes changes nothing: the 997 says what became of what was inside."""
    for answer in part.told:
        if answer.status != "rejected" or not answer.control.isdigit():
            continue
        found = Interchange.objects.filter(
            partner=partner, usage="T" if part.test else "P", control_number=int(answer.control),
            acknowledgement=Interchange.Acknowledgement.WAITING,
        )  # fmt: skip
        ours = found.select_related("message").select_for_update(of=("self",)).first()
        if ours is None:
            continue
        ours.acknowledgement = Interchange.Acknowledgement.REJECTED
        ours.acknowledged_at = timezone.now()
        ours.save(update_fields=["acknowledgement", "acknowledged_at"])
        if ours.message is not None and ours.message.topic == PURCHASE_ORDER_CREATE:
            words = f"{partner.supplier.name} could not take in the order's interchange (TA1 {answer.note}: {answer.words})."
            order_unread(
                number=ours.message.document_number, partner=partner, sentence=words,
                reason=f"TA1 for interchange {ours.control_number}",
            )  # fmt: skip


def interchanges_answer(*, file: InboundMessage, parts: Iterable[tuple[Part, str, str]], timing: str) -> None:
    """Queue a TA1 for each interchange (with the cause why it was set aside, and the timing of answers) that gets one.

    Who asks (ISA14) gets one. Where nothing was taken because of the envelope there is no 997: the sender hears it this way.
    """
    for place, (part, state, cause) in enumerate(parts, start=1):
        from_them = cause != "wrong_sender" and part.control.isdigit() and not part.told
        asked = part.asks and timing != "never"
        unheard = state == InboundMessage.State.QUARANTINED and cause == "envelope" and timing != "never"
        if from_them and (asked or unheard) and file.lane == InboundMessage.Lane.LIVE:
            interchange_answer_queue(
                endpoint_id=file.endpoint_id, file_id=file.pk, place=place, trace_id=file.trace_id,
                key=f"{'T' if part.test else ''}TA1:{part.control[:15]}:{file.pk}",
                how="again" if cause == "same_control_number" else "refused" if unheard else "",
            )  # fmt: skip
