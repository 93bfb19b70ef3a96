"""Faults on demand: which requests go wrong, how, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Final

MODES: Final = (
    "ok",
    "slow",
    "fail",
    "reject",
    "drop_answer",
    "drop_request",
    "late",
    "schema_change",
    "extra_field",
    "unauthorized",
    "rate_limit",
    "html",
)
_WRITES_ONLY: Final = ("reject", "drop_answer", "late")


@dataclass
class Fault:
    """One fault. `match` is looked for in the reference; `count` is how often it still strikes (None: until told otherwise)."""

    mode: str
    match: str = ""
    method: str = ""
    path: str = ""
    seconds: float = 1.0
    count: int | None = None

    def strikes(self, method: str, path: str, reference: str) -> bool:
        """Whether it is meant for this request. Refusals, dropped and late answers are for requests that change something."""
        if self.count == 0 or (method == "GET" and self.mode in _WRITES_ONLY):
            return False
        return self.match in reference and self.method in ("", method) and path.startswith(self.path)


class Faults:
    """The faults that are set, the oldest first; the first that is meant for a request strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def set(self, body: dict[str, Any]) -> str:
        """Sets a fault; mode "ok" clears those with the same match (all without one). Returns what is wrong with the request."""
        mode = body.get("mode")
        if mode not in MODES:
            return f"mode must be one of {', '.join(MODES)}."
        match, count, seconds = body.get("match", "") or "", body.get("count"), body.get("seconds", 1.0)
        if not isinstance(match, str) or not isinstance(count, int | None) or not isinstance(seconds, int | float):
            return "match is a text, count a whole number, seconds a number."
        with self._lock:
            if mode == "ok":
                self._faults = [fault for fault in self._faults if match and fault.match != match]
            else:
                method, path = str(body.get("method", "")).upper(), str(body.get("path", ""))
                self._faults.append(Fault(mode, match, method, path, float(seconds), count))
        return ""

    def strike(self, method: str, path: str, reference: str) -> Fault | None:
        """The fault that strikes this request, counted down."""
        with self._lock:
            for fault in self._faults:
                if fault.strikes(method, path, reference):
                    if fault.count is not None:
                        fault.count -= 1
                    return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """The faults as they stand."""
        with self._lock:
            return [vars(fault).copy() for fault in self._faults]
