from __future__ import annotations

import socket
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import InvoiceDoc, Order, OrderAnswer, ShipNotice
from integrations.ubl import UblReading, XmlError, document_bytes, read
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import DEEPEST, parse_tree, parse_xml
from tests.integrations.x12.samples import SAMPLES
from tests.integrations.x12.test_order import simple

SCHEMAS = SAMPLES.parent / "ubl-xsd-2.1"

ORDER = document_bytes(simple()).decode()


def codes(text: str) -> list[str]:
    return [finding.code for finding in read(text.encode(), schema_dir="").findings]


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
        '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>',
        '<?xml version="1.0"?><!-- <!DOCTYPE --><?x <!DOCTYPE ?><!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd">%x;]><a/>',
        "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1),
    ],
)
def test_hostile_xml_is_refused(hostile: str) -> None:
    with pytest.raises(XmlError, match="This XML is refused"):
        parse_xml(hostile.encode())


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<a>", b"<a></b>", b"<a>&x;</a>", b"\xff\xfe<", b'<?xml version="1.0" encoding="x"?><a/>']
)
def test_what_is_no_xml_is_refused_with_a_place(data: bytes) -> None:
    with pytest.raises(XmlError, match="no well-formed XML") as caught:
        parse_xml(data)
    assert 0 <= caught.value.offset <= len(data)


def test_xml_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.ubl.xml.LARGEST", 100)
    with pytest.raises(XmlError, match="larger than"):
        parse_xml(b"<a>" + b" " * 100 + b"</a>")
    monkeypatch.setattr("integrations.ubl.xml.LARGEST", 10_000)
    monkeypatch.setattr("integrations.ubl.xml.MOST_ELEMENTS", 10)
    with pytest.raises(XmlError, match="more than 10 elements"):
        parse_xml(b"<a>" + b"<b/>" * 20 + b"</a>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_type_does_not_hide_in_another_encoding(encoding: str) -> None:
    text = '<!DOCTYPE a [<!ENTITY x "y">]><a b="&x;">&x;</a>'
    with pytest.raises(XmlError, match="document type" if encoding == "utf-16" else "no well-formed XML"):
        parse_xml(text.encode(encoding))


def test_entities_do_not_grow_before_they_are_refused() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 1000}">{bomb}]><a b="&e11;">&e11;</a>'
    began = time.process_time()
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(XmlError):
            parse_xml(text.encode(encoding))
    assert time.process_time() - began < 2


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        place = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for text in (
            f'<!DOCTYPE a SYSTEM "{place}"><a/>',
            f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{place}"/></a>',
            f'<?xml-stylesheet href="{place}" type="text/xsl"?><a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a {place}"/>',
        ):
            for encoding in ("utf-8", "utf-16"):
                with suppress(XmlError):
                    parsed = parse_tree(text.encode(encoding))
                    list(schema_faults(parsed, SCHEMAS))
        if SCHEMAS.is_dir():
            text = ORDER.replace(
                "<Order ",
                f'<Order xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x {place}" ',
            )
            read(text.encode(), schema_dir=str(SCHEMAS))
        with pytest.raises(TimeoutError):
            server.accept()


def test_every_element_knows_its_byte_and_line() -> None:
    text = (
        "<?xml version='1.0'?>\n<!-- <no> -->\n<a x='>'><b\n/><![CDATA[<no>]]><?no <no>?>\n<ü:c xmlns:ü='u'>ü</ü:c><b>"
        "<b/></b></a>"
    )
    parsed = parse_tree(text.encode())
    begins = [parsed.nodes[n].offset for n in range(5)]
    assert [text.encode()[at:][:4] for at in begins] == [b"<a x", b"<b\n/", "<ü:".encode(), b"<b><", b"<b/>"]
    assert [node.line for node in parsed.nodes] == [3, 3, 5, 5, 5]
    assert [node.line for node in parse_tree(text.encode("utf-16")).nodes] == [3, 3, 5, 5, 5]
    assert parsed.nodes[0].text == "<no>\n"


