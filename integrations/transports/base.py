"""What the portal needs of a way to exchange files with a partner, whatever its kind. Transports hold no state of ours and know no models.

Semantics every transport keeps:
- `put` leaves a whole file or none, at most `deadline` seconds in all. Where it cannot be known whether it took effect, the
  TransportError says so (outcome UNKNOWN); nobody repeats it before `has` was asked.
- `has` asks whether the partner has, or has had, a file of that name from us. A transport that cannot know declares `manual`.
- `check` asks whether the mailbox can be used, changing nothing that anybody could notice.
- `waiting` lists the complete files the partner left, by name; `read` gives the bytes of one, whole; `remove` takes it out of the way
  once it is kept safely. A file that was read and not removed waits again.
- Every failure is a TransportError: what happened in words, and its class.

`settings` say what has to be known to use a transport, so that one form can ask for all of them; `semantics` what it promises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, Protocol, Self

from integrations.remote import Outcome

LARGEST: Final = 50_000_000
"""Bytes of the largest file that is taken in."""
_OURS: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}")
_LONGEST_NAME: Final = 255


class TransportError(Exception):
    """It did not work, in words for a person. `outcome` says whether trying again can help, and whether it may have had an effect."""

    def __init__(self, words: str, outcome: Outcome = Outcome.TRANSIENT, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.outcome = outcome
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing a transport has to be told. `kind` says what a value must look like, and how a form asks for it."""

    name: str
    label: str
    help: str = ""
    kind: Literal["text", "lines", "number", "host", "url", "yes_no"] = "text"
    required: bool = False
    secret: bool = False
    default: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Semantics:
    """What a transport promises.

    `repeated_put` is how the same file put twice is kept from being two: `replaced` (the same name is the same file), `lookup` (after
    silence one waits `quiet_seconds`, asks for the name, and only then puts it again) or `manual` (a person decides).
    `poll_seconds` is how often one looks for new files, 0 for every round; `words` say all this to a person.
    """

    repeated_put: Literal["replaced", "lookup", "manual"]
    words: str
    quiet_seconds: int = 0
    poll_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Access:
    """What an endpoint says about the way to a partner; `option` and `secret` read its texts, empty where there are none.

    `name` is the partner's code, `folders` the only place on disk where files may be exchanged.
    """

    option: Callable[[str], str]
    secret: Callable[[str], str]
    deadline: float
    name: str
    folders: Path


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A file the partner left: its name, the transport's own way to find it again, and its size and age where known (0: unknown)."""

    name: str
    where: str
    size: int = 0
    changed_at: float = 0


class Mailbox(Protocol):
    """One partner's mailbox."""

    def put(self, name: str, data: bytes) -> None: ...

    def has(self, name: str) -> bool: ...

    def check(self) -> None: ...

    def waiting(self) -> Sequence[Incoming]: ...

    def read(self, file: Incoming) -> bytes: ...

    def remove(self, file: Incoming) -> None: ...

    def close(self) -> None:
        """Let go of connections; the next use opens them again."""


class Shelf(Mailbox, Protocol):
    """A mailbox whose files stay until somebody sets them aside, and can be found again afterwards."""

    def answer(self, name: str) -> Incoming | None: ...

    def set_aside(self, file: Incoming, name: str = "") -> None: ...


class Transport(Mailbox, Protocol):
    """A transport's class: it says what it needs and promises before there is a connection."""

    settings: ClassVar[tuple[Setting, ...]]
    semantics: ClassVar[Semantics]

    @classmethod
    def at(cls, access: Access) -> Self:
        """The mailbox an endpoint describes. Opens nothing. Raises TransportError where the settings make no sense."""


def our_name(name: str, what: str = "a file name") -> str:
    """A name we give to files and folders. Raises TransportError for any other."""
    if not _OURS.fullmatch(name):
        raise TransportError(f"{short(name)!r} cannot be {what}.", Outcome.PERMANENT)
    return name


def their_name(name: str) -> str:
    """A name a partner gave, as long as it is one file in one folder. Raises TransportError for anything that leads elsewhere."""
    if not name or name in (".", "..") or set(name) & {"/", "\\"}:
        raise TransportError(f"{short(name)!r} cannot be the name of a file: it leads elsewhere.", Outcome.PERMANENT)
    if len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise TransportError(
            f"{short(name)!r} cannot be the name of a file: it has {len(name)} characters.", Outcome.PERMANENT
        )
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name):
        raise TransportError(f"{short(name)!r} cannot be the name of a file: control characters.", Outcome.PERMANENT)
    return name


def not_too_large(file: Incoming, size: int) -> None:
    """Raises TransportError for a file beyond the limit."""
    if size > LARGEST:
        raise TransportError(f"{file.name} is larger than {LARGEST // 1_000_000} MB.", Outcome.PERMANENT)


def short(text: str) -> str:
    """As much of a text as fits in a sentence."""
    return text if len(text) <= 60 else f"{text[:60]}…"
