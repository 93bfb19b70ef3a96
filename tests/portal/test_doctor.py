"""`manage.py doctor`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import call_command

from integrations.models import Endpoint, OutboundMessage
from integrations.services.heartbeats import heartbeat
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
    assert "control numbers after 2 may have been used" in words
    world.deliver()
    assert not Endpoint.objects.filter(paused=False).exists()
    Endpoint.objects.update(paused=False)
    world.deliver()
    assert world.erp is not None
    assert world.erp.stats()["purchase_orders"]["doubled"] == []
    assert world.tries(told.number)[-1] == "find found"
    assert world.to_erp(waiting.number).state == "delivered"
