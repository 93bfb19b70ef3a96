"""The match: what was billed against what was ordered and received (domain: Invoice and three-way match).

Pure: facts in, findings with their explanation out. Prices and quantities are compared per base unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from masterdata.rules.offers import price_text, round_money
from procurement.rules.tolerances import Limit, most_specific

CENT = Decimal("0.01")
UNIT_SLACK = Decimal("0.005")
"""How near a ratio must be to a pack factor to be called a unit error (half a percent: prices are rounded)."""


@dataclass(frozen=True, kw_only=True)
class OrderedLine:
    """The order line a billed line belongs to. `price` per `unit` of `multiplier` base units; quantities in base units.

    `invoiced_before` counts invoices registered earlier; `receipts` are (receipt number, accepted base units).
    """

    order_line_id: int
    line_number: int
    description: str
    base_unit: str
    unit: str
    multiplier: Decimal
    price: Decimal
    ordered: Decimal
    received: Decimal
    invoiced_before: Decimal = Decimal(0)
    receipts: tuple[tuple[str, Decimal], ...] = ()
    packs: dict[str, Decimal] = field(default_factory=dict)
    category: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class BilledLine:
    """One invoice line. `price` per `unit`; `multiplier` is None where the item does not know the unit."""

    line_id: int
    line_number: int
    quantity: Decimal
    unit: str
    multiplier: Decimal | None
    price: Decimal
    amount: Decimal
    ordered: OrderedLine | None


@dataclass(frozen=True, kw_only=True)
class BilledInvoice:
    """`order_problem` names what is wrong with the order itself, in words; empty when it is fine."""

    lines: Sequence[BilledLine]
    total: Decimal
    tax: Decimal
    charges: Decimal
    currency: str
    credit: bool
    facility_id: int
    supplier_id: int
    order_problem: str = ""
    lookalike: str = ""


@dataclass(frozen=True, kw_only=True)
class MatchFinding:
    """One difference outside its tolerance. `amount` is the money at stake (positive: billed too much)."""

    kind: str
    amount: Decimal
    sentence: str
    allowed: str
    clears: str
    line_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def explanation(self) -> dict[str, Any]:
        return {"sentence": self.sentence, "allowed": self.allowed, "clears": self.clears, **self.facts}


@dataclass(frozen=True, kw_only=True)
class MatchResult:
    findings: tuple[MatchFinding, ...]
    lines: dict[int, dict[str, Any]]

    @property
    def matched(self) -> bool:
        return not self.findings


def match(invoice: BilledInvoice, limits: Sequence[Limit]) -> MatchResult:
    """Match a whole invoice. `lines` explains every line, also those without a difference."""
    findings: list[MatchFinding] = []
    explained: dict[int, dict[str, Any]] = {}
    if invoice.lookalike:
        findings.append(_duplicate(invoice))
    if invoice.order_problem:
        findings.append(_order_problem(invoice))
    for line in invoice.lines:
        found = _match_line(line, invoice, limits)
        findings += found
        explained[line.line_id] = {**_facts(line, invoice.currency), "findings": [f.kind for f in found]}
    findings += _header_findings(invoice, limits)
    return MatchResult(findings=tuple(findings), lines=explained)


def _match_line(line: BilledLine, invoice: BilledInvoice, limits: Sequence[Limit]) -> list[MatchFinding]:
    ordered = line.ordered
    if ordered is None:
        if invoice.order_problem:
            return []
        return [
            MatchFinding(
                kind="order", amount=line.amount, line_id=line.line_id,
                sentence=f"Line {line.line_number} is not on the order.", allowed="every line must belong to an order line",
                clears="assign the order line, or reject the invoice",
            )
        ]  # fmt: skip
    if line.multiplier is None:
        known = ", ".join(sorted(ordered.packs)) or ordered.unit
        return [
            MatchFinding(
                kind="unit", amount=line.amount, line_id=line.line_id, facts=_facts(line, invoice.currency),
                sentence=f"Billed in {line.unit}, which this item does not have; it comes in {known}.",
                allowed="units of the item", clears="a corrected invoice, or a unit added to the item",
            )
        ]  # fmt: skip
    if (unit := _unit_error(line, ordered, line.multiplier, invoice)) is not None:
        return [unit]
    found = [_price(line, ordered, line.multiplier, invoice, limits)]
    if not invoice.credit:
        found += _quantities(line, ordered, line.multiplier, invoice, limits)
    return [f for f in found if f is not None]


def _unit_error(
    line: BilledLine, ordered: OrderedLine, multiplier: Decimal, invoice: BilledInvoice
) -> MatchFinding | None:
    """A price that is off by exactly a pack factor is a wrong unit, not a wrong price."""
    order_price = ordered.price / ordered.multiplier
    if not order_price or not line.price:
        return None
    ratio = (line.price / multiplier) / order_price
    factors = {a / b for a in ordered.packs.values() for b in ordered.packs.values() if a != b}
    hit = next((f for f in sorted(factors) if abs(ratio / f - 1) <= UNIT_SLACK), None)
    if hit is None:
        return None
    meant = next(
        (u for u, m in ordered.packs.items() if abs(line.price / m / order_price - 1) <= UNIT_SLACK), ordered.unit
    )
    excess = line.amount - round_money(order_price * line.quantity * multiplier)
    credit = f", or a credit of {excess:,.2f} {invoice.currency}" if excess > 0 else ""
    return MatchFinding(
        kind="unit", amount=excess, line_id=line.line_id, facts=_facts(line, invoice.currency),
        sentence=f"Billed {_n(line.quantity)} {line.unit} at {price_text(line.price)}; {price_text(line.price)} is the order's price per {meant}. "
        f"The unit is wrong by a factor of {_n(max(hit, 1 / hit))}.",
        allowed="the order's price in the billed unit",
        clears=f"a corrected invoice in {meant}{credit}",
    )  # fmt: skip


def _price(
    line: BilledLine, ordered: OrderedLine, multiplier: Decimal, invoice: BilledInvoice, limits: Sequence[Limit]
) -> MatchFinding | None:
    base = line.quantity * multiplier
    expected = round_money(ordered.price / ordered.multiplier * base)
    billed = round_money(line.price * line.quantity)
    difference = billed - expected
    if not difference:
        return None
    kind = "price_over" if difference > 0 else "price_under"
    limit = _limit(limits, kind, invoice, ordered.category)
    percent = abs(difference) / expected * 100 if expected else Decimal(100)
    if limit.allows(percent=percent, amount=abs(difference)):
        return None
    per_unit = line.price - ordered.price / ordered.multiplier * multiplier
    side = "above" if difference > 0 else "below"
    clears = (
        f"a credit of {difference:,.2f} {invoice.currency}, or an order change to {price_text(line.price)} per {line.unit}"
        if difference > 0
        else "accepting the lower price"
    )
    return MatchFinding(
        kind="price", amount=difference, line_id=line.line_id,
        facts={**_facts(line, invoice.currency), "margin": _money(limit.margin(amount=abs(difference), expected=expected))},
        sentence=f"Price is {price_text(abs(per_unit))} per {line.unit} ({percent:.1f} %) {side} the order.",
        allowed=limit.words(invoice.currency), clears=clears,
    )  # fmt: skip


def _quantities(
    line: BilledLine, ordered: OrderedLine, multiplier: Decimal, invoice: BilledInvoice, limits: Sequence[Limit]
) -> list[MatchFinding | None]:
    base = line.quantity * multiplier
    so_far = ordered.invoiced_before + base
    price = line.price / multiplier
    over = max(Decimal(0), so_far - max(ordered.ordered, ordered.invoiced_before))
    missing = max(
        Decimal(0),
        min(so_far, max(ordered.ordered, ordered.invoiced_before)) - max(ordered.received, ordered.invoiced_before),
    )
    unit = ordered.base_unit
    return [
        _quantity(
            "over_ordered", "quantity_over_ordered", over, ordered.ordered, price, line, ordered, invoice, limits,
            f"Billed so far {_n(so_far)} {unit}, ordered {_n(ordered.ordered)}: {_n(over)} {unit} too many.",
            "an order change, or a credit for the excess",
        ),
        _quantity(
            "not_received", "quantity_not_received", missing, ordered.received, price, line, ordered, invoice, limits,
            f"Billed so far {_n(so_far)} {unit}, received {_n(ordered.received)}: {_n(missing)} {unit} not received yet.",
            f"a receipt of {_n(missing)} {unit}, or a credit",
        ),
    ]  # fmt: skip


def _quantity(  # noqa: PLR0913 - one row of the table above
    kind: str, limit_kind: str, excess: Decimal, of: Decimal, price: Decimal, line: BilledLine, ordered: OrderedLine,
    invoice: BilledInvoice, limits: Sequence[Limit], sentence: str, clears: str,
) -> MatchFinding | None:  # fmt: skip
    if excess <= 0:
        return None
    limit = _limit(limits, limit_kind, invoice, ordered.category)
    amount = round_money(excess * price)
    percent = excess / of * 100 if of else Decimal(100)
    if limit.allows(percent=percent, amount=amount):
        return None
    return MatchFinding(
        kind=kind, amount=amount, line_id=line.line_id, sentence=sentence, clears=clears,
        allowed=limit.words(invoice.currency), facts=_facts(line, invoice.currency),
    )  # fmt: skip


def _header_findings(invoice: BilledInvoice, limits: Sequence[Limit]) -> list[MatchFinding]:
    found = []
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    for kind, amount, word in (("charges", invoice.charges, "Freight and other charges"), ("tax", invoice.tax, "Tax")):
        limit = _limit(limits, kind, invoice, None)
        percent = amount / lines * 100 if lines else Decimal(100)
        if amount > 0 and not limit.allows(percent=percent, amount=amount):
            found.append(
                MatchFinding(
                    kind=kind, amount=amount, allowed=limit.words(invoice.currency),
                    sentence=f"{word} of {amount:,.2f} {invoice.currency} are not on the order.",
                    clears="accepting the charge, or a credit",
                )
            )  # fmt: skip
    expected = lines + invoice.charges + invoice.tax
    if abs(invoice.total - expected) > CENT:
        found.append(
            MatchFinding(
                kind="total", amount=invoice.total - expected, allowed=f"{CENT} {invoice.currency}",
                sentence=f"The total says {invoice.total:,.2f}, but lines, charges and tax add up to {expected:,.2f}.",
                clears="a corrected invoice",
            )
        )  # fmt: skip
    return found


def _order_problem(invoice: BilledInvoice) -> MatchFinding:
    return MatchFinding(
        kind="order", amount=invoice.total, sentence=invoice.order_problem, allowed="an open order of this supplier",
        clears="the right order number, or reject the invoice",
    )  # fmt: skip


def _duplicate(invoice: BilledInvoice) -> MatchFinding:
    return MatchFinding(
        kind="duplicate", amount=invoice.total, allowed="one invoice per delivery",
        sentence=f"{invoice.lookalike} of the same supplier has the same amount and date.",
        clears="void it if it is the same bill, or accept it as a separate one",
    )  # fmt: skip


def _limit(limits: Sequence[Limit], kind: str, invoice: BilledInvoice, category: str | None) -> Limit:
    return most_specific(
        limits, kind=kind, facility_id=invoice.facility_id, supplier_id=invoice.supplier_id, category=category
    )


def _facts(line: BilledLine, currency: str) -> dict[str, Any]:
    """Ordered, received and billed side by side, as stored and shown."""
    o = line.ordered
    facts: dict[str, Any] = {
        "currency": currency,
        "billed": {
            "quantity": _n(line.quantity),
            "unit": line.unit,
            "price": _n(line.price),
            "amount": str(line.amount),
        },
    }
    if o is None:
        return facts
    return facts | {
        "ordered": {
            "line": o.line_number, "quantity": _n(o.ordered / o.multiplier), "unit": o.unit, "price": _n(o.price),
            "amount": str(round_money(o.price * o.ordered / o.multiplier)), "base": _n(o.ordered),
        },
        "received": {"base": _n(o.received), "receipts": [[number, _n(base)] for number, base in o.receipts]},
        "invoiced_before": _n(o.invoiced_before),
        "base_unit": o.base_unit,
        "unit_path": f"1 {line.unit} = {_n(line.multiplier)} {o.base_unit}" if line.multiplier else f"{line.unit} is unknown",
    }  # fmt: skip


def _n(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"
