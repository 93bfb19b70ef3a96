"""Scenes that the last days must hold, whatever chance says: one of everything a person may have to deal with today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from portal.demo.catalogue import SEED
from portal.demo.dice import Dice
from portal.demo.history_plans import Plan, Style, plan_at

DONE = {"fate": "submitted", "decision": "approve", "supplier": "speaks", "shipment": "whole", "receipt": "clean"}
BILLED = {**DONE, "answer": "accepted", "delivery": "on_time", "bill": "sent"}

CONTRACT: Style = "contract"

WAITING: tuple[tuple[float, str, Style], ...] = (
    (2, "NORTH", "dear"), (5, "EAST", "off_contract"), (7, "NORTH", "off_contract"), (20, "NORTH", "dear"), (27, "RIVER", "off_contract"),
    (28, "EAST", "non_catalog"), (44, "ROSE", "dear"), (50, "SUMMT", "off_contract"), (75, "LAKE", "off_contract"), (98, "NORTH", "dear"),
    (170, "STONE", "off_contract"),
)  # fmt: skip
"""What waits for an approver: hours before today's end, where, style."""
SOURCING: tuple[tuple[float, str, Style, str], ...] = (
    (76, "NORTH", "off_contract", "wait"), (100, "EAST", "no_contract", "wait"), (123, "NORTH", "non_catalog", "wait"),
    (148, "STONE", "no_contract", "draft"), (172, "NORTH", "off_contract", "cancel"), (120, "RIVER", "off_contract", "draft"),
)  # fmt: skip
"""What buyers have still to source, have in draft, or gave up: hours before today's end, where, style, how."""

