"""`manage.py doctor`: is everything around the portal as it must be? Exit code 1 with what to do where it is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.secrets import SecretUnreadable
from integrations.models import Endpoint, Heartbeat
from integrations.services.restore import AHEAD, restore_hold
from integrations.watching import silences

KEEPS = "noeviction"


class Command(BaseCommand):
    help = (
        "Checks Redis, migrations, keys and signs of life. --after-restore: holds all sending, asks before anything is sent, and "
        "leaves out the numbers that may have been used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--after-restore", action="store_true", help="the database was restored from a backup")
        parser.add_argument(
            "--numbers-ahead", type=int, default=AHEAD, metavar="N",
            help="after a restore: how many document and control numbers may have been handed out in the lost time, at most",
        )  # fmt: skip

    def handle(self, *_: Any, **options: Any) -> None:
        if options["after_restore"]:
            held = restore_hold(ahead=max(options["numbers_ahead"], 0))
            for line in held.references:
                self.stdout.write(line)
            self.stdout.write(
                f"{held.endpoints} endpoints are paused, {held.messages} messages will be asked about before they are sent. "
                "Compare the list with the other systems, then resume each endpoint on its page."
            )
        found = list(problems())
        for words in found:
            self.stderr.write(words)
        self.stdout.write(f"{len(found)} problems." if found else "Everything is as it must be.")
        if found:
            sys.exit(1)


def problems() -> Iterator[str]:
    """What is wrong, and what to do about it."""
    yield from _redis()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield "The database lacks migrations: run manage.py migrate."
    for endpoint in Endpoint.objects.order_by("code"):
        for name in endpoint.secrets:
            try:
                endpoint.secret(name)
            except SecretUnreadable as fault:
                yield str(fault)
    if not Heartbeat.objects.exists():
        yield "The queues were never swept: start beat and a worker."
    for silence in silences():
        yield f"Nothing was heard of {silence.name} since {silence.since:%Y-%m-%d %H:%M} UTC: look at beat and the workers."


def _redis() -> Iterator[str]:
    try:
        with redis.Redis.from_url(settings.REDIS_CLIENT_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", KEEPS)
    except (redis.RedisError, OSError) as fault:
        yield f"Redis does not answer ({fault}): people can work, messages leave with the next sweep that comes through."
        return
    if policy != KEEPS:
        yield f"Redis forgets when it is full (maxmemory-policy {policy}): set it to {KEEPS}."
