"""Moving a facility to another ERP: what began before stays, and two ERPs work at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actors import Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.models import BusinessEvent
from integrations.models import Alert, Endpoint, ErpRoute, FieldDrift, OutboundMessage
from integrations.services.alerts import alerts_check
from integrations.services.partners import erp_connect
from integrations.services.routes import erp_move, erp_move_preview, erp_move_withdraw, erp_places
from masterdata.models import Role
from masterdata.selectors import actor_for
from tests.factories import make_user
from tests.integrations.erp.offices import FlatFileOffice
from tests.integrations.world import World


@pytest.fixture
def administrator(db: None) -> Actor:
    return actor_for(make_user("administrator@network", (Role.ADMINISTRATOR, None)))


@pytest.fixture
def mmis(world: World, tmp_path: Path) -> FlatFileOffice:
    """A second ERP, connected, that takes nobody's documents yet."""
    office = FlatFileOffice(tmp_path)
    erp_connect(
        code="mmis", name="Old MMIS", facilities=(), starts_on=date(2020, 1, 1), adapter="flat_file", config={"folder": "MMIS"},
        duplicates=Endpoint.Duplicates.SERVER_UNIQUE,
    )  # fmt: skip
    return office


def tomorrow(days: int = 1) -> date:
    return timezone.now().date() + timedelta(days=days)


def test_the_preview_counts_what_stays_and_changes_nothing(
    world: World, mmis: FlatFileOffice, administrator: Actor
) -> None:
    for _ in range(3):
        world.order()
    world.order(facility="EAST")
    before = ErpRoute.objects.count()
    shown = erp_move_preview(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(2))
    assert (dict(shown.staying), shown.now_with) == ({"Main ERP": 3}, "Main ERP")
    assert "3 open orders stay where they are (3 with Main ERP)" in shown.sentence
    assert "go to Old MMIS" in shown.sentence
    assert ErpRoute.objects.count() == before


def test_a_kind_with_a_route_of_its_own_is_named(world: World, mmis: FlatFileOffice, administrator: Actor) -> None:
    ErpRoute.objects.create(
        facility=world.net.facilities["NORTH"],
        document_kind="invoice",
        starts_on=date(2020, 1, 1),
        endpoint=world.endpoint,
    )
    shown = erp_move_preview(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(2))
    assert shown.exceptions == {"invoice": "Main ERP"}
    assert "Vouchers stay with Main ERP" in shown.sentence


def test_two_erps_work_at_once_and_what_began_before_stays(
    world: World, mmis: FlatFileOffice, administrator: Actor
) -> None:
    old = world.order()
    erp_move(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(2), reason="to the old one")
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=True):
        new, elsewhere = world.order(), world.order(facility="EAST")
        receipts = [world.receive(order) for order in (old, new)]
        # the same amount twice would look like the same invoice
        invoices = [world.bill(old), world.bill(new, price="8.43")]
        for _ in range(6):
            world.deliver()
            mmis.works()
            world.due_now()
        for row in (old, new, elsewhere, *receipts, *invoices):
            row.refresh_from_db()
        books = mmis.books()
        assert list(books["PO"]) == [new.number]
        assert (list(books["GR"]), list(books["VO"])) == ([receipts[1].number], [invoices[1].number])
        assert [order.erp_number for order in (old, new, elsewhere)] == [
            world.to_erp(old.number).remote_reference, books["PO"][new.number]["number"],
            world.to_erp(elsewhere.number).remote_reference,
        ]  # fmt: skip
        assert [invoice.status for invoice in invoices] == ["posted", "posted"]
        assert world.erp is not None
        assert world.erp.stats()["purchase_orders"]["documents"] == 2
        assert not OutboundMessage.objects.exclude(state="delivered").exists()


