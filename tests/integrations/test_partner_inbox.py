"""The inbox obeys what was agreed: verdicts, own codes, duplicates, acknowledgements; it reads each partner's format; it tries what is not live."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import edifact, ubl, x12
from integrations.canonical import (
    AnswerLine,
    Document,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    Order,
    OrderAnswer,
    ShipLine,
    ShipNotice,
)
from integrations.edi_desk import explain
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.services import inbound_documents
from integrations.services.inbound_documents import document_apply, documents_apply
from integrations.services.inbox import ACKNOWLEDGED_WITHIN, file_accept
from integrations.services.polling import mailboxes_poll
from integrations.services.profiles import profile_of, profile_put
from integrations.x12 import Extra, Otherwise
from procurement.models import ExceptionCase, Invoice, PurchaseOrder, SupplierAnswer
from procurement.models import ShipNotice as Shipped
from procurement.services.purchase_orders import purchase_order_cancel
from tests.factories import D
from tests.integrations.test_changes import drop
from tests.integrations.test_inbox import answered, kept, leave, out_folder, renumbered
from tests.integrations.world import World
from tests.road import line, ordered

State = InboundMessage.State
GLOVE = ItemIdentity(supplier_part="ACME-GLOVE")


def agree(world: World, **habits: Any) -> Partner:
    partner = Partner.objects.select_related("supplier").get(pk=world.partner.pk)
    profile_put(partner, replace(profile_of(partner), **habits))
    partner.save()
    return partner


def states(world: World) -> list[tuple[str, str, str]]:
    return world.inbound()


# --- what was agreed --------------------------------------------------------------------------------------------------


def broken_count(content: bytes) -> bytes:
    at = content.index(b"\nSE*")
    return content[:at] + content[at:].replace(b"SE*", b"SE*9", 1)


def test_an_error_quarantines_unless_the_profile_accepts_it(world: World) -> None:
    answered(world)
    content = broken_count(kept(world, "855")["855"])
    leave(world, content)
    world.take_in()
    assert states(world) == [("855", State.QUARANTINED, "findings")]
    message = InboundMessage.objects.get(kind="855")
    assert "SE01 announces" in message.detail
    assert [finding["code"] for finding in message.findings if finding["severity"] == "error"] == ["se-count"]

    agree(world, verdicts={"se-count": "warn"})
    InboundMessage.objects.filter(kind="855").update(state=State.RECEIVED, due_at=timezone.now())
    documents_apply()
    assert states(world) == [("855", State.APPLIED, "")]
    assert SupplierAnswer.objects.count() == 1


def test_a_segment_that_was_agreed_must_be_there(world: World) -> None:
    answered(world)
    kept(world)
    agree(world, required=(Extra(transaction="810", segment="REF", qualifier="IA"),))
    leave(world, out_invoice(world))
    world.take_in()
    assert states(world) == [("810", State.QUARANTINED, "findings")]
    assert "must send REF*IA in a 810" in InboundMessage.objects.get(kind="810").detail


def out_invoice(world: World) -> bytes:
    order = PurchaseOrder.objects.get()
    document = InvoiceDoc(
        number="88123", order_number=order.number, invoice_date=date(2026, 11, 20), currency="USD", total=D("84.20"),
        lines=(InvoiceLine(line_number=1, identity=GLOVE, description="Glove", quantity=D(10), unit="BX", unit_price=D("8.42")),),
    )  # fmt: skip
    return written(world, document)


def written(world: World, document: Document, *, control: int = 501, usage: str = "P") -> bytes:
    partner = Partner.objects.get(pk=world.partner.pk)
    envelope = x12.Envelope(
        sender=(partner.qualifier, partner.identifier), receiver=(partner.our_qualifier, partner.our_id),
        interchange_control=control, group_control=control, at=datetime(2026, 11, 20, 9, tzinfo=UTC), usage=usage,
    )  # fmt: skip
    return x12.document_bytes(document, envelope)


def test_the_partners_own_codes_are_known(world: World) -> None:
    answered(world)
    content = kept(world, "855")["855"]
    leave(world, content.replace(b"*10*BX*", b"*10*QQ*").replace(b"*IA*10*BX", b"*IA*10*QQ"))
    agree(world, units={"QQ": "BX"})
    world.take_in()
    assert states(world) == [("855", State.APPLIED, "")]
    assert InboundMessage.objects.get(kind="855").findings == []
    assert SupplierAnswer.objects.get().lines.get().unit == "BX"


def test_duplicates_are_quarantined_or_processed_where_that_was_agreed(world: World) -> None:
    answered(world)
    content = kept(world, "856")["856"]
    agree(world, duplicates="quarantine")
    for name in ("a.x12", "b.x12"):
        leave(world, content, name)
        world.take_in()
    leave(world, renumbered(content), "c.x12")
    world.take_in()
    assert InboundMessage.objects.filter(parent=None, state=State.QUARANTINED, cause="same_file").count() == 1
    assert states(world)[1:] == [("856", State.QUARANTINED, "same_document")]
    agree(world, duplicates="process")
    leave(world, content.replace(b"BSN*00*", b"BSN*00*N"), "d.x12")
    world.take_in()
    assert states(world)[2:] == [("856", State.APPLIED, "")]
    leave(world, content, "e.x12")
    world.take_in()
    assert states(world)[3:] == [("856", State.DUPLICATE, "same_document")]
    assert Shipped.objects.count() == 2


def acknowledged(world: World) -> dict[str, int]:
    world.deliver()
    world.mailbox.once()
    result: dict[str, int] = world.mailbox.stats()["acknowledged"]
    return result


def test_an_acknowledgement_after_processing_tells_what_became_of_it(world: World) -> None:
    answered(world)
    files = kept(world, "855", "856")
    agree(world, acknowledge="after_processing")
    leave(world, files["856"], "a.x12")
    leave(world, files["855"].replace(b"BAK*00*AD*PO", b"BAK*00*AD*QO"), "b.x12")
    mailboxes_poll()
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()
    documents_apply()
    assert {kind: state for kind, state, _ in states(world)} == {"856": State.APPLIED, "855": State.FAILED}
    assert acknowledged(world) == {"A": 1, "R": 1}


def test_what_waits_for_its_order_holds_up_the_997_for_minutes_and_no_longer(world: World) -> None:
    answered(world)
    files = kept(world)
    agree(world, acknowledge="after_processing")
    leave(world, files["855"].replace(PurchaseOrder.objects.get().number.encode(), b"PO-2099-000001"), "a.x12")
    world.take_in()
    assert states(world) == [("855", State.PARKED, "order_unknown")]
    assert acknowledged(world) == {}

    InboundMessage.objects.update(
        received_at=timezone.now() - ACKNOWLEDGED_WITHIN - timedelta(seconds=1), due_at=timezone.now()
    )
    documents_apply()
    assert states(world) == [("855", State.PARKED, "order_unknown")]
    assert acknowledged(world) == {"A": 1}

    # what becomes of it in the end is told by people, and never by a second 997
    InboundMessage.objects.update(received_at=timezone.now() - timedelta(hours=2), due_at=timezone.now())
    documents_apply()
    assert states(world) == [("855", State.FAILED, "order_unknown")]
    assert acknowledged(world) == {"A": 1}


def test_what_killed_its_worker_is_acknowledged_after_processing_too(world: World) -> None:
    answered(world)
    agree(world, acknowledge="after_processing")
    leave(world, kept(world, "855")["855"])
    mailboxes_poll()
    [file] = InboundMessage.objects.filter(state=State.RECEIVED)
    document_apply(file)
    InboundMessage.objects.filter(kind="855").update(attempt_count=inbound_documents.MOST_CRASHES)
    documents_apply()
    assert states(world) == [("855", State.FAILED, "crashed")]
    assert acknowledged(world) == {"R": 1}


def test_who_wants_none_gets_no_acknowledgement(world: World) -> None:
    answered(world)
    agree(world, acknowledge="never")
    leave(world, kept(world, "855")["855"])
    world.take_in()
    assert states(world) == [("855", State.APPLIED, "")]
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()


def test_the_997_accepts_what_the_profile_accepts_and_refuses_what_it_quarantines(world: World) -> None:
    answered(world)
    agree(world, required=(Extra(transaction="855", segment="REF", qualifier="IA"),))
    leave(world, kept(world, "855")["855"])
    world.take_in()
    assert states(world) == [("855", State.QUARANTINED, "findings")]
    assert acknowledged(world) == {"R": 1}


def test_an_envelope_that_the_profile_quarantines_stops_its_documents(world: World) -> None:
    answered(world)
    leave(world, kept(world, "855")["855"].replace(b"IEA*1*", b"IEA*2*"))
    world.take_in()
    assert states(world) == [("855", State.QUARANTINED, "envelope")]
    assert "IEA01 announces 2 groups" in InboundMessage.objects.get(kind="855").detail


def test_orders_are_written_as_agreed(world: World) -> None:
    agree(world, units={"B1": "BX"}, buyer_item=("BP",), supplier_part=("VP",), version="005010")
    world.order()
    world.deliver()
    [path] = (world.mailbox.root / "ACME" / "in").glob("*.x12")
    text = path.read_text()
    assert "*10*B1*" in text
    assert "*VP*ACME-GLOVE*BP*GLOVE" in text
    assert "*00501*" in text


def test_one_document_may_be_agreed_otherwise(world: World) -> None:
    answered(world)
    files = kept(world, "855", "856")
    otherwise = {
        "855": Otherwise(verdicts={"se-count": "accept"}, acknowledge="never"), "850": Otherwise(version="005010", units={"B1": "BX"}),
    }  # fmt: skip
    agree(world, documents=otherwise)
    leave(world, broken_count(files["855"]), "a.x12")
    leave(world, broken_count(files["856"]), "b.x12")
    world.take_in()
    assert sorted(states(world)) == [("855", State.APPLIED, ""), ("856", State.QUARANTINED, "findings")]
    assert acknowledged(world) == {"R": 1}, "only the 856 is answered"
    world.order()
    world.deliver()
    last = sorted((world.mailbox.root / "ACME" / "in").glob("*PO.x12"))[-1].read_text()
    assert "*00501*" in last
    assert "*10*B1*" in last


def test_one_document_may_come_from_a_service_bureau(world: World) -> None:
    """Invoices under ids of their own: from whom they come, and where their 997 goes."""
    answered(world)
    answer = kept(world, "855")["855"]
    theirs, bureau = world.partner.identifier, "BUREAU"
    agree(world, documents={"810": Otherwise(their_id=bureau, their_group_id="BUR")})
    bill = out_invoice(world)

    def sent_by(content: bytes, whom: str) -> bytes:
        return content.replace(f"{theirs:<15}".encode(), f"{whom:<15}".encode())

    leave(world, bill, "a.x12")
    leave(world, sent_by(answer, bureau), "b.x12")
    world.take_in()
    assert sorted(states(world)) == [
        ("810", State.QUARANTINED, "wrong_sender"), ("855", State.QUARANTINED, "wrong_sender"),
    ]  # fmt: skip
    leave(world, sent_by(bill, bureau), "c.x12")
    leave(world, answer, "d.x12")
    world.take_in()
    assert sorted(states(world))[::2] == [("810", State.APPLIED, ""), ("855", State.APPLIED, "")]
    world.deliver()
    sent = [path.read_text() for path in (world.mailbox.root / "ACME" / "in").glob("*FA.x12")]
    receivers = {(text.split("*")[8].strip(), text.split("GS*")[1].split("*")[2]) for text in sent}
    assert receivers == {(bureau, "BUR"), (theirs, theirs)}


# --- statements -------------------------------------------------------------------------------------------------------


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was asked of the database, beside the borders of transactions."""
    borders = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(borders)]


