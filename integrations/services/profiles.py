"""What was agreed with a partner, between its row, the Profile that codecs obey, and the file people pass on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final, TypeVar, get_args

from core.errors import Finding, Invalid
from integrations import edifact, ubl, x12
from integrations.edi_desk import recognise
from integrations.edi_files import DOCUMENTS
from integrations.models import Partner
from integrations.ubl.peppol import address_fault, country_fault, sides_of
from integrations.x12 import Delimiters, Profile, X12Error
from integrations.x12.advice import ADVICE
from integrations.x12.codec import READERS
from integrations.x12.profile import UblProfile

FILE_VERSION: Final = 1
"""Of the file that `profile_export` writes; another one is refused."""
LONGEST_WAIT: Final = 24 * 14
_COLUMNS: Final[Mapping[str, str]] = {
    "version": "version", "our_qualifier": "our_qualifier", "our_id": "our_id", "their_qualifier": "qualifier",
    "their_id": "identifier", "our_group_id": "our_group_id", "their_group_id": "group_id", "units": "unit_map",
}  # fmt: skip
"""Field of a Profile -> column of the partner."""
_DELIMITERS: Final[Mapping[str, str]] = {
    "element": "element_separator", "component": "component_separator", "segment": "segment_terminator",
    "repetition": "repetition_separator",
}  # fmt: skip
_ELSEWHERE: Final = frozenset({*_COLUMNS, "delimiters", "partner", "test"})
HABITS: Final = tuple(each.name for each in fields(Profile) if each.name not in _ELSEWHERE)
"""The fields of a Profile that are kept as JSON."""
VERSIONS: Final = ("003040", "003050", "003060", "004010", "004030", "004050", "004060", "005010")
OURS: Final = {
    **dict.fromkeys(("850", "860", "ORDERS", "ORDCHG", "Order", "OrderChange", "OrderCancellation"), "order"), "820": "remittance",
}  # fmt: skip
"""Type of a document in its format -> the kind of document it is, of those that we send."""
KINDS: Final = frozenset({*READERS, *DOCUMENTS, *OURS})
"""Types of documents of every format that are exchanged with partners."""
UBL_PROFILES: Final = get_args(UblProfile)
_CODE: Final = re.compile(r"[A-Z0-9]{1,6}")
_OWN_CODE: Final = re.compile(r"[A-Za-z0-9]{1,35}")
_QUALIFIER: Final = re.compile(r"[A-Z0-9]{2,3}")
_ITEMS: Final = ("supplier_part", "buyer_item", "manufacturer_part", "gtin")
_QUALIFIER_LENGTH: Final = {"x12": 2, "edifact": 4, "ubl": 4}
_ID_LENGTH: Final = {"x12": 15, "edifact": 35, "ubl": 35}


def profile_of(partner: Partner, *, test: bool = False) -> Profile:
    """How the partner writes and what was agreed; `test` for what is exchanged in the sandbox."""
    given = {field: getattr(partner, column) for field, column in _COLUMNS.items()}
    delimiters = Delimiters(**{part: getattr(partner, column) for part, column in _DELIMITERS.items()})
    habits = Profile.from_json(partner.habits)
    return replace(habits, **given, delimiters=delimiters, partner=partner.supplier.name, test=test)


def profile_state(partner: Partner) -> str:
    """A short name of what is agreed now: who changes it says which state they saw."""
    text = json.dumps([partner.format, profile_of(partner).to_json()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def profile_put(partner: Partner, profile: Profile) -> None:
    """Write a profile into the partner's row; the caller saves. Raises Invalid with everything that is wrong with it."""
    if findings := list(profile_findings(profile, partner.format)):
        raise Invalid("The profile cannot be used like this.", code="profile_invalid", findings=findings)
    for field, column in _COLUMNS.items():
        value = getattr(profile, field)
        setattr(partner, column, dict(value) if isinstance(value, Mapping) else value)
    for part, column in _DELIMITERS.items():
        setattr(partner, column, getattr(profile.delimiters, part))
    kept, plain = profile.to_json(), Profile().to_json()
    # what is as everywhere is not written down: a better default reaches all who have nothing of their own
    partner.habits = {name: kept[name] for name in HABITS if kept[name] != plain[name]}


