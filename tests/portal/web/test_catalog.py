"""The catalog and the cart: find, compare, add, change, submit with every finding and its remedy."""

from __future__ import annotations

from inventory.models import StockBalance
from masterdata.models import Item, ItemSubstitute
from procurement.models import Requisition
from tests.factories import D, Network, make_item, make_offer, put_stock
from tests.road import draft, line

HTMX = {"HX-Request": "true"}


def cart(net: Network, facility: str = "NORTH") -> Requisition:
    return Requisition.objects.get(requester=net.users[f"requester@{facility}"], is_cart=True)


def test_an_item_shows_its_best_contract_offer_the_others_and_the_stock(net: Network, sign_in, few_statements) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "1200")
    client = sign_in("requester@NORTH")
    with few_statements():
        page = client.get("/catalog/?q=glove").content.decode()
    assert "8.42 USD / BX" in page
    assert "GPO-114" in page
    assert "+17.6 %" in page
    assert "storeroom 1,200 EA" in page
    assert "DRILL" not in page


def test_the_page_costs_the_same_at_any_size(net: Network, sign_in, few_statements) -> None:
    for n in range(60):
        make_item(net, f"I{n}", packs={"EA": "1", "BX": "10"})
        make_offer(net, "ACME", f"I{n}", unit="BX", price="5")
    draft(net, *(line(net, f"I{n}", "1") for n in range(60)), is_cart=True)
    client = sign_in("requester@NORTH")
    with few_statements():
        assert client.get("/catalog/").status_code == 200
    with few_statements():
        assert client.get("/cart/").status_code == 200


def test_facets_filter_by_category_supplier_and_contract(net: Network, sign_in) -> None:
    client = sign_in("requester@NORTH")
    assert "DRILL" in client.get("/catalog/?category=implant").content.decode()
    assert "GLOVE" not in client.get("/catalog/?category=implant").content.decode()
    assert "DRILL" not in client.get("/catalog/?contract=on").content.decode()
    assert "GLOVE" in client.get("/catalog/?supplier=BETA").content.decode()
    assert "SUTURE" not in client.get("/catalog/?supplier=BETA").content.decode()


def test_adding_begins_a_cart_and_changes_it_in_place(net: Network, sign_in) -> None:
    client = sign_in("requester@NORTH")
    data = {"item": net.items["GLOVE"].pk, "quantity": "2", "unit": "BX", "compact": "1"}
    answer = client.post("/cart/add/", data, headers=HTMX)
    assert "Item GLOVE" in answer.content.decode()
    row = cart(net)
    assert (row.total, row.location.code) == (row.total.__class__("16.84"), "OR")
    [only] = row.lines.all()
    client.post(f"/requisitions/{row.number}/lines/{only.pk}/", {"quantity": "3", "unit": "CA"}, headers=HTMX)
    only.refresh_from_db()
    assert (only.quantity, only.unit, only.base_quantity) == (3, "CA", 3000)
    client.post(f"/requisitions/{row.number}/lines/{only.pk}/", {"quantity": "0"}, headers=HTMX)
    assert not row.lines.exists()


def test_it_works_without_javascript(net: Network, sign_in) -> None:
    client = sign_in("requester@NORTH")
    data = {"item": net.items["GLOVE"].pk, "quantity": "2", "unit": "BX", "next": "/catalog/?q=glove"}
    assert client.post("/cart/add/", data).headers["Location"] == "/catalog/?q=glove"
    assert client.post("/cart/add/", {**data, "quantity": "many"}).status_code == 422
    answer = client.post(f"/requisitions/{cart(net).number}/submit/")
    assert answer.headers["Location"] == f"/requisitions/{cart_number(net)}/"


def cart_number(net: Network) -> str:
    return Requisition.objects.get(requester=net.users["requester@NORTH"]).number


