"""What a partner's sample tells about how they write: proposals for the profile, each with the choices a person has.

Pure over bytes and a profile. What the file does not tell is a choice without a proposal (an empty value changes nothing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from core.errors import Invalid
from integrations.canonical import ItemIdentity, fields_of, is_record
from integrations.canonical.units import UNECE_UNITS
from integrations.edi_desk import Explained, explain
from integrations.edi_files import DOCUMENTS
from integrations.models import Partner, PartnerDocument
from integrations.services.profiles import OURS, profile_findings, profile_seen
from integrations.x12 import Finding, Profile
from integrations.x12.schema import spec_of

TAKE: Final = "take"
LEAVE: Final = ""
MOST: Final = 40
"""Proposals of one file: more are no habits but another kind of file."""
_DOCUMENT: Final = "document:"
_UNIT: Final = "355"
_LONGEST_UNIT: Final = 6
_ALIKE: Final = (
    ("EA", "PC", "PCE", "UN", "C62", "H87", "NAR", "ST", "STK"), ("CA", "CS", "CT", "CTN", "CSE", "XCS", "XCT"),
    ("BX", "BOX", "XBX"), ("PK", "PAK", "PKG", "PAC", "XPK"), ("BG", "BAG", "XBG"), ("RL", "RO", "ROL", "XRO"),
    ("BT", "BO", "BTL", "XBO"), ("PR", "PAR"), ("TB", "TU", "XTU"), ("DZ", "DZN", "DOZ"), ("KT", "KIT", "XKI"),
)  # fmt: skip
"""Codes that different houses write for the same unit."""
_ITEM_NAMES: Final = {
    "supplier_part": "their item number", "buyer_item": "our item number", "manufacturer_part": "the manufacturer's part", "gtin": "the GTIN",
}  # fmt: skip
_ITEM_LIKELY: Final = {
    "SK": "supplier_part", "VS": "supplier_part", "VX": "supplier_part", "CB": "buyer_item", "PI": "buyer_item", "MN": "manufacturer_part",
    "UA": "gtin", "UI": "gtin", "U2": "gtin",
}  # fmt: skip
_VERDICT_WORDS: Final = (("", "set aside for a person"), ("warn", "use it, with a warning"), ("accept", "use it"))


@dataclass(frozen=True)
class Proposal:
    """One thing the file tells. `value` is what is proposed, one of `choices` (value and words); empty changes nothing."""

    name: str
    label: str
    found: str
    now: str
    choices: tuple[tuple[str, str], ...]
    value: str = LEAVE

    @property
    def known(self) -> bool:
        """Whether something else than what is so already is proposed; else it is only a choice."""
        return self.value not in (LEAVE, self.now)


def proposals_for(
    content: bytes,
    profile: Profile,
    form: str,
    *,
    units: Collection[str] = (),
    ordered: Mapping[str, str] | None = None,
    off: Collection[str] = (),
) -> list[Proposal]:
    """What a sample proposes to change in a profile of a format; nothing for a file that cannot be read.

    `units` are the unit codes we use, `ordered` the unit we order each of their item numbers in, `off` the documents that are not
    exchanged with them yet.
    """
    try:
        seen_form, seen = profile_seen(content, profile)
        _, addressed = profile_seen(content, replace(profile, our_id=""))
    except Invalid:
        return []
    found = explain(content, seen, segments=0)
    if not found.documents:
        return []
    every = [
        *_envelope(profile, seen, addressed, form, seen_form),
        *_documents(found, off),
        *_units(found, content, profile, units, ordered or {}),
        *(_items(found, profile) if seen_form == Partner.Format.X12 else ()),
        *(_codes(found, profile) if seen_form == Partner.Format.X12 else ()),
        *_verdicts(found, profile),
    ]
    return every[:MOST]


def documents_taken(proposals: Collection[Proposal], chosen: Mapping[str, str]) -> list[str]:
    """The documents that are exchanged from now on."""
    asked = (each for each in proposals if each.name.startswith(_DOCUMENT))
    return [each.name.removeprefix(_DOCUMENT) for each in asked if _chosen(each, chosen) == TAKE]


def proposals_taken(
    content: bytes, profile: Profile, form: str, proposals: Collection[Proposal], chosen: Mapping[str, str]
) -> tuple[str, Profile]:
    """Format and profile with what was chosen; what was not asked about is as proposed. Raises Invalid where the file tells nothing."""
    seen_form, seen = profile_seen(content, profile)
    _, addressed = profile_seen(content, replace(profile, our_id=""))
    values = {each.name: _chosen(each, chosen) for each in proposals}
    changes: dict[str, Any] = {
        "units": dict(profile.units),
        "codes": dict(profile.codes),
        "verdicts": dict(profile.verdicts),
    }
    for name, value in values.items():
        kind, _, what = name.partition(":")
        if value == LEAVE:
            continue
        if kind == "unit":
            changes["units"][what] = value
        elif kind == "item":
            changes[value] = (*changes.get(value, getattr(profile, value)), what)
        elif kind == "code":
            reference, _, code = what.partition(":")
            changes["codes"][reference] = (*changes["codes"].get(reference, ()), code)
        elif kind == "verdict":
            changes["verdicts"][what] = value
        elif kind in _FIELDS:
            source = addressed if kind == "our_id" else seen
            changes |= {field: getattr(source, field) for field in _FIELDS[kind]}
    return seen_form if values.get("format", TAKE) == TAKE else form, replace(profile, **changes)


_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "their_id": ("their_qualifier", "their_id", "their_group_id"), "our_id": ("our_qualifier", "our_id", "our_group_id"),
    "version": ("version",), "delimiters": ("delimiters",), "ubl_profile": ("ubl_profile", "their_country"),
}  # fmt: skip
"""Proposal about the envelope -> fields of the profile."""


def _chosen(proposal: Proposal, chosen: Mapping[str, str]) -> str:
    value = chosen.get(proposal.name, proposal.value)
    return value if value in dict(proposal.choices) else proposal.value


def _envelope(profile: Profile, seen: Profile, addressed: Profile, form: str, seen_form: str) -> Iterator[Proposal]:
    if seen_form != form:
        labels = dict(Partner.Format.choices)
        yield _plain("format", "Format", labels[seen_form], labels[form], TAKE)
    if _fields(seen, "their_id") != _fields(profile, "their_id"):
        yield _plain("their_id", "They are", _id(seen, "their"), _id(profile, "their"), TAKE)
    if addressed.our_id and _fields(addressed, "our_id") != _fields(profile, "our_id"):
        # a sample may be addressed to somebody else: who we are is a person's word, unless nobody has said it yet
        yield _plain("our_id", "We are", _id(addressed, "our"), _id(profile, "our"), LEAVE if profile.our_id else TAKE)
    if seen.version != profile.version:
        yield _plain("version", "Version", seen.version, profile.version, TAKE)
    if _fields(seen, "ubl_profile") != _fields(profile, "ubl_profile"):
        # what Peppol asks for may stand in no sample (who we are there, where they are at home): then a person says so first
        whole = not any(profile_findings(seen, seen_form))
        yield _plain("ubl_profile", "Rules of UBL", _rules(seen), _rules(profile), TAKE if whole else LEAVE)
    if seen.delimiters != profile.delimiters:
        yield _plain("delimiters", "What stands between", _delimiters(seen), _delimiters(profile), TAKE)


def _rules(profile: Profile) -> str:
    return " ".join(filter(None, (profile.ubl_profile, profile.their_country)))


def _documents(found: Explained, off: Collection[str]) -> Iterator[Proposal]:
    """Kinds of documents that nobody has chosen yet."""
    kinds = dict.fromkeys(DOCUMENTS.get(said.kind, OURS.get(said.kind, "")) for said in found.documents)
    for document in kinds:
        if document in off:
            label = PartnerDocument.Document(document).label
            choices = ((TAKE, "exchanged, in the sandbox first"), (LEAVE, "not exchanged"))
            yield Proposal(f"{_DOCUMENT}{document}", f"{label} are", label, LEAVE, choices, TAKE)


def _plain(name: str, label: str, found: str, now: str, value: str) -> Proposal:
    return Proposal(
        name, label, found, now, ((TAKE, f"as in the file: {found}"), (LEAVE, f"leave it: {now or 'nothing'}")), value
    )


def _fields(profile: Profile, name: str) -> tuple[str, ...]:
    return tuple(getattr(profile, field) for field in _FIELDS[name])


def _id(profile: Profile, whose: str) -> str:
    qualifier, identifier, group = (getattr(profile, f"{whose}_{part}") for part in ("qualifier", "id", "group_id"))
    if not identifier:
        return ""
    return (f"{qualifier}:{identifier}" if qualifier else identifier) + (f", group {group}" if group else "")


def _delimiters(profile: Profile) -> str:
    return " ".join(repr(each)[1:-1] for each in asdict(profile.delimiters).values() if each)


def _units(
    found: Explained, content: bytes, profile: Profile, units: Collection[str], ordered: Mapping[str, str]
) -> Iterator[Proposal]:
    """Codes that are none of ours: what we order the item in, else what is alike, else a choice."""
    parts: dict[str, set[str]] = {}
    for unit, part in _lines(found):
        if unit and len(unit) <= _LONGEST_UNIT and unit not in units and unit not in profile.units.values():
            parts.setdefault(unit, set()).add(part)
    for unit, items in parts.items():
        theirs = next((raw for raw, ours in UNECE_UNITS.items() if ours == unit and _says(content, raw)), unit)
        told = {ordered[part] for part in items if part in ordered}
        alike = [ours for group in _ALIKE if theirs in group for ours in group if ours in units]
        value = told.pop() if len(told) == 1 else next(iter(alike), unit)
        choices = ((unit, f"{unit}, which we have not used so far"), *((each, each) for each in sorted(units)))
        yield Proposal(f"unit:{theirs}", f"Their unit {theirs} is our", theirs, unit, choices, value)


def _says(content: bytes, code: str) -> bool:
    raw = code.encode()
    return any(mark + raw + end in content for mark in (b":", b'unitCode="') for end in (b"'", b'"', b":", b"+"))


def _lines(found: Explained) -> Iterator[tuple[str, str]]:
    """Unit and their item number of every line."""
    for said in found.documents:
        for line in getattr(said.document, "lines", ()):
            identity = getattr(line, "identity", ItemIdentity())
            yield getattr(line, "unit", ""), identity.supplier_part


def _items(found: Explained, profile: Profile) -> Iterator[Proposal]:
    """Item qualifiers that mean nothing to us yet."""
    kinds: dict[str, str] = {}
    for said in found.documents:
        for each in _identities(said.document):
            for kind, value in each.others.items():
                if len(kind) == 2:
                    kinds.setdefault(kind, value)
    for kind, value in kinds.items():
        choices = ((LEAVE, "kept as a further number"), *_ITEM_NAMES.items())
        yield Proposal(
            f"item:{kind}", f"{kind} before {value[:30]} is", kind, "", choices, _ITEM_LIKELY.get(kind, LEAVE)
        )


def _identities(value: Any) -> Iterator[ItemIdentity]:
    if isinstance(value, ItemIdentity):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _identities(each)
    elif is_record(value.__class__):
        for name in fields_of(value.__class__):
            yield from _identities(getattr(value, name))


def _codes(found: Explained, profile: Profile) -> Iterator[Proposal]:
    """Codes that our tables lack, units apart."""
    seen: dict[str, Finding] = {}
    for finding in _findings(found):
        spec = spec_of(finding.segment)
        reference = spec[finding.element - 1].reference if 0 < finding.element <= len(spec) else ""
        if finding.code == "unknown-code" and reference not in ("", _UNIT) and finding.value:
            seen.setdefault(f"{reference}:{finding.value}", finding)
    for name, finding in seen.items():
        choices = ((TAKE, "a code of theirs"), (LEAVE, "worth a note each time"))
        place = f"{finding.segment}{finding.element:02}"
        yield Proposal(f"code:{name}", f"{finding.value} in {place} is", finding.value, "", choices, TAKE)


def _verdicts(found: Explained, profile: Profile) -> Iterator[Proposal]:
    """What would keep their documents from being used every time."""
    words: dict[str, Finding] = {}
    judged = [(profile, found.findings), *((profile.about(said.kind), said.findings) for said in found.documents)]
    for counts, findings in judged:
        for finding in findings:
            if counts.verdict([finding]) == "quarantine":
                words.setdefault(finding.code, finding)
    unread = {finding.code for said in found.documents if said.document is None for finding in said.findings}
    for code, finding in words.items():
        if code not in unread:
            now = dict(_VERDICT_WORDS)[LEAVE]
            yield Proposal(f"verdict:{code}", finding.message[:200], code, now, _VERDICT_WORDS)


def _findings(found: Explained) -> Iterator[Finding]:
    yield from found.findings
    for said in found.documents:
        yield from said.findings
