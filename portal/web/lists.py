"""What every list has beside its rows: an order to choose, filters to keep under a name, and the file to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.errors import NotFound
from core.keyset import BY_ID, Order, sorted_by
from core.keyset import page as page_of
from core.tally import Counting, Grouping
from portal.links import link
from portal.saved_views import Around, Kept, around_list, view_forget, view_make_default, view_rename, view_save
from portal.web import parts
from portal.web.page import actor_of, csv_file, go, is_fragment, next_href

T = TypeVar("T", bound=Model)


@dataclass(frozen=True, kw_only=True)
class By:
    """One way to order a list: `up` and `down` say both directions in words."""

    key: str
    field: str
    up: str
    down: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list. `name` keeps its saved views, `screen` (with `args`) is its address, `keep` the parameters of its filter."""

    name: str
    screen: str
    args: tuple[str, ...] = ()
    orders: tuple[By, ...]
    start: str
    keep: tuple[str, ...] = ("view",)

    @property
    def href(self) -> str:
        return link(self.screen, *self.args)


NUMBER = By(key="number", field=BY_ID, up="Oldest first", down="Newest first")
AMOUNT = {"up": "Smallest amount", "down": "Largest amount"}


def _cases(queue: str) -> Listing:
    return Listing(
        name=f"exceptions-{queue}", screen="exceptions", args=(queue,), keep=("view", "kind", "supplier"), start="-number",
        orders=(
            NUMBER,
            By(key="amount", field="amount", up="Least money at stake", down="Most money at stake"),
            By(key="due", field="due_at", up="Decide first", down="Decide last"),
        ),
    )  # fmt: skip


