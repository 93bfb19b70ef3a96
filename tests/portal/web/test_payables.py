"""Invoices, and the worklist of their exceptions."""

from __future__ import annotations

from datetime import date

from masterdata.models import RoleGrant
from portal.models import SavedView
from procurement.models import ExceptionCase, Invoice
from tests.factories import Network
from tests.road import billed, line, ordered, received

HTMX = {"HX-Request": "true"}


def stopped(net: Network, number: str = "", price: str = "9.90") -> ExceptionCase:
    order = ordered(net)
    received(net, order)
    return ExceptionCase.objects.get(invoice=billed(net, order, price=price, number=number))


def many(net: Network, case: ExceptionCase, count: int) -> None:
    """The same case for many invoices, as rows."""
    invoice = case.invoice
    assert invoice is not None
    Invoice.objects.bulk_create(
        Invoice(
            number=f"INV-2025-{n:06d}", supplier_number=f"X{n}", normalized_number=f"X{n}", supplier=invoice.supplier,
            facility=invoice.facility, order=invoice.order, status="exception", source="810", invoice_date=date(2026, 1, 1),
            currency="USD", total=1, trace_id="t",
        )
        for n in range(count)
    )  # fmt: skip
    ExceptionCase.objects.bulk_create(
        ExceptionCase(
            queue="ap", kind="price", facility=case.facility, supplier=case.supplier, order=case.order, invoice=row,
            title=case.title, amount=case.amount, currency="USD", explanation=case.explanation,
        )
        for row in Invoice.objects.filter(number__startswith="INV-2025")
    )  # fmt: skip


def test_the_worklist_opens_the_first_with_its_explanation(net: Network, sign_in, few_statements) -> None:
    case = stopped(net)
    client = sign_in("ap_clerk@NORTH")
    with few_statements():
        page = client.get("/exceptions/ap/").content.decode()
    assert "17.6 %" in page
    assert "8.42 / BX" in page
    assert "a credit of 14.80 USD" in page
    many(net, case, 60)
    with few_statements():
        page = client.get("/exceptions/ap/").content.decode()
    assert page.count("data-row-check") == 50
    assert "Acme: price" in page
    with few_statements():
        assert client.get(f"/exceptions/case/{case.pk}/").status_code == 200
    part = client.get(f"/exceptions/case/{case.pk}/", headers=HTMX).content.decode()
    assert "<html" not in part


def test_accepting_needs_a_reason_and_opens_the_next(net: Network, sign_in) -> None:
    first, second = stopped(net, "1"), stopped(net, "2", price="10.90")
    client = sign_in("ap_clerk@NORTH")
    url = f"/exceptions/case/{first.pk}/resolve/"
    assert "Choose a reason" in client.post(url, {"resolution": "accept_variance"}, headers=HTMX).content.decode()
    assert client.post(url, {"resolution": "accept_variance"}).status_code == 422
    answer = client.post(url, {"resolution": "accept_variance", "reason": "price_agreed"}, headers=HTMX)
    assert "accepted" in answer.headers["HX-Trigger"]
    assert f"/exceptions/case/{second.pk}/resolve/" in answer.content.decode()
    first.refresh_from_db()
    assert first.state == "resolved"
    assert client.post(url, {"resolution": "accept_variance", "reason": "price_agreed"}).status_code == 409


def test_the_limit_is_told_before_it_is_hit(net: Network, sign_in) -> None:
    RoleGrant.objects.filter(user=net.users["ap_clerk@NORTH"]).update(limit_amount=10)
    case = stopped(net)
    client = sign_in("ap_clerk@NORTH")
    assert "Above your limit of 10.00 USD" in client.get("/exceptions/ap/").content.decode()
    data = {"resolution": "accept_variance", "reason": "price_agreed"}
    assert (
        "above your limit" in client.post(f"/exceptions/case/{case.pk}/resolve/", data, headers=HTMX).content.decode()
    )


def test_views_filter_and_can_be_kept(net: Network, sign_in) -> None:
    case = stopped(net)
    client = sign_in("ap_clerk@NORTH")
    assert case.invoice.number not in client.get("/exceptions/ap/?view=mine").content.decode()
    client.post(f"/exceptions/case/{case.pk}/assign/")
    assert case.invoice.number in client.get("/exceptions/ap/?view=mine").content.decode()
    client.post("/views/exceptions-ap/", {"name": "Acme prices", "here": "view=price&supplier=ACME"})
    assert "Acme prices" in client.get("/exceptions/ap/").content.decode()
    assert "Acme prices" not in sign_in("ap_clerk@EAST").get("/exceptions/ap/").content.decode()
    client.post("/views/exceptions-ap/", {"act": "forget", "name": "Acme prices"})
    assert not SavedView.objects.exists()


def test_several_are_accepted_at_once_within_the_limit(net: Network, sign_in) -> None:
    RoleGrant.objects.filter(user=net.users["ap_clerk@NORTH"]).update(limit_amount=20)
    small, big = stopped(net, "1"), stopped(net, "2", price="19.90")
    client = sign_in("ap_clerk@NORTH")
    data = {"case": [small.pk, big.pk], "act": "accept", "reason": "small_amount"}
    page = client.post("/exceptions/ap/several/", data, follow=True).content.decode()
    assert "1 difference accepted" in page
    assert "above your limit" in page
    client.post("/exceptions/ap/several/", {"case": [big.pk], "act": "assign"})
    big.refresh_from_db()
    assert big.owner_id == net.users["ap_clerk@NORTH"].pk


