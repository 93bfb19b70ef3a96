"""Whatever people, suppliers and ERPs do in whatever order, every invariant of `manage.py verify` holds after each act.

An act that is not possible now is refused with a DomainError, and then nothing of it stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.actors import Actor
from core.errors import DomainError
from core.invariants import offending
from integrations.services.service_actor import service_actor
from portal.management.commands.verify import INVARIANTS
from procurement.models import (
    ApprovalStep,
    BudgetFigure,
    ExceptionCase,
    Invoice,
    PurchaseOrder,
    Receipt,
    Requisition,
    RequisitionLine,
)
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.exceptions import exception_resolve, legal_actions
from procurement.services.invoices import (
    BilledLineInput,
    InvoiceInput,
    invoice_dispute,
    invoice_end_dispute,
    invoice_record_payment,
    invoice_record_voucher,
    invoice_register,
)
from procurement.services.purchase_orders import (
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_create,
    purchase_order_hold,
    purchase_order_issue,
    purchase_order_record_rejection,
    purchase_order_release,
    purchase_order_reopen,
)
from procurement.services.receipts import receipt_post, receipt_reverse
from procurement.services.requisitions import requisition_cancel
from procurement.services.sourcing import lines_waive
from procurement.services.supplier_answers import AnsweredLineInput, supplier_answer_record
from tests import road
from tests.factories import Network, make_network, put_stock
from tests.integrations.world import World

D = Decimal
boxes = st.integers(1, 12).map(D)
which = st.integers(0, 99)
FAR = date.today() + timedelta(days=400)


def where(model: Any, **found: Any) -> Callable[[Any], Any]:
    """A rule that only makes sense where there is such a document."""
    return precondition(lambda _: model.objects.filter(**found).exists())  # type: ignore[no-any-return]


class Road(RuleBasedStateMachine):
    """One hospital, two suppliers, a budget that stops; every rule is one act of somebody."""

    mailboxes: Path

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.count = 0
        self.net: Network = make_network()
        World(self.net, None, self.mailboxes)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def actor(self, role: str) -> Actor:
        return self.net.actor(f"{role}@NORTH")

    def act(self, service: Any, **arguments: Any) -> None:
        try:
            with transaction.atomic():
                service(**arguments)
        except DomainError:
            return

    def one_of(self, model: Any, index: int, **found: Any) -> Any:
        rows = list(model.objects.filter(**found).order_by("pk"))
        return rows[index % len(rows)] if rows else None

    @initialize(budget=st.sampled_from([D(900), D(100_000)]), stock=st.sampled_from([D(0), D(500)]))
    def opening(self, budget: Decimal, stock: Decimal) -> None:
        BudgetFigure.objects.create(
            cost_center=self.net.cost_centers["NORTH"], period=f"{date.today():%Y-%m}", amount=budget, committed=0, actual=0,
            hard_stop=True, as_of="2026-01-01T00:00Z",
        )  # fmt: skip
        for quantity in ("4", "12"):
            road.ordered(self.net, road.line(self.net, "GLOVE", quantity), road.line(self.net, "SUTURE", "2"))
        if stock:
            put_stock(self.net, "NORTH-STORE", "GLOVE", str(stock))

    @rule(gloves=boxes, sutures=boxes, drill=st.booleans())
    def ask(self, gloves: Decimal, sutures: Decimal, drill: bool) -> None:
        lines = [road.line(self.net, "GLOVE", str(gloves)), road.line(self.net, "SUTURE", str(sutures))]
        lines += [road.line(self.net, "DRILL", "1", "EA")] if drill else []
        self.act(lambda: road.submitted(self.net, *lines))

    @where(ApprovalStep, state="pending")
    @rule(
        index=which,
        decision=st.sampled_from(["approve", "approve", "approve", "return", "reject"]),
        lowered=st.booleans(),
    )
    def decide(self, index: int, decision: str, lowered: bool) -> None:
        if step := self.one_of(ApprovalStep, index, state="pending"):
            actor = self.net.actor("buyer@network") if step.network else self.actor("approver")
            self.act(
                approval_decide, actor=actor, step_id=step.pk, decision=decision, comment="because",
                line_quantities={1: D(1)} if lowered and decision == "approve" else None,
            )  # fmt: skip

    @where(Requisition, status__in=["draft", "submitted", "approved", "returned"])
    @rule(index=which)
    def call_off(self, index: int) -> None:
        if row := self.one_of(Requisition, index):
            self.act(requisition_cancel, actor=self.actor("requester"), number=row.number, reason="not needed")

    @where(PurchaseOrder, status__in=["issued", "partially_received", "on_hold"])
    @rule(index=which, line=st.integers(1, 3), quantity=boxes, rejected=st.sampled_from([D(0), D(0), D(1)]))
    def receive(self, index: int, line: int, quantity: Decimal, rejected: Decimal) -> None:
        if order := self.one_of(PurchaseOrder, index):
            self.count += 1
            came = ReceivedLine(
                line_number=line,
                quantity=quantity,
                rejected=rejected,
                problem="damaged" if rejected else "",
                lot="L1",
                expiry=FAR,
            )
            self.act(
                receipt_post,
                actor=self.actor("receiver"),
                order_number=order.number,
                lines=[came],
                key=f"k{self.count}",
            )

    @where(Receipt, status="posted")
    @rule(index=which)
    def take_back(self, index: int) -> None:
        if receipt := self.one_of(Receipt, index):
            self.act(receipt_reverse, actor=self.actor("receiver"), number=receipt.number, reason="wrong dock")

    @where(PurchaseOrder)
    @rule(
        index=which, line=st.integers(1, 3), quantity=boxes, unit=st.sampled_from(["BX", "EA", "CS"]),
        price=st.sampled_from(["8.42", "8.50", "54.00", "84.20", "0.0842"]), freight=st.sampled_from([D(0), D("30.00")]),
        kind=st.sampled_from(["invoice", "invoice", "credit"]),
    )  # fmt: skip
    def bill(
        self, index: int, line: int, quantity: Decimal, unit: str, price: str, freight: Decimal, kind: str
    ) -> None:
        if order := self.one_of(PurchaseOrder, index):
            self.count += 1
            lines = [
                BilledLineInput(
                    line_number=1, order_line_number=line, quantity=quantity, unit=unit, unit_price=D(price)
                )
            ]
            total = (quantity * D(price)).quantize(D("0.01")) + freight
            invoice = InvoiceInput(
                supplier_number=f"S{self.count}", order_number=order.number, invoice_date=date.today(), currency="USD", total=total,
                charges=[{"code": "freight", "amount": str(freight)}] if freight else [], lines=lines, kind=kind,
            )  # fmt: skip
            self.act(
                invoice_register, actor=self.actor("ap_clerk"), supplier=order.supplier, source="typed", invoice=invoice
            )

    @where(ExceptionCase, state__in=["open", "waiting"])
    @rule(index=which, choice=which)
    def clear(self, index: int, choice: int) -> None:
        case = list(ExceptionCase.objects.exclude(state="resolved").order_by("pk"))
        case = case[index % len(case)]
        actions = legal_actions(case)
        if actions:
            who = "ap_clerk" if case.queue == "ap" else case.queue
            self.act(
                exception_resolve, actor=self.actor(who), case_id=case.pk, resolution=actions[choice % len(actions)],
                reason_code="price_agreed", comment="agreed",
            )  # fmt: skip

    @where(PurchaseOrder)
    @rule(index=which, how=st.sampled_from(["hold", "release", "cancel", "close", "reopen"]))
    def buyer_decides(self, index: int, how: str) -> None:
        services = {
            "hold": purchase_order_hold, "release": purchase_order_release, "cancel": purchase_order_cancel,
            "close": purchase_order_close, "reopen": purchase_order_reopen,
        }  # fmt: skip
        if order := self.one_of(PurchaseOrder, index):
            why = {} if how == "release" else {"reason": "because"}
            self.act(services[how], actor=self.actor("buyer"), number=order.number, **why)

    @where(PurchaseOrder)
    @rule(
        index=which, line=st.integers(1, 3), price=st.sampled_from(["8.42", "8.45", "9.99", "7.00"]), quantity=boxes,
        action=st.sampled_from(["accepted", "price_changed", "quantity_changed", "rejected", "substituted", "backordered"]),
    )  # fmt: skip
    def supplier_answers(self, index: int, line: int, price: str, quantity: Decimal, action: str) -> None:
        if order := self.one_of(PurchaseOrder, index):
            self.count += 1
            answer = AnsweredLineInput(
                line_number=line, action=action, quantity=quantity, unit_price=D(price), promised_on=FAR
            )
            self.act(
                supplier_answer_record, actor=service_actor(), order_number=order.number, supplier_id=order.supplier_id,
                message_key=f"m{self.count}", status="changed", lines=[answer],
            )  # fmt: skip

    @where(RequisitionLine, fill="to_source")
    @rule(index=which, supplier=st.sampled_from(["ACME", "BETA", ""]))
    def source(self, index: int, supplier: str) -> None:
        if line := self.one_of(RequisitionLine, index, fill="to_source"):
            if not supplier:
                self.act(lines_waive, actor=self.actor("buyer"), line_ids=[line.pk], reason="not needed")
                return
            self.act(
                purchase_order_create,
                actor=self.actor("buyer"),
                line_ids=[line.pk],
                supplier=self.net.suppliers[supplier],
            )
            if draft := PurchaseOrder.objects.filter(status="draft").first():
                self.act(purchase_order_issue, actor=self.actor("buyer"), number=draft.number)

    @where(PurchaseOrder, status="issued")
    @rule(index=which)
    def erp_refuses(self, index: int) -> None:
        if order := self.one_of(PurchaseOrder, index, status="issued"):
            self.act(
                purchase_order_record_rejection, order_number=order.number, system="Main ERP", sentence="No such item."
            )

    @where(Invoice, status__in=["exception", "disputed"])
    @rule(index=which)
    def question_a_bill(self, index: int) -> None:
        if row := self.one_of(Invoice, index, status__in=["exception", "disputed"]):
            service = invoice_dispute if row.status == "exception" else invoice_end_dispute
            self.act(service, actor=self.actor("ap_clerk"), number=row.number, reason="asked")

    @where(Invoice, status__in=["approved", "posted"])
    @rule(index=which)
    def erp_pays(self, index: int) -> None:
        if row := self.one_of(Invoice, index, status__in=["approved", "posted"]):
            if row.status == "approved":
                self.act(invoice_record_voucher, actor=service_actor(), number=row.number, voucher_number=f"V{row.pk}")
            else:
                self.act(
                    invoice_record_payment,
                    actor=service_actor(),
                    voucher_number=row.voucher_number,
                    paid_on=date.today(),
                )

    @invariant()
    def everything_holds(self) -> None:
        assert {each.id: rows for each in INVARIANTS if (rows := offending(each))} == {}


@pytest.mark.django_db
def test_every_invariant_holds_whatever_is_done(tmp_path: Path) -> None:
    machine = type("Road", (Road,), {"mailboxes": tmp_path})
    examples = int(os.environ.get("ROAD_EXAMPLES", "8"))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
