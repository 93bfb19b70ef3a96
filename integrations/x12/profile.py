"""What differs from partner to partner in the documents, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from integrations.canonical import ItemIdentity, Party
from integrations.x12.tokens import Segment

PARTY_QUALIFIERS: Final[Mapping[str, str]] = {
    "UL": "GLN",
    "1": "DUNS",
    "9": "DUNS4",
    "21": "HIN",
    "92": "buyer",
    "91": "supplier",
}
"""N103 ↔ the name of the code list in `Party.identifiers`, the most widely understood first. Others keep their X12 code."""

_PARTY_CODES: Final = {name: code for code, name in PARTY_QUALIFIERS.items()}
_GTIN_QUALIFIERS: Final = {12: "UP", 13: "EN", 14: "UK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One partner's habits.

    `units` maps the partner's unit codes to ours; codes it does not name mean the same on both sides. The tuples name the item
    qualifiers that are understood; the first of each is the one we write.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    buyer_item: tuple[str, ...] = ("IN", "BP")
    supplier_part: tuple[str, ...] = ("VN", "VC", "VP")
    manufacturer_part: tuple[str, ...] = ("MG",)
    gtin: tuple[str, ...] = ("UK", "EN", "UP")

    def unit_in(self, code: str) -> str:
        """Our unit code for the partner's."""
        return self.units.get(code, code)

    def unit_out(self, code: str) -> str:
        """The partner's unit code for ours; where several mean the same, the first one."""
        return next((theirs for theirs, ours in self.units.items() if ours == code), code)

    def identity_in(self, pairs: Mapping[str, str]) -> ItemIdentity:
        """The identity told by qualifier → id pairs."""

        def first(qualifiers: tuple[str, ...]) -> str:
            return next((pairs[q] for q in qualifiers if pairs.get(q)), "")

        return ItemIdentity(
            buyer_item=first(self.buyer_item),
            supplier_part=first(self.supplier_part),
            manufacturer_part=first(self.manufacturer_part),
            gtin=first(self.gtin),
        )

    def identity_out(self, identity: ItemIdentity) -> Segment:
        """The identity as qualifier and id, one after the other."""
        pairs = (
            (self.supplier_part[0], identity.supplier_part),
            (self.buyer_item[0], identity.buyer_item),
            (self.manufacturer_part[0], identity.manufacturer_part),
            (_GTIN_QUALIFIERS.get(len(identity.gtin), "UK"), identity.gtin),
        )
        return [text for qualifier, value in pairs if value for text in (qualifier, value)]


def pairs_in(segment: Segment, start: int) -> dict[str, str]:
    """Qualifier → id from element `start` on; of two ids with one qualifier the first counts."""
    result: dict[str, str] = {}
    for at in range(start, len(segment) - 1, 2):
        qualifier, value = segment[at].strip(), segment[at + 1].strip()
        if qualifier and value:
            result.setdefault(qualifier, value)
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
