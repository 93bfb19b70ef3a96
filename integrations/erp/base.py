"""What the portal needs of an ERP, whatever its make. Adapters hold no state of ours and know no models.

Semantics every adapter keeps:
- `encode` makes the bytes that go over the wire; the same document gives the same bytes. They are frozen before `send`.
- `send` tries once, within `deadline` seconds as a whole, and never raises for what a remote does or fails to do. Where telling
  takes several steps, it looks first what is there under our reference and goes on from there; so it may always be repeated
  once the remote is quiet. PENDING says that the remote has it and its verdict comes later: sending again asks for the verdict.
- A change of an order (PURCHASE_ORDER_CHANGE) carries its whole new state; lines of quantity 0 are no longer ordered. Told twice, or
  overtaken by a later one, it changes nothing.
- `find` asks whether our reference took effect: FOUND with the ERP's number, MISSING, or why it could not be asked.
- `health` asks whether the ERP can be used, changing nothing: FOUND, or why not.
- `payments` gives what changed after a cursor, oldest first; the same cursor gives the same rows again.
- `budgets` gives what the ERP has budgeted, committed and spent, with the moment it says so.
- `masters` gives one page of records of a kind. An empty cursor begins with all of them; the cursor that a round ended with begins
  with what changed since; the same cursor gives the same rows again, as they are now, until they change. A record is passed on as it
  was said, also where its values are strange: whoever takes it in judges each by itself.
- A field nobody knows in an answer, or in a page of payments, budgets or masters, is told in its `drift`, and used by nobody; one that
  is missing or of another type makes the answer CONTRACT, and nothing of the page is passed on.

`capabilities` says what this make of ERP can do and how a repeated send is kept from having two effects. The portal sends the
documents of one order in order and each reference by one worker at a time; an adapter adds no ordering of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from integrations.canonical import Document
from integrations.remote import Answer, Strange

PURCHASE_ORDER_CREATE = "purchase_order.create"
PURCHASE_ORDER_CHANGE = "purchase_order.change"
PURCHASE_ORDER_CANCEL = "purchase_order.cancel"
RECEIPT_POST = "receipt.post"
VOUCHER_POST = "voucher.post"

ITEM, SUPPLIER, COST_CENTER, BUDGET = "item", "supplier", "cost_center", "budget"
"""Kinds of masters."""
MASTER_VALUES: Mapping[str, frozenset[str]] = {
    ITEM: frozenset(
        {"description", "base_unit", "manufacturer", "manufacturer_part", "unspsc", "status", "category", "gtin", "supplier",
         "supplier_part"}
    ),
    SUPPLIER: frozenset({"name", "gln", "email", "payment_terms", "currency", "minimum_order", "status"}),
    COST_CENTER: frozenset({"name", "gl_account", "facility", "status"}),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an ERP of this make can do.

    `duplicates` is how it avoids doubles by itself: `server_unique` (our reference twice has one effect, also at the same moment)
    or `lookup` (it keeps our reference but does not refuse it twice: only one may send, and after silence one waits
    `quiet_seconds`, asks, and only then sends again). An endpoint may be run more carefully than that, never less.
    """

    duplicates: Literal["server_unique", "lookup"]
    quiet_seconds: int = 0
    open_answers: bool = True
    """Whether its answers may hold fields that nobody asked for."""
    answers_later: bool = False
    """Whether a document may be PENDING first."""
    cancels_confirmed: bool = True
    """Whether an order it has taken can be cancelled from outside."""
    changes_confirmed: bool = True
    """Whether an order it has taken can be changed from outside. If not, a change that is not made there by hand is refused in words."""
    lots: bool = True
    """Whether a receipt's lots are kept apart."""
    reversals: bool = True
    credits: bool = True
    payments: bool = True
    budgets: bool = False
    masters: frozenset[str] = frozenset()
    """The kinds of records that can be pulled."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One thing to tell: what (`topic`), our reference for it, and the ERP's number of the order it hangs on.

    `sequence` numbers what is told to this ERP, rising, with gaps; a repeated send has the same. `tries` counts this one too.
    """

    topic: str
    reference: str
    order_number: str
    erp_order_number: str
    sequence: int = 0
    tries: int = 1

    @property
    def revision(self) -> int:
        """Which change of an order this tells ("PO-2026-000431:r2"); 0 where it is no change."""
        digits = self.reference.rpartition(":r")[2]
        return int(digits) if self.topic == PURCHASE_ORDER_CHANGE and digits.isdigit() else 0


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
    drift: tuple[Strange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a cost center (or the account it stands for) may spend in a period, and what of it is bound and spent."""

    cost_center: str
    period: str
    budget: Decimal
    committed: Decimal
    actual: Decimal
    as_of: datetime | None = None
    """When the ERP counted; None where it does not say: then it counted when it was asked."""


@dataclass(frozen=True, kw_only=True)
class BudgetPage:
    """All budgets there are."""

    budgets: Sequence[Budget]
    drift: tuple[Strange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Master:
    """A record as the ERP has it: its own id there, the number that documents name it by, and what is said about it, all texts.

    MASTER_VALUES names what may be said about a kind; payment_terms are days, a status is active, on_hold, discontinued or inactive.
    What an ERP does not know is left out.
    """

    external_id: str
    number: str
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MasterPage:
    """`more` says that the round goes on at the cursor; without it the cursor begins the next round."""

    masters: Sequence[Master]
    cursor: str
    more: bool
    drift: tuple[Strange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where the ERP is and how to sign in. `option` and `secret` read further texts of the endpoint.

    `folders` is the only place on disk where files may be exchanged.
    """

    deadline: float
    option: Callable[[str], str]
    secret: Callable[[str], str]
    folders: Path = Path("var/exchange")


class ErpAdapter(Protocol):
    """One connection to one ERP."""

    content_type: str
    capabilities: Capabilities

    def encode(self, message: Outgoing, document: Document) -> bytes: ...

    def send(self, message: Outgoing, payload: bytes) -> Answer: ...

    def find(self, message: Outgoing) -> Answer: ...

    def payments(self, cursor: str) -> PaymentPage | Answer: ...

    def budgets(self) -> BudgetPage | Answer: ...

    def masters(self, kind: str, cursor: str) -> MasterPage | Answer: ...

    def health(self) -> Answer: ...


class Maker(Protocol):
    """An adapter's class: it says what it can do before there is a connection."""

    capabilities: Capabilities

    def __call__(self, connection: Connection) -> ErpAdapter: ...


Makers = Mapping[str, Maker]
