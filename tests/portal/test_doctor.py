"""`manage.py doctor`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pgtrigger
import pytest
import redis
from django.core.management import call_command
from django.db import connection

from core.invariants import offending
from integrations.models import Endpoint, OutboundMessage
from integrations.services.heartbeats import heartbeat
from portal.management.commands.verify import INVARIANTS
from tests.integrations.conftest import connect, world
from tests.integrations.world import World

__all__ = ["connect", "world"]


def asked(*arguments: str) -> tuple[int, str]:
    out, errors = StringIO(), StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, stderr=errors)
    except SystemExit as ended:
        return int(str(ended.code)), errors.getvalue() + out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db
def test_a_healthy_portal_has_no_problems() -> None:
    heartbeat("sweep", every=10)
    assert asked() == (0, "Everything is as it must be.\n")


@pytest.mark.django_db
def test_what_never_swept_is_said() -> None:
    code, words = asked()
    assert (code, "never swept" in words) == (1, True)


@pytest.mark.django_db
def test_a_redis_that_forgets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat("sweep", every=10)
    # the server of the tests is shared by all of them: it only says that it forgets
    monkeypatch.setattr(redis.Redis, "config_get", lambda *_: {"maxmemory-policy": "allkeys-lru"})
    code, words = asked()
    assert (code, "set it to noeviction" in words) == (1, True)


@pytest.mark.django_db
def test_a_lost_key_is_said(settings: Any) -> None:
    heartbeat("sweep", every=10)
    there = Endpoint(code="e", name="e", kind="erp", adapter="rest_erp", duplicates="lookup")
    there.secret_set("token", "s")
    there.save()
    settings.SECRET_KEY = "another"
    code, words = asked()
    assert (code, "endpoint e token cannot be opened" in words) == (1, True)


def test_after_a_restore_everything_waits_and_is_asked_first(world: World) -> None:
    heartbeat("sweep", every=10)
    told, waiting = world.order(), world.order()
    world.deliver()
    # the backup is of before the delivery, which the ERP remembers
    OutboundMessage.objects.filter(key__in=[told.number]).update(state="queued", attempt_count=0)
    code, words = asked("--after-restore")
    assert (code, f"erp-main: purchase_order.create {told.number}" in words) == (0, True)
    assert "acme: interchange control numbers 3 to 10002 may have been used: they are left out" in words
    world.deliver()
    assert not Endpoint.objects.filter(paused=False).exists()
    Endpoint.objects.update(paused=False)
    world.deliver()
    assert world.erp is not None
    assert world.erp.stats()["purchase_orders"]["doubled"] == []
    assert world.tries(told.number)[-1] == "find found"
    assert world.to_erp(waiting.number).state == "delivered"


def test_after_a_restore_no_number_is_handed_out_twice(world: World) -> None:
    """An order and its envelope of the lost time have numbers that nobody here knows of any more."""
    heartbeat("sweep", every=10)
    before = world.order()
    world.deliver()
    message = world.to_supplier(before.number).pk
    _, words = asked("--after-restore", "--numbers-ahead", "50")
    assert f"documents: {number_after(before.number, 51)} is the next" in words
    _, again = asked("--after-restore", "--numbers-ahead", "50")
    assert "left out" not in again, "pressed twice it leaves out no more"
    Endpoint.objects.update(paused=False)
    order = world.order()
    world.deliver()
    assert order.number == number_after(before.number, 51)
    sent = world.to_supplier(order.number)
    assert (sent.interchange.control_number, sent.interchange.group_number) == (52, 52)
    assert sent.pk > message + 50
    holds = [each for each in INVARIANTS if each.id in ("edi.interchange_numbers", "edi.group_numbers")]
    assert [offending(each) for each in holds] == [[], []]
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM integrations_controlnumberskip")
    assert all(offending(each) for each in holds), "a gap that nobody noted is found"


def number_after(number: str, count: int) -> str:
    head, _, digits = number.rpartition("-")
    return f"{head}-{int(digits) + count:06d}"
