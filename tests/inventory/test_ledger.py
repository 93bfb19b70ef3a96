"""The ledger is double-entry and append-only, a balance is always its sum, and nothing on hand goes below zero."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.errors import Conflict
from inventory.models import Lot, StockBalance, StockMove
from inventory.services.ledger import Move, balances_rebuild, lots_ensure, stock_post
from masterdata.models import Location
from tests.factories import Network, make_network, put_stock

D = Decimal
PLACES = ("NORTH-OR", "NORTH-STORE", "NORTH-DOCK", "NORTH-SUP", "NORTH-USE")
OUTSIDE = {"NORTH-SUP", "NORTH-USE"}


def move(net: Network, lot: int, source: str, target: str, quantity: str | Decimal, **more: Any) -> Move:
    return Move(
        item_id=net.items["GLOVE"].pk, lot_id=lot, from_location=net.locations[source], to_location=net.locations[target],
        quantity=D(quantity), reason=StockMove.Reason.ISSUE, **more,
    )  # fmt: skip


def post(net: Network, *moves: Move) -> None:
    with transaction.atomic():
        stock_post(moves, actor_id=net.users["stock_clerk@NORTH"].pk)


def lot_of(net: Network, number: str = "", expiry: date | None = None) -> int:
    pk = net.items["GLOVE"].pk
    return lots_ensure([(pk, number, expiry)])[(pk, number)]


def on_hand(net: Network) -> dict[tuple[str, int], Decimal]:
    names = {place.pk: code for code, place in net.locations.items()}
    rows = StockBalance.objects.exclude(quantity=0).values_list("location_id", "lot_id", "quantity")
    return {(names[place], lot): quantity for place, lot, quantity in rows}


class Ledger(RuleBasedStateMachine):
    """Moves at random, also several at once, beside a plain dictionary that does the same sums."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.net = make_network()
        self.lots: list[int] = []
        self.held: dict[tuple[str, int], Decimal] = defaultdict(Decimal)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    @initialize()
    def two_lots(self) -> None:
        self.lots = [lot_of(self.net, "A", date(2027, 1, 1)), lot_of(self.net, "B")]

    @rule(
        legs=st.lists(
            st.tuples(
                st.integers(0, 1), st.sampled_from(PLACES), st.sampled_from(PLACES), st.decimals("0.0001", 40, places=4)
            ).filter(lambda leg: leg[1] != leg[2]),
            min_size=1, max_size=4,
        )
    )  # fmt: skip
    def several_at_once(self, legs: Sequence[tuple[int, str, str, Decimal]]) -> None:
        after = self.held.copy()
        for which, source, target, quantity in legs:
            after[(source, self.lots[which])] -= quantity
            after[(target, self.lots[which])] += quantity
        possible = all(quantity >= 0 for (place, _), quantity in after.items() if place not in OUTSIDE)
        before = StockMove.objects.count()
        try:
            post(self.net, *(move(self.net, self.lots[which], *leg) for which, *leg in legs))
        except Conflict:
            assert not possible
            assert StockMove.objects.count() == before, "all of it or nothing"
        else:
            assert possible
            self.held = after

    @invariant()
    def balances_are_the_sum_of_the_moves(self) -> None:
        inside = {key: quantity for key, quantity in self.held.items() if key[0] not in OUTSIDE and quantity}
        assert on_hand(self.net) == inside

    @invariant()
    def the_ledger_gives_the_same_balances_again(self) -> None:
        assert balances_rebuild() == 0


@pytest.mark.django_db
def test_whatever_is_moved() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Ledger,
        settings=settings(
            max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture
def net(db: None) -> Network:
    return make_network()


def test_more_than_is_there_is_refused_and_leaves_nothing_behind(net: Network) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "10")
    moves = StockMove.objects.count()
    with pytest.raises(Conflict, match="not enough stock"):
        post(net, move(net, lot_of(net), "NORTH-STORE", "NORTH-OR", "10.0001"))
    assert StockMove.objects.count() == moves
    assert on_hand(net) == {("NORTH-STORE", lot_of(net)): D(10)}


def test_the_same_document_line_moves_once(net: Network) -> None:
    receipt = {"document_kind": "receipt", "document_number": "RC-1", "document_line": 1}
    post(net, move(net, lot_of(net), "NORTH-SUP", "NORTH-OR", "5", **receipt))
    with pytest.raises(IntegrityError, match="inventory_document_moves_once"), transaction.atomic():
        post(net, move(net, lot_of(net), "NORTH-SUP", "NORTH-OR", "5", **receipt))
    assert on_hand(net) == {("NORTH-OR", lot_of(net)): D(5)}


@pytest.mark.parametrize(
    "statement", ["UPDATE inventory_stockmove SET quantity = 1", "DELETE FROM inventory_stockmove"]
)
def test_what_is_in_the_ledger_stays(net: Network, statement: str) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "10")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert StockMove.objects.get().quantity == 10


def test_stock_is_never_posted_outside_a_transaction(transactional_db: None) -> None:
    net = make_network()
    with pytest.raises(transaction.TransactionManagementError):
        stock_post([move(net, lot_of(net), "NORTH-SUP", "NORTH-OR", "1")], actor_id=net.users["stock_clerk@NORTH"].pk)
    assert not StockMove.objects.exists()


def test_a_lot_keeps_the_expiry_it_was_first_seen_with(net: Network) -> None:
    first = lot_of(net, "L7", date(2027, 1, 1))
    assert lot_of(net, "L7", date(2030, 1, 1)) == first
    assert Lot.objects.get(pk=first).expiry == date(2027, 1, 1)


def test_rebuilding_mends_a_damaged_balance(net: Network) -> None:
    put_stock(net, "NORTH-STORE", "GLOVE", "10")
    StockBalance.objects.update(quantity=99)
    assert balances_rebuild() == 1
    assert on_hand(net) == {("NORTH-STORE", lot_of(net)): D(10)}


def both(first: Any, second: Any) -> list[BaseException]:
    """Both at the same moment, each on a connection of its own. Returns what they raised."""
    raised: list[BaseException] = []
    together = threading.Barrier(2)

    def run(act: Any) -> None:
        try:
            together.wait(10)
            act()
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            raised.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_the_last_box_goes_to_one_of_two(transactional_db: None) -> None:
    net = make_network()
    put_stock(net, "NORTH-STORE", "GLOVE", "1")
    lot = lot_of(net)
    for _ in range(5):
        raised = both(
            lambda: post(net, move(net, lot, "NORTH-STORE", "NORTH-OR", "1")),
            lambda: post(net, move(net, lot, "NORTH-STORE", "NORTH-USE", "1")),
        )
        assert [type(fault) for fault in raised] == [Conflict]
        assert StockBalance.objects.get(location=net.locations["NORTH-STORE"]).quantity == 0
        put_stock(net, "NORTH-STORE", "GLOVE", "1")
    assert balances_rebuild() == 0


def test_opposite_transfers_do_not_wait_for_each_other(transactional_db: None) -> None:
    net = make_network()
    lot = lot_of(net)
    for place in ("NORTH-STORE", "NORTH-OR"):
        put_stock(net, place, "GLOVE", "100")
    there, back = (
        partial(post, net, move(net, lot, *way, "1"))
        for way in (("NORTH-STORE", "NORTH-OR"), ("NORTH-OR", "NORTH-STORE"))
    )
    for _ in range(10):
        assert both(there, back) == []
    assert set(on_hand(net).values()) == {D(100)}
    assert Location.objects.get(pk=net.locations["NORTH-OR"].pk).balances.count() == 1
