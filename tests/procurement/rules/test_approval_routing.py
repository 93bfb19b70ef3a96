"""All matching rules' steps are merged and ordered; nothing is ever approved by silence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rules.approval_routing import RoutingFacts, route

FACTS = RoutingFacts(
    facility="NORTH", cost_center="N-OR", categories=frozenset({"medsurg", "implant"}), total=Decimal(1000), off_contract=False,
    urgent=False, non_catalog=False, over_budget=False, manager_id=None,
)  # fmt: skip
APPROVER = {"kind": "role", "role": "approver"}
BUYER = {"kind": "network_role", "role": "buyer"}


def rule(
    name: str = "R", *, steps: tuple[dict[str, Any], ...] = (APPROVER,), auto: bool = False, **when: Any
) -> dict[str, Any]:
    return {"name": name, "when": when, "steps": list(steps), "auto": auto}


def matches(when: dict[str, Any], **facts: Any) -> bool:
    return route([rule("X", **when)], replace(FACTS, **facts)).steps[0].role == "approver"


@pytest.mark.parametrize(
    ("when", "facts", "hit"),
    [
        ({}, {}, True),
        ({"facilities": ["NORTH", "EAST"]}, {}, True),
        ({"facilities": ["EAST"]}, {}, False),
        ({"cost_centers": ["N-OR"]}, {}, True),
        ({"cost_centers": ["N-ER"]}, {}, False),
        ({"categories": ["implant"]}, {}, True),
        ({"categories": ["pharmacy"]}, {}, False),
        ({"facilities": []}, {}, True),
        ({"min_amount": "1000"}, {}, True),
        ({"min_amount": "1000.01"}, {}, False),
        ({"max_amount": "1000"}, {}, True),
        ({"max_amount": "999.99"}, {}, False),
        ({"min_amount": "0"}, {"total": Decimal(0)}, True),
        ({"off_contract": True}, {}, False),
        ({"off_contract": True}, {"off_contract": True}, True),
        ({"off_contract": False}, {"off_contract": True}, False),
        ({"urgent": True}, {"urgent": True}, True),
        ({"urgent": None}, {"urgent": True}, True),
        ({"non_catalog": True}, {}, False),
        ({"over_budget": True}, {"over_budget": True}, True),
        ({"facilities": ["NORTH"], "min_amount": "5000"}, {}, False),
    ],
)
def test_conditions(when: dict[str, Any], facts: dict[str, Any], hit: bool) -> None:
    assert matches(when, **facts) is hit


def test_no_matching_rule_means_procurement_decides() -> None:
    (step,) = route([rule(min_amount="5000")], FACTS).steps
    assert (step.role, step.network, step.why) == ("buyer", True, "No rule of the policy covers this request")


def test_a_rule_without_steps_is_not_an_approval() -> None:
    assert route([rule(steps=())], FACTS).steps[0].role == "buyer"


def test_automatic_approval_is_an_explicit_rule_and_says_which() -> None:
    routing = route([rule("Small", steps=(), auto=True)], FACTS)
    assert (routing.steps, routing.auto) == ((), "Small")


def test_any_step_asked_for_goes_before_automatic_approval() -> None:
    routing = route([rule("Small", steps=(), auto=True), rule("Off contract")], FACTS)
    assert [step.role for step in routing.steps] == ["approver"]
    assert not routing.auto


def test_steps_of_all_matching_rules_come_once_each_in_order() -> None:
    routing = route([rule("A"), rule("B", steps=(APPROVER, BUYER)), rule("C", steps=(BUYER,))], FACTS)
    assert [(step.role, step.network, step.why) for step in routing.steps] == [
        ("approver", False, "A"),
        ("buyer", True, "B"),
    ]


def test_a_role_at_the_facility_and_the_same_role_in_the_network_are_two_steps() -> None:
    at, network = {"kind": "role", "role": "buyer"}, {"kind": "network_role", "role": "buyer"}
    assert [s.network for s in route([rule(steps=(at, network))], FACTS).steps] == [False, True]


def test_a_named_person_and_the_manager() -> None:
    steps = ({"kind": "person", "user_id": 7, "label": "CFO"}, {"kind": "manager", "hours": 4})
    routing = route([rule(steps=steps)], replace(FACTS, manager_id=3))
    assert [(s.person_id, s.role, s.label, s.hours) for s in routing.steps] == [
        (7, "", "CFO", 24),
        (3, "", "Manager", 4),
    ]


def test_without_a_manager_on_record_procurement_decides_and_it_is_said() -> None:
    (step,) = route([rule("Needs a manager", steps=({"kind": "manager"},))], FACTS).steps
    assert (step.role, step.network) == ("buyer", True)
    assert step.why == "Needs a manager; the requester has no manager on record, so procurement decides"


def test_the_reason_names_the_conditions() -> None:
    (step,) = route(
        [rule("Big", min_amount="500", max_amount="20000", categories=["implant"], urgent=None)], FACTS
    ).steps
    assert step.why == "Big (from 500.00; up to 20,000.00; implant)"
    (step,) = route([rule("Over budget", over_budget=True)], replace(FACTS, over_budget=True)).steps
    assert step.why == "Over budget"


conditions = st.fixed_dictionaries(
    {},
    optional={
        "facilities": st.lists(st.sampled_from(["NORTH", "EAST"])),
        "categories": st.lists(st.sampled_from(["implant", "lab"])),
        "min_amount": st.none() | st.integers(0, 5000).map(str), "max_amount": st.none() | st.integers(0, 5000).map(str),
        "off_contract": st.none() | st.booleans(), "urgent": st.none() | st.booleans(),
    },
)  # fmt: skip
rules = st.builds(
    lambda name, when, steps, auto: {"name": name, "when": when, "steps": steps, "auto": auto},
    st.sampled_from("ABC"), conditions, st.lists(st.sampled_from([APPROVER, BUYER, {"kind": "manager"}]), max_size=3), st.booleans(),
)  # fmt: skip


@given(st.lists(rules, max_size=5), st.integers(0, 6000).map(Decimal), st.booleans(), st.none() | st.integers(1, 3))
def test_silence_never_approves(
    policy: list[dict[str, Any]], total: Decimal, urgent: bool, manager: int | None
) -> None:
    routing = route(policy, replace(FACTS, total=total, urgent=urgent, manager_id=manager))
    assert bool(routing.steps) != bool(routing.auto), "either somebody decides, or a rule by its name"
    keys = [(s.role, s.network, s.person_id) for s in routing.steps]
    assert len(keys) == len(set(keys)), "one decision per step"
    assert all(s.role or s.person_id for s in routing.steps)
    if routing.auto:
        assert any(each["name"] == routing.auto and each["auto"] for each in policy)
