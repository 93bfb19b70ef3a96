"""Buying, receiving, stock, messages and the trace in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from integrations.models import Endpoint, OutboundMessage
from masterdata.models import Item
from procurement.models import PurchaseOrder, Receipt
from procurement.services.approvals import approval_decide
from tests.browser.harness import Visitor
from tests.factories import Network, make_network, put_stock
from tests.road import billed, line, ordered, received, step_of, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def net(transactional_db: None) -> Network:
    net = make_network()
    for number, words in (
        ("GLOVE", "Glove exam nitrile powder-free medium"),
        ("SUTURE", "Suture absorbable braided 3-0, 70 cm, taper needle 26 mm"),
        ("DRILL", "Drill bit cannulated 2.7 mm, titanium coated"),
    ):
        Item.objects.filter(number=number).update(description=words)
        net.items[number].refresh_from_db()
    put_stock(net, "NORTH-STORE", "DRILL", "14")
    return net


def test_a_receiver_takes_goods_in_on_the_phone(visitor: Visitor, net: Network) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    visitor.login_as(net.users["receiver@NORTH"])
    visitor.goto("/receiving/")
    visitor.check("receiving")
    visitor.goto(f"/receiving/{order.number}/")
    visitor.check("receive")
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("button", name="All 10").click()
    page.get_by_label("Accepted").nth(1).fill("2")
    page.get_by_label("Lot").fill("L2231")
    page.get_by_role("button", name="Post receipt").click()
    expect(page.locator(".findings")).to_contain_text("expiry date is required")
    visitor.problems.clear()  # the browser itself reports the 422
    page.get_by_label("Expires").fill((timezone.now() + timedelta(days=400)).date().isoformat())
    page.get_by_role("button", name="Post receipt").click()
    page.wait_for_url("**/receipts/RCV-*/")
    visitor.check("receipt")
    assert Receipt.objects.count() == 1


def test_a_buyer_sees_the_way_of_an_order(visitor: Visitor, net: Network) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    received(net, order, "4")
    billed(net, order, price="9.90")
    row = submitted(net, line(net, "DRILL", "1", "EA"), facility="EAST")
    approval_decide(actor=net.actor("approver@EAST"), step_id=step_of(row).pk, decision="approve")
    visitor.login_as(net.users["buyer@network"])
    for path, name in (("/orders/", "orders"), (f"/orders/{order.number}/", "order"), ("/workbench/", "workbench")):
        visitor.goto(path)
        visitor.check(name)
    visitor.goto(f"/trace/?q={order.number}")
    visitor.check("trace")
    visitor.check("trace", dark=True)


def test_stock_and_item(visitor: Visitor, net: Network) -> None:
    visitor.login_as(net.users["stock_clerk@NORTH"])
    for path, name in (("/stock/", "stock"), ("/stock/?view=low", "low-stock"), ("/items/DRILL/", "item")):
        visitor.goto(path)
        visitor.check(name)


def test_integration_support_decides_a_dead_letter(visitor: Visitor, net: Network) -> None:
    order = ordered(net)
    endpoint = Endpoint.objects.create(code="erp", name="Cloud ERP", kind="erp", adapter="rest_erp", duplicates="lookup")
    message = OutboundMessage.objects.create(
        endpoint=endpoint, topic="purchase_order.create", document_kind="purchase_order", document_number=order.number,
        facility=order.facility, key=order.number, stream=order.number, state="dead", cause="permanent",
        detail="unknown supplier ACME", trace_id=order.trace_id, due_at=timezone.now(), attempt_count=1,
    )  # fmt: skip
    visitor.login_as(net.users["integration_support@NORTH"])
    for path, name in (("/messages/", "messages"), (f"/messages/{message.pk}/", "message"), ("/endpoints/", "endpoints")):
        visitor.goto(path)
        visitor.check(name)
    assert PurchaseOrder.objects.count() == 1
