from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.db import connections
from psycopg import sql

BASE = Path(__file__).resolve().parents[2]
DEPLOY = BASE / "deploy"


def example_env() -> dict[str, str]:
    """The example environment file as systemd and compose read it, with the key filled in."""
    lines = (DEPLOY / "portal.env.example").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return pairs | {"SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"}


def check_deploy(**changed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    env = {"PATH": os.environ["PATH"], **example_env(), **changed}
    return subprocess.run(command, cwd=BASE, env=env, capture_output=True, text=True, check=False)


def test_the_production_settings_pass_the_deployment_check() -> None:
    checked = check_deploy()
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"SECURE_SSL_REDIRECT": "0"}, "security.W008"),
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"ALLOWED_HOSTS": ""}, "security.W020"),
        ({"PORTAL_DEMO": "1"}, "security.W012"),
    ],
)
def test_the_deployment_check_can_fail(planted: dict[str, str], found: str) -> None:
    checked = check_deploy(**planted)
    assert checked.returncode == 1
    assert found in checked.stderr


def test_production_does_not_start_without_a_key() -> None:
    checked = check_deploy(SECRET_KEY="")
    assert checked.returncode == 1
    assert "SECRET_KEY is not set" in checked.stderr


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_compose_runs_every_process_and_migrates_first(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["read_only"] is True
    assert services["migrate"]["restart"] == "no"


def test_redis_keeps_what_it_is_given(compose: dict[str, Any]) -> None:
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_every_variable_of_compose_is_in_the_example(compose: dict[str, Any]) -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert wanted
    assert wanted <= set(example_env())


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_systemd_and_compose_run_the_same_program(compose: dict[str, Any], name: str) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / f"portal-{name}.service")
    service = unit["Service"]
    assert service["User"] == "portal"
    assert service["ExecStart"].startswith("/srv/portal/.venv/bin/python -m ")
    if name != "web":
        command = compose["services"][name]["command"]
        assert command[2] == service["ExecStart"].split()[2]
        assert command[5] == service["ExecStart"].split()[5] == name


def test_the_image_is_built_from_the_locked_packages_and_does_not_run_as_root() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes -r /tmp/prod.lock" in dockerfile
    assert re.findall(r"^USER (\w+)$", dockerfile, re.MULTILINE) == ["portal"]
    assert "collectstatic" in dockerfile


@pytest.fixture
def owned(django_db_setup: None) -> Iterator[tuple[dict[str, Any], str]]:
    """A new database of an owner who is not a superuser; (how to reach the server, database name)."""
    given = connections["default"].get_connection_params()
    server = {key: given[key] for key in ("host", "user", "password", "port") if given.get(key)}
    name = f"roles_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS portal_app")
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server, name
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute("DROP ROLE IF EXISTS portal_app")


def test_the_working_role_writes_rows_and_nothing_more(owned: tuple[dict[str, Any], str]) -> None:
    server, database = owned
    script = (DEPLOY / "postgres" / "roles.sh").read_text()
    statements = (
        script.split("<<'SQL'\n")[1]
        .split("SQL\n")[0]
        .replace(":'password'", "'secret'")
        .replace(':"database"', f'"{database}"')
    )
    with psycopg.connect(**server, dbname=database) as owner:
        owner.execute(statements.encode())
        owner.execute("CREATE TABLE kept (id bigserial PRIMARY KEY, what text)")

    with psycopg.connect(
        **{**server, "user": "portal_app", "password": "secret"}, dbname=database, autocommit=True
    ) as app:
        app.execute("INSERT INTO kept (what) VALUES ('a fact')")
        for refused in (
            "TRUNCATE kept",
            "ALTER TABLE kept DISABLE TRIGGER ALL",
            "DROP TABLE kept",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(refused.encode())
