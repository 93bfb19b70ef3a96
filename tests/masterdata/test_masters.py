"""What other systems say about master data: taken over, proposed, or refused; and what a steward decides."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from masterdata.models import Category, CostCenter, ExternalId, Item, ItemPackaging, MasterProposal, Role, Supplier
from masterdata.rules.stewardship import Said, compared, gtin_valid, said_read
from masterdata.selectors import actor_for, items_search
from masterdata.selectors.stewardship import proposals_listed, record_counts
from masterdata.services.masters import Verdict, masters_take
from masterdata.services.stewardship import (
    proposal_accept,
    proposal_reject,
    proposals_decide,
    record_set,
)
from tests.factories import Network, make_network, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def net(db: None) -> Network:
    return make_network()


@pytest.fixture
def steward(net: Network) -> Actor:
    return actor_for(make_user("Sofia Steward", (Role.STEWARD, None)))


def take(net: Network, kind: str, *rows: Said, system: str = "cloud") -> list[Verdict]:
    return masters_take(
        actor=net.actor("buyer@network"), system=system, system_name=system.title(), kind=kind, rows=rows
    )


def supplier(code: str = "ACME", external_id: str = "V1", **values: str) -> Said:
    return Said(external_id=external_id, number=code, values={"name": "Acme", "payment_terms": "30", **values})


def item(number: str = "GLOVE", external_id: str = "M1", **values: str) -> Said:
    return Said(external_id=external_id, number=number, values={"description": f"Item {number}", **values})


def verdicts(found: list[Verdict]) -> list[str]:
    return [each.verdict for each in found]


def waiting(**found: Any) -> list[MasterProposal]:
    return list(MasterProposal.objects.filter(state="open", **found).order_by("id"))


def test_values_are_read_in_one_form_and_everything_wrong_is_said_at_once() -> None:
    values, wrong = said_read(
        "supplier", supplier(payment_terms="030", minimum_order="250", gln="0614141000012", status="On hold")
    )
    assert not wrong
    assert values["payment_terms"] == "30"
    assert values["minimum_order"] == "250.00"
    assert values["status"] == "on_hold"
    _, wrong = said_read(
        "supplier", Said(external_id="", values={"name": " ", "payment_terms": "soon", "gln": "1", "status": "x"})
    )
    assert len(wrong) == 5
    _, wrong = said_read("item", item(gtin="10614141000012"))
    assert "GTIN" in wrong[0]
    assert gtin_valid("0614141000012")
    assert not gtin_valid("٠614141000012")


def test_only_the_system_of_record_is_taken_over_and_what_is_fixed_never() -> None:
    found = compared(
        "item", ours={"description": "a", "base_unit": "EA", "status": "active"},
        theirs={"description": "b", "base_unit": "BX", "status": "active"},
        record={"description": "cloud", "base_unit": "cloud"}, system="cloud",
    )  # fmt: skip
    assert dict(found.take) == {"description": "b"}
    assert dict(found.propose) == {"base_unit": "BX"}
    assert found.agrees == {"status"}


def test_a_record_is_found_by_our_number_and_from_then_on_by_its_own_id(net: Network) -> None:
    assert verdicts(take(net, "supplier", supplier())) == ["unchanged"]
    link = ExternalId.objects.get(system="cloud", kind="supplier")
    assert (link.external_id, link.object_id) == ("V1", net.suppliers["ACME"].pk)
    assert verdicts(take(net, "supplier", supplier(code="ANOTHER"))) == ["unchanged"]
    assert ExternalId.objects.get(system="cloud", kind="supplier").object_id == net.suppliers["ACME"].pk


def test_what_the_portal_says_is_proposed_and_not_overwritten(net: Network, steward: Actor) -> None:
    found = take(net, "supplier", supplier(payment_terms="45"))
    assert verdicts(found) == ["conflicting"]
    assert "ours “30”, theirs “45”" in found[0].reason
    (proposal,) = waiting()
    assert (proposal.attribute, proposal.ours, proposal.theirs, proposal.number) == (
        "payment_terms",
        "30",
        "45",
        "ACME",
    )
    assert Supplier.objects.get(code="ACME").payment_terms_days == 30
    take(net, "supplier", supplier(payment_terms="45"))
    assert waiting() == [proposal]
    take(net, "supplier", supplier(payment_terms="60"))
    assert [each.theirs for each in waiting()] == ["60"]
    take(net, "supplier", supplier(payment_terms="30"))
    assert waiting() == []
    proposal.refresh_from_db()
    assert proposal.state == "agreed"


def test_what_the_system_of_record_says_is_taken_over_and_audited(net: Network, steward: Actor) -> None:
    record_set(actor=steward, kind="supplier", attribute="payment_terms", system="cloud", reason="agreed with finance")
    assert verdicts(take(net, "supplier", supplier(payment_terms="45"), system="old")) == ["conflicting"]
    found = take(net, "supplier", supplier(payment_terms="60"))
    assert verdicts(found) == ["changed"]
    assert Supplier.objects.get(code="ACME").payment_terms_days == 60
    event = apps.get_model("masterdata", "SupplierEvent").objects.order_by("-pgh_id")[0]
    assert event.payment_terms_days == 60
    assert event.pgh_context.metadata["reason"] == "Cloud is the system of record"


def test_changing_the_map_takes_over_what_waited(net: Network, steward: Actor) -> None:
    take(net, "supplier", supplier(payment_terms="45"))
    taken = record_set(actor=steward, kind="supplier", attribute="payment_terms", system="cloud", reason="decided")
    assert taken == 1
    assert Supplier.objects.get(code="ACME").payment_terms_days == 45
    assert waiting() == []
    counts = {each.attribute: each.system for each in record_counts(steward) if each.kind == "supplier"}
    assert counts["payment_terms"] == "cloud"
    assert counts["name"] == ""


def test_base_unit_is_always_the_portals(net: Network, steward: Actor) -> None:
    with pytest.raises(Invalid):
        record_set(actor=steward, kind="item", attribute="base_unit", system="cloud", reason="x")
    take(net, "item", item(base_unit="BX"))
    (proposal,) = waiting()
    with pytest.raises(Conflict, match="is not changed by a proposal"):
        proposal_accept(actor=steward, proposal_id=proposal.pk)


def test_accepting_changes_ours_and_ends_what_others_proposed_alike(net: Network, steward: Actor) -> None:
    take(net, "item", item(description="Glove, nitrile"))
    take(net, "item", item(description="Glove, nitrile"), system="old")
    first, second = waiting()
    proposal_accept(actor=steward, proposal_id=first.pk, reason="better")
    glove = Item.objects.get(number="GLOVE")
    assert glove.description == "Glove, nitrile"
    assert list(items_search(net.actor("buyer@network"), q="nitrile")) == [glove]
    second.refresh_from_db()
    assert second.state == "agreed"
    with pytest.raises(Conflict, match="accepted already by Sofia Steward"):
        proposal_accept(actor=steward, proposal_id=first.pk)


def test_where_another_system_counts_its_word_has_to_be_changed_there(net: Network, steward: Actor) -> None:
    record_set(actor=steward, kind="supplier", attribute="name", system="old", reason="x")
    take(net, "supplier", supplier(name="Acme Inc"))
    (proposal,) = waiting()
    with pytest.raises(Conflict, match="the word of old counts"):
        proposal_accept(actor=steward, proposal_id=proposal.pk)


def test_what_was_refused_is_not_proposed_again_but_something_else_is(net: Network, steward: Actor) -> None:
    take(net, "supplier", supplier(name="Acme Inc"))
    with pytest.raises(Invalid):
        proposal_reject(actor=steward, proposal_id=waiting()[0].pk, reason=" ")
    proposal_reject(actor=steward, proposal_id=waiting()[0].pk, reason="the short name is on the contract")
    assert verdicts(take(net, "supplier", supplier(name="Acme Inc"))) == ["conflicting"]
    assert waiting() == []
    take(net, "supplier", supplier(name="Acme Incorporated"))
    assert [each.theirs for each in waiting()] == ["Acme Incorporated"]


def test_an_unknown_item_is_proposed_with_what_it_may_be(net: Network, steward: Actor) -> None:
    ItemPackaging.objects.filter(item=net.items["DRILL"]).update(gtin="00614141000012")
    Item.objects.filter(number="SUTURE").update(manufacturer_part="VCP-3", manufacturer="Ethicon")
    found = take(
        net, "item",
        item("X-1", "M7", gtin="00614141000012"),
        item("X-2", "M8", manufacturer="ETHICON", manufacturer_part="VCP-3"),
        item("X-3", "M9", supplier="BETA", supplier_part="BETA-GLOVE"),
        item("X-4", "M10"),
    )  # fmt: skip
    assert verdicts(found) == ["new"] * 4
    alike = {each.number: [(a["number"], a["why"]) for a in each.look_alikes] for each in waiting()}
    assert alike == {
        "X-1": [("DRILL", "the same GTIN 00614141000012")],
        "X-2": [("SUTURE", "the same manufacturer part")],
        "X-3": [("GLOVE", "the same supplier part of Beta")],
        "X-4": [],
    }
    assert proposals_listed(steward, view="duplicates").count() == 3


def test_a_new_item_is_made_or_is_one_we_have(net: Network, steward: Actor) -> None:
    take(net, "item", item("X-1", "M7", base_unit="EA"), item("X-2", "M8", description="Item DRILL two"))
    first, second = waiting()
    with pytest.raises(Invalid) as refused:
        proposal_accept(actor=steward, proposal_id=first.pk)
    assert [finding.field for finding in refused.value.findings] == ["category"]
    proposal_accept(actor=steward, proposal_id=first.pk, category="medsurg")
    made = Item.objects.get(number="X-1")
    assert (made.base_unit, made.status) == ("EA", "active")
    assert list(items_search(net.actor("buyer@network"), q="x-1")) == [made]
    proposal_accept(actor=steward, proposal_id=second.pk, same_as=net.items["DRILL"].pk)
    links = ExternalId.objects.filter(system="cloud", kind="item").values_list("external_id", "object_id")
    assert dict(links) == {"M7": made.pk, "M8": net.items["DRILL"].pk}
    # what it says about the one it is becomes a proposal at once
    assert [(each.number, each.attribute, each.theirs) for each in waiting()] == [
        ("DRILL", "description", "Item DRILL two")
    ]
    assert verdicts(take(net, "item", item("X-1", "M7", base_unit="EA"))) == ["unchanged"]


def test_a_second_reference_for_a_record_is_for_a_steward_to_decide(net: Network, steward: Actor) -> None:
    take(net, "supplier", supplier())
    assert verdicts(take(net, "supplier", supplier(external_id="V2", payment_terms="90"))) == ["conflicting"]
    (proposal,) = waiting()
    assert (proposal.attribute, proposal.ours, proposal.theirs) == ("link", "V1", "V2")
    proposal_accept(actor=steward, proposal_id=proposal.pk)
    assert ExternalId.objects.get(system="cloud", kind="supplier").external_id == "V2"


def test_a_bad_row_never_blocks_the_good_ones(net: Network) -> None:
    found = take(
        net, "supplier", supplier(payment_terms="soon"), supplier("BETA", "V2", name="Beta"), supplier("GAMMA", ""),
        supplier("D1", "V9"), supplier("D2", "V9"),
    )  # fmt: skip
    assert verdicts(found) == ["invalid", "unchanged", "invalid", "invalid", "invalid"]
    assert "Payment terms (days) is 'soon'" in found[0].reason
    assert "occurs twice" in found[3].reason


def test_cost_centers_belong_to_their_facility(net: Network, steward: Actor) -> None:
    take(
        net,
        "cost_center",
        Said(
            external_id="C1", number="NORTH-OR", values={"name": "Theatres", "gl_account": "6100", "status": "inactive"}
        ),
    )
    assert {each.attribute for each in waiting()} == {"name", "status"}
    assert proposals_listed(net.actor("steward@NORTH")).count() == 2
    assert proposals_listed(net.actor("steward@EAST")).count() == 0
    with pytest.raises(NotFound):
        proposal_accept(actor=net.actor("steward@EAST"), proposal_id=waiting()[0].pk)
    proposal_accept(actor=net.actor("steward@NORTH"), proposal_id=waiting(attribute="status")[0].pk)
    assert not CostCenter.objects.get(code="NORTH-OR").is_active
    new = Said(external_id="C9", number="NORTH-ICU", values={"name": "ICU", "gl_account": "6200", "facility": "NORTH"})
    take(net, "cost_center", new)
    proposal_accept(actor=steward, proposal_id=waiting(attribute="new")[0].pk)
    assert CostCenter.objects.get(code="NORTH-ICU").facility == net.facilities["NORTH"]


def test_who_may_decide(net: Network) -> None:
    take(net, "supplier", supplier(name="Acme Inc"))
    (proposal,) = waiting()
    with pytest.raises(NotFound):
        proposal_accept(actor=net.actor("requester@NORTH"), proposal_id=proposal.pk)
    for who in ("steward@NORTH", "auditor@NORTH"):
        with pytest.raises(NotAllowed):
            proposal_accept(actor=net.actor(who), proposal_id=proposal.pk)
    with pytest.raises(NotAllowed):
        record_set(actor=net.actor("steward@NORTH"), kind="supplier", attribute="name", system="x", reason="x")


def test_several_are_decided_each_by_itself(net: Network, steward: Actor) -> None:
    take(net, "item", item(description="One", base_unit="BX"), item("DRILL", "M2", description="Two"))
    decided = proposals_decide(actor=steward, proposal_ids=[each.pk for each in waiting()], accept=True)
    assert decided.done == 2
    assert next(words for _, words in decided.left).startswith("Base unit is not changed")
    decided = proposals_decide(actor=steward, proposal_ids=[each.pk for each in waiting()], accept=False, reason="no")
    assert (decided.done, waiting()) == (1, [])


def test_any_number_of_records_takes_the_same_statements(net: Network, steward: Actor) -> None:
    record_set(actor=steward, kind="item", attribute="description", system="cloud", reason="x")
    Item.objects.bulk_create(
        Item(number=f"I{n}", description=f"Thing {n}", category=Category.objects.all()[0], base_unit="EA")
        for n in range(300)
    )

    def rows(first: int, last: int, words: str) -> list[Said]:
        return [
            item(f"I{n}", f"M-{n}", description=f"{words} {n}", unspsc="42132200", status="on_hold")
            for n in range(first, last)
        ]

    counts = []
    for first, last in ((0, 3), (3, 290)):
        with CaptureQueriesContext(connection) as found:
            take(net, "item", *rows(first, last, "Changed"), item(f"N{first}", f"N-{first}"))
        counts.append(len(found))
    assert counts[0] == counts[1] <= 25, counts


def test_twenty_thousand_items_are_a_matter_of_seconds(net: Network, steward: Actor) -> None:
    record_set(actor=steward, kind="item", attribute="description", system="cloud", reason="x")
    category = Category.objects.all()[0]
    Item.objects.bulk_create(
        (Item(number=f"I{n}", description=f"Thing {n}", category=category, base_unit="EA") for n in range(20_000)),
        batch_size=5000,
    )
    rows = [item(f"I{n}", f"M-{n}", description=f"Thing {n}" if n % 4 else f"New words {n}") for n in range(20_000)]
    began = time.monotonic()
    found = [each for at in range(0, 20_000, 2000) for each in take(net, "item", *rows[at : at + 2000])]
    took = time.monotonic() - began
    assert (verdicts(found).count("changed"), verdicts(found).count("unchanged")) == (5000, 15000)
    assert took < 60, f"{took:.1f} s"
