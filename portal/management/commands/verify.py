"""`manage.py verify`: does everything hold that must always hold? Exit code 1 and the offending rows where it does not."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.invariants import Invariant, check
from integrations.invariants import INVARIANTS as INTEGRATIONS
from inventory.invariants import INVARIANTS as INVENTORY
from procurement.invariants import INVARIANTS as PROCUREMENT

INVARIANTS: tuple[Invariant, ...] = (*PROCUREMENT, *INVENTORY, *INTEGRATIONS)


class Command(BaseCommand):
    help = "Checks every invariant against one snapshot of the database; exits 1 if any is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--only", metavar="PREFIX", default="", help="only invariants whose id begins so")
        parser.add_argument("--seconds", type=int, default=300, help="most seconds per statement (default 300)")

    def handle(self, *_: Any, **options: Any) -> None:
        chosen = [invariant for invariant in INVARIANTS if invariant.id.startswith(options["only"])]
        began = time.monotonic()
        violations = check(chosen, seconds=options["seconds"])
        took = time.monotonic() - began
        broken = [v for v in violations if v.invariant.severity == "error"]
        if options["json"]:
            found = [
                {
                    "id": v.invariant.id,
                    "severity": v.invariant.severity,
                    "sentence": v.invariant.sentence,
                    "hint": v.invariant.hint,
                    "rows": v.rows,
                }
                for v in violations
            ]
            result = {"ok": not broken, "checked": len(chosen), "seconds": round(took, 3), "violations": found}
            self.stdout.write(json.dumps(result, default=str, indent=2))
        else:
            for v in violations:
                self.stdout.write(f"{v.invariant.severity.upper()} {v.invariant.id}: {v.invariant.sentence}")
                for row in v.rows:
                    self.stdout.write("    " + ", ".join(f"{name} {value}" for name, value in row.items()))
                self.stdout.write(f"  What to do: {v.invariant.hint}")
            verdict = f"{len(broken)} broken" if broken else "all hold"
            self.stdout.write(f"{len(chosen)} invariants checked in {took:.2f} s: {verdict}.")
        if broken:
            sys.exit(1)
