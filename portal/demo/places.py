"""Where the demo network works: eight hospitals and two clinics in two states and two time zones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from portal.demo.gs1 import with_check_digit

Kind = Literal["storeroom", "department", "dock", "quarantine"]


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place that holds stock. `par` departments are counted and filled from `replenished_from`."""

    code: str
    name: str
    kind: Kind
    gln: str
    cost_center: str | None
    replenished_from: str | None
    par: bool


@dataclass(frozen=True, kw_only=True)
class CostCenter:
    """Who pays, and the general-ledger account of its purchases."""

    code: str
    name: str
    gl_account: str


@dataclass(frozen=True, kw_only=True)
class Facility:
    """A hospital or clinic with its places and cost centers."""

    code: str
    name: str
    kind: Literal["hospital", "clinic"]
    state: str
    timezone: str
    address: str
    gln: str
    locations: tuple[Location, ...]
    cost_centers: tuple[CostCenter, ...]


# short name: name, ending of its cost center, general-ledger account, counted to par
DEPARTMENTS: dict[str, tuple[str, str, str, bool]] = {
    "OR": ("Operating rooms", "7010", "6110-SURG", True),
    "ICU": ("Intensive care unit", "6010", "6110-NURS", True),
    "ED": ("Emergency department", "6310", "6110-NURS", True),
    "MS3": ("Medical-surgical 3 West", "6110", "6110-NURS", True),
    "MS4": ("Medical-surgical 4 East", "6120", "6110-NURS", True),
    "LD": ("Labor and delivery", "6210", "6110-NURS", True),
    "NICU": ("Neonatal intensive care", "6020", "6110-NURS", True),
    "PEDS": ("Pediatrics", "6220", "6110-NURS", True),
    "CATH": ("Catheterization laboratory", "7210", "6120-IMPL", True),
    "ENDO": ("Endoscopy", "7110", "6110-SURG", True),
    "PACU": ("Post-anesthesia care", "7020", "6110-SURG", True),
    "SPD": ("Sterile processing", "7030", "6110-SURG", False),
    "RAD": ("Imaging", "7310", "6110-DIAG", True),
    "LAB": ("Laboratory", "7410", "6140-LAB", True),
    "PHARM": ("Pharmacy", "7510", "6130-DRUG", True),
    "EVS": ("Environmental services", "8110", "6150-GEN", False),
    "REHAB": ("Rehabilitation", "7610", "6110-NURS", True),
    "EXAM": ("Exam rooms", "6410", "6110-NURS", True),
}
CENTRAL, OHIO = "America/Chicago", "America/New_York"

# code, number for cost centers and GLNs, name, kind, state, time zone, address, departments
FACILITIES: tuple[tuple[str, int, str, Literal["hospital", "clinic"], str, str, str, tuple[str, ...]], ...] = (
    ("NORTH", 10, "Northside Medical Center", "hospital", "IL", CENTRAL, "1200 Meridian Avenue, Alderport, IL 60999", ("OR", "ICU", "ED", "MS3", "MS4", "CATH", "LAB", "PHARM", "RAD", "SPD")),
    ("EAST", 11, "Eastgate Hospital", "hospital", "IL", CENTRAL, "45 Eastgate Parkway, Alderport, IL 60998", ("OR", "ICU", "ED", "MS3", "LAB", "PHARM")),
    ("LAKE", 12, "Lakecrest Regional Hospital", "hospital", "IL", CENTRAL, "800 Shoreline Drive, Wickham Bay, IL 60997", ("OR", "ICU", "ED", "MS3", "ENDO", "PHARM")),
    ("PRAIR", 13, "Prairie Ridge Hospital", "hospital", "IL", CENTRAL, "3 County Road 9, Tolvere, IL 61999", ("ED", "MS3", "LAB", "PHARM")),
    ("RIVER", 20, "Riverbend General Hospital", "hospital", "OH", OHIO, "600 Riverbend Road, Marlowe, OH 45999", ("OR", "ICU", "ED", "MS3", "CATH", "PHARM")),
    ("SUMMT", 21, "Summit Park Medical Center", "hospital", "OH", OHIO, "2100 Summit Park Way, Marlowe, OH 45998", ("OR", "ICU", "ED", "MS4", "LAB", "PHARM")),
    ("ROSE", 22, "Rosehill Women's and Children's Hospital", "hospital", "OH", OHIO, "77 Rosehill Lane, Fennbrook, OH 45997", ("OR", "LD", "NICU", "PEDS", "PHARM")),
    ("STONE", 23, "Stonebridge Orthopedic Hospital", "hospital", "OH", OHIO, "12 Stonebridge Court, Fennbrook, OH 45996", ("OR", "PACU", "REHAB", "SPD")),
    ("MILL", 30, "Mill Creek Clinic", "clinic", "IL", CENTRAL, "9 Mill Creek Street, Tolvere, IL 61998", ("EXAM", "LAB")),
    ("ORCH", 31, "Orchard Street Clinic", "clinic", "OH", OHIO, "310 Orchard Street, Marlowe, OH 45995", ("EXAM", "REHAB")),
)  # fmt: skip
STOREROOM, DOCK, QUARANTINE = "STORE", "DOCK", "QUAR"


@cache
def facilities() -> tuple[Facility, ...]:
    """Every facility with its locations and cost centers."""
    return tuple(_facility(*row) for row in FACILITIES)


def _facility(
    code: str,
    number: int,
    name: str,
    kind: Literal["hospital", "clinic"],
    state: str,
    timezone: str,
    address: str,
    departments: tuple[str, ...],
) -> Facility:
    centers = [_cost_center(code, short) for short in departments]
    return Facility(
        code=code,
        name=name,
        kind=kind,
        state=state,
        timezone=timezone,
        address=address,
        gln=_gln(number, 0),
        locations=tuple(_locations(code, number, departments)),
        cost_centers=(*centers, CostCenter(code=f"{code}-8010", name="Materials management", gl_account="6150-GEN")),
    )


def _cost_center(facility: str, short: str) -> CostCenter:
    name, ending, account, _ = DEPARTMENTS[short]
    return CostCenter(code=f"{facility}-{ending}", name=name, gl_account=account)


def _locations(facility: str, number: int, departments: tuple[str, ...]) -> list[Location]:
    own: list[tuple[str, str, Kind]] = [
        (STOREROOM, "Central storeroom", "storeroom"),
        (DOCK, "Receiving dock", "dock"),
        (QUARANTINE, "Quarantine cage", "quarantine"),
    ]
    places = [
        Location(
            code=code,
            name=name,
            kind=kind,
            gln=_gln(number, i),
            cost_center=f"{facility}-8010",
            replenished_from=None,
            par=False,
        )
        for i, (code, name, kind) in enumerate(own, start=1)
    ]
    for i, short in enumerate(departments, start=10):
        name, ending, _, par = DEPARTMENTS[short]
        places.append(
            Location(
                code=short,
                name=name,
                kind="department",
                gln=_gln(number, i),
                cost_center=f"{facility}-{ending}",
                replenished_from=STOREROOM,
                par=par,
            )
        )
    return places


def _gln(facility: int, place: int) -> str:
    return with_check_digit(f"0852{facility:04d}{place:04d}")