def test_other_xml_is_no_ubl() -> None:
    with pytest.raises(XmlError, match="no UBL: its root is cXML"):
        read(b"<cXML/>")


def test_another_ubl_document_is_said() -> None:
    result = read(
        ORDER.replace("Order-2", "Quotation-2")
        .replace("<Order ", "<Quotation ")
        .replace("</Order>", "</Quotation>")
        .encode(),
        schema_dir="",
    )
    assert (result.kind, result.document, [f.code for f in result.findings]) == ("Quotation", None, ["unknown-set"])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<cbc:ID>PO-2026-000017</cbc:ID>", "", "missing-segment"),
        ("<cbc:IssueDate>2026-03-01</cbc:IssueDate>", "", "missing-segment"),
        ("2026-03-01<", "2026-02-30<", "bad-date"),
        ("10:15:00Z<", "25:15:00Z<", "bad-time"),
        (">12<", ">twelve<", "bad-number"),
        (">12<", ">NaN<", "bad-number"),
        (">12<", ">1E5<", "bad-number"),
        (">12<", ">-.<", "bad-number"),
        (">12<", ">\u0661\u0662<", "bad-number"),
        (' unitCode="XCS"', "", "unit-missing"),
    ],
)
def test_each_fault_is_found(old: str, new: str, code: str) -> None:
    assert old in ORDER
    assert code in codes(ORDER.replace(old, new))


def test_a_status_of_a_line_without_a_name_is_read_as_far_as_it_goes() -> None:
    text = (
        '<OrderResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2"><ID>R1</ID>'
        "<IssueDate>2026-03-01+01:00</IssueDate><OrderResponseCode>CA</OrderResponseCode><OrderReference><ID>PO-1</ID></OrderReference>"
        '<OrderLine><LineItem><ID>1</ID><LineStatusCode>{code}</LineStatusCode><Quantity unitCode="C62">5</Quantity></LineItem>{more}</OrderLine>'
        "</OrderResponse>"
    )

    def first(code: str, more: str = "") -> tuple[str, str, UblReading]:
        result = read(text.format(code=code, more=more).encode(), schema_dir="")
        assert isinstance(result.document, OrderAnswer)
        return result.document.lines[0].action, result.document.lines[0].unit, result

    assert first("5")[:2] == ("accepted", "EA")
    assert first("7")[0] == "rejected"
    assert first("3")[0] == "price_changed"
    assert first("3")[2].findings[0].code == "item-status"
    item = "<SellerSubstitutedLineItem><Item><SellersItemIdentification><ID>B</ID></SellersItemIdentification></Item></SellerSubstitutedLineItem>"
    assert first("3", item)[0] == "substituted"
    action, _, result = first("99")
    assert (action, result.broken) == ("rejected", True)


def ubl(kind: str, body: str) -> UblReading:
    return read(
        f'<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2">{body}</{kind}>'.encode(), schema_dir=""
    )


def response(code: str, *lines: str, more: str = "") -> UblReading:
    head = f"<ID>R1</ID><IssueDate>2026-03-01</IssueDate><OrderResponseCode>{code}</OrderResponseCode><OrderReference><ID>PO-1</ID></OrderReference>"
    return ubl("OrderResponse", head + more + "".join(f"<OrderLine>{line}</OrderLine>" for line in lines))


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("<LineItem><ID>1</ID><Quantity>5</Quantity></LineItem>", 1),
        (
            "<LineItem><ID>1</ID><Quantity>5</Quantity></LineItem><OrderLineReference><LineID>20</LineID></OrderLineReference>",
            20,
        ),
        (
            "<LineItem><ID>1</ID><Quantity>5</Quantity></LineItem><OrderLineReference><LineID>NA</LineID></OrderLineReference>",
            None,
        ),
    ],
)
def test_an_answered_line_is_the_one_that_is_referred_to(line: str, number: int | None) -> None:
    document = response("CA", line).document
    assert isinstance(document, OrderAnswer)
    assert [each.line_number for each in document.lines] == [number]


def test_the_receipt_of_an_order_is_not_its_acceptance() -> None:
    result = response("AB")
    assert (result.document, [each.code for each in result.findings]) == (None, ["received-only"])


