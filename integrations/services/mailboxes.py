"""The mailboxes of partners: which transports there are, what they have to be told, and the way to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from core.errors import Finding, Invalid
from integrations.models import Endpoint
from integrations.transports.base import Access, Mailbox, Setting, Transport, TransportError
from integrations.transports.folder import Folder
from integrations.transports.https import Https
from integrations.transports.mail import Mail
from integrations.transports.sftp import Sftp, host_keys

TRANSPORTS: Final[Mapping[str, type[Transport]]] = {"folder": Folder, "sftp": Sftp, "https": Https, "email": Mail}
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_LONGEST_LINE: Final = 500
_LONGEST_TEXT: Final = 20_000
PUSH_NEWEST: Final = "push_secret"
PUSH_BEFORE: Final = "push_secret_before"
_PUSH: Final = (PUSH_NEWEST, PUSH_BEFORE)
"""How a partner signs what it pushes to us: no setting of a transport, so no change of transport ends it."""


def mailbox_of(endpoint: Endpoint, *, name: str) -> Mailbox:
    """The mailbox of an endpoint; `name` is the partner's code. Opens nothing. Raises TransportError, ImproperlyConfigured."""
    return TRANSPORTS[endpoint.adapter].at(
        Access(
            option=endpoint.option, secret=endpoint.secret, deadline=endpoint.deadline, name=name,
            folders=settings.EDI_MAILBOX_DIR,
        )
    )  # fmt: skip


def transport_described(transport: str) -> dict[str, Any]:
    """What a transport promises and every setting it has, as plain data for a form, a command or the API."""
    kind = TRANSPORTS[transport]
    return {
        "transport": transport,
        **asdict(kind.semantics),
        "settings": [asdict(setting) for setting in kind.settings],
    }


def mailbox_host_keys(*, host: str, port: int = 22, internal_hosts: str = "") -> list[str]:
    """What an SFTP server shows as its host keys, as lines for the setting `host_key`, once a person has compared them.

    Raises Invalid with the reason where it shows none.
    """
    try:
        found = host_keys(host, port, internal_hosts=internal_hosts)
    except TransportError as fault:
        raise Invalid(str(fault), code="no_host_key") from fault
    return [f"{kind} {fingerprint}" for kind, fingerprint in found]


def mailbox_configure(*, endpoint: Endpoint, transport: str, values: Mapping[str, str]) -> None:
    """Give an endpoint a transport and its settings; secrets are sealed. The caller saves.

    An empty secret keeps the one that is there, unless it would go to another host: then it has to be entered again. Settings of the
    transport that are not given are forgotten. How doubles are avoided follows from what the transport promises, unless a person decides
    already. Raises Invalid with every finding.
    """
    kept = set(endpoint.secrets) if _same_hosts(endpoint, transport, values) else set()
    findings = settings_check(transport=transport, values=values, kept=kept)
    if findings:
        raise Invalid(
            "The settings of the transport are not complete yet.", code="transport_settings", findings=findings
        )
    kind = TRANSPORTS[transport]
    known = {setting.name: setting for each in TRANSPORTS.values() for setting in each.settings}
    mine = {setting.name for setting in kind.settings}
    plain = {name: text.strip() for name, text in values.items() if not known[name].secret and text.strip()}
    endpoint.adapter = transport
    endpoint.config = {name: text for name, text in endpoint.config.items() if name not in known} | plain
    endpoint.secrets = {name: text for name, text in endpoint.secrets.items() if name in mine & kept or name in _PUSH}
    for name, text in values.items():
        if known[name].secret and text.strip():
            endpoint.secret_set(name, text.strip())
    if endpoint.duplicates != Endpoint.Duplicates.MANUAL or kind.semantics.repeated_put == "manual":
        endpoint.duplicates = (
            Endpoint.Duplicates.MANUAL if kind.semantics.repeated_put == "manual" else Endpoint.Duplicates.LOOKUP
        )
    endpoint.quiet_seconds = kind.semantics.quiet_seconds


def _same_hosts(endpoint: Endpoint, transport: str, values: Mapping[str, str]) -> bool:
    """Whether what is kept goes where it went: nobody learns a secret by naming a host of theirs."""
    if endpoint.adapter != transport:
        return False
    places = [setting.name for setting in TRANSPORTS[transport].settings if setting.kind in ("host", "url")]
    return all(values.get(name, "").strip() == str(endpoint.config.get(name, "")) for name in places)


def settings_check(*, transport: str, values: Mapping[str, str], kept: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with the settings of a transport; `kept` are secrets that are there already."""
    kind = TRANSPORTS.get(transport)
    if kind is None:
        known = ", ".join(TRANSPORTS)
        return (
            Finding(code="transport_unknown", field="transport", message=f"There is no transport {transport!r}.", remedy=f"Choose one of {known}."),
        )  # fmt: skip
    names = {setting.name for setting in kind.settings}
    findings = [
        Finding(code="setting_unknown", field=name, message=f"{transport} has no setting {name!r}.", remedy="Leave it out.")
        for name in values if name not in names
    ]  # fmt: skip
    for setting in kind.settings:
        findings += _setting_findings(setting, values.get(setting.name, "").strip(), setting.name in kept)
    return tuple(findings) or _whole(kind, values, kept)


def _whole(kind: type[Transport], values: Mapping[str, str], kept: Collection[str]) -> tuple[Finding, ...]:
    """What only the transport itself can tell: whether the values go together."""
    try:
        kind.at(
            Access(
                option=lambda name: values.get(name, "").strip(),
                secret=lambda name: values.get(name, "").strip() or ("kept" if name in kept else ""),
                deadline=1, name="partner", folders=settings.EDI_MAILBOX_DIR,
            )
        ).close()  # fmt: skip
    except TransportError as fault:
        return (Finding(code="settings_refused", message=str(fault), remedy="Correct the setting it names."),)
    return ()


def _setting_findings(setting: Setting, value: str, kept: bool) -> Iterator[Finding]:
    like = f"For example {setting.example.splitlines()[0]}." if setting.example else setting.help
    if not value:
        if setting.required and not (setting.secret and kept):
            yield Finding(
                code="setting_missing", field=setting.name, message=f"{setting.label} is missing.", remedy=like
            )
        return
    looks_right, must_be = _SHAPES[setting.kind]
    if not looks_right(value):
        yield Finding(code="setting_shape", field=setting.name, message=f"{setting.label} {must_be}.", remedy=like)
    if setting.choices and value not in setting.choices:
        yield Finding(
            code="setting_choice", field=setting.name, message=f"{setting.label} cannot be {value!r}.",
            remedy=f"Choose one of {', '.join(setting.choices)}.",
        )  # fmt: skip


def _is_https(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False


def _is_line(value: str) -> bool:
    return len(value) <= _LONGEST_LINE and value.isprintable()


_SHAPES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "text": (_is_line, f"must be one line of at most {_LONGEST_LINE} characters"),
    "lines": (lambda value: len(value) <= _LONGEST_TEXT, f"has more than {_LONGEST_TEXT} characters"),
    "number": (lambda value: value.isascii() and value.isdigit() and len(value) < 10, "must be a whole number"),
    "yes_no": (lambda value: value in ("yes", "no"), "is yes or no"),
    "host": (lambda value: bool(_HOST.fullmatch(value)), "must be the name or address of a host, and nothing else"),
    "url": (_is_https, "must be an https:// address without a name or password in it"),
}
