"""The shapes that screens hand to `templates/components/`: plain frozen data, already formatted.

A view builds these from what a selector returned; the templates only lay them out. Every text is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from urllib.parse import urlencode

from django.http import QueryDict

from portal.web.format import Shown, money

Tone = Literal["neutral", "info", "progress", "waiting", "good", "bad", "done"]
Align = Literal["start", "end", "center"]


# -- the shell ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class NavItem:
    """One place to go. `count` is the work waiting there (None: nothing to count); `keys` such as `g h`."""

    label: str
    href: str
    icon: str
    count: int | None = None
    active: bool = False
    keys: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NavSection:
    label: str
    items: Sequence[NavItem]


@dataclass(frozen=True, kw_only=True, slots=True)
class FacilityChoice:
    """One line of the facility switcher. `value` is posted as `facility`; the empty value is "all mine"."""

    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Delegation:
    """Rights lent to this person for a time: shown in a band on every page."""

    lender: str
    role: str
    until: Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    name: str
    title: str
    email: str
    initials: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shell:
    """Everything around the page. `theme` is `light`, `dark` or empty for what the device prefers."""

    person: Person | None = None
    nav: Sequence[NavSection] = ()
    bottom: Sequence[NavItem] = ()
    facilities: Sequence[FacilityChoice] = ()
    delegations: Sequence[Delegation] = ()
    theme: str = ""
    demo: bool = False

    @property
    def facility(self) -> FacilityChoice | None:
        return next((choice for choice in self.facilities if choice.selected), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crumb:
    label: str
    href: str = ""


# -- lists -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A table head cell. `href` sorts by it, `sorted` says how it is sorted now, `narrow` hides it on the phone."""

    label: str
    align: Align = "start"
    href: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    narrow: bool = False
    hidden_label: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetValue:
    label: str
    count: int
    href: str
    selected: bool = False

    @property
    def count_text(self) -> str:
        return f"{self.count:,}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facet:
    """One group of filters with counts; `clear` is the link that removes the chosen values."""

    label: str
    values: Sequence[FacetValue]
    clear: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    """A saved view, or a section of a document page."""

    label: str
    href: str
    active: bool = False
    count: int | None = None
    icon: str = ""


def query_with(query: QueryDict, **changes: str | Sequence[str] | None) -> str:
    """`?…` of the current query with some parameters replaced (None removes); the cursor is always dropped."""
    pairs = {key: values for key, values in query.lists() if key not in {"after", *changes}}
    for key, value in changes.items():
        if value:
            pairs[key] = [value] if isinstance(value, str) else list(value)
    return "?" + urlencode(pairs, doseq=True)


def sort_column(
    query: QueryDict, key: str, label: str, *, default: str = "", align: Align = "start", narrow: bool = False
) -> Column:
    """A column that sorts by `?sort=key` / `?sort=-key`; a second click turns it round. `default` is the list's own order."""
    current = query.get("sort") or default
    state: Literal["", "ascending", "descending"] = ""
    if current.lstrip("-") == key:
        state = "descending" if current.startswith("-") else "ascending"
    href = query_with(query, sort=f"-{key}" if state == "ascending" else key)
    return Column(label=label, align=align, href=href, sorted=state, narrow=narrow)


def facet(query: QueryDict, key: str, label: str, values: Sequence[tuple[str, str, int]]) -> Facet:
    """Filters of one parameter out of (value, label, count); several values of a facet add up (`?key=a&key=b`)."""
    chosen = query.getlist(key)
    return Facet(
        label=label,
        values=[
            FacetValue(
                label=text,
                count=count,
                selected=value in chosen,
                href=query_with(
                    query, **{key: [c for c in chosen if c != value] if value in chosen else [*chosen, value]}
                ),
            )
            for value, text, count in values
        ],
        clear=query_with(query, **{key: None}) if chosen else "",
    )


# -- cards and documents -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Stat:
    """A card of "my work": how many, how old the oldest, how much money, and where the list is."""

    label: str
    count: int
    href: str
    icon: str
    oldest: Shown | None = None
    money: Shown | None = None
    tone: Tone = "neutral"
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A line of a key-value list; `href` links the value, `badge` is a prepared status badge."""

    label: str
    value: Shown | str
    href: str = ""
    badge: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineEntry:
    """Something that happened. `who` may say "X on behalf of Y"; `detail` is a comment or explanation."""

    text: str
    when: Shown
    who: str = ""
    icon: str = "circle-dashed"
    tone: Tone = "neutral"
    detail: str = ""
    href: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One station of a document's way. `wait` is the waiting time before it; `longest` marks the longest of all."""

    label: str
    state: Literal["done", "now", "failed", "next"]
    when: Shown | None = None
    href: str = ""
    wait: str = ""
    longest: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    label: str
    state: Literal["done", "now", "next"]
    href: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    who: str
    when: Shown
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A cost center's period: what is spent, what is committed, what this document adds; all in one currency."""

    label: str
    limit: Decimal
    actual: Decimal
    committed: Decimal
    this: Decimal
    currency: str
    as_of: Shown | None = None

    def _share(self, amount: Decimal) -> Decimal:
        whole = max(self.limit, self.actual + self.committed + self.this, Decimal(1))
        return (max(amount, Decimal(0)) * 100 / whole).quantize(Decimal("0.01"))

    @property
    def available(self) -> Decimal:
        """What is left after this document; negative when it goes over."""
        return self.limit - self.actual - self.committed - self.this

    @property
    def shown(self) -> Mapping[str, str]:
        """Every amount as text, for the line under the bar."""
        amounts = {
            "limit": self.limit,
            "actual": self.actual,
            "committed": self.committed,
            "this": self.this,
            "available": self.available,
            "over": -self.available,
        }
        return {name: money(amount, self.currency).text for name, amount in amounts.items()}

    @property
    def bars(self) -> Sequence[tuple[str, Decimal, Decimal]]:
        """(kind, start, width) of each part in percent of the bar."""
        actual, committed, this = self._share(self.actual), self._share(self.committed), self._share(self.this)
        return (("actual", Decimal(0), actual), ("committed", actual, committed), ("this", actual + committed, this))

    @property
    def mark(self) -> Decimal:
        """Where the limit is on the bar, in percent: 100 unless the bar is longer than the limit."""
        return self._share(self.limit)


def sparkline(values: Sequence[Decimal | int], *, width: int = 100, height: int = 24) -> str:
    """The points of an SVG polyline in a box of `width` × `height`; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = Decimal(high - low) or Decimal(1)
    step = Decimal(width) / (len(values) - 1)
    return " ".join(
        f"{step * i:.1f},{Decimal(height - 2) - (Decimal(value) - low) * (height - 4) / span:.1f}"
        for i, value in enumerate(values)
    )
