"""Every event and everything that follows from it, on one page. Handlers run in this order, in the emitter's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import integrations.subscribers
import inventory.subscribers
import procurement.subscribers
from core.events import Event, Handler
from integrations import events as integration_events
from procurement import events as procurement_events

HANDLERS: Mapping[type[Event], Sequence[Handler]] = {
    procurement_events.RequisitionSubmitted: [],
    procurement_events.RequisitionDecided: [],
    procurement_events.RequisitionApproved: [
        inventory.subscribers.fill_from_stock,
        procurement.subscribers.place_orders,
    ],
    procurement_events.RequisitionCancelled: [],
    procurement_events.RequisitionFulfilled: [],
    procurement_events.RequisitionClosed: [],
    procurement_events.RequisitionShortened: [],
    procurement_events.PurchaseOrderIssued: [integrations.subscribers.tell_order],
    procurement_events.PurchaseOrderCancelled: [integrations.subscribers.tell_cancellation],
    procurement_events.PurchaseOrderChanged: [integrations.subscribers.tell_change],
    procurement_events.PurchaseOrderHeld: [],
    procurement_events.PurchaseOrderReleased: [procurement.subscribers.match_waiting_invoices],
    procurement_events.PurchaseOrderClosed: [],
    procurement_events.PurchaseOrderReopened: [],
    procurement_events.PurchaseOrderCorrected: [integrations.subscribers.tell_order_again],
    procurement_events.SupplierAnswerRecorded: [],
    procurement_events.ShipNoticeRecorded: [],
    procurement_events.ReceiptPosted: [
        inventory.subscribers.move_received_goods,
        integrations.subscribers.tell_receipt,
        procurement.subscribers.match_waiting_invoices,
    ],
    procurement_events.ReceiptReversed: [
        inventory.subscribers.move_received_goods,
        integrations.subscribers.tell_receipt,
        procurement.subscribers.match_waiting_invoices,
    ],
    procurement_events.InvoiceReceived: [],
    procurement_events.InvoiceExceptionOpened: [],
    procurement_events.InvoiceExceptionResolved: [],
    procurement_events.InvoiceCleared: [integrations.subscribers.tell_voucher],
    procurement_events.InvoicePosted: [],
    procurement_events.InvoicePaid: [procurement.subscribers.close_paid_order, integrations.subscribers.tell_payment],
    procurement_events.InvoiceDisputed: [],
    procurement_events.InvoiceDisputeEnded: [],
    integration_events.MessageHandled: [],
    integration_events.EndpointSwitched: [],
    integration_events.MaintenancePlanned: [],
    integration_events.MaintenanceCancelled: [],
    integration_events.ErpRouted: [],
    integration_events.PartnerChanged: [],
}
