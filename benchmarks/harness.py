"""What every benchmark needs: a throw-away PostgreSQL, CPU time by repeats and median, SQL counts, and the report.

CPU time is what this process and the PostgreSQL process of its connection spent together, so that work moved from one to
the other is not mistaken for work saved. Quote ratios to something measured in the same run, never bare milliseconds.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from portal.embedded import Embedded
from tests import migrated_cluster

BASE = Path(__file__).resolve().parent.parent


@contextmanager
def server() -> Iterator[None]:
    """Django on a throw-away PostgreSQL, unless one was given."""
    own = Embedded.make_throwaway()
    own_postgres = not (os.environ.get("DATABASE_URL") or os.environ.get("PORTAL_PG_HOST"))
    try:
        if own_postgres:
            migrated_cluster.restore(own)
        own.start(
            postgres=own_postgres, redis=not (os.environ.get("REDIS_URL") or os.environ.get("PORTAL_REDIS_SOCKET"))
        )
        os.environ.update(own.env())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        django.setup()
        from django.db import connection  # only after set-up

        if own_postgres:
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_cluster.ensure_migrated(own)
        yield
    finally:
        own.stop()
        migrated_cluster.keep(own)
        own.discard()


@contextmanager
def database() -> Iterator[str]:
    """A fresh migrated database on the server; PostgreSQL's version."""
    from django.db import connection  # only after set-up

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield ".".join(map(str, connection.get_database_version()))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _server_cpu_path() -> Path | None:
    """Where the kernel counts the CPU nanoseconds of this connection's PostgreSQL process, when it runs beside us."""
    from django.db import connection  # only after set-up

    connection.ensure_connection()
    place = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return place if place.exists() else None


def cpu_ms(server: Path | None) -> float:
    """CPU milliseconds spent so far, here and in the connection's PostgreSQL process."""
    here = time.process_time_ns()
    there = int(server.read_text().split()[0]) if server else 0
    return (here + there) / 1e6


@contextmanager
def counting_sql() -> Iterator[list[str]]:
    """The statements that the block sends (without BEGIN and COMMIT)."""
    from django.db import connection  # only after set-up

    statements: list[str] = []

    def count(execute: Callable[..., Any], statement: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(statement)
        return execute(statement, params, many, context)

    with connection.execute_wrapper(count):
        yield statements


@dataclass(frozen=True)
class Measured:
    """The medians of one act."""

    cpu_ms: float
    wall_ms: float
    sql: int


@dataclass(frozen=True)
class Act:
    """Something to measure: `prepare` makes what one repeat needs and is not measured, `run` is."""

    run: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None


def analyze() -> None:
    """Let PostgreSQL learn how its tables look."""
    from django.db import connection  # only after set-up

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(*acts: Act, repeats: int = 15, warm: int = 3) -> list[Measured]:
    """Measure the acts in turns, so that a slow moment of the machine hits all of them alike."""
    server = _server_cpu_path()
    spent: list[list[tuple[float, float]]] = [[] for _ in acts]
    sql = [0] * len(acts)
    for turn in range(warm + repeats):
        if turn == warm:
            # a database that has run for an hour knows its tables; autovacuum has not come by yet in one of a minute
            analyze()
        for i, act in enumerate(acts):
            given = act.prepare()
            gc.collect()
            gc.disable()
            cpu, wall = cpu_ms(server), time.perf_counter()
            act.run(given)
            took = (cpu_ms(server) - cpu, (time.perf_counter() - wall) * 1000)
            gc.enable()
            if turn >= warm:
                spent[i].append(took)
    for i, act in enumerate(acts):
        given = act.prepare()
        with counting_sql() as statements:
            act.run(given)
        sql[i] = len(statements)
    return [
        Measured(cpu_ms=statistics.median(c for c, _ in took), wall_ms=statistics.median(w for _, w in took), sql=count)
        for took, count in zip(spent, sql, strict=True)
    ]


@dataclass(frozen=True)
class Line:
    """One result; `limit` is the most that the value, or the ratio where there is one, may be."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""
    limit: float | None = None

    @property
    def over(self) -> bool:
        """Whether the limit is broken."""
        return self.limit is not None and (self.value if self.ratio is None else self.ratio) > self.limit

    def __str__(self) -> str:
        ratio = f" (ratio {self.ratio:.2f} to {self.to})" if self.ratio is not None else ""
        return f"{self.name}: {self.value:.4g} {self.unit}{ratio}" + (
            f"  OVER THE LIMIT of {self.limit:g}" if self.over else ""
        )


@dataclass
class Report:
    """The results of one run, printed as they come."""

    postgres: str = ""
    lines: list[Line] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        ratio: float | None = None,
        to: str = "",
        limit: float | None = None,
    ) -> None:
        """Print and keep one result."""
        self.lines.append(Line(name, value, unit, ratio, to, limit))
        print(self.lines[-1], flush=True)

    def compare(
        self, name: str, ours: Act, reference: Act, *, to: str, cpu_limit: float, sql_limit: int | None = None
    ) -> None:
        """Measure both in turns and report our CPU against the reference's, and our number of statements."""
        mine, theirs = measure(ours, reference)
        self.add(f"{name} cpu", mine.cpu_ms, "ms", ratio=mine.cpu_ms / theirs.cpu_ms, to=to, limit=cpu_limit)
        if sql_limit is not None:
            self.add(f"{name} sql", mine.sql, "statements", limit=sql_limit)

    @property
    def broken(self) -> Sequence[Line]:
        """The results over their limit."""
        return [line for line in self.lines if line.over]

    def write(self, folder: Path) -> Path:
        """Write the run as JSON; the file."""
        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC)
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=BASE, capture_output=True, text=True, check=False
        )
        run = {
            "at": now.isoformat(timespec="seconds"),
            "commit": commit.stdout.strip(),
            "python": platform.python_version(),
            "postgresql": self.postgres,
            "processors": os.cpu_count(),
            "results": [asdict(line) | {"over": line.over} for line in self.lines],
        }
        place = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
        place.write_text(json.dumps(run, indent=1) + "\n")
        return place
