"""A managed folder per partner: `in` holds what we send them, `out` what they send us, `archive` what they have taken, `done` what
we have taken and may have to read again.

A file appears whole or not at all: it is written under a hidden name, flushed to disk, then renamed. Hidden files are not
there for anybody.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from integrations.transports.base import (
    LARGEST,
    Access,
    Incoming,
    Semantics,
    Setting,
    TransportError,
    not_too_large,
    our_name,
    their_name,
)


class Folder:
    """The mailbox of one partner below `root`. Raises TransportError where the disk refuses."""

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            name="folder", label="Folder", example="ACME",
            help="Name of the folder below the portal's mailboxes; empty for the supplier's code.",
        ),
    )  # fmt: skip
    semantics: ClassVar[Semantics] = Semantics(
        repeated_put="replaced", poll_seconds=0,
        words="The same name is the same file: left again, it replaces itself.",
    )  # fmt: skip

    def __init__(self, root: Path, name: str) -> None:
        self.path = root / our_name(name, "the name of a mailbox folder")

    @classmethod
    def at(cls, access: Access) -> Self:
        """The folder an endpoint names, else the one of the partner's code."""
        return cls(access.folders, access.option("folder") or access.name)

    def put(self, name: str, data: bytes) -> None:
        """Leave a file for the partner; the same name again replaces the same file."""
        target = self.path / "in" / our_name(name)
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

    def waiting(self) -> Sequence[Incoming]:
        """The complete files the partner left for us, in the order of their names."""
        try:
            found = [p for p in (self.path / "out").iterdir() if not p.name.startswith(".") and p.is_file()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise TransportError(f"{self.path / 'out'} cannot be read: {error.strerror}.") from error
        return [Incoming(name=path.name, where=str(path)) for path in sorted(found)]

    def read(self, file: Incoming) -> bytes:
        """The bytes of a waiting file. Symbolic links, odd names and files beyond the limit are refused."""
        their_name(file.name)
        try:
            with os.fdopen(os.open(file.where, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
                data = opened.read(LARGEST + 1)
        except OSError as error:
            raise TransportError(f"{file.where} cannot be read: {error.strerror}.") from error
        not_too_large(file, len(data))
        return data

    def answer(self, name: str) -> Incoming | None:
        """A file of this name that the partner left for us, also when it was set aside before."""
        places = (self.path / place / name for place in ("out", "done"))
        return next((Incoming(name=name, where=str(path)) for path in places if path.is_file()), None)

    def set_aside(self, file: Incoming, name: str = "") -> None:
        """Take a file out of the partner's way and keep it, under another name where one is given. Twice changes nothing."""
        target = self.path / "done" / (name or file.name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(file.where).replace(target)
        except OSError as error:
            raise TransportError(f"{file.where} cannot be set aside: {error.strerror}.") from error

    def remove(self, file: Incoming) -> None:
        """Forget a file that is kept safely elsewhere."""
        try:
            Path(file.where).unlink(missing_ok=True)
        except OSError as error:
            raise TransportError(f"{file.where} cannot be removed: {error.strerror}.") from error

    def close(self) -> None:
        """Nothing is held open."""
