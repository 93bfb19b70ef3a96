"""Real files from real systems: what becomes of each was judged by a person, and stays so.

corpus.json says per file: its format, the outcome (accepted, findings, refused), its documents ("850:order", with "!" where it
must not be used as it is, "-" where there is none), the codes of all findings, and why.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations import edi_desk
from integrations.canonical import from_json, kind_of, to_json
from integrations.ubl.schemas import schema_faults
from integrations.ubl.xml import parse_tree
from integrations.x12 import Envelope, Profile, acknowledge, document_bytes, interchange_answer, parse, read, rewrite
from tests.integrations.x12.samples import SAMPLES

CORPUS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "corpus.json").read_text())
FILES = sorted(path for path in SAMPLES.glob("*") if path.suffix != ".md") if SAMPLES.is_dir() else []
OUTCOMES = {"accept": "accepted", "warn": "findings", "quarantine": "refused"}


def judged(*, format: str, outcomes: tuple[str, ...]) -> list[Path]:
    return [
        path
        for path in FILES
        if (known := CORPUS.get(path.name)) and known["format"] == format and known["outcome"] in outcomes
    ]


ACCEPTED = judged(format="x12", outcomes=("accepted",))
READABLE = judged(format="x12", outcomes=("accepted", "findings"))
UBL = judged(format="ubl", outcomes=("accepted", "findings", "refused"))
SCHEMAS = SAMPLES.parent / "ubl-xsd-2.1"


def test_every_sample_was_judged() -> None:
    if not FILES:
        pytest.skip(f"NO SAMPLE FILES: {SAMPLES} does not exist, so no real file was read.")
    assert len(FILES) > 100
    assert {path.name for path in FILES} == set(CORPUS)
    assert all(each["why"].endswith(".") and len(each["why"]) > 10 for each in CORPUS.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_becomes_of_a_real_file_is_what_was_judged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UBL_SCHEMA_DIR", raising=False)
    entry = CORPUS[path.name]
    started = time.process_time()
    found = edi_desk.explain(path.read_bytes())
    assert time.process_time() - started < 2
    findings = [*found.findings, *(finding for each in found.documents for finding in each.findings)]
    documents = [
        f"{each.kind}:{kind_of(each.document) if each.document else '-'}{'!' if each.broken else ''}"
        for each in found.documents
    ]
    assert {
        "format": found.format,
        "outcome": OUTCOMES[found.verdict],
        "documents": documents,
        "findings": sorted({finding.code for finding in findings}),
    } == {key: value for key, value in entry.items() if key != "why"}
    for finding in findings:
        assert finding.message.endswith(".")
        assert finding.advice.endswith(".")
    if found.verdict == "quarantine":
        assert any(finding.severity == "error" for finding in findings)
    for each in found.documents:
        if each.document is not None:
            assert from_json(kind_of(each.document), to_json(each.document)) == each.document
    json.dumps(found.plain())


@pytest.mark.parametrize("path", UBL, ids=lambda path: path.name)
def test_ubl_samples_are_as_oasis_wants_them(path: Path) -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"NO UBL SCHEMAS: {SCHEMAS} does not exist.")
    assert list(schema_faults(parse_tree(path.read_bytes()), SCHEMAS)) == []


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_what_was_read_is_written_as_it_came(path: Path) -> None:
    data = path.read_bytes()
    again = b"".join(rewrite(each) for each in read(data))
    first, second = read(data), read(again)
    assert [each.isa[:-1] for each in first] == [each.isa[:-1] for each in second]
    assert [s.segments for i in first for g in i.groups for s in g.sets] == [
        s.segments for i in second for g in i.groups for s in g.sets
    ]
    assert b"".join(rewrite(each) for each in second) == again
    if CORPUS[path.name]["outcome"] == "accepted":
        squeezed = bytes(each for each in data.removeprefix(b"\xef\xbb\xbf") if each not in b" \r\n")
        end = first[0].delimiters.segment.encode()
        assert bytes(each for each in again if each not in b" \r\n") in (squeezed, squeezed + end)


ENVELOPE = Envelope(
    sender=("ZZ", "A"), receiver=("ZZ", "B"), interchange_control=1, group_control=1, at=datetime(2026, 3, 1, tzinfo=UTC),
    group_sender="AA", group_receiver="BB",
)  # fmt: skip


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_a_document_that_was_accepted_can_be_said_again(path: Path) -> None:
    for interchange in read(path.read_bytes()):
        for group in interchange.groups:
            for each in group.sets:
                document = parse(each).document
                assert document is not None
                (again,) = read(document_bytes(document, ENVELOPE))
                assert parse(again.groups[0].sets[0]).document == document


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_every_group_and_interchange_can_be_answered(path: Path) -> None:
    profile = Profile(their_id="SOMEBODY")
    for each in read(path.read_bytes()):
        interchange_answer(each)
        for group in each.groups:
            assert acknowledge(group).received == len(group.sets)
    data = path.read_bytes()
    assert b"TA1*" in edi_desk.acknowledgement(data, at=ENVELOPE.at, profile=profile, ta1=True)
