"""Stock: lots, the ledger, balances, par levels."""

from inventory.models.lots import Lot
from inventory.models.par import ParLevel
from inventory.models.stock import StockBalance, StockMove

__all__ = ["Lot", "ParLevel", "StockBalance", "StockMove"]