REQUISITIONS = Listing(
    name="requisitions", screen="requisitions", keep=("view", "status", "facility"), start="-number",
    orders=(
        NUMBER,
        By(key="needed", field="needed_by", up="Needed soonest", down="Needed latest"),
        By(key="amount", field="total", **AMOUNT),
        By(key="submitted", field="submitted_at", up="Waiting longest", down="Submitted last"),
    ),
)  # fmt: skip
APPROVALS = Listing(
    name="approvals", screen="approvals", start="number", keep=(),
    orders=(
        By(key="number", field=BY_ID, up="Waiting longest", down="Newest first"),
        By(key="amount", field="amount", **AMOUNT),
        By(key="due", field="due_at", up="Decide first", down="Decide last"),
        By(key="needed", field="requisition__needed_by", up="Needed soonest", down="Needed latest"),
    ),
)  # fmt: skip
WORKBENCH = Listing(
    name="workbench", screen="workbench", start="number", keep=(),
    orders=(
        By(key="number", field=BY_ID, up="Waiting longest", down="Newest first"),
        By(key="needed", field="requisition__needed_by", up="Needed soonest", down="Needed latest"),
    ),
)  # fmt: skip
ORDERS = Listing(
    name="orders", screen="orders", keep=("view", "status", "supplier"), start="-number",
    orders=(
        NUMBER,
        By(key="expected", field="expected_on", up="Expected soonest", down="Expected latest"),
        By(key="amount", field="total", **AMOUNT),
        By(key="issued", field="issued_at", up="Issued longest ago", down="Issued last"),
    ),
)  # fmt: skip
RECEIVING = Listing(
    name="receiving", screen="receiving", start="expected", keep=(),
    orders=(
        NUMBER,
        By(key="expected", field="expected_on", up="Expected soonest", down="Expected latest"),
    ),
)  # fmt: skip
RECEIPTS = Listing(
    name="receipts", screen="receipts", start="-number", keep=(),
    orders=(
        NUMBER,
        By(key="order", field="order_id", up="Oldest order", down="Newest order"),
    ),
)  # fmt: skip
INVOICES = Listing(
    name="invoices", screen="invoices", keep=("view", "status", "supplier", "facility"), start="-number",
    orders=(
        NUMBER,
        By(key="due", field="due_date", up="Due soonest", down="Due latest"),
        By(key="total", field="total", **AMOUNT),
    ),
)  # fmt: skip
STOCK = Listing(
    name="stock", screen="stock", keep=("view", "kind", "status"), start="item",
    orders=(
        By(key="item", field="item_id", up="By item number", down="Newest items"),
        By(key="quantity", field="quantity", up="Least on hand", down="Most on hand"),
        By(key="expiry", field="lot__expiry", up="Expires soonest", down="Expires latest"),
    ),
)  # fmt: skip
LOW_STOCK = Listing(
    name="low-stock", screen="stock", start="number", keep=("view",),
    orders=(By(key="number", field=BY_ID, up="As set up", down="Set up last"),),
)  # fmt: skip
CATALOG = Listing(
    name="catalog", screen="catalog", keep=("category", "supplier", "contract"), start="number",
    orders=(
        By(key="number", field=BY_ID, up="By item number", down="Newest items"),
        By(key="name", field="description", up="By name, A to Z", down="By name, Z to A"),
    ),
)  # fmt: skip
SUPPLIERS = Listing(
    name="suppliers", screen="suppliers", start="name", keep=(),
    orders=(
        By(key="name", field="name", up="By name, A to Z", down="By name, Z to A"),
        By(key="code", field="code", up="By code, A to Z", down="By code, Z to A"),
    ),
)  # fmt: skip
PARTNERS = Listing(
    name="partners", screen="partners", start="name", keep=("format",),
    orders=(By(key="name", field="supplier__name", up="By name, A to Z", down="By name, Z to A"),),
)  # fmt: skip
CONTRACTS = Listing(
    name="contracts", screen="contracts", start="until", keep=(),
    orders=(
        By(key="until", field="valid_to", up="Ends soonest", down="Ends latest"),
        By(key="number", field="number", up="By number, A to Z", down="By number, Z to A"),
    ),
)  # fmt: skip
PROPOSALS = Listing(
    name="proposals", screen="proposals", keep=("view", "kind", "system", "attribute"), start="number",
    orders=(
        By(key="number", field=BY_ID, up="Waiting longest", down="Newest first"),
        By(key="record", field="number", up="By number, A to Z", down="By number, Z to A"),
    ),
)  # fmt: skip
MESSAGES = Listing(
    name="messages", screen="messages", keep=("direction", "state", "endpoint", "topic", "cause", "facility"), start="-number",
    orders=(NUMBER,),
)  # fmt: skip
CASES: Mapping[str, Listing] = {queue: _cases(queue) for queue in ("ap", "buyer", "receiver")}
EVERY: Mapping[str, Listing] = {
    each.name: each
    for each in (
        REQUISITIONS, APPROVALS, WORKBENCH, ORDERS, RECEIVING, RECEIPTS, INVOICES, STOCK, LOW_STOCK, CATALOG, SUPPLIERS, PARTNERS,
        CONTRACTS, PROPOSALS, MESSAGES, *CASES.values(),
    )
}  # fmt: skip


def _wanted(listing: Listing, query: QueryDict) -> tuple[By, bool]:
    """(order, descending). A column that is not offered (any more) gives the list's own order: old links still work."""
    by = {each.key: each for each in listing.orders}
    sort = query.get("sort", "")
    if sort.lstrip("-") not in by:
        sort = listing.start
    return by[sort.lstrip("-")], sort.startswith("-")


def order_of(listing: Listing, query: QueryDict) -> Order:
    """The order that is asked for, else the list's own."""
    by, descending = _wanted(listing, query)
    return Order(by.field, descending)


def column(
    listing: Listing, query: QueryDict, key: str, label: str, *, align: parts.Align = "start", narrow: bool = False
) -> parts.Column:
    """A column head that orders the list."""
    return parts.sort_column(query, key, label, default=listing.start, align=align, narrow=narrow)


def begin(
    request: HttpRequest, listing: Listing, tabs: Mapping[str, Counting] | None = None,
    groups: Mapping[str, Grouping] | None = None,
) -> tuple[Around, HttpResponse | None]:  # fmt: skip
    """(what stands around the rows, where to go instead). Asked for without a filter, a list opens with the person's own."""
    around = around_list(actor_of(request), listing.name, queues=tabs, groups=groups)
    own = next((view for view in around.saved if view.is_default), None)
    if own and own.query and not request.GET and not is_fragment(request):
        return around, HttpResponseRedirect(f"{listing.href}?{own.query}")
    return around, None


