"""`manage.py demo_credentials`: who may sign in to the demo, and one API client per role."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.models import User
from masterdata.models import Role, RoleGrant
from portal.api.scopes import READ, WRITERS
from portal.demo.accounts import DEMO_DOMAIN, DEMO_PASSWORD, demo_people
from portal.demo.load_clients import client_id, client_secret


class Command(BaseCommand):
    help = "Print the demo's people (e-mail, password, roles) and one API client per role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="everybody, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("There are no demo credentials in production.")
        people = _people()
        if not people:
            raise CommandError("The demo network is not loaded. Load it with: manage.py seed_demo")
        answer = {"base_url": _base_url(), "people": people, "clients": _clients()}
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) if options["json"] else _table(answer))


def _base_url() -> str:
    return os.environ.get("PORTAL_URL") or f"http://localhost:{os.environ.get('PORT', '8000')}"


def _people() -> list[dict[str, Any]]:
    """Everybody, beginning with one person per role: whoever does little else."""
    first = [user.pk for _, user in demo_people()]
    grants: dict[int, list[RoleGrant]] = {}
    for grant in RoleGrant.objects.select_related("facility").order_by("id"):
        grants.setdefault(grant.user_id, []).append(grant)
    users = User.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True).order_by("pk")
    ordered = sorted(users, key=lambda user: (first.index(user.pk) if user.pk in first else len(first), user.pk))
    return [
        {
            "name": user.name, "title": user.title, "email": user.email, "password": DEMO_PASSWORD,
            "initials": "".join(word[0] for word in user.name.split()[:2]).upper(),
            "roles": [
                {"role": g.role, "facility": g.facility.code if g.facility else None} for g in grants.get(user.pk, [])
            ],
        }
        for user in ordered
    ]  # fmt: skip


def _clients() -> list[dict[str, Any]]:
    return [
        {
            "role": role.value, "client_id": client_id(role.value), "client_secret": client_secret(role.value),
            "scopes": [*READ, "process:write"] if role in WRITERS else READ,
        }
        for role in Role
    ]  # fmt: skip


def _table(answer: dict[str, Any]) -> str:
    people = [
        (
            person["name"],
            ", ".join(dict.fromkeys(r["role"].replace("_", " ") for r in person["roles"])),
            person["email"],
        )
        for person in answer["people"]
    ]
    clients = [(c["role"].replace("_", " "), c["client_id"], c["client_secret"]) for c in answer["clients"]]
    return "\n".join(
        [
            f"People (password of everybody: {DEMO_PASSWORD})", "", *_columns(people), "",
            f"API clients (POST {answer['base_url']}/oauth/token, grant_type=client_credentials)", "", *_columns(clients),
        ]
    )  # fmt: skip


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return [
        "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
