"""One office of every kind of ERP there is an adapter for. A test that needs a capability meets only those that declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from integrations.services.channels import ADAPTERS
from tests.integrations.erp.declared import declares
from tests.integrations.erp.offices import FlatFileOffice, Office, RestOffice
from tests.integrations.transports import sshd
from tests.simulators import companies
from tests.tryton.running import TrytonOffice, tryton_server

OFFICES: Final = {
    "rest_erp": "rest_erp",
    "flat_file": "flat_file",
    "flat_file over sftp": "flat_file",
    "tryton": "tryton",
}
"""Office -> the adapter that is tested in it."""
MARKS: Final[Mapping[str, Any]] = {"tryton": (pytest.mark.tryton, pytest.mark.xdist_group("tryton"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every adapter that declares what the test needs; with `kind`, every kind of masters that it gives."""
    if "office" not in metafunc.fixturenames:
        return
    makers = {name: ADAPTERS[adapter] for name, adapter in OFFICES.items()}
    names = [name for name, maker in makers.items() if declares(metafunc.function, maker.capabilities)]
    if "kind" not in metafunc.fixturenames:
        params: list[Any] = [pytest.param(name, marks=MARKS.get(name, ()), id=name) for name in names]
        metafunc.parametrize("office", params, indirect=True)
        return
    pairs = [(name, kind) for name in names for kind in sorted(makers[name].capabilities.masters)]
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
    elif request.param == "flat_file over sftp":
        office = FlatFileOffice(tmp_path)
        with sshd.running(tmp_path / "sshd", office.root / "MMIS") as server:
            office.options = server.settings(transport="sftp", folder="MMIS", archive="archive")
            (office.root / "MMIS" / "done").mkdir(exist_ok=True)
            yield office
    else:
        with TrytonOffice(request.getfixturevalue("tryton")) as found:
            yield found


tryton = tryton_server
