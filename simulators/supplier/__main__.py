"""`python -m simulators.supplier`: the suppliers as a process."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from simulators.process import stop_on_signals
from simulators.supplier.behaviour import load
from simulators.supplier.office import Office
from simulators.supplier.state import State


def main() -> int:
    """Works until it is told to stop, or one round with `--once`."""
    parser = argparse.ArgumentParser(prog="simulators.supplier", description=__doc__)
    parser.add_argument("--mailboxes", type=Path, help="folder with one folder per supplier code (in, out, archive)")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file with all that the suppliers remember")
    parser.add_argument("--behaviours", type=Path, help="JSON: supplier code (or *) → behaviours")
    parser.add_argument("--delay", type=float, default=5.0, help="base of the pauses between answers, in seconds")
    parser.add_argument(
        "--first-number",
        type=int,
        default=1,
        help="where the suppliers' counters begin (control, order, invoice numbers)",
    )
    parser.add_argument("--poll", type=float, default=0.5, help="seconds between two looks into the mailboxes")
    parser.add_argument("--once", action="store_true", help="do all that is due, then stop")
    parser.add_argument("--stats", action="store_true", help="print what was received and sent as JSON, then stop")
    parser.add_argument("--quiet", action="store_true", help="say nothing but ready")
    options = parser.parse_args()
    state = State(options.state, options.first_number)
    if options.stats:
        print(json.dumps(state.stats()))
        return 0
    if options.mailboxes is None:
        parser.error("--mailboxes is needed")
    try:
        behaviours = load(options.behaviours)
    except (OSError, ValueError) as fault:
        parser.error(str(fault))
    stop = stop_on_signals()
    office = Office(options.mailboxes, state, behaviours, options.delay, verbose=not options.quiet)
    print(f"ready supplier {options.mailboxes}", flush=True)
    while not stop.is_set():
        done = office.work(stop)
        if options.once and not done:
            break
        if not done:
            stop.wait(options.poll)
    return 0


if __name__ == "__main__":
    sys.exit(main())
