"""Starts the outside companies as the processes they are, and talks to them."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "test-token"


def until(found: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """Polls until `found` gives something; fails in words after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if result := found():
            return result
        assert time.monotonic() < deadline, f"Not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


class Company:
    """A simulator process."""

    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.ready = self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(20), "The simulator said nothing for 20 s."
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate(timeout=10)
            raise AssertionError(f"The simulator ended at once: {errors}")
        return line.strip()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ends it and returns its exit code; closes its pipes."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        self.process.communicate(timeout=20)
        return self.process.returncode


@contextmanager
def company(module: str, *arguments: object) -> Iterator[Company]:
    """A simulator that is ended at the end."""
    running = Company(module, *arguments)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)


class ErpClient:
    """Talks to an ERP process."""

    def __init__(self, running: Company) -> None:
        self.running = running
        self.http = httpx.Client(
            base_url=running.ready.split()[-1], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
        )

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        response = self.http.request(method, path, json=body)
        return response.status_code, response.json()

    def stats(self) -> dict[str, Any]:
        """What the ERP counted."""
        return self.call("GET", "/_stats")[1]

    def fault(self, mode: str, **more: Any) -> None:
        """Sets a fault."""
        status, answer = self.call("POST", "/_control", {"mode": mode, **more})
        assert status == 200, answer


@contextmanager
def erp(state: Path, *more: object) -> Iterator[ErpClient]:
    """A running ERP on a free port."""
    with company("simulators.erp", "--state", state, "--port", 0, "--token", TOKEN, *more) as running:
        client = ErpClient(running)
        try:
            yield client
        finally:
            client.http.close()


class Mailbox:
    """One supplier's folder, seen from the portal."""

    def __init__(self, root: Path, code: str = "MEDSUP") -> None:
        self.root = root
        self.code = code
        self.state = root.parent / "supplier.sqlite3"
        self.behaviours = root.parent / "behaviours.json"
        for name in ("in", "out"):
            (root / code / name).mkdir(parents=True, exist_ok=True)

    def behave(self, **wanted: Any) -> None:
        """Sets the supplier's behaviours."""
        self.behaviours.write_text(json.dumps({self.code: wanted}))

    def put(self, name: str, data: bytes) -> None:
        """Drops a file the way the portal does: hidden first, then renamed."""
        hidden = self.root / self.code / "in" / f".{name}.tmp"
        hidden.write_bytes(data)
        hidden.replace(hidden.with_name(name))

    def arguments(self, *more: object) -> list[object]:
        """The process's arguments."""
        given = ["--behaviours", self.behaviours] if self.behaviours.exists() else []
        return ["--mailboxes", self.root, "--state", self.state, *given, *more]

    def once(self, *more: object) -> str:
        """One round with no pauses; what it printed."""
        command = [
            sys.executable,
            "-m",
            "simulators.supplier",
            *map(str, self.arguments("--once", "--delay", 0, *more)),
        ]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout

    def out(self) -> list[Path]:
        """The files for the portal that are complete, in the order they were sent."""
        return sorted((self.root / self.code / "out").glob("*.x12"))

    def stats(self) -> dict[str, Any]:
        """What the suppliers counted."""
        command = [sys.executable, "-m", "simulators.supplier", "--state", str(self.state), "--stats"]
        output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
        result: dict[str, Any] = json.loads(output)
        return result
