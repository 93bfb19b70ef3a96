"""HTTPS push and pull against a real TLS server with its own authority, client certificates and a token address."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

import pytest

from integrations.remote import Outcome
from integrations.transports import https
from integrations.transports.base import Access, Incoming, TransportError
from integrations.transports.https import Https
from tests.integrations.transports.tls import Authority

CLIENT, SECRET = "hospital", "canary-client-secret"


class Partner(BaseHTTPRequestHandler):
    """The partner's server: files by name, one effect per Idempotency-Key."""

    protocol_version = "HTTP/1.1"
    inbox: ClassVar[dict[str, bytes]] = {}
    outbox: ClassVar[dict[str, bytes]] = {}
    seen: ClassVar[list[str]] = []
    tokens: ClassVar[list[str]] = []
    lifetime: ClassVar[float] = 3600
    next: ClassVar[list[Callable[[Partner], None]]] = []

    @classmethod
    def reset(cls) -> None:
        for each in (cls.inbox, cls.outbox, cls.seen, cls.tokens, cls.next):
            each.clear()  # type: ignore[attr-defined]
        cls.lifetime = 3600

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/token":
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if (given["client_id"], given["client_secret"]) != (CLIENT, SECRET):
                return self.say(401, b'{"error": "invalid_client"}')
            self.tokens.append(f"t{len(self.tokens)}")
            answer = {"access_token": self.tokens[-1], "expires_in": self.lifetime}
            return self.say(200, json.dumps(answer).encode())
        self.seen.append(f"{self.command} {self.path}")
        if self.next:
            return self.next.pop(0)(self)
        if not self.tokens or self.headers["Authorization"] != f"Bearer {self.tokens[-1]}":
            return self.say(401, b'{"error": "invalid_token"}')
        return self.answer(unquote(self.path), body)

    def answer(self, path: str, body: bytes) -> None:
        name = path.rpartition("/")[2]
        if self.command == "POST":
            key = self.headers["Idempotency-Key"]
            if self.inbox.setdefault(key, body) != body:
                return self.say(409, b'{"detail": "another file had this key"}')
            return self.say(201)
        if self.command == "HEAD":
            return self.say(200 if name in self.inbox else 404)
        if self.command == "DELETE":
            return self.say(204 if self.outbox.pop(name, None) is not None else 404)
        if path == "/out":
            rows = [
                {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in self.outbox.items()
            ]
            return self.say(200, json.dumps({"files": rows}).encode())
        return self.say(200, self.outbox[name]) if name in self.outbox else self.say(404)

    do_GET = do_POST = do_HEAD = do_DELETE = do_any


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def serve(folder: Path, authority: Authority, **certificate: Any) -> Quiet:
    server = Quiet(("127.0.0.1", 0), Partner)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    hosts = certificate.pop("hosts", ())
    issuer = certificate.pop("issuer", authority)
    context.load_cert_chain(issuer.write(folder, *hosts, **certificate))
    context.load_verify_locations(cadata=authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    # the handshake in the thread of the request: a client that refuses us must not end the server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def partner(tmp_path: Path, authority: Authority) -> Iterator[Quiet]:
    Partner.reset()
    https._tokens.clear()
    server = serve(tmp_path, authority)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailbox(partner: Quiet, authority: Authority, tmp_path: Path) -> Iterator[Callable[..., Https]]:
    made: list[Https] = []
    certificate, key = authority.issue("hospital.example")

    def make(*, server: Quiet = partner, deadline: float = 5, **more: str) -> Https:
        base = f"https://127.0.0.1:{server.server_port}"
        values = {
            "push_url": f"{base}/in", "pull_url": f"{base}/out", "token_url": f"{base}/token", "client_id": CLIENT,
            "client_secret": SECRET, "ca": authority.pem, "client_certificate": certificate, "client_key": key,
            "internal_hosts": "127.0.0.1 localhost", **more,
        }  # fmt: skip
        made.append(
            Https.at(
                Access(
                    option=lambda name: values.get(name, ""), secret=lambda name: values.get(name, ""),
                    deadline=deadline, name="ACME", folders=tmp_path,
                )
            )
        )  # fmt: skip
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_file_is_pushed_once_and_can_be_asked_for(mailbox: Callable[..., Https]) -> None:
    box = mailbox()
    box.check()
    assert not box.has("1.x12")
    box.put("1.x12", b"ISA")
    box.put("1.x12", b"ISA")
    assert box.has("1.x12")
    assert Partner.inbox == {"1.x12": b"ISA"}
    assert not mailbox(repeats="same_key").has("1.x12")
    with pytest.raises(TransportError, match="another file had this key") as refused:
        box.put("1.x12", b"other")
    assert refused.value.outcome == Outcome.PERMANENT


def test_files_are_pulled_checked_and_acknowledged(mailbox: Callable[..., Https]) -> None:
    Partner.outbox.update({"b 2.x12": b"2" * 100_000, "a&1.x12": b"1"})
    box = mailbox()
    waiting = box.waiting()
    assert [(file.name, file.size) for file in waiting] == [("a&1.x12", 1), ("b 2.x12", 100_000)]
    assert [box.read(file) for file in waiting] == [b"1", b"2" * 100_000]
    for file in [*waiting, *waiting]:
        box.remove(file)
    assert Partner.outbox == {}


def test_what_is_not_what_the_list_says_is_not_taken(mailbox: Callable[..., Https]) -> None:
    Partner.outbox["a"] = b"1234"
    box = mailbox()
    [file] = box.waiting()
    for changed in (b"123", b"1235"):
        Partner.outbox["a"] = changed
        with pytest.raises(TransportError, match="not what the list says"):
            box.read(file)


@pytest.mark.parametrize("name", ["../../x", "a\r\nb", "a\x00b", "x" * 4000, "\ud800"])
def test_names_that_lead_elsewhere_are_refused(mailbox: Callable[..., Https], name: str) -> None:
    rows = json.dumps({"files": [{"name": name}]}).encode()
    Partner.next.append(lambda partner: partner.say(200, rows))
    box = mailbox()
    [file] = box.waiting()
    before = list(Partner.seen)
    with pytest.raises(TransportError, match="cannot be the name of a file"):
        box.read(file)
    with pytest.raises(TransportError, match="cannot be a file name"):
        box.put(name, b"")
    assert Partner.seen == before


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"files": [1]}', b'{"files": [{"name": 7}]}', b"[" * 100_000])
def test_a_list_that_was_not_agreed_is_said(mailbox: Callable[..., Https], body: bytes) -> None:
    Partner.next.append(lambda partner: partner.say(200, body))
    with pytest.raises(TransportError, match="not what was agreed") as fault:
        mailbox().waiting()
    assert fault.value.outcome == Outcome.CONTRACT


# --- signing in -------------------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_once_and_again_before_it_ends(mailbox: Callable[..., Https]) -> None:
    mailbox().check()
    mailbox().check()
    assert len(Partner.tokens) == 1
    https._tokens.clear()
    Partner.lifetime = 0.2
    box = mailbox()
    box.check()
    asked = len(Partner.tokens)
    [(_, until)] = https._tokens.values()
    assert until - time.monotonic() < 0.11
    # over, as far as we know, while it would still be good for the other side
    https._tokens.update({key: (token, 0.0) for key, (token, _) in https._tokens.items()})
    box.check()
    assert len(Partner.tokens) == asked + 1


def test_a_refused_token_is_replaced_once(mailbox: Callable[..., Https]) -> None:
    box = mailbox()
    box.check()
    Partner.tokens.append("revoked")
    box.check()
    assert len(Partner.tokens) == 3
    for _ in range(2):
        Partner.next.append(lambda partner: partner.say(401))
    before = len(Partner.seen)
    with pytest.raises(TransportError, match="HTTP 401") as refused:
        box.check()
    assert (refused.value.outcome, len(Partner.seen) - before) == (Outcome.AUTHENTICATION, 2)


def test_a_refused_client_is_no_outage(mailbox: Callable[..., Https]) -> None:
    with pytest.raises(TransportError, match=r"refuses the OAuth2 client: invalid_client") as refused:
        mailbox(client_secret="wrong").put("1.x12", b"x")
    assert refused.value.outcome == Outcome.AUTHENTICATION
    assert SECRET not in str(refused.value)


def test_without_a_client_certificate_there_is_no_talk(mailbox: Callable[..., Https]) -> None:
    with pytest.raises(TransportError):
        mailbox(client_certificate="", client_key="").check()
    with pytest.raises(TransportError, match="cannot be read") as fault:
        mailbox(client_key="no key").check()
    assert fault.value.outcome == Outcome.AUTHENTICATION
    assert Partner.seen == []


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"hosts": ("elsewhere.example",)}, "IP address mismatch"),
        ({"issuer": Authority("a stranger")}, "unable to get local issuer"),
    ],
)
def test_a_certificate_that_is_not_right_is_refused(
    mailbox: Callable[..., Https], authority: Authority, tmp_path: Path, certificate: Any, words: str
) -> None:
    server = serve(tmp_path, authority, **certificate)
    try:
        with pytest.raises(TransportError, match=words) as refused:
            mailbox(server=server).put("1.x12", b"x")
        assert refused.value.outcome == Outcome.TRANSIENT
    finally:
        server.shutdown()
        server.server_close()
    assert Partner.tokens == []