@pytest.mark.parametrize(
    ("code", "quantities", "expected"),
    [
        ("5", "<Quantity>5</Quantity>", [("accepted", 5)]),
        ("5", "", [("accepted", None)]),
        ("7", "", [("rejected", None)]),
        ("3", "", []),
        ("5", "<MaximumBackorderQuantity>2</MaximumBackorderQuantity>", []),
        ("42", "<Quantity>5</Quantity>", [("accepted", 5)]),
        (
            "5",
            "<Quantity>3</Quantity><MaximumBackorderQuantity>2</MaximumBackorderQuantity>",
            [("accepted", 3), ("backordered", 2)],
        ),
        ("5", "<Quantity>0</Quantity><MaximumBackorderQuantity>5</MaximumBackorderQuantity>", [("backordered", 5)]),
        ("5", "<Quantity>5</Quantity><MaximumBackorderQuantity>0</MaximumBackorderQuantity>", [("accepted", 5)]),
    ],
)
def test_what_comes_later_is_a_back_order(code: str, quantities: str, expected: list[tuple[str, int | None]]) -> None:
    result = response("CA", f"<LineItem><ID>1</ID><LineStatusCode>{code}</LineStatusCode>{quantities}</LineItem>")
    assert isinstance(result.document, OrderAnswer)
    told = [(str(each.action), each.quantity and int(each.quantity)) for each in result.document.lines]
    assert told == expected
    assert result.broken == (not expected)


@pytest.mark.parametrize(
    ("code", "status"),
    [("AP", "accepted"), ("29", "accepted"), ("CA", "changed"), ("RE", "rejected"), ("27", "rejected")],
)
def test_each_verdict_on_an_order_has_its_meaning(code: str, status: str) -> None:
    document = response(code).document
    assert isinstance(document, OrderAnswer)
    assert document.status == status


@pytest.mark.parametrize(
    ("code", "action"), [("1", "accepted"), ("5", "accepted"), ("7", "rejected"), ("42", "accepted")]
)
def test_each_status_of_a_line_has_its_meaning(code: str, action: str) -> None:
    line = f"<LineItem><ID>1</ID><LineStatusCode>{code}</LineStatusCode><Quantity>5</Quantity></LineItem>"
    document = response("CA", line).document
    assert isinstance(document, OrderAnswer)
    assert [each.action for each in document.lines] == [action]


def test_a_price_may_be_for_several() -> None:
    price = "<Price><PriceAmount>425</PriceAmount><BaseQuantity>100</BaseQuantity></Price>"
    document = response("CA", f"<LineItem><ID>1</ID><Quantity>5</Quantity>{price}</LineItem>").document
    assert isinstance(document, OrderAnswer)
    assert document.lines[0].unit_price == Decimal("4.25")


@pytest.mark.parametrize(("code", "kind"), [("380", "invoice"), ("381", "credit"), ("384", "invoice"), ("", "invoice")])
def test_an_invoice_says_by_its_type_whether_it_is_a_credit(code: str, kind: str) -> None:
    line = '<InvoiceLine><ID>1</ID><InvoicedQuantity unitCode="EA">2</InvoicedQuantity><LineExtensionAmount>20</LineExtensionAmount></InvoiceLine>'
    named = f"<InvoiceTypeCode>{code}</InvoiceTypeCode>" if code else ""
    total = "<LegalMonetaryTotal><PayableAmount>20</PayableAmount></LegalMonetaryTotal>"
    document = ubl("Invoice", f"<ID>I1</ID><IssueDate>2026-03-01</IssueDate>{named}{total}{line}").document
    assert isinstance(document, InvoiceDoc)
    assert (document.kind, document.total) == (kind, 20)


