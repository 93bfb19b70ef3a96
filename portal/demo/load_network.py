"""Loads the network's places and people: facilities, locations, cost centers, who works there and what each may do."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.hashers import make_password

from core.models import User
from integrations.services.service_actor import service_actor
from masterdata.models import CostCenter, Delegation, ExternalId, Facility, Location, RoleGrant
from portal.demo import people, places
from portal.demo.accounts import DEMO_PASSWORD

ERP = "meridian-erp"
"""The name under which the ERP's own keys are kept."""
OUTSIDE = {
    Location.Kind.SUPPLIER: ("OUT-SUP", "Suppliers"),
    Location.Kind.CONSUMPTION: ("OUT-USE", "Used"),
    Location.Kind.ADJUSTMENT: ("OUT-ADJ", "Adjustments"),
    Location.Kind.IN_TRANSIT: ("OUT-WAY", "On the way"),
}


def load_places() -> None:
    """Facilities, cost centers and locations, with the four outside places of the ledger each."""
    known = places.facilities()
    rows = Facility.objects.bulk_create(
        Facility(
            code=f.code, name=f.name, kind=f.kind, state=f.state, timezone=f.timezone, gln=f.gln, address=f.address
        )
        for f in known
    )
    facilities = {row.code: row for row in rows}
    centers = {
        row.code: row
        for row in CostCenter.objects.bulk_create(
            CostCenter(facility=facilities[f.code], code=c.code, name=c.name, gl_account=c.gl_account)
            for f in known
            for c in f.cost_centers
        )
    }
    # storerooms come first in each facility, so that what they fill finds them
    storerooms: dict[str, Location] = {}
    for level in (True, False):
        made = Location.objects.bulk_create(
            Location(
                facility=facilities[f.code], code=place.code, name=place.name, kind=place.kind, gln=place.gln,
                cost_center=centers[place.cost_center] if place.cost_center else None,
                replenished_from=storerooms[f.code] if place.replenished_from else None,
            )
            for f in known
            for place in f.locations
            if (place.replenished_from is None) is level
        )  # fmt: skip
        storerooms |= {row.facility.code: row for row in made if row.code == places.STOREROOM}
    Location.objects.bulk_create(
        Location(facility=facility, code=code, name=name, kind=kind)
        for facility in rows
        for kind, (code, name) in OUTSIDE.items()
    )
    ExternalId.objects.bulk_create(
        ExternalId(system=ERP, kind="facility", external_id=f"{1000 + n * 100}", object_id=row.pk)
        for n, row in enumerate(rows, start=1)
    )


def load_people(today: date) -> None:
    """Everybody with their roles, limits and managers, one delegation, and the integration's own service user."""
    password = make_password(DEMO_PASSWORD)
    users = {
        row.email: row
        for row in User.objects.bulk_create(
            User(email=p.email, name=p.name, title=p.title, password=password) for p in people.people()
        )
    }
    for person in people.people():
        users[person.email].manager = users[person.manager] if person.manager else None
    User.objects.bulk_update(users.values(), ["manager"])
    facilities = {row.code: row for row in Facility.objects.all()}
    RoleGrant.objects.bulk_create(
        RoleGrant(
            user=users[person.email], role=grant.role, limit_amount=grant.limit,
            facility=facilities[grant.facility] if grant.facility else None,
        )
        for person in people.people()
        for grant in person.grants
    )  # fmt: skip
    Delegation.objects.bulk_create(
        Delegation(
            lender=users[d.lender], delegate=users[d.delegate], role=d.role, starts_on=d.starts_on, ends_on=d.ends_on,
            facility=facilities[d.facility] if d.facility else None, reason=d.reason,
        )
        for d in people.delegations(today)
    )  # fmt: skip
    service_actor()
