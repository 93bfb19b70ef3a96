"""Fixtures for every room's tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pgtrigger
import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings

# a busy machine is no defect of the code under test: no example is judged by the clock
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True, scope="session")
def _flush_append_only_tables() -> Iterator[None]:
    """The flush after a transactional test may truncate the append-only tables; the tests themselves may not."""
    flush = DatabaseOperations.execute_sql_flush

    def unprotected(self: DatabaseOperations, sql_list: Sequence[str]) -> Any:
        with pgtrigger.ignore():
            return flush(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", unprotected)
        yield
