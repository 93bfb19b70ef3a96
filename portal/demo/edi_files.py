"""X12 files as the demo's suppliers wrote them in the weeks before the first start: 855, 856 and 810."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from integrations.models import Partner
from procurement.models import PurchaseOrder
from procurement.services.invoices import InvoiceInput
from procurement.services.supplier_answers import AnsweredLineInput, ShipNoticeInput

Segments = list[list[str]]
GROUPS = {"855": "PR", "856": "SH", "810": "IN"}
_ACTIONS = {
    "accepted": "IA", "backordered": "IB", "price_changed": "IP", "quantity_changed": "IQ", "date_changed": "DR",
    "substituted": "IS", "rejected": "IR",
}  # fmt: skip


def file_of(partner: Partner, kind: str, segments: Segments, *, control: int, at: datetime) -> bytes:
    """One interchange with one document, in the partner's unit codes."""
    units = {ours: theirs for theirs, ours in partner.unit_map.items()}
    body = [["ST", kind, f"{control:04d}"], *_in_units(segments, units)]
    body.append(["SE", str(len(body) + 1), f"{control:04d}"])
    sender, receiver = (partner.qualifier, partner.identifier), (partner.our_qualifier, partner.our_id)
    isa = [
        "ISA", "00", " " * 10, "00", " " * 10, sender[0], f"{sender[1]:<15}", receiver[0], f"{receiver[1]:<15}",
        f"{at:%y%m%d}", f"{at:%H%M}", "U", "00401", f"{control:09d}", "0", "P", ">",
    ]  # fmt: skip
    group = ["GS", GROUPS[kind], sender[1], receiver[1], f"{at:%Y%m%d}", f"{at:%H%M}", str(control), "X", "004010"]
    ends = [["GE", "1", str(control)], ["IEA", "1", f"{control:09d}"]]
    return "".join("*".join(segment) + "~\n" for segment in [isa, group, *body, *ends]).encode("ascii", "replace")


def _in_units(segments: Segments, units: dict[str, str]) -> Segments:
    places = {"PO1": 3, "IT1": 3, "ACK": 3, "SN1": 3}
    return [
        [units.get(word, word) if at == places.get(segment[0]) else word for at, word in enumerate(segment)]
        for segment in segments
    ]


def answer_segments(
    order: PurchaseOrder, lines: Sequence[AnsweredLineInput], number: str, status: str, on: date
) -> Segments:
    """The 855."""
    verdict = {"accepted": "AD", "changed": "AC", "rejected": "RJ"}[status]
    issued = order.issued_at or order.created_at
    body: Segments = [["BAK", "00", verdict, order.number, _day(issued.date()), "", "", "", number, _day(on)]]
    for line in lines:
        body.append(
            [
                "PO1",
                str(line.line_number),
                _n(line.quantity),
                line.unit,
                _n(line.unit_price),
                "",
                "VN",
                line.supplier_part,
            ]
        )
        promised = ["067", _day(line.promised_on)] if line.promised_on else []
        ack = ["ACK", _ACTIONS[line.action], _n(line.quantity), line.unit, *promised]
        body.append([*ack, "", "VN", line.substitute_part] if line.substitute_part else ack)
    return [*body, ["CTT", str(len(lines))]]


def notice_segments(notice: ShipNoticeInput) -> Segments:
    """The 856: shipment, order, items."""
    at = notice.shipped_at or timezone.now()
    body: Segments = [
        ["BSN", "00", notice.shipment_number, _day(at.date()), f"{at:%H%M}", "0001"],
        ["HL", "1", "", "S"],
        ["TD5", "B", "2", notice.carrier],
        ["REF", "CN", notice.tracking],
        ["DTM", "011", _day(at.date()), f"{at:%H%M}", "UT"],
        ["DTM", "017", _day(notice.expected_on or at.date() + timedelta(days=2))],
        ["HL", "2", "1", "O"],
        ["PRF", notice.order_number],
        ["HL", "3", "2", "P"],
        ["MAN", "GM", f"00{notice.lines[0].sscc}"[:20]],
    ]
    for place, line in enumerate(notice.lines, start=4):
        tracked = ["LT", line.lot] if line.lot else []
        body += [
            ["HL", str(place), "3", "I"],
            ["LIN", str(line.line_number), "VN", line.supplier_part, *tracked],
            ["SN1", "", _n(line.quantity), line.unit],
        ]
        if line.expiry:
            body.append(["DTM", "036", _day(line.expiry)])
    return [*body, ["CTT", str(len(notice.lines) + 3)]]


def invoice_segments(order: PurchaseOrder, bill: InvoiceInput) -> Segments:
    """The 810, with freight and other charges."""
    issued = order.issued_at or order.created_at
    body: Segments = [
        ["BIG", _day(bill.invoice_date), bill.supplier_number, _day(issued.date()), bill.order_number, "", "", "DI"],
        ["CUR", "SE", bill.currency],
    ]
    for line in bill.lines:
        part = ["VN", line.supplier_part] if line.supplier_part else []
        number = str(line.order_line_number or line.line_number)
        body.append(["IT1", number, _n(line.quantity), line.unit, _n(line.unit_price), "", *part])
    body.append(["TDS", _n(bill.total * 100)])
    for charge in bill.charges:
        amount = _n(Decimal(charge["amount"]) * 100)
        body.append(["SAC", "C", charge["code"], "", "", amount, *[""] * 9, charge["description"]])
    return [*body, ["CTT", str(len(bill.lines))]]


def _n(number: Decimal | None) -> str:
    plain = f"{number or Decimal(0):f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def _day(on: date) -> str:
    return f"{on:%Y%m%d}"
