"""A real Tryton and a wire to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tryton.running import Running, TrytonOffice, tryton_server

tryton = tryton_server


@pytest.fixture
def office(tryton: Running) -> Iterator[TrytonOffice]:
    with TrytonOffice(tryton) as found:
        yield found
