from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from portal import embedded
from portal.embedded import LONGEST_SOCKET_PATH, Embedded, EmbeddedError, process_alive, run_dir, socket_of

BASE = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def started(home: Path) -> Iterator[Callable[..., Embedded]]:
    running: list[Embedded] = []

    def start(at: Path = home, **which: bool) -> Embedded:
        running.append(Embedded(at))
        return running[-1].start(**which)

    yield start
    for servers in running:
        servers.stop()


def one(servers: Embedded, query: str) -> object:
    with psycopg.connect(servers.conninfo()) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return row[0]


def postmaster(servers: Embedded) -> int:
    return int((servers.data / "postmaster.pid").read_text().split()[0])


def test_it_keeps_the_data_over_a_restart_and_leaves_no_process(started: Callable[..., Embedded], home: Path) -> None:
    first = started()
    with psycopg.connect(first.conninfo()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = postmaster(first)
    first.stop()
    assert not process_alive(pid)

    assert one(started(), "SELECT answer FROM kept") == 42


def test_it_tells_where_the_sockets_are_without_starting_anything(started: Callable[..., Embedded], home: Path) -> None:
    expected_pg, expected_redis = socket_of(home, "pg"), socket_of(home, "redis")
    assert not home.exists()

    servers = started()

    assert servers.env() == {"PORTAL_PG_HOST": expected_pg, "PORTAL_REDIS_SOCKET": expected_redis}
    assert stat.S_ISSOCK(Path(expected_redis).stat().st_mode)
    assert stat.S_ISSOCK((Path(expected_pg) / ".s.PGSQL.5432").stat().st_mode)


@pytest.mark.parametrize("folder", ["deep/" + "x" * 120, "with spaces & ünicode"])
def test_it_runs_from_a_path_no_socket_could_have(
    started: Callable[..., Embedded], tmp_path: Path, folder: str
) -> None:
    home = tmp_path / folder / "var"
    servers = started(home)

    assert one(servers, "SELECT current_database()") == "portal"
    assert len(os.fsencode(servers.pg_socket_dir)) < LONGEST_SOCKET_PATH
    servers.stop()
    assert not servers.run.exists()


def test_it_refuses_a_short_folder_that_somebody_else_prepared(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded, "SHORT_ROOT", tmp_path)
    deep = home / ("x" * 120)
    run_dir(deep).symlink_to(tmp_path)

    with pytest.raises(EmbeddedError, match="belongs to another user"):
        Embedded(deep).start()


KILLED_LAUNCHER = """
import os, signal, sys
from pathlib import Path
from portal.embedded import Embedded
servers = Embedded(Path(sys.argv[1])).start()
print((servers.data / "postmaster.pid").read_text().split()[0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_launcher_takes_its_servers_with_it_and_blocks_nothing(
    started: Callable[..., Embedded], home: Path
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", KILLED_LAUNCHER, str(home)], capture_output=True, text=True, cwd=BASE, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    if sys.platform == "linux":
        until(lambda: not process_alive(int(died.stdout)))

    assert one(started(), "SELECT 1") == 1


def test_a_server_left_running_is_ended_before_the_next_start(started: Callable[..., Embedded], home: Path) -> None:
    left = started()

    again = started()

    assert left.dead() == ["postgres", "valkey"]
    assert one(again, "SELECT 1") == 1


def test_it_starts_again_a_server_that_was_killed(started: Callable[..., Embedded]) -> None:
    servers = started()
    os.kill(postmaster(servers), signal.SIGKILL)
    until(lambda: servers.dead() == ["postgres"])

    servers.restart("postgres")

    assert one(servers, "SELECT 1") == 1
    assert servers.dead() == []


def test_an_initdb_that_was_cut_short_is_done_again(started: Callable[..., Embedded], home: Path) -> None:
    half = home / "pg.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")

    assert one(started(redis=False), "SELECT 1") == 1


def test_it_starts_only_what_is_asked_for(started: Callable[..., Embedded]) -> None:
    assert list(started(postgres=False).env()) == ["PORTAL_REDIS_SOCKET"]


def test_it_says_that_the_data_is_of_another_version(home: Path) -> None:
    Embedded(home).start(redis=False).stop()
    (home / "pg" / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9, and this is \d+\. `make reset` starts over\."):
        Embedded(home).start()


def test_it_says_what_is_wrong_with_given_programs(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PORTAL_PG_BIN", str(tmp_path))

    with pytest.raises(EmbeddedError, match="has no initdb"):
        Embedded(home).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_postgresql_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_NO_USERNS", "1")
    servers = Embedded.make_throwaway()
    try:
        servers.start(redis=False)
        assert (servers.data).owner() == "nobody"
        assert one(servers, "SELECT 1") == 1
    finally:
        servers.discard()
    assert not servers.home.exists()


def test_the_home_of_a_killed_test_run_is_removed_by_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    orphan = tmp_path / f"{embedded.THROWAWAY_PREFIX}{ended.pid}-abc"
    orphan.mkdir()
    in_use = tmp_path / f"{embedded.THROWAWAY_PREFIX}{os.getpid()}-abc"
    in_use.mkdir()

    made = Embedded.make_throwaway()

    assert sorted(tmp_path.iterdir()) == sorted([in_use, made.home])


def test_a_management_command_says_how_to_start_the_database(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k not in {"PORTAL_PG_HOST", "DATABASE_URL"}} | {
        "PORTAL_HOME": str(tmp_path)
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]

    refused = subprocess.run(command, cwd=BASE, env=env, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert (
        refused.stderr.strip()
        == "The embedded PostgreSQL is not running. Start it with `make run` (or set DATABASE_URL)."
    )
