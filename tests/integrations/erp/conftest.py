"""One office of every kind of ERP there is an adapter for. A test that needs a capability meets only those that declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from integrations.services.channels import ADAPTERS
from tests.integrations.erp.declared import declares
from tests.integrations.erp.offices import FlatFileOffice, Office, RestOffice
from tests.simulators import companies
from tests.tryton.running import TrytonOffice, tryton_server

MARKS: Final[Mapping[str, Any]] = {"tryton": (pytest.mark.tryton, pytest.mark.xdist_group("tryton"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every adapter that declares what the test needs; with `kind`, every kind of masters that it gives."""
    if "office" not in metafunc.fixturenames:
        return
    names = [name for name, maker in ADAPTERS.items() if declares(metafunc.function, maker.capabilities)]
    if "kind" not in metafunc.fixturenames:
        params: list[Any] = [pytest.param(name, marks=MARKS.get(name, ()), id=name) for name in names]
        metafunc.parametrize("office", params, indirect=True)
        return
    pairs = [(name, kind) for name in names for kind in sorted(ADAPTERS[name].capabilities.masters)]
    params = [pytest.param(name, kind, marks=MARKS.get(name, ()), id=f"{name}-{kind}") for name, kind in pairs]
    metafunc.parametrize(("office", "kind"), params, indirect=["office"])


@pytest.fixture
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """The ERP of this kind."""
    if request.param == "rest_erp":
        with companies.erp(tmp_path / "erp.sqlite3", "--pay-after", 0) as client:
            yield RestOffice(client, tmp_path / "erp.sqlite3")
    elif request.param == "flat_file":
        yield FlatFileOffice(tmp_path)
    else:
        with TrytonOffice(request.getfixturevalue("tryton")) as found:
            yield found


tryton = tryton_server
