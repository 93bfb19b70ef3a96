"""What docs/mapping.md names as a place in Tryton is one."""

from __future__ import annotations

import pytest

from tests.integrations.erp.test_mapping import MAPPED, TRYTON, named
from tests.tryton.running import TrytonOffice

pytestmark = [pytest.mark.tryton, pytest.mark.xdist_group("tryton")]


def test_every_place_named_in_tryton_is_a_field_of_it(office: TrytonOffice) -> None:
    places = [name.split() for name in sorted(named(TRYTON, *MAPPED))]
    session = office.session()
    for model, field in places:
        # a field nobody has is refused, also where there is no record
        session.find(model, [], [field], size=1)
    assert len(places) > 30
