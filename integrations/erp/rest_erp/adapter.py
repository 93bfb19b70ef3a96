"""An ERP with a plain REST interface: documents are posted as JSON under our reference and answered with the ERP's number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Final
from urllib.parse import quote

from integrations.canonical import Document, Order, Receipt, Voucher
from integrations.erp.agreed import Agreed, NotAgreed, Types, each_once, strange
from integrations.erp.base import (
    COST_CENTER,
    ITEM,
    MASTER_VALUES,
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    PURCHASE_ORDER_CREATE,
    RECEIPT_POST,
    SUPPLIER,
    VOUCHER_POST,
    Budget,
    BudgetPage,
    Capabilities,
    Connection,
    Master,
    MasterPage,
    Outgoing,
    Payment,
    PaymentPage,
)
from integrations.erp.rest_erp.http import Got, exchange
from integrations.remote import Answer, Outcome, Strange

_PATHS: Final = {
    PURCHASE_ORDER_CREATE: "/purchase-orders",
    PURCHASE_ORDER_CANCEL: "/purchase-orders",
    RECEIPT_POST: "/receipts",
    VOUCHER_POST: "/vouchers",
}
_DOCUMENT: Final = Agreed(
    "document", {"erp_number": str, "reference": str},
    frozenset({"status", "version", "revision", "created_at", "total", "purchase_order"}),
)  # fmt: skip
_PAYMENT: Final = Agreed(
    "payment", {"reference": str, "erp_number": str, "status": str},
    frozenset({"cursor", "paid_on", "currency", "amount", "at"}),
)  # fmt: skip
_BUDGET: Final = Agreed(
    "budget", {"cost_center": str, "period": str, "budget": str, "committed": str, "actual": str},
    frozenset({"currency", "as_of"}),
)  # fmt: skip
_MASTERS: Final = {ITEM: "/items", SUPPLIER: "/suppliers", COST_CENTER: "/cost-centers"}
_NOT_SAID: Final = ("id", "number", "changed")
_CURSOR: Final[Types] = {"next": str, "more": bool}
_PAGE: Final = 100
_MASTERS_PAGE: Final = 2000
_LATEST_DAY: Final = date(9999, 12, 31)


class RestErp:
    """The adapter. `base_url` is an option, `token` a secret of the endpoint."""

    content_type = "application/json"
    capabilities = Capabilities(duplicates="server_unique", budgets=True, masters=frozenset(_MASTERS))

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def encode(self, message: Outgoing, document: Document) -> bytes:
        """The request body."""
        body: dict[str, Any]
        if message.topic == PURCHASE_ORDER_CANCEL:
            body = {}
        elif isinstance(document, Order):
            # a change is about the order that has our order number as its reference
            body = {**_order(document), **({"reference": message.order_number} if message.revision else {})}
        elif isinstance(document, Receipt):
            body = _receipt(document, message.erp_order_number)
        elif isinstance(document, Voucher):
            body = _voucher(document, message.erp_order_number)
        else:
            raise TypeError(f"This ERP takes no {type(document).__name__}.")
        return json.dumps({"reference": message.reference, **body}, sort_keys=True).encode()

    def send(self, message: Outgoing, payload: bytes) -> Answer:
        """Post the document; a cancellation of an order the ERP never had changes nothing and is done."""
        if message.topic == PURCHASE_ORDER_CHANGE:
            return self._change(message, payload)
        if message.topic != PURCHASE_ORDER_CANCEL:
            return _taken(message, self._call("POST", _PATHS[message.topic], payload))
        number = message.erp_order_number
        if not number:
            known = self._lookup(PURCHASE_ORDER_CREATE, message.order_number)
            if known.outcome == Outcome.MISSING:
                return Answer(outcome=Outcome.DELIVERED, detail="The ERP has no such order: nothing to cancel.")
            if known.outcome != Outcome.FOUND:
                return known
            number = known.reference
        got = self._call("POST", f"/purchase-orders/{quote(number, safe='')}/cancel", payload)
        return _named(got, Outcome.DELIVERED)

    def find(self, message: Outgoing) -> Answer:
        """Ask by reference. A cancelled order counts as found for its cancellation, one with a later revision for its change."""
        if message.topic == PURCHASE_ORDER_CHANGE:
            return self._lookup(PURCHASE_ORDER_CREATE, message.order_number, revision=message.revision)
        if message.topic != PURCHASE_ORDER_CANCEL:
            return self._lookup(message.topic, message.reference)
        return self._lookup(PURCHASE_ORDER_CREATE, message.order_number, status="cancelled")

    def payments(self, cursor: str) -> PaymentPage | Answer:
        """One page of payment changes after the cursor."""
        got = self._call("GET", f"/payments?since={quote(cursor, safe='')}&limit={_PAGE}")
        if got.failure:
            return got.failure
        try:
            drift = _page_of(got, "payment page", _CURSOR, [_PAYMENT.check(row) for row in got.body["results"]])
            rows = [_payment(row) for row in got.body["results"]]
            return PaymentPage(payments=rows, cursor=got.body["next"], more=got.body["more"], drift=drift)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            return _not_agreed(got, f"a payment page lacks or mangles {fault}")

    def budgets(self) -> BudgetPage | Answer:
        """Every cost center's budget, by period."""
        got = self._call("GET", "/budgets")
        if got.failure:
            return got.failure
        try:
            drift = _page_of(got, "budget page", {}, [_BUDGET.check(row) for row in got.body["results"]])
            return BudgetPage(budgets=[_budget(row) for row in got.body["results"]], drift=drift)
        except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
            return _not_agreed(got, f"a budget lacks or mangles {fault}")

    def masters(self, kind: str, cursor: str) -> MasterPage | Answer:
        """One page of records that changed after the cursor; the ERP numbers its changes."""
        got = self._call("GET", f"{_MASTERS[kind]}?since={quote(cursor, safe='')}&limit={_MASTERS_PAGE}")
        if got.failure:
            return got.failure
        try:
            known = MASTER_VALUES[kind].union(_NOT_SAID)
            rows = got.body["results"]
            beyond = [strange(kind, {name: row[name] for name in row.keys() - known}) for row in rows]
            drift = _page_of(got, f"page of {kind}s", _CURSOR, beyond)
            masters = [_master(row, known) for row in rows]
            return MasterPage(masters=masters, cursor=got.body["next"], more=got.body["more"], drift=drift)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            return _not_agreed(got, f"a page of {kind}s lacks or mangles {fault}")

    def health(self) -> Answer:
        """Ask for the health page, signed in as for everything else."""
        got = self._call("GET", "/health")
        return got.failure or Answer(outcome=Outcome.FOUND, status_code=got.status)

    def _change(self, message: Outgoing, payload: bytes) -> Answer:
        """Put the order's new state; the ERP takes a revision once, and none that is older than what it has."""
        number = message.erp_order_number
        if not number:
            known = self._lookup(PURCHASE_ORDER_CREATE, message.order_number)
            if known.outcome == Outcome.MISSING:
                words = f"The ERP has no order {message.order_number}: there is nothing to change."
                return Answer(outcome=Outcome.PERMANENT, detail=words, field="reference")
            if known.outcome != Outcome.FOUND:
                return known
            number = known.reference
        return _named(self._call("PUT", f"/purchase-orders/{quote(number, safe='')}", payload), Outcome.DELIVERED)

    def _lookup(self, topic: str, reference: str, status: str = "", revision: int = 0) -> Answer:
        got = self._call("GET", f"{_PATHS[topic]}?reference={quote(reference, safe='')}")
        if got.failure:
            return got.failure
        rows = got.body.get("results")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return _not_agreed(got, "a list of results is missing")
        rows = [row for row in rows if not status or row.get("status") == status]
        rows = [row for row in rows if not revision or int(row.get("revision") or 0) >= revision]
        if not rows:
            return Answer(outcome=Outcome.MISSING, status_code=got.status)
        return _named(Got(status=got.status, body=rows[0], raw=got.raw), Outcome.FOUND)

    def _call(self, method: str, path: str, content: bytes | None = None) -> Got:
        connection = self.connection
        return exchange(
            method, connection.option("base_url"), path, token=connection.secret("token"),
            deadline=connection.deadline, content=content,
        )  # fmt: skip


