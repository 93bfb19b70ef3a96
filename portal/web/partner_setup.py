"""The wizard that makes a supplier a trading partner: seven steps in any order, what is still missing always beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from core.actors import Actor
from core.errors import Conflict, DomainError, Finding, Invalid, NotFound
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.partner_figures import partners_require, sandbox_files
from integrations.services import onboarding, samples
from integrations.services.checklists import Item, checklist, missing_for
from integrations.services.mailboxes import TRANSPORTS, transport_described
from integrations.services.outbox import TEST_ORDER_SEND
from integrations.services.profiles import VERSIONS, profile_findings, profile_of, profile_state
from integrations.x12 import Delimiters, Extra, Otherwise
from portal.links import link
from portal.middleware import status_of
from portal.web import format as fmt
from portal.web import parts
from portal.web.edi_desk import STEP as SEGMENTS
from portal.web.edi_desk import about_file
from portal.web.page import actor_of, go, typed_day, typed_id
from portal.web.partners import TIMINGS, VERDICTS, ZONE, may_write, stages_shown
from portal.web.status import badge
from portal.web.trials import trial_shown

STEPS: Final = {
    "who": "Who", "documents": "Documents", "transport": "Transport", "identifiers": "Identifiers", "units": "Units and habits",
    "test": "Test files", "live": "Go live",
}  # fmt: skip
PROPOSED: Final = "take-"
"""Begins the names of the fields in which proposals of a sample are chosen."""
_VERDICTS: Final = ("accept", "warn", "quarantine")
_UBL_PROFILES: Final = [("plain", "UBL 2.1 alone"), ("peppol", "Peppol BIS 3")]
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"duplicates": tuple(VERDICTS), "acknowledge": tuple(TIMINGS)}
_IDS: Final = ("version", "our_qualifier", "our_id", "their_qualifier", "their_id", "our_group_id", "their_group_id")
_PAIRS: Final[Mapping[str, str]] = {"unit": "units", "verdict": "verdicts", "code": "codes"}
"""What one line about one type of document says -> the field it adds to."""
_NAMES: Final = (*_IDS, "ubl_profile", "their_country")
_ITEMS: Final = ("supplier_part", "buyer_item", "manufacturer_part", "gtin")
_TRANSPORTS: Final = {"folder": "Folder", "sftp": "SFTP", "https": "HTTPS", "email": "E-mail"}
_DELIMITERS: Final = ("element", "component", "segment", "repetition")
_SPECIAL: Final = {"\\n": "\n", "\\r": "\r", "\\x1c": "\x1c", "\\x1d": "\x1d", "\\x1e": "\x1e", "\\x1f": "\x1f"}
_SHOWN: Final = {char: text for text, char in _SPECIAL.items()}


@login_required
def setup(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """One step: shown, or what was typed there taken over; what is wrong with it is said on the same page."""
    actor = actor_of(request)
    partners_require(actor)
    if step not in STEPS:
        raise NotFound("The wizard has no such step.")
    row = onboarding.partner_get(code)
    if request.method != "POST":
        return _page(request, actor, row, step)
    try:
        if request.POST.get("do") == "host_keys":
            return _host_keys(request, actor, row)
        onward = _ACTS[step](actor, code, request)
    except (Invalid, Conflict) as refusal:
        return _page(request, actor, onboarding.partner_get(code), step, refusal)
    return go(request, onward)


def _host_keys(request: HttpRequest, actor: Actor, row: Partner) -> HttpResponse:
    """What the SFTP server that is typed shows as its keys: to be compared, and pinned by keeping the settings with them."""
    typed = request.POST
    keys = onboarding.partner_host_keys(
        actor=actor,
        host=typed.get("host", ""),
        port=typed.get("port", ""),
        internal_hosts=typed.get("internal_hosts", ""),
    )
    return _page(request, actor, row, "transport", keys=keys)


def _page(
    request: HttpRequest,
    actor: Actor,
    row: Partner,
    step: str,
    refusal: DomainError | None = None,
    keys: Sequence[str] = (),
) -> HttpResponse:
    prefetch_related_objects([row], "documents", "contacts")
    items = checklist(row)
    code, names = row.supplier.code, list(STEPS)
    after = names[names.index(step) + 1] if step != names[-1] else ""
    shown = (
        _transport(request, actor, row, items, keys)
        if step == "transport"
        else _CONTEXTS[step](request, actor, row, items)
    )
    findings = refusal.findings if refusal else ()
    if refusal and refusal.code == "profile_changed":
        findings = _meanwhile(shown["now"], request.POST)
    context = {
        "row": row, "code": code, "step": step, "steps": _steps(row, items, step), "template": f"integration/setup/{step}.html",
        "items": [(item, link("partner-setup", code, item.step)) for item in items], "left": sum(not item.done for item in items),
        "next_href": link("partner-setup", code, after) if after else link("partner", code),
        "next_label": STEPS.get(after, "The partner's page"), "may_write": may_write(actor),
        "findings": findings, "problem": refusal.message if refusal else "",
        "seen": profile_state(row),
        "crumbs": [
            parts.Crumb(label="Trading partners", href=link("partners")),
            parts.Crumb(label=row.supplier.name, href=link("partner", code)), parts.Crumb(label="Set up"),
        ],
        **shown,
    }  # fmt: skip
    status = status_of(refusal) if refusal else 200
    response = render(request, "integration/partner_setup.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _meanwhile(now: Mapping[str, str], typed: QueryDict) -> tuple[Finding, ...]:
    """What stands in the profile now, where that is not what was typed."""
    return tuple(
        Finding(
            code="profile_changed", field=name,
            message=f"{name.replace('_', ' ').capitalize()}: {', '.join(text.splitlines()) or 'nothing'} is what is kept now.",
        )
        for name, text in now.items()
        if name in typed and typed.get(name, "").replace("\r\n", "\n").strip() != text.strip()
    )  # fmt: skip


def _steps(row: Partner, items: list[Item], step: str) -> list[parts.Step]:
    open_steps = {item.step for item in items if not item.done}
    stages = [each["stage"] for each in stages_shown(row)]
    # nothing is missing there, and there was something to do
    waits = {"live": "live" in stages, "test": any(stage != "off" for stage in stages)}
    done = {name for name in STEPS if name not in open_steps and waits.get(name, True)}
    return [
        parts.Step(
            label=label, state="now" if name == step else "done" if name in done else "next",
            href=link("partner-setup", row.supplier.code, name),
        )
        for name, label in STEPS.items()
    ]  # fmt: skip


# --- what each step shows ---------------------------------------------------------------------------------------------


def _who(request: HttpRequest, _actor: Actor, row: Partner, _items: list[Item]) -> dict[str, Any]:
    return {"contacts": row.contacts.all(), "given": request.POST}


def _documents(_request: HttpRequest, _actor: Actor, row: Partner, _items: list[Item]) -> dict[str, Any]:
    return {"formats": Partner.Format.choices, "documents": stages_shown(row)}


def _transport(
    request: HttpRequest, _actor: Actor, row: Partner, _items: list[Item], keys: Sequence[str] = ()
) -> dict[str, Any]:
    endpoint = row.endpoint
    asked = request.POST.get("transport") or request.GET.get("transport", "")
    chosen = asked if asked in TRANSPORTS else endpoint.adapter
    described: dict[str, Any] = transport_described(chosen) if chosen in TRANSPORTS else {"settings": [], "words": ""}
    mine = chosen == endpoint.adapter
    fields = []
    for setting in described["settings"]:
        name = setting["name"]
        kept = str(endpoint.config.get(name, "")) if mine and not setting["secret"] else ""
        sealed = mine and setting["secret"] and name in endpoint.secrets
        typed = request.POST.get(name, "") if not setting["secret"] else ""
        choices = [(each, each) for each in setting["choices"]] or (
            [("no", "No"), ("yes", "Yes")] if setting["kind"] == "yes_no" else []
        )
        secret = "password" if setting["kind"] != "lines" else "textarea"
        plain = "select" if choices else "textarea" if setting["kind"] == "lines" else "text"
        notes = [
            setting["help"],
            f"For example {setting['example']}" if setting["example"] and not setting["default"] else "",
            "Kept sealed; leave it empty to keep it." if sealed else "",
        ]
        fields.append({
            "name": name, "label": setting["label"], "kind": secret if setting["secret"] else plain, "choices": choices,
            "value": typed or kept or setting["default"], "required": setting["required"] and not sealed and not (keys and name == "host_key"),
            "help": " ".join(each for each in notes if each), "css": "is-wide" if setting["kind"] == "lines" else "",
        })  # fmt: skip
    return {
        "transports": [(name, _TRANSPORTS.get(name, name)) for name in TRANSPORTS], "chosen": chosen, "fields": fields, "words": described["words"],
        "other": "" if mine else _TRANSPORTS.get(endpoint.adapter, endpoint.adapter), "reveals_keys": chosen == "sftp", "keys": keys,
        "probe": badge("up") if endpoint.probe_outcome == "found" else badge("down") if endpoint.probe_outcome else "",
        "probe_words": endpoint.probe_detail, "probed": fmt.age(endpoint.probed_at, ZONE) if endpoint.probed_at else None,
    }  # fmt: skip


def _identifiers(request: HttpRequest, _actor: Actor, row: Partner, _items: list[Item]) -> dict[str, Any]:
    profile, typed = profile_of(row), request.POST
    now = {name: getattr(profile, name) for name in _NAMES}
    d = profile.delimiters
    return {
        "now": now, "value": {name: typed.get(name, text) for name, text in now.items()}, "versions": [(each, each) for each in VERSIONS], "x12": row.format == Partner.Format.X12,
        "ubl_profiles": _UBL_PROFILES,
        "delimiters": [
            (name, typed.get(name, _SHOWN.get(getattr(d, name), getattr(d, name)))) for name in _DELIMITERS
        ],
    }  # fmt: skip


def _units(request: HttpRequest, _actor: Actor, row: Partner, _items: list[Item]) -> dict[str, Any]:
    profile = profile_of(row)
    value = {
        "units": _pairs(profile.units), "verdicts": _pairs(profile.verdicts), "documents": _otherwise(profile.documents),
        "codes": "\n".join(f"{ref} = {', '.join(codes)}" for ref, codes in profile.codes.items()),
        **{name: ", ".join(getattr(profile, name)) for name in _ITEMS},
        "required": _extras(profile.required), "forbidden": _extras(profile.forbidden), "duplicates": profile.duplicates,
        "acknowledge": profile.acknowledge, "acknowledgement_due_hours": str(profile.acknowledgement_due_hours),
    }  # fmt: skip
    return {
        "now": value, "value": {name: request.POST.get(name, text) for name, text in value.items()}, "x12": row.format == Partner.Format.X12,
        "duplicates": [(key, words.capitalize()) for key, words in VERDICTS.items()],
        "timings": [(key, words.capitalize()) for key, words in TIMINGS.items()],
    }  # fmt: skip


def _test(request: HttpRequest, actor: Actor, row: Partner, _items: list[Item]) -> dict[str, Any]:
    files = sandbox_files(actor, row)
    asked = typed_id(request.GET.get("file", ""))
    chosen = next((each for each in files if each.pk == asked), files[0] if files else None)
    tests = OutboundMessage.objects.filter(endpoint=row.endpoint_id, topic=TEST_ORDER_SEND)
    return {
        "files": [
            {
                "pk": each.pk, "name": each.file_name, "when": fmt.age(each.received_at, ZONE), "chosen": each == chosen,
            }
            for each in files
        ],
        "sample": _sample(chosen, row) if chosen else None,
        "sent": [_test_sent(each) for each in tests.select_related("interchange").order_by("-id")[:5]],
        "orders": any(each["value"] == "order" and each["stage"] != "off" for each in stages_shown(row)),
    }  # fmt: skip


def _test_sent(message: OutboundMessage) -> dict[str, Any]:
    """A test order: where it is, why it did not go, and what they answered."""
    interchange: Interchange | None = getattr(message, "interchange", None)
    answer = interchange.acknowledgement if interchange else Interchange.Acknowledgement.NOT_EXPECTED
    return {
        "number": message.document_number, "href": link("message", message.pk), "state": badge(message.state, "message"),
        "detail": "" if message.state == OutboundMessage.State.DELIVERED else message.detail,
        "acknowledgement": badge(answer) if answer != Interchange.Acknowledgement.NOT_EXPECTED else "",
    }  # fmt: skip


def _sample(file: InboundMessage, row: Partner) -> dict[str, Any]:
    """A file in the sandbox: what it is, what it tells for the profile, and what each of its documents would have done."""
    content, documents = bytes(file.payload.content), list(file.documents.all())
    proposals = samples.sample_proposals(partner=row, content=content)
    about = about_file(content, SEGMENTS, profile_of(row))
    # what is said as a finding, with what to do about it, is said there
    problem = "" if file.detail in [each.message for each in about["findings"]] else file.detail
    return {
        **about, "pk": file.pk, "name": file.file_name,
        "problem": problem if file.cause else "", "proposals": proposals, "proposes": any(each.known for each in proposals),
        "documents": [trial_shown(each) for each in documents],
        "orders": [(number, number) for number in samples.orders_to_try(row)] if any(samples.about_an_order(each.kind) for each in documents) else [],
    }  # fmt: skip


def _live(_request: HttpRequest, _actor: Actor, row: Partner, items: list[Item]) -> dict[str, Any]:
    rows = [
        {
            **each,
            "missing": [
                (item, link("partner-setup", row.supplier.code, item.step))
                for item in missing_for(items, each["value"])
            ],
        }
        for each in stages_shown(row)
        if each["stage"] != PartnerDocument.Stage.OFF
    ]
    return {"stages": rows, "today": f"{timezone.now():%Y-%m-%d}"}


_CONTEXTS: Final[Mapping[str, Callable[[HttpRequest, Actor, Partner, list[Item]], dict[str, Any]]]] = {
    "who": _who, "documents": _documents, "transport": _transport, "identifiers": _identifiers, "units": _units, "test": _test,
    "live": _live,
}  # fmt: skip


# --- what each step takes over ----------------------------------------------------------------------------------------


def _here(code: str, step: str, query: str = "") -> str:
    return link("partner-setup", code, step) + query


def _act_who(actor: Actor, code: str, request: HttpRequest) -> str:
    typed = request.POST
    if typed.get("do") == "remove":
        onboarding.partner_contact_remove(actor=actor, code=code, contact_id=typed_id(typed.get("contact", "")) or 0)
    elif typed.get("do") == "import":
        onboarding.partner_profile_import(actor=actor, code=code, data=_json(request))
        return _here(code, "identifiers")
    else:
        onboarding.partner_contact_add(
            actor=actor, code=code, name=typed.get("name", ""), purpose=typed.get("purpose", ""), email=typed.get("email", ""),
            phone=typed.get("phone", ""),
        )  # fmt: skip
    return _here(code, "who")


def _json(request: HttpRequest) -> Any:
    sent = request.FILES.get("file")
    if sent is None or (sent.size or 0) > samples.MOST_BYTES:
        raise Invalid("Choose the file of a profile, of at most 1 MB.", code="profile_file")
    try:
        return json.loads(sent.read())
    except (ValueError, RecursionError):
        raise Invalid("This file is no JSON.", code="profile_file") from None


def _act_documents(actor: Actor, code: str, request: HttpRequest) -> str:
    onboarding.partner_documents_choose(
        actor=actor, code=code, form=request.POST.get("format", ""), documents=request.POST.getlist("document")
    )
    return _here(code, "transport")


def _act_transport(actor: Actor, code: str, request: HttpRequest) -> str:
    typed = request.POST
    if typed.get("do") == "try":
        onboarding.partner_transport_try(actor=actor, code=code)
        return _here(code, "transport")
    chosen = typed.get("transport", "")
    names = [each["name"] for each in transport_described(chosen)["settings"]] if chosen in TRANSPORTS else []
    values = {name: typed[name].replace("\r\n", "\n") for name in names if name in typed}
    if pinned := typed.getlist("pin"):
        values["host_key"] = "\n".join(pinned)
    onboarding.partner_transport_set(actor=actor, code=code, transport=chosen, values=values)
    onboarding.partner_transport_try(actor=actor, code=code)
    return _here(code, "transport")


def _act_identifiers(actor: Actor, code: str, request: HttpRequest) -> str:
    typed = request.POST
    changes: dict[str, Any] = {name: typed[name].strip() for name in _NAMES if name in typed}
    if "element" in typed:
        given = [_SPECIAL.get(typed.get(name, "").strip(), typed.get(name, "").strip()) for name in _DELIMITERS]
        changes["delimiters"] = Delimiters(*given)
    onboarding.partner_profile_save(actor=actor, code=code, seen=typed.get("seen", ""), **changes)
    return _here(code, "units")


def _act_units(actor: Actor, code: str, request: HttpRequest) -> str:
    typed, findings = request.POST, list[Finding]()
    changes: dict[str, Any] = {
        "units": _pairs_in(typed, "units", findings),
        "duplicates": typed.get("duplicates", "ignore"),
    }
    verdicts = _pairs_in(typed, "verdicts", findings)
    findings += [
        Finding(
            code="verdict", field="verdicts", message=f"{code}: {verdict!r} is none of accept, warn and quarantine."
        )
        for code, verdict in verdicts.items()
        if verdict not in _VERDICTS
    ]
    changes["verdicts"] = verdicts
    changes["documents"] = _otherwise_in(typed, findings)
    if changes["duplicates"] not in VERDICTS:
        findings.append(Finding(code="choice", field="duplicates", message="Choose what is done with duplicates."))
    if "acknowledge" in typed:
        changes |= _x12_habits(typed, findings)
    if findings:
        row = onboarding.partner_get(code)
        # what could be read may be wrong as well: all of it is said at once
        findings += profile_findings(replace(profile_of(row), **changes), row.format)
        raise Invalid("Something here cannot be read.", code="profile_invalid", findings=findings)
    onboarding.partner_profile_save(actor=actor, code=code, seen=typed.get("seen", ""), **changes)
    return _here(code, "test")


def _x12_habits(typed: QueryDict, findings: list[Finding]) -> dict[str, Any]:
    hours = typed.get("acknowledgement_due_hours", "").strip()
    if not (hours.isascii() and hours.isdigit() and len(hours) < 5):
        findings.append(
            Finding(code="number", field="acknowledgement_due_hours", message="Say the hours as a whole number.")
        )
        hours = "24"
    if typed["acknowledge"] not in TIMINGS:
        findings.append(Finding(code="choice", field="acknowledge", message="Choose when we acknowledge."))
    return {
        **{name: tuple(_words(typed.get(name, ""))) for name in _ITEMS},
        "codes": {ref: tuple(_words(codes)) for ref, codes in _pairs_in(typed, "codes", findings).items()},
        "required": _extras_in(typed, "required", findings), "forbidden": _extras_in(typed, "forbidden", findings),
        "acknowledge": typed["acknowledge"], "acknowledgement_due_hours": int(hours),
    }  # fmt: skip


def _act_test(actor: Actor, code: str, request: HttpRequest) -> str:
    typed = request.POST
    if typed.get("do") == "order":
        onboarding.test_order_send(actor=actor, code=code)
        return _here(code, "test")
    file_id = typed_id(typed.get("file", "")) or 0
    if typed.get("do") == "take_over":
        chosen = {name.removeprefix(PROPOSED): typed[name] for name in typed if name.startswith(PROPOSED)}
        file = samples.sample_take_over(actor=actor, code=code, file_id=file_id, chosen=chosen)
        return _here(code, "test", f"?file={file.pk}#sample")
    if typed.get("do") == "against":
        samples.sample_try_against(actor=actor, code=code, file_id=file_id, order_number=typed.get("order", ""))
        return _here(code, "test", f"?file={file_id}#sample")
    sent = request.FILES.get("sample")
    if sent is not None and (sent.size or 0) > samples.MOST_BYTES:
        raise Invalid("A sample has at most 1 MB.", code="sample_long")
    pasted = typed.get("text", "").replace("\r\n", "\n").encode("utf-8", "replace")
    file = samples.sample_read(
        actor=actor,
        code=code,
        name=(sent.name or "sample") if sent else "pasted",
        content=sent.read() if sent else pasted,
    )
    return _here(code, "test", f"?file={file.pk}#sample")


def _act_live(actor: Actor, code: str, request: HttpRequest) -> str:
    typed = request.POST
    onboarding.document_stage_set(
        actor=actor, code=code, document=typed.get("document", ""), stage=typed.get("stage", ""),
        reason=typed.get("reason", ""), on=typed_day(typed.get("on", ""), field="on"),
    )  # fmt: skip
    return _here(code, "live")


_ACTS: Final[Mapping[str, Callable[[Actor, str, HttpRequest], str]]] = {
    "who": _act_who, "documents": _act_documents, "transport": _act_transport, "identifiers": _act_identifiers,
    "units": _act_units, "test": _act_test, "live": _act_live,
}  # fmt: skip


# --- lists as people type them ----------------------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


def _pairs(pairs: Mapping[str, str]) -> str:
    return "\n".join(f"{left} = {right}" for left, right in pairs.items())


def _pairs_in(typed: QueryDict, name: str, findings: list[Finding]) -> dict[str, str]:
    """Lines of `this = that`."""
    found = {}
    for line in filter(str.strip, typed.get(name, "").splitlines()):
        left, mark, right = (part.strip() for part in line.partition("="))
        if not (left and mark and right):
            findings.append(
                Finding(code="pair", field=name, message=f"“{line.strip()[:40]}” is not of the form this = that.")
            )
            continue
        found[left] = right
    return found


def _otherwise(documents: Mapping[str, Otherwise]) -> str:
    """Lines of `856 unit CS = CA`, `810 verdict se-count = accept`, `850 version = 005010`, `810 their_id = BUREAU`."""
    lines = []
    for kind, other in documents.items():
        for what, field in _PAIRS.items():
            lines += [f"{kind} {what} {left} = {_listed(right)}" for left, right in getattr(other, field).items()]
        for name in (*_IDS, *_ITEMS, *_CHOICES):
            if value := getattr(other, name):
                lines.append(f"{kind} {name} = {_listed(value)}")
        if other.delimiters:
            lines.append(f"{kind} delimiters = {_shown(other.delimiters)}")
    return "\n".join(lines)


def _listed(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _shown(delimiters: Delimiters) -> str:
    given = [getattr(delimiters, name) for name in _DELIMITERS]
    return " ".join(_SHOWN.get(each, each) for each in given if each)


def _otherwise_in(typed: QueryDict, findings: list[Finding]) -> dict[str, Otherwise]:
    """What is typed like this; what is not of one of these forms is said."""
    found: dict[str, dict[str, Any]] = {}
    for line, value in _pairs_in(typed, "documents", findings).items():
        kind, what, name = [*line.split(maxsplit=2), "", "", ""][:3]
        said = _said(what, name, value)
        if said is None:
            message = f"“{line} = {value}” is not of a form like 810 verdict se-count = accept."
            findings.append(Finding(code="otherwise", field="documents", message=message))
        elif isinstance(said, dict):
            found.setdefault(kind, {}).setdefault(_PAIRS[what], {}).update(said)
        else:
            found.setdefault(kind, {})[what] = said
    return {kind: Otherwise(**about) for kind, about in found.items()}


def _said(what: str, name: str, value: str) -> Any:
    """The value of one line; None where it is of no form that we know."""
    if what in _PAIRS and name and (what != "verdict" or value in _VERDICTS):
        return {name: tuple(_words(value)) if what == "code" else value}
    if name or value not in _CHOICES.get(what, (value,)):
        return None
    if what in _ITEMS:
        return tuple(_words(value))
    if what == "delimiters":
        given = [_SPECIAL.get(each, each) for each in value.split()]
        return Delimiters(*given) if len(given) in (3, 4) else None
    return value if what in (*_IDS, *_CHOICES) else None


def _extras(extras: tuple[Extra, ...]) -> str:
    return "\n".join(f"{each.transaction} {each.segment} {each.qualifier}".strip() for each in extras)


def _extras_in(typed: QueryDict, name: str, findings: list[Finding]) -> tuple[Extra, ...]:
    """Lines of `850 REF IA`: transaction, segment, and perhaps its first element."""
    found = []
    for line in filter(str.strip, typed.get(name, "").splitlines()):
        words = line.split()
        if len(words) not in (2, 3):
            message = f"“{line.strip()[:40]}” is not of the form 855 REF IA."
            findings.append(Finding(code="extra", field=name, message=message))
            continue
        found.append(Extra(transaction=words[0], segment=words[1], qualifier=words[2] if len(words) > 2 else ""))
    return tuple(found)
