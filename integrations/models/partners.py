"""Trading partners: how each speaks, what we exchange with each since when, and the numbers of what went over the wire."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils import timezone

from core.models import APPEND_ONLY
from integrations.models.outbox import Endpoint, OutboundMessage
from masterdata.models import Supplier


class Partner(models.Model):
    """What was agreed with a supplier. Envelope and units stand in columns, the other habits in `habits`.

    `unit_map` is their unit code -> ours. Only integrations.services.profiles turns the row into a Profile and back.
    """

    class Format(models.TextChoices):
        X12 = "x12", "X12"
        EDIFACT = "edifact", "EDIFACT D96A"
        UBL = "ubl", "UBL 2.1"

    supplier = models.OneToOneField(Supplier, on_delete=models.PROTECT, related_name="edi")
    endpoint = models.OneToOneField(Endpoint, on_delete=models.PROTECT, related_name="partner")
    format = models.CharField(max_length=8, choices=Format, default=Format.X12)
    our_qualifier = models.CharField(max_length=4, default="ZZ", blank=True)
    our_id = models.CharField(max_length=35)
    qualifier = models.CharField(max_length=4, default="ZZ", blank=True)
    identifier = models.CharField(max_length=35)
    version = models.CharField(max_length=6, default="004010")
    element_separator = models.CharField(max_length=1, default="*")
    component_separator = models.CharField(max_length=1, default=">")
    segment_terminator = models.CharField(max_length=1, default="~")
    repetition_separator = models.CharField(max_length=1, blank=True)
    group_id = models.CharField(max_length=15, blank=True, help_text="Their GS id where it differs from the ISA id.")
    our_group_id = models.CharField(max_length=15, blank=True)
    unit_map = models.JSONField(default=dict, blank=True)
    habits = models.JSONField(default=dict, blank=True, help_text="The other fields of a Profile, as JSON.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["qualifier", "identifier"], name="integrations_partner_id_once")]

    def __str__(self) -> str:
        return f"{self.qualifier}:{self.identifier}" if self.qualifier else self.identifier


class PartnerContact(models.Model):
    """Whom to call at a partner."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=80, blank=True, help_text="What they answer for: mapping, transport, orders.")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class PartnerDocument(models.Model):
    """Whether one kind of document is exchanged with a partner: not at all, in the sandbox, or live from a moment on.

    A kind without a row is off. Until `live_at` a live kind is in the sandbox.
    """

    class Document(models.TextChoices):
        ORDER = "order", "Orders and their changes"
        ORDER_ANSWER = "order_answer", "Order answers"
        SHIP_NOTICE = "ship_notice", "Ship notices"
        INVOICE = "invoice", "Invoices and credits"
        REMITTANCE = "remittance", "Remittance advices"
        PRICE_CATALOG = "price_catalog", "Price catalogs"
        INVENTORY = "inventory_snapshot", "Stock reports"

    class Stage(models.TextChoices):
        OFF = "off", "Off"
        SANDBOX = "sandbox", "Sandbox"
        LIVE = "live", "Live"

    OUT: Final = (Document.ORDER, Document.REMITTANCE)
    """What we send; the others come in."""
    ROAD: Final = (Document.ORDER, Document.ORDER_ANSWER, Document.SHIP_NOTICE, Document.INVOICE)
    """What ordering takes; the others are exchanged where somebody asks for them."""
    X12_ONLY: Final = (Document.REMITTANCE, Document.PRICE_CATALOG, Document.INVENTORY)

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="documents")
    document = models.CharField(max_length=20, choices=Document)
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.SANDBOX)
    live_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "document"], name="integrations_partner_document_once"),
            models.CheckConstraint(
                condition=~models.Q(stage="live") | models.Q(live_at__isnull=False),
                name="integrations_live_since",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.document} {self.stage}"

    @property
    def outward(self) -> bool:
        """Whether we send it."""
        return self.document in self.OUT


class ControlNumber(models.Model):
    """The last control number used per partner, envelope level and usage (P, or T for tests): a locked counter row without gaps."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="control_numbers")
    level = models.CharField(max_length=12, help_text="interchange, group or set.")
    usage = models.CharField(max_length=1, default="P")
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "level", "usage"], name="integrations_control_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.level} {self.usage} {self.last}"


class ControlNumberSkip(models.Model):
    """Numbers of a counter, `first` to `last`, that are left out: after a restore nobody knows whether they were used."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="skipped_numbers")
    level = models.CharField(max_length=12)
    usage = models.CharField(max_length=1)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    skipped_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.partner_id} {self.level} {self.usage} {self.first} to {self.last}"


class Interchange(models.Model):
    """An envelope we sent, and what the partner's 997 said about it. `usage` is P, or T for tests."""

    class Acknowledgement(models.TextChoices):
        WAITING = "waiting", "Waiting for 997"
        ACCEPTED = "accepted", "Accepted"
        WITH_ERRORS = "with_errors", "Accepted with errors"
        REJECTED = "rejected", "Rejected"
        NOT_EXPECTED = "not_expected", "None expected"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="interchanges")
    message = models.OneToOneField(OutboundMessage, null=True, on_delete=models.PROTECT, related_name="interchange")
    functional_id = models.CharField(max_length=2, help_text="GS01, e.g. PO.")
    usage = models.CharField(max_length=1, default="P")
    control_number = models.BigIntegerField()
    group_number = models.BigIntegerField()
    set_number = models.BigIntegerField(default=1)
    sent_at = models.DateTimeField(auto_now_add=True)
    acknowledgement = models.CharField(max_length=12, choices=Acknowledgement, default=Acknowledgement.WAITING)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "usage", "control_number"], name="integrations_interchange_once"
            ),
            models.UniqueConstraint(
                fields=["partner", "usage", "functional_id", "group_number"], name="integrations_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.control_number:09d}"
