"""Nobody ends in a dead end: a session that ran out, a page that is too old, an address that only takes forms."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import Network
from tests.portal.web.conftest import Client
from tests.road import submitted

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/catalog/?q=glove"}


def next_of(href: str) -> str:
    assert urlsplit(href).path == "/login/"
    return parse_qs(urlsplit(href).query)["next"][0]


def test_a_fragment_never_becomes_the_sign_in_page(net: Network) -> None:
    answer = Client().post("/cart/add/", {"item": "1"}, headers=HTMX)
    assert answer.content == b""
    assert next_of(answer.headers["HX-Redirect"]) == "/catalog/?q=glove"


def test_after_signing_in_again_one_is_back_on_the_page(net: Network) -> None:
    answer = Client().post(
        "/orders/PO-1/act/", {"act": "hold"}, headers={"Referer": "http://testserver/orders/PO-1/?x=1"}
    )
    assert next_of(answer.headers["Location"]) == "/orders/PO-1/?x=1"
    assert next_of(Client().get("/orders/?view=late").headers["Location"]) == "/orders/?view=late"


@pytest.mark.parametrize("came", ["https://elsewhere.example/orders/", ""])
def test_the_way_back_never_leads_away(net: Network, came: str) -> None:
    answer = Client().post("/orders/PO-1/act/", {"act": "hold"}, headers={"Referer": came})
    assert next_of(answer.headers["Location"]) == "/orders/PO-1/"
    away = {**HTMX, "HX-Current-URL": "https://elsewhere.example/"}
    assert next_of(Client().post("/cart/add/", headers=away).headers["HX-Redirect"]) == "/"


def test_signing_out_has_no_way_back(net: Network, sign_in) -> None:
    assert sign_in("buyer@NORTH").post("/logout/").headers["Location"] == "/login/"


@pytest.mark.parametrize(
    ("address", "page"),
    [("/orders/PO-1/act/", "/orders/PO-1/"), ("/cart/add/", "/cart/"), ("/preferences/theme/", "/"),
     ("/requisitions/REQ-1/lines/5/", "/requisitions/REQ-1/"), ("/exceptions/ap/several/", "/exceptions/ap/")],
)  # fmt: skip
def test_an_address_of_a_form_leads_to_its_page(net: Network, sign_in, address: str, page: str) -> None:
    client = sign_in("buyer@NORTH")
    answer = client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
    assert client.get(address, headers={"Accept": "*/*"}).status_code == 405
    assert (answer.status_code, answer.headers["Location"]) == (302, page)


def test_a_refusal_leads_back_to_the_page_and_not_to_the_form(net: Network, sign_in) -> None:
    row = submitted(net)
    client, url = sign_in("requester@NORTH"), f"/requisitions/{row.number}/"
    client.post(f"{url}cancel/", headers={"Referer": f"http://testserver{url}"})
    again = client.post(f"{url}cancel/", headers={"Referer": f"http://testserver{url}"})
    assert again.status_code == 409
    page = again.content.decode()
    assert f'href="{url}"' in page
    assert "cancel/" not in page.split("<main")[1].split("</main>")[0]


def test_a_page_that_is_too_old_says_so_where_one_is(net: Network) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(net.users["requester@NORTH"], backend="django.contrib.auth.backends.ModelBackend")
    part = client.post("/cart/add/", headers=HTMX)
    assert (part.status_code, part.content, part.headers["HX-Reswap"]) == (403, b"", "none")
    assert json.loads(part.headers["HX-Trigger"])["toast"]["tone"] == "error"
    page = client.post("/cart/add/", headers={"Referer": "http://testserver/catalog/?q=glove"})
    assert page.status_code == 403
    assert 'href="/catalog/?q=glove"' in page.content.decode()


def test_what_no_column_can_hold_is_told_and_is_no_fault_of_ours(net: Network, sign_in) -> None:
    client = sign_in("requester@NORTH")
    for url in ("/catalog/?q=%00", "/requisitions/?q=%00", "/requisitions/A%00B/", "/requisitions/?status=%00"):
        answer = client.get(url)
        assert answer.status_code == 422
        assert "cannot be stored" in answer.content.decode()


def test_what_is_not_there_has_a_page_of_its_own(net: Network, sign_in) -> None:
    page = sign_in("requester@NORTH").get("/requisitions/REQ-1/")
    assert page.status_code == 404
    assert "There is no requisition REQ-1." in page.content.decode()
    assert "Back to the page" not in page.content.decode()
