"""Fixed-width records of the interface files: two letters say the kind, then fields of fixed width, in Latin-1.

Numbers have a sign and four decimals without a point; days are YYYYMMDD; empty fields are spaces. A file is a header, records, and
a trailer with the number of records between and the control totals of their quantities and amounts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from integrations.erp.agreed import NotAgreed, strange
from integrations.remote import Strange

Value = str | int | Decimal | date | None
_SCALE: Final = Decimal("0.0001")
_NAMES: Final = ("name", "text", "description")

LAYOUTS: Final[Mapping[str, Sequence[tuple[str, str, int]]]] = {
    "HD": (("sequence", "9", 10), ("kind", "X", 2), ("version", "X", 2)),
    "PO": (
        ("reference", "X", 30), ("supplier", "X", 20), ("currency", "X", 3), ("ordered_on", "D", 8), ("requested_on", "D", 8),
        ("facility", "X", 20), ("ship_to", "X", 40), ("urgent", "X", 1),
    ),
    "PL": (
        ("line", "9", 6), ("item", "X", 30), ("text", "X", 60), ("quantity", "N", 18), ("unit", "X", 3), ("price", "N", 18),
        ("cost_center", "X", 20), ("contract", "X", 30), ("expected_on", "D", 8),
    ),
    "PC": (("reference", "X", 30), ("order", "X", 30), ("erp_order", "X", 20), ("revision", "9", 6)),
    "PX": (("reference", "X", 30), ("order", "X", 30), ("erp_order", "X", 20)),
    "GR": (("reference", "X", 30), ("erp_order", "X", 20), ("received_at", "X", 20), ("reverses", "X", 30)),
    "GL": (("line", "9", 6), ("quantity", "N", 18), ("unit", "X", 3), ("lot", "X", 40), ("expiry", "D", 8)),
    "VO": (
        ("reference", "X", 30), ("supplier", "X", 20), ("invoice", "X", 40), ("erp_order", "X", 20), ("currency", "X", 3),
        ("kind", "X", 1), ("invoiced_on", "D", 8), ("due_on", "D", 8), ("total", "N", 18), ("tax", "N", 18),
    ),
    "VC": (("code", "X", 20), ("text", "X", 60), ("amount", "N", 18)),
    "VL": (("line", "9", 6), ("text", "X", 60), ("quantity", "N", 18), ("unit", "X", 3), ("price", "N", 18)),
    "TR": (("records", "9", 8), ("quantities", "N", 20), ("amounts", "N", 20)),
    # what comes back
    "AH": (("sequence", "9", 10), ("verdict", "X", 1)),
    "AR": (
        ("verdict", "X", 1), ("reference", "X", 30), ("number", "X", 20), ("code", "X", 20), ("field", "X", 20), ("text", "X", 80),
    ),
    "AT": (("records", "9", 8),),
    "PH": (("sequence", "9", 10),),
    "PY": (("reference", "X", 30), ("number", "X", 20), ("status", "X", 10), ("paid_on", "D", 8)),
    "PT": (("records", "9", 8),),
    "BH": (("period", "X", 7), ("as_of", "X", 16)),
    "BU": (("cost_center", "X", 20), ("budget", "N", 18), ("committed", "N", 18), ("actual", "N", 18)),
    "BT": (("records", "9", 8),),
    "MH": (("kind", "X", 2), ("mode", "X", 1)),
    "MI": (
        ("id", "X", 20), ("number", "X", 20), ("description", "X", 80), ("base_unit", "X", 3), ("manufacturer", "X", 60),
        ("manufacturer_part", "X", 40), ("unspsc", "X", 8), ("status", "X", 12), ("category", "X", 20), ("gtin", "X", 14),
        ("supplier", "X", 20), ("supplier_part", "X", 40),
    ),
    "MS": (
        ("id", "X", 20), ("number", "X", 20), ("name", "X", 60), ("gln", "X", 13), ("email", "X", 60), ("payment_terms", "X", 4),
        ("currency", "X", 3), ("minimum_order", "X", 14), ("status", "X", 12),
    ),
    "MC": (
        ("id", "X", 20), ("number", "X", 20), ("name", "X", 60), ("gl_account", "X", 20), ("facility", "X", 20), ("status", "X", 12),
    ),
    "MT": (("records", "9", 8),),
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One line of a file that came."""

    kind: str
    values: Mapping[str, str]
    strange: tuple[Strange, ...] = ()

    def number(self, name: str) -> Decimal:
        """A number. Raises NotAgreed."""
        text = self.values[name]
        if not text[1:].isdigit() or text[0] not in "+-":
            raise NotAgreed(f"{name} of record {self.kind} is no number: {text!r}")
        return Decimal(text).scaleb(-4)

    def count(self, name: str) -> int:
        """A whole number. Raises NotAgreed."""
        if not self.values[name].isdigit():
            raise NotAgreed(f"{name} of record {self.kind} is no number: {self.values[name]!r}")
        return int(self.values[name])

    def day(self, name: str) -> date | None:
        """A day, None where it is empty. Raises NotAgreed."""
        text = self.values[name]
        if not text:
            return None
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise NotAgreed(f"{name} of record {self.kind} is no day: {text!r}") from None


