"""The relay against the least that an outbox in PostgreSQL costs, in the same run.

Throughput: our relay with a channel to nobody, against a bare loop of `SELECT … FOR UPDATE SKIP LOCKED` and `UPDATE` in batches of
100, on the outbox itself and on a toy table of its own (one process, one connection, until the queue is empty). Ours also keeps
order per stream, counts tries before they run, freezes payloads, and keeps every try.
The outbox row's price: the business act that issues an order with its two messages, against the same without. Latency: from commit
to the first byte, through doorbell, broker and a worker. Pages: the queue page over MANY messages against over 10,000. Backlog: how
long an urgent order waits that comes behind 200,000 messages, at the same endpoint and at another one.
`BENCH_MESSAGES=5000000` sets the many.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.bench_road import Road, approve
from benchmarks.harness import BASE, Act, Report, measure
from benchmarks.listener import Listener
from core import events
from core.actors import Actor
from integrations import selectors
from integrations.models import Endpoint, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services import channels, delivery
from integrations.services.doorbell import ring_after_commit
from integrations.services.partners import erp_connect, supplier_connect
from integrations.services.payloads import payload_keep
from masterdata.models import Role
from masterdata.selectors import actor_for
from portal.wiring import HANDLERS
from procurement.events import PurchaseOrderIssued
from procurement.models import ApprovalStep
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import make_network, make_user
from tests.flows.stack import database_url

RELAYED = 20_000
MANY = int(os.environ.get("BENCH_MESSAGES", 1_000_000))
FEW = 10_000
BACKLOG = 200_000
LATENCY_RUNS = 60

# the share of messages by state of a busy network: two or three in a hundred are open
_FILL = """
INSERT INTO integrations_outboundmessage (endpoint_id, topic, document_kind, document_number, stream, key, urgent, state, due_at,
    attempt_count, cause, detail, remote_reference, trace_id, created_at, delivered_at)
SELECT %(endpoint)s, 'event.tell', 'event', 'F' || n, 'f:' || n, 'F' || n, false,
       CASE WHEN n %% 1000 < 975 THEN 'delivered' WHEN n %% 1000 < 990 THEN 'queued' WHEN n %% 1000 < 995 THEN 'retry'
            WHEN n %% 1000 < 998 THEN 'dead' ELSE 'unknown' END,
       now() + interval '1 day', 1, CASE WHEN n %% 1000 >= 995 THEN 'permanent' ELSE '' END,
       CASE WHEN n %% 1000 >= 995 THEN 'unknown supplier 4711' ELSE '' END, 'R' || n, md5(n::text), now() - n * interval '1 second', now()
