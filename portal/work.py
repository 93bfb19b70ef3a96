"""What waits for this person: the one reading behind the home page, the navigation's badges and the API's home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models.expressions import Combinable

from core.actors import Actor
from core.tally import Counting, Tally, tallies, tallies_beside
from integrations import selectors as letters
from inventory.selectors import below_par
from masterdata.models import Role
from masterdata.selectors.stewardship import proposals_listed
from portal.links import link
from procurement.selectors import invoices as payable
from procurement.selectors import purchase_orders as orders
from procurement.selectors import requisitions as requests

Tone = Literal["neutral", "info", "waiting", "bad"]


@dataclass(frozen=True, kw_only=True)
class WorkCard:
    """One kind of waiting work. `oldest` is when the oldest of it began to wait, `amount` the money at stake in `currency`."""

    key: str
    label: str
    icon: str
    href: str
    tone: Tone
    count: int
    text: str
    oldest: datetime | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A kind of work: whose it is, what is counted, and where its list is (a screen's name and a query)."""

    key: str
    label: str
    icon: str
    roles: tuple[str, ...]
    counting: Callable[[Actor, int | None], Counting]
    screen: str
    args: tuple[str, ...] = ()
    query: str = ""
    tone: Tone = "waiting"
    badge: bool = False
    card: bool = True


def _cases(view: str, queue: str) -> Callable[[Actor, int | None], Counting]:
    return lambda actor, facility: Counting(
        rows=payable.cases_listed(actor, queue, view=view, facility_id=facility),
        moment="opened_at", money="amount", currency="currency",
    )  # fmt: skip


MESSAGE_ROLES = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR)
QUEUES: tuple[Queue, ...] = (
    Queue(
        key="returned", label="Returned to me", icon="arrow-back-up", roles=(Role.REQUESTER,),
        counting=lambda actor, facility: Counting(
            rows=requests.requisitions_listed(actor, view="returned", facility_id=facility),
            moment="submitted_at", money="total", currency="currency",
        ),
        screen="requisitions", query="?view=returned", badge=True,
    ),
    Queue(
        key="drafts", label="My drafts", icon="edit", roles=(Role.REQUESTER,),
        counting=lambda actor, facility: Counting(
            rows=requests.requisitions_listed(actor, view="drafts", facility_id=facility),
            moment="created_at", money="total", currency="currency",
        ),
        screen="requisitions", query="?view=drafts", tone="neutral",
    ),
    Queue(
        key="open_requests", label="My open requests", icon="clipboard-list", roles=(Role.REQUESTER,),
        counting=lambda actor, facility: Counting(
            rows=requests.requisitions_listed(actor, view="mine-open", facility_id=facility),
            moment="submitted_at", money="total", currency="currency",
        ),
        screen="requisitions", query="?view=mine-open", tone="info",
    ),
    Queue(
        key="approvals", label="To approve", icon="gavel", roles=(Role.APPROVER, Role.BUYER, Role.ADMINISTRATOR),
        counting=lambda actor, facility: Counting(
            rows=requests.approvals_waiting(actor, facility_id=facility),
            moment="opened_at", money="amount", currency="requisition__currency",
        ),
        screen="approvals", badge=True,
    ),
    Queue(
        key="to_source", label="Lines to source", icon="arrows-exchange", roles=(Role.BUYER,),
        counting=lambda actor, facility: Counting(
            rows=requests.lines_to_source(actor, facility_id=facility), moment="requisition__approved_at"
        ),
        screen="workbench", badge=True,
    ),
    Queue(
        key="answers", label="Supplier answers", icon="message", roles=(Role.BUYER,),
        counting=_cases("all", "buyer"), screen="exceptions", args=("buyer",), badge=True,
    ),
    Queue(
        key="overdue_orders", label="Overdue orders", icon="alert-triangle",
        roles=(Role.BUYER, Role.RECEIVER, Role.STOCK_CLERK),
        counting=lambda actor, facility: Counting(
            rows=orders.orders_due(actor, facility_id=facility),
            moment="issued_at", money="total", currency="currency",
        ),
        screen="orders", query="?view=late", tone="bad",
    ),
    Queue(
        key="to_receive", label="To receive today", icon="package-import", roles=(Role.RECEIVER, Role.STOCK_CLERK),
        counting=lambda actor, facility: Counting(
            rows=orders.orders_receivable(actor, due=True, facility_id=facility),
            moment="issued_at", money="total", currency="currency",
        ),
        screen="receiving", badge=True,
    ),
    Queue(
        key="my_exceptions", label="My invoice exceptions", icon="scale", roles=(Role.AP_CLERK,),
        counting=_cases("mine", "ap"), screen="exceptions", args=("ap",), query="?view=mine",
    ),
    Queue(
        key="unassigned", label="Unassigned exceptions", icon="inbox", roles=(Role.AP_CLERK,),
        counting=_cases("unassigned", "ap"), screen="exceptions", args=("ap",), query="?view=unassigned",
    ),
    Queue(
        key="waiting_exceptions", label="Waiting for others", icon="hourglass", roles=(Role.AP_CLERK,),
        counting=_cases("waiting", "ap"), screen="exceptions", args=("ap",), query="?view=waiting", tone="info",
    ),
    Queue(
        key="exceptions", label="Invoice exceptions", icon="scale", roles=(Role.AP_CLERK,),
        counting=_cases("all", "ap"), screen="exceptions", args=("ap",), badge=True, card=False,
    ),
    Queue(
        key="dead_letters", label="Dead letters", icon="alert-octagon", roles=MESSAGE_ROLES,
        counting=lambda actor, facility: Counting(rows=letters.outbound_stuck(actor, "dead"), moment="created_at"),
        screen="messages", query="?state=dead", tone="bad",
    ),
    Queue(
        key="unknown_outcomes", label="Outcome unknown", icon="help-circle", roles=MESSAGE_ROLES,
        counting=lambda actor, facility: Counting(rows=letters.outbound_stuck(actor, "unknown"), moment="created_at"),
        screen="messages", query="?state=unknown",
    ),
    Queue(
        key="not_applied", label="Came in, not applied", icon="inbox", roles=MESSAGE_ROLES,
        counting=lambda actor, facility: Counting(rows=letters.inbound_stuck(actor), moment="received_at"),
        screen="messages", query="?direction=in&state=failed",
    ),
    Queue(
        key="messages", label="Messages to look after", icon="mail", roles=MESSAGE_ROLES,
        counting=lambda actor, facility: Counting(rows=letters.outbound_stuck(actor)),
        screen="messages", badge=True, card=False,
    ),
    Queue(
        key="proposals", label="Master data to decide", icon="list-details", roles=(Role.STEWARD,),
        counting=lambda actor, facility: Counting(rows=proposals_listed(actor), moment="raised_at"),
        screen="proposals", badge=True,
    ),
    Queue(
        key="alerts", label="Alerts", icon="bell", roles=MESSAGE_ROLES,
        counting=lambda actor, facility: Counting(rows=letters.alerts_open(actor), moment="opened_at"),
        screen="alerts", badge=True, tone="bad",
    ),
    Queue(
        key="low_stock", label="Below par", icon="building-warehouse", roles=(Role.STOCK_CLERK,),
        counting=lambda actor, facility: Counting(rows=below_par(actor, facility_id=facility)),
        screen="stock", query="?view=low", badge=True,
    ),
)  # fmt: skip
"""Every kind of work, in the order people see it."""


