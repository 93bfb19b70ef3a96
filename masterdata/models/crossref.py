"""What other systems call our records."""

from __future__ import annotations

from django.db import models


class ExternalId(models.Model):
    """(system, kind, external id) <-> our record's id; unique both ways inside a system."""

    system = models.CharField(max_length=40)
    kind = models.CharField(max_length=30, help_text="Our record's kind: item, supplier, facility, purchase_order, …")
    external_id = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When the system last told us of it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "kind", "external_id"], name="masterdata_external_id_once"),
            models.UniqueConstraint(fields=["system", "kind", "object_id"], name="masterdata_own_id_once"),
        ]
        indexes = [models.Index(fields=["external_id"], name="masterdata_external_lookup")]

    def __str__(self) -> str:
        return f"{self.system}:{self.kind}:{self.external_id}"
