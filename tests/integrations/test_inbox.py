"""What partners leave for us: kept, split, answered, applied once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from core.errors import NotFound
from integrations.models import InboundMessage, Interchange, OutboundMessage
from integrations.selectors import dead_letters, inbound_get, inbound_list, messages_of_document, outbound_list
from integrations.services import inbound_documents
from integrations.services.replay import inbound_replay
from procurement.models import ExceptionCase, Invoice, PurchaseOrder, ShipNotice, SupplierAnswer
from tests.factories import make_user
from tests.integrations.world import World

State = InboundMessage.State


def out_folder(world: World) -> Path:
    return world.mailbox.root / "ACME" / "out"


def leave(world: World, content: bytes, name: str = "file.x12") -> None:
    (out_folder(world) / name).write_bytes(content)


def answered(world: World, note: str = "SIM:accept") -> PurchaseOrder:
    """An order that the supplier has answered, shipped and billed; nothing taken in yet."""
    order = world.order(note=note)
    world.deliver()
    world.mailbox.once()
    return order


def kept(world: World, *kinds: str) -> dict[str, bytes]:
    """The files the supplier left, by transaction; they are taken away."""
    found = {}
    for path in world.mailbox.out():
        kind = path.stem.split("-", 2)[-1]
        found[kind] = path.read_bytes()
        path.unlink()
    return {kind: found[kind] for kind in kinds} if kinds else found


def test_the_supplier_answers_ships_and_bills(world: World) -> None:
    order = answered(world)
    world.take_in()
    order.refresh_from_db()
    assert (order.supplier_dispatch, order.acknowledgement) == ("acknowledged", "accepted")
    assert order.supplier_order_number
    notice = ShipNotice.objects.get()
    assert [(line.quantity, line.base_quantity, bool(line.lot)) for line in notice.lines.all()] == [(10, 1000, True)]
    assert Invoice.objects.get().status == "exception"  # billed before anything was received
    assert world.inbound() == [(kind, State.APPLIED, "") for kind in ("997", "855", "856", "810")]
    interchange = Interchange.objects.get(functional_id="PO")
    assert interchange.acknowledgement == "accepted"
    world.deliver()
    world.mailbox.once()
    assert world.mailbox.stats()["acknowledged"] == {"A": 3}
    assert not list(out_folder(world).glob("*"))
    traces = {m.trace_id for m in InboundMessage.objects.filter(parent__isnull=False)}
    assert traces == {order.trace_id}


def test_the_raw_bytes_are_kept_before_the_file_goes(world: World) -> None:
    leave(world, b"nothing one can read")
    world.take_in()
    file = InboundMessage.objects.get()
    assert (file.state, file.cause) == (State.FAILED, "unreadable")
    assert bytes(file.payload.content) == b"nothing one can read"
    assert file.payload_id == hashlib.sha256(b"nothing one can read").hexdigest()
    assert not list(out_folder(world).glob("*"))


def test_hidden_files_are_not_there_yet(world: World) -> None:
    leave(world, b"half", ".file.x12.tmp")
    world.take_in()
    assert not InboundMessage.objects.exists()


def test_the_same_file_again_is_kept_as_evidence_and_does_nothing(world: World) -> None:
    answered(world)
    files = kept(world, "855", "856", "810")
    for _ in range(2):
        for kind, content in files.items():
            leave(world, content, f"{kind}.x12")
        world.take_in()
    assert (SupplierAnswer.objects.count(), ShipNotice.objects.count(), Invoice.objects.count()) == (1, 1, 1)
    again = InboundMessage.objects.filter(parent=None, state=State.DUPLICATE)
    assert [row.cause for row in again] == ["same_file"] * 3


def renumbered(content: bytes, control: str = "000000777") -> bytes:
    """The same documents under another interchange and group control number."""
    lines = content.decode().split("~\n")
    isa = lines[0].split("*")
    old = isa[13]
    isa[13] = control
    lines[0] = "*".join(isa)
    group = lines[1].split("*")
    group[6] = str(int(control))
    lines[1] = "*".join(group)
    text = (
        "~\n".join(lines)
        .replace(f"IEA*1*{old}", f"IEA*1*{control}")
        .replace(f"GE*1*{int(old)}", f"GE*1*{int(control)}")
    )
    return text.encode()


def test_the_same_document_under_new_control_numbers_is_a_duplicate(world: World) -> None:
    answered(world)
    files = kept(world, "856", "810")
    for kind, content in files.items():
        leave(world, content, f"{kind}.x12")
    world.take_in()
    leave(world, renumbered(files["810"], "000000777"), "a.x12")
    leave(world, renumbered(files["856"], "000000778"), "b.x12")
    world.take_in()
    assert world.inbound()[2:] == [("810", State.DUPLICATE, "same_document"), ("856", State.DUPLICATE, "same_document")]
    assert (ShipNotice.objects.count(), Invoice.objects.count()) == (1, 1)


def test_the_same_control_number_with_other_content_is_quarantined(world: World) -> None:
    answered(world)
    content = kept(world, "810")["810"]
    leave(world, content, "a.x12")
    world.take_in()
    leave(world, content.replace(b"*8.42*", b"*9.42*").replace(b"TDS*8420", b"TDS*9420"), "b.x12")
    world.take_in()
    assert world.inbound()[1:] == [("810", State.QUARANTINED, "control_number_reused")]
    assert Invoice.objects.count() == 1


def test_the_same_invoice_number_with_another_amount_is_quarantined(world: World) -> None:
    answered(world)
    content = kept(world, "810")["810"]
    leave(world, content, "a.x12")
    world.take_in()
    leave(world, renumbered(content.replace(b"*8.42*", b"*9.42*").replace(b"TDS*8420", b"TDS*9420")), "b.x12")
    world.take_in()
    assert world.inbound()[1:] == [("810", State.QUARANTINED, "duplicate_invoice")]


def test_what_names_an_order_of_ours_that_is_not_there_yet_waits(world: World) -> None:
    order = answered(world)
    content = kept(world, "856")["856"]
    number = order.number
    PurchaseOrder.objects.filter(pk=order.pk).update(number="PO-2026-999999")
    leave(world, content)
    world.take_in()
    assert world.inbound() == [("856", State.PARKED, "order_unknown")]
    PurchaseOrder.objects.filter(pk=order.pk).update(number=number)
    InboundMessage.objects.filter(state=State.PARKED).update(due_at=timezone.now())
    inbound_documents.documents_apply()
    assert world.inbound() == [("856", State.APPLIED, "")]


def test_it_does_not_wait_for_ever(world: World) -> None:
    order = answered(world)
    leave(world, kept(world, "856")["856"])
    PurchaseOrder.objects.filter(pk=order.pk).update(number="PO-2026-999999")
    world.take_in()
    late = timezone.now() - inbound_documents.PARKED_FOR - timedelta(minutes=1)
    InboundMessage.objects.update(received_at=late)
    InboundMessage.objects.filter(state=State.PARKED).update(due_at=timezone.now())
    inbound_documents.documents_apply()
    assert world.inbound() == [("856", State.FAILED, "order_unknown")]


def test_an_order_that_is_not_ours_is_a_dead_letter_with_words(world: World) -> None:
    order = answered(world)
    leave(world, kept(world, "856")["856"].replace(order.number.encode(), b"4711"))
    world.take_in()
    assert world.inbound() == [("856", State.FAILED, "order_unknown")]
    message = InboundMessage.objects.get(kind="856")
    assert message.detail == "Acme names the order 4711, which we did not place with them."


def test_a_broken_document_is_refused_in_the_997_and_the_next_one_goes_on(world: World) -> None:
    answered(world)
    files = kept(world, "855", "856")
    leave(world, files["855"].replace(b"\nBAK*", b"\nBAX*"), "a.x12")
    leave(world, files["856"], "b.x12")
    world.take_in()
    assert world.inbound() == [("855", State.FAILED, "unreadable"), ("856", State.APPLIED, "")]
    world.deliver()
    world.mailbox.once()
    assert world.mailbox.stats()["acknowledged"] == {"A": 1, "R": 1}


def test_a_file_from_somebody_else_is_quarantined(world: World) -> None:
    answered(world)
    leave(world, kept(world, "855")["855"].replace(b"ZZ*ACME ", b"ZZ*EVIL "))
    world.take_in()
    assert world.inbound() == [("855", State.QUARANTINED, "wrong_sender")]
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()


def test_a_rejecting_997_marks_the_order_and_calls_the_buyer(world: World) -> None:
    order = answered(world)
    content = kept(world, "997")["997"]
    leave(world, content.replace(b"AK5*A", b"AK5*R*5").replace(b"AK9*A*1*1*1", b"AK9*R*1*1*0"))
    world.take_in()
    order.refresh_from_db()
    assert (order.supplier_dispatch, Interchange.objects.get(functional_id="PO").acknowledgement) == (
        "failed",
        "rejected",
    )
    assert "could not read the order" in ExceptionCase.objects.get().explanation["sentence"]


def test_a_997_about_a_group_we_did_not_send_waits(world: World) -> None:
    answered(world)
    leave(world, kept(world, "997")["997"].replace(b"AK1*PO*1", b"AK1*PO*77"))
    world.take_in()
    assert world.inbound() == [("997", State.PARKED, "group_unknown")]


def test_a_document_that_kills_its_worker_is_set_aside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(world)
    files = kept(world, "855", "856")
    leave(world, files["855"])
    world.take_in()
    InboundMessage.objects.filter(kind="855").update(state=State.RECEIVED, key=None)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(inbound_documents, "_apply", die)
    for _ in range(inbound_documents.MOST_CRASHES):
        InboundMessage.objects.filter(state=State.RECEIVED).update(due_at=timezone.now())
        with pytest.raises(Killed):
            inbound_documents.documents_apply()
    InboundMessage.objects.filter(state=State.RECEIVED).update(due_at=timezone.now())
    inbound_documents.documents_apply()
    assert world.inbound() == [("855", State.FAILED, "crashed")]


def test_a_dead_letter_is_worked_on_again_by_a_person(world: World) -> None:
    order = answered(world)
    PurchaseOrder.objects.filter(pk=order.pk).update(supplier=world.net.suppliers["BETA"])
    leave(world, kept(world, "855")["855"])
    world.take_in()
    InboundMessage.objects.filter(kind="855").update(state=State.FAILED)
    PurchaseOrder.objects.filter(pk=order.pk).update(supplier=world.net.suppliers["ACME"])
    actor = support(world)
    message = InboundMessage.objects.get(kind="855")
    assert inbound_get(actor, message.pk).choices == ["replay"]  # type: ignore[arg-type]
    inbound_replay(actor=actor, message_id=message.pk, reason="supplier corrected")  # type: ignore[arg-type]
    inbound_documents.documents_apply()
    assert world.inbound() == [("855", State.APPLIED, "")]


def support(world: World) -> object:
    from masterdata.models import Role
    from masterdata.selectors import actor_for

    return actor_for(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))


def test_everybody_sees_only_what_their_facilities_documents_tell(world: World) -> None:
    order = answered(world)
    leave(world, b"junk", "0-junk.x12")
    world.take_in()
    north, east, all_seeing = world.net.actor("buyer@NORTH"), world.net.actor("buyer@EAST"), support(world)
    assert len(outbound_list(north).rows) == 2
    assert outbound_list(east).rows == []
    assert len(outbound_list(all_seeing).rows) == 5  # type: ignore[arg-type]
    assert [m.kind for m in inbound_list(north, kind="856").rows] == ["856"]
    assert inbound_list(east).rows == []
    assert [group.cause for group in dead_letters(all_seeing)] == ["unreadable"]  # type: ignore[arg-type]
    assert dead_letters(north) == []
    told = messages_of_document(north, "purchase_order", [order.number])
    assert {(row.direction, row.what) for row in told} == {
        ("out", "purchase_order.create"), ("in", "997"), ("in", "855"), ("in", "856"),
    }  # fmt: skip
    with pytest.raises(NotFound):
        inbound_get(east, InboundMessage.objects.get(kind="856").pk)


def test_control_numbers_have_no_gaps_where_a_document_could_not_be_written(world: World) -> None:
    bad, good = world.order(), world.order()
    bad.lines.update(unit="~")
    world.deliver()
    assert world.to_supplier(bad.number).state == OutboundMessage.State.DEAD
    assert world.to_supplier(good.number).state == OutboundMessage.State.DELIVERED
    assert list(Interchange.objects.values_list("control_number", "group_number")) == [(1, 1)]