def profile_export(partner: Partner) -> dict[str, Any]:
    """The profile as the file that another portal, or the next partner, can be given. No secrets, nothing of the transport."""
    return {
        "partner_profile": FILE_VERSION, "format": partner.format,
        "profile": {**profile_of(partner).to_json(), "test": False},
    }  # fmt: skip


def profile_import(data: Any) -> tuple[str, Profile]:
    """Format and profile of such a file. Raises Invalid with everything that is wrong with it."""
    if not isinstance(data, Mapping) or data.get("partner_profile") != FILE_VERSION:
        raise Invalid(
            f"This is no partner profile of version {FILE_VERSION}: the file begins with partner_profile.",
            code="profile_file",
        )
    fmt, body = data.get("format"), data.get("profile")
    findings = [] if fmt in Partner.Format.values else [_finding("format", f"The format {fmt!r} is not one we speak.")]
    if not isinstance(body, Mapping):
        raise Invalid("The file holds no profile.", code="profile_file", findings=findings)
    profile = Profile()
    for name, value in body.items():
        try:
            read = Profile.from_json({name: value})
        except X12Error as fault:
            findings.append(_finding(name, str(fault).removeprefix("This is no partner profile: ")))
        else:
            profile = replace(profile, **{name: getattr(read, name)})
    findings += profile_findings(profile, str(fmt))
    if findings:
        raise Invalid("The profile in this file cannot be used.", code="profile_invalid", findings=findings)
    return str(fmt), replace(profile, test=False, partner="")


def profile_seen(content: bytes, profile: Profile) -> tuple[str, Profile]:
    """The format of a partner's file, and the profile with what its envelope tells: ids, version, delimiters, group ids.

    What was agreed like this for its kind of document is known already. Who we are is taken only where nobody has said it yet: a sample
    may be addressed to somebody else. A sample of what we send (an order as they want it) is addressed to them. Raises Invalid where
    there is nothing to take over.
    """
    try:
        form = recognise(content)
        if form == "edifact":
            unb = edifact.read(content)[0]
            kinds = [each.kind for each in unb.messages]
            (q, them), (our_q, us) = _sides(unb.sender, unb.receiver, kinds)
            return form, _addressed(_told(profile, kinds, their_qualifier=q, their_id=them), our_q, us)
        if form == "ubl":
            return form, _peppol_seen(ubl.parse_xml(content), profile)
        found = x12.read(content)[0]
    except (x12.X12Error, edifact.EdifactError, ubl.XmlError) as fault:
        raise Invalid(f"Nothing can be taken over from this file: {fault}", code="sample_unreadable") from fault
    group = found.groups[0] if found.groups else None
    kinds = [each.code for each in group.sets] if group else []
    (q, them), (our_q, us) = _sides(found.sender, found.receiver, kinds)
    theirs, ours = _sides(group.sender, group.receiver, kinds) if group else ("", "")
    told: dict[str, Any] = {
        "their_qualifier": q, "their_id": them, "their_group_id": "" if theirs == them else theirs,
        "delimiters": _usable(found.delimiters, profile.delimiters),
    }  # fmt: skip
    if group and group.version in VERSIONS:
        told["version"] = group.version
    return "x12", _addressed(_told(profile, kinds, **told), our_q, us, "" if ours == us else ours)


def _told(profile: Profile, kinds: Sequence[str], **told: Any) -> Profile:
    """The profile with what a file tells, where that is not what counts for its kind of document."""
    about = profile.about(kinds[0]) if kinds else profile
    return replace(profile, **{name: value for name, value in told.items() if getattr(about, name) != value})