def long_answer(order: str, lines: int) -> OrderAnswer:
    told = tuple(
        AnswerLine(line_number=1, identity=GLOVE, action="accepted", quantity=D(10), unit="BX", unit_price=D("8.42"))
        for _ in range(lines)
    )
    return OrderAnswer(
        order_number=order,
        status="accepted",
        lines=told,
        supplier_order_number="S1",
        answered_on=date(2026, 11, 20),
        currency="USD",
    )


def test_a_document_becomes_durable_rows_in_at_most_ten_statements(world: World) -> None:
    order = world.order()
    counts = {}
    for control, lines in ((601, 1), (602, 400)):
        content = written(world, long_answer(order.number, lines), control=control)
        partner = Partner.objects.select_related("supplier").get(pk=world.partner.pk)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            file_accept(partner=partner, name=f"{lines}.x12", content=content)
            message = inbound_documents._claim()
            assert message is not None
            document_apply(message)
        rows = statements(seen)
        assert len(rows) <= 10, "\n".join(row[:200] for row in rows)
        with CaptureQueriesContext(connection) as seen:
            documents_apply()
        counts[lines] = len(statements(seen))
    assert states(world) == [("855", State.APPLIED, "")] * 2
    assert counts[400] <= counts[1], counts


# --- formats ----------------------------------------------------------------------------------------------------------