def written(kind: str, /, **values: Value) -> str:
    """One record. Raises ValueError for what has no room, unless it only describes."""
    return kind + "".join(_field(kind, name, form, width, values[name]) for name, form, width in LAYOUTS[kind])


def file_of(sequence: int, kind: str, records: Iterable[str], quantities: Decimal, amounts: Decimal) -> bytes:
    """A whole file."""
    body = list(records)
    lines = [
        written("HD", sequence=sequence, kind=kind, version="01"), *body,
        written("TR", records=len(body), quantities=quantities, amounts=amounts),
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def read(content: bytes, opens: str, closes: str, allowed: str) -> tuple[Record, list[Record], tuple[Strange, ...]]:
    """Header, records and what nobody knows of a file that came. Raises NotAgreed, also where it was cut short."""
    rows = [_record(line) for line in content.decode("latin-1").splitlines() if line.strip()]
    if not rows or rows[0].kind != opens or rows[-1].kind != closes:
        raise NotAgreed(f"the file does not begin with {opens} and end with {closes}")
    if rows[-1].count("records") != len(rows) - 2:
        raise NotAgreed(f"the trailer counts {rows[-1].count('records')} records, there are {len(rows) - 2}")
    unknown = [
        strange("file", {f"record {row.kind}": row.values.get("all", "")})[0]
        for row in rows[1:-1]
        if row.kind != allowed
    ]
    return (
        rows[0],
        [row for row in rows[1:-1] if row.kind == allowed],
        (*unknown, *(each for row in rows for each in row.strange)),
    )


def _record(line: str) -> Record:
    kind, at, values = line[:2], 2, {}
    if kind not in LAYOUTS:
        return Record(kind, {"all": line})
    for name, _, width in LAYOUTS[kind]:
        values[name] = line[at : at + width].strip()
        at += width
    if len(line.rstrip()) < 2 or len(line) < at - LAYOUTS[kind][-1][2]:
        raise NotAgreed(f"a record {kind} is too short")
    more = line[at:].strip()
    return Record(kind, values, strange(f"record {kind}", {f"column {at + 1}": more}) if more else ())


def _field(kind: str, name: str, form: str, width: int, value: Value) -> str:
    if form == "N":
        return _decimal(kind, name, width, value)
    if form == "9":
        text = f"{value or 0:0>{width}}"
    elif form == "D":
        text = f"{value:%Y%m%d}" if isinstance(value, date) else " " * width
    else:
        text = f"{_plain(str(value or '')):<{width}}"
    if len(text) > width and name in _NAMES:
        text = text[:width]
    if len(text) > width:
        raise ValueError(f"{name} {str(value)!r} is longer than the {width} characters the interface has for it.")
    return text


def _decimal(kind: str, name: str, width: int, value: Value) -> str:
    number = value if isinstance(value, Decimal) else Decimal(str(value or 0))
    if number != number.quantize(_SCALE):
        raise ValueError(f"{name} {number} has more than the four decimals the interface has for it.")
    digits = f"{abs(int(number.scaleb(4))):0{width - 1}d}"
    if len(digits) > width - 1:
        raise ValueError(f"{name} {number} is too large for record {kind}.")
    return ("-" if number < 0 else "+") + digits


def _plain(text: str) -> str:
    """As Latin-1 on one line; letters it does not have lose their marks."""
    text = " ".join(text.split())
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        decomposed = unicodedata.normalize("NFKD", text)
        text = decomposed.encode("latin-1", "ignore").decode("latin-1") if decomposed.strip() else ""
    return text


def moment_read(text: str) -> datetime | None:
    """A moment in UTC, None where it is empty. Raises NotAgreed."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NotAgreed(f"{text!r} is no moment") from None


def moment(value: datetime) -> str:
    """A moment in UTC as the interface writes it."""
    return f"{value:%Y%m%dT%H%M%SZ}"
