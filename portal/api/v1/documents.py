"""How records look in the API. Decimals are strings; moments are UTC; records are named by their numbers and codes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import StockBalance
from masterdata.models import Contract, ContractLine, Item, Location, Supplier
from procurement.models import (
    ApprovalStep,
    ExceptionCase,
    Invoice,
    InvoiceLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
)
from procurement.services.exceptions import legal_actions


class PackagingOut(serializers.Serializer[Any]):
    unit = serializers.CharField()
    multiplier = serializers.DecimalField(12, 4)
    gtin = serializers.CharField()


class ItemOut(serializers.ModelSerializer[Item]):
    category = serializers.CharField(source="category.code")
    packagings = PackagingOut(many=True)

    class Meta:
        model = Item
        fields = [
            "number", "description", "category", "unspsc", "base_unit", "manufacturer", "manufacturer_part", "lot_tracked",
            "serial_tracked", "expiry_tracked", "criticality", "status", "packagings",
        ]  # fmt: skip


class SupplierOut(serializers.ModelSerializer[Supplier]):
    class Meta:
        model = Supplier
        fields = ["code", "name", "gln", "payment_terms_days", "currency", "minimum_order", "status"]


class LocationOut(serializers.ModelSerializer[Location]):
    facility = serializers.CharField(source="facility.code")

    class Meta:
        model = Location
        fields = ["id", "facility", "code", "name", "kind", "gln"]


class ContractLineOut(serializers.ModelSerializer[ContractLine]):
    item = serializers.CharField(source="item.number")

    class Meta:
        model = ContractLine
        fields = ["item", "unit", "price", "breaks"]


class ContractOut(serializers.ModelSerializer[Contract]):
    supplier = serializers.CharField(source="supplier.code")

    class Meta:
        model = Contract
        fields = ["number", "name", "supplier", "kind", "status", "valid_from", "valid_to", "currency"]


class ContractDetailOut(ContractOut):
    lines = ContractLineOut(many=True)

    class Meta(ContractOut.Meta):
        fields = [*ContractOut.Meta.fields, "lines"]


class StockOut(serializers.ModelSerializer[StockBalance]):
    facility = serializers.CharField(source="location.facility.code")
    location = serializers.CharField(source="location.code")
    item = serializers.CharField(source="item.number")
    unit = serializers.CharField(source="item.base_unit")
    lot = serializers.CharField(source="lot.number")
    expiry = serializers.DateField(source="lot.expiry")
    lot_status = serializers.CharField(source="lot.status")

    class Meta:
        model = StockBalance
        fields = ["facility", "location", "item", "lot", "expiry", "lot_status", "quantity", "unit"]


class RequisitionLineOut(serializers.ModelSerializer[RequisitionLine]):
    item = serializers.CharField(source="item.number", default=None)
    supplier = serializers.CharField(source="supplier.code", default=None)

    class Meta:
        model = RequisitionLine
        fields = [
            "line_number", "item", "description", "quantity", "unit", "base_quantity", "unit_price", "supplier",
            "contract_check", "contract_explanation", "off_contract_reason", "fill",
            "unsourced_base", "waived_base",
        ]  # fmt: skip


class StepOut(serializers.ModelSerializer[ApprovalStep]):
    decided_by = serializers.CharField(source="decided_by.name", default=None)
    on_behalf_of = serializers.CharField(source="on_behalf_of.name", default=None)

    class Meta:
        model = ApprovalStep
        fields = [
            "id", "sequence", "label", "why", "state", "amount", "due_at", "decided_by", "on_behalf_of", "decided_at", "comment",
        ]  # fmt: skip


class RequisitionOut(serializers.ModelSerializer[Requisition]):
    facility = serializers.CharField(source="facility.code")
    location = serializers.CharField(source="location.code")
    cost_center = serializers.CharField(source="cost_center.code")
    requester = serializers.CharField(source="requester.name")
    lines = RequisitionLineOut(many=True)
    approvals = StepOut(many=True, source="steps")

    class Meta:
        model = Requisition
        fields = [
            "number", "status", "facility", "location", "cost_center", "requester", "urgent", "needed_by", "note", "currency",
            "total", "budget_check", "content_hash", "trace_id", "created_at", "submitted_at", "approved_at", "lines", "approvals",
        ]  # fmt: skip


class ApprovalOut(StepOut):
    requisition = serializers.CharField(source="requisition.number")
    facility = serializers.CharField(source="requisition.facility.code")
    requester = serializers.CharField(source="requester.name")
    currency = serializers.CharField(source="requisition.currency")
    urgent = serializers.BooleanField(source="requisition.urgent")

    class Meta(StepOut.Meta):
        fields = [*StepOut.Meta.fields, "requisition", "facility", "requester", "currency", "urgent", "content_hash"]


class OrderOut(serializers.ModelSerializer[PurchaseOrder]):
    facility = serializers.CharField(source="facility.code")
    supplier = serializers.CharField(source="supplier.code")
    ship_to = serializers.CharField(source="ship_to.code")
    requisition = serializers.CharField(source="requisition.number", default=None)

    class Meta:
        model = PurchaseOrder
        fields = [
            "number", "status", "facility", "supplier", "ship_to", "requisition", "urgent", "currency", "total", "needed_by",
            "expected_on", "issued_at", "erp_number", "supplier_order_number", "supplier_dispatch", "erp_dispatch",
            "acknowledgement", "trace_id",
        ]  # fmt: skip


class OrderLineOut(serializers.ModelSerializer[PurchaseOrderLine]):
    item = serializers.CharField(source="item.number", default=None)

    class Meta:
        model = PurchaseOrderLine
        fields = [
            "line_number", "item", "description", "supplier_part", "quantity", "unit", "multiplier", "unit_price", "base_quantity",
            "received_base", "rejected_base", "invoiced_base", "promised_on", "cancelled",
        ]  # fmt: skip


class OrderDetailOut(OrderOut):
    lines = OrderLineOut(many=True)

    class Meta(OrderOut.Meta):
        fields = [*OrderOut.Meta.fields, "lines"]


class ReceiptLineOut(serializers.ModelSerializer[ReceiptLine]):
    line_number = serializers.IntegerField(source="order_line.line_number")
    item = serializers.CharField(source="item.number", default=None)

    class Meta:
        model = ReceiptLine
        fields = [
            "line_number",
            "item",
            "quantity",
            "unit",
            "base_quantity",
            "rejected_base",
            "problem",
            "lot",
            "expiry",
            "serial",
        ]


class ReceiptOut(serializers.ModelSerializer[Receipt]):
    facility = serializers.CharField(source="facility.code")
    order = serializers.CharField(source="order.number")
    supplier = serializers.CharField(source="order.supplier.code")
    location = serializers.CharField(source="location.code")
    received_by = serializers.CharField(source="received_by.name")
    reversal_of = serializers.CharField(source="reversal_of.number", default=None)

    class Meta:
        model = Receipt
        fields = [
            "number", "status", "facility", "order", "supplier", "location", "received_by", "received_on", "posted_at",
            "reversal_of", "reason", "erp_number", "trace_id",
        ]  # fmt: skip


class ReceiptDetailOut(ReceiptOut):
    lines = ReceiptLineOut(many=True)

    class Meta(ReceiptOut.Meta):
        fields = [*ReceiptOut.Meta.fields, "lines"]


class InvoiceOut(serializers.ModelSerializer[Invoice]):
    facility = serializers.CharField(source="facility.code")
    supplier = serializers.CharField(source="supplier.code")
    order = serializers.CharField(source="order.number", default=None)

    class Meta:
        model = Invoice
        fields = [
            "number", "supplier_number", "kind", "status", "facility", "supplier", "order", "source", "invoice_date", "due_date",
            "currency", "total", "tax", "charges", "approved_amount", "voucher_number", "payment", "paid_on", "matched_at", "trace_id",
        ]  # fmt: skip


class InvoiceLineOut(serializers.ModelSerializer[InvoiceLine]):
    order_line_number = serializers.IntegerField(source="order_line.line_number", default=None)

    class Meta:
        model = InvoiceLine
        fields = [
            "line_number", "order_line_number", "supplier_part", "description", "quantity", "unit", "unit_price", "amount", "match",
        ]  # fmt: skip


class CaseOut(serializers.ModelSerializer[ExceptionCase]):
    facility = serializers.CharField(source="facility.code")
    supplier = serializers.CharField(source="supplier.code")
    invoice = serializers.CharField(source="invoice.number", default=None)
    order = serializers.CharField(source="order.number", default=None)
    line_number = serializers.IntegerField(source="invoice_line.line_number", default=None)
    owner = serializers.CharField(source="owner.name", default=None)
    actions = serializers.SerializerMethodField()

    class Meta:
        model = ExceptionCase
        fields = [
            "id", "queue", "kind", "state", "facility", "supplier", "order", "invoice", "line_number", "title", "amount", "currency",
            "explanation", "owner", "opened_at", "due_at", "resolution", "reason_code", "comment", "resolved_at", "actions",
        ]  # fmt: skip

    def get_actions(self, case: ExceptionCase) -> list[str]:
        return legal_actions(case)


class CaseInInvoiceOut(serializers.ModelSerializer[ExceptionCase]):
    line_number = serializers.IntegerField(source="invoice_line.line_number", default=None)

    class Meta:
        model = ExceptionCase
        fields = ["id", "queue", "kind", "state", "line_number", "title", "amount", "resolution", "reason_code"]


class InvoiceDetailOut(InvoiceOut):
    lines = InvoiceLineOut(many=True)
    exceptions = CaseInInvoiceOut(many=True, source="cases")

    class Meta(InvoiceOut.Meta):
        fields = [*InvoiceOut.Meta.fields, "header_match", "lines", "exceptions"]
