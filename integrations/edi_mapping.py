"""Where each field of the canonical documents stands in X12, UBL, EDIFACT and the ERPs; `docs/mapping.md` is written from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, get_args, get_type_hints

from integrations.canonical import KINDS, is_record
from integrations.erp_mapping import ERP_TABLE

# One line per field: name | X12 | UBL 2.1 | EDIFACT D96A. A dash: this format does not carry it.
_TABLE: Final = """
Party
name | N102 | PartyName/Name | NAD C080
identifiers | N103 N104: one, the most widely understood (UL GLN, 1 DUNS, 9 DUNS4, 21 HIN, 92 buyer, 91 supplier) | PartyIdentification/ID@schemeID (0088 GLN, 0060 DUNS); under Peppol also EndpointID | NAD C082, agency 3055 (9 GLN, 16 DUNS, 92 buyer, 91 supplier); code lists of 1131
ItemIdentity
buyer_item | IN, else BP | BuyersItemIdentification/ID | PIA …:IN, else BP
supplier_part | VN, else VC, VP | SellersItemIdentification/ID | PIA …:SA, else VN
manufacturer_part | MG | ManufacturersItemIdentification/ID | PIA …:MF
gtin | UK, EN, UP by length | StandardItemIdentification/ID | LIN C212 …:EN or SRV
others | any other qualifier (ND NDC, HI HIBC, UX UPN) | AdditionalItemIdentification/ID@schemeID | PIA, any other type
Order
number | BEG03, BCH03 | ID; of a change or cancellation OrderReference/ID | BGM 1004; of a change or cancellation RFF+ON
issued_at | DTM*004, else BEG05, BCH06 | IssueDate, IssueTime; OrderReference/IssueDate, IssueTime | DTM+137; DTM+171 behind RFF+ON
currency | CUR02 | DocumentCurrencyCode, else currencyID of the first amount | CUX+2, else MOA 6345
supplier | N1*SU | SellerSupplierParty | NAD+SU
buyer | N1*BY | BuyerCustomerParty | NAD+BY
ship_to | N1*ST | Delivery/DeliveryParty | NAD+DP
lines | PO1, POC | OrderLine, none in an OrderCancellation | LIN
purpose | 850; 860 with BCH01 04 or 01 | Order, OrderChange, OrderCancellation | ORDERS; ORDCHG with BGM 1225 4 or 1
revision | BCH05 | SequenceNumberID | RFF+ON C506.4000
requested_date | DTM*002 | Delivery/RequestedDeliveryPeriod/EndDate | DTM+2
urgent | BEG02, BCH02 RO | OrderTypeCode 224, OrderReference/OrderTypeCode 224; under Peppol in words as a Note | BGM 1001 224; ORDCHG BGM 1000 RUSH ORDER
notes | N9, MSG01 | Note, CancellationNote | FTX+GEN
unit_codes | by the profile | by the profile | by the profile
OrderLine
line_number | PO101, POC01 | LineItem/ID | LIN 1082
identity | from PO106, POC08 | LineItem/Item | LIN, PIA
description | PID05 | Item/Name | IMD
quantity | PO102, POC03; 0 with POC02 DI | LineItem/Quantity; 0 with LineStatusCode 2 | QTY+21; 0 with LIN 1229 2
unit | PO103, POC05 | Quantity@unitCode | QTY 6411
unit_price | PO104, POC06; per PO105 HP, TP | Price/PriceAmount, per BaseQuantity | PRI+AAA, per 5284
requested_date | DTM*002 | LineItem/Delivery/RequestedDeliveryPeriod/EndDate | DTM+2
contract_number | REF*CT, else of the head | DocumentReference with DocumentTypeCode CT, else Contract/ID | RFF+CT
cost_center | REF*CA | LineItem/AccountingCost | RFF+ADE
OrderAnswer
order_number | BAK03, BCA03 | OrderReference/ID | RFF+ON
status | BAK02, BCA02 | OrderResponseCode AP, CA, RE; AcceptedIndicator of an OrderResponseSimple | BGM 1225: 29, 4, 27
lines | PO1 or POC with ACK | OrderLine | LIN
answers | 855 or 865 | OrderReference/OrderTypeCode 230 | BGM 1001: 231, 230
supplier_order_number | BAK08, BCA09 | SalesOrderID | BGM 1004
answered_on | BAK09, BCA10 | IssueDate | DTM+137
currency | CUR02 | DocumentCurrencyCode, else currencyID of the first amount | CUX+2, else MOA 6345
supplier | N1*SE | SellerSupplierParty | NAD+SU
buyer | N1*BY | BuyerCustomerParty | NAD+BY
unit_codes | by the profile | by the profile | by the profile
AnswerLine
line_number | PO101, POC01 | OrderLineReference/LineID, else LineItem/ID | RFF+ON 1156, else LIN 1082
identity | from PO106, POC08 | LineItem/Item | LIN, PIA
action | ACK01, else POC02 | LineStatusCode and its name | LIN 1229, QTY+83, FTX+CHG
quantity | ACK02 | LineItem/Quantity, MaximumBackorderQuantity | QTY+21, QTY+83
unit | ACK03, else PO103 | Quantity@unitCode | QTY 6411
unit_price | PO104, else CTP03 | Price/PriceAmount | PRI+AAA
promised_date | ACK05, SCH06, DTM*067, else of the head | Delivery/PromisedDeliveryPeriod/EndDate, else of the head | DTM+67
substitute | from ACK07 | SellerSubstitutedLineItem/Item | PIA+3
message | MSG01 and the words of ACK01 | LineItem/Note | FTX+LIN
ShipNotice
shipment_number | BSN02 | ID | BGM 1004
shipped_at | DTM*011, else BSN03 BSN04 | Shipment/Delivery/Despatch, else IssueDate | DTM+11
lines | HL…I with LIN, SN1 | DespatchLine | LIN
orders | PRF01 | OrderReference/ID | RFF+ON
expected_date | DTM*017 | Shipment/Delivery/EstimatedDeliveryPeriod/EndDate | DTM+17
carrier | TD503, TD505 | Shipment/Delivery/CarrierParty | TDT C040
tracking | REF*2I, CN, BM | Shipment/Delivery/TrackingID | RFF+CN
supplier | N1*SU, SF | DespatchSupplierParty | NAD+SU
buyer | N1*BY | BuyerCustomerParty | NAD+BY
ship_to | N1*ST | DeliveryCustomerParty | NAD+DP
unit_codes | by the profile | by the profile | by the profile
ShipLine
order_number | PRF01 of the level above | OrderLineReference/OrderReference/ID | RFF+ON
line_number | LIN01, SN101 | OrderLineReference/LineID | RFF+ON 1156
identity | LIN | Item; ProductTraceID among the others | LIN, PIA
quantity | SN102 | DeliveredQuantity | QTY+12
unit | SN103 | DeliveredQuantity@unitCode | QTY 6411
lot | LIN…LT, REF*LT | Item/ItemInstance/LotIdentification/LotNumberID | GIN+BX
expiry | DTM*036 | LotIdentification/ExpiryDate | DTM+361
serial | LIN…SN, REF*SE | ItemInstance/SerialID | GIN+BN
sscc | MAN*GM of the pack | Shipment/TransportHandlingUnit/ID | GIN+BJ
InvoiceDoc
number | BIG02 | ID | BGM 1004
invoice_date | BIG01 | IssueDate | DTM+137
order_number | BIG04, REF*PO | OrderReference/ID | RFF+ON
currency | CUR02 | DocumentCurrencyCode, else currencyID of the first amount | CUX+2, else MOA 6345
lines | IT1 | InvoiceLine, CreditNoteLine | LIN
total | TDS01 | LegalMonetaryTotal/PayableAmount, with PrepaidAmount and without PayableRoundingAmount | MOA+388, 77, 86, else 9 with 113
kind | BIG07 DI, CR | Invoice or CreditNote | BGM 1001: 380, 381
charges | SAC | AllowanceCharge | ALC
tax | TXI02 | TaxTotal/TaxAmount | MOA+124, 176
due_date | ITD06 | DueDate, PaymentMeans/PaymentDueDate | DTM+13
terms | ITD12, ITD07 | PaymentTerms/Note | FTX+PMT
reference | REF*OI, IV | BillingReference/InvoiceDocumentReference/ID, else of a line | RFF+IV
supplier | N1*SU | AccountingSupplierParty | NAD+SU
buyer | N1*BY | AccountingCustomerParty | NAD+BY
unit_codes | by the profile | by the profile | by the profile
InvoiceLine
line_number | IT101 | OrderLineReference/LineID | RFF+ON 1156, else LIN 1082
identity | from IT106 | Item | LIN, PIA
description | PID05 | Item/Name | IMD
quantity | IT102 | InvoicedQuantity, CreditedQuantity | QTY+47
unit | IT103 | @unitCode | QTY 6411
unit_price | IT104 | Price/PriceAmount, else LineExtensionAmount | PRI+AAA, or MOA+203 where it differs
Charge
code | SAC02, SAC04 | AllowanceChargeReasonCode | ALC 7161, 5189, else 1230
description | SAC15 | AllowanceChargeReason | ALC 7160, else 1230
amount | SAC05, sign by SAC01 | Amount, sign by ChargeIndicator | MOA+23, MOA+204
PriceCatalog
number | BCT02 | — | —
lines | LIN | — | —
supplier | N1*SU | — | —
buyer | N1*BY | — | —
currency | CUR02 | — | —
contract_number | REF*CT | — | —
full | BCT10 05, else 04 | — | —
effective_from | DTM*007 | — | —
effective_to | DTM*197 | — | —
unit_codes | by the profile | — | —
CatalogLine
identity | LIN | — | —
description | PID05 | — | —
unit | CTP05 | — | —
unit_price | CTP03 | — | —
action | G5301 021, 001, 002 | — | —
contents | PO401 times PO402 | — | —
content_unit | PO403 | — | —
effective_from | DTM*007 | — | —
effective_to | DTM*197 | — | —
InventorySnapshot
number | BIA03 | — | —
taken_at | BIA04 BIA05 | — | —
lines | LIN with QTY | — | —
holder | N1*WH | — | —
buyer | N1*BY | — | —
unit_codes | by the profile | — | —
StockLine
identity | LIN | — | —
quantity | QTY02 | — | —
unit | QTY03 | — | —
state | QTY01 17, 33, 63, QH | — | —
description | PID05 | — | —
lot | LIN…LT | — | —
expiry | DTM*036 | — | —
location | REF*LU | — | —
RemittanceAdvice
number | TRN02 | — | —
paid_on | BPR16 | — | —
total | BPR02 | — | —
lines | RMR | — | —
currency | CUR02 | — | —
method | BPR04 ACH, CHK, FWT, NON | — | —
payer | N1*PR | — | —
payee | N1*PE | — | —
RemittanceLine
invoice | RMR02 | — | —
paid | RMR04 | — | —
amount | RMR05 | — | —
discount | RMR06 | — | —
kind | RMR01 IV, CM | — | —
order_number | REF*PO | — | —
invoice_date | DTM*003 | — | —
Acknowledgement
functional_id | AK101 | — | —
group_control | AK102 | — | —
status | AK901 | — | —
sets | AK2 | — | —
included | AK902 | — | —
received | AK903 | — | —
accepted | AK904 | — | —
codes | AK905 to AK909 | — | —
SetAnswer
transaction | AK201 | — | —
control | AK202 | — | —
status | AK501 | — | —
codes | AK502 to AK506 | — | —
errors | AK3, AK4 | — | —
SegmentError
segment | AK301 | — | —
position | AK302 | — | —
code | AK304, AK403 | — | —
element | AK401 | — | —
element_reference | AK402 | — | —
value | AK404 | — | —
"""
_FORMATS: Final = ("X12", "UBL 2.1", "EDIFACT D96A")
_ERPS: Final = ("REST", "MMIS", "Tryton 8")

FieldMap: TypeAlias = Mapping[str, Mapping[str, tuple[str, str, str]]]


def field_map() -> FieldMap:
    """Class name → field → where it stands in X12, UBL and EDIFACT."""
    return _read(_TABLE)


def erp_field_map() -> FieldMap:
    """Class name → field → where it stands in the REST, MMIS and Tryton adapters."""
    return _read(ERP_TABLE)


def _read(table: str) -> FieldMap:
    result: dict[str, dict[str, tuple[str, str, str]]] = {}
    for line in table.strip().splitlines():
        name, *places = (part.strip() for part in line.split("|"))
        if places:
            first, second, third = places
            result[list(result)[-1]][name] = (first, second, third)
        else:
            result[name] = {}
    return result


def parts_of(cls: Any) -> Iterator[Any]:
    """A document's class and the classes of its parts, each once."""
    seen: dict[Any, None] = {}
    queue = [cls]
    while queue:
        current = queue.pop(0)
        if current in seen:
            continue
        seen[current] = None
        for hint in get_type_hints(current).values():
            queue += [each for each in (hint, *get_args(hint)) if is_record(each)]
    yield from seen


