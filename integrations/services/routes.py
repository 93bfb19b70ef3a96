"""Which ERP takes a facility's documents, from which day on. What began before a move stays with the old ERP until it is closed.

A move begins tomorrow at the earliest: an order that was issued today is with the old ERP already, and what follows it must find it
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.events import emit
from integrations.events import ErpRouted
from integrations.models import Endpoint, ErpRoute
from masterdata.models import Facility, Role
from procurement.models import PurchaseOrder

KINDS: Final[Mapping[str, str]] = {
    "": "All documents",
    "purchase_order": "Purchase orders",
    "receipt": "Receipts",
    "invoice": "Vouchers",
}
_MOVERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATION_SUPPORT)
_OPEN: Final = (
    PurchaseOrder.Status.ISSUED,
    PurchaseOrder.Status.PARTIALLY_RECEIVED,
    PurchaseOrder.Status.RECEIVED,
    PurchaseOrder.Status.ON_HOLD,
)


@dataclass(frozen=True, kw_only=True)
class MovePreview:
    """What a move would do. `staying` is how many open orders stay with the ERPs that have them, by the ERP's name.

    `exceptions` are kinds of documents that a route of their own keeps away from the new ERP, with the ERP that takes them.
    """

    facility: Facility
    to: Endpoint
    document_kind: str
    starts_on: date
    now_with: str
    staying: Mapping[str, int]
    exceptions: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What a person reads before deciding."""
        orders, count = (
            " and ".join(f"{n:,} with {name}" for name, n in self.staying.items()),
            sum(self.staying.values()),
        )
        words = "1 open order stays where it is" if count == 1 else f"{count:,} open orders stay where they are"
        stay = f"{words} ({orders}), with everything that follows. " if count else "No open order is left behind. "
        what = KINDS[self.document_kind].lower()
        kept = "".join(
            f" {KINDS[kind]} stay with {name}: they have a route of their own."
            for kind, name in self.exceptions.items()
        )
        return f"{stay}For orders issued from {self.starts_on:%d %B %Y} on, {what} go to {self.to.name}.{kept}"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One route of a facility; `state` is past (orders begun then still follow it), now or planned."""

    route: ErpRoute
    kind: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A facility and its routes."""

    facility: Facility
    steps: list[Step]

    @property
    def planned(self) -> list[Step]:
        """Its moves that have not begun."""
        return [step for step in self.steps if step.state == "planned"]


def route_of(facility_id: int, kind: str, day: date) -> ErpRoute | None:
    """The route that counts for a kind of document whose order was issued on a day."""
    found = ErpRoute.objects.filter(facility=facility_id, document_kind__in=["", kind], starts_on__lte=day)
    return found.select_related("endpoint").order_by("-document_kind", "-starts_on").first()


def erp_move_preview(
    *, actor: Actor, facility: str, endpoint: str, starts_on: date, document_kind: str = ""
) -> MovePreview:
    """What moving a facility would do; changes nothing. Raises NotAllowed, NotFound, Invalid, Conflict."""
    place, to = _checked(actor, facility, endpoint, starts_on, document_kind)
    today = place.today
    before = route_of(place.pk, document_kind or "purchase_order", starts_on)
    if before is not None and before.endpoint_id == to.pk:
        raise Invalid(f"{to.name} has them on that day already.", code="same_erp")
    exceptions = {
        kind: other.endpoint.name
        for kind in KINDS
        if kind and not document_kind
        and (other := route_of(place.pk, kind, starts_on)) and other.document_kind and other.endpoint_id != to.pk
    }  # fmt: skip
    now = route_of(place.pk, document_kind or "purchase_order", today)
    return MovePreview(
        facility=place, to=to, document_kind=document_kind, starts_on=starts_on, staying=_staying(place),
        now_with=now.endpoint.name if now else "nobody", exceptions=exceptions,
    )  # fmt: skip


def erp_move(
    *, actor: Actor, facility: str, endpoint: str, starts_on: date, reason: str, document_kind: str = ""
) -> ErpRoute:
    """From a day on, another ERP takes a facility's documents. Raises NotAllowed, NotFound, Invalid, Conflict."""
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        # the facility's row is the lock: two people cannot both move it to a day
        Facility.objects.select_for_update().filter(code=facility).first()
        plan = erp_move_preview(
            actor=actor, facility=facility, endpoint=endpoint, starts_on=starts_on, document_kind=document_kind
        )
        route = ErpRoute.objects.create(
            facility=plan.facility, document_kind=document_kind, starts_on=starts_on, endpoint=plan.to
        )
        _tell(actor, route, reason, withdrawn=False)
        return route


