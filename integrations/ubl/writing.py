"""From canonical documents to UBL 2.1, in the order of elements that its schemas ask for.

Under Peppol, orders, changes and cancellations have the elements of T01, T114 and T115 and no others: one note, one identification per
party, the contract in the head, names and addresses that UBL leaves out. A change or cancellation names its order by its number alone, and
whether it is urgent stands in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from integrations.canonical import (
    AnswerLine,
    Document,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    Order,
    OrderAnswer,
    OrderLine,
    Party,
    ShipLine,
    ShipNotice,
    kind_of,
)
from integrations.canonical.units import UNECE_UNITS
from integrations.ubl.peppol import CUSTOMIZATIONS, PROCESSES, address_fault, country_fault
from integrations.ubl.reading import CANCELLED, CHANGE, DELETED, RUSH, UBL
from integrations.x12.profile import Profile
from integrations.x12.writer import number_text

_SCHEMES: Final = {"GLN": "0088", "DUNS": "0060"}
_STATUSES: Final = {"accepted": "AP", "changed": "CA", "rejected": "RE"}
REVISED: Final = "3"
RUSH_WORDS: Final = "RUSH ORDER"
_LINE_STATUSES: Final = {"accepted": "5", "rejected": "7"}


class UblError(ValueError):
    """UBL cannot say this document."""


def document_bytes(document: Document, profile: Profile | None = None, at: datetime | None = None) -> bytes:
    """The document as UBL 2.1. `at` is the moment of a change or cancellation, else that of its order.

    Raises `UblError` for what UBL cannot say.
    """
    profile = profile or Profile()
    if isinstance(document, Order):
        name, said = _ORDERS[document.purpose]
        writer = _Writer(profile.about(name))
        return writer.root(name, said(writer, document, at or document.issued_at))
    if profile.ubl_profile == "peppol":
        raise UblError("By the rules of Peppol only orders, their changes and cancellations are written.")
    writer = _Writer(profile)
    if isinstance(document, OrderAnswer):
        return writer.root("OrderResponse", writer.response(document))
    if isinstance(document, ShipNotice):
        return writer.root("DespatchAdvice", writer.despatch(document))
    if isinstance(document, InvoiceDoc):
        return writer.root("CreditNote" if document.kind == "credit" else "Invoice", writer.invoice(document))
    raise UblError(f"This document ({kind_of(document).replace('_', ' ')}) cannot be said in UBL.")


def _text(tag: str, value: str, **attributes: str) -> str:
    """A basic component, nothing for an empty text."""
    if not value:
        return ""
    if any(not char.isprintable() for char in value):
        raise UblError(f"{tag} {value[:40]!r} contains a character that cannot be sent.")
    told = "".join(f" {key}={quoteattr(text)}" for key, text in attributes.items() if text)
    return f"<cbc:{tag}{told}>{escape(value)}</cbc:{tag}>"


def _group(name: str, *parts: str) -> str:
    """An aggregate component, nothing where it would be empty."""
    inner = "".join(parts)
    return f"<cac:{name}>{inner}</cac:{name}>" if inner else ""


def _free(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise UblError(f"{value} is not a number that can be sent.")
    return number_text(value)


def _day(name: str, value: date | None) -> str:
    return _text(name, value.isoformat()) if value else ""


def _moment(day: str, clock: str, value: datetime) -> str:
    there = value.astimezone(UTC)
    return _text(day, there.date().isoformat()) + _text(clock, f"{there:%H:%M:%S}Z")


def _party(party: Party) -> str:
    identifications = [
        _group("PartyIdentification", _text("ID", value, schemeID=_SCHEMES.get(scheme, scheme)))
        for scheme, value in party.identifiers.items()
    ]
    return "".join(identifications) + _group("PartyName", _text("Name", _free(party.name)))


def _identification(party: Party) -> str:
    """The one identification that Peppol allows: by a code list of ISO 6523, else without one."""
    known = party.identifiers
    scheme = next((each for each in _SCHEMES if each in known), next(iter(known), ""))
    return _group("PartyIdentification", _text("ID", known.get(scheme, ""), schemeID=_SCHEMES.get(scheme, "")))


def _role(name: str, party: Party) -> str:
    """A party in a role that the schema asks for, also where nobody is known."""
    return _group(name, _group("Party", _party(party))) or f"<cac:{name}/>"


def _item(identity: ItemIdentity, description: str = "", instance: str = "", *, peppol: bool = False) -> str:
    others = [
        _group("AdditionalItemProperty", _text("Name", scheme), _text("Value", value))
        if peppol
        else _group("AdditionalItemIdentification", _text("ID", value, schemeID=scheme))
        for scheme, value in identity.others.items()
    ]
    inner = "".join(
        [
            _text("Name", _free(description)),
            _group("BuyersItemIdentification", _text("ID", identity.buyer_item)),
            _group("SellersItemIdentification", _text("ID", identity.supplier_part)),
            _group("ManufacturersItemIdentification", _text("ID", identity.manufacturer_part)),
            _group("StandardItemIdentification", _text("ID", identity.gtin, schemeID="0160")),
            *others,
            instance,
        ]
    )
    return f"<cac:Item>{inner}</cac:Item>"


class _Writer:
    """Writes documents for one partner."""

    def __init__(self, profile: Profile) -> None:
        # what was agreed goes before what everybody writes
        self.units = [*profile.units.items(), *_preferred(UNECE_UNITS)]
        self.profile = profile
        self.peppol = profile.ubl_profile == "peppol"

    def root(self, name: str, inner: str) -> bytes:
        common = f"{UBL}CommonAggregateComponents-2", f"{UBL}CommonBasicComponents-2"
        spaces = f'xmlns="{UBL}{name}-2" xmlns:cac="{common[0]}" xmlns:cbc="{common[1]}"'
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        ruled = _text("UBLVersionID", "2.1")
        if self.peppol:
            ruled = _text("CustomizationID", CUSTOMIZATIONS[name][0]) + _text("ProfileID", PROCESSES[name])
        return f"{head}<{name} {spaces}>{ruled}{inner}</{name}>\n".encode()

    def buyer(self, order: Order) -> str:
        address = self.profile.our_qualifier, self.profile.our_id
        return (
            self.role("BuyerCustomerParty", order.buyer, address)
            if self.peppol
            else _role("BuyerCustomerParty", order.buyer)
        )

    def seller(self, order: Order) -> str:
        if not self.peppol:
            return _role("SellerSupplierParty", order.supplier)
        if fault := country_fault(self.profile.their_country):
            raise UblError(fault)
        country = _group("PostalAddress", _group("Country", _text("IdentificationCode", self.profile.their_country)))
        address = self.profile.their_qualifier, self.profile.their_id
        return self.role("SellerSupplierParty", order.supplier, address, country)

    def role(self, name: str, party: Party, address: tuple[str, str], postal: str = "") -> str:
        """A party as T01, T114 and T115 want it. Raises `UblError` for what they ask for and nobody told."""
        if fault := address_fault(*address):
            raise UblError(fault)
        called = _free(party.name)
        if not called:
            raise UblError(f"Peppol asks for the name of the {name}.")
        return _group(
            name,
            _group(
                "Party",
                _text("EndpointID", address[1], schemeID=address[0]),
                _identification(party),
                _group("PartyName", _text("Name", called)),
                postal,
                _group("PartyLegalEntity", _text("RegistrationName", called)),
            ),
        )

    def notes(self, name: str, order: Order, without: str = "") -> str:
        """The notes of an order, or what is said `without` any; Peppol has room for one of them."""
        notes = [_free(note) for note in order.notes]
        if self.peppol:
            rush = [RUSH_WORDS] if order.urgent and order.purpose != "cancel" else []
            notes = [" ".join(filter(None, [*rush, *notes]))]
        return "".join(_text(name, note) for note in notes) or _text(name, without)

    def contract(self, order: Order) -> str:
        """The one contract of all lines, where Peppol wants it."""
        return _group("Contract", _text("ID", self.agreed(order)))

    def agreed(self, order: Order) -> str:
        numbers = {line.contract_number for line in order.lines}
        return min(numbers) if self.peppol and len(numbers) == 1 else ""

    def quantity(self, name: str, value: Decimal, unit: str) -> str:
        if not unit:
            raise UblError(f"{name} has no unit.")
        code = next((theirs for theirs, ours in self.units if ours == unit), unit)
        return _text(name, _number(value), unitCode=code)

    def price(self, value: Decimal | None, currency: str) -> str:
        return "" if value is None else _group("Price", _amount("PriceAmount", value, currency))

    def order(self, order: Order, _at: datetime) -> str:
        _sayable(order)
        return "".join(
            [
                _text("ID", order.number),
                _moment("IssueDate", "IssueTime", order.issued_at),
                # Peppol knows no rush order
                _text("OrderTypeCode", RUSH if order.urgent and not self.peppol else "220"),
                self.notes("Note", order),
                _text("DocumentCurrencyCode", order.currency),
                self.contract(order),
                self.buyer(order),
                self.seller(order),
                *self.ordered(order),
            ]
        )

    def ordered(self, order: Order) -> list[str]:
        period = _group("RequestedDeliveryPeriod", _day("EndDate", order.requested_date))
        lines = [self.order_line(line, order) for line in order.lines]
        place = order.ship_to
        named = _group("PartyName", _text("Name", _free(place.name)))
        party = (_identification(place) + named if named else "") if self.peppol else _party(place)
        return [_group("Delivery", period, _group("DeliveryParty", party)), *lines]

    def change(self, order: Order, at: datetime) -> str:
        """The whole new state of the order; lines of quantity 0 are deleted."""
        _sayable(order)
        return "".join(
            [
                _text("ID", f"{order.number}-{order.revision}"),
                _moment("IssueDate", "IssueTime", at),
                _text("SequenceNumberID", str(order.revision)),
                self.notes("Note", order),
                _text("DocumentCurrencyCode", order.currency),
                self.reference(order),
                self.contract(order),
                self.buyer(order),
                self.seller(order),
                *self.ordered(order),
            ]
        )

    def cancellation(self, order: Order, at: datetime) -> str:
        """The order as a whole; UBL names no lines here."""
        if not order.number:
            raise UblError("The cancellation does not name its order.")
        return "".join(
            [
                _text("ID", f"{order.number}-X"),
                _moment("IssueDate", "IssueTime", at),
                self.notes("CancellationNote", order, CANCELLED),
                self.reference(order),
                self.buyer(order),
                self.seller(order),
            ]
        )

    def order_line(self, line: OrderLine, order: Order) -> str:
        period = _group("RequestedDeliveryPeriod", _day("EndDate", line.requested_date))
        item = _group(
            "LineItem",
            _text("ID", str(line.line_number)),
            _text("LineStatusCode", (REVISED if line.quantity else DELETED) if order.purpose == "change" else ""),
            self.quantity("Quantity", line.quantity, line.unit),
            _text("AccountingCost", line.cost_center),
            _group("Delivery", period),
            self.price(line.unit_price, order.currency),
            _item(line.identity, self.called(line), peppol=self.peppol),
        )
        if self.peppol:
            several = line.contract_number and not self.agreed(order)
            return _group("OrderLine", _text("Note", f"Contract {line.contract_number}") if several else "", item)
        contract = _group("DocumentReference", _text("ID", line.contract_number), _text("DocumentTypeCode", "CT"))
        return _group("OrderLine", item, contract if line.contract_number else "")

    def called(self, line: OrderLine) -> str:
        """What an item is called; Peppol asks for a name always."""
        numbers = line.identity.supplier_part or line.identity.buyer_item or line.identity.gtin
        name = line.description or (numbers if self.peppol else "")
        if self.peppol and not name:
            raise UblError(f"Peppol asks for the name of the item of line {line.line_number}.")
        return name

    def reference(self, order: Order) -> str:
        """The order that a change or cancellation is about, with its own moment; Peppol has no place for more than its number."""
        number = _text("ID", order.number)
        if self.peppol:
            return _group("OrderReference", number)
        moment = _moment("IssueDate", "IssueTime", order.issued_at)
        return _group("OrderReference", number, moment, _text("OrderTypeCode", RUSH if order.urgent else "220"))

    def response(self, answer: OrderAnswer) -> str:
        if answer.answered_on is None:
            raise UblError(f"The answer to order {answer.order_number} does not say when it was given.")
        kind = CHANGE if answer.answers == "change" else ""
        return "".join(
            [
                _text("ID", answer.supplier_order_number or answer.order_number),
                _text("SalesOrderID", answer.supplier_order_number),
                _day("IssueDate", answer.answered_on),
                _text("OrderResponseCode", _STATUSES[answer.status]),
                _text("DocumentCurrencyCode", answer.currency),
                _group("OrderReference", _text("ID", answer.order_number), _text("OrderTypeCode", kind)),
                _role("SellerSupplierParty", answer.supplier),
                _role("BuyerCustomerParty", answer.buyer),
                *(self.answer_line(line, answer.currency) for line in answer.lines),
            ]
        )

    def answer_line(self, line: AnswerLine, currency: str) -> str:
        number = "NA" if line.line_number is None else str(line.line_number)
        period = _group("PromisedDeliveryPeriod", _day("EndDate", line.promised_date))
        item = _group(
            "LineItem",
            _text("ID", number),
            _text("Note", _free(line.message)),
            _text("LineStatusCode", _LINE_STATUSES.get(line.action, "3"), name=line.action),
            "" if line.quantity is None else self.quantity("Quantity", line.quantity, line.unit),
            _group("Delivery", period),
            self.price(line.unit_price, currency),
            _item(line.identity),
        )
        substitute = (
            _group("SellerSubstitutedLineItem", _text("ID", number), _item(line.substitute)) if line.substitute else ""
        )
        return _group("OrderLine", item, substitute)

    def despatch(self, notice: ShipNotice) -> str:
        if not notice.lines:
            raise UblError(f"Shipment {notice.shipment_number} has no lines.")
        delivery = _group(
            "Delivery",
            _text("TrackingID", notice.tracking),
            _group("EstimatedDeliveryPeriod", _day("EndDate", notice.expected_date)),
            _group("CarrierParty", _group("PartyName", _text("Name", _free(notice.carrier)))),
            _group("Despatch", _moment("ActualDespatchDate", "ActualDespatchTime", notice.shipped_at)),
        )
        buyer = _group("BuyerCustomerParty", _group("Party", _party(notice.buyer)))
        return "".join(
            [
                _text("ID", notice.shipment_number),
                _moment("IssueDate", "IssueTime", notice.shipped_at),
                *(_group("OrderReference", _text("ID", number)) for number in notice.orders),
                _role("DespatchSupplierParty", notice.supplier),
                _role("DeliveryCustomerParty", notice.ship_to),
                buyer,
                _group("Shipment", _text("ID", "1"), delivery),
                *(self.despatch_line(line, place) for place, line in enumerate(notice.lines, start=1)),
            ]
        )

    def despatch_line(self, line: ShipLine, place: int) -> str:
        if not line.order_number:
            raise UblError("A shipped line does not name its order.")
        number = "NA" if line.line_number is None else str(line.line_number)
        lot = _group("LotIdentification", _text("LotNumberID", line.lot), _day("ExpiryDate", line.expiry))
        unit = _group("TransportHandlingUnit", _text("ID", line.sscc))
        return _group(
            "DespatchLine",
            _text("ID", str(place)),
            self.quantity("DeliveredQuantity", line.quantity, line.unit),
            _group(
                "OrderLineReference", _text("LineID", number), _group("OrderReference", _text("ID", line.order_number))
            ),
            _item(line.identity, instance=_group("ItemInstance", _text("SerialID", line.serial), lot)),
            _group("Shipment", _text("ID", "1"), unit) if unit else "",
        )

    def invoice(self, invoice: InvoiceDoc) -> str:
        credit, currency = invoice.kind == "credit", invoice.currency
        if not currency:
            raise UblError(f"Invoice {invoice.number} does not say its currency.")
        goods = sum((line.quantity * line.unit_price for line in invoice.lines), Decimal(0)).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
        due = (
            _text("PaymentMeansCode", "1") + _day("PaymentDueDate", invoice.due_date)
            if invoice.due_date and credit
            else ""
        )
        return "".join(
            [
                _text("ID", invoice.number),
                _day("IssueDate", invoice.invoice_date),
                "" if credit else _day("DueDate", invoice.due_date),
                _text("CreditNoteTypeCode", "381") if credit else _text("InvoiceTypeCode", "380"),
                _text("DocumentCurrencyCode", currency),
                _group("OrderReference", _text("ID", invoice.order_number)),
                _group("BillingReference", _group("InvoiceDocumentReference", _text("ID", invoice.reference))),
                _role("AccountingSupplierParty", invoice.supplier),
                _role("AccountingCustomerParty", invoice.buyer),
                _group("PaymentMeans", due),
                _group("PaymentTerms", _text("Note", _free(invoice.terms))),
                *(_charge(charge.code, charge.description, charge.amount, currency) for charge in invoice.charges),
                _group("TaxTotal", _amount("TaxAmount", invoice.tax, currency)) if invoice.tax else "",
                _group(
                    "LegalMonetaryTotal",
                    _amount("LineExtensionAmount", goods, currency),
                    _amount("PayableAmount", invoice.total, currency),
                ),
                *(self.invoice_line(line, place, invoice) for place, line in enumerate(invoice.lines, start=1)),
            ]
        )

    def invoice_line(self, line: InvoiceLine, place: int, invoice: InvoiceDoc) -> str:
        credit = invoice.kind == "credit"
        number = "" if line.line_number is None else str(line.line_number)
        whole = (line.quantity * line.unit_price).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return _group(
            "CreditNoteLine" if credit else "InvoiceLine",
            _text("ID", str(place)),
            self.quantity("CreditedQuantity" if credit else "InvoicedQuantity", line.quantity, line.unit),
            _amount("LineExtensionAmount", whole, invoice.currency),
            _group("OrderLineReference", _text("LineID", number)),
            _item(line.identity, line.description),
            self.price(line.unit_price, invoice.currency),
        )


_ORDERS: Final[Mapping[str, tuple[str, Callable[[_Writer, Order, datetime], str]]]] = {
    "original": ("Order", _Writer.order),
    "change": ("OrderChange", _Writer.change),
    "cancel": ("OrderCancellation", _Writer.cancellation),
}
"""The purpose of an order -> the document that says it, and what stands in it."""


def _sayable(order: Order) -> None:
    if not order.number or not order.lines:
        raise UblError(f"Order {order.number or 'without a number'} has no lines to send.")


def _preferred(units: Mapping[str, str]) -> list[tuple[str, str]]:
    """Their codes and ours, those that Recommendation 21 writes with an X first."""
    return sorted(units.items(), key=lambda pair: not pair[0].startswith("X"))


def _amount(name: str, value: Decimal, currency: str) -> str:
    if not currency:
        raise UblError(f"The {name} has no currency.")
    return _text(name, _number(value), currencyID=currency)


def _charge(code: str, description: str, amount: Decimal, currency: str) -> str:
    return _group(
        "AllowanceCharge",
        _text("ChargeIndicator", "true" if amount >= 0 else "false"),
        _text("AllowanceChargeReasonCode", code),
        _text("AllowanceChargeReason", _free(description)),
        _amount("Amount", abs(amount), currency),
    )
