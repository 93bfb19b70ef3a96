"""What machines see: metrics, signs of life, spans."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.models import User
from integrations.models import Heartbeat
from integrations.services.heartbeats import heartbeat
from procurement.models import ApprovalStep, PurchaseOrder
from tests import road
from tests.integrations.conftest import connect, world
from tests.integrations.world import World

__all__ = ["connect", "world"]


def test_metrics_tell_queues_tries_and_circuits(world: World, client: Client) -> None:
    world.order()
    world.deliver()
    world.order()
    text = client.get("/metrics").content.decode()
    assert 'portal_outbox_messages{endpoint="erp-main",state="queued"} 1.0' in text
    assert 'portal_outbox_attempts_total{endpoint="erp-main",outcome="delivered"} 1.0' in text
    assert 'portal_endpoint_circuit_open{endpoint="erp-main"} 0.0' in text
    assert 'portal_outbox_oldest_seconds{endpoint="erp-main"}' in text


@pytest.mark.django_db
def test_metrics_are_for_who_brings_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "let me in"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer let me out"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer let me in"}).status_code == 200


@pytest.mark.django_db
def test_without_a_token_metrics_are_for_this_machine_only(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 401
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200


@pytest.mark.django_db
def test_the_dead_mans_switch(client: Client) -> None:
    assert client.get("/health/beat").status_code == 503
    heartbeat("sweep", every=10)
    assert client.get("/health/beat").json() == {"status": "ok", "silent": []}
    Heartbeat.objects.update(beaten_at=timezone.now() - timedelta(seconds=30))
    answer = client.get("/health/beat")
    assert (answer.status_code, answer.json()["silent"][0]["name"]) == (503, "sweep")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    # a provider that outlives its test starts a thread in every forked child, and no user namespace is made from there
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr("integrations.spans._tracer", provider.get_tracer("test"))
    monkeypatch.setattr("portal.telemetry._tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()
    monkeypatch.undo()
    del provider
    gc.collect()


def test_a_request_and_the_call_it_leads_to_are_one_trace(
    world: World, client: Client, spans: InMemorySpanExporter
) -> None:
    step = ApprovalStep.objects.get(requisition=road.submitted(world.net), state="pending")
    client.force_login(User.objects.get(pk=world.net.actor("approver@NORTH").user_id))
    client.post(reverse("approval-decide", args=[step.pk]), {"decision": "approve"})
    order = PurchaseOrder.objects.get(requisition=step.requisition_id)
    world.deliver()
    found = {span.name: span for span in spans.get_finished_spans()}
    route = next(name for name in found if name.startswith("POST "))
    for name in (route, "send purchase_order.create"):
        assert f"{found[name].context.trace_id:032x}" == order.trace_id
    told = found["send purchase_order.create"].attributes
    assert told is not None
    assert (told["portal.outcome"], told["portal.document"]) == ("delivered", order.number)
