"""Orders, the workbench, receiving, receipts, stock and items on screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import StockBalance
from masterdata.models import Delegation, ItemPackaging, Role, RoleGrant
from procurement.models import ExceptionCase, PurchaseOrder, Receipt, RequisitionLine
from procurement.services.approvals import approval_decide
from procurement.services.purchase_orders import purchase_order_record_rejection
from procurement.services.supplier_answers import (
    AnsweredLineInput,
    ShipNoticeInput,
    ShippedLineInput,
    ship_notice_record,
    supplier_answer_record,
)
from tests.factories import D, Network, make_facility, put_stock
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
    lent = Delegation(lender=net.users["buyer@network"], delegate=net.users["buyer@NORTH"], role="buyer")
    lent.starts_on = lent.ends_on = timezone.now().date()
    lent.save()
    with few_statements(10):
        page = text(client.get(f"/orders/{order.number}/"))
    for path in (
        f"/receipts/{receipt}/",
        f"/invoices/{order.invoices.get().number}/",
        f"/requisitions/{order.requisition.number}/",
    ):
        with few_statements(10):
            assert client.get(path).status_code == 200
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
    client.post(f"/orders/{order.number}/act/", {"act": "cancel", "reason": "no longer needed"})
    order.refresh_from_db()
    waiting.refresh_from_db()
    assert (order.status, waiting.fill) == ("cancelled", "to_source")


def test_a_buyer_ends_a_line_that_is_no_longer_needed(net: Network, sign_in: Any) -> None:
    row = submitted(net, line(net, "DRILL", "1", "EA"))
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step_of(row).pk, decision="approve")
    waiting = RequisitionLine.objects.get(fill="to_source")
    client = sign_in("buyer@NORTH")
    assert "End the ticked lines" in text(client.get("/workbench/"))
    assert client.post("/workbench/waive/", {"line": waiting.pk}).status_code == 422
    client.post("/workbench/waive/", {"line": waiting.pk, "reason": "found one in the cellar"})
    waiting.refresh_from_db()
    assert waiting.fill == "waived"
    page = text(client.get(f"/requisitions/{row.number}/"))
    assert "No longer needed" in page


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
    other = text(client.post(post, {**scanned, "scan": "(01)10614141000415(17)280430(10)L23"}))
    assert 'name="quantity-2" value="1"' in other
    assert 'name="quantity-2-1" value="1"' in other
    assert 'name="lot-2-1" value="L23"' in other
    assert 'name="rows-2" value="2"' in other
    both = {
        **scanned,
        "rows-2": "2",
        "quantity-2-1": "1",
        "lot-2-1": "L23",
        "expiry-2-1": "2028-04-30",
        "scans-2-1": "1",
    }
    assert 'name="quantity-2-1" value="2"' in text(
        client.post(post, {**both, "scan": "(01)10614141000415(17)280430(10)L23"})
    )
    assert 'name="quantity-2" value="2"' in text(client.post(post, both))
    assert client.post(post, {**scanned, "quantity-2": "many"}).status_code == 422
    assert not Receipt.objects.exists()
    refused = text(client.post(post, {"token": "t1", "quantity-2": "1"}))
    assert 'href="#f-lines-2-lot"' in refused


def test_several_lots_of_a_line_come_in_one_receipt(net: Network, sign_in: Any) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "5"))
    client, post = sign_in("receiver@NORTH"), f"/receiving/{order.number}/post/"
    first = {"token": "t1", "quantity-2": "3", "lot-2": "L1", "expiry-2": "2028-03-31"}
    more = text(client.post(post, {**first, "do": "lot:2"}))
    assert 'name="quantity-2" value="3"' in more
    assert 'name="quantity-2-1" value=""' in more
    second = {"rows-2": "2", "quantity-2-1": "2", "lot-2-1": ""}
    refused = text(client.post(post, first | second))
    assert 'href="#f-lines-2-1-lot"' in refused
    too_much = {**first, **second, "quantity-2-1": "9", "lot-2-1": "L2", "expiry-2-1": "2028-04-30"}
    assert "more than may be received" in text(client.post(post, too_much))
    client.post(post, {**too_much, "quantity-2-1": "2"})
    receipt = Receipt.objects.get()
    assert sorted(receipt.lines.values_list("lot", "quantity")) == [("L1", D(3)), ("L2", D(2))]
    assert sorted(StockBalance.objects.values_list("lot__number", flat=True)) == ["L1", "L2"]


def test_every_announced_lot_has_its_row_until_one_scans(net: Network, sign_in: Any) -> None:
    order = ordered(net, line(net, "SUTURE", "5"))
    lots = [ShippedLineInput(line_number=1, quantity=D(quantity), lot=lot) for quantity, lot in ((3, "L1"), (2, "L2"))]
    ship_notice_record(
        actor=net.actor("receiver@NORTH"), supplier_id=order.supplier_id,
        notice=ShipNoticeInput(order_number=order.number, shipment_number="S1", lines=lots),
    )  # fmt: skip
    ItemPackaging.objects.filter(item=net.items["SUTURE"], unit="BX").update(gtin="10614141000415")
    client = sign_in("receiver@NORTH")
    page = text(client.get(f"/receiving/{order.number}/"))
    assert 'name="lot-1" value="L1"' in page
    assert 'name="quantity-1-1" value="2"' in page
    scanned = text(client.get(f"/receiving/{order.number}/", {"scan": "(01)10614141000415(17)280430(10)L2"}))
    assert 'name="quantity-1" value=""' in scanned
    assert 'name="quantity-1-1" value="1"' in scanned


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
    assert "takes no electronic orders" in page
    assert "Approved a step" in page
    received(net, order)
    billed(net, order, price="9.90", number="T-1")
    page = text(client.get("/trace/", {"q": "T-1"}))
    assert "Waits for a decision" in page
    assert "Supplier answered" not in page
    assert "price_" not in page
    assert client.get("/trace/", {"q": "unknown"}).status_code == 404
    assert sign_in("buyer@EAST").get("/trace/", {"q": order.number}).status_code == 404


def test_a_buyer_holds_releases_closes_and_reopens(net: Network, sign_in: Any) -> None:
    order = ordered(net)
    client, page = sign_in("buyer@network"), f"/orders/{order.number}/"

    def act(what: str, **more: str) -> Any:
        return client.post(f"{page}act/", {"act": what, **more})

    refused = act("hold")
    assert refused.status_code == 422
    assert 'id="f-hold-reason"' in text(refused)
    act("hold", reason="Recall of a lot")
    assert "On hold: nothing is received" in text(client.get(page))
    assert "Recall of a lot" in text(client.get(page))
    assert f"{order.number} is on hold" in text(client.get("/trace/", {"q": order.number}))
    act("release")
    received(net, order, "4")
    act("close", reason="The rest is not made any more")
    order.refresh_from_db()
    assert order.status == "closed"
    act("reopen", reason="They found some")
    order.refresh_from_db()
    assert order.status == "partially_received"
    assert "Cancel the order" not in text(client.get(page)), "goods were received"
    assert act("cancel", reason="x").status_code == 409
    assert act("dance").status_code == 422
    assert sign_in("receiver@NORTH").post(f"{page}act/", {"act": "hold", "reason": "x"}).status_code == 403


def test_the_buyer_decides_what_the_erp_refused(net: Network, sign_in: Any) -> None:
    order = ordered(net)
    purchase_order_record_rejection(order_number=order.number, system="LEGACY", sentence="Vendor 4711 is blocked.")
    client = sign_in("buyer@network")
    page = text(client.get("/exceptions/buyer/"))
    assert "Vendor 4711 is blocked" in page
    assert "Put right: send it again" in page
    case = ExceptionCase.objects.get()
    client.post(f"/exceptions/case/{case.pk}/resolve/", {"resolution": "cancel_order", "comment": "Asked elsewhere"})
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_the_workbench_costs_the_same_for_many_facilities(net: Network, sign_in: Any, few_statements: Any) -> None:
    for code in ("WEST", "LAKE", "HILL", "PORT", "PARK", "MILL", "FORD", "DALE"):
        make_facility(net, code)
    RoleGrant.objects.create(user=net.users["buyer@NORTH"], role=Role.BUYER, facility=None)
    for code in net.facilities:
        row = submitted(net, line(net, "DRILL", "1", "EA"), facility=code)
        approval_decide(actor=net.actor(f"approver@{code}"), step_id=step_of(row).pk, decision="approve")
    client = sign_in("buyer@NORTH")
    with few_statements():
        page = text(client.get("/workbench/"))
    assert page.count("source-line") == len(net.facilities)
    assert page.count("is-best") == len(net.facilities)


def test_an_answer_on_the_workbench_opens_that_answer(net: Network, sign_in: Any) -> None:
    facility, order = net.facilities["NORTH"], ordered(net)
    cases = [
        ExceptionCase.objects.create(
            queue="buyer", kind="answer", facility=facility, supplier=order.supplier, order=order, title=f"Answer {n}", amount=D(1),
            currency="USD", due_at=timezone.now(),
        )
        for n in range(2)
    ]  # fmt: skip
    client = sign_in("buyer@NORTH")
    page = text(client.get("/workbench/"))
    for case in cases:
        assert f'href="/exceptions/case/{case.pk}/">{case.title}<' in page
