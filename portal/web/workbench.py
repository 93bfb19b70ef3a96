"""The buyer's workbench: lines that wait for a source, draft orders, answers that wait for a decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.errors import Invalid, NotFound
from core.keyset import sorted_by
from masterdata.models import Role
from masterdata.rules.offers import PRICE_PLACES, ItemFacts, round_money
from masterdata.selectors import facts_by_facility, suppliers_search
from portal.links import link
from portal.web import format as fmt
from portal.web import lists
from portal.web.page import actor_of, csv_file, go, typed_id
from portal.web.preferences import facility_chosen
from portal.web.status import badge
from procurement.models import ExceptionCase, PurchaseOrder, RequisitionLine
from procurement.selectors.invoices import cases_listed
from procurement.selectors.purchase_orders import orders_listed
from procurement.selectors.requisitions import lines_to_source
from procurement.services.purchase_orders import purchase_order_create
from procurement.services.sourcing import lines_waive, unsourced

SHOWN = 60
HEADER = (
    "Requisition", "Facility", "For", "Item", "Description", "Quantity", "Unit", "Needed by", "Approved", "Urgent", "Contract",
    "Suggested source",
)  # fmt: skip


@login_required
def workbench(request: HttpRequest) -> HttpResponseBase:
    actor, here = actor_of(request), facility_chosen(request)
    if not actor.has(Role.BUYER):
        raise NotFound("There is no such page for you.")
    found = sorted_by(lines_to_source(actor, facility_id=here), lists.order_of(lists.WORKBENCH, request.GET))
    if request.GET.get("export") == "csv":
        return csv_file("to-source", HEADER, (_export(line) for line in found.iterator(chunk_size=500)))
    around, elsewhere = lists.begin(request, lists.WORKBENCH)
    if elsewhere:
        return elsewhere
    lines = list(found[:SHOWN])
    drafts = orders_listed(actor, view="drafts", facility_id=here)[:SHOWN]
    answers = cases_listed(actor, ExceptionCase.Queue.BUYER, facility_id=here).order_by("due_at", "id")[:SHOWN]
    count = len(lines) if len(lines) < SHOWN else found.count()
    return render(
        request,
        "supply/workbench.html",
        {
            **lists.tools(lists.WORKBENCH, request.GET, around.saved),
            "groups": _groups(lines),
            "count_text": fmt.counted(f"{count:,}", "line") + (f", {SHOWN} shown" if count > SHOWN else ""),
            "drafts": [_draft(row) for row in drafts],
            "answers": [_answer(case) for case in answers],
            "suppliers": [(str(s.pk), s.name) for s in suppliers_search(actor)[:200]],
        },
    )


def _groups(lines: list[RequisitionLine]) -> list[dict[str, Any]]:
    """Lines by requisition, since only lines of one place share an order; each with its sources compared per base unit."""
    wanted: dict[int, list[int]] = {}
    for line in lines:
        if line.item_id:
            wanted.setdefault(line.requisition.facility_id, []).append(line.item_id)
    facts = facts_by_facility(wanted)
    groups: dict[int, dict[str, Any]] = {}
    for line in lines:
        requisition = line.requisition
        group = groups.setdefault(
            requisition.pk,
            {
                "number": requisition.number,
                "href": link("requisition", requisition.number),
                "place": f"{requisition.facility.name}, {requisition.location.name}",
                "urgent": requisition.urgent,
                "age": fmt.age(requisition.approved_at or requisition.created_at, requisition.facility.timezone),
                "lines": [],
            },
        )
        group["lines"].append(_line(line, facts.get(requisition.facility_id, {}).get(line.item_id or 0)))
    for group in groups.values():
        group["choices"] = _choices(group["lines"])
    return list(groups.values())


def _export(line: RequisitionLine) -> tuple[object, ...]:
    row = line.requisition
    return (
        row.number, row.facility.name, row.location.name, line.item.number if line.item else "", line.description, unsourced(line),
        line.unit, row.needed_by or "", row.approved_at.isoformat() if row.approved_at else "", "yes" if row.urgent else "",
        line.get_contract_check_display(), line.suggested_supplier,
    )  # fmt: skip


def _choices(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The suppliers of a group's lines with how many of them each sells: the one that was asked for or sells most first."""
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        for offer in line["offers"]:
            choice = found.setdefault(
                offer["pk"], {"pk": offer["pk"], "name": offer["supplier"], "lines": 0, "asked": False}
            )
            choice["lines"] += 1
            choice["asked"] = choice["asked"] or offer["chosen"]
    choices = sorted(found.values(), key=lambda choice: (not choice["asked"], -choice["lines"]))
    return [{**choice, "of": len(lines)} for choice in choices]


