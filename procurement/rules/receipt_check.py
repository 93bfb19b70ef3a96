"""What may be taken in (domain: Receiving): everything wrong at once, each on its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import Finding


@dataclass(frozen=True, kw_only=True)
class ExpectedLine:
    """An order line as the receiver meets it. `open_base` is what may still be accepted, tolerance included, in base units."""

    description: str
    unit: str
    packs: Mapping[str, Decimal]
    open_base: Decimal
    cancelled: bool
    lot_tracked: bool
    expiry_tracked: bool
    serial_tracked: bool


@dataclass(frozen=True, kw_only=True)
class ReceivedLine:
    """What came for one order line (and lot). `quantity` was accepted, `rejected` was not; both in `unit` (empty: the order's)."""

    line_number: int
    quantity: Decimal
    unit: str = ""
    rejected: Decimal = Decimal(0)
    problem: str = ""
    lot: str = ""
    expiry: date | None = None
    serial: str = ""


def check_receipt(
    lines: Sequence[ReceivedLine], expected: Mapping[int, ExpectedLine], *, today: date
) -> tuple[list[tuple[Decimal, Decimal]], list[Finding]]:
    """Base units (accepted, rejected) per received line, and every finding. `today` is the facility's day."""
    bases: list[tuple[Decimal, Decimal]] = []
    findings: list[Finding] = []
    accepted: dict[int, Decimal] = {}
    if not lines:
        findings.append(
            Finding(
                code="nothing_received",
                message="Nothing is entered.",
                remedy="Enter what arrived on at least one line.",
            )
        )
    for place, line in enumerate(lines):
        at = f"lines.{place}"
        known = expected.get(line.line_number)
        if known is None:
            findings.append(
                Finding(code="line_unknown", field=at, message=f"The order has no line {line.line_number}.")
            )
            bases.append((Decimal(0), Decimal(0)))
            continue
        multiplier = known.packs.get(line.unit or known.unit)
        findings += _line_findings(line, known, at, multiplier, today)
        base = line.quantity * (multiplier or 0)
        bases.append((base, line.rejected * (multiplier or 0)))
        accepted[line.line_number] = accepted.get(line.line_number, Decimal(0)) + base
    for number, base in accepted.items():
        over = base - expected[number].open_base
        if over > 0:
            findings.append(
                Finding(
                    code="over_received", field=f"order_lines.{number}.quantity",
                    message=f"Line {number} ({expected[number].description}): {_counted(over, expected[number])} more than may be received.",
                    remedy="Reject the excess, or ask the buyer for an order change.",
                )
            )  # fmt: skip
    return bases, findings


def _counted(base: Decimal, known: ExpectedLine) -> str:
    """A quantity as the order counts, else in the smallest pack: `2 BX`, `250 EA`."""
    units = (known.unit, *sorted(known.packs, key=lambda unit: known.packs[unit]))
    unit = next((unit for unit in units if not base % known.packs[unit]), known.unit)
    return f"{(base / known.packs[unit]).normalize():,f} {unit}"


def _line_findings(
    line: ReceivedLine, known: ExpectedLine, at: str, multiplier: Decimal | None, today: date
) -> list[Finding]:
    checks = (
        (known.cancelled, "line_cancelled", "", "This line was cancelled.", "Refuse the goods."),
        (
            multiplier is None, "unit_unknown", "unit", f"{known.description} has no unit {line.unit}; it comes in {', '.join(known.packs)}.",
            "Choose one of these units.",
        ),
        (line.quantity < 0 or line.rejected < 0, "quantity_negative", "quantity", "Quantities cannot be negative.", ""),
        (line.quantity == 0 and line.rejected == 0, "quantity_missing", "quantity", "Enter what arrived or was rejected.", ""),
        (line.rejected > 0 and not line.problem, "problem_missing", "problem", "Say what is wrong with the rejected quantity.", ""),
        (
            line.quantity > 0 and known.lot_tracked and not line.lot.strip(), "lot_missing", "lot",
            f"{known.description} is lot-tracked: the lot is required.", "Scan or type the lot from the label.",
        ),
        (
            line.quantity > 0 and known.expiry_tracked and line.expiry is None, "expiry_missing", "expiry",
            f"{known.description}: the expiry date is required.", "Scan or type it from the label.",
        ),
        (
            line.quantity > 0 and line.expiry is not None and line.expiry < today, "lot_expired", "expiry",
            f"Lot {line.lot} expired on {line.expiry}.", "Reject it with the reason 'expired'.",
        ),
        (
            line.quantity > 0 and known.serial_tracked and not line.serial.strip(), "serial_missing", "serial",
            f"{known.description} is serial-tracked: the serial number is required.", "Receive each piece with its serial number.",
        ),
    )  # fmt: skip
    return [
        Finding(code=code, field=f"{at}.{name}".rstrip("."), message=message, remedy=remedy)
        for wrong, code, name, message, remedy in checks
        if wrong
    ]
