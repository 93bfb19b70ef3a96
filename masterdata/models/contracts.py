"""What was agreed: contracts, eligible facilities and prices."""

from __future__ import annotations

from django.db import models

from core.audit import tracked
from masterdata.models.items import Item
from masterdata.models.places import Facility
from masterdata.models.suppliers import Supplier


@tracked()
class Contract(models.Model):
    """`facilities` empty means every facility is eligible."""

    class Kind(models.TextChoices):
        GPO = "gpo", "GPO"
        LOCAL = "local", "Local"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        EXPIRED = "expired", "Expired"

    number = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="contracts")
    kind = models.CharField(max_length=5, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    valid_from = models.DateField()
    valid_to = models.DateField()
    currency = models.CharField(max_length=3, default="USD")
    facilities = models.ManyToManyField(Facility, blank=True, related_name="contracts")

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["valid_to", "id"], name="masterdata_contract_by_end")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="masterdata_contract_days"
            )
        ]

    def __str__(self) -> str:
        return self.number


class ContractLine(models.Model):
    """Agreed price of an item per `unit`. `breaks` lists {"quantity", "price"} (units of `unit`, ascending) for larger orders."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="contract_lines")
    unit = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    breaks = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "item"], name="masterdata_contract_item_once")]
        indexes = [models.Index(fields=["item"], name="masterdata_contract_line_item")]

    def __str__(self) -> str:
        return f"{self.contract_id}/{self.item_id}"
