"""Whole stories with real processes: what must happen whoever dies on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from integrations.models import Attempt, InboundMessage, OutboundMessage
from procurement.models import ApprovalStep, Invoice, PurchaseOrder, Requisition, ShipNotice
from tests import road
from tests.flows.stack import Stack
from tests.integrations.world import World

pytestmark = pytest.mark.flow
State = OutboundMessage.State


def in_erp(orders: Iterable[PurchaseOrder]) -> bool:
    numbers = [order.number for order in orders]
    known = PurchaseOrder.objects.filter(number__in=numbers, erp_dispatch="acknowledged")
    return known.exclude(erp_number="").count() == len(numbers)


def copies(stack: Stack, kind: str, references: Iterable[str]) -> list[int]:
    counted = stack.erp("GET", "/_stats?references=1")[kind]["by_reference"]
    return [counted.get(reference, 0) for reference in references]


def test_the_story_over_http(world: World, stack: Stack, credentials: Path) -> None:
    done = stack.manage("story", "--url", stack.url, "--credentials", str(credentials), "--patience", "45")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "is paid on" in done.stdout
    verified = stack.manage("verify", "--json")
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["ok"]


def sign_in(stack: Stack, credentials: Path, role: str) -> httpx.Client:
    clients = {client["role"]: client for client in json.loads(credentials.read_text())["clients"]}
    given = {name: clients[role][name] for name in ("client_id", "client_secret")}
    answer = httpx.post(f"{stack.url}/oauth/token", data={"grant_type": "client_credentials", **given})
    return httpx.Client(
        base_url=f"{stack.url}/api/v1", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}, timeout=20
    )


def test_an_approval_without_redis_succeeds_and_is_delivered_when_it_returns(
    world: World, stack: Stack, credentials: Path
) -> None:
    row = requested(world)
    step = ApprovalStep.objects.get(requisition=row, state="pending")
    with sign_in(stack, credentials, "approver") as approver:
        stack.broker_stop()
        try:
            began = time.monotonic()
            answer = approver.post(f"/process/approvals/{step.pk}/decide", json={"decision": "approve"})
            took = time.monotonic() - began
        finally:
            stack.broker_start()
    assert (answer.status_code, took < 5) == (200, True), answer.text
    order = PurchaseOrder.objects.get(requisition=row)
    stack.until(lambda: in_erp([order]), "delivery after Redis returned", 40)


def requested(world: World) -> Requisition:
    """A requisition that waits for its approver."""
    return road.submitted(world.net)


def test_with_the_erp_down_everything_queues_and_drains_in_order(world: World, stack: Stack) -> None:
    stack.kill("erp")
    orders = [world.order(note="SIM:silent") for _ in range(6)]
    receipts = [world.receive(order) for order in orders]
    waits = OutboundMessage.objects.filter(endpoint=world.endpoint, state=State.RETRY)
    stack.until(waits.exists, "a failed try")
    stack.start("erp")
    stack.until(lambda: in_erp(orders), "the orders in the ERP", 60)
    posted = OutboundMessage.objects.filter(key__in=[r.number for r in receipts], state=State.DELIVERED)
    stack.until(lambda: posted.count() == len(receipts), "the receipts in the ERP", 60)
    for order, receipt in zip(orders, receipts, strict=True):
        first, second = world.to_erp(order.number), world.to_erp(receipt.number)
        assert first.delivered_at is not None
        assert second.delivered_at is not None
        assert first.delivered_at <= second.delivered_at
    assert copies(stack, "purchase_orders", [o.number for o in orders]) == [1] * 6
    assert copies(stack, "receipts", [r.number for r in receipts]) == [1] * 6


def test_a_supplier_that_is_away_answers_when_it_is_back(world: World, stack: Stack) -> None:
    stack.kill("supplier")
    order = world.order(note="SIM:accept")
    sent = PurchaseOrder.objects.filter(pk=order.pk, supplier_dispatch="sent")
    stack.until(sent.exists, "850 in the mailbox")
    stack.start("supplier")
    answered = PurchaseOrder.objects.filter(pk=order.pk, acknowledgement="accepted", supplier_dispatch="acknowledged")
    stack.until(answered.exists, "the supplier's answer")


def test_an_erp_that_drops_its_answers_has_every_order_once(world: World, stack: Stack) -> None:
    orders = []
    for _ in range(4):
        stack.erp(
            "POST", "/_control", {"mode": "drop_answer", "method": "POST", "path": "/purchase-orders", "count": 1}
        )
        orders.append(world.order(note="SIM:silent"))
    stack.until(lambda: in_erp(orders), "the orders in the ERP", 60)
    stack.erp("POST", "/_control", {"mode": "ok"})
    assert copies(stack, "purchase_orders", [o.number for o in orders]) == [1] * 4
    outcomes = set(
        Attempt.objects.filter(message__key__in=[o.number for o in orders]).values_list("outcome", flat=True)
    )
    assert {"unknown", "found"} <= outcomes


def test_a_worker_killed_while_the_erp_works_delivers_once(world: World, stack: Stack) -> None:
    stack.erp(
        "POST", "/_control", {"mode": "slow", "path": "/purchase-orders", "method": "POST", "seconds": 1.2, "count": 1}
    )
    order = world.order(note="SIM:silent")
    counted = OutboundMessage.objects.filter(
        key=order.number, endpoint=world.endpoint, state=State.IN_FLIGHT, attempt_count=1
    )
    stack.until(lambda: [f["count"] for f in stack.erp("GET", "/_control")["faults"]] == [0], "the request in the ERP")
    stack.kill("worker")
    assert counted.exists()
    stack.start("worker")
    stack.until(lambda: in_erp([order]), "the order in the ERP", 60)
    stack.erp("POST", "/_control", {"mode": "ok"})
    assert world.tries(order.number) == ["send crashed", "find found"]
    assert copies(stack, "purchase_orders", [order.number]) == [1]


def test_what_a_supplier_sends_twice_is_applied_once(world: World, stack: Stack) -> None:
    # another amount than other flows have: two invoices of one supplier, day and amount look like one billed twice
    order = world.order("7", note="SIM:duplicate")
    came = InboundMessage.objects.filter(parent=None, state=InboundMessage.State.DUPLICATE)
    before = came.count()
    world.receive(order, "7")
    paid = Invoice.objects.filter(order=order, status="paid")
    stack.until(paid.exists, "the payment", 60)
    stack.until(lambda: came.count() >= before + 2, "both duplicates")
    assert (ShipNotice.objects.filter(order=order).count(), Invoice.objects.filter(order=order).count()) == (1, 1)
    assert stack.erp("GET", "/_stats")["vouchers"]["doubled"] == []
