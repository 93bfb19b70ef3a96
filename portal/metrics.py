"""`GET /metrics` for Prometheus. Read from the database, so that every process says the same, and restarts lose nothing."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from integrations import selectors


def metrics(request: HttpRequest) -> HttpResponse:
    """Queues, tries, circuits, alerts and signs of life. For who brings the token; without one, for this machine only."""
    if not _allowed(request):
        return HttpResponse("These metrics ask for a token.\n", status=401, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(_Queues())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    try:
        # behind a proxy everybody seems to be this machine: who forwards for others needs a token
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    except ValueError:
        return False
    return address.is_loopback and not request.headers.get("X-Forwarded-For")


class _Queues(Collector):
    def collect(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "portal_outbox_messages", "Messages that have not left.", labels=["endpoint", "state"]
        )
        oldest = GaugeMetricFamily(
            "portal_outbox_oldest_seconds", "Age of the oldest message that waits.", labels=["endpoint"]
        )
        tries = CounterMetricFamily("portal_outbox_attempts", "Tries to deliver.", labels=["endpoint", "outcome"])
        seconds = CounterMetricFamily(
            "portal_outbox_attempt_seconds", "Time spent on tries.", labels=["endpoint", "outcome"]
        )
        circuit = GaugeMetricFamily(
            "portal_endpoint_circuit_open", "1 while nothing is sent after failures.", labels=["endpoint"]
        )
        held = GaugeMetricFamily("portal_endpoint_held", "1 while paused or in maintenance.", labels=["endpoint"])
        inbox = GaugeMetricFamily(
            "portal_inbox_documents", "Documents that are not settled.", labels=["endpoint", "state"]
        )
        alerts = GaugeMetricFamily("portal_alerts_open", "Open alerts.", labels=["kind"])
        beats = GaugeMetricFamily("portal_heartbeat_age_seconds", "Since something last happened.", labels=["name"])
        found = selectors.gauges()
        for endpoint, state, number in found.outbox:
            depth.add_metric([endpoint, state], number)
        for endpoint, age in found.oldest:
            oldest.add_metric([endpoint], age)
        for endpoint, outcome, number, spent in found.tries:
            tries.add_metric([endpoint, outcome], number)
            seconds.add_metric([endpoint, outcome], spent)
        for endpoint, is_open, is_held in found.endpoints:
            circuit.add_metric([endpoint], is_open)
            held.add_metric([endpoint], is_held)
        for endpoint, state, number in found.inbox:
            inbox.add_metric([endpoint, state], number)
        for kind, number in found.alerts:
            alerts.add_metric([kind], number)
        for name, age in found.heartbeats:
            beats.add_metric([name], age)
        yield from (depth, oldest, tries, seconds, circuit, held, inbox, alerts, beats)
