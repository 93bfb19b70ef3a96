"""The interface files, as the maker of this system wrote them down: positions of fields, from 0, after the record's two letters."""

from __future__ import annotations

from decimal import Decimal

POSITIONS = {
    "PO": {"reference": (0, 30), "supplier": (30, 20), "currency": (50, 3)},
    "PL": {"line": (0, 6), "item": (6, 30), "text": (36, 60), "quantity": (96, 18), "unit": (114, 3), "price": (117, 18), "cost_center": (135, 20)},
    "PC": {"reference": (0, 30), "order": (30, 30), "number": (60, 20), "revision": (80, 6)},
    "PX": {"reference": (0, 30), "order": (30, 30), "number": (60, 20)},
    "GR": {"reference": (0, 30), "number": (30, 20), "reverses": (70, 30)},
    "GL": {"line": (0, 6), "quantity": (6, 18), "unit": (24, 3), "lot": (27, 40)},
    "VO": {"reference": (0, 30), "supplier": (30, 20), "invoice": (50, 40), "number": (90, 20), "kind": (113, 1), "total": (130, 18)},
    "VC": {"amount": (80, 18)},
    "VL": {"line": (0, 6), "quantity": (66, 18), "price": (87, 18)},
}  # fmt: skip


class Damaged(Exception):
    """The file is not whole or its control totals are wrong."""


def fields(line: str) -> dict[str, str]:
    """The fields of a record, with its kind."""
    kind, rest = line[:2], line[2:]
    if kind not in POSITIONS:
        raise Damaged(f"Record {kind} is not known.")
    return {"kind": kind, **{name: rest[at : at + width].strip() for name, (at, width) in POSITIONS[kind].items()}}


def amount(text: str) -> Decimal:
    """A signed number with four decimals."""
    try:
        return Decimal(text).scaleb(-4)
    except ArithmeticError:
        raise Damaged(f"{text!r} is no number.") from None


def opened(content: bytes) -> tuple[int, str, list[dict[str, str]]]:
    """Sequence, kind and records of a file. Raises Damaged."""
    lines = content.decode("latin-1").split("\r\n")
    if len(lines) < 3 or lines[-1] or not lines[0].startswith("HD") or not lines[-2].startswith("TR"):
        raise Damaged("The file does not begin with HD and end with TR.")
    records = [fields(line) for line in lines[1:-2]]
    trailer = lines[-2][2:]
    if int(trailer[:8]) != len(records):
        raise Damaged(f"The trailer counts {int(trailer[:8])} records, there are {len(records)}.")
    kind = lines[0][12:14]
    quantities = sum((amount(r["quantity"]) for r in records if "quantity" in r), Decimal(0))
    if amount(trailer[8:28]) != quantities:
        raise Damaged(f"The quantities add up to {quantities}, the trailer says {amount(trailer[8:28])}.")
    amounts = sum((amount(r[n]) for r in records for n in ("total", "amount") if n in r), Decimal(0))
    if kind in ("PO", "PC"):
        amounts = sum((amount(r["price"]) for r in records if "price" in r), Decimal(0))
    if amount(trailer[28:48]) != amounts:
        raise Damaged(f"The amounts add up to {amounts}, the trailer says {amount(trailer[28:48])}.")
    return int(lines[0][2:12]), kind, records


def signed(value: Decimal, width: int = 18) -> str:
    """A number as the files have it."""
    return ("-" if value < 0 else "+") + f"{abs(int(value.scaleb(4))):0{width - 1}d}"


def acknowledgement(sequence: int, verdict: str, rows: list[dict[str, str]], more: str = "") -> bytes:
    """The answer to a file; `more` stands behind every record, as a newer release would write it."""
    lines = [f"AH{sequence:010}{verdict}"]
    for row in rows:
        lines.append(
            f"AR{row['verdict']:<1}{row['reference']:<30}{row.get('number', ''):<20}{row.get('code', ''):<20}"
            f"{row.get('field', ''):<20}{row.get('text', '')[:80]:<80}{more}"
        )
    lines.append(f"AT{len(rows):08}")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def payments(sequence: int, rows: list[tuple[str, str, str, str]]) -> bytes:
    """Payments: reference, voucher number, status, day (YYYYMMDD)."""
    lines = [f"PY{reference:<30}{number:<20}{status:<10}{day:<8}" for reference, number, status, day in rows]
    return "".join(f"{line}\r\n" for line in (f"PH{sequence:010}", *lines, f"PT{len(lines):08}")).encode("latin-1")


def budgets(period: str, as_of: str, rows: list[tuple[str, Decimal, Decimal, Decimal]]) -> bytes:
    """Budgets: cost center, budget, committed, actual; as they are at a moment (YYYYMMDDTHHMMSSZ)."""
    lines = [f"BU{code:<20}" + "".join(map(signed, amounts)) for code, *amounts in rows]
    return "".join(f"{line}\r\n" for line in (f"BH{period}{as_of}", *lines, f"BT{len(lines):08}")).encode("latin-1")


MASTERS = {
    "item": ("ITM", "IT", "MI", {"id": 20, "number": 20, "description": 80, "base_unit": 3, "manufacturer": 60, "manufacturer_part": 40,
                                 "unspsc": 8, "status": 12, "category": 20, "gtin": 14, "supplier": 20, "supplier_part": 40}),
    "supplier": ("SUP", "SU", "MS", {"id": 20, "number": 20, "name": 60, "gln": 13, "email": 60, "payment_terms": 4, "currency": 3,
                                     "minimum_order": 14, "status": 12}),
    "cost_center": ("CCT", "CC", "MC", {"id": 20, "number": 20, "name": 60, "gl_account": 20, "facility": 20, "status": 12}),
}  # fmt: skip


def masters(kind: str, mode: str, rows: list[dict[str, str]]) -> bytes:
    """Records of a kind: all of them (mode F) or those that changed (mode D)."""
    _, short, record, widths = MASTERS[kind]
    lines = [
        record + "".join(f"{str(row.get(name) or '')[:width]:<{width}}" for name, width in widths.items())
        for row in rows
    ]
    return "".join(f"{line}\r\n" for line in (f"MH{short}{mode}", *lines, f"MT{len(lines):08}")).encode(
        "latin-1", "replace"
    )
