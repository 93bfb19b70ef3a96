"""The approver's inbox: what one sees, what one decides, and what happens when somebody was faster."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from masterdata.models import Delegation
from procurement.models import ApprovalStep
from procurement.services.approvals import approval_decide
from tests.factories import Network
from tests.road import line, ordered, step_of, submitted

HTMX = {"HX-Request": "true"}


def test_the_inbox_opens_the_first_with_everything_to_decide_it(net: Network, sign_in, few_statements) -> None:
    ordered(net)
    row = submitted(net, line(net, "GLOVE", "20"))
    client = sign_in("approver@NORTH")
    with few_statements():
        page = client.get("/approvals/").content.decode()
    assert row.number in page
    assert "Why it came to you" in page
    assert "Last paid 8.42 USD / BX" in page
    assert "1 × in 6 months, 1,000 EA" in page
    assert "1,000 EA coming" in page


def test_sixty_requests_of_sixty_lines_cost_no_more(net: Network, sign_in, few_statements) -> None:
    submitted(net, *(line(net, "GLOVE", str(n + 1)) for n in range(60)))
    for _ in range(59):
        submitted(net)
    client = sign_in("approver@NORTH")
    with few_statements():
        page = client.get("/approvals/").content.decode()
    assert page.count("data-row-check") == 50
    cursor = page.split("after=")[1].split('"')[0]
    more = client.get(f"/approvals/?after={cursor}", headers=HTMX).content.decode()
    assert more.count("data-row-check") == 10


def test_a_decision_opens_the_next_one(net: Network, sign_in) -> None:
    first, second = submitted(net), submitted(net)
    client = sign_in("approver@NORTH")
    step = step_of(first)
    data = {"decision": "approve", "seen": step.content_hash}
    answer = client.post(f"/approvals/{step.pk}/decide/", data, headers=HTMX)
    page = answer.content.decode()
    assert "was approved" in answer.headers["HX-Trigger"]
    assert second.number in page
    assert first.number not in page
    first.refresh_from_db()
    assert first.status == "ordered"


def test_returning_needs_a_comment_and_keeps_what_was_typed(net: Network, sign_in) -> None:
    row = submitted(net)
    client = sign_in("approver@NORTH")
    url = f"/approvals/{step_of(row).pk}/decide/"
    assert "Say why" in client.post(url, {"decision": "return"}, headers=HTMX).content.decode()
    assert client.post(url, {"decision": "return"}).status_code == 422
    assert client.post(url, {"decision": "return", "comment": "Half?"}).headers["Location"] == "/approvals/"
    row.refresh_from_db()
    assert row.status == "returned"


def test_lines_may_be_lowered(net: Network, sign_in) -> None:
    row = submitted(net)
    only = row.lines.get()
    client = sign_in("approver@NORTH")
    url = f"/approvals/{step_of(row).pk}/decide/"
    assert (
        "may only lower"
        in client.post(
            url, {"decision": "approve", f"quantity-{only.line_number}": "11"}, headers=HTMX
        ).content.decode()
    )
    client.post(url, {"decision": "approve", f"quantity-{only.line_number}": "4"}, headers=HTMX)
    only.refresh_from_db()
    assert (only.quantity, only.base_quantity) == (4, 400)


def test_somebody_faster_is_told_calmly(net: Network, sign_in) -> None:
    row = submitted(net)
    step = step_of(row)
    client = sign_in("approver@NORTH")
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step.pk, decision="approve")
    answer = client.post(f"/approvals/{step.pk}/decide/", {"decision": "approve"})
    assert answer.status_code == 409
    assert "already approved" in answer.content.decode()


def test_several_at_once_first_show_the_sum_and_the_unusual(net: Network, sign_in) -> None:
    rows = [submitted(net), submitted(net, urgent=True)]
    steps = [step_of(row) for row in rows]
    client = sign_in("approver@NORTH")
    page = client.post("/approvals/several/", {"step": [s.pk for s in steps]}).content.decode()
    assert "2 requests, 168.40 USD" in page
    assert "1 of them is unusual" in page
    data = {"step": [s.pk for s in steps], "confirmed": "1", **{f"seen-{s.pk}": s.content_hash for s in steps}}
    assert client.post("/approvals/several/", data).headers["Location"] == "/approvals/"
    assert not ApprovalStep.objects.filter(state="pending").exists()


def test_a_delegate_acts_on_behalf(net: Network, sign_in) -> None:
    today = timezone.now().date()
    Delegation.objects.create(
        lender=net.users["approver@NORTH"], delegate=net.users["buyer@NORTH"], role="approver", starts_on=today,
        ends_on=today + timedelta(days=5),
    )  # fmt: skip
    row = submitted(net)
    page = sign_in("buyer@NORTH").get("/approvals/").content.decode()
    assert row.number in page
    assert "on behalf of" in page
    assert "Acting for" in page


def test_a_foreign_approver_sees_nothing(net: Network, sign_in) -> None:
    row = submitted(net)
    step = step_of(row)
    client = sign_in("approver@EAST")
    assert row.number not in client.get("/approvals/").content.decode()
    assert client.get(f"/approvals/{step.pk}/").status_code == 404
    assert client.post(f"/approvals/{step.pk}/decide/", {"decision": "approve"}).status_code == 404
    client.post("/approvals/several/", {"step": [step.pk], "confirmed": "1"})
    assert step_of(row).state == "pending"


def test_the_requester_sees_but_does_not_decide(net: Network, sign_in) -> None:
    step = step_of(submitted(net))
    client = sign_in("requester@NORTH")
    page = client.get(f"/approvals/{step.pk}/").content.decode()
    assert "somebody else decides" in page
    assert 'value="approve"' not in page
    assert client.post(f"/approvals/{step.pk}/decide/", {"decision": "approve"}).status_code == 422
