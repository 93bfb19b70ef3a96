"""Integration support at a browser: what needs somebody, one endpoint, the flows, and replaying with open eyes."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.models import User
from integrations.models import Endpoint, MaintenanceWindow, OutboundMessage
from integrations.services.alerts import alerts_check
from integrations.services.heartbeats import heartbeat
from integrations.services.partners import erp_connect
from integrations.services.payloads import payload_keep
from integrations.services.tallies import tries_tally
from masterdata.models import Role
from tests.browser.harness import Visitor
from tests.factories import TODAY, Network, make_network, make_user
from tests.road import ordered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def net() -> Network:
    return make_network()


def busy(net: Network) -> Endpoint:
    """An ERP with six hours behind it, a flood of dead letters of one cause, and a window next Sunday."""
    erp = erp_connect(
        code="erp-main", name="Main ERP", base_url="http://127.0.0.1:9", token="t", facilities=net.facilities.values(),
        starts_on=TODAY() - timedelta(days=1), config={"rate_per_minute": 120},
    )  # fmt: skip
    now, dice = timezone.now(), random.Random(5)
    tries_tally(
        (erp.pk, now - timedelta(minutes=5 * n), outcome, dice.uniform(0.05, 1.4))
        for n in range(70)
        for outcome in ["delivered"] * dice.randrange(1, 30) + ["transient"] * dice.randrange(3)
    )
    for _ in range(4):
        ordered(net)
    for message in OutboundMessage.objects.order_by("id")[:3]:
        old = {"reference": message.key, "supplier": "ACME-OLD", "lines": []}
        message.payload = payload_keep(json.dumps(old).encode(), "application/json")
        message.state, message.cause = "dead", "permanent"
        message.detail = f"{message.document_number}: the supplier 4711 is unknown."
        message.save()
    MaintenanceWindow.objects.create(
        endpoint=erp, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, hours=3), repeats="weekly",
        zone="America/Chicago", reason="Backup of the ERP", created_by=User.objects.first(),
    )  # fmt: skip
    Endpoint.objects.filter(pk=erp.pk).update(
        last_success_at=now - timedelta(minutes=2), probed_at=now, probe_outcome="found"
    )
    return erp


def test_support_sees_what_needs_somebody_and_repairs_it(visitor: Visitor, net: Network) -> None:
    busy(net)
    heartbeat("sweep", every=10)
    alerts_check()
    visitor.login_as(make_user("Ines Weber", (Role.INTEGRATION_SUPPORT, None)))
    message = OutboundMessage.objects.filter(state="dead").earliest("id")
    for path, name in (
        ("/alerts/", "alerts"), ("/endpoints/erp-main/", "endpoint"), ("/flows/", "flows"),
        (f"/messages/{message.pk}/replay/", "replay"),
    ):  # fmt: skip
        visitor.goto(path)
        visitor.check(name)
    visitor.check("replay", dark=True)
    page = visitor.page
    page.set_viewport_size({"width": 1440, "height": 900})
    visitor.goto("/messages/")
    page.locator("a.cause").first.click()
    expect(page.get_by_role("heading", name="3 dead letters")).to_be_visible()
    visitor.check("dead-letters")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Why").fill("supplier 4711 entered in the ERP")
    page.get_by_role("button", name="Replay 3").click()
    page.wait_for_url("**/messages/?endpoint=erp-main&state=open")
    assert not OutboundMessage.objects.filter(state="dead").exists()
