"""Whoever was connected before documents had stages is live since then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = ("integrations", "0005_audit_stays"), ("integrations", "0006_partner_profiles")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def back_and_forth() -> Iterator[None]:
    """Whatever happens in between, the tables end as they are for all other tests."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("back_and_forth")
def test_connected_partners_are_live_and_test_partners_in_the_sandbox() -> None:
    old = MigrationExecutor(connection).migrate([BEFORE]).apps
    since = datetime(2026, 3, 1, 8, tzinfo=UTC)
    for code, test in (("A", False), ("B", True)):
        supplier = old.get_model("masterdata", "Supplier").objects.create(code=code, name=code)
        endpoint = old.get_model("integrations", "Endpoint").objects.create(
            code=code,
            name=code,
            kind="supplier",
            adapter="folder",
            duplicates="lookup",
            config={"acknowledgement_hours": 6},
        )
        partner = old.get_model("integrations", "Partner").objects.create(
            supplier=supplier, endpoint=endpoint, our_id="US", identifier=code, test=test, connected_at=since
        )
        old.get_model("integrations", "ControlNumber").objects.create(partner=partner, level="group", last=7)

    new = MigrationExecutor(connection).migrate([AFTER]).apps
    documents = new.get_model("integrations", "PartnerDocument").objects
    assert set(documents.filter(partner__identifier="A").values_list("stage", "live_at")) == {("live", since)}
    assert set(documents.filter(partner__identifier="B").values_list("stage", "live_at")) == {("sandbox", None)}
    assert documents.count() == 8
    numbers = new.get_model("integrations", "ControlNumber").objects.order_by("partner__identifier")
    assert list(numbers.values_list("usage", "last")) == [("P", 7), ("T", 7)]
    partner = new.get_model("integrations", "Partner").objects.get(identifier="A")
    assert (partner.habits, partner.endpoint.config) == ({"acknowledgement_due_hours": 6}, {})

    MigrationExecutor(connection).migrate([BEFORE])
    again = old.get_model("integrations", "Partner").objects.order_by("identifier")
    assert list(again.values_list("identifier", "test")) == [("A", False), ("B", True)]
