"""Who may do what, where: role grants and delegations."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.audit import tracked
from masterdata.models.places import Facility


class Role(models.TextChoices):
    REQUESTER = "requester", "Requester"
    APPROVER = "approver", "Approver"
    BUYER = "buyer", "Buyer"
    RECEIVER = "receiver", "Receiver"
    STOCK_CLERK = "stock_clerk", "Stock clerk"
    AP_CLERK = "ap_clerk", "Accounts-payable clerk"
    STEWARD = "steward", "Master-data steward"
    INTEGRATION_SUPPORT = "integration_support", "Integration support"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


ALL_ROLES = tuple(role.value for role in Role)


@tracked()
class RoleGrant(models.Model):
    """A role of a person at one facility, or network-wide when the facility is empty.

    `limit_amount` is the largest amount (in the facility's currency) the person may decide under this role: the total of a
    requisition for an approver, the variance for an AP clerk. Empty means no limit.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="role_grants")
    limit_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "facility"], nulls_distinct=False, name="masterdata_grant_once"
            )
        ]
        indexes = [models.Index(fields=["role", "facility"], name="masterdata_grant_holders")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} @ {self.facility or 'network'}"


@tracked()
class Delegation(models.Model):
    """`lender` lets `delegate` act under one role, at one facility or wherever the lender may, from day to day inclusive."""

    lender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_held")
    role = models.CharField(max_length=20, choices=Role)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="masterdata_delegation_days"
            ),
            models.CheckConstraint(
                condition=~models.Q(lender=models.F("delegate")), name="masterdata_delegation_to_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.lender} ({self.role})"
