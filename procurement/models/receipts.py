"""What arrived. A posted receipt is never edited, only reversed by another one."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from core.audit import tracked
from core.models import APPEND_ONLY
from masterdata.models import Facility, Item, Location
from procurement.models.purchase_orders import PurchaseOrder, PurchaseOrderLine, ShipNotice


@tracked()
class Receipt(models.Model):
    """`key` is the sender's own reference (API idempotency key, screen form token): the same key posts once."""

    class Status(models.TextChoices):
        POSTED = "posted", "Posted"
        REVERSED = "reversed", "Reversed"

    number = models.CharField(max_length=20, unique=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="receipts")
    ship_notice = models.ForeignKey(
        ShipNotice, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.POSTED)
    reversal_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal")
    reason = models.CharField(max_length=200, blank=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField(help_text="The facility's day.")
    posted_at = models.DateTimeField(auto_now_add=True)
    key = models.CharField(max_length=100, unique=True)
    erp_number = models.CharField(max_length=40, blank=True, db_index=True)
    trace_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["facility", "-id"], name="procurement_receipt_facility")]
        triggers = [
            pgtrigger.FSM(name="legal_states", field="status", transitions=[("posted", "reversed")]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number


class ReceiptLine(models.Model):
    """`base_quantity` was accepted into stock, `rejected_base` was not (with a reason); both in base units, negative on a reversal."""

    class Problem(models.TextChoices):
        NONE = "", "None"
        DAMAGED = "damaged", "Damaged"
        WRONG_ITEM = "wrong_item", "Wrong item"
        EXPIRED = "expired", "Expired"
        REFUSED = "refused", "Refused"

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipt_lines")
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=4, help_text="As entered, in `unit`.")
    unit = models.CharField(max_length=3)
    base_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    rejected_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    problem = models.CharField(max_length=12, choices=Problem, blank=True, default=Problem.NONE)
    lot = models.CharField(max_length=40, blank=True)
    expiry = models.DateField(null=True, blank=True)
    serial = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["receipt", "id"]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.order_line_id}"
