"""What waits for a person: one mechanism for every exception queue, and comments on documents."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.audit import tracked
from core.models import APPEND_ONLY
from masterdata.models import Facility, Supplier
from procurement.models.invoices import Invoice, InvoiceLine
from procurement.models.purchase_orders import PurchaseOrder, PurchaseOrderLine, SupplierAnswerLine


@tracked()
class ExceptionCase(models.Model):
    """One difference somebody has to decide. `amount` is the money at stake in `currency`; `explanation` the stored reasons.

    `closed_by_match` marks cases that settled themselves when the document was matched again.
    """

    class Queue(models.TextChoices):
        AP = "ap", "Accounts payable"
        BUYER = "buyer", "Buyer"
        RECEIVER = "receiver", "Receiver"

    class Kind(models.TextChoices):
        PRICE = "price", "Price"
        NOT_RECEIVED = "not_received", "Not received"
        OVER_ORDERED = "over_ordered", "Over ordered"
        UNIT = "unit", "Unit of measure"
        CHARGES = "charges", "Charges"
        TAX = "tax", "Tax"
        TOTAL = "total", "Total"
        ORDER = "order", "Order"
        DUPLICATE = "duplicate", "Duplicate"
        ANSWER = "answer", "Supplier answer"
        ERP_REJECTED = "erp_rejected", "Rejected by the ERP"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WAITING = "waiting", "Waiting for somebody else"
        RESOLVED = "resolved", "Resolved"

    class Resolution(models.TextChoices):
        ACCEPT_VARIANCE = "accept_variance", "Accept the variance"
        REQUEST_CREDIT = "request_credit", "Request a credit"
        SHORT_PAY = "short_pay", "Short-pay"
        WAIT_FOR_RECEIPT = "wait_for_receipt", "Wait for receipt"
        SEND_TO_BUYER = "send_to_buyer", "Send to the buyer"
        REJECT_INVOICE = "reject_invoice", "Reject the invoice"
        VOID_INVOICE = "void_invoice", "Void the invoice"
        ACCEPT_ANSWER = "accept_answer", "Accept the supplier's change"
        REFUSE_ANSWER = "refuse_answer", "Refuse: line goes back to sourcing"
        SEND_AGAIN = "send_again", "Put right: send it again"
        CANCEL_ORDER = "cancel_order", "Cancel the order"
        MATCHED = "matched", "Settled by a new match"

    queue = models.CharField(max_length=8, choices=Queue)
    kind = models.CharField(max_length=14, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(PurchaseOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    order_line = models.ForeignKey(
        PurchaseOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    answer_line = models.ForeignKey(
        SupplierAnswerLine, null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    invoice_line = models.ForeignKey(InvoiceLine, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    title = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    explanation = models.JSONField(default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    reason_code = models.CharField(max_length=30, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "invoice_line", "kind"],
                condition=~models.Q(state="resolved") & models.Q(invoice__isnull=False),
                nulls_distinct=False,
                name="procurement_one_open_case_per_difference",
            ),
            models.CheckConstraint(
                condition=models.Q(invoice__isnull=False) | models.Q(order__isnull=False),
                name="procurement_case_has_a_document",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "facility", "kind", "-id"],
                condition=~models.Q(state="resolved"),
                name="procurement_case_open",
            ),
            models.Index(fields=["owner", "-id"], condition=~models.Q(state="resolved"), name="procurement_case_owner"),
            models.Index(fields=["invoice"], name="procurement_case_invoice"),
            models.Index(
                fields=["amount", "id"], condition=~models.Q(state="resolved"), name="procurement_case_by_amount"
            ),
            models.Index(
                fields=["due_at", "id"], condition=~models.Q(state="resolved"), name="procurement_case_by_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class DocumentComment(models.Model):
    """A remark on a document, for everybody who may see it."""

    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=60)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    text = models.CharField(max_length=1000)

    class Meta:
        indexes = [models.Index(fields=["kind", "number", "id"], name="procurement_comment_document")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.author_id} on {self.number}"
