"""The road through the API, and what the API promises on every call."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portal.api.v1 import urls as v1
from procurement.models import Invoice, PurchaseOrder, Receipt, Requisition
from tests.factories import Network, make_network
from tests.portal.api.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def net() -> Network:
    return make_network()


def request_body(**extra: Any) -> dict[str, Any]:
    return {
        "facility": "NORTH", "location": "OR", "cost_center": "NORTH-OR",
        "lines": [{"item": "GLOVE", "quantity": "10", "unit": "BX"}, {"item": "SUTURE", "quantity": 2, "unit": "BX"}],
        **extra,
    }  # fmt: skip


def test_the_whole_road(net: Network) -> None:
    requester, approver = Api(net.users["requester@NORTH"]), Api(net.users["approver@NORTH"])
    receiver, clerk = Api(net.users["receiver@NORTH"]), Api(net.users["ap_clerk@NORTH"])
    made = requester.post("process/requisitions", request_body(), expect=201).json()
    assert made["status"] == "draft"
    assert [li["contract_check"] for li in made["lines"]] == ["on_contract", "on_contract"]
    number = made["number"]
    sent = requester.post(f"process/requisitions/{number}/submit", expect=200).json()
    assert (sent["status"], sent["total"]) == ("submitted", "192.20")
    [step] = approver.get("process/approvals").json()["results"]
    assert step["requisition"] == number
    decided = approver.post(f"process/approvals/{step['id']}/decide", {"decision": "approve"}, expect=200).json()
    assert decided["state"] == "approved"
    [order] = receiver.get("system/purchase-orders", requisition=number).json()["results"]
    assert (order["status"], order["total"]) == ("issued", "192.20")
    lines = [
        {"line_number": 1, "quantity": "10"},
        {"line_number": 2, "quantity": "2", "lot": "L1", "expiry": str(date.today() + timedelta(days=400))},
    ]
    receipt = receiver.post("process/receipts", {"order": order["number"], "lines": lines}, expect=201).json()
    assert receipt["order_status"] == "received"
    stock = receiver.get("system/stock", item="SUTURE").json()["results"]
    assert [(row["lot"], row["quantity"]) for row in stock] == [("L1", "72.0000")]
    bill = {
        "supplier": "ACME", "supplier_number": "88123", "order": order["number"], "invoice_date": str(date.today()),
        "currency": "USD", "total": "207.00",
        "lines": [
            {"line_number": 1, "order_line_number": 1, "quantity": "10", "unit": "BX", "unit_price": "9.90"},
            {"line_number": 2, "order_line_number": 2, "quantity": "2", "unit": "BX", "unit_price": "54.00"},
        ],
    }  # fmt: skip
    invoice = clerk.post("process/invoices", bill, expect=201).json()
    assert invoice["status"] == "exception"
    [case] = clerk.get("process/invoice-exceptions", invoice=invoice["number"]).json()["results"]
    assert (case["kind"], case["amount"]) == ("price", "14.80")
    path = f"process/invoice-exceptions/{case['id']}/resolve"
    clerk.post(path, {"resolution": "accept_variance", "reason_code": "price_agreed"}, expect=200)
    done = clerk.get(f"system/invoices/{invoice['number']}").json()
    assert (done["status"], done["approved_amount"]) == ("approved", "207.00")
    trace = clerk.get("experience/trace", q="88123").json()
    assert trace["trace_id"] == made["trace_id"]
    assert trace["hops"][0]["text"] == "Submitted for approval"
    home = clerk.get("experience/home").json()
    assert home["work"]
    assert all(card["count"] == 0 for card in home["work"])


def test_one_key_has_one_effect_and_one_answer(net: Network) -> None:
    requester = Api(net.users["requester@NORTH"])
    first = requester.post("process/requisitions", request_body(), key="abc", expect=201)
    again = requester.post("process/requisitions", request_body(), key="abc", expect=201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Requisition.objects.count() == 1
    other = requester.post("process/requisitions", request_body(urgent=True), key="abc", expect=422)
    assert other.json()["code"] == "key_reused"


def test_a_decision_asked_twice_with_one_key_is_answered_twice_alike(net: Network) -> None:
    requester, approver = Api(net.users["requester@NORTH"]), Api(net.users["approver@NORTH"])
    number = requester.post("process/requisitions", request_body(), expect=201).json()["number"]
    first = requester.post(f"process/requisitions/{number}/submit", key="s1", expect=200).json()
    assert requester.post(f"process/requisitions/{number}/submit", key="s1", expect=200).json() == first
    requester.post(f"process/requisitions/{number}/submit", key="s2", expect=409)
    [step] = approver.get("process/approvals").json()["results"]
    path = f"process/approvals/{step['id']}/decide"
    first = approver.post(path, {"decision": "approve"}, key="d1", expect=200).json()
    assert approver.post(path, {"decision": "approve"}, key="d1", expect=200).json() == first
    assert PurchaseOrder.objects.count() == 1


def test_a_key_belongs_to_its_caller(net: Network) -> None:
    Api(net.users["requester@NORTH"]).post("process/requisitions", request_body(), key="same", expect=201)
    other = Api(net.users["requester@EAST"])
    body = request_body(facility="EAST", cost_center="EAST-OR")
    assert other.post("process/requisitions", body, key="same", expect=201).json()["facility"] == "EAST"


def test_everything_wrong_is_said_at_once_with_its_place(net: Network) -> None:
    requester = Api(net.users["requester@NORTH"])
    body = request_body(
        lines=[{"item": "GLOVE", "quantity": "10", "unit": "PAL"}, {"item": "NOPE", "quantity": "1", "unit": "EA"}]
    )
    answer = requester.post("process/requisitions", body, expect=422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [f["field"] for f in answer.json()["findings"]] == ["lines.1.item"]
    elsewhere = requester.post("process/requisitions", {**body, "location": "NOWHERE"}, expect=422).json()["findings"]
    assert [f["field"] for f in elsewhere] == ["location", "lines.1.item"]
    body["lines"][1]["item"] = "GLOVE"
    found = requester.post("process/requisitions", body, expect=422).json()["findings"]
    assert [(f["field"], f["code"]) for f in found] == [("lines.0.unit", "unit_unknown")]
    missing = requester.post("process/requisitions", {"lines": [{}]}, expect=422).json()["findings"]
    assert {f["field"] for f in missing} >= {"facility", "lines.0.quantity", "lines.0.unit"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a": NaN}', "not a number"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": 1e999}', "digits"),
        (b"[" * 200_000, "nested too deeply"),
        (b"\xff", "UTF-8"),
        (b"{", "not valid JSON"),
    ],
)
def test_hostile_json_is_refused_in_words(net: Network, body: bytes, words: str) -> None:
    api = Api(net.users["requester@NORTH"])
    answer = api.http.post("/api/v1/process/requisitions", body, content_type="application/json", headers=api.headers)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_another_facility_gets_nothing(net: Network) -> None:
    requester, approver = Api(net.users["requester@NORTH"]), Api(net.users["approver@NORTH"])
    number = requester.post("process/requisitions", request_body(), expect=201).json()["number"]
    requester.post(f"process/requisitions/{number}/submit", expect=200)
    [step] = approver.get("process/approvals").json()["results"]
    foreign = Api(net.users["approver@EAST"])
    assert foreign.get(f"process/requisitions/{number}").status_code == 404
    assert foreign.get("process/approvals").json()["results"] == []
    assert foreign.post(f"process/approvals/{step['id']}/decide", {"decision": "approve"}).status_code == 404
    assert foreign.get("experience/trace", q=number).status_code == 404


def test_without_a_token_nothing_is_told() -> None:
    answer = Client().get("/api/v1/system/items")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="portal"')
    wrong = Client().get("/api/v1/system/items", headers={"Authorization": "Bearer nonsense"})
    assert wrong.json()["code"] == "authentication_failed"


def test_an_auditor_reads_all_and_changes_nothing(net: Network) -> None:
    auditor = Api(net.users["auditor@NORTH"])
    assert auditor.get("system/items").status_code == 200
    assert auditor.post("process/requisitions", request_body()).status_code == 403


def test_a_list_is_paged_by_keyset(net: Network) -> None:
    api = Api(net.users["requester@NORTH"])
    first = api.get("system/items", limit="2").json()
    assert len(first["results"]) == 2
    second = api.http.get(first["next"], headers=api.headers).json()
    assert (len(second["results"]), second["next"]) == (1, None)
    assert api.get("system/items", limit="9999").status_code == 422
    assert api.get("system/items", colour="red").json()["code"] == "filter_unknown"
    wrong = api.get("process/invoice-exceptions", state="opn", kind="prise").json()
    assert [(each["field"], each["code"]) for each in wrong["findings"]] == [
        ("kind", "filter_invalid"), ("state", "filter_invalid"),
    ]  # fmt: skip


def test_the_description_of_the_api_is_complete() -> None:
    schema = Client().get("/api/v1/schema").json()
    assert schema["openapi"].startswith("3.1")
    served = [f"/api/v1/{route.pattern}" for route in v1.urlpatterns]
    told = {re.sub(r"\{\w+\}", "{}", path) for path in schema["paths"]}
    assert {re.sub(r"<[^>]+>", "{}", path) for path in served} <= told


def test_the_same_receipt_key_posts_once(net: Network) -> None:
    requester, approver, receiver = (Api(net.users[f"{r}@NORTH"]) for r in ("requester", "approver", "receiver"))
    number = requester.post("process/requisitions", request_body(), expect=201).json()["number"]
    requester.post(f"process/requisitions/{number}/submit", expect=200)
    [step] = approver.get("process/approvals").json()["results"]
    approver.post(f"process/approvals/{step['id']}/decide", {"decision": "approve"}, expect=200)
    order = receiver.get("system/purchase-orders").json()["results"][0]["number"]
    body = {"order": order, "lines": [{"line_number": 1, "quantity": "10"}]}
    first = receiver.post("process/receipts", body, key="r1", expect=201).json()
    assert receiver.post("process/receipts", body, key="r1", expect=201).json() == first
    assert Receipt.objects.count() == 1
    over = receiver.post("process/receipts", body, expect=422).json()
    assert over["findings"][0]["code"] == "over_received"
    assert Invoice.objects.count() == 0
    assert PurchaseOrder.objects.get().lines.first().received_base == Decimal(1000)  # type: ignore[union-attr]