def speaks(world: World, form: str) -> None:
    Partner.objects.filter(pk=world.partner.pk).update(format=form)


def in_edifact(world: World, document: Document, reference: str, *, test: bool = False) -> bytes:
    partner = Partner.objects.get(pk=world.partner.pk)
    envelope = edifact.EdifactEnvelope(
        sender=(partner.qualifier, partner.identifier), receiver=(partner.our_qualifier, partner.our_id),
        reference=reference, at=datetime(2026, 11, 20, 9, tzinfo=UTC), test=test,
    )  # fmt: skip
    return edifact.document_bytes(document, envelope)


def papers(order: str) -> list[Document]:
    return [
        long_answer(order, 1),
        ShipNotice(
            shipment_number="S-1", shipped_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
            lines=(ShipLine(order_number=order, line_number=1, identity=GLOVE, quantity=D(10), unit="BX", lot="L1"),),
        ),
        InvoiceDoc(
            number="88123", order_number=order, invoice_date=date(2026, 11, 20), currency="USD", total=D("84.20"),
            lines=(InvoiceLine(line_number=1, identity=GLOVE, description="Glove", quantity=D(10), unit="BX", unit_price=D("8.42")),),
        ),
    ]  # fmt: skip


KINDS = {
    "edifact": ["ORDRSP", "DESADV", "INVOIC"],
    "ubl": ["OrderResponse", "DespatchAdvice", "Invoice"],
}


