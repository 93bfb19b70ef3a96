"""Peppol BIS 3: by what its documents name themselves, and what an order needs there beyond UBL.

After OpenPeppol's post-award specifications: BIS Ordering 3 (Order, T01; Order Response, T76), BIS Advanced Ordering 3 (Order Change, T114;
Order Cancellation, T115; Order Response Advanced, T116), BIS Despatch Advice 3 (T16) and BIS Billing 3. The identifiers of the change and
the cancellation are those of the rules PEPPOL-T114-R034 and PEPPOL-T115-R034, their process that of R031.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integrations.ubl.xml import Node

_POACC: Final = "urn:fdc:peppol.eu:poacc"
_BILLING: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
CUSTOMIZATIONS: Final[Mapping[str, tuple[str, ...]]] = types.MappingProxyType(
    {
        "Order": (f"{_POACC}:trns:order:3",),
        "OrderChange": (f"{_POACC}:trns:order_change:3",),
        "OrderCancellation": (f"{_POACC}:trns:order_cancellation:3",),
        "OrderResponse": (f"{_POACC}:trns:order_response:3", f"{_POACC}:trns:order_response_advanced:3"),
        "DespatchAdvice": (f"{_POACC}:trns:despatch_advice:3",),
        "Invoice": (_BILLING,),
        "CreditNote": (_BILLING,),
    }
)
"""Document → how its CustomizationID begins; national rules may add to it."""
PROCESSES: Final[Mapping[str, str]] = types.MappingProxyType(
    {
        "Order": f"{_POACC}:bis:ordering:3",
        "OrderChange": f"{_POACC}:bis:advanced_ordering:3",
        "OrderCancellation": f"{_POACC}:bis:advanced_ordering:3",
    }
)
"""Document that we write → its ProfileID."""
_SUPPLIERS: Final = ("SellerSupplierParty", "DespatchSupplierParty", "AccountingSupplierParty")
_BUYERS: Final = ("BuyerCustomerParty", "DeliveryCustomerParty", "AccountingCustomerParty")
_SCHEME: Final = re.compile(r"[0-9]{4}", re.ASCII)
_GLN: Final = "0088"
_LENGTHS: Final = {"0060": ("DUNS number", 9), _GLN: ("GLN", 13)}


def customization_fault(kind: str, told: str) -> str:
    """Why a document with this CustomizationID is none of Peppol BIS 3, as a sentence; an empty text where it is one."""
    wanted = CUSTOMIZATIONS.get(kind, ())
    if told.startswith(wanted):
        return ""
    named = f"its CustomizationID is {told[:120]!r}" if told else "it has no CustomizationID"
    return f"This {kind} is none of Peppol BIS 3: {named}."


@dataclass(frozen=True, slots=True)
class Sides:
    """The electronic addresses (scheme and id) that a supplier's document goes from and to, and the supplier's country, where it says them."""

    supplier: tuple[str, str]
    buyer: tuple[str, str]
    country: str


def sides_of(root: Node) -> Sides | None:
    """Who exchanges a document of Peppol BIS 3; None for a document that is none."""
    if root.name not in CUSTOMIZATIONS or customization_fault(root.name, root.value("CustomizationID")):
        return None
    supplier, buyer = (
        next((found for name in names if (found := root.first(f"{name}/Party")) is not None), root)
        for names in (_SUPPLIERS, _BUYERS)
    )
    country = supplier.value("PostalAddress/Country/IdentificationCode")
    return Sides(_address(supplier), _address(buyer), "" if country_fault(country) else country)


def _address(party: Node) -> tuple[str, str]:
    found = party.first("EndpointID")
    return (found.attributes.get("schemeID", ""), found.text.strip()) if found is not None else ("", "")


def address_fault(scheme: str, address: str) -> str:
    """Why this is no electronic address (EndpointID) in Peppol, as a sentence that says what to do; an empty text where it is one.

    `scheme` is a code of the list of electronic address schemes (EAS), such as 0088 for a GLN.
    """
    if not _SCHEME.fullmatch(scheme):
        words = (
            f"{scheme!r} is no code of an electronic address"
            if scheme
            else "the code of the electronic address is missing"
        )
        return f"Under Peppol {words}: write 0088 as qualifier for a GLN, 0060 for a DUNS number, or the four digits of another scheme."
    name, length = _LENGTHS.get(scheme, ("", 0))
    if length and not (len(address) == length and address.isascii() and address.isdigit()):
        return f"Under Peppol the id behind {scheme} is a {name} of {length} digits; {address!r} is none."
    if scheme == _GLN and sum(int(digit) * (1 + 2 * (at % 2)) for at, digit in enumerate(address)) % 10:
        return f"The check digit of the GLN {address} is wrong: compare it with the one that was registered."
    return ""


def country_fault(country: str) -> str:
    """Why this is no country of a seller's address, as a sentence; an empty text where it is one (ISO 3166-1, two letters)."""
    if re.fullmatch(r"[A-Z]{2}", country, re.ASCII):
        return ""
    return "Peppol asks for the country of the supplier: write its two letters, such as SE."
