"""What a sample file tells for a partner's profile, and what it would do to an order of ours."""

from __future__ import annotations

from typing import Any

import pytest

from core.actors import Actor
from core.errors import Invalid, NotAllowed, NotFound
from integrations import edifact, ubl
from integrations.models import InboundMessage
from integrations.services import onboarding, samples
from integrations.services.profiles import profile_of
from integrations.services.proposals import Proposal, proposals_for, proposals_taken
from integrations.x12 import Profile, document_bytes
from masterdata.models import Role
from masterdata.selectors import actor_for
from procurement.models import PurchaseOrder
from tests.factories import make_user
from tests.integrations.test_partner_inbox import in_edifact, long_answer, nothing_happened, papers, written
from tests.integrations.world import World
from tests.integrations.x12.test_order import ENVELOPE, simple

State = InboundMessage.State
UNITS = {"EA", "BX", "CA"}
KNOWN = Profile(our_id="HOSPITAL", their_id="ACME")


@pytest.fixture
def support(world: World) -> Actor:
    return actor_for(make_user("support", (Role.INTEGRATION_SUPPORT, None)))


def told(content: bytes, profile: Profile = KNOWN, form: str = "x12", **given: Any) -> dict[str, Proposal]:
    return {each.name: each for each in proposals_for(content, profile, form, units=UNITS, **given)}