@pytest.mark.parametrize("form", ["edifact", "ubl"])
def test_other_formats_do_the_same(world: World, form: str) -> None:
    speaks(world, form)
    order = world.order()
    world.deliver()
    [sent] = (world.mailbox.root / "ACME" / "in").iterdir()
    assert sent.suffix == {"edifact": ".edi", "ubl": ".xml"}[form]
    assert order.number.encode() in sent.read_bytes()
    assert Interchange.objects.get().acknowledgement == "not_expected"

    files = [
        ubl.document_bytes(each) if form == "ubl" else in_edifact(world, each, f"R{at}")
        for at, each in enumerate(papers(order.number), start=1)
    ]
    for at, content in enumerate(files):
        leave(world, content, f"{at}.in")
    world.take_in()
    assert states(world) == [(kind, State.APPLIED, "") for kind in KINDS[form]]
    order.refresh_from_db()
    assert order.acknowledgement == "accepted"
    assert (Shipped.objects.count(), Invoice.objects.get().source) == (1, form)
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()

    # the same file, the same reference with other content, the same document under a new reference
    leave(world, files[2], "again.in")
    leave(world, files[2].replace(b"8.42", b"9.42").replace(b"84.20", b"94.20").replace(b"84.2", b"94.2"), "other.in")
    if form == "edifact":
        leave(world, in_edifact(world, papers(order.number)[1], "R9"), "renumbered.in")
    else:
        leave(world, files[1] + b"<!-- the same -->", "renumbered.in")
    world.take_in()
    assert InboundMessage.objects.filter(parent=None, cause="same_file").count() == 1
    causes = {(cause, state) for _, state, cause in states(world)[3:]}
    assert ("control_number_reused", State.QUARANTINED) in causes
    assert causes & {("same_document", State.DUPLICATE), ("control_number_reused", State.QUARANTINED)}
    assert (Invoice.objects.count(), Shipped.objects.count()) == (1, 1)


