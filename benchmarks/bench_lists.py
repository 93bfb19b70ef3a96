"""A list page of 50 rows, as JSON and as HTML, against a bare nested DRF list and a bare template page in the same run."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.urls import include, path

from benchmarks.harness import Act, Report
from procurement.models import PurchaseOrder
from tests.factories import make_network
from tests.portal.api.client import Api
from tests.road import ordered

ROWS = 60


def run(report: Report) -> None:
    import portal.urls

    # the reference answers through the same middleware
    portal.urls.urlpatterns.append(path("", include("benchmarks.plain_pages")))
    net = make_network()
    first = ordered(net)
    _more_like(first)
    buyer = net.users["buyer@network"]
    buyer.is_service = True
    buyer.save()
    api, person, plain = Api(buyer), Client(), Client()
    person.force_login(buyer)
    pairs: list[tuple[str, Any, str, float, int]] = [
        ("orders as JSON", lambda _: api.get("system/purchase-orders", limit="50"), "/plain/orders.json", 1.5, 6),
        ("orders as HTML", lambda _: person.get("/orders/?view=all"), "/plain/orders.html", 2, 8),
    ]
    for name, ours, url, cpu, sql in pairs:
        reference = "a bare nested DRF list" if "json" in url else "a bare template page"
        report.compare(
            f"50 {name}", Act(ours), Act(lambda _, url=url: plain.get(url)), to=reference, cpu_limit=cpu, sql_limit=sql
        )  # type: ignore[misc]


def _more_like(order: PurchaseOrder) -> None:
    columns = [f.column for f in PurchaseOrder._meta.concrete_fields if f.column not in ("id", "number")]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO procurement_purchaseorder (number, {names}) SELECT 'PO-X-' || n, {names} "
            f"FROM procurement_purchaseorder, generate_series(1, %s) AS n WHERE id = %s",
            [ROWS, order.pk],
        )
