"""On contract, off contract although one exists, or none: with the alternative and the money lost as of that day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from masterdata.rules.offers import Offer
from procurement.rules.contract_check import NO_CONTRACT, OFF_CONTRACT, ON_CONTRACT, contract_check
from tests.masterdata.rules.test_offers import item, offer

D = Decimal
GPO = offer(1, "8.42", contract_line_id=5, contract_number="GPO-114")
LOCAL = offer(3, "8.40", contract_line_id=6, contract_number="LOC-2")
DEAR = offer(2, "9.90")
CHEAP = offer(4, "8.00")


@pytest.mark.parametrize(
    ("offers", "supplier", "decision", "source", "best", "lost"),
    [
        ((GPO, DEAR), None, ON_CONTRACT, GPO, GPO, "0"),
        ((GPO, DEAR), 2, OFF_CONTRACT, DEAR, GPO, "14.80"),
        ((GPO, LOCAL, DEAR), 2, OFF_CONTRACT, DEAR, LOCAL, "15.00"),
        ((GPO, LOCAL), 1, ON_CONTRACT, GPO, LOCAL, "0"),
        ((GPO, CHEAP), 4, OFF_CONTRACT, CHEAP, GPO, "0"),
        ((GPO, CHEAP), None, ON_CONTRACT, GPO, GPO, "0"),
        ((DEAR, CHEAP), None, NO_CONTRACT, CHEAP, None, "0"),
        ((), None, NO_CONTRACT, None, None, "0"),
        ((GPO,), 9, OFF_CONTRACT, None, GPO, "0"),
    ],
)
def test_the_decision_for_a_thousand_pieces(
    offers: tuple[Offer, ...], supplier: int | None, decision: str, source: Offer | None, best: Offer | None, lost: str
) -> None:
    check = contract_check(item(*offers), base_quantity=D(1000), supplier_id=supplier)
    assert (check.decision, check.offer, check.best_contract, check.lost) == (decision, source, best, D(lost))


def test_a_quantity_break_counts_for_the_contract_too() -> None:
    broken = offer(1, "9.00", contract_line_id=5, breaks=((D(100), D("7.00")),))
    check = contract_check(item(broken, CHEAP), base_quantity=D(10_000), supplier_id=4)
    assert check.lost == D("100.00")


def test_the_alternative_is_kept_as_of_that_day() -> None:
    kept = contract_check(item(GPO, DEAR), base_quantity=D(1000), supplier_id=2).explanation(D(1000))
    assert (kept["decision"], kept["lost"], kept["contract"]) == (OFF_CONTRACT, "14.80", "")
    assert kept["best"]["contract"] == "GPO-114"
    assert (kept["best"]["price"], kept["best"]["per_base"]) == ("8.42", "0.0842")
