"""Business events as sentences, with their icon and colour, for timelines and "what changed"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.models import BusinessEvent
from portal.links import document
from portal.web import format as fmt
from portal.web.parts import Comment, TimelineEntry, Tone
from procurement.models import ExceptionCase
from procurement.selectors.invoices import remarks

Data = Mapping[str, Any]
DECIDED: Mapping[str, tuple[str, str, Tone]] = {
    "approve": ("{number} was approved", "check", "good"),
    "return": ("{number} was sent back for changes", "arrow-back-up", "waiting"),
    "reject": ("{number} was rejected", "x", "bad"),
}
RESOLVED: Mapping[str, str] = {
    "accept_variance": "Difference accepted on {number}",
    "request_credit": "Credit requested for {number}",
    "short_pay": "{number} will be paid short",
    "wait_for_receipt": "{number} waits for its receipt",
    "send_to_buyer": "{number} was sent to the buyer",
    "reject_invoice": "{number} was rejected",
    "void_invoice": "{number} was voided",
}
ANSWERED: Mapping[str, tuple[str, Tone]] = {
    "accepted": ("The supplier accepted {number}", "good"),
    "changed": ("The supplier changed {number}", "waiting"),
    "rejected": ("The supplier rejected {number}", "bad"),
}
SENTENCES: Mapping[str, tuple[str, str, Tone]] = {
    "RequisitionSubmitted": ("{number} was submitted", "send", "info"),
    "RequisitionApproved": ("{number} is fully approved", "circle-check", "good"),
    "RequisitionCancelled": ("{number} was withdrawn", "circle-x", "done"),
    "RequisitionFulfilled": ("Everything of {number} has arrived", "checks", "good"),
    "RequisitionShortened": ("Part of {number} is no longer needed", "circle-x", "done"),
    "PurchaseOrderIssued": ("Order {number} was issued", "shopping-cart", "info"),
    "PurchaseOrderCancelled": ("Order {number} was cancelled", "circle-x", "done"),
    "RequisitionClosed": ("{number} is closed", "archive", "done"),
    "PurchaseOrderChanged": ("Order {number} was changed", "edit", "waiting"),
    "PurchaseOrderHeld": ("Order {number} was put on hold", "alert-octagon", "waiting"),
    "PurchaseOrderReleased": ("Order {number} was released", "send", "info"),
    "PurchaseOrderClosed": ("Order {number} is closed", "archive", "done"),
    "PurchaseOrderReopened": ("Order {number} was opened again", "rotate-clockwise", "waiting"),
    "PurchaseOrderCorrected": ("{number} was put right and is sent again", "send", "info"),
    "InvoiceDisputed": ("Invoice {number} is disputed with the supplier", "alert-octagon", "waiting"),
    "InvoiceDisputeEnded": ("The dispute about {number} ended", "circle-check", "info"),
    "ShipNoticeRecorded": ("Shipment announced for {number}", "truck", "info"),
    "ReceiptPosted": ("Goods received: {number}", "package-import", "good"),
    "ReceiptReversed": ("Receipt reversed: {number}", "rotate-clockwise", "waiting"),
    "InvoiceReceived": ("Invoice {number} came in", "file-invoice", "info"),
    "InvoiceExceptionOpened": ("Invoice {number} stopped at the match", "alert-triangle", "waiting"),
    "InvoiceCleared": ("Invoice {number} is cleared for payment", "circle-check", "good"),
    "InvoicePosted": ("Voucher of {number} is in the ERP", "report-money", "info"),
    "MessageHandled": ("Decided about a message", "mail", "info"),
    "InvoicePaid": ("Invoice {number} is paid", "coin", "done"),
}


def _plain(event: BusinessEvent) -> tuple[str, str, Tone]:
    data: Data = event.data
    if event.type == "RequisitionDecided":
        return DECIDED.get(data.get("decision", ""), DECIDED["approve"])
    if event.type == "InvoiceExceptionResolved":
        return RESOLVED.get(data.get("resolution", ""), "{number}: exception decided"), "scale", "progress"
    if event.type == "SupplierAnswerRecorded":
        text, tone = ANSWERED.get(data.get("status", ""), ("The supplier answered {number}", "info"))
        return text, "message", tone
    return SENTENCES.get(event.type, (f"{event.type}: {{number}}", "circle-dashed", "neutral"))


DETAILS: Mapping[str, Callable[[Data], str]] = {
    "RequisitionSubmitted": lambda d: _steps(int(d.get("steps", 0))),
    "RequisitionDecided": lambda d: str(d.get("comment", "")),
    "RequisitionCancelled": lambda d: str(d.get("reason", "")),
    "PurchaseOrderCancelled": lambda d: str(d.get("reason", "")),
    "RequisitionShortened": lambda d: f"{d.get('lines', '')}: {d.get('reason', '')}",
    "SupplierAnswerRecorded": lambda d: _for_the_buyer(int(d.get("exceptions") or 0)),
    "PurchaseOrderChanged": lambda d: f"Revision {d.get('revision', '')}: {d.get('what', '')}",
    **{
        name: lambda d: str(d.get("reason", ""))
        for name in (
            "PurchaseOrderHeld", "PurchaseOrderClosed", "PurchaseOrderReopened", "InvoiceDisputed", "InvoiceDisputeEnded"
        )
    },
    "InvoiceExceptionOpened": lambda d: f"Differs: {kinds_in_words(d.get('kinds', ()))}.",
    "MessageHandled": lambda d: f"{str(d.get('how', '')).replace('_', ' ').capitalize()}: {d.get('reason', '')}",
    "InvoicePosted": lambda d: f"Voucher {d.get('voucher_number', '')}",
}  # fmt: skip


def kinds_in_words(kinds: Iterable[str]) -> str:
    """`Not received, price`."""
    known = dict(ExceptionCase.Kind.choices)
    words = [str(known.get(kind, str(kind).replace("_", " "))) for kind in kinds]
    return ", ".join([*words[:1], *(word[:1].lower() + word[1:] for word in words[1:])])


def _steps(count: int) -> str:
    if not count:
        return "An explicit rule approves it without a person."
    return f"Needs {count} approval{'s' if count > 1 else ''}."


def _for_the_buyer(count: int) -> str:
    if not count:
        return ""
    return "1 line waits for the buyer." if count == 1 else f"{count} lines wait for the buyer."


def timeline(events: Iterable[BusinessEvent], zone: str, *, here: str = "") -> list[TimelineEntry]:
    """Entries of a timeline in the facility's time zone; `here` is the number of the page's own document (not linked)."""
    entries = []
    for event in events:
        text, icon, tone = _plain(event)
        entries.append(
            TimelineEntry(
                text=text.format(number=event.number), when=fmt.when(event.occurred_at, zone), who=who(event), icon=icon,
                tone=tone, detail=DETAILS[event.type](event.data) if event.type in DETAILS else "",
                href="" if event.number == here else document(event.kind, event.number),
            )
        )  # fmt: skip
    return entries


def remarks_shown(annotated: Sequence[Mapping[str, str]], zone: str) -> list[Comment]:
    """Remarks that came with their document."""
    return [Comment(who=each.who, when=fmt.when(each.written_at, zone), text=each.text) for each in remarks(annotated)]


def who(event: BusinessEvent) -> str:
    """`Priya Nair on behalf of Dr. Ana Ruiz`."""
    if event.actor is None:
        return ""
    return f"{event.actor.name} on behalf of {event.on_behalf_of.name}" if event.on_behalf_of else event.actor.name
