"""One exchange with a remote that misbehaves: told apart by whether trying again can help, and never longer than its deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations.erp.rest_erp.http import Got, exchange
from integrations.remote import Outcome

Talk = Callable[[socket.socket], None]


@contextmanager
def remote(talk: Talk) -> Iterator[str]:
    """A server that reads one request per connection and then does what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    talk(connection)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    thread.join(10)


def says(status: str, body: bytes = b"{}", *headers: str) -> Talk:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""])
    return lambda connection: connection.sendall(head.encode() + body)


def ask(talk: Talk, method: str = "POST", deadline: float = 5) -> Got:
    with remote(talk) as url:
        return exchange(method, url, "/purchase-orders", token="t", deadline=deadline, content=b"{}")


def outcome(got: Got) -> str:
    return got.failure.outcome.value if got.failure else "answer"


ANSWERS: dict[str, tuple[Talk, str]] = {
    "taken": (says("200 OK", b'{"erp_number": "1"}'), "answer"),
    "error inside": (says("200 OK", b'{"error": "no budget"}'), "permanent"),
    "empty": (says("200 OK", b""), "contract"),
    "cut short JSON": (says("200 OK", b'{"erp_number": '), "contract"),
    "login page": (says("200 OK", b"<html>Please sign in</html>", "Content-Type: text/html"), "contract"),
    "wrong charset": (says("200 OK", b'{"erp_number": "\xff"}'), "contract"),
    "redirect": (says("302 Found", b"", "Location: http://169.254.169.254/"), "contract"),
    "refused": (
        says("400 Bad Request", b'{"code": "supplier", "message": "Unknown.", "field": "supplier"}'),
        "permanent",
    ),
    "refused by a proxy": (says("400 Bad Request", b"<html>proxy</html>"), "contract"),
    "401": (says("401 Unauthorized"), "authentication"),
    "403": (says("403 Forbidden"), "authentication"),
    "429": (says("429 Too Many Requests"), "transient"),
    "503": (says("503 Service Unavailable"), "transient"),
    "500": (says("500 Internal Server Error"), "unknown"),
    "502": (says("502 Bad Gateway", b"<html>"), "unknown"),
    "504": (says("504 Gateway Timeout"), "unknown"),
    "silence": (lambda connection: None, "unknown"),
    "cut off": (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "unknown"),
    "no HTTP": (lambda connection: connection.sendall(b"\x00\x01garbage\r\n\r\n"), "unknown"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_to_a_posting_has_its_class(name: str) -> None:
    talk, expected = ANSWERS[name]
    assert outcome(ask(talk)) == expected


def test_a_question_that_fails_can_always_be_asked_again() -> None:
    for talk in (says("500 Internal Server Error"), says("504 Gateway Timeout"), lambda connection: None):
        assert outcome(ask(talk, "GET")) == "transient"


def test_what_never_left_had_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    got = exchange("POST", f"http://127.0.0.1:{port}", "/x", token="t", deadline=2, content=b"{}")
    assert outcome(got) == "transient"
    assert outcome(exchange("POST", "ftp://nowhere", "/x", token="t", deadline=2, content=b"{}")) == "transient"


@pytest.mark.parametrize("part", ["headers", "body"])
def test_one_byte_at_a_time_does_not_outlast_the_deadline(part: str) -> None:
    def drip(connection: socket.socket) -> None:
        if part == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        pause = threading.Event()
        for _ in range(200):
            connection.sendall(b"x")
            pause.wait(0.05)

    began = time.monotonic()
    got = ask(drip, deadline=0.6)
    assert outcome(got) == "unknown"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120), ("0", 0), ("-5", None), ("soon", None), ("99999999999999999999", 3600), ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Fri, 01 Jan 9999 00:00:00 GMT", 3600), ("Mon, 99 Foo 2026", None),
    ],
)  # fmt: skip
def test_retry_after_is_obeyed_within_reason(given: str, seconds: float | None) -> None:
    got = ask(says("429 Too Many Requests", b"{}", f"Retry-After: {given}"))
    assert got.failure is not None
    assert got.failure.retry_after == seconds


def test_retry_after_as_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    got = ask(says("503 Service Unavailable", b"{}", f"Retry-After: {moment}"))
    assert got.failure is not None
    assert 95 < (got.failure.retry_after or 0) <= 100


def test_the_words_and_the_field_of_a_refusal_are_kept() -> None:
    got = ask(
        says("422 Unprocessable", b'{"code": "blocked", "message": "The supplier is blocked.", "field": "supplier"}')
    )
    assert got.failure is not None
    kept = got.failure
    assert (kept.outcome, kept.detail, kept.field) == (
        Outcome.PERMANENT,
        "The supplier is blocked. [blocked]",
        "supplier",
    )
    assert kept.raw
