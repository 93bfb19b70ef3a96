"""Master data: places, people, items, suppliers, contracts, external ids."""

from masterdata.models.contracts import Contract, ContractLine
from masterdata.models.crossref import ExternalId
from masterdata.models.items import Category, Item, ItemPackaging, ItemSubstitute
from masterdata.models.people import ALL_ROLES, Delegation, Role, RoleGrant
from masterdata.models.places import CostCenter, Facility, Location
from masterdata.models.stewardship import MasterProposal, SystemOfRecord
from masterdata.models.suppliers import Supplier, SupplierItem

__all__ = [
    "ALL_ROLES",
    "Category",
    "Contract",
    "ContractLine",
    "CostCenter",
    "Delegation",
    "ExternalId",
    "Facility",
    "Item",
    "ItemPackaging",
    "ItemSubstitute",
    "Location",
    "MasterProposal",
    "Role",
    "RoleGrant",
    "Supplier",
    "SupplierItem",
    "SystemOfRecord",
]
