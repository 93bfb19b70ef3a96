"""Where a person goes: by what the roles do, with the work that waits there; never by database table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.actors import Actor
from masterdata.models import ALL_ROLES, Role
from portal.links import link
from portal.web.parts import NavItem, NavSection

EVERYBODY = tuple(ALL_ROLES)
READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A screen in the navigation: who goes there, and the badge (a key of `portal.work.badges`) it carries."""

    label: str
    icon: str
    screen: str
    roles: tuple[str, ...]
    args: tuple[str, ...] = ()
    badge: str = ""
    keys: str = ""

    def item(self, path: str, badges: Mapping[str, int]) -> NavItem | None:
        """The link, if this portal has the screen. The longest matching address is marked later, by `navigation`."""
        href = link(self.screen, *self.args)
        if not href:
            return None
        return NavItem(
            label=self.label, href=href, icon=self.icon, count=badges.get(self.badge), keys=self.keys,
            active=path == href or (href != "/" and path.startswith(href)),
        )  # fmt: skip


SECTIONS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("", (Place(label="Home", icon="home", screen="home", roles=EVERYBODY, keys="g h"),)),
    (
        "Request",
        (
            Place(label="Catalog", icon="book-2", screen="catalog", roles=(Role.REQUESTER,), keys="g c"),
            Place(label="My cart", icon="shopping-cart-plus", screen="cart", roles=(Role.REQUESTER,)),
            Place(
                label="Requisitions", icon="clipboard-list", screen="requisitions", badge="returned", keys="g r",
                roles=(Role.REQUESTER, Role.APPROVER, Role.BUYER, *READERS),
            ),
            Place(
                label="Approvals", icon="gavel", screen="approvals", badge="approvals", keys="g a",
                roles=(Role.APPROVER, Role.BUYER, Role.ADMINISTRATOR),
            ),
        ),
    ),
    (
        "Buy",
        (
            Place(label="Workbench", icon="arrows-exchange", screen="workbench", roles=(Role.BUYER,), badge="to_source", keys="g w"),
            Place(
                label="Supplier answers", icon="message", screen="exceptions", args=("buyer",), roles=(Role.BUYER,),
                badge="answers",
            ),
            Place(
                label="Orders", icon="shopping-cart", screen="orders", keys="g o",
                roles=(Role.BUYER, Role.REQUESTER, Role.RECEIVER, Role.AP_CLERK, *READERS),
            ),
        ),
    ),
    (
        "Receive and stock",
        (
            Place(
                label="Receiving", icon="package-import", screen="receiving", badge="to_receive", keys="g d",
                roles=(Role.RECEIVER, Role.STOCK_CLERK),
            ),
            Place(
                label="Receipts", icon="receipt", screen="receipts",
                roles=(Role.RECEIVER, Role.STOCK_CLERK, Role.BUYER, Role.AP_CLERK, *READERS),
            ),
            Place(
                label="Stock", icon="building-warehouse", screen="stock", badge="low_stock", keys="g s",
                roles=(Role.STOCK_CLERK, Role.RECEIVER, Role.BUYER, Role.STEWARD, *READERS),
            ),
        ),
    ),
    (
        "Pay",
        (
            Place(
                label="Exceptions", icon="scale", screen="exceptions", args=("ap",), roles=(Role.AP_CLERK,),
                badge="exceptions", keys="g e",
            ),
            Place(
                label="Invoices", icon="file-invoice", screen="invoices", keys="g i",
                roles=(Role.AP_CLERK, Role.BUYER, *READERS),
            ),
        ),
    ),
    (
        "Master data",
        (
            Place(
                label="Master data", icon="list-details", screen="proposals", badge="proposals",
                roles=(Role.STEWARD, Role.INTEGRATION_SUPPORT, *READERS),
            ),
        ),
    ),
    (
        "Connect",
        (
            Place(
                label="Messages", icon="mail", screen="messages", badge="messages", keys="g m",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
            Place(
                label="Endpoints", icon="plug-connected", screen="endpoints",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
            Place(
                label="Flows", icon="route", screen="flows", roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
            Place(
                label="ERPs", icon="arrows-exchange", screen="erps",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
            Place(
                label="Trading partners", icon="truck", screen="partners",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR),
            ),
            Place(
                label="EDI workbench", icon="file-search", screen="edi-desk",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
            Place(
                label="Alerts", icon="bell", screen="alerts", badge="alerts",
                roles=(Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR),
            ),
        ),
    ),
    (
        "Look up",
        (
            Place(label="Trace", icon="route", screen="trace", roles=EVERYBODY, keys="g t"),
            Place(label="Suppliers", icon="truck", screen="suppliers", roles=(Role.BUYER, Role.STEWARD, Role.AP_CLERK, *READERS)),
            Place(label="Contracts", icon="file-text", screen="contracts", roles=(Role.BUYER, Role.STEWARD, *READERS)),
        ),
    ),
)  # fmt: skip

BOTTOM: tuple[tuple[str, tuple[tuple[str, tuple[str, ...], str], ...]], ...] = (
    (Role.RECEIVER, (("receiving", (), "Receive"), ("stock", (), "Stock"))),
    (Role.STOCK_CLERK, (("stock", (), "Stock"), ("receiving", (), "Receive"))),
    (Role.AP_CLERK, (("exceptions", ("ap",), "Exceptions"), ("invoices", (), "Invoices"))),
    (Role.BUYER, (("workbench", (), "Workbench"), ("approvals", (), "Approvals"), ("orders", (), "Orders"))),
    (Role.APPROVER, (("approvals", (), "Approvals"), ("requisitions", (), "Requests"))),
    (Role.REQUESTER, (("catalog", (), "Catalog"), ("cart", (), "Cart"))),
    (Role.INTEGRATION_SUPPORT, (("messages", (), "Messages"), ("trace", (), "Trace"))),
    (Role.STEWARD, (("proposals", (), "Master data"), ("stock", (), "Stock"))),
    (Role.AUDITOR, (("requisitions", (), "Requests"), ("invoices", (), "Invoices"))),
    (Role.ADMINISTRATOR, (("approvals", (), "Approvals"), ("messages", (), "Messages"))),
)
"""What the phone's bottom bar shows beside Home: of the first role that the person holds."""


def navigation(actor: Actor, path: str, badges: Mapping[str, int]) -> list[NavSection]:
    """The sections that have something for this person; at most one entry is marked as the place one is at."""
    found = [
        (
            label,
            [item for place in places if any(actor.has(r) for r in place.roles) and (item := place.item(path, badges))],
        )
        for label, places in SECTIONS
    ]
    if not actor.grants and not actor.delegated:
        found = [("", [item for item in (SECTIONS[0][1][0].item(path, {}),) if item])]
    here = max((item.href for _, items in found for item in items if item.active), key=len, default="")
    return [
        NavSection(label=label, items=[replace(item, active=item.href == here) for item in items]) for label, items in found if items
    ]  # fmt: skip


def bottom_bar(actor: Actor, sections: Sequence[NavSection]) -> list[NavItem]:
    """Home and the two or three things of this role, for the phone."""
    by_href = {item.href: item for section in sections for item in section.items}
    home = by_href.get(link("home"))
    mine = next((places for role, places in BOTTOM if actor.has(role)), ())
    chosen = [(by_href[href], label) for screen, args, label in mine if (href := link(screen, *args)) in by_href]
    return [*([home] if home else []), *(replace(item, label=label, keys="") for item, label in chosen[:3])]