def _taken(message: Outgoing, got: Got) -> Answer:
    """The answer to a posted document: it must carry our reference back, and the ERP's number."""
    if got.failure is None and got.body.get("reference") != message.reference:
        return _not_agreed(got, "our reference is not in it")
    # the ERP answers a reference it knows with 200 and what it made the first time
    return _named(got, Outcome.FOUND if got.status == 200 else Outcome.DELIVERED)


def _named(got: Got, outcome: Outcome) -> Answer:
    if got.failure:
        return got.failure
    try:
        drift = _DOCUMENT.check(got.body)
    except NotAgreed as fault:
        return _not_agreed(got, str(fault))
    number: str = got.body["erp_number"]
    if not number.strip() or len(number) > 40:
        return _not_agreed(got, "erp_number is no number")
    return Answer(
        outcome=outcome, reference=number, status_code=got.status, raw=got.raw, raw_type="application/json", drift=drift
    )


def _not_agreed(got: Got, what: str) -> Answer:
    return Answer(
        outcome=Outcome.CONTRACT, status_code=got.status, raw=got.raw, raw_type="application/json",
        detail=f"The answer is not what was agreed: {what}.",
    )  # fmt: skip


def _payment(row: Mapping[str, Any]) -> Payment:
    paid_on = row["paid_on"]
    return Payment(
        reference=str(row["reference"]), voucher_number=str(row["erp_number"]), status=str(row["status"]),
        paid_on=min(date.fromisoformat(paid_on), _LATEST_DAY) if paid_on else None,
    )  # fmt: skip


def _page_of(got: Got, where: str, more: Types, rows: Iterable[tuple[Strange, ...]]) -> tuple[Strange, ...]:
    """What nobody knows of a page and its rows. Raises NotAgreed."""
    page = Agreed(where, {"results": list, **more}).check(got.body)
    return each_once(chain(page, *rows))


def _master(row: Mapping[str, Any], known: frozenset[str]) -> Master:
    """A record as it was said; only its id has to be there."""
    values = {name: "" if row[name] is None else str(row[name]) for name in row.keys() & known if name not in _NOT_SAID}
    return Master(external_id=str(row["id"] or ""), number=str(row.get("number") or ""), values=values)


def _budget(row: Mapping[str, Any]) -> Budget:
    return Budget(
        cost_center=row["cost_center"], period=row["period"], budget=Decimal(row["budget"]),
        committed=Decimal(row["committed"]), actual=Decimal(row["actual"]),
        as_of=datetime.fromisoformat(row["as_of"]) if row.get("as_of") else None,
    )  # fmt: skip


def _order(order: Order) -> dict[str, Any]:
    return {
        "supplier": order.supplier.identifiers["buyer"],
        "currency": order.currency,
        "ordered_on": order.issued_at.date().isoformat(),
        "revision": order.revision,
        "facility": order.buyer.identifiers.get("buyer", ""),
        "ship_to": order.ship_to.identifiers.get("buyer", ""),
        "requested_on": order.requested_date.isoformat() if order.requested_date else "",
        "urgent": order.urgent,
        "lines": [
            {
                "line_number": line.line_number,
                "item": line.identity.buyer_item,
                "description": line.description,
                "quantity": _text(line.quantity),
                "unit": line.unit,
                "unit_price": _text(line.unit_price),
                "expected_on": line.requested_date.isoformat() if line.requested_date else "",
                "cost_center": line.cost_center,
                "contract": line.contract_number,
            }
            for line in order.lines
        ],
    }


def _receipt(receipt: Receipt, erp_order: str) -> dict[str, Any]:
    return {
        "purchase_order": erp_order,
        "received_at": receipt.received_at.isoformat(),
        "reverses": receipt.reverses,
        "lines": [
            {
                "line_number": line.line_number,
                "quantity": _text(line.quantity),
                "unit": line.unit,
                "lot": line.lot,
                "expiry": line.expiry.isoformat() if line.expiry else None,
            }
            for line in receipt.lines
        ],
    }


def _voucher(voucher: Voucher, erp_order: str) -> dict[str, Any]:
    return {
        "supplier": voucher.supplier.identifiers["buyer"],
        "supplier_invoice": voucher.supplier_invoice_number,
        "purchase_order": erp_order,
        "currency": voucher.currency,
        "kind": voucher.kind,
        "invoice_date": voucher.invoice_date.isoformat() if voucher.invoice_date else "",
        "due_date": voucher.due_date.isoformat() if voucher.due_date else "",
        "total": _text(voucher.total),
        "tax": _text(voucher.tax),
        "charges": [
            {"code": charge.code, "description": charge.description, "amount": _text(charge.amount)}
            for charge in voucher.charges
        ],
        "lines": [
            {
                "line_number": line.line_number,
                "description": line.description,
                "quantity": _text(line.quantity),
                "unit": line.unit,
                "unit_price": _text(line.unit_price),
            }
            for line in voucher.lines
        ],
    }


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"
