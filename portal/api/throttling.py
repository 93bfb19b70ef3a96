"""A fixed window per caller, counted in Redis. When Redis is away nobody is locked out."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # DRF imports this module while it builds APIView
    from rest_framework.views import APIView

WINDOW = 60


@cache
def counters() -> Redis:
    """The process's connections to Redis; given up quickly when it does not answer."""
    return Redis.from_url(settings.REDIS_CLIENT_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


class CallerThrottle(BaseThrottle):
    """`settings.API_CALLS_PER_MINUTE` requests per caller (address, where nobody is signed in) and minute."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = getattr(request.user, "pk", None) or self.get_ident(request)
        key = f"throttle:{caller}:{int(time.time() // WINDOW)}"
        try:
            pipeline = counters().pipeline(transaction=False)
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW)
            count, _ = pipeline.execute()
        except (RedisError, OSError):
            return True
        return bool(count <= settings.API_CALLS_PER_MINUTE)

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW
