"""What is still missing before a partner's documents can go live: computed, never ticked by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Final

from integrations.edi_files import DOCUMENTS
from integrations.models import InboundMessage, Interchange, Partner, PartnerDocument
from integrations.remote import Outcome
from integrations.services.mailboxes import TRANSPORTS, settings_check
from integrations.services.profiles import profile_findings, profile_of

Stage = PartnerDocument.Stage
EVERY: Final = tuple(PartnerDocument.Document.values)
_UNDERSTOOD: Final = frozenset({"applied", "duplicate", "parked"})
_ANOTHERS: Final = "order_unknown"
"""A sample may name an order that is not ours: it was understood all the same."""
_KINDS: Final = {
    document: sorted(kind for kind, named in DOCUMENTS.items() if named == document) for document in DOCUMENTS.values()
}
ACCEPTED: Final = frozenset({Interchange.Acknowledgement.ACCEPTED, Interchange.Acknowledgement.WITH_ERRORS})
_GUESSED: Final = re.compile(r"-\d{1,3}")


@dataclass(frozen=True)
class Item:
    """One thing that must be there. `step` of the wizard is where it is fixed; `blocks` are the documents that wait for it."""

    label: str
    done: bool
    step: str
    detail: str = ""
    blocks: tuple[str, ...] = EVERY


def checklist(partner: Partner) -> list[Item]:
    """Everything to do, in the order of the wizard."""
    stages = {row.document: row.stage for row in partner.documents.all()}
    chosen = [document for document in EVERY if stages.get(document, Stage.OFF) != Stage.OFF]
    understood, tests = _understood(partner), _tests(partner)
    return [
        Item("Somebody to call is known", bool(partner.contacts.all()), "who", "Add a contact.", ()),
        Item("The documents are chosen", bool(chosen), "documents", "Choose at least one document."),
        *_transport(partner),
        *_profile(partner),
        *_named(partner, bool(understood or ACCEPTED & tests)),
        *_tried(partner, chosen, tests, understood),
    ]


def missing_for(items: Iterable[Item], document: str) -> list[Item]:
    """What keeps a document from going live."""
    return [item for item in items if not item.done and document in item.blocks]


def _transport(partner: Partner) -> list[Item]:
    endpoint = partner.endpoint
    kind = TRANSPORTS.get(endpoint.adapter)
    names = {setting.name for setting in kind.settings} if kind else set()
    values = {name: str(text) for name, text in endpoint.config.items() if name in names}
    findings = settings_check(transport=endpoint.adapter, values=values, kept=set(endpoint.secrets))
    # what was delivered proves more than a question
    answered = endpoint.last_success_at is not None or endpoint.probe_outcome == Outcome.FOUND
    return [
        Item(
            "The transport has its settings", not findings, "transport", " ".join(each.message for each in findings[:3])
        ),
        Item("The mailbox answers", answered, "transport", endpoint.probe_detail or "Try the connection."),
    ]


def _profile(partner: Partner) -> list[Item]:
    findings = list(profile_findings(profile_of(partner), partner.format))
    words = " ".join(each.message for each in findings[:3])
    return [Item("The identifiers and the profile are complete", not findings, "identifiers", words)]


def _named(partner: Partner, proven: bool) -> list[Item]:
    """Their id is our code for them until somebody says another, or a file under it came: orders would go to a name they do not know."""
    if partner.format == Partner.Format.UBL:
        return []
    code, identifier = partner.supplier.code, partner.identifier
    rest = identifier.removeprefix(code[:11])
    guessed = partner.qualifier == "ZZ" and (identifier == code[:15] or bool(_GUESSED.fullmatch(rest)))
    words = f"It is still {identifier}, our code for them. Ask them, or drop a file of theirs."
    return [Item("Their id is the one they use", proven or not guessed, "identifiers", words, ())]


def _tests(partner: Partner) -> set[str]:
    """What became of the test orders that were delivered."""
    sent = Interchange.objects.filter(partner=partner, usage="T", functional_id="PO", message__state="delivered")
    return set(sent.values_list("acknowledgement", flat=True).distinct())


def _tried(partner: Partner, chosen: Sequence[str], tests: Set[str], understood: Set[str]) -> list[Item]:
    items = []
    for document in chosen:
        label = PartnerDocument.Document(document).label
        if document == PartnerDocument.Document.REMITTANCE:
            continue
        if document in PartnerDocument.OUT:
            items.append(Item("A test order was sent", bool(tests), "test", "Send a test order.", (document,)))
            if partner.format == Partner.Format.X12:
                words = "They answer it with a 997. It does not keep orders from going live."
                items.append(Item("The test order was acknowledged", bool(ACCEPTED & tests), "test", words, ()))
        else:
            kinds = " or ".join(kind for kind in _KINDS[document] if _format_of(kind) == partner.format)
            words = f"Drop a sample file, or let them send one ({kinds})."
            items.append(
                Item(f"{label}: one was read and understood", document in understood, "test", words, (document,))
            )
    return items


def _format_of(kind: str) -> str:
    """The format in which documents of a type are written."""
    if kind.isdigit():
        return Partner.Format.X12
    return Partner.Format.EDIFACT if kind.isupper() else Partner.Format.UBL


def _understood(partner: Partner) -> set[str]:
    """The kinds of documents of which one, in the sandbox or live, could be used."""
    rows = (
        InboundMessage.objects.filter(endpoint=partner.endpoint_id, parent__isnull=False)
        .filter(kind__in=list(DOCUMENTS), state__in=[InboundMessage.State.SANDBOX, InboundMessage.State.APPLIED])
        .values_list("kind", "state", "trial__outcome", "cause")
        .distinct()
    )
    return {
        DOCUMENTS[kind]
        for kind, state, outcome, cause in rows
        if state == InboundMessage.State.APPLIED or outcome in _UNDERSTOOD or cause == _ANOTHERS
    }
