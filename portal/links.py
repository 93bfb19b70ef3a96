"""Where things are: addresses by name, and of documents by kind and number."""

from __future__ import annotations

from functools import lru_cache

from django.urls import NoReverseMatch, reverse

PAGES = {
    "requisition": "requisition",
    "purchase_order": "order",
    "receipt": "receipt",
    "invoice": "invoice",
    "item": "item",
}
"""Document kind (as events name it) to the name of its page."""


@lru_cache(maxsize=4096)
def link(name: str, *args: str | int) -> str:
    """The address of a screen; empty where the portal has no such screen."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def document(kind: str, number: str) -> str:
    """The address of a document's page; empty for kinds without one."""
    return link(PAGES[kind], number) if kind in PAGES else ""
