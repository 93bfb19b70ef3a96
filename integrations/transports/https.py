"""Files over HTTPS, in the plainest scheme a partner can offer.

What we send: `POST <push>` with the bytes, `Content-Disposition: attachment; filename="<name>"` and `Idempotency-Key: <name>`; any 2xx is
taken. `HEAD <push>/<name>` says whether it was (200) or never was (404).
What they send: `GET <pull>` gives `{"files": [{"name": …, "size": …, "sha256": …}]}` (size and sha256 may be missing), `GET <pull>/<name>` the
bytes, and `DELETE <pull>/<name>` says that we keep it.

Signs in with an OAuth2 client (the token is kept until shortly before its end, and asked for once more after a 401), a fixed token, a
client certificate, or several of these. Redirects are not followed; certificates are always checked.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self
from urllib.parse import quote, urlencode, urlsplit

import httpcore

from integrations.remote import Outcome
from integrations.transports.base import (
    LARGEST,
    Access,
    Incoming,
    Semantics,
    Setting,
    TransportError,
    not_too_large,
    our_name,
    short,
    their_name,
)
from integrations.transports.deadline import DeadlineBackend, retry_after, total
from integrations.transports.net import INTERNAL_HOSTS, Refused, judged, words_of

_LARGEST_ANSWER: Final = 5_000_000
_MOST_FILES: Final = 10_000
_TOKEN_MARGIN: Final = 30.0
_TOKEN_USUAL: Final = 300.0
_REFUSED_SIGN_IN: Final = (401, 403, 407)
_LATER: Final = (425, 429, 503)
_NOT_SENT: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.LocalProtocolError)
_NO_ANSWER: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)
_tokens: dict[str, tuple[str, float]] = {}
"""By a digest of everything it was given for: the token, and when (monotonic) it is to be asked for again."""


@dataclass(frozen=True)
class Got:
    """An answer, whatever its status."""

    status: int
    raw: bytes
    wait: float | None

    @property
    def words(self) -> str:
        """What the other side said about it, shortened."""
        try:
            body = json.loads(self.raw)
        except (ValueError, RecursionError):
            return ""
        said = body.get("detail") or body.get("message") or body.get("error") if isinstance(body, dict) else ""
        return short(said) if isinstance(said, str) and said.isprintable() else ""


class _Backend(DeadlineBackend):
    """Connects to judged addresses only, whatever the name says a moment later."""

    def __init__(self, internal_hosts: str) -> None:
        self.internal_hosts = internal_hosts

    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in judged(host, port, internal_hosts=self.internal_hosts):
            try:
                return super().connect_tcp(address, port, *rest, **more)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as fault:
                last = fault
        raise last or httpcore.ConnectError("no address")


class Https:
    """The mailbox of one partner."""

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="push_url", label="Address for what we send", kind="url", example="https://edi.partner.com/v1/inbox"),
        Setting(name="pull_url", label="Address of what they send", kind="url", example="https://edi.partner.com/v1/outbox",
                help="Empty where they send another way."),
        Setting(
            name="repeats", label="After a lost answer", choices=("ask", "same_key"), default="ask", example="ask",
            help="ask: they say by HEAD whether they have the file. same_key: they promise that the same Idempotency-Key counts once.",
        ),
        Setting(name="token_url", label="OAuth2 token address", kind="url", example="https://login.partner.com/oauth2/token"),
        Setting(name="client_id", label="OAuth2 client", example="hospital-portal"),
        Setting(name="client_secret", label="OAuth2 client secret", secret=True, help="For the token address."),
        Setting(name="scope", label="OAuth2 scope", example="edi.write edi.read"),
        Setting(name="token", label="Fixed token", secret=True, help="Sent as bearer token where there is no OAuth2."),
        Setting(name="client_certificate", label="Client certificate", kind="lines", secret=True,
                help="PEM, with intermediate certificates, where the partner asks for one."),
        Setting(name="client_key", label="Key of the client certificate", kind="lines", secret=True, help="PEM, without passphrase."),
        Setting(name="ca", label="Certificate authority", kind="lines",
                help="PEM of the partner's own authority; empty for those the system trusts."),
        INTERNAL_HOSTS,
    )  # fmt: skip
    semantics: ClassVar[Semantics] = Semantics(
        repeated_put="lookup", quiet_seconds=30,
        words="Every file carries its name as Idempotency-Key. After a lost answer we ask for the name before it is sent again, or send it "
              "again under the same key where the partner promises that this counts once.",
    )  # fmt: skip

    def __init__(self, access: Access) -> None:
        self.access = access
        self.push, self.pull = (access.option(name).rstrip("/") for name in ("push_url", "pull_url"))
        if not self.push and not self.pull:
            raise TransportError(
                "At least one address is needed: for what we send or for what they send.", Outcome.PERMANENT
            )
        if bool(access.option("token_url")) != bool(access.option("client_id")):
            raise TransportError("OAuth2 needs both the token address and the client.", Outcome.AUTHENTICATION)
        for url in filter(None, (self.push, self.pull, access.option("token_url"))):
            if urlsplit(url).scheme != "https":
                raise TransportError(f"{url} is not https.", Outcome.PERMANENT)
        self.pool: httpcore.ConnectionPool | None = None
        self.sums: dict[str, str] = {}

    @classmethod
    def at(cls, access: Access) -> Self:
        return cls(access)

    # --- what a mailbox does ------------------------------------------------------------------------------------------

    def put(self, name: str, data: bytes) -> None:
        """Post a file once. A lost answer is UNKNOWN."""
        headers = {
            "Content-Type": "application/octet-stream", "Idempotency-Key": our_name(name),
            "Content-Disposition": f'attachment; filename="{name}"',
        }  # fmt: skip
        if not self.push:
            raise TransportError("There is no address for what we send.", Outcome.PERMANENT)
        got = self._asked("POST", self.push, headers=headers, content=data)
        if not 200 <= got.status < 300:
            raise _fault(got, f"{name} was not taken", writes=True)

    def has(self, name: str) -> bool:
        """Whether they have, or had, the file; always no where they promise that the same key counts once."""
        if self.access.option("repeats") == "same_key":
            return False
        got = self._asked("HEAD", f"{self.push}/{quote(our_name(name), safe='')}")
        if got.status in (200, 204):
            return True
        if got.status in (404, 410):
            return False
        raise _fault(got, f"{name} cannot be asked for")

    def check(self) -> None:
        """Whether we may sign in and get an answer; what a GET says about a place for POST is not minded."""
        got = self._asked("GET", self.pull or self.push)
        if not 200 <= got.status < 300 and (self.pull or got.status not in (400, 404, 405)):
            raise _fault(got, "The mailbox cannot be used")

    def waiting(self) -> Sequence[Incoming]:
        """The files they list, in the order of their names."""
        if not self.pull:
            return []
        got = self._asked("GET", self.pull, headers={"Accept": "application/json"})
        if got.status != 200:
            raise _fault(got, "The files cannot be listed")
        files = [self._listed(row) for row in _rows(got.raw)]
        return sorted(files, key=lambda file: file.name)

    def _listed(self, row: Mapping[str, Any]) -> Incoming:
        name, size, digest = row["name"], row.get("size") or 0, row.get("sha256") or ""
        self.sums[name] = digest.lower()
        return Incoming(name=name, where=f"{self.pull}/{quote(name, safe='', errors='replace')}", size=size)

    def read(self, file: Incoming) -> bytes:
        """The bytes of a file; size and digest must be those of the list, where it says them."""
        their_name(file.name)
        not_too_large(file, file.size)
        got = self._asked("GET", file.where, largest=LARGEST)
        if got.status != 200:
            raise _fault(got, f"{file.name} cannot be read")
        digest = self.sums.get(file.name, "")
        if (file.size and len(got.raw) != file.size) or (digest and hashlib.sha256(got.raw).hexdigest() != digest):
            raise TransportError(f"{file.name} is not what the list says; it is asked for again.", Outcome.PERMANENT)
        return got.raw

    def remove(self, file: Incoming) -> None:
        """Say that the file is kept. One that is gone is fine."""
        got = self._asked("DELETE", file.where)
        if not 200 <= got.status < 300 and got.status not in (404, 410):
            raise _fault(got, f"{file.name} cannot be acknowledged")

    def close(self) -> None:
        if self.pool is not None:
            self.pool.close()
        self.pool = None

    # --- one exchange -------------------------------------------------------------------------------------------------

    def _asked(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None,
        largest: int = _LARGEST_ANSWER,
    ) -> Got:  # fmt: skip
        """One request, signed in; a 401 is answered once with a new token. The deadline counts for all of it."""
        with total(self.access.deadline):
            for fresh in (False, True):
                signed = {**(headers or {}), **self._signed(fresh=fresh)}
                got = self._exchange(method, url, signed, content, largest)
                if got.status != 401 or fresh or not self.access.option("token_url"):
                    break
            return got

    def _signed(self, *, fresh: bool) -> dict[str, str]:
        option, secret = self.access.option, self.access.secret
        url = option("token_url")
        if not url:
            return {"Authorization": f"Bearer {token}"} if (token := secret("token")) else {}
        given = {"grant_type": "client_credentials", "client_id": option("client_id"), "scope": option("scope")}
        given = {name: value for name, value in given.items() if value} | {"client_secret": secret("client_secret")}
        known = hashlib.sha256(f"{url} {given}".encode()).hexdigest()
        token, until = _tokens.get(known, ("", 0.0))
        if fresh or time.monotonic() >= until:
            token, seconds = self._token(url, given)
            _tokens[known] = token, time.monotonic() + seconds - min(_TOKEN_MARGIN, seconds / 2)
        return {"Authorization": f"Bearer {token}"}

    def _token(self, url: str, given: Mapping[str, str]) -> tuple[str, float]:
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            got = self._exchange("POST", url, form, urlencode(given).encode(), _LARGEST_ANSWER)
        except TransportError as fault:
            # nothing of ours has left yet, so there is no doubt about it
            outcome = Outcome.TRANSIENT if fault.outcome == Outcome.UNKNOWN else fault.outcome
            raise TransportError(f"No token: {fault}", outcome) from fault
        if got.status in (400, *_REFUSED_SIGN_IN):
            raise TransportError(
                f"{urlsplit(url).hostname} refuses the OAuth2 client: {got.words or f'HTTP {got.status}'}.",
                Outcome.AUTHENTICATION,
            )
        if got.status != 200:
            raise _fault(got, "No token")
        try:
            body = json.loads(got.raw)
            token, seconds = body["access_token"], float(body.get("expires_in") or _TOKEN_USUAL)
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not seconds > 0:
                raise ValueError(token)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
            raise TransportError(
                "The answer to our request for a token is no token.", Outcome.AUTHENTICATION
            ) from fault
        return token, seconds

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, largest: int) -> Got:
        writes = method == "POST"
        host = urlsplit(url).hostname
        try:
            with self._pool().stream(method, url, headers=[*headers.items()], content=content) as response:
                raw, size = [], 0
                for part in response.iter_stream():
                    raw.append(part)
                    size += len(part)
                    if size > largest:
                        raise TransportError(
                            f"The answer of {host} is larger than {largest // 1_000_000} MB.",
                            Outcome.UNKNOWN if writes else Outcome.PERMANENT,
                        )
                return Got(response.status, b"".join(raw), retry_after(response))
        except Refused:
            raise
        except _NOT_SENT as fault:
            raise TransportError(f"No connection to {host}: {words_of(fault)}.") from fault
        except _NO_ANSWER as fault:
            words = f"The connection to {host} ended without an answer ({words_of(fault)})."
            raise TransportError(words, Outcome.UNKNOWN if writes else Outcome.TRANSIENT) from fault

    def _pool(self) -> httpcore.ConnectionPool:
        if self.pool is None:
            self.pool = httpcore.ConnectionPool(
                ssl_context=self._tls(), max_connections=4, keepalive_expiry=15,
                network_backend=_Backend(self.access.option("internal_hosts")),
            )  # fmt: skip
        return self.pool

    def _tls(self) -> ssl.SSLContext:
        """Certificates are always checked, against the partner's own authority where one is given."""
        option, secret = self.access.option, self.access.secret
        certificate, key = secret("client_certificate"), secret("client_key")
        try:
            context = ssl.create_default_context(cadata=option("ca") or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if certificate:
                with tempfile.NamedTemporaryFile("w") as file:
                    # readable for us alone, and gone once it is loaded
                    file.write(f"{certificate.strip()}\n{key.strip()}\n")
                    file.flush()
                    context.load_cert_chain(file.name)
        except (ssl.SSLError, ValueError) as fault:
            words = (
                f"The certificate authority, or the client certificate with its key, cannot be read: {words_of(fault)}."
            )
            raise TransportError(words, Outcome.AUTHENTICATION) from fault
        return context


def _rows(raw: bytes) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(raw)["files"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise TransportError(
            "The list of files is not what was agreed: no object with files.", Outcome.CONTRACT
        ) from fault
    if not isinstance(rows, list) or not all(_is_file(row) for row in rows):
        raise TransportError("The list of files is not what was agreed: a file without a name.", Outcome.CONTRACT)
    return rows[:_MOST_FILES]


def _is_file(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("name"), str)
        and isinstance(row.get("size") or 0, int)
        and isinstance(row.get("sha256") or "", str)
    )


def _fault(got: Got, words: str, *, writes: bool = False) -> TransportError:
    """What a status says about trying again."""
    said = f"{words}: {got.words or 'no reason given'} (HTTP {got.status})."
    if 300 <= got.status < 400:
        return TransportError(
            f"{words}: it is said to be elsewhere, and redirects are not followed.", Outcome.PERMANENT
        )
    if got.status in _REFUSED_SIGN_IN:
        return TransportError(said, Outcome.AUTHENTICATION)
    if got.status in _LATER:
        return TransportError(said, Outcome.TRANSIENT, retry_after=got.wait)
    if got.status >= 500 or got.status == 408:
        # a gateway's time-out or a crash may have come after the effect
        return TransportError(said, Outcome.UNKNOWN if writes else Outcome.TRANSIENT)
    if 400 <= got.status < 500:
        return TransportError(said, Outcome.PERMANENT)
    return TransportError(f"{words}: HTTP {got.status} was not agreed.", Outcome.CONTRACT)
