"""Files of this morning that need somebody: unreadable, from the wrong sender, twice, or about what we never ordered."""

from __future__ import annotations

from datetime import timedelta

from integrations.services.inbound_documents import documents_apply
from integrations.services.inbox import file_accept
from portal.demo.edi_files import answer_segments, file_of, invoice_segments, notice_segments
from portal.demo.history_suppliers import file_came
from portal.demo.history_world import Road, World
from procurement.models import Invoice, PurchaseOrder
from procurement.services.invoices import BilledLineInput, InvoiceInput
from procurement.services.supplier_answers import AnsweredLineInput, ShipNoticeInput, ShippedLineInput

UNKNOWN_ORDER, NOT_YET = "4500-EAST-77", "PO-2019-000042"


def inbound_scenes(world: World) -> Road:
    """One file of each kind, some minutes apart."""
    order = (
        PurchaseOrder.objects.filter(supplier__in=world.partners, status="received", issued_at__isnull=False)
        .select_related("supplier", "facility")
        .order_by("pk")
        .last()
    )
    if order is None:
        return
    supplier = order.supplier_id
    partner = world.partners[supplier]
    file_accept(partner=partner, name="000900-810.x12", content=b"ISA*00*this line was cut by a full disk")
    documents_apply()
    yield world.now + timedelta(minutes=7)
    line = order.lines.order_by("line_number")[0]
    answered = AnsweredLineInput(
        line_number=line.line_number, supplier_part=line.supplier_part, action="accepted", quantity=line.quantity,
        unit=line.unit, unit_price=line.unit_price, promised_on=world.now.date(),
    )  # fmt: skip
    segments = answer_segments(order, [answered], "X-1", "accepted", world.now.date())
    other = next(p for p in world.partners.values() if p.supplier_id != supplier)
    wrong = file_of(other, "855", segments, control=990001, at=world.now)
    file_accept(partner=partner, name="000901-855.x12", content=wrong)
    documents_apply()
    yield world.now + timedelta(minutes=7)
    segments[0][3] = UNKNOWN_ORDER
    file_came(world, supplier, "855", segments)
    yield world.now + timedelta(minutes=7)
    yield from _invoices(world, order)
    yield from _shipments(world, order)
    yield world.clock.end - timedelta(minutes=4)
    segments[0][3] = NOT_YET
    file_came(world, supplier, "855", segments)


def _invoices(world: World, order: PurchaseOrder) -> Road:
    """The number of a bill that came before, with another amount."""
    known = Invoice.objects.filter(order=order).order_by("pk").first()
    if known is None:
        return
    line = order.lines.order_by("line_number")[0]
    bill = InvoiceInput(
        supplier_number=known.supplier_number, order_number=order.number, invoice_date=world.now.date(),
        currency=order.currency, total=line.unit_price,
        lines=[
            BilledLineInput(
                line_number=1, order_line_number=line.line_number, supplier_part=line.supplier_part,
                quantity=line.quantity / line.quantity, unit=line.unit, unit_price=line.unit_price,
            )
        ],
    )  # fmt: skip
    file_came(world, order.supplier_id, "810", invoice_segments(order, bill))
    yield world.now + timedelta(minutes=7)


def _shipments(world: World, order: PurchaseOrder) -> Road:
    """A shipment announced twice, the second time with another quantity; and the same file once more."""
    line = order.lines.order_by("line_number")[0]
    for n, quantity in enumerate((line.quantity, line.quantity + 1)):
        notice = ShipNoticeInput(
            order_number=order.number, shipment_number="SH-REPEATED", shipped_at=world.now, carrier="SIMX", tracking="1Z0",
            lines=[ShippedLineInput(line_number=line.line_number, supplier_part=line.supplier_part, quantity=quantity, unit=line.unit)],
        )  # fmt: skip
        content = file_of(
            world.partners[order.supplier_id], "856", notice_segments(notice), at=world.now,
            control=world.control_number(order.supplier_id),
        )  # fmt: skip
        for name in ("first", "again") if n == 0 else ("changed",):
            file_accept(partner=world.partners[order.supplier_id], name=f"shipment-{name}.x12", content=content)
            documents_apply()
        yield world.now + timedelta(minutes=7)
