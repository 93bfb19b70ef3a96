"""`make run`: the whole portal on this machine, from nothing to its first page, until Ctrl-C.

PostgreSQL and Valkey (unless DATABASE_URL / REDIS_URL are given), the migrations, the demo network the first time, then
the web server, the Celery worker and beat, and the two outside companies of the demo.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg

from portal.demo import first_start
from portal.embedded import Embedded, EmbeddedError, ends_with_parent
from portal.supervisor import Supervisor, end_leftovers

BASE = Path(__file__).resolve().parent.parent
FIRST_PORT = 8000
FIRST_ERP_PORT = 8099
BEHAVIOURS = BASE / "portal" / "demo" / "behaviours.json"
MMIS_BEHAVIOURS = BASE / "portal" / "demo" / "mmis_behaviours.json"
"""What goes wrong at which supplier of the demo, and how often."""
READY_SECONDS = 90
ROLES_IN_ORDER = (
    "requester",
    "approver",
    "buyer",
    "receiver",
    "stock_clerk",
    "ap_clerk",
    "steward",
    "integration_support",
    "auditor",
    "administrator",
)
TRY_FIRST = """Try this first:
  1. As the requester: find "skin stapler", put three cases in the cart, submit.
  2. As the approver: the requisition waits in the inbox; approve it. The order goes out by itself.
  3. As the receiver: the supplier's ship notice arrives within a minute; receive against it.
  4. As the AP clerk: the invoice matches, or says in a sentence why it does not.
  Or watch all of it: .venv/bin/python manage.py story"""


class CannotStart(RuntimeError):
    """The launcher cannot go on; the message is for the person at the terminal."""


def say(message: str) -> None:
    print(message, flush=True)  # noqa: T201 the launcher talks to a person at a terminal


def demo_wanted() -> bool:
    return os.environ.get("PORTAL_DEMO", "1").strip().lower() in {"1", "true", "yes", "on"}


def port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CannotStart(
                    f"Port {port} needs more rights than you have. Choose one above 1023: PORT=8000 make run"
                ) from error
            return False
    return True


def next_free(port: int, host: str = "127.0.0.1") -> int:
    """The first free port from `port` on."""
    free = next((p for p in range(port, port + 100) if port_free(p, host)), None)
    if free is None:
        raise CannotStart(f"Ports {port} to {port + 99} are all taken. Choose another one: PORT=9000 make run")
    return free


def choose_port(wanted: str | None, host: str = "127.0.0.1") -> int:
    """The port of the web server: exactly the wanted one, or the first free one from 8000 on. Raises CannotStart."""
    if not wanted:
        port = next_free(FIRST_PORT, host)
        if port != FIRST_PORT:
            say(f"Port {FIRST_PORT} is taken, so this run uses {port}. (PORT=… make run chooses.)")
        return port
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"PORT={wanted} is not a port number. Give one from 1024 to 65535.")
    if not port_free(int(wanted), host):
        raise CannotStart(
            f"Port {wanted} is taken. Choose another one, e.g.: PORT={next_free(int(wanted) + 1, host)} make run"
        )
    return int(wanted)


@contextmanager
def only_launcher(home: Path) -> Iterator[None]:
    """Hold the lock of `home` while running; the kernel frees it however this process ends. Raises CannotStart."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "launcher.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"Cannot write to {home}: {error.strerror}. Set PORTAL_HOME to a folder you own.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(
                f"The portal already runs from this folder (process {lock.read().strip() or 'unknown'}). Stop it there with Ctrl-C, "
                "or run a second one beside it: PORTAL_HOME=/some/other/folder make run"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def flags(options: Mapping[str, object]) -> list[str]:
    """Options as a command line has them, also where a value begins with a dash, as one in 64 random tokens does."""
    return [f"--{name}={value}" for name, value in options.items()]


