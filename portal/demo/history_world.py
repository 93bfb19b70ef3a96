"""What the history needs to know of the loaded network: records by their codes, and who may do what where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from core.actors import Actor
from core.models import User
from integrations.models import Partner
from integrations.services.service_actor import service_actor
from masterdata.models import CostCenter, Delegation, Facility, Item, Location, Role, RoleGrant, Supplier
from masterdata.selectors import actor_for, limit_of
from portal.demo.clock import Clock
from procurement.models import ApprovalStep

Road = Iterator[datetime]
FILES_SINCE = timedelta(days=4)
"""How far back what suppliers said is kept as the files they sent; before that only what it meant is."""
STOPS_BEFORE = timedelta(minutes=30)
"""What is written in the last half hour is still to leave when the portal starts."""

FIRST_CONTROL_NUMBER = 700_000_000


class World:
    """The network as the history's people see it. `start` puts a new road on the calendar."""

    def __init__(self, clock: Clock, start: Callable[[datetime, Road], None]) -> None:
        self.clock = clock
        self.start = start
        self.facilities = {row.code: row for row in Facility.objects.all()}
        self.locations = {(row.facility.code, row.code): row for row in Location.objects.select_related("facility")}
        self.cost_centers = {row.code: row for row in CostCenter.objects.all()}
        self.items = {row.number: row for row in Item.objects.select_related("category")}
        self.suppliers = {row.code: row for row in Supplier.objects.all()}
        self.suppliers_by_id = {row.pk: row for row in self.suppliers.values()}
        self.partners = {row.supplier_id: row for row in Partner.objects.select_related("supplier", "endpoint")}
        people = User.objects.filter(is_service=False).order_by("pk")
        long_ago = date(2000, 1, 1)
        self.actors = {user.email: actor_for(user, on=long_ago) for user in people}
        self.by_id = {actor.user_id: actor for actor in self.actors.values()}
        self.delegates = {
            row.lender_id: (row.starts_on, actor_for(row.delegate, on=row.starts_on))
            for row in Delegation.objects.select_related("delegate")
        }
        self.post = service_actor()
        self.counters: Counter[str] = Counter()
        self.stuck: set[tuple[int, str]] = set()
        self.refusals = {"purchase_order.create": 2, "receipt.post": 2, "voucher.post": 2}
        self.unknowns = 2
        self.holders: dict[str, list[Actor]] = {}
        for grant in RoleGrant.objects.filter(user__is_service=False).order_by("pk"):
            actor = self.by_id[grant.user_id]
            if actor not in self.holders.setdefault(grant.role, []):
                self.holders[grant.role].append(actor)

    @property
    def now(self) -> datetime:
        """The demo's moment."""
        return self.clock.moment

    @property
    def recent(self) -> bool:
        """Whether what suppliers say now is kept as files."""
        return self.now > self.clock.end - FILES_SINCE

    def count(self, name: str) -> int:
        """The next number of a counter, from 1."""
        self.counters[name] += 1
        return self.counters[name]

    def control_number(self, supplier_id: int) -> int:
        """The next interchange number of a supplier, far above where the living suppliers begin."""
        return FIRST_CONTROL_NUMBER + self.count(f"interchange {supplier_id}")

    def somebody(self, role: str, facility_id: int, *, but: tuple[int | None, ...] = ()) -> Actor:
        """The holder of a role at a facility who does little else there, and is none of `but`."""
        fitting = [a for a in self.holders[role] if a.has(role, facility_id) and a.user_id not in but]
        local = [a for a in fitting if a.scopes(role) is not None]
        return (local or fitting)[0]

    def decider(self, step: ApprovalStep) -> Actor:
        """Who decides an approval step: the named person, else the lowest in rank whose limit suffices."""
        if step.person_id:
            since, delegate = self.delegates.get(step.person_id, (self.clock.end.date(), self.by_id[step.person_id]))
            return delegate if self.now.date() >= since else self.by_id[step.person_id]
        fitting = [
            actor
            for actor in self.holders[step.role]
            if actor.user_id != step.requester_id
            and actor.has(step.role, step.facility_id)
            and (not step.network or actor.scopes(step.role) is None)
            and self._may(actor, step.role, step.facility_id, step.amount)
        ]
        return min(
            fitting,
            key=lambda actor: (
                limit_of(actor, role=step.role, facility_id=step.facility_id) or Decimal("Infinity"),
                actor.user_id,
            ),
        )

    def clerk(self, facility_id: int, amount: Decimal) -> Actor:
        """Who in accounts payable may accept a difference of this amount."""
        own = self.somebody(Role.AP_CLERK, facility_id)
        if self._may(own, Role.AP_CLERK, facility_id, abs(amount)):
            return own
        return next(a for a in self.holders[Role.AP_CLERK] if a.scopes(Role.AP_CLERK) is None)

    def _may(self, actor: Actor, role: str, facility_id: int, amount: Decimal) -> bool:
        limit = limit_of(actor, role=role, facility_id=facility_id)
        return limit is None or amount <= limit
