"""The ground everything stands on: numbers without gaps, events that are kept, an audit trail that nobody changes."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core.audit import acting
from core.events import Event, emit
from core.models import BusinessEvent
from core.sequences import next_number, next_numbers
from masterdata.models import Item
from tests.factories import Network, make_network
from tests.road import submitted


def test_numbers_are_readable_and_follow_each_other(db: None) -> None:
    year = timezone.now().year
    assert next_numbers("X", 3) == [f"X-{year}-{n:06}" for n in (1, 2, 3)]
    assert next_number("X") == f"X-{year}-000004"
    assert next_number("Y") == f"Y-{year}-000001"


def test_a_number_taken_in_vain_is_given_again(db: None) -> None:
    first = next_number("X")
    with transaction.atomic():
        next_number("X")
        transaction.set_rollback(True)
    assert int(next_number("X")[-6:]) == int(first[-6:]) + 1


def test_many_at_once_get_different_numbers_without_a_gap(transactional_db: None) -> None:
    taken: list[str] = []

    def take() -> None:
        for _ in range(10):
            taken.append(next_number("X"))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(number[-6:]) for number in taken) == list(range(1, 41))


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    kind: ClassVar[str] = "test"


def test_a_fact_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError, match="SomethingHappened"):
        emit(SomethingHappened(number="N-1", facility_id=None))
    assert not BusinessEvent.objects.exists()


def test_a_fact_that_nobody_wired_is_a_defect(db: None) -> None:
    with pytest.raises(KeyError, match="SomethingHappened"):
        emit(SomethingHappened(number="N-1", facility_id=None))


@pytest.fixture
def asked(db: None) -> Network:
    net = make_network()
    submitted(net)
    return net


def test_a_fact_is_kept_with_its_trace(db: None) -> None:
    row = submitted(make_network())
    fact = BusinessEvent.objects.get(type="RequisitionSubmitted")
    assert (fact.kind, fact.number, fact.scope, fact.trace_id) == (
        "requisition",
        row.number,
        row.facility_id,
        row.trace_id,
    )


@pytest.mark.parametrize("table", ["core_businessevent", "procurement_requisitionevent"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET trace_id = trace_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_recorded_stays(asked: Network, table: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_every_table_of_the_audit_is_protected(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(t.oid) FILTER (WHERE t.tgname LIKE 'pgtrigger%%append_only%%'), "
            "count(t.oid) FILTER (WHERE t.tgname LIKE 'pgtrigger%%never_truncated%%') FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' LEFT JOIN pg_trigger t ON t.tgrelid = c.oid "
            "WHERE a.attname = 'pgh_id' GROUP BY 1"
        )
        found = cursor.fetchall()
    assert len(found) > 15
    assert [name for name, append_only, never_truncated in found if not (append_only and never_truncated)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pghistory_context SET metadata = metadata || '{\"user\": 1}'",
        "DELETE FROM pghistory_context",
        "TRUNCATE pghistory_context CASCADE",
    ],
)
def test_who_and_why_cannot_be_changed_after_the_act(transactional_db: None, statement: str) -> None:
    submitted(make_network())
    with pytest.raises(DatabaseError, match="pgtrigger: Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_who_did_it_on_whose_behalf_and_why_is_in_the_audit(db: None) -> None:
    net = make_network()
    actor = net.actor("steward@NORTH")
    with transaction.atomic(), acting(actor=actor, reason="a better description"):
        Item.objects.filter(pk=net.items["GLOVE"].pk).update(description="Nitrile glove")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.description, c.metadata FROM masterdata_itemevent e JOIN pghistory_context c ON c.id = e.pgh_context_id "
            "ORDER BY e.pgh_id DESC LIMIT 1"
        )
        description, metadata = cursor.fetchone()
    metadata = json.loads(metadata)
    assert description == "Nitrile glove"
    assert metadata["user"] == actor.user_id
    assert metadata["reason"] == "a better description"
