"""A small network, signed-in clients, and documents in believable states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import Network, make_network

MOST_STATEMENTS = 15


@pytest.fixture
def net(db: None) -> Network:
    return make_network()


@pytest.fixture
def sign_in(net: Network) -> Callable[[str], Client]:
    """`sign_in("buyer@NORTH")`: a client of that person."""

    def signed_in(who: str) -> Client:
        client = Client()
        client.force_login(net.users[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def few_statements() -> Callable[[], object]:
    """`with few_statements(): …` fails above the budget of a page."""

    @contextmanager
    def counted(most: int = MOST_STATEMENTS) -> Iterator[CaptureQueriesContext]:
        with CaptureQueriesContext(connection) as found:
            yield found
        sql = "\n".join(query["sql"][:160] for query in found.captured_queries)
        assert len(found) <= most, f"{len(found)} statements:\n{sql}"

    return counted
