from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from portal import up
from portal.demo import first_start
from portal.embedded import process_alive
from portal.supervisor import MARK, Supervisor, end_leftovers, how

BASE = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_options_survive_a_command_line_also_with_a_dash_in_front() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--token")
    parser.add_argument("--first-number", type=int)
    options = parser.parse_args(up.flags({"token": "-k3y", "first-number": 7}))
    assert (options.token, options.first_number) == ("-k3y", 7)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


class TestPort:
    def test_a_wanted_port_that_is_taken_is_refused_with_the_next_free_one(self, taken: int) -> None:
        with pytest.raises(
            up.CannotStart, match=rf"Port {taken} is taken\. Choose another one, e\.g\.: PORT=\d+ make run"
        ):
            up.choose_port(str(taken))

    @pytest.mark.parametrize("wanted", ["abc", "0", "70000", "-1"])
    def test_what_is_no_port_is_refused(self, wanted: str) -> None:
        with pytest.raises(up.CannotStart, match="is not a port number"):
            up.choose_port(wanted)

    def test_without_a_wish_the_next_free_one_is_taken_and_said(
        self, taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(up, "FIRST_PORT", taken)

        port = up.choose_port(None)

        assert port > taken
        assert f"Port {taken} is taken, so this run uses {port}" in capsys.readouterr().out


class TestOnlyLauncher:
    def test_a_second_one_says_which_process_runs(self, tmp_path: Path) -> None:
        with (
            up.only_launcher(tmp_path),
            pytest.raises(up.CannotStart, match=rf"already runs from this folder \(process {os.getpid()}\)"),
            up.only_launcher(tmp_path),
        ):
            pass

    def test_it_can_start_again_afterwards(self, tmp_path: Path) -> None:
        for _ in range(2):
            with up.only_launcher(tmp_path):
                pass

    def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with (
            pytest.raises(up.CannotStart, match="Set PORTAL_HOME to a folder you own"),
            up.only_launcher(tmp_path / "file" / "var"),
        ):
            pass


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(home=tmp_path, env=dict(os.environ), say=said.append)
    yield supervisor
    supervisor.stop(seconds=1)


SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
WITH_A_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True);"
    "print(p.pid, flush=True); time.sleep(600)",
]


class TestSupervisor:
    def test_it_starts_again_what_died_and_says_so_in_one_line(self, supervisor: Supervisor, said: list[str]) -> None:
        child = supervisor.start("worker", SLEEPER)
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        child.process.wait()

        supervisor.tick()
        assert len(said) == 1
        assert said[0].startswith("worker ended by itself (signal SIGKILL); starting it again in 1 s.")

        def started_again() -> bool:
            supervisor.tick()
            return child.process.pid != first

        until(started_again)
        assert child.process.poll() is None

    def test_the_pause_grows_for_what_dies_each_time(self, supervisor: Supervisor) -> None:
        child = supervisor.start("web", [sys.executable, "-c", "raise SystemExit(3)"])
        pauses = []
        for _ in range(8):
            child.process.wait()
            supervisor.tick()
            assert child.due is not None
            pauses.append(round(child.due - time.monotonic()))
            child.due = 0.0
            supervisor.tick()
        assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]

    def test_stopping_leaves_no_process_not_even_a_grandchild_in_its_own_session(self, supervisor: Supervisor) -> None:
        child = supervisor.start("worker", WITH_A_CHILD)
        until(lambda: supervisor.log("worker").read_text().strip())
        grandchild = int(supervisor.log("worker").read_text())

        supervisor.stop(seconds=1)

        assert child.process.poll() is not None
        until(lambda: not process_alive(grandchild) or _is_zombie(grandchild))

    def test_a_process_that_ignores_the_polite_signal_is_ended_by_force(self, supervisor: Supervisor) -> None:
        stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
        child = supervisor.start("worker", [sys.executable, "-c", stubborn])
        until(lambda: "deaf" in supervisor.log("worker").read_text())

        began = time.monotonic()
        supervisor.stop(seconds=0.5)

        assert child.process.returncode == -signal.SIGKILL
        assert time.monotonic() - began < 5

    def test_the_next_launcher_ends_what_a_killed_one_left(self, tmp_path: Path) -> None:
        left = subprocess.Popen(SLEEPER, env={**os.environ, MARK: str(tmp_path)})
        strangers = subprocess.Popen(SLEEPER, env={**os.environ, MARK: str(tmp_path / "another")})
        try:
            until(lambda: Path(f"/proc/{left.pid}/cmdline").read_bytes().startswith(os.fsencode(sys.executable)))
            assert end_leftovers(tmp_path) == 1
            assert left.wait(5) == -signal.SIGTERM
            assert strangers.poll() is None
        finally:
            for process in (left, strangers):
                process.kill()
                process.wait()

    def test_an_exit_is_told_in_words(self) -> None:
        assert [how(3), how(-9)] == ["exit code 3", "signal SIGKILL"]


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def conninfo(django_db_setup: None) -> Iterator[str]:
    """A new empty database on the server of this test run."""
    given = connections["default"].get_connection_params()
    server = {key: given[key] for key in ("host", "user", "password", "port") if given.get(key)}
    name = f"first_start_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield psycopg.conninfo.make_conninfo("", **server, dbname=name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(statement)


