"""The reference for list pages: the same 50 orders by a bare nested DRF list and by a bare template page, without our frame,
rights, search, facets or paging."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from rest_framework import generics, serializers

from masterdata.models import Facility, Location, Supplier
from procurement.models import PurchaseOrder, Requisition

ROWS = PurchaseOrder.objects.select_related("facility", "supplier", "ship_to", "requisition").order_by("-id")


def nested(kind: type[Any], *names: str) -> serializers.ModelSerializer[Any]:
    meta = type("Meta", (), {"model": kind, "fields": list(names)})
    serializer: serializers.ModelSerializer[Any] = type(
        f"{kind.__name__}Plain", (serializers.ModelSerializer,), {"Meta": meta}
    )()
    return serializer


class PlainOrder(serializers.ModelSerializer[PurchaseOrder]):
    facility = nested(Facility, "code")
    supplier = nested(Supplier, "code")
    ship_to = nested(Location, "code")
    requisition = nested(Requisition, "number")

    class Meta:
        model = PurchaseOrder
        fields = [
            "number", "status", "facility", "supplier", "ship_to", "requisition", "urgent", "currency", "total", "needed_by",
            "expected_on", "issued_at", "erp_number", "supplier_order_number", "supplier_dispatch", "erp_dispatch",
            "acknowledgement", "trace_id",
        ]  # fmt: skip


class PlainOrders(generics.ListAPIView[PurchaseOrder]):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    serializer_class = PlainOrder

    def get_queryset(self) -> Any:
        return ROWS[:50]


TEMPLATE = """<!doctype html><html><head><title>Orders</title></head><body><table><thead><tr><th>Order</th><th>Supplier</th>
<th>Ship to</th><th>Status</th><th>Answer</th><th>Expected</th><th>Amount</th><th>Age</th></tr></thead><tbody>
{% for row in rows %}<tr><td><a href="{% url 'order' row.number %}">{{ row.number }}</a></td><td>{{ row.supplier.name }}</td>
<td>{{ row.ship_to.name }} {{ row.facility.name }}</td><td>{{ row.get_status_display }}</td>
<td>{{ row.get_acknowledgement_display }}</td><td>{{ row.expected_on|date:"M j" }}</td>
<td>{{ row.total|floatformat:"2g" }} {{ row.currency }}</td><td>{{ row.issued_at|timesince }}</td></tr>{% endfor %}
</tbody></table></body></html>"""


def plain_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(TEMPLATE).render({"rows": ROWS[:50]}, request))


urlpatterns = [
    path("plain/orders.json", PlainOrders.as_view()),
    path("plain/orders.html", plain_page),
    path("orders/<str:number>/", plain_page, name="order"),
]
