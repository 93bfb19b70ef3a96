"""UBL's own schemas, where somebody has them: OASIS's XSD files, asked through lxml. They are not part of this project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from lxml import etree

from integrations.ubl.xml import Node, Parsed
from integrations.x12.findings import Finding

_MOST_FINDINGS: Final = 100
_MOST_NAMES: Final = 5
_NAMESPACE: Final = re.compile(r"\{[^{}]*\}")
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.*) \)")
_VALUE: Final = re.compile(
    r": '(.*)' is not a valid value of the (?:atomic|local atomic|union|list) type '(?:\w+:)?(\w+)'"
)
_ATTRIBUTE: Final = re.compile(r"The attribute '([^']*)' is (not allowed|required but missing)")
_TYPES: Final = {
    "date": ("bad-date", "a date"), "dateTime": ("bad-date", "a date with time"), "time": ("bad-time", "a time of the day"),
    "decimal": ("bad-number", "a decimal number"), "integer": ("bad-number", "a whole number"), "boolean": ("unknown-code", "true or false"),
    "base64Binary": ("encoding", "base64"),
}  # fmt: skip
_lock = Lock()
"""A compiled schema keeps the findings of its last document to itself."""


def schema_faults(parsed: Parsed, folder: Path) -> Iterator[Finding]:
    """What in a document is not as OASIS's schema of its kind asks for. Where there is no such schema, that is the one finding."""
    root = parsed.nodes[0]
    try:
        schema = _schema(folder, root.name)
    except (OSError, etree.XMLSchemaParseError, etree.XMLSyntaxError) as fault:
        words = f"The schema of {root.name} was not asked: {str(fault).splitlines()[0].rstrip('.')}."
        yield Finding("unchecked", words, "info", root.name, root.line, offset=root.offset)
        return
    with _lock:
        if schema.validate(parsed.tree):
            return
        log: Any = schema.error_log
        errors = list(log)
    nodes = dict(zip(parsed.tree.iter(etree.Element), parsed.nodes, strict=False))
    for error in errors[:_MOST_FINDINGS]:
        yield _finding(error, _node(error, parsed, nodes))


@lru_cache(maxsize=32)
def _schema(folder: Path, kind: str) -> etree.XMLSchema:
    """Compiled once (a tenth of a second). Raises OSError where there is none, lxml's errors where it is none."""
    found = sorted(folder.rglob(f"UBL-{kind}-2.*.xsd")) if kind.isalnum() else []
    if not found:
        raise FileNotFoundError(f"there is no UBL-{kind}-2.x.xsd below {folder}")
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(found[-1]), parser))


def _node(error: etree._LogEntry, parsed: Parsed, nodes: dict[etree._Element, Node]) -> Node:
    """The node an error is about: by its path, else by its line."""
    prefixes = {prefix: uri for prefix, uri in parsed.tree.nsmap.items() if prefix}
    try:
        found = parsed.tree.xpath(error.path or "", namespaces=prefixes)
    except etree.XPathError:
        found = []
    if isinstance(found, list) and found and found[0] in nodes:
        return nodes[found[0]]
    return next((node for node in parsed.nodes if node.line >= error.line), parsed.nodes[0])


def _finding(error: etree._LogEntry, node: Node) -> Finding:
    message = _NAMESPACE.sub("", error.message)
    code, words, expected = "out-of-place", f"{node.name}: {message.rpartition(': ')[2].rstrip('.')}.", ""
    if found := _EXPECTED.search(message):
        names = found[1].split(", ")
        expected = " or ".join(names[:_MOST_NAMES] + ["…"] * (len(names) > _MOST_NAMES))
        if "Missing child" in message:
            code, words = (
                "missing-segment",
                f"{node.name} ends too early; after its last element may follow {expected}.",
            )
        else:
            words = f"{node.name} stands in the wrong place; here belongs {expected}."
    elif found := _VALUE.search(message):
        code, expected = _TYPES.get(found[2], ("unknown-code", found[2]))
        words = f"{node.name} is {found[1][:80]!r}, which is not {expected}."
    elif found := _ATTRIBUTE.search(message):
        needed = found[2] != "not allowed"
        code = "missing-element" if needed else "out-of-place"
        words = f"{node.name} {'needs' if needed else 'must not have'} an attribute {found[1]}."
    elif "not expected" in message:
        words = f"{node.name} stands in the wrong place."
    value = node.text.strip()[:200]
    return Finding(code, words, "warning", node.name, node.line, 0, value, node.offset, expected)