class Launch:
    """One run of the portal: what was chosen for it and the steps in their order."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.demo = demo_wanted()
        self.host = os.environ.get("HOST", "127.0.0.1")
        self.port = choose_port(os.environ.get("PORT"), self.host)
        self.url = f"http://{'localhost' if self.host in {'127.0.0.1', '0.0.0.0'} else self.host}:{self.port}"  # noqa: S104
        self.servers = Embedded(home)
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(BASE),
            "PORTAL_HOME": str(home),
            "PORT": str(self.port),
        }

    def start_servers(self) -> None:
        """PostgreSQL and Valkey, where none was given."""
        began = time.monotonic()
        self.servers.start(postgres="DATABASE_URL" not in os.environ, redis="REDIS_URL" not in os.environ)
        self.env |= self.servers.env()
        if self.servers.postgres_version:
            say(f"PostgreSQL {self.servers.postgres_version} is up ({time.monotonic() - began:.1f} s).")

    def prepare_database(self) -> None:
        """Migrate, and load the demo network into an empty database."""
        conninfo = os.environ.get("DATABASE_URL") or self.servers.conninfo()
        try:
            fresh = self.demo and first_start.claim(conninfo)
        except psycopg.OperationalError as error:
            raise CannotStart(f"The database of DATABASE_URL does not answer: {str(error).splitlines()[0]}") from error
        if not fresh:
            self.manage("migrate", "--verbosity", "0")
            return
        # a first start that is cut short starts over, so it need not wait for the disk
        hurry = {"PGOPTIONS": "-c synchronous_commit=off"}
        say("Making the tables (once).")
        self.manage("migrate", "--verbosity", "0", **hurry)
        say("Loading the demo hospital network (once; about a minute).")
        self.manage("seed_demo", "--openings", str(self.home / "simulators" / "openings"), **hurry)
        first_start.loaded(conninfo)

    def manage(self, *args: str, **env: str) -> None:
        """Run a management command to its end. Raises CannotStart when it fails."""
        argv = [sys.executable, str(BASE / "manage.py"), *args]
        done = subprocess.run(
            argv, cwd=BASE, env={**self.env, **env}, check=False, start_new_session=True, preexec_fn=ends_with_parent()
        )
        if done.returncode:
            raise CannotStart(f"`manage.py {args[0]}` failed; its reason is above.")

    def choose_outside(self) -> dict[str, list[str]]:
        """The commands of the outside companies, and the address under which the portal finds the ERP."""
        outside = self.home / "simulators"
        outside.mkdir(exist_ok=True)
        secret = outside / "erp-token"
        if not secret.exists():
            secret.write_text(secrets.token_urlsafe(24))
        port = next_free(FIRST_ERP_PORT)
        mailboxes = Path(os.environ.get("EDI_MAILBOX_DIR", self.home / "mailboxes"))
        mailboxes.mkdir(exist_ok=True, parents=True)
        self.env |= {
            "DEMO_ERP_URL": f"http://127.0.0.1:{port}",
            "DEMO_ERP_TOKEN": secret.read_text(),
            "EDI_MAILBOX_DIR": str(mailboxes),
        }
        supplier = {
            "mailboxes": mailboxes,
            "state": outside / "supplier.sqlite3",
            "behaviours": BEHAVIOURS,
            "delay": 5,
            # the demo's past has used the smaller control numbers
            "first-number": 100_001,
        }
        erp = {"port": port, "state": outside / "erp.sqlite3", "token": self.env["DEMO_ERP_TOKEN"], "pay-after": 20}
        erp |= {"opening": outside / "openings" / "erp.json"}
        mmis = {
            "folder": mailboxes / "MMIS",
            "state": outside / "mmis.sqlite3",
            "opening": outside / "openings" / "mmis.json",
            "behaviours": MMIS_BEHAVIOURS,
        }
        return {
            "supplier": [sys.executable, "-m", "simulators.supplier", *flags(supplier)],
            "erp": [sys.executable, "-m", "simulators.erp", *flags(erp)],
            "mmis": [sys.executable, "-m", "simulators.mmis", *flags(mmis)],
        }

    def processes(self) -> dict[str, list[str]]:
        """The portal's own processes."""
        web = flags({"interface": "wsgi", "host": self.host, "port": self.port, "workers": 1, "blocking-threads": 4})
        celery = [sys.executable, "-m", "celery", "-A", "portal"]
        return {
            "web": [
                sys.executable,
                "-m",
                "granian",
                *web,
                "--respawn-failed-workers",
                "--log-level",
                "warning",
                "portal.wsgi:application",
            ],
            "worker": [*celery, "worker", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "-l", "WARNING", "-s", str(self.home / "beat-schedule"), "--pidfile="],
        }

    def wait_until_ready(self, supervisor: Supervisor) -> None:
        """Return when /health/ready answers. Raises CannotStart with the end of the web server's log."""
        deadline = time.monotonic() + READY_SECONDS
        web = supervisor.children["web"].process
        last = "no answer"
        while web.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                last = f"{error.code}: {error.read(500).decode(errors='replace')}"
            except OSError:
                pass
            time.sleep(0.1)
        log = supervisor.log("web").read_text(errors="replace")[-2000:]
        raise CannotStart(f"The web server did not become ready ({last}). The end of {supervisor.log('web')}:\n{log}")

    def credentials(self) -> subprocess.Popen[str]:
        """Ask for the demo people while the web server starts."""
        argv = [sys.executable, str(BASE / "manage.py"), "demo_credentials", "--json"]
        return subprocess.Popen(argv, cwd=BASE, env=self.env, stdout=subprocess.PIPE, text=True, start_new_session=True)


