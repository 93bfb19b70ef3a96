"""Stock: what lies where, and one item with its lots, ledger and sources."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render

from core.actors import EVERYWHERE, Actor
from core.errors import NotFound
from core.tally import Counting, Grouping
from inventory.models import ParLevel, StockBalance, StockMove
from inventory.selectors import below_par, item_moves, item_stock, par_levels, stock_listed
from masterdata.models import Item, Location
from masterdata.selectors import item_facts, items_search, substitutes_of
from portal.links import document, link
from portal.saved_views import Around
from portal.web import format as fmt
from portal.web import lists, parts
from portal.web.page import actor_of
from portal.web.preferences import facility_chosen
from portal.web.status import badge, status_of

HEADER = ("Facility", "Place", "Item", "Description", "Lot", "Expires", "Lot status", "Quantity", "Unit")
MOVES = 50
BALANCES = 200
SOON_DAYS = 60


@login_required
def stock(request: HttpRequest) -> HttpResponseBase:
    actor, here, query = actor_of(request), facility_chosen(request), request.GET
    if query.get("view") == "low":
        return _low(request)
    listed = stock_listed(
        actor,
        facility_id=here,
        kinds=query.getlist("kind"),
        statuses=query.getlist("status"),
        q=query.get("q", "")[:80],
    )
    whole = stock_listed(actor, facility_id=here)
    return lists.answer(
        request, lists.STOCK, listed, template="supply/stock.html", row=_row, header=HEADER, line=_export,
        tabs=_counted(actor, here), frame=lambda around: _frame(request, around),
        groups={"kind": Grouping(rows=whole, code="location__kind"), "status": Grouping(rows=whole, code="lot__status")},
    )  # fmt: skip


def _counted(actor: Actor, here: int | None) -> dict[str, Counting]:
    return {"low": Counting(rows=below_par(actor, facility_id=here))}


def _frame(request: HttpRequest, around: Around) -> dict[str, Any]:
    query = request.GET
    low = query.get("view") == "low"
    return {
        "tabs": [
            parts.Tab(label="On hand", href="?view=all", active=not low),
            parts.Tab(label="Below par", href="?view=low", active=low, count=around.counts["low"].count),
        ],
        "facets": [] if low else _facets(query, around),
        "columns": [
            lists.column(lists.STOCK, query, "item", "Item"), parts.Column(label="Place"), parts.Column(label="Lot"),
            lists.column(lists.STOCK, query, "expiry", "Expires"), parts.Column(label="Status"),
            lists.column(lists.STOCK, query, "quantity", "On hand", align="end"),
        ],
    }  # fmt: skip


def _facets(query: QueryDict, around: Around) -> list[parts.Facet]:
    kinds = [(code, Location.Kind(code).label, n) for code, _, n in around.groups["kind"]]
    states = [(code, status_of(code)[0], n) for code, _, n in around.groups["status"]]
    return [parts.facet(query, "kind", "Kind of place", kinds), parts.facet(query, "status", "Lot status", states)]


def _row(row: StockBalance) -> dict[str, Any]:
    zone = row.location.facility.timezone
    today = fmt.today_in(zone)
    expired = row.lot.expiry is not None and row.lot.expiry < today
    soon = row.lot.expiry is not None and not expired and (row.lot.expiry - today).days <= SOON_DAYS
    return {
        "item": row.item.number,
        "href": link("item", row.item.number),
        "title": row.item.description,
        "place": row.location.name,
        "facility": row.location.facility.name,
        "lot": row.lot.number,
        "expiry": fmt.day(row.lot.expiry, zone),
        "soon": soon or expired,
        "status": badge("expired") if expired else badge(row.lot.status),
        "quantity": fmt.quantity(row.quantity, row.item.base_unit),
    }


def _export(row: StockBalance) -> tuple[object, ...]:
    return (
        row.location.facility.name, row.location.name, row.item.number, row.item.description, row.lot.number,
        row.lot.expiry or "", row.lot.status, row.quantity, row.item.base_unit,
    )  # fmt: skip


LOW_HEADER = ("Facility", "Place", "Item", "Description", "On hand", "Reorder at", "Par", "Unit")


def _low(request: HttpRequest) -> HttpResponseBase:
    """Places at or below their reorder point."""
    actor, here = actor_of(request), facility_chosen(request)
    found = below_par(actor, facility_id=here)
    for word in request.GET.get("q", "")[:80].split()[:5]:
        found = found.filter(Q(item__search_text__contains=word.lower()) | Q(location__name__icontains=word))
    return lists.answer(
        request, lists.LOW_STOCK, found, template="supply/low_stock.html", row=_low_row, header=LOW_HEADER, line=_low_line,
        tabs=_counted(actor, here), frame=lambda around: _frame(request, around),
    )  # fmt: skip


def _low_row(row: ParLevel) -> dict[str, Any]:
    on_hand: Decimal = row.on_hand  # type: ignore[attr-defined]  # annotated by below_par
    return {
        "item": row.item.number,
        "href": link("item", row.item.number),
        "title": row.item.description,
        "place": row.location.name,
        "facility": row.location.facility.name,
        "on_hand": fmt.quantity(on_hand, row.item.base_unit),
        "par": fmt.quantity(row.par, row.item.base_unit),
        "reorder": fmt.quantity(row.reorder_point, row.item.base_unit),
        "empty": on_hand == 0,
        "low": on_hand <= row.reorder_point,
    }


def _low_line(row: ParLevel) -> tuple[object, ...]:
    return (
        row.location.facility.name, row.location.name, row.item.number, row.item.description,
        row.on_hand, row.reorder_point, row.par, row.item.base_unit,  # type: ignore[attr-defined]  # annotated
    )  # fmt: skip


@login_required
def item(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    row: Item | None = items_search(actor).filter(number=number).first()
    if row is None:
        raise NotFound(f"There is no item {number}.")
    balances = list(item_stock(actor, row.pk)[:BALANCES])
    moves = list(item_moves(actor, row.pk)[:MOVES])
    total = sum((b.quantity for b in balances), Decimal(0))
    here = facility_chosen(request)
    facts = item_facts([row.pk], facility_id=here or 0).get(row.pk)
    flags = [
        word
        for word, on in (("lot", row.lot_tracked), ("serial", row.serial_tracked), ("expiry", row.expiry_tracked))
        if on
    ]
    return render(
        request,
        "supply/item.html",
        {
            "row": row,
            "header_badge": badge(row.status),
            "header_facts": [
                parts.Fact(label="Category", value=row.category.name),
                parts.Fact(label="Maker", value=f"{row.manufacturer} {row.manufacturer_part}".strip() or "—"),
                parts.Fact(label="On hand", value=fmt.quantity(total, row.base_unit)),
                parts.Fact(label="Tracked by", value=", ".join(flags) or "quantity only"),
            ],
            "packs": [
                {"unit": p.unit, "text": f"{fmt.number(p.multiplier)} {row.base_unit}", "gtin": p.gtin} for p in row.packagings.all()
            ],
            "balances": [_row(b) for b in balances],
            "pars": [
                _low_row(p)
                for p in par_levels(actor, facility_id=here).filter(item=row.pk).order_by("location__facility__name", "id")[:MOVES]
            ],
            "substitutes": [
                {
                    "number": each.substitute.number, "href": link("item", each.substitute.number),
                    "title": each.substitute.description, "rule": each.rule,
                    "ratio": "" if each.ratio == 1 else f"{fmt.number(each.ratio)} for one",
                }
                for each in substitutes_of([row.pk]).get(row.pk, ())
            ],
            "offers": [
                {
                    "supplier": o.supplier_name,
                    "part": o.supplier_part,
                    "price": fmt.price(o.price, "USD", o.unit),
                    "contract": o.contract_number,
                    "lead": f"{o.lead_time_days} day{'' if o.lead_time_days == 1 else 's'}",
                }
                for o in (facts.offers if facts else ())
            ],
            "moves": _ledger(actor, moves, row.base_unit, total if len(balances) < BALANCES else None),
            "crumbs": [parts.Crumb(label="Stock", href=link("stock")), parts.Crumb(label=row.number)],
        },
    )  # fmt: skip


def _ledger(actor: Actor, moves: list[StockMove], unit: str, total: Decimal | None) -> list[dict[str, Any]]:
    """Moves, newest first, with the balance after each: counted back from what is on hand now (None: too many places)."""
    scopes = actor.scopes()

    def counts(place: Location) -> bool:
        return place.kind not in Location.OUTSIDE and (scopes is EVERYWHERE or place.facility_id in scopes)

    shown, after = [], total
    for move in moves:
        change = (int(counts(move.to_location)) - int(counts(move.from_location))) * move.quantity
        balance = fmt.number(after) if after is not None else ""
        shown.append(
            {**_move(move, unit), "sign": "+" if change > 0 else "-" if change < 0 else "", "balance": balance}
        )
        after = after - change if after is not None else None
    return shown


def _move(move: StockMove, unit: str) -> dict[str, Any]:
    zone = move.to_location.facility.timezone
    return {
        "when": fmt.when(move.moved_at, zone),
        "reason": move.get_reason_display(),
        "quantity": fmt.quantity(move.quantity, unit),
        "from": move.from_location.name,
        "to": move.to_location.name,
        "lot": move.lot.number,
        "who": move.actor.name,
        "number": move.document_number,
        "href": document(move.document_kind, move.document_number),
    }
