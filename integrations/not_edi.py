"""What a file is that is none of the formats we read, in words its sender can act on."""

from __future__ import annotations

from typing import Final

_BEGINNINGS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG", "This is a picture (PNG)."),
    (b"\xff\xd8\xff", "This is a picture (JPEG)."),
    (b"GIF8", "This is a picture (GIF)."),
    (b"%PDF-", "This is a PDF: a document for people."),
    (b"PK\x03\x04", "This is a ZIP archive, or an Office document: unpack it, and look at the files inside."),
    (b"\x1f\x8b", "This is compressed with gzip: unpack it first."),
    (b"\xd0\xcf\x11\xe0", "This is an Office document of the old kind."),
)
_WEB: Final = (b"<!doctype html", b"<html")
_READ: Final = "X12 begins with ISA, EDIFACT with UNA or UNB, UBL is XML."
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1c\x1d\x1e\x1f"))


def is_something_else(data: bytes) -> bool:
    """Whether a file begins like something that holds no EDI, or only packed."""
    return data.startswith(tuple(mark for mark, _ in _BEGINNINGS)) or _is_web(data) or _is_utf16(data)


def what_it_is(data: bytes) -> str:
    """What such a file is, in a sentence or two."""
    words = next((words for mark, words in _BEGINNINGS if data.startswith(mark)), "")
    if words:
        return f"{words} {_READ}" if words.endswith(").") else words
    if _is_utf16(data):
        return "The file is saved as UTF-16. Ask for it as ASCII or UTF-8."
    if _is_web(data):
        return "This is a web page, often what a server answered instead of the file: fetch it again, or ask for it."
    head = data[:4096].strip()
    if not head:
        return "The file is empty."
    if head.translate(None, _CONTROLS) != head:
        return f"This is no text but something for a program. {_READ}"
    if head.startswith((b"{", b"[")):
        return f"This looks like JSON. {_READ}"
    return f"This is text of no format that we read. {_READ}"


def is_text(data: bytes) -> bool:
    """Whether the beginning of a file can be shown to people as it is."""
    return data[:4096].translate(None, _CONTROLS) == data[:4096]


def _is_web(data: bytes) -> bool:
    return data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_WEB)


def _is_utf16(data: bytes) -> bool:
    head = data[:64]
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(head) > 7 and not (any(head[::2]) and any(head[1::2])))