def test_two_edifact_messages_of_one_file_are_two_documents(world: World) -> None:
    speaks(world, "edifact")
    order = world.order()
    one, other = papers(order.number)[:2]
    first, second = in_edifact(world, one, "R1"), in_edifact(world, other, "R2")
    leave(world, first + second.split(b"\n", 1)[1], "two.edi")
    world.take_in()
    assert [kind for kind, _, _ in states(world)] == ["ORDRSP", "DESADV"]
    assert {state for _, state, _ in states(world)} == {State.APPLIED}


def test_another_format_than_agreed_is_quarantined_and_said(world: World) -> None:
    order = world.order()
    leave(world, ubl.document_bytes(papers(order.number)[0]), "a.xml")
    world.take_in()
    file = InboundMessage.objects.get()
    assert (file.state, file.cause) == (State.QUARANTINED, "wrong_format")
    assert file.detail == "This file is UBL 2.1; X12 was agreed."


@pytest.mark.parametrize("form", ["edifact", "ubl"])
def test_changes_and_cancellations_reach_those_who_speak_other_formats(world: World, form: str) -> None:
    speaks(world, form)
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.deliver()
    drop(world, order, 2)
    purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=order.number, reason="not needed")
    world.deliver()
    files = sorted((world.mailbox.root / "ACME" / "in").iterdir())
    said = [explain(path.read_bytes(), profile_of(world.partner)).documents[0] for path in files]
    assert [(each.kind, each.findings) for each in said] == [(kind, ()) for kind in TOLD[form]]
    first, changed, cancelled = (each.document for each in said)
    assert isinstance(first, Order)
    assert isinstance(changed, Order)
    assert isinstance(cancelled, Order)
    assert {each.number for each in (first, changed, cancelled)} == {order.number}
    assert (changed.purpose, changed.revision, cancelled.purpose) == ("change", 1, "cancel")
    assert [each.quantity for each in changed.lines] == [D(10), D(0)]
    assert first.issued_at == changed.issued_at == cancelled.issued_at


def test_a_peppol_partner_is_told_orders_and_changes_by_its_rules(world: World) -> None:
    speaks(world, "ubl")
    world.partner.refresh_from_db()
    profile_put(
        world.partner,
        replace(
            profile_of(world.partner), ubl_profile="peppol", our_qualifier="0088", our_id="7300010000001", their_qualifier="0060",
            their_id="123456789", their_country="SE",
        ),
    )  # fmt: skip
    world.partner.save()
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.deliver()
    drop(world, order, 2)
    purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=order.number, reason="not needed")
    world.deliver()
    files = sorted((world.mailbox.root / "ACME" / "in").iterdir())
    told = [ubl.parse_xml(path.read_bytes()) for path in files]
    assert [each.name for each in told] == TOLD["ubl"]
    assert [each.value("CustomizationID").rsplit(":", 2)[1] for each in told] == [
        "order", "order_change", "order_cancellation"
    ]  # fmt: skip
    assert {each.value("BuyerCustomerParty/Party/EndpointID") for each in told} == {"7300010000001"}
    leave(world, ubl.document_bytes(long_answer(order.number, 1)))
    world.take_in()
    # that it is none of Peppol's is kept with the document
    assert states(world) == [("OrderResponse", State.APPLIED, "")]
    assert "customization" in {each["code"] for each in InboundMessage.objects.get(kind="OrderResponse").findings}


TOLD = {"edifact": ["ORDERS", "ORDCHG", "ORDCHG"], "ubl": ["Order", "OrderChange", "OrderCancellation"]}


@pytest.mark.parametrize(("told", "status", "cases"), [("true", "accepted", 0), ("false", "rejected", 1)])
def test_a_plain_yes_or_no_counts_for_every_line(world: World, told: str, status: str, cases: int) -> None:
    speaks(world, "ubl")
    order = world.order()
    leave(world, SIMPLE.format(number=order.number, told=told).encode())
    world.take_in()
    assert states(world) == [("OrderResponseSimple", State.APPLIED, "")]
    order.refresh_from_db()
    assert order.acknowledgement == status
    assert ExceptionCase.objects.filter(order=order, queue="buyer").count() == cases


