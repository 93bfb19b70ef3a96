"""What is published about the canonical documents is what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import canonical
from integrations.canonical import KINDS, fields_of, json_schema, to_json
from integrations.edi_mapping import field_map, mapping_page, parts_of
from tests.integrations.test_canonical import DECIMALS  # noqa: F401 - registers how documents are made up

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_is_the_document_s(kind: str) -> None:
    published = json.loads((DOCS / "canonical" / f"{kind}.json").read_text())
    assert published == json_schema(kind), "write it again: manage.py edi schema --out docs/canonical"


def test_nothing_else_is_published() -> None:
    assert {path.stem for path in (DOCS / "canonical").glob("*.json")} == set(KINDS)


@given(st.one_of([st.from_type(cls) for cls in canonical.KINDS.values()]))
def test_every_document_is_valid_under_its_schema(doc: Any) -> None:
    plain = json.loads(json.dumps(to_json(doc)))
    jsonschema.validate(plain, json_schema(plain["document"]))


def test_the_page_of_mappings_is_up_to_date() -> None:
    assert (DOCS / "mapping.md").read_text() == mapping_page(), (
        "write it again: manage.py edi mapping > docs/mapping.md"
    )


WITH_PARTNERS = (
    "order", "order_answer", "ship_notice", "invoice", "price_catalog", "inventory_snapshot", "remittance", "acknowledgement",
)  # fmt: skip


def test_every_field_that_travels_is_mapped_and_no_other() -> None:
    parts = {part.__name__: list(fields_of(part)) for kind in WITH_PARTNERS for part in parts_of(KINDS[kind])}
    assert {name: list(fields) for name, fields in field_map().items()} == parts
