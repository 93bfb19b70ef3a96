"""What was agreed with a partner: kept, checked with everything that is wrong, passed on as a file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Invalid
from integrations.canonical import InvoiceDoc, OrderAnswer
from integrations.models import Partner
from integrations.services.partners import supplier_connect
from integrations.services.profiles import (
    HABITS,
    profile_export,
    profile_findings,
    profile_import,
    profile_of,
    profile_put,
    profile_seen,
)
from integrations.x12 import Delimiters, Envelope, Extra, Otherwise, Profile, document_bytes
from tests.factories import make_network

pytestmark = pytest.mark.django_db
ODD = Profile(
    version="005010", delimiters=Delimiters("|", "^", "~", "!"), our_qualifier="01", our_id="123456789", their_qualifier="14",
    their_id="ACME5", our_group_id="HOSP", their_group_id="ACMEAPP", units={"CS": "CA", "XX": "EA"}, buyer_item=("BP",),
    supplier_part=("VP", "VN"), gtin=("UK",), codes={"668": ("ZZ",)},
    required=(Extra(transaction="855", segment="REF", qualifier="IA"),), forbidden=(Extra(transaction="810", segment="SAC"),),
    verdicts={"se-count": "accept", "empty-element": "warn"}, duplicates="quarantine", acknowledge="after_processing",
    acknowledgement_due_hours=4,
)  # fmt: skip


@pytest.fixture
def partner() -> Partner:
    return supplier_connect(supplier=make_network().suppliers["ACME"], our_id="HOSPITAL")


def test_a_profile_is_kept_and_comes_back_as_it_was(partner: Partner) -> None:
    profile_put(partner, replace(ODD, verdicts={"se-count": "accept"}))
    partner.save()
    found = Partner.objects.select_related("supplier").get()
    assert profile_of(found) == replace(ODD, verdicts={"se-count": "accept"}, partner="Acme")
    assert profile_of(found, test=True).test


def test_what_is_as_everywhere_is_not_written_down(partner: Partner) -> None:
    profile_put(partner, replace(profile_of(partner), acknowledgement_due_hours=2))
    assert partner.habits == {"acknowledgement_due_hours": 2}
    assert set(HABITS) >= {"verdicts", "duplicates", "acknowledge", "required"}


def test_the_file_goes_round(partner: Partner) -> None:
    profile_put(partner, replace(ODD, verdicts={"se-count": "accept"}))
    text = json.dumps(profile_export(partner))
    form, profile = profile_import(json.loads(text))
    assert (form, profile) == ("x12", replace(ODD, verdicts={"se-count": "accept"}))


PEPPOL = replace(
    Profile(), ubl_profile="peppol", our_qualifier="0088", our_id="7300010000001", their_qualifier="0060", their_id="123456789",
    their_country="SE",
)  # fmt: skip


def test_the_rules_of_ubl_are_kept_and_go_round(partner: Partner) -> None:
    partner.format = Partner.Format.UBL
    profile_put(partner, PEPPOL)
    partner.save()
    assert partner.habits == {"ubl_profile": "peppol", "their_country": "SE"}
    assert profile_of(Partner.objects.select_related("supplier").get()) == replace(PEPPOL, partner="Acme")
    assert profile_import(json.loads(json.dumps(profile_export(partner)))) == ("ubl", PEPPOL)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"our_qualifier": "ZZ"}, "our_id", "write 0088 as qualifier for a GLN"),
        ({"our_id": "HOSPITAL"}, "our_id", "is a GLN of 13 digits"),
        ({"their_id": "12"}, "their_id", "DUNS number of 9 digits"),
        ({"their_country": "Sweden"}, "their_country", "write its two letters"),
        ({"ubl_profile": "other"}, "ubl_profile", "plain or peppol"),
    ],
)
def test_what_peppol_lacks_is_said_before_anything_is_sent(
    partner: Partner, changes: dict[str, Any], field: str, words: str
) -> None:
    [finding] = profile_findings(replace(PEPPOL, **changes), "ubl")
    assert (finding.field, words in finding.message) == (field, True)
    if field != "ubl_profile":
        assert list(profile_findings(replace(PEPPOL, **changes, ubl_profile="plain"), "ubl")) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"their_group_id": "A|B"}, "Their group id contains |"),
        ({"their_id": "A~B"}, "Their id contains ~"),
        ({"our_group_id": "A\nB"}, "plain characters"),
        ({"units": {"A\x00": "CA"}}, "no pair of unit codes"),
        ({"codes": {"668": ("A" * 100_000,)}}, "up to 35 letters and digits"),
        ({"codes": {"": ("ZZ",)}}, "up to 35 letters and digits"),
    ],
)
def test_what_could_not_be_written_or_shown_is_refused(changes: dict[str, Any], words: str) -> None:
    found = " ".join(each.message for each in profile_findings(replace(ODD, **changes), "x12"))
    assert words in found
    assert len(found) < 500


@pytest.mark.parametrize("data", [None, [], {}, {"partner_profile": 2, "format": "x12", "profile": {}}])
def test_another_file_is_refused(data: Any) -> None:
    with pytest.raises(Invalid, match="no partner profile of version 1"):
        profile_import(data)


def test_everything_that_is_wrong_is_said_at_once(partner: Partner) -> None:
    body = {
        **profile_export(partner)["profile"], "our_id": "", "their_qualifier": "ABC", "version": "4010", "units": {"CS": "no unit"},
        "gtin": [], "duplicates": "maybe", "verdicts": {"nonsense": "warn"}, "acknowledgement_due_hours": 0,
        "required": [{"transaction": "999", "segment": "REF"}], "colour": "red",
        "delimiters": {"element": "*", "component": "*", "segment": "~", "repetition": ""},
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        profile_import({"partner_profile": 1, "format": "morse", "profile": body})
    fields = {finding.field for finding in refused.value.findings}
    assert fields == {
        "format", "our_id", "units", "gtin", "duplicates", "verdicts", "acknowledgement_due_hours", "required", "colour",
        "their_qualifier",
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        profile_import({"partner_profile": 1, "format": "x12", "profile": body})
    assert {finding.field for finding in refused.value.findings} == fields - {"format"} | {"version", "delimiters"}


def test_one_qualifier_has_one_meaning(partner: Partner) -> None:
    with pytest.raises(Invalid) as refused:
        profile_put(partner, replace(profile_of(partner), buyer_item=("VN",)))
    assert [finding.field for finding in refused.value.findings] == ["buyer_item"]
    assert partner.habits == {}


def test_an_edifact_partner_may_have_long_ids(partner: Partner) -> None:
    partner.format = Partner.Format.EDIFACT
    profile_put(partner, replace(profile_of(partner), their_id="4012345000009" * 2, their_qualifier="14"))
    partner.format = Partner.Format.X12
    with pytest.raises(Invalid):
        profile_put(partner, profile_of(partner))


def test_a_sample_tells_nothing_that_was_agreed_for_its_kind_of_document() -> None:
    """Invoices of a service bureau are no reason to take the partner for the bureau."""
    bureau = Otherwise(their_id="BUREAU", their_qualifier="14", their_group_id="BUR", version="005010")
    profile = Profile(our_id="HOSPITAL", their_id="ACME", documents={"810": bureau})
    envelope = Envelope(
        sender=("14", "BUREAU"), receiver=("ZZ", "HOSPITAL"), group_sender="BUR", interchange_control=1, group_control=1,
        at=datetime(2026, 11, 20, 9, tzinfo=UTC), version="005010",
    )  # fmt: skip
    bill = InvoiceDoc(
        number="88", invoice_date=date(2026, 11, 20), order_number="PO-1", currency="USD", total=Decimal(0), lines=()
    )
    assert profile_seen(document_bytes(bill, envelope), profile) == ("x12", profile)
    answer = OrderAnswer(order_number="PO-1", status="accepted", lines=(), answered_on=date(2026, 11, 20))
    _, seen = profile_seen(document_bytes(answer, envelope), profile)
    assert (seen.their_id, seen.their_qualifier, seen.their_group_id, seen.version) == ("BUREAU", "14", "BUR", "005010")
