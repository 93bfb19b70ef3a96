"""`python -m simulators.mmis`: the MMIS as a process."""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal
from pathlib import Path

from simulators.mmis.office import Office
from simulators.process import stop_on_signals


def main() -> int:
    """Works until it is told to stop, or for one round."""
    parser = argparse.ArgumentParser(prog="simulators.mmis", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the shared folder: in, out, archive, error")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file with its books")
    parser.add_argument("--behaviours", type=Path, help="JSON: silent, blocked, release, mangled, damage, paid")
    parser.add_argument("--opening", type=Path, help="JSON: order files that it has from before, with their numbers")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two rounds")
    parser.add_argument("--once", action="store_true", help="one round, then end")
    parser.add_argument("--stats", action="store_true", help="print the books and end")
    parser.add_argument("--budget", help="COST-CENTER=AMOUNT: leave a budget file and end")
    parser.add_argument(
        "--masters", type=Path, help='JSON {"kind", "mode", "records"}: leave a file of masters and end'
    )
    options = parser.parse_args()
    office = Office(options.folder, options.state, options.behaviours)
    if options.opening and options.opening.exists():
        office.open_with(json.loads(options.opening.read_text("utf-8")))
    if options.stats:
        print(json.dumps(office.stats()))
    elif options.budget:
        code, _, amount = options.budget.partition("=")
        office.budget(code, Decimal(amount))
    elif options.masters:
        given = json.loads(options.masters.read_text("utf-8"))
        office.masters(given["kind"], given["mode"], given["records"])
    elif options.once:
        print(f"{office.round()} files")
    else:
        stop = stop_on_signals()
        print(f"ready mmis {options.folder}", flush=True)
        while not stop.wait(options.every):
            office.round()
    return 0


if __name__ == "__main__":
    sys.exit(main())
