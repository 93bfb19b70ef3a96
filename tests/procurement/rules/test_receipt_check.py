"""What may be taken in: everything wrong at once, each on its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from procurement.rules.receipt_check import ExpectedLine, ReceivedLine, check_receipt

D = Decimal
TODAY = date(2026, 11, 22)
GLOVE = ExpectedLine(
    description="Glove", unit="BX", packs={"EA": D(1), "BX": D(100)}, open_base=D(1000), cancelled=False,
    lot_tracked=False, expiry_tracked=False, serial_tracked=False,
)  # fmt: skip
SUTURE = replace(GLOVE, lot_tracked=True, expiry_tracked=True)
PUMP = replace(GLOVE, serial_tracked=True)


def came(quantity: str = "1", number: int = 1, **more: Any) -> ReceivedLine:
    return ReceivedLine(line_number=number, quantity=D(quantity), **more)


def codes(expected: ExpectedLine, *lines: ReceivedLine) -> list[str]:
    return [finding.code for finding in check_receipt(lines, {1: expected}, today=TODAY)[1]]


@pytest.mark.parametrize(
    ("expected", "line", "found"),
    [
        (GLOVE, came("10"), []),
        (GLOVE, came("1000", unit="EA"), []),
        (GLOVE, came("1001", unit="EA"), ["over_received"]),
        (GLOVE, came("11"), ["over_received"]),
        (GLOVE, came("0", rejected=D(3), problem="damaged"), []),
        (GLOVE, came("10", rejected=D(90), problem="damaged"), []),
        (GLOVE, came("0"), ["quantity_missing"]),
        (GLOVE, came("-1"), ["quantity_negative"]),
        (GLOVE, came("1", rejected=D(-1)), ["quantity_negative"]),
        (GLOVE, came("1", rejected=D(1)), ["problem_missing"]),
        (GLOVE, came("1", unit="CS"), ["unit_unknown"]),
        (GLOVE, came("1", 7), ["line_unknown"]),
        (replace(GLOVE, cancelled=True), came("1"), ["line_cancelled"]),
        (SUTURE, came("1", lot="L1", expiry=date(2027, 1, 1)), []),
        (SUTURE, came("1", lot="L1", expiry=TODAY), []),
        (SUTURE, came("1", lot="L1", expiry=date(2026, 11, 21)), ["lot_expired"]),
        (SUTURE, came("1", lot=" "), ["lot_missing", "expiry_missing"]),
        (SUTURE, came("0", rejected=D(1), problem="expired"), []),
        (GLOVE, came("1", lot="L9", expiry=date(2020, 1, 1)), ["lot_expired"]),
        (PUMP, came("1", serial="S-1"), []),
        (PUMP, came("1"), ["serial_missing"]),
        (PUMP, came("0", rejected=D(1), problem="damaged"), []),
        (SUTURE, came("0", rejected=D(1), problem="expired", lot="L1", expiry=date(2026, 1, 1)), []),
    ],
)
def test_what_is_wrong_with_a_received_line(expected: ExpectedLine, line: ReceivedLine, found: list[str]) -> None:
    assert codes(expected, line) == found


def test_several_lots_of_one_line_count_together_against_what_is_open() -> None:
    lots = [came("6", lot=lot, expiry=date(2027, 1, 1)) for lot in ("A", "B")]
    assert codes(SUTURE, *lots) == ["over_received"]
    assert codes(SUTURE, *[replace(lot, quantity=D(5)) for lot in lots]) == []


@pytest.mark.parametrize(
    ("quantity", "excess"), [("12.5", "250 EA more"), ("12", "2 BX more"), ("30010", "30,000 BX more")]
)
def test_the_excess_is_named_in_whole_packs(quantity: str, excess: str) -> None:
    _, (finding,) = check_receipt([came(quantity)], {1: GLOVE}, today=TODAY)
    assert excess in finding.message


def test_quantities_come_back_in_base_units_per_line() -> None:
    bases, findings = check_receipt(
        [came("2", rejected=D(1), problem="damaged"), came("5", unit="EA")], {1: GLOVE}, today=TODAY
    )
    assert (bases, findings) == ([(D(200), D(100)), (D(5), D(0))], [])


def test_an_empty_receipt_is_refused() -> None:
    assert codes(GLOVE) == ["nothing_received"]


def test_everything_wrong_is_said_at_once_and_where() -> None:
    _, findings = check_receipt([came("0"), came("1", 7), came("1", unit="CS")], {1: GLOVE}, today=TODAY)
    assert [(f.code, f.field) for f in findings] == [
        ("quantity_missing", "lines.0.quantity"),
        ("line_unknown", "lines.1"),
        ("unit_unknown", "lines.2.unit"),
    ]
