"""`manage.py seed_demo`: the demo hospital network and three months of its business, into an empty database."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.models import User
from integrations.services.history import messages_release
from portal.demo.clock import Clock, travelling
from portal.demo.history import History
from portal.demo.load_catalogue import load_contracts, load_items, load_suppliers
from portal.demo.load_clients import load_clients
from portal.demo.load_network import load_people, load_places
from portal.demo.load_partners import load_partners
from portal.demo.load_rules import load_budgets, load_policies, load_tolerances
from portal.demo.load_stock import load_stock
from portal.demo.opening import write_openings

DAYS = 90
"""How far back the history begins."""


class Command(BaseCommand):
    help = "Load the demo hospital network and three months of its business into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--roads", type=int, default=180, help="how many requisitions are made, besides the special ones"
        )
        parser.add_argument("--openings", type=Path, help="folder for what the demo's ERPs have from before")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo network is not for production. Set PORTAL_DEMO=1 to load it.")
        if User.objects.exists():
            raise CommandError("This database is not empty. Start over with: make reset")
        began = time.monotonic()
        with travelling() as clock:
            self._masters(clock)
            _learn()
            history = History(clock, begins=clock.end - timedelta(days=DAYS), roads=options["roads"])
            self._step("three months of business", lambda: history.live(self._tell))
            clock.set(clock.end)
            if options["openings"]:
                self._step("orders for the demo's ERPs", lambda: write_openings(options["openings"]))
        messages_release()
        _learn()
        self._say(f"The demo network is loaded ({time.monotonic() - began:.0f} s).")

    def _masters(self, clock: Clock) -> None:
        today, begins = clock.end.date(), clock.end - timedelta(days=DAYS)
        clock.set(begins - timedelta(days=1))
        self._step("hospitals and their places", load_places)
        self._step("people and their roles", lambda: load_people(today))
        self._step("items, packagings, substitutes", load_items)
        self._step("suppliers and their offers", load_suppliers)
        self._step("contracts", lambda: load_contracts(today))
        self._step("policies, tolerances, budgets", lambda: self._rules(clock))
        self._step("ERPs and EDI partners", lambda: load_partners(today))
        self._step("API clients", load_clients)
        self._step("opening stock", lambda: load_stock(today))

    def _rules(self, clock: Clock) -> None:
        load_policies(clock.end)
        load_tolerances(clock.end.date())
        load_budgets(clock.end, clock.end - timedelta(days=DAYS))

    def _step(self, what: str, act: Callable[[], object]) -> None:
        began = time.monotonic()
        act()
        self._say(f"  {what:<34}{time.monotonic() - began:5.1f} s")

    def _tell(self, share: float, words: str) -> None:
        _learn()
        self._say(f"    {share:4.0%}  {words}")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def _learn() -> None:
    """Tell the planner about tables that were empty a moment ago; compiling plans never pays for statements this small."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        cursor.execute("ANALYZE")
