"""Keeps the portal's processes running: starts them, starts again what dies, and leaves none behind.

Every process carries a mark in its environment, so that the next launcher finds and ends whatever a killed one left.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from portal.embedded import ends_with_parent

MARK = "PORTAL_LAUNCHED_FROM"
LOG_BYTES = 5_000_000
LONGEST_PAUSE = 30.0
"""Seconds between two starts of a process that dies each time."""
SETTLED = 60.0
"""Seconds after which a process counts as healthy again."""


@dataclass
class Child:
    """One process that should always run."""

    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    due: float | None = field(default=None)


class Supervisor:
    """Runs named processes with one environment, each with its own log file and its own session."""

    def __init__(self, *, home: Path, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.home = home
        self.env = {**env, MARK: str(home)}
        self.logs = home / "logs"
        self.say = say
        self.children: dict[str, Child] = {}

    def log(self, name: str) -> Path:
        """The file with everything the process said."""
        return self.logs / f"{name}.log"

    def start(self, name: str, argv: Sequence[str]) -> Child:
        """Start a process that is to be kept running."""
        self.logs.mkdir(exist_ok=True)
        if self.log(name).exists() and self.log(name).stat().st_size > LOG_BYTES:
            self.log(name).rename(self.log(name).with_suffix(".log.1"))
        child = Child(name, argv, self._spawn(name, argv), time.monotonic())
        self.children[name] = child
        return child

    def _spawn(self, name: str, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                argv,
                env={**self.env, "PORTAL_PROCESS": name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=ends_with_parent(),
            )

    def tick(self) -> None:
        """Start again what has died, each time after a longer pause."""
        now = time.monotonic()
        for child in self.children.values():
            if child.due is not None and now >= child.due:
                child.process, child.started, child.due = self._spawn(child.name, child.argv), now, None
            elif child.due is None and child.process.poll() is not None:
                child.deaths = 1 if now - child.started > SETTLED else child.deaths + 1
                pause = min(LONGEST_PAUSE, 2.0 ** (child.deaths - 1))
                child.due = now + pause
                self._signal_group(child, signal.SIGKILL)
                code = child.process.returncode
                self.say(
                    f"{child.name} ended by itself ({how(code)}); starting it again in {pause:.0f} s. Log: {self.log(child.name)}"
                )

    def stop(self, seconds: float = 5.0) -> None:
        """End every process politely, after `seconds` by force."""
        for child in self.children.values():
            self._signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
        for child in self.children.values():
            self._signal_group(child, signal.SIGKILL)
            child.process.wait()
        self.children.clear()
        end_leftovers(self.home, seconds=0)

    @staticmethod
    def _signal_group(child: Child, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def how(code: int) -> str:
    """How a process ended, in words."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _leftovers(home: Path) -> list[int]:
    mark = os.fsencode(f"{MARK}={home}") + b"\0"
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (place / "environ").read_bytes():
                found.append(int(place.name))
    return [pid for pid in found if pid not in {os.getpid(), os.getppid()}]


def end_leftovers(home: Path, *, seconds: float = 3.0) -> int:
    """End the processes that an earlier launcher of `home` left running; how many there were."""
    first = _leftovers(home)
    for pid in first:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (rest := _leftovers(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in rest:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return len(first)