_Side = TypeVar("_Side")


def _sides(sender: _Side, receiver: _Side, kinds: Sequence[str]) -> tuple[_Side, _Side]:
    """Them and us of an envelope."""
    return (receiver, sender) if kinds and kinds[0] in OURS else (sender, receiver)


def _peppol_seen(root: ubl.Node, profile: Profile) -> Profile:
    """UBL has no envelope, but a document of Peppol names the addresses of both sides."""
    sides = sides_of(root)
    if sides is None:
        return profile
    seen = replace(profile, ubl_profile="peppol", their_country=sides.country or profile.their_country)
    if sides.supplier[1]:
        seen = replace(seen, their_qualifier=sides.supplier[0], their_id=sides.supplier[1])
    return _addressed(seen, *sides.buyer)


def _addressed(profile: Profile, qualifier: str, identifier: str, group: str = "") -> Profile:
    if profile.our_id:
        return profile
    return replace(profile, our_qualifier=qualifier, our_id=identifier, our_group_id=group)


def _usable(theirs: Delimiters, ours: Delimiters) -> Delimiters:
    """Their delimiters, where we could write with them: line ends and letters are read and not written."""
    seen = Delimiters(theirs.element, theirs.component, theirs.segment)
    return ours if any(_delimiter_findings(seen)) else seen


def profile_findings(profile: Profile, fmt: str) -> Iterator[Finding]:
    """Everything that is wrong with a profile for a format, as findings at its fields."""
    yield from _about_any(profile, fmt)
    yield from _otherwise(profile, fmt)
    for extra in (*profile.required, *profile.forbidden):
        if extra.transaction not in READERS or not re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", extra.segment):
            yield _finding(
                "required", f"{extra.segment!r} in a {extra.transaction!r} is no segment of a transaction we know."
            )
    if not 1 <= profile.acknowledgement_due_hours <= LONGEST_WAIT:
        yield _finding("acknowledgement_due_hours", f"An acknowledgement is due after 1 to {LONGEST_WAIT} hours.")


def _about_any(profile: Profile, fmt: str) -> Iterator[Finding]:
    """What is wrong with what may be said of each type of document."""
    yield from _names(profile, fmt)
    if fmt == Partner.Format.X12:
        yield from _envelope(profile)
    if fmt == Partner.Format.UBL:
        yield from _ubl_rules(profile)
    yield from _names_of_things(profile)
    yield from _code_findings(profile)
    for code in profile.verdicts:
        if code not in ADVICE:
            yield _finding("verdicts", f"There is no finding {code!r}.")


def _otherwise(profile: Profile, fmt: str) -> Iterator[Finding]:
    """What is wrong with what differs for one type of document."""
    everywhere = {each.message for each in _about_any(profile, fmt)}
    for kind in profile.documents:
        if kind not in KINDS:
            yield _finding("documents", f"There is no document {kind!r}; known are {', '.join(sorted(KINDS))}.")
        for each in _about_any(profile.about(kind), fmt):
            if each.message not in everywhere:
                yield _finding("documents", f"{kind}: {each.message}")


def _unit_findings(units: Mapping[str, str], field: str) -> Iterator[Finding]:
    for theirs, ours in units.items():
        if not theirs.strip() or len(theirs) > 6 or not theirs.isprintable() or not _CODE.fullmatch(ours):
            yield _finding(field, f"The unit {theirs[:20]!r} = {ours[:20]!r} is no pair of unit codes.")


def _names_of_things(profile: Profile) -> Iterator[Finding]:
    yield from _unit_findings(profile.units, "units")
    for name in _ITEMS:
        qualifiers = getattr(profile, name)
        if not qualifiers or not all(_QUALIFIER.fullmatch(each) for each in qualifiers):
            yield _finding(
                name, f"{_words(name)} needs at least one item qualifier of two or three characters, such as VN."
            )
    for one, other in ((a, b) for at, a in enumerate(_ITEMS) for b in _ITEMS[at + 1 :]):
        if both := sorted(set(getattr(profile, one)) & set(getattr(profile, other))):
            yield _finding(other, f"{both[0]} cannot mean both {_words(one)} and {_words(other)}.")


