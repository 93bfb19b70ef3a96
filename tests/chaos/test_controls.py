"""Negative controls: each protection of the engine, switched off, lets the very fault happen that it is there for.

Nothing in the product can switch it off. Here a statement loses one of its conditions, a constraint is dropped inside the test's
transaction, or a step is left out; the same test with everything in place shows that the damage does not happen.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integrations.models import Attempt, InboundMessage, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services import delivery, inbound_documents, inbox, relay
from integrations.services.outbox import order_announce
from procurement.models import Invoice, PurchaseOrder, PurchaseOrderLine, Requisition
from procurement.services import invoices
from tests.factories import make_network
from tests.integrations.conftest import connect, world
from tests.integrations.test_inbox import answered, kept, leave
from tests.integrations.test_relay import Killed, Nobody, endpoint, messages, nobody, told
from tests.integrations.world import World
from tests.portal.api.client import Api
from tests.portal.api.test_road import request_body
from tests.simulators.companies import until

__all__ = ["connect", "nobody", "world"]
State = OutboundMessage.State

protection = pytest.mark.parametrize("protected", [True, False], ids=["protected", "without"])


def without(statement: str, part: str) -> str:
    """A statement that has lost one of its parts, which must be in it exactly once."""
    less, times = re.subn(part, "", statement, flags=re.DOTALL)
    assert times == 1, f"{part!r} is {times} times in the statement"
    return less


def drop(table: str, constraint: str) -> None:
    """Take a constraint away until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conname = %s UNION ALL SELECT count(*) FROM pg_class WHERE relname = %s",
            [constraint, constraint],
        )
        is_constraint, is_index = (row[0] for row in cursor.fetchall())
        assert is_constraint or is_index, f"there is no {constraint}"
        words = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if is_constraint else f"DROP INDEX {constraint}"
        cursor.execute(words)


