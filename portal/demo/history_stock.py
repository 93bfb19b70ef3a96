"""What departments use up: every month some of what lies in their cupboards, first expiry first."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from core.audit import acting
from inventory.models import Lot, StockBalance, StockMove
from inventory.services.ledger import Move, stock_post
from masterdata.models import Facility, Location, Role
from portal.demo.dice import Dice
from portal.demo.history_world import Road, World

EVERY = timedelta(days=26)


def usage_road(world: World, facility: Facility, dice: Dice) -> Road:
    """Use up some of a facility's stock until today."""
    clerk = world.somebody(Role.STOCK_CLERK, facility.pk)
    used = world.locations[(facility.code, "OUT-USE")]
    while True:
        moves = _used(facility, used, dice)
        with acting(actor=clerk, reason="usage of the last days"):
            stock_post(moves, actor_id=clerk.user_id)
        yield dice.working(world.now + EVERY)


def _used(facility: Facility, used: Location, dice: Dice) -> list[Move]:
    lying = (
        StockBalance.objects.filter(
            location__facility=facility,
            location__kind=Location.Kind.DEPARTMENT,
            lot__status=Lot.Status.AVAILABLE,
            quantity__gt=0,
        )
        .select_related("location")
        .order_by("location_id", "item_id", "lot__expiry", "lot_id")
    )
    return [
        Move(
            item_id=row.item_id, lot_id=row.lot_id, from_location=row.location, to_location=used, quantity=quantity,
            reason=StockMove.Reason.CONSUMPTION, note="Usage",
        )
        for row in lying
        if (quantity := (row.quantity * dice.number(10, 60) / 100).to_integral_value(rounding="ROUND_CEILING")) > Decimal(0)
    ]  # fmt: skip