def test_findings_stand_on_their_line_with_a_remedy_of_one_click(net: Network, sign_in) -> None:
    row = draft(
        net,
        line(net, "GLOVE", "2", supplier_id=net.suppliers["BETA"].pk),
        line(net, "SUTURE", "10", "EA"),
        is_cart=True,
    )
    client = sign_in("requester@NORTH")
    page = client.post(f"/requisitions/{row.number}/submit/", headers=HTMX).content.decode()
    assert "Take Acme (GPO-114)" in page
    assert "Take 1 BX" in page
    glove, suture = row.lines.order_by("line_number")
    page = client.post(
        f"/requisitions/{row.number}/lines/{suture.pk}/", {"quantity": "1", "unit": "BX", "check": "1"}, headers=HTMX
    ).content.decode()
    assert "Take 1 BX" not in page
    assert "Take Acme (GPO-114)" in page
    client.post(
        f"/requisitions/{row.number}/lines/{glove.pk}/",
        {"supplier": net.suppliers["ACME"].pk, "check": "1"},
        headers=HTMX,
    )
    answer = client.post(f"/requisitions/{row.number}/submit/", headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/requisitions/{row.number}/"
    row.refresh_from_db()
    assert row.status == "submitted"


def test_a_reason_lets_an_off_contract_line_pass(net: Network, sign_in) -> None:
    row = draft(net, line(net, "GLOVE", "2", supplier_id=net.suppliers["BETA"].pk), is_cart=True)
    client = sign_in("requester@NORTH")
    client.post(f"/requisitions/{row.number}/lines/{row.lines.get().pk}/", {"reason": "Acme is out"}, headers=HTMX)
    assert client.post(f"/requisitions/{row.number}/submit/").status_code == 302


def test_something_outside_the_catalog_needs_a_description(net: Network, sign_in) -> None:
    client = sign_in("requester@NORTH")
    wrong = client.post("/cart/extra/", {"description": " ", "quantity": "1,5", "suggested_supplier": "Medicore"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "Say what it is" in page
    assert "“1,5” is not a number" in page
    assert 'value="1,5"' in page
    assert 'value="Medicore"' in page
    client.post(
        "/cart/extra/", {"description": "Headlight for Dr. Ruiz", "quantity": "1", "price": "250", "unit": "EA"}
    )
    assert cart(net).lines.get().contract_check == "non_catalog"


def test_the_head_says_where_and_when(net: Network, sign_in) -> None:
    row = draft(net, line(net), is_cart=True)
    data = {
        "location": net.locations["NORTH-STORE"].pk, "cost_center": net.cost_centers["NORTH"].pk, "urgent": "1",
        "needed_by": "2030-01-31", "note": "for Tuesday",
    }  # fmt: skip
    client = sign_in("requester@NORTH")
    client.post(f"/requisitions/{row.number}/header/", data)
    row.refresh_from_db()
    assert (row.urgent, str(row.needed_by), row.location.code) == (True, "2030-01-31", "STORE")
    assert client.post(f"/requisitions/{row.number}/header/", {**data, "needed_by": "soon"}).status_code == 422
    foreign = {**data, "location": net.locations["EAST-OR"].pk}
    assert client.post(f"/requisitions/{row.number}/header/", foreign).status_code == 404


def test_nobody_touches_a_cart_of_somebody_else(net: Network, sign_in) -> None:
    row = draft(net, line(net), is_cart=True)
    for who in ("requester@EAST", "approver@NORTH"):
        answer = sign_in(who).post(f"/requisitions/{row.number}/lines/{row.lines.get().pk}/", {"quantity": "0"})
        assert answer.status_code in (403, 404)
    assert row.lines.count() == 1
    assert sign_in("ap_clerk@NORTH").get("/catalog/").status_code == 403


def test_what_cannot_be_had_shows_its_substitutes_and_one_press_swaps(net: Network, sign_in, few_statements) -> None:
    make_item(net, "GLOVE-N", packs={"EA": "1", "BX": "50"})
    make_offer(net, "BETA", "GLOVE-N", unit="BX", price="4")
    ItemSubstitute.objects.create(
        item=net.items["GLOVE"], substitute=net.items["GLOVE-N"], ratio=D("1.5"), rule="not for chemotherapy"
    )
    client = sign_in("requester@NORTH")
    put_stock(net, "NORTH-STORE", "GLOVE", "1200")
    assert "may stand in for it" not in client.get("/catalog/?contract=on&q=glove").content.decode()
    StockBalance.objects.update(quantity=0)
    with few_statements():
        page = client.get("/catalog/?contract=on&q=glove").content.decode()
    assert "may stand in for it" in page
    assert "not for chemotherapy" in page
    assert "1.5 EA for one" in page
    client.post("/cart/add/", {"item": net.items["GLOVE"].pk, "quantity": "2", "unit": "BX"})
    found = cart(net)
    held = found.lines.get()
    assert "Swap in the cart" in client.get("/catalog/?contract=on&q=glove").content.decode()
    client.post(f"/requisitions/{found.number}/lines/{held.pk}/", {"substitute": net.items["GLOVE-N"].pk})
    swapped = found.lines.get()
    base = held.base_quantity * D("1.5")
    assert (swapped.item.number, swapped.unit, swapped.quantity) == ("GLOVE-N", "BX", -(-base // 50))
    again = client.post(f"/requisitions/{found.number}/lines/{swapped.pk}/", {"substitute": net.items["SUTURE"].pk})
    assert again.status_code == 404


def test_an_item_that_cannot_be_ordered_is_found_with_what_to_take_instead(net: Network, sign_in) -> None:
    make_item(net, "GLOVE-N", packs={"EA": "1"})
    ItemSubstitute.objects.create(item=net.items["GLOVE"], substitute=net.items["GLOVE-N"])
    row = draft(net, line(net), is_cart=True)
    Item.objects.filter(pk=net.items["GLOVE"].pk).update(status="discontinued")
    client = sign_in("requester@NORTH")
    assert "It cannot be ordered. Take instead" in client.get("/catalog/?q=glove").content.decode()
    assert "It cannot be ordered" not in client.get("/catalog/").content.decode()
    refused = client.post(f"/requisitions/{row.number}/submit/")
    assert refused.status_code == 422
    assert "Take Item GLOVE-N" in refused.content.decode()
