"""A small network connected to a real ERP process and a supplier's mailbox, worked in this process without any worker."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage, Partner
from integrations.services.delivery import endpoint_deliver, endpoints_due
from integrations.services.inbound_documents import documents_apply
from integrations.services.partners import erp_connect, supplier_connect
from integrations.services.polling import mailboxes_poll
from integrations.services.relay import leases_recover
from procurement.models import ApprovalStep, Invoice, PurchaseOrder, Receipt
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_register
from procurement.services.receipts import receipt_post
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import Network
from tests.simulators.companies import TOKEN, ErpClient, Mailbox

D = Decimal


class World:
    """The network, its ERP and its suppliers' mailboxes."""

    def __init__(self, net: Network, erp: ErpClient | None, mailboxes: Path, **connection: Any) -> None:
        self.net = net
        self.erp = erp
        self.mailbox = Mailbox(mailboxes, "ACME")
        given: dict[str, Any] = {"quiet_seconds": 0, "config": {"deadline_seconds": 2}, "token": TOKEN, **connection}
        if erp:
            given["base_url"] = erp.running.ready.split()[-1]
        self.endpoint = erp_connect(
            code="erp-main", name="Main ERP", facilities=net.facilities.values(),
            starts_on=date(2020, 1, 1), **given,
        )  # fmt: skip
        self.partner: Partner = supplier_connect(supplier=net.suppliers["ACME"], our_id="HOSPITAL")

    def order(
        self, boxes: str = "10", *, note: str = "", urgent: bool = False, facility: str = "NORTH"
    ) -> PurchaseOrder:
        """An issued order of gloves with ACME."""
        row = requisition_create(
            actor=self.net.actor(f"requester@{facility}"), facility=self.net.facilities[facility],
            location=self.net.locations[f"{facility}-OR"], cost_center=self.net.cost_centers[facility], note=note,
            urgent=urgent, lines=[LineInput(item_id=self.net.items["GLOVE"].pk, quantity=D(boxes), unit="BX")],
        )  # fmt: skip
        requisition_submit(actor=self.net.actor(f"requester@{facility}"), number=row.number, confirm=True)
        step = ApprovalStep.objects.get(requisition=row, state="pending")
        approval_decide(actor=self.net.actor(f"approver@{facility}"), step_id=step.pk, decision="approve")
        return PurchaseOrder.objects.get(requisition=row)

    def receive(self, order: PurchaseOrder, boxes: str = "10", key: str = "k") -> Receipt:
        return receipt_post(
            actor=self.net.actor("receiver@NORTH"), order_number=order.number,
            lines=[ReceivedLine(line_number=1, quantity=D(boxes))], key=f"{key}-{order.pk}",
        )  # fmt: skip

    def bill(self, order: PurchaseOrder, price: str = "8.42") -> Invoice:
        return invoice_register(
            actor=self.net.actor("ap_clerk@NORTH"), supplier=order.supplier, source="typed",
            invoice=InvoiceInput(
                supplier_number=f"B{order.pk}", order_number=order.number, invoice_date=timezone.now().date(),
                currency="USD", total=D(price) * 10,
                lines=[
                    BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit="BX", unit_price=D(price))
                ],
            ),
        )  # fmt: skip

    def deliver(self) -> None:
        """What workers do in one round."""
        leases_recover()
        for endpoint_id in endpoints_due():
            endpoint_deliver(endpoint_id)

    def due_now(self) -> None:
        """Lets every pause of retries and circuits be over."""
        now = timezone.now() - timedelta(seconds=1)
        OutboundMessage.objects.filter(state__in=OutboundMessage.WAITING).update(due_at=now)
        Endpoint.objects.update(circuit_open_until=None)

    def take_in(self) -> None:
        """Polls the mailboxes and applies what came."""
        mailboxes_poll()
        documents_apply()

    def supplier_works(self) -> None:
        """One round of the supplier, and what it left taken in; its 997s answered."""
        self.mailbox.once()
        self.take_in()
        self.deliver()

    def to_erp(self, key: str) -> OutboundMessage:
        return OutboundMessage.objects.get(endpoint=self.endpoint, key=key)

    def to_supplier(self, key: str) -> OutboundMessage:
        return OutboundMessage.objects.get(endpoint=self.partner.endpoint, key=key)

    def tries(self, key: str) -> list[str]:
        """Purpose and outcome of every try of a message to the ERP."""
        rows = Attempt.objects.filter(message=self.to_erp(key)).order_by("number")
        return [f"{row.purpose} {row.outcome}" for row in rows]

    def inbound(self, **found: Any) -> list[tuple[str, str, str]]:
        rows = InboundMessage.objects.filter(parent__isnull=False, **found).order_by("id")
        return [(row.kind, row.state, row.cause) for row in rows]
