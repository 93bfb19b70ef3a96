"""Reads of invoices and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.expressions import Combinable

from core.actors import Actor
from core.errors import NotFound
from core.packed import packed
from masterdata.models import Role
from masterdata.selectors import at, scoped
from procurement.models import DocumentComment, ExceptionCase, Invoice, InvoiceLine

QUEUE_ROLES = {
    ExceptionCase.Queue.AP: Role.AP_CLERK,
    ExceptionCase.Queue.BUYER: Role.BUYER,
    ExceptionCase.Queue.RECEIVER: Role.RECEIVER,
}


def invoices_visible(actor: Actor) -> QuerySet[Invoice]:
    """Invoices of the actor's facilities."""
    return Invoice.objects.filter(scoped(actor)).select_related("facility", "supplier", "order")


INVOICE_VIEWS: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "exception": ("exception", "disputed"),
    "to_pay": ("approved", "posted"),
    "paid": ("paid",),
    "dropped": ("rejected", "void"),
}


def invoices_listed(
    actor: Actor, *, view: str = "all", facility_id: int | None = None, statuses: Sequence[str] = (),
    facilities: Sequence[str] = (), suppliers: Sequence[str] = (), q: str = "",
) -> QuerySet[Invoice]:  # fmt: skip
    """The list a person filters: a view, one facility or all, statuses, facilities, suppliers, words of any number or supplier."""
    found = invoices_visible(actor).filter(at(facility_id))
    if only := INVOICE_VIEWS.get(view, ()):
        found = found.filter(status__in=only)
    if statuses:
        found = found.filter(status__in=statuses)
    if facilities:
        found = found.filter(facility__code__in=facilities)
    if suppliers:
        found = found.filter(supplier__code__in=suppliers)
    for word in q.split()[:5]:
        found = found.filter(
            Q(number__icontains=word) | Q(supplier_number__icontains=word) | Q(order__number__icontains=word)
            | Q(supplier__name__icontains=word) | Q(supplier__code__iexact=word) | Q(voucher_number__icontains=word)
        )  # fmt: skip
    return found.order_by("-id")


def invoice_get(actor: Actor, number: str) -> Invoice:
    """One invoice with its lines, cases and `remarks`. Raises NotFound."""
    found = (
        invoices_visible(actor)
        .filter(number=number)
        .annotate(remarks=remarks_on("invoice"))
        .prefetch_related(
            Prefetch("lines", InvoiceLine.objects.select_related("order_line", "item").order_by("line_number")),
            Prefetch(
                "cases", ExceptionCase.objects.select_related("invoice_line", "owner", "resolved_by").order_by("id")
            ),
        )
        .first()
    )
    if found is None:
        raise NotFound(f"There is no invoice {number}.")
    return found


def cases_visible(actor: Actor) -> QuerySet[ExceptionCase]:
    """Every exception of the actor's facilities, open or not."""
    return ExceptionCase.objects.filter(scoped(actor)).select_related(
        "facility", "supplier", "order", "order_line", "invoice", "invoice_line", "owner", "resolved_by"
    )


def cases_open(actor: Actor, *queues: str) -> QuerySet[ExceptionCase]:
    """Open exceptions of the queues (all, when none is named) that this actor's roles serve."""
    mine = Q(pk__in=[])
    for queue in queues or tuple(QUEUE_ROLES):
        role = QUEUE_ROLES[ExceptionCase.Queue(queue)]
        if actor.has(role):
            mine |= Q(queue=queue) & scoped(actor, role)
    return cases_visible(actor).filter(mine).exclude(state=ExceptionCase.State.RESOLVED)


def cases_listed(
    actor: Actor, queue: str, *, view: str = "all", facility_id: int | None = None, kinds: Sequence[str] = (),
    suppliers: Sequence[str] = (), q: str = "",
) -> QuerySet[ExceptionCase]:  # fmt: skip
    """The worklist of a queue: `mine`, `unassigned`, `waiting`, `all`, or the name of a kind; filtered further on request."""
    # only what a row of the list tells: every further join costs more to plan than the rows cost to read
    shown = ("facility", "supplier", "order", "invoice", "owner")
    found = cases_open(actor, queue).filter(at(facility_id)).select_related(None).select_related(*shown)
    if view == "mine":
        found = found.filter(owner=actor.user_id)
    elif view == "unassigned":
        found = found.filter(owner__isnull=True)
    elif view == "waiting":
        found = found.filter(state=ExceptionCase.State.WAITING)
    elif view in ExceptionCase.Kind.values:
        found = found.filter(kind=view)
    if kinds:
        found = found.filter(kind__in=kinds)
    if suppliers:
        found = found.filter(supplier__code__in=suppliers)
    for word in q.split()[:5]:
        found = found.filter(
            Q(invoice__number__icontains=word) | Q(invoice__supplier_number__icontains=word)
            | Q(order__number__icontains=word) | Q(supplier__name__icontains=word) | Q(title__icontains=word)
        )  # fmt: skip
    return found.order_by("-id")


def queue_counts(actor: Actor, queue: str, *, facility_id: int | None = None) -> dict[str, int]:
    """How many open cases each view of a queue has: its kinds, `mine`, `unassigned`, `waiting`, `all`. One statement."""
    rows = (
        cases_open(actor, queue)
        .filter(at(facility_id))
        .order_by()
        .values("kind")
        .annotate(
            n=Count("id"),
            mine=Count("id", filter=Q(owner=actor.user_id)),
            unassigned=Count("id", filter=Q(owner__isnull=True)),
            waiting=Count("id", filter=Q(state=ExceptionCase.State.WAITING)),
        )
        .order_by("-n", "kind")
    )
    counts = {row["kind"]: row["n"] for row in rows}
    for view in ("mine", "unassigned", "waiting"):
        counts[view] = sum(row[view] for row in rows)
    counts["all"] = sum(row["n"] for row in rows)
    return counts


def case_get(actor: Actor, case_id: int) -> ExceptionCase:
    """One exception. Raises NotFound."""
    found = cases_visible(actor).filter(pk=case_id).first()
    if found is None:
        raise NotFound("There is no such exception.")
    return found


def root_causes(actor: Actor, queue: str, *, facility_id: int | None = None) -> list[dict[str, Any]]:
    """Open cases of a queue grouped by supplier, kind and currency, the most money first: ten at most."""
    rows = (
        cases_open(actor, queue)
        .filter(at(facility_id))
        .order_by()
        .values("kind", "currency", supplier_code=F("supplier__code"), supplier_name=F("supplier__name"))
        .annotate(count=Count("id"), amount=Sum("amount"), oldest=Min("opened_at"))
        .filter(count__gte=2)
        .order_by("-amount")[:10]
    )
    return [dict(row) for row in rows]


@dataclass(frozen=True)
class Remark:
    """What somebody wrote on a document."""

    who: str
    written_at: datetime
    text: str


def remarks_on(kind: str) -> Combinable:
    """The remarks on the outer document, oldest first, to annotate it with: read them with `remarks`."""
    written = DocumentComment.objects.filter(kind=kind, number=OuterRef("number")).order_by("id")
    return packed(written, who="author__name", at="written_at", text="text")


def remarks(annotated: Sequence[Mapping[str, str]]) -> list[Remark]:
    return [Remark(row["who"], datetime.fromisoformat(row["at"]), row["text"]) for row in annotated]


def comments_of(kind: str, number: str) -> QuerySet[DocumentComment]:
    """Remarks on a document the caller has already been allowed to see, oldest first."""
    return DocumentComment.objects.filter(kind=kind, number=number).select_related("author").order_by("id")
