"""What is peculiar to Tryton, shown on a real one: each of these is the reason of something in the adapter."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from integrations.canonical import revised
from integrations.erp.base import BudgetPage
from integrations.erp.tryton import purchases
from integrations.erp.tryton.masters import Masters
from integrations.erp.tryton.wire import Stopped, encode
from integrations.remote import Outcome
from tests.integrations.erp.offices import told
from tests.integrations.erp.papers import Story
from tests.simulators.companies import until
from tests.tryton.running import TrytonOffice

pytestmark = [pytest.mark.tryton, pytest.mark.xdist_group("tryton")]
D = Decimal
TAKEN = (Outcome.DELIVERED, Outcome.FOUND)


def ordered(office: TrytonOffice, **story: Any) -> Story:
    made = Story(**story)
    answer = told(office, made.ordering())
    assert answer.outcome in TAKEN, answer
    made.erp_number = answer.reference
    return made


def stopped(office: TrytonOffice, model: str, values: dict[str, Any]) -> Stopped:
    with pytest.raises(Stopped) as caught:
        office.session().create(model, values, ["id"])
    return caught.value


def test_tryton_does_not_keep_a_reference_unique(office: TrytonOffice) -> None:
    """Hence one sender per reference, and several found are a person's to sort out."""
    story = Story()
    message, order = story.ordering()
    body = purchases.told(order) | {"reference": message.reference}

    def blindly(_: int) -> None:
        session = office.session()
        values = purchases._values(session, Masters(session), _as_sent(body))
        session.create("purchase.purchase", values, ["id"])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(blindly, range(2)))
    assert office.orders(story.number) == 2
    answer = told(office, (message, order))
    assert (answer.outcome, "cancel all but one" in answer.detail) == (Outcome.PERMANENT, True)


def _as_sent(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(body, default=encode))
    return found


def test_what_nobody_waited_for_takes_effect_later(office: TrytonOffice) -> None:
    """Hence the quiet period before asking."""
    story = Story()
    adapter = office.adapter()
    message, document = story.ordering()
    payload = adapter.encode(message, document)
    office.wire.hold = 1
    lost = office.adapter(deadline=4.0).send(message, payload)
    assert lost.outcome == Outcome.UNKNOWN
    assert office.orders(story.number) == 0
    office.wire.release.set()
    until(lambda: office.orders(story.number) == 1, "the request nobody waits for takes effect", 30)
    assert told(office, (message, document)).outcome in TAKEN
    assert office.orders(story.number) == 1


@pytest.mark.parametrize("lost", range(1, 4))
def test_sending_goes_on_from_the_step_that_was_reached(office: TrytonOffice, lost: int) -> None:
    """The answer of creating, quoting or confirming is lost; the next try ends with the same one order."""
    story, adapter = Story(), office.adapter()
    message, document = story.ordering()
    payload = adapter.encode(message, document)
    office.wire.skip, office.wire.lose = lost - 1, 1
    assert adapter.send(message, payload).outcome == Outcome.UNKNOWN
    assert adapter.find(message).outcome == (Outcome.FOUND if lost == 3 else Outcome.MISSING)
    assert adapter.send(message, payload).outcome in TAKEN
    assert office.orders(story.number) == 1


def test_a_processing_order_is_not_cancelled_from_outside(office: TrytonOffice) -> None:
    story = ordered(office)
    answer = told(office, story.cancelling())
    assert (answer.outcome, "cancel" in answer.detail) == (Outcome.PERMANENT, True)


def test_a_defect_is_html_and_no_business_refusal(office: TrytonOffice) -> None:
    defect = stopped(office, "party.party", {"nosuch": 1}).answer
    assert (defect.outcome, defect.status_code) == (Outcome.CONTRACT, 400)
    assert "text/html" in defect.raw_type


def test_postgresql_refuses_a_missing_record_that_sqlite_would_take(office: TrytonOffice) -> None:
    values = {"company": office.running.facts["company"], "party": 99_999_999, "lines": []}
    refused = stopped(office, "purchase.purchase", values).answer
    assert refused.outcome == Outcome.PERMANENT
    assert refused.detail


def test_tax_is_rounded_half_to_even_and_the_cleared_amount_is_owed_all_the_same(office: TrytonOffice) -> None:
    story = ordered(office, lines=((1, "TAPE", "10", "BX", "18.125"),))
    told(office, story.receiving("1", (1, "10", "")))
    message, voucher = story.billing("1", (1, "10", "18.125"), tax="18.13")
    # a line of no product: Tryton warns where a product's line has other taxes than the product's own
    said = message, revised(voucher, lines=tuple(revised(line, line_number=None) for line in voucher.lines))
    answer = told(office, said, office.adapter(tax=str(office.running.facts["tax"])))
    assert answer.outcome in TAKEN, answer
    session = office.session()
    row = session.find("account.invoice", [["description", "=", said[0].reference]], ["tax_amount", "total_amount"])[0]
    assert (row["tax_amount"], row["total_amount"]) == (D("18.12"), D("199.38"))


