"""Loads what decides: the approval policies, the tolerances and the budgets."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.models import User
from masterdata.models import Category, CostCenter, Facility, Supplier
from portal.demo.catalogue import SEED
from portal.demo.people import email_of
from procurement.models import ApprovalPolicy, BudgetFigure, Tolerance

D = Decimal
NEARLY_SPENT = ("NORTH-7210", "NORTH-6010", "EAST-6310", "RIVER-7210", "STONE-7010")
"""Cost centers whose budget of this month is as good as gone."""
STOPPED = "MILL-6410"
"""The cost center that may not go over its budget, and has next to nothing left."""
BUDGETS = {"7010": 90000, "7210": 80000, "7510": 60000, "7410": 45000, "8010": 70000, "8110": 18000}
"""A month's budget by the ending of the cost center; others have USUAL_BUDGET."""
USUAL_BUDGET = 30000


def load_policies(now: datetime) -> None:
    """The policy in force (version 2) and the one before it."""
    approver = {"kind": "role", "role": "approver", "label": "Department approver", "hours": 24}
    buyer = {"kind": "network_role", "role": "buyer", "label": "Procurement", "hours": 24}
    director = {"kind": "network_role", "role": "approver", "label": "Supply chain leadership", "hours": 48}
    pharmacist = User.objects.get(email=email_of("Charlotte Ngata"))
    rules: list[dict[str, Any]] = [
        {
            "name": "Small contracted requests", "auto": True, "steps": [],
            "when": {"max_amount": "250", "off_contract": False, "non_catalog": False, "over_budget": False},
        },
        {"name": "Department approval", "when": {"min_amount": "250.01"}, "steps": [approver]},
        {
            "name": "Pharmacy", "when": {"categories": ["PHARMACY"]},
            "steps": [{"kind": "person", "user_id": pharmacist.pk, "label": "Pharmacy purchasing", "hours": 12}],
        },
        {"name": "Off contract", "when": {"off_contract": True}, "steps": [approver, buyer]},
        {"name": "Not in the catalog", "when": {"non_catalog": True}, "steps": [approver, buyer]},
        {
            "name": "Over budget", "when": {"over_budget": True},
            "steps": [{"kind": "manager", "label": "Requester's manager", "hours": 24}],
        },
        {"name": "Large requests", "when": {"min_amount": "5000"}, "steps": [buyer]},
        {"name": "Very large requests", "when": {"min_amount": "20000"}, "steps": [director]},
    ]  # fmt: skip
    before = [
        {"name": "Department approval", "when": {}, "steps": [approver]},
        {"name": "Large requests", "when": {"min_amount": "2500"}, "steps": [buyer]},
    ]
    ApprovalPolicy.objects.bulk_create(
        [
            ApprovalPolicy(
                version=1, name="Purchasing authority 2024", status="retired", rules=before,
                activated_at=now - timedelta(days=420),
            ),
            ApprovalPolicy(
                version=2, name="Purchasing authority", status="active", rules=rules, activated_at=now - timedelta(days=100),
            ),
        ]
    )  # fmt: skip


def load_tolerances(today: date) -> None:
    """Limits for the network, and a few for suppliers and categories."""
    since = today - timedelta(days=365)
    supplier = {row.code: row for row in Supplier.objects.all()}
    category = {row.code: row for row in Category.objects.all()}
    K = Tolerance.Kind
    Tolerance.objects.bulk_create(
        [
            Tolerance(kind=K.PRICE_OVER, percent=D(2), amount=D(25), combine="both", valid_from=since),
            Tolerance(kind=K.PRICE_UNDER, valid_from=since),
            Tolerance(kind=K.QUANTITY_NOT_RECEIVED, amount=D(0), percent=D(0), valid_from=since),
            Tolerance(kind=K.QUANTITY_OVER_ORDERED, amount=D(0), percent=D(0), valid_from=since),
            Tolerance(kind=K.CHARGES, amount=D(15), valid_from=since),
            Tolerance(kind=K.TAX, amount=D(0), valid_from=since),
            Tolerance(kind=K.TOTAL, amount=D("0.01"), valid_from=since),
            Tolerance(kind=K.PRICE_OVER, category=category["PHARMACY"], percent=D(5), amount=D(10), combine="either", valid_from=since),
            Tolerance(kind=K.PRICE_OVER, category=category["IMPLANT"], percent=D(0), amount=D(0), valid_from=since),
            Tolerance(kind=K.PRICE_OVER, supplier=supplier["SUP-EVER"], percent=D(3), amount=D(40), combine="both", valid_from=since),
            Tolerance(kind=K.CHARGES, supplier=supplier["SUP-NORR"], amount=D(60), valid_from=since),
            Tolerance(kind=K.QUANTITY_NOT_RECEIVED, supplier=supplier["SUP-OAKL"], percent=D(5), amount=D(20), combine="both", valid_from=since),
        ]
    )  # fmt: skip


def load_budgets(now: datetime, begins: datetime) -> None:
    """Every cost center's figures from the month before the history to the month after today."""
    chance = random.Random(SEED + 3)
    months = _months(begins.date() - timedelta(days=31), now.date() + timedelta(days=31))
    this_month = now.strftime("%Y-%m")
    rows = []
    for center in CostCenter.objects.select_related("facility").order_by("code"):
        amount = D(BUDGETS.get(center.code.rpartition("-")[2], USUAL_BUDGET))
        if center.facility.kind == Facility.Kind.CLINIC:
            amount /= 3
        for month in months:
            share = _share(center.code, month, this_month, chance)
            rows.append(
                BudgetFigure(
                    cost_center=center, period=month, amount=amount.quantize(D("1.00")),
                    actual=(amount * share).quantize(D("0.01")), hard_stop=center.code == STOPPED,
                    as_of=now - timedelta(hours=3),
                )
            )  # fmt: skip
    BudgetFigure.objects.bulk_create(rows)


def _share(center: str, month: str, this_month: str, chance: random.Random) -> Decimal:
    """How much of a month's budget the ERP says is spent, beside what the portal has committed."""
    drawn = D(chance.randint(35, 70)) / 100
    if month > this_month:
        return D(0)
    if month < this_month:
        return drawn
    if center == STOPPED:
        return D("0.995")
    return D("0.97") if center in NEARLY_SPENT else drawn / 2


def _months(first: date, last: date) -> list[str]:
    found = []
    day = first.replace(day=1)
    while day <= last:
        found.append(day.strftime("%Y-%m"))
        day = (day + timedelta(days=32)).replace(day=1)
    return found