FROM generate_series(%(first)s, %(last)s) AS n
"""


class Nobody:
    """A channel to nobody, which takes everything at once."""

    def open(self, messages: Any) -> None:
        """Nothing to look up."""

    def prepare(self, messages: Any) -> dict[int, channels.Prepared | None]:
        return {m.pk: channels.Prepared(b'{"number": "%d"}' % m.pk, "application/json") for m in messages}

    def send(self, message: OutboundMessage, payload: bytes) -> Answer:
        return Answer(outcome=Outcome.DELIVERED, reference=message.key)

    def find(self, message: OutboundMessage) -> Answer:
        return Answer(outcome=Outcome.MISSING)

    def probe(self) -> Answer:
        return Answer(outcome=Outcome.FOUND)

    def close(self) -> None:
        """Nothing was opened."""


def run(report: Report) -> None:
    _relay(report)
    _price(report)
    _pages(report)
    _backlog(report)
    _latency(report)


def _endpoint(code: str) -> Endpoint:
    return Endpoint.objects.create(code=code, name=code, kind="erp", adapter="nobody", duplicates="server_unique")


def _relay(report: Report) -> None:
    there = _endpoint("bench-relay")
    # an empty table has misleading statistics: the first messages are not measured
    _queue(there, "warm", 1000)
    _drain(there)
    spent: dict[str, list[float]] = {"ours": [], "same": [], "toy": []}
    for turn in range(3):
        spent["toy"].append(_toy_loop())
        _queue(there, f"same{turn}", RELAYED)
        spent["same"].append(_bare_loop("integrations_outboundmessage"))
        _queue(there, f"ours{turn}", RELAYED)
        spent["ours"].append(_drain(there))
    assert not OutboundMessage.objects.filter(endpoint=there).exclude(state="delivered").exists()
    rate = {name: RELAYED / statistics.median(seconds) for name, seconds in spent.items()}
    report.add("bare loop on a table of its own", rate["toy"], "messages per s")
    report.add("bare loop on the outbox", rate["same"], "messages per s")
    for name, to, limit in (
        ("same", "bare loop on the outbox", 1 / 0.25),
        ("toy", "bare loop on a table of its own", None),
    ):
        report.add(
            "relay, turned round", rate["ours"], "messages per s", ratio=rate[name] / rate["ours"], to=to, limit=limit
        )


def _queue(there: Endpoint, prefix: str, number: int) -> None:
    now = timezone.now()
    OutboundMessage.objects.bulk_create(
        OutboundMessage(
            endpoint=there, topic="event.tell", document_kind="event", document_number=f"{prefix}-{n}",
            stream=f"{prefix}-{n}", key=f"{prefix}-{n}", trace_id="0" * 31 + "1", due_at=now,
        )
        for n in range(number)
    )  # fmt: skip
    _vacuum()


def _drain(there: Endpoint) -> float:
    with mock.patch.object(delivery, "channel_for", return_value=Nobody()):
        began = time.perf_counter()
        while delivery.endpoint_deliver(there.pk):
            pass
        return time.perf_counter() - began


def _toy_loop() -> float:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_outbox")
        cursor.execute("CREATE TABLE bench_outbox (id bigserial PRIMARY KEY, key text, state text, due_at timestamptz)")
        cursor.execute("CREATE INDEX ON bench_outbox (due_at) WHERE state = 'queued'")
        cursor.execute(
            "INSERT INTO bench_outbox (key, state, due_at) SELECT md5(n::text), 'queued', now() FROM generate_series(1, %s) n",
            [RELAYED],
        )
    _vacuum()
    return _bare_loop("bench_outbox")


def _bare_loop(table: str) -> float:
    """Seconds that the barest relay takes for the messages that are queued."""
    began = time.perf_counter()
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, key FROM {table} WHERE state = 'queued' AND due_at <= now() ORDER BY due_at "
                "LIMIT 100 FOR UPDATE SKIP LOCKED"
            )
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return time.perf_counter() - began
            cursor.execute(f"UPDATE {table} SET state = 'delivered' WHERE id = ANY(%s)", [ids])


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _price(report: Report) -> None:
    """Issue an order with and without telling anybody."""
    net = make_network()
    erp_connect(
        code="bench-erp", name="ERP", base_url="http://127.0.0.1:9", token="none", facilities=net.facilities.values(),
        starts_on=date(2020, 1, 1),
    )  # fmt: skip
    supplier_connect(supplier=net.suppliers["ACME"], our_id="HOSPITAL")
    actors: dict[str, Actor] = {"approver": net.actor("approver@NORTH")}
    road = Road(net, {}, actors, lines=0)

    from procurement.models import ApprovalStep

    def step() -> ApprovalStep:
        row = requisition_create(
            actor=net.actor("requester@NORTH"), facility=net.facilities["NORTH"], location=net.locations["NORTH-OR"],
            cost_center=net.cost_centers["NORTH"],
            lines=[LineInput(item_id=net.items["GLOVE"].pk, quantity=Decimal(10), unit="BX")],
        )  # fmt: skip
        requisition_submit(actor=net.actor("requester@NORTH"), number=row.number, confirm=True)
        return ApprovalStep.objects.get(requisition=row, state="pending")

    def silently(given: ApprovalStep) -> None:
        events.install({**HANDLERS, PurchaseOrderIssued: ()})
        try:
            approve(road, given)
        finally:
            events.install(HANDLERS)

    assert HANDLERS[PurchaseOrderIssued]
    with_rows, without = measure(Act(lambda given: approve(road, given), step), Act(silently, step), repeats=40, warm=5)
    report.add(
        "business transaction with its outbox rows", with_rows.wall_ms, "ms",
        ratio=with_rows.wall_ms / without.wall_ms, to="the same without", limit=1 / 0.7,
    )  # fmt: skip


def _fill(there: Endpoint, first: int, last: int) -> None:
    """Rows as a busy network has them, with the database's own generator: faster than any copy."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"endpoint": there.pk, "first": first, "last": last})
    _vacuum()