def test_only_https_and_only_public_hosts_unless_named(mailbox: Callable[..., Https]) -> None:
    with pytest.raises(TransportError, match="is not https"):
        mailbox(pull_url="http://127.0.0.1/")
    with pytest.raises(TransportError, match="private network") as refused:
        mailbox(internal_hosts="localhost").check()
    assert refused.value.outcome == Outcome.PERMANENT


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_redirects_are_not_followed(mailbox: Callable[..., Https], partner: Quiet) -> None:
    elsewhere = f"https://127.0.0.1:{partner.server_port}/elsewhere"
    Partner.next.append(lambda each: each.say(307, Location=elsewhere))
    with pytest.raises(TransportError, match="redirects are not followed") as refused:
        mailbox().put("1.x12", b"x")
    assert (refused.value.outcome, Partner.seen) == (Outcome.PERMANENT, ["POST /in"])


@pytest.mark.parametrize(
    ("status", "writing", "reading"),
    [
        (503, Outcome.TRANSIENT, Outcome.TRANSIENT), (500, Outcome.UNKNOWN, Outcome.TRANSIENT),
        (408, Outcome.UNKNOWN, Outcome.TRANSIENT), (422, Outcome.PERMANENT, Outcome.PERMANENT),
        (403, Outcome.AUTHENTICATION, Outcome.AUTHENTICATION),
    ],
)  # fmt: skip
def test_a_status_says_whether_trying_again_helps(
    mailbox: Callable[..., Https], status: int, writing: Outcome, reading: Outcome
) -> None:
    for _ in range(2):
        Partner.next.append(lambda partner: partner.say(status, b'{"detail": "no"}', Retry_After="7"))
    box = mailbox()
    with pytest.raises(TransportError, match=f"no .HTTP {status}") as put:
        box.put("1.x12", b"x")
    with pytest.raises(TransportError) as listed:
        box.waiting()
    assert (put.value.outcome, listed.value.outcome) == (writing, reading)
    assert put.value.retry_after == (7 if status == 503 else None)


