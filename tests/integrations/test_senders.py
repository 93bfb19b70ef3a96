"""Several workers at one ERP at the same time, for real: threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from integrations.models import Attempt, OutboundMessage
from integrations.services.delivery import endpoint_deliver
from tests.integrations.world import World


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_each_document_once(connect: Callable[..., World]) -> None:
    """The ERP would take a reference twice: that it does not get it twice is the portal's doing."""
    world = connect("--unique-reference", "off")
    assert world.erp is not None
    type(world.endpoint).objects.filter(pk=world.endpoint.pk).update(config={**world.endpoint.config, "parallel": 4})
    orders = [world.order() for _ in range(12)]
    for order in orders:
        world.receive(order, "4")
    together = threading.Barrier(4)

    def work() -> None:
        try:
            together.wait(10)
            endpoint_deliver(world.endpoint.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    world.deliver()
    stats = world.erp.stats()
    assert [stats[kind]["documents"] for kind in ("purchase_orders", "receipts")] == [12, 12]
    assert [stats[kind]["doubled"] for kind in ("purchase_orders", "receipts")] == [[], []]
    mine = OutboundMessage.objects.filter(endpoint=world.endpoint)
    assert set(mine.values_list("state", flat=True)) == {"delivered"}
    assert Attempt.objects.filter(message__in=mine).count() == 24
