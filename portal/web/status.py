"""One table says what a status is called and which colour it has, everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.web.parts import Tone

STATUSES: Mapping[str, tuple[str, Tone]] = {
    # neutral: nobody waits for anything · info: on its way by itself · progress: partly there · waiting: a person must act
    # good: as it should be · bad: stopped, somebody must repair it · done: over, only history
    "draft": ("Draft", "neutral"),
    "submitted": ("In approval", "waiting"),
    "returned": ("Returned", "waiting"),
    "approved": ("Approved", "good"),
    "ordered": ("Ordered", "info"),
    "fulfilled": ("Fulfilled", "good"),
    "closed": ("Closed", "done"),
    "cancelled": ("Cancelled", "done"),
    "rejected": ("Rejected", "bad"),
    "issued": ("Issued", "info"),
    "partially_received": ("Partly received", "progress"),
    "received": ("Received", "good"),
    "on_hold": ("On hold", "waiting"),
    "posted": ("Posted", "good"),
    "reversed": ("Reversed", "done"),
    "invoice.received": ("Received", "info"),
    "invoice.approved": ("Approved to pay", "good"),
    "matched": ("Matched", "good"),
    "exception": ("Exception", "waiting"),
    "paid": ("Paid", "done"),
    "disputed": ("Disputed", "waiting"),
    "void": ("Void", "done"),
    "duplicate": ("Duplicate", "bad"),
    "open": ("Open", "waiting"),
    "resolved": ("Resolved", "good"),
    "waiting": ("Waiting", "waiting"),
    "pending": ("Pending", "waiting"),
    "skipped": ("Skipped", "done"),
    # answers of a supplier and of the network
    "none": ("No answer yet", "neutral"),
    "accepted": ("Accepted", "good"),
    "changed": ("Changed", "waiting"),
    "with_errors": ("Accepted with errors", "waiting"),
    "backordered": ("Back-ordered", "waiting"),
    "price_changed": ("Price changed", "waiting"),
    "quantity_changed": ("Quantity changed", "waiting"),
    "date_changed": ("Date changed", "waiting"),
    "substituted": ("Substituted", "waiting"),
    "dispatch.none": ("Not sent", "neutral"),
    "payment.none": ("Not scheduled", "neutral"),
    "scheduled": ("Scheduled", "info"),
    "shipped": ("Shipped", "info"),
    "acknowledged": ("Acknowledged", "good"),
    # messages and endpoints
    "queued": ("Queued", "info"),
    "in_flight": ("In flight", "info"),
    "running": ("Running", "info"),
    "retry": ("Waiting to retry", "progress"),
    "parked": ("Waits for an earlier document", "progress"),
    "split": ("Split into its documents", "done"),
    "found": ("Already there", "good"),
    "transient": ("Failed, will retry", "progress"),
    "permanent": ("Refused for good", "bad"),
    "authentication": ("Sign-in failed", "bad"),
    "contract": ("Answer not understood", "bad"),
    "crashed": ("Worker died", "bad"),
    "message.received": ("Received", "info"),
    "attempt.unknown": ("No answer", "waiting"),
    "sandbox": ("Tried, no effect", "info"),
    "sent": ("Sent", "info"),
    "delivered": ("Delivered", "good"),
    "applied": ("Applied", "good"),
    "dead": ("Dead letter", "bad"),
    "quarantined": ("Quarantined", "bad"),
    "unknown": ("Outcome unknown", "waiting"),
    "failed": ("Failed", "bad"),
    "paused": ("Paused", "waiting"),
    "up": ("Up", "good"),
    "degraded": ("Degraded", "progress"),
    "down": ("Down", "bad"),
    # stock and master data
    "available": ("Available", "good"),
    "hold": ("Hold", "waiting"),
    "quarantine": ("Quarantine", "waiting"),
    "recalled": ("Recalled", "bad"),
    "expired": ("Expired", "bad"),
    "active": ("Active", "good"),
    "inactive": ("Inactive", "done"),
    "suspended": ("Suspended", "waiting"),
    "discontinued": ("Discontinued", "done"),
    "retired": ("Retired", "done"),
    "in_transit": ("In transit", "info"),
    "proposal.agreed": ("Agreed by itself", "done"),
    "pull.changed": ("Changed", "info"),
    "conflicting": ("Conflicting", "waiting"),
    "invalid": ("Invalid", "bad"),
    "missing": ("Missing there", "waiting"),
    "unchanged": ("Unchanged", "done"),
    # flags on lines and documents
    "to_source": ("Waits for the buyer", "waiting"),
    "from_stock": ("Filled from stock", "good"),
    "waived": ("No longer needed", "done"),
    "damaged": ("Damaged", "bad"),
    "wrong_item": ("Wrong item", "bad"),
    "refused": ("Refused", "bad"),
    "urgent": ("Urgent", "bad"),
    "off_contract": ("Off contract", "waiting"),
    "on_contract": ("On contract", "good"),
    "no_contract": ("No contract", "neutral"),
    "over_budget": ("Over budget", "bad"),
    "non_catalog": ("Non-catalog", "neutral"),
    "overdue": ("Overdue", "bad"),
    "new": ("New", "info"),
}
"""`kind.status` wins over `status`; a status missing here is shown by its own name, in the neutral tone."""


@lru_cache(maxsize=512)
def status_of(code: str, kind: str = "") -> tuple[str, Tone]:
    """(label, tone) of a status, of a document kind where the kind gives the word another meaning."""
    neutral: tuple[str, Tone] = (code.replace("_", " ").capitalize(), "neutral")
    return STATUSES.get(f"{kind}.{code}") or STATUSES.get(code, neutral)


@lru_cache(maxsize=1024)
def badge(code: str, kind: str = "") -> SafeString:
    """The status badge as HTML: for views that prepare rows. Templates outside of loops use `{% status code kind %}`."""
    label, tone = status_of(code, kind)
    return format_html('<span class="badge-status tone-{}">{}</span>', tone, label)
