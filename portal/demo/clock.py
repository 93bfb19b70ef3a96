"""The demo's own time: three months of business are lived through while the network is loaded.

The services stamp what they do with Django's `timezone.now`, the event log with its field's default, and the audit trail with
PostgreSQL's `now()`, asked by triggers. While the demo is loaded, and only in the process and database session that load it,
all three tell the demo's moment. Nothing else in the portal knows of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.utils import timezone

from core.models import BusinessEvent

_MAKE = """
CREATE SCHEMA IF NOT EXISTS demo_clock;
CREATE OR REPLACE FUNCTION demo_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('portal.demo_now')::timestamptz $$;
"""


class Clock:
    """`end` is the real moment at which the history ends; `set` moves the demo's moment, never backwards in a history."""

    def __init__(self, end: datetime) -> None:
        self.end = end
        self.moment = end

    def now(self) -> datetime:
        """What `timezone.now()` says meanwhile."""
        return self.moment

    def set(self, moment: datetime) -> None:
        """It is now this moment, in Python and in the database session."""
        self.moment = moment
        connection.ensure_connection()
        # said thousands of times: straight to the driver
        connection.connection.execute("SELECT set_config('portal.demo_now', %s, false)", [moment.isoformat()])


@contextmanager
def travelling() -> Iterator[Clock]:
    """Inside, time is what the clock is set to. The session's search path finds the demo's `now()` before PostgreSQL's own."""
    real = timezone.now
    clock = Clock(real().replace(second=0, microsecond=0))
    occurred = BusinessEvent._meta.get_field("occurred_at").__dict__
    stamped = occurred.get("_get_default")
    with connection.cursor() as cursor:
        cursor.execute(_MAKE)
        cursor.execute("SET search_path = demo_clock, pg_catalog, public")
    clock.set(clock.end)
    timezone.now = clock.now
    occurred["_get_default"] = clock.now
    try:
        yield clock
    finally:
        timezone.now = real
        occurred.pop("_get_default")
        if stamped is not None:
            occurred["_get_default"] = stamped
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA demo_clock CASCADE")
