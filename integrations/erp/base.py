"""What the portal needs of an ERP, whatever its make. Adapters hold no state of ours and know no models.

Semantics every adapter keeps:
- `encode` makes the bytes that go over the wire; the same document gives the same bytes. They are frozen before `send`.
- `send` tries once, within `deadline` seconds as a whole, and never raises for what a remote does or fails to do.
- `find` asks whether our reference took effect: FOUND with the ERP's number, MISSING, or why it could not be asked.
- `health` asks whether the ERP can be used, changing nothing: FOUND, or why not.
- `payments` gives what changed after a cursor, oldest first; the same cursor gives the same rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from integrations.canonical import Document
from integrations.remote import Answer

PURCHASE_ORDER_CREATE = "purchase_order.create"
PURCHASE_ORDER_CANCEL = "purchase_order.cancel"
RECEIPT_POST = "receipt.post"
VOUCHER_POST = "voucher.post"


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One thing to tell: what (`topic`), our reference for it, and the ERP's number of the order it hangs on."""

    topic: str
    reference: str
    order_number: str
    erp_order_number: str


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment status of the voucher with our reference and the ERP's number; `paid_on` is set once it is paid."""

    reference: str
    voucher_number: str
    status: str
    paid_on: date | None


@dataclass(frozen=True, kw_only=True)
class PaymentPage:
    payments: Sequence[Payment]
    cursor: str
    more: bool


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where the ERP is and how to sign in. `option` and `secret` read further texts of the endpoint."""

    deadline: float
    option: Callable[[str], str]
    secret: Callable[[str], str]


class ErpAdapter(Protocol):
    """One connection to one ERP."""

    content_type: str

    def encode(self, message: Outgoing, document: Document) -> bytes: ...

    def send(self, message: Outgoing, payload: bytes) -> Answer: ...

    def find(self, message: Outgoing) -> Answer: ...

    def payments(self, cursor: str) -> PaymentPage | Answer: ...

    def health(self) -> Answer: ...


Maker = Callable[[Connection], ErpAdapter]
Makers = Mapping[str, Maker]
