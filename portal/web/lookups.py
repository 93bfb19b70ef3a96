"""Suppliers and contracts, to look up."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.errors import NotFound
from core.keyset import page as page_of
from masterdata.models import Contract
from masterdata.selectors import contracts_visible, suppliers_search
from portal.links import link
from portal.web import format as fmt
from portal.web import parts
from portal.web.page import actor_of, is_fragment, next_href
from portal.web.status import badge


@login_required
def suppliers(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "")[:80]
    page = page_of(suppliers_search(actor_of(request), q=q), after=request.GET.get("after", ""), newest_first=False)
    rows = [
        {
            "code": s.code,
            "name": s.name,
            "status": badge(s.status),
            "terms": f"{s.payment_terms_days} days",
            "minimum": fmt.money(s.minimum_order, s.currency) if s.minimum_order is not None else fmt.Shown(""),
            "orders": f"{link('orders')}?view=all&supplier={s.code}",
        }
        for s in page.rows
    ]
    context: dict[str, Any] = {"rows": rows, "next_href": next_href(request, page), "query": q}
    name = "#rows" if is_fragment(request) and request.GET.get("after") else ""
    return render(request, f"lookups/suppliers.html{name}", context)


@login_required
def contracts(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "")[:80]
    found = contracts_visible(actor_of(request))
    if q:
        found = found.filter(number__icontains=q) | found.filter(supplier__name__icontains=q)
    page = page_of(found, after=request.GET.get("after", ""), newest_first=False)
    context: dict[str, Any] = {
        "rows": [_contract(c) for c in page.rows],
        "next_href": next_href(request, page),
        "query": q,
    }
    name = "#rows" if is_fragment(request) and request.GET.get("after") else ""
    return render(request, f"lookups/contracts.html{name}", context)


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
