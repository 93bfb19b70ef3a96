"""Who works in the demo network, under which roles, for whom, and up to which amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal, get_args

DOMAIN = "meridianhealth.example"
Role = Literal[
    "requester",
    "approver",
    "buyer",
    "receiver",
    "stock_clerk",
    "ap_clerk",
    "steward",
    "integration_support",
    "auditor",
    "administrator",
]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role at one facility, or in the whole network when `facility` is None; `limit` is in US dollars, None for no limit."""

    role: Role
    facility: str | None
    limit: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who signs in. `manager` is an e-mail address, and always of somebody listed earlier."""

    email: str
    name: str
    title: str
    manager: str | None
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles held anywhere, each once."""
        return tuple(dict.fromkeys(grant.role for grant in self.grants))


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """`delegate` acts for `lender` under one role, from the first to the last day inclusive."""

    lender: str
    delegate: str
    role: Role
    facility: str | None
    starts_on: date
    ends_on: date
    reason: str


# name, title, manager's name, grants: "role@FACILITY,FACILITY<limit"; "*" is the whole network
PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("Margaret Osei", "Chief Financial Officer", "", "approver@*"),
    ("Daniel Whitcombe", "VP Supply Chain", "Margaret Osei", "approver@*<250000 auditor@*"),
    ("Priya Raghunathan", "VP Surgical Services", "Margaret Osei", "approver@NORTH,EAST,STONE,SUMMT<100000"),
    ("Luis Carrasco", "Chief Nursing Officer, Illinois", "Margaret Osei", "approver@NORTH,EAST,LAKE,PRAIR,MILL<50000"),
    ("Hannah Lindqvist", "Chief Nursing Officer, Ohio", "Margaret Osei", "approver@RIVER,SUMMT,ROSE,STONE,ORCH<50000"),
    ("Tomasz Wieczorek", "Director of Procurement", "Daniel Whitcombe", "buyer@* approver@*<25000"),
    (
        "Grace Adeyemi",
        "Director of Perioperative Services",
        "Priya Raghunathan",
        "approver@NORTH<15000 requester@NORTH",
    ),
    ("Robert Kessler", "Nurse Manager, Critical Care", "Luis Carrasco", "approver@NORTH<5000 requester@NORTH"),
    ("Mei-Ling Zhou", "Nurse Manager, Emergency", "Luis Carrasco", "approver@EAST<5000 requester@EAST"),
    (
        "Samuel Bright",
        "Nurse Manager, Medical-Surgical",
        "Luis Carrasco",
        "approver@LAKE,PRAIR<5000 requester@LAKE,PRAIR",
    ),
    ("Fatima Al-Najjar", "Nurse Manager, Critical Care", "Hannah Lindqvist", "approver@RIVER<5000 requester@RIVER"),
    (
        "Joaquin Belmonte",
        "Nurse Manager, Surgery",
        "Hannah Lindqvist",
        "approver@SUMMT,STONE<5000 requester@SUMMT,STONE",
    ),
    ("Ingrid Halvorsen", "Nurse Manager, Women's Services", "Hannah Lindqvist", "approver@ROSE<5000 requester@ROSE"),
    ("Denise Okafor", "Clinic Manager", "Luis Carrasco", "approver@MILL,ORCH<2500 requester@MILL,ORCH"),
    ("Ana Petrova", "OR Charge Nurse", "Grace Adeyemi", "requester@NORTH"),
    ("Marcus Tillman", "ICU Charge Nurse", "Robert Kessler", "requester@NORTH"),
    ("Keiko Yamashiro", "Catheterization Lab Technologist", "Grace Adeyemi", "requester@NORTH"),
    ("Terrence Boyd", "Laboratory Supervisor", "Robert Kessler", "requester@NORTH,EAST"),
    ("Sofia Marchetti", "Emergency Charge Nurse", "Mei-Ling Zhou", "requester@EAST"),
    ("Caleb Nyström", "Unit Coordinator", "Samuel Bright", "requester@LAKE"),
    ("Rosa Villalobos", "Unit Coordinator", "Samuel Bright", "requester@PRAIR"),
    ("Amara Diallo", "ICU Charge Nurse", "Fatima Al-Najjar", "requester@RIVER"),
    ("Patrick Donnelly", "Surgical Technologist", "Joaquin Belmonte", "requester@SUMMT"),
    ("Linh Tran", "Neonatal Charge Nurse", "Ingrid Halvorsen", "requester@ROSE"),
    ("Oscar Feld", "Orthopedic Service Coordinator", "Joaquin Belmonte", "requester@STONE"),
    ("Beatriz Nunes", "Medical Assistant", "Denise Okafor", "requester@MILL,ORCH"),
    ("Wendy Castellano", "Senior Buyer, Med-Surg", "Tomasz Wieczorek", "buyer@*"),
    ("Isaac Mbeki", "Buyer, Implants", "Tomasz Wieczorek", "buyer@NORTH,STONE,SUMMT,EAST"),
    ("Charlotte Ngata", "Buyer, Pharmacy and Lab", "Tomasz Wieczorek", "buyer@*"),
    ("Dwayne Porter", "Receiving Lead", "Tomasz Wieczorek", "receiver@NORTH"),
    ("Elena Kowalczyk", "Receiving Technician", "Dwayne Porter", "receiver@EAST,LAKE,PRAIR,MILL"),
    ("Jamal Freeman", "Receiving Technician", "Tomasz Wieczorek", "receiver@RIVER,SUMMT,ORCH"),
    ("Yusuf Demir", "Receiving Technician", "Tomasz Wieczorek", "receiver@ROSE,STONE"),
    ("Nadia Haddad", "Storeroom Supervisor, Illinois", "Tomasz Wieczorek", "stock_clerk@NORTH,EAST,LAKE,PRAIR,MILL"),
    ("Gregory Stanhope", "Storeroom Supervisor, Ohio", "Tomasz Wieczorek", "stock_clerk@RIVER,SUMMT,ROSE,STONE,ORCH"),
    ("Victoria Langley", "Accounts Payable Manager", "Margaret Osei", "ap_clerk@*<10000"),
    ("Kwame Asante", "Accounts Payable Specialist", "Victoria Langley", "ap_clerk@NORTH,EAST,LAKE,PRAIR,MILL<1000"),
    ("Julia Sorensen", "Accounts Payable Specialist", "Victoria Langley", "ap_clerk@RIVER,SUMMT,ROSE,STONE,ORCH<1000"),
    ("Arjun Mehta", "Item Master Steward", "Daniel Whitcombe", "steward@*"),
    ("Simone Dufresne", "Integration Analyst", "Daniel Whitcombe", "integration_support@*"),
    ("Helen Abernathy", "Internal Auditor", "Margaret Osei", "auditor@*"),
    ("Noah Bergström", "Systems Administrator", "Daniel Whitcombe", "administrator@*"),
)


