"""What happened: to the documents a person has to do with, and along one document's way."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.actors import Actor
from core.models import BusinessEvent
from masterdata.selectors import scoped
from procurement.models import ApprovalStep, ExceptionCase, PurchaseOrder, Requisition

RECENT = 40
"""How many of a person's last documents are watched for changes."""


def changes_for(actor: Actor) -> QuerySet[BusinessEvent]:
    """What others did to what this person asked for, decided, ordered or works on; newest first."""
    me = actor.user_id
    watched = (
        Requisition.objects.filter(requester=me).order_by("-id").values("trace_id")[:RECENT],
        ApprovalStep.objects.filter(decided_by=me).order_by("-id").values("requisition__trace_id")[:RECENT],
        PurchaseOrder.objects.filter(created_by=me).order_by("-id").values("trace_id")[:RECENT],
        ExceptionCase.objects.filter(Q(owner=me) | Q(resolved_by=me), invoice__isnull=False)
        .order_by("-id")
        .values("invoice__trace_id")[:RECENT],
    )
    mine = Q()
    for traces in watched:
        mine |= Q(trace_id__in=traces)
    return (
        BusinessEvent.objects.filter(mine, scoped(actor, field="scope"))
        .exclude(actor=me)
        .exclude(type="RequisitionDecided", data__decision="approve")  # the last one is told as RequisitionApproved
        .select_related("actor", "on_behalf_of")
        .order_by("-id")
    )


def story_of(trace_id: str) -> QuerySet[BusinessEvent]:
    """Everything along the way of a document the caller has already been allowed to see; newest first, 100 at most."""
    return BusinessEvent.objects.filter(trace_id=trace_id).select_related("actor", "on_behalf_of").order_by("-id")[:100]