class TestFirstStart:
    def test_an_empty_database_wants_the_demo_network_once(self, conninfo: str) -> None:
        assert first_start.claim(conninfo)
        run(conninfo, "CREATE TABLE item AS SELECT 1 AS id")
        first_start.loaded(conninfo)

        assert not first_start.claim(conninfo)

    def test_a_seed_that_was_cut_short_starts_over_from_nothing(self, conninfo: str) -> None:
        assert first_start.claim(conninfo)
        run(conninfo, "CREATE TABLE item AS SELECT 1 AS id")

        assert first_start.claim(conninfo)
        run(conninfo, "CREATE TABLE item AS SELECT 1 AS id")

    def test_a_database_with_somebodys_data_is_left_alone(self, conninfo: str) -> None:
        run(conninfo, "CREATE TABLE item AS SELECT 1 AS id")

        assert not first_start.claim(conninfo)
        run(conninfo, "SELECT id FROM item")

    def test_a_user_who_does_not_own_the_database_is_told_what_to_do(self, conninfo: str) -> None:
        run(conninfo, "DROP ROLE IF EXISTS portal_guest")
        run(conninfo, "CREATE ROLE portal_guest LOGIN PASSWORD 'guest'")
        guest = psycopg.conninfo.make_conninfo(conninfo, user="portal_guest", password="guest")
        try:
            with pytest.raises(first_start.NotOwner, match="must own the database"):
                first_start.claim(guest)
        finally:
            run(conninfo, "DROP ROLE portal_guest")


def test_the_people_are_shown_one_per_role_in_the_order_of_the_road() -> None:
    people = [
        {"email": "a@x.example", "password": "p1", "roles": [{"role": "ap_clerk"}, {"role": "buyer"}]},
        {"email": "b@x.example", "password": "p2", "roles": [{"role": "requester"}]},
        {"email": "c@x.example", "password": "p3", "roles": [{"role": "requester"}]},
    ]
    assert up.people_table(people).splitlines() == [
        "  requester  b@x.example  p2",
        "  buyer      a@x.example  p1",
        "  ap clerk   a@x.example  p1",
    ]


class TestDev:
    def python(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **env}
        return subprocess.run(
            [sys.executable, "dev.py", *args],
            cwd=BASE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def test_help_names_every_target(self) -> None:
        assert [line.split()[1] for line in self.python("help").stdout.splitlines()] == [
            "bench",
            "chaos",
            "lint",
            "lock",
            "reset",
            "run",
            "test",
        ]

    def test_reset_refuses_what_make_run_did_not_make(self, tmp_path: Path) -> None:
        refused = self.python("reset", PORTAL_HOME=str(tmp_path), FORCE="1")
        assert (refused.returncode, refused.stderr) == (
            1,
            f"{tmp_path} was not made by `make run`, so it is not deleted.\n",
        )

    def test_reset_asks_and_nobody_there_means_no(self, tmp_path: Path) -> None:
        (tmp_path / "launcher.lock").touch()
        assert "Nothing is deleted." in self.python("reset", PORTAL_HOME=str(tmp_path)).stderr
        assert tmp_path.exists()

    def test_reset_refuses_while_the_portal_runs(self, tmp_path: Path) -> None:
        with up.only_launcher(tmp_path):
            refused = self.python("reset", PORTAL_HOME=str(tmp_path))
        assert f"The portal runs (process {os.getpid()})" in refused.stderr

    def test_reset_deletes_everything(self, tmp_path: Path) -> None:
        (tmp_path / "launcher.lock").touch()
        self.python("reset", PORTAL_HOME=str(tmp_path), FORCE="1")
        assert not tmp_path.exists()
