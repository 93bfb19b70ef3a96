"""Batches: what is written down before it runs, who is blamed for a crash, and whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Attempt, Endpoint, OutboundMessage, Tally
from integrations.remote import Answer, Outcome
from integrations.services import channels, delivery, relay
from integrations.watching import EPOCH
from tests.integrations.world import World

State = OutboundMessage.State


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


class Nobody:
    """A channel to nobody: takes everything at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.told: list[str] = []

    def open(self, messages: Any) -> None:
        """Nothing to look up."""

    def prepare(self, messages: Any) -> dict[int, channels.Prepared | None]:
        return {m.pk: channels.Prepared(m.key.encode(), "text/plain") for m in messages}

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        assert (payload, len(message.trace_id)) == (message.key.encode(), 32)
        self.told.append(message.key)
        return Answer(outcome=Outcome.DELIVERED, reference=f"n{message.pk}")

    def find(self, message: OutboundMessage) -> Answer:
        return Answer(outcome=Outcome.MISSING)

    def probe(self) -> Answer:
        return Answer(outcome=Outcome.FOUND)

    def close(self) -> None:
        """Nothing was opened."""


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> list[Nobody]:
    """Every endpoint leads to nobody; the channels that were made, newest last."""
    made: list[Nobody] = []

    def make(endpoint: Endpoint) -> Nobody:
        made.append(Nobody(endpoint))
        return made[-1]

    monkeypatch.setattr(delivery, "channel_for", make)
    return made


def told(made: list[Nobody]) -> list[str]:
    return [key for each in made for key in each.told]


def endpoint(code: str = "there", **more: Any) -> Endpoint:
    given = {"name": code, "kind": "erp", "adapter": "nobody", "duplicates": "server_unique", **more}
    return Endpoint.objects.create(code=code, **given)


def messages(at: Endpoint, number: int, *, prefix: str = "m", **more: Any) -> list[OutboundMessage]:
    rows = [
        OutboundMessage(
            endpoint=at, topic="event.tell", document_kind="event", document_number=f"{prefix}{n}", key=f"{prefix}{n}",
            trace_id="0" * 31 + "1", due_at=timezone.now(), **{"stream": f"{prefix}:{n}", **more},
        )
        for n in range(number)
    ]  # fmt: skip
    return OutboundMessage.objects.bulk_create(rows)


@pytest.mark.django_db
def test_a_batch_costs_the_same_however_many_messages(nobody: list[Nobody]) -> None:
    counts = []
    for number in (1, 10):
        there = endpoint(f"e{number}")
        messages(there, number, prefix=f"p{number}-")
        with CaptureQueriesContext(connection) as queries:
            delivery.endpoint_deliver(there.pk)
        counts.append(len(queries))
        assert not OutboundMessage.objects.exclude(state=State.DELIVERED).exists()
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_every_try_is_kept_and_counted(nobody: list[Nobody]) -> None:
    there = endpoint()
    messages(there, 25)
    delivery.endpoint_deliver(there.pk)
    assert Attempt.objects.filter(outcome="delivered", payload__isnull=False).count() == 25
    first = OutboundMessage.objects.select_related("payload").get(key="m0")
    assert first.payload is not None
    assert (bytes(first.payload.content), first.trace_id) == (b"m0", "0" * 31 + "1")
    assert Tally.objects.get(endpoint=there, slot=EPOCH).tries == 25
    assert sorted(told(nobody)) == sorted(f"m{n}" for n in range(25))


@pytest.mark.django_db
def test_a_stream_stays_in_order_over_batches(nobody: list[Nobody]) -> None:
    there = endpoint()
    messages(there, 12, stream="one")
    delivery.endpoint_deliver(there.pk)
    assert told(nobody) == [f"m{n}" for n in range(12)]


