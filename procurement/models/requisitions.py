"""What a department asks for. The cart is simply the requester's draft requisition."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django_fsm import FSMField, transition

from core.audit import tracked
from masterdata.models import ContractLine, CostCenter, Facility, Item, Location, Supplier


@tracked()
class Requisition(models.Model):
    """`total` is the estimate over all lines that are not rejected, in `currency`.

    `content_hash` is taken over the material content when it is submitted; approvals are bound to it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        RETURNED = "returned", "Returned for changes"
        APPROVED = "approved", "Approved"
        ORDERED = "ordered", "Ordered"
        FULFILLED = "fulfilled", "Fulfilled"
        CLOSED = "closed", "Closed"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"

    EDITABLE = (Status.DRAFT, Status.RETURNED)

    number = models.CharField(max_length=20, unique=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="Where it is needed.")
    cost_center = models.ForeignKey(CostCenter, on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requisitions")
    status = FSMField(max_length=12, choices=Status, default=Status.DRAFT)
    urgent = models.BooleanField(default=False)
    needed_by = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    content_hash = models.CharField(max_length=64, blank=True)
    policy_version = models.PositiveIntegerField(null=True, blank=True)
    budget_check = models.JSONField(default=dict, blank=True)
    trace_id = models.CharField(max_length=64, db_index=True)
    is_cart = models.BooleanField(default=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["facility", "status", "-id"], name="procurement_req_facility"),
            models.Index(fields=["requester", "status", "-id"], name="procurement_req_mine"),
            models.Index(fields=["needed_by", "id"], name="procurement_req_by_needed"),
            models.Index(fields=["total", "id"], name="procurement_req_by_total"),
            models.Index(fields=["submitted_at", "id"], name="procurement_req_by_submitted"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["requester", "facility"],
                condition=models.Q(status="draft", is_cart=True),
                name="procurement_one_cart_per_facility",
            )
        ]
        triggers = [
            pgtrigger.FSM(
                name="legal_states",
                field="status",
                transitions=[
                    ("draft", "submitted"), ("returned", "submitted"), ("draft", "cancelled"), ("returned", "cancelled"),
                    ("submitted", "approved"), ("submitted", "returned"), ("submitted", "rejected"), ("submitted", "cancelled"),
                    ("approved", "ordered"), ("approved", "fulfilled"), ("approved", "cancelled"),
                    ("ordered", "fulfilled"), ("ordered", "closed"), ("fulfilled", "closed"), ("fulfilled", "ordered"),
                    ("closed", "fulfilled"), ("closed", "ordered"),
                ],
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @transition(field=status, source=[Status.DRAFT, Status.RETURNED], target=Status.SUBMITTED)
    def submit(self) -> None: ...

    @transition(field=status, source=Status.SUBMITTED, target=Status.APPROVED)
    def approve(self) -> None: ...

    @transition(field=status, source=Status.SUBMITTED, target=Status.RETURNED)
    def send_back(self) -> None: ...

    @transition(field=status, source=Status.SUBMITTED, target=Status.REJECTED)
    def reject(self) -> None: ...

    @transition(
        field=status, source=[Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.APPROVED], target=Status.CANCELLED
    )
    def cancel(self) -> None: ...

    @transition(field=status, source=Status.APPROVED, target=Status.ORDERED)
    def mark_ordered(self) -> None: ...

    @transition(field=status, source=[Status.APPROVED, Status.ORDERED], target=Status.FULFILLED)
    def fulfil(self) -> None: ...

    @transition(field=status, source=Status.FULFILLED, target=Status.ORDERED)
    def unfulfil(self) -> None: ...

    @transition(field=status, source=[Status.ORDERED, Status.FULFILLED], target=Status.CLOSED)
    def close(self) -> None: ...


@tracked()
class RequisitionLine(models.Model):
    """`quantity` counts `unit`s (order units); `base_quantity` the same in the item's base unit; `unit_price` is per `unit`.

    The `order_*` fields say how the chosen source sells it; the order line is written in them. `unsourced_base` is how much of
    `base_quantity` waits for the buyer now, `waived_base` how much a buyer decided is no longer needed; the rest is on living orders.
    """

    class Contract(models.TextChoices):
        ON = "on_contract", "On contract"
        OFF = "off_contract", "Off contract"
        NONE = "no_contract", "No contract"
        NON_CATALOG = "non_catalog", "Not in the catalog"

    class Fill(models.TextChoices):
        OPEN = "open", "Open"
        TO_SOURCE = "to_source", "Waiting for the buyer"
        FROM_STOCK = "from_stock", "Filled from stock"
        ORDERED = "ordered", "Ordered"
        REJECTED = "rejected", "Rejected"
        WAIVED = "waived", "No longer needed"

    requisition = models.ForeignKey(Requisition, on_delete=models.CASCADE, related_name="lines")
    line_number = models.PositiveIntegerField()
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    supplier_chosen = models.BooleanField(
        default=False, help_text="A person named the supplier; else the contract decides."
    )
    supplier_part = models.CharField(max_length=60, blank=True)
    suggested_supplier = models.CharField(max_length=120, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=3)
    base_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    order_unit = models.CharField(max_length=3, blank=True, help_text="The unit the chosen source sells in.")
    order_multiplier = models.DecimalField(
        max_digits=12, decimal_places=4, default=1, help_text="Base units per order unit."
    )
    order_price = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text="Per order unit.")
    lead_time_days = models.PositiveSmallIntegerField(default=0)
    contract_line = models.ForeignKey(ContractLine, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contract_check = models.CharField(max_length=12, choices=Contract, blank=True)
    contract_explanation = models.JSONField(default=dict, blank=True)
    off_contract_reason = models.CharField(max_length=200, blank=True)
    confirmed = models.BooleanField(
        default=False, help_text="The requester confirmed an unusual quantity or a duplicate."
    )
    fill = models.CharField(max_length=12, choices=Fill, default=Fill.OPEN)
    unsourced_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    waived_base = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    decision_comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["requisition", "line_number"]
        constraints = [
            models.UniqueConstraint(fields=["requisition", "line_number"], name="procurement_req_line_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, base_quantity__gt=0), name="procurement_req_line_positive"
            ),
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="procurement_req_line_price"),
            models.CheckConstraint(
                condition=models.Q(fill="to_source", unsourced_base__gt=0)
                | (~models.Q(fill="to_source") & models.Q(unsourced_base=0)),
                name="procurement_req_line_to_source",
            ),
            models.CheckConstraint(condition=models.Q(waived_base__gte=0), name="procurement_req_line_waived"),
        ]
        indexes = [
            models.Index(fields=["item", "-id"], name="procurement_req_line_item"),
            models.Index(fields=["id"], condition=models.Q(fill="to_source"), name="procurement_to_source"),
        ]

    def __str__(self) -> str:
        return f"{self.requisition_id} line {self.line_number}"