def test_several_are_decided_alike(net: Network, sign_in) -> None:
    one, two, three = stopped(net, "1"), stopped(net, "2", price="19.90"), stopped(net, "3", price="14.00")
    client, url = sign_in("ap_clerk@NORTH"), "/exceptions/ap/several/"
    data = {"case": [one.pk, two.pk], "act": "credit", "comment": "They bill the old price"}
    assert "2 differences: a credit is requested" in client.post(url, data, follow=True).content.decode()
    for case in (one, two):
        case.refresh_from_db()
        assert (case.state, case.resolution, case.comment) == ("waiting", "request_credit", "They bill the old price")
    client.post(url, {"case": [three.pk], "act": "buyer"})
    three.refresh_from_db()
    assert three.queue == "buyer"
    answer = client.post(url, {"case": [one.pk], "act": "void_invoice"})
    assert answer.status_code == 422
    waiting = client.post(url, {"case": [one.pk], "act": "wait"}, follow=True).content.decode()
    assert "1 not: This action is not possible" in waiting


def test_what_never_came_is_not_paid_by_the_first_button(net: Network, sign_in) -> None:
    invoice = billed(net, ordered(net))
    page = sign_in("ap_clerk@NORTH").get(f"/exceptions/case/{invoice.cases.get().pk}/").content.decode()
    first = page.split("case-actions")[1].split("btn-primary")[1]
    assert 'value="wait_for_receipt"' in first.split(">")[0]


def test_a_case_sent_to_the_buyer_is_in_the_buyers_queue(net: Network, sign_in) -> None:
    case = stopped(net)
    sign_in("ap_clerk@NORTH").post(f"/exceptions/case/{case.pk}/resolve/", {"resolution": "send_to_buyer"})
    page = sign_in("buyer@NORTH").get("/exceptions/buyer/").content.decode()
    assert case.invoice.number in page


def test_a_foreign_clerk_sees_and_does_nothing(net: Network, sign_in) -> None:
    case = stopped(net)
    client = sign_in("ap_clerk@EAST")
    assert case.invoice.number not in client.get("/exceptions/ap/").content.decode()
    assert case.invoice.number not in b"".join(client.get("/exceptions/ap/?export=csv").streaming_content).decode()
    assert case.invoice.number not in client.get("/invoices/").content.decode()
    for url in (f"/exceptions/case/{case.pk}/", f"/invoices/{case.invoice.number}/"):
        assert client.get(url).status_code == 404
    data = {"resolution": "accept_variance", "reason": "price_agreed"}
    assert client.post(f"/exceptions/case/{case.pk}/resolve/", data).status_code == 404
    assert client.post(f"/exceptions/case/{case.pk}/assign/").status_code == 404
    client.post("/exceptions/ap/several/", {"case": [case.pk], "act": "assign"})
    case.refresh_from_db()
    assert (case.state, case.owner_id) == ("open", None)


def test_the_invoice_page_compares_line_by_line(net: Network, sign_in, few_statements) -> None:
    case = stopped(net)
    client = sign_in("ap_clerk@NORTH")
    with few_statements():
        page = client.get(f"/invoices/{case.invoice.number}/").content.decode()
    assert "1 difference to decide" in page
    assert "1,000 EA" in page
    client.post(f"/invoices/{case.invoice.number}/comment/", {"comment": "Called them"})
    assert "Called them" in client.get(f"/invoices/{case.invoice.number}/").content.decode()
    assert client.post(f"/invoices/{case.invoice.number}/match/").status_code == 302
    many(net, case, 60)
    with few_statements():
        assert client.get("/invoices/").content.decode().count("<tr data-row>") == 50


def test_an_invoice_is_typed_in_with_every_finding_at_its_field(net: Network, sign_in, few_statements) -> None:
    order = ordered(net, line(net), line(net, "SUTURE", "2"))
    client = sign_in("ap_clerk@NORTH")
    with few_statements():
        assert order.number in client.get(f"/invoices/new/?order={order.number}").content.decode()
    data = {
        "order": order.number, "supplier_number": "88123", "invoice_date": "2026-11-20", "total": "lots",
        "quantity-1": "10", "price-1": "8.42", "quantity-2": "two", "price-2": "54",
    }  # fmt: skip
    answer = client.post("/invoices/new/", data)
    assert answer.status_code == 422
    assert answer.content.decode().count("is not a number") >= 4
    back = client.post(
        "/invoices/new/", {**data, "total": "1", "quantity-1": "-1", "quantity-2": "2", "price-2": "-54"}
    )
    assert back.content.decode().count("comes as a credit memo") >= 2
    good = {**data, "total": "192.20", "quantity-2": "2"}
    answer = client.post("/invoices/new/", good)
    row = Invoice.objects.get()
    assert answer.headers["Location"] == f"/invoices/{row.number}/"
    assert (row.status, row.lines.count()) == ("exception", 2)
    assert "already sent invoice" in client.post("/invoices/new/", good).content.decode()
    assert sign_in("requester@NORTH").post("/invoices/new/", good).status_code == 403
    assert sign_in("ap_clerk@EAST").post("/invoices/new/", good).status_code == 422


def test_an_invoice_is_disputed_and_the_dispute_ends(net: Network, sign_in) -> None:
    case = stopped(net)
    number = case.invoice.number
    client, page = sign_in("ap_clerk@NORTH"), f"/invoices/{number}/"
    assert "Dispute this invoice" in client.get(page).content.decode()
    assert client.post(f"{page}dispute/", {"act": "begin", "reason": " "}).status_code == 422
    client.post(f"{page}dispute/", {"act": "begin", "reason": "They billed twice"})
    shown = client.get(page).content.decode()
    assert "nothing is paid until it ends" in shown
    assert "They billed twice" in shown
    assert "is disputed with the supplier" in client.get(f"/trace/?q={number}").content.decode()
    client.post(f"{page}dispute/", {"act": "end", "reason": "They were right"})
    case.invoice.refresh_from_db()
    assert case.invoice.status == "exception"
