"""A fixed window per caller, counted in Redis. When Redis is away nobody is locked out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # DRF imports this module while it builds APIView
    from rest_framework.views import APIView

WINDOW = 60


class CallerThrottle(BaseThrottle):
    """`settings.API_CALLS_PER_MINUTE` requests per caller (address, where nobody is signed in) and minute."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = getattr(request.user, "pk", None) or self.get_ident(request)
        key = f"throttle:{caller}:{int(time.time() // WINDOW)}"
        try:
            cache.add(key, 0, WINDOW)
            return bool(cache.incr(key) <= settings.API_CALLS_PER_MINUTE)
        except (RedisError, ValueError):
            return True

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW
