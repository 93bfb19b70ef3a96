"""Tryton 8 by its REST interface, as a user application with a key.

Tryton keeps our reference but lets two documents have the same one, so this adapter looks first, and what has several steps goes on
from the step it finds. An order is a purchase with our number as its reference; its line numbers are the lines' sequence. A
receipt is a supplier shipment of the order's own open moves. A voucher is a supplier invoice: its reference is the supplier's
number, which Tryton keeps unique per supplier, its description ours. Amounts are read back and never assumed.

Options: base_url, database, company (its id, 1 where empty), units ("BX=BX,EA=u": our unit, then Tryton's symbol; others have the same
symbol), tax (id of the tax that billed tax is posted as). Secret: token, the application's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from integrations.canonical import Document, Order, Receipt, Voucher
from integrations.erp.agreed import NotAgreed
from integrations.erp.base import (
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    PURCHASE_ORDER_CREATE,
    RECEIPT_POST,
    Budget,
    BudgetPage,
    Capabilities,
    Connection,
    MasterPage,
    Outgoing,
    Payment,
    PaymentPage,
)
from integrations.erp.tryton import budgets, catalog, invoices, purchases, shipments
from integrations.erp.tryton.masters import Masters
from integrations.erp.tryton.wire import Row, Session, Stopped, encode
from integrations.remote import Answer, Outcome

_PAGE: Final = 100
_OVERLAP_SECONDS: Final = 120
_PAYMENT: Final = ("number", "state", "description", "reconciled", "write_date")


class Tryton:
    """The adapter."""

    content_type = "application/json"
    # a request nobody waited for was seen to take effect three seconds later; a loaded server takes longer
    capabilities = Capabilities(
        duplicates="lookup",
        quiet_seconds=30,
        answers_later=True,
        open_answers=False,
        cancels_confirmed=False,
        changes_confirmed=False,
        budgets=True,
        masters=catalog.KINDS,
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def encode(self, message: Outgoing, document: Document) -> bytes:
        """The document in Tryton's own values, with codes where Tryton has ids: those are looked up when it is sent."""
        if message.topic == PURCHASE_ORDER_CANCEL:
            body: Row = {}
        elif isinstance(document, Order):
            body = purchases.told(document)
        elif isinstance(document, Receipt):
            body = shipments.told(document)
        elif isinstance(document, Voucher):
            body = invoices.told(document)
        else:
            raise TypeError(f"This ERP takes no {type(document).__name__}.")
        return json.dumps({**body, "reference": message.reference}, sort_keys=True, default=encode).encode()

    def send(self, message: Outgoing, payload: bytes) -> Answer:
        """Go on from what is there under our reference, until it is done."""
        body = json.loads(payload)

        def go(session: Session) -> Answer:
            masters = Masters(session)
            if message.topic == PURCHASE_ORDER_CREATE:
                return purchases.put(session, masters, body)
            if message.topic == PURCHASE_ORDER_CHANGE:
                return purchases.change(session, body, message.order_number)
            if message.topic == PURCHASE_ORDER_CANCEL:
                return purchases.cancel(session, message.order_number)
            if message.topic == RECEIPT_POST:
                return shipments.post(session, masters, body, message.order_number)
            return invoices.post(session, masters, body, message.order_number)

        return self._asked(go)

    def find(self, message: Outgoing) -> Answer:
        """Ask by reference. What was begun and not finished is MISSING: sending goes on from there."""

        def go(session: Session) -> Answer:
            if message.topic == PURCHASE_ORDER_CREATE:
                return purchases.state(session, message.reference)
            if message.topic == PURCHASE_ORDER_CHANGE:
                # a change leaves no trace of its own: telling it looks whether the purchase says the same
                return Answer(outcome=Outcome.MISSING)
            if message.topic == PURCHASE_ORDER_CANCEL:
                return purchases.cancelled(session, message.order_number)
            if message.topic == RECEIPT_POST:
                return shipments.state(session, message.reference)
            return invoices.state(session, message.reference)

        return self._asked(go)

    def payments(self, cursor: str) -> PaymentPage | Answer:
        """Vouchers that changed since the cursor ("moment|id"). Two minutes are read again: Tryton dates a change when it begins."""
        pages: list[PaymentPage] = []

        def go(session: Session) -> Answer:
            pages.append(_page(session, cursor))
            return Answer(outcome=Outcome.FOUND)

        answer = self._asked(go)
        return pages[0] if pages else answer

    def budgets(self) -> BudgetPage | Answer:
        """What is budgeted and spent; see budgets."""
        found: list[Budget] = []

        def go(session: Session) -> Answer:
            found.extend(budgets.read(session))
            return Answer(outcome=Outcome.FOUND)

        answer = self._asked(go)
        return BudgetPage(budgets=found) if answer.outcome == Outcome.FOUND else answer

    def masters(self, kind: str, cursor: str) -> MasterPage | Answer:
        """Items and suppliers; see catalog."""
        pages: list[MasterPage] = []
        units = Masters(Session(self.connection)).symbols

        def go(session: Session) -> Answer:
            pages.append(catalog.page(session, kind, cursor, {theirs: ours for ours, theirs in units.items()}))
            return Answer(outcome=Outcome.FOUND)

        answer = self._asked(go)
        return pages[0] if pages else answer

    def health(self) -> Answer:
        """Read the company we buy for."""

        def go(session: Session) -> Answer:
            session.get("company.company", session.company, ["id"])
            return Answer(outcome=Outcome.FOUND)

        return self._asked(go)

    def _asked(self, go: Callable[[Session], Answer]) -> Answer:
        session = Session(self.connection)
        try:
            return go(session)
        except Stopped as stopped:
            return stopped.answer
        except (NotAgreed, KeyError, TypeError, AttributeError) as fault:
            said = (
                str(fault) if isinstance(fault, NotAgreed) else f"something is missing or of another type ({fault!r})"
            )
            return Answer(outcome=Outcome.CONTRACT, detail=f"The answer is not what was agreed: {said}.")


def _page(session: Session, cursor: str) -> PaymentPage:
    domain: list[Any] = [
        ["type", "=", "in"], ["company", "=", session.company], ["description", "!=", None],
        ["state", "in", ["posted", "paid"]], ["write_date", "!=", None],
    ]  # fmt: skip
    if cursor:
        domain.append(_after(cursor))
    rows = session.find("account.invoice", domain, _PAYMENT, order=[["write_date", "ASC"], ["id", "ASC"]], size=_PAGE)
    more = len(rows) == _PAGE
    payments = [
        Payment(
            reference=row["description"], voucher_number=row["number"] or "",
            status="paid" if row["state"] == "paid" else "scheduled",
            paid_on=(row["reconciled"] or row["write_date"].date()) if row["state"] == "paid" else None,
        )
        for row in rows
    ]  # fmt: skip
    last = f"{rows[-1]['write_date'].isoformat()}|{rows[-1]['id']}{'|more' if more else ''}" if rows else cursor
    return PaymentPage(payments=payments, cursor=last, more=more)


def _after(cursor: str) -> list[Any]:
    moment, number, *more = cursor.split("|")
    since = datetime.fromisoformat(moment)
    if more:
        return ["OR", ["write_date", ">", since], [["write_date", "=", since], ["id", ">", int(number)]]]
    return ["write_date", ">", datetime.fromtimestamp(since.timestamp() - _OVERLAP_SECONDS, since.tzinfo)]
