"""Home, catalog, cart, requisitions and approvals in a real browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from masterdata.models import CostCenter, Item
from procurement.models import BudgetFigure, Requisition
from tests.browser.harness import Visitor
from tests.factories import Network, make_network, put_stock
from tests.road import billed, draft, line, ordered, received, step_of, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = {
    "GLOVE": "Glove exam nitrile powder-free medium", "SUTURE": "Suture polyglactin 3-0 violet 70 cm taper",
    "DRILL": "Drill bit cannulated 3.2 mm sterile",
}  # fmt: skip


@pytest.fixture
def net(transactional_db: None) -> Network:
    net = make_network()
    for number, text in NAMES.items():
        Item.objects.filter(number=number).update(description=text, search_text=f"{text} {number}".lower())
    for who, name, title in (
        ("requester@NORTH", "Priya Nair", "OR charge nurse"), ("approver@NORTH", "Dr. Ana Ruiz", "OR director"),
        ("ap_clerk@NORTH", "Malik Johnson", "Accounts payable"),
    ):  # fmt: skip
        user = net.users[who]
        user.name, user.title = name, title
        user.save()
    BudgetFigure.objects.create(
        cost_center=CostCenter.objects.get(code="NORTH-OR"), period=timezone.now().strftime("%Y-%m"), amount=D(4000),
        committed=D(1200), actual=D(2300), as_of=timezone.now() - timedelta(hours=2),
    )  # fmt: skip
    with transaction.atomic():
        put_stock(net, "NORTH-STORE", "GLOVE", "300")
    received(net, ordered(net, line(net, "GLOVE", "14")), "14")
    billed(net, ordered(net, line(net, "SUTURE", "5")), quantity="5", price="59.90")
    return net


def test_the_first_page_and_the_search(visitor: Visitor, net: Network) -> None:
    submitted(net)
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/")
    visitor.check("home-requester")
    visitor.check("home-requester", dark=True)
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type("req-")
    expect(visitor.page.locator("#search-results .hit").first).to_be_visible()
    visitor.check("search-results", full=False)


def test_the_catalog_and_the_cart(visitor: Visitor, net: Network) -> None:
    page = visitor.page
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/catalog/")
    page.locator("#catalog-q").type("glove")
    expect(page.locator(".offer")).to_have_count(1)
    page.locator(".offer-others summary").click()
    page.get_by_role("button", name="Add from Beta").click()
    expect(page.locator("#editor .cart-line")).to_have_count(1)
    page.locator("#catalog-q").fill("suture")
    expect(page.locator(".offer h2")).to_contain_text("Suture")
    page.locator(".offer-unit").select_option("EA")
    page.locator(".offer-quantity").fill("10")
    page.get_by_role("button", name="Add Suture").click()
    expect(page.locator("#editor .cart-line")).to_have_count(2)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_role("button", name="Take Acme (GPO-114)")).to_be_visible()
    page.locator("#catalog-q").fill("")
    expect(page.locator(".offer")).to_have_count(3)
    visitor.check("catalog")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#cart-bar").click()
    expect(page.locator("#cart")).to_be_visible()
    page.screenshot(path="var/screenshots/catalog-cart-sheet.png")
    page.locator(".cart-close").click()
    page.set_viewport_size({"width": 1440, "height": 900})
    findings = page.locator(".cart-line-finding")
    for button, left in (("Take 1 BX", 2), ("Take Acme (GPO-114)", 1), ("It is right", 0)):
        page.get_by_role("button", name=button).click()
        expect(findings).to_have_count(left)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("REQ-")
    draft(net, line(net), line(net, "SUTURE", "2"), is_cart=True)
    visitor.goto("/cart/")
    visitor.check("cart")
    page.get_by_role("button", name="Submit for approval").click()
    page.get_by_role("button", name="Submit anyway").click()
    page.wait_for_url("**/requisitions/**")
    assert Requisition.objects.filter(is_cart=True).count() == 0


def test_the_list_and_the_page_of_a_requisition(visitor: Visitor, net: Network) -> None:
    row = submitted(
        net,
        line(net),
        line(net, "SUTURE", "2"),
        line(net, "GLOVE", "3", supplier_id=net.suppliers["BETA"].pk, off_contract_reason="Acme is out"),
    )
    draft(net, line(net))
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/requisitions/?view=all")
    visitor.check("requisitions")
    visitor.goto(f"/requisitions/{row.number}/")
    visitor.check("requisition")


def test_the_inbox_is_decided_by_keys(visitor: Visitor, net: Network) -> None:
    page = visitor.page
    rows = [
        submitted(net, line(net, "GLOVE", "20"), line(net, "SUTURE", "2"), urgent=True, note="For the Tuesday list"),
        submitted(
            net, line(net, "GLOVE", "12", supplier_id=net.suppliers["BETA"].pk, off_contract_reason="Acme is out")
        ),
        submitted(net, line(net, "SUTURE", "40")),
    ]
    visitor.login_as(net.users["approver@NORTH"])
    visitor.goto("/approvals/")
    visitor.check("approvals")
    visitor.check("approvals", dark=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("j")
    expect(page.locator("#chosen-title")).to_contain_text(rows[1].number)
    page.keyboard.press("a")
    expect(page.locator("#confirm-title")).to_contain_text(f"Approve {rows[1].number} for")
    page.keyboard.press("Enter")
    expect(page.locator(".pick")).to_have_count(2)
    expect(page.locator(".toast-note")).to_contain_text("was approved")
    expect(page.locator("#chosen-title")).to_contain_text(rows[2].number)
    page.keyboard.press("k")
    expect(page.locator("#chosen-title")).to_contain_text(rows[0].number)
    page.keyboard.press("r")
    expect(page.locator("#f-comment-notes")).to_contain_text("Say why")
    page.locator("#f-comment").fill("Half of it, please")
    page.get_by_role("button", name="Return").click()
    expect(page.locator(".pick")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    page.get_by_role("button", name="Approve…").click()
    visitor.check("approvals-several", full=False)
    rows[0].refresh_from_db()
    assert (rows[0].status, step_of(rows[2]).state) == ("returned", "pending")


def test_what_is_in_the_way_of_a_long_cart_comes_into_sight(visitor: Visitor, net: Network) -> None:
    lines = [line(net, "GLOVE", "10", supplier_id=net.suppliers["BETA"].pk) for _ in range(30)]
    draft(net, *lines, is_cart=True)
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/cart/")
    visitor.page.get_by_role("button", name="Submit for approval").click()
    found = visitor.page.locator("#editor .findings")
    expect(found).to_contain_text("30 of 30 lines need a look")
    expect(found).to_be_in_viewport()
    expect(found).to_be_focused()


def test_the_head_of_a_cart_is_kept_without_a_button(visitor: Visitor, net: Network) -> None:
    row = draft(net, line(net), is_cart=True)
    visitor.login_as(net.users["requester@NORTH"])
    visitor.goto("/cart/")
    visitor.page.locator("#f-note").fill("For the Tuesday list")
    with visitor.page.expect_response("**/header/"):
        visitor.page.locator("#f-urgent").check()
    visitor.page.get_by_role("button", name="Submit for approval").click()
    visitor.page.wait_for_url("**/requisitions/**")
    row.refresh_from_db()
    assert (row.note, row.urgent, row.status) == ("For the Tuesday list", True, "submitted")