def test_a_tax_that_tryton_makes_otherwise_is_refused_and_no_draft_is_left(office: TrytonOffice) -> None:
    story = ordered(office)
    told(office, story.receiving("1", (1, "40", "")))
    said = story.billing("1", (1, "40", "8.42"), tax="5.00")
    answer = told(office, said, office.adapter(tax=str(office.running.facts["tax"])))
    assert (answer.outcome, answer.field) == (Outcome.PERMANENT, "total")
    assert office.session().find("account.invoice", [["description", "=", said[0].reference]], ["id"]) == []


def test_more_than_was_ordered_is_not_received(office: TrytonOffice) -> None:
    story = ordered(office)
    answer = told(office, story.receiving("1", (1, "45", "")))
    assert answer.outcome == Outcome.PERMANENT
    assert office.received(story.number, 1) == {}


def test_a_wrong_key_is_a_refused_sign_in(office: TrytonOffice) -> None:
    connection = office.connection()
    wrong = type(connection)(deadline=5, option=connection.option, secret=lambda _: "0" * 128)
    assert type(office.adapter())(wrong).health().outcome == Outcome.AUTHENTICATION


def test_the_order_is_processed_and_done_when_received_and_paid(office: TrytonOffice) -> None:
    story = ordered(office, lines=((1, "GLOVE", "4", "BX", "8.42"),))
    told(office, story.receiving("1", (1, "4", "L-1")))
    told(office, story.billing("1", (1, "4", "8.42")))

    def states() -> tuple[str, ...]:
        fields = ["state", "shipment_state", "invoice_state"]
        row = office.session().find("purchase.purchase", [["reference", "=", story.number]], fields)[0]
        return tuple(row[name] for name in fields)

    until(lambda: states()[1:] == ("received", "awaiting payment"), "Tryton has matched them", 30)
    office.pay()
    until(lambda: states() == ("done", "received", "paid"), "the purchase is done", 30)


def test_budgets_are_read(office: TrytonOffice) -> None:
    page = office.adapter().budgets()
    assert isinstance(page, BudgetPage), page
    assert [(row.cost_center, row.budget) for row in page.budgets] == [("6100", D("50000"))]


def test_what_is_allotted_to_a_month_is_the_budget_of_that_month(office: TrytonOffice) -> None:
    session = office.session()
    (line,) = session.find("account.budget.line", [["name", "=", "6100"]], ["name"])
    standard = [["type", "=", "standard"]]
    periods = session.find("account.period", standard, ["start_date"], order=[["start_date", "ASC"]], size=2)
    shares = zip(periods, ("0.1000", "0.2500"), strict=True)
    made = [
        session.create(
            "account.budget.line.period", {"budget_line": line["id"], "period": period["id"], "ratio": D(share)}, ["id"]
        )
        for period, share in shares
    ]  # fmt: skip
    try:
        page = office.adapter().budgets()
    finally:
        for row in made:
            office.session().delete("account.budget.line.period", row["id"])
    assert isinstance(page, BudgetPage), page
    first, second = (f"{period['start_date']:%Y-%m}" for period in periods)
    assert sorted((row.cost_center, row.period, row.budget) for row in page.budgets) == [
        ("6100", first, D("5000")), ("6100", second, D("12500")),
    ]  # fmt: skip


def test_the_server_is_the_real_one(office: TrytonOffice) -> None:
    body = {"id": 0, "method": "common.server.version", "params": []}
    answer = httpx.post(f"{office.running.address}/rpc/", json=body, headers={"Accept-Encoding": "gzip"}, timeout=20)
    assert answer.json()["result"].startswith("8.0")


def test_what_tryton_has_confirmed_and_not_processed_makes_the_receipt_wait(office: TrytonOffice) -> None:
    """Where a trytond-worker does the processing, an order is confirmed for a while first."""
    story = Story()
    session, message = office.session(), story.ordering()[0]
    body = json.loads(office.adapter().encode(*story.ordering()))
    row = session.create(purchases.MODEL, purchases._values(session, Masters(session), body), purchases.FIELDS)
    row = session.press(purchases.MODEL, row["id"], "quote", purchases.FIELDS)
    # as its worker finds it
    office.as_administrator(purchases.MODEL, "write", [row["id"]], {"state": "confirmed"})
    assert office.adapter().find(message).outcome == Outcome.FOUND
    said = story.receiving("1", (1, "15", "A"))
    waiting = office.adapter().send(said[0], office.adapter().encode(*said))
    assert (waiting.outcome, waiting.retry_after) == (Outcome.PENDING, 2.0)
    assert "its worker does that" in waiting.detail
    office.as_administrator(purchases.MODEL, "process", [row["id"]])
    assert told(office, said).outcome in TAKEN
    assert office.received(story.number, 1) == {"A": D(15)}
