"""Suppliers and contracts, to look up."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from core.errors import NotFound
from masterdata.models import Contract, Supplier
from masterdata.selectors import contracts_visible, suppliers_search
from portal.links import link
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.page import actor_of
from portal.web.status import badge


@login_required
def suppliers(request: HttpRequest) -> HttpResponseBase:
    found = suppliers_search(actor_of(request), q=request.GET.get("q", "")[:80])
    return lists.answer(
        request, lists.SUPPLIERS, found, template="lookups/suppliers.html", row=_supplier,
        header=("Code", "Name", "Status", "Payment terms in days", "Minimum order", "Currency"),
        line=lambda s: (
            s.code, s.name, s.get_status_display(), s.payment_terms_days,
            "" if s.minimum_order is None else s.minimum_order, s.currency,
        ),
        frame=lambda _: {
            "columns": [
                lists.column(lists.SUPPLIERS, request.GET, "name", "Supplier"),
                lists.column(lists.SUPPLIERS, request.GET, "code", "Code"), parts.Column(label="Status"),
                parts.Column(label="Terms"), parts.Column(label="Minimum order", align="end"),
            ]
        },
    )  # fmt: skip


def _supplier(row: Supplier) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "status": badge(row.status),
        "terms": f"{row.payment_terms_days} days",
        "minimum": fmt.money(row.minimum_order, row.currency) if row.minimum_order is not None else fmt.Shown(""),
        "orders": f"{link('orders')}?view=all&supplier={row.code}",
    }


@login_required
def contracts(request: HttpRequest) -> HttpResponseBase:
    q = request.GET.get("q", "")[:80]
    found = contracts_visible(actor_of(request))
    if q:
        found = found.filter(number__icontains=q) | found.filter(supplier__name__icontains=q)
    return lists.answer(
        request, lists.CONTRACTS, found, template="lookups/contracts.html", row=_contract,
        header=("Number", "Name", "Supplier", "Kind", "Status", "From", "To", "Currency"),
        line=lambda c: (
            c.number, c.name, c.supplier.name, c.get_kind_display(), c.get_status_display(), c.valid_from, c.valid_to, c.currency,
        ),
        frame=lambda _: {
            "columns": [
                lists.column(lists.CONTRACTS, request.GET, "number", "Contract"), parts.Column(label="Name"),
                parts.Column(label="Supplier"), parts.Column(label="Kind"), parts.Column(label="Status"),
                lists.column(lists.CONTRACTS, request.GET, "until", "Valid to"),
            ]
        },
    )  # fmt: skip


def _contract(row: Contract) -> dict[str, Any]:
    return {
        "number": row.number,
        "href": link("contract", row.number),
        "name": row.name,
        "supplier": row.supplier.name,
        "kind": row.get_kind_display(),
        "status": badge("expired") if row.valid_to < timezone.now().date() else badge(row.status),
        "until": fmt.day(row.valid_to),
    }


@login_required
def contract(request: HttpRequest, number: str) -> HttpResponse:
    row = (
        contracts_visible(actor_of(request)).filter(number=number).prefetch_related("lines__item", "facilities").first()
    )
    if row is None:
        raise NotFound(f"There is no contract {number}.")
    shown = _contract(row)
    return render(
        request,
        "lookups/contract.html",
        {
            "row": row,
            "header_badge": shown["status"],
            "header_facts": [
                parts.Fact(label="Supplier", value=row.supplier.name),
                parts.Fact(label="Kind", value=row.get_kind_display()),
                parts.Fact(label="From", value=fmt.day(row.valid_from)),
                parts.Fact(label="To", value=fmt.day(row.valid_to)),
                parts.Fact(label="For", value=", ".join(f.name for f in row.facilities.all()) or "every facility"),
            ],
            "lines": [
                {
                    "item": li.item.number,
                    "href": link("item", li.item.number),
                    "title": li.item.description,
                    "price": fmt.price(li.price, row.currency, li.unit),
                    "breaks": "; ".join(f"from {b['quantity']} {li.unit}: {b['price']}" for b in li.breaks),
                }
                for li in row.lines.all()
            ],
            "crumbs": [parts.Crumb(label="Contracts", href=link("contracts")), parts.Crumb(label=row.number)],
        },
    )  # fmt: skip
