"""A requisition that its requester may still change, as cart or after it came back: its lines, findings and remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import Finding
from masterdata.models import ItemSubstitute
from masterdata.rules.offers import ItemFacts, round_money
from portal.web import format as fmt
from portal.web.format import Shown
from portal.web.status import badge
from procurement.models import Requisition, RequisitionLine


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """A button that cures a finding: the fields it posts to the line."""

    label: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EditorFinding:
    finding: Finding
    remedies: Sequence[Remedy] = ()
    asks_reason: bool = False


@dataclass(frozen=True, kw_only=True)
class EditorLine:
    """One line, every value ready to read."""

    pk: int
    number: int
    title: str
    item: str
    source: str
    price: Shown
    quantity: str
    unit: str
    units: Sequence[tuple[str, str]]
    amount: Shown
    contract: str
    lost: str
    reason: str
    findings: Sequence[EditorFinding]


def editor(
    requisition: Requisition | None, facts: Mapping[int, ItemFacts], *, findings: Sequence[Finding] = (),
    message: str = "", compact: bool = False, substitutes: Mapping[int, Sequence[ItemSubstitute]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The context of `requests/cart.html#editor`."""
    lines = list(requisition.lines.all()) if requisition else []
    notes = [f for f in findings if f.severity == "info"]
    findings = [f for f in findings if f.severity != "info"]
    here = {f"lines.{line.line_number}" for line in lines}
    at_lines = [f for f in findings if ".".join(f.field.split(".")[:2]) in here]
    # also what is wrong with a line that was not taken
    others = [f for f in findings if f not in at_lines]
    marked = len({f.field.split(".")[1] for f in at_lines})
    if message and marked and len(lines) > 1:
        message = f"{message} {marked} of {len(lines)} lines need a look."
    only_confirm = bool(findings) and all(f.severity != "error" for f in findings)
    return {
        "requisition": requisition,
        "compact": compact,
        "lines": [_line(line, requisition, facts, at_lines, substitutes or {}) for line in lines if requisition],
        "total": fmt.money(requisition.total, requisition.currency) if requisition else None,
        "count_text": f"{len(lines)} line{'s' if len(lines) != 1 else ''}",
        "message": message,
        "findings": findings,
        "other_findings": others,
        "notes": notes,
        "only_confirm": only_confirm,
        "where": f"{requisition.facility.name} · {requisition.location.name}" if requisition else "",
    }


def unit_choices(facts: ItemFacts | None, unit: str) -> list[tuple[str, str]]:
    """The units of an item with what they hold (`BX = 100 EA`), smallest first; for other lines the unit as written."""
    if facts is None:
        return [(unit, unit)]
    packs = {facts.base_unit: Decimal(1), **facts.packs}
    return [
        (name, name if name == facts.base_unit else f"{name} = {fmt.number(multiplier)} {facts.base_unit}")
        for name, multiplier in sorted(packs.items(), key=lambda pack: pack[1])
    ]


def _line(
    line: RequisitionLine, requisition: Requisition, facts: Mapping[int, ItemFacts], findings: Sequence[Finding],
    substitutes: Mapping[int, Sequence[ItemSubstitute]],
) -> EditorLine:  # fmt: skip
    own = facts.get(line.item_id) if line.item_id else None
    lost = Decimal(line.contract_explanation.get("lost", "0") or 0)
    return EditorLine(
        pk=line.pk, number=line.line_number, title=line.description, item=line.item.number if line.item else "",
        source=line.supplier.name if line.supplier else line.suggested_supplier,
        price=fmt.price(line.unit_price, requisition.currency, line.unit) if line.unit_price else fmt.NOTHING,
        quantity=fmt.number(line.quantity).replace(",", ""), unit=line.unit, units=unit_choices(own, line.unit),
        amount=fmt.money(amount_of(line), requisition.currency),
        contract=badge(line.contract_check) if line.contract_check else "",
        lost=f"{fmt.money(lost, requisition.currency)} more than under {_best(line).get('contract', 'contract')}" if lost else "",
        reason=line.off_contract_reason,
        findings=[_finding(f, line, substitutes.get(line.item_id or 0, ())) for f in findings if f.field.split(".")[1] == str(line.line_number)],
    )  # fmt: skip


def amount_of(line: RequisitionLine) -> Decimal:
    """What a line will cost, as its source sells it."""
    return round_money(line.order_price * line.base_quantity / line.order_multiplier)


def _best(line: RequisitionLine) -> dict[str, Any]:
    return dict(line.contract_explanation.get("best") or {})


def _finding(finding: Finding, line: RequisitionLine, substitutes: Sequence[ItemSubstitute]) -> EditorFinding:
    remove = Remedy(label="Remove the line", fields={"quantity": "0"})
    remedies: list[Remedy] = []
    best = _best(line)
    if finding.code == "off_contract_reason_missing" and best:
        remedies = [
            Remedy(label=f"Take {best['supplier']} ({best['contract']})", fields={"supplier": str(best["supplier_id"])})
        ]
    elif finding.suggestion:
        quantity, _, unit = finding.suggestion.partition(" ")
        remedies = [Remedy(label=f"Take {finding.suggestion}", fields={"quantity": quantity, "unit": unit})]
    elif finding.severity == "confirm":
        remedies = [Remedy(label="It is right", fields={"confirmed": "1"}), remove]
    elif finding.code == "item_inactive":
        remedies = [
            *(
                Remedy(label=f"Take {each.substitute.description}", fields={"substitute": str(each.substitute_id)})
                for each in substitutes
            ),
            remove,
        ]
    elif finding.code in {"supplier_does_not_sell", "description_missing"}:
        remedies = [remove]
    return EditorFinding(finding=finding, remedies=remedies, asks_reason=finding.code == "off_contract_reason_missing")
