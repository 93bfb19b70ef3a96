"""From UBL documents to canonical ones: a declared structure first, then the values."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

from integrations.canonical import (
    AnswerAction,
    AnswerLine,
    AnswerStatus,
    Charge,
    Document,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    Order,
    OrderAnswer,
    OrderLine,
    OrderPurpose,
    Party,
    ShipLine,
    ShipNotice,
    revised,
)
from integrations.canonical.units import UNECE_UNITS
from integrations.ubl.peppol import customization_fault
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import Node, XmlError, parse_tree
from integrations.x12.documents.invoice import turned
from integrations.x12.findings import Finding, Severity
from integrations.x12.profile import Profile

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
SCHEMES: Final[Mapping[str, str]] = {"0088": "GLN", "GLN": "GLN", "0060": "DUNS", "DUNS": "DUNS"}
"""schemeID of a party ↔ the name of the code list in `Party.identifiers`; others keep their own."""
RUSH: Final = "224"
CHANGE: Final = "230"
DELETED: Final = "2"
"""LineStatusCode of a line that a change takes off."""
RECEIVED: Final = "AB"
"""OrderResponseCode of a message that only acknowledges the receipt of an order."""
RECEIVED_ONLY: Final = "received-only"
"""Finding of such a message; its value is the number of the order."""
CANCELLED: Final = "This order is cancelled."
"""What a cancellation says where its sender gave no reason: UBL asks for a note."""
_STATUSES: Final[dict[str, AnswerStatus]] = {
    "AP": "accepted",
    "CA": "changed",
    "RE": "rejected",
    "29": "accepted",
    "27": "rejected",
}
_INDICATORS: Final[dict[str, AnswerStatus]] = {
    "true": "accepted",
    "1": "accepted",
    "false": "rejected",
    "0": "rejected",
}
_PURPOSES: Final[dict[str, OrderPurpose]] = {
    "Order": "original",
    "OrderChange": "change",
    "OrderCancellation": "cancel",
}
_LINE_ACTIONS: Final[dict[str, AnswerAction]] = {
    "1": "accepted",
    "5": "accepted",
    "42": "accepted",
    "3": "price_changed",
    "7": "rejected",
    "": "accepted",
}
_WHOLE: Final = ("5", "7", "42")
"""LineStatusCode of an answer about all that was ordered of a line, where it says no quantity."""
_ACTIONS: Final = frozenset(
    {"accepted", "backordered", "price_changed", "quantity_changed", "date_changed", "substituted", "rejected"}
)
# What a document must have for us, beside what its schema asks for: path below the root → what it says.
_NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "Order": {"ID": "the order number", "IssueDate": "the day of the order", "OrderLine": "a line"},
    "OrderChange": {"OrderReference/ID": "the order that is changed", "OrderLine": "a line"},
    "OrderCancellation": {"OrderReference/ID": "the order that is cancelled"},
    "OrderResponseSimple": {"OrderReference/ID": "the order that is answered", "AcceptedIndicator": "the answer"},
    "OrderResponse": {"OrderReference/ID": "the order that is answered", "OrderResponseCode": "the answer"},
    "DespatchAdvice": {"ID": "the shipment number", "IssueDate": "the day of the shipment", "DespatchLine": "a line"},
    "Invoice": {
        "ID": "the invoice number",
        "IssueDate": "the day of the invoice",
        "LegalMonetaryTotal/PayableAmount": "the total",
        "InvoiceLine": "a line",
    },
    "CreditNote": {
        "ID": "the number of the credit note",
        "IssueDate": "the day of the credit note",
        "LegalMonetaryTotal/PayableAmount": "the total",
        "CreditNoteLine": "a line",
    },
}
_NUMBER: Final = re.compile(r"[-+]?(?=\.?[0-9])[0-9]{0,30}\.?[0-9]{0,30}", re.ASCII)
_CENT: Final = Decimal("0.01")
_BILLED: Final = "BillingReference/InvoiceDocumentReference/ID"


@dataclass(frozen=True)
class UblReading:
    """A UBL file: which document it is, the canonical document it says (None where it cannot be used), and what is wrong."""

    kind: str
    document: Document | None
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> bool:
        """Whether the document must not be used as it is."""
        return self.document is None or any(finding.severity == "error" for finding in self.findings)


def read(data: bytes, profile: Profile | None = None, schema_dir: str | None = None) -> UblReading:
    """The document of a UBL file. Raises `XmlError` for what is no XML or refused.

    `schema_dir` (else the environment's UBL_SCHEMA_DIR) is a folder with OASIS's schemas; with it the file is checked
    against them too.
    """
    parsed = parse_tree(data)
    root = parsed.nodes[0]
    if not root.namespace.startswith(UBL):
        raise XmlError(
            f"This XML is no UBL: its root is {root.name} of {root.namespace or 'no namespace'}.", root.offset
        )
    reader = _READERS.get(root.name)
    folder = schema_dir if schema_dir is not None else os.environ.get("UBL_SCHEMA_DIR", "")
    findings = list(schema_faults(parsed, Path(folder))) if folder else []
    if reader is None:
        words = f"A UBL {root.name} is not one we read; known are {', '.join(_READERS)}."
        return UblReading(root.name, None, (*findings, Finding("unknown-set", words, "error", root.name, root.line)))
    values = _Values((profile or Profile()).about(root.name))
    if values.profile.ubl_profile == "peppol" and (
        fault := customization_fault(root.name, root.value("CustomizationID"))
    ):
        values.note("customization", fault, root.first("CustomizationID") or root, "warning")
    for path, what in _NEEDED[root.name].items():
        found = root.first(path)
        if found is None or not (found.text.strip() or found.children):
            values.note("missing-segment", f"The {root.name} does not say {what} ({path}).", root)
    document = reader(root, values)
    return UblReading(root.name, document, (*findings, *dict.fromkeys(values.findings)))


class _Values:
    """Reads values as what they are and notes what they are not."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.units: Mapping[str, str] = {**UNECE_UNITS, **profile.units}
        self.findings: list[Finding] = []

    def note(self, code: str, message: str, node: Node, severity: Severity = "error") -> None:
        value = node.text.strip()[:200]
        self.findings.append(Finding(code, message, severity, node.name, node.line, 0, value, node.offset))

    def number(self, node: Node | None) -> Decimal | None:
        """A decimal number; None where there is none, or (with a finding) it is not one."""
        if node is None or not node.text.strip():
            return None
        value = node.text.strip()
        if _NUMBER.fullmatch(value) is None:
            self.note("bad-number", f"{node.name} ({value[:40]!r}) is not a number.", node)
            return None
        return Decimal(value)

    def day(self, node: Node | None) -> date | None:
        """A day; a time zone behind it does not change it."""
        if node is None or not node.text.strip():
            return None
        value = node.text.strip()
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            self.note("bad-date", f"{node.name} ({value[:40]!r}) is not a day (CCYY-MM-DD).", node, "warning")
            return None

    def moment(self, day: Node | None, clock: Node | None) -> datetime | None:
        """Day and time in UTC; a missing time is midnight, one without a zone is taken as UTC."""
        on = self.day(day)
        if on is None:
            return None
        value = clock.text.strip() if clock is not None else ""
        try:
            at = time.fromisoformat(value) if value else time(0)
        except ValueError:
            at = time(0)
            if clock is not None:
                self.note("bad-time", f"{clock.name} ({value[:40]!r}) is not a time of day.", clock, "warning")
        found = datetime.combine(on, at)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def quantity(self, node: Node | None, where: Node) -> tuple[Decimal, str] | None:
        """A quantity and our unit code; an error finding where there is none."""
        amount = self.number(node)
        if node is None or amount is None:
            self.note("missing-element", f"This {where.name} does not say a quantity.", where)
            return None
        code = node.attributes.get("unitCode", "")
        if not code:
            self.note("unit-missing", f"{node.name} has no unit: the order's unit is meant.", node, "warning")
        return amount, self.units.get(code, code)

    def price(self, node: Node | None) -> Decimal | None:
        """The price per unit: a price for several (BaseQuantity) is divided."""
        if node is None:
            return None
        amount, basis = self.number(node.first("PriceAmount")), self.number(node.first("BaseQuantity"))
        return amount / basis if amount is not None and basis else amount


def _party(node: Node | None) -> Party:
    """A party: its name, else its legal name; its identifications and its endpoint."""
    inner = node.first("Party") if node is not None and node.first("Party") else node
    if inner is None:
        return Party()
    known: dict[str, str] = {}
    for path in ("PartyIdentification/ID", "EndpointID"):
        for found in inner.all(path):
            if value := found.text.strip():
                scheme = found.attributes.get("schemeID", "ZZ")
                known.setdefault(SCHEMES.get(scheme, scheme), value)
    name = inner.value("PartyName/Name") or inner.value("PartyLegalEntity/RegistrationName")
    return Party(name=name, identifiers=known)


def _identity(item: Node | None) -> ItemIdentity:
    if item is None:
        return ItemIdentity()
    others = {
        found.attributes.get("schemeID", "ZZ"): found.text.strip()
        for found in item.all("AdditionalItemIdentification/ID")
        if found.text.strip()
    }
    return ItemIdentity(
        buyer_item=item.value("BuyersItemIdentification/ID"),
        supplier_part=item.value("SellersItemIdentification/ID"),
        manufacturer_part=item.value("ManufacturersItemIdentification/ID"),
        gtin=item.value("StandardItemIdentification/ID"),
        others=others,
    )


def _description(item: Node | None) -> str:
    return (item.value("Name") or item.value("Description")) if item is not None else ""


def _currency(root: Node) -> str:
    """The document's currency; where none is named that of its first amount, which always has one."""
    return root.value("DocumentCurrencyCode") or _first_currency(root)


def _first_currency(node: Node) -> str:
    own = node.attributes.get("currencyID", "")
    return own or next((found for child in node.children if (found := _first_currency(child))), "")


def _line_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _period_end(node: Node | None, values: _Values) -> date | None:
    return (values.day(node.first("EndDate")) or values.day(node.first("StartDate"))) if node is not None else None


def _order(root: Node, values: _Values) -> Order | None:
    """An Order, or what changes or cancels one: those name it in their OrderReference, with its own day."""
    purpose = _PURPOSES[root.name]
    named = root if purpose == "original" else root.first("OrderReference") or root
    issued = values.moment(named.first("IssueDate"), named.first("IssueTime"))
    issued = issued or values.moment(root.first("IssueDate"), root.first("IssueTime"))
    if issued is None or not named.value("ID"):
        if issued is None and named.value("ID"):
            values.note("no-date", "The order does not say its day.", root)
        return None
    contract = root.value("Contract/ID")
    lines = tuple(
        line for at, each in enumerate(root.all("OrderLine"), 1) if (line := _order_line(each, at, contract, values))
    )
    delivery = root.first("Delivery")
    notes = [note.text.strip() for name in ("Note", "CancellationNote") for note in root.all(name)]
    return Order(
        number=named.value("ID"),
        issued_at=issued,
        currency=_currency(root),
        supplier=_party(root.first("SellerSupplierParty")),
        buyer=_party(root.first("BuyerCustomerParty")),
        ship_to=_party(root.first("Delivery/DeliveryParty")),
        lines=lines,
        purpose=purpose,
        revision=_line_number(root.value("SequenceNumberID")) or 0,
        requested_date=_period_end(delivery.first("RequestedDeliveryPeriod") if delivery else None, values),
        urgent=named.value("OrderTypeCode") == RUSH,
        notes=tuple(note for note in notes if note and note != CANCELLED),
        unit_codes=values.profile.unit_codes,
    )


def _order_line(node: Node, place: int, contract: str, values: _Values) -> OrderLine | None:
    line = node.first("LineItem")
    if line is not None and line.value("LineStatusCode") == DELETED:
        code = line.first("Quantity")
        unit = code.attributes.get("unitCode", "") if code else ""
        counted: tuple[Decimal, str] | None = Decimal(0), values.units.get(unit, unit)
    else:
        counted = values.quantity(line.first("Quantity") if line else None, node)
    if line is None or counted is None:
        return None
    number, price = _line_number(line.value("ID")), values.price(line.first("Price"))
    own = (each.value("ID") for each in node.all("DocumentReference") if each.value("DocumentTypeCode") == "CT")
    return OrderLine(
        line_number=place if number is None else number,
        identity=_identity(line.first("Item")),
        description=_description(line.first("Item")),
        quantity=counted[0],
        unit=counted[1],
        unit_price=Decimal(0) if price is None else price,
        requested_date=_period_end(line.first("Delivery/RequestedDeliveryPeriod"), values),
        contract_number=next(own, "") or contract,
        cost_center=line.value("AccountingCost"),
    )


def _response(root: Node, values: _Values) -> OrderAnswer | None:
    code, number = root.value("OrderResponseCode"), root.value("OrderReference/ID")
    status = _STATUSES.get(code)
    if code == RECEIVED:
        words = f"OrderResponseCode AB says that the order {number} was received, and nothing about it."
        values.note(RECEIVED_ONLY, words, root.first("OrderReference/ID") or root, "info")
    elif status is None and code:
        values.note("verdict", f"OrderResponseCode {code[:20]!r} is not an answer we know.", root)
    if status is None or not number:
        return None
    promised = _period_end(root.first("Delivery/PromisedDeliveryPeriod"), values)
    lines = tuple(line for each in root.all("OrderLine") for line in _answer_lines(each, status, promised, values))
    if status == "accepted" and any(line.action != "accepted" for line in lines):
        status = "changed"
    return OrderAnswer(
        order_number=number,
        status=status,
        lines=lines,
        answers="change" if root.value("OrderReference/OrderTypeCode") == CHANGE else "order",
        supplier_order_number=root.value("SalesOrderID") or root.value("OrderReference/SalesOrderID"),
        answered_on=values.day(root.first("IssueDate")),
        currency=_currency(root),
        supplier=_party(root.first("SellerSupplierParty")),
        buyer=_party(root.first("BuyerCustomerParty")),
        unit_codes=values.profile.unit_codes,
    )


def _simple_response(root: Node, values: _Values) -> OrderAnswer | None:
    """Yes or no to the order as a whole."""
    told, number = root.value("AcceptedIndicator"), root.value("OrderReference/ID")
    if told not in _INDICATORS or not number:
        if told:
            values.note("verdict", f"AcceptedIndicator {told[:20]!r} is neither true nor false.", root)
        return None
    return OrderAnswer(
        order_number=number,
        status=_INDICATORS[told],
        lines=(),
        supplier_order_number=root.value("OrderReference/SalesOrderID"),
        answered_on=values.day(root.first("IssueDate")),
        supplier=_party(root.first("SellerSupplierParty")),
        buyer=_party(root.first("BuyerCustomerParty")),
        unit_codes=values.profile.unit_codes,
    )


def _answer_lines(node: Node, status: AnswerStatus, promised: date | None, values: _Values) -> Iterator[AnswerLine]:
    """What is said about a line; what is only delivered later (MaximumBackorderQuantity) is an answer of its own."""
    line = node.first("LineItem")
    later = (values.number(line.first("MaximumBackorderQuantity")) if line else None) or Decimal(0)
    counted: tuple[Decimal | None, str] | None = None, ""
    # who only says yes or no to a line need not repeat how much was ordered
    if line is None or line.first("Quantity") or later > 0 or line.value("LineStatusCode") not in _WHOLE:
        counted = values.quantity(line.first("Quantity") if line else None, node)
    if line is None or counted is None:
        return
    substitute = node.first("SellerSubstitutedLineItem/Item")
    answer = AnswerLine(
        # LineItem/ID counts the lines of the answer where it names those of the order
        line_number=_line_number(node.value("OrderLineReference/LineID") or line.value("ID")),
        identity=_identity(line.first("Item")),
        action=_action(line.first("LineStatusCode"), status, substitute is not None, values),
        quantity=counted[0],
        unit=counted[1],
        unit_price=values.price(line.first("Price")),
        promised_date=_period_end(line.first("Delivery/PromisedDeliveryPeriod"), values) or promised,
        substitute=_identity(substitute) if substitute is not None else None,
        message=" ".join(note.text.strip() for note in line.all("Note") if note.text.strip()),
    )
    if answer.quantity or later <= 0:
        yield answer
    if later > 0:
        yield revised(answer, action="backordered", quantity=later, promised_date=None)


def _action(code: Node | None, status: AnswerStatus, substituted: bool, values: _Values) -> AnswerAction:
    """The line's status; its `name` says more precisely what changes, where the sender is as precise."""
    if code is None:
        return "rejected" if status == "rejected" else "substituted" if substituted else "accepted"
    named: Any = code.attributes.get("name", "")
    if named in _ACTIONS:
        action: AnswerAction = named
        return action
    found = _LINE_ACTIONS.get(code.text.strip())
    if found is None:
        values.note("item-status", f"LineStatusCode {code.text.strip()[:20]!r} is not a status we know.", code)
        return "rejected"
    if found == "price_changed" and not substituted:
        words = "LineStatusCode 3 says that something changes, not what; the price is taken to be meant."
        values.note("item-status", words, code, "warning")
    return "substituted" if substituted and found != "rejected" else found


def _despatch(root: Node, values: _Values) -> ShipNotice | None:
    delivery = root.first("Shipment/Delivery")
    left = root.first("Shipment/Delivery/Despatch")
    shipped = values.moment(left.first("ActualDespatchDate"), left.first("ActualDespatchTime")) if left else None
    shipped = shipped or values.moment(root.first("IssueDate"), root.first("IssueTime"))
    if shipped is None or not root.value("ID"):
        if root.value("ID"):
            values.note("no-date", "The despatch advice does not say its day.", root)
        return None
    orders = [each.text.strip() for each in root.all("OrderReference/ID") if each.text.strip()]
    lines = tuple(line for each in root.all("DespatchLine") if (line := _ship_line(each, orders, values)))
    return ShipNotice(
        shipment_number=root.value("ID"),
        shipped_at=shipped,
        lines=lines,
        orders=tuple(dict.fromkeys([*(line.order_number for line in lines if line.order_number), *orders])),
        expected_date=_period_end(delivery.first("EstimatedDeliveryPeriod") if delivery else None, values),
        carrier=_party(delivery.first("CarrierParty")).name if delivery else "",
        tracking=delivery.value("TrackingID") if delivery else "",
        supplier=_party(root.first("DespatchSupplierParty")),
        buyer=_party(root.first("BuyerCustomerParty")),
        ship_to=_party(root.first("DeliveryCustomerParty")),
        unit_codes=values.profile.unit_codes,
    )


def _ship_line(node: Node, orders: list[str], values: _Values) -> ShipLine | None:
    counted = values.quantity(node.first("DeliveredQuantity"), node)
    if counted is None:
        return None
    order = node.value("OrderLineReference/OrderReference/ID") or (orders[0] if len(orders) == 1 else "")
    if not order:
        values.note("order-missing", "This DespatchLine does not say which order it belongs to.", node)
    instances = list(node.all("Item/ItemInstance"))
    instance = instances[0] if instances else None
    if len({each.value("LotIdentification/LotNumberID") for each in instances}) > 1:
        words = "Several lots stand under one DeliveredQuantity; only the first was taken."
        values.note("several-lots", words, instances[1], "warning")
    identity = _identity(node.first("Item"))
    if instance and (traced := instance.value("ProductTraceID")):
        kind = instance.first("ProductTraceID")
        scheme = (kind.attributes.get("schemeID") if kind else "") or "ZZ"
        identity = revised(identity, others={scheme: traced, **identity.others})
    return ShipLine(
        order_number=order,
        line_number=_line_number(node.value("OrderLineReference/LineID")),
        identity=identity,
        quantity=counted[0],
        unit=counted[1],
        lot=instance.value("LotIdentification/LotNumberID") if instance else "",
        expiry=values.day(instance.first("LotIdentification/ExpiryDate")) if instance else None,
        serial=instance.value("SerialID") if instance else "",
        sscc=node.value("Shipment/TransportHandlingUnit/ID"),
    )


def _billed(root: Node, values: _Values) -> Decimal | None:
    """The whole bill: what is still payable, and what was paid before; without what rounding made of it."""
    payable, *others = (
        values.number(root.first(f"LegalMonetaryTotal/{name}"))
        for name in ("PayableAmount", "PrepaidAmount", "PayableRoundingAmount")
    )
    if payable is None:
        return None
    prepaid, rounding = (each or Decimal(0) for each in others)
    return payable + prepaid - rounding


def _invoice(root: Node, values: _Values) -> InvoiceDoc | None:
    credit = root.name == "CreditNote"
    number, issued = root.value("ID"), values.day(root.first("IssueDate"))
    total = _billed(root, values)
    if not number or issued is None or total is None:
        if number and issued is None:
            values.note("no-date", f"The {root.name} does not say its day.", root)
        return None
    name = "CreditNoteLine" if credit else "InvoiceLine"
    lines = tuple(line for each in root.all(name) if (line := _invoice_line(each, credit, values)))
    due = (
        root.first("DueDate") or root.first("PaymentMeans/PaymentDueDate") or root.first("PaymentTerms/PaymentDueDate")
    )
    # Several totals are the same tax in several currencies or by several laws: the first counts.
    tax = values.number(root.first("TaxTotal/TaxAmount")) or Decimal(0)
    document = InvoiceDoc(
        number=number,
        invoice_date=issued,
        order_number=root.value("OrderReference/ID"),
        currency=_currency(root),
        lines=lines,
        total=total,
        kind="credit" if credit or root.value("InvoiceTypeCode") == "381" else "invoice",
        charges=tuple(_charges(root, values)),
        tax=tax,
        due_date=values.day(due),
        terms=root.value("PaymentTerms/Note"),
        reference=root.value(_BILLED) or root.value(f"{name}/{_BILLED}"),
        supplier=_party(root.first("AccountingSupplierParty")),
        buyer=_party(root.first("AccountingCustomerParty")),
        unit_codes=values.profile.unit_codes,
    )
    added = sum((line.quantity * line.unit_price for line in lines), tax)
    added += sum((charge.amount for charge in document.charges), Decimal(0))
    if added.quantize(_CENT, ROUND_HALF_UP) != total.quantize(_CENT, ROUND_HALF_UP):
        values.note(
            "total-differs", f"Lines, charges and taxes do not add up to the total of {total}.", root, "warning"
        )
    if total < 0:
        values.note("negative-total", "The total is negative: it was read as a credit.", root, "warning")
        return turned(document)
    return document


def _invoice_line(node: Node, credit: bool, values: _Values) -> InvoiceLine | None:
    name = "CreditedQuantity" if credit else "InvoicedQuantity"
    price, whole = values.price(node.first("Price")), values.number(node.first("LineExtensionAmount"))
    counted: tuple[Decimal, str] | None = Decimal(1), ""
    if node.first(name) is None and whole is not None:
        values.note("quantity-missing", f"This {node.name} bills an amount without a quantity.", node, "warning")
    else:
        counted = values.quantity(node.first(name), node)
    if counted is None:
        return None
    if whole is not None and counted[0] and (price is None or abs(price * counted[0] - whole) > _CENT):
        if price is not None:
            words = f"Quantity times price is not the amount of this {node.name}; the amount counts."
            values.note("line-charges", words, node, "info")
        price = whole / counted[0]
    if price is None:
        values.note("line-unreadable", f"This {node.name} says no price.", node)
        return None
    return InvoiceLine(
        line_number=_line_number(node.value("OrderLineReference/LineID")),
        identity=_identity(node.first("Item")),
        description=_description(node.first("Item")),
        quantity=counted[0],
        unit=counted[1],
        unit_price=price,
    )


def _charges(root: Node, values: _Values) -> Iterator[Charge]:
    for node in root.all("AllowanceCharge"):
        amount = values.number(node.first("Amount"))
        if amount is None:
            values.note(
                "charge-without-amount", "This charge or allowance has no amount; it was left out.", node, "warning"
            )
            continue
        charged = node.value("ChargeIndicator") in ("true", "1")
        yield Charge(
            code=node.value("AllowanceChargeReasonCode"),
            description=node.value("AllowanceChargeReason"),
            amount=amount if charged else -amount,
        )


_READERS: Final[Mapping[str, Callable[[Node, _Values], Document | None]]] = {
    "CreditNote": _invoice,
    "DespatchAdvice": _despatch,
    "Invoice": _invoice,
    "Order": _order,
    "OrderCancellation": _order,
    "OrderChange": _order,
    "OrderResponse": _response,
    "OrderResponseSimple": _simple_response,
}