def people_table(people: list[dict[str, Any]]) -> str:
    """One line per role: who plays it in the demo and how to sign in."""
    by_role = {grant["role"]: person for person in reversed(people) for grant in person["roles"]}
    roles = [role for role in ROLES_IN_ORDER if role in by_role]
    rows = [(role.replace("_", " "), by_role[role]["email"], by_role[role]["password"]) for role in roles]
    widths = [max(len(row[i]) for row in [("role", "e-mail", "password"), *rows]) for i in range(3)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def run(home: Path) -> None:
    """Bring everything up and keep it up until Ctrl-C. Raises CannotStart or EmbeddedError."""
    began = time.monotonic()
    with ExitStack() as cleanup:
        cleanup.enter_context(only_launcher(home))
        if left := end_leftovers(home):
            say(f"Ended {left} processes that an earlier run left behind.")
        launch = Launch(home)
        cleanup.callback(launch.servers.stop)
        launch.start_servers()
        outside = launch.choose_outside() if launch.demo else {}
        launch.prepare_database()
        supervisor = Supervisor(home=home, env=launch.env, say=say)
        cleanup.callback(supervisor.stop)
        for name, argv in {**launch.processes(), **outside}.items():
            supervisor.start(name, argv)
        asked = launch.credentials() if launch.demo else None
        launch.wait_until_ready(supervisor)
        say(f"\nThe portal is ready after {time.monotonic() - began:.1f} s:  {launch.url}\n")
        if asked:
            answer = json.loads(asked.communicate()[0] or "{}")
            say(f"Demo people (role, e-mail, password):\n{people_table(answer.get('people', []))}\n\n{TRY_FIRST}\n")
        say(f"Logs are in {supervisor.logs}. Ctrl-C stops everything.")
        keep_running(launch.servers, supervisor)


def keep_running(servers: Embedded, supervisor: Supervisor) -> NoReturn:
    """Start again what dies, until a signal ends this process."""
    retry_at = 0.0
    while True:
        supervisor.tick()
        if time.monotonic() >= retry_at:
            for name in servers.dead():
                say(f"{name} ended by itself; starting it again.")
                try:
                    servers.restart(name)
                except EmbeddedError as error:
                    say(f"{error}\nTrying again in 10 s.")
                    retry_at = time.monotonic() + 10
        time.sleep(0.2)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # a second Ctrl-C must not cut the stopping short: it would leave processes behind
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants to outlive its terminal
        signal.signal(signal.SIGHUP, _stop)
    os.umask(0o077)
    os.chdir(BASE)
    home = Path(os.environ.get("PORTAL_HOME", BASE / "var")).resolve()
    try:
        run(home)
    except (CannotStart, EmbeddedError, first_start.NotOwner) as problem:
        print(f"\n{problem}", file=sys.stderr)  # noqa: T201 the launcher talks to a person at a terminal
        return 1
    except KeyboardInterrupt:
        say("\nEverything is stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
