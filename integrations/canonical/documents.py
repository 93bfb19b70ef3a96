"""The documents this house speaks, whatever format or partner they came from or go to.

Every document is a frozen record of plain values: amounts and quantities are `Decimal`, days are `date`, moments are
`datetime` in UTC. Quantities always stand beside the unit they are counted in, and `unit_codes` names the code list of the units of
the whole document: "portal" for our own codes, "X12-355" or "UNECE-20" where nobody translated them. Items stand beside every
identity that is known for them: the numbers of the document's buyer and supplier, and those of public code lists.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct, field

VERSION: Final = "1.0"

OrderPurpose = Literal["original", "change", "cancel"]
AnswerStatus = Literal["accepted", "changed", "rejected"]
AnswerAction = Literal[
    "accepted", "backordered", "price_changed", "quantity_changed", "date_changed", "substituted", "rejected"
]
InvoiceKind = Literal["invoice", "credit"]
SetStatus = Literal["accepted", "accepted_with_errors", "rejected"]
GroupStatus = Literal["accepted", "accepted_with_errors", "partially", "rejected"]
UnitCodes = Literal["portal", "X12-355", "UNECE-20"]
CatalogAction = Literal["add", "change", "delete"]
StockState = Literal["on_hand", "available", "on_order", "on_hold"]
MovementKind = Literal["receipt", "issue", "transfer_in", "transfer_out", "count", "return", "waste"]
ItemStatus = Literal["active", "on_hold", "discontinued"]
SupplierStatus = Literal["active", "on_hold", "inactive"]
PaymentMethod = Literal["", "ach", "check", "wire", "none"]


class Party(Struct, frozen=True, kw_only=True, gc=False):
    """An organisation or place. `identifiers` maps a code list ("GLN", "DUNS", "HIN", "buyer", "supplier") to the id in it."""

    name: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)


NOBODY: Final = Party()
"""Where a document does not say who."""


class ItemIdentity(Struct, frozen=True, kw_only=True, gc=False):
    """All names one item goes by; an empty string means not known. `gtin` belongs to the pack level of the line's unit.

    `buyer_item` is numbered by the buyer of the document, `supplier_part` by its supplier, `manufacturer_part` by the manufacturer.
    `others` maps a further code list ("NDC", "HIBC", "UPN", or the qualifier a partner used) to the id in it.
    """

    buyer_item: str = ""
    supplier_part: str = ""
    manufacturer_part: str = ""
    gtin: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


class OrderLine(Struct, frozen=True, kw_only=True, gc=False):
    """One ordered item. `quantity` and `unit_price` are per `unit`, the unit the supplier is asked to ship in."""

    line_number: int
    identity: ItemIdentity
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    requested_date: date | None = None
    contract_number: str = ""
    cost_center: str = ""


class Order(Struct, frozen=True, kw_only=True, gc=False):
    """A purchase order, or its whole new state (`purpose` change), or its cancellation. Lines of quantity 0 are cancelled."""

    number: str
    issued_at: datetime
    currency: str
    supplier: Party
    buyer: Party
    ship_to: Party
    lines: tuple[OrderLine, ...]
    purpose: OrderPurpose = "original"
    revision: int = 0
    requested_date: date | None = None
    urgent: bool = False
    notes: tuple[str, ...] = ()
    unit_codes: UnitCodes = "portal"


class AnswerLine(Struct, frozen=True, kw_only=True, gc=False):
    """What the supplier says about (a part of) one order line; several may stand for the same line.

    `line_number` is None where the supplier did not repeat it: find the line by `identity`. `quantity` is the quantity this
    answer is about, None for all that was ordered; `unit_price` is what the supplier will bill per `unit`, None when not said.
    """

    line_number: int | None
    identity: ItemIdentity
    action: AnswerAction
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None = None
    promised_date: date | None = None
    substitute: ItemIdentity | None = None
    message: str = ""


class OrderAnswer(Struct, frozen=True, kw_only=True, gc=False):
    """The supplier's answer to an order (`answers` order) or to a change or cancellation of it (`answers` change)."""

    order_number: str
    status: AnswerStatus
    lines: tuple[AnswerLine, ...]
    answers: Literal["order", "change"] = "order"
    supplier_order_number: str = ""
    answered_on: date | None = None
    currency: str = ""
    supplier: Party = NOBODY
    buyer: Party = NOBODY
    unit_codes: UnitCodes = "portal"


class ShipLine(Struct, frozen=True, kw_only=True, gc=False):
    """A shipped quantity of one item, lot and logistic unit. `sscc` is the innermost container that was named."""

    order_number: str
    line_number: int | None
    identity: ItemIdentity
    quantity: Decimal
    unit: str
    lot: str = ""
    expiry: date | None = None
    serial: str = ""
    sscc: str = ""


