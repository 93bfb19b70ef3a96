"""The last part of a road: the bill comes, accounts payable settles what differs, the ERP pays."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from masterdata.models import Role
from masterdata.rules.offers import round_money
from portal.demo.dice import Dice
from portal.demo.history_suppliers import bill_sent
from portal.demo.history_world import Road, World
from procurement.models import ExceptionCase, Invoice, PurchaseOrder, PurchaseOrderLine
from procurement.services.exceptions import exception_resolve
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_dispute, invoice_record_payment

R = ExceptionCase.Resolution
BILLS_WRONG_UNIT = "SUP-DELT"
"""Keeps billing boxes as single pieces: a cluster that somebody should take up with the supplier."""
RAISES_PRICES = "SUP-CROS"
"""Has raised prices without telling: another cluster."""
CLEAN = {
    "clean": 82,
    "price": 4,
    "unit": 1,
    "over": 2,
    "freight": 5,
    "tax": 1,
    "total": 1,
    "double": 1,
    "stranger": 1,
    "early": 2,
}
ODD_SUPPLIERS = {
    BILLS_WRONG_UNIT: {"clean": 50, "unit": 44, "freight": 6},
    RAISES_PRICES: {"clean": 52, "price": 44, "freight": 4},
    "SUP-NORR": {"clean": 55, "freight": 40, "price": 5},
}
Billed = Sequence[tuple[int, Decimal]]


def invoice_road(world: World, order_number: str, shipped: Billed, dice: Dice) -> Road:
    """One bill for one shipment: (order line number, order units) each."""
    order = PurchaseOrder.objects.select_related("supplier", "facility").get(number=order_number)
    if order.status in (PurchaseOrder.Status.CANCELLED, PurchaseOrder.Status.DRAFT):
        return
    if dice.choose("bill", sent=96, never=4) == "never":
        return
    how = dice.choose("invoice", **ODD_SUPPLIERS.get(order.supplier.code, CLEAN))
    if how != "early" and dice.choose("patience", waits=94, early=6) == "waits":
        # most suppliers bill what they know to have arrived
        yield dice.working(world.now + dice.days(1.5, 4))
    lines = {line.line_number: line for line in order.lines.select_related("item").filter(cancelled=False)}
    billed = [(lines[number], quantity) for number, quantity in shipped if number in lines]
    if not billed:
        return
    bill = _bill(world, order, billed, how, dice)
    row = bill_sent(world, order, bill)
    if row is None:
        return
    world.start(world.now, clearing_road(world, row.number, dice.child("clearing")))
    if how == "double":
        yield dice.working(world.now + dice.hours(4, 40))
        again = _renamed(bill, f"{bill.supplier_number}-A")
        second = bill_sent(world, order, again)
        if second:
            world.start(world.now, clearing_road(world, second.number, dice.child("clearing double")))
    if dice.choose("credit", no=97, yes=3) == "yes":
        yield dice.working(world.now + dice.days(2, 6))
        yield from _credit(world, order, billed[0], dice)


def _bill(
    world: World, order: PurchaseOrder, billed: Sequence[tuple[PurchaseOrderLine, Decimal]], how: str, dice: Dice
) -> InvoiceInput:
    lines = [
        _line(n, line, quantity, how if n == 1 else "clean", dice) for n, (line, quantity) in enumerate(billed, start=1)
    ]
    total = sum((round_money(line.quantity * line.unit_price) for line in lines), Decimal(0))
    charges = []
    if how == "freight":
        freight = dice.decimal(12, 65)
        charges.append({"code": "D240", "description": "FREIGHT", "amount": str(freight)})
        total += freight
    tax = round_money(total * Decimal("0.0725")) if how == "tax" else Decimal(0)
    if how == "total":
        total += dice.decimal(1, 30)
    number = f"{order.supplier.code[4:6]}{world.count(f'bill {order.supplier.code}') + 40210}"
    return InvoiceInput(
        supplier_number=number, order_number="PO-2019-000001" if how == "stranger" else order.number,
        invoice_date=world.now.date(), currency=order.currency, total=total + tax, tax=tax, charges=charges, lines=lines,
    )  # fmt: skip


def _line(n: int, line: PurchaseOrderLine, quantity: Decimal, how: str, dice: Dice) -> BilledLineInput:
    unit, price = line.unit, line.unit_price
    if how == "price":
        price = (price * (100 + dice.pick((4, 6, 8, 9))) / 100).quantize(Decimal("0.01"))
    if how == "unit" and line.item is not None and line.multiplier > 1:
        # the price of a whole pack, as if it were one piece's
        unit = line.item.base_unit
    if how == "over":
        quantity += max(Decimal(1), (quantity / 2).to_integral_value())
    return BilledLineInput(
        line_number=n, order_line_number=line.line_number, supplier_part=line.supplier_part, description=line.description,
        quantity=quantity, unit=unit, unit_price=price,
    )  # fmt: skip


def _renamed(bill: InvoiceInput, number: str) -> InvoiceInput:
    return InvoiceInput(
        supplier_number=number, order_number=bill.order_number, invoice_date=bill.invoice_date, currency=bill.currency,
        total=bill.total, lines=bill.lines, kind=bill.kind, tax=bill.tax, charges=bill.charges,
    )  # fmt: skip


def _credit(world: World, order: PurchaseOrder, billed: tuple[PurchaseOrderLine, Decimal], dice: Dice) -> Road:
    """A credit memo for one unit that was returned or broken."""
    line, _ = billed
    bill = InvoiceInput(
        supplier_number=f"CM{world.count('credit') + 7100}", order_number=order.number, invoice_date=world.now.date(),
        currency=order.currency, total=round_money(line.unit_price), kind=Invoice.Kind.CREDIT,
        lines=[
            BilledLineInput(
                line_number=1, order_line_number=line.line_number, supplier_part=line.supplier_part,
                description=line.description, quantity=Decimal(1), unit=line.unit, unit_price=line.unit_price,
            )
        ],
    )  # fmt: skip
    row = bill_sent(world, order, bill)
    if row:
        yield from clearing_road(world, row.number, dice)


def clearing_road(world: World, number: str, dice: Dice) -> Road:
    """From the match to the payment: differences are decided one by one, then the ERP takes the voucher and pays."""
    tries = 0
    while True:
        row = Invoice.objects.get(number=number)
        if row.status != Invoice.Status.EXCEPTION:
            break
        case = row.cases.filter(state="open").order_by("pk").first()
        if case is None or tries > 6:
            # somebody else is to act; looked at again every few days
            yield dice.working(world.now + dice.days(2, 5))
            tries += 1
            if tries > 12:
                return
            continue
        if dice.choose("attention", soon=86, neglected=14) == "neglected":
            yield dice.working(world.now + dice.days(6, 16))
        yield dice.working(world.now + dice.hours(3, 60))
        if tries == 0 and case.kind in ("price", "total") and dice.choose("dispute", no=92, yes=8) == "yes":
            invoice_dispute(
                actor=world.clerk(row.facility_id, Decimal(0)), number=number, reason="The supplier bills what was never agreed."
            )  # fmt: skip
            return
        _decide(world, case, dice)
        tries += 1
    if row.status not in (Invoice.Status.APPROVED, Invoice.Status.POSTED):
        return
    yield dice.working(world.now + dice.days(9, 21))
    row.refresh_from_db()
    if row.voucher_number:
        invoice_record_payment(actor=world.post, voucher_number=row.voucher_number, paid_on=world.now.date())


def _decide(world: World, case: ExceptionCase, dice: Dice) -> None:
    """One decision on one case, by whoever may take it."""
    case.refresh_from_db()
    if case.state != ExceptionCase.State.OPEN or case.invoice is None:
        return
    resolution = _resolution(case, dice)
    if case.queue == ExceptionCase.Queue.BUYER:
        actor = world.somebody(Role.BUYER, case.facility_id)
    else:
        actor = world.clerk(case.facility_id, case.amount if resolution == R.ACCEPT_VARIANCE else Decimal(0))
    reason = (
        dice.pick(("price_agreed", "contract_update", "small_amount")) if case.kind != "charges" else "freight_agreed"
    )
    exception_resolve(
        actor=actor, case_id=case.pk, resolution=resolution, reason_code=reason if resolution == R.ACCEPT_VARIANCE else "",
        comment={R.SEND_TO_BUYER: "Which price was agreed?", R.REQUEST_CREDIT: "Credit asked for by e-mail."}.get(resolution, ""),
    )  # fmt: skip


def _resolution(case: ExceptionCase, dice: Dice) -> R:
    kind = ExceptionCase.Kind(case.kind)
    if case.queue == ExceptionCase.Queue.BUYER:
        return R.ACCEPT_VARIANCE
    if kind == ExceptionCase.Kind.DUPLICATE:
        return R.VOID_INVOICE
    if kind == ExceptionCase.Kind.ORDER:
        return R.REJECT_INVOICE
    if kind == ExceptionCase.Kind.NOT_RECEIVED:
        return R.WAIT_FOR_RECEIPT
    if case.amount <= 0 or abs(case.amount) > 10000:
        return R.ACCEPT_VARIANCE if abs(case.amount) <= 10000 else R.REJECT_INVOICE
    drawn = dice.choose("resolution", accept=40, short=25, credit=15, buyer=15, reject=5)
    return {
        "accept": R.ACCEPT_VARIANCE, "short": R.SHORT_PAY, "credit": R.REQUEST_CREDIT, "buyer": R.SEND_TO_BUYER,
        "reject": R.REJECT_INVOICE,
    }[drawn]  # fmt: skip
