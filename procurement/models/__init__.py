"""Documents of the road from request to payment."""

from procurement.models.approvals import ApprovalPolicy, ApprovalStep
from procurement.models.budgets import BudgetFigure
from procurement.models.exceptions import DocumentComment, ExceptionCase
from procurement.models.invoices import Invoice, InvoiceLine, Tolerance
from procurement.models.purchase_orders import (
    PurchaseOrder,
    PurchaseOrderLine,
    ShipNotice,
    ShipNoticeLine,
    SupplierAnswer,
    SupplierAnswerLine,
)
from procurement.models.receipts import Receipt, ReceiptLine
from procurement.models.requisitions import Requisition, RequisitionLine

__all__ = [
    "ApprovalPolicy",
    "ApprovalStep",
    "BudgetFigure",
    "DocumentComment",
    "ExceptionCase",
    "Invoice",
    "InvoiceLine",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Receipt",
    "ReceiptLine",
    "Requisition",
    "RequisitionLine",
    "ShipNotice",
    "ShipNoticeLine",
    "SupplierAnswer",
    "SupplierAnswerLine",
    "Tolerance",
]
