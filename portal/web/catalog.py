"""The catalog: typing finds, each item with its best contract offer, the alternatives, and what is in stock or coming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from core.keyset import page as page_of
from core.keyset import sorted_by
from inventory.selectors import Availability, availability
from masterdata.models import Facility, Item, ItemSubstitute
from masterdata.rules.offers import ItemFacts, Offer
from masterdata.selectors import catalog_facets, catalog_listed, item_facts, substitutes_of
from portal.web import format as fmt
from portal.web import lists
from portal.web.cart import cart_facility
from portal.web.editor import editor, unit_choices
from portal.web.format import Shown
from portal.web.page import EXPORT_ROWS, actor_of, csv_file, is_fragment, next_href
from portal.web.parts import Facet, facet
from portal.web.status import badge
from procurement.models import Requisition, RequisitionLine
from procurement.selectors.requisitions import cart_of

PAGE, FILE_BATCH = 24, 500
HEADER = (
    "Item", "Description", "Category", "Maker", "Maker's part", "Base unit", "Best source", "Their part", "Price", "Currency",
    "Per", "Contract",
)  # fmt: skip
FLAGS = (("lot_tracked", "lot"), ("serial_tracked", "serial"), ("expiry_tracked", "expiry"))


@dataclass(frozen=True, kw_only=True)
class OfferShown:
    """One way to buy an item. `against` is the difference to the best offer in percent, per base unit."""

    supplier_id: int
    supplier: str
    price: Shown
    per_base: str
    contract: str
    status: str
    lead: str
    against: str = ""


@dataclass(frozen=True, kw_only=True)
class SubstituteShown:
    """An item that may stand in for another. `line_id` is the cart's line that it would replace, 0 where there is none."""

    pk: int
    number: str
    title: str
    rule: str
    ratio: str
    price: Shown
    unit: str
    quantity: str
    stock: str
    line_id: int


@dataclass(frozen=True, kw_only=True)
class ItemShown:
    pk: int
    number: str
    title: str
    category: str
    maker: str
    tracked: str
    best: OfferShown | None
    others: Sequence[OfferShown]
    units: Sequence[tuple[str, str]]
    unit: str
    quantity: str
    stock: Sequence[tuple[str, str, bool]]
    status: str = ""
    substitutes: Sequence[SubstituteShown] = ()


@login_required
def catalog(request: HttpRequest) -> HttpResponseBase:
    facility = cart_facility(request)
    cart = cart_of(actor_of(request), facility)
    if request.GET.get("export") == "csv":
        return _file(request, facility)
    around, elsewhere = lists.begin(request, lists.CATALOG)
    if elsewhere:
        return elsewhere
    context = {
        "facility": facility, "q": request.GET.get("q", "").strip()[:80], **_found(request, facility, cart),
        **lists.tools(lists.CATALOG, request.GET, around.saved),
    }  # fmt: skip
    if is_fragment(request):
        part = "more" if request.GET.get("after") else "found"
        return render(request, f"requests/catalog.html#{part}", context)
    return render(request, "requests/catalog.html", context)


def _listed(request: HttpRequest, facility: Facility) -> QuerySet[Item]:
    return catalog_listed(
        actor_of(request), facility_id=facility.pk, on=facility.today, q=request.GET.get("q", "")[:80],
        categories=request.GET.getlist("category"), suppliers=request.GET.getlist("supplier"),
        on_contract=request.GET.get("contract") == "on",
    )  # fmt: skip


def _file(request: HttpRequest, facility: Facility) -> HttpResponseBase:
    """What was found, with the best offer of each item, 500 items at a time."""
    found = sorted_by(_listed(request, facility), lists.order_of(lists.CATALOG, request.GET))
    return csv_file("catalog", HEADER, _lines(found[:EXPORT_ROWS], facility))


def _lines(found: QuerySet[Item], facility: Facility) -> Iterator[Sequence[object]]:
    source = found.iterator(chunk_size=FILE_BATCH)
    while rows := list(islice(source, FILE_BATCH)):
        facts = item_facts([row.pk for row in rows], facility_id=facility.pk)
        for row in rows:
            best = facts[row.pk].best_offer(Decimal(1))
            offer = (
                (best.supplier_name, best.supplier_part, best.price, facility.currency, best.unit, best.contract_number)
                if best else ("",) * 6
            )  # fmt: skip
            yield (
                row.number,
                row.description,
                row.category.name,
                row.manufacturer,
                row.manufacturer_part,
                row.base_unit,
                *offer,
            )


def _found(request: HttpRequest, facility: Facility, cart: Requisition | None) -> dict[str, Any]:
    listed = _listed(request, facility)
    order = lists.order_of(lists.CATALOG, request.GET)
    page = page_of(listed, after=request.GET.get("after", ""), size=PAGE, order=order)
    ids = [row.pk for row in page.rows]
    in_cart = [line.item_id for line in cart.lines.all() if line.item_id] if cart else []
    instead = substitutes_of([*ids, *in_cart])
    stand_ins = [each.substitute_id for rows in instead.values() for each in rows]
    facts = item_facts([*ids, *in_cart, *stand_ins], facility_id=facility.pk)
    stock = availability([*ids, *stand_ins], facility_id=facility.pk, location_id=cart.location_id if cart else None)
    place = cart.location.name if cart else ""
    facets, total = _facets(request, facility, listed)
    return {
        "items": [
            replace(
                _item(row, facts[row.pk], stock[row.pk], place, facility.currency),
                substitutes=_substitutes(row, instead.get(row.pk, ()), facts, stock, facility.currency, cart),
            )
            for row in page.rows
        ],
        "next_href": next_href(request, page),
        "facets": facets,
        "found_text": fmt.counted(f"{total:,}", "item"),
        "keep": [(key, value) for key in (*lists.CATALOG.keep, "sort") for value in request.GET.getlist(key)],
        **editor(cart, facts, compact=True, substitutes=instead),
    }


