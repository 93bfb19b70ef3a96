"""UBL's own schemas, where somebody has them: the order and number of elements that OASIS's XSD files ask for.

Only the part of XML Schema that UBL's document schemas use is understood: named complex types that are sequences of elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from integrations.ubl.xml import Node, parse_xml
from integrations.x12.findings import Finding

_ENDLESS: Final = 1 << 30
_MOST_FINDINGS: Final = 100


@dataclass(frozen=True, slots=True)
class Particle:
    """One element of a sequence: its name and how often it may stand there."""

    name: str
    least: int
    most: int


class Schemas:
    """Every element and type of the schema files below a folder."""

    def __init__(self, folder: Path) -> None:
        self.types: dict[str, str] = {}
        self.sequences: dict[str, tuple[Particle, ...]] = {}
        for path in sorted(folder.rglob("*.xsd")):
            # Signatures have schemas of their own, with a document type; nothing of ours is in them.
            if "xmldsig" not in path.name and "XAdES" not in path.name:
                for node in parse_xml(path.read_bytes()).children:
                    self._take(node)

    def _take(self, node: Node) -> None:
        name = node.attributes.get("name", "")
        if node.name == "element":
            self.types[name] = _local(node.attributes.get("type", ""))
        elif node.name == "complexType" and (sequence := node.first("sequence")) is not None:
            self.sequences[name] = tuple(
                Particle(
                    _local(each.attributes.get("ref", "")),
                    int(each.attributes.get("minOccurs", "1")),
                    _most(each.attributes.get("maxOccurs", "1")),
                )
                for each in sequence.children
                if each.name == "element"
            )

    def faults(self, root: Node) -> Iterator[Finding]:
        """What in a document is not as the schemas ask for."""
        for count, finding in enumerate(self._faults(root, root.name)):
            if count >= _MOST_FINDINGS:
                return
            yield finding

    def _faults(self, node: Node, path: str) -> Iterator[Finding]:
        sequence = self.sequences.get(self.types.get(node.name, ""))
        if sequence is None:
            return
        at, held = 0, 0
        for child in node.children:
            place = next((n for n in range(at, len(sequence)) if sequence[n].name == child.name), None)
            if place is None:
                known = any(each.name == child.name for each in sequence)
                words = "stands in the wrong place" if known else "is not an element of it"
                yield _finding("out-of-place", f"{child.name} {words} in {path}.", child)
                continue
            if place > at:
                yield from _missing(sequence[at:place], held, path, child)
                at, held = place, 0
            held += 1
            if held > sequence[at].most:
                yield _finding("too-many", f"{child.name} occurs more than {sequence[at].most} times in {path}.", child)
            yield from self._faults(child, f"{path}/{child.name}")
        yield from _missing(sequence[at:], held, path, node)


def _missing(passed: tuple[Particle, ...], held: int, path: str, at: Node) -> Iterator[Finding]:
    for number, each in enumerate(passed):
        if each.least and not (number == 0 and held):
            yield _finding("missing-segment", f"{path} needs a {each.name}; there is none.", at)


def _finding(code: str, message: str, node: Node) -> Finding:
    return Finding(code, message, "warning", node.name, node.line, offset=node.offset)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _most(text: str) -> int:
    return _ENDLESS if text == "unbounded" else int(text)


@cache
def schemas_in(folder: Path) -> Schemas:
    """The schemas of a folder, read once. Raises OSError where there is none to read."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} with UBL schemas.")
    return Schemas(folder)
