"""What suppliers bill, and how far it may differ."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django_fsm import FSMField, transition

from core.audit import tracked
from masterdata.models import Category, Facility, Item, Supplier
from procurement.models.purchase_orders import PurchaseOrder, PurchaseOrderLine


@tracked()
class Invoice(models.Model):
    """Amounts are in `currency`. A credit memo is an invoice of kind credit: its amounts are positive, its sign is in the kind.

    `charges` lists {"code", "description", "amount"} with signed amounts (allowances negative).
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT = "credit", "Credit memo"

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        MATCHED = "matched", "Matched"
        EXCEPTION = "exception", "Exception"
        APPROVED = "approved", "Approved"
        POSTED = "posted", "Posted to ERP"
        PAID = "paid", "Paid"
        REJECTED = "rejected", "Rejected"
        DISPUTED = "disputed", "Disputed"
        VOID = "void", "Void"

    class Payment(models.TextChoices):
        NONE = "none", "Not scheduled"
        SCHEDULED = "scheduled", "Scheduled"
        PAID = "paid", "Paid"

    number = models.CharField(max_length=20, unique=True)
    supplier_number = models.CharField(max_length=40)
    normalized_number = models.CharField(max_length=40)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(PurchaseOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices")
    order_reference = models.CharField(
        max_length=40, blank=True, help_text="The order number as the supplier wrote it."
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INVOICE)
    status = FSMField(max_length=10, choices=Status, default=Status.RECEIVED)
    source = models.CharField(max_length=10, help_text="810, ubl, api, csv or typed.")
    invoice_date = models.DateField()
    due_date = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    charges = models.JSONField(default=list, blank=True)
    approved_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="What will be paid."
    )
    header_match = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    matched_at = models.DateTimeField(null=True, blank=True)
    voucher_number = models.CharField(max_length=40, blank=True, db_index=True)
    payment = models.CharField(max_length=10, choices=Payment, default=Payment.NONE)
    paid_on = models.DateField(null=True, blank=True)
    trace_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "normalized_number", "kind"],
                condition=~models.Q(status__in=["rejected", "void"]),
                name="procurement_invoice_number_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="paid") | models.Q(paid_on__isnull=False), name="procurement_paid_has_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "status", "-id"], name="procurement_inv_facility"),
            models.Index(fields=["order"], name="procurement_inv_order"),
            models.Index(fields=["due_date", "id"], name="procurement_inv_by_due"),
            models.Index(fields=["total", "id"], name="procurement_inv_by_total"),
            models.Index(fields=["supplier", "total", "invoice_date"], name="procurement_inv_lookalike"),
            models.Index(fields=["supplier_number"], name="procurement_inv_number"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="legal_states",
                field="status",
                transitions=[
                    ("received", "matched"), ("received", "exception"), ("received", "void"), ("received", "rejected"),
                    ("exception", "matched"), ("exception", "approved"), ("exception", "rejected"), ("exception", "disputed"),
                    ("exception", "void"), ("disputed", "exception"), ("disputed", "matched"), ("disputed", "rejected"),
                    ("disputed", "void"), ("disputed", "approved"), ("matched", "approved"), ("matched", "exception"), ("approved", "posted"),
                    ("approved", "exception"), ("posted", "paid"),
                ],
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    MATCHABLE = (Status.RECEIVED, Status.EXCEPTION, Status.DISPUTED)

    @transition(field=status, source=[Status.RECEIVED, Status.EXCEPTION, Status.DISPUTED], target=Status.MATCHED)
    def match(self) -> None: ...

    @transition(
        field=status,
        source=[Status.RECEIVED, Status.DISPUTED, Status.MATCHED, Status.APPROVED],
        target=Status.EXCEPTION,
    )
    def open_exception(self) -> None: ...

    @transition(field=status, source=[Status.MATCHED, Status.EXCEPTION, Status.DISPUTED], target=Status.APPROVED)
    def approve(self) -> None: ...

    @transition(field=status, source=Status.APPROVED, target=Status.POSTED)
    def post(self) -> None: ...

    @transition(field=status, source=Status.POSTED, target=Status.PAID)
    def pay(self) -> None: ...

    @transition(field=status, source=Status.EXCEPTION, target=Status.DISPUTED)
    def dispute(self) -> None: ...

    @transition(field=status, source=[Status.RECEIVED, Status.EXCEPTION, Status.DISPUTED], target=Status.REJECTED)
    def reject(self) -> None: ...

    @transition(field=status, source=[Status.RECEIVED, Status.EXCEPTION, Status.DISPUTED], target=Status.VOID)
    def void(self) -> None: ...


class InvoiceLine(models.Model):
    """`unit_price` is per `unit`; `base_quantity` is empty where the unit could not be converted. `match` is the stored explanation."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    line_number = models.PositiveIntegerField()
    order_line = models.ForeignKey(
        PurchaseOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_lines"
    )
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=200, blank=True)
    supplier_part = models.CharField(max_length=60, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=3)
    base_quantity = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    match = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["invoice", "line_number"]
        constraints = [models.UniqueConstraint(fields=["invoice", "line_number"], name="procurement_inv_line_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id} line {self.line_number}"


@tracked()
class Tolerance(models.Model):
    """How far one kind of difference may go. Empty percent and amount mean no limit; zero means no difference allowed.

    The most specific wins: supplier and category, supplier, category, facility, network. `amount` is per invoice line, in the
    invoice's currency. `combine` says whether either limit suffices or both must hold.
    """

    class Combine(models.TextChoices):
        EITHER = "either", "Either limit suffices"
        BOTH = "both", "Both limits must hold"

    class Kind(models.TextChoices):
        PRICE_OVER = "price_over", "Price above the order"
        PRICE_UNDER = "price_under", "Price below the order"
        QUANTITY_NOT_RECEIVED = "quantity_not_received", "Billed but not received"
        QUANTITY_OVER_ORDERED = "quantity_over_ordered", "Billed above the ordered quantity"
        CHARGES = "charges", "Freight and other charges"
        TAX = "tax", "Tax"
        TOTAL = "total", "Total against the sum of lines"

    kind = models.CharField(max_length=24, choices=Kind)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    percent = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    combine = models.CharField(max_length=6, choices=Combine, default=Combine.BOTH)
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "facility", "supplier", "category"],
                nulls_distinct=False,
                name="procurement_tolerance_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} tolerance"
