"""Canonical documents for tests of adapters, and the messages that carry them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from integrations.canonical import (
    Charge,
    ItemIdentity,
    Order,
    OrderLine,
    Party,
    Receipt,
    ReceiptLine,
    Voucher,
    VoucherLine,
    revised,
)
from integrations.erp.base import (
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    PURCHASE_ORDER_CREATE,
    RECEIPT_POST,
    VOUCHER_POST,
    Outgoing,
)

D = Decimal
_SEQUENCE = itertools.count(1)
NOW = datetime.now(UTC).replace(microsecond=0)
LINES = ((1, "GLOVE", "40", "BX", "8.42"), (3, "SUTURE", "10", "BX", "54.00"))


@dataclass
class Story:
    """One order with everything that is said about it. Every message keeps its sequence, as the outbox does."""

    supplier: str = "ACME"
    lines: Sequence[tuple[int, str, str, str, str]] = LINES
    number: str = field(default_factory=lambda: f"PO-{uuid.uuid4().hex[:10].upper()}")
    erp_number: str = ""
    sequences: dict[str, int] = field(default_factory=dict)

    def message(self, topic: str, reference: str) -> Outgoing:
        sequence = self.sequences.setdefault(f"{topic} {reference}", next(_SEQUENCE))
        return Outgoing(
            topic=topic, reference=reference, order_number=self.number, erp_order_number=self.erp_number,
            sequence=sequence,
        )  # fmt: skip

    def ordering(self) -> tuple[Outgoing, Order]:
        party = Party(name=self.supplier.title(), identifiers={"buyer": self.supplier})
        place = Party(name="North", identifiers={"buyer": "NORTH"})
        lines = tuple(
            OrderLine(
                line_number=n, identity=ItemIdentity(buyer_item=item), description=f"Item {item}", quantity=D(quantity),
                unit=unit, unit_price=D(price), cost_center="NORTH-OR",
            )
            for n, item, quantity, unit, price in self.lines
        )  # fmt: skip
        order = Order(
            number=self.number, issued_at=NOW, currency="USD", supplier=party, buyer=place, ship_to=place, lines=lines
        )
        return self.message(PURCHASE_ORDER_CREATE, self.number), order

    def cancelling(self) -> tuple[Outgoing, Order]:
        return self.message(PURCHASE_ORDER_CANCEL, f"{self.number}:cancel"), self.ordering()[1]

    def changing(self, revision: int, *rows: tuple[int, str, str, str, str]) -> tuple[Outgoing, Order]:
        """Rows are the order's lines as they are now."""
        order = Story(supplier=self.supplier, lines=rows, number=self.number).ordering()[1]
        changed = revised(order, purpose="change", revision=revision)
        return self.message(PURCHASE_ORDER_CHANGE, f"{self.number}:r{revision}"), changed

    def receiving(self, suffix: str, *rows: tuple[int, str, str], reverses: str = "") -> tuple[Outgoing, Receipt]:
        """Rows are line, quantity, lot."""
        units = {n: unit for n, _, _, unit, _ in self.lines}
        number = f"GR-{self.number}-{suffix}"
        lines = tuple(
            ReceiptLine(line_number=n, quantity=D(quantity), unit=units[n], lot=lot) for n, quantity, lot in rows
        )
        receipt = Receipt(number=number, order_number=self.number, received_at=NOW, lines=lines, reverses=reverses)
        return self.message(RECEIPT_POST, number), receipt

    def billing(
        self, suffix: str, *rows: tuple[int, str, str], total: str = "", tax: str = "0", freight: str = "",
        supplier_invoice: str = "", kind: Literal["invoice", "credit"] = "invoice",
    ) -> tuple[Outgoing, Voucher]:  # fmt: skip
        """Rows are line, quantity, price."""
        units = {n: unit for n, _, _, unit, _ in self.lines}
        number = f"IN-{self.number}-{suffix}"
        billed = sum((D(q) * D(p) for _, q, p in rows), D(0)) + D(tax) + D(freight or 0)
        voucher = Voucher(
            number=number, supplier_invoice_number=supplier_invoice or f"B-{self.number}-{suffix}",
            supplier=Party(name=self.supplier, identifiers={"buyer": self.supplier}), order_number=self.number,
            currency="USD", kind=kind, total=D(total) if total else billed, tax=D(tax), invoice_date=NOW.date(),
            charges=(Charge(code="FRT", description="Freight", amount=D(freight)),) if freight else (),
            lines=tuple(
                VoucherLine(line_number=n, description="", quantity=D(q), unit=units[n], unit_price=D(p)) for n, q, p in rows
            ),
        )  # fmt: skip
        return self.message(VOUCHER_POST, number), voucher
