"""Who has to agree: versioned policies and the steps they asked for."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.audit import tracked
from masterdata.models import Facility
from procurement.models.requisitions import Requisition


@tracked()
class ApprovalPolicy(models.Model):
    """A version of the rules; `rules` is the list that `procurement.rules.approval_routing` reads. One version is active."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    version = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=80)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    rules = models.JSONField(default=list)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "approval policies"
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="active"), name="procurement_one_active_policy"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


@tracked()
class ApprovalStep(models.Model):
    """One decision by one person: `person` when named, else anybody holding `role` at `facility` (empty: network-wide).

    `why` says in a sentence which rule asked for it. Bound to `content_hash`; a material edit makes it `void`.
    `requester` repeats the requisition's so that the database itself refuses a self-approval.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for an earlier step"
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned"
        REJECTED = "rejected", "Rejected"
        VOID = "void", "Void"

    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="steps")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveSmallIntegerField()
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    network = models.BooleanField(default=False, help_text="The role must be held network-wide.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField(max_length=120)
    why = models.CharField(max_length=300)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["requisition", "sequence"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("requester")),
                name="procurement_no_self_approval",
            ),
            models.CheckConstraint(
                condition=models.Q(on_behalf_of__isnull=True) | ~models.Q(on_behalf_of=models.F("requester")),
                name="procurement_no_self_approval_by_delegate",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["approved", "returned", "rejected"])
                | models.Q(decided_by__isnull=False, decided_at__isnull=False),
                name="procurement_decision_has_a_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["facility", "role", "due_at", "id"],
                condition=models.Q(state="pending"),
                name="procurement_inbox",
            ),
            models.Index(fields=["person", "id"], condition=models.Q(state="pending"), name="procurement_inbox_person"),
        ]

    def __str__(self) -> str:
        return f"{self.requisition_id} step {self.sequence}: {self.label}"
