"""A storm over the whole portal: documents flow while processes are killed, PostgreSQL crashes, Redis is emptied and the ERP lies.

Afterwards it is counted inside the outside systems: nothing lost, nothing doubled. The ERP does not check references, so that a
double would show. Run it with `make chaos`, or `python -m tests.chaos.storm --documents 600 --kills 12 --seed 7`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from benchmarks.harness import database, server

PER_ORDER = 10
"""Documents an order leads to: it and its receipt and voucher to the ERP, it to the supplier, 997s both ways, 855, 856, 810."""
QUIET = 4
LATEST = 1.5
"""Seconds: the ERP's worst late acceptance, and how long we wait before we ask."""
HOSTILE = ("drop_answer", "drop_request", "late", "html", "schema_change", "fail", "rate_limit", "slow")
T = TypeVar("T")


@dataclass
class Plan:
    """What is to happen. `hostile` is the share of ERP requests that go wrong."""

    documents: int
    kills: int
    crashes: int
    losses: int
    seed: int
    hostile: float = 0.10
    orders: int = field(init=False)

    def __post_init__(self) -> None:
        self.orders = max(1, self.documents // PER_ORDER)

    def blows(self, dice: random.Random) -> list[str]:
        """Every blow, in an order the seed decides. Most hit pool children; each other process gets its share."""
        others = [name for name in ("worker", "beat", "web") for _ in range(max(1, self.kills // 16))]
        blows = [*others, *["child"] * max(0, self.kills - len(others))]
        blows += ["postgres"] * self.crashes + ["redis"] * self.losses
        dice.shuffle(blows)
        return blows


def retrying(act: Callable[[], T], seconds: float = 60.0) -> T:
    """A person presses again when the portal was away."""
    from django.db import InterfaceError, OperationalError, connection

    ends = time.monotonic() + seconds
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError, httpx.TransportError) as fault:
            connection.close()
            if time.monotonic() > ends:
                raise AssertionError(f"Not within {seconds:.0f} s: {fault}") from fault
            time.sleep(0.1)


class Storm:
    """One run."""

    def __init__(self, plan: Plan, home: Path) -> None:
        from masterdata.models import Role
        from masterdata.selectors import actor_for
        from tests.factories import make_network, make_user
        from tests.flows.clients import api_clients
        from tests.flows.stack import Stack
        from tests.integrations.world import World
        from tests.simulators.companies import TOKEN, Mailbox

        self.plan, self.dice = plan, random.Random(plan.seed)
        self.blows, self.struck = plan.blows(self.dice), Counter[str]()
        self.stack = Stack(home)
        self.stack.commands["erp"] += ["--unique-reference", "off"]
        self.world = World(
            make_network(), None, self.stack.mailboxes, base_url=self.stack.erp_url, quiet_seconds=QUIET, token=TOKEN,
            config={"deadline_seconds": 1},
        )  # fmt: skip
        self.mailbox = Mailbox(self.stack.mailboxes, "ACME")
        self.support = actor_for(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))
        self.client = next(each for each in api_clients() if each["role"] == "approver")
        self.token = ""

    # --- what people do -----------------------------------------------------------------------------------------------

    def order(self, number: int) -> None:
        """Request by service, approve over HTTP (and again, under the same key, when the web was killed), receive.

        Every order is for another quantity: two bills of one amount look like one billed twice.
        """
        from procurement.models import ApprovalStep, PurchaseOrder
        from tests import road

        # between what is approved by itself and what two people have to approve
        wanted = [road.line(self.world.net, quantity=str(10 + number % 500))]
        wanted += [road.line(self.world.net, "SUTURE", quantity=str(n + 1)) for n in range(number // 500)]
        row = retrying(lambda: road.submitted(self.world.net, *wanted))
        step = retrying(lambda: ApprovalStep.objects.get(requisition=row, state="pending"))
        key = f"approve-{step.pk}"
        retrying(lambda: self._approve(step.pk, key))
        order = retrying(lambda: PurchaseOrder.objects.get(requisition=step.requisition_id))
        retrying(lambda: self._receive(order.number))

    def _receive(self, number: str) -> None:
        from procurement.models import PurchaseOrderLine
        from procurement.rules.receipt_check import ReceivedLine
        from procurement.services.receipts import receipt_post

        rows = PurchaseOrderLine.objects.filter(order__number=number)
        lines = rows.values_list("line_number", "quantity", "item__lot_tracked")
        receipt_post(
            actor=self.world.net.actor("receiver@NORTH"), order_number=number, key=f"receive-{number}",
            lines=[
                ReceivedLine(
                    line_number=line, quantity=quantity, lot=f"L{number}" if tracked else "",
                    expiry=date.today() + timedelta(days=900) if tracked else None,
                )
                for line, quantity, tracked in lines
            ],
        )  # fmt: skip

    def _approve(self, step: int, key: str) -> None:
        answer = self._http("POST", f"/api/v1/process/approvals/{step}/decide", {"decision": "approve"}, key)
        if answer.status_code >= 500 or (answer.status_code == 409 and "in_progress" in answer.text):
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        assert answer.status_code == 200, answer.text

    def _http(self, method: str, path: str, body: Any, key: str) -> httpx.Response:
        if not self.token:
            given = {name: self.client[name] for name in ("client_id", "client_secret")}
            answer = httpx.post(
                f"{self.stack.url}/oauth/token", data={"grant_type": "client_credentials", **given}, timeout=20
            )
            if answer.status_code != 200:
                raise httpx.TransportError(f"no token: {answer.status_code}")
            self.token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return httpx.request(method, self.stack.url + path, json=body, headers=headers, timeout=20)

    def look_after(self) -> None:
        """Integration support repairs what needs a person; and time passes, but never a quiet period."""
        from core.errors import Conflict
        from integrations.models import Endpoint, OutboundMessage
        from integrations.services.replay import message_replay

        for pk in OutboundMessage.objects.filter(state="dead").values_list("pk", flat=True):
            with contextlib.suppress(Conflict):
                message_replay(actor=self.support, message_id=pk, reason="the storm is over")
        from django.utils import timezone

        now = timezone.now()
        calm = OutboundMessage.objects.filter(state__in=["retry", "unknown"], due_at__gt=now).exclude(
            attempts__finished_at__gt=now - timedelta(seconds=QUIET + 1)
        )
        calm.update(due_at=now)
        Endpoint.objects.filter(circuit_open_until__gt=now + timedelta(seconds=1)).update(circuit_open_until=now)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def supervise(self) -> None:
        """What the launcher or the container's restart policy does: what ended is started again."""
        for name in [name for name, process in self.stack.running.items() if process.poll() is not None]:
            self._process(name)

    def strike(self) -> None:
        self.supervise()
        blow = self.blows.pop()
        self.struck[blow] += 1
        {"child": self._child, "postgres": self._postgres, "redis": self._redis}.get(
            blow, lambda: self._process(blow)
        )()

    def _process(self, name: str) -> None:
        self.stack.kill(name)
        self.stack.start(name)

    def _child(self) -> None:
        pid = self.stack.running["worker"].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            # the worker is only just starting: it is hit instead
            self._process("worker")
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(self.dice.choice(children)), signal.SIGKILL)

    def _postgres(self) -> None:
        """kill -9 of a backend: PostgreSQL ends every session and recovers from its log."""
        from django.db import connection

        def victim() -> int:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database()"
                    " ORDER BY pid = pg_backend_pid(), random() LIMIT 1"
                )
                return int(cursor.fetchone()[0])

        os.kill(retrying(victim), signal.SIGKILL)

    def _redis(self) -> None:
        self.stack.broker_stop()
        self.stack.broker_start()

    def lie(self) -> None:
        """The ERP misbehaves at its next request of some kind."""
        if self.dice.random() < self.plan.hostile * 3:
            # an order makes three requests, so one in ten of them goes wrong
            mode = self.dice.choice(HOSTILE)
            seconds = {"late": LATEST, "slow": 1.3, "rate_limit": 1, "fail": 0}.get(mode, 0)
            with contextlib.suppress(AssertionError, httpx.TransportError):
                self.stack.erp("POST", "/_control", {"mode": mode, "method": "POST", "seconds": seconds, "count": 1})

    # --- the run ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        self.stack.start()
        self.stack.ready()
        every = len(self.blows) / self.plan.orders
        owed = 0.0
        for number in range(self.plan.orders):
            self.order(number)
            self.lie()
            owed += every
            while owed >= 1 and self.blows:
                self.strike()
                owed -= 1
        while self.blows:
            self.strike()

    def drain(self, seconds: float) -> None:
        """Until everything that left has arrived and everything that came was used."""
        self.stack.until(lambda: retrying(self._calm), "everything told", seconds)

    def _calm(self) -> bool:
        from integrations.models import InboundMessage, OutboundMessage
        from procurement.models import Invoice

        self.supervise()
        self.look_after()
        time.sleep(0.3)
        return not (
            OutboundMessage.objects.exclude(state__in=["delivered", "cancelled"]).exists()
            or InboundMessage.objects.filter(state__in=["received", "parked"]).exists()
            or Invoice.objects.filter(status="approved").exists()
            or self.mailbox.stats()["pending"]
        )

    def verdict(self) -> dict[str, Any]:
        """What the outside systems have, against what we know."""
        from integrations.models import Attempt, InboundMessage, OutboundMessage
        from procurement.models import Invoice, PurchaseOrder, Receipt

        theirs = self.stack.erp("GET", "/_stats?references=1")
        ours = {
            "purchase_orders": set(PurchaseOrder.objects.values_list("number", flat=True)),
            "receipts": set(Receipt.objects.values_list("number", flat=True)),
            "vouchers": set(Invoice.objects.filter(status__in=["posted", "paid"]).values_list("number", flat=True)),
        }
        lost: list[str] = []
        doubled: list[str] = []
        for kind, known in ours.items():
            counted = theirs[kind]["by_reference"]
            lost += sorted(known - counted.keys())
            doubled += sorted(reference for reference, times in counted.items() if times > 1)
            doubled += sorted(counted.keys() - known)
        supplier = self.mailbox.stats()
        orders = len(ours["purchase_orders"])
        if supplier["orders"] != orders:
            lost.append(f"supplier has {supplier['orders']} of {orders} orders")
        doubled += supplier["repeated_orders"]
        verified = self.stack.manage("verify", "--json")
        outcomes = Counter(Attempt.objects.values_list("outcome", flat=True))
        return {
            "seed": self.plan.seed, "orders": orders, "documents": OutboundMessage.objects.count()
            + InboundMessage.objects.filter(parent__isnull=False).count(),
            "vouchers": len(ours["vouchers"]), "blows": dict(self.struck), "tries": dict(outcomes), "lost": lost,
            "doubled": doubled, "verify": [v["id"] for v in json.loads(verified.stdout)["violations"]],
        }  # fmt: skip


@contextlib.contextmanager
def storm(plan: Plan) -> Iterator[Storm]:
    """A storm over servers of its own; they are gone afterwards."""
    with server(), database(), tempfile.TemporaryDirectory(prefix="storm-") as home:
        _keep_commits()
        run = Storm(plan, Path(home))
        try:
            yield run
        finally:
            run.stack.stop()
            from django.db import connection

            retrying(connection.ensure_connection)


def _keep_commits() -> None:
    """The servers of tests forget commits when they crash, for speed: here what is committed must last."""
    from django.db import connection
    from psycopg import sql

    with connection.cursor() as cursor:
        name = sql.Identifier(connection.settings_dict["NAME"])
        cursor.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))
    connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--crashes", type=int, default=10, help="of PostgreSQL")
    parser.add_argument("--losses", type=int, default=10, help="of everything in Redis")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--drain", type=float, default=300.0, help="most seconds to drain afterwards")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    plan = Plan(options.documents, options.kills, options.crashes, options.losses, options.seed)
    with storm(plan) as run:
        run.run()
        print(f"{plan.orders} orders made after {time.monotonic() - began:.0f} s", flush=True)
        run.drain(options.drain)
        found = run.verdict()
    found["seconds"] = round(time.monotonic() - began)
    print(json.dumps(found, indent=1))
    good = not (found["lost"] or found["doubled"] or found["verify"])
    print("Nothing lost, nothing doubled." if good else "THE STORM DID DAMAGE: see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
