"""What the demo's ERPs have from before: masters, budgets, and the orders of the history that can still be received or billed."""

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


def write_openings(folder: Path) -> None:
    """Write them for the demo's ERPs to read at their start; the orders as they were sent, with the numbers they were given."""
    folder.mkdir(parents=True, exist_ok=True)
    told = list(_orders())
    files = [
        {"number": message.remote_reference, "file": content.decode("latin-1")}
        for message, content in told
        if message.endpoint.adapter == "flat_file" and b"\nPL" in content
    ]
    # an order whose every line was cancelled since then has nothing left to receive or bill
    bodies = [
        {"erp_number": message.remote_reference, "body": body}
        for message, content in told
        if message.endpoint.adapter == "rest_erp" and (body := json.loads(content))["lines"]
    ]
    (folder / "mmis.json").write_text(json.dumps(files))
    (folder / "erp.json").write_text(json.dumps({"purchase_orders": bodies, "budgets": budgets(), **masters()}))


def _orders() -> Iterator[tuple[OutboundMessage, bytes]]:
    numbers = PurchaseOrder.objects.filter(status__in=OPEN).exclude(erp_number="").values("number")
    told = OutboundMessage.objects.filter(
        endpoint__kind="erp", topic="purchase_order.create", state="delivered", document_number__in=numbers
    ).select_related("endpoint", "payload")
    channels: dict[int, Any] = {}
    for message in told.order_by("id"):
        channel = channels.setdefault(message.endpoint_id, channel_for(message.endpoint))
        yield message, bytes((message.payload or channel.prepare([message])[message.pk]).content)