def _line(line: RequisitionLine, facts: ItemFacts | None) -> dict[str, Any]:
    currency = line.requisition.currency
    offers = sorted(facts.offers, key=lambda o: o.price_per_base(line.unsourced_base)) if facts else []
    best = {o.supplier_id: o for o in reversed(offers)}
    base_unit = facts.base_unit if facts else line.unit
    return {
        "pk": line.pk,
        "title": line.description,
        "item": line.item.number if line.item else "",
        "quantity": fmt.quantity(unsourced(line), line.unit),
        "asked": fmt.quantity(line.quantity, line.unit) if line.unsourced_base < line.base_quantity else "",
        "contract": badge(line.contract_check),
        "reason": line.off_contract_reason,
        "suggested": line.suggested_supplier,
        "offers": [
            {
                "supplier": o.supplier_name,
                "pk": o.supplier_id,
                "price": fmt.price(o.price_for(line.unsourced_base), currency, o.unit),
                "per_base": fmt.price(
                    o.price_per_base(line.unsourced_base).quantize(PRICE_PLACES), currency, base_unit
                ),
                "total": fmt.money(round_money(o.price_per_base(line.unsourced_base) * line.unsourced_base), currency),
                "lead": f"{o.lead_time_days} d",
                "contract": o.contract_number,
                "chosen": o.supplier_id == line.supplier_id,
            }
            for o in sorted(best.values(), key=lambda o: o.price_per_base(line.unsourced_base))
        ],
    }


def _draft(row: PurchaseOrder) -> dict[str, Any]:
    short = row.supplier.minimum_order is not None and row.total < (row.supplier.minimum_order or Decimal(0))
    return {
        "number": row.number,
        "href": link("order", row.number),
        "supplier": row.supplier.name,
        "amount": fmt.money(row.total, row.currency),
        "hint": f"below the minimum order of {fmt.money(row.supplier.minimum_order, row.currency)}" if short else "",
    }


def _answer(case: ExceptionCase) -> dict[str, Any]:
    return {
        "title": case.title,
        "sentence": case.explanation.get("sentence", ""),
        "order": case.order.number if case.order else "",
        "href": link("exception", case.pk),
        "supplier": case.supplier.name,
        "amount": fmt.money(case.amount, case.currency),
        "age": fmt.age(case.opened_at, case.facility.timezone),
    }


@require_POST
@login_required
def source(request: HttpRequest) -> HttpResponse:
    """Put the ticked lines of one requisition into a draft order of one supplier."""
    actor = actor_of(request)
    ids = [pk for text in request.POST.getlist("line") if (pk := typed_id(text))]
    supplier = suppliers_search(actor).filter(pk=typed_id(request.POST.get("supplier", "")) or 0).first()
    if supplier is None:
        raise Invalid("Choose a supplier for these lines.", code="supplier_missing")
    order = purchase_order_create(actor=actor, line_ids=ids, supplier=supplier)
    return go(request, link("order", order.number))


@require_POST
@login_required
def waive(request: HttpRequest) -> HttpResponse:
    """End what waits of the ticked lines: it is no longer needed."""
    ids = [pk for text in request.POST.getlist("line") if (pk := typed_id(text))]
    ended = lines_waive(actor=actor_of(request), line_ids=ids, reason=request.POST.get("reason", "").strip()[:300])
    messages.success(request, f"{ended} line{'' if ended == 1 else 's'} ended: no longer needed.")
    return go(request, link("workbench"))
