"""What the post office does when it hears a fact: it writes down whom to tell."""

from __future__ import annotations

from integrations.services.outbox import (
    order_announce,
    order_announce_again,
    order_change_announce,
    order_withdraw,
    receipt_announce,
    remittance_announce,
    voucher_announce,
)
from procurement.events import (
    InvoiceCleared,
    InvoicePaid,
    PurchaseOrderCancelled,
    PurchaseOrderChanged,
    PurchaseOrderCorrected,
    PurchaseOrderIssued,
    ReceiptEvent,
)


def tell_order(event: PurchaseOrderIssued) -> None:
    """ERP and supplier get the order."""
    order_announce(order_id=event.order_id)


def tell_order_again(event: PurchaseOrderCorrected) -> None:
    """What an outside system had refused is said to it once more."""
    order_announce_again(order_number=event.number)


def tell_change(event: PurchaseOrderChanged) -> None:
    """The ERP gets the order as it is now; the supplier too, where it does not know."""
    order_change_announce(order_id=event.order_id, revision=event.revision, tell_supplier=event.tell_supplier)


def tell_cancellation(event: PurchaseOrderCancelled) -> None:
    """ERP and supplier get the cancellation."""
    order_withdraw(order_id=event.order_id)


def tell_receipt(event: ReceiptEvent) -> None:
    """The ERP gets the receipt or its reversal."""
    receipt_announce(receipt_id=event.receipt_id)


def tell_voucher(event: InvoiceCleared) -> None:
    """The ERP gets the voucher."""
    voucher_announce(invoice_id=event.invoice_id)


def tell_payment(event: InvoicePaid) -> None:
    """The supplier gets the remittance advice, where it takes any."""
    remittance_announce(invoice_id=event.invoice_id)
