"""The loaded demo: everything a screen may want to show is there, and everything that must hold holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from portal.demo import people
from portal.demo.history_plans import plans
from portal.demo.history_scenes import scenes
from procurement.models import ApprovalStep, ExceptionCase, Invoice, PurchaseOrder, Receipt, Requisition

BASE = Path(__file__).resolve().parents[3]
ROADS = 25
"""Chance may do little with so few; the scenes bring the rest."""
PASSING = {"procurement_invoice": {"received", "matched"}}
"""States that no service leaves a document in: it has moved on in the same transaction."""


class Demo:
    """A database with the demo in it, and the commands that were run on it."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        self.name = name
        self.server = {key: params[key] for key in ("host", "user", "password", "port") if params.get(key)}
        self.url = (
            f"postgresql://{params.get('user', '')}@/{name}?host={params['host']}&port={params.get('port') or 5432}"
        )

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "DATABASE_URL": self.url, "PGOPTIONS": "-c synchronous_commit=off", "PORTAL_DEMO": "1"}
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=BASE, env=env, capture_output=True, text=True, check=False
        )

    def values(self, statement: str) -> set[Any]:
        with psycopg.connect(**self.server, dbname=self.name) as connection:
            return {row[0] for row in connection.execute(statement.encode()).fetchall()}


