"""pytest plugin: one throw-away PostgreSQL and Valkey for the whole run, shared by all its workers.

Each xdist worker has its own database (pytest-django's suffix), cloned from one migrated database, and its own Valkey
database number. Servers that were given (DATABASE_URL or PORTAL_PG_HOST, REDIS_URL or PORTAL_REDIS_SOCKET) are used instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from django.db import connections

from portal.embedded import Embedded, EmbeddedError
from tests import migrated_cluster

OWN_HOME = "PORTAL_TEST_HOME"
"""Tells the workers where the servers of this run live; not set when PostgreSQL was given."""


def given(*names: str) -> bool:
    return any(os.environ.get(name) for name in names)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # a wrapper, so that it runs before pytest-django reads the settings
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if worker:
        os.environ["PORTAL_REDIS_DB"] = str(int(worker[1]) + 1)
    elif not early_config.known_args_namespace.help:
        start_servers(early_config)
    return (yield)


def start_servers(config: pytest.Config) -> None:
    servers = Embedded.make_throwaway()
    postgres = not given("DATABASE_URL", "PORTAL_PG_HOST")

    def end() -> None:
        servers.stop()
        migrated_cluster.keep(servers)
        servers.discard()

    config.add_cleanup(end)
    try:
        if postgres:
            migrated_cluster.restore(servers)
            os.environ[OWN_HOME] = str(servers.home)
        servers.start(postgres=postgres, redis=not given("REDIS_URL", "PORTAL_REDIS_SOCKET"))
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.update(servers.env())


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    # only a run that uses the database pays for the migrations
    if fixturedef.argname == "django_db_setup" and OWN_HOME in os.environ:
        servers = Embedded(Path(os.environ[OWN_HOME]), throwaway=True)
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = migrated_cluster.ensure_migrated(servers)
    return (yield)
