"""What the story buys: a contracted item that no storeroom holds, from a supplier with a mailbox, above the smallest approvals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Final

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from integrations.models import ErpRoute, Partner
from inventory.models import StockBalance
from masterdata.models import ContractLine, CostCenter, Facility, Location, SupplierItem
from procurement.models import ApprovalPolicy, BudgetFigure

_WORTH: Final = Decimal(300)
_DEAREST: Final = Decimal(900)


@dataclass(frozen=True)
class StoryLine:
    """One request: where, what and how much."""

    facility: str
    location: str
    cost_center: str
    item: str
    description: str
    unit: str
    quantity: Decimal


def story_line() -> StoryLine:
    """The first request that fits. Raises LookupError where the network offers none."""
    today = timezone.now().date()
    routed = ErpRoute.objects.filter(facility=OuterRef("pk"), starts_on__lte=today)
    for facility in Facility.objects.filter(Exists(routed), is_active=True).order_by("code"):
        place = (
            Location.objects.filter(facility=facility, kind=Location.Kind.DEPARTMENT, is_active=True)
            .order_by("code")
            .first()
        )
        cost_center = _cost_center(facility)
        line = _contract_line(facility) if place and cost_center else None
        if place and cost_center and line:
            quantity = (_WORTH / line.price).quantize(Decimal(1), ROUND_UP)
            return StoryLine(
                facility.code,
                place.code,
                cost_center.code,
                line.item.number,
                line.item.description,
                line.unit,
                quantity,
            )
    raise LookupError(
        "No facility has a department, money, and a contracted item to order from a supplier with a mailbox."
    )


def _cost_center(facility: Facility) -> CostCenter | None:
    """The cost center with the most money left; any where budgets are not kept."""
    figures = BudgetFigure.objects.filter(
        cost_center__facility=facility, cost_center__is_active=True, period=timezone.now().strftime("%Y-%m")
    )
    left = (
        figures.annotate(left=F("amount") - F("committed") - F("actual"))
        .order_by("-left")
        .select_related("cost_center")
    )
    richest = left.first()
    if richest:
        return richest.cost_center
    return CostCenter.objects.filter(facility=facility, is_active=True).order_by("code").first()


def _contract_line(facility: Facility) -> ContractLine | None:
    today = timezone.now().date()
    policy = ApprovalPolicy.objects.filter(status="active").first()
    special = {code for rule in (policy.rules if policy else []) for code in rule.get("when", {}).get("categories", [])}
    in_stock = StockBalance.objects.filter(item=OuterRef("item"), location__facility=facility, quantity__gt=0)
    in_steps = SupplierItem.objects.filter(
        Q(minimum__gt=1) | Q(multiple__gt=1), item=OuterRef("item"), supplier=OuterRef("contract__supplier")
    )
    return (
        ContractLine.objects.filter(
            Q(contract__facilities__isnull=True) | Q(contract__facilities=facility),
            Exists(Partner.objects.filter(supplier=OuterRef("contract__supplier"), endpoint__paused=False)),
            ~Exists(in_stock),
            ~Exists(in_steps),
            contract__status="active",
            contract__valid_from__lte=today,
            contract__valid_to__gte=today,
            contract__supplier__status="active",
            item__status="active",
            item__serial_tracked=False,
            price__gt=1,
            price__lte=_DEAREST,
        )
        .exclude(item__category__code__in=special)
        .select_related("item")
        # a lot-tracked item shows more of the road
        .order_by("-item__lot_tracked", "price", "pk")
        .first()
    )
