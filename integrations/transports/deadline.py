"""HTTP with one deadline: a network backend whose every wait ends at one common moment, so that a remote that drips bytes cannot
hold a worker; and what a remote may say about coming back later."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpcore

_LONGEST_WAIT: Final = 3600.0
_ends: ContextVar[float] = ContextVar("exchange_ends", default=0.0)


@contextmanager
def total(seconds: float) -> Iterator[None]:
    """Everything inside ends within these seconds, with a time-out of the step it was at."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def _left(raised: type[Exception]) -> float:
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise raised("the deadline has passed")
    return left


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _left(httpcore.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, _left(httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class DeadlineBackend(httpcore.SyncBackend):
    """Connects over TCP; connecting, TLS, sending and reading share the deadline of the surrounding `total`."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


def header(response: httpcore.Response, name: bytes) -> str:
    """A header of an answer by its name in small letters, empty where there is none."""
    return next((value.decode("latin-1").strip() for key, value in response.headers if key.lower() == name), "")


def retry_after(response: httpcore.Response) -> float | None:
    """Seconds to wait, within reason: what is no number, no date, negative or absurd does not stop us for longer than an hour."""
    given = header(response, b"retry-after")
    if not given:
        return None
    if given.isascii() and given.isdigit():
        return min(float(given[:12]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        return None
    wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)
