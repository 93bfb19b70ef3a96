"""Once through everything: a requisition's order, its receipt and its bill reach a real Tryton by the outbox."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.models import OutboundMessage
from procurement.models import Invoice
from tests.factories import make_network
from tests.integrations.world import World
from tests.tryton.running import TrytonOffice

pytestmark = [pytest.mark.tryton, pytest.mark.xdist_group("tryton"), pytest.mark.django_db]


def test_order_receipt_and_voucher_reach_tryton_once(office: TrytonOffice, tmp_path: Path, settings: Any) -> None:
    settings.EDI_MAILBOX_DIR = tmp_path / "mailboxes"
    running = office.running
    config = {
        "database": running.database, "company": str(running.facts["company"]), "units": "EA=u", "deadline_seconds": 25,
        "base_url": office.wire.address,
    }  # fmt: skip
    world = World(
        make_network(), None, settings.EDI_MAILBOX_DIR, adapter="tryton", token=str(running.facts["key"]), config=config,
        base_url=office.wire.address,
    )  # fmt: skip
    order = world.order()
    # of the first thing that is written nobody hears: it is looked for before anything is written again
    office.lose_next_answer()
    world.deliver()
    assert world.to_erp(order.number).state == OutboundMessage.State.UNKNOWN
    world.receive(order, "10")
    bill = world.bill(order)
    for _ in range(4):
        world.due_now()
        world.deliver()
    mine = OutboundMessage.objects.filter(endpoint=world.endpoint)
    assert set(mine.values_list("topic", "state")) == {
        ("purchase_order.create", "delivered"), ("receipt.post", "delivered"), ("voucher.post", "delivered"),
    }  # fmt: skip
    order.refresh_from_db()
    assert order.erp_number
    assert office.orders(order.number) == 1
    assert office.received(order.number, 1) == {"": Decimal(10)}
    assert office.vouchers(bill.number) == Decimal("84.20")
    assert Invoice.objects.get(pk=bill.pk).status == Invoice.Status.POSTED
