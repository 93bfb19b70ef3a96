"""The double-entry stock ledger and the balances it adds up to. `inventory.services.ledger` is the only writer."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.models import APPEND_ONLY
from inventory.models.lots import Lot
from masterdata.models import Item, Location


class StockMove(models.Model):
    """`quantity` base units of an item's lot went from one place to another. Outside places (supplier, consumption, …) hold no balance."""

    class Reason(models.TextChoices):
        OPENING = "opening", "Opening stock"
        RECEIPT = "receipt", "Receipt"
        RECEIPT_REVERSAL = "receipt_reversal", "Receipt reversed"
        ISSUE = "issue", "Issue"
        TRANSFER = "transfer", "Transfer"
        CONSUMPTION = "consumption", "Used"
        ADJUSTMENT = "adjustment", "Adjustment"

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    from_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    to_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    reason = models.CharField(max_length=18, choices=Reason)
    document_kind = models.CharField(max_length=40, blank=True)
    document_number = models.CharField(max_length=60, blank=True)
    document_line = models.BigIntegerField(
        default=0, help_text="Line id of the document; with kind and number applied once."
    )
    note = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    trace_id = models.CharField(max_length=64)
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="inventory_move_positive"),
            models.CheckConstraint(
                condition=~models.Q(from_location=models.F("to_location")), name="inventory_move_goes_somewhere"
            ),
            models.UniqueConstraint(
                fields=["document_kind", "document_number", "document_line", "reason", "lot", "from_location"],
                condition=~models.Q(document_number=""),
                name="inventory_document_moves_once",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "-id"], name="inventory_move_item"),
            models.Index(fields=["from_location", "-id"], name="inventory_move_from"),
            models.Index(fields=["to_location", "-id"], name="inventory_move_to"),
            models.Index(fields=["trace_id"], name="inventory_move_trace"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.quantity} of {self.item_id}: {self.from_location_id} -> {self.to_location_id}"


class StockBalance(models.Model):
    """On hand of one lot at one inside place, in base units; never below zero. `item` repeats the lot's for the indexes."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="balances")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="balances")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="balances")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "lot"], name="inventory_balance_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="inventory_never_negative"),
        ]
        indexes = [
            models.Index(
                fields=["item", "location"], condition=models.Q(quantity__gt=0), name="inventory_on_hand_item"
            ),
            models.Index(fields=["location", "item"], name="inventory_on_hand_place"),
            models.Index(fields=["quantity", "id"], condition=models.Q(quantity__gt=0), name="inventory_on_hand_most"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} at {self.location_id}"
