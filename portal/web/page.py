"""What every screen does with a request: the actor, numbers typed by people, pages of a list, files to take away."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from core.actors import Actor
from core.errors import Finding, Invalid
from core.keyset import Page
from portal.web.parts import query_with

FORM_UNREADABLE = "form_unreadable"
"""The code of what is wrong with how a form was typed, before any rule of the business looked at it."""
EXPORT_ROWS = 10_000
"""A file of more lines is a report, not an export of what one looks at."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}([, \u00a0\u2009\u202f][0-9]{3})+(\.[0-9]*)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9. ]*,[0-9]+")


def actor_of(request: HttpRequest) -> Actor:
    """The person behind the request; only for views that require a signed-in person."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActorMiddleware
    return actor


def is_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page (and not for the whole page, as after the back button)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def go(request: HttpRequest, href: str) -> HttpResponse:
    """Leave for another page, also out of an HTMX request."""
    return HttpResponseClientRedirect(href) if is_fragment(request) else HttpResponseRedirect(href)


def toasted(response: HttpResponse, message: str, tone: str = "success") -> HttpResponse:
    """The same answer, and a note that tells what was done."""
    return trigger_client_event(response, "toast", {"message": message, "tone": tone}) if message else response


def next_href(request: HttpRequest, page: Page[Any]) -> str:
    """The link of the next page, empty on the last one."""
    return f"{query_with(request.GET)}&after={page.next}".replace("?&", "?") if page.next else ""


def typed_number(text: str, *, field: str, label: str = "The quantity") -> Decimal:
    """A number as people type or paste it: `1200.5`, `1,200.5`, `1 200.5`. Raises Invalid, at the field.

    A comma only ever groups thousands: `1,5` is refused, because reading it as 15 would order ten times as much.
    """
    typed = text.strip()
    if PLAIN.fullmatch(typed) or GROUPED.fullmatch(typed):
        value = Decimal(re.sub(r"[^0-9.+-]", "", typed))
        if abs(value) < Decimal(10) ** 9 and value == round(value, 4):
            return value
    shown = typed[:20]
    message, remedy = f"{label} “{shown}” is not a number.", "Type a number such as 12 or 1.5."
    if not typed:
        message = f"{label} is missing."
    elif DECIMAL_COMMA.fullmatch(typed):
        remedy = "Write decimals with a point, such as 1.5, and thousands as 1,200."
    elif PLAIN.fullmatch(typed) or GROUPED.fullmatch(typed):
        message, remedy = (
            f"{label} “{shown}” is too large or too fine.",
            "At most four decimals, and less than a billion.",
        )
    raise Invalid(
        message, code="number_invalid",
        findings=[Finding(code="number_invalid", field=field, message=message, remedy=remedy)],
    )  # fmt: skip


def typed_day(text: str, *, field: str, label: str = "The date") -> date | None:
    """A day out of a date field, None when it is empty. Raises Invalid, at the field."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        message = f"{label} “{text.strip()[:20]}” is not a day."
        raise Invalid(
            message, code="day_invalid",
            findings=[Finding(code="day_invalid", field=field, message=message, remedy="Type it as 2026-12-31.")],
        ) from None  # fmt: skip


class Typed:
    """Reads the fields of one form and collects what cannot be read, so that a person sees all of it at once."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def number(self, text: str, *, field: str, label: str = "The quantity") -> Decimal:
        """As `typed_number`; zero for what cannot be read."""
        try:
            return typed_number(text, field=field, label=label)
        except Invalid as error:
            self.findings.extend(error.findings)
            return Decimal(0)

    def day(self, text: str, *, field: str, label: str = "The date") -> date | None:
        """As `typed_day`; None for what cannot be read."""
        try:
            return typed_day(text, field=field, label=label)
        except Invalid as error:
            self.findings.extend(error.findings)
            return None

    def check(self) -> None:
        """Raises Invalid with everything that could not be read."""
        if self.findings:
            only = len(self.findings) == 1
            message = self.findings[0].message if only else f"{len(self.findings)} fields cannot be read."
            raise Invalid(message, code=FORM_UNREADABLE, findings=self.findings)


def typed_id(text: str) -> int | None:
    """A record's id out of a form, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class _Line:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A CSV of at most EXPORT_ROWS lines. Texts that a spreadsheet would run as a formula are defused by a leading quote."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff" + str(writer.writerow(header))
        for row, _ in zip(rows, range(EXPORT_ROWS), strict=False):
            yield str(writer.writerow([_safe(cell) for cell in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    return response


def _safe(cell: object) -> object:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
