"""Addresses of the screens, a list per room."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.web import home

# -- everybody ---------------------------------------------------------------------------------------------------------
shell: list[URLPattern] = [
    path("", home.home, name="home"),
]

# -- requests and approvals --------------------------------------------------------------------------------------------
requests: list[URLPattern] = []

# -- invoices and exceptions -------------------------------------------------------------------------------------------
payables: list[URLPattern] = []

# -- orders, receiving and stock ---------------------------------------------------------------------------------------
supply: list[URLPattern] = []

# -- integration and trace ---------------------------------------------------------------------------------------------
integration: list[URLPattern] = []

urlpatterns = [*shell, *requests, *payables, *supply, *integration]
