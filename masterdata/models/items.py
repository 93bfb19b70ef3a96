"""What is bought and stocked: items, their packagings and substitutes."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models

from core.audit import tracked


class Category(models.Model):
    """A branch of the catalog; policies and tolerances may name it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


@tracked()
class Item(models.Model):
    """A thing of the catalog. Stock and prices are compared per `base_unit`."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        ON_HOLD = "on_hold", "On hold"
        DISCONTINUED = "discontinued", "Discontinued"

    class Criticality(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"
        LIFE = "life", "Life-sustaining"

    number = models.CharField(max_length=20, unique=True)
    description = models.CharField(max_length=200)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="items")
    unspsc = models.CharField(max_length=8, blank=True)
    base_unit = models.CharField(max_length=3, help_text="Unit of stock, such as EA.")
    manufacturer = models.CharField(max_length=120, blank=True)
    manufacturer_part = models.CharField(max_length=60, blank=True)
    lot_tracked = models.BooleanField(default=False)
    serial_tracked = models.BooleanField(default=False)
    expiry_tracked = models.BooleanField(default=False)
    criticality = models.CharField(max_length=10, choices=Criticality, default=Criticality.NORMAL)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    search_text = models.TextField(
        blank=True, help_text="Lower-case words the catalog search looks in: description, numbers, parts, GTINs."
    )

    class Meta:
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="masterdata_item_search"),
            models.Index(fields=["category", "number"], name="masterdata_item_category"),
            models.Index(fields=["description", "id"], name="masterdata_item_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


class ItemPackaging(models.Model):
    """One pack level of an item: `multiplier` base units in one of `unit`."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="packagings")
    unit = models.CharField(max_length=3)
    multiplier = models.DecimalField(max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])
    gtin = models.CharField(max_length=14, blank=True)

    class Meta:
        ordering = ["item", "multiplier"]
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="masterdata_packaging_unit_once"),
            models.UniqueConstraint(fields=["gtin"], condition=~models.Q(gtin=""), name="masterdata_gtin_once"),
            models.CheckConstraint(condition=models.Q(multiplier__gt=0), name="masterdata_packaging_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} = {self.multiplier.normalize():f}"


class ItemSubstitute(models.Model):
    """`substitute` may stand in for `item`; `ratio` base units of it replace one base unit of the item."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="substitutes")
    substitute = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="substitute_for")
    ratio = models.DecimalField(max_digits=10, decimal_places=4, default=1)
    rule = models.CharField(
        max_length=120, blank=True, help_text="When it may stand in, e.g. 'with surgeon's agreement'."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "substitute"], name="masterdata_substitute_once")]

    def __str__(self) -> str:
        return f"{self.substitute_id} for {self.item_id}"
