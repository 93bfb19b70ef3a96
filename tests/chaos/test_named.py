"""docs/reliability.md names a test for every fault, and every test it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> dict[int, str]:
    return {int(n): cell for n, cell in ROW.findall((ROOT / "docs" / "reliability.md").read_text())}


def test_every_fault_has_its_row() -> None:
    assert sorted(rows()) == list(range(1, 43))


def test_every_fault_has_a_test_or_says_why_not() -> None:
    assert [n for n, cell in rows().items() if not NAMED.search(cell) and not cell.startswith("– (")] == []


def test_every_named_test_exists() -> None:
    gone = []
    for cell in rows().values():
        for path, name in NAMED.findall(cell):
            tree = ast.parse((ROOT / path).read_text())
            if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
                gone.append(f"{path}::{name}")
    assert gone == []
