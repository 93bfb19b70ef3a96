"""The EDI workbench: what a pasted or uploaded file is, what is wrong with it, and what it would be elsewhere.

Nothing is stored: the file travels in the page it is shown on. Every part of an answer is bounded, whatever the file holds.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.errors import NotFound
from integrations import edi_desk
from integrations.canonical import Document, SetStatus, revised
from integrations.not_edi import is_text
from integrations.partner_figures import partners_named
from integrations.services.profiles import profile_of
from integrations.x12 import Profile
from masterdata.models import Role
from portal.web import parts
from portal.web.page import actor_of

USERS: Final = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR)
MOST_BYTES: Final = 1_000_000
STEP: Final = 200
MOST_LINES: Final = 2_000
MOST_FIELDS: Final = 40
MOST_FINDINGS: Final = 100
MOST_MARKED: Final = 500
"""Findings that stand at their segments."""
MOST_TEXT: Final = 40_000
MOST_SETS: Final = 50
MOST_WRITTEN: Final = 400
"""Documents, and lines of each, that are written as text: each has more than the hundred characters of which these make up MOST_TEXT."""
SET: Final = "set-"
"""Begins the names of the fields in which the verdict on a set is chosen."""
SET_STATUSES: Final = {"accepted": "Accepted", "accepted_with_errors": "Accepted with errors", "rejected": "Rejected"}
VERDICTS: Final[dict[str, tuple[parts.Tone, str, str]]] = {
    "accept": ("good", "circle-check", "We would take it as it is."),
    "warn": ("waiting", "alert-triangle", "We would take it, and somebody should look at the findings."),
    "quarantine": ("bad", "circle-x", "We would put it in quarantine: it must not be used as it is."),
}
SEVERITIES: Final[dict[str, tuple[parts.Tone, str, str]]] = {
    "error": ("bad", "alert-circle", "Error"),
    "warning": ("waiting", "alert-triangle", "Warning"),
    "info": ("info", "info-circle", "Note"),
}
FILES: Final = {
    "json": ("Canonical JSON", "converted.json", "application/json"),
    "x12": ("X12", "converted.x12", "application/edi-x12"),
    "ubl": ("UBL", "converted.xml", "application/xml"),
    "edifact": ("EDIFACT", "converted.edi", "application/edifact"),
    "997": ("997", "answer-997.x12", "application/edi-x12"),
    "ta1": ("TA1", "answer-ta1.x12", "application/edi-x12"),
}
"""What can be taken away: label, file name, media type."""


class Unusable(Exception):
    """What came is no file to look at; says why in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A finding in words: how bad, where, and what to do. `line` numbers the shown segment it stands at (0: none).

    `kind` is the same for findings that say the same of other places; `more` counts those that this one stands for.
    """

    tone: parts.Tone
    icon: str
    severity: str
    message: str
    where: str
    advice: str
    line: int = 0
    kind: tuple[str, str, int] = ("", "", 0)
    more: int = 0


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The empty desk, or everything about the file that was posted; with a second file also how the two differ."""
    _user(request)
    if request.method != "POST":
        return _page(request, {})
    try:
        data = _posted(request, "text", "file")
    except Unusable as refusal:
        return _page(request, {"problem": str(refusal)}, status=422)
    profile, chosen = _profile(request)
    shown = about_file(data, _shown(request), profile, _asked(request))
    return _page(
        request, {**shown, **_compared(request, data, profile), "chosen": chosen, "built": "build" in request.POST}
    )


