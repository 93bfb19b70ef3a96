"""The documents this house speaks, whatever format or partner they came from or go to.

Every document is a frozen dataclass of plain values: amounts and quantities are `Decimal`, days are `date`, moments are
`datetime` in UTC. Quantities always stand beside the unit they are counted in (our own unit code), items always beside
every identity that is known for them. `to_json` and `from_json` are exact inverses; `VERSION` names their layout.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

VERSION: Final = "1.0"

OrderPurpose = Literal["original", "change", "cancel"]
AnswerStatus = Literal["accepted", "changed", "rejected"]
AnswerAction = Literal[
    "accepted", "backordered", "price_changed", "quantity_changed", "date_changed", "substituted", "rejected"
]
InvoiceKind = Literal["invoice", "credit"]
SetStatus = Literal["accepted", "accepted_with_errors", "rejected"]
GroupStatus = Literal["accepted", "accepted_with_errors", "partially", "rejected"]


class CanonicalError(ValueError):
    """The JSON is not such a document. `path` says where ("lines.2.quantity")."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'document'}: {message}")
        self.path = path


@dataclass(frozen=True, kw_only=True)
class Party:
    """An organisation or place. `identifiers` maps a code list ("GLN", "DUNS", "HIN", "buyer", "supplier") to the id in it."""

    name: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ItemIdentity:
    """All names one item goes by; an empty string means not known. `gtin` belongs to the pack level of the line's unit."""

    buyer_item: str = ""
    supplier_part: str = ""
    manufacturer_part: str = ""
    gtin: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderLine:
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


@dataclass(frozen=True, kw_only=True)
class Order:
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


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """What the supplier says about (a part of) one order line; several may stand for the same line.

    `line_number` is None where the supplier did not repeat it: find the line by `identity`. `quantity` is the quantity this
    answer is about; `unit_price` is what the supplier will bill per `unit`, None when not said.
    """

    line_number: int | None
    identity: ItemIdentity
    action: AnswerAction
    quantity: Decimal
    unit: str
    unit_price: Decimal | None = None
    promised_date: date | None = None
    substitute: ItemIdentity | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderAnswer:
    """The supplier's answer to an order (`answers` order) or to a change or cancellation of it (`answers` change)."""

    order_number: str
    status: AnswerStatus
    lines: tuple[AnswerLine, ...]
    answers: Literal["order", "change"] = "order"
    supplier_order_number: str = ""
    answered_on: date | None = None
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class ShipLine:
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


@dataclass(frozen=True, kw_only=True)
class ShipNotice:
    """What is on its way. `orders` are the order numbers it names, in the order of the notice."""

    shipment_number: str
    shipped_at: datetime
    lines: tuple[ShipLine, ...]
    orders: tuple[str, ...] = ()
    expected_date: date | None = None
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One billed item; `quantity` and `unit_price` per `unit`, both as billed."""

    line_number: int | None
    identity: ItemIdentity
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A freight, handling or other charge; an allowance has a negative `amount`."""

    code: str
    description: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceDoc:
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


@dataclass(frozen=True, kw_only=True)
class SegmentError:
    """What is wrong in one segment (`element` 0) or in one of its elements; `code` is the X12 syntax error code."""

    segment: str
    position: int
    code: str
    element: int = 0
    element_reference: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class SetAnswer:
    """The verdict on one transaction set. `codes` are X12 set-level error codes."""

    transaction: str
    control: str
    status: SetStatus
    codes: tuple[str, ...] = ()
    errors: tuple[SegmentError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """The receiving system's verdict on a functional group: it could be read, which says nothing about the business."""

    functional_id: str
    group_control: str
    status: GroupStatus
    sets: tuple[SetAnswer, ...] = ()
    included: int = 0
    received: int = 0
    accepted: int = 0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """A received quantity of one order line and lot, in `unit`."""

    line_number: int
    quantity: Decimal
    unit: str
    lot: str = ""
    expiry: date | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Goods received against an order. A reversal carries negative quantities and names the receipt it undoes."""

    number: str
    order_number: str
    received_at: datetime
    lines: tuple[ReceiptLine, ...]
    reverses: str = ""


@dataclass(frozen=True, kw_only=True)
class VoucherLine:
    """One cleared invoice line. `line_number` is the order line's, None for what no order line stands for."""

    line_number: int | None
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True)
class Voucher:
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


@dataclass(frozen=True, kw_only=True)
class PaymentStatus:
    """Where the ERP stands with paying one voucher. `voucher` is our invoice number."""

    voucher: str
    status: Literal["scheduled", "paid", "stopped"]
    currency: str
    amount: Decimal
    paid_on: date | None = None