def test_a_lost_answer_is_unknown_until_one_asked(mailbox: Callable[..., Https]) -> None:
    def lost(partner: Partner) -> None:
        partner.inbox["1.x12"] = b"x"
        partner.close_connection = True

    Partner.next.append(lost)
    box = mailbox()
    with pytest.raises(TransportError, match="ended without an answer") as fault:
        box.put("1.x12", b"x")
    assert fault.value.outcome == Outcome.UNKNOWN
    assert box.has("1.x12")


def test_a_drip_ends_with_the_deadline(mailbox: Callable[..., Https]) -> None:
    over = threading.Event()

    def drip(partner: Partner) -> None:
        partner.send_response(200)
        partner.send_header("Content-Length", "1000")
        partner.end_headers()
        while not over.wait(0.05):
            partner.wfile.write(b"x")

    Partner.next.append(drip)
    began = time.monotonic()
    try:
        with pytest.raises(TransportError, match=r"deadline|timed out"):
            mailbox(deadline=1).read(Incoming(name="a", where=mailbox().pull + "/a"))
        assert time.monotonic() - began < 2
    finally:
        over.set()


def test_an_answer_that_is_too_large_is_not_read(mailbox: Callable[..., Https]) -> None:
    Partner.next.append(lambda partner: partner.say(200, b" " * 6_000_000))
    with pytest.raises(TransportError, match="larger than 5 MB"):
        mailbox().waiting()
