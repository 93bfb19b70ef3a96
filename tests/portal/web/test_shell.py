"""The frame, the first page, the search and the sign-in page."""

from __future__ import annotations

import pytest

from masterdata.models import Facility, Role
from portal.search import search
from portal.work import work_cards
from tests.factories import Network, make_user
from tests.portal.web.conftest import Client
from tests.road import billed, line, ordered, received, submitted


def test_the_navigation_shows_what_the_role_does_with_waiting_work(net: Network, sign_in) -> None:
    submitted(net)
    page = sign_in("approver@NORTH").get("/").content.decode()
    assert "1 waiting" in page
    assert "/exceptions/ap/" not in page
    assert 'href="/catalog/"' not in page


def test_the_cards_count_what_waits_for_this_person_alone(net: Network) -> None:
    submitted(net)
    submitted(net, line(net, "SUTURE", "2"))
    cards = {card.key: card for card in work_cards(net.actor("approver@NORTH"))}
    assert (cards["approvals"].count, str(cards["approvals"].amount), cards["approvals"].currency) == (
        2,
        "192.20",
        "USD",
    )
    assert {card.key: card.count for card in work_cards(net.actor("approver@EAST"))}["approvals"] == 0
    assert work_cards(net.actor("requester@NORTH"))[2].count == 2


def test_every_role_has_a_first_page_with_few_statements(net: Network, sign_in, few_statements) -> None:
    order = ordered(net)
    received(net, order)
    billed(net, order, price="9.90")
    for role in Role.values:
        client = sign_in(f"{role}@NORTH")
        with few_statements():
            assert client.get("/").status_code == 200


def test_what_others_did_to_my_documents_is_told(net: Network, sign_in) -> None:
    order = ordered(net)
    page = sign_in("requester@NORTH").get("/").content.decode()
    assert f"{order.requisition.number} is fully approved" in page
    assert order.number not in sign_in("requester@EAST").get("/").content.decode()


@pytest.mark.parametrize("written", ["{0}", "{1:03d}", "PO {1}", "SO-77"])
def test_an_order_is_found_by_any_of_its_numbers(net: Network, written: str) -> None:
    order = ordered(net)
    type(order).objects.filter(pk=order.pk).update(supplier_order_number="SO-77123")
    q = written.format(order.number, int(order.number.rpartition("-")[2]))
    assert order.number in [hit.number for hit in search(net.actor("buyer@NORTH"), q)]
    assert [hit for hit in search(net.actor("buyer@EAST"), q) if hit.kind == "purchase_order"] == []


def test_the_search_finds_invoices_items_and_suppliers(net: Network) -> None:
    invoice = billed(net, ordered(net), number="88123")
    found = search(net.actor("ap_clerk@NORTH"), "88123")
    assert [(hit.kind, hit.number) for hit in found] == [("invoice", invoice.number)]
    assert search(net.actor("ap_clerk@EAST"), "88123") == []
    assert [hit.kind for hit in search(net.actor("requester@EAST"), "glove")] == ["item"]
    assert [hit.number for hit in search(net.actor("buyer@EAST"), "acme")] == ["ACME"]


def test_the_search_answers_a_list_or_a_page(net: Network, sign_in, few_statements) -> None:
    client = sign_in("requester@NORTH")
    with few_statements():
        page = client.get("/search/?q=glove").content.decode()
    assert "<html" in page
    assert "Item GLOVE" in page
    part = client.get("/search/?q=glove", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Item GLOVE" in part


def test_somebody_without_a_role_sees_an_explanation(net: Network) -> None:
    client = Client()
    client.force_login(make_user("Nobody"), backend="django.contrib.auth.backends.ModelBackend")
    assert "No work is assigned to you" in client.get("/").content.decode()


def test_the_sign_in_page_offers_the_demo_people(net: Network) -> None:
    from core.models import User
    from masterdata.models import RoleGrant

    person = User.objects.create_user("ana.ruiz@meridianhealth.example", "x", name="Ana Ruiz", title="OR director")
    RoleGrant.objects.create(user=person, role=Role.APPROVER, facility=Facility.objects.first())
    page = Client().get("/login/").content.decode()
    assert "Ana Ruiz" in page
    assert "lena" not in page
