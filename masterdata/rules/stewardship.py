"""What another system says about our master data, against what we have (domain: External ids, system of record).

Values are compared as plain texts in one canonical form, so that "30", "030" and 30 days are the same. What the system of record says
is taken over; what any other system says is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_LONGEST_ID: Final = 80


class Unusable(ValueError):
    """A value that cannot be ours; the words say why."""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute that systems may say: how it is read, and how it is kept in `field` of our record.

    `fixed` ones are never taken over: what hangs on them (stock, packs, prices) would silently change its meaning.
    """

    name: str
    label: str
    field: str
    read: Callable[[str], str]
    keep: Callable[[str], Any] = str
    show: Callable[[Any], str] = str
    fixed: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """One record as a system tells it: its own id, the number our documents name it by (empty where unknown), and its values."""

    external_id: str
    number: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """What follows from a record: `take` over, `propose` to a steward, what `agrees`; all attribute -> text."""

    take: Mapping[str, str]
    propose: Mapping[str, str]
    agrees: frozenset[str]


def _text(longest: int, *, needed: bool = False) -> Callable[[str], str]:
    def read(said: str) -> str:
        value = " ".join(said.split())
        if needed and not value:
            raise Unusable("is empty")
        if len(value) > longest:
            raise Unusable(f"is longer than {longest} characters")
        if "\0" in value:
            raise Unusable("holds a character that cannot be kept")
        return value

    return read


def _pattern(pattern: str, words: str, *, upper: bool = False) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def read(said: str) -> str:
        value = said.strip().upper() if upper else said.strip()
        if value and not compiled.fullmatch(value):
            raise Unusable(words)
        return value

    return read


def _one_of(*known: str) -> Callable[[str], str]:
    def read(said: str) -> str:
        value = said.strip().lower().replace(" ", "_")
        if value not in known:
            raise Unusable(f"is {said.strip()[:30]!r}, which is none of {', '.join(known)}")
        return value

    return read


def _days(said: str) -> str:
    value = said.strip()
    if not (value.isascii() and value.isdigit() and int(value[:6]) <= 3650):
        raise Unusable(f"is {value[:20]!r}, which is no number of days")
    return str(int(value))


def _money(said: str) -> str:
    if not said.strip():
        return ""
    try:
        value = Decimal(said.strip()) if said.isascii() else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** 10 or value != round(value, 2):
        raise Unusable(f"is {said.strip()[:20]!r}, which is no amount")
    return money_text(value)


def money_text(value: Decimal | None) -> str:
    """An amount in its canonical form, with two decimals; empty where there is none."""
    return "" if value is None else f"{value:.2f}"


def gtin_valid(gtin: str) -> bool:
    """Whether the check digit of a GTIN of 8, 12, 13 or 14 digits is right (GS1 General Specifications, 7.9)."""
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) in (8, 12, 13, 14)):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(gtin)))
    return weighted % 10 == 0


def _gln(said: str) -> str:
    value = said.strip()
    if value and not (len(value) == 13 and gtin_valid(value)):
        raise Unusable(f"is {value[:20]!r}, which is no GLN (13 digits with a check digit)")
    return value


_STATUS = Attribute(name="status", label="Status", field="status", read=_one_of("active", "on_hold", "discontinued"))
_NAME = Attribute(name="name", label="Name", field="name", read=_text(120, needed=True))

ATTRIBUTES: Final[Mapping[str, Mapping[str, Attribute]]] = {
    kind: {each.name: each for each in known}
    for kind, known in {
        "item": (
            Attribute(name="description", label="Description", field="description", read=_text(200, needed=True)),
            Attribute(
                name="base_unit", label="Base unit", field="base_unit", fixed=True,
                read=_pattern(r"[A-Z0-9]{1,3}", "is no unit of at most three characters", upper=True),
            ),
            Attribute(name="manufacturer", label="Manufacturer", field="manufacturer", read=_text(120)),
            Attribute(name="manufacturer_part", label="Manufacturer part", field="manufacturer_part", read=_text(60)),
            Attribute(name="unspsc", label="UNSPSC", field="unspsc", read=_pattern(r"[0-9]{8}", "is no UNSPSC code of eight digits")),
            _STATUS,
        ),
        "supplier": (
            _NAME,
            Attribute(name="gln", label="GLN", field="gln", read=_gln),
            Attribute(name="email", label="E-mail", field="email", read=_pattern(r"[^@\s]{1,100}@[^@\s]{1,140}", "is no e-mail address")),
            Attribute(name="payment_terms", label="Payment terms (days)", field="payment_terms_days", read=_days, keep=int),
            Attribute(
                name="currency", label="Currency", field="currency", fixed=True,
                read=_pattern(r"[A-Z]{3}", "is no currency code", upper=True),
            ),
            Attribute(
                name="minimum_order", label="Minimum order", field="minimum_order", read=_money,
                keep=lambda text: Decimal(text) if text else None, show=money_text,
            ),
            Attribute(name="status", label="Status", field="status", read=_one_of("active", "on_hold", "inactive")),
        ),
        "cost_center": (
            Attribute(name="name", label="Name", field="name", read=_text(80, needed=True)),
            Attribute(name="gl_account", label="GL account", field="gl_account", read=_text(20, needed=True)),
            Attribute(
                name="status", label="Status", field="is_active", read=_one_of("active", "inactive"),
                keep=lambda text: text == "active", show=lambda value: "active" if value else "inactive",
            ),
        ),
    }.items()
}  # fmt: skip
"""What systems may say about each kind of record, in the order people read it."""

KINDS: Final[Mapping[str, str]] = {"item": "Items", "supplier": "Suppliers", "cost_center": "Cost centers"}


def said_read(kind: str, said: Said) -> tuple[dict[str, str], list[str]]:
    """(values in their canonical form, everything that is wrong with the record). Unknown attributes are left alone."""
    wrong = []
    if not said.external_id.strip():
        wrong.append("It has no id.")
    elif len(said.external_id) > _LONGEST_ID or "\0" in said.external_id:
        wrong.append(f"Its id is longer than {_LONGEST_ID} characters or cannot be kept.")
    values: dict[str, str] = {}
    for name, attribute in ATTRIBUTES[kind].items():
        if name not in said.values:
            continue
        try:
            values[name] = attribute.read(said.values[name])
        except Unusable as fault:
            wrong.append(f"{attribute.label} {fault}.")
    gtin = said.values.get("gtin", "").strip()
    if gtin and not gtin_valid(gtin):
        wrong.append(f"GTIN {gtin[:20]!r} has a wrong check digit or length.")
    return values, wrong


def compared(
    kind: str, *, ours: Mapping[str, str], theirs: Mapping[str, str], record: Mapping[str, str], system: str
) -> Comparison:
    """What `system` says against what we have. `record` names the system of record per attribute; none means the portal."""
    take, propose, agrees = {}, {}, set()
    for name, value in theirs.items():
        if value == ours.get(name, ""):
            agrees.add(name)
        elif record.get(name) == system and not ATTRIBUTES[kind][name].fixed:
            take[name] = value
        else:
            propose[name] = value
    return Comparison(take, propose, frozenset(agrees))


def labelled(kind: str, attribute: str) -> str:
    """An attribute in words."""
    known = ATTRIBUTES.get(kind, {}).get(attribute)
    if known:
        return known.label
    return {"new": "New record", "link": "Reference"}.get(attribute, attribute)
