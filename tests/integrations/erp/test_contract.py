"""What every adapter does, whatever is behind it. What its ERP cannot do, it declares, and meets other tests for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.erp.base import BudgetPage, ErpAdapter, Master, MasterPage, Outgoing, PaymentPage
from integrations.remote import Answer, Outcome
from tests.integrations.erp.declared import needs
from tests.integrations.erp.offices import Office, told
from tests.integrations.erp.papers import Story

D = Decimal
TAKEN = (Outcome.DELIVERED, Outcome.FOUND)


def ordered(office: Office, **story: Any) -> Story:
    made = Story(**story)
    answer = told(office, made.ordering())
    assert answer.outcome in TAKEN, answer
    made.erp_number = answer.reference
    return made


def test_health(office: Office) -> None:
    assert office.adapter().health().outcome == Outcome.FOUND


def test_the_same_document_gives_the_same_bytes(office: Office) -> None:
    story = Story()
    for said in (
        story.ordering(),
        story.cancelling(),
        story.receiving("1", (1, "5", "A")),
        story.billing("1", (1, "5", "8.42")),
    ):
        assert office.adapter().encode(*said) == office.adapter().encode(*said)


def test_an_order_is_made_once_and_found_again(office: Office) -> None:
    story, adapter = Story(), office.adapter()
    assert adapter.find(story.ordering()[0]).outcome == Outcome.MISSING
    first = told(office, story.ordering())
    again = told(office, story.ordering())
    found = adapter.find(story.ordering()[0])
    assert first.outcome in TAKEN
    assert first.reference
    assert (again.reference, found.reference) == (first.reference, first.reference)
    assert found.outcome in TAKEN
    assert office.orders(story.number) == 1


@needs(duplicates="server_unique")
def test_a_race_makes_one_order(office: Office) -> None:
    """Where the ERP itself promises it. Elsewhere the portal sends a reference by one worker at a time."""
    story = Story()
    message, document = story.ordering()

    def send(_: int) -> Answer:
        adapter = office.adapter()
        return adapter.send(message, adapter.encode(message, document))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    assert told(office, (message, document)).outcome in TAKEN
    assert office.orders(story.number) == 1


def test_a_lost_answer_is_asked_about_and_repeated_without_a_second_effect(office: Office) -> None:
    story, adapter = Story(), office.adapter()
    message, document = story.ordering()
    payload = adapter.encode(message, document)
    office.lose_next_answer()
    lost = adapter.send(message, payload)
    assert lost.outcome in (Outcome.UNKNOWN, Outcome.PENDING)
    assert adapter.find(message).outcome in (Outcome.FOUND, Outcome.MISSING, Outcome.PENDING)
    assert told(office, (message, document)).outcome in TAKEN
    assert office.orders(story.number) == 1


def test_a_rejected_supplier_is_refused_in_words(office: Office) -> None:
    office.block("BETA")
    story = Story(supplier="BETA")
    answer = told(office, story.ordering())
    assert (answer.outcome, answer.field) == (Outcome.PERMANENT, "supplier")
    assert "supplier" in answer.detail
    assert office.orders(story.number) == 0


def test_what_was_never_there_needs_no_cancelling(office: Office) -> None:
    assert told(office, Story().cancelling()).outcome in TAKEN


@needs(cancels_confirmed=True)
def test_a_cancelled_order_is_gone_and_cancelling_again_changes_nothing(office: Office) -> None:
    story = ordered(office)
    assert told(office, story.cancelling()).outcome in TAKEN
    assert told(office, story.cancelling()).outcome in TAKEN
    assert office.orders(story.number) == 0


@needs(cancels_confirmed=False)
def test_an_order_it_has_begun_refuses_to_be_cancelled_in_words(office: Office) -> None:
    story = ordered(office)
    answer = told(office, story.cancelling())
    assert (answer.outcome, bool(answer.detail)) == (Outcome.PERMANENT, True)
    assert office.orders(story.number) == 1


CHANGED = ((1, "GLOVE", "40", "BX", "9.00"), (3, "SUTURE", "0", "BX", "54.00"))


@needs(changes_confirmed=True)
def test_an_order_is_what_the_newest_change_says(office: Office) -> None:
    story, adapter = ordered(office), office.adapter()
    said = story.changing(2, *CHANGED)
    assert adapter.encode(*said) == adapter.encode(*said)
    assert adapter.find(said[0]).outcome == Outcome.MISSING
    assert told(office, said).outcome in TAKEN
    assert told(office, said).outcome in TAKEN
    assert adapter.find(said[0]).outcome in TAKEN
    assert office.lines(story.number) == {1: (D(40), D(9)), 3: (D(0), D(54))}
    # one that was overtaken changes nothing
    assert told(office, story.changing(1, (1, "GLOVE", "5", "BX", "1.00"))).outcome in TAKEN
    assert office.lines(story.number) == {1: (D(40), D(9)), 3: (D(0), D(54))}
    assert office.orders(story.number) == 1


@needs(changes_confirmed=True)
def test_a_lost_answer_to_a_change_changes_once(office: Office) -> None:
    story, adapter = ordered(office), office.adapter()
    message, document = story.changing(1, *CHANGED)
    office.lose_next_answer()
    assert adapter.send(message, adapter.encode(message, document)).outcome in (Outcome.UNKNOWN, Outcome.PENDING)
    assert told(office, (message, document)).outcome in TAKEN
    assert office.lines(story.number) == {1: (D(40), D(9)), 3: (D(0), D(54))}


def test_a_change_of_an_order_that_is_not_there_is_refused_in_words(office: Office) -> None:
    answer = told(office, Story().changing(1, *CHANGED))
    assert (answer.outcome, bool(answer.detail)) == (Outcome.PERMANENT, True)


@needs(changes_confirmed=False)
def test_a_change_it_cannot_make_says_what_to_put_right_there(office: Office) -> None:
    story = ordered(office)
    answer = told(office, story.changing(1, *CHANGED))
    assert answer.outcome == Outcome.PERMANENT
    assert "line 1: price 8.42, to be 9; line 3: quantity 10, to be 0" in answer.detail
    # what it says already needs no changing
    assert told(office, story.changing(2, *story.lines)).outcome == Outcome.FOUND


@needs(lots=True)
def test_a_partial_receipt_with_two_lots_and_then_the_rest(office: Office) -> None:
    story = ordered(office)
    first = told(office, story.receiving("1", (1, "15", "A"), (1, "10", "B")))
    assert first.outcome in TAKEN, first
    assert office.received(story.number, 1) == {"A": D(15), "B": D(10)}
    again = told(office, story.receiving("1", (1, "15", "A"), (1, "10", "B")))
    assert again.reference == first.reference
    rest = told(office, story.receiving("2", (1, "15", "B"), (3, "10", "")))
    assert rest.outcome in TAKEN, rest
    assert rest.reference != first.reference
    assert office.received(story.number, 1) == {"A": D(15), "B": D(25)}
    assert office.received(story.number, 3) == {"": D(10)}


@needs(reversals=True)
def test_a_reversed_receipt_leaves_nothing_received(office: Office) -> None:
    story = ordered(office)
    message, receipt = story.receiving("1", (1, "15", "A"))
    assert told(office, (message, receipt)).outcome in TAKEN
    back = story.receiving("1R", (1, "-15", "A"), reverses=receipt.number)
    assert told(office, back).outcome in TAKEN
    assert told(office, back).outcome in TAKEN
    assert office.received(story.number, 1) == {}


def test_a_receipt_of_an_unknown_line_is_refused(office: Office) -> None:
    story = ordered(office)
    adapter = office.adapter()
    message, receipt = Story(number=story.number, lines=((9, "GLOVE", "1", "BX", "1"),)).receiving("1", (9, "1", ""))
    message = Outgoing(
        topic=message.topic, reference=message.reference, order_number=story.number, erp_order_number=story.erp_number,
        sequence=message.sequence,
    )  # fmt: skip
    answer = told(office, (message, receipt), adapter)
    assert (answer.outcome, "line 9" in answer.detail) == (Outcome.PERMANENT, True)


def test_a_voucher_owes_exactly_what_was_cleared(office: Office) -> None:
    story = ordered(office)
    assert told(office, story.receiving("1", (1, "40", ""), (3, "10", ""))).outcome in TAKEN
    said = story.billing("1", (1, "40", "8.42"), (3, "10", "54.00"), freight="12.50", total="880.00")
    first = told(office, said)
    assert first.outcome in TAKEN, first
    assert told(office, said).reference == first.reference
    assert office.vouchers(said[0].reference) == D("880.00")


def test_the_same_supplier_invoice_is_not_owed_twice(office: Office) -> None:
    story = ordered(office)
    told(office, story.receiving("1", (1, "40", "")))
    told(office, story.billing("1", (1, "20", "8.42"), supplier_invoice=f"S-{story.number}"))
    second = story.billing("2", (1, "20", "8.42"), supplier_invoice=f"S-{story.number}")
    answer = told(office, second)
    assert answer.outcome == Outcome.PERMANENT
    assert answer.detail
    assert office.vouchers(second[0].reference) == 0


@needs(credits=True)
def test_a_credit_is_owed_back(office: Office) -> None:
    story = ordered(office)
    told(office, story.receiving("1", (1, "40", "")))
    told(office, story.billing("1", (1, "40", "8.42"), tax="10.00"))
    said = story.billing("C1", (1, "5", "8.42"), kind="credit")
    first = told(office, said)
    assert first.outcome in TAKEN, first
    assert told(office, said).reference == first.reference
    assert office.vouchers(said[0].reference) == D("-42.10")


@needs(payments=True)
def test_payments_are_read_back_and_the_cursor_goes_on(office: Office) -> None:
    story = ordered(office)
    told(office, story.receiving("1", (1, "40", "")))
    said = story.billing("1", (1, "40", "8.42"))
    voucher = told(office, said)
    office.pay()
    rows, cursor = pulled(office.adapter(), "")
    mine = [row for row in rows if row.reference == said[0].reference and row.status == "paid"]
    assert [(row.voucher_number, row.paid_on is not None) for row in mine] == [(voucher.reference, True)]
    assert mine[0].paid_on is not None
    assert abs((mine[0].paid_on - datetime.now(UTC).date()).days) <= 1
    assert pulled(office.adapter(), "") == (rows, cursor)
    assert pulled(office.adapter(), cursor)[1] == cursor


def pulled(adapter: ErpAdapter, cursor: str) -> tuple[list[Any], str]:
    rows: list[Any] = []
    for _ in range(100):
        page = adapter.payments(cursor)
        assert isinstance(page, PaymentPage), page
        rows, cursor = [*rows, *page.payments], page.cursor
        if not page.more:
            break
    return rows, cursor


@needs(open_answers=True)
def test_a_field_nobody_knows_is_told_with_an_example_and_nothing_else(office: Office) -> None:
    office.add_field()
    answer = told(office, Story().ordering())
    assert answer.outcome in TAKEN
    assert answer.reference
    assert len(answer.drift) == 1
    assert "2027.1" in answer.drift[0].example


def test_an_answer_without_what_was_agreed_is_no_success(office: Office) -> None:
    office.drop_field()
    answer = told(office, Story().ordering())
    assert answer.outcome == Outcome.CONTRACT
    assert "not what was agreed" in answer.detail


@needs(budgets=True)
def test_budgets(office: Office) -> None:
    page = office.adapter().budgets()
    assert isinstance(page, BudgetPage)
    assert page.drift == ()


NUMBERS = {"item": ("GLOVE", "SUTURE"), "supplier": ("ACME", "BETA"), "cost_center": ("NORTH-OR", "EAST-OR")}
NAMED = {"item": "description", "supplier": "name", "cost_center": "name"}


def a_round(adapter: ErpAdapter, kind: str, cursor: str) -> tuple[list[Master], str]:
    rows: list[Master] = []
    for _ in range(100):
        page = adapter.masters(kind, cursor)
        assert isinstance(page, MasterPage), page
        rows, cursor = [*rows, *page.masters], page.cursor
        if not page.more:
            break
    return rows, cursor


def test_masters_come_whole_and_then_what_changed(office: Office, kind: str) -> None:
    one, other = NUMBERS[kind]
    office.says(kind, {one: "First words", other: "Other words"})
    adapter = office.adapter()
    first = adapter.masters(kind, "")
    assert isinstance(first, MasterPage)
    assert first.drift == ()
    rows, cursor = a_round(adapter, kind, "")
    named = {row.number: row.values[NAMED[kind]] for row in rows}
    assert (named[one], named[other]) == ("First words", "Other words")
    assert all(row.external_id for row in rows)
    assert len({row.external_id for row in rows}) == len(rows)
    assert a_round(adapter, kind, "") == (rows, cursor)
    office.says(kind, {one: "Second words"})
    later, after = a_round(adapter, kind, cursor)
    assert {row.number: row.values[NAMED[kind]] for row in later}[one] == "Second words"
    assert {row.number: row.external_id for row in later}[one] == {row.number: row.external_id for row in rows}[one]
    assert a_round(adapter, kind, cursor) == (later, after)


def test_masters_that_cannot_be_asked_for_say_why(office: Office, kind: str) -> None:
    office.breaks_masters(kind)
    answer = office.adapter().masters(kind, "")
    assert isinstance(answer, Answer)
    assert answer.outcome in (Outcome.CONTRACT, Outcome.TRANSIENT)
    assert answer.detail


@needs(open_answers=True)
def test_a_field_nobody_knows_of_what_is_pulled_is_told_once_and_not_used(office: Office, kind: str) -> None:
    one, other = NUMBERS[kind]
    office.says(kind, {one: "First words", other: "Other words"})
    office.adds_to_masters(kind)
    page = office.adapter().masters(kind, "")
    assert isinstance(page, MasterPage)
    assert [strange.example for strange in page.drift] == ["GREEN"]
    assert {row.number for row in page.masters} >= {one, other}
    assert not any("GREEN" in row.values.values() for row in page.masters)
