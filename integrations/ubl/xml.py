"""XML read without trust, with lxml: no document type, no entities, no inclusions, bounded in size, depth and number of elements.

Nothing is ever fetched.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

LARGEST: Final = 50_000_000
DEEPEST: Final = 60
MOST_ELEMENTS: Final = 2_000_000
_PIECE: Final = 65_536
_REFUSED: Final = "This XML is refused:"
_INCLUDES: Final = "http://www.w3.org/2001/XInclude"
_TAGS: Final = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?![/!?])|<!DOCTYPE", re.DOTALL)
"""What can hold a < that opens nothing, and the < of every element, in well-formed XML of an encoding that is ASCII where it matters."""


class XmlError(ValueError):
    """The input is no XML, or XML that is refused. `offset` is the byte where that shows."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(slots=True)
class Node:
    """One element: its local name, namespace, attributes, text and children; `offset` is the byte where it begins."""

    name: str
    namespace: str
    attributes: dict[str, str]
    offset: int
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Node]:
        """The descendants at a path of local names ("OrderLine/LineItem")."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, path: str) -> Node | None:
        """The first of them."""
        return next(self.all(path), None)

    def value(self, path: str) -> str:
        """The text of the first of them, an empty text for none."""
        found = self.first(path)
        return found.text.strip() if found is not None else ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as lxml's tree, and as nodes in the order of the file; the first is the root."""

    tree: etree._Element
    nodes: list[Node]


def parse_xml(data: bytes) -> Node:
    """The root element. Raises `XmlError` for what is no XML, and for XML that could do harm."""
    return parse_tree(data).nodes[0]


def parse_tree(data: bytes) -> Parsed:
    """The same with lxml's tree, for schemas. Raises `XmlError`."""
    if len(data) > LARGEST:
        raise XmlError(f"{_REFUSED} it is larger than {LARGEST // 1_000_000} MB.")
    if data[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _parsed(data)
    try:
        found = _parsed(data.decode("utf-16", "replace").encode(), "utf-8")
    except XmlError as fault:
        raise XmlError(str(fault)) from None
    for node in found.nodes:
        # its bytes are other bytes: only lines are known
        node.offset = 0
    return found


def _parsed(data: bytes, encoding: str | None = None) -> Parsed:
    offsets = _offsets(data)
    builder = _Builder(data, offsets)
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True, encoding=encoding,
    )  # fmt: skip
    try:
        for at in range(0, len(data), _PIECE):
            parser.feed(data[at : at + _PIECE])
            builder.take(parser)
        tree = parser.close()
    except etree.XMLSyntaxError as fault:
        raise XmlError(f"This is no well-formed XML: {_words(fault)}.", _place(data, fault)) from None
    except (LookupError, ValueError) as fault:
        if isinstance(fault, XmlError):
            raise
        raise XmlError(f"This is no well-formed XML: {fault}.") from None
    builder.take(parser)
    if len(builder.nodes) != len(offsets):
        # an encoding where bytes are no letters, and nothing says so: only lines are known
        for node in builder.nodes:
            node.offset = 0
    return Parsed(tree, builder.nodes)


def _offsets(data: bytes) -> list[int]:
    """Where each element begins. Raises `XmlError` for a document type in front of them."""
    found = []
    for each in _TAGS.finditer(data):
        if each.end() - each.start() == 1:
            found.append(each.start())
        elif each[0] == b"<!DOCTYPE" and not found:
            raise XmlError(f"{_REFUSED} it has a document type (DTD).", each.start())
    return found


class _Builder:
    """Makes nodes while the file is read, so that what is too deep or too many ends the reading."""

    def __init__(self, data: bytes, offsets: list[int]) -> None:
        self.offsets = offsets
        self.lines = [found.start() for found in re.finditer(b"\n", data)]
        self.nodes: list[Node] = []
        self.open: list[Node] = []

    def take(self, parser: etree.XMLPullParser) -> None:
        events: Iterator[tuple[str, Any]] = parser.read_events()
        for event, element in events:
            if event == "start":
                self.start(element)
            else:
                node = self.open.pop()
                node.text = element.text or ""
                if node.children:
                    node.text += "".join(child.tail or "" for child in element)

    def start(self, element: Any) -> None:
        count = len(self.nodes)
        at = self.offsets[count] if count < len(self.offsets) else 0
        if not count and element.getroottree().docinfo.internalDTD is not None:
            raise XmlError(f"{_REFUSED} it has a document type (DTD).", at)
        if len(self.open) >= DEEPEST:
            raise XmlError(f"{_REFUSED} its elements are nested more than {DEEPEST} deep.", at)
        if count >= MOST_ELEMENTS:
            raise XmlError(f"{_REFUSED} it has more than {MOST_ELEMENTS} elements.", at)
        namespace, _, local = element.tag.removeprefix("{").rpartition("}")
        if namespace == _INCLUDES:
            raise XmlError(f"{_REFUSED} it includes other files (XInclude).", at)
        attributes = {name.removeprefix("{"): value for name, value in element.items()}
        line = bisect_right(self.lines, at) + 1 if at else element.sourceline or 1
        node = Node(local, namespace, attributes, at, line)
        if self.open:
            self.open[-1].children.append(node)
        self.nodes.append(node)
        self.open.append(node)


def _words(fault: etree.XMLSyntaxError) -> str:
    return (fault.msg or "it ends too early").split("\n")[0].rstrip(".")


def _place(data: bytes, fault: etree.XMLSyntaxError) -> int:
    """The byte of a fault of which lxml knows line and column."""
    line, column = fault.position
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1 or start
    return min(start + max(column - 1, 0), len(data))
