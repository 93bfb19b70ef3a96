"""Where things are: facilities, their locations and cost centers."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from core.audit import tracked


class Facility(models.Model):
    """A hospital or clinic. Documents belong to exactly one; what a person may see is decided by it."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital", "Hospital"
        CLINIC = "clinic", "Clinic"

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=2, help_text="Two-letter state code.")
    timezone = models.CharField(
        max_length=40, help_text="IANA name; dates such as 'received on' are this facility's day."
    )
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217.")
    gln = models.CharField(max_length=13, blank=True)
    address = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "facilities"

    def __str__(self) -> str:
        return self.name

    @property
    def today(self) -> date:
        """The day it is here: in the evening of Illinois, London has tomorrow."""
        return timezone.now().astimezone(ZoneInfo(self.timezone)).date()


class Location(models.Model):
    """A place that can hold stock, or one of a facility's four outside places of the double-entry ledger."""

    class Kind(models.TextChoices):
        STOREROOM = "storeroom", "Storeroom"
        DEPARTMENT = "department", "Department"
        DOCK = "dock", "Receiving dock"
        QUARANTINE = "quarantine", "Quarantine"
        SUPPLIER = "supplier", "Supplier (outside)"
        CONSUMPTION = "consumption", "Consumption (outside)"
        ADJUSTMENT = "adjustment", "Adjustment (outside)"
        IN_TRANSIT = "in_transit", "In transit (outside)"

    OUTSIDE = (Kind.SUPPLIER, Kind.CONSUMPTION, Kind.ADJUSTMENT, Kind.IN_TRANSIT)

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="locations")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    gln = models.CharField(max_length=13, blank=True)
    cost_center = models.ForeignKey("CostCenter", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    replenished_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replenishes"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["facility", "code"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "code"], name="masterdata_location_code_once"),
            models.UniqueConstraint(
                fields=["facility", "kind"],
                condition=models.Q(kind__in=["supplier", "consumption", "adjustment", "in_transit"]),
                name="masterdata_one_outside_place_each",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_outside(self) -> bool:
        return self.kind in self.OUTSIDE


@tracked()
class CostCenter(models.Model):
    """Who pays. `gl_account` is the default general-ledger account of its purchases."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="cost_centers")
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    gl_account = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
