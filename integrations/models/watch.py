"""What integration support watches: pace of endpoints, maintenance windows, alerts, signs of life."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from core.models import User
from integrations.models.outbox import Attempt, Endpoint


def known_timezone(name: str) -> None:
    """Raises ValidationError for a zone nobody knows."""
    if name not in available_timezones():
        raise ValidationError(f"There is no time zone {name!r}.")


class Tally(models.Model):
    """How tries at an endpoint ended within five minutes from `slot` (EPOCH: since ever), with the seconds they took together."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="tallies", db_index=False)
    slot = models.DateTimeField()
    outcome = models.CharField(max_length=14, choices=Attempt.Outcome)
    tries = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    slowest = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "slot", "outcome"], name="integrations_one_tally_per_slot")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.slot:%Y-%m-%d %H:%M} {self.outcome} {self.tries}"


class MaintenanceWindow(models.Model):
    """A time when an endpoint is left alone: messages queue up, and leave in order when it is over.

    `repeats` daily or weekly means by the clock on the wall of `zone`, until `until` where that is set.
    """

    class Repeats(models.TextChoices):
        NEVER = "never", "Once"
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Every week"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="windows")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    repeats = models.CharField(max_length=6, choices=Repeats, default=Repeats.NEVER)
    until = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=40, default="UTC", validators=[known_timezone])
    reason = models.CharField(max_length=200)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="integrations_window_ends"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Alert(models.Model):
    """Something a person should know, one per cause: `key` names the cause, and only one alert of a key is open at a time.

    `count` is how many things share the cause now. Notices go out when it opens, when it grew tenfold, every day, and when it is over.
    """

    class Kind(models.TextChoices):
        DEAD_LETTER = "dead_letter", "Dead letters"
        UNKNOWN_OUTCOME = "unknown_outcome", "Outcome unknown"
        CIRCUIT_OPEN = "circuit_open", "Endpoint does not answer"
        SIGN_IN = "sign_in", "Sign-in refused"
        STUCK = "stuck", "Documents are stuck"
        UNREAD = "unread", "Answers are not as agreed"
        ACKNOWLEDGEMENT_OVERDUE = "acknowledgement_overdue", "No acknowledgement"
        ANSWER_OVERDUE = "answer_overdue", "Supplier does not answer"
        ORDER_LATE = "order_late", "Orders are late"
        BEAT_DEAD = "beat_dead", "Nothing sweeps the queues"

    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=24, choices=Kind)
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.PROTECT, related_name="alerts")
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="When the cause was last found.")
    noticed_at = models.DateTimeField(default=timezone.now, help_text="When notices were last written.")
    noticed_count = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(resolved_at__isnull=True), name="integrations_one_alert_per_cause"
            )
        ]
        indexes = [models.Index(fields=["-resolved_at"], name="integrations_alert_resolved")]

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """What is told about an alert, on one channel: written with the alert, sent until it worked."""

    class Channel(models.TextChoices):
        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    class What(models.TextChoices):
        OPENED = "opened", "New"
        GREW = "grew", "Grew"
        AGAIN = "again", "Still open"
        RESOLVED = "resolved", "Over"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=8, choices=Channel)
    what = models.CharField(max_length=8, choices=What)
    count = models.PositiveIntegerField()
    written_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True, help_text="Why the last try failed.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(sent_at__isnull=True), name="integrations_notice_due")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.what} {self.alert_id}"


class Heartbeat(models.Model):
    """When something that must happen again and again last happened. `every` is its period in seconds."""

    name = models.CharField(max_length=40, primary_key=True)
    beaten_at = models.DateTimeField()
    every = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name} {self.beaten_at:%H:%M:%S}"
