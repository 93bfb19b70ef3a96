"""What differs from partner to partner, as data: how they write, what they call things, and what we make of their mistakes."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

from integrations.canonical import CanonicalError, ItemIdentity, Party, UnitCodes, plain, read_as
from integrations.x12.findings import Finding, X12Error
from integrations.x12.schema import Extensions
from integrations.x12.tokens import Delimiters, Segment

Verdict = Literal["accept", "warn", "quarantine"]
DuplicatePolicy = Literal["ignore", "quarantine", "process"]
AcknowledgementTiming = Literal["on_receipt", "after_processing", "never"]
UblProfile = Literal["plain", "peppol"]

PARTY_QUALIFIERS: Final[Mapping[str, str]] = types.MappingProxyType(
    {
        "UL": "GLN",
        "1": "DUNS",
        "9": "DUNS4",
        "21": "HIN",
        "92": "buyer",
        "91": "supplier",
    }
)
"""N103 ↔ the name of the code list in `Party.identifiers`, the most widely understood first. Others keep their X12 code."""

ITEM_QUALIFIERS: Final[Mapping[str, str]] = types.MappingProxyType({"ND": "NDC", "HI": "HIBC", "UX": "UPN"})
"""Item qualifier ↔ the name of the code list in `ItemIdentity.others`. Others keep their X12 code."""

_PARTY_CODES: Final = {name: code for code, name in PARTY_QUALIFIERS.items()}
_ITEM_CODES: Final = {name: code for code, name in ITEM_QUALIFIERS.items()}
_GTIN_QUALIFIERS: Final = {12: "UP", 13: "EN", 14: "UK"}
_NOT_AN_ITEM: Final = frozenset({"LT", "SN"})
_BY_SEVERITY: Final[Mapping[str, Verdict]] = {"error": "quarantine", "warning": "warn", "info": "accept"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A segment that a partner's documents must carry, or must not: `REF` with qualifier `IA` in an `850`, say."""

    transaction: str
    segment: str
    qualifier: str = ""

    def matches(self, segment: Segment) -> bool:
        """Whether this is such a segment; the qualifier stands in its first element."""
        return segment[0] == self.segment and (not self.qualifier or segment[1:2] == [self.qualifier])


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """What was agreed about one kind of document in another way than about all others. What is not said is as everywhere.

    The fields are those of the profile; `units`, `codes` and `verdicts` go before the profile's, name by name.
    """

    version: str = ""
    delimiters: Delimiters | None = None
    our_qualifier: str = ""
    our_id: str = ""
    their_qualifier: str = ""
    their_id: str = ""
    our_group_id: str = ""
    their_group_id: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    buyer_item: tuple[str, ...] = ()
    supplier_part: tuple[str, ...] = ()
    manufacturer_part: tuple[str, ...] = ()
    gtin: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    duplicates: DuplicatePolicy | None = None
    acknowledge: AcknowledgementTiming | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One partner's habits and what was agreed with them.

    `units` maps the partner's unit codes to ours; codes it does not name mean the same on both sides, and `unit_codes` says in
    which code list the result is. The tuples name the item qualifiers that are understood; the first of each is the one we write.
    `codes` adds the partner's own codes to our tables (data element → codes). `verdicts` says per finding code what is
    done with a document, where that is not what the finding's severity says. `documents` holds what differs for one type of document
    ("810", "INVOIC", "Invoice"); `about` gives the profile that counts for it. `ubl_profile` says by which rules UBL is written; under
    Peppol qualifiers and ids are the electronic addresses of both sides, and `their_country` (ISO 3166-1, two letters) stands in theirs.
    """

    partner: str = ""
    version: str = "004010"
    delimiters: Delimiters = field(default_factory=Delimiters)
    our_qualifier: str = "ZZ"
    our_id: str = ""
    their_qualifier: str = "ZZ"
    their_id: str = ""
    our_group_id: str = ""
    their_group_id: str = ""
    test: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    unit_codes: UnitCodes = "portal"
    buyer_item: tuple[str, ...] = ("IN", "BP")
    supplier_part: tuple[str, ...] = ("VN", "VC", "VP")
    manufacturer_part: tuple[str, ...] = ("MG",)
    gtin: tuple[str, ...] = ("UK", "EN", "UP")
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[Extra, ...] = ()
    forbidden: tuple[Extra, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    duplicates: DuplicatePolicy = "ignore"
    acknowledge: AcknowledgementTiming = "on_receipt"
    acknowledgement_due_hours: int = 24
    documents: Mapping[str, Otherwise] = field(default_factory=dict)
    ubl_profile: UblProfile = "plain"
    their_country: str = ""

    def about(self, kind: str) -> Profile:
        """What counts for one type of document."""
        other = self.documents.get(kind)
        if other is None:
            return self
        said = {each.name: getattr(other, each.name) for each in fields(other)}
        changes: dict[str, Any] = {
            name: {**getattr(self, name), **value} if isinstance(value, Mapping) else value
            for name, value in said.items()
            if value
        }
        return replace(self, **changes, documents={})

    @property
    def extensions(self) -> Extensions:
        """The partner's own codes as `read` takes them, of all documents together: it reads whole interchanges."""
        own: dict[str, list[str]] = {}
        everywhere: tuple[Profile | Otherwise, ...] = (self, *self.documents.values())
        for about in everywhere:
            for reference, codes in (*about.codes.items(), ("355", tuple(about.units))):
                own.setdefault(reference, []).extend(codes)
        return tuple(sorted((reference, tuple(codes)) for reference, codes in own.items() if codes))

    def verdict(self, findings: Iterable[Finding]) -> Verdict:
        """What becomes of a document with these findings: the strictest of what each of them says."""
        said = {self.verdicts.get(each.code) or _BY_SEVERITY[each.severity] for each in findings}
        order: tuple[Verdict, ...] = ("quarantine", "warn")
        return next((each for each in order if each in said), "accept")

    def agreed(self, transaction: str, segments: Iterable[Segment]) -> list[Finding]:
        """What a document lacks that was agreed with the partner, and what it carries against it."""
        held = list(segments)
        findings = []
        for extra in self.required:
            if extra.transaction == transaction and not any(map(extra.matches, held)):
                words = f"{self.partner or 'This partner'} must send {_shown(extra)} in a {transaction}; there is none."
                findings.append(Finding("required", words, "error", extra.segment, len(held), expected=_shown(extra)))
        for extra in self.forbidden:
            at = next((at for at, each in enumerate(held, start=1) if extra.matches(each)), 0)
            if extra.transaction == transaction and at:
                words = f"{self.partner or 'This partner'} must not send {_shown(extra)} in a {transaction}."
                findings.append(Finding("forbidden", words, "warning", extra.segment, at))
        return findings

    def unit_in(self, code: str) -> str:
        """Our unit code for the partner's."""
        return self.units.get(code, code)

    def unit_out(self, code: str) -> str:
        """The partner's unit code for ours; where several mean the same, the first one."""
        return next((theirs for theirs, ours in self.units.items() if ours == code), code)

    def item_fields(self) -> dict[str, str]:
        """Item qualifier → the field of `ItemIdentity` it fills."""
        names = ("buyer_item", "supplier_part", "manufacturer_part", "gtin")
        return {qualifier: name for name in names for qualifier in getattr(self, name)}

    def identity_in(self, pairs: Mapping[str, str], known: Mapping[str, str] | None = None) -> ItemIdentity:
        """The identity told by qualifier → id pairs; `known` are the `item_fields` where the caller has them at hand."""
        known = known or self.item_fields()
        found: dict[str, Any] = {}
        others: dict[str, str] = {}
        for qualifier, value in pairs.items():
            name = known.get(qualifier)
            if name is None:
                if qualifier not in _NOT_AN_ITEM:
                    others[ITEM_QUALIFIERS.get(qualifier, qualifier)] = value
            elif name in found:
                found[name] = next(pairs[each] for each in getattr(self, name) if each in pairs)
            else:
                found[name] = value
        return ItemIdentity(**found, others=others)

    def identity_out(self, identity: ItemIdentity) -> Segment:
        """The identity as qualifier and id, one after the other. Raises `X12Error` for a code list that has no qualifier."""
        pairs = [
            (self.supplier_part[0], identity.supplier_part),
            (self.buyer_item[0], identity.buyer_item),
            (self.manufacturer_part[0], identity.manufacturer_part),
            (_GTIN_QUALIFIERS.get(len(identity.gtin), "UK"), identity.gtin),
        ]
        for code_list, value in identity.others.items():
            qualifier = _ITEM_CODES.get(code_list, code_list)
            if len(qualifier) != 2:
                raise X12Error(f"An item identity in the code list {code_list!r} has no qualifier in X12.")
            pairs.append((qualifier, value))
        return [text for qualifier, value in pairs if value for text in (qualifier, value)]

    def to_json(self) -> dict[str, Any]:
        """The profile as JSON values; `from_json` is its inverse."""
        return plain(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Profile:
        """The profile that `to_json` wrote; fields that are missing have their defaults. Raises `X12Error` for anything else."""
        try:
            return read_as(cls, data)
        except CanonicalError as fault:
            raise X12Error(f"This is no partner profile: {fault}") from fault


def _shown(extra: Extra) -> str:
    return f"{extra.segment}*{extra.qualifier}" if extra.qualifier else extra.segment


def pairs_in(segment: Segment, start: int) -> dict[str, str]:
    """Qualifier → id from element `start` on; of two ids with one qualifier the first counts."""
    result: dict[str, str] = {}
    for at in range(start, len(segment) - 1, 2):
        qualifier, value = segment[at].strip(), segment[at + 1].strip()
        if qualifier and value and qualifier not in result:
            result[qualifier] = value
    return result


def party_in(name: str, qualifier: str, identifier: str) -> Party:
    """The party of an N1 segment."""
    known = {PARTY_QUALIFIERS.get(qualifier, qualifier): identifier} if qualifier and identifier else {}
    return Party(name=name, identifiers=known)


def party_out(role: str, party: Party, name: str) -> Segment:
    """The N1 segment of a party, with the most widely understood of its identifiers; `name` is its name as X12 text."""
    order = list(_PARTY_CODES)
    ranked = sorted(party.identifiers.items(), key=lambda kv: order.index(kv[0]) if kv[0] in order else len(order))
    if not ranked:
        return ["N1", role, name]
    code_list, identifier = ranked[0]
    return ["N1", role, name, _PARTY_CODES.get(code_list, code_list), identifier]