Document = Order | OrderAnswer | ShipNotice | InvoiceDoc | Acknowledgement | Receipt | Voucher | PaymentStatus

KINDS: Final[Mapping[str, type[Document]]] = types.MappingProxyType(
    {
        "order": Order,
        "order_answer": OrderAnswer,
        "ship_notice": ShipNotice,
        "invoice": InvoiceDoc,
        "acknowledgement": Acknowledgement,
        "receipt": Receipt,
        "voucher": Voucher,
        "payment_status": PaymentStatus,
    }
)
_NAMES: Final = {cls: kind for kind, cls in KINDS.items()}


def kind_of(doc: Document) -> str:
    """The document's kind, as `from_json` wants it ("order", "ship_notice", …)."""
    return _NAMES[type(doc)]


def to_json(doc: Document) -> dict[str, Any]:
    """The document as JSON values: Decimals as strings, days and moments in ISO 8601, with its kind (as `document`) and `version`."""
    return {"document": kind_of(doc), "version": VERSION, **_plain_fields(doc)}


def from_json(kind: str, data: Mapping[str, Any]) -> Document:
    """The document that `to_json` wrote. Raises `CanonicalError` for another kind, version or layout."""
    cls: Any = KINDS.get(kind)
    if cls is None:
        raise CanonicalError("", f"there is no document kind {kind!r}; known are {', '.join(KINDS)}.")
    if data.get("document") != kind:
        raise CanonicalError("document", f"expected {kind!r}, got {data.get('document')!r}.")
    if data.get("version") != VERSION:
        raise CanonicalError("version", f"this version reads {VERSION}, got {data.get('version')!r}.")
    body = {name: value for name, value in data.items() if name not in ("document", "version")}
    doc: Document = _reader(cls)(body, "")
    return doc


def _plain_fields(value: Any) -> dict[str, Any]:
    return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return _plain_fields(value)
    return value


_Reader = Callable[[Any, str], Any]


def _scalar(kind: type, name: str) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if type(value) is not kind:
            raise CanonicalError(path, f"expected {name}, got {value!r}.")
        return value

    return read


def _read_decimal(value: Any, path: str) -> Decimal:
    if not isinstance(value, str) or not value.isascii():
        raise CanonicalError(path, f"expected a decimal number as text, got {value!r}.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise CanonicalError(path, f"{value!r} is not a decimal number.") from None
    if not number.is_finite():
        raise CanonicalError(path, f"{value!r} is not a finite number.")
    return number


def _read_day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CanonicalError(path, f"expected a day like 2026-01-31, got {value!r}.") from None


def _read_moment(value: Any, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise CanonicalError(path, f"expected a moment like 2026-01-31T12:00:00+00:00, got {value!r}.") from None
    if moment.tzinfo is None:
        raise CanonicalError(path, f"{value!r} has no time zone.")
    return moment.astimezone(UTC)


def _read_names(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for kv in value.items() for v in kv):
        raise CanonicalError(path, "expected an object of texts.")
    return dict(value)


_SCALARS: Final[Mapping[Any, _Reader]] = {
    str: _scalar(str, "text"),
    int: _scalar(int, "a whole number"),
    bool: _scalar(bool, "true or false"),
    Decimal: _read_decimal,
    date: _read_day,
    datetime: _read_moment,
}


@cache
def _reader(hint: Any) -> _Reader:
    """The function that reads one value of the type `hint`; made once per type."""
    origin = get_origin(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is Literal:
        return _choice_reader(get_args(hint))
    if origin is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if origin in (types.UnionType, Union):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda value, path: None if value is None else inner(value, path)
    if is_dataclass(hint):
        return _object_reader(hint)
    return _read_names


def _choice_reader(choices: tuple[str, ...]) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if value not in choices:
            raise CanonicalError(path, f"expected one of {', '.join(choices)}, got {value!r}.")
        return value

    return read


def _list_reader(inner: _Reader) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            raise CanonicalError(path, "expected a list.")
        prefix = f"{path}." if path else ""
        return tuple(inner(item, f"{prefix}{index}") for index, item in enumerate(value))

    return read


def _object_reader(cls: Any) -> _Reader:
    hints = get_type_hints(cls)
    readers = {f.name: _reader(hints[f.name]) for f in fields(cls)}
    required = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}

    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise CanonicalError(path, "expected an object.")
        prefix = f"{path}." if path else ""
        if missing := sorted(required - value.keys()):
            raise CanonicalError(f"{prefix}{missing[0]}", "is missing.")
        if unknown := sorted(value.keys() - readers.keys()):
            raise CanonicalError(f"{prefix}{unknown[0]}", "is not a field of this document.")
        return cls(**{name: readers[name](item, f"{prefix}{name}") for name, item in value.items()})

    return read
