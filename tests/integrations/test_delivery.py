"""One test per way a delivery can end, against a real ERP process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import Conflict, Invalid, NotAllowed
from core.models import BusinessEvent
from integrations.models import Attempt, Endpoint, OutboundMessage
from integrations.selectors import outbound_get
from integrations.services import delivery, relay
from integrations.services.endpoints import THRESHOLD
from integrations.services.replay import (
    endpoint_pause,
    endpoint_resume,
    message_cancel,
    message_mark_delivered,
    message_replay,
    message_resend,
)
from procurement.models import ExceptionCase
from procurement.services.purchase_orders import purchase_order_cancel
from tests.factories import make_user
from tests.integrations.world import World

State = OutboundMessage.State


def support(world: World) -> object:
    from masterdata.models import Role
    from masterdata.selectors import actor_for

    return actor_for(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))


def documents(world: World, kind: str = "purchase_orders") -> int:
    assert world.erp is not None
    return int(world.erp.stats()[kind]["documents"])


def test_delivered_with_its_effect(world: World) -> None:
    order = world.order()
    receipt, invoice = world.receive(order), world.bill(order)
    for _ in range(3):
        world.deliver()
    order.refresh_from_db()
    receipt.refresh_from_db()
    invoice.refresh_from_db()
    assert (order.erp_dispatch, order.supplier_dispatch, order.erp_number[:2]) == ("acknowledged", "sent", "45")
    assert (receipt.erp_number[:2], invoice.voucher_number[:2], invoice.status) == ("50", "51", "posted")
    assert world.tries(order.number) == ["send delivered"]


def test_a_receipt_never_overtakes_its_order(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    receipt = world.receive(order)
    world.erp.fault("fail", match=order.number, count=1, seconds=0)
    world.deliver()
    assert world.to_erp(order.number).state == State.RETRY
    assert (world.to_erp(receipt.number).state, world.to_erp(receipt.number).attempt_count) == (State.QUEUED, 0)
    world.due_now()
    for _ in range(2):
        world.deliver()
    assert world.to_erp(receipt.number).state == State.DELIVERED


def test_transient_is_tried_again_when_the_remote_says_so(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.erp.fault("rate_limit", match=order.number, count=1, seconds=40)
    began = timezone.now()
    world.deliver()
    message = world.to_erp(order.number)
    assert (message.state, message.cause) == (State.RETRY, "transient")
    assert timedelta(seconds=38) < message.due_at - began < timedelta(seconds=60)
    world.endpoint.refresh_from_db()
    assert world.endpoint.circuit_open_until is not None
    world.due_now()
    world.deliver()
    assert world.tries(order.number) == ["send transient", "send delivered"]


def test_permanent_is_a_dead_letter_and_a_case_for_the_buyer(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    receipt = world.receive(order)
    world.erp.fault("reject", match=order.number, count=1)
    world.deliver()
    message = world.to_erp(order.number)
    assert (message.state, message.cause) == (State.DEAD, "permanent")
    assert message.detail == "The supplier is blocked for purchasing. [blocked_supplier]"
    case = ExceptionCase.objects.get(kind="erp_rejected")
    assert (case.queue, case.order_id, case.explanation["field"]) == ("buyer", order.pk, "supplier")
    order.refresh_from_db()
    assert order.erp_dispatch == "failed"
    # what cannot be said without the order waits visibly behind it
    world.deliver()
    actor = support(world)
    waiting = outbound_get(actor, world.to_erp(receipt.number).pk)  # type: ignore[arg-type]
    assert waiting.blocked_by is not None
    assert waiting.blocked_by.pk == message.pk
    message_replay(actor=actor, message_id=message.pk, reason="supplier unblocked")  # type: ignore[arg-type]
    with pytest.raises(Conflict, match=r"already replayed by support@network"):
        message_replay(actor=actor, message_id=message.pk, reason="me too")  # type: ignore[arg-type]
    for _ in range(2):
        world.deliver()
    case.refresh_from_db()
    assert (case.state, documents(world), world.to_erp(receipt.number).state) == ("resolved", 1, State.DELIVERED)


def test_a_cancelled_order_takes_its_refusal_with_it(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.erp.fault("reject", match=order.number, count=1)
    world.deliver()
    purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=order.number, reason="blocked")
    for _ in range(2):
        world.deliver()
    assert world.to_erp(order.number).state == State.CANCELLED
    assert world.to_erp(f"{order.number}:cancel").state == State.DELIVERED
    assert ExceptionCase.objects.get(kind="erp_rejected").state == "resolved"


def test_a_refused_sign_in_opens_the_circuit_at_once(world: World) -> None:
    assert world.erp is not None
    world.erp.fault("unauthorized", count=1)
    orders = [world.order() for _ in range(3)]
    world.deliver()
    assert [world.to_erp(order.number).attempt_count for order in orders] == [1, 0, 0]
    world.endpoint.refresh_from_db()
    assert world.endpoint.circuit_open_until is not None
    assert world.endpoint.circuit_open_until > timezone.now() + timedelta(minutes=4)
    # partners are not touched by it
    assert all(world.to_supplier(order.number).state == State.DELIVERED for order in orders)


@pytest.mark.parametrize("mode", ["html", "schema_change"])
def test_an_answer_nobody_understands_is_kept_and_its_effect_in_doubt(world: World, mode: str) -> None:
    assert world.erp is not None
    order = world.order()
    world.erp.fault(mode, match=order.number, count=1)
    world.deliver()
    message = world.to_erp(order.number)
    assert (message.state, message.cause) == (State.DEAD, "contract")
    assert "not known" in message.detail
    attempt = Attempt.objects.get(message=message)
    assert attempt.answer is not None
    assert bytes(attempt.answer.content)
    message_replay(actor=support(world), message_id=message.pk, reason="asked")  # type: ignore[arg-type]
    world.deliver()
    # the ERP that answered in a new form had taken it, the one that showed a login page had not
    expected = {
        "html": ["send contract", "find missing", "send delivered"],
        "schema_change": ["send contract", "find found"],
    }
    assert world.tries(order.number) == expected[mode]
    assert documents(world) == 1


def test_no_answer_is_unknown_and_asked_before_sent_again(connect: Callable[..., World]) -> None:
    world = connect("--unique-reference", "off")
    assert world.erp is not None
    taken, lost = world.order(), world.order()
    world.erp.fault("drop_answer", match=taken.number, count=1)
    world.erp.fault("drop_request", match=lost.number, count=1)
    world.deliver()
    assert {world.to_erp(o.number).state for o in (taken, lost)} == {State.UNKNOWN}
    world.due_now()
    world.deliver()
    assert world.tries(taken.number) == ["send unknown", "find found"]
    assert world.tries(lost.number) == ["send unknown", "find missing", "send delivered"]
    assert documents(world) == 2
    taken.refresh_from_db()
    assert taken.erp_number


def test_the_quiet_period_outlasts_a_late_acceptance(connect: Callable[..., World]) -> None:
    world = connect("--unique-reference", "off", quiet_seconds=300)
    assert world.erp is not None
    order = world.order()
    world.erp.fault("late", match=order.number, count=1, seconds=0.2)
    began = timezone.now()
    world.deliver()
    message = world.to_erp(order.number)
    assert (message.state, message.due_at - began > timedelta(seconds=299)) == (State.UNKNOWN, True)


def test_a_remote_that_keeps_references_unique_is_simply_asked_again(connect: Callable[..., World]) -> None:
    world = connect(duplicates=Endpoint.Duplicates.SERVER_UNIQUE)
    assert world.erp is not None
    order = world.order()
    world.erp.fault("drop_answer", match=order.number, count=1)
    world.deliver()
    world.due_now()
    world.deliver()
    assert world.tries(order.number) == ["send unknown", "send found"]
    assert documents(world) == 1


def test_where_nobody_can_be_asked_a_person_decides(connect: Callable[..., World]) -> None:
    world = connect("--unique-reference", "off", duplicates=Endpoint.Duplicates.MANUAL)
    assert world.erp is not None
    there, not_there = world.order(), world.order()
    world.erp.fault("drop_answer", match=there.number, count=1)
    world.erp.fault("drop_request", match=not_there.number, count=1)
    world.deliver()
    world.due_now()
    world.deliver()
    assert [world.to_erp(o.number).attempt_count for o in (there, not_there)] == [1, 1]
    actor = support(world)
    detail = outbound_get(actor, world.to_erp(there.number).pk)  # type: ignore[arg-type]
    assert detail.choices == ["resend", "mark_delivered"]
    with pytest.raises(Invalid, match="number the document has"):
        message_mark_delivered(actor=actor, message_id=detail.message.pk, reason="seen")  # type: ignore[arg-type]
    message_mark_delivered(
        actor=actor,
        message_id=detail.message.pk,
        reason="seen in the ERP",
        remote_reference="4500000001",  # type: ignore[arg-type]
    )
    message_resend(actor=actor, message_id=world.to_erp(not_there.number).pk, reason="not in the ERP")  # type: ignore[arg-type]
    world.deliver()
    assert documents(world) == 2
    there.refresh_from_db()
    assert there.erp_number == "4500000001"
    decided = BusinessEvent.objects.filter(type="MessageHandled").order_by("id")
    assert [event.data["how"] for event in decided] == ["marked_delivered", "resent"]


def test_failures_in_a_row_open_the_circuit_and_one_success_drains_in_order(world: World) -> None:
    assert world.erp is not None
    orders = [world.order() for _ in range(THRESHOLD + 3)]
    world.erp.fault("fail", seconds=0)
    for _ in range(THRESHOLD + 2):
        world.deliver()
        OutboundMessage.objects.filter(state__in=OutboundMessage.WAITING).update(due_at=timezone.now())
    world.endpoint.refresh_from_db()
    assert world.endpoint.consecutive_failures == THRESHOLD
    assert world.endpoint.circuit_open_until is not None
    world.erp.fault("ok")
    Endpoint.objects.update(circuit_open_until=timezone.now())
    for _ in range(3):
        world.deliver()
    assert {world.to_erp(order.number).state for order in orders} == {State.DELIVERED}
    world.endpoint.refresh_from_db()
    assert (world.endpoint.consecutive_failures, world.endpoint.circuit_open_until) == (0, None)


def test_a_paused_endpoint_buffers(world: World) -> None:
    actor = support(world)
    endpoint_pause(actor=actor, code="erp-main", reason="maintenance")  # type: ignore[arg-type]
    order = world.order()
    world.deliver()
    assert world.to_erp(order.number).attempt_count == 0
    endpoint_resume(actor=actor, code="erp-main", reason="done")  # type: ignore[arg-type]
    world.deliver()
    assert world.to_erp(order.number).state == State.DELIVERED
    with pytest.raises(NotAllowed):
        endpoint_pause(actor=world.net.actor("integration_support@NORTH"), code="erp-main", reason="x")


def test_urgent_orders_leave_first(world: World) -> None:
    world.order()
    urgent = world.order(urgent=True)
    delivery.endpoint_deliver(world.endpoint.pk)
    first = Attempt.objects.filter(message__endpoint=world.endpoint).order_by("id").select_related("message").first()
    assert first is not None
    assert first.message.document_number == urgent.number


def test_a_dead_worker_is_counted_and_its_message_asked_about(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order()

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_record", die)
        with pytest.raises(Killed):
            delivery.endpoint_deliver(world.endpoint.pk)
    message = world.to_erp(order.number)
    assert (message.state, documents(world)) == (State.IN_FLIGHT, 1)
    OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    world.deliver()
    world.due_now()
    world.deliver()
    assert world.tries(order.number) == ["send crashed", "find found"]
    assert documents(world) == 1


def test_a_message_that_kills_its_worker_every_time_is_set_aside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order()

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(delivery, "_freeze", die)
    for _ in range(relay.MOST_CRASHES):
        world.due_now()
        with pytest.raises(Killed):
            delivery.endpoint_deliver(world.endpoint.pk)
        OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        relay.leases_recover()
    message = world.to_erp(order.number)
    assert (message.state, message.cause) == (State.DEAD, "crashed")


def test_a_document_that_cannot_be_built_delays_only_itself(world: World) -> None:
    broken, fine = world.order(), world.order()
    OutboundMessage.objects.filter(key=broken.number).update(document_number="PO-0000-000000")
    world.deliver()
    assert world.to_erp(broken.number).state == State.DEAD
    assert "There is no purchase order" in world.to_erp(broken.number).detail
    assert world.to_erp(fine.number).state == State.DELIVERED


def test_a_dead_letter_may_be_given_up(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    world.erp.fault("reject", match=order.number, count=1)
    world.deliver()
    actor = support(world)
    message_cancel(actor=actor, message_id=world.to_erp(order.number).pk, reason="entered by hand")  # type: ignore[arg-type]
    assert world.to_erp(order.number).state == State.CANCELLED
    with pytest.raises(Invalid, match="Say why"):
        message_cancel(actor=actor, message_id=world.to_erp(order.number).pk, reason=" ")  # type: ignore[arg-type]
