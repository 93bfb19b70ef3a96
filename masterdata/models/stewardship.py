"""Who says what about master data: the system of record per attribute, and what other systems say instead."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.audit import tracked


@tracked()
class SystemOfRecord(models.Model):
    """The system whose word counts for one attribute of a kind of record. Empty, or no row: the portal itself."""

    kind = models.CharField(max_length=30)
    attribute = models.CharField(max_length=40)
    system = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["kind", "attribute"]
        constraints = [models.UniqueConstraint(fields=["kind", "attribute"], name="masterdata_one_system_of_record")]

    def __str__(self) -> str:
        return f"{self.kind}.{self.attribute} <- {self.system or 'portal'}"


@tracked()
class MasterProposal(models.Model):
    """What a system says that is not taken over by itself: another value, a record nobody knows, another reference.

    `attribute` names what differs; NEW proposes the record itself and LINK another reference for ours (`object_id`). `said` is
    everything the system said. `look_alikes` lists records of ours that may be the same: {"id", "number", "name", "why"}.
    """

    NEW = "new"
    LINK = "link"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        AGREED = "agreed", "Agreed by itself"

    kind = models.CharField(max_length=30)
    system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    attribute = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True, blank=True)
    facility = models.ForeignKey(
        "masterdata.Facility", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    number = models.CharField(max_length=80, help_text="Our number of the record, theirs for a new one.")
    name = models.CharField(max_length=200, blank=True)
    ours = models.CharField(max_length=200, blank=True)
    theirs = models.CharField(max_length=200, blank=True)
    record = models.CharField(max_length=40, blank=True, help_text="The system of record when it was raised.")
    said = models.JSONField(default=dict)
    look_alikes = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    raised_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "external_id", "attribute"],
                condition=models.Q(state="open"),
                name="masterdata_proposal_open_once",
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="open"), name="masterdata_proposal_waiting"),
            models.Index(fields=["number", "id"], name="masterdata_proposal_number"),
            models.Index(fields=["system", "kind", "external_id"], name="masterdata_proposal_of_record"),
            models.Index(
                fields=["kind", "object_id"], condition=models.Q(state="open"), name="masterdata_proposal_of_ours"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system}:{self.kind}:{self.external_id} {self.attribute}"
