"""Every business event has its words: no timeline tells the name of a class."""

from __future__ import annotations

from core.models import BusinessEvent
from portal.web import story
from procurement import events
from procurement.events import InvoiceEvent, PurchaseOrderEvent, ReceiptEvent, RequisitionEvent


def test_every_event_of_a_document_is_a_sentence() -> None:
    parents = (InvoiceEvent, PurchaseOrderEvent, ReceiptEvent, RequisitionEvent)
    names = [
        name for name, each in vars(events).items()
        if isinstance(each, type) and issubclass(each, parents) and each not in parents
    ]  # fmt: skip
    assert len(names) > 20
    plain = [story._plain(BusinessEvent(type=name, data={}, number="X-1"))[0] for name in names]
    assert [text for text, name in zip(plain, names, strict=True) if name in text] == []
