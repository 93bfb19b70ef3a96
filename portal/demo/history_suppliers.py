"""What suppliers say, through one of two doors: the mailbox with real X12 files, or (longer ago, or without EDI) the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.errors import DomainError
from core.tracing import tracing
from integrations.services.inbound_documents import documents_apply
from integrations.services.inbox import file_accept
from masterdata.models import Role
from portal.demo.edi_files import answer_segments, file_of, invoice_segments, notice_segments
from portal.demo.history_world import World
from procurement.models import Invoice, PurchaseOrder, ShipNotice
from procurement.services.invoices import InvoiceInput, invoice_register
from procurement.services.supplier_answers import (
    AnsweredLineInput,
    ShipNoticeInput,
    ShippedLineInput,
    ship_notice_record,
    supplier_answer_record,
)


def answer_said(world: World, order: PurchaseOrder, lines: Sequence[AnsweredLineInput]) -> None:
    """The supplier answers an order."""
    number = f"{order.supplier.code[4:7]}-{70000 + world.count('supplier order')}"
    actions = {line.action for line in lines}
    status = "accepted" if actions == {"accepted"} else "rejected" if actions == {"rejected"} else "changed"
    if _by_file(world, order.supplier_id):
        file_came(world, order.supplier_id, "855", answer_segments(order, lines, number, status, world.now.date()))
        return
    supplier_answer_record(
        actor=world.post, order_number=order.number, supplier_id=order.supplier_id, status=status, lines=lines,
        message_key=f"history:{order.number}:{number}", supplier_order_number=number, answered_on=world.now.date(),
    )  # fmt: skip


def shipment_said(
    world: World, order: PurchaseOrder, *, arrives: date, lines: Sequence[ShippedLineInput]
) -> ShipNotice | None:
    """The supplier announces a shipment. None where its announcement could not be used."""
    number = f"SH{order.supplier.code[4:7]}{500000 + world.count('shipment')}"
    notice = ShipNoticeInput(
        order_number=order.number, shipment_number=number, lines=lines, shipped_at=world.now, expected_on=arrives,
        carrier="SIMX", tracking=f"1Z{world.count('tracking'):012d}",
    )  # fmt: skip
    if not _by_file(world, order.supplier_id):
        return ship_notice_record(actor=world.post, supplier_id=order.supplier_id, notice=notice)
    file_came(world, order.supplier_id, "856", notice_segments(notice))
    return ShipNotice.objects.filter(order=order, shipment_number=number).first()


def bill_sent(world: World, order: PurchaseOrder, bill: InvoiceInput) -> Invoice | None:
    """The supplier bills an order; by file, or on paper that a clerk types in. None where it was refused at the door."""
    plain = bill.kind == Invoice.Kind.INVOICE and not bill.tax
    if plain and _by_file(world, order.supplier_id):
        file_came(world, order.supplier_id, "810", invoice_segments(order, bill))
        return Invoice.objects.filter(supplier=order.supplier, supplier_number=bill.supplier_number).last()
    by_message = order.supplier_id in world.partners
    clerk = world.post if by_message else world.somebody(Role.AP_CLERK, order.facility_id)
    with tracing(order.trace_id):
        try:
            return invoice_register(
                actor=clerk,
                supplier=order.supplier,
                invoice=bill,
                facility=order.facility,
                source="810" if by_message else "typed",
            )
        except DomainError:
            return None


def file_came(world: World, supplier_id: int, kind: str, segments: list[list[str]], *, name: str = "") -> None:
    """A file of the supplier is taken in and applied at once."""
    partner = world.partners[supplier_id]
    control = world.control_number(supplier_id)
    content = file_of(partner, kind, segments, control=control, at=world.now)
    file_accept(partner=partner, name=name or f"{control:06d}-{kind}.x12", content=content)
    documents_apply()


def _by_file(world: World, supplier_id: int) -> bool:
    return world.recent and supplier_id in world.partners
