"""Peppol BIS 3 as a partner's setting: what is written has its elements and no others, what is read is held against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings

from integrations.canonical import ItemIdentity, Order, Party, revised
from integrations.ubl import UblError, document_bytes, read
from integrations.ubl.peppol import address_fault, country_fault
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import Node, parse_tree, parse_xml
from integrations.x12 import Profile
from tests.integrations.ubl.test_round_trip import SCHEMAS, sayable
from tests.integrations.x12.documents import INVOICES, ORDERS, TEXT
from tests.integrations.x12.test_order import simple

PEPPOL = Profile(
    ubl_profile="peppol", our_qualifier="0088", our_id="7300010000001", their_qualifier="0060", their_id="123456789",
    their_country="SE",
)  # fmt: skip
AT = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
_PARTY: Final = (
    "Party/EndpointID Party/PartyIdentification/ID Party/PartyName/Name Party/PartyLegalEntity/RegistrationName"
)
_ITEM: Final = "Name BuyersItemIdentification/ID SellersItemIdentification/ID ManufacturersItemIdentification/ID StandardItemIdentification/ID AdditionalItemProperty/Name AdditionalItemProperty/Value"
_LINE: Final = "ID LineStatusCode Quantity AccountingCost Delivery/RequestedDeliveryPeriod/EndDate Price/PriceAmount"


def paths(prefix: str, names: str) -> set[str]:
    return {f"{prefix}/{name}" for name in names.split()}


MODEL = {
    *["CustomizationID", "ProfileID", "ID", "IssueDate", "IssueTime", "DocumentCurrencyCode", "Note", "Contract/ID", "OrderLine/Note"],
    *paths("BuyerCustomerParty", _PARTY), *paths("SellerSupplierParty", _PARTY),
    "SellerSupplierParty/Party/PostalAddress/Country/IdentificationCode", "Delivery/RequestedDeliveryPeriod/EndDate",
    *paths("Delivery/DeliveryParty", "PartyIdentification/ID PartyName/Name"),
    *paths("OrderLine/LineItem", _LINE), *paths("OrderLine/LineItem/Item", _ITEM),
}  # fmt: skip
"""The elements that T01, T114 and T115 have in common, of those that we write."""
OWN = {
    "Order": {"OrderTypeCode"},
    "OrderChange": {"SequenceNumberID", "OrderReference/ID"},
    "OrderCancellation": {"OrderReference/ID", "CancellationNote"},
}
ONCE = {"Note", "CancellationNote", "Contract/ID", *(path for path in MODEL if path.endswith("PartyIdentification/ID"))}


def leaves(node: Node, at: str = "") -> list[str]:
    if not node.children:
        return [at]
    return [leaf for child in node.children for leaf in leaves(child, f"{at}/{child.name}" if at else child.name)]


@pytest.mark.parametrize(
    ("purpose", "kind", "customization", "process"),
    [
        ("original", "Order", "order", "ordering"),
        ("change", "OrderChange", "order_change", "advanced_ordering"),
        ("cancel", "OrderCancellation", "order_cancellation", "advanced_ordering"),
    ],
)
def test_a_document_names_its_rules_and_its_process(purpose: str, kind: str, customization: str, process: str) -> None:
    root = parse_xml(document_bytes(simple(purpose=purpose, revision=0), PEPPOL, AT))
    assert (root.name, [child.name for child in root.children[:3]]) == (kind, ["CustomizationID", "ProfileID", "ID"])
    assert root.value("CustomizationID") == f"urn:fdc:peppol.eu:poacc:trns:{customization}:3"
    assert root.value("ProfileID") == f"urn:fdc:peppol.eu:poacc:bis:{process}:3"
    assert root.value("UBLVersionID") == ""


def test_the_parties_have_addresses_names_and_the_seller_a_country() -> None:
    text = document_bytes(simple(), PEPPOL).decode()
    assert (
        '<cac:BuyerCustomerParty><cac:Party><cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>'
        '<cac:PartyIdentification><cbc:ID schemeID="0088">0614141000012</cbc:ID></cac:PartyIdentification>'
        "<cac:PartyName><cbc:Name>St. Mary Hospital</cbc:Name></cac:PartyName>"
        "<cac:PartyLegalEntity><cbc:RegistrationName>St. Mary Hospital</cbc:RegistrationName></cac:PartyLegalEntity>"
    ) in text
    assert '<cbc:EndpointID schemeID="0060">123456789</cbc:EndpointID>' in text
    assert "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>SE<" in text
    # a number of the buyer's own is in no public list
    assert "<cac:DeliveryParty><cac:PartyIdentification><cbc:ID>D4</cbc:ID></cac:PartyIdentification>" in text


def changed(order: Order) -> Order:
    """As Peppol can say it: parties have names, notes are one, a change has its own day and is not urgent."""
    said = sayable(order)
    assert isinstance(said, Order)
    order = said
    if order.purpose == "cancel":
        return revised(order, urgent=False)
    lines = tuple(revised(line, contract_number="", identity=revised(line.identity, others={})) for line in order.lines)
    place = revised(
        order.ship_to, identifiers={k: v for k, v in order.ship_to.identifiers.items() if k in ("GLN", "DUNS")}
    )
    return revised(order, urgent=False, lines=lines, notes=order.notes[:1], ship_to=place)


def known(party: Party, profile: tuple[str, str]) -> Party:
    """A party as it is read back: its first identification, and its address where that is of another list."""
    scheme = {"0088": "GLN", "0060": "DUNS"}[profile[0]]
    first = {key if key in ("GLN", "DUNS") else "ZZ": value for key, value in party.identifiers.items()}
    return revised(party, identifiers={**first, **({} if scheme in first else {scheme: profile[1]})})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=ORDERS, name=TEXT)
def test_what_is_written_is_valid_in_the_model_and_reads_back(order: Order, name: str) -> None:
    order = changed(revised(order, notes=order.notes[:1] if order.purpose == "cancel" else order.notes))
    written = document_bytes(order, PEPPOL, order.issued_at)
    found = leaves(parse_xml(written))
    kind = parse_xml(written).name
    assert set(found) <= MODEL | OWN[kind]
    assert [path for path in ONCE if found.count(path) > 1] == []
    result = read(written, PEPPOL, schema_dir="")
    assert result.findings == ()
    ours, theirs = (PEPPOL.our_qualifier, PEPPOL.our_id), (PEPPOL.their_qualifier, PEPPOL.their_id)
    assert result.document == revised(order, buyer=known(order.buyer, ours), supplier=known(order.supplier, theirs))
    if SCHEMAS.is_dir():
        assert list(schema_faults(parse_tree(written), SCHEMAS)) == []


def test_what_has_no_place_of_its_own_is_said_in_words() -> None:
    one, two = simple().lines[0], revised(simple().lines[0], line_number=2, contract_number="GPO-78")
    text = document_bytes(simple(urgent=True, notes=("Before 7 am", "Dock 4"), lines=(one,)), PEPPOL).decode()
    assert "<cbc:OrderTypeCode>220</cbc:OrderTypeCode><cbc:Note>RUSH ORDER Before 7 am Dock 4</cbc:Note>" in text
    assert "<cac:Contract><cbc:ID>GPO-77</cbc:ID></cac:Contract>" in text
    text = document_bytes(simple(lines=(one, two)), PEPPOL).decode()
    assert "cac:Contract>" not in text
    assert "<cac:OrderLine><cbc:Note>Contract GPO-78</cbc:Note><cac:LineItem>" in text
    nameless = revised(one, description="", identity=ItemIdentity(supplier_part="MS-4410", others={"NDC": "0409-1"}))
    text = document_bytes(simple(lines=(nameless,)), PEPPOL).decode()
    assert "<cac:Item><cbc:Name>MS-4410</cbc:Name>" in text
    assert "<cac:AdditionalItemProperty><cbc:Name>NDC</cbc:Name><cbc:Value>0409-1</cbc:Value>" in text


@pytest.mark.parametrize(
    ("profile", "order", "words"),
    [
        (replace(PEPPOL, our_qualifier="ZZ"), simple(), "write 0088 as qualifier for a GLN"),
        (replace(PEPPOL, their_id="ACME"), simple(), "DUNS number of 9 digits"),
        (replace(PEPPOL, their_country=""), simple(), "country of the supplier"),
        (PEPPOL, simple(buyer=Party()), "name of the BuyerCustomerParty"),
        (
            PEPPOL,
            simple(lines=(revised(simple().lines[0], description="", identity=ItemIdentity()),)),
            "item of line 1",
        ),
    ],
)
def test_what_peppol_asks_for_and_nobody_told_is_refused(profile: Profile, order: Order, words: str) -> None:
    with pytest.raises(UblError, match=words):
        document_bytes(order, profile)


@given(INVOICES)
def test_what_we_do_not_write_by_its_rules_is_refused(invoice: object) -> None:
    with pytest.raises(UblError, match="only orders"):
        document_bytes(invoice, PEPPOL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scheme", "address", "words"),
    [
        ("0088", "7300010000001", ""),
        ("0088", "7300010000002", "check digit"),
        ("0088", "730001000000", "GLN of 13 digits"),
        ("0060", "123456789", ""),
        ("0060", "12345678", "DUNS number of 9 digits"),
        ("0192", "987654325", ""),
        ("ZZ", "HOSPITAL", "'ZZ' is no code"),
        ("", "7300010000001", "is missing"),
        ("\u0660\u0660\u0668\u0668", "7300010000001", "no code"),
    ],
)
def test_an_electronic_address_is_a_code_and_an_id_that_fits(scheme: str, address: str, words: str) -> None:
    fault = address_fault(scheme, address)
    assert words in fault
    assert bool(fault) == bool(words)


@pytest.mark.parametrize(("country", "right"), [("SE", True), ("se", False), ("SWE", False), ("", False)])
def test_a_country_has_two_letters(country: str, right: bool) -> None:
    assert (country_fault(country) == "") is right


ANSWER = (
    '<OrderResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2">{named}<ID>R1</ID>'
    "<IssueDate>2026-03-01</IssueDate><OrderResponseCode>AP</OrderResponseCode><OrderReference><ID>PO-1</ID></OrderReference></OrderResponse>"
)


@pytest.mark.parametrize(
    ("customization", "found"),
    [
        ("urn:fdc:peppol.eu:poacc:trns:order_response:3", []),
        ("urn:fdc:peppol.eu:poacc:trns:order_response:3:extended:urn:example.org:1", []),
        ("urn:fdc:peppol.eu:poacc:trns:order_response_advanced:3", []),
        ("urn:fdc:peppol.eu:poacc:trns:order:3", ["customization"]),
        ("", ["customization"]),
    ],
)
def test_what_is_no_peppol_document_is_found_and_read(customization: str, found: list[str]) -> None:
    named = f"<CustomizationID>{customization}</CustomizationID>" if customization else ""
    data = ANSWER.format(named=named).encode()
    result = read(data, PEPPOL, schema_dir="")
    assert [each.code for each in result.findings] == found
    assert (result.document is not None, result.broken) == (True, False)
    assert PEPPOL.verdict(result.findings) == ("warn" if found else "accept")
    assert read(data, Profile(), schema_dir="").findings == ()


def test_the_price_may_have_more_decimals_than_an_amount() -> None:
    line = revised(simple().lines[0], unit_price=Decimal("1.2345"))
    assert '<cbc:PriceAmount currencyID="USD">1.2345<' in document_bytes(simple(lines=(line,)), PEPPOL).decode()
