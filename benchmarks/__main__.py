"""`make bench`: every benchmarks/bench_*.py, or the named ones (ARGS="sequences"). Exits 1 when a limit is broken."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.harness import BASE, Report, database, server

FOLDER = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))
    if unknown := set(names) - set(known):
        print(f"No benchmark is called {', '.join(sorted(unknown))}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    report = Report()
    with server():
        for name in names or known:
            # what one leaves behind is not in the way of the next
            with database() as report.postgres:
                importlib.import_module(f"benchmarks.bench_{name}").run(report)
    print(f"\nWritten to {report.write(FOLDER / 'results').relative_to(BASE)}")
    for line in report.broken:
        print(f"Over its limit: {line}", file=sys.stderr)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
