"""Messages that leave: written in the transaction of the fact they tell, delivered in order per stream."""

from __future__ import annotations

import os
import re

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from core.models import APPEND_ONLY
from core.secrets import newest_key_id, seal, sealed_with, unseal
from masterdata.models import Facility

_FROM_ENVIRONMENT = re.compile(r"env:((?:DEMO_)?ERP_[A-Z0-9_]+)")


class Endpoint(models.Model):
    """An outside system we deliver to or take from.

    `duplicates` is the connector's declared way to avoid doubles: `server_unique` (the remote refuses or repeats the same
    reference), `lookup` (ask for our reference after `quiet_seconds`), or `manual` (a person decides).
    `circuit_open_until` is shared by all workers: while it is in the future nothing is sent, for `circuit_reason`.

    `config` is plain (base_url, deadline_seconds, parallel, rate_per_minute, the transport's settings); `secrets` holds sealed texts. Both may
    name an environment variable instead ("env:ERP_MAIN_TOKEN"; its name begins with ERP_ or DEMO_ERP_).
    `tokens` is how many messages the rate limit allowed at `tokens_at`; `served_at` lets workers take endpoints in turn.
    """

    class Kind(models.TextChoices):
        ERP = "erp", "ERP"
        SUPPLIER = "supplier", "Supplier"

    class Duplicates(models.TextChoices):
        SERVER_UNIQUE = "server_unique", "The remote keeps our reference unique"
        LOOKUP = "lookup", "Ask for our reference after a quiet period"
        MANUAL = "manual", "A person decides"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    adapter = models.CharField(max_length=40, help_text="Name of the ERP adapter or transport.")
    config = models.JSONField(default=dict, blank=True)
    secrets = models.JSONField(default=dict, blank=True, help_text="Sealed texts by name, e.g. token.")
    duplicates = models.CharField(max_length=14, choices=Duplicates)
    quiet_seconds = models.PositiveIntegerField(default=30)
    paused = models.BooleanField(default=False)
    pause_reason = models.CharField(max_length=200, blank=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    circuit_open_until = models.DateTimeField(null=True, blank=True)
    circuit_reason = models.CharField(max_length=20, blank=True, help_text="Class of the failure that opened it.")
    last_success_at = models.DateTimeField(null=True, blank=True)
    served_at = models.DateTimeField(null=True, blank=True)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True, blank=True)
    probed_at = models.DateTimeField(null=True, blank=True)
    probe_outcome = models.CharField(max_length=14, blank=True)
    probe_detail = models.CharField(max_length=200, blank=True)
    poll_due_at = models.DateTimeField(null=True, blank=True, help_text="When its mailbox is looked into again.")
    cursor = models.CharField(max_length=80, blank=True, help_text="Position of the last pull (payment status).")

    class Meta:
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name

    def option(self, name: str, default: str = "") -> str:
        """A text of the configuration, read from the environment where it says so. Raises ImproperlyConfigured."""
        return _from_environment(str(self.config.get(name, default)))

    @property
    def deadline(self) -> float:
        """Seconds after which one call is given up as a whole: a hanging remote, asked and told, holds a worker for under a minute."""
        return min(float(self.config.get("deadline_seconds", 10)), 25.0)

    @property
    def parallel(self) -> int:
        """How many workers may deliver to it at once, at most 16."""
        return min(max(int(self.config.get("parallel", 2)), 1), 16)

    @property
    def rate_per_minute(self) -> float:
        """How many messages may leave per minute, all workers together; 0 is no limit."""
        return max(float(self.config.get("rate_per_minute", 0)), 0.0)

    def secret(self, name: str) -> str:
        """A secret in plain, empty where there is none. Raises SecretUnreadable, ImproperlyConfigured."""
        if sealed := self.secrets.get(name):
            return unseal(sealed, place=self._place(name))
        return self.option(name)

    def secret_set(self, name: str, plain: str) -> None:
        """Seal a secret into `secrets`; the caller saves."""
        self.secrets = {**self.secrets, name: seal(plain, place=self._place(name))}

    def secrets_reseal(self) -> bool:
        """Seal every secret with the newest key; whether one had another. The caller saves. Raises SecretUnreadable."""
        old = {name: text for name, text in self.secrets.items() if sealed_with(text) != newest_key_id()}
        for name, text in old.items():
            self.secret_set(name, unseal(text, place=self._place(name)))
        return bool(old)

    def _place(self, name: str) -> str:
        return f"endpoint {self.code} {name}"


def _from_environment(value: str) -> str:
    if not value.startswith("env:"):
        return value
    named = _FROM_ENVIRONMENT.fullmatch(value)
    if named is None or named[1] not in os.environ:
        raise ImproperlyConfigured(
            f"The environment has no variable for {value!r} (names begin with ERP_ or DEMO_ERP_)."
        )
    return os.environ[named[1]]


