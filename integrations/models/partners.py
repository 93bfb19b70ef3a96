"""Trading partners: how each speaks, and the numbers of what went over the wire."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from integrations.models.outbox import Endpoint, OutboundMessage
from masterdata.models import Supplier


class Partner(models.Model):
    """EDI profile of a supplier. `unit_map` is their unit code -> ours; delimiters and version are what we send."""

    supplier = models.OneToOneField(Supplier, on_delete=models.PROTECT, related_name="edi")
    endpoint = models.OneToOneField(Endpoint, on_delete=models.PROTECT, related_name="partner")
    our_qualifier = models.CharField(max_length=2, default="ZZ")
    our_id = models.CharField(max_length=15)
    qualifier = models.CharField(max_length=2, default="ZZ")
    identifier = models.CharField(max_length=15)
    version = models.CharField(max_length=6, default="004010")
    element_separator = models.CharField(max_length=1, default="*")
    component_separator = models.CharField(max_length=1, default=">")
    segment_terminator = models.CharField(max_length=1, default="~")
    group_id = models.CharField(max_length=15, blank=True, help_text="Their GS id where it differs from the ISA id.")
    our_group_id = models.CharField(max_length=15, blank=True)
    test = models.BooleanField(default=False)
    unit_map = models.JSONField(default=dict, blank=True)
    connected_at = models.DateTimeField(default=timezone.now, help_text="Orders issued from then on go to the mailbox.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["qualifier", "identifier"], name="integrations_partner_id_once")]

    def __str__(self) -> str:
        return f"{self.qualifier}:{self.identifier}"


class ControlNumber(models.Model):
    """The last control number used per partner and envelope level: a locked counter row, so that there are no gaps."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="control_numbers")
    level = models.CharField(max_length=12, help_text="interchange, group or set.")
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "level"], name="integrations_control_number_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.level} {self.last}"


class Interchange(models.Model):
    """An envelope we sent, and what the partner's 997 said about it."""

    class Acknowledgement(models.TextChoices):
        WAITING = "waiting", "Waiting for 997"
        ACCEPTED = "accepted", "Accepted"
        WITH_ERRORS = "with_errors", "Accepted with errors"
        REJECTED = "rejected", "Rejected"
        NOT_EXPECTED = "not_expected", "None expected"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="interchanges")
    message = models.OneToOneField(OutboundMessage, null=True, on_delete=models.PROTECT, related_name="interchange")
    functional_id = models.CharField(max_length=2, help_text="GS01, e.g. PO.")
    control_number = models.BigIntegerField()
    group_number = models.BigIntegerField()
    set_number = models.BigIntegerField(default=1)
    sent_at = models.DateTimeField(auto_now_add=True)
    acknowledgement = models.CharField(max_length=12, choices=Acknowledgement, default=Acknowledgement.WAITING)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "control_number"], name="integrations_interchange_once"),
            models.UniqueConstraint(
                fields=["partner", "functional_id", "group_number"], name="integrations_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.control_number:09d}"