def test_what_is_agreed_already_is_not_proposed(world: World) -> None:
    assert told(written(world, papers("4711")[2])) == {}
    assert told(b"nothing one can read") == {}
    assert told(b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>cut") == {}
    assert told(b"") == {}


def test_ids_version_and_delimiters(world: World) -> None:
    sample = (
        written(world, papers("4711")[2])
        .replace(b"ZZ*ACME           ", b"01*123456789      ")
        .replace(b"*X*004010", b"*X*005010")
    )
    found = told(sample.replace(b"*", b"|"))
    assert {name: each.found for name, each in found.items()} == {
        "their_id": "01:123456789, group ACME", "version": "005010", "delimiters": "| > ~",
    }  # fmt: skip
    form, profile = proposals_taken(sample.replace(b"*", b"|"), KNOWN, "x12", found.values(), {"version": ""})
    assert (form, profile.their_qualifier, profile.their_id, profile.version) == ("x12", "01", "123456789", "004010")
    assert profile.delimiters.element == "|"


def test_who_we_are_is_proposed_only_where_nobody_said_it(world: World) -> None:
    sample = written(world, papers("4711")[2]).replace(b"ZZ*HOSPITAL       ", b"ZZ*SOMEBODYELSE   ")
    assert told(sample)["our_id"].known is False
    found = told(sample, Profile(their_id="ACME"))
    assert proposals_taken(sample, Profile(their_id="ACME"), "x12", found.values(), {})[1].our_id == "SOMEBODYELSE"
    _, chosen = proposals_taken(sample, KNOWN, "x12", told(sample).values(), {"our_id": "take"})
    assert chosen.our_id == "SOMEBODYELSE"


def test_a_sample_of_what_we_send_is_addressed_to_them() -> None:
    order = document_bytes(simple(), ENVELOPE)
    form, profile = proposals_taken(order, KNOWN, "x12", told(order).values(), {"our_id": "take"})
    assert (form, profile.our_id, profile.their_id) == ("x12", "HOSPITALNET", "123456789")
    said = edifact.document_bytes(
        simple(),
        edifact.EdifactEnvelope(sender=("14", "WE"), receiver=("", "THEY"), reference="1", at=ENVELOPE.at),
        KNOWN,
    )
    found = told(said, form="edifact")
    assert (found["their_id"].found, found["our_id"].found) == ("THEY", "14:WE")


def test_a_sample_begins_its_kind_of_document(world: World, support: Actor) -> None:
    assert told(document_bytes(simple(), ENVELOPE), off={"order"})["document:order"].known
    onboarding.partner_begin(actor=support, supplier="BETA")
    sample = written(world, papers("4711")[2]).replace(b"ZZ*ACME ", b"ZZ*BETA ").replace(b"GS*IN*ACME", b"GS*IN*BETA")
    assert "document:invoice" not in told(sample, off={"order"})
    file = samples.sample_read(actor=support, code="BETA", name="s", content=sample)
    samples.sample_take_over(actor=support, code="BETA", file_id=file.pk, chosen={"document:invoice": ""})
    partner = onboarding.partner_get("BETA")
    assert not partner.documents.exists()
    samples.sample_take_over(actor=support, code="BETA", file_id=file.pk)
    assert list(partner.documents.values_list("document", "stage")) == [("invoice", "sandbox")]


def test_an_order_as_they_want_it_is_no_fault_of_theirs(world: World, support: Actor) -> None:
    file = samples.sample_read(actor=support, code="ACME", name="order.x12", content=document_bytes(simple(), ENVELOPE))
    row = file.documents.get()
    assert (row.state, row.cause, row.trial["outcome"]) == (State.SANDBOX, "", "ours")
    assert nothing_happened()


@pytest.mark.parametrize(
    ("theirs", "ordered", "value", "known"),
    [
        ("CS", {}, "CA", True),  # what other houses write for it
        ("CS", {"ACME-GLOVE": "BX"}, "BX", True),  # what we order the very item in goes before
        ("QQ", {}, "QQ", False),  # nobody knows: a choice
    ],
)
def test_units_that_are_none_of_ours(
    world: World, theirs: str, ordered: dict[str, str], value: str, known: bool
) -> None:
    sample = (
        written(world, long_answer("4711", 2))
        .replace(b"*BX*", f"*{theirs}*".encode())
        .replace(b"*BX~", f"*{theirs}~".encode())
    )
    found = told(sample, ordered=ordered)[f"unit:{theirs}"]
    assert (found.value, found.known) == (value, known)
    assert {each for each, _ in found.choices} == {theirs, *UNITS}
    _, profile = proposals_taken(sample, KNOWN, "x12", [found], {})
    assert profile.units == {theirs: value}
    assert f"unit:{theirs}" not in told(sample, profile), "what was answered is not asked again"
    _, other = proposals_taken(sample, KNOWN, "x12", [found], {found.name: "EA"})
    assert other.units == {theirs: "EA"}
    _, odd = proposals_taken(sample, KNOWN, "x12", [found], {found.name: "none of the choices"})
    assert odd.units == profile.units


def test_units_of_other_formats_are_named_as_they_write_them(world: World) -> None:
    document = long_answer("4711", 1)
    for content in (
        in_edifact(world, document, "R1").replace(b":XBX'", b":XTU'"),
        ubl.document_bytes(document).replace(b'"XBX"', b'"XTU"'),
    ):
        form = "edifact" if content.startswith(b"UNA") else "ubl"
        assert set(told(content, form=form)) == {"unit:XTU"}
        _, profile = proposals_taken(content, KNOWN, form, told(content, form=form).values(), {"unit:XTU": "BX"})
        assert profile.units == {"XTU": "BX"}


PEPPOL_ANSWER = """<OrderResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2">
<CustomizationID>urn:fdc:peppol.eu:poacc:trns:order_response:3</CustomizationID><ID>R1</ID><IssueDate>2026-03-01</IssueDate>
<OrderResponseCode>AP</OrderResponseCode><OrderReference><ID>PO-1</ID></OrderReference>
<SellerSupplierParty><Party><EndpointID schemeID="0060">123456789</EndpointID>{address}</Party></SellerSupplierParty>
<BuyerCustomerParty><Party><EndpointID schemeID="0088">7300010000001</EndpointID></Party></BuyerCustomerParty></OrderResponse>"""
SWEDEN = "<PostalAddress><Country><IdentificationCode>SE</IdentificationCode></Country></PostalAddress>"


def test_a_peppol_document_tells_its_rules_and_both_addresses() -> None:
    sample = PEPPOL_ANSWER.format(address=SWEDEN).encode()
    found = told(sample, Profile(), form="ubl")
    assert {name: each.value for name, each in found.items()} == {
        "their_id": "take",
        "our_id": "take",
        "ubl_profile": "take",
    }
    _, profile = proposals_taken(sample, Profile(), "ubl", found.values(), {})
    assert (profile.our_qualifier, profile.our_id) == ("0088", "7300010000001")
    assert (profile.their_qualifier, profile.their_id) == ("0060", "123456789")
    assert (profile.ubl_profile, profile.their_country) == ("peppol", "SE")
    assert told(sample, profile, form="ubl") == {}


@pytest.mark.parametrize(("address", "profile"), [("", Profile()), (SWEDEN, KNOWN)])
def test_rules_that_lack_something_are_a_choice(address: str, profile: Profile) -> None:
    found = told(PEPPOL_ANSWER.format(address=address).encode(), profile, form="ubl")
    assert found["ubl_profile"].value == ""


def test_item_numbers_of_their_own(world: World) -> None:
    sample = written(world, long_answer("4711", 1)).replace(b"*VN*ACME-GLOVE", b"*SK*ACME-GLOVE*B9*X1")
    found = told(sample)
    assert (found["item:SK"].value, found["item:B9"].value) == ("supplier_part", "")
    _, profile = proposals_taken(sample, KNOWN, "x12", found.values(), {})
    assert profile.supplier_part == (*Profile().supplier_part, "SK")
    assert profile.buyer_item == Profile().buyer_item


def test_codes_of_their_own(world: World) -> None:
    sample = written(world, papers("4711")[2]).replace(b"*DI~", b"*QQ~")
    found = told(sample)
    assert found["code:640:QQ"].label == "QQ in BIG07 is"
    _, profile = proposals_taken(sample, KNOWN, "x12", found.values(), {})
    assert profile.codes == {"640": ("QQ",)}
    assert told(sample, profile) == {}


def test_what_would_set_them_aside_every_time_is_a_choice(world: World) -> None:
    sample = written(world, papers("4711")[2]).replace(b"IEA*1*", b"IEA*2*")
    found = told(sample)["verdict:iea-count"]
    assert (found.value, found.known) == ("", False)
    assert proposals_taken(sample, KNOWN, "x12", [found], {})[1].verdicts == {}
    assert proposals_taken(sample, KNOWN, "x12", [found], {found.name: "warn"})[1].verdicts == {"iea-count": "warn"}


def test_one_press_takes_over_and_reads_again(world: World, support: Actor) -> None:
    order = world.order()
    onboarding.document_stage_set(actor=support, code="ACME", document="order_answer", stage="sandbox", reason="x")
    sample = written(world, long_answer(order.number, 1)).replace(b"*BX*", b"*BOX*").replace(b"*BX~", b"*BOX~")
    file = samples.sample_read(actor=support, code="ACME", name="s", content=sample)
    assert "a unit that" in file.documents.get().trial["sentence"]
    again = samples.sample_take_over(actor=support, code="ACME", file_id=file.pk)
    assert profile_of(onboarding.partner_get("ACME")).units == {"BOX": "BX"}
    assert again.documents.get().trial["outcome"] == "applied"
    assert nothing_happened()


# --- against an order -------------------------------------------------------------------------------------------------


def of_others(world: World) -> list[bytes]:
    """Documents about an order that is not ours, with item numbers that are not theirs to us."""
    made = [written(world, each, control=900 + at) for at, each in enumerate(papers("4711"))]
    return [
        each.replace(b"ACME-GLOVE", b"SOMETHING-1").replace(b"PO1*1*", b"PO1*77*").replace(b"IT1*1*", b"IT1*77*")
        for each in made
    ]


def test_a_sample_is_tried_as_if_it_were_about_an_order_of_ours(world: World, support: Actor) -> None:
    order = world.order()
    sentences = []
    for content in of_others(world):
        file = samples.sample_read(actor=support, code="ACME", name="s", content=content)
        assert file.documents.get().trial["cause"] == "order_unknown"
        samples.sample_try_against(actor=support, code="ACME", file_id=file.pk, order_number=order.number)
        trial = file.documents.get().trial
        assert trial["cause"] == "order_unknown", "what it is by itself stays"
        assert trial["against"]["order"] == order.number
        assert trial["against"]["outcome"] == "applied", trial
        assert [each["line"] for each in trial["against"]["lines"]] == ["1"]
        sentences.append(trial["against"]["sentence"])
    assert sentences[0] == f"Order {order.number} would be accepted."
    assert sentences[1] == f"Shipment S-1 would be expected for {order.number}."
    assert f"for {order.number} would wait for a decision" in sentences[2]
    assert nothing_happened()
    assert PurchaseOrder.objects.get().acknowledgement == "none"


def test_what_cannot_be_tried_says_why(world: World, support: Actor) -> None:
    order = world.order()
    read = samples.sample_read(actor=support, code="ACME", name="s", content=of_others(world)[0])
    with pytest.raises(NotFound, match="We have no order PO-1 with Acme"):
        samples.sample_try_against(actor=support, code="ACME", file_id=read.pk, order_number="PO-1")
    with pytest.raises(NotFound, match="no such file"):
        samples.sample_try_against(actor=support, code="ACME", file_id=0, order_number=order.number)
    noise = samples.sample_read(actor=support, code="ACME", name="s", content=b"nothing one can read")
    with pytest.raises(Invalid, match="Nothing in this file"):
        samples.sample_try_against(actor=support, code="ACME", file_id=noise.pk, order_number=order.number)
    with pytest.raises(NotAllowed):
        samples.sample_try_against(
            actor=world.net.actor("buyer@NORTH"), code="ACME", file_id=read.pk, order_number=order.number
        )


def test_a_unit_the_item_does_not_have_is_said_for_the_order_too(world: World, support: Actor) -> None:
    order = world.order()
    content = of_others(world)[1].replace(b"*BX", b"*PL")
    file = samples.sample_read(actor=support, code="ACME", name="s", content=content)
    samples.sample_try_against(actor=support, code="ACME", file_id=file.pk, order_number=order.number)
    against = file.documents.get().trial["against"]
    assert (against["outcome"], against["cause"]) == ("failed", "unit_unknown")


def test_edifact_is_tried_too(world: World, support: Actor) -> None:
    order = world.order()
    onboarding.document_stage_set(actor=support, code="ACME", document="order_answer", stage="off", reason="x")
    content = in_edifact(world, long_answer("4711", 1), "R1")
    assert edifact.read(content)[0].sender == ("ZZ", "ACME")
    file = samples.sample_read(actor=support, code="ACME", name="s", content=content)
    assert file.cause == "wrong_format"
    for document in ("order", "ship_notice", "invoice"):
        onboarding.document_stage_set(actor=support, code="ACME", document=document, stage="off", reason="x")
    again = samples.sample_take_over(actor=support, code="ACME", file_id=file.pk)
    samples.sample_try_against(actor=support, code="ACME", file_id=again.pk, order_number=order.number)
    assert again.documents.get().trial["against"]["outcome"] == "applied"
