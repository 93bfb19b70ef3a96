"""X12: tokens, checking and whole documents against plain `bytes.split` in the same run, and against peers where installed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec

from benchmarks.harness import Act, Report, measure
from integrations.canonical import Order
from integrations.x12 import Envelope, document_bytes, parse, read
from integrations.x12.tokens import chunks

LINES = 20_000
HEAD = (
    b"ISA*00*          *00*          *ZZ*HOSPITALNET    *01*123456789      *260301*1015*U*00401*000000042*0*P*>~\n"
    b"GS*PO*HOSPITALNET*123456789*20260301*1015*7*X*004010~\nST*850*0001~\nBEG*00*SA*PO-2026-000017**20260301~\nCUR*BY*USD~\n"
)
LINE = (
    "PO1*{number}*{quantity}*CA*{cents:.2f}**VN*MS-{part}*IN*{item}*MG*{part}*UK*1061414{item}5~\n"
    "PID*F****Gauze sponge 4x4, sterile, pack {part}~\nREF*CT*GPO-77~\n"
)
ENVELOPE = Envelope(
    sender=("ZZ", "HOSPITALNET"),
    receiver=("01", "123456789"),
    interchange_control=42,
    group_control=7,
    at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC),
)


def order_file(lines: int) -> bytes:
    """An 850 with this many lines, as a hospital would send it."""
    body = "".join(
        LINE.format(
            number=number,
            quantity=number % 48 + 1,
            cents=number * 37 % 90_000 / 100,
            part=number * 7919 % 100_000,
            item=100_000 + number * 104_729 % 900_000,
        )
        for number in range(1, lines + 1)
    ).encode()
    return HEAD + body + b"CTT*%d~\nSE*%d*0001~\nGE*1*7~\nIEA*1*000000042~\n" % (lines, 3 * lines + 5)


def plain_split(data: bytes) -> list[list[bytes]]:
    """What nobody can be faster than in Python: all segments, all elements."""
    return [segment.split(b"*") for segment in data.split(b"~")]


def tokens(data: bytes) -> int:
    return sum(1 for chunk in chunks(data) for _ in chunk.segments())


def document(data: bytes) -> Order:
    """A file as its canonical order, with all findings on the way."""
    (transaction_set,) = read(data)[0].groups[0].sets
    result = parse(transaction_set)
    if not isinstance(result.document, Order) or transaction_set.broken or result.broken:
        raise RuntimeError("the order was not read")
    return result.document


def run(report: Report) -> None:
    data = order_file(LINES)
    order = document(data)
    if len(order.lines) != LINES or tokens(data) != 3 * LINES + 8:
        raise RuntimeError("the order is not whole")
    acts: dict[str, tuple[Callable[[bytes], object], float | None]] = {
        "tokenize": (tokens, 1 / 0.4),
        "tokenize and check": (read, None),
        "850 into a canonical order": (document, 1 / 0.08),
        "write an 850": (lambda _: document_bytes(order, ENVELOPE), None),
        **_peers(),
    }
    reference, *ours = measure(
        Act(lambda _: plain_split(data)),
        *(Act(lambda _, act=act: act(data)) for act, _ in acts.values()),
        repeats=7,
        warm=1,
    )
    report.add("bytes.split of all segments and elements", len(data) / 1000 / reference.cpu_ms, "MB/s")
    for (name, (_, limit)), result in zip(acts.items(), ours, strict=True):
        report.add(
            f"X12 {name}", len(data) / 1000 / result.cpu_ms, "MB/s",
            ratio=result.cpu_ms / reference.cpu_ms, to="bytes.split", limit=limit,
        )  # fmt: skip


def _peers() -> dict[str, tuple[Callable[[bytes], object], float | None]]:
    """Other libraries' readers of the same file, where they are installed."""
    peers: dict[str, tuple[Callable[[bytes], object], float | None]] = {}
    if find_spec("pyx12"):
        from pyx12.x12file import X12Reader  # only where installed

        def values(data: bytes) -> int:
            return sum(1 for segment in X12Reader(io.StringIO(data.decode())) for _ in segment.values_iterator())

        peers["(pyx12: segments passed by)"] = (
            lambda data: sum(1 for _ in X12Reader(io.StringIO(data.decode()))),
            None,
        )
        peers["(pyx12: every element's value)"] = (values, None)
    if find_spec("linuxforhealth"):
        from linuxforhealth.x12.io import X12SegmentReader  # only where installed

        def segments(data: bytes) -> int:
            with X12SegmentReader(data.decode()) as reader:
                return sum(1 for _ in reader.segments())

        peers["(linuxforhealth-x12: segments)"] = (segments, None)
    return peers