def _code_findings(profile: Profile) -> Iterator[Finding]:
    """Codes that no element could hold."""
    for reference, codes in profile.codes.items():
        if wrong := [each for each in (reference, *codes) if not _OWN_CODE.fullmatch(each)]:
            message = (
                f"The code {wrong[0][:20]!r} of element {reference[:20]!r} is none of up to 35 letters and digits."
            )
            yield _finding("codes", message)


def _names(profile: Profile, fmt: str) -> Iterator[Finding]:
    longest, widest = _ID_LENGTH.get(fmt, 15), _QUALIFIER_LENGTH.get(fmt, 2)
    for field, words in (("our_id", "Our id"), ("their_id", "Their id")):
        value: str = getattr(profile, field)
        if not value.strip():
            yield _finding(field, f"{words} is missing.")
        elif len(value) > longest or not value.isascii() or not value.isprintable():
            yield _finding(field, f"{words} has at most {longest} plain characters.")
    for field, words in (("our_qualifier", "Our qualifier"), ("their_qualifier", "Their qualifier")):
        value = getattr(profile, field)
        exact = fmt == Partner.Format.X12
        if len(value) > widest or (exact and len(value) != widest) or (value and not value.isalnum()):
            yield _finding(field, f"{words} has {'exactly' if exact else 'at most'} {widest} letters or digits.")


def _envelope(profile: Profile) -> Iterator[Finding]:
    if profile.version not in VERSIONS:
        yield _finding("version", f"The version {profile.version!r} is not one of {', '.join(VERSIONS)}.")
    yield from _delimiter_findings(profile.delimiters)
    for field, words in (("our_group_id", "Our group id"), ("their_group_id", "Their group id")):
        value: str = getattr(profile, field)
        if len(value) > _ID_LENGTH["x12"] or not value.isascii() or not (value.isprintable() or not value):
            yield _finding(field, f"{words} has at most 15 plain characters.")
    for field in ("our_id", "their_id", "our_group_id", "their_group_id"):
        if inside := sorted(set(getattr(profile, field)) & {*asdict(profile.delimiters).values()}):
            message = f"{_words(field).capitalize()} contains {inside[0]}, which stands between elements or segments."
            yield _finding(field, message)


def _ubl_rules(profile: Profile) -> Iterator[Finding]:
    """Under Peppol both sides need an electronic address, and the supplier a country, before the first order is written."""
    if profile.ubl_profile not in UBL_PROFILES:
        yield _finding("ubl_profile", f"UBL is written by the rules of {' or '.join(UBL_PROFILES)}.")
    if profile.ubl_profile == "peppol":
        told = {
            "our_id": address_fault(profile.our_qualifier, profile.our_id),
            "their_id": address_fault(profile.their_qualifier, profile.their_id),
            "their_country": country_fault(profile.their_country),
        }
        yield from (_finding(field, words) for field, words in told.items() if words)


def _delimiter_findings(d: Delimiters) -> Iterator[Finding]:
    used = [each for each in (d.element, d.component, d.segment, d.repetition) if each]
    if len(set(used)) != len(used) or not (d.element and d.component and d.segment):
        yield _finding("delimiters", "The delimiters must all be there, and differ from each other.")
    if any(len(each) != 1 or each.isalnum() or not each.isascii() or each in " .\x00" for each in used):
        yield _finding("delimiters", "A delimiter is one character that is no letter, digit, point or blank.")


def _finding(field: str, message: str) -> Finding:
    return Finding(code="profile_invalid", field=field, message=message)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("gtin", "GTIN")
