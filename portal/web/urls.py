"""Addresses of the screens, a list per room."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.web import approvals, cart, catalog, home, requisitions, searching

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
payables: list[URLPattern] = []

# -- orders, receiving and stock ---------------------------------------------------------------------------------------
supply: list[URLPattern] = []

# -- integration and trace ---------------------------------------------------------------------------------------------
integration: list[URLPattern] = []

urlpatterns = [*shell, *requests, *payables, *supply, *integration]