def test_a_supplier_may_say_that_it_has_the_order_before_it_answers(world: World) -> None:
    speaks(world, "ubl")
    order = world.order()
    world.deliver()
    answer = ubl.document_bytes(long_answer(order.number, 1))
    received = answer.replace(b"ResponseCode>AP<", b"ResponseCode>AB<").replace(b"</cbc:ID>", b"-1</cbc:ID>", 1)
    leave(world, received)
    world.take_in()
    assert states(world) == [("OrderResponse", State.APPLIED, "")]
    order.refresh_from_db()
    assert (order.acknowledgement, order.supplier_dispatch) == ("none", "acknowledged")
    assert not SupplierAnswer.objects.exists()
    leave(world, answer)
    world.take_in()
    order.refresh_from_db()
    assert order.acknowledgement == "accepted"


def test_a_yes_to_a_line_need_not_repeat_its_quantity(world: World) -> None:
    speaks(world, "ubl")
    order = world.order()
    answer = ubl.document_bytes(long_answer(order.number, 1))
    leave(world, re.sub(rb"<cbc:Quantity[^>]*>[^<]*</cbc:Quantity>", b"", answer))
    world.take_in()
    assert states(world) == [("OrderResponse", State.APPLIED, "")]
    order.refresh_from_db()
    assert order.acknowledgement == "accepted"
    assert not ExceptionCase.objects.filter(order=order).exists()


def test_a_plain_no_after_a_change_is_about_the_change(world: World) -> None:
    speaks(world, "ubl")
    order = ordered(world.net, line(world.net), line(world.net, "SUTURE", "2"))
    world.deliver()
    drop(world, order, 2)
    world.deliver()
    leave(world, SIMPLE.format(number=order.number, told="false").encode())
    world.take_in()
    order.refresh_from_db()
    assert order.acknowledgement == "none"
    [case] = ExceptionCase.objects.filter(order=order, queue="buyer")
    assert "refuses the last change of this order" in case.explanation["sentence"]
    assert not SupplierAnswer.objects.get().lines.exists()


SIMPLE = """<OrderResponseSimple xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponseSimple-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>1</cbc:ID>
<cbc:IssueDate>2026-11-20</cbc:IssueDate><cbc:AcceptedIndicator>{told}</cbc:AcceptedIndicator>
<cac:OrderReference><cbc:ID>{number}</cbc:ID></cac:OrderReference><cac:SellerSupplierParty/><cac:BuyerCustomerParty/>
</OrderResponseSimple>"""


# --- stages -----------------------------------------------------------------------------------------------------------


def stage(world: World, document: str, stage: str, since: Any = None) -> None:
    PartnerDocument.objects.filter(partner=world.partner, document=document).update(stage=stage, live_at=since)


def nothing_happened() -> bool:
    return not (
        SupplierAnswer.objects.exists()
        or Shipped.objects.exists()
        or Invoice.objects.exists()
        or ExceptionCase.objects.exists()
    )


def test_what_is_in_the_sandbox_is_tried_and_taken_back(world: World) -> None:
    order = answered(world, "SIM:price_change@1")
    for document in ("order_answer", "ship_notice", "invoice"):
        stage(world, document, "sandbox")
    world.take_in()
    assert states(world) == [
        ("997", State.APPLIED, ""), ("855", State.SANDBOX, ""), ("856", State.SANDBOX, ""), ("810", State.SANDBOX, ""),
    ]  # fmt: skip
    assert nothing_happened()
    order.refresh_from_db()
    assert order.acknowledgement == "none"
    told = {row.kind: row.trial for row in InboundMessage.objects.filter(state=State.SANDBOX)}
    assert told["855"]["outcome"] == "applied"
    assert told["855"]["lines"][0]["line"] == "1"
    assert len(told["855"]["exceptions"]) == 1
    assert told["856"]["sentence"].endswith(f"would be expected for {order.number}.")
    assert "lot" in told["856"]["lines"][0]["effect"]
    assert told["810"]["exceptions"]
    assert f"for {order.number} would wait for a decision" in told["810"]["sentence"]
    assert OutboundMessage.objects.filter(topic="acknowledgement.send").count() == 3


