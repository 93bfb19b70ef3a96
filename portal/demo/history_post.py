"""How the demo's messages fared: the ERP took them, some at the second try, some it refused, of some nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from integrations.models import Interchange, OutboundMessage
from integrations.remote import Answer, Outcome
from integrations.services.history import Told, messages_mark_history
from portal.demo.dice import Dice
from portal.demo.history_world import STOPS_BEFORE, Road, World
from portal.demo.load_partners import LEGACY, MMIS

ROUND = timedelta(hours=2)
PAYLOADS_SINCE = timedelta(days=4)
"""How far back the bytes that were sent are kept."""
FIRST_NUMBERS = {"purchase_order.create": 4_400_000_000, "receipt.post": 4_900_000_000, "voucher.post": 5_050_000_000}
"""Where the ERP's numbers of the history begin."""
SHORTER = 10_000
"""The MMIS has numbers of six digits."""
REFUSALS = {
    "purchase_order.create": ("The supplier is blocked for purchasing.", "supplier"),
    "receipt.post": ("Purchase order line 2 is closed for receipts.", "lines.1.line_number"),
    "voucher.post": ("The posting period is closed.", "invoice_date"),
}
TIMED_OUT = Answer(outcome=Outcome.TRANSIENT, status_code=503, detail="503 Service Unavailable")


def post_road(world: World, dice: Dice) -> Road:
    """Deliver what was written, every two working hours, until shortly before today's end: the rest leaves when the portal starts."""
    last = world.clock.end - STOPS_BEFORE
    while True:
        _round(world, dice)
        if world.now >= last:
            return
        following = dice.working(world.now + ROUND)
        yield following if world.now < following < last else last


def _round(world: World, dice: Dice) -> None:
    kept = world.now > world.clock.end - PAYLOADS_SINCE
    queued = OutboundMessage.objects.filter(state="queued").select_related("endpoint").order_by("id")
    told = [_fared(world, message, dice) for message in queued if not _blocked(world, message)]
    if told:
        messages_mark_history(told, with_payload=kept)
    if kept:
        _acknowledged(world)


def _blocked(world: World, message: OutboundMessage) -> bool:
    """Whether an order that the ERP refused, or whose fate is unknown, holds this message back."""
    return (message.endpoint_id, message.stream) in world.stuck


def _fared(world: World, message: OutboundMessage, dice: Dice) -> Told:
    at = message.created_at + timedelta(seconds=dice.number(1, 9))
    answers = _answers(world, message, dice)
    outcome = answers[-1].outcome
    if outcome == Outcome.UNKNOWN or (outcome == Outcome.PERMANENT and message.topic == "purchase_order.create"):
        world.stuck.add((message.endpoint_id, message.stream))
    return Told(message=message, answers=answers, at=at)


def _answers(world: World, message: OutboundMessage, dice: Dice) -> Sequence[Answer]:
    if message.endpoint.kind != "erp":
        return [Answer(outcome=Outcome.DELIVERED, reference=f"{message.document_number.replace('/', '-')}.x12"[:80])]
    if message.endpoint.code == MMIS:
        return [Answer(outcome=Outcome.DELIVERED, reference=_number(world, message.topic, SHORTER))]
    taken = Answer(outcome=Outcome.DELIVERED, status_code=201, reference=_number(world, message.topic))
    recent = world.now > world.clock.end - timedelta(days=6)
    refused = message.topic in REFUSALS and recent and world.refusals.get(message.topic, 0) > 0
    if refused and (message.topic != "purchase_order.create" or dice.number(1, 4) == 1):
        world.refusals[message.topic] -= 1
        words, field = REFUSALS[message.topic]
        return [Answer(outcome=Outcome.PERMANENT, status_code=422, detail=words, field=field)]
    if message.endpoint.code == LEGACY and recent and world.unknowns > 0:
        world.unknowns -= 1
        return [Answer(outcome=Outcome.UNKNOWN, detail="No answer within 10 s after the request had left.")]
    return [TIMED_OUT, TIMED_OUT, taken] if dice.number(1, 30) == 1 else [taken]


def _number(world: World, topic: str, shorter: int = 1) -> str:
    return str(FIRST_NUMBERS[topic] // shorter + world.count(topic)) if topic in FIRST_NUMBERS else ""


def _acknowledged(world: World) -> None:
    """Partners acknowledge what they got with a 997, all but a few."""
    silent = {world.suppliers[code].pk for code in ("SUP-LARK", "SUP-MAPL")}
    waiting = Interchange.objects.filter(acknowledgement="waiting").exclude(partner__supplier__in=silent)
    waiting.update(acknowledgement="accepted", acknowledged_at=world.now)
