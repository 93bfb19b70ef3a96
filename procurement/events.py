"""Facts that procurement states. What follows from each is listed in portal/wiring.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class RequisitionEvent(Event):
    kind: ClassVar[str] = "requisition"
    requisition_id: int


@dataclass(frozen=True, kw_only=True)
class RequisitionSubmitted(RequisitionEvent):
    total: str
    steps: int


@dataclass(frozen=True, kw_only=True)
class RequisitionDecided(RequisitionEvent):
    """One approval step was decided; `decision` is approve, return or reject."""

    step_id: int
    decision: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class RequisitionApproved(RequisitionEvent):
    """The last step agreed (or an explicit rule approved it without a person)."""


@dataclass(frozen=True, kw_only=True)
class RequisitionCancelled(RequisitionEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequisitionFulfilled(RequisitionEvent):
    """Every line was filled from stock or received."""


@dataclass(frozen=True, kw_only=True)
class RequisitionClosed(RequisitionEvent):
    """Every order it led to is closed."""


@dataclass(frozen=True, kw_only=True)
class RequisitionShortened(RequisitionEvent):
    """What waited for a source is no longer needed: `lines` says what, in words."""

    lines: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderEvent(Event):
    kind: ClassVar[str] = "purchase_order"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderIssued(PurchaseOrderEvent):
    supplier_id: int
    total: str
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderCancelled(PurchaseOrderEvent):
    supplier_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderChanged(PurchaseOrderEvent):
    """What an issued order orders is no longer what was told: `what` says it in words, `revision` numbers it.

    `tell_supplier` is false where the change is the supplier's own, or was agreed with it.
    """

    revision: int
    what: str
    tell_supplier: bool


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderHeld(PurchaseOrderEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderReleased(PurchaseOrderEvent):
    """A hold ended."""


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderClosed(PurchaseOrderEvent):
    """Nothing more is expected: received, billed and paid, or closed short by the buyer."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderReopened(PurchaseOrderEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderCorrected(PurchaseOrderEvent):
    """What made the ERP refuse the order was put right, there or here: it is to be told again."""

    case_id: int


@dataclass(frozen=True, kw_only=True)
class SupplierAnswerRecorded(PurchaseOrderEvent):
    """`status` is accepted, changed or rejected; `exceptions` how many lines wait for the buyer."""

    status: str
    exceptions: int


@dataclass(frozen=True, kw_only=True)
class ShipNoticeRecorded(PurchaseOrderEvent):
    shipment_number: str


@dataclass(frozen=True, kw_only=True)
class ReceiptEvent(Event):
    kind: ClassVar[str] = "receipt"
    receipt_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class ReceiptPosted(ReceiptEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ReceiptReversed(ReceiptEvent):
    """`receipt_id` is the reversing receipt."""


@dataclass(frozen=True, kw_only=True)
class InvoiceEvent(Event):
    kind: ClassVar[str] = "invoice"
    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceReceived(InvoiceEvent):
    supplier_id: int
    total: str


@dataclass(frozen=True, kw_only=True)
class InvoiceExceptionOpened(InvoiceEvent):
    kinds: tuple[str, ...]
    amount: str


@dataclass(frozen=True, kw_only=True)
class InvoiceExceptionResolved(InvoiceEvent):
    case_id: int
    resolution: str
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class InvoiceDisputed(InvoiceEvent):
    """Accounts payable questions the whole bill; nothing is paid meanwhile."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class InvoiceDisputeEnded(InvoiceEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class InvoiceCleared(InvoiceEvent):
    """Matched within tolerance or every exception decided: the voucher may be posted."""

    approved_amount: str


@dataclass(frozen=True, kw_only=True)
class InvoicePosted(InvoiceEvent):
    voucher_number: str


@dataclass(frozen=True, kw_only=True)
class InvoicePaid(InvoiceEvent):
    paid_on: str
