"""Every canonical document that X12 can say, made up by Hypothesis in the form in which it is read back."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from integrations.canonical import (
    Acknowledgement,
    AnswerLine,
    CatalogLine,
    Charge,
    InventorySnapshot,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    Order,
    OrderAnswer,
    OrderLine,
    Party,
    PriceCatalog,
    RemittanceAdvice,
    RemittanceLine,
    SegmentError,
    SetAnswer,
    ShipLine,
    ShipNotice,
    StockLine,
    revised,
)

UNITS = {"CS": "CA", "CT": "CA"}
IDS = st.text(string.ascii_uppercase + string.digits + "-/.", min_size=1, max_size=20)
WORDS = st.lists(
    st.text(string.ascii_letters + string.digits + "-/.,#%&()", min_size=1, max_size=8), min_size=1, max_size=6
)
TEXT = WORDS.map(" ".join)
NO_TEXT = st.just("") | TEXT
QUANTITIES = st.decimals(min_value=0, max_value=999999, places=2)
PRICES = st.decimals(min_value=0, max_value=999999, places=4)
CENTS = st.decimals(min_value=Decimal("0.01"), max_value=9999, places=2)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
MOMENTS = st.integers(946684800, 4102444799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
CODE_LISTS = st.sampled_from(["GLN", "DUNS", "HIN", "buyer", "supplier", "ZZ"])
PARTIES = st.builds(
    Party, name=TEXT, identifiers=st.dictionaries(CODE_LISTS, IDS.filter(lambda text: len(text) > 1), max_size=1)
)
MAYBE_PARTIES = st.just(Party()) | PARTIES
IDENTITIES = st.builds(
    ItemIdentity,
    buyer_item=IDS,
    supplier_part=IDS | st.just(""),
    manufacturer_part=IDS | st.just(""),
    gtin=st.sampled_from(["", "012345678905", "4006381333931", "10614141000415"]),
    others=st.dictionaries(st.sampled_from(["NDC", "HIBC", "UPN", "CB"]), IDS, max_size=2),
)
OUR_UNITS = st.sampled_from(["EA", "BX", "CA"])
LINE_NUMBERS = st.integers(1, 999999)
CURRENCIES = st.sampled_from(["USD", "CAD", ""])
LINES = st.builds(
    OrderLine,
    line_number=LINE_NUMBERS,
    identity=IDENTITIES,
    description=TEXT,
    quantity=QUANTITIES,
    unit=OUR_UNITS,
    unit_price=PRICES,
    requested_date=st.none() | DAYS,
    contract_number=IDS | st.just(""),
    cost_center=IDS | st.just(""),
)
ORDERS = st.builds(
    Order,
    number=IDS,
    issued_at=MOMENTS,
    currency=CURRENCIES,
    supplier=PARTIES,
    buyer=PARTIES,
    ship_to=PARTIES,
    lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
    purpose=st.sampled_from(["original", "change", "cancel"]),
    revision=st.just(0),
    requested_date=st.none() | DAYS,
    urgent=st.booleans(),
    notes=st.lists(TEXT, max_size=3).map(tuple),
) | st.builds(
    Order,
    number=IDS,
    issued_at=MOMENTS,
    currency=CURRENCIES,
    supplier=PARTIES,
    buyer=PARTIES,
    ship_to=PARTIES,
    lines=st.lists(LINES, min_size=1, max_size=2).map(tuple),
    purpose=st.sampled_from(["change", "cancel"]),
    revision=st.integers(0, 999),
)
ACTIONS = ["accepted", "backordered", "price_changed", "quantity_changed", "date_changed", "substituted", "rejected"]


def _answer_line(line: AnswerLine) -> AnswerLine:
    return line if line.action == "substituted" else revised(line, substitute=None)


ANSWER_LINES = st.builds(
    AnswerLine,
    line_number=st.none() | LINE_NUMBERS,
    identity=IDENTITIES,
    action=st.sampled_from(ACTIONS),
    quantity=QUANTITIES,
    unit=OUR_UNITS,
    unit_price=st.none() | PRICES,
    promised_date=st.none() | DAYS,
    substitute=IDENTITIES,
    message=NO_TEXT,
).map(_answer_line)


def _answer(answer: OrderAnswer) -> OrderAnswer:
    accepted = all(line.action == "accepted" for line in answer.lines)
    return answer if accepted or answer.status != "accepted" else revised(answer, status="changed")


ANSWERS = st.builds(
    OrderAnswer,
    order_number=IDS,
    status=st.sampled_from(["accepted", "changed", "rejected"]),
    lines=st.lists(ANSWER_LINES, max_size=4).map(tuple),
    answers=st.sampled_from(["order", "change"]),
    supplier_order_number=IDS | st.just(""),
    answered_on=DAYS,
    currency=CURRENCIES,
    supplier=MAYBE_PARTIES,
    buyer=MAYBE_PARTIES,
).map(_answer)
SHIP_LINES = st.builds(
    ShipLine,
    order_number=st.sampled_from(["PO-1", "PO-2", "PO-3"]),
    line_number=st.none() | LINE_NUMBERS,
    identity=IDENTITIES,
    quantity=QUANTITIES,
    unit=OUR_UNITS,
    lot=IDS | st.just(""),
    expiry=st.none() | DAYS,
    serial=IDS | st.just(""),
    sscc=st.sampled_from(["", "00106141411234567897", "00106141411234567903"]),
)


def _notice(notice: ShipNotice) -> ShipNotice:
    return revised(notice, orders=tuple(dict.fromkeys([*(line.order_number for line in notice.lines), *notice.orders])))


NOTICES = st.builds(
    ShipNotice,
    shipment_number=IDS.filter(lambda text: len(text) > 1),
    shipped_at=MOMENTS,
    lines=st.lists(SHIP_LINES, min_size=1, max_size=5).map(tuple),
    orders=st.sampled_from([(), ("PO-9",)]),
    expected_date=st.none() | DAYS,
    carrier=NO_TEXT.map(lambda text: text[:35].strip()),
    tracking=IDS | st.just(""),
    supplier=MAYBE_PARTIES,
    buyer=MAYBE_PARTIES,
    ship_to=MAYBE_PARTIES,
).map(_notice)
INVOICE_LINES = st.builds(
    InvoiceLine,
    line_number=st.none() | LINE_NUMBERS,
    identity=IDENTITIES,
    description=NO_TEXT,
    quantity=QUANTITIES,
    unit=OUR_UNITS,
    unit_price=PRICES,
)
CHARGES = st.builds(
    Charge,
    code=st.sampled_from(["D240", "C310", "", "FRT"]),
    description=NO_TEXT,
    amount=CENTS | CENTS.map(lambda amount: -amount),
)


def _invoice(invoice: InvoiceDoc) -> InvoiceDoc:
    """The supplier's total adds up, as X12 needs it to tell charges that count from those that do not."""
    goods = sum((line.quantity * line.unit_price for line in invoice.lines), Decimal(0))
    charges = invoice.charges
    total = goods + invoice.tax + sum((charge.amount for charge in charges), Decimal(0))
    if total < 0:
        charges, total = (), goods + invoice.tax
    return revised(invoice, charges=charges, total=total.quantize(Decimal("0.01"), ROUND_HALF_UP))