# hours before today's end, where, style, supplier, what is fixed
SCENES: tuple[tuple[float, str, Style, str, Mapping[str, str]], ...] = (
    *((hours, where, style, "", {"fate": "submitted", "decision": "wait"}) for hours, where, style in WAITING),
    (34, "NORTH/CATH", "contract", "", DONE),
    (30, "NORTH", "contract", "", {"fate": "forgotten"}),
    (52, "EAST", "contract", "", {"fate": "forgotten"}),
    (73, "NORTH", "dear", "", {"fate": "submitted", "decision": "return", "again": "no"}),
    (99, "NORTH", "dear", "", {"fate": "submitted", "decision": "reject"}),
    (124, "RIVER", "dear", "", {"fate": "withdrawn"}),
    *((hours, where, style, "", {"fate": "submitted", "decision": "approve", "sourcing": how}) for hours, where, style, how in SOURCING),
    *((hours, "NORTH", "contract", supplier, {**DONE, "answer": said, "buyer": "later"}) for hours, supplier, said in (
        (54, "SUP-ACME", "price_changed"), (72, "SUP-CROS", "price_changed"), (77, "SUP-BLUE", "backordered"),
        (96, "SUP-FOXG", "substituted"), (101, "SUP-BLUE", "rejected"), (125, "SUP-GRAN", "quantity_changed"),
    )),
    *((hours, where, "contract", supplier, {**DONE, "answer": "accepted", "delivery": "never"}) for hours, where, supplier in (
        (240, "NORTH", "SUP-GRAN"), (310, "EAST", "SUP-BLUE"), (400, "LAKE", "SUP-FOXG"),
    )),
    (260, "NORTH", "contract", "SUP-ACME", {**DONE, "supplier": "silent"}),
    (265, "NORTH", "contract", "SUP-BLUE", {**BILLED, "shipment": "short", "rest": "awaited"}),
    (560, "NORTH", "contract", "SUP-GRAN", {**BILLED, "shipment": "short", "rest": "given_up", "invoice": "clean"}),
    (150, "NORTH", "contract", "SUP-ACME", {**DONE, "answer": "accepted", "hold": "yes"}),
    (500, "NORTH", "contract", "SUP-CROS", {**BILLED, "invoice": "price", "attention": "soon", "dispute": "yes"}),
    (470, "EAST", "contract", "SUP-CROS", {**BILLED, "invoice": "price", "attention": "soon", "dispute": "no", "resolution": "credit"}),
    (240, "EAST", "contract", "SUP-ACME", {**BILLED, "shipment": "two"}),
    (244, "NORTH", "contract", "SUP-EVER", {**BILLED, "receipt": "damaged", "invoice": "clean", "patience": "waits"}),
    (290, "SUMMT", "contract", "SUP-EVER", {**BILLED, "receipt": "reversed", "invoice": "clean"}),
    *((hours, where, "contract", supplier, {**BILLED, "invoice": how, "attention": "neglected"}) for hours, where, supplier, how in (
        (340, "NORTH", "SUP-DELT", "unit"), (352, "EAST", "SUP-DELT", "unit"), (376, "RIVER", "SUP-DELT", "unit"),
        (346, "SUMMT", "SUP-DELT", "unit"), (354, "LAKE", "SUP-DELT", "unit"), (364, "NORTH", "SUP-DELT", "unit"),
        (372, "EAST", "SUP-DELT", "unit"), (388, "NORTH", "SUP-DELT", "unit"), (344, "EAST", "SUP-CROS", "price"),
        (356, "RIVER", "SUP-CROS", "price"), (370, "NORTH", "SUP-CROS", "price"), (336, "NORTH", "SUP-CROS", "price"), (360, "NORTH", "SUP-CROS", "price"), (332, "LAKE", "SUP-EVER", "price"),
        (338, "NORTH", "SUP-ACME", "over"), (341, "NORTH", "SUP-EVER", "freight"), (357, "NORTH", "SUP-ACME", "tax"),
        (359, "NORTH", "SUP-BLUE", "total"), (362, "NORTH", "SUP-EVER", "double"), (440, "NORTH", "SUP-PALI", "stranger"),
    )),
    *((hours, where, "contract", supplier, {**BILLED, "invoice": "early"}) for hours, where, supplier in (
        (75, "NORTH", "SUP-EVER"), (79, "SUMMT", "SUP-ACME"),
    )),
    (570, "NORTH", "contract", "SUP-EVER", {**BILLED, "invoice": "double", "attention": "soon"}),
    (690, "EAST", "contract", "SUP-PALI", {**BILLED, "invoice": "stranger", "attention": "soon"}),
    (480, "ORCH", "contract", "SUP-ACME", BILLED),
    (120, "ORCH", "contract", "SUP-EVER", BILLED),
    (102, "ORCH", "contract", "SUP-ACME", BILLED),
)  # fmt: skip
LIVE = (
    "NORTH",
    "EAST",
    "LAKE",
    "RIVER",
    "SUMMT",
    "NORTH",
    "STONE",
    "ROSE",
    "NORTH",
    "PRAIR",
    "EAST",
    "NORTH",
    "SUMMT",
    "LAKE",
)
"""Facilities whose requests of the last half hour are on their way out when the portal starts."""


def scenes(end: datetime) -> Iterator[Plan]:
    """The scenes of the last weeks, and this morning's orders that the living suppliers will answer."""
    for n, (hours, facility, style, supplier, fixed) in enumerate(SCENES):
        dice = Dice(f"{SEED} scene {n}")
        moment = end - timedelta(hours=hours)
        yield plan_at(
            f"{SEED} scene {n}", dice.working(moment) if hours > 60 else moment, dice, today=end.date(),
            facility=facility.partition("/")[0], location=facility.partition("/")[2],
            style=style, supplier=supplier, fixed=fixed,
        )  # fmt: skip
    for n, facility in enumerate(LIVE):
        dice = Dice(f"{SEED} live {n}")
        yield plan_at(
            f"{SEED} live {n}", end - timedelta(minutes=29 - n), dice, today=end.date(), facility=facility, style="contract",
            fixed={"fate": "submitted", "decision": "approve", "supplier": "live"}, hurried=True,
        )  # fmt: skip
