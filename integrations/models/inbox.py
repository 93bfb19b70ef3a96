"""Messages that arrive: raw bytes first, judged afterwards, applied once."""

from __future__ import annotations

from django.db import models

from integrations.models.outbox import Endpoint, Payload
from masterdata.models import Facility


class InboundMessage(models.Model):
    """A file as it came, or one transaction set of it (`parent` is the file). `key` is the business key that makes it apply once.

    The effect it had is linked by document kind and number. What is in the sandbox lane never has one: `trial` says what would
    have happened. A price catalog or stock report has none either: `trial` says what was found.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        SPLIT = "split", "Split into its documents"
        APPLIED = "applied", "Applied"
        DUPLICATE = "duplicate", "Duplicate"
        PARKED = "parked", "Waiting for an earlier document"
        QUARANTINED = "quarantined", "Quarantined"
        FAILED = "failed", "Dead letter"
        SANDBOX = "sandbox", "Tried in the sandbox"

    class Lane(models.TextChoices):
        LIVE = "live", "Live"
        SANDBOX = "sandbox", "Sandbox"

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="inbound")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="documents")
    position = models.PositiveIntegerField(default=0, help_text="Place of the document inside the file, from 1.")
    file_name = models.CharField(max_length=200, blank=True)
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="+")
    lane = models.CharField(max_length=8, choices=Lane, default=Lane.LIVE)
    group = models.PositiveIntegerField(default=0, help_text="Place of the document's group inside the file, from 1.")
    kind = models.CharField(
        max_length=20, blank=True, help_text="Its type there: 855, ORDRSP, OrderResponse; empty for a file."
    )
    control_number = models.CharField(
        max_length=60, blank=True, help_text="Of a document: interchange/group/set, as the partner numbered them."
    )
    sender = models.CharField(
        max_length=60,
        blank=True,
        db_default="",
        help_text="Who its envelope names, where that is not the partner's usual id.",
    )
    key = models.CharField(max_length=160, null=True, blank=True, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    findings = models.JSONField(default=list, blank=True)
    trial = models.JSONField(
        null=True,
        blank=True,
        help_text="What would have happened, of a document in the sandbox; what was found, of one that only informs.",
    )
    cause = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document_kind = models.CharField(max_length=40, blank=True)
    document_number = models.CharField(max_length=60, blank=True)
    attempt_count = models.PositiveIntegerField(default=0, help_text="Runs since the last one that ended by itself.")
    due_at = models.DateTimeField()
    trace_id = models.CharField(max_length=64, db_index=True)
    received_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=["received", "parked"]),
                name="integrations_in_due",
            ),
            models.Index(
                fields=["state", "-id"],
                condition=~models.Q(state__in=["applied", "split", "sandbox"]),
                name="integrations_in_state",
            ),
            models.Index(fields=["document_kind", "document_number", "id"], name="integrations_in_document"),
            models.Index(fields=["endpoint", "payload"], name="integrations_in_content"),
            models.Index(
                fields=["endpoint", "control_number"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                condition=models.Q(parent__isnull=False),
                name="integrations_in_control",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'file'} {self.file_name}"
