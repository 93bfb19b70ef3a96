"""Tryton's own ids of what our documents name by code. Looked up when a document is sent; what is not there refuses it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from integrations.erp.tryton.wire import Row, Session, Stopped
from integrations.remote import Answer, Outcome


def refuse(words: str, field: str) -> Stopped:
    """The document cannot be taken as it is."""
    return Stopped(Answer(outcome=Outcome.PERMANENT, detail=words, field=field))


class Masters:
    """Look-ups within one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def supplier(self, code: str) -> Row:
        """The party with its first address and payment term."""
        rows = self.session.find("party.party", [["code", "=", code]], ["addresses", "supplier_payment_term"], size=1)
        if not rows or not rows[0]["addresses"]:
            raise refuse(f"Tryton has no supplier {code} with an address.", "supplier")
        return rows[0]

    def currency(self, code: str) -> int:
        """The id of a currency."""
        return self._one("currency.currency", "code", code, f"Tryton has no currency {code}.", "currency")

    def products(self, numbers: Sequence[str]) -> Mapping[str, int]:
        """The ids of items by our numbers."""
        rows = self.session.find("product.product", [["code", "in", list(numbers)]], ["code"])
        known = {row["code"]: int(row["id"]) for row in rows}
        for number in numbers:
            if number not in known:
                raise refuse(f"Tryton has no product {number or '(no item number)'}.", "item")
        return known

    def unit(self, ours: str) -> int:
        """The id of a unit of measure."""
        symbol = self.symbols.get(ours, ours)
        return self._one("product.uom", "symbol", symbol, f"Tryton has no unit {symbol} (ours: {ours}).", "unit")

    @cached_property
    def symbols(self) -> Mapping[str, str]:
        """Tryton's symbol by our unit, where they are not the same."""
        said = self.session.connection.option("units")
        return dict(pair.split("=", 1) for pair in said.split(",") if "=" in pair)

    @cached_property
    def warehouse(self) -> Row:
        """The first warehouse, with the places goods come in and are kept."""
        fields = ["input_location", "storage_location"]
        rows = self.session.find("stock.location", [["type", "=", "warehouse"]], fields, size=1)
        if not rows:
            raise refuse("Tryton has no warehouse.", "ship_to")
        return rows[0]

    @cached_property
    def accounts(self) -> Row:
        """Where supplier invoices are posted: payable, expense, and their journal."""
        names = ["default_account_payable", "default_category_account_expense"]
        found = self.session.find("account.configuration", [], names, size=1)
        journals = self.session.find("account.journal", [["type", "=", "expense"]], ["code"], size=1)
        if not found or not journals or not all(found[0][name] for name in names):
            raise refuse(
                "Tryton's accounting has no default payable and expense accounts or no expense journal.", "supplier"
            )
        return {"payable": found[0][names[0]], "expense": found[0][names[1]], "journal": journals[0]["id"]}

    def _one(self, model: str, field: str, value: str, words: str, place: str) -> int:
        rows = self.session.find(model, [[field, "=", value]], ["id"], size=1)
        if not rows:
            raise refuse(words, place)
        number: Any = rows[0]["id"]
        return int(number)
