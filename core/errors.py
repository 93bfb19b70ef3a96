"""Errors a person can act on. Every refusal of a service is one of these; screens and the API render the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "confirm", "warning", "info"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong or worth knowing, where it is and what to do about it.

    `field` is a dotted place in the document ("lines.2.quantity"); `remedy` says the next step in plain words.
    `error` blocks, `confirm` blocks until the person confirms or gives a reason, the others only inform.
    `suggestion` is the value that would cure it ("20 BX"), where there is exactly one.
    """

    code: str
    message: str
    severity: Severity = "error"
    field: str = ""
    remedy: str = ""
    suggestion: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class DomainError(Exception):
    """A business rule refused. Carries a stable code, a plain message and all findings at once."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.findings = tuple(findings)


class NotFound(DomainError):
    """The record does not exist, or not for this actor: the two are never told apart."""

    code = "not_found"


class NotAllowed(DomainError):
    """The actor may see the record but may not do this."""

    code = "not_allowed"


class Conflict(DomainError):
    """Somebody else was faster, or the record is not in a state that allows this."""

    code = "conflict"


class Invalid(DomainError):
    """The input has findings; nothing was changed."""

    code = "invalid"