def test_a_day_for_the_whole_order_counts_for_lines_without_one() -> None:
    period = "<Delivery><PromisedDeliveryPeriod><EndDate>{}</EndDate></PromisedDeliveryPeriod></Delivery>"
    lines = [
        f"<LineItem><ID>{n}</ID><Quantity>5</Quantity>{own}</LineItem>"
        for n, own in ((1, ""), (2, period.format("2026-04-02")))
    ]
    document = response("CA", *lines, more=period.format("2026-04-01")).document
    assert isinstance(document, OrderAnswer)
    assert [str(each.promised_date) for each in document.lines] == ["2026-04-01", "2026-04-02"]


def despatch(instances: str) -> UblReading:
    item = f"<Item><SellersItemIdentification><ID>A</ID></SellersItemIdentification>{instances}</Item>"
    order = "<OrderLineReference><LineID>1</LineID><OrderReference><ID>PO-1</ID></OrderReference></OrderLineReference>"
    line = f'<DespatchLine><ID>1</ID><DeliveredQuantity unitCode="EA">2</DeliveredQuantity>{order}{item}</DespatchLine>'
    return ubl("DespatchAdvice", f"<ID>S1</ID><IssueDate>2026-03-01</IssueDate>{line}")


def test_lot_expiry_serial_and_udi_of_a_shipped_item_are_read() -> None:
    result = despatch(
        '<ItemInstance><ProductTraceID schemeID="UDI">(01)10614141000415(10)L7</ProductTraceID><SerialID>S-1</SerialID>'
        "<LotIdentification><LotNumberID>L7</LotNumberID><ExpiryDate>2028-01-31</ExpiryDate></LotIdentification></ItemInstance>"
    )
    assert isinstance(result.document, ShipNotice)
    (line,) = result.document.lines
    assert (line.lot, str(line.expiry), line.serial) == ("L7", "2028-01-31", "S-1")
    assert (dict(line.identity.others), line.identity.supplier_part) == ({"UDI": "(01)10614141000415(10)L7"}, "A")
    assert result.findings == ()


def test_several_lots_under_one_quantity_are_found() -> None:
    lot = "<ItemInstance><LotIdentification><LotNumberID>{}</LotNumberID></LotIdentification></ItemInstance>"
    assert [each.code for each in despatch(lot.format("X") + lot.format("Y")).findings] == ["several-lots"]
    assert despatch(lot.format("X") * 2).findings == ()


def test_a_total_that_does_not_add_up_is_said_and_kept() -> None:
    text = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>I1</ID><IssueDate>2026-03-01</IssueDate>'
        "<LegalMonetaryTotal><PayableAmount>99</PayableAmount></LegalMonetaryTotal>"
        '<InvoiceLine><ID>1</ID><InvoicedQuantity unitCode="EA">2</InvoicedQuantity><LineExtensionAmount>20</LineExtensionAmount></InvoiceLine></Invoice>'
    )
    result = read(text.encode(), schema_dir="")
    assert isinstance(result.document, InvoiceDoc)
    assert (result.document.total, result.document.lines[0].unit_price) == (Decimal(99), Decimal(10))
    assert [f.code for f in result.findings] == ["total-differs"]


def test_what_was_paid_before_is_part_of_the_bill() -> None:
    text = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>I1</ID><IssueDate>2026-03-01</IssueDate>'
        "<LegalMonetaryTotal><PrepaidAmount>15.02</PrepaidAmount><PayableRoundingAmount>0.02</PayableRoundingAmount>"
        "<PayableAmount>5</PayableAmount></LegalMonetaryTotal>"
        '<InvoiceLine><ID>1</ID><InvoicedQuantity unitCode="EA">2</InvoicedQuantity><LineExtensionAmount>20</LineExtensionAmount></InvoiceLine></Invoice>'
    )
    result = read(text.encode(), schema_dir="")
    assert isinstance(result.document, InvoiceDoc)
    assert (result.document.total, list(result.findings)) == (Decimal(20), [])


@given(st.data())
def test_damaged_files_are_read_or_refused_and_never_crash(data: st.DataObject) -> None:
    raw = bytearray(ORDER.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))
    try:
        result = read(bytes(raw), schema_dir="")
    except XmlError:
        return
    assert isinstance(result.document, Order) or any(f.severity == "error" for f in result.findings)


needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"NO UBL SCHEMAS: {SCHEMAS} does not exist")