class ShipNotice(Struct, frozen=True, kw_only=True, gc=False):
    """What is on its way. `orders` are the order numbers it names, in the order of the notice."""

    shipment_number: str
    shipped_at: datetime
    lines: tuple[ShipLine, ...]
    orders: tuple[str, ...] = ()
    expected_date: date | None = None
    carrier: str = ""
    tracking: str = ""
    supplier: Party = NOBODY
    buyer: Party = NOBODY
    ship_to: Party = NOBODY
    unit_codes: UnitCodes = "portal"


class InvoiceLine(Struct, frozen=True, kw_only=True, gc=False):
    """One billed item; `quantity` and `unit_price` per `unit`, both as billed."""

    line_number: int | None
    identity: ItemIdentity
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal


class Charge(Struct, frozen=True, kw_only=True, gc=False):
    """A freight, handling or other charge; an allowance has a negative `amount`."""

    code: str
    description: str
    amount: Decimal


class InvoiceDoc(Struct, frozen=True, kw_only=True, gc=False):
    """A supplier's bill or credit memo. Amounts of a credit are positive: the sign lies in `kind`.

    `reference` is the invoice that a credit corrects. `total` is what the supplier wrote, never what we added up.
    """

    number: str
    invoice_date: date
    order_number: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    total: Decimal
    kind: InvoiceKind = "invoice"
    charges: tuple[Charge, ...] = ()
    tax: Decimal = Decimal(0)
    due_date: date | None = None
    terms: str = ""
    reference: str = ""
    supplier: Party = NOBODY
    buyer: Party = NOBODY
    unit_codes: UnitCodes = "portal"


class SegmentError(Struct, frozen=True, kw_only=True, gc=False):
    """What is wrong in one segment (`element` 0) or in one of its elements; `code` is the X12 syntax error code."""

    segment: str
    position: int
    code: str
    element: int = 0
    element_reference: str = ""
    value: str = ""


class SetAnswer(Struct, frozen=True, kw_only=True, gc=False):
    """The verdict on one transaction set. `codes` are X12 set-level error codes."""

    transaction: str
    control: str
    status: SetStatus
    codes: tuple[str, ...] = ()
    errors: tuple[SegmentError, ...] = ()


class Acknowledgement(Struct, frozen=True, kw_only=True, gc=False):
    """The receiving system's verdict on a functional group: it could be read, which says nothing about the business."""

    functional_id: str
    group_control: str
    status: GroupStatus
    sets: tuple[SetAnswer, ...] = ()
    included: int = 0
    received: int = 0
    accepted: int = 0
    codes: tuple[str, ...] = ()


class ReceiptLine(Struct, frozen=True, kw_only=True, gc=False):
    """A received quantity of one order line and lot, in `unit`."""

    line_number: int
    quantity: Decimal
    unit: str
    lot: str = ""
    expiry: date | None = None


class Receipt(Struct, frozen=True, kw_only=True, gc=False):
    """Goods received against an order. A reversal carries negative quantities and names the receipt it undoes."""

    number: str
    order_number: str
    received_at: datetime
    lines: tuple[ReceiptLine, ...]
    reverses: str = ""


class VoucherLine(Struct, frozen=True, kw_only=True, gc=False):
    """One cleared invoice line. `line_number` is the order line's, None for what no order line stands for."""

    line_number: int | None
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal


class Voucher(Struct, frozen=True, kw_only=True, gc=False):
    """A cleared invoice, ready to be paid by the ERP. `number` is our invoice number."""

    number: str
    supplier_invoice_number: str
    supplier: Party
    order_number: str
    currency: str
    total: Decimal
    lines: tuple[VoucherLine, ...]
    kind: InvoiceKind = "invoice"
    charges: tuple[Charge, ...] = ()
    tax: Decimal = Decimal(0)
    invoice_date: date | None = None
    due_date: date | None = None


class CatalogLine(Struct, frozen=True, kw_only=True, gc=False):
    """One offer: `unit_price` per `unit`, which holds `contents` of `content_unit` (None and empty where not said)."""

    identity: ItemIdentity
    description: str
    unit: str
    unit_price: Decimal
    action: CatalogAction = "add"
    contents: Decimal | None = None
    content_unit: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


class PriceCatalog(Struct, frozen=True, kw_only=True, gc=False):
    """A supplier's prices. `full` replaces everything under `contract_number`; else only the lines' `action` counts."""

    number: str
    lines: tuple[CatalogLine, ...]
    supplier: Party = NOBODY
    buyer: Party = NOBODY
    currency: str = ""
    contract_number: str = ""
    full: bool = True
    effective_from: date | None = None
    effective_to: date | None = None
    unit_codes: UnitCodes = "portal"


