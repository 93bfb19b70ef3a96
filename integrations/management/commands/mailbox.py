"""`manage.py mailbox`: what a transport has to be told, the host keys of an SFTP server, and whether a mailbox can be used.

Exit codes: 0 fine, 1 the mailbox cannot be used, 2 refused or not possible.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import Invalid, NotFound
from integrations.models import Endpoint
from integrations.remote import Outcome
from integrations.services.mailboxes import TRANSPORTS, mailbox_host_keys, transport_described
from integrations.services.probes import endpoint_probe
from integrations.services.pushes import push_secret_make


class Command(BaseCommand):
    help = "Describe transports, show the host keys of an SFTP server, and check the mailbox of an endpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        described = acts.add_parser("settings", help="what a transport has to be told, and what it promises")
        described.add_argument("transport", choices=sorted(TRANSPORTS))
        described.add_argument("--json", action="store_true", help="answer in JSON")
        keys = acts.add_parser("host-keys", help="what an SFTP server shows, to compare with what the partner says")
        keys.add_argument("host")
        keys.add_argument("--port", type=int, default=22)
        keys.add_argument("--internal", action="store_true", help="the host may be in a private network")
        check = acts.add_parser("check", help="whether the mailbox of an endpoint can be used now")
        check.add_argument("endpoint", help="code of the endpoint, for example edi-acme")

        push = acts.add_parser(
            "push-secret", help="make the secret a partner signs its pushes with; the one before counts on"
        )
        push.add_argument("endpoint", help="code of the partner's endpoint")
        push.add_argument("--end-before", action="store_true", help="make none: from now on only the newest counts")

    def handle(self, *_args: object, **options: Any) -> None:
        acts = {
            "settings": self._settings,
            "host-keys": self._host_keys,
            "check": self._check,
            "push-secret": self._push,
        }
        acts[options["act"]](options)

    def _push(self, options: Any) -> None:
        try:
            made = push_secret_make(endpoint=options["endpoint"], end_before=options["end_before"])
        except NotFound as fault:
            raise CommandError(str(fault), returncode=2) from fault
        if made:
            self.stdout.write(made)
            self.stderr.write(
                f"Tell the partner by a safe way; it is shown once. They post to {settings.PUBLIC_URL}/in/{options['endpoint']}."
            )
        else:
            self.stderr.write("Only the newest secret counts now.")

    def _settings(self, options: Any) -> None:
        described = transport_described(options["transport"])
        if options["json"]:
            self.stdout.write(json.dumps(described, indent=2))
            return
        self.stdout.write(f"{described['words']}\n")
        for setting in described["settings"]:
            marks = ", ".join(word for word in ("required", "secret") if setting[word])
            self.stdout.write(f"  {setting['name']:<16} {setting['label']}{marks and f' ({marks})'}")
            for name in ("help", "default", "example"):
                if setting[name]:
                    self.stdout.write(f"  {'':<16} {name}: {setting[name]}")

    def _host_keys(self, options: Any) -> None:
        host = options["host"]
        try:
            keys = mailbox_host_keys(
                host=host, port=options["port"], internal_hosts=host if options["internal"] else ""
            )
        except Invalid as fault:
            raise CommandError(str(fault), returncode=2) from fault
        self.stdout.write("\n".join(keys))
        self.stderr.write("Compare with what the partner gave you by another way before you enter a line as host key.")

    def _check(self, options: Any) -> None:
        endpoint = Endpoint.objects.filter(code=options["endpoint"], adapter__in=TRANSPORTS).first()
        if endpoint is None:
            raise CommandError(f"No mailbox has the code {options['endpoint']!r}.", returncode=2)
        answer = endpoint_probe(endpoint)
        if answer.outcome != Outcome.FOUND:
            raise CommandError(answer.detail, returncode=1)
        self.stdout.write(f"The mailbox of {endpoint} can be used.")
