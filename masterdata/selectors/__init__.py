"""Reads of master data, scoped to what the actor may see."""

from masterdata.selectors.access import actor_for, facilities_visible, limit_of, scoped
from masterdata.selectors.catalog import contracts_visible, items_search, locations_visible, suppliers_search
from masterdata.selectors.facts import item_facts

__all__ = [
    "actor_for",
    "contracts_visible",
    "facilities_visible",
    "item_facts",
    "items_search",
    "limit_of",
    "locations_visible",
    "scoped",
    "suppliers_search",
]
