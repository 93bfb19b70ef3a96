"""Is the process alive, and can it serve? Redis may be away: requests are served, messages wait for the sweep."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from integrations.models import Heartbeat
from integrations.watching import silences


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """The database answers (else 503). A missing Redis is reported and does not stop the portal."""
    database = _database()
    broker = _broker()
    status = "ok" if database and broker else ("degraded" if database else "down")
    body = {"status": status, "database": _word(database), "redis": _word(broker)}
    return JsonResponse(body, status=200 if database else 503)


def beat(request: HttpRequest) -> JsonResponse:
    """The dead man's switch: 503 when the sweep of the queues has missed two periods, or never ran. For a monitor outside."""
    try:
        silent = silences()
        known = Heartbeat.objects.exists()
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "down"}, status=503)
    body = {
        "status": "ok" if known and not silent else "silent",
        "silent": [{"name": each.name, "since": each.since.isoformat()} for each in silent],
    }
    return JsonResponse(body, status=200 if known and not silent else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_CLIENT_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def _word(up: bool) -> str:
    return "ok" if up else "down"
