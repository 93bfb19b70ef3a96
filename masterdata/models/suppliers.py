"""Who sells: suppliers and what they call our items."""

from __future__ import annotations

from django.db import models

from core.audit import tracked
from masterdata.models.items import Item


@tracked()
class Supplier(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        ON_HOLD = "on_hold", "On hold"
        INACTIVE = "inactive", "Inactive"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    gln = models.CharField(max_length=13, blank=True)
    email = models.EmailField(blank=True)
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    currency = models.CharField(max_length=3, default="USD")
    minimum_order = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["name", "id"], name="masterdata_supplier_by_name")]

    def __str__(self) -> str:
        return self.name


class SupplierItem(models.Model):
    """A supplier's offer of an item outside any contract. `price` is per `order_unit`, in the supplier's currency."""

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="supplier_items")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="supplier_items")
    supplier_part = models.CharField(max_length=60)
    manufacturer_part = models.CharField(max_length=60, blank=True)
    order_unit = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    minimum = models.DecimalField(max_digits=12, decimal_places=4, default=1, help_text="Order units.")
    multiple = models.DecimalField(max_digits=12, decimal_places=4, default=1, help_text="Order units.")
    lead_time_days = models.PositiveSmallIntegerField(default=2)
    preferred = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "supplier_part"], name="masterdata_supplier_part_once"),
        ]
        indexes = [models.Index(fields=["item", "supplier"], name="masterdata_supplier_item")]

    def __str__(self) -> str:
        return f"{self.supplier_part} ({self.order_unit})"
