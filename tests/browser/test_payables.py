"""The AP worklist and the invoices in a real browser."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from masterdata.models import Item
from procurement.models import ExceptionCase, Invoice
from tests.browser.harness import Visitor
from tests.factories import Network, make_network
from tests.road import billed, line, ordered, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def net(transactional_db: None) -> Network:
    net = make_network()
    Item.objects.filter(number="GLOVE").update(description="Glove exam nitrile powder-free medium")
    net.users["ap_clerk@NORTH"].name = "Malik Johnson"
    net.users["ap_clerk@NORTH"].save()
    for quantity, price, unit in (
        ("10", "9.90", "BX"),
        ("12", "9.10", "BX"),
        ("14", "8.42", "EA"),
        ("16", "8.42", "BX"),
    ):
        order = ordered(net, line(net, "GLOVE", quantity))
        if price != "8.42" or unit == "EA":
            received(net, order, quantity)
        billed(net, order, quantity=quantity, price=price, unit=unit, number=f"881{quantity}")
    with connection.cursor() as cursor:  # some have waited a while
        cursor.execute(
            "UPDATE procurement_exceptioncase SET opened_at = now() - interval '5 days' WHERE kind = 'price'"
        )
    ExceptionCase.objects.filter(kind="price").update(due_at=timezone.now())
    return net


def test_the_worklist_is_decided_by_keys(visitor: Visitor, net: Network) -> None:
    page = visitor.page
    visitor.login_as(net.users["ap_clerk@NORTH"])
    visitor.goto("/")
    visitor.check("home-ap")
    visitor.goto("/exceptions/ap/?view=price")
    visitor.check("exceptions")
    visitor.check("exceptions", dark=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".pick")).to_have_count(2)
    first = page.locator("#chosen-title a").inner_text()
    page.keyboard.press("i")
    expect(page.locator(".pick-owner")).to_have_count(1)
    page.keyboard.press("a")
    expect(page.locator("#chosen .findings")).to_contain_text("Choose a reason")
    page.keyboard.press("1")
    page.keyboard.press("a")
    expect(page.locator(".pick")).to_have_count(1)
    expect(page.locator("#chosen-title a")).not_to_have_text(first)
    assert Invoice.objects.get(number=first).status == "approved"
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_visible()
    visitor.check("exceptions-bulk", full=False)


def test_the_list_the_page_and_the_form_of_invoices(visitor: Visitor, net: Network) -> None:
    visitor.login_as(net.users["ap_clerk@NORTH"])
    visitor.goto("/invoices/")
    visitor.check("invoices")
    row = Invoice.objects.get(supplier_number="88110")
    visitor.goto(f"/invoices/{row.number}/")
    visitor.check("invoice")
    visitor.goto(f"/invoices/new/?order={row.order.number if row.order else ''}")
    visitor.page.locator("#f-total").fill("lots")
    visitor.page.locator("#f-supplier-number").fill("77")
    visitor.page.locator("#f-invoice-date").fill("2026-11-20")
    visitor.page.get_by_role("button", name="Enter the invoice").click()
    expect(visitor.page.locator("#findings")).to_contain_text("is not a number")
    visitor.problems.clear()  # the browser itself reports the 422
    visitor.check("invoice-new")
