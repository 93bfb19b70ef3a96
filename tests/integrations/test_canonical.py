from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import canonical
from integrations.canonical import CanonicalError, from_json, kind_of, to_json
from integrations.edi_mapping import parts_of

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
st.register_type_strategy(Decimal, DECIMALS)
MOMENTS = st.integers(946684800, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
st.register_type_strategy(datetime, MOMENTS)


def every_field(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Documents whose every field is made up, also those that have a default."""
    return st.builds(cls, **{name: st.from_type(hint) for name, hint in get_type_hints(cls).items()})


for document in canonical.KINDS.values():
    for part in parts_of(document):
        st.register_type_strategy(part, every_field)


@given(st.one_of([st.from_type(cls) for cls in canonical.KINDS.values()]))
def test_every_document_survives_the_round_trip_through_json_text(doc: Any) -> None:
    assert from_json(kind_of(doc), json.loads(json.dumps(to_json(doc)))) == doc


def receipt() -> dict[str, Any]:
    doc = canonical.Receipt(
        number="REC-1",
        order_number="PO-1",
        received_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        lines=(canonical.ReceiptLine(line_number=1, quantity=Decimal("2.50"), unit="BX", expiry=date(2027, 1, 31)),),
    )
    return to_json(doc)


def test_decimals_are_texts_and_days_are_iso() -> None:
    data = receipt()
    assert data["document"] == "receipt"
    assert data["version"] == "1.0"
    assert data["lines"][0]["quantity"] == "2.50"
    assert data["lines"][0]["expiry"] == "2027-01-31"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"version": "2.0"}, "version"),
        ({"document": "order"}, "document"),
        ({"number": 7}, "number"),
        ({"received_at": "2026-03-01T12:00:00"}, "received_at"),
        ({"surprise": 1}, "surprise"),
        ({"lines": {}}, "lines"),
        ({"lines": [{"line_number": 1, "quantity": "2"}]}, "lines.0.unit"),
        ({"lines": [{"line_number": 1, "quantity": "NaN", "unit": "EA"}]}, "lines.0.quantity"),
        ({"lines": [{"line_number": 1, "quantity": "٣", "unit": "EA"}]}, "lines.0.quantity"),
        ({"lines": [{"line_number": 1, "quantity": 2.5, "unit": "EA"}]}, "lines.0.quantity"),
        ({"lines": [{"line_number": True, "quantity": "2", "unit": "EA"}]}, "lines.0.line_number"),
        ({"lines": [{"line_number": 1, "quantity": "2", "unit": "EA", "expiry": "31.01.2027"}]}, "lines.0.expiry"),
    ],
)
def test_a_defect_is_refused_with_its_place(change: dict[str, Any], path: str) -> None:
    with pytest.raises(CanonicalError) as caught:
        from_json("receipt", receipt() | change)
    assert caught.value.path == path


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(CanonicalError, match="no document kind 'letter'"):
        from_json("letter", {})
