"""Damaged, shuffled and made-up files: never a crash, never a hang, never more memory than the file deserves.

`EDI_FUZZ_SECONDS` says for how long (20 by default), `EDI_FUZZ_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Callable

from integrations import edi_desk
from integrations.canonical import from_json, kind_of, to_json
from integrations.x12 import acknowledge, interchange_answer, read
from tests.integrations.x12 import samples
from tests.integrations.x12.samples import SAMPLES

SECONDS = float(os.environ.get("EDI_FUZZ_SECONDS", "20"))
SLOWEST = 5.0
MOST_GROWTH = 200_000
OURS = samples.interchange("855", "PR", "BAK*00*AD*PO-1*20260301", "PO1*1*2*BX*10**VN*A1", "ACK*IA*2*BX").encode()
TOKENS = [
    b"ISA*", b"~", b"*", b">", b"\n", b"\r\n", b"^", b"\x1c", b"\xff", b"\xef\xbb\xbf", b"ST*850*0001~", b"SE*1*0001~", b"GS*PO*",
    b"IEA*1*", b"HL*1**S~", b"PO1*", b"NaN", b"1E999999", b"-", b".", b"\xd9\xa2", b"9" * 400, b"\x00", b"BEG*00*SA*P**20260301~", b" " * 300,
]  # fmt: skip


def seeds() -> list[bytes]:
    """Every sample there is, and one of our own."""
    files = [path.read_bytes() for path in sorted(SAMPLES.glob("*"))] if SAMPLES.is_dir() else []
    return [OURS, *files]


def cut(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.randrange(60) :]


def flip(data: bytes, dice: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(dice.randrange(1, 8)):
        if raw:
            raw[dice.randrange(len(raw))] = dice.randrange(256)
    return bytes(raw)


def insert(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + b"".join(dice.choices(TOKENS, k=dice.randrange(1, 6))) + data[at:]


def shuffle(data: bytes, dice: random.Random) -> bytes:
    end = dice.choice([b"~", b"\n", b"!", b"'"])
    parts = data.split(end)
    dice.shuffle(parts)
    return end.join(parts)


def double(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at : at + 2000] * dice.randrange(2, 20) + data[at:]


def swap(data: bytes, dice: random.Random) -> bytes:
    return data.replace(*dice.sample([b"~", b"*", b">", b"\n", b"|", b":", b"+"], 2))


HARM: list[Callable[[bytes, random.Random], bytes]] = [cut, flip, insert, shuffle, double, swap]


def digest(data: bytes) -> None:
    """Everything that is done with a file that comes in, whatever its format."""
    found = edi_desk.explain(data)
    every = [*found.findings, *(finding for each in found.documents for finding in each.findings)]
    for finding in every:
        assert finding.message.endswith(".")
        assert finding.advice
        assert -1 <= finding.offset <= len(data)
    if found.verdict == "quarantine":
        assert any(finding.severity == "error" for finding in every)
    for said in found.documents:
        if said.document is None:
            assert any(finding.severity == "error" for finding in said.findings)
        else:
            assert from_json(kind_of(said.document), to_json(said.document)) == said.document
    if found.format == "x12" and found.lines:
        for interchange in read(data):
            interchange_answer(interchange)
            for group in interchange.groups:
                acknowledge(group)


def test_nothing_that_comes_in_can_do_harm() -> None:
    seed = int(os.environ.get("EDI_FUZZ_SEED", time.time_ns()))
    dice, corpus = random.Random(seed), seeds()
    for data in corpus:
        digest(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ends, tried = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        data = dice.choice(corpus)
        for _ in range(dice.randrange(1, 4)):
            data = dice.choice(HARM)(data, dice)[:200_000]
        started = time.process_time()
        try:
            digest(data)
        except BaseException as fault:
            raise AssertionError(f"EDI_FUZZ_SEED={seed}, file {tried}: {data[:2000]!r}") from fault
        assert time.process_time() - started < SLOWEST, f"EDI_FUZZ_SEED={seed}, file {tried} took too long"
        tried += 1
    assert tried > 10 * SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH, "kilobytes"