def somebody_waits() -> bool:
    """Whether a transaction waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


# --- workers ----------------------------------------------------------------------------------------------------------


@protection
@pytest.mark.django_db
def test_a_lease_that_holds_keeps_others_off(nobody: list[Nobody], protected: bool) -> None:
    there = endpoint(duplicates="lookup", quiet_seconds=0)
    messages(there, 1)
    (mine,) = relay.take(there, 1, seconds=60 if protected else -1)
    # while this worker is about to send, another one comes along
    relay.leases_recover()
    delivery.endpoint_deliver(there.pk)
    Nobody(there).send(mine.message, mine.message.key.encode())
    assert len(told(nobody)) + 1 == (1 if protected else 2)


@protection
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_message(monkeypatch: pytest.MonkeyPatch, protected: bool) -> None:
    """SKIP LOCKED: the second worker sees nothing to take; without it, it takes the same message as soon as it can."""
    there = endpoint()
    messages(there, 1)
    if not protected:
        monkeypatch.setattr(relay, "_TAKE_ALL", without(relay._TAKE_ALL, r"FOR NO KEY UPDATE OF m SKIP LOCKED"))
    second: list[relay.Taken] = []

    def other() -> None:
        try:
            second.extend(relay.take(there, 10, seconds=60))
        finally:
            connection.close()

    with transaction.atomic():
        first = relay.take(there, 10, seconds=60)
        thread = threading.Thread(target=other)
        thread.start()
        if protected:
            thread.join(timeout=20)
            assert not thread.is_alive(), "it ends at once"
        else:
            until(somebody_waits, "it waits for our transaction")
    thread.join(timeout=20)
    assert len(first) == 1
    assert len(second) == (0 if protected else 1)


@protection
@pytest.mark.django_db
def test_the_head_of_a_stream_holds_back_what_follows(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    there = endpoint()
    first, _ = messages(there, 2, stream="one order")
    OutboundMessage.objects.filter(pk=first.pk).update(due_at=timezone.now() + timedelta(hours=1))
    if not protected:
        part = r"AND m\.id <= \(\s+SELECT o\.id.*?LIMIT 1\)"
        monkeypatch.setattr(relay, "_TAKE_ALL", without(relay._TAKE_ALL, part))
    delivery.endpoint_deliver(there.pk)
    assert told(nobody) == ([] if protected else ["m1"])


def die_for_ever(nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch, number: int) -> dict[str, str]:
    """A message that kills its worker every time, among others; states afterwards."""
    there = endpoint()
    messages(there, number)
    send = Nobody.send

    def poisoned(self: Nobody, message: OutboundMessage, payload: bytes) -> Answer:
        if message.key == f"m{number - 1}":
            raise Killed
        return send(self, message, payload)

    monkeypatch.setattr(Nobody, "send", poisoned)
    for _ in range(relay.MOST_CRASHES):
        OutboundMessage.objects.filter(state__in=OutboundMessage.WAITING).update(due_at=timezone.now())
        with pytest.raises(Killed):
            delivery.endpoint_deliver(there.pk)
        OutboundMessage.objects.filter(state=State.IN_FLIGHT).update(lease_until=timezone.now() - timedelta(seconds=1))
        relay.leases_recover()
    return dict(OutboundMessage.objects.values_list("key", "state"))


@protection
@pytest.mark.django_db
def test_a_try_is_counted_before_it_runs(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    if not protected:
        monkeypatch.setattr(relay, "_TAKE_ALL", without(relay._TAKE_ALL, r", attempt_count = attempt_count \+ 1"))
    states = die_for_ever(nobody, monkeypatch, 1)
    # uncounted, it would kill workers for ever
    assert states == {"m0": State.DEAD if protected else State.UNKNOWN}


@protection
@pytest.mark.django_db
def test_what_killed_a_worker_is_taken_alone_afterwards(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    if not protected:
        part = r" AND \(m\.cause = 'crashed'\) = %\(suspects\)s"
        monkeypatch.setattr(relay, "_TAKE_ALL", without(relay._TAKE_ALL, part))
        batch = delivery._Slice._batch
        monkeypatch.setattr(delivery._Slice, "_batch", lambda self, **_: batch(self))
    states = die_for_ever(nobody, monkeypatch, 3)
    blamed = {key for key, state in states.items() if state == State.DEAD}
    assert blamed == ({"m2"} if protected else {"m0", "m1", "m2"})


@protection
@pytest.mark.django_db
def test_a_refused_sign_in_stops_the_rest(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """The circuit: without it every message knocks with the wrong key, until the account is locked."""
    there, tried = endpoint(), []
    messages(there, 8)

    def refuse(self: Nobody, message: OutboundMessage, payload: bytes) -> Answer:
        tried.append(message.key)
        return Answer(outcome=Outcome.AUTHENTICATION, detail="The token has expired.")

    monkeypatch.setattr(Nobody, "send", refuse)
    if not protected:
        monkeypatch.setattr(delivery, "endpoint_heard", lambda *_: True)
    delivery.endpoint_deliver(there.pk)
    assert len(tried) == (1 if protected else 8)


# --- the other side ---------------------------------------------------------------------------------------------------


def in_the_erp(world: World) -> int:
    assert world.erp is not None
    return int(world.erp.stats()["purchase_orders"]["documents"])


@protection
def test_after_silence_one_asks_before_one_sends_again(connect: Callable[..., World], protected: bool) -> None:
    """An ERP that keeps no reference unique took the order, and nobody heard."""
    world = connect("--unique-reference", "off")
    assert world.erp is not None
    order = world.order()
    world.erp.fault("drop_answer", match=order.number, count=1)
    world.deliver()
    assert world.to_erp(order.number).state == State.UNKNOWN
    if not protected:
        # silence taken for failure: what most do
        OutboundMessage.objects.filter(key=order.number).update(state=State.RETRY, cause="transient")
    world.due_now()
    world.deliver()
    assert in_the_erp(world) == (1 if protected else 2)


@protection
def test_an_erp_may_only_be_trusted_with_what_it_declares(connect: Callable[..., World], protected: bool) -> None:
    """`server_unique` sends again without asking: right where the ERP keeps references unique, an order too many where it does not."""
    world = connect("--unique-reference", "on" if protected else "off", duplicates="server_unique")
    assert world.erp is not None
    order = world.order()
    world.erp.fault("drop_answer", match=order.number, count=1)
    world.deliver()
    world.due_now()
    world.deliver()
    assert in_the_erp(world) == (1 if protected else 2)


@protection
def test_a_key_stands_for_one_effect(connect: Callable[..., World], protected: bool) -> None:
    """The same fact told twice: one message, because its key is unique at its endpoint."""
    world = connect("--unique-reference", "off")
    if not protected:
        drop("integrations_outboundmessage", "integrations_one_message_per_key")
    order = world.order()
    order_announce(order_id=order.pk)
    for _ in range(2):
        world.deliver()
    assert in_the_erp(world) == (1 if protected else 2)


@protection
def test_what_was_said_once_is_said_again_in_the_same_words(connect: Callable[..., World], protected: bool) -> None:
    """The payload is frozen: after a lost request, one reference never stands for two contents."""
    world = connect()
    assert world.erp is not None
    order = world.order()
    world.erp.fault("drop_request", match=order.number, method="POST", count=1)
    world.deliver()
    PurchaseOrderLine.objects.filter(order=order).update(unit_price=Decimal("99.00"))
    if not protected:
        OutboundMessage.objects.filter(key=order.number, endpoint=world.endpoint).update(payload=None)
    world.due_now()
    world.deliver()
    message = world.to_erp(order.number)
    assert message.state == State.DELIVERED
    sent = Attempt.objects.filter(message=message, purpose="send").values_list("payload_id", flat=True)
    assert len(set(sent)) == (1 if protected else 2)


# --- what comes in ----------------------------------------------------------------------------------------------------

LEVELS = ("bytes", "control number", "business key", "invoice number")


@pytest.mark.parametrize(
    "off", range(5), ids=["protected", *(f"without {' and '.join(LEVELS[:n])}" for n in range(1, 5))]
)
def test_a_bill_that_comes_twice_is_stopped_by_the_next_level(
    world: World, monkeypatch: pytest.MonkeyPatch, off: int
) -> None:
    """Four levels, each with its own words; only where all are gone is the bill owed twice."""
    if off >= 1:
        monkeypatch.setattr(inbox, "_first", lambda *_: None)
    if off >= 2:
        monkeypatch.setattr(inbox, "_judge", lambda *_: inbox._Verdict(InboundMessage.State.RECEIVED))
    if off >= 3:
        monkeypatch.setattr(inbound_documents, "_once", lambda message, *_, **__: f"{message.pk}")
    if off >= 4:
        monkeypatch.setattr(invoices, "_refuse_duplicate", lambda *_: "")
        drop("procurement_invoice", "procurement_invoice_number_once")
    answered(world)
    content = kept(world, "810")["810"]
    for name in ("a.x12", "b.x12"):
        leave(world, content, name)
        world.take_in()
    last = InboundMessage.objects.order_by("-id")[0]
    assert (last.state, last.cause) == [
        ("duplicate", "same_file"), ("duplicate", "same_control_number"), ("duplicate", "same_document"),
        ("quarantined", "duplicate_invoice"), ("applied", ""),
    ][off]  # fmt: skip
    assert Invoice.objects.count() == (2 if off == 4 else 1)


@protection
def test_a_control_number_with_other_content_is_not_merged(
    world: World, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """Fault 35: without the second level, another bill gets in under a number that was used."""
    if not protected:
        monkeypatch.setattr(inbox, "_judge", lambda *_: inbox._Verdict(InboundMessage.State.RECEIVED))
    order = answered(world)
    content = kept(world, "810")["810"]
    leave(world, content, "a.x12")
    world.take_in()
    number = Invoice.objects.get().supplier_number
    other = content.replace(number.encode(), f"{number}9".encode())
    leave(world, other, "b.x12")
    world.take_in()
    assert Invoice.objects.filter(order=order).count() == (1 if protected else 2)


@protection
def test_a_document_that_kills_is_counted_before_it_is_worked_on(
    world: World, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    answered(world)
    leave(world, kept(world, "855")["855"])
    world.take_in()
    InboundMessage.objects.filter(kind="855").update(state="received", key=None, attempt_count=0)

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(inbound_documents, "_apply", die)
    for _ in range(inbound_documents.MOST_CRASHES + 1):
        InboundMessage.objects.filter(state="received").update(due_at=timezone.now())
        if not protected:
            # as if the count were written together with the end that never comes
            InboundMessage.objects.update(attempt_count=0)
        try:
            inbound_documents.documents_apply()
        except Killed:
            continue
    assert InboundMessage.objects.get(kind="855").state == ("failed" if protected else "received")


@protection
@pytest.mark.django_db
def test_a_request_asked_twice_has_one_effect(protected: bool) -> None:
    """The idempotency key of the API is unique per caller; without that, both requests make something."""
    if not protected:
        drop("portal_idempotentanswer", "portal_one_answer_per_key")
    net = make_network()
    requester = Api(net.users["requester@NORTH"])
    for _ in range(2):
        requester.post("process/requisitions", request_body(), key="abc", expect=201)
    assert Requisition.objects.count() == (1 if protected else 2)


@pytest.mark.django_db(transaction=True)
def test_fault_37_a_request_that_comes_five_times_at_once_has_one_effect() -> None:
    net = make_network()
    requester = Api(net.users["requester@NORTH"])
    together, answers = threading.Barrier(5), list[tuple[int, str]]()

    def ask() -> None:
        try:
            together.wait(10)
            answer = requester.post("process/requisitions", request_body(), key="abc")
            answers.append((answer.status_code, answer.json()["number"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert Requisition.objects.count() == 1
    assert answers == [(201, Requisition.objects.get().number)] * 5


@protection
def test_a_receipt_pressed_twice_posts_once(world: World, protected: bool) -> None:
    """The form's key: without it, the second press receives the same goods again."""
    order = world.order()
    world.receive(order, "4", key="form")
    world.receive(order, "4", key="form" if protected else "second press")
    received = PurchaseOrderLine.objects.get(order=order).received_base
    assert received == (400 if protected else 800)
    assert PurchaseOrder.objects.get(pk=order.pk).status == "partially_received"
