"""An MMIS that takes files: each document is a file of fixed-width records in a managed folder, answered by an acknowledgement file.

The file of a document always has the same name, by its sequence number, and the same content: resending is leaving it again. The
MMIS takes a reference once. Until the acknowledgement is there, the document is PENDING.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.canonical import Document, Order, Receipt, Voucher
from integrations.erp.agreed import NotAgreed, each_once
from integrations.erp.base import (
    PURCHASE_ORDER_CANCEL,
    PURCHASE_ORDER_CHANGE,
    Budget,
    BudgetPage,
    Capabilities,
    Connection,
    MasterPage,
    Outgoing,
    Payment,
    PaymentPage,
)
from integrations.erp.flat_file import masters
from integrations.erp.flat_file.records import Record, file_of, moment, moment_read, read, written
from integrations.remote import Answer, Outcome, Strange
from integrations.transports.base import Access, Shelf, TransportError
from integrations.transports.folder import Folder
from integrations.transports.sftp import Sftp

_FILES_PER_PAGE: Final = 20
_ASK_AGAIN: Final = 5.0
_LEFT_AGAIN: Final = 10
"""Tries without an acknowledgement after which a file is left again, under its number."""
_LATEST_DAY: Final = date(9999, 12, 31)


class FlatFileErp:
    """The adapter. `folder` is an option of the endpoint: the name of the folder that the MMIS shares with us. With the option
    `transport` = `sftp` the folders are on an SFTP server, which the settings of that transport describe.

    A cursor of payments is the name of the last payment file that was read whole.
    """

    content_type = "text/plain; charset=iso-8859-1"
    capabilities = Capabilities(
        duplicates="server_unique", answers_later=True, budgets=True, masters=frozenset(masters.PREFIXES)
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def encode(self, message: Outgoing, document: Document) -> bytes:
        """The file. Raises ValueError for what the interface has no room for."""
        if message.topic == PURCHASE_ORDER_CANCEL:
            row = written(
                "PX", reference=message.reference, order=message.order_number, erp_order=message.erp_order_number
            )
            return file_of(message.sequence, "PX", [row], Decimal(0), Decimal(0))
        if isinstance(document, Order):
            return _change(message, document) if message.topic == PURCHASE_ORDER_CHANGE else _order(message, document)
        if isinstance(document, Receipt):
            return _receipt(message, document)
        if isinstance(document, Voucher):
            return _voucher(message, document)
        raise TypeError(f"This ERP takes no {type(document).__name__}.")

    def send(self, message: Outgoing, payload: bytes) -> Answer:
        """Leave the file unless it is there, and read the verdict if it is there."""
        return self._safely(lambda shelf: self._send(shelf, message, payload))

    def find(self, message: Outgoing) -> Answer:
        """The verdict; PENDING while the MMIS has the file and has not said anything; MISSING where it never had it."""
        return self._safely(lambda shelf: self._verdict(shelf, message) or Answer(outcome=Outcome.MISSING))

    def payments(self, cursor: str) -> PaymentPage | Answer:
        """The payment files after the one named by the cursor, in the order of their names. They stay where they are."""
        try:
            with closing(self._shelf()) as shelf:
                names = [file for file in shelf.waiting() if file.name.startswith("PAY") and file.name > cursor]
                rows: list[Payment] = []
                beyond: list[Strange] = []
                for file in names[:_FILES_PER_PAGE]:
                    _, records, unknown = read(shelf.read(file), "PH", "PT", "PY")
                    rows += [_payment(record) for record in records]
                    beyond += unknown
        except TransportError as fault:
            return _not_reached(fault)
        except NotAgreed as fault:
            return _not_agreed(fault, b"")
        last = names[:_FILES_PER_PAGE][-1].name if names else cursor
        more = len(names) > _FILES_PER_PAGE
        return PaymentPage(payments=rows, cursor=last, more=more, drift=each_once(beyond))

    def budgets(self) -> BudgetPage | Answer:
        """What the newest budget file says."""
        try:
            with closing(self._shelf()) as shelf:
                files = [file for file in shelf.waiting() if file.name.startswith("BUD")]
                if not files:
                    return BudgetPage(budgets=[])
                head, records, unknown = read(shelf.read(files[-1]), "BH", "BT", "BU")
            rows = [
                Budget(
                    cost_center=row.values["cost_center"], period=head.values["period"], budget=row.number("budget"),
                    committed=row.number("committed"), actual=row.number("actual"), as_of=moment_read(head.values["as_of"]),
                )
                for row in records
            ]  # fmt: skip
            return BudgetPage(budgets=rows, drift=each_once(unknown))
        except TransportError as fault:
            return _not_reached(fault)
        except NotAgreed as fault:
            return _not_agreed(fault, b"")

    def masters(self, kind: str, cursor: str) -> MasterPage | Answer:
        """The files of a kind after the one named by the cursor. They stay where they are."""
        try:
            with closing(self._shelf()) as shelf:
                return masters.page(shelf, kind, cursor)
        except TransportError as fault:
            return _not_reached(fault)
        except NotAgreed as fault:
            return _not_agreed(fault, b"")

    def health(self) -> Answer:
        """Whether files can be left."""

        def check(shelf: Shelf) -> Answer:
            shelf.check()
            return Answer(outcome=Outcome.FOUND)

        return self._safely(check)

    def _send(self, shelf: Shelf, message: Outgoing, payload: bytes) -> Answer:
        verdict = self._verdict(shelf, message)
        # an acknowledgement may be lost: what is left again is answered again, and taken only once
        again = verdict is not None and verdict.outcome == Outcome.PENDING and message.tries % _LEFT_AGAIN == 0
        if verdict is not None and not again:
            return verdict
        shelf.put(_name(message), payload)
        return _pending(message)

    def _verdict(self, shelf: Shelf, message: Outgoing) -> Answer | None:
        """What is known of the file; None where the MMIS does not have it and it must be left."""
        file = shelf.answer(_name(message, "ACK"))
        if file is None:
            return _pending(message) if shelf.has(_name(message)) else None
        content = shelf.read(file)
        try:
            head, records, unknown = read(content, "AH", "AT", "AR")
            if head.values["verdict"] == "E":
                # the file arrived damaged and had no effect: it is left again, under its number
                words = records[0].values["text"] if records else "The file was damaged."
                shelf.set_aside(file, _name(message, "ERR"))
                return Answer(
                    outcome=Outcome.TRANSIENT, detail=f"Sent again under the same number: {words}", raw=content
                )
            answer = _judged(message, records, content, unknown)
        except NotAgreed as fault:
            return _not_agreed(fault, content)
        shelf.set_aside(file)
        return answer

    def _safely(self, call: Callable[[Shelf], Answer]) -> Answer:
        try:
            with closing(self._shelf()) as shelf:
                return call(shelf)
        except TransportError as fault:
            return _not_reached(fault)

    def _shelf(self) -> Shelf:
        given = self.connection
        # telling takes up to three steps, which share the deadline
        access = Access(
            option=given.option, secret=given.secret, deadline=given.deadline / 3, name=given.option("folder"),
            folders=given.folders,
        )  # fmt: skip
        return Sftp.at(access) if given.option("transport") == "sftp" else Folder.at(access)


def _not_reached(fault: TransportError) -> Answer:
    return Answer(outcome=fault.outcome, detail=str(fault))


def _name(message: Outgoing, kind: str = "DAT") -> str:
    return f"MM{message.sequence:010}.{kind}"


def _pending(message: Outgoing) -> Answer:
    return Answer(
        outcome=Outcome.PENDING, retry_after=_ASK_AGAIN,
        detail=f"File {_name(message)} lies ready; its acknowledgement is not there yet.",
    )  # fmt: skip


def _judged(message: Outgoing, records: Sequence[Record], content: bytes, unknown: tuple[Strange, ...]) -> Answer:
    mine = [record for record in records if record.values["reference"] == message.reference]
    if len(mine) != 1:
        raise NotAgreed(f"the acknowledgement has {len(mine)} records of {message.reference}")
    values = mine[0].values
    if values["verdict"] == "R":
        return Answer(
            outcome=Outcome.PERMANENT, detail=f"{values['text']} [{values['code']}]", field=values["field"], drift=unknown,
            raw=content, raw_type="text/plain",
        )  # fmt: skip
    if values["verdict"] not in ("A", "K") or not values["number"]:
        raise NotAgreed("the acknowledgement names neither a number nor a reason")
    outcome = Outcome.FOUND if values["verdict"] == "K" else Outcome.DELIVERED
    return Answer(outcome=outcome, reference=values["number"], drift=unknown, raw=content, raw_type="text/plain")


def _not_agreed(fault: NotAgreed, content: bytes) -> Answer:
    return Answer(
        outcome=Outcome.CONTRACT,
        detail=f"The answer is not what was agreed: {fault}.",
        raw=content,
        raw_type="text/plain",
    )


def _payment(record: Record) -> Payment:
    paid_on = record.day("paid_on")
    return Payment(
        reference=record.values["reference"], voucher_number=record.values["number"],
        status=record.values["status"], paid_on=min(paid_on, _LATEST_DAY) if paid_on else None,
    )  # fmt: skip


def _order(message: Outgoing, order: Order) -> bytes:
    head = written(
        "PO", reference=message.reference, supplier=order.supplier.identifiers["buyer"], currency=order.currency,
        ordered_on=order.issued_at.date(), requested_on=order.requested_date,
        facility=order.buyer.identifiers.get("buyer", ""), ship_to=order.ship_to.identifiers.get("buyer", ""),
        urgent="Y" if order.urgent else "N",
    )  # fmt: skip
    return _ordering(message, "PO", head, order)


def _change(message: Outgoing, order: Order) -> bytes:
    head = written(
        "PC", reference=message.reference, order=message.order_number, erp_order=message.erp_order_number,
        revision=order.revision,
    )  # fmt: skip
    return _ordering(message, "PC", head, order)


def _ordering(message: Outgoing, kind: str, head: str, order: Order) -> bytes:
    lines = [
        written(
            "PL", line=line.line_number, item=line.identity.buyer_item, text=line.description, quantity=line.quantity,
            unit=line.unit, price=line.unit_price, cost_center=line.cost_center, contract=line.contract_number,
            expected_on=line.requested_date,
        )
        for line in order.lines
    ]  # fmt: skip
    quantities = sum((line.quantity for line in order.lines), Decimal(0))
    prices = sum((line.unit_price for line in order.lines), Decimal(0))
    return file_of(message.sequence, kind, [head, *lines], quantities, prices)


def _receipt(message: Outgoing, receipt: Receipt) -> bytes:
    head = written(
        "GR", reference=message.reference, erp_order=message.erp_order_number,
        received_at=moment(receipt.received_at), reverses=receipt.reverses,
    )  # fmt: skip
    lines = [
        written("GL", line=line.line_number, quantity=line.quantity, unit=line.unit, lot=line.lot, expiry=line.expiry)
        for line in receipt.lines
    ]
    quantities = sum((line.quantity for line in receipt.lines), Decimal(0))
    return file_of(message.sequence, "GR", [head, *lines], quantities, Decimal(0))


def _voucher(message: Outgoing, voucher: Voucher) -> bytes:
    head = written(
        "VO", reference=message.reference, supplier=voucher.supplier.identifiers["buyer"],
        invoice=voucher.supplier_invoice_number, erp_order=message.erp_order_number, currency=voucher.currency,
        kind="C" if voucher.kind == "credit" else "I", invoiced_on=voucher.invoice_date, due_on=voucher.due_date,
        total=voucher.total, tax=voucher.tax,
    )  # fmt: skip
    charges = [written("VC", code=c.code, text=c.description, amount=c.amount) for c in voucher.charges]
    lines = [
        written(
            "VL", line=line.line_number, text=line.description, quantity=line.quantity, unit=line.unit, price=line.unit_price
        )
        for line in voucher.lines
    ]  # fmt: skip
    quantities = sum((line.quantity for line in voucher.lines), Decimal(0))
    amounts = voucher.total + sum((c.amount for c in voucher.charges), Decimal(0))
    return file_of(message.sequence, "VO", [head, *charges, *lines], quantities, amounts)
