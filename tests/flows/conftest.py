"""One running portal for the flows of a test process, on a database of its own that every process sees."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tests.factories import Network, make_network
from tests.flows.clients import api_clients
from tests.flows.stack import Stack
from tests.integrations.world import World
from tests.simulators.companies import TOKEN


@pytest.fixture(scope="session")
def flow_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A fresh copy of the migrated database, with this process connected to it."""
    known = connection.settings_dict
    before, name = known["NAME"], f"flow_{os.getpid()}"
    template = known["TEST"].get("TEMPLATE") or before
    with django_db_blocker.unblock():
        connection.close()
        _admin("CREATE DATABASE {} TEMPLATE {}", name, template)
        known["NAME"] = name
        yield
        connection.close()
        known["NAME"] = before
        _admin("DROP DATABASE {} WITH (FORCE)", name)


def _admin(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@pytest.fixture(scope="session")
def stack(flow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("flows"))
    try:
        stack.start()
        stack.ready()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def network(stack: Stack) -> World:
    """The test network, connected to the stack's ERP and the supplier's mailbox."""
    net = make_network()
    return World(
        net, None, stack.mailboxes, base_url=stack.erp_url, quiet_seconds=1, token=TOKEN,
        config={"deadline_seconds": 2},
    )  # fmt: skip


@pytest.fixture(scope="session")
def credentials(network: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One API client per role, in the form demo_credentials prints them."""
    path = tmp_path_factory.mktemp("credentials") / "clients.json"
    path.write_text(json.dumps({"people": [], "clients": api_clients()}))
    return path


@pytest.fixture
def world(network: World, stack: Stack, request: pytest.FixtureRequest) -> Iterator[World]:
    """The running world. Afterwards every invariant must hold; the logs are shown where a test fails."""
    yield network
    output = StringIO()
    try:
        call_command("verify", stdout=output)
    except SystemExit:
        pytest.fail(f"verify found:\n{output.getvalue()}\n{stack.logs()}")


@pytest.fixture
def net(network: World) -> Network:
    return network.net
