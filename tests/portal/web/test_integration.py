"""Messages, endpoints and what integration support decides, on screen; the bell."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.utils import timezone

from integrations.models import Attempt, Endpoint, InboundMessage, OutboundMessage, Payload
from masterdata.models import Role
from portal.web.payloads import indented, readable
from procurement.models import PurchaseOrder
from tests.factories import Network, make_user
from tests.road import ordered

EDI = (
    "ISA*00*          *00*          *ZZ*HOSPITAL       *ZZ*ACME           *261101*0900*U*00401*000000431*0*T*>~"
    "GS*PO*HOSPITAL*ACME*20261101*0900*431*X*004010~ST*850*0001~BEG*00*SA*PO-1**20261101~SE*3*0001~GE*1*431~IEA*1*000000431~"
)


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def erp(net: Network) -> Endpoint:
    net.users["support"] = make_user("support", (Role.INTEGRATION_SUPPORT, None))
    return Endpoint.objects.create(code="erp", name="Cloud ERP", kind="erp", adapter="rest_erp", duplicates="lookup")


def payload(content: str) -> Payload:
    raw = content.encode()
    return Payload.objects.create(sha256=hashlib.sha256(raw).hexdigest(), content=raw)


def outgoing(endpoint: Endpoint, order: PurchaseOrder, key: str = "k", **more: Any) -> OutboundMessage:
    given = {"state": "dead", "cause": "permanent", "detail": "unknown supplier ACME", "attempt_count": 1, **more}
    return OutboundMessage.objects.create(
        endpoint=endpoint, topic="purchase_order.create", document_kind="purchase_order", document_number=order.number,
        facility=order.facility, key=key, stream=order.number, trace_id=order.trace_id, due_at=timezone.now(), **given,
    )  # fmt: skip


def incoming(endpoint: Endpoint, order: PurchaseOrder, n: int = 1, **more: Any) -> InboundMessage:
    content, _ = Payload.objects.get_or_create(sha256="0" * 64, defaults={"content": EDI.encode()})
    return InboundMessage.objects.create(
        endpoint=endpoint, payload=content, position=n, facility=order.facility, control_number=f"{n:09}",
        document_kind="purchase_order", document_number=order.number, trace_id=order.trace_id, due_at=timezone.now(),
        **{"kind": "855", "state": "failed", "cause": "mapping", "detail": "line 7 is not on the order", **more},
    )  # fmt: skip


def test_both_lists_come_in_pages_with_few_statements(
    net: Network, erp: Endpoint, sign_in: Any, few_statements: Any
) -> None:
    order = ordered(net)
    mailbox = Endpoint.objects.create(
        code="acme", name="Acme mailbox", kind="supplier", adapter="folder", duplicates="none"
    )
    file = incoming(mailbox, order, 0, kind="", state="split")
    for n in range(1, 61):
        outgoing(erp, order, f"k{n}", state="delivered" if n % 2 else "dead")
        incoming(mailbox, order, n, parent=file, state="applied" if n % 2 else "failed")
    client = sign_in("support")
    for path, other in (("/messages/", "state=dead"), ("/messages/?direction=in", "state=failed")):
        with few_statements():
            page = text(client.get(path))
        assert page.count("<tr data-row>") == 50
        assert "after=" in page
        assert "30 unknown supplier ACME" not in page
        one = text(client.get(f"{path}{'&' if '?' in path else '?'}{other}"))
        assert page.count("<tr data-row>") > one.count("<tr data-row>") == 30
        assert 'aria-current="true"' in one
    assert text(client.get("/messages/?direction=in&endpoint=acme")).count("<tr data-row>") == 50
    assert text(client.get("/messages/?direction=in&endpoint=erp")).count("<tr data-row>") == 0
    more = client.get("/messages/?after=" + page.split("after=")[1].split('"')[0], headers={"HX-Request": "true"})
    assert "<main" not in text(more)


def test_a_message_shows_its_tries_and_what_was_sent(
    net: Network, erp: Endpoint, sign_in: Any, few_statements: Any
) -> None:
    message = outgoing(
        erp, ordered(net), payload=payload('{"number": "PO-1", "total": 84.20, "lines": [{"quantity": 10}]}')
    )
    Attempt.objects.create(
        message=message, number=1, started_at=timezone.now(), finished_at=timezone.now(), outcome="permanent",
        status_code=422, detail="supplier ACME is not known",
    )  # fmt: skip
    client = sign_in("support")
    with few_statements():
        page = text(client.get(f"/messages/{message.pk}/"))
    assert "Try 1: Refused for good (422)" in page
    assert "supplier ACME is not known" in page
    assert "84.20" in page
    assert "\n  &quot;lines&quot;: [" in page


def test_support_replays_a_dead_letter_and_others_do_not(net: Network, erp: Endpoint, sign_in: Any) -> None:
    message = outgoing(erp, ordered(net))
    decide = f"/messages/{message.pk}/decide/"
    for who, refusal in (("buyer@NORTH", 403), ("integration_support@EAST", 404)):
        assert sign_in(who).post(decide, {"choice": "replay", "reason": "x"}).status_code == refusal
    assert "Send again" not in text(sign_in("buyer@NORTH").get(f"/messages/{message.pk}/"))
    client = sign_in("support")
    assert client.post(decide, {"choice": "explode", "reason": "x"}).status_code == 404
    assert client.post(decide, {"choice": "replay", "reason": " "}).status_code == 422
    client.post(decide, {"choice": "replay", "reason": "supplier created in the ERP"})
    message.refresh_from_db()
    assert message.state == "queued"
    page = text(client.get(f"/messages/{message.pk}/"))
    assert "Decided to try it again" in page
    assert "supplier created in the ERP" in page
    assert client.post(decide, {"choice": "replay", "reason": "again"}).status_code == 409


def test_an_unknown_outcome_is_settled_with_the_number_of_the_erp(net: Network, erp: Endpoint, sign_in: Any) -> None:
    message = outgoing(erp, ordered(net), state="unknown", cause="")
    client = sign_in("support")
    page = text(client.get(f"/messages/{message.pk}/"))
    assert "It arrived" in page
    assert 'name="remote_reference"' in page
    client.post(
        f"/messages/{message.pk}/decide/",
        {"choice": "mark_delivered", "reason": "seen it", "remote_reference": "4500001"},
    )
    message.refresh_from_db()
    assert (message.state, message.remote_reference) == ("delivered", "4500001")


def test_a_received_document_is_read_segment_by_segment_and_again(
    net: Network, erp: Endpoint, sign_in: Any, few_statements: Any
) -> None:
    order = ordered(net)
    row = incoming(erp, order, findings=[{"message": "Line 7 is not on the order.", "position": 4, "element": 1}])
    client = sign_in("support")
    with few_statements():
        page = text(client.get(f"/messages/in/{row.pk}/"))
    assert "segment 4, element 1" in page
    assert '<b title="Order: purpose, type, number, date">BEG</b>' in page
    assert sign_in("buyer@NORTH").post(f"/messages/in/{row.pk}/replay/", {"reason": "x"}).status_code == 403
    client.post(f"/messages/in/{row.pk}/replay/", {"reason": "the order was changed"})
    row.refresh_from_db()
    assert row.state == "received"
    assert "the order was changed" in text(client.get(f"/messages/in/{row.pk}/"))


def test_endpoints_pause_and_resume(net: Network, erp: Endpoint, sign_in: Any, few_statements: Any) -> None:
    order = ordered(net)
    for n in range(60):
        Endpoint.objects.create(
            code=f"s{n}", name=f"Supplier {n}", kind="supplier", adapter="folder", duplicates="none"
        )
        outgoing(erp, order, f"k{n}", state="queued" if n % 2 else "dead")
    client = sign_in("support")
    with few_statements():
        page = text(client.get("/endpoints/"))
    # what needs a look is a tile, the others are a row each
    assert (page.count('class="endpoint '), page.count("<tr data-row>")) == (1, 60)
    assert "endpoint=erp&amp;state=dead" in page
    assert sign_in("buyer@NORTH").get("/endpoints/").status_code == 404
    assert sign_in("buyer@NORTH").post("/endpoints/erp/switch/", {"reason": "x"}).status_code == 403
    client.post("/endpoints/erp/switch/", {"do": "pause", "reason": "month end in the ERP"})
    erp.refresh_from_db()
    assert erp.paused
    page = text(client.get("/endpoints/"))
    assert "month end in the ERP" in page
    assert page.index("Cloud ERP") < page.index("Supplier 1")
    client.post("/endpoints/erp/switch/", {"do": "resume", "reason": "done"})
    erp.refresh_from_db()
    assert not erp.paused


def test_the_bell_tells_what_others_did(net: Network, sign_in: Any, few_statements: Any) -> None:
    order = ordered(net)
    client = sign_in("requester@NORTH")
    with few_statements(6):
        page = text(client.get("/notices/"))
    assert f"Order {order.number} was issued" in page
    assert "<html" not in page
    assert "Nothing new" in text(sign_in("requester@EAST").get("/notices/"))


def test_payloads_are_readable_and_never_rewritten() -> None:
    segments = readable(EDI).segments
    assert [s.name for s in segments] == ["ISA", "GS", "ST", "BEG", "SE", "GE", "IEA"]
    assert segments[3].elements == ["00", "SA", "PO-1", "", "20261101"]
    assert indented('{"a": 1.50, "b": [], "c": {"d": [1, {}]}, "e": "x, [y]: {z}"}') == (
        '{\n  "a": 1.50,\n  "b": [],\n  "c": {\n    "d": [\n      1,\n      {}\n    ]\n  },\n  "e": "x, [y]: {z}"\n}'
    )
    assert readable('{"broken": ').text == '{"broken": '
    assert readable("ISA").segments == []


def test_messages_are_ordered_kept_exported_and_told_apart_by_what_they_tell(
    net: Network, erp: Endpoint, sign_in: Any
) -> None:
    order = ordered(net)
    outgoing(erp, order, "a", detail="first")
    outgoing(erp, order, "b", detail="second")
    OutboundMessage.objects.filter(key="b").update(topic="purchase_order.change")
    client = sign_in("support")
    page = text(client.get("/messages/?sort=number")).split("<tbody")[1]
    assert page.index("first") < page.index("second")
    newest = text(client.get("/messages/")).split("<tbody")[1]
    assert newest.index("second") < newest.index("first")
    only = text(client.get("/messages/?topic=purchase_order.change"))
    assert "second" in only.split("<tbody")[1]
    assert "first" not in only.split("<tbody")[1]
    client.post("/views/messages/", {"act": "save", "name": "Changes", "here": "topic=purchase_order.change"})
    assert "Changes" in text(client.get("/messages/"))
    file = b"".join(client.get("/messages/?export=csv").streaming_content).decode()
    assert file.count("unknown supplier") == 0
    assert "Order change" in file


def test_messages_are_narrowed_to_why_they_stopped_and_whose_they_are(
    net: Network, erp: Endpoint, sign_in: Any
) -> None:
    here, there = ordered(net), ordered(net, facility="EAST")
    outgoing(erp, here, "a", detail="refused it")
    outgoing(erp, there, "b", detail="lost it", cause="crashed")
    outgoing(erp, here, "c", detail="told", cause="permanent", state="delivered")
    client = sign_in("support")
    page = text(client.get("/messages/"))
    for words in ("Worker died", "Refused", here.facility.name, there.facility.name):
        assert words in page.split("<tbody")[0]

    def listed(query: str) -> list[str]:
        rows = text(client.get(f"/messages/?{query}")).split("<tbody")[1]
        return [words for words in ("refused it", "lost it", "told") if words in rows]

    assert listed("cause=permanent") == ["refused it"], "what was delivered has no cause any more"
    assert listed("facility=EAST") == ["lost it"]
    assert listed("facility=NORTH&cause=permanent&state=dead") == ["refused it"]


def test_documents_of_one_cause_are_worked_on_again_from_their_page(net: Network, erp: Endpoint, sign_in: Any) -> None:
    order = ordered(net)
    for n in (1, 2):
        incoming(erp, order, n, state="failed", cause="order_unknown", detail="There is no such order.")
    client = sign_in("support")
    page = text(client.get("/messages/?direction=in"))
    href = page.split('cause-dead" href="')[1].split('"')[0].replace("&amp;", "&")
    group = text(client.get(href))
    assert "2 dead letters" in group
    assert "worked on again as they came" in group
    fields = dict(pair.split("=", 1) for pair in href.partition("?")[2].split("&"))
    posted = {name: unquote_plus(value) for name, value in fields.items()} | {"reason": "the order is back"}
    assert client.post("/messages/group/replay/", posted).status_code == 302
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"received"}
    assert client.post("/messages/group/replay/", posted).status_code == 409
