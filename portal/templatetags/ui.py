"""Template tags of the design system. One table says what a status is called and which colour it has, everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.errors import Finding
from portal.web import parts
from portal.web.format import NOTHING, Shown
from portal.web.parts import Tone

register = template.Library()

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
    # flags on lines and documents
    "to_source": ("Waits for the buyer", "waiting"),
    "from_stock": ("Filled from stock", "good"),
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


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("vendor/icons.svg")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite (`portal/static/vendor/icons.txt`); without `label` it is decoration."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon {}" {}><use href="{}#{}"></use></svg>', css, meaning, _sprite(), name)


@register.simple_tag
def status(code: str, kind: str = "") -> SafeString:
    """A status badge: `{% status order.status "purchase_order" %}`."""
    return badge(str(code), kind)


@register.simple_tag
def shown(value: Shown | str | None, css: str = "") -> SafeString:
    """A prepared value with its exact form on hover; a moment becomes a `<time>`."""
    value = NOTHING if value is None else value if isinstance(value, Shown) else Shown(str(value))
    if value.iso:
        return format_html(
            '<time class="{}" datetime="{}" title="{}">{}</time>', css, value.iso, value.title, value.text
        )
    if value.title:
        return format_html('<span class="{}" title="{}">{}</span>', css, value.title, value.text)
    return format_html('<span class="{}">{}</span>', css, value.text) if css else conditional_escape(value.text)


@register.simple_tag
def sparkline(values: Sequence[Decimal | int], label: str) -> SafeString:
    """A small line without axes; `label` says in words what it shows."""
    return format_html(
        '<svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<polyline points="{}"/></svg>',
        label,
        parts.sparkline(values),
    )


@register.filter
def anchor(path: str) -> str:
    """The element id of a finding's place: `lines.2.quantity` → `f-lines-2-quantity`."""
    return "f-" + path.replace(".", "-").replace("_", "-")


@register.filter
def at(findings: Iterable[Finding] | None, path: str) -> list[Finding]:
    """The findings of one place of the document: `{{ findings|at:"lines.2.quantity" }}`."""
    return [finding for finding in findings or () if finding.field == path]


@register.inclusion_tag("components/field.html")
def field(name: str, label: str, value: object = "", **options: Any) -> dict[str, Any]:
    """A labelled input with its finding.

    Options: `kind` (text, number, email, password, date, search, textarea, select, checkbox, file), `path` (the place in
    findings, default `name`), `findings`, `help`, `required`, `unit` (shown behind the input), `choices` ((value, label)
    pairs), `placeholder`, `autocomplete`, `inputmode`, `rows`, `min`, `max`, `step`, `autofocus`, `readonly`, `keys`,
    `hide_label`, `list`, `css`.
    """
    path = str(options.pop("path", "") or name)
    found = at(options.pop("findings", None), path)
    return {
        "name": name,
        "label": label,
        "value": "" if value is None else value,
        "kind": "text",
        "id": anchor(path),
        "found": found,
        "error": any(finding.severity in {"error", "confirm"} for finding in found),
        **options,
    }


@register.inclusion_tag("components/chart.html")
def chart(identity: str, label: str, data: Mapping[str, Any], kind: str = "bar", **options: Any) -> dict[str, Any]:
    """A chart: `data` is `{"labels": […], "series": [{"label": …, "values": […], "tone": …}]}`, `unit` names the numbers.

    The same numbers stand in a table for those who do not see the canvas. Options: `unit`, `stacked`, `height` (px class:
    `s`, `m`, `l`).
    """
    series = data["series"]
    rows = [(name, [entry["values"][i] for entry in series]) for i, name in enumerate(data["labels"])]
    config = {**data, "kind": kind, "unit": options.get("unit", ""), "stacked": bool(options.get("stacked"))}
    return {
        "id": identity,
        "data_id": f"{identity}-data",
        "label": label,
        "config": config,
        "series": series,
        "rows": rows,
        **options,
    }