def work_cards(actor: Actor, *, facility_id: int | None = None) -> list[WorkCard]:
    """The cards of this person's roles (of one facility, or of all theirs), counted in one statement."""
    return [_card(queue, tally) for queue, tally in _counted(actor, facility_id, lambda queue: queue.card)]


def badges(
    actor: Actor, *, facility_id: int | None = None, beside: Combinable | None = None
) -> tuple[dict[str, int], Any]:
    """Waiting work by queue, for the navigation, and the value of an expression over the person; one statement."""
    counting = _counting(actor, facility_id, lambda queue: queue.badge)
    found = tallies_beside(
        actor.user_id, queues={queue.key: Counting(rows=each.rows) for queue, each in counting}, value=beside
    )
    return {key: tally.count for key, tally in found.counts.items()}, found.value


def _counted(actor: Actor, facility_id: int | None, wanted: Callable[[Queue], bool]) -> Iterator[tuple[Queue, Tally]]:
    counting = _counting(actor, facility_id, wanted)
    found = tallies(actor.user_id, {queue.key: each for queue, each in counting})
    return ((queue, found[queue.key]) for queue, _ in counting)


def _counting(actor: Actor, facility_id: int | None, wanted: Callable[[Queue], bool]) -> list[tuple[Queue, Counting]]:
    return [
        (queue, queue.counting(actor, facility_id))
        for queue in QUEUES
        if wanted(queue) and any(actor.has(role) for role in queue.roles)
    ]


def _card(queue: Queue, tally: Tally) -> WorkCard:
    href = link(queue.screen, *queue.args)
    return WorkCard(
        key=queue.key, label=queue.label, icon=queue.icon, href=href + queue.query if href else "",
        tone=queue.tone if tally.count else "neutral", count=tally.count, text=tally.text, oldest=tally.oldest,
        amount=tally.amount, currency=tally.currency,
    )  # fmt: skip