@pytest.fixture(scope="module")
def demo(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    params = connections["default"].get_connection_params()
    made = Demo(f"demo_{os.getpid()}", params)
    with psycopg.connect(**made.server, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {made.name}".encode())
        try:
            assert made.manage("migrate", "--verbosity", "0").returncode == 0
            openings = tmp_path_factory.mktemp("demo")
            seeded = made.manage("seed_demo", "--roads", str(ROADS), "--openings", str(openings))
            assert seeded.returncode == 0, seeded.stderr
            made.said, made.opening = seeded.stdout, json.loads((openings / "erp.json").read_text())  # type: ignore[attr-defined]
            made.files = json.loads((openings / "mmis.json").read_text())  # type: ignore[attr-defined]
            yield made
        finally:
            admin.execute(f"DROP DATABASE {made.name} WITH (FORCE)".encode())


def test_the_plans_are_the_same_at_every_call() -> None:
    end = datetime(2026, 11, 20, 15, tzinfo=UTC)
    begins = end - timedelta(days=90)
    assert list(plans(begins=begins, end=end, count=60)) == list(plans(begins=begins, end=end, count=60))
    assert list(scenes(end)) == list(scenes(end))


@pytest.mark.parametrize("day", [datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2027, 1, 1, 15, tzinfo=UTC)])
def test_there_is_business_whenever_the_demo_begins(day: datetime) -> None:
    planned = list(plans(begins=day - timedelta(days=90), end=day, count=200))
    assert len(planned) > 180
    assert {plan.facility for plan in planned} == {row[0] for row in people_places()}


def people_places() -> set[tuple[str]]:
    return {
        (grant.facility,)
        for person in people.people()
        for grant in person.grants
        if grant.role == "requester" and grant.facility
    }


@pytest.mark.parametrize(
    ("table", "column", "states"),
    [
        ("procurement_requisition", "status", Requisition.Status),
        ("procurement_approvalstep", "state", ApprovalStep.State),
        ("procurement_purchaseorder", "status", PurchaseOrder.Status),
        ("procurement_receipt", "status", Receipt.Status),
        ("procurement_invoice", "status", Invoice.Status),
        ("procurement_exceptioncase", "state", ExceptionCase.State),
    ],
)
def test_documents_are_found_in_every_state(demo: Demo, table: str, column: str, states: Any) -> None:
    wanted = {str(state) for state in states} - PASSING.get(table, set())
    assert demo.values(f"SELECT DISTINCT {column} FROM {table}") >= wanted


def test_every_kind_of_difference_waits_or_was_settled(demo: Demo) -> None:
    kinds = demo.values("SELECT DISTINCT kind FROM procurement_exceptioncase")
    assert kinds >= {
        "price",
        "not_received",
        "over_ordered",
        "unit",
        "charges",
        "tax",
        "total",
        "order",
        "duplicate",
        "answer",
    }


def test_messages_need_somebody_and_a_few_are_still_to_leave(demo: Demo) -> None:
    assert demo.values("SELECT DISTINCT state FROM integrations_outboundmessage") >= {
        "delivered",
        "dead",
        "queued",
        "unknown",
    }
    assert demo.values("SELECT DISTINCT state FROM integrations_inboundmessage") >= {
        "applied", "split", "duplicate", "parked", "quarantined", "failed",
    }  # fmt: skip


def test_everything_that_must_hold_holds(demo: Demo) -> None:
    verified = demo.manage("verify")
    assert verified.returncode == 0, verified.stdout


def test_the_past_is_written_at_its_own_time_everywhere(demo: Demo) -> None:
    for column, table in (
        ("occurred_at", "core_businessevent"), ("moved_at", "inventory_stockmove"),
        ("pgh_created_at", "procurement_purchaseorderevent"), ("created_at", "integrations_outboundmessage"),
    ):  # fmt: skip
        (days,) = demo.values(f"SELECT count(DISTINCT {column}::date) FROM {table}")
        assert days > 20, table
    assert demo.values("SELECT count(*) FROM pg_namespace WHERE nspname = 'demo_clock'") == {0}


def test_every_role_has_a_person_and_a_client(demo: Demo) -> None:
    answer = json.loads(demo.manage("demo_credentials", "--json").stdout)
    first = [person["roles"][0]["role"] for person in answer["people"][: len(people.ROLES)]]
    assert sorted(first) == sorted(people.ROLES)
    assert {client["role"] for client in answer["clients"]} == set(people.ROLES)
    assert len({client["client_secret"] for client in answer["clients"]}) == len(people.ROLES)
    table = demo.manage("demo_credentials").stdout
    assert "ana.petrova@meridianhealth.example" in table
    assert "demo-requester" in table


def test_each_erp_gets_the_orders_it_had_before(demo: Demo) -> None:
    kept = (
        "SELECT o.erp_number FROM procurement_purchaseorder o JOIN masterdata_facility f ON f.id = o.facility_id "
        "WHERE o.status IN ('issued', 'received') AND o.erp_number <> '' AND f.code {} ('ROSE', 'STONE')"
    )
    modern = {row["erp_number"] for row in demo.opening["purchase_orders"]}  # type: ignore[attr-defined]
    files = {row["number"] for row in demo.files}  # type: ignore[attr-defined]
    assert files
    assert not files & modern
    assert demo.values(kept.format("NOT IN")) <= modern
    assert demo.values(kept.format("IN")) <= files


def test_the_erp_has_masters_and_budgets_that_mostly_agree(demo: Demo) -> None:
    opening = demo.opening  # type: ignore[attr-defined]
    ours = demo.values("SELECT number || ' ' || description FROM masterdata_item WHERE status = 'active'")
    theirs = {f"{row['number']} {row['description']}" for row in opening["items"]}
    assert 0 < len(ours - theirs) < 12
    assert {row["number"] for row in opening["suppliers"]} == demo.values("SELECT code FROM masterdata_supplier")
    assert {row["cost_center"] for row in opening["budgets"]} <= {row["number"] for row in opening["cost-centers"]}
    assert len({row["id"] for row in opening["items"]}) == len(opening["items"])


def test_it_says_how_far_it_is(demo: Demo) -> None:
    assert "three months of business" in demo.said  # type: ignore[attr-defined]
    assert "100%" in demo.said  # type: ignore[attr-defined]


def test_it_refuses_a_database_that_is_not_empty_and_production(demo: Demo) -> None:
    again = demo.manage("seed_demo")
    assert again.returncode == 1
    assert "not empty" in again.stderr
