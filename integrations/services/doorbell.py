"""Wakes the workers after a commit. It only saves waiting: the sweep finds every message without it.

A thread rings, so that no user ever waits for a broker that is slow or gone; what cannot be rung is left to the sweep.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from celery import current_app
from django.db import transaction

DELIVER_TASK = "integrations.tasks.deliver"
_log = structlog.get_logger(__name__)
_silent: ContextVar[bool] = ContextVar("doorbell_silent", default=False)


class _Doorbell:
    """One ringing thread per process; endpoints that are named while it rings are rung together."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.named: set[int] = set()
        self.wake = threading.Condition()
        self.ending = False
        self.thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
        self.thread.start()
        atexit.register(self.end)

    def ring(self, endpoint_ids: Iterable[int]) -> None:
        with self.wake:
            self.named.update(endpoint_ids)
            self.wake.notify()

    def end(self) -> None:
        with self.wake:
            self.ending = True
            self.wake.notify()
        self.thread.join(timeout=2)

    def _run(self) -> None:
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.named or self.ending)
                if self.ending:
                    return
                named, self.named = sorted(self.named), set()
            try:
                current_app.send_task(DELIVER_TASK, args=[named], expires=60, retry=False)
            except Exception as error:  # noqa: BLE001 - whatever the broker does, the sweep delivers
                _log.info("doorbell_silent", reason=str(error)[:200])


_bell: _Doorbell | None = None
_lock = threading.Lock()


def ring_after_commit(endpoint_ids: Iterable[int]) -> None:
    """Ring for these endpoints once the transaction is committed. Never raises, never waits."""
    named = set(endpoint_ids)
    if named and not _silent.get():
        transaction.on_commit(lambda: _ring(named), robust=True)


@contextmanager
def doorbell_silent() -> Iterator[None]:
    """Nobody is rung for what is written inside: it is history, or the sweep finds it."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def _ring(endpoint_ids: set[int]) -> None:
    global _bell
    with _lock:
        # a forked child has no thread of its own yet
        if _bell is None or _bell.process != os.getpid():
            _bell = _Doorbell()
        _bell.ring(endpoint_ids)
