"""One office of every kind of ERP there is an adapter for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.erp.offices import FlatFileOffice, Office, RestOffice
from tests.integrations.transports import sshd
from tests.simulators import companies
from tests.tryton.running import TrytonOffice, tryton_server


@pytest.fixture(
    params=[
        "rest_erp",
        "flat_file",
        "flat_file over sftp",
        pytest.param("tryton", marks=[pytest.mark.tryton, pytest.mark.xdist_group("tryton")]),
    ]
)
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
