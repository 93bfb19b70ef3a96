"""Real files from real systems: each becomes documents or findings, quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from integrations.canonical import from_json, kind_of, to_json
from integrations.x12 import X12Error, acknowledge, parse, read
from tests.integrations.x12.samples import SAMPLES

FILES = sorted(path for path in SAMPLES.glob("*") if path.suffix != ".md") if SAMPLES.is_dir() else []
NO_X12 = {"ediengine__NonEdi.edi", "gozer__x12.missing.ISA.txt", "gozer__x12.wrong.ISA.txt"}
FOREIGN = (
    "6-mils",
    "edi-tools",
    "edi.net__edifact",
    "edi__",
    "einvoicing",
    "oboe__orders",
    "pydifact",
    "smooks",
    "ubl__",
)


def test_the_samples_are_there() -> None:
    if not FILES:
        pytest.skip(f"NO SAMPLE FILES: {SAMPLES} does not exist, so no real X12 file was read.")
    assert len(FILES) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_becomes_documents_or_findings(path: Path) -> None:
    started = time.process_time()
    foreign = path.name.startswith(FOREIGN) or path.name in NO_X12
    if foreign:
        with pytest.raises(X12Error):
            read(path.read_bytes())
        return
    for interchange in read(path.read_bytes()):
        assert interchange.groups or interchange.answers
        for group in interchange.groups:
            assert acknowledge(group).received == len(group.sets)
            for each in group.sets:
                result = parse(each)
                assert result.document is not None or result.findings
                if result.document is not None:
                    assert from_json(kind_of(result.document), to_json(result.document)) == result.document
    assert time.process_time() - started < 1