@needs_schemas
@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (
            "<cbc:IssueDate>2026-03-01<",
            "<cbc:IssueDate>2026-02-30<",
            "bad-date",
            "IssueDate is '2026-02-30', which is not a date.",
        ),
        (">12<", ">twelve<", "bad-number", "Quantity is 'twelve', which is not a decimal number."),
        (' unitCode="XCS"', ' unitCod="XCS"', "out-of-place", "Quantity must not have an attribute unitCod."),
        (' currencyID="USD"', "", "missing-element", "PriceAmount needs an attribute currencyID."),
        (
            "</cbc:IssueDate>",
            "</cbc:IssueDate><cbc:Colour/>",
            "out-of-place",
            "Colour stands in the wrong place; here belongs",
        ),
        ("<cbc:ID>PO-2026-000017</cbc:ID>", "", "out-of-place", "IssueDate stands in the wrong place; here belongs"),
    ],
)
def test_oasis_schemas_find_what_is_wrong_and_where(old: str, new: str, code: str, words: str) -> None:
    text = ORDER.replace(old, new)
    assert text != ORDER
    known = [finding for finding in schema_faults(parse_tree(text.encode()), SCHEMAS) if words in finding.message]
    assert [finding.code for finding in known[:1]] == [code]
    assert text.encode()[known[0].offset :].startswith(f"<cbc:{known[0].segment}".encode())
    assert "{" not in known[0].message
    assert known[0].severity == "warning"
    assert known[0] in read(text.encode(), schema_dir=str(SCHEMAS)).findings


@needs_schemas
def test_a_missing_last_element_is_said_of_its_parent() -> None:
    start, end = ORDER.index("<cac:OrderLine>"), ORDER.rindex("</cac:OrderLine>") + len("</cac:OrderLine>")
    text = ORDER[:start] + ORDER[end:]
    [finding] = schema_faults(parse_tree(text.encode()), SCHEMAS)
    assert (finding.code, finding.segment) == ("missing-segment", "Order")
    assert finding.message.startswith("Order ends too early; after its last element may follow Delivery or")


def test_a_folder_without_the_schema_is_said_and_stops_nothing(tmp_path: Path) -> None:
    result = read(ORDER.encode(), schema_dir=str(tmp_path / "nowhere"))
    assert [(finding.code, finding.severity) for finding in result.findings] == [("unchecked", "info")]
    assert result.document is not None
    (tmp_path / "UBL-Order-2.1.xsd").write_text("<schema/>")
    assert [finding.code for finding in read(ORDER.encode(), schema_dir=str(tmp_path)).findings] == ["unchecked"]
    assert read(ORDER.encode(), schema_dir="").findings == ()


def test_what_only_lines_and_amounts_say_counts_for_the_whole() -> None:
    line = (
        '<CreditNoteLine><ID>1</ID><CreditedQuantity unitCode="EA">2</CreditedQuantity><LineExtensionAmount currencyID="GBP">20</LineExtensionAmount>'
        "<BillingReference><InvoiceDocumentReference><ID>I-7</ID></InvoiceDocumentReference></BillingReference></CreditNoteLine>"
    )
    total = '<LegalMonetaryTotal><PayableAmount currencyID="GBP">20</PayableAmount></LegalMonetaryTotal>'
    credit = ubl("CreditNote", f"<ID>C1</ID><IssueDate>2026-03-01</IssueDate>{total}{line}").document
    assert isinstance(credit, InvoiceDoc)
    assert (credit.currency, credit.reference) == ("GBP", "I-7")
    text = ORDER.replace(
        "<cac:BuyerCustomerParty>", "<cac:Contract><cbc:ID>C-9</cbc:ID></cac:Contract><cac:BuyerCustomerParty>"
    )
    whole = read(text.encode(), schema_dir="").document
    own = read(text.replace("GPO-77", "").encode(), schema_dir="").document
    assert isinstance(whole, Order)
    assert isinstance(own, Order)
    assert (whole.lines[0].contract_number, own.lines[0].contract_number) == ("GPO-77", "C-9")
