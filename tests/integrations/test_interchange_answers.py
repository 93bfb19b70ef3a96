"""TA1: a sender who asks is answered, one whose envelope was refused hears it, and what partners refuse of ours is seen."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import InboundMessage, Interchange, OutboundMessage
from integrations.services import onboarding, samples
from integrations.x12 import InterchangeAnswer, interchange_answers, read
from masterdata.models import Role
from masterdata.selectors import actor_for
from procurement.models import ExceptionCase
from tests.factories import make_user
from tests.integrations.test_inbox import leave
from tests.integrations.test_partner_inbox import agree, in_edifact, long_answer, speaks, written
from tests.integrations.world import World


def asking(content: bytes) -> bytes:
    """ISA14: a TA1 is wanted."""
    return content.replace(b"*0*P*>", b"*1*P*>").replace(b"*0*T*>", b"*1*T*>")


def answers(world: World) -> list[InterchangeAnswer]:
    world.deliver()
    files = sorted((world.mailbox.root / "ACME" / "in").glob("*TA.x12"))
    return [answer for path in files for each in read(path.read_bytes()) for answer in interchange_answers(each)]


def told(world: World) -> list[tuple[str, str, str]]:
    return [(each.control.lstrip("0"), each.status, each.note) for each in answers(world)]


def test_who_asks_is_answered_beside_the_997(world: World) -> None:
    leave(world, asking(written(world, long_answer(world.order().number, 1))))
    world.take_in()
    assert told(world) == [("501", "accepted", "000")]
    topics = OutboundMessage.objects.exclude(document_kind="purchase_order").values_list("topic", "state")
    assert sorted(topics) == [("acknowledgement.send", "delivered"), ("interchange_answer.send", "delivered")]
    assert Interchange.objects.get(functional_id="TA").acknowledgement == "not_expected"


def test_who_does_not_ask_gets_none(world: World) -> None:
    leave(world, written(world, long_answer(world.order().number, 1)))
    world.take_in()
    assert told(world) == []


def test_where_nothing_was_taken_because_of_the_envelope_the_sender_hears_it(world: World) -> None:
    leave(world, written(world, long_answer(world.order().number, 1)).replace(b"IEA*1*", b"IEA*2*"))
    world.take_in()
    assert told(world) == [("501", "rejected", "021")]
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()


def test_an_interchange_that_comes_again_is_named_so(world: World) -> None:
    content = asking(written(world, long_answer(world.order().number, 1)))
    for name, data in (("a.x12", content), ("b.x12", b"\n" + content)):
        leave(world, data, name)
        world.take_in()
    assert world.inbound()[1][2] == "same_control_number"
    assert told(world) == [("501", "accepted", "000"), ("501", "rejected", "025")]


@pytest.mark.parametrize("why", ["never", "stranger", "by hand", "edifact"])
def test_nobody_else_is_answered(world: World, why: str) -> None:
    content = asking(written(world, long_answer(world.order().number, 1)).replace(b"IEA*1*", b"IEA*2*"))
    if why == "never":
        agree(world, acknowledge="never")
    if why == "stranger":
        content = content.replace(b"ZZ*ACME  ", b"ZZ*OTHER ")
    if why == "edifact":
        speaks(world, "edifact")
        content = in_edifact(world, long_answer("4711", 1), "R1").replace(b"UNZ+1", b"UNZ+2")
    if why == "by hand":
        support = actor_for(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
        assert onboarding.partner_get("ACME")
        samples.sample_read(actor=support, code="ACME", name="s", content=content)
    else:
        leave(world, content)
        world.take_in()
    assert InboundMessage.objects.exists()
    assert not OutboundMessage.objects.filter(topic="interchange_answer.send").exists()


def test_a_test_is_answered_as_a_test(world: World) -> None:
    leave(world, asking(written(world, long_answer(world.order().number, 1), usage="T")))
    world.take_in()
    assert told(world) == [("501", "accepted", "000")]
    assert Interchange.objects.get(functional_id="TA").usage == "T"


def their_ta1(world: World, control: int, verdict: str, note: str = "000") -> bytes:
    return (
        b"ISA*00*          *00*          *ZZ*ACME           *ZZ*HOSPITAL       *261120*0900*U*00401*000000900*0*P*>~"
        + f"TA1*{control:09}*261120*0900*{verdict}*{note}~IEA*0*000000900~".encode()
    )


@pytest.mark.parametrize(("verdict", "cases"), [("A", 0), ("E", 0), ("R", 1)])
def test_what_they_say_of_our_interchange(world: World, verdict: str, cases: int) -> None:
    order = world.order()
    world.deliver()
    sent = Interchange.objects.get(functional_id="PO")
    leave(world, their_ta1(world, sent.control_number, verdict, "001" if cases else "000"))
    world.take_in()
    sent.refresh_from_db()
    order.refresh_from_db()
    expected: tuple[Any, ...] = ("rejected", "failed") if cases else ("waiting", "sent")
    assert (sent.acknowledgement, order.supplier_dispatch) == expected
    found = ExceptionCase.objects.filter(order=order, queue="buyer")
    assert found.count() == cases
    if cases:
        assert "could not take in the order's interchange (TA1 001" in found.get().explanation["sentence"]
        leave(world, their_ta1(world, sent.control_number, "R", "001").replace(b"*0900*U", b"*0901*U"), "again.x12")
        world.take_in()
        assert found.count() == 1


def test_a_ta1_about_nothing_of_ours_changes_nothing(world: World) -> None:
    order = world.order()
    world.deliver()
    leave(world, their_ta1(world, 999, "R", "001"))
    world.take_in()
    order.refresh_from_db()
    assert order.supplier_dispatch == "sent"
    assert InboundMessage.objects.get().state == "split"
