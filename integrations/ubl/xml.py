"""XML read without trust: no document type, no entities, bounded in size, depth and number of elements. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

LARGEST: Final = 50_000_000
DEEPEST: Final = 60
MOST_ELEMENTS: Final = 2_000_000
_REFUSED: Final = "This XML is refused:"


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


def parse_xml(data: bytes) -> Node:
    """The root element. Raises `XmlError` for what is no XML, and for XML that could do harm."""
    if len(data) > LARGEST:
        raise XmlError(f"{_REFUSED} it is larger than {LARGEST // 1_000_000} MB.")
    return _Builder().build(data)


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.root: Node | None = None
        self.count = 0
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.entity
        self.parser.ExternalEntityRefHandler = None

    def build(self, data: bytes) -> Node:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as fault:
            words = f"This is no well-formed XML: {expat.ErrorString(fault.code)} in line {fault.lineno}."
            raise XmlError(words, max(self.parser.ErrorByteIndex, 0)) from None
        except (LookupError, ValueError) as fault:
            if isinstance(fault, XmlError):
                raise
            raise XmlError(f"This is no well-formed XML: {fault}.") from None
        if self.root is None:
            raise XmlError("This is no well-formed XML: it has no element.")
        return self.root

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        at = self.parser.CurrentByteIndex
        if len(self.open) >= DEEPEST:
            raise XmlError(f"{_REFUSED} its elements are nested more than {DEEPEST} deep.", at)
        if self.count > MOST_ELEMENTS:
            raise XmlError(f"{_REFUSED} it has more than {MOST_ELEMENTS} elements.", at)
        namespace, _, local = name.rpartition("}")
        node = Node(local, namespace, attributes, at, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def characters(self, text: str) -> None:
        self.texts[-1].append(text)

    def doctype(self, *_: object) -> None:
        raise XmlError(f"{_REFUSED} it has a document type (DTD).", max(self.parser.CurrentByteIndex, 0))

    def entity(self, *_: object) -> None:
        raise XmlError(f"{_REFUSED} it declares entities.", max(self.parser.CurrentByteIndex, 0))