def test_a_test_file_never_leaves_the_sandbox(world: World) -> None:
    order = world.order()
    leave(world, written(world, long_answer(order.number, 1), usage="T"), "a.x12")
    leave(world, written(world, long_answer("4711", 1), usage="T", control=502), "b.x12")
    world.take_in()
    assert states(world) == [("855", State.SANDBOX, ""), ("855", State.SANDBOX, "order_unknown")]
    assert nothing_happened()
    world.deliver()
    answers = Interchange.objects.filter(functional_id="FA")
    assert [(row.usage, row.control_number) for row in answers.order_by("control_number")] == [("T", 1), ("T", 2)]
    # the same numbers are free for business, where they are the first
    leave(world, written(world, long_answer(order.number, 1)), "c.x12")
    world.take_in()
    assert states(world)[2:] == [("855", State.APPLIED, "")]


def test_an_edifact_test_is_a_test(world: World) -> None:
    speaks(world, "edifact")
    order = world.order()
    leave(world, in_edifact(world, long_answer(order.number, 1), "R1", test=True))
    world.take_in()
    assert states(world) == [("ORDRSP", State.SANDBOX, "")]
    assert nothing_happened()


def test_what_is_off_is_set_aside_until_somebody_decides(world: World) -> None:
    order = world.order()
    stage(world, "order_answer", "off")
    leave(world, written(world, long_answer(order.number, 1)))
    world.take_in()
    assert states(world) == [("855", State.QUARANTINED, "not_agreed")]
    assert InboundMessage.objects.get(kind="855").detail == "Order answers are switched off for Acme."
    stage(world, "order_answer", "live", timezone.now())
    InboundMessage.objects.filter(kind="855").update(state=State.RECEIVED, due_at=timezone.now())
    documents_apply()
    assert states(world) == [("855", State.APPLIED, "")]


def test_live_begins_on_its_day(world: World) -> None:
    order = world.order()
    stage(world, "order_answer", "live", timezone.now() + timedelta(days=1))
    content = written(world, long_answer(order.number, 1))
    leave(world, content)
    world.take_in()
    assert states(world) == [("855", State.SANDBOX, "")]
    stage(world, "order_answer", "live", timezone.now() - timedelta(seconds=1))
    leave(world, content, "again.x12")
    world.take_in()
    assert states(world)[1:] == [("855", State.APPLIED, "")]


@pytest.mark.parametrize(("how", "told"), [("off", 0), ("sandbox", 0), ("later", 0), ("live", 1)])
def test_orders_go_out_from_the_day_they_are_live(world: World, how: str, told: int) -> None:
    since = timezone.now() + timedelta(days=1 if how == "later" else -1)
    stage(world, "order", "live" if how == "later" else how, since)
    order = world.order()
    assert OutboundMessage.objects.filter(endpoint=world.partner.endpoint).count() == told
    assert order.supplier_dispatch == ("none" if not told else order.supplier_dispatch)


def test_who_was_told_an_order_is_told_that_it_is_off(world: World) -> None:
    order = world.order()
    world.deliver()
    stage(world, "order", "off")
    later = world.order()
    for each in (order, later):
        purchase_order_cancel(actor=world.net.actor("buyer@NORTH"), number=each.number, reason="not needed")
    keys = OutboundMessage.objects.filter(endpoint=world.partner.endpoint).values_list("key", flat=True)
    assert set(keys) == {order.number, f"{order.number}:cancel"}


def test_a_file_that_nobody_can_read_is_no_dead_letter_in_the_sandbox(
    connect: Callable[..., World], tmp_path: Path
) -> None:
    world = connect()
    stage(world, "order_answer", "sandbox")
    order = answered(world)
    leave(world, kept(world, "855")["855"].replace(b"\nBAK*", b"\nBAX*"))
    world.take_in()
    assert states(world) == [("855", State.SANDBOX, "unreadable")]
    assert order.acknowledgement == "none"
    assert out_folder(world).exists()
