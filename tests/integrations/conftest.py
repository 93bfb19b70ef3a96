"""The world of the post office: a network, a running ERP process, mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.factories import make_network
from tests.integrations.world import World
from tests.simulators import companies


@pytest.fixture
def connect(db: None, tmp_path: Path, settings: Any) -> Iterator[Callable[..., World]]:
    """Makes a world; `erp_options` are the ERP process's, everything else the connection's."""
    running = []
    settings.EDI_MAILBOX_DIR = tmp_path / "mailboxes"

    def make(*erp_options: object, **connection: Any) -> World:
        context = companies.erp(tmp_path / "erp.sqlite3", "--pay-after", 0, *erp_options)
        running.append(context)
        return World(make_network(), context.__enter__(), settings.EDI_MAILBOX_DIR, **connection)

    yield make
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def world(connect: Callable[..., World]) -> World:
    """A world whose ERP keeps references unique and is asked before anything is sent again."""
    return connect()
