"""Everything that is wrong with a request, at once and on its line (domain: Requisition)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from core.errors import Finding
from masterdata.rules.offers import ItemFacts, Offer, UnknownUnit, round_money, round_price
from procurement.rules.budget_check import BudgetCheck, age_text
from procurement.rules.contract_check import NON_CATALOG, OFF_CONTRACT, ContractCheck, contract_check

UNUSUAL_FACTOR = 5
"""A quantity above this many times the usual one asks for confirmation."""


@dataclass(frozen=True, kw_only=True)
class LineRequest:
    """One requested line. `usual_base` is the average quantity (base units) of past requests of this place, None if there are none."""

    line_number: int
    facts: ItemFacts | None
    description: str
    quantity: Decimal
    unit: str
    supplier_id: int | None
    off_contract_reason: str = ""
    estimated_price: Decimal = Decimal(0)
    usual_base: Decimal | None = None
    open_request: str = ""
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    """A line with its source. `unit_price` is per requested unit; the order fields are how the source sells it."""

    base_quantity: Decimal
    unit_price: Decimal
    order_unit: str
    order_multiplier: Decimal
    order_price: Decimal
    check: ContractCheck

    @property
    def amount(self) -> Decimal:
        return round_money(self.order_price * self.base_quantity / self.order_multiplier)


def price_line(line: LineRequest) -> PricedLine:
    """Choose the source and price a line. Raises UnknownUnit."""
    if line.facts is None:
        check = ContractCheck(decision=NON_CATALOG, offer=None, best_contract=None, lost=Decimal(0))
        return PricedLine(
            base_quantity=line.quantity,
            unit_price=line.estimated_price,
            order_unit=line.unit,
            order_multiplier=Decimal(1),
            order_price=line.estimated_price,
            check=check,
        )
    multiplier = line.facts.multiplier(line.unit)
    base = line.quantity * multiplier
    check = contract_check(line.facts, base_quantity=base, supplier_id=line.supplier_id)
    offer = check.offer
    return PricedLine(
        base_quantity=base,
        unit_price=round_price(offer.price_per_base(base) * multiplier) if offer else Decimal(0),
        order_unit=offer.unit if offer else line.unit,
        order_multiplier=offer.multiplier if offer else multiplier,
        order_price=offer.price_for(base) if offer else Decimal(0),
        check=check,
    )


def check_line(line: LineRequest) -> tuple[PricedLine | None, list[Finding]]:
    """Price one line and list what is wrong with it. No priced line when its unit is unknown."""
    at = f"lines.{line.line_number}"
    if line.facts is None:
        return price_line(line), _non_catalog_findings(line, at)
    findings = []
    if line.facts.status != "active":
        word = line.facts.status.replace("_", " ")
        findings.append(
            Finding(
                code="item_inactive", field=f"{at}.item", message=f"{line.facts.number} is {word} and cannot be ordered.",
                remedy="Remove the line or choose a substitute.",
            )
        )  # fmt: skip
    try:
        priced = price_line(line)
    except UnknownUnit as error:
        findings.append(
            Finding(code="unit_unknown", field=f"{at}.unit", message=str(error), remedy="Choose one of these units.")
        )
        return None, findings
    findings += _source_findings(line, priced, at)
    findings += _usage_findings(line, priced, at)
    return priced, findings


def _non_catalog_findings(line: LineRequest, at: str) -> list[Finding]:
    if line.description.strip():
        return []
    return [
        Finding(
            code="description_missing", field=f"{at}.description", message="A line outside the catalog needs a description.",
            remedy="Say what it is, who makes it and its part number.",
        )
    ]  # fmt: skip


def _source_findings(line: LineRequest, priced: PricedLine, at: str) -> list[Finding]:
    found, offer, check = [], priced.check.offer, priced.check
    if line.supplier_id and offer is None:
        found.append(
            Finding(
                code="supplier_does_not_sell", field=f"{at}.supplier", message="The chosen supplier does not sell this item here.",
                remedy="Leave the supplier empty to let the contract decide.",
            )
        )  # fmt: skip
    if check.decision == OFF_CONTRACT and check.best_contract and not line.off_contract_reason.strip():
        best = check.best_contract
        found.append(
            Finding(
                code="off_contract_reason_missing", field=f"{at}.off_contract_reason",
                message=f"Off contract: {best.supplier_name} has it on {best.contract_number}, and {check.lost:,.2f} would be lost.",
                remedy=f"Take {best.supplier_name} ({best.contract_number}) or give a reason.",
            )
        )  # fmt: skip
    if offer is not None:
        found += _pack_findings(priced, offer, at)
    return found


def _pack_findings(priced: PricedLine, offer: Offer, at: str) -> list[Finding]:
    units = priced.base_quantity / offer.multiplier
    step = offer.multiple if offer.multiple > 0 else Decimal(1)
    # rounded up, which Decimal's // is not: it cuts towards zero
    wanted = (max(units, offer.minimum) / step).to_integral_value(ROUND_CEILING) * step
    if units == wanted:
        return []
    base = wanted * offer.multiplier
    return [
        Finding(
            code="not_an_order_quantity", field=f"{at}.quantity",
            message=f"{offer.supplier_name} sells this by {_number(step)} {offer.unit} of {_number(offer.multiplier)}, "
            f"at least {_number(offer.minimum)} {offer.unit}.",
            remedy=f"Ask for {_number(wanted)} {offer.unit} ({_number(base)} base units).",
            suggestion=f"{_number(wanted)} {offer.unit}",
        )
    ]  # fmt: skip


def _usage_findings(line: LineRequest, priced: PricedLine, at: str) -> list[Finding]:
    found: list[Finding] = []
    if line.confirmed:
        return found
    if line.usual_base and priced.base_quantity > line.usual_base * UNUSUAL_FACTOR:
        times = (priced.base_quantity / line.usual_base).quantize(Decimal(1))
        found.append(
            Finding(
                code="quantity_unusual", severity="confirm", field=f"{at}.quantity",
                message=f"This is about {times} times what is usually asked for here.",
                remedy="Correct the quantity or the unit, or confirm it.",
            )
        )  # fmt: skip
    if line.open_request:
        found.append(
            Finding(
                code="open_request", severity="confirm", field=f"{at}.item",
                message=f"{line.open_request} already asks for this item and is still open.",
                remedy="Remove the line, or confirm that both are needed.",
            )
        )  # fmt: skip
    return found


def check_header(
    *, lines: Sequence[LineRequest], cost_center_ok: bool, needed_by: date | None, today: date, budget: BudgetCheck
) -> list[Finding]:
    """Findings about the request as a whole."""
    found = []
    if not lines:
        found.append(
            Finding(code="no_lines", message="The request has no lines.", remedy="Add something from the catalog.")
        )
    if not cost_center_ok:
        found.append(
            Finding(
                code="cost_center_invalid", field="cost_center", message="The cost center is closed or belongs to another facility.",
                remedy="Choose one of this facility's cost centers.",
            )
        )  # fmt: skip
    if needed_by is not None and needed_by < today:
        found.append(
            Finding(
                code="needed_by_past", field="needed_by", message=f"{needed_by.day} {needed_by:%b %Y} is in the past.",
                remedy="Choose today or a later day.",
            )
        )  # fmt: skip
    if budget.outcome == "stop":
        found.append(
            Finding(
                code="budget_exceeded", field="cost_center",
                message=f"Only {budget.available:,.2f} is left in the budget of {budget.budget.period if budget.budget else ''}.",
                remedy="Ask for less, or have the budget raised.",
            )
        )  # fmt: skip
    if budget.age is not None:
        found.append(
            Finding(
                code="budget_old", field="cost_center", severity="info",
                message=f"The budget's figures are {age_text(budget.age)} old: the ERP could not be asked since.",
            )
        )  # fmt: skip
    return found


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