def _pages(report: Report) -> None:
    actor = actor_for(make_user("bench-support@network", (Role.INTEGRATION_SUPPORT, None)))
    there = _endpoint("bench-pages")
    pages = {
        "newest": lambda: selectors.outbound_list(actor).rows,
        "dead letters": lambda: selectors.outbound_list(actor, state="dead").rows,
        "one endpoint": lambda: selectors.outbound_list(actor, endpoint="bench-pages").rows,
        "counts": lambda: selectors.counted(actor, "out"),
        "due": lambda: delivery.endpoints_due(),
    }
    _fill(there, 1, FEW)
    few = {name: measure(Act(lambda _, page=page: page()), repeats=15)[0] for name, page in pages.items()}
    _fill(there, FEW + 1, MANY)
    for name, page in pages.items():
        many = measure(Act(lambda _, page=page: page()), repeats=15)[0]
        report.add(
            f"queue, {name}, {MANY:,} messages", many.cpu_ms, "ms cpu", ratio=many.cpu_ms / few[name].cpu_ms,
            to=f"{FEW:,}", limit=1.5,
        )  # fmt: skip


def _backlog(report: Report) -> None:
    """The endpoints' turns as workers take them, with a channel to nobody."""
    flooded, beside = _endpoint("bench-flooded"), _endpoint("bench-beside")
    for first in range(0, BACKLOG, RELAYED):
        _queue(flooded, f"flood-{first}", RELAYED)
    for there, urgent, what in (
        (flooded, True, "an urgent order, same endpoint"),
        (beside, False, "an order of another endpoint"),
    ):
        message = OutboundMessage.objects.create(
            endpoint=there, topic="event.tell", document_kind="event", document_number=what, stream=what, key=what,
            trace_id="0" * 31 + "1", due_at=timezone.now(), urgent=urgent,
        )  # fmt: skip
        began = time.perf_counter()
        with mock.patch.object(delivery, "channel_for", return_value=Nobody()):
            while OutboundMessage.objects.filter(pk=message.pk).exclude(state="delivered").exists():
                for endpoint in delivery.endpoints_due():
                    delivery.endpoint_deliver(endpoint)
        waited = (time.perf_counter() - began) * 1000
        report.add(f"{what}, behind {BACKLOG:,} messages", waited, "ms", limit=60_000)


@contextmanager
def _worker() -> Iterator[None]:
    log = Path(os.environ.get("TMPDIR", "/tmp")) / "bench-relay-worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "portal", "worker", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"],
            cwd=BASE, env={**os.environ, "DATABASE_URL": database_url()}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _latency(report: Report) -> None:
    """From commit to the first byte that arrives at a socket of ours, with an otherwise empty queue."""
    OutboundMessage.objects.filter(state__in=OutboundMessage.WAITING).update(state="cancelled")
    with Listener() as remote, _worker():
        there = Endpoint.objects.create(
            code="bench-latency", name="latency", kind="erp", adapter="rest_erp", duplicates="server_unique",
            config={"base_url": remote.url, "token": "none", "deadline_seconds": 5},
        )  # fmt: skip
        # the first ones wake everything up
        took = [_one(there, remote, n) for n in range(LATENCY_RUNS + 5)][5:]
    took.sort()
    report.add("commit to first byte, p50", took[len(took) // 2] * 1000, "ms")
    report.add("commit to first byte, p95", took[int(len(took) * 0.95)] * 1000, "ms", limit=1000)


def _one(there: Endpoint, remote: Any, n: int) -> float:
    with transaction.atomic():
        OutboundMessage.objects.create(
            endpoint=there, topic="receipt.post", document_kind="receipt", document_number=f"L{n}", stream=f"l:{n}", key=f"L{n}",
            trace_id="0" * 31 + "1", due_at=timezone.now(), payload=payload_keep(b'{"reference": "L%d"}' % n, "application/json"),
        )  # fmt: skip
        ring_after_commit([there.pk])
    began = time.perf_counter()
    arrived: float = remote.next(60.0)
    return arrived - began
