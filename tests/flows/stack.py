"""The whole portal as the processes it is: web, worker, beat, Valkey of its own, and the outside companies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from django.db import connection

from portal.embedded import Embedded
from tests.simulators.companies import TOKEN, until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def database_url() -> str:
    """The address of the database this process is connected to."""
    known = connection.settings_dict
    host, user, password = known["HOST"], known["USER"], known["PASSWORD"]
    secret = f":{password}" if password else ""
    place = f"localhost:{known['PORT'] or 5432}/{known['NAME']}"
    return f"postgresql://{user}{secret}@{place}" + (f"?host={host}" if host else "")


class Stack:
    """Processes by name; each writes its own log below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.mailboxes = home / "mailboxes"
        self.mailboxes.mkdir()
        self.servers = Embedded.make_throwaway().start(postgres=False)
        self.port, self.erp_port = free_port(), free_port()
        self.url, self.erp_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.erp_port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        dropped = ("REDIS_URL", "PORTAL_REDIS_DB", "PORTAL_PG_HOST")
        self.env: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if name not in dropped},
            "DATABASE_URL": database_url(),
            "PORTAL_HOME": str(home),
            "EDI_MAILBOX_DIR": str(self.mailboxes),
            "LOG_LEVEL": "INFO",
            **self.servers.env(),
        }
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "portal"]
        self.commands = {
            "web": [
                python, "-m", "granian", "--interface", "wsgi", "--port", str(self.port), "--blocking-threads", "2",
                "portal.wsgi:application",
            ],
            "worker": [*celery, "worker", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "-l", "INFO", "-s", str(home / "beat-schedule"), "--pidfile="],
            "erp": [
                python, "-m", "simulators.erp", "--port", str(self.erp_port), "--state", str(home / "erp.sqlite3"),
                "--token", TOKEN, "--pay-after", "0.5",
            ],
            "supplier": [
                python, "-m", "simulators.supplier", "--mailboxes", str(self.mailboxes),
                "--state", str(home / "supplier.sqlite3"), "--delay", "0.3", "--poll", "0.1",
            ],
        }  # fmt: skip

    def start(self, *names: str) -> None:
        for name in names or self.commands:
            with (self.home / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    self.commands[name], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
                )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a process and all it started, by default without warning."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.servers.discard()

    def broker_stop(self) -> None:
        self.servers.stop()

    def broker_start(self) -> None:
        self.servers.start(postgres=False)

    def ready(self) -> None:
        """Wait until the web server and the ERP answer."""
        for url in (f"{self.url}/health/ready", f"{self.erp_url}/health"):
            self.until(lambda url=url: self._answers(url), f"an answer from {url}", 60)

    def _answers(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=150,
            check=False,
        )  # fmt: skip

    def erp(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.request(method, self.erp_url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until(self, found: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
        """Polls until `found` gives something; fails with the logs after `seconds`."""
        try:
            return until(found, what, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.logs()}") from None

    def logs(self) -> str:
        """The end of every log, for a failing test."""
        ends = [f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(self.home.glob("*.log"))]
        return "\n".join(ends)
