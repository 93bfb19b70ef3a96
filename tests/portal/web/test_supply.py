"""Orders, the workbench, receiving, receipts, stock and items on screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import StockBalance
from masterdata.models import ItemPackaging
from procurement.models import PurchaseOrder, Receipt, RequisitionLine
from procurement.services.approvals import approval_decide
from procurement.services.supplier_answers import (
    AnsweredLineInput,
    ShipNoticeInput,
    ShippedLineInput,
    ship_notice_record,
    supplier_answer_record,
)
from tests.factories import D, Network, put_stock
from tests.road import billed, line, ordered, received, step_of, submitted


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_orders_are_listed_in_pages_with_few_statements(net: Network, sign_in: Any, few_statements: Any) -> None:
    ordered(net)
    client = sign_in("buyer@NORTH")
    with few_statements():
        client.get("/orders/")
    for _ in range(55):
        ordered(net)
    with few_statements():
        page = text(client.get("/orders/"))
    assert page.count("<tr data-row>") == 50
    assert "after=" in page
    assert page.count("<tr data-row>") > text(client.get("/orders/?view=late")).count("<tr data-row>")
    assert b"PO-" in b"".join(client.get("/orders/?view=all&export=csv").streaming_content)


def test_an_order_shows_its_whole_way(net: Network, sign_in: Any, few_statements: Any) -> None:
    order = ordered(net)
    supplier_answer_record(
        actor=net.actor("buyer@NORTH"), order_number=order.number, supplier_id=order.supplier_id, message_key="m",
        status="changed", supplier_order_number="SO-1",
        lines=[AnsweredLineInput(line_number=1, action="backordered", promised_on=timezone.now().date() + timedelta(days=9))],
    )  # fmt: skip
    receipt = received(net, order, "4")
    billed(net, order)
    client = sign_in("buyer@NORTH")
    with few_statements():
        page = text(client.get(f"/orders/{order.number}/"))
    assert "toast-note" not in page
    for told in ("SO-1", "Back-ordered", receipt, "INV-", "Promised for", "Invoiced"):
        assert told in page


def test_a_buyer_sources_issues_and_cancels(net: Network, sign_in: Any) -> None:
    row = submitted(net, line(net, "DRILL", "1", "EA"))
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step_of(row).pk, decision="approve")
    waiting = RequisitionLine.objects.get(fill="to_source")
    client = sign_in("buyer@NORTH")
    assert "Item DRILL" in text(client.get("/workbench/"))
    answer = client.post("/workbench/source/", {"line": waiting.pk, "supplier": net.suppliers["BETA"].pk})
    order = PurchaseOrder.objects.get()
    assert answer["Location"] == f"/orders/{order.number}/"
    assert (order.status, order.created_by) == ("draft", net.users["buyer@NORTH"])
    client.post(f"/orders/{order.number}/issue/")
    order.refresh_from_db()
    assert order.status == "issued"
    again = client.post("/workbench/source/", {"line": waiting.pk, "supplier": net.suppliers["BETA"].pk})
    assert again.status_code == 409
    client.post(f"/orders/{order.number}/cancel/", {"reason": "no longer needed"})
    order.refresh_from_db()
    waiting.refresh_from_db()
    assert (order.status, waiting.fill) == ("cancelled", "to_source")


def test_goods_are_received_line_by_line_with_every_finding(net: Network, sign_in: Any) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    client = sign_in("receiver@NORTH")
    assert order.number in text(client.get("/receiving/"))
    post = f"/receiving/{order.number}/post/"
    refused = client.post(post, {"token": "t1", "quantity-1": "11", "quantity-2": "1"})
    assert refused.status_code == 422
    for words in ("more than may be received", "the lot is required", "the expiry date is required"):
        assert words in text(refused)
    assert not Receipt.objects.exists()
    soon = (timezone.now() + timedelta(days=300)).date().isoformat()
    good = {
        "token": "t1",
        "quantity-1": "10",
        "quantity-2": "1",
        "lot-2": "L7",
        "expiry-2": soon,
        "rejected-2": "1",
        "problem-2": "damaged",
    }
    answer = client.post(post, good)
    receipt = Receipt.objects.get()
    assert answer["Location"] == f"/receipts/{receipt.number}/"
    client.post(post, good)
    assert Receipt.objects.count() == 1
    page = text(client.get(f"/receipts/{receipt.number}/"))
    assert "L7" in page
    assert "Damaged" in page
    client.post(f"/receipts/{receipt.number}/reverse/", {"reason": "wrong truck"})
    assert StockBalance.objects.filter(quantity__gt=0).count() == 0


def test_the_ship_notice_fills_the_form_and_a_scan_finds_its_line(net: Network, sign_in: Any) -> None:
    order = ordered(net, line(net, "SUTURE", "2"))
    ship_notice_record(
        actor=net.actor("receiver@NORTH"), supplier_id=order.supplier_id,
        notice=ShipNoticeInput(
            order_number=order.number, shipment_number="S1", lines=[ShippedLineInput(line_number=1, quantity=D(2), lot="LOT-5")]
        ),
    )  # fmt: skip
    client = sign_in("receiver@NORTH")
    assert "LOT-5" in text(client.get(f"/receiving/{order.number}/"))
    ItemPackaging.objects.filter(item=net.items["SUTURE"], unit="BX").update(gtin="10614141000415")
    for scan in (
        "(01)10614141000415(17)280331(10)L22",
        "011061414100041510L22\x1d17280331",
        "]C1011061414100041510L22\x1d17280331",
    ):
        page = text(client.get(f"/receiving/{order.number}/", {"scan": scan}))
        assert 'value="2028-03-31"' in page
        assert 'value="L22"' in page
        assert "one BX" in page
    assert (
        "614141000415"
        not in text(client.get(f"/receiving/{order.number}/", {"scan": "10614141000415"})).split("<main")[1]
    )
    assert "Nothing on this order" in text(client.get(f"/receiving/{order.number}/", {"scan": "00012345600012"}))


def test_scans_add_up_and_keep_what_is_typed(net: Network, sign_in: Any, few_statements: Any) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "5"))
    ItemPackaging.objects.filter(item=net.items["SUTURE"], unit="BX").update(gtin="10614141000415")
    client = sign_in("receiver@NORTH")
    post = f"/receiving/{order.number}/post/"
    typed = {"token": "t1", "do": "scan", "quantity-1": "7", "scan": "(01)10614141000415(17)280331(10)L22"}
    with few_statements():
        page = text(client.post(post, typed))
    assert 'name="quantity-1" value="7"' in page
    assert 'name="quantity-2" value="1"' in page
    assert 'name="scans-2" value="1"' in page
    scanned = {**typed, "quantity-2": "1", "lot-2": "L22", "expiry-2": "2028-03-31", "scans-2": "1"}
    assert 'name="quantity-2" value="2"' in text(client.post(post, scanned))
    other = text(client.post(post, {**scanned, "scan": "(01)10614141000415(17)280331(10)L23"}))
    assert "holds lot L22 already" in other
    assert 'name="quantity-2" value="1"' in other
    assert client.post(post, {**scanned, "quantity-2": "many"}).status_code == 422
    assert not Receipt.objects.exists()
    refused = text(client.post(post, {"token": "t1", "quantity-2": "1"}))
    assert 'href="#f-lines-2-lot"' in refused


def test_who_created_an_order_does_not_receive_it(net: Network, sign_in: Any) -> None:
    order = ordered(net)
    PurchaseOrder.objects.filter(pk=order.pk).update(created_by=net.users["receiver@NORTH"])
    client = sign_in("receiver@NORTH")
    assert order.number not in text(client.get("/receiving/"))
    assert client.post(f"/receiving/{order.number}/post/", {"token": "t", "quantity-1": "1"}).status_code == 403


def test_stock_by_place_item_and_ledger(net: Network, sign_in: Any, few_statements: Any) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "5000")
    put_stock(net, "EAST-STORE", "GLOVE", "77")
    received(net, ordered(net, line(net, "GLOVE", "60")), "60")
    client = sign_in("stock_clerk@NORTH")
    with few_statements():
        page = text(client.get("/stock/"))
    assert "5,000" in page
    assert "77" not in page.split("<tbody")[1].split("</tbody>")[0]
    with few_statements():
        page = text(client.get("/items/GLOVE/"))
    assert "Opening stock" in page
    assert "11,000" in page
    assert "GPO-114" in page
    assert "EAST" not in page
    assert client.get("/stock/?view=low").status_code == 200
    assert client.get("/items/NOPE/").status_code == 404


@pytest.mark.parametrize("path", ["/suppliers/", "/contracts/", "/contracts/GPO-114/", "/receipts/", "/trace/"])
def test_look_ups(net: Network, sign_in: Any, few_statements: Any, path: str) -> None:
    client = sign_in("buyer@NORTH")
    with few_statements():
        assert client.get(path).status_code == 200


def test_a_trace_tells_where_it_stands(net: Network, sign_in: Any, few_statements: Any) -> None:
    order = ordered(net)
    client = sign_in("buyer@NORTH")
    with few_statements():
        page = text(client.get("/trace/", {"q": order.number}))
    assert "is being sent" in page  # no endpoint: nothing has left yet
    received(net, order)
    billed(net, order, price="9.90", number="T-1")
    page = text(client.get("/trace/", {"q": "T-1"}))
    assert "Waits for a decision" in page
    assert client.get("/trace/", {"q": "unknown"}).status_code == 404
    assert sign_in("buyer@EAST").get("/trace/", {"q": order.number}).status_code == 404
