"""The stored explanation of a match in words and columns: ordered, received, billed, what is allowed and what would clear it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.links import link
from portal.web import format as fmt
from portal.web.parts import Fact

Stored = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Ordered, received and billed of one line. `differs` names the rows to highlight: quantity, price, unit."""

    ordered: str
    ordered_price: str
    ordered_amount: str
    received: str
    receipts: tuple[tuple[str, str, str], ...]
    billed: str
    billed_price: str
    billed_amount: str
    before: str
    path: str
    differs: frozenset[str]


HIGHLIGHT: Mapping[str, frozenset[str]] = {
    "price": frozenset({"price"}),
    "unit": frozenset({"price", "quantity"}),
    "not_received": frozenset({"quantity"}),
    "over_ordered": frozenset({"quantity"}),
}


def side_by_side(stored: Stored, kinds: list[str]) -> SideBySide | None:
    """The columns of a stored match; None where nothing could be compared."""
    billed, ordered = stored.get("billed"), stored.get("ordered")
    if not billed:
        return None
    received, currency, base_unit = (
        stored.get("received") or {},
        str(stored.get("currency", "")),
        stored.get("base_unit", ""),
    )
    unit = ordered["unit"] if ordered else ""
    return SideBySide(
        ordered=f"{_n(ordered['quantity'])} {unit}" if ordered else "not on the order",
        ordered_price=f"{_price(ordered['price'])} / {unit}" if ordered else "",
        ordered_amount=_money(ordered.get("amount"), currency) if ordered else "",
        received=f"{_n(received['base'])} {base_unit}" if received else "",
        receipts=tuple(
            (str(number), f"{_n(base)} {base_unit}", link("receipt", str(number))) for number, base in received.get("receipts", [])
        ),
        billed=f"{_n(billed['quantity'])} {billed['unit']}", billed_price=f"{_price(billed['price'])} / {billed['unit']}",
        billed_amount=_money(billed.get("amount"), currency),
        before=f"{_n(stored['invoiced_before'])} {base_unit}" if Decimal(stored.get("invoiced_before") or 0) else "",
        path=str(stored.get("unit_path", "")) if ordered and billed["unit"] != base_unit else "",
        differs=frozenset().union(*(HIGHLIGHT.get(kind, frozenset()) for kind in kinds)),
    )  # fmt: skip


def reasons(stored: Stored) -> list[Fact]:
    """What is allowed, what margin is left, and what would clear it."""
    facts = [Fact(label="Allowed", value=str(stored["allowed"]))] if stored.get("allowed") else []
    if stored.get("margin") is not None:
        margin = Decimal(stored["margin"])
        word = "Over it by" if margin < 0 else "Margin left"
        facts.append(Fact(label=word, value=fmt.money(abs(margin), str(stored.get("currency", "")))))
    if stored.get("clears"):
        facts.append(Fact(label="Would clear", value=str(stored["clears"])))
    return facts


def _n(value: object) -> str:
    return fmt.number(Decimal(str(value)))


def _price(value: object) -> str:
    amount = Decimal(str(value))
    return fmt.number(amount, places=max(2, -int(amount.normalize().as_tuple().exponent)))


def _money(value: object, currency: str) -> str:
    return fmt.money(Decimal(str(value)), currency).text if value is not None else ""
