"""System layer: records as they are, read only, scoped to the caller's facilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.actors import Actor
from core.errors import NotFound
from inventory.selectors import stock_visible
from masterdata.selectors import contracts_visible, items_search, locations_visible, suppliers_search
from portal.api.v1 import documents as out
from portal.api.views import ActorView, ListView
from procurement.selectors.invoices import invoice_get, invoices_visible
from procurement.selectors.purchase_orders import order_get, orders_visible, receipt_get, receipts_visible


class SystemList(ListView):
    required_scope = "system:read"


class SystemDetail(ActorView):
    required_scope = "system:read"
    serializer_class: ClassVar[type[BaseSerializer[Any]]]
    one: ClassVar[Callable[[Actor, str], Any]]

    def get(self, request: Request, number: str) -> Response:
        return Response(self.serializer_class(type(self).one(self.actor, number)).data)


def _first(found: QuerySet[Any], what: str, number: str) -> Any:
    row = found.first()
    if row is None:
        raise NotFound(f"There is no {what} {number}.")
    return row


@extend_schema(responses=out.ItemOut(many=True))
class Items(SystemList):
    serializer_class = out.ItemOut
    filters = {"category": "category__code", "status": "status"}

    def found(self, request: Request) -> QuerySet[Any]:
        return items_search(self.actor, q=request.query_params.get("q", ""))


@extend_schema(responses=out.ItemOut)
class ItemDetail(SystemDetail):
    serializer_class = out.ItemOut
    one = lambda actor, number: _first(items_search(actor).filter(number=number), "item", number)  # noqa: E731


@extend_schema(responses=out.SupplierOut(many=True))
class Suppliers(SystemList):
    serializer_class = out.SupplierOut
    filters = {"status": "status"}

    def found(self, request: Request) -> QuerySet[Any]:
        return suppliers_search(self.actor, q=request.query_params.get("q", ""))


@extend_schema(responses=out.SupplierOut)
class SupplierDetail(SystemDetail):
    serializer_class = out.SupplierOut
    one = lambda actor, number: _first(suppliers_search(actor).filter(code=number), "supplier", number)  # noqa: E731


@extend_schema(responses=out.LocationOut(many=True))
class Locations(SystemList):
    serializer_class = out.LocationOut
    filters = {"facility": "facility__code", "kind": "kind", "code": "code"}

    def found(self, request: Request) -> QuerySet[Any]:
        return locations_visible(self.actor)


@extend_schema(responses=out.LocationOut)
class LocationDetail(SystemDetail):
    """A location by its id, since codes are unique only inside a facility."""

    serializer_class = out.LocationOut
    one = lambda actor, number: _first(  # noqa: E731
        locations_visible(actor).filter(pk=int(number) if number.isdecimal() and len(number) < 19 else 0),
        "location",
        number,
    )


@extend_schema(responses=out.ContractOut(many=True))
class Contracts(SystemList):
    serializer_class = out.ContractOut
    filters = {"supplier": "supplier__code", "status": "status", "kind": "kind"}

    def found(self, request: Request) -> QuerySet[Any]:
        return contracts_visible(self.actor)


@extend_schema(responses=out.ContractDetailOut)
class ContractDetail(SystemDetail):
    serializer_class = out.ContractDetailOut
    one = lambda actor, number: _first(  # noqa: E731
        contracts_visible(actor).filter(number=number).prefetch_related("lines__item"), "contract", number
    )


@extend_schema(responses=out.OrderOut(many=True))
class Orders(SystemList):
    serializer_class = out.OrderOut
    filters = {
        "facility": "facility__code", "supplier": "supplier__code", "status": "status", "requisition": "requisition__number",
    }  # fmt: skip

    def found(self, request: Request) -> QuerySet[Any]:
        return orders_visible(self.actor)


@extend_schema(responses=out.OrderDetailOut)
class OrderDetail(SystemDetail):
    serializer_class = out.OrderDetailOut
    one = order_get


@extend_schema(responses=out.ReceiptOut(many=True))
class Receipts(SystemList):
    serializer_class = out.ReceiptOut
    filters = {"facility": "facility__code", "order": "order__number", "status": "status"}

    def found(self, request: Request) -> QuerySet[Any]:
        return receipts_visible(self.actor)


@extend_schema(responses=out.ReceiptDetailOut)
class ReceiptDetail(SystemDetail):
    serializer_class = out.ReceiptDetailOut
    one = receipt_get


@extend_schema(responses=out.InvoiceOut(many=True))
class Invoices(SystemList):
    serializer_class = out.InvoiceOut
    filters = {
        "facility": "facility__code", "supplier": "supplier__code", "status": "status", "order": "order__number",
        "supplier_number": "supplier_number",
    }  # fmt: skip

    def found(self, request: Request) -> QuerySet[Any]:
        return invoices_visible(self.actor)


@extend_schema(responses=out.InvoiceDetailOut)
class InvoiceDetail(SystemDetail):
    serializer_class = out.InvoiceDetailOut
    one = invoice_get


@extend_schema(responses=out.StockOut(many=True))
class Stock(SystemList):
    serializer_class = out.StockOut
    filters = {"facility": "location__facility__code", "location": "location__code", "item": "item__number"}

    def found(self, request: Request) -> QuerySet[Any]:
        return stock_visible(self.actor)


@extend_schema(responses=out.StockOut(many=True))
class StockOfItem(ActorView):
    """All balances of one item in the caller's facilities."""

    required_scope = "system:read"

    def get(self, request: Request, number: str) -> Response:
        rows = stock_visible(self.actor).filter(item__number=number)[:500]
        return Response({"results": out.StockOut(rows, many=True).data})
