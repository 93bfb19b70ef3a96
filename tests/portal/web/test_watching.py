"""Screens of integration support: differences, groups, alerts, one endpoint."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import User
from integrations.models import Alert, MaintenanceWindow, OutboundMessage
from integrations.services.alerts import alerts_check
from masterdata.models import Role, Supplier
from portal.web.replays import difference
from portal.web.watching import drain_words
from tests.factories import make_user
from tests.integrations.conftest import connect, world
from tests.integrations.test_replay import refused
from tests.integrations.world import World

__all__ = ["connect", "world"]


@pytest.fixture
def client(db: None) -> Client:
    signed_in = Client()
    user: User = make_user("support@network", (Role.INTEGRATION_SUPPORT, None))
    signed_in.force_login(user)
    return signed_in


def test_the_difference_is_shown_before_anything_is_sent(world: World, client: Client) -> None:
    message = refused(world)
    Supplier.objects.filter(code="ACME").update(code="ACME-NEW")
    page = client.get(reverse("message-difference", args=[message.pk]))
    text = page.content.decode()
    assert text.count("diff-old") == 1
    assert "ACME-NEW" in text
    posted = {"how": "rebuilt", "shown": page.context["rebuilt_digest"], "reason": "renamed"}
    assert client.post(reverse("message-replay", args=[message.pk]), posted).status_code == 302
    assert OutboundMessage.objects.get(pk=message.pk).state == "queued"
    again = client.post(reverse("message-replay", args=[message.pk]), posted)
    assert again.status_code == 409
    assert "already replayed by support@network" in again.content.decode()


def test_a_group_is_replayed_in_one_act(world: World, client: Client) -> None:
    for _ in range(3):
        refused(world)
    page = client.get(reverse("messages"))
    href = page.context["groups"][0]["href"]
    group = client.get(href)
    assert "3 dead letters" in group.content.decode()
    fields = dict(group.context["fields"])
    client.post(reverse("message-group-replay"), {**fields, "example": group.context["example"], "reason": "repaired"})
    assert OutboundMessage.objects.filter(endpoint=world.endpoint, state="queued").count() == 3


def test_an_endpoint_shows_its_pace_and_what_is_planned(world: World, client: Client) -> None:
    world.order()
    world.deliver()
    page = client.get(reverse("endpoint", args=["erp-main"]))
    assert page.context["throughput"]["series"][0]["values"][-1] >= 0
    assert "Nothing waits." in page.content.decode()
    planned = {
        "starts_at": "2030-01-06T02:00",
        "ends_at": "2030-01-06T04:00",
        "zone": "America/Chicago",
        "repeats": "weekly",
        "reason": "backup",
    }
    client.post(reverse("maintenance-plan", args=["erp-main"]), planned)
    window = MaintenanceWindow.objects.get()
    assert window.starts_at.isoformat() == "2030-01-06T08:00:00+00:00"
    assert "Every week" in client.get(reverse("endpoint", args=["erp-main"])).content.decode()
    client.post(reverse("maintenance-cancel", args=[window.pk]))
    window.refresh_from_db()
    assert window.cancelled_at is not None
    wrong = client.post(reverse("maintenance-plan", args=["erp-main"]), {**planned, "zone": "Mars/Olympus"})
    assert wrong.status_code == 422


def test_alerts_say_what_to_do_and_lead_there(world: World, client: Client) -> None:
    refused(world)
    alerts_check()
    page = client.get(reverse("alerts"))
    text = page.content.decode()
    assert "dead letters (1)" in text
    assert "replay all of them" in text
    assert client.get(page.context["groups"][0]["alerts"][0]["href"]).status_code == 200
    client.post(reverse("alert-take", args=[Alert.objects.get().pk]))
    text = client.get(reverse("alerts")).content.decode()
    assert "I look after it" not in text
    assert "support@network" in text
    OutboundMessage.objects.update(state="cancelled", due_at=timezone.now())
    alerts_check()
    assert "Nothing needs anybody" in client.get(reverse("alerts")).content.decode()


def test_the_flows_tell_where_documents_wait(world: World, client: Client) -> None:
    order = world.order()

    def waits() -> dict[str, int]:
        return {
            hop["name"]: int(hop["waiting"])
            for flow in client.get(reverse("flows")).context["flows"]
            for hop in flow["hops"]
        }

    first = waits()
    assert (first["To be told to the ERP"], first["To be told to the supplier"]) == (1, 1)
    world.deliver()
    assert waits()["Waits for the supplier's answer"] == 1
    world.supplier_works()
    on_its_way = waits()
    assert (on_its_way["On its way"], on_its_way["Waits for the match"] + on_its_way["Exception to decide"]) == (1, 1)
    world.receive(order)
    assert waits()["Receipt to be told to the ERP"] == 1
    for _ in range(3):
        world.deliver()
    after = waits()
    assert (after["Receipt to be told to the ERP"], after["Waits for the payment"]) == (0, 1)


@pytest.mark.parametrize(
    ("depth", "seconds", "words"),
    [
        (0, None, "Nothing waits."),
        (412, 240.0, "412 wait: about 4 minutes at the current pace."),
        (3, 12.0, "3 wait: about 12 seconds at the current pace."),
        (200_000, 36_000.0, "200,000 wait: about 10 hours at the current pace."),
        (5, None, "5 wait. Nothing left in the last quarter of an hour, so nobody can say how long they take."),
    ],
)
def test_how_long_it_takes_in_words(depth: int, seconds: float | None, words: str) -> None:
    assert drain_words(depth, seconds) == words


def test_a_difference_is_by_segment() -> None:
    old, new = "ISA*00*x~GS*PO~ST*850~", "ISA*00*x~GS*PO~ST*860~"
    assert [line.text for line in difference(old, new) if line.mark in "+-"] == ["ST*850", "ST*860"]
    assert difference(old, old) == []
