"""Builds X12 files for tests, by hand and in the open: what a partner's system would have written."""

from __future__ import annotations

from pathlib import Path

from integrations.x12 import Interchange, Parsed, Profile, TransactionSet, parse, read

ISA = "ISA*00*          *00*          *ZZ*MEDSUPPLY      *ZZ*HOSPITALNET    *260301*1015*U*00401*000000042*0*P*>"
SAMPLES = Path(__file__).resolve().parents[3].parent / "shared" / "samples"


def interchange(code: str, functional_id: str, *body: str, control: str = "0001") -> str:
    """A whole interchange around the segments of one set."""
    return "~\n".join(
        [
            ISA,
            f"GS*{functional_id}*MEDSUPPLY*HOSPITALNET*20260301*1015*7*X*004010",
            f"ST*{code}*{control}",
            *body,
            f"SE*{len(body) + 2}*{control}",
            "GE*1*7",
            "IEA*1*000000042",
            "",
        ]
    )


def one(text: str) -> Interchange:
    """The only interchange of a text."""
    (found,) = read(text.encode())
    return found


def first_set(text: str) -> TransactionSet:
    """The first transaction set of a text."""
    return one(text).groups[0].sets[0]


def parsed(code: str, functional_id: str, *body: str, profile: Profile | None = None) -> Parsed:
    """The document of one set."""
    return parse(first_set(interchange(code, functional_id, *body)), profile)


def codes(result: Parsed) -> list[str]:
    """The codes of the findings of reading a document."""
    return [finding.code for finding in result.findings]