def test_a_move_begins_tomorrow_at_the_earliest_and_once_per_day(
    world: World, mmis: FlatFileOffice, administrator: Actor
) -> None:
    today = timezone.now().astimezone().date()
    with pytest.raises(Invalid, match="tomorrow at the earliest"):
        erp_move(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=today - timedelta(1), reason="x")
    route = erp_move(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(2), reason="x")
    with pytest.raises(Conflict, match="already has a move"):
        erp_move(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(2), reason="x")
    with pytest.raises(Invalid, match="already"):
        erp_move(actor=administrator, facility="NORTH", endpoint="mmis", starts_on=tomorrow(5), reason="x")
    with pytest.raises(Invalid, match="Say why"):
        erp_move_withdraw(actor=administrator, route_id=route.pk, reason=" ")
    erp_move_withdraw(actor=administrator, route_id=route.pk, reason="not yet")
    told = BusinessEvent.objects.filter(type="ErpRouted").order_by("id").values_list("data__withdrawn", flat=True)
    assert list(told) == [False, True]
    begun = ErpRoute.objects.filter(facility__code="NORTH").get()
    with pytest.raises(Conflict, match="has begun"):
        erp_move_withdraw(actor=administrator, route_id=begun.pk, reason="x")


def test_only_the_whole_networks_people_move_facilities(world: World, mmis: FlatFileOffice) -> None:
    for role in ("administrator", "integration_support", "buyer"):
        with pytest.raises(NotAllowed):
            erp_move(
                actor=world.net.actor(f"{role}@NORTH"),
                facility="NORTH",
                endpoint="mmis",
                starts_on=tomorrow(2),
                reason="x",
            )
    assert [p.facility.code for p in erp_places(world.net.actor("administrator@NORTH"))] == ["NORTH"]


def test_an_endpoint_is_not_run_less_carefully_than_its_erp_promises(db: None) -> None:
    with pytest.raises(Invalid, match="asked before anything is sent again"):
        erp_connect(
            code="t", name="T", facilities=(), starts_on=date(2020, 1, 1), adapter="tryton", duplicates="server_unique"
        )
    assert not Endpoint.objects.filter(code="t").exists()


def test_a_new_field_is_noted_once_with_its_example(world: World) -> None:
    assert world.erp is not None
    world.erp.fault("extra_field")
    orders = [world.order() for _ in range(3)]
    for _ in range(2):
        world.deliver()
    assert {world.to_erp(order.number).state for order in orders} == {"delivered"}
    noted = FieldDrift.objects.get()
    assert (noted.field, noted.example, noted.endpoint) == ("document.release", "2027.1", world.endpoint)


def test_a_missing_field_stops_its_document_and_raises_an_alert(world: World) -> None:
    assert world.erp is not None
    order = world.order()
    receipt = world.receive(order)
    world.erp.fault("schema_change", match=order.number, count=1)
    world.deliver()
    assert (world.to_erp(order.number).state, world.to_erp(order.number).cause) == ("dead", "contract")
    world.deliver()
    assert world.to_erp(receipt.number).attempt_count == 0
    alerts_check()
    alert = Alert.objects.get(kind=Alert.Kind.DEAD_LETTER)
    assert "erp_number is missing" in alert.detail


def test_the_screen_shows_the_preview_before_the_move(world: World, mmis: FlatFileOffice, administrator: Actor) -> None:
    world.order()
    client = Client()
    client.force_login(make_user("support@network", (Role.INTEGRATION_SUPPORT, None)))
    asked = {"facility": "NORTH", "endpoint": "mmis", "document_kind": "", "starts_on": tomorrow(2).isoformat()}
    page = client.get(reverse("erps"), asked).content.decode()
    assert "1 open order stays where it is" in page
    assert client.post(reverse("erp-move"), {**asked, "reason": "cloud"}).status_code == 302
    page = client.get(reverse("erps")).content.decode()
    assert f"from {tomorrow(2).day} {tomorrow(2):%b %Y}" in page
    route = ErpRoute.objects.get(endpoint__code="mmis")
    assert client.post(reverse("erp-move-withdraw", args=[route.pk]), {"reason": "later"}).status_code == 302
    assert not ErpRoute.objects.filter(endpoint__code="mmis").exists()
    assert (
        "tomorrow at the earliest" in client.get(reverse("erps"), {**asked, "starts_on": "2020-01-01"}).content.decode()
    )
