"""What outside systems began to answer without having agreed it with us."""

from __future__ import annotations

from django.db import models

from integrations.models.outbox import Endpoint, OutboundMessage


class FieldDrift(models.Model):
    """A field of an endpoint's answers that nobody knows: noted once, with the first example and the message it answered."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="drift", db_index=False)
    field = models.CharField(max_length=120)
    example = models.CharField(max_length=120)
    message = models.ForeignKey(OutboundMessage, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["endpoint", "field"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "field"], name="integrations_one_drift_per_field")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.field}"