@require_POST
@login_required
def file(request: HttpRequest) -> HttpResponse:
    """The posted file in another format, or its answer, as a download."""
    _user(request)
    wanted = request.POST.get("to", "")
    try:
        data = _posted(request, "text", "file")
    except Unusable as refusal:
        return _page(request, {"problem": str(refusal)}, status=422)
    if wanted not in FILES:
        return _page(
            request, {**about_file(data, STEP), "problem": "Say which format the file should have."}, status=422
        )
    profile, chosen = _profile(request)
    try:
        made = _made(data, wanted, profile, _asked(request))
    except edi_desk.DeskError as refusal:
        problem = f"It cannot be written as {FILES[wanted][0]}: {refusal}"
        shown = about_file(data, STEP, profile)
        return _page(request, {**shown, "problem": problem, "chosen": chosen}, status=422)
    _, name, kind = FILES[wanted]
    return HttpResponse(made, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _user(request: HttpRequest) -> None:
    if not any(actor_of(request).has(role) for role in USERS):
        raise NotFound("There is no such page for you.")


def _profile(request: HttpRequest) -> tuple[Profile | None, str]:
    """The habits of the partner that was chosen, and their code; the file is read as from nobody in particular without one."""
    code = request.POST.get("partner", "")
    partner = partners_named(actor_of(request)).filter(supplier__code=code).first() if code else None
    return (profile_of(partner), code) if partner else (None, "")


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    pasted = request.POST.get("text", "")
    typed = pasted if len(pasted) <= MOST_BYTES else ""
    most = f"{MOST_BYTES // 1_000_000} MB"
    response = render(
        request, "integration/edi_desk.html", {
            "statuses": list(SET_STATUSES.items()), **context, "typed": typed, "most": most, "most_bytes": MOST_BYTES,
            "partners": [(row.supplier.code, row.supplier.name) for row in partners_named(actor_of(request))],
        }, status=status
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return response


def _posted(request: HttpRequest, text: str, upload: str) -> bytes:
    """The bytes of the uploaded file, of the pasted text, or of the file the page carries. Raises Unusable."""
    sent = request.FILES.get(upload)
    if sent:
        if (sent.size or 0) > MOST_BYTES:
            raise Unusable(_too_long(sent.size or 0))
        data: bytes = sent.read()
    elif pasted := request.POST.get(text, ""):
        # a form sends every line end as CR LF, whatever was pasted
        data = pasted.replace("\r\n", "\n").encode("utf-8", "replace")
    else:
        data = _carried(request.POST.get("kept", "")) if text == "text" else b""
    if len(data) > MOST_BYTES:
        raise Unusable(_too_long(len(data)))
    if not data.strip():
        raise Unusable("There is nothing to look at: paste a text or choose a file that is not empty.")
    return data


def _carried(kept: str) -> bytes:
    try:
        return base64.b64decode(kept, validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("The file did not come back whole: paste or choose it again.") from None


def _too_long(size: int) -> str:
    return (
        f"The file has {size / 1_000_000:.1f} MB; this page reads up to {MOST_BYTES // 1_000_000} MB. "
        "For larger files there is manage.py edi explain."
    )


def _shown(request: HttpRequest) -> int:
    typed = request.POST.get("shown", "")
    wanted = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else STEP
    return min(max(wanted, STEP), MOST_LINES)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How a file is to be written anew: the currency where it names none, only one of its documents, and verdicts of a person."""

    currency: str = ""
    only: int = 0
    decided: Mapping[str, SetStatus] = field(default_factory=dict)


def _asked(request: HttpRequest) -> Asked:
    typed, told = request.POST, {}
    for name in typed:
        if name.startswith(SET) and typed[name] in SET_STATUSES:
            told[name.removeprefix(SET)] = cast("SetStatus", typed[name])
    currency = typed.get("currency", "").strip().upper()
    only = typed.get("only", "")
    return Asked(
        currency=currency if re.fullmatch("[A-Z]{3}", currency) else "",
        only=int(only) if only.isascii() and only.isdigit() and len(only) < 5 else 0, decided=told,
    )  # fmt: skip


def _made(source: edi_desk.Source, wanted: str, profile: Profile | None, asked: Asked) -> bytes:
    at = timezone.now()
    if wanted in edi_desk.TARGETS:
        target = cast("edi_desk.Target", wanted)
        return edi_desk.convert(source, target, at=at, profile=profile, currency=asked.currency, only=asked.only)
    return edi_desk.acknowledgement(source, at=at, ta1=wanted == "ta1", profile=profile, decided=asked.decided)


def about_file(data: bytes, shown: int, profile: Profile | None = None, asked: Asked | None = None) -> dict[str, Any]:
    """Everything a page shows of a file: what it is, its findings, `shown` of its segments, what it says, its answers."""
    asked = asked or Asked()
    found = edi_desk.explain(data, profile, segments=shown)
    lines = found.lines
    at = {line.place: number for number, line in reversed(list(enumerate(lines, start=1))) if line.place >= 0}
    told = [_told(each, "", at) for each in found.findings]
    for document in found.documents:
        told += [_told(each, f"{document.kind} {document.control}".strip(), at) for each in document.findings]
    by_line: dict[int, list[Told]] = {}
    for each in told[:MOST_MARKED]:
        by_line.setdefault(each.line, []).append(each)
    kinds = _by_kind(told)
    tone, icon, words = VERDICTS[found.verdict]
    return {
        "kept": base64.b64encode(data).decode(),
        "format": edi_desk.NAMES[found.format],
        "size": f"{len(data):,} bytes",
        "kinds": _kinds(found.documents),
        "verdict": {"tone": tone, "icon": icon, "words": words},
        "findings": kinds[:MOST_FINDINGS],
        "finding_count": len(told),
        "left_out": sum(1 + each.more for each in kinds[MOST_FINDINGS:]),
        "lines": [_line(number, line, by_line.get(number, [])) for number, line in enumerate(lines, start=1)],
        "line_count": found.line_count,
        "more": min(shown + STEP, MOST_LINES) if shown < min(found.line_count, MOST_LINES) else 0,
        "raw": data[:4_000].decode("utf-8", "replace") if not lines and is_text(data) else "",
        "json": _text(_beginning(found), "json", profile, Asked()) if found.documents else {},
        "currency": asked.currency, "only": asked.only,
        "readable": [(n, f"{n}: {each.kind} {each.control}"[:60]) for n, each in enumerate(_read(found.documents)[:MOST_SETS], start=1)],
        "sets": _sets(found, profile, asked),
        "targets": [(to, FILES[to][0]) for to in ("json", "x12", "ubl", "edifact")] if _read(found.documents) else [],
        "answers": [{"to": to, "label": FILES[to][0], **_text(found, to, profile, asked)} for to in ("997", "ta1")] if found.interchanges else [],
    }  # fmt: skip


def _by_kind(told: Iterable[Told]) -> list[Told]:
    """What is wrong, said once for all places, the worst first."""
    found: dict[tuple[Any, ...], list[Told]] = {}
    for each in told:
        found.setdefault((each.severity, *each.kind), []).append(each)
    worst = [severity for _, _, severity in SEVERITIES.values()]
    firsts = (replace(same[0], more=len(same) - 1) for same in found.values())
    return sorted(firsts, key=lambda each: worst.index(each.severity))


def _read(documents: Iterable[edi_desk.Said]) -> list[edi_desk.Said]:
    return [each for each in documents if each.document is not None]


def _sets(found: edi_desk.Explained, profile: Profile | None, asked: Asked) -> list[dict[str, str]]:
    """Every set that a 997 answers with our verdict on it, or the one that was chosen."""
    known = edi_desk.set_verdicts(found, profile)
    return [
        {"name": name, "label": name.replace("-", " "), "status": asked.decided.get(name, status)}
        for name, status in list(known.items())[:MOST_SETS]
    ]


def _kinds(documents: tuple[edi_desk.Said, ...]) -> str:
    """`3 documents: 2 × 850, 1 × 997`."""
    counts: dict[str, int] = {}
    for each in documents:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    if len(documents) < 2:
        return f"one document: {documents[0].kind[:40]}" if documents else "no document"
    return f"{len(documents)} documents: " + ", ".join(f"{n} × {kind[:40]}" for kind, n in list(counts.items())[:10])


def _beginning(found: edi_desk.Explained) -> edi_desk.Explained:
    """As many documents and lines as fill the text that is shown: the others need not be written for it."""
    short = (replace(each, document=_shortened(each.document)) for each in found.documents[:MOST_WRITTEN])
    return replace(found, documents=tuple(short))


def _shortened(document: Document | None) -> Document | None:
    lines = getattr(document, "lines", ())
    return revised(document, lines=lines[:MOST_WRITTEN]) if document and len(lines) > MOST_WRITTEN else document


def _text(found: edi_desk.Explained, wanted: str, profile: Profile | None, asked: Asked) -> dict[str, Any]:
    """The text of a conversion, cut where it is long; or why there is none."""
    try:
        made = _made(found, wanted, profile, asked).decode("utf-8", "replace")
    except edi_desk.DeskError as refusal:
        return {"problem": str(refusal)}
    return {"text": made[:MOST_TEXT], "cut": len(made) > MOST_TEXT}


def _told(finding: Any, where: str, at: dict[int, int]) -> Told:
    tone, icon, severity = SEVERITIES[finding.severity]
    place = [
        where,
        f"segment {finding.segment}" if finding.segment else "",
        f"position {finding.position}" if finding.position else "",
        f"element {finding.element}" if finding.element else "",
        f"byte {finding.offset}" if finding.offset >= 0 else "",
    ]
    return Told(
        tone=tone, icon=icon, severity=severity, message=finding.message[:600], where=", ".join(each for each in place if each),
        advice=finding.advice, line=at.get(finding.offset, 0), kind=(finding.code, finding.segment, finding.element),
    )  # fmt: skip


def _line(number: int, line: edi_desk.Line, findings: list[Told]) -> dict[str, Any]:
    return {
        "number": number,
        "place": line.place if line.place >= 0 else "",
        "name": line.name[:40],
        "title": line.title[-200:],
        "fields": line.fields[:MOST_FIELDS],
        "left_out": max(len(line.fields) - MOST_FIELDS, 0),
        "findings": findings,
    }


def _compared(request: HttpRequest, data: bytes, profile: Profile | None) -> dict[str, Any]:
    """How the file differs from the second one, when one was asked for."""
    if "compare" not in request.POST:
        return {}
    try:
        found = edi_desk.diff(data, _posted(request, "other_text", "other"), profile)
    except (Unusable, edi_desk.DeskError) as refusal:
        return {"compared": {"problem": str(refusal)}}
    rows = [(_place(each.path), _value(each.left), _value(each.right)) for each in found[:MOST_FINDINGS]]
    return {"compared": {"rows": rows, "count": len(found)}}


def _place(path: str) -> str:
    """`0.lines.2.quantity` as people count: `document 1, lines 3, quantity`."""
    first, *rest = path.split(".")
    words = f"document {int(first) + 1}"
    for step in rest:
        words += f" {int(step) + 1}" if step.isdigit() else f", {step.replace('_', ' ')}"
    return words


def _value(value: Any) -> str:
    """What stands on one side, in one line."""
    kinds: dict[type, Literal["a list", "several values"]] = {list: "a list", dict: "several values"}
    if value in (None, ""):
        return "nothing"
    return kinds[type(value)] if type(value) in kinds else str(value)[:200]
