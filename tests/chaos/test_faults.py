"""Faults that no other test is named after; docs/reliability.md says which test stands for which fault.

Each protection that can be switched off has its negative control: without it the damage happens.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone

from core.errors import Conflict, DomainError
from integrations.erp.rest_erp.http import exchange
from integrations.models import InboundMessage, OutboundMessage
from integrations.services import delivery
from integrations.services.doorbell import doorbell_silent
from integrations.transports.folder import Folder
from inventory import subscribers as inventory_subscribers
from inventory.models import StockMove
from portal.celery import app
from procurement.models import ApprovalStep, PurchaseOrder, Receipt
from procurement.services.approvals import approval_decide
from tests import road
from tests.integrations.conftest import connect, world
from tests.integrations.test_relay import Killed, Nobody, endpoint, messages, nobody, told
from tests.integrations.world import World
from tests.simulators.companies import until

__all__ = ["connect", "nobody", "world"]
State = OutboundMessage.State


# --- process crash ----------------------------------------------------------------------------------------------------


def test_fault_03_killed_between_commit_and_doorbell_the_sweep_delivers(world: World) -> None:
    with doorbell_silent():
        order = world.order()
    assert delivery.endpoints_due()
    world.deliver()
    assert world.to_erp(order.number).state == State.DELIVERED


def test_fault_05_killed_while_writing_a_file_the_same_name_is_written_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.order()
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            delivery.endpoint_deliver(world.partner.endpoint_id)
    place = world.mailbox.root / world.mailbox.code / "in"
    assert [path.name for path in place.glob("*.x12")] == []
    OutboundMessage.objects.filter(state=State.IN_FLIGHT).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    world.deliver()
    message = world.to_supplier(order.number)
    assert [path.name for path in place.glob("*.x12")] == [f"{message.interchange.control_number:09}-PO.x12"]
    assert message.interchange.control_number == 1


def test_fault_06_killed_before_the_inbound_file_is_removed_it_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.order()
    world.deliver()
    world.mailbox.once()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "remove", die)
        with pytest.raises(Killed):
            world.take_in()
    first = InboundMessage.objects.get(parent=None)
    world.take_in()
    again = InboundMessage.objects.filter(parent=None, payload=first.payload).order_by("id")
    assert [row.state for row in again] == ["split", "duplicate"]


def test_fault_07_killed_during_a_receipt_all_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order()

    def die(*_: object) -> None:
        raise Killed

    before = StockMove.objects.count()
    from core import events
    from procurement.events import ReceiptPosted

    handlers = list(events._handlers[ReceiptPosted])
    monkeypatch.setitem(events._handlers, ReceiptPosted, (*handlers, die))
    with pytest.raises(Killed):
        world.receive(order)
    assert inventory_subscribers.move_received_goods in handlers
    assert (StockMove.objects.count(), Receipt.objects.filter(order=order).count()) == (before, 0)
    line = order.lines.get()
    line.refresh_from_db()
    assert line.received_base == 0


def test_fault_09_a_beat_that_was_away_does_one_round_and_not_all() -> None:
    for name, entry in app.conf.beat_schedule.items():
        assert entry["options"]["expires"] <= entry["schedule"], name


# --- broker and database ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_fault_11_a_thousand_lost_doorbells_and_the_sweep_delivers_all(nobody: list[Nobody]) -> None:
    for code in ("a", "b"):
        with doorbell_silent():
            messages(endpoint(code), 500, prefix=code)
    delivery.deliver_run(seconds=30)
    assert len(told(nobody)) == len(set(told(nobody))) == 1000


def test_fault_17_a_deadlock_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order()
    take_effect, failures = delivery.effects.take_effect, iter([True, False, False, False])

    def unlucky(answered: object) -> None:
        if next(failures, False):
            raise OperationalError("deadlock detected")
        take_effect(answered)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery.effects, "take_effect", unlucky)
    world.deliver()
    order.refresh_from_db()
    assert (order.erp_dispatch, world.tries(order.number)) == ("acknowledged", ["send delivered"])


def test_fault_18_there_is_no_replica_to_lag() -> None:
    assert list(settings.DATABASES) == ["default"]


# --- remote failures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("quiet", "copies"), [(3, 1), (0, 2)])
def test_fault_20_accepted_after_we_asked(connect: Callable[..., World], quiet: int, copies: int) -> None:
    """The second case is the negative control: an ERP that keeps no references unique, asked too early, has it twice."""
    world = connect("--unique-reference", "off", quiet_seconds=quiet)
    assert world.erp is not None
    order = world.order()
    world.erp.fault("late", match=order.number, count=1, seconds=1.0)
    world.deliver()
    message = world.to_erp(order.number)
    if quiet:
        assert message.due_at - timezone.now() > dt.timedelta(seconds=quiet - 1)
        until(lambda: timezone.now() >= message.due_at, "the quiet period", quiet + 2)
    world.due_now()
    world.deliver()
    erp = world.erp
    until(lambda: erp.stats()["purchase_orders"]["documents"] == copies, f"{copies} documents in the ERP", 5)


@contextmanager
def https(host: str, *, valid: bool) -> Iterator[tuple[str, Path]]:
    """A TLS server with a certificate of its own for a host, and the file that would make it trusted."""
    import tempfile

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    ends = now + dt.timedelta(days=1 if valid else -1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=2)).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.path)

    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "both.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}", pem
        server.shutdown()
        server.server_close()
        assert came == [], "our token went to a stranger"


@pytest.mark.parametrize(("host", "valid"), [("localhost", True), ("localhost", False), ("elsewhere.example", True)])
def test_fault_27_who_cannot_prove_who_it_is_gets_nothing(host: str, valid: bool) -> None:
    with https(host, valid=valid) as (url, _):
        got = exchange("POST", url, "/purchase-orders", token="secret", deadline=5, content=b"{}")
    assert got.failure is not None
    # nothing left, so it may be tried again once the certificate is right
    assert got.failure.outcome == "transient"
    assert "certificate" in got.failure.detail.lower()


# --- reordering -------------------------------------------------------------------------------------------------------


def test_fault_36_the_order_in_which_documents_arrive_does_not_matter(world: World) -> None:
    """All 24 orders of 997, 855, 856 and 810, each for an order of its own."""
    orders = [world.order(str(n + 10)) for n in range(24)]
    world.deliver()
    world.mailbox.once()
    files: dict[str, dict[str, Path]] = {order.number: {} for order in orders}
    by_group = {
        str(m.interchange.group_number): m.document_number
        for m in OutboundMessage.objects.filter(endpoint=world.partner.endpoint).select_related("interchange")
    }
    for path in world.mailbox.out():
        text = path.read_text()
        kind = text.split("~ST*" if "~ST*" in text else "\nST*")[1][:3]
        number = next((order.number for order in orders if order.number in text), "")
        if kind == "997":
            group = text.split("AK1*PO*")[1].split("~")[0].split("*")[0]
            number = by_group[str(int(group))]
        files[number][kind] = path
    hidden = world.mailbox.root.parent / "later"
    hidden.mkdir()
    for path in world.mailbox.out():
        path.rename(hidden / path.name)
    kinds = ("997", "855", "856", "810")
    for order, sequence in zip(orders, itertools.permutations(kinds), strict=True):
        for kind in sequence:
            path = files[order.number][kind]
            (hidden / path.name).rename(path)
            world.take_in()
    InboundMessage.objects.filter(state="parked").update(due_at=timezone.now())
    world.take_in()
    found = PurchaseOrder.objects.filter(pk__in=[order.pk for order in orders])
    states = {
        (o.acknowledgement, o.supplier_dispatch, o.ship_notices.count(), o.invoices.count()) for o in found
    }  # fmt: skip
    assert states == {("accepted", "acknowledged", 1, 1)}
    assert not InboundMessage.objects.filter(parent__isnull=False).exclude(state="applied").exists()


# --- concurrency ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["approve", "reject"])
def test_fault_41_of_two_who_decide_at_once_one_wins_and_the_other_is_told(second: str) -> None:
    from tests.factories import make_network

    net = make_network()
    row = road.submitted(net)
    step = ApprovalStep.objects.get(requisition=row, state="pending")
    together, ended = threading.Barrier(2), list[str]()

    def decide(decision: str) -> None:
        try:
            together.wait(10)
            approval_decide(actor=net.actor("approver@NORTH"), step_id=step.pk, decision=decision, comment="x")
            ended.append(decision)
        except (Conflict, DomainError) as error:
            ended.append(f"told: {type(error).__name__}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(decision,)) for decision in ("approve", second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(word.startswith("told") for word in ended) == [False, True], ended
    orders = PurchaseOrder.objects.filter(requisition=row).count()
    assert orders == (1 if "approve" in ended else 0)


def test_fault_42_two_orders_together_stay_within_the_budget(world: World) -> None:
    from masterdata.models import CostCenter
    from procurement.models import BudgetFigure

    center: CostCenter = world.net.cost_centers["NORTH"]
    price = world.order().total
    BudgetFigure.objects.update_or_create(
        cost_center=center, period=f"{timezone.now():%Y-%m}",
        defaults={"amount": price * 2 + Decimal(1), "committed": price, "actual": 0, "hard_stop": True, "as_of": timezone.now()},
    )  # fmt: skip
    steps = []
    for _ in range(2):
        with contextlib.suppress(DomainError):
            row = road.submitted(world.net)
            steps.append(ApprovalStep.objects.get(requisition=row, state="pending"))
    for step in steps:
        with contextlib.suppress(DomainError):
            approval_decide(actor=world.net.actor("approver@NORTH"), step_id=step.pk, decision="approve")
    figure = BudgetFigure.objects.get(cost_center=center)
    assert len(steps) == 2, "each fitted alone"
    assert figure.committed == price * 2 <= figure.amount
    with pytest.raises(Conflict, match=r"Only 1\.00 USD is left"):
        approval_decide(actor=world.net.actor("approver@NORTH"), step_id=steps[1].pk, decision="approve")
