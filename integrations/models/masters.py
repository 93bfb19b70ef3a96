"""Pulls of masters and budgets from ERPs: how far each is, and what became of the rows that need somebody's look."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.outbox import Endpoint


class MasterPull(models.Model):
    """One round over the records of a kind at an ERP. `cursor` is where it goes on: every page and its cursor are one transaction.

    A round that is OPEN is carried on by whoever comes next. `full` began without a cursor; else it began where the last finished
    round ended.
    """

    class State(models.TextChoices):
        OPEN = "open", "Running"
        DONE = "done", "Done"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="master_pulls", db_index=False)
    kind = models.CharField(max_length=30)
    full = models.BooleanField(default=False)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    cursor = models.CharField(max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="When it is tried (on); later after a failure.")
    finished_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="In a row; what is told worked since sets it to none.")
    detail = models.CharField(max_length=500, blank=True, help_text="Why it does not go on.")
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    conflicting = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "kind"], condition=models.Q(state="open"), name="integrations_one_open_pull"
            )
        ]
        indexes = [models.Index(fields=["endpoint", "kind", "-id"], name="integrations_pull_latest")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.kind} {self.pk}"

    @property
    def seen(self) -> int:
        """Records that came so far."""
        return self.new + self.changed + self.unchanged + self.conflicting + self.invalid


class MasterPullRow(models.Model):
    """What became of one record and why. Unchanged ones are only counted."""

    class Verdict(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        CONFLICTING = "conflicting", "Conflicting"
        INVALID = "invalid", "Invalid"
        MISSING = "missing", "Missing there"

    pull = models.ForeignKey(MasterPull, on_delete=models.CASCADE, related_name="rows", db_index=False)
    external_id = models.CharField(max_length=80)
    number = models.CharField(max_length=80, blank=True)
    verdict = models.CharField(max_length=11, choices=Verdict)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["pull", "id"], name="integrations_pull_rows")]

    def __str__(self) -> str:
        return f"{self.pull_id} {self.external_id} {self.verdict}"
