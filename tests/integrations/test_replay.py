"""Replaying: one, many of one cause, edited, and as the records say it now."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.models import BusinessEvent
from integrations.models import Attempt, InboundMessage, Interchange, OutboundMessage, Payload
from integrations.selectors import Group, dead_letters, group_of
from integrations.services.inbound_documents import documents_apply
from integrations.services.replay import (
    GROUP_RATE,
    group_replay,
    inbound_group_replay,
    message_edit,
    message_replay,
    payload_rebuilt,
)
from masterdata.models import Role, Supplier
from masterdata.selectors import actor_for
from procurement.models import PurchaseOrder
from tests.factories import make_user
from tests.integrations.test_relay import endpoint, messages
from tests.integrations.world import World

State = OutboundMessage.State


@pytest.fixture
def support(db: None) -> Actor:
    return actor_for(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))


def refused(world: World) -> OutboundMessage:
    """An order the ERP has refused."""
    assert world.erp is not None
    order = world.order()
    world.erp.fault("reject", match=order.number, count=1)
    world.deliver()
    return world.to_erp(order.number)


# --- groups -----------------------------------------------------------------------------------------------------------


def flood(number: int) -> None:
    there = endpoint(config={})
    rows = messages(there, number, state="dead", cause="permanent")
    for row in rows:
        row.detail = f"{row.document_number}: unknown supplier 4711"
    OutboundMessage.objects.bulk_update(rows, ["detail"])
    messages(there, 2, prefix="other", state="dead", cause="permanent", detail="The period is closed.")


def test_a_flood_of_one_cause_is_one_group_and_one_replay(support: Actor) -> None:
    flood(1000)
    groups = dead_letters(support)
    assert [(g.count, g.words) for g in groups] == [(1000, "…: unknown supplier 4711"), (2, "The period is closed.")]
    found = groups[0]
    group = Group(
        endpoint=found.endpoint, topic=found.what, cause=found.cause, words=found.words, example_id=found.example_id
    )
    began = timezone.now()
    assert group_replay(actor=support, group=group, reason="supplier entered") == 1000
    assert not group_of(support, group).exists()
    # a flood does not come back as a flood
    due = list(OutboundMessage.objects.filter(state=State.QUEUED).order_by("due_at").values_list("due_at", flat=True))
    assert due[-1] - began == pytest.approx(timedelta(minutes=999 / GROUP_RATE), abs=timedelta(seconds=5))
    assert OutboundMessage.objects.filter(state=State.DEAD).count() == 2
    with pytest.raises(Conflict, match="already replayed by support@network"):
        group_replay(actor=support, group=group, reason="me too")
    assert BusinessEvent.objects.filter(type="MessageHandled").count() == 1000


# --- as the records say it now ----------------------------------------------------------------------------------------


def test_what_would_be_sent_now_is_shown_before_it_is_sent(world: World, support: Actor) -> None:
    message = refused(world)
    assert message.payload is not None
    old = json.loads(bytes(message.payload.content))
    assert payload_rebuilt(message).sha256 == message.payload_id
    Supplier.objects.filter(code="ACME").update(code="ACME-NEW")
    new = payload_rebuilt(message)
    assert (old["supplier"], json.loads(bytes(new.content))["supplier"]) == ("ACME", "ACME-NEW")
    # looking keeps nothing
    message.refresh_from_db()
    assert message.payload_id != new.sha256
    Supplier.objects.filter(code="ACME-NEW").update(code="ACME")
    with pytest.raises(Conflict, match="changed since you looked"):
        message_replay(actor=support, message_id=message.pk, reason="x", rebuild=True, shown=new.sha256)
    message_replay(
        actor=support, message_id=message.pk, reason="x", rebuild=True, shown=payload_rebuilt(message).sha256
    )
    world.deliver()
    assert world.to_erp(message.key).state == State.DELIVERED


def test_looking_at_what_would_be_sent_uses_up_no_control_number(world: World, support: Actor) -> None:
    order = world.order()
    world.deliver()
    message = world.to_supplier(order.number)
    OutboundMessage.objects.filter(pk=message.pk).update(state=State.DEAD, cause="permanent", detail="x")
    number = Interchange.objects.get(message=message).control_number
    payload_rebuilt(message)
    payload_rebuilt(message)
    message_replay(actor=support, message_id=message.pk, reason="x", rebuild=True)
    world.deliver()
    assert Interchange.objects.get(message=message).control_number == number
    assert world.partner.control_numbers.get(level="interchange").last == number


def test_as_it_was_sent_means_the_same_bytes(world: World, support: Actor) -> None:
    message = refused(world)
    Supplier.objects.filter(code="ACME").update(code="ACME-NEW")
    message_replay(actor=support, message_id=message.pk, reason="ERP repaired", rebuild=False)
    world.deliver()
    sent = set(Attempt.objects.filter(message=message).values_list("payload_id", flat=True))
    assert sent == {message.payload_id}


# --- edited -----------------------------------------------------------------------------------------------------------


def test_an_edited_text_goes_out_and_the_original_is_kept(world: World, support: Actor) -> None:
    message = refused(world)
    assert message.payload is not None
    text = bytes(message.payload.content).decode().replace("GLOVE", "GLOVE-2")
    edit = {"actor": support, "message_id": message.pk, "shown": message.payload.sha256}
    message_edit(**edit, text=text, reason="item renamed there")
    world.deliver()
    sent = list(Attempt.objects.filter(message=message).order_by("number").values_list("payload__content", flat=True))
    assert [b"GLOVE-2" in bytes(content) for content in sent] == [False, True]
    event = BusinessEvent.objects.get(type="MessageHandled")
    assert (event.data["how"], event.data["before"], event.data["reason"]) == (
        "edited", message.payload.sha256, "item renamed there"
    )  # fmt: skip
    with pytest.raises(Conflict, match="already edited by support@network"):
        message_edit(**edit, text=text + " ", reason="me too")


def test_an_edit_must_be_of_its_kind_differ_and_say_why(world: World, support: Actor) -> None:
    message = refused(world)
    assert message.payload is not None
    text = bytes(message.payload.content).decode()
    edit = {"actor": support, "message_id": message.pk}
    with pytest.raises(Invalid, match="not JSON"):
        message_edit(**edit, text=text[:-1], shown=message.payload.sha256, reason="x")
    with pytest.raises(Invalid, match="same as before"):
        message_edit(**edit, text=text, shown=message.payload.sha256, reason="x")
    with pytest.raises(Invalid, match="Say why"):
        message_edit(**edit, text=text + " ", shown=message.payload.sha256, reason="")
    with pytest.raises(Conflict, match="Somebody else"):
        message_edit(**edit, text=text + " ", shown="0" * 64, reason="x")


# --- what came in -----------------------------------------------------------------------------------------------------


def test_documents_of_one_cause_are_worked_on_again_together(world: World, support: Actor) -> None:
    orders = [world.order(note="SIM:accept") for _ in range(2)]
    world.deliver()
    world.mailbox.once()
    # for a moment the orders cannot be found
    for order in orders:
        PurchaseOrder.objects.filter(pk=order.pk).update(number=f"X{order.pk}")
    world.take_in()
    for order in orders:
        PurchaseOrder.objects.filter(pk=order.pk).update(number=order.number)
    notices = InboundMessage.objects.filter(kind="856")
    notices.update(state="failed", cause="order_unknown", detail="There is no such order.")
    (found,) = [each for each in dead_letters(support) if each.direction == "in"]
    assert (found.what, found.count) == ("856", 2)
    group = Group(endpoint=found.endpoint, topic=found.what, cause=found.cause, words=found.words)
    assert inbound_group_replay(actor=support, group=group, reason="the orders are back") == 2
    with pytest.raises(Conflict, match="somebody was faster"):
        inbound_group_replay(actor=support, group=group, reason="me too")
    notices.update(due_at=timezone.now())
    documents_apply()
    assert set(notices.values_list("state", flat=True)) == {"applied"}
    assert BusinessEvent.objects.filter(type="MessageHandled", number__startswith="in/").count() == 2


def test_a_replayed_flood_does_not_come_back_as_a_flood(world: World, support: Actor) -> None:
    payload = Payload.objects.create(sha256="1" * 64, content=b"x")
    InboundMessage.objects.bulk_create(
        InboundMessage(
            endpoint=world.partner.endpoint, payload=payload, kind="855", state="failed", cause="x", detail="y", due_at=timezone.now(),
            trace_id="0" * 32, control_number=f"{n}/1/1",
        )
        for n in range(1200)
    )  # fmt: skip
    group = Group(endpoint=world.partner.endpoint.code, topic="855", cause="x", words="y")
    assert inbound_group_replay(actor=support, group=group, reason="repaired") == 1200
    moments = InboundMessage.objects.order_by("due_at").values_list("due_at", flat=True)
    assert moments[1199] - moments[0] > timedelta(seconds=115)


def test_only_support_works_on_a_group_again(world: World) -> None:
    group = Group(endpoint=world.partner.endpoint.code, topic="855", cause="x", words="y")
    payload = Payload.objects.create(sha256="1" * 64, content=b"x")
    InboundMessage.objects.create(
        endpoint=world.partner.endpoint, payload=payload, kind="855", state="failed", cause="x", detail="y", due_at=timezone.now(),
        trace_id="0" * 32, facility=world.net.facilities["NORTH"],
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        inbound_group_replay(actor=world.net.actor("buyer@NORTH"), group=group, reason="x")
    with pytest.raises(Conflict):
        inbound_group_replay(actor=world.net.actor("integration_support@EAST"), group=group, reason="x")
    assert inbound_group_replay(actor=world.net.actor("integration_support@NORTH"), group=group, reason="x") == 1