@pytest.mark.django_db
def test_a_crash_is_counted_once_for_the_batch_and_then_only_for_the_guilty(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = endpoint()
    messages(there, 5)
    send = Nobody.send

    def poisoned(self: Nobody, message: OutboundMessage, payload: bytes) -> Answer:
        if message.key == "m2":
            raise Killed
        return send(self, message, payload)

    monkeypatch.setattr(Nobody, "send", poisoned)
    for _ in range(relay.MOST_CRASHES):
        OutboundMessage.objects.filter(state__in=OutboundMessage.WAITING).update(due_at=timezone.now())
        with pytest.raises(Killed):
            delivery.endpoint_deliver(there.pk)
        OutboundMessage.objects.filter(state=State.IN_FLIGHT).update(lease_until=timezone.now() - timedelta(seconds=1))
        relay.leases_recover()
    delivery.endpoint_deliver(there.pk)
    assert dict(OutboundMessage.objects.values_list("key", "state")) == {
        "m0": State.DELIVERED, "m1": State.DELIVERED, "m2": State.DEAD, "m3": State.DELIVERED, "m4": State.DELIVERED
    }  # fmt: skip
    crashes = Attempt.objects.filter(outcome="crashed")
    assert crashes.filter(message__key="m2").count() == relay.MOST_CRASHES
    assert crashes.exclude(message__key="m2").count() == 4


@pytest.mark.django_db
def test_where_a_person_decides_about_doubts_a_crash_makes_only_one(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = endpoint(duplicates="manual")
    messages(there, 5)

    def die(*_: object) -> Answer:
        raise Killed

    monkeypatch.setattr(Nobody, "send", die)
    with pytest.raises(Killed):
        delivery.endpoint_deliver(there.pk)
    assert OutboundMessage.objects.filter(state=State.IN_FLIGHT).count() == 1


@pytest.mark.django_db
def test_what_a_batch_did_not_reach_is_as_it_was(nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch) -> None:
    there = endpoint()
    messages(there, 5)
    refuses = Answer(outcome=Outcome.AUTHENTICATION, detail="who are you?")
    monkeypatch.setattr(Nobody, "send", lambda *_: refuses)
    delivery.endpoint_deliver(there.pk)
    rows = list(OutboundMessage.objects.order_by("id").values_list("state", "attempt_count"))
    assert rows == [(State.RETRY, 1)] + [(State.QUEUED, 0)] * 4
    assert Attempt.objects.count() == 1


@pytest.mark.django_db
def test_a_lost_lease_changes_nothing_but_the_words_of_the_try(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = endpoint()
    messages(there, 1)

    def slow(self: Nobody, message: OutboundMessage, payload: bytes) -> Answer:
        OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        relay.leases_recover()
        return Answer(outcome=Outcome.DELIVERED, reference="late")

    monkeypatch.setattr(Nobody, "send", slow)
    delivery.endpoint_deliver(there.pk, seconds=0)
    message = OutboundMessage.objects.get()
    assert (message.state, message.cause, message.remote_reference) == (State.UNKNOWN, "crashed", "")
    assert Attempt.objects.get().outcome == "delivered"


@pytest.mark.django_db
def test_an_effect_that_fails_delays_only_its_own_message(
    nobody: list[Nobody], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = endpoint()
    messages(there, 4)
    take_effect = delivery.effects.take_effect

    def poisoned(answered: Any) -> None:
        if any(message.key == "m1" for message, _ in answered):
            raise ValueError("defect")
        take_effect(answered)

    monkeypatch.setattr(delivery.effects, "take_effect", poisoned)
    delivery.endpoint_deliver(there.pk)
    states = dict(OutboundMessage.objects.values_list("key", "state"))
    assert states == {"m0": "delivered", "m1": "in_flight", "m2": "delivered", "m3": "delivered"}


@pytest.mark.django_db
def test_an_urgent_message_does_not_wait_for_a_backlog(nobody: list[Nobody]) -> None:
    loud, quiet = endpoint("loud"), endpoint("quiet")
    messages(loud, 3000, prefix="b")
    messages(quiet, 1, prefix="q", urgent=True)
    messages(loud, 1, prefix="u", urgent=True)
    delivery.deliver_run(seconds=3)
    order = told(nobody)
    assert order.index("u0") < 200
    assert "q0" in order


@pytest.mark.django_db
def test_endpoints_take_turns(nobody: list[Nobody]) -> None:
    loud, quiet = endpoint("loud"), endpoint("quiet")
    messages(loud, 500, prefix="b")
    messages(quiet, 1, prefix="q")
    assert delivery.endpoints_due() == [loud.pk, quiet.pk]
    delivery.endpoint_deliver(loud.pk, seconds=0)
    assert delivery.endpoints_due() == [quiet.pk, loud.pk]


def test_urgent_messages_do_not_silence_the_rest_for_ever(world: World) -> None:
    urgent, calm = world.order(urgent=True), world.order()
    assert {e.pk for e in Endpoint.objects.all()} == set(delivery.endpoints_due(urgent_first=False))
    delivery.deliver_run(seconds=2)
    assert {world.to_erp(o.number).state for o in (urgent, calm)} == {State.DELIVERED}
