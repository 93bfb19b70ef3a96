"""What we order, what the supplier answers and announces."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django_fsm import RETURN_VALUE, FSMField, transition

from core.audit import tracked
from core.models import APPEND_ONLY
from masterdata.models import ContractLine, CostCenter, Facility, Item, Location, Supplier
from procurement.models.requisitions import Requisition, RequisitionLine


@tracked()
class PurchaseOrder(models.Model):
    """`created_by` is the buyer, or empty for orders that needed no buyer's touch.

    `supplier_dispatch`, `erp_dispatch` and `acknowledgement` repeat what messages said; they are facts, not states.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"
        PARTIALLY_RECEIVED = "partially_received", "Partially received"
        RECEIVED = "received", "Received"
        CLOSED = "closed", "Closed"
        ON_HOLD = "on_hold", "On hold"
        CANCELLED = "cancelled", "Cancelled"

    RECEIVABLE = (Status.ISSUED, Status.PARTIALLY_RECEIVED)

    class Dispatch(models.TextChoices):
        NONE = "none", "Not sent"
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        FAILED = "failed", "Failed"

    class Acknowledgement(models.TextChoices):
        NONE = "none", "No answer yet"
        ACCEPTED = "accepted", "Accepted"
        CHANGED = "changed", "Accepted with changes"
        REJECTED = "rejected", "Rejected"

    number = models.CharField(max_length=20, unique=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="purchase_orders")
    ship_to = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    cost_center = models.ForeignKey(CostCenter, on_delete=models.PROTECT, related_name="+")
    requisition = models.ForeignKey(
        Requisition, null=True, blank=True, on_delete=models.PROTECT, related_name="purchase_orders"
    )
    status = FSMField(max_length=20, choices=Status, default=Status.DRAFT)
    urgent = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    needed_by = models.DateField(null=True, blank=True)
    expected_on = models.DateField(
        null=True, blank=True, help_text="Latest date the supplier promised, else lead time."
    )
    revision = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    committed = models.DecimalField(
        max_digits=14, decimal_places=2, default=0, help_text="What it still commits of its month's budget."
    )
    budget_period = models.CharField(max_length=7, blank=True)
    erp_number = models.CharField(max_length=40, blank=True, db_index=True)
    supplier_order_number = models.CharField(max_length=40, blank=True, db_index=True)
    supplier_dispatch = models.CharField(max_length=12, choices=Dispatch, default=Dispatch.NONE)
    erp_dispatch = models.CharField(max_length=12, choices=Dispatch, default=Dispatch.NONE)
    acknowledgement = models.CharField(max_length=10, choices=Acknowledgement, default=Acknowledgement.NONE)
    note = models.CharField(max_length=500, blank=True)
    trace_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["facility", "status", "-id"], name="procurement_po_facility"),
            models.Index(fields=["supplier", "-id"], name="procurement_po_supplier"),
            models.Index(fields=["expected_on", "id"], name="procurement_po_by_expected"),
            models.Index(fields=["total", "id"], name="procurement_po_by_total"),
            models.Index(fields=["issued_at", "id"], name="procurement_po_by_issued"),
            models.Index(
                fields=["facility", "expected_on", "id"],
                condition=models.Q(status__in=["issued", "partially_received"]),
                name="procurement_po_open",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="legal_states",
                field="status",
                transitions=[
                    ("draft", "issued"), ("draft", "cancelled"), ("draft", "on_hold"), ("on_hold", "draft"), ("on_hold", "issued"),
                    ("issued", "on_hold"), ("issued", "partially_received"), ("issued", "received"), ("issued", "cancelled"),
                    ("partially_received", "issued"), ("partially_received", "received"), ("received", "partially_received"),
                    ("received", "issued"), ("partially_received", "closed"), ("received", "closed"),
                    ("partially_received", "on_hold"), ("on_hold", "partially_received"), ("on_hold", "received"),
                    ("on_hold", "cancelled"),
                    ("closed", "issued"), ("closed", "partially_received"), ("closed", "received"),
                ],
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @transition(field=status, source=Status.DRAFT, target=Status.ISSUED)
    def issue(self) -> None: ...

    @transition(field=status, source=[Status.DRAFT, Status.ISSUED, Status.PARTIALLY_RECEIVED], target=Status.ON_HOLD)
    def hold(self) -> None: ...

    @transition(
        field=status,
        source=[Status.ISSUED, Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.ON_HOLD, Status.CLOSED],
        target=RETURN_VALUE(Status.DRAFT, Status.ISSUED, Status.PARTIALLY_RECEIVED, Status.RECEIVED),
    )
    def resume(self, state: str) -> str:
        """Stand where its receipts say: after goods came or went back, a hold ended, or it was opened again."""
        return state

    @transition(field=status, source=[Status.DRAFT, Status.ISSUED, Status.ON_HOLD], target=Status.CANCELLED)
    def cancel(self) -> None: ...

    @transition(field=status, source=[Status.PARTIALLY_RECEIVED, Status.RECEIVED], target=Status.CLOSED)
    def close(self) -> None: ...


@tracked()
class PurchaseOrderLine(models.Model):
    """`quantity` counts order units of `multiplier` base units each; the `*_base` counters are in base units.

    `received_base` counts accepted quantities less reversals; `over_tolerance_percent` is how much more may be received.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    line_number = models.PositiveIntegerField()
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requisition_line = models.ForeignKey(
        RequisitionLine, null=True, blank=True, on_delete=models.PROTECT, related_name="order_lines"
    )
    contract_line = models.ForeignKey(ContractLine, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=200)
    supplier_part = models.CharField(max_length=60, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=3)
    multiplier = models.DecimalField(max_digits=12, decimal_places=4)
    base_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    promised_on = models.DateField(null=True, blank=True)
    backordered_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    received_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    rejected_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    invoiced_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    over_tolerance_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    cancelled = models.BooleanField(default=False)

    class Meta:
        ordering = ["order", "line_number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "line_number"], name="procurement_po_line_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, multiplier__gt=0), name="procurement_po_line_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(received_base__gte=0)
                & models.Q(
                    received_base__lte=models.F("base_quantity") * (1 + models.F("over_tolerance_percent") / 100)
                ),
                name="procurement_never_over_received",
            ),
        ]
        indexes = [models.Index(fields=["item", "-id"], name="procurement_po_line_item")]

    def __str__(self) -> str:
        return f"{self.order_id} line {self.line_number}"


class SupplierAnswer(models.Model):
    """One 855 / OrderResponse as received. Later answers revise earlier ones; all are kept."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="answers")
    supplier_order_number = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=PurchaseOrder.Acknowledgement)
    answered_on = models.DateField(null=True, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    message_key = models.CharField(
        max_length=100, unique=True, help_text="The inbound message that brought it; applied once."
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"answer to {self.order_id}"


class SupplierAnswerLine(models.Model):
    """What the supplier said about one order line. `taken_over` is false where it is outside tolerance and waits for the buyer."""

    class Action(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        BACKORDERED = "backordered", "Back-ordered"
        PRICE_CHANGED = "price_changed", "Price changed"
        QUANTITY_CHANGED = "quantity_changed", "Quantity changed"
        DATE_CHANGED = "date_changed", "Date changed"
        SUBSTITUTED = "substituted", "Substituted"
        REJECTED = "rejected", "Rejected"

    answer = models.ForeignKey(SupplierAnswer, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="answer_lines")
    action = models.CharField(max_length=20, choices=Action)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField(max_length=3, blank=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    substitute_part = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    taken_over = models.BooleanField(default=True)

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.order_line_id}: {self.action}"


class ShipNotice(models.Model):
    """One 856 / DespatchAdvice: what is on its way."""

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="ship_notices")
    shipment_number = models.CharField(max_length=60)
    shipped_at = models.DateTimeField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    carrier = models.CharField(max_length=60, blank=True)
    tracking = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "shipment_number", "order"], name="procurement_shipment_once")
        ]

    def __str__(self) -> str:
        return self.shipment_number


class ShipNoticeLine(models.Model):
    """`quantity` counts `unit`s; `base_quantity` the same in base units."""

    notice = models.ForeignKey(ShipNotice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="ship_lines")
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=3)
    base_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    lot = models.CharField(max_length=40, blank=True)
    expiry = models.DateField(null=True, blank=True)
    serial = models.CharField(max_length=40, blank=True)
    sscc = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.order_line_id}"
