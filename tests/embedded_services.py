"""pytest plugin: one throw-away PostgreSQL and Valkey for the whole run, shared by all its workers.

Each xdist worker has its own database (pytest-django's suffix) and its own Valkey database number. Servers that were
given (DATABASE_URL or PORTAL_PG_HOST, REDIS_URL or PORTAL_REDIS_SOCKET) are used instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator

import pytest

from portal.embedded import Embedded, EmbeddedError


def given(*names: str) -> bool:
    return any(os.environ.get(name) for name in names)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # a wrapper, so that it runs before pytest-django reads the settings
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if worker:
        os.environ["PORTAL_REDIS_DB"] = str(int(worker[1]) + 1)
    elif not early_config.known_args_namespace.help:
        servers = Embedded.make_throwaway()
        early_config.add_cleanup(servers.stop)
        try:
            servers.start(
                postgres=not given("DATABASE_URL", "PORTAL_PG_HOST"),
                redis=not given("REDIS_URL", "PORTAL_REDIS_SOCKET"),
            )
        except EmbeddedError as error:
            raise pytest.UsageError(str(error)) from error
        os.environ.update(servers.env())
    return (yield)
