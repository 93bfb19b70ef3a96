"""Addresses of API v1."""

from __future__ import annotations

from django.urls import path

from portal.api.v1 import experience, process, system

urlpatterns = [
    path("system/items", system.Items.as_view(), name="api-items"),
    path("system/items/<str:number>", system.ItemDetail.as_view(), name="api-item"),
    path("system/suppliers", system.Suppliers.as_view(), name="api-suppliers"),
    path("system/suppliers/<str:number>", system.SupplierDetail.as_view(), name="api-supplier"),
    path("system/locations", system.Locations.as_view(), name="api-locations"),
    path("system/locations/<str:number>", system.LocationDetail.as_view(), name="api-location"),
    path("system/contracts", system.Contracts.as_view(), name="api-contracts"),
    path("system/contracts/<str:number>", system.ContractDetail.as_view(), name="api-contract"),
    path("system/purchase-orders", system.Orders.as_view(), name="api-orders"),
    path("system/purchase-orders/<str:number>", system.OrderDetail.as_view(), name="api-order"),
    path("system/receipts", system.Receipts.as_view(), name="api-receipts"),
    path("system/receipts/<str:number>", system.ReceiptDetail.as_view(), name="api-receipt"),
    path("system/invoices", system.Invoices.as_view(), name="api-invoices"),
    path("system/invoices/<str:number>", system.InvoiceDetail.as_view(), name="api-invoice"),
    path("system/stock", system.Stock.as_view(), name="api-stock"),
    path("system/stock/<str:number>", system.StockOfItem.as_view(), name="api-stock-item"),
    path("process/requisitions", process.Requisitions.as_view(), name="api-requisition-create"),
    path("process/requisitions/<str:number>", process.RequisitionDetail.as_view(), name="api-requisition"),
    path(
        "process/requisitions/<str:number>/submit", process.RequisitionSubmit.as_view(), name="api-requisition-submit"
    ),
    path("process/approvals", process.Approvals.as_view(), name="api-approvals"),
    path("process/approvals/<int:pk>/decide", process.ApprovalDecide.as_view(), name="api-approval-decide"),
    path("process/receipts", process.Receipts.as_view(), name="api-receipt-post"),
    path("process/invoices", process.Invoices.as_view(), name="api-invoice-register"),
    path("process/invoices/<str:number>/match", process.InvoiceMatch.as_view(), name="api-invoice-match"),
    path("process/invoice-exceptions", process.InvoiceExceptions.as_view(), name="api-exceptions"),
    path(
        "process/invoice-exceptions/<int:pk>/resolve", process.ExceptionResolve.as_view(), name="api-exception-resolve"
    ),
    path("experience/home", experience.Home.as_view(), name="api-home"),
    path("experience/trace", experience.TraceSearch.as_view(), name="api-trace"),
]
