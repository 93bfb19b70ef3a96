"""One HTTP exchange with a total deadline, no redirects, a bounded answer, and every failure classed."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httpcore

from integrations.remote import Answer, Outcome
from integrations.transports.deadline import DeadlineBackend, header, retry_after, total

_LARGEST: Final = 5_000_000
_NOT_SENT: Final = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
)
_NO_ANSWER: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OverflowError,
    OSError,
)
_REFUSED_SIGN_IN: Final = (401, 403, 407)
_LATER: Final = (425, 429, 503)


@lru_cache(maxsize=4)
def _pool(process: int) -> httpcore.ConnectionPool:
    # a pool must not be shared with a forked child; no redirects, no proxies or passwords of the environment
    pool = httpcore.ConnectionPool(
        max_connections=64, max_keepalive_connections=16, keepalive_expiry=30, network_backend=DeadlineBackend()
    )
    atexit.register(_close, pool, process)
    return pool


def _close(pool: httpcore.ConnectionPool, process: int) -> None:
    if os.getpid() == process:
        pool.close()


@dataclass(frozen=True)
class Got:
    """An answer that is a JSON object (a list stands in it as `results`), or the classed failure to get one."""

    status: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    failure: Answer | None = None


def exchange(
    method: str,
    base_url: str,
    path: str,
    *,
    token: str,
    deadline: float,
    content: bytes | None = None,
    more_headers: Sequence[tuple[str, str]] = (),
) -> Got:
    """One request and its answer, at most `deadline` seconds in all. A request that may have arrived is never "not sent"."""
    headers = [
        *more_headers,
        ("Authorization", f"Bearer {token}"),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    ]
    writes = method != "GET"
    url = base_url.rstrip("/") + path
    try:
        with (
            total(deadline),
            _pool(os.getpid()).stream(
                method, url, headers=headers, content=content, extensions={"timeout": {"pool": deadline}}
            ) as response,
        ):
            raw = _read(response)
    except _NOT_SENT as fault:
        return Got(
            failure=Answer(outcome=Outcome.TRANSIENT, detail=f"No connection: {str(fault) or type(fault).__name__}.")
        )
    except _NO_ANSWER as fault:
        words = f"The connection ended without an answer ({str(fault) or type(fault).__name__})."
        return Got(failure=Answer(outcome=Outcome.UNKNOWN if writes else Outcome.TRANSIENT, detail=words))
    return _judge(response, raw, writes)


def _read(response: httpcore.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        parts.append(part)
        size += len(part)
        if size > _LARGEST:
            raise OverflowError("the answer is too large")
    return b"".join(parts)


def _judge(response: httpcore.Response, raw: bytes, writes: bool) -> Got:
    status = response.status
    if status == HTTPStatus.NO_CONTENT:
        return Got(status=status, raw=raw)
    body = _object(raw)
    if status in (200, 201) and body is not None and "error" not in body:
        return Got(status=status, body=body, raw=raw)
    return Got(status=status, raw=raw, failure=_failure(response, raw, body, writes))


def _failure(response: httpcore.Response, raw: bytes, body: Mapping[str, Any] | None, writes: bool) -> Answer:
    status = response.status
    words = _words(body) or _status_words(status)
    kept: dict[str, Any] = {
        "status_code": status,
        "detail": words,
        "raw": raw,
        "raw_type": header(response, b"content-type")[:60] or "application/octet-stream",
    }
    if status in _REFUSED_SIGN_IN:
        return Answer(outcome=Outcome.AUTHENTICATION, **kept)
    if status in _LATER:
        return Answer(outcome=Outcome.TRANSIENT, retry_after=retry_after(response), **kept)
    if status >= 500 or status == 408:
        # a gateway's time-out or a crash may have come after the effect
        return Answer(outcome=Outcome.UNKNOWN if writes else Outcome.TRANSIENT, **kept)
    if body is not None and (status in (200, 201) or 400 <= status < 500):
        return Answer(outcome=Outcome.PERMANENT, field=str(body.get("field") or ""), **kept)
    return Answer(outcome=Outcome.CONTRACT, **{**kept, "detail": f"The answer is not what was agreed: {words}"})


def _object(raw: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        return {"results": found}
    return found if isinstance(found, dict) else None


def _words(body: Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    said = body.get("message") or body.get("error") or body.get("detail") or ""
    code = body.get("code") or ""
    return f"{said} [{code}]" if said and code else str(said or code)


def _status_words(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