def erp_move_withdraw(*, actor: Actor, route_id: int, reason: str) -> None:
    """Take back a move that has not begun. Raises NotAllowed, NotFound, Invalid, Conflict."""
    _may(actor)
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        route = ErpRoute.objects.select_for_update().filter(pk=route_id).first()
        if route is None:
            raise NotFound("There is no such move.")
        if route.starts_on <= route.facility.today:
            raise Conflict("This move has begun: move the facility back from a later day on.", code="move_begun")
        _tell(actor, route, reason, withdrawn=True)
        route.delete()


def _checked(actor: Actor, facility: str, endpoint: str, starts_on: date, kind: str) -> tuple[Facility, Endpoint]:
    _may(actor)
    if kind not in KINDS:
        raise Invalid("There is no such kind of document.", code="document_kind")
    place = Facility.objects.filter(code=facility).first()
    to = Endpoint.objects.filter(code=endpoint, kind=Endpoint.Kind.ERP).first()
    if place is None or to is None:
        raise NotFound(f"There is no facility {facility}." if place is None else f"There is no ERP {endpoint}.")
    if starts_on <= place.today:
        words = "A move begins tomorrow at the earliest: what was ordered today is with the old ERP."
        raise Invalid(words, code="too_early")
    if ErpRoute.objects.filter(facility=place, document_kind=kind, starts_on=starts_on).exists():
        raise Conflict(f"{place.name} already has a move on that day: withdraw it first.", code="move_planned")
    return place, to


def _may(actor: Actor) -> None:
    if actor.scopes(*_MOVERS) is not EVERYWHERE:
        raise NotAllowed(
            "Only administrators and integration support of the whole network move facilities.", code="role_missing"
        )


def _staying(place: Facility) -> dict[str, int]:
    """Open orders by the ERP that has them, by the day they were issued."""
    routes = list(
        ErpRoute.objects.filter(Q(document_kind="") | Q(document_kind="purchase_order"), facility=place)
        .select_related("endpoint")
        .order_by("-document_kind", "-starts_on")
    )
    orders = PurchaseOrder.objects.filter(facility=place, status__in=_OPEN, issued_at__isnull=False)
    days = orders.annotate(day=TruncDate("issued_at", tzinfo=ZoneInfo(place.timezone))).values("day")
    found: dict[str, int] = {}
    for day, count in days.annotate(n=Count("pk")).order_by("day").values_list("day", "n"):
        name = next((route.endpoint.name for route in routes if route.starts_on <= day), "no ERP")
        found[name] = found.get(name, 0) + count
    return found


def _tell(actor: Actor, route: ErpRoute, reason: str, *, withdrawn: bool) -> None:
    emit(
        ErpRouted(
            number=route.facility.code, facility_id=route.facility_id, actor_id=actor.user_id, reason=reason,
            endpoint=route.endpoint.code, document_kind=route.document_kind, starts_on=route.starts_on.isoformat(),
            withdrawn=withdrawn,
        )
    )  # fmt: skip


def erp_places(actor: Actor) -> list[Place]:
    """Facilities the actor may see, each with the ERPs it has been, is, and will be with; newest first."""
    scopes = actor.scopes(*_MOVERS, Role.AUDITOR)
    places = Facility.objects.order_by("name")
    places = places if scopes is EVERYWHERE else places.filter(pk__in=sorted(scopes))
    routes: dict[int, list[ErpRoute]] = {}
    for route in ErpRoute.objects.filter(facility__in=places).select_related("endpoint").order_by("-starts_on", "pk"):
        routes.setdefault(route.facility_id, []).append(route)
    return [
        Place(
            facility=place,
            steps=[
                Step(route=route, kind=KINDS[route.document_kind], state=_state(route, routes[place.pk], place.today))
                for route in routes.get(place.pk, ())
            ],
        )
        for place in places
    ]


def _state(route: ErpRoute, all_of_them: list[ErpRoute], today: date) -> str:
    if route.starts_on > today:
        return "planned"
    later = [
        other for other in all_of_them
        if other.document_kind == route.document_kind and route.starts_on < other.starts_on <= today
    ]  # fmt: skip
    return "past" if later else "now"
