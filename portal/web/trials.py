"""What a document in the sandbox would have done, as screens show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from integrations.models import InboundMessage
from portal.links import link
from portal.message_words import message_name
from portal.web import parts

OUTCOMES: Final[Mapping[str, tuple[str, parts.Tone, str]]] = {
    "applied": ("Would be used", "good", "circle-check"), "duplicate": ("Would be set aside as a duplicate", "waiting", "archive"),
    "parked": ("Would wait for its order", "progress", "clock"), "quarantined": ("Would be quarantined", "bad", "circle-x"),
    "failed": ("Could not be used", "bad", "circle-x"), "ours": ("This is what we send", "info", "info-circle"),
}  # fmt: skip


def trial_shown(row: InboundMessage) -> dict[str, Any]:
    """Outcome, sentence, lines and what somebody would have to decide."""
    told = row.trial or {}
    against = told.get("against")
    shown = _shown(told, row.detail)
    if row.state == InboundMessage.State.APPLIED:
        shown |= {"words": "For information", "tone": "info", "icon": "info-circle"}
    return {
        "name": message_name(row.kind), "control": row.control_number, **shown,
        "against": {"number": against["order"], **_shown(against, "")} if against else None,
    }  # fmt: skip


def _shown(told: Mapping[str, Any], detail: str) -> dict[str, Any]:
    outcome = told.get("outcome", "quarantined")
    words, tone, icon = OUTCOMES.get(outcome, OUTCOMES["failed"])
    if outcome == "applied" and told.get("exceptions"):
        words, tone, icon = "Would be used, with something to decide", "waiting", "alert-triangle"
    if told.get("cause") == "order_unknown":
        words, tone, icon = "Read and understood, but of no effect", "info", "info-circle"
    number = told.get("document_number", "")
    return {
        "words": words, "tone": tone, "icon": icon,
        "sentence": told.get("sentence") or detail, "lines": told.get("lines", ()), "line_count": told.get("line_count", 0),
        "exceptions": told.get("exceptions", ()), "order": number, "order_href": link("order", number) if number else "",
    }  # fmt: skip
