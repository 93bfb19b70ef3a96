"""How much a place should hold."""

from __future__ import annotations

from django.db import models

from masterdata.models import Item, Location


class ParLevel(models.Model):
    """Base units. At or below `reorder_point` the place is filled up to `par`."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="par_levels")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="par_levels")
    par = models.DecimalField(max_digits=14, decimal_places=4)
    reorder_point = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "item"], name="inventory_par_once"),
            models.CheckConstraint(
                condition=models.Q(par__gt=0, reorder_point__gte=0) & models.Q(reorder_point__lte=models.F("par")),
                name="inventory_par_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location_id}/{self.item_id}: {self.par}"
