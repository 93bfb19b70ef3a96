"""The whole story with a supplier at the end of a wire: the suppliers' own process works on a folder that a real OpenSSH serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.models import Endpoint, InboundMessage, Interchange
from integrations.services.mailboxes import mailbox_configure
from procurement.models import Invoice, PurchaseOrder, ShipNotice
from tests.flows.stack import Stack
from tests.integrations.transports import sshd
from tests.integrations.transports.sshd import Sshd
from tests.integrations.world import World

pytestmark = pytest.mark.flow


@pytest.fixture
def server(world: World, stack: Stack, tmp_path: Path) -> Iterator[Sshd]:
    """ACME's mailbox is on an SFTP server until the test is over."""
    endpoint = world.partner.endpoint
    with sshd.running(tmp_path / "sshd", stack.mailboxes / "ACME") as server:
        before = Endpoint.objects.values("adapter", "config", "secrets", "duplicates").get(pk=endpoint.pk)
        mailbox_configure(endpoint=endpoint, transport="sftp", values=server.settings(archive="archive"))
        endpoint.config |= {"poll_seconds": 1, "deadline_seconds": 4}
        endpoint.save()
        try:
            yield server
        finally:
            Endpoint.objects.filter(pk=endpoint.pk).update(**before, circuit_open_until=None, consecutive_failures=0)


def answered(order: PurchaseOrder) -> bool:
    done = PurchaseOrder.objects.filter(pk=order.pk, supplier_dispatch="acknowledged", acknowledgement="accepted")
    noticed = ShipNotice.objects.filter(order=order).exists()
    return done.exists() and noticed and Invoice.objects.filter(order=order).exists()


def test_an_order_is_sent_answered_shipped_and_billed_over_sftp(world: World, stack: Stack, server: Sshd) -> None:
    order = world.order(note="SIM:accept")
    stack.until(lambda: answered(order), "997, 855, 856 and 810 over SFTP", 60)
    told = world.to_supplier(order.number)
    assert told.interchange.acknowledgement == Interchange.Acknowledgement.ACCEPTED
    kinds = InboundMessage.objects.filter(endpoint=world.partner.endpoint, trace_id=order.trace_id, state="applied")
    assert set(kinds.values_list("kind", flat=True)) == {"997", "855", "856", "810"}
    assert "Accepted publickey" in (server.home / "log").read_text()


def test_a_supplier_whose_server_is_away_gets_the_order_once_when_it_is_back(
    world: World, stack: Stack, server: Sshd
) -> None:
    server.kill()
    order = world.order(note="SIM:accept")
    stack.until(lambda: world.to_supplier(order.number).attempt_count > 0, "a failed try")
    server.start()
    # its circuit may have opened, and the next look is a minute away after a failed one
    Endpoint.objects.filter(pk=world.partner.endpoint_id).update(circuit_open_until=None, poll_due_at=None)
    stack.until(lambda: answered(order), "the order and its answers after the server came back", 90)
    name = f"{world.to_supplier(order.number).interchange.control_number:09}-PO.x12"
    copies = [path for place in ("in", "archive") for path in (server.root / place).glob(name)]
    assert len(copies) == 1
