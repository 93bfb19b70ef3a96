"""Loads whom the portal talks to: the ERPs, the suppliers that speak EDI, and which facility uses which ERP from when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from core.models import User
from integrations.models import Endpoint, ErpRoute, Partner
from integrations.services.onboarding import partner_contact_add
from integrations.services.partners import documents_go_live
from masterdata.models import Facility, Supplier
from masterdata.selectors import actor_for
from portal.demo import suppliers
from portal.demo.people import email_of

MAIN, LEGACY, MMIS = "erp-main", "erp-orchard", "mmis-fennbrook"
"""The network's ERP; and two old ones: a clinic's, and one that takes files, which two hospitals brought with them."""
STILL_ON: Mapping[str, tuple[str, timedelta]] = {
    "ORCH": (LEGACY, timedelta(days=21)), "ROSE": (MMIS, timedelta(days=35)), "STONE": (MMIS, timedelta(days=35)),
}  # fmt: skip
"""Facility -> its old ERP, and in how many days it moves to the network's."""
WRITES_CASE_AS_CS = {"SUP-CROS", "SUP-OAKL", "SUP-GRAN"}
OTHER_DELIMITERS = {"SUP-FOXG", "SUP-TERN"}
BY_MAIL = {"SUP-PALI", "SUP-QUAR", "SUP-PENDRY", "SUP-WRENFI", "SUP-BRACKE", "SUP-ARDENN"}
"""Suppliers that take orders by e-mail and are told nothing by message."""


def load_partners(today: date) -> None:
    """Endpoints, routes and EDI partners. The demo ERP's address and token are read from the environment at run time; the MMIS shares a folder."""
    erp: dict[str, Any] = {
        "kind": "erp",
        "adapter": "rest_erp",
        "config": {"base_url": "env:DEMO_ERP_URL", "token": "env:DEMO_ERP_TOKEN"},
    }
    main = Endpoint.objects.create(code=MAIN, name="Meridian ERP", duplicates="lookup", quiet_seconds=5, **erp)
    # the practice keeps no masters of its own: it is not asked for any
    erp["config"]["pulls"] = "none"
    old = {
        LEGACY: Endpoint.objects.create(code=LEGACY, name="Orchard Street practice ERP", duplicates="manual", **erp),
        MMIS: Endpoint.objects.create(
            code=MMIS, name="Fennbrook MMIS", kind="erp", adapter="flat_file", config={"folder": "MMIS", "pulls": "none"},
            duplicates="server_unique",
        ),
    }  # fmt: skip
    long_ago = today - timedelta(days=800)
    routes = []
    for facility in Facility.objects.order_by("code"):
        begins = long_ago
        if facility.code in STILL_ON:
            code, moves_in = STILL_ON[facility.code]
            routes.append(ErpRoute(facility=facility, starts_on=long_ago, endpoint=old[code]))
            begins = today + moves_in
        routes.append(ErpRoute(facility=facility, starts_on=begins, endpoint=main))
    ErpRoute.objects.bulk_create(routes)
    _load_edi()


def _load_edi() -> None:
    rows = {row.code: row for row in Supplier.objects.all()}
    known = [s for s in suppliers.suppliers() if s.code not in BY_MAIL]
    endpoints = {
        row.code: row
        for row in Endpoint.objects.bulk_create(
            Endpoint(
                code=s.code.lower(), name=s.name, kind="supplier", adapter="folder", config={"folder": s.code},
                duplicates="lookup", quiet_seconds=5,
            )
            for s in known
        )
    }  # fmt: skip
    partners = Partner.objects.bulk_create(
        Partner(
            supplier=rows[s.code], endpoint=endpoints[s.code.lower()], our_qualifier="ZZ", our_id="MERIDIANHEALTH",
            qualifier=s.edi_qualifier, identifier=s.edi_id,
            unit_map={"CS": "CA"} if s.code in WRITES_CASE_AS_CS else {},
            element_separator="|" if s.code in OTHER_DELIMITERS else "*",
            component_separator="^" if s.code in OTHER_DELIMITERS else ">",
        )
        for s in known
    )  # fmt: skip
    documents_go_live(partners, timezone.now())
    analyst = actor_for(User.objects.get(email=email_of("Simone Dufresne")))
    for s in known:
        for contact in suppliers.contacts(s):
            partner_contact_add(
                actor=analyst,
                code=s.code,
                name=contact.name,
                purpose=contact.purpose,
                email=contact.email,
                phone=contact.phone,
            )
