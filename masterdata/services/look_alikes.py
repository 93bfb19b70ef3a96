"""Which of our records a record of another system may be: by GTIN, GLN, manufacturer's and supplier's part, or name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from masterdata.rules.stewardship import Said

_MOST: Final = 5
_SAID: Final = """
WITH said AS (SELECT * FROM ROWS FROM (unnest(%(id)s::text[]), unnest(%(gtin)s::text[]), unnest(%(maker)s::text[]), unnest(%(part)s::text[]),
    unnest(%(supplier)s::text[]), unnest(%(supplier_part)s::text[]), unnest(%(name)s::text[]), unnest(%(gln)s::text[]))
    AS s (id, gtin, maker, part, supplier, supplier_part, name, gln))
"""
_ALIKE: Final = {
    "item": """
SELECT DISTINCT ON (why.said, i.id) why.said, i.id, i.number, i.description, why.words FROM (
    SELECT said.id AS said, p.item_id AS ours, 'the same GTIN ' || p.gtin AS words, 1 AS rank
      FROM said JOIN masterdata_itempackaging p ON p.gtin = said.gtin WHERE said.gtin <> ''
    UNION ALL
    SELECT said.id, x.id, 'the same manufacturer part', 2 FROM said JOIN masterdata_item x ON x.manufacturer_part = said.part
     WHERE said.part <> '' AND (said.maker = '' OR lower(x.manufacturer) = lower(said.maker))
    UNION ALL
    SELECT said.id, o.item_id, 'the same supplier part of ' || s.name, 3
      FROM said JOIN masterdata_supplieritem o ON o.supplier_part = said.supplier_part
      JOIN masterdata_supplier s ON s.id = o.supplier_id AND s.code = said.supplier WHERE said.supplier_part <> ''
    UNION ALL
    SELECT said.id, x.id, 'the same description', 4 FROM said JOIN masterdata_item x ON x.description = said.name
     WHERE said.name <> ''
) why JOIN masterdata_item i ON i.id = why.ours ORDER BY why.said, i.id, why.rank
""",
    "supplier": """
SELECT DISTINCT ON (why.said, s.id) why.said, s.id, s.code, s.name, why.words FROM (
    SELECT said.id AS said, x.id AS ours, 'the same GLN ' || x.gln AS words, 1 AS rank
      FROM said JOIN masterdata_supplier x ON x.gln = said.gln WHERE said.gln <> ''
    UNION ALL
    SELECT said.id, x.id, 'the same name', 2 FROM said JOIN masterdata_supplier x ON lower(x.name) = lower(said.name)
     WHERE said.name <> ''
) why JOIN masterdata_supplier s ON s.id = why.ours ORDER BY why.said, s.id, why.rank
""",
}  # fmt: skip


def look_alikes(kind: str, records: Sequence[Said]) -> dict[str, list[dict[str, Any]]]:
    """Records of ours that may be the same, by external id: {"id", "number", "name", "why"}, at most five each. One statement."""
    if kind not in _ALIKE or not records:
        return {}

    def column(*names: str) -> list[str]:
        return [next((v.strip() for name in names if (v := said.values.get(name, ""))), "") for said in records]

    values = {
        "id": [said.external_id for said in records], "gtin": column("gtin"), "maker": column("manufacturer"),
        "part": column("manufacturer_part"), "supplier": column("supplier"), "supplier_part": column("supplier_part"),
        "name": [" ".join(name.split()) for name in column("description", "name")], "gln": column("gln"),
    }  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SAID + _ALIKE[kind], values)
        for external_id, pk, number, name, why in cursor.fetchall():
            mine = found.setdefault(external_id, [])
            if len(mine) < _MOST:
                mine.append({"id": pk, "number": number, "name": name, "why": why})
    return found
