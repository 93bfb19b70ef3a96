"""What the demo's ERP has from before: masters, budgets, and the orders of the history that can still be received or billed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integrations.models import OutboundMessage
from integrations.services.channels import channel_for
from portal.demo.opening_masters import budgets, masters
from procurement.models import PurchaseOrder

OPEN = (PurchaseOrder.Status.ISSUED, PurchaseOrder.Status.PARTIALLY_RECEIVED, PurchaseOrder.Status.RECEIVED)


def write_opening(path: Path) -> None:
    """Write it for the demo ERP to read at its start; the orders as the ERP was sent them, with the numbers it gave them."""
    path.write_text(json.dumps({"purchase_orders": list(_orders()), "budgets": budgets(), **masters()}))


def _orders() -> Iterator[dict[str, Any]]:
    numbers = PurchaseOrder.objects.filter(status__in=OPEN).exclude(erp_number="").values("number")
    told = OutboundMessage.objects.filter(
        endpoint__kind="erp", topic="purchase_order.create", state="delivered", document_number__in=numbers
    ).select_related("endpoint", "payload")
    channels: dict[int, Any] = {}
    for message in told.order_by("id"):
        channel = channels.setdefault(message.endpoint_id, channel_for(message.endpoint))
        content = bytes(message.payload.content) if message.payload else channel.prepare([message])[message.pk].content
        body = json.loads(content)
        if body["lines"]:
            # an order whose every line was cancelled since then has nothing left to receive or bill
            yield {"erp_number": message.remote_reference, "body": body}
