"""What real files say, read by hand: ids, parties, days, lines, charges, tax and totals of documents in all three formats."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations import edi_desk
from integrations.canonical import AnswerLine, Document, InvoiceLine, OrderLine, ShipLine
from tests.integrations.x12.samples import SAMPLES

UBL, EN16931 = "ubl__raw_xml_UBL", "einvoicing-en16931__"
FIVE_LINES = [
    (1, "JB007", "1", "EA", "1273"),
    (5, "JB008", "-1", "EA", "3.96"),
    (3, "JB009", "2", "EA", "2.48"),
    (2, "JB010", "-1", "EA", "25"),
    (4, "JB011", "250", "EA", "0.75"),
]
FACTS: dict[str, dict[str, Any]] = {
    f"{UBL}-Invoice-2.1-Example.xml": {
        "number": "TOSL108", "invoice_date": "2009-12-15", "due_date": "2009-12-31", "order_number": "123", "currency": "EUR",
        "total": "1728.70", "tax": "292.20", "kind": "invoice", "charges": [("", "Packing cost", "100"), ("", "Promotion discount", "-100")],
        "supplier": ("Salescompany ltd.", {"ZZZ": "Supp123", "GLN": "1234567890123"}), "lines": FIVE_LINES,
    },
    f"{UBL}-Invoice-2.1-Example-Trivial.xml": {
        "number": "123", "currency": "CAD", "total": "100", "lines": [(None, "", "1", "", "100")],
    },
    f"{UBL}-CreditNote-2.0-Example.xml": {
        "number": "CN758494", "invoice_date": "2005-06-25", "kind": "credit", "currency": "GBP", "total": "107.50", "tax": "17.50",
        "reference": "A00095678", "buyer": ("IYT Corporation", {}), "lines": [(None, "17589683", "100", "KG", "1.00")],
    },
    f"{UBL}-Order-2.0-Example.xml": {
        "number": "AEG012345", "currency": "GBP", "requested_date": "2005-06-29", "notes": "('sample',)",
        "lines": [(1, "17589683", "100", "KG", "100")],
    },
    f"{UBL}-Order-2.1-Example.xml": {
        "number": "34", "currency": "SEK", "requested_date": "2010-02-25", "ship_to": ("Swedish trucking", {"GLN": "67654328394567"}),
        "lines": [(1, "SItemNo001", "120", "LT", "50"), (2, "SItemNo011", "15", "EA", "15")], "contracts": {"34322"},
    },
    f"{UBL}-DespatchAdvice-2.0-Example.xml": {
        "shipment_number": "565899", "orders": "('AEG012345',)", "ship_to": ("IYT Corporation", {}),
        "lines": [(1, "17589683", "90", "KG", "546378239", "2010-01-01")],
    },
    f"{EN16931}ubl_examples_ubl-tc434-example2.xml": {
        "order_number": "123", "due_date": "2013-07-20", "currency": "NOK", "total": "1801.78", "tax": "365.28",
        "charges": [("88", "Promotion discount", "-100"), ("", "Freight", "100")],
        "lines": [
            (1, "JB007", "2", "EA", "636.50"), (5, "JB008", "-1", "EA", "3.96"), (3, "JB009", "2", "EA", "2.48"),
            (2, "JB010", "-1", "EA", "25"), (None, "JB011", "250", "MR", "0.75"),
        ],
    },
    f"{EN16931}ubl_examples_ubl-tc434-example3.xml": {
        "due_date": "2013-05-10", "total": "2005", "tax": "305", "charges": [("", "Freight charge", "100")],
        "supplier": ("SubscriptionSeller", {"GLN": "1238764941386"}), "lines": [(None, "", "2", "EA", "400")] * 2,
    },
    f"{EN16931}ubl_examples_BIS3_Invoice_negativ.XML": {
        "kind": "credit", "total": "782179.43", "tax": "156435.89", "lines": [(None, "12345", "1", "KWH", "625743.54")],
        "supplier": ("Company A", {"0184": "DK12345678"}),
    },
    "edi__account_invoice_import_ubl_tests_files_UBLKetentest_Referentiefactuur_20150100.xml": {
        "number": "20150101", "due_date": "2015-02-16", "total": "475.20", "tax": "55.20",
        "lines": [(1, "BK0232", "1", "ZZ", "50"), (2, "BK3025", "2", "ZZ", "85"), (3, "SW4026", "1", "ZZ", "200")],
    },
    f"{EN16931}edifact_examples_EDIFACT_EXAMPLE2.TXT": {
        "number": "TOSL108", "invoice_date": "2013-06-30", "due_date": "2013-07-20", "order_number": "123", "currency": "NOK",
        "total": "1801.78", "tax": "365.28", "charges": [("95", "Promotion discount", "-100"), ("Freight", "", "100")],
        "supplier": ("Salescompany ltd.", {"GLN": "1238764941386"}), "buyer": ("The Buyercompany", {"GLN": "3456789012098"}),
        "lines": [*FIVE_LINES[:4], (4, "JB011", "250", "MR", "0.75")],
    },
    f"{EN16931}edifact_examples_EDIFACT_EXAMPLE0a.TXT": {"total": "22", "tax": "2", "lines": [(1, "166022", "2", "EA", "10")]},
    "smooks-edi-cartridge__edg_src_test_resources_invoic_invoic.txt": {
        "number": "539602", "order_number": "01671727", "currency": "GBP", "total": "362", "buyer": ("", {"GLN": "5708601000836"}),
        "lines": [(1, "V0370246", "5", "EA", "9.83"), (2, "", "2", "EA", "25")],
    },
    "pydifact__invoice1.edi": {
        "kind": "credit", "number": "1060113800026", "order_number": "X18V00003", "due_date": "1999-10-31", "total": "1960.29",
        "lines": [(None, "090346642", "54", "EA", "36.301724")],
    },
    "edi-tools__edi-tools-tests_resources_d96aORDERS_message.edi": {
        "number": "2738662", "currency": "EUR", "ship_to": ("Kramp Groep B.V.", {"GLN": "8716106053926"}),
        "lines": [
            (10, "ABC1234", "2", "EA", "117.84"), (15, "AB80", "6", "EA", "152.76"), (20, "CD90", "2", "EA", "66.2"),
            (25, "ABC-D-BL", "7", "EA", "36.82"),
        ],
    },
    "x12parser__ORD__865_FromMclaneCo.txt": {
        "order_number": "3249785", "status": "accepted", "answers": "change", "answered_on": "2010-08-17",
        "lines": [
            (52575, "489594", "accepted", "90", "22.97", "2010-09-03", ""),
            (54146, "736044", "accepted", "48", "49.39", "2010-09-03", ""),
            (54448, "818459", "accepted", "504", "38.75", "2010-09-03", "deleted as asked"),
            (54126, "730472", "accepted", "60", "13.65", "2010-09-03", ""),
            (54149, "760528", "accepted", "20", "61.79", "2010-09-03", ""),
            (53874, "718784", "accepted", "384", "38.75", "2010-09-03", ""),
            (53875, "718919", "accepted", "48", "38.75", "2010-09-03", ""),
        ],
    },
    "x12parser__ORD__865_FromAdvanceAutoParts.txt": {
        "order_number": "0025076", "status": "changed", "lines": [(None, "7040007", "accepted", "65", "1.76", None, "")],
    },
    "node-x12__855.edi": {
        "order_number": "POTEST1112", "status": "changed", "supplier_order_number": "60169126", "currency": "USD",
        "lines": [
            (1, "", "accepted", "3", "4.5", "2004-12-31", ""), (2, "", "rejected", "2", "15.99", "2007-10-09", ""),
            (3, "", "rejected", "1", "0", "2004-12-31", ""), (4, "", "accepted", "2", "4.5", "2004-12-31", ""),
        ],
    },
    "stupidedi__004010_SH856_fail_2.edi": {
        "shipment_number": "861554", "shipped_at": "2018-06-20 21:20:00+00:00", "orders": "('3D812906',)", "carrier": "MATL",
        "supplier": ("SUPPLIER ABC INC", {"buyer": "010020001-ABCINC"}), "lines": [(1, "C0355UCAD8", "40", "PC", "", None)],
    },
    "x12parser__ORD__850_Example3_Adobe_CLP.txt": {
        "number": "ANSI-X12-CLP", "currency": "USD", "buyer": ("SOLD TO", {"supplier": "Sold To ID"}), "ship_to": ("SHIP TO", {}),
        "lines": [(1, "1733880", "1", "EA", "157.50"), (2, "1733880", "1", "EA", "160")], "contracts": {"123456"},
    },
    "edi.net__x12.810a.edi": {
        "number": "DO091003TESTINV01", "order_number": "DO091003", "total": "365.96", "charges": [("G830", "", "6")],
        "lines": [(1, "ID001", "2", "EA", "99.99"), (2, "ID002", "2", "EA", "79.99")],
    },
    "x12parser__ORD__810_Example5_Walmart.txt": {
        "number": "6463367", "order_number": "3376103367", "total": "3875.30", "charges": [("I410", "", "-23.50")],
        "terms": "net 45 days", "lines": [(None, "001719653", "1080", "EA", "3.61")],
    },
}  # fmt: skip


def line_of(line: Any) -> tuple[Any, ...]:
    part = line.identity.supplier_part or line.identity.buyer_item
    if isinstance(line, ShipLine):
        return line.line_number, part, str(line.quantity), line.unit, line.lot, line.expiry and str(line.expiry)
    assert isinstance(line, (InvoiceLine, OrderLine, AnswerLine))
    price = None if line.unit_price is None else line.unit_price
    if isinstance(line, AnswerLine):
        promised = line.promised_date and str(line.promised_date)
        return line.line_number, part, line.action, line.quantity, price, promised, line.message
    return line.line_number, part, line.quantity, line.unit, price


def wanted(line: tuple[Any, ...]) -> tuple[Any, ...]:
    """Quantities and prices of the table as numbers, where `line_of` gives numbers."""
    numbers = {5: (2, 4), 6: (), 7: (3, 4)}[len(line)]
    return tuple(Decimal(each) if at in numbers else each for at, each in enumerate(line))


def said(document: Document, name: str) -> Any:
    if name == "contracts":
        return {line.contract_number for line in document.lines}  # type: ignore[union-attr]
    value = getattr(document, name)
    if name == "lines":
        return [line_of(line) for line in value]
    if name == "charges":
        return [(each.code, each.description, each.amount) for each in value]
    if name in ("supplier", "buyer", "ship_to"):
        return value.name, dict(value.identifiers)
    return value if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize("name", FACTS)
def test_a_real_file_says_what_a_person_reads_in_it(name: str) -> None:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"NO SAMPLE FILES: {SAMPLES} does not exist.")
    document = edi_desk.explain(path.read_bytes()).documents[0].document
    assert document is not None
    for field, expected in FACTS[name].items():
        if field == "lines":
            expected = [wanted(line) for line in expected]
        elif field == "charges":
            expected = [(code, words, Decimal(amount)) for code, words, amount in expected]
        elif field in ("total", "tax"):
            expected = Decimal(expected)
        assert said(document, field) == expected, field
