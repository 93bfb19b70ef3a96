"""Connecting outside systems: ERPs with the facilities they serve, suppliers with their mailboxes. Doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from core.errors import Invalid
from integrations.models import Endpoint, ErpRoute, Partner, PartnerDocument
from integrations.services.channels import ADAPTERS
from masterdata.models import Facility, Supplier

_CAREFUL: Final = (Endpoint.Duplicates.SERVER_UNIQUE, Endpoint.Duplicates.LOOKUP, Endpoint.Duplicates.MANUAL)


def erp_connect(
    *,
    code: str,
    name: str,
    base_url: str = "",
    token: str = "",
    facilities: Iterable[Facility],
    starts_on: date,
    adapter: str = "rest_erp",
    duplicates: str = Endpoint.Duplicates.LOOKUP,
    quiet_seconds: int = 30,
    config: Mapping[str, Any] | None = None,
) -> Endpoint:
    """An ERP and a route of each facility to it from a day on. Raises Invalid where `duplicates` is more than its kind of ERP promises.

    `base_url` and `token` may name an environment variable ("env:ERP_MAIN_TOKEN"); a token given in plain is kept sealed.
    """
    duplicates_check(adapter=adapter, wanted=duplicates)
    with transaction.atomic():
        endpoint, _ = Endpoint.objects.get_or_create(
            code=code, defaults={"kind": Endpoint.Kind.ERP, "adapter": adapter, "duplicates": duplicates}
        )
        endpoint.name, endpoint.adapter, endpoint.duplicates = name, adapter, duplicates
        endpoint.quiet_seconds = quiet_seconds
        endpoint.config = {**endpoint.config, **(config or {}), "base_url": base_url}
        if token.startswith("env:"):
            endpoint.config["token"] = token
        else:
            endpoint.secret_set("token", token)
        endpoint.save()
        ErpRoute.objects.bulk_create(
            (ErpRoute(facility=facility, starts_on=starts_on, endpoint=endpoint) for facility in facilities),
            ignore_conflicts=True,
        )
        return endpoint


def duplicates_check(*, adapter: str, wanted: str) -> None:
    """An endpoint may be run more carefully than its kind of ERP promises, never less. Raises Invalid."""
    promised = ADAPTERS[adapter].capabilities.duplicates
    if _CAREFUL.index(wanted) < _CAREFUL.index(promised):
        raise Invalid(
            f"A {adapter} does not keep our references unique by itself: it has to be asked before anything is sent again.",
            code="duplicates_promised",
        )


def supplier_connect(
    *,
    supplier: Supplier,
    our_id: str,
    identifier: str = "",
    unit_map: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    live: bool = True,
    **profile: Any,
) -> Partner:
    """A supplier's EDI mailbox (a managed folder named after the supplier's code) and profile.

    `identifier` is their ISA id, their code where empty. `profile` are further fields of Partner. With `live` every kind of
    document that ordering takes and that has no stage yet is live from now on, else it is off.
    """
    with transaction.atomic():
        endpoint, _ = Endpoint.objects.update_or_create(
            code=f"edi-{supplier.code.lower()}",
            defaults={
                "name": f"{supplier.name} (EDI)",
                "kind": Endpoint.Kind.SUPPLIER,
                "adapter": "folder",
                "duplicates": Endpoint.Duplicates.LOOKUP,
                "quiet_seconds": 0,
                "config": dict(config or {}),
            },
        )
        fields = {
            "our_id": our_id,
            "identifier": identifier or supplier.code,
            "unit_map": dict(unit_map or {}),
            **profile,
        }
        partner, _ = Partner.objects.update_or_create(supplier=supplier, defaults={"endpoint": endpoint, **fields})
        if live:
            documents_go_live([partner], timezone.now())
        return partner


def documents_go_live(partners: Iterable[Partner], since: datetime) -> None:
    """Every kind of document that ordering takes and that has no stage yet is live since then."""
    PartnerDocument.objects.bulk_create(
        (
            PartnerDocument(partner=partner, document=document, stage=PartnerDocument.Stage.LIVE, live_at=since)
            for partner in partners
            for document in PartnerDocument.ROAD
        ),
        ignore_conflicts=True,
    )
