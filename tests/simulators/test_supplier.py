"""The suppliers, driven as a process and read with the product's own X12: two implementations that never met."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.canonical import (
    Acknowledgement,
    InvoiceDoc,
    ItemIdentity,
    Order,
    OrderAnswer,
    OrderLine,
    Party,
    ShipNotice,
    revised,
)
from integrations.x12 import Envelope, X12Error, acknowledge, acknowledgement_bytes, order_bytes, parse, read
from tests.simulators.companies import Mailbox, company, until

ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("ZZ", "MEDSUP"),
    interchange_control=1,
    group_control=1,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)


def line(number: int, quantity: str = "12", unit: str = "CA", price: str = "48.50") -> OrderLine:
    return OrderLine(
        line_number=number,
        identity=ItemIdentity(buyer_item=f"10023{number}", supplier_part=f"MS-441{number}", gtin="10614141000415"),
        description="Gauze sponge 4x4",
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
    )


def order(number: str = "PO-2026-000017", *notes: str, **changes: Any) -> Order:
    base = Order(
        number=number,
        issued_at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
        currency="USD",
        supplier=Party(name="MedSupply", identifiers={"supplier": "MEDSUP"}),
        buyer=Party(name="St. Mary", identifiers={"buyer": "H1"}),
        ship_to=Party(name="Dock 4", identifiers={"buyer": "D4"}),
        lines=(line(1), line(2, "5", "BX", "21.75")),
        notes=notes,
    )
    return revised(base, **changes)


def interchange(doc: Order, control: int = 1) -> bytes:
    return order_bytes(doc, replace(ENVELOPE, interchange_control=control, group_control=control), 1)


def documents(box: Mailbox) -> list[Any]:
    result = []
    for path in box.out():
        try:
            interchanges = read(path.read_bytes())
        except X12Error:
            continue
        for each in interchanges:
            for group in each.groups:
                for found in group.sets:
                    parsed = parse(found)
                    if parsed.document is not None:
                        assert not list(each.all_findings()), path.name
                        assert parsed.findings == (), path.name
                        result.append(parsed.document)
    return result


def of(kind: type[Any], box: Mailbox) -> list[Any]:
    return [doc for doc in documents(box) if isinstance(doc, kind)]


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailboxes")


def test_an_order_is_acknowledged_answered_shipped_and_billed(box: Mailbox) -> None:
    box.put("1.x12", interchange(order(), 77))
    printed = box.once()
    assert printed.startswith("ready supplier")
    acknowledgement, answer, notice, bill = documents(box)
    assert isinstance(acknowledgement, Acknowledgement)
    assert (acknowledgement.functional_id, acknowledgement.group_control, acknowledgement.status) == (
        "PO",
        "77",
        "accepted",
    )
    assert isinstance(answer, OrderAnswer)
    assert (answer.order_number, answer.status) == ("PO-2026-000017", "accepted")
    assert [(each.line_number, each.action, each.quantity, each.unit_price) for each in answer.lines] == [
        (1, "accepted", Decimal(12), Decimal("48.5")),
        (2, "accepted", Decimal(5), Decimal("21.75")),
    ]
    assert isinstance(notice, ShipNotice)
    assert notice.orders == ("PO-2026-000017",)
    assert [(each.line_number, each.quantity, each.unit) for each in notice.lines] == [(1, 12, "CA"), (2, 5, "BX")]
    assert all(each.lot and each.expiry and each.sscc for each in notice.lines)
    assert notice.lines[0].identity == order().lines[0].identity
    assert isinstance(bill, InvoiceDoc)
    assert (bill.order_number, bill.total, bill.currency) == ("PO-2026-000017", Decimal("690.75"), "USD")


def test_ids_are_swapped_and_files_are_archived(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.once()
    (answer,) = read(box.out()[0].read_bytes())
    assert (answer.sender, answer.receiver) == (("ZZ", "MEDSUP"), ("ZZ", "HOSPITALNET"))
    assert [path.name for path in (box.root / "MEDSUP" / "archive").iterdir()] == ["1.x12"]
    assert list((box.root / "MEDSUP" / "in").iterdir()) == []


@pytest.mark.parametrize(
    ("word", "actions"),
    [
        ("price_change", ["price_changed", "price_changed"]),
        ("backorder@1", ["accepted", "backordered", "accepted"]),
        ("substitute@2", ["accepted", "substituted"]),
        ("reject", ["rejected", "rejected"]),
        ("reject@2,price_change@1", ["price_changed", "rejected"]),
        ("accept", ["accepted", "accepted"]),
    ],
)
def test_a_note_forces_the_answer(box: Mailbox, word: str, actions: list[str]) -> None:
    box.behave(reject=0.5, substitute=0.5)
    box.put("1.x12", interchange(order("PO-1", f"Please SIM:{word} thanks")))
    box.once()
    (answer,) = of(OrderAnswer, box)
    assert [each.action for each in answer.lines] == actions
    assert answer.status == ("accepted" if word == "accept" else "changed")


def test_a_changed_price_is_answered_and_billed(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:price_change@1")))
    box.once()
    assert of(OrderAnswer, box)[0].lines[0].unit_price == Decimal("52.38")
    assert [each.unit_price for each in of(InvoiceDoc, box)[0].lines] == [Decimal("52.38"), Decimal("21.75")]


def test_an_overbilled_price_shows_on_the_invoice_only(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:overbill@1")))
    box.once()
    assert of(OrderAnswer, box)[0].lines[0].action == "accepted"
    assert of(InvoiceDoc, box)[0].lines[0].unit_price == Decimal("52.38")


def test_a_back_order_ships_and_bills_the_rest_later(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:backorder@2")))
    box.once()
    assert [[(e.line_number, e.quantity) for e in notice.lines] for notice in of(ShipNotice, box)] == [
        [(1, Decimal(12)), (2, Decimal(2))],
        [(2, Decimal(3))],
    ]
    assert [bill.total for bill in of(InvoiceDoc, box)] == [Decimal("625.50"), Decimal("65.25")]


def test_short_shipments_are_billed_as_shipped(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:short_ship@1")))
    box.once()
    assert [each.quantity for each in of(ShipNotice, box)[0].lines] == [10, 5]
    assert [each.quantity for each in of(InvoiceDoc, box)[0].lines] == [10, 5]


def test_a_substitute_is_named_shipped_and_billed(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:substitute@1")))
    box.once()
    assert of(OrderAnswer, box)[0].lines[0].substitute == ItemIdentity(supplier_part="MS-4411-S")
    assert of(ShipNotice, box)[0].lines[0].identity.supplier_part == "MS-4411-S"


def test_wrong_units_freight_duplicates_and_garbage(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:wrong_unit@1,freight,duplicate,garbage")))
    box.once()
    bills = of(InvoiceDoc, box)
    assert len(bills) == 2
    assert bills[0] == bills[1]
    assert [each.unit for each in bills[0].lines] == ["EA", "BX"]
    assert [charge.code for charge in bills[0].charges] == ["D240"]
    assert len(of(ShipNotice, box)) == 2
    assert [path.name.split("-")[-1] for path in box.out() if "garbage" in path.name] == ["garbage.x12"]


def test_a_silent_supplier_says_nothing(box: Mailbox) -> None:
    box.put("1.x12", interchange(order("PO-1", "SIM:silent")))
    box.once()
    assert box.out() == []
    assert box.stats()["orders"] == 1


def test_probabilities_fall_the_same_way_every_time(tmp_path: Path) -> None:
    actions = []
    for attempt in ("a", "b"):
        box = Mailbox(tmp_path / attempt / "mailboxes")
        box.behave(price_change=0.3, backorder=0.3, reject=0.2, substitute=0.1)
        for number in range(8):
            box.put(f"{number}.x12", interchange(order(f"PO-{number}"), number + 1))
        box.once()
        actions.append([[each.action for each in answer.lines] for answer in of(OrderAnswer, box)])
    assert actions[0] == actions[1]
    assert len({action for answer in actions[0] for action in answer}) > 2


def test_a_change_before_shipping_is_accepted_and_shipped_as_changed(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.put(
        "2.x12", interchange(order(purpose="change", revision=1, lines=(line(1, "4"), line(2, "0", "BX", "21.75"))), 2)
    )
    box.once()
    change = next(answer for answer in of(OrderAnswer, box) if answer.answers == "change")
    assert change.status in ("accepted", "changed")
    assert [(each.line_number, each.quantity) for each in of(ShipNotice, box)[0].lines] == [(1, Decimal(4))]
    assert of(InvoiceDoc, box)[0].total == Decimal(194)


def test_a_cancellation_before_shipping_stops_everything(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.put("2.x12", interchange(order(purpose="cancel"), 2))
    box.once()
    (answer,) = of(OrderAnswer, box)
    assert (answer.answers, answer.status) == ("change", "accepted")
    assert of(ShipNotice, box) == []
    assert box.stats()["pending"] == 0


def test_a_cancellation_after_shipping_is_refused(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.once()
    box.put("2.x12", interchange(order(purpose="cancel"), 2))
    box.once()
    answer = of(OrderAnswer, box)[-1]
    assert (answer.answers, answer.status) == ("change", "rejected")


def test_the_same_file_and_the_same_order_count_once(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.put("2.x12", interchange(order()))
    box.put("3.x12", interchange(order(), 3))
    box.once()
    assert len(of(InvoiceDoc, box)) == 1
    assert len(of(Acknowledgement, box)) == 2
    stats = box.stats()
    assert (stats["orders"], stats["files"], stats["repeated_orders"]) == (1, 2, ["PO-2026-000017"])


def test_unreadable_files_and_broken_sets_do_not_stop_it(box: Mailbox) -> None:
    box.put("1.x12", b"this is no order")
    box.put("2.x12", interchange(order("PO-9")).replace(b"SE*", b"SE*9"))
    box.put("3.x12", interchange(order(), 3))
    box.once()
    assert [each.status for each in of(Acknowledgement, box)] == ["rejected", "accepted"]
    assert box.stats()["unreadable"] == ["1.x12"]
    assert len(of(InvoiceDoc, box)) == 1


def test_our_997s_are_counted(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    box.once()
    (incoming,) = read(box.out()[1].read_bytes())
    box.put("2.x12", acknowledgement_bytes({1: acknowledge(incoming.groups[0])}, ENVELOPE))
    box.once()
    assert box.stats()["acknowledged"] == {"A": 1}


def test_planned_answers_survive_a_kill(box: Mailbox) -> None:
    box.put("1.x12", interchange(order()))
    with company("simulators.supplier", *box.arguments("--delay", 3600, "--poll", 0.05)) as first:
        until(box.out, "the 997")
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert box.stats()["pending"] == 3
    # The answers stay planned for later: only time brings them.
    box.once()
    assert len(box.out()) == 1


def test_a_kill_while_sending_neither_loses_nor_doubles(box: Mailbox) -> None:
    for number in range(150):
        box.put(f"{number:03}.x12", interchange(order(f"PO-{number}"), number + 1))
    for wanted in (20, 150, 300):
        with company("simulators.supplier", *box.arguments("--delay", 0, "--poll", 0.05, "--quiet")) as running:
            until(lambda wanted=wanted: len(box.out()) >= wanted, f"{wanted} files")
            running.end(signal.SIGKILL)
        assert len(box.out()) < 600, "killed too late to prove anything"
    box.once("--quiet")
    assert len(box.out()) == 600
    numbers = [bill.order_number for bill in of(InvoiceDoc, box)]
    assert sorted(numbers) == sorted(f"PO-{number}" for number in range(150))
    assert not list(box.root.glob("*/out/.*"))


def test_it_stops_when_asked(box: Mailbox) -> None:
    with company("simulators.supplier", *box.arguments("--poll", 60)) as running:
        assert running.ready.startswith("ready supplier")
        assert running.end(signal.SIGTERM) == 0


def test_an_unknown_behaviour_is_refused(box: Mailbox) -> None:
    box.behave(explode=1)
    with (
        pytest.raises(AssertionError, match="unknown behaviour 'explode'"),
        company("simulators.supplier", *box.arguments()),
    ):
        pass
