"""What outside systems began to answer without having agreed it with us."""

from __future__ import annotations

from django.db import models

from integrations.models.outbox import Endpoint, OutboundMessage


class FieldDrift(models.Model):
    """A field of an endpoint's answers that nobody knows: noted once, with the first example and the message it answered.

    What was pulled (payments, budgets, masters) answers no message.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="drift", db_index=False)
    field = models.CharField(max_length=120)
    example = models.CharField(max_length=120)
    message = models.ForeignKey(OutboundMessage, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["endpoint", "field"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "field"], name="integrations_one_drift_per_field")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.field}"


class Unread(models.Model):
    """What an endpoint answers when it is asked for `what` lacks something that was agreed: nothing of it is taken in until it is right."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="unread", db_index=False)
    what = models.CharField(max_length=30, help_text="payment, budget, item, supplier or cost_center.")
    detail = models.CharField(max_length=500)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["endpoint", "what"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "what"], name="integrations_one_unread_per_kind")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.what}"

    @property
    def words(self) -> str:
        """What was asked for, as people say it: cost centers."""
        return f"{self.what.replace('_', ' ')}s"
