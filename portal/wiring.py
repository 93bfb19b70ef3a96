"""Every event and everything that follows from it, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.events import Event, Handler

HANDLERS: Mapping[type[Event], Sequence[Handler]] = {}