def answer(
    request: HttpRequest, listing: Listing, found: QuerySet[T, Any], *, template: str, row: Callable[[T], object],
    frame: Callable[[Around], Mapping[str, Any]], header: Sequence[str], line: Callable[[T], Sequence[object]],
    tabs: Mapping[str, Counting] | None = None, groups: Mapping[str, Grouping] | None = None,
) -> HttpResponseBase:  # fmt: skip
    """A list as the request asks for it: the whole page, only the rows that follow, or the file; all in the order chosen.

    `frame` gives what stands around the rows out of the counts of `tabs` and the facets' `groups`; `line` is a row of the file under `header`.
    """
    order, query = order_of(listing, request.GET), request.GET
    if query.get("export") == "csv":
        return csv_file(listing.name, header, (line(each) for each in sorted_by(found, order).iterator(chunk_size=500)))
    context: dict[str, Any] = {}
    following = is_fragment(request) and bool(query.get("after"))
    if not following:
        around, elsewhere = begin(request, listing, tabs, groups)
        if elsewhere:
            return elsewhere
        context = {**tools(listing, query, around.saved), **frame(around)}
    page = page_of(found, after=query.get("after", ""), order=order)
    context |= {"rows": [row(each) for each in page.rows], "next_href": next_href(request, page)}
    if any(query.get(name) for name in ("q", *(groups or {}))):
        context |= narrowed(
            len(page.rows),
            more=bool(page.next),
            cleared=parts.query_with(query, **dict.fromkeys(("q", *(groups or {})), "")),
        )
    return render(request, f"{template}#rows" if following else template, context)


def narrowed(count: int, *, more: bool, cleared: str) -> dict[str, Any]:
    """What a list says of itself while a filter is on: what was found (not what there is), and the way back to all of it."""
    found = f"the first {count:,} found" if more else f"{count:,} found"
    return {"narrowed": True, "cleared_href": cleared, "count_text": found}


def tools(listing: Listing, query: QueryDict, saved: Sequence[Kept] = (), *, export: bool = True) -> dict[str, Any]:
    """The context of `components/list_toolbar.html` and of the kept views among the tabs."""
    here = _here(query)
    by, descending = _wanted(listing, query)
    base = listing.href
    return {
        "action": base,
        "query": query.get("q", ""),
        "hidden": [(key, value) for key in (*listing.keep, "sort") for value in query.getlist(key)],
        "export_href": base + parts.query_with(query, export="csv") if export else "",
        "sorted_label": by.down if descending else by.up,
        "sorts": [
            parts.Tab(
                label=each.down if down else each.up, active=each is by and down == descending,
                href=base + parts.query_with(query, sort=f"-{each.key}" if down else each.key),
            )
            for each in listing.orders
            for down in (False, True)
        ],
        "list_name": listing.name,
        "list_here": here,
        "kept": [
            {"name": view.name, "href": f"{base}?{view.query}", "default": view.is_default, "active": view.query == here}
            for view in saved
        ],
        "kept_active": next((view.name for view in saved if view.query == here), ""),
    }  # fmt: skip


def _here(query: QueryDict) -> str:
    """The filter and order as they are kept: without the place in the list."""
    pairs = {key: values for key, values in query.lists() if key not in ("after", "export") and any(values)}
    return urlencode(pairs, doseq=True)


@require_POST
@login_required
def views(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the filter of a list under a name, rename or forget one, or let the list open with it."""
    actor, data, listing = actor_of(request), request.POST, EVERY.get(name)
    if listing is None:
        raise NotFound("There is no such list.")
    here, view = _here(QueryDict(data.get("here", "")[:1000])), data.get("name", "")
    act = data.get("act", "save")
    if act == "forget":
        view_forget(actor=actor, page=name, name=view)
        messages.success(request, f"The view “{view}” is forgotten.")
    elif act == "rename":
        view = view_rename(actor=actor, page=name, name=view, to=data.get("to", "")).name
        messages.success(request, f"The view is called “{view}” now.")
    elif act == "open":
        view_make_default(actor=actor, page=name, name=view)
        messages.success(
            request, f"The list opens with “{view}” from now on." if view else "The list opens plainly again."
        )
    else:
        view = view_save(actor=actor, page=name, name=view, query=here).name
        messages.success(request, f"This filter is kept as “{view}”.")
    return go(request, f"{listing.href}?{here}" if here else listing.href)
