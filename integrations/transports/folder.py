"""A managed folder per partner: `in` holds what we send them, `out` what they send us, `archive` what they have taken, `done` what
we have taken and may have to read again.

A file appears whole or not at all: it is written under a hidden name, flushed to disk, then renamed. Hidden files are not
there for anybody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SAFE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}")
_LARGEST: Final = 50_000_000


class TransportError(Exception):
    """The folder cannot be used now; nothing was changed."""


class Folder:
    """The mailbox of one partner below `root`. Raises TransportError where the disk refuses."""

    def __init__(self, root: Path, name: str) -> None:
        if not _SAFE.fullmatch(name):
            raise TransportError(f"{name!r} cannot be the name of a mailbox folder.")
        self.path = root / name

    def put(self, name: str, data: bytes) -> None:
        """Leave a file for the partner; the same name again replaces the same file."""
        if not _SAFE.fullmatch(name):
            raise TransportError(f"{name!r} cannot be a file name.")
        target = self.path / "in" / name
        hidden = target.with_name(f".{name}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with hidden.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(target)
        except OSError as error:
            raise TransportError(f"{target.parent} cannot be written: {error.strerror}.") from error

    def check(self) -> None:
        """Whether files can be left here now."""
        place = self.path / "in"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TransportError(f"{place} cannot be made: {error.strerror}.") from error
        if not os.access(place, os.W_OK):
            raise TransportError(f"{place} cannot be written.")

    def has(self, name: str) -> bool:
        """Whether the partner has, or has had, this file from us."""
        return any((self.path / place / name).exists() for place in ("in", "archive"))

    def waiting(self) -> Iterator[Path]:
        """The complete files the partner left for us, in the order of their names."""
        try:
            names = sorted(p for p in (self.path / "out").iterdir() if not p.name.startswith(".") and p.is_file())
        except FileNotFoundError:
            return
        except OSError as error:
            raise TransportError(f"{self.path / 'out'} cannot be read: {error.strerror}.") from error
        yield from names

    def read(self, path: Path) -> bytes:
        """The bytes of a waiting file. Symbolic links and files beyond 50 MB are refused."""
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError as error:
            raise TransportError(f"{path} cannot be read: {error.strerror}.") from error
        if len(data) > _LARGEST:
            raise TransportError(f"{path} is larger than {_LARGEST // 1_000_000} MB.")
        return data

    def answer(self, name: str) -> Path | None:
        """A file of this name that the partner left for us, also when it was set aside before."""
        return next((path for place in ("out", "done") if (path := self.path / place / name).is_file()), None)

    def set_aside(self, path: Path, name: str = "") -> None:
        """Take a file out of the partner's way and keep it, under another name where one is given."""
        target = self.path / "done" / (name or path.name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        except OSError as error:
            raise TransportError(f"{path} cannot be set aside: {error.strerror}.") from error

    def remove(self, path: Path) -> None:
        """Forget a file that is kept safely elsewhere."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise TransportError(f"{path} cannot be removed: {error.strerror}.") from error