class ErpRoute(models.Model):
    """Which ERP takes a facility's documents, from a day on. A route for one kind of document beats one for all.

    The day that counts is the day the order was issued: what began with the old ERP stays with it until it is closed.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="erp_routes")
    document_kind = models.CharField(
        max_length=40, blank=True, help_text="purchase_order, receipt or invoice; empty for all."
    )
    starts_on = models.DateField(help_text="The facility's day.")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="routes")

    class Meta:
        ordering = ["facility", "document_kind", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "document_kind", "starts_on"], name="integrations_one_route_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.document_kind or 'all'} from {self.starts_on}: {self.endpoint_id}"


class Payload(models.Model):
    """Bytes as sent or received, kept once per content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=60, default="text/plain")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.sha256[:12]


class OutboundMessage(models.Model):
    """One thing to tell one endpoint. Messages of the same `stream` at the same endpoint leave in id order (head of line).

    A stream is everything about one order, so that a receipt or voucher never overtakes its order. `key` is our reference at the remote: the same key means the same effect. `payload` is frozen at the first delivery.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        IN_FLIGHT = "in_flight", "In flight"
        RETRY = "retry", "Waiting to retry"
        UNKNOWN = "unknown", "Outcome unknown"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead letter"
        CANCELLED = "cancelled", "Cancelled by a person"

    OPEN = (State.QUEUED, State.IN_FLIGHT, State.RETRY, State.UNKNOWN)
    WAITING = (State.QUEUED, State.RETRY, State.UNKNOWN)

    id = models.BigAutoField(primary_key=True)
    # keys that begin another index, or that nobody searches by, have none of their own: each costs every delivery three writes
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="messages", db_index=False)
    topic = models.CharField(
        max_length=40, help_text="What it tells: purchase_order.create, receipt.post, voucher.post, …"
    )
    document_kind = models.CharField(max_length=40)
    document_number = models.CharField(max_length=60)
    stream = models.CharField(max_length=80)
    facility = models.ForeignKey(Facility, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    cause = models.CharField(max_length=40, blank=True, help_text="Class of the last failure.")
    detail = models.CharField(max_length=500, blank=True, help_text="The remote's words.")
    remote_reference = models.CharField(max_length=80, blank=True)
    payload = models.ForeignKey(
        Payload, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    trace_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="integrations_one_message_per_key")]
        indexes = [
            models.Index(
                fields=["endpoint", "-urgent", "due_at", "id"],
                condition=models.Q(state__in=["queued", "retry", "in_flight", "unknown"]),
                name="integrations_out_due",
            ),
            models.Index(
                fields=["endpoint", "stream", "id"],
                condition=models.Q(state__in=["queued", "retry", "in_flight", "unknown", "dead"]),
                name="integrations_out_head",
            ),
            models.Index(
                fields=["state", "-id"],
                condition=~models.Q(state__in=["delivered", "in_flight"]),
                name="integrations_out_state",
            ),
            models.Index(fields=["document_kind", "document_number", "id"], name="integrations_out_document"),
            models.Index(fields=["trace_id"], name="integrations_out_trace"),
            models.Index(fields=["endpoint", "-id"], name="integrations_out_newest"),
            models.Index(fields=["lease_until"], condition=models.Q(state="in_flight"), name="integrations_out_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.document_number} -> {self.endpoint_id}"


class Attempt(models.Model):
    """One try to deliver a message. It was counted in `attempt_count` before it ran, so a try that is missing here is a crash.

    `purpose` is send, or find: asking the remote whether it has our reference already. `payload` is what was sent in this try.
    """

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        FOUND = "found", "Already there"
        MISSING = "missing", "Asked: not there"
        PENDING = "pending", "Taken, verdict awaited"
        TRANSIENT = "transient", "Failed, will retry"
        PERMANENT = "permanent", "Refused for good"
        AUTHENTICATION = "authentication", "Sign-in failed"
        CONTRACT = "contract", "Answer not understood"
        UNKNOWN = "unknown", "No answer"
        CRASHED = "crashed", "Worker died"

    message = models.ForeignKey(OutboundMessage, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    purpose = models.CharField(max_length=4, default="send", choices=[("send", "Send"), ("find", "Ask")])
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    # the message's constraint holds it, and payloads are never deleted
    payload = models.ForeignKey(
        Payload, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    answer = models.ForeignKey(
        Payload, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["message", "number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="integrations_attempt_once")]

    def __str__(self) -> str:
        return f"{self.message_id} attempt {self.number}"
