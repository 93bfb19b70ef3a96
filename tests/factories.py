"""A small network to test with: two hospitals, their people, a few items, suppliers and a contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from core.actors import Actor
from core.models import User
from inventory.models import StockMove
from inventory.services.ledger import Move, lots_ensure, stock_post
from masterdata.models import (
    Category,
    Contract,
    ContractLine,
    CostCenter,
    Facility,
    Item,
    ItemPackaging,
    Location,
    Role,
    RoleGrant,
    Supplier,
    SupplierItem,
)
from masterdata.selectors import actor_for
from procurement.models import ApprovalPolicy, Tolerance

D = Decimal
TODAY = date.today


@dataclass
class Network:
    """Facilities by code; people as "role@CODE"; items, suppliers and locations by their codes."""

    facilities: dict[str, Facility] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    cost_centers: dict[str, CostCenter] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        return actor_for(self.users[who])


def make_user(
    name: str, *grants: tuple[str, Facility | None], manager: User | None = None, limit: str | None = None
) -> User:
    email = name.lower().replace("@", ".at.").replace(" ", ".") + "@example.test"
    user = User.objects.create_user(email, "correct horse battery", name=name, manager=manager)
    for role, facility in grants:
        RoleGrant.objects.create(user=user, role=role, facility=facility, limit_amount=D(limit) if limit else None)
    return user


def make_facility(net: Network, code: str, timezone: str = "America/Chicago") -> Facility:
    facility = Facility.objects.create(
        code=code, name=f"{code.title()} Hospital", kind="hospital", state="IL", timezone=timezone, gln="0614141000012"
    )
    net.facilities[code] = facility
    cc = CostCenter.objects.create(facility=facility, code=f"{code}-OR", name="Operating rooms", gl_account="6100")
    net.cost_centers[code] = cc
    kinds = Location.Kind
    for suffix, kind in (
        ("OR", kinds.DEPARTMENT), ("STORE", kinds.STOREROOM), ("DOCK", kinds.DOCK), ("SUP", kinds.SUPPLIER),
        ("USE", kinds.CONSUMPTION), ("ADJ", kinds.ADJUSTMENT), ("WAY", kinds.IN_TRANSIT),
    ):  # fmt: skip
        net.locations[f"{code}-{suffix}"] = Location.objects.create(
            facility=facility, code=suffix, name=f"{code} {suffix}", kind=kind, cost_center=cc
        )
    for role in Role.values:
        net.users[f"{role}@{code}"] = make_user(f"{role}@{code}", (role, facility))
    return facility


def make_item(net: Network, number: str, *, packs: dict[str, str], category: str = "medsurg", **flags: bool) -> Item:
    row, _ = Category.objects.get_or_create(code=category, defaults={"name": category})
    item = Item.objects.create(
        number=number,
        description=f"Item {number}",
        category=row,
        base_unit="EA",
        search_text=f"item {number}".lower(),
        **flags,
    )
    for unit, multiplier in packs.items():
        ItemPackaging.objects.create(item=item, unit=unit, multiplier=D(multiplier))
    net.items[number] = item
    return item


def make_offer(
    net: Network, supplier: str, item: str, *, unit: str, price: str, contract: Contract | None = None, lead: int = 2
) -> None:
    row, _ = Supplier.objects.get_or_create(code=supplier, defaults={"name": supplier.title()})
    net.suppliers[supplier] = row
    SupplierItem.objects.get_or_create(
        supplier=row, item=net.items[item],
        defaults={"supplier_part": f"{supplier}-{item}", "order_unit": unit, "price": D(price), "lead_time_days": lead},
    )  # fmt: skip
    if contract:
        ContractLine.objects.create(contract=contract, item=net.items[item], unit=unit, price=D(price))


def make_contract(net: Network, number: str, supplier: str) -> Contract:
    row, _ = Supplier.objects.get_or_create(code=supplier, defaults={"name": supplier.title()})
    net.suppliers[supplier] = row
    return Contract.objects.create(
        number=number, name=number, supplier=row, kind="gpo", status="active",
        valid_from=TODAY() - timedelta(days=30), valid_to=TODAY() + timedelta(days=300),
    )  # fmt: skip


def make_network() -> Network:
    """NORTH and EAST; glove (BX of 100, CA of 1000) and suture (lot and expiry) on ACME's contract, glove dearer at BETA."""
    net = Network()
    make_facility(net, "NORTH")
    make_facility(net, "EAST", timezone="America/New_York")
    make_item(net, "GLOVE", packs={"EA": "1", "BX": "100", "CA": "1000"})
    make_item(net, "SUTURE", packs={"EA": "1", "BX": "36"}, lot_tracked=True, expiry_tracked=True)
    make_item(net, "DRILL", packs={"EA": "1"}, category="implant")
    acme = make_contract(net, "GPO-114", "ACME")
    make_offer(net, "ACME", "GLOVE", unit="BX", price="8.42", contract=acme)
    make_offer(net, "ACME", "SUTURE", unit="BX", price="54.00", contract=acme)
    make_offer(net, "BETA", "GLOVE", unit="BX", price="9.90")
    make_offer(net, "BETA", "DRILL", unit="EA", price="310.00")
    rules = [
        {"name": "Small contracted requests", "when": {"max_amount": "50", "off_contract": False}, "auto": True},
        {
            "name": "Department approval", "when": {"min_amount": "50.01"},
            "steps": [{"kind": "role", "role": "approver", "label": "Department approver"}],
        },
        {
            "name": "Large requests", "when": {"min_amount": "5000"},
            "steps": [{"kind": "network_role", "role": "buyer", "label": "Procurement"}],
        },
        {
            "name": "Off contract", "when": {"off_contract": True},
            "steps": [{"kind": "role", "role": "approver", "label": "Department approver"}],
        },
    ]  # fmt: skip
    ApprovalPolicy.objects.create(version=1, name="Standard", status="active", rules=rules)
    net.users["buyer@network"] = make_user("buyer@network", (Role.BUYER, None))
    tolerance = {"percent": D("2"), "amount": D("5.00"), "combine": "both", "valid_from": date(2026, 1, 1)}
    Tolerance.objects.create(kind="price_over", **tolerance)
    Tolerance.objects.create(kind="price_under", valid_from=date(2026, 1, 1))
    Tolerance.objects.create(kind="charges", amount=D("25.00"), valid_from=date(2026, 1, 1))
    return net


def put_stock(net: Network, place: str, item: str, quantity: str, *, lot: str = "", expiry: date | None = None) -> None:
    """Opening stock, through the ledger."""
    location = net.locations[place]
    adjustment = Location.objects.get(facility=location.facility, kind=Location.Kind.ADJUSTMENT)
    with transaction.atomic():
        row = lots_ensure([(net.items[item].pk, lot, expiry)])[(net.items[item].pk, lot)]
        stock_post(
            [
                Move(
                    item_id=net.items[item].pk, lot_id=row, from_location=adjustment, to_location=location,
                    quantity=D(quantity), reason=StockMove.Reason.OPENING,
                )
            ],
            actor_id=net.users[f"stock_clerk@{location.facility.code}"].pk,
        )  # fmt: skip
