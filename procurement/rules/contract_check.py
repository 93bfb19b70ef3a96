"""Is this line bought under the contract we have? (domain: Requisition, contract check)"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from masterdata.rules.offers import ItemFacts, Offer, round_money, round_price

ON_CONTRACT, OFF_CONTRACT, NO_CONTRACT, NON_CATALOG = "on_contract", "off_contract", "no_contract", "non_catalog"


@dataclass(frozen=True, kw_only=True)
class ContractCheck:
    """The decision for one line. `offer` is the source that will be used; `lost` the money (total) a contract would have saved."""

    decision: str
    offer: Offer | None
    best_contract: Offer | None
    lost: Decimal

    def explanation(self, base_quantity: Decimal) -> dict[str, Any]:
        """What is stored with the line: the alternative as of today."""
        best = self.best_contract
        return {
            "decision": self.decision,
            "contract": self.offer.contract_number if self.offer else "",
            "lost": str(self.lost),
            "best": None
            if best is None
            else {
                "supplier": best.supplier_name,
                "supplier_id": best.supplier_id,
                "contract": best.contract_number,
                "unit": best.unit,
                "price": str(best.price_for(base_quantity)),
                "per_base": str(round_price(best.price_per_base(base_quantity))),
            },
        }


def contract_check(facts: ItemFacts, *, base_quantity: Decimal, supplier_id: int | None) -> ContractCheck:
    """Choose the source (the named supplier's best offer, else the best of all) and compare it with the best contract."""
    offer = facts.best_offer(base_quantity, supplier_id=supplier_id)
    contracts = [o for o in facts.offers if o.on_contract]
    best = min(contracts, key=lambda o: o.price_per_base(base_quantity), default=None)
    if offer is not None and offer.on_contract:
        return ContractCheck(decision=ON_CONTRACT, offer=offer, best_contract=best, lost=Decimal(0))
    if best is None:
        return ContractCheck(decision=NO_CONTRACT, offer=offer, best_contract=None, lost=Decimal(0))
    lost = Decimal(0)
    if offer is not None:
        per_base = offer.price_per_base(base_quantity) - best.price_per_base(base_quantity)
        lost = max(Decimal(0), round_money(per_base * base_quantity))
    return ContractCheck(decision=OFF_CONTRACT, offer=offer, best_contract=best, lost=lost)
