"""What is written in the transaction of the fact."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Endpoint, ErpRoute, OutboundMessage
from integrations.services.outbox import order_announce, receipt_announce, voucher_announce
from procurement.services.purchase_orders import purchase_order_cancel
from procurement.services.receipts import receipt_reverse
from tests.integrations.world import World


def rows(**found: object) -> list[tuple[str, str, str, str]]:
    messages = OutboundMessage.objects.filter(**found).select_related("endpoint").order_by("id")
    return [(m.endpoint.kind, m.topic, m.key, m.stream.partition(":")[2]) for m in messages]


def test_an_issued_order_is_told_to_its_erp_and_its_supplier(world: World) -> None:
    order = world.order()
    assert sorted(rows()) == [
        ("erp", "purchase_order.create", order.number, order.number),
        ("supplier", "purchase_order.create", order.number, order.number),
    ]
    assert set(OutboundMessage.objects.values_list("trace_id", "facility__code")) == {(order.trace_id, "NORTH")}


def test_everything_about_one_order_is_one_stream(world: World) -> None:
    order = world.order()
    receipt = world.receive(order)
    invoice = world.bill(order)
    reversal = receipt_reverse(actor=world.net.actor("receiver@NORTH"), number=receipt.number, reason="wrong dock")
    assert rows(endpoint=world.endpoint) == [
        ("erp", "purchase_order.create", order.number, order.number),
        ("erp", "receipt.post", receipt.number, order.number),
        ("erp", "voucher.post", invoice.number, order.number),
        ("erp", "receipt.post", reversal.number, order.number),
    ]


def test_a_fact_costs_one_statement(world: World) -> None:
    order = world.order()
    receipt, invoice = world.receive(order), world.bill(order)
    OutboundMessage.objects.all().delete()
    for announce in (
        lambda: order_announce(order_id=order.pk),
        lambda: receipt_announce(receipt_id=receipt.pk),
        lambda: voucher_announce(invoice_id=invoice.pk),
    ):
        with CaptureQueriesContext(connection) as queries:
            announce()
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 1
    assert OutboundMessage.objects.count() == 4


def test_the_route_of_the_day_the_order_was_issued_counts(world: World) -> None:
    new = Endpoint.objects.create(code="erp-new", name="New", kind="erp", adapter="rest_erp", duplicates="lookup")
    old = world.order()
    today = timezone.now().astimezone(ZoneInfo(old.facility.timezone)).date()
    tomorrow = today + timedelta(days=1)
    ErpRoute.objects.create(facility=old.facility, starts_on=today, document_kind="invoice", endpoint=new)
    ErpRoute.objects.create(facility=old.facility, starts_on=tomorrow + timedelta(days=1), endpoint=new)
    world.receive(old)
    invoice = world.bill(old)
    assert rows(endpoint=new) == [("erp", "voucher.post", invoice.number, old.number)]
    ErpRoute.objects.filter(document_kind="").exclude(endpoint=world.endpoint).update(
        starts_on=today - timedelta(days=1)
    )
    begun_after = world.order()
    assert [key for _, _, key, _ in rows(endpoint=new)][1:] == [begun_after.number]


def test_an_order_nobody_can_be_told_does_not_look_queued(world: World) -> None:
    ErpRoute.objects.all().delete()
    order = world.order()
    order.refresh_from_db()
    assert (order.erp_dispatch, order.supplier_dispatch) == ("none", "queued")


def test_the_same_fact_twice_is_one_message(world: World) -> None:
    order = world.order()
    order_announce(order_id=order.pk)
    assert OutboundMessage.objects.count() == 2


def test_a_cancellation_follows_its_order(world: World) -> None:
    order = world.order()
    purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=order.number, reason="not needed")
    world.deliver()
    world.due_now()
    world.deliver()
    assert world.erp is not None
    found = world.erp.call("GET", f"/purchase-orders?reference={order.number}")[1]["results"]
    assert [row["status"] for row in found] == ["cancelled"]
    assert [path.name for path in sorted((world.mailbox.root / "ACME" / "in").glob("*"))] == [
        "000000001-PO.x12", "000000002-PC.x12",
    ]  # fmt: skip
