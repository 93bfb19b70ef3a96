"""Buying, receiving, stock, messages and the trace in a real browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage, Payload
from masterdata.models import Item, ItemPackaging, Role
from procurement.models import Receipt
from procurement.services.approvals import approval_decide
from procurement.services.supplier_answers import AnsweredLineInput, supplier_answer_record
from tests.browser.harness import Visitor
from tests.factories import Network, make_network, make_user, put_stock
from tests.road import billed, line, ordered, received, step_of, submitted

EDI = (
    "ISA*00*          *00*          *ZZ*ACME           *ZZ*HOSPITAL       *261101*0900*U*00401*000000431*0*T*>~"
    "GS*PR*ACME*HOSPITAL*20261101*0900*431*X*004010~ST*855*0001~BAK*00*AC*PO-1*20261101~PO1*7*4*BX*9.90**VP*AC-GLOVE-NITRILE-M~"
    "ACK*IB*4*BX*067*20261109~CTT*1~SE*6*0001~GE*1*431~IEA*1*000000431~"
)

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
    put_stock(net, "NORTH-STORE", "SUTURE", "36", lot="L2231", expiry=timezone.now().date() + timedelta(days=20))
    put_stock(net, "NORTH-OR", "SUTURE", "72", lot="L2307", expiry=timezone.now().date() + timedelta(days=500))
    return net


def test_a_receiver_takes_goods_in_on_the_phone(visitor: Visitor, net: Network) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    ItemPackaging.objects.filter(item=net.items["SUTURE"], unit="BX").update(gtin="10614141000415")
    visitor.login_as(net.users["receiver@NORTH"])
    visitor.goto("/receiving/")
    visitor.check("receiving")
    visitor.goto(f"/receiving/{order.number}/")
    visitor.check("receive")
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("button", name="All 10").click()
    page.locator("#f-lines-2-quantity").fill("2")
    page.locator("#scan").fill("10614141000415")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("one BX, now 1 BX of 2 expected")
    expect(page.locator("#f-lines-1-quantity")).to_have_value("10")
    page.locator("#f-lines-2-quantity").fill("2")
    visitor.check("receive-scanned")
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
    for path, name in (("/stock/", "stock"), ("/stock/?view=low", "low-stock"), ("/items/SUTURE/", "item")):
        visitor.goto(path)
        visitor.check(name)


def test_integration_support_decides_a_dead_letter(visitor: Visitor, net: Network) -> None:
    order = ordered(net)
    now = timezone.now()
    support = make_user("Ines Weber", (Role.INTEGRATION_SUPPORT, None))
    common = {"document_kind": "purchase_order", "document_number": order.number, "facility": order.facility,
              "trace_id": order.trace_id, "due_at": now}  # fmt: skip
    erp = Endpoint.objects.create(
        code="erp", name="Cloud ERP", kind="erp", adapter="rest_erp", duplicates="lookup", last_success_at=now - timedelta(hours=3),
        consecutive_failures=5, circuit_open_until=now + timedelta(minutes=4),
    )  # fmt: skip
    acme = Endpoint.objects.create(code="acme", name="Acme Medical Distribution, northern mailbox", kind="supplier",
                                   adapter="folder", duplicates="none", last_success_at=now)  # fmt: skip
    Endpoint.objects.create(code="beta", name="Beta Surgical", kind="supplier", adapter="folder", duplicates="none",
                            paused=True, pause_reason="They move to a new mailbox until Friday")  # fmt: skip
    text = Payload.objects.create(sha256="0" * 64, content=EDI.encode())
    sent = Payload.objects.create(
        sha256="1" * 64, content=b'{"number": "PO-1", "total": 84.20, "lines": [{"item": "GLOVE", "quantity": 10}]}'
    )
    message = OutboundMessage.objects.create(
        **common, endpoint=erp, topic="purchase_order.create", key=order.number, stream=order.number, state="dead", cause="permanent",
        detail="unknown supplier ACME", attempt_count=2, payload=sent,
    )  # fmt: skip
    for n, outcome, words in (
        (1, "transient", "502 Bad Gateway"),
        (2, "permanent", "supplier ACME is not known in company 100"),
    ):
        Attempt.objects.create(message=message, number=n, started_at=now - timedelta(minutes=9 - n), finished_at=now - timedelta(minutes=9 - n),
                               outcome=outcome, status_code=502 if n == 1 else 422, detail=words)  # fmt: skip
    OutboundMessage.objects.create(
        **common, endpoint=acme, topic="purchase_order.create", key="2", state="delivered", remote_reference="000000431"
    )
    answer = InboundMessage.objects.create(**common, endpoint=acme, payload=text, kind="855", position=1, control_number="000000431", state="failed",
                                           cause="mapping", detail="Line 7 is not on the order.",
                                           findings=[{"message": "Line 7 is not on the order.", "position": 5}])  # fmt: skip
    visitor.login_as(support)
    pages = (
        ("/messages/", "messages"), ("/messages/?direction=in", "messages-in"), (f"/messages/{message.pk}/", "message"),
        (f"/messages/in/{answer.pk}/", "inbound"), ("/endpoints/", "endpoints"),
    )  # fmt: skip
    for path, name in pages:
        visitor.goto(path)
        visitor.check(name)
    visitor.check("endpoints", dark=True)
    page = visitor.page
    page.set_viewport_size({"width": 1440, "height": 900})
    visitor.goto(f"/messages/{message.pk}/")
    page.get_by_label("Why: Send again").fill("The supplier is known there now")
    page.get_by_role("button", name="Send again").click()
    page.locator("dialog[open]").get_by_role("button", name="Send again").click()
    expect(page.get_by_role("list", name="Tries and decisions")).to_contain_text("Decided to try it again")
    message.refresh_from_db()
    assert message.state == "queued"


def test_the_bell_is_filled_when_it_is_opened(visitor: Visitor, net: Network) -> None:
    order = ordered(net)
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/requisitions/")
    page = visitor.page
    page.get_by_label("Notifications").click()
    expect(page.locator(".menu-notice").first).to_contain_text(order.number)
    visitor.check("bell", full=False)


def test_a_list_is_ordered_and_its_filter_kept_by_keyboard(visitor: Visitor, net: Network) -> None:
    order = ordered(net)
    visitor.login_as(net.users["buyer@network"])
    visitor.goto("/orders/?view=all")
    page = visitor.page
    page.keyboard.press("s")
    page.get_by_role("link", name="Largest amount").click()
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    page.keyboard.press("v")
    page.get_by_label("Keep this filter and order as").fill("Big ones")
    page.keyboard.press("Enter")
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="Big ones")
    expect(tab).to_have_attribute("aria-current", "page")
    page.keyboard.press("v")
    page.get_by_role("button", name="Open the list with Big ones").click()
    visitor.goto("/orders/")
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("link", name=order.number)).to_be_visible()
    visitor.check("orders-kept")
    visitor.check("orders-kept", dark=True)


def test_a_buyer_finds_what_a_supplier_does_not_confirm(visitor: Visitor, net: Network) -> None:
    order = ordered(net)
    supplier_answer_record(
        actor=net.actor("buyer@NORTH"), order_number=order.number, supplier_id=order.supplier_id, message_key="m",
        status="changed", lines=[AnsweredLineInput(line_number=1, action="accepted", quantity=Decimal(6))],
    )  # fmt: skip
    visitor.login_as(net.users["buyer@NORTH"])
    visitor.goto("/exceptions/buyer/")
    visitor.check("short-answer")
    page = visitor.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Accept the change").click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_text("taken over")).to_be_visible()
    visitor.goto("/workbench/")
    expect(page.get_by_text("of 10 BX, the rest is ordered or ended")).to_be_visible()
    page.get_by_text("No longer needed…").click()
    visitor.check("workbench-rest")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Why the ticked lines are no longer needed").fill("six do, said the ward")
    page.get_by_role("button", name="End the ticked lines").click()
    expect(page.get_by_text("Everything has a source")).to_be_visible()
    visitor.goto(f"/requisitions/{order.requisition.number}/")
    expect(page.get_by_text("4 BX no longer needed")).to_be_visible()
    visitor.check("requisition-rest")