def mapping_page() -> str:
    """The text of docs/mapping.md."""
    lines = [
        "# Where each field stands",
        "",
        "Written by `manage.py edi mapping`; do not edit. Each row is a field of a canonical document (`docs/canonical/` holds their JSON",
        "Schemas) or of a part of one. A dash means that the format does not carry it, or that the ERP is not told or does not say.",
        "",
        "## With partners",
        *_tables(field_map(), _FORMATS),
        "",
        "## With ERPs",
        "",
        "Orders, receipts and vouchers go to them; items, suppliers, payments and budgets come from them, cost centers too",
        "([erps](erps.md)). Names as they go over the wire are in backticks: of REST a key of the JSON body, of the MMIS a record of the file",
        "and its field, of Tryton a model and its field.",
        *_tables(erp_field_map(), _ERPS),
    ]
    return "\n".join(lines) + "\n"


def _tables(told: FieldMap, columns: Sequence[str]) -> Iterator[str]:
    kinds = {cls.__name__: kind for kind, cls in KINDS.items()}
    classes = {part.__name__: part for cls in KINDS.values() for part in parts_of(cls)}
    for name, fields in told.items():
        yield from ("", f"### {name}" + (f" (`{kinds[name]}`)" if name in kinds else ""), "")
        if name in classes:
            yield from (" ".join((classes[name].__doc__ or "").split()), "")
        yield from (f"| field | {' | '.join(columns)} |", "|---|---|---|---|")
        yield from (f"| {field} | {' | '.join(places)} |" for field, places in fields.items())
