"""A batch of an item that can be found again."""

from __future__ import annotations

from django.db import models

from core.audit import tracked
from masterdata.models import Item


@tracked()
class Lot(models.Model):
    """Items that are not lot-tracked keep all their stock under one lot with an empty number."""

    class Status(models.TextChoices):
        AVAILABLE = "available", "Available"
        HOLD = "hold", "On hold"
        QUARANTINE = "quarantine", "Quarantine"
        RECALLED = "recalled", "Recalled"
        EXPIRED = "expired", "Expired"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=40, blank=True)
    expiry = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.AVAILABLE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="inventory_lot_once")]
        indexes = [
            models.Index(fields=["number"], name="inventory_lot_number"),
            models.Index(fields=["expiry"], name="inventory_lot_expiry"),
        ]

    def __str__(self) -> str:
        return self.number or "no lot"
