"""Who has to agree: conditions of a policy's rules against a requisition's facts (domain: Approval).

A rule is a plain dictionary, stored with the policy version:

    {"name": "Over 5,000", "when": {"min_amount": "5000", "facilities": ["NORTH"], "cost_centers": [], "categories": [],
      "max_amount": null, "off_contract": true, "urgent": true, "non_catalog": true, "over_budget": true},
     "steps": [{"kind": "role", "role": "approver", "label": "…", "hours": 24}], "auto": false}

Conditions that are absent do not restrict. Step kinds: `role` (somebody holding the role at the facility), `network_role`,
`person` (user_id) and `manager` (the requester's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DEFAULT_HOURS = 24
PROCUREMENT = {"kind": "network_role", "role": "buyer", "label": "Procurement"}


@dataclass(frozen=True, kw_only=True)
class RoutingFacts:
    """What a policy may look at. `total` is in the facility's currency."""

    facility: str
    cost_center: str
    categories: frozenset[str]
    total: Decimal
    off_contract: bool
    urgent: bool
    non_catalog: bool
    over_budget: bool
    manager_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    role: str
    network: bool
    person_id: int | None
    label: str
    why: str
    hours: int


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The merged steps in order. Empty steps mean approved without a person, because the rule named in `auto` says so."""

    steps: tuple[StepSpec, ...]
    auto: str = ""


def route(rules: Sequence[Mapping[str, Any]], facts: RoutingFacts) -> Routing:
    """Merge the steps of every matching rule. No matching rule means procurement decides: silence never approves."""
    matching = [rule for rule in rules if _matches(rule.get("when", {}), facts)]
    steps: dict[tuple[str, bool, int | None], StepSpec] = {}
    for rule in matching:
        for step in rule.get("steps", ()):
            spec = _spec(step, rule, facts)
            steps.setdefault((spec.role, spec.network, spec.person_id), spec)
    if steps:
        return Routing(steps=tuple(steps.values()))
    auto = next((rule["name"] for rule in matching if rule.get("auto")), "")
    if auto:
        return Routing(steps=(), auto=auto)
    fallback = {"name": "No rule of the policy covers this request", "when": {}}
    return Routing(steps=(_spec(PROCUREMENT, fallback, facts),))


def _matches(when: Mapping[str, Any], facts: RoutingFacts) -> bool:
    lists = (
        ("facilities", {facts.facility}),
        ("cost_centers", {facts.cost_center}),
        ("categories", facts.categories),
    )
    if any(when.get(name) and not set(when[name]) & found for name, found in lists):
        return False
    if when.get("min_amount") is not None and facts.total < Decimal(str(when["min_amount"])):
        return False
    if when.get("max_amount") is not None and facts.total > Decimal(str(when["max_amount"])):
        return False
    flags = ("off_contract", "urgent", "non_catalog", "over_budget")
    return all(when.get(name) is None or bool(when[name]) == getattr(facts, name) for name in flags)


def _spec(step: Mapping[str, Any], rule: Mapping[str, Any], facts: RoutingFacts) -> StepSpec:
    kind = step["kind"]
    person = {"person": step.get("user_id"), "manager": facts.manager_id}.get(kind)
    why = f"{rule['name']}{_because(rule.get('when', {}), rule['name'])}"
    if kind == "manager" and person is None:
        step, kind = PROCUREMENT, "network_role"
        why += "; the requester has no manager on record, so procurement decides"
    return StepSpec(
        role="" if person else step["role"],
        network=kind == "network_role",
        person_id=person,
        label=step.get("label")
        or ("Manager" if kind == "manager" else step.get("role", "").replace("_", " ").capitalize()),
        why=why,
        hours=int(step.get("hours", DEFAULT_HOURS)),
    )


def _because(when: Mapping[str, Any], name: str) -> str:
    """The conditions of a rule in brackets; what its name says already is not said again."""
    known, parts = name.casefold(), []
    if when.get("min_amount") is not None:
        parts.append(f"from {Decimal(str(when['min_amount'])):,.2f}")
    if when.get("max_amount") is not None:
        parts.append(f"up to {Decimal(str(when['max_amount'])):,.2f}")
    words = {
        "off_contract": "off contract", "urgent": "urgent", "non_catalog": "not in the catalog", "over_budget": "over budget",
    }  # fmt: skip
    parts += [text for flag, text in words.items() if when.get(flag) and text not in known]
    for each in ("facilities", "cost_centers", "categories"):
        if when.get(each):
            parts.append(", ".join(when[each]))
    return f" ({'; '.join(parts)})" if parts else ""
