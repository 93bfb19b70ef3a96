"""Reads of master data, scoped to what the actor may see."""

from masterdata.selectors.access import actor_for, at, facilities_visible, facility_today, limit_of, scoped
from masterdata.selectors.catalog import (
    catalog_facets,
    catalog_listed,
    contracts_visible,
    cost_centers_visible,
    items_search,
    locations_visible,
    substitutes_of,
    suppliers_search,
)
from masterdata.selectors.facts import facts_by_facility, item_facts

__all__ = [
    "actor_for",
    "at",
    "catalog_facets",
    "catalog_listed",
    "contracts_visible",
    "cost_centers_visible",
    "facilities_visible",
    "facility_today",
    "facts_by_facility",
    "item_facts",
    "items_search",
    "limit_of",
    "locations_visible",
    "scoped",
    "substitutes_of",
    "suppliers_search",
]