@cache
def people() -> tuple[Person, ...]:
    """Everybody, managers before those who report to them."""
    return tuple(
        Person(
            email=email_of(name),
            name=name,
            title=title,
            manager=email_of(manager) if manager else None,
            grants=tuple(grant for word in grants.split() for grant in _grants(word)),
        )
        for name, title, manager, grants in PEOPLE
    )


def email_of(name: str) -> str:
    """The address of a person of the network: first name, dot, last name, in plain letters."""
    plain = name.lower().translate(str.maketrans("öäåéñ", "oaaen"))
    return f"{plain.replace('-', '').replace(' ', '.')}@{DOMAIN}"


def _grants(word: str) -> list[Grant]:
    role, _, rest = word.partition("@")
    where, _, limit = rest.partition("<")
    places: list[str | None] = [None] if where == "*" else [*where.split(",")]
    return [Grant(role=_role(role), facility=place, limit=Decimal(limit) if limit else None) for place in places]


def _role(word: str) -> Role:
    return next(role for role in ROLES if role == word)


def delegations(today: date) -> tuple[Delegation, ...]:
    """The one delegation of the network: an approver is on leave this week."""
    return (
        Delegation(
            lender=email_of("Grace Adeyemi"),
            delegate=email_of("Robert Kessler"),
            role="approver",
            facility="NORTH",
            starts_on=today - timedelta(days=3),
            ends_on=today + timedelta(days=11),
            reason="Annual leave",
        ),
    )
