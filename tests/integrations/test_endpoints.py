"""How endpoints are used: rates, maintenance, probes, pace, credentials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from core.actors import Actor
from core.errors import Invalid, NotAllowed
from core.models import BusinessEvent
from core.secrets import SecretUnreadable, newest_key_id, sealed_with
from integrations.models import Endpoint, MaintenanceWindow, OutboundMessage
from integrations.services import delivery
from integrations.services.credentials import credentials_by_key, credentials_rotate
from integrations.services.endpoints import THRESHOLD, tokens_return, tokens_take
from integrations.services.maintenance import maintenance_cancel, maintenance_plan
from integrations.services.probes import endpoint_probe, endpoints_probe
from integrations.watching import drain_seconds, paces, window_ends, windows_now
from masterdata.models import Role
from masterdata.selectors import actor_for
from tests.factories import make_user
from tests.integrations.test_relay import Nobody, endpoint, messages, nobody, told
from tests.integrations.world import World

__all__ = ["nobody"]
State = OutboundMessage.State
NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


@pytest.fixture
def support(db: None) -> Actor:
    return actor_for(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))


# --- rates ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_rate_is_shared_by_all_workers_and_fills_up_again() -> None:
    there = endpoint(config={"rate_per_minute": 120})
    with time_machine.travel(NOON, tick=False) as clock:
        assert tokens_take(there, 100) == 10
        assert tokens_take(there, 1) == 0
        clock.shift(1)
        # another worker, another object, the same bucket
        assert tokens_take(Endpoint.objects.get(), 100) == 2
        tokens_return(there, 1)
        assert tokens_take(there, 100) == 1
        clock.shift(3600)
        assert tokens_take(there, 100) == 10


@pytest.mark.django_db
def test_a_clock_that_jumps_back_gives_nothing_away() -> None:
    there = endpoint(config={"rate_per_minute": 60})
    with time_machine.travel(NOON, tick=False) as clock:
        assert tokens_take(there, 5) == 5
        clock.shift(-3600)
        assert tokens_take(there, 5) == 0


@pytest.mark.django_db
def test_delivery_keeps_to_the_rate(nobody: list[Nobody]) -> None:
    there = endpoint(config={"rate_per_minute": 60})
    messages(there, 20)
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        delivery.endpoint_deliver(there.pk)
        assert len(told(nobody)) == 5
        clock.shift(2)
        delivery.endpoint_deliver(there.pk)
        assert len(told(nobody)) == 7


@pytest.mark.django_db
def test_without_a_rate_everything_goes(nobody: list[Nobody]) -> None:
    there = endpoint()
    messages(there, 20)
    delivery.endpoint_deliver(there.pk)
    assert len(told(nobody)) == 20


# --- maintenance ------------------------------------------------------------------------------------------------------


def window(**given: Any) -> MaintenanceWindow:
    return MaintenanceWindow(**{"starts_at": NOON, "ends_at": NOON + timedelta(hours=2), "zone": "UTC", **given})


@pytest.mark.parametrize(
    ("given", "after", "covered"),
    [
        ({}, timedelta(minutes=-1), False),
        ({}, timedelta(0), True),
        ({}, timedelta(hours=2), False),
        ({}, timedelta(days=1), False),
        ({"repeats": "daily"}, timedelta(days=3, hours=1), True),
        ({"repeats": "daily"}, timedelta(days=3, hours=3), False),
        ({"repeats": "weekly"}, timedelta(days=1), False),
        ({"repeats": "weekly"}, timedelta(days=14, hours=1), True),
        ({"repeats": "weekly", "until": NOON + timedelta(days=10)}, timedelta(days=14, hours=1), False),
    ],
)
def test_which_moments_a_window_covers(given: dict[str, Any], after: timedelta, covered: bool) -> None:
    assert (window_ends(window(**given), NOON + after) is not None) == covered


def test_a_repeating_window_goes_by_the_clock_on_the_wall() -> None:
    # 02:00 in Chicago is 07:00 UTC in summer and 08:00 in winter
    summer = datetime(2026, 10, 30, 7, 0, tzinfo=UTC)
    nightly = window(starts_at=summer, ends_at=summer + timedelta(hours=1), repeats="daily", zone="America/Chicago")
    winter = datetime(2026, 11, 3, 8, 30, tzinfo=UTC)
    assert window_ends(nightly, winter) == datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    assert window_ends(nightly, winter - timedelta(hours=1)) is None


def test_messages_wait_for_the_end_of_maintenance_and_leave_in_order(world: World, support: Actor) -> None:
    now = timezone.now()
    plan = {"actor": support, "code": "erp-main", "reason": "upgrade"}
    planned = maintenance_plan(starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(hours=1), **plan)
    order = world.order()
    receipt = world.receive(order)
    world.deliver()
    assert world.to_erp(order.number).attempt_count == 0
    assert windows_now() == {world.endpoint.pk: planned.ends_at}
    maintenance_cancel(actor=support, window_id=planned.pk)
    for _ in range(2):
        world.deliver()
    assert {world.to_erp(key).state for key in (order.number, receipt.number)} == {State.DELIVERED}
    kinds = set(BusinessEvent.objects.filter(kind="endpoint").values_list("type", flat=True))
    assert kinds == {"MaintenancePlanned", "MaintenanceCancelled"}


def test_maintenance_needs_a_reason_an_end_and_the_right(support: Actor) -> None:
    endpoint()
    plan = {"actor": support, "code": "there", "starts_at": NOON, "ends_at": NOON + timedelta(hours=1), "reason": "x"}
    for wrong in ({"reason": " "}, {"ends_at": NOON}, {"ends_at": NOON + timedelta(days=2), "repeats": "daily"}):
        with pytest.raises(Invalid):
            maintenance_plan(**{**plan, **wrong})
    nobody_special = actor_for(make_user("buyer@network", (Role.BUYER, None)))
    with pytest.raises(NotAllowed):
        maintenance_plan(**{**plan, "actor": nobody_special})


# --- probes -----------------------------------------------------------------------------------------------------------


def test_a_probe_tells_whether_anybody_is_there(world: World) -> None:
    assert endpoints_probe() == 2
    assert set(Endpoint.objects.values_list("probe_outcome", flat=True)) == {"found"}
    # asked just now: nobody is asked again so soon
    assert endpoints_probe() == 0


def test_an_endpoint_that_came_back_is_tried_at_once(world: World) -> None:
    Endpoint.objects.filter(pk=world.endpoint.pk).update(
        consecutive_failures=THRESHOLD,
        circuit_open_until=timezone.now() + timedelta(hours=1),
        circuit_reason="transient",
    )
    order = world.order()
    world.deliver()
    assert world.to_erp(order.number).attempt_count == 0
    endpoint_probe(world.endpoint)
    world.deliver()
    assert world.to_erp(order.number).state == State.DELIVERED


def test_a_refused_sign_in_is_not_probed_into_a_lock_out(world: World) -> None:
    later = timezone.now() + timedelta(hours=1)
    found = Endpoint.objects.filter(pk=world.endpoint.pk)
    found.update(circuit_open_until=later, circuit_reason="authentication")
    endpoints_probe()
    world.endpoint.refresh_from_db()
    assert (world.endpoint.probed_at, world.endpoint.circuit_open_until) == (None, later)


def test_a_probe_of_nobody_says_why(connect: Callable[..., World]) -> None:
    world = connect()
    Endpoint.objects.filter(pk=world.endpoint.pk).update(
        config={"base_url": "http://127.0.0.1:9", "deadline_seconds": 1}
    )
    world.endpoint.refresh_from_db()
    endpoint_probe(world.endpoint)
    world.endpoint.refresh_from_db()
    assert world.endpoint.probe_outcome == "transient"
    assert "No connection" in world.endpoint.probe_detail


# --- pace -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_how_long_a_queue_takes_at_the_present_pace(nobody: list[Nobody]) -> None:
    there = endpoint()
    assert drain_seconds(there, 100) is None
    messages(there, 30)
    delivery.endpoint_deliver(there.pk)
    took = drain_seconds(there, 60)
    assert took is not None
    assert 0 < took <= 2 * 900
    there.config = {"rate_per_minute": 1}
    assert drain_seconds(there, 60) == pytest.approx(3600)
    last = paces(there)[-1]
    assert (last.delivered, last.failed) == (30, 0)


# --- credentials ------------------------------------------------------------------------------------------------------


def test_credentials_move_to_the_newest_key(db: None, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    there = endpoint()
    there.secret_set("token", "s3cret")
    there.save()
    old = newest_key_id()
    settings.SECRETS_KEYS = ["the new key"]
    assert Endpoint.objects.get().secret("token") == "s3cret"
    call_command("keys", "rotate")
    assert credentials_by_key() == {newest_key_id(): 1}
    assert newest_key_id() != old
    # the old key may go now
    settings.SECRET_KEY = "forgotten"
    assert Endpoint.objects.get().secret("token") == "s3cret"
    assert "1 endpoints sealed anew" in capsys.readouterr().out


def test_a_rotation_that_cannot_read_one_changes_none(db: None, settings: Any) -> None:
    for code in ("a", "b"):
        there = endpoint(code)
        there.secret_set("token", code)
        there.save()
    readable = Endpoint.objects.get(code="a").secrets["token"]
    stolen = Endpoint.objects.get(code="b")
    stolen.secrets = {"token": readable}
    stolen.save()
    settings.SECRETS_KEYS = ["the new key"]
    with pytest.raises(SecretUnreadable):
        credentials_rotate()
    assert sealed_with(Endpoint.objects.get(code="a").secrets["token"]) != newest_key_id()


def test_a_success_is_noted(world: World) -> None:
    world.order()
    world.deliver()
    world.endpoint.refresh_from_db()
    assert world.endpoint.last_success_at is not None
