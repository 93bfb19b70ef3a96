"""Budgets as the ERP says them: which figure is whose, and that taking them in never breaks what our orders commit."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.errors import Invalid
from core.invariants import offending
from masterdata.models import ExternalId
from procurement.invariants import INVARIANTS
from procurement.models import BudgetFigure, PurchaseOrder
from procurement.rules.budget_check import Budget, budget_check
from procurement.services.budgets import BudgetSaid, budgets_take
from procurement.services.requisitions import requisition_check
from tests.factories import Network, make_network
from tests.road import billed, draft, line, ordered, received, submitted
from tests.simulators.companies import until

D = Decimal


@pytest.fixture
def net(db: None) -> Network:
    return make_network()


def month() -> str:
    return timezone.now().strftime("%Y-%m")


def said(
    amount: str = "1000", committed: str = "0", actual: str = "0", *, center: str = "NORTH-OR", as_of: datetime | None = None,
    period: str = "",
) -> BudgetSaid:  # fmt: skip
    return BudgetSaid(
        cost_center=center, period=period or month(), amount=D(amount), committed=D(committed), actual=D(actual),
        as_of=as_of or timezone.now(),
    )  # fmt: skip


def take(*rows: BudgetSaid) -> list[str]:
    return [verdict for verdict, _ in budgets_take(system="cloud", rows=rows)]


def figure() -> BudgetFigure:
    return BudgetFigure.objects.get(cost_center__code="NORTH-OR", period=month())


def left() -> Decimal:
    row = figure()
    return row.amount - row.committed - row.elsewhere - row.actual - row.billed_since


def holds() -> None:
    for invariant in INVARIANTS:
        if invariant.id in ("budget.committed_is_its_orders", "purchaseorder.committed_while_open"):
            assert offending(invariant) == []


def test_a_new_figure_counts_what_its_orders_commit_already(net: Network) -> None:
    order = ordered(net)
    assert take(said()) == ["new"]
    assert figure().committed == order.committed == D("84.20")
    holds()


def test_committed_stays_ours_and_what_the_erp_commits_beyond_it_counts_too(net: Network) -> None:
    order = ordered(net)
    take(said(committed="300"))
    # the ERP does not have our order yet: all 300 are somebody else's
    assert (figure().committed, figure().elsewhere) == (D("84.20"), D(300))
    PurchaseOrder.objects.filter(pk=order.pk).update(erp_dispatch="acknowledged")
    assert take(said(committed="384.20", actual="10")) == ["changed"]
    assert (figure().committed, figure().elsewhere, left()) == (D("84.20"), D(300), D("605.80"))
    holds()


def test_what_is_cleared_counts_until_the_erp_has_counted_it(net: Network) -> None:
    take(said())
    order = ordered(net)
    PurchaseOrder.objects.filter(pk=order.pk).update(erp_dispatch="acknowledged")
    before = left()
    received(net, order)
    billed(net, order)
    assert (figure().committed, figure().billed_since) == (D(0), D("84.20"))
    assert left() == before
    # the ERP still commits it, because it has no voucher yet
    take(said(committed="84.20"))
    assert (figure().elsewhere, figure().billed_since, left()) == (D("84.20"), D(0), before)
    # and now it has
    take(said(actual="84.20"))
    assert (figure().elsewhere, left()) == (D(0), before)
    holds()


def test_an_older_figure_changes_nothing(net: Network) -> None:
    take(said("1000"))
    assert take(said("5", as_of=timezone.now() - timedelta(hours=1))) == ["unchanged"]
    assert figure().amount == D(1000)


def test_a_cost_center_is_found_by_what_the_erp_calls_it(net: Network) -> None:
    ExternalId.objects.create(
        system="cloud", kind="cost_center", external_id="4711", object_id=net.cost_centers["NORTH"].pk
    )
    assert take(said(center="4711")) == ["new"]
    assert figure().amount == D(1000)


def test_a_bad_row_never_blocks_the_good_ones(net: Network) -> None:
    rows = [said(), said(center="?"), said(center="EAST-OR", period="FY26"), said(center="EAST-OR", amount="-5")]
    outcome = budgets_take(system="cloud", rows=rows)
    assert [verdict for verdict, _ in outcome] == ["new", "invalid", "invalid", "invalid"]
    assert [words for _, words in outcome[1:]] == [
        "There is no cost center ?.", "The period 'FY26' is no month like 2026-11.", "A budget or a commitment is below zero.",
    ]  # fmt: skip


def test_a_hard_stop_counts_what_was_bought_round_the_portal(net: Network) -> None:
    take(said("300", committed="250"))
    BudgetFigure.objects.update(hard_stop=True)
    with pytest.raises(Invalid):
        submitted(net, line(net))


def test_figures_that_are_old_say_so(net: Network) -> None:
    now = timezone.now()
    take(said("100000", as_of=now - timedelta(hours=5)))
    row = submitted(net, line(net))
    assert row.budget_check["as_of"] == figure().as_of.isoformat()
    known = Budget(
        period=month(), amount=D(5), committed=D(0), actual=D(0), hard_stop=False, as_of=now - timedelta(hours=3)
    )
    assert budget_check(known, total=D(1), now=now).age == timedelta(hours=3)
    assert budget_check(known, total=D(1), now=now - timedelta(hours=2)).age is None


def test_the_age_is_told_to_the_requester(net: Network) -> None:
    take(said("100000", as_of=timezone.now() - timedelta(hours=5)))
    row = draft(net, line(net))
    found = requisition_check(actor=net.actor("requester@NORTH"), number=row.number)
    told = [each.message for each in found if each.code == "budget_old"]
    assert told == ["The budget's figures are 5 hours old: the ERP could not be asked since."]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_an_order_on_its_way_is_counted_by_the_figure_that_is_made_meanwhile() -> None:
    net = make_network()
    taken: list[str] = []

    def pull() -> None:
        try:
            taken.extend(take(said()))
        finally:
            connection.close()

    with transaction.atomic():
        order = ordered(net)
        thread = threading.Thread(target=pull)
        thread.start()
        until(_somebody_waits, "the pull waits for the order's transaction")
    thread.join(timeout=20)
    assert taken == ["new"]
    assert figure().committed == order.committed
    holds()