INVOICES = st.builds(
    InvoiceDoc,
    number=IDS,
    invoice_date=DAYS,
    order_number=IDS | st.just(""),
    currency=CURRENCIES,
    lines=st.lists(INVOICE_LINES, min_size=1, max_size=4).map(tuple),
    total=st.just(Decimal(0)),
    kind=st.sampled_from(["invoice", "credit"]),
    charges=st.lists(CHARGES, max_size=3).map(tuple),
    tax=st.just(Decimal(0)) | CENTS,
    due_date=st.none() | DAYS,
    terms=NO_TEXT,
    reference=IDS | st.just(""),
    supplier=MAYBE_PARTIES,
    buyer=MAYBE_PARTIES,
).map(_invoice)


def _catalog_line(line: CatalogLine) -> CatalogLine:
    if line.contents is None:
        return revised(line, content_unit="")
    whole = line.contents == line.contents.to_integral_value()
    return line if whole or line.content_unit else revised(line, contents=line.contents.to_integral_value())


CATALOG_LINES = st.builds(
    CatalogLine,
    identity=IDENTITIES,
    description=NO_TEXT,
    unit=OUR_UNITS,
    unit_price=PRICES,
    action=st.sampled_from(["add", "change", "delete"]),
    contents=st.none() | st.decimals(min_value=Decimal("0.1"), max_value=9999, places=1),
    content_unit=OUR_UNITS | st.just(""),
    effective_from=st.none() | DAYS,
    effective_to=st.none() | DAYS,
).map(_catalog_line)
CATALOGS = st.builds(
    PriceCatalog,
    number=IDS.map(lambda text: text[:15]),
    lines=st.lists(CATALOG_LINES, min_size=1, max_size=4).map(tuple),
    supplier=MAYBE_PARTIES,
    buyer=MAYBE_PARTIES,
    currency=CURRENCIES,
    contract_number=IDS | st.just(""),
    full=st.booleans(),
    effective_from=st.none() | DAYS,
    effective_to=st.none() | DAYS,
)
STOCK_LINES = st.builds(
    StockLine,
    identity=IDENTITIES,
    quantity=QUANTITIES,
    unit=OUR_UNITS,
    state=st.sampled_from(["on_hand", "available", "on_order", "on_hold"]),
    description=NO_TEXT,
    lot=IDS | st.just(""),
    expiry=st.none() | DAYS,
    location=IDS | st.just(""),
)
SNAPSHOTS = st.builds(
    InventorySnapshot,
    number=IDS,
    taken_at=MOMENTS,
    lines=st.lists(STOCK_LINES, max_size=4).map(tuple),
    holder=MAYBE_PARTIES,
    buyer=MAYBE_PARTIES,
)
REMITTANCE_LINES = st.builds(
    RemittanceLine,
    invoice=IDS,
    paid=QUANTITIES | QUANTITIES.map(lambda amount: -amount),
    amount=st.none() | QUANTITIES,
    discount=st.none() | QUANTITIES,
    kind=st.sampled_from(["invoice", "credit"]),
    order_number=IDS | st.just(""),
    invoice_date=st.none() | DAYS,
)
REMITTANCES = st.builds(
    RemittanceAdvice,
    number=IDS,
    paid_on=DAYS,
    total=QUANTITIES,
    lines=st.lists(REMITTANCE_LINES, max_size=4).map(tuple),
    currency=CURRENCIES,
    method=st.sampled_from(["", "ach", "check", "wire", "none"]),
    payer=MAYBE_PARTIES,
    payee=MAYBE_PARTIES,
)
ERRORS = st.builds(
    SegmentError, segment=st.just("PO1"), position=st.integers(1, 999), code=st.sampled_from(["2", "3", "5"])
) | st.builds(
    SegmentError,
    segment=st.just("PO1"),
    position=st.integers(1, 999),
    code=st.sampled_from(["1", "4", "6"]),
    element=st.integers(1, 25),
    element_reference=st.sampled_from(["", "330"]),
    value=NO_TEXT,
)
SET_ANSWERS = st.builds(
    SetAnswer,
    transaction=st.just("850"),
    control=st.integers(1000, 999999).map(str),
    status=st.sampled_from(["accepted", "accepted_with_errors", "rejected"]),
    codes=st.lists(st.sampled_from(["1", "2", "5"]), max_size=3).map(tuple),
    errors=st.lists(ERRORS, max_size=3).map(tuple),
)
ACKNOWLEDGEMENTS = st.builds(
    Acknowledgement,
    functional_id=st.sampled_from(["PO", "PR", "IN"]),
    group_control=st.integers(1, 999999999).map(str),
    status=st.sampled_from(["accepted", "accepted_with_errors", "partially", "rejected"]),
    sets=st.lists(SET_ANSWERS, max_size=3).map(tuple),
    included=st.integers(0, 999),
    received=st.integers(0, 999),
    accepted=st.integers(0, 999),
    codes=st.lists(st.sampled_from(["3", "4", "5"]), max_size=3).map(tuple),
)
EVERY: dict[str, st.SearchStrategy[Any]] = {
    "order": ORDERS,
    "order_answer": ANSWERS,
    "ship_notice": NOTICES,
    "invoice": INVOICES,
    "price_catalog": CATALOGS,
    "inventory_snapshot": SNAPSHOTS,
    "remittance": REMITTANCES,
    "acknowledgement": ACKNOWLEDGEMENTS,
}
