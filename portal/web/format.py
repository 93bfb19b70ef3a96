"""What a screen shows for a value: prepared in Python, because filters inside template loops cost most of a list page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EMPTY_TEXT = "–"
MINUTE, HOUR, DAY = 60, 3600, 86400
SPANS = (
    (365 * DAY, 30 * DAY, "mo"),
    (60 * DAY, 7 * DAY, "wk"),
    (2 * DAY, DAY, "d"),
    (2 * HOUR, HOUR, "h"),
    (2 * MINUTE, MINUTE, "min"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A value ready for the page: `text` to read, `title` with the exact value (shown on hover), `iso` for `<time>`."""

    text: str
    title: str = ""
    iso: str = ""

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return self.text != EMPTY_TEXT


NOTHING = Shown(EMPTY_TEXT)


def number(value: Decimal | int | None, *, places: int | None = None) -> str:
    """`1,234.5`: grouped, without trailing zeros unless `places` fixes the decimals."""
    if value is None:
        return EMPTY_TEXT
    if places is not None:
        exact = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return _minus(f"{exact:,f}")
    text = f"{value:,f}"
    return _minus(text.rstrip("0").rstrip(".") if "." in text else text)


def money(amount: Decimal | None, currency: str, *, sign: bool = False) -> Shown:
    """`1,234.50 USD`; unit prices keep up to six decimals in the title. `sign` writes a plus before a positive difference."""
    if amount is None:
        return NOTHING
    plus = "+" if sign and amount > 0 else ""
    text = f"{plus}{number(amount, places=2)} {currency}"
    exact = f"{plus}{number(amount)} {currency}"
    rounded = amount != amount.quantize(Decimal("0.01"))
    return Shown(text, exact if rounded else "")


def price(amount: Decimal | None, currency: str, unit: str) -> Shown:
    """A unit price: `8.42 USD / BX`, with as many decimals as it has, at least two."""
    if amount is None:
        return NOTHING
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return Shown(f"{number(amount, places=places)} {currency} / {unit}")


def quantity(value: Decimal | int | None, unit: str, *, base: Decimal | None = None, base_unit: str = "") -> Shown:
    """`10 BX`, with `= 1,000 EA` in the title when the quantity in base units is given."""
    if value is None:
        return NOTHING
    title = f"= {number(base)} {base_unit}" if base is not None and base_unit != unit else ""
    return Shown(f"{number(value)} {unit}", title)


def percent(value: Decimal | None, *, places: int = 1, sign: bool = False) -> Shown:
    """`17.6 %` of a value that already counts in percent."""
    if value is None:
        return NOTHING
    plus = "+" if sign and value > 0 else ""
    return Shown(f"{plus}{number(value, places=places)} %", f"{plus}{number(value)} %")


def age(moment: datetime | None, tz: str | tzinfo = UTC, *, now: datetime | None = None) -> Shown:
    """How old something is, as short as a column allows: `5 min`, `3 h`, `2 d`, `7 wk`. The title is the exact time."""
    if moment is None:
        return NOTHING
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return Shown(duration(max(0.0, seconds)), exact(moment, tz), moment.isoformat())


def counted(count: str, what: str) -> str:
    """`1 order`, `83 orders`, `1,000+ orders`."""
    return f"{count} {what}{'' if count == '1' else 's'}"


def duration(seconds: float) -> str:
    """`40 s`, `5 min`, `3 h`, `2 d`, `7 wk`, `14 mo`: one unit, rounded down; a unit begins at two of it."""
    for least, size, unit in SPANS:
        if seconds >= least:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def when(moment: datetime | None, tz: str | tzinfo = UTC, *, now: datetime | None = None) -> Shown:
    """A moment as people say it: `5 min ago`, `in 3 h`, `Tue 14:05` (within six days), `12 Nov`, `12 Nov 2025`."""
    if moment is None:
        return NOTHING
    zone = zone_of(tz)
    now = now or datetime.now(UTC)
    delta = (moment - now).total_seconds()
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if abs(delta) < MINUTE:
        text = "now"
    elif abs(delta) < 12 * HOUR:
        span = duration(abs(delta))
        text = f"in {span}" if delta > 0 else f"{span} ago"
    elif abs(delta) < 6 * DAY:
        text = f"{local:%a %H:%M}"
    else:
        text = _day(local, today.year)
    return Shown(text, exact(moment, zone), moment.isoformat())


def day(value: date | None, tz: str | tzinfo = UTC, *, today: date | None = None) -> Shown:
    """A calendar day: `today` (in the zone), `tomorrow`, `yesterday`, else `Tue 12 Nov`; other years say theirs. The title is ISO."""
    if value is None:
        return NOTHING
    today = today or today_in(tz)
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((value - today).days)
    text = named or (f"{value:%a} " if abs((value - today).days) < 60 else "") + _day(value, today.year)
    return Shown(text, value.isoformat(), value.isoformat())


def today_in(tz: str | tzinfo) -> date:
    """The day it is there: in the evening of Illinois, London has tomorrow."""
    return datetime.now(zone_of(tz)).date()


def exact(moment: datetime, tz: str | tzinfo = UTC) -> str:
    """`Thu 12 Nov 2026 14:05:09 CST`, in the facility's time zone."""
    return f"{moment.astimezone(zone_of(tz)):%a %d %b %Y %H:%M:%S %Z}"


def initials(name: str) -> str:
    """Up to two letters for a person: `Maria de Souza` → `MS`."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


def zone_of(tz: str | tzinfo) -> tzinfo:
    """The zone by IANA name; an unknown name is UTC, so that a wrong setting never breaks a page."""
    return _zone(tz) if isinstance(tz, str) else tz


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _day(value: date, this_year: int) -> str:
    text = f"{value.day} {value:%b}"
    return text if value.year == this_year else f"{text} {value.year}"


def _minus(text: str) -> str:
    return "−" + text[1:] if text.startswith("-") else text
