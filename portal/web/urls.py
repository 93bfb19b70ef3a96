"""Addresses of the screens, a list per room."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.web import approvals, cart, catalog, exceptions, home, invoices, requisitions, searching

# -- everybody ---------------------------------------------------------------------------------------------------------
shell: list[URLPattern] = [
    path("", home.home, name="home"),
    path("search/", searching.search, name="search"),
]

# -- requests and approvals --------------------------------------------------------------------------------------------
requests: list[URLPattern] = [
    path("catalog/", catalog.catalog, name="catalog"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/extra/", cart.add_extra, name="cart-extra"),
    path("requisitions/", requisitions.requisitions, name="requisitions"),
    path("requisitions/<str:number>/", requisitions.requisition, name="requisition"),
    path("requisitions/<str:number>/comment/", requisitions.comment, name="requisition-comment"),
    path("requisitions/<str:number>/lines/<int:line_id>/", cart.change_line, name="requisition-line"),
    path("requisitions/<str:number>/header/", cart.change_header, name="requisition-header"),
    path("requisitions/<str:number>/submit/", cart.submit, name="requisition-submit"),
    path("requisitions/<str:number>/cancel/", cart.cancel, name="requisition-cancel"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/several/", approvals.decide_many, name="approvals-several"),
    path("approvals/<int:step_id>/", approvals.approval, name="approval"),
    path("approvals/<int:step_id>/decide/", approvals.decide, name="approval-decide"),
]

# -- invoices and exceptions -------------------------------------------------------------------------------------------
payables: list[URLPattern] = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/new/", invoices.invoice_new, name="invoice-new"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
    path("invoices/<str:number>/comment/", invoices.comment, name="invoice-comment"),
    path("invoices/<str:number>/match/", invoices.match_again, name="invoice-match"),
    path("exceptions/case/<int:case_id>/", exceptions.case, name="exception"),
    path("exceptions/case/<int:case_id>/resolve/", exceptions.resolve, name="exception-resolve"),
    path("exceptions/case/<int:case_id>/assign/", exceptions.assign, name="exception-assign"),
    path("exceptions/case/<int:case_id>/comment/", exceptions.comment, name="exception-comment"),
    path("exceptions/<str:queue>/", exceptions.queue, name="exceptions"),
    path("exceptions/<str:queue>/several/", exceptions.several, name="exceptions-several"),
    path("exceptions/<str:queue>/views/", exceptions.save_view, name="exceptions-views"),
]

# -- orders, receiving and stock ---------------------------------------------------------------------------------------
supply: list[URLPattern] = []

# -- integration and trace ---------------------------------------------------------------------------------------------
integration: list[URLPattern] = []

urlpatterns = [*shell, *requests, *payables, *supply, *integration]
