"""`manage.py keys`: which keys the credentials of endpoints are sealed with, and sealing them all with the newest."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.secrets import SecretUnreadable, newest_key_id
from integrations.services.credentials import credentials_by_key, credentials_rotate


class Command(BaseCommand):
    help = (
        "status: how many secrets each key seals. rotate: seal all with the newest key (put it first in SECRETS_KEYS)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("do", choices=["status", "rotate"])

    def handle(self, *_: Any, **options: Any) -> None:
        if options["do"] == "rotate":
            try:
                number = credentials_rotate()
            except SecretUnreadable as fault:
                self.stderr.write(f"Nothing was changed. {fault}")
                sys.exit(1)
            self.stdout.write(f"{number} endpoints sealed anew with key {newest_key_id()}.")
        for key, count in sorted(credentials_by_key().items()):
            newest = " (the newest)" if key == newest_key_id() else ""
            self.stdout.write(f"key {key or 'without a name'}{newest}: {count} secrets")
