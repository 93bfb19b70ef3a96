"""The second half of a road: the supplier answers, ships and bills, the dock receives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from masterdata.models import Item, Role
from portal.demo.dice import Dice
from portal.demo.history_invoices import invoice_road
from portal.demo.history_suppliers import answer_said, shipment_said
from portal.demo.history_world import Road, World
from portal.demo.load_stock import lot_number
from procurement.models import ExceptionCase, PurchaseOrder, PurchaseOrderLine, ReceiptLine, ShipNotice
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.exceptions import exception_resolve
from procurement.services.purchase_orders import purchase_order_close, purchase_order_hold
from procurement.services.receipts import receipt_post, receipt_reverse
from procurement.services.supplier_answers import AnsweredLineInput, ShippedLineInput

S = PurchaseOrder.Status
R = ExceptionCase.Resolution


@dataclass(frozen=True)
class Coming:
    """What is on its way for one order line: quantity in order units, and the label on the box."""

    line: PurchaseOrderLine
    quantity: Decimal
    lot: str
    expiry: datetime | None


def order_road(world: World, number: str, dice: Dice) -> Road:
    """One issued order until everything came. What is issued in the last half hour is left to the living suppliers."""
    order = PurchaseOrder.objects.select_related("supplier", "facility").get(number=number)
    if dice.choose("supplier", speaks=97, silent=3, live=0) != "speaks":
        return
    lines = list(order.lines.select_related("item").order_by("line_number"))
    if world.partners.get(order.supplier_id) or dice.number(1, 3) > 1:
        yield dice.working(world.now + dice.hours(1, 26))
        yield from _answer(world, order, lines, dice)
        lines = list(order.lines.select_related("item").filter(cancelled=False).order_by("line_number"))
    if not lines:
        return
    if dice.choose("hold", no=99, yes=1) == "yes":
        purchase_order_hold(
            actor=world.somebody(Role.BUYER, order.facility_id), number=number, reason="The department may not need it any more."
        )  # fmt: skip
        return
    lead = max(1, ((order.expected_on or world.now.date()) - world.now.date()).days)
    late = dice.choose("delivery", on_time=80, late=14, never=6)
    if late == "never":
        return
    yield dice.working(
        world.now + dice.days(max(0.3, lead - 1.5), lead) + (dice.days(3, 12) if late == "late" else timedelta())
    )
    parts, wanting = _parts(lines, dice)
    coming = [_label(world, line, quantity, dice) for line, quantity in parts[0]]
    notice = _shipped(world, order, coming, dice)
    world.start(
        dice.working(world.now + dice.hours(1, 60)),
        invoice_road(world, number, [(c.line.line_number, c.quantity) for c in coming], dice.child("invoice")),
    )
    yield dice.working(world.now + dice.hours(16, 52))
    yield from _receive(world, order, coming, notice, dice)
    for part in parts[1:]:
        yield dice.working(world.now + dice.days(2, 8))
        rest = [_label(world, line, quantity, dice) for line, quantity in part]
        notice = _shipped(world, order, rest, dice)
        yield dice.working(world.now + dice.hours(10, 30))
        yield from _receive(world, order, rest, notice, dice)
        world.start(
            dice.working(world.now + dice.hours(1, 60)),
            invoice_road(world, number, [(c.line.line_number, c.quantity) for c in rest], dice.child("second invoice")),
        )
    if wanting and dice.choose("rest", awaited=50, given_up=50) == "given_up":
        yield dice.working(world.now + dice.days(2, 5))
        order.refresh_from_db()
        if order.status == S.PARTIALLY_RECEIVED:
            purchase_order_close(
                actor=world.somebody(Role.BUYER, order.facility_id), number=number,
                reason="The supplier cannot say when the rest comes; ordered elsewhere.",
            )  # fmt: skip


# --- what the supplier says ---------------------------------------------------------------------------------------------


def _answer(world: World, order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], dice: Dice) -> Road:
    order.refresh_from_db()
    if order.status != S.ISSUED:
        return
    said = dice.choose(
        "answer", accepted=78, backordered=6, price_changed=6, quantity_changed=3, substituted=3, rejected=3, date_changed=1
    )  # fmt: skip
    odd = dice.pick(lines)
    answer_said(
        world, order, [_answered(world, order, line, said if line == odd else "accepted", dice) for line in lines]
    )
    for case in ExceptionCase.objects.filter(order=order, kind="answer", state="open").order_by("pk"):
        decided = dice.choose("buyer", accept=70, refuse=18, later=12)
        if decided == "later":
            continue
        yield dice.working(world.now + dice.hours(2, 30))
        exception_resolve(
            actor=world.somebody(Role.BUYER, order.facility_id), case_id=case.pk,
            resolution=R.ACCEPT_ANSWER if decided == "accept" else R.REFUSE_ANSWER,
            comment="Agreed by phone." if decided == "accept" else "Too dear, we look elsewhere.",
        )  # fmt: skip


def _answered(
    world: World, order: PurchaseOrder, line: PurchaseOrderLine, action: str, dice: Dice
) -> AnsweredLineInput:
    soon = max(order.expected_on or world.now.date(), world.now.date() + timedelta(days=1))
    quantity, price = line.quantity, line.unit_price
    if action == "price_changed":
        price = (price * (100 + dice.pick((1, 4, 6, 8, 12))) / 100).quantize(Decimal("0.01"))
    if action == "quantity_changed":
        if quantity < 2:
            action = "accepted"
        quantity = (quantity / 2).to_integral_value() if quantity >= 2 else quantity
    if action in ("backordered", "date_changed"):
        soon += timedelta(days=dice.number(6, 18))
    return AnsweredLineInput(
        line_number=line.line_number, supplier_part=line.supplier_part, action=action, quantity=quantity, unit=line.unit,
        unit_price=price, promised_on=None if action == "rejected" else soon,
        substitute_part=f"{line.supplier_part}-S" if action == "substituted" else "",
    )  # fmt: skip


def _parts(
    lines: Sequence[PurchaseOrderLine], dice: Dice
) -> tuple[list[list[tuple[PurchaseOrderLine, Decimal]]], bool]:
    """How the goods come: at once, in two shipments, or in part; and whether the rest is left wanting."""
    whole = [(line, line.quantity) for line in lines]
    how = dice.choose("shipment", whole=86, two=9, short=5)
    first = [(line, (line.quantity / 2).to_integral_value() if line.quantity >= 2 else line.quantity) for line in lines]
    rest = [(line, line.quantity - quantity) for line, quantity in first if line.quantity > quantity]
    if how == "whole" or not rest:
        return [whole], False
    return ([first, rest], False) if how == "two" else ([first], True)


def _label(world: World, line: PurchaseOrderLine, quantity: Decimal, dice: Dice) -> Coming:
    item = line.item
    tracked = item is not None and item.lot_tracked
    dated = item is not None and item.expiry_tracked
    expiry = datetime.combine(world.now.date() + timedelta(days=dice.number(200, 900)), time(), UTC) if dated else None
    return Coming(line, quantity, lot_number(dice.chance) if tracked else "", expiry)


def _shipped(world: World, order: PurchaseOrder, coming: Sequence[Coming], dice: Dice) -> ShipNotice | None:
    if order.supplier_id not in world.partners or dice.choose("notice", sent=85, missing=15) == "missing":
        return None
    sscc = f"0085310{world.count('sscc'):010d}"
    return shipment_said(
        world, order, arrives=world.now.date() + timedelta(days=2),
        lines=[
            ShippedLineInput(
                line_number=c.line.line_number, supplier_part=c.line.supplier_part, quantity=c.quantity, unit=c.line.unit,
                lot=c.lot, expiry=c.expiry.date() if c.expiry else None, sscc=sscc,
            )
            for c in coming
        ],
    )  # fmt: skip


# --- what the dock does -------------------------------------------------------------------------------------------------


def _receive(
    world: World, order: PurchaseOrder, coming: Sequence[Coming], notice: ShipNotice | None, dice: Dice
) -> Road:
    """Receive what came; now and then some of it is damaged, or the receipt was entered wrongly and is taken back."""
    order.refresh_from_db()
    if order.status not in PurchaseOrder.RECEIVABLE:
        return
    receiver = world.somebody(Role.RECEIVER, order.facility_id, but=(order.created_by_id,))
    how = dice.choose("receipt", clean=90, damaged=6, wrong=2, reversed=2)
    lines = [entry for c in coming for entry in _received(c, how if c is coming[0] else "clean", dice)]
    receipt = receipt_post(
        actor=receiver, order_number=order.number, lines=lines, key=f"demo-{order.number}-{world.count('receipt')}",
        ship_notice=notice,
    )  # fmt: skip
    if how == "reversed":
        yield world.now + timedelta(minutes=dice.number(10, 50))
        receipt_reverse(actor=receiver, number=receipt.number, reason="Entered on the wrong order.")
        yield world.now + timedelta(minutes=dice.number(3, 20))
        again = [entry for c in coming for entry in _received(c, "clean", dice)]
        receipt_post(
            actor=receiver, order_number=order.number, lines=again, ship_notice=notice,
            key=f"demo-{order.number}-{world.count('receipt')}",
        )  # fmt: skip


def _received(coming: Coming, how: str, dice: Dice) -> list[ReceivedLine]:
    """The entries of one line: serial-tracked pieces one by one, some turned away where something is wrong."""
    line, item = coming.line, coming.line.item
    expiry = coming.expiry.date() if coming.expiry else None
    if item is not None and item.serial_tracked and line.multiplier == 1 and coming.quantity <= 8:
        return [
            ReceivedLine(
                line_number=line.line_number, quantity=Decimal(1), unit=line.unit, lot=coming.lot, expiry=expiry,
                serial=f"SN{dice.number(10**7, 10**8 - 1)}",
            )
            for _ in range(int(coming.quantity))
        ]  # fmt: skip
    bad = Decimal(0)
    if how in ("damaged", "wrong"):
        bad = Decimal(1) if coming.quantity > 1 else coming.quantity
    problem = {"damaged": ReceiptLine.Problem.DAMAGED, "wrong": ReceiptLine.Problem.WRONG_ITEM}.get(how, "")
    return [
        ReceivedLine(
            line_number=line.line_number, quantity=coming.quantity - bad, rejected=bad, problem=problem if bad else "",
            unit=line.unit, lot=coming.lot, expiry=expiry, serial=_serial(item, dice),
        )
    ]  # fmt: skip


def _serial(item: Item | None, dice: Dice) -> str:
    return f"SN{dice.number(10**7, 10**8 - 1)}" if item is not None and item.serial_tracked else ""