def _facets(request: HttpRequest, facility: Facility, listed: Any) -> tuple[list[Facet], int]:
    categories, suppliers, agreed = catalog_facets(listed, facility_id=facility.pk, on=facility.today)
    found = [
        facet(request.GET, "category", "Category", categories),
        facet(request.GET, "contract", "Contract", [("on", "On contract here", agreed)]),
        facet(request.GET, "supplier", "Supplier", suppliers),
    ]
    return found, sum(n for _, _, n in categories)


def _item(row: Item, facts: ItemFacts, stock: Availability, place: str, currency: str) -> ItemShown:
    best = facts.best_offer(Decimal(1))
    others = sorted((o for o in facts.offers if o is not best and not _same_seller(o, best)), key=_base_price)
    return ItemShown(
        pk=row.pk, number=row.number, title=row.description, category=row.category.name,
        maker=" ".join(filter(None, [row.manufacturer, row.manufacturer_part])),
        tracked=", ".join(word for flag, word in FLAGS if getattr(row, flag)),
        best=_offer(best, best, facts, currency) if best else None,
        others=[_offer(offer, best, facts, currency) for offer in others],
        units=unit_choices(facts, facts.base_unit), unit=best.unit if best else facts.base_unit,
        status="" if row.status == Item.Status.ACTIVE else badge(row.status),
        quantity=fmt.number(max(best.minimum, Decimal(1)) if best else 1), stock=_stock(stock, place, facts.base_unit),
    )  # fmt: skip


def _substitutes(
    row: Item, found: Sequence[ItemSubstitute], facts: Mapping[int, ItemFacts], stock: Mapping[int, Availability], currency: str,
    cart: Requisition | None,
) -> list[SubstituteShown]:  # fmt: skip
    """What may stand in for an item that cannot be ordered or lies nowhere in the house."""
    there = stock[row.pk]
    if row.status == Item.Status.ACTIVE and (there["here"] or there["storeroom"]):
        return []
    line = next((line for line in cart.lines.all() if line.item_id == row.pk), None) if cart else None
    return [_substitute(each, facts[each.substitute_id], stock[each.substitute_id], currency, line) for each in found]


def _substitute(
    each: ItemSubstitute, facts: ItemFacts, stock: Availability, currency: str, line: RequisitionLine | None
) -> SubstituteShown:
    offer = facts.best_offer(Decimal(1))
    unit = facts.base_unit
    places = [("here", stock["here"]), ("storeroom", stock["storeroom"]), ("coming", stock["incoming"])]
    return SubstituteShown(
        pk=each.substitute_id, number=each.substitute.number, title=each.substitute.description, rule=each.rule,
        ratio="" if each.ratio == 1 else f"{fmt.number(each.ratio)} {unit} for one",
        price=fmt.price(offer.price, currency, offer.unit) if offer else fmt.NOTHING, unit=offer.unit if offer else unit,
        quantity=fmt.number(max(offer.minimum, Decimal(1)) if offer else 1).replace(",", ""),
        stock=", ".join(f"{name} {fmt.number(n)} {unit}" for name, n in places if n) or "none in stock",
        line_id=line.pk if line else 0,
    )  # fmt: skip


def _same_seller(offer: Offer, best: Offer | None) -> bool:
    """The listed price of the supplier whose contract price is the best offer says nothing new."""
    return best is not None and offer.supplier_id == best.supplier_id and not offer.on_contract


def _base_price(offer: Offer) -> Decimal:
    return offer.price_per_base(offer.multiplier)


def _offer(offer: Offer, best: Offer | None, facts: ItemFacts, currency: str) -> OfferShown:
    agreed = any(o.on_contract for o in facts.offers)
    code = "on_contract" if offer.on_contract else "off_contract" if agreed else "no_contract"
    against = ""
    if best is not None and offer is not best and _base_price(best):
        against = fmt.percent((_base_price(offer) / _base_price(best) - 1) * 100, sign=True).text
    return OfferShown(
        supplier_id=offer.supplier_id, supplier=offer.supplier_name, price=fmt.price(offer.price, currency, offer.unit),
        per_base="" if offer.unit == facts.base_unit else f"{fmt.number(round(_base_price(offer), 4))} / {facts.base_unit}",
        contract=offer.contract_number, status=badge(code), against=against,
        lead=f"{offer.lead_time_days} d" if offer.lead_time_days else "",
    )  # fmt: skip


def _stock(stock: Availability, place: str, unit: str) -> list[tuple[str, str, bool]]:
    """(where, how much, whether there is any) for the line under an item."""
    shown = [(f"in {place}", stock["here"])] if place else []
    shown += [("storeroom", stock["storeroom"]), ("coming", stock["incoming"])]
    return [(label, f"{fmt.number(quantity)} {unit}", quantity > 0) for label, quantity in shown]
