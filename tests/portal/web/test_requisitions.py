"""The list of requisitions and the page of one."""

from __future__ import annotations

from procurement.services.approvals import approval_decide
from tests.factories import Network
from tests.road import draft, line, ordered, step_of, submitted


def test_the_list_shows_views_filters_and_pages(net: Network, sign_in, few_statements) -> None:
    first = submitted(net)
    client = sign_in("requester@NORTH")
    with few_statements():
        assert first.number in client.get("/requisitions/").content.decode()
    for _ in range(60):
        submitted(net)
    with few_statements():
        page = client.get("/requisitions/").content.decode()
    assert page.count("<tr data-row>") == 50
    assert "after=" in page
    assert first.number not in page
    cursor = page.split("after=")[1].split('"')[0]
    rest = client.get(f"/requisitions/?after={cursor}", headers={"HX-Request": "true"}).content.decode()
    assert first.number in rest
    assert "<html" not in rest
    assert first.number in client.get(f"/requisitions/?q={first.number}").content.decode()
    assert first.number not in client.get("/requisitions/?view=returned").content.decode()
    assert first.number not in client.get("/requisitions/?view=all&status=ordered").content.decode()


def test_nobody_sees_a_foreign_requisition(net: Network, sign_in) -> None:
    row = submitted(net)
    cart = draft(net, line(net), is_cart=True)
    stranger = sign_in("approver@EAST")
    assert row.number not in stranger.get("/requisitions/?view=all").content.decode()
    assert row.number not in b"".join(stranger.get("/requisitions/?view=all&export=csv").streaming_content).decode()
    assert stranger.get(f"/requisitions/{row.number}/").status_code == 404
    assert stranger.post(f"/requisitions/{row.number}/comment/", {"comment": "x"}).status_code == 404
    assert sign_in("approver@NORTH").get(f"/requisitions/{cart.number}/").status_code == 404


def test_the_export_defuses_formulas(net: Network, sign_in) -> None:
    user = net.users["requester@NORTH"]
    user.name = "=HYPERLINK(1)"
    user.save()
    submitted(net)
    text = b"".join(sign_in("requester@NORTH").get("/requisitions/?export=csv").streaming_content).decode()
    assert "'=HYPERLINK" in text
    assert "84.20" in text


def test_the_page_tells_where_it_stands(net: Network, sign_in, few_statements) -> None:
    row = submitted(net, line(net), line(net, "SUTURE", "2"))
    client = sign_in("requester@NORTH")
    with few_statements():
        page = client.get(f"/requisitions/{row.number}/").content.decode()
    assert "Waits for Department approver" in page
    assert "Under GPO-114" in page
    order = ordered(net)
    with few_statements():
        page = client.get(f"/requisitions/{order.requisition.number}/").content.decode()
    assert order.number in page
    assert "was approved" in page


def test_a_page_of_sixty_lines_costs_no_more(net: Network, sign_in, few_statements) -> None:
    row = submitted(net, *(line(net, "GLOVE", str(n + 1)) for n in range(60)))
    client = sign_in("requester@NORTH")
    with few_statements():
        assert client.get(f"/requisitions/{row.number}/").status_code == 200


def test_what_came_back_can_be_changed_and_submitted_again(net: Network, sign_in, few_statements) -> None:
    row = submitted(net)
    approval_decide(
        actor=net.actor("approver@NORTH"), step_id=step_of(row).pk, decision="return", comment="Half of it?"
    )
    client = sign_in("requester@NORTH")
    with few_statements():
        page = client.get(f"/requisitions/{row.number}/").content.decode()
    assert "Half of it?" in page
    assert "Submit for approval" in page
    here = f"/requisitions/{row.number}/"
    answer = client.post(f"{here}lines/{row.lines.get().pk}/", {"quantity": "7", "next": here})
    assert answer.headers["Location"] == here
    assert client.post(f"{here}submit/").headers["Location"] == here
    row.refresh_from_db()
    assert (row.status, row.lines.get().quantity) == ("submitted", 7)
    assert "Submit for approval" not in sign_in("approver@NORTH").get(here).content.decode()


def test_it_can_be_withdrawn_and_commented(net: Network, sign_in) -> None:
    row = submitted(net)
    client = sign_in("requester@NORTH")
    client.post(f"/requisitions/{row.number}/comment/", {"comment": "Needed for Tuesday"})
    assert "Needed for Tuesday" in sign_in("approver@NORTH").get(f"/requisitions/{row.number}/").content.decode()
    client.post(f"/requisitions/{row.number}/cancel/")
    row.refresh_from_db()
    assert row.status == "cancelled"
    assert client.post(f"/requisitions/{row.number}/cancel/").status_code == 409
