"""What to do about each kind of finding: the sentence a person reads after what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_RESEND: Final = "Ask the sender to repair the document and send it again under a new control number."
_ENVELOPE: Final = (
    "Ask the sender to check the program that builds their envelopes; the documents inside were still read."
)
_CUT: Final = "Compare the length of the file with the sender's; the transfer was probably cut off, ask for it again."
_LIVE: Final = "It can be used as it is; tell the sender when you next talk about their documents."
_MAP: Final = "Add the code to this partner's profile if you know what it means, else ask the sender."
_SYSTEM: Final = "Check which system or mailbox this file came from; it does not belong here."

ADVICE: Final[Mapping[str, str]] = {
    "bad-date": _RESEND,
    "bad-number": _RESEND,
    "bad-segment-id": "Look at the segment before it: a delimiter stands inside its data. Ask the sender to remove it.",
    "bad-time": _LIVE,
    "charge-without-amount": "Ask the sender for the amount of this charge, or leave it out if the total adds up without it.",
    "charges-not-in-total": _LIVE,
    "encoding": "Agree with the sender on UTF-8 or plain ASCII, and look at the names that carry accents.",
    "explicit-decimals": "Ask the sender to write this amount in cents without a point; compare the total before paying.",
    "forbidden": "Ask the sender to leave it out, as agreed in their profile.",
    "ge-control": _ENVELOPE,
    "ge-count": _CUT,
    "ge-missing": _CUT,
    "ge-without-gs": _ENVELOPE,
    "gs-duplicate": "Ask the sender whether the group was sent twice; only one of the two may be used.",
    "gs-functional-id": _ENVELOPE,
    "gs-missing": _ENVELOPE,
    "hl-duplicate": "Ask the sender to number the HL levels uniquely; the tree was read in the order of the file.",
    "hl-parent": "Check that every line hangs under the right order; ask the sender to name existing parents in HL02.",
    "iea-control": _ENVELOPE,
    "iea-count": _CUT,
    "iea-missing": _CUT,
    "iea-twice": _ENVELOPE,
    "invoice-kind": "Check by hand whether this is a bill or a credit before it is used.",
    "isa-width": _LIVE,
    "isa-value": _ENVELOPE,
    "isa-wrapped": "Ask the sender not to wrap lines; the header was put together again.",
    "item-missing": "Ask the sender which item this is; without it the line cannot be matched.",
    "item-status": _MAP,
    "line-break": "Ask the sender not to wrap lines inside segments; the pieces were put together.",
    "line-charges": _LIVE,
    "line-number": "Lines are matched by item; check that no item stands twice on the order.",
    "line-unreadable": _RESEND,
    "missing-element": _RESEND,
    "missing-segment": _RESEND,
    "more-findings": "Repair the first findings; the rest usually disappears with them.",
    "no-date": _RESEND,
    "no-items": _RESEND,
    "no-quantity": "Ask the sender how much was shipped of this item.",
    "order-missing": "Ask the sender for the order number of this shipment; it cannot be received without one.",
    "out-of-place": _LIVE,
    "quantity-missing": _RESEND,
    "required": "Ask the sender to add it, as agreed in their profile.",
    "se-control": _ENVELOPE,
    "se-count": "Compare with what the sender meant to send: a segment was lost, added or swallowed by a missing terminator.",
    "se-missing": _CUT,
    "se-without-st": _CUT,
    "segment-outside-set": _CUT,
    "segment-too-long": "Check that the segment terminator in the ISA is the one that the file really uses.",
    "several-lots": "Ask the sender to give one quantity per lot; only the first lot was taken.",
    "several-schedules": _LIVE,
    "st-duplicate": "Ask the sender whether the document was sent twice; only one of the two may be used.",
    "substitute-missing": "Ask the sender which item they ship instead.",
    "syntax-note": _RESEND,
    "terminator-missing": "Ask the sender to end every segment with the same terminator; the lines were read as segments.",
    "text-after-iea": "Look at the end of the file; if documents stand there, ask for them in an interchange of their own.",
    "text-before-isa": _LIVE,
    "tax-not-in-total": "Check that the tax is among the charges and not asked for twice.",
    "time-zone": _LIVE,
    "too-long": _LIVE,
    "too-many": _LIVE,
    "too-many-elements": _LIVE,
    "too-short": _LIVE,
    "total-differs": "Compare the bill line by line with the sender before it is paid.",
    "negative-total": "Check that this is a credit; ask the sender to send it as one (BIG07 CR in X12).",
    "unchecked": "Correct UBL_SCHEMA_DIR, or leave it empty; our own checks were made all the same.",
    "unit-missing": "Check the order's unit against the quantity before it is used.",
    "unknown-code": _MAP,
    "unknown-set": "Agree with the sender which documents they send; nothing of this one was used.",
    "unterminated": _LIVE,
    "unused-segment": "Nothing has to be done: this segment is kept in the file and not used by us.",
    "verdict": _MAP,
    "purpose": _MAP,
    "cxml": "Ask the supplier for one of the formats that are read, or enter the document by hand.",
    "customization": "Ask the sender whether they send by Peppol BIS 3; if they never do, choose plain UBL in their profile.",
    "received-only": "Nothing has to be done about it: the supplier's answer to the order is still to come.",
    "refused": _SYSTEM,
}
"""Finding code → what to do next."""


def advice_for(code: str) -> str:
    """The next step for a finding code; asking the sender is never wrong."""
    return ADVICE.get(code, "Ask the sender what is meant.")
