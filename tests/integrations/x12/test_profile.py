from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import ItemIdentity, Order
from integrations.x12 import Delimiters, Extra, Finding, Otherwise, Profile, X12Error, document_bytes, parse, read
from tests.integrations.x12.samples import first_set, interchange
from tests.integrations.x12.test_order import ENVELOPE, simple

BODY = ("BEG*00*SA*PO-1**20260301", "PO1*1*2*Q7*10**VN*A1*ND*0409-1*ZZ*9")


@given(st.from_type(Profile))
def test_a_profile_survives_json(profile: Profile) -> None:
    assert Profile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


def test_what_a_profile_does_not_name_has_its_default() -> None:
    assert Profile.from_json({"units": {"CS": "CA"}}) == Profile(units={"CS": "CA"})
    assert Profile.from_json({"delimiters": {"element": "|"}}).delimiters == Delimiters("|")


@pytest.mark.parametrize(
    "data",
    [
        {"surprise": 1},
        {"duplicates": "sometimes"},
        {"verdicts": {"bad-date": "shrug"}},
        {"units": {"CS": 1}},
        {"test": "yes"},
        {"delimiters": {"colour": "red"}},
        {"required": [{"segment": "REF"}]},
        [],
    ],
)
def test_what_is_no_profile_is_refused(data: Any) -> None:
    with pytest.raises(X12Error, match="no partner profile"):
        Profile.from_json(data)


def test_units_and_codes_of_the_partner_are_understood() -> None:
    text = interchange("850", "PO", *BODY)
    assert [f.code for f in first_set(text).findings] == ["unknown-code"]
    profile = Profile(units={"Q7": "CA"})
    (found,) = read(text.encode(), profile.extensions)
    assert list(found.all_findings()) == []
    document = parse(found.groups[0].sets[0], profile).document
    assert isinstance(document, Order)
    assert document.lines[0].unit == "CA"
    assert document.unit_codes == "portal"
    assert document.lines[0].identity == ItemIdentity(supplier_part="A1", others={"NDC": "0409-1", "ZZ": "9"})


def test_a_document_says_whose_units_it_has() -> None:
    document = parse(first_set(interchange("850", "PO", *BODY)), Profile(unit_codes="X12-355")).document
    assert isinstance(document, Order)
    assert (document.unit_codes, document.lines[0].unit) == ("X12-355", "Q7")


def test_of_several_qualifiers_for_one_name_the_profile_s_first_counts() -> None:
    pairs = {"VP": "old", "VN": "new"}
    assert Profile().identity_in(pairs).supplier_part == "new"
    assert Profile(supplier_part=("VP", "VN")).identity_in(pairs).supplier_part == "old"


def test_what_was_agreed_is_looked_after() -> None:
    agreed = Profile(
        partner="MedSupply",
        required=(Extra(transaction="850", segment="REF", qualifier="IA"),),
        forbidden=(Extra(transaction="850", segment="MSG"),),
    )
    without = parse(first_set(interchange("850", "PO", *BODY)), agreed)
    assert [(f.code, f.message) for f in without.findings] == [
        ("required", "MedSupply must send REF*IA in a 850; there is none.")
    ]
    body = (BODY[0], "REF*IA*7", BODY[1], "MSG*no")
    assert [f.code for f in parse(first_set(interchange("850", "PO", *body)), agreed).findings] == ["forbidden"]
    with pytest.raises(X12Error, match="must send REF"):
        document_bytes(simple(), ENVELOPE, 1, agreed)


def test_findings_become_what_the_policy_says() -> None:
    error, warning, info = (Finding("a", "…", severity) for severity in ("error", "warning", "info"))
    profile = Profile()
    assert profile.verdict([]) == "accept"
    assert profile.verdict([info]) == "accept"
    assert profile.verdict([info, warning]) == "warn"
    assert profile.verdict([warning, error]) == "quarantine"
    strict = Profile(verdicts={"unknown-code": "quarantine", "se-count": "accept"})
    assert strict.verdict([Finding("unknown-code", "…", "info")]) == "quarantine"
    assert strict.verdict([Finding("se-count", "…", "error")]) == "accept"


def test_an_identity_in_a_list_that_x12_cannot_name_is_refused() -> None:
    with pytest.raises(X12Error, match="UDI-DI"):
        Profile().identity_out(ItemIdentity(others={"UDI-DI": "1"}))


def test_what_differs_for_one_document_counts_for_it_alone() -> None:
    other = Otherwise(units={"CS": "BX"}, verdicts={"se-count": "accept"}, duplicates="quarantine")
    profile = Profile(units={"CS": "CA", "XX": "EA"}, verdicts={"iea-count": "warn"}, documents={"856": other})
    about = profile.about("856")
    assert (about.units, about.duplicates) == ({"CS": "BX", "XX": "EA"}, "quarantine")
    assert about.verdicts == {"iea-count": "warn", "se-count": "accept"}
    assert (about.version, about.acknowledge) == (profile.version, profile.acknowledge)
    assert profile.about("810") is profile
    assert profile.about("856").extensions == (("355", ("CS", "XX")),)
    assert Profile.from_json(json.loads(json.dumps(profile.to_json()))) == profile
    assert ("355", ("CS", "XX", "CS")) in profile.extensions


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "005010"), ("delimiters", Delimiters("|", "^", "~")), ("our_id", "HOSPITAL-AP"), ("our_qualifier", "01"),
        ("their_id", "BUREAU"), ("their_qualifier", "14"), ("our_group_id", "AP"), ("their_group_id", "BUR"),
        ("buyer_item", ("PI",)), ("supplier_part", ("SK", "VN")), ("manufacturer_part", ("MF",)), ("gtin", ("EN",)),
        ("duplicates", "process"), ("acknowledge", "never"),
    ],
)  # fmt: skip
def test_whatever_is_said_of_a_partner_may_differ_for_one_document(field: str, value: object) -> None:
    plain = Profile()
    profile = Profile(documents={"810": Otherwise(**{field: value})})  # type: ignore[arg-type]
    assert getattr(profile.about("810"), field) == value
    assert {
        name
        for name in (each.name for each in fields(Profile))
        if getattr(profile.about("810"), name) != getattr(plain, name)
    } == {field}
    assert profile.about("856") is profile
    assert Profile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


def test_codes_of_one_document_are_known_when_its_interchange_is_read() -> None:
    profile = Profile(codes={"668": ("ZA",)}, documents={"855": Otherwise(codes={"668": ("ZB",), "640": ("77",)})})
    assert profile.about("855").codes == {"668": ("ZB",), "640": ("77",)}
    assert profile.extensions == (("640", ("77",)), ("668", ("ZA", "ZB")))