class StockLine(Struct, frozen=True, kw_only=True, gc=False):
    """How much of one item (and lot) is in one state. `location` is the holder's code for the place, empty for the whole report."""

    identity: ItemIdentity
    quantity: Decimal
    unit: str
    state: StockState = "on_hand"
    description: str = ""
    lot: str = ""
    expiry: date | None = None
    location: str = ""


class InventorySnapshot(Struct, frozen=True, kw_only=True, gc=False):
    """What somebody holds at one moment."""

    number: str
    taken_at: datetime
    lines: tuple[StockLine, ...]
    holder: Party = NOBODY
    buyer: Party = NOBODY
    unit_codes: UnitCodes = "portal"


class MovementLine(Struct, frozen=True, kw_only=True, gc=False):
    """A change of stock: `quantity` is added at `location` (negative: taken away)."""

    identity: ItemIdentity
    quantity: Decimal
    unit: str
    kind: MovementKind
    location: str
    lot: str = ""
    expiry: date | None = None
    serial: str = ""
    reference: str = ""


class InventoryMovement(Struct, frozen=True, kw_only=True, gc=False):
    """Stock that moved, as one posting of the ledger."""

    number: str
    moved_at: datetime
    lines: tuple[MovementLine, ...]
    holder: Party = NOBODY
    unit_codes: UnitCodes = "portal"


class RemittanceLine(Struct, frozen=True, kw_only=True, gc=False):
    """What was paid of one invoice or credit memo. `paid` is negative for a credit that was set off."""

    invoice: str
    paid: Decimal
    amount: Decimal | None = None
    discount: Decimal | None = None
    kind: InvoiceKind = "invoice"
    order_number: str = ""
    invoice_date: date | None = None


class RemittanceAdvice(Struct, frozen=True, kw_only=True, gc=False):
    """A payment and the bills it pays."""

    number: str
    paid_on: date
    total: Decimal
    lines: tuple[RemittanceLine, ...]
    currency: str = ""
    method: PaymentMethod = ""
    payer: Party = NOBODY
    payee: Party = NOBODY


class Packaging(Struct, frozen=True, kw_only=True, gc=False):
    """A pack of an item: `unit` holds `quantity` base units."""

    unit: str
    quantity: Decimal
    gtin: str = ""


class ItemDoc(Struct, frozen=True, kw_only=True, gc=False):
    """An item of the item master. `identity` holds the supplier's number of it where `supplier` says whose, and the GTIN of its base unit."""

    number: str
    name: str
    base_unit: str
    identity: ItemIdentity = field(default_factory=ItemIdentity)
    supplier: Party = NOBODY
    packagings: tuple[Packaging, ...] = ()
    manufacturer: str = ""
    category: str = ""
    unspsc: str = ""
    lot_tracked: bool = False
    status: ItemStatus = "active"
    unit_codes: UnitCodes = "portal"


class SupplierDoc(Struct, frozen=True, kw_only=True, gc=False):
    """A supplier of the supplier master. `payment_terms` are days; `minimum_order` is an amount in `currency`."""

    code: str
    party: Party
    email: str = ""
    currency: str = ""
    payment_terms: int | None = None
    minimum_order: Decimal | None = None
    status: SupplierStatus = "active"


class LocationDoc(Struct, frozen=True, kw_only=True, gc=False):
    """A place that stock can be at. `parent` is the code of the facility or store it belongs to."""

    code: str
    party: Party
    kind: str = ""
    parent: str = ""
    active: bool = True


Document = (
    Order
    | OrderAnswer
    | ShipNotice
    | InvoiceDoc
    | Acknowledgement
    | Receipt
    | Voucher
    | PriceCatalog
    | InventorySnapshot
    | InventoryMovement
    | RemittanceAdvice
    | ItemDoc
    | SupplierDoc
    | LocationDoc
)


KINDS: Final[Mapping[str, type[Document]]] = types.MappingProxyType(
    {
        "order": Order,
        "order_answer": OrderAnswer,
        "ship_notice": ShipNotice,
        "invoice": InvoiceDoc,
        "acknowledgement": Acknowledgement,
        "receipt": Receipt,
        "voucher": Voucher,
        "price_catalog": PriceCatalog,
        "inventory_snapshot": InventorySnapshot,
        "inventory_movement": InventoryMovement,
        "remittance": RemittanceAdvice,
        "item": ItemDoc,
        "supplier": SupplierDoc,
        "location": LocationDoc,
    }
)
"""Document kind → its class."""
