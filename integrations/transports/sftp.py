"""A partner's SFTP server. One folder takes what we send, one holds what they send; the server is known by its host key.

A file is uploaded under a hidden name and renamed, never over another file. A download that is cut goes on from where it was, also in
the next round: what came so far is kept below the portal's mailboxes, known by the file's name, size and time on the server.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ClassVar, Final, Self, TypeVar

import paramiko

from integrations.remote import Outcome
from integrations.transports.base import (
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
from integrations.transports.net import INTERNAL_HOSTS, connected, until_over

# every failure becomes a TransportError; paramiko's thread would also log it, as an error with its own stack
logging.getLogger("paramiko").setLevel(logging.CRITICAL)
T = TypeVar("T")
_BLOCK: Final = 255 * 1024
"""What OpenSSH gives in one answer; a smaller one costs a round trip each 32 KB."""
_MOST_FILES: Final = 10_000
_PARTIAL_KEPT: Final = 7 * 24 * 3600.0
_KEY_TYPES: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_CUT: Final = (EOFError, paramiko.SSHException, ConnectionError, TimeoutError)


class Cut(TransportError):
    """The connection ended before the act did."""


class Sftp:
    """The mailbox of one partner. Connects at the first use; every act ends within the deadline as a whole."""

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="host", label="Host", kind="host", required=True, example="sftp.partner.com"),
        Setting(name="port", label="Port", kind="number", default="22", example="22"),
        Setting(name="user", label="User name", required=True, example="hospital"),
        Setting(
            name="host_key", label="Host key", kind="lines", required=True,
            help="The server's key or its fingerprint, one per line, as the partner gave it; another key is refused.",
            example="ssh-ed25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        ),
        Setting(name="private_key", label="Private key", kind="lines", secret=True,
                help="Our key in OpenSSH's form. Either a key or a password is needed."),
        Setting(name="passphrase", label="Passphrase of the key", secret=True, help="Where the key has one."),
        Setting(name="password", label="Password", secret=True, help="Where there is no key."),
        Setting(name="send_to", label="Folder for what we send", default="in", example="in"),
        Setting(name="take_from", label="Folder of what they send", default="out", example="out"),
        Setting(
            name="archive", label="Folder of what they have taken", example="archive",
            help="Where a file goes that the partner has taken; without it, one that was taken away looks like one that never came.",
        ),
        Setting(name="done", label="Folder for what we have taken", example="done",
                help="Where we move a file once it is kept; empty deletes it."),
        Setting(name="settle_seconds", label="Seconds until a file is complete", kind="number", example="30",
                help="For partners who write files under their final name: how long one must not have changed."),
        INTERNAL_HOSTS,
    )  # fmt: skip
    semantics: ClassVar[Semantics] = Semantics(
        repeated_put="lookup", quiet_seconds=30,
        words="A file is put under a hidden name and renamed, never over another one. After a cut connection we look for its name "
              "in the partner's folder and archive before it is put again, under the same name.",
    )  # fmt: skip

    def __init__(self, access: Access) -> None:
        self.access = access
        self.host = access.option("host")
        self.port = int(access.option("port") or 22)
        self.pins = pins(access.option("host_key"))
        if not self.pins:
            raise TransportError(
                "The host key is missing: without it nobody knows whose server it is.", Outcome.PERMANENT
            )
        if not access.secret("private_key") and not access.secret("password"):
            raise TransportError("Either a private key or a password is needed.", Outcome.AUTHENTICATION)
        self.transport: paramiko.Transport | None = None
        self.client: paramiko.SFTPClient | None = None

    @classmethod
    def at(cls, access: Access) -> Self:
        return cls(access)

    # --- what a mailbox does ------------------------------------------------------------------------------------------

    def put(self, name: str, data: bytes) -> None:
        """Leave a file. The same file there already is fine; another one of that name is never replaced."""
        folder = self._folder("send_to", "in")
        target, hidden = f"{folder}/{our_name(name)}", f"{folder}/.{name}.tmp"
        renaming = False

        def leave(client: paramiko.SFTPClient) -> None:
            nonlocal renaming
            with client.open(hidden, "wb") as file:
                file.set_pipelined(True)
                file.write(data)
            if client.stat(hidden).st_size != len(data):
                raise TransportError(f"{self.host} did not keep all of {name}; it may be full.")
            renaming = True
            try:
                client.rename(hidden, target)
            except OSError:
                self._clash(client, target, hidden, data)

        try:
            self._within(leave, f"{name} cannot be left in {folder}")
        except TransportError as fault:
            if renaming and isinstance(fault, Cut):
                words = f"The connection ended while {name} was given its name: {fault}"
                raise TransportError(words, Outcome.UNKNOWN) from fault
            raise

    def _clash(self, client: paramiko.SFTPClient, target: str, hidden: str, data: bytes) -> None:
        """A rename was refused: because the very file is there already, or for another reason, which is raised."""
        there = _stat(client, target)
        if there is None:
            raise TransportError(f"{self.host} takes the file but refuses to give it the name {target}.")
        with client.open(target, "rb") as file:
            same = there.st_size == len(data) and file.read(len(data) + 1) == data
        client.remove(hidden)
        if not same:
            words = f"{self.host} has another file of the name {target}; it was left as it is."
            raise TransportError(words, Outcome.PERMANENT)

    def has(self, name: str) -> bool:
        """Whether the file lies in the partner's folder or archive."""
        places = [self._folder("send_to", "in"), *([self._folder("archive")] if self._folder("archive") else [])]

        def look(client: paramiko.SFTPClient) -> bool:
            return any(_stat(client, f"{place}/{our_name(name)}") for place in places)

        return self._within(look, f"{name} cannot be looked for")

    def check(self) -> None:
        """Whether one can sign in and both folders are there."""

        def look(client: paramiko.SFTPClient) -> None:
            for place in (self._folder("send_to", "in"), self._folder("take_from", "out")):
                found = _stat(client, place)
                if found is None or not stat.S_ISDIR(found.st_mode or 0):
                    raise TransportError(f"{self.host} has no folder {place}.", Outcome.PERMANENT)

        self._within(look, "The folders cannot be seen")

    def waiting(self) -> Sequence[Incoming]:
        """The files of the partner's folder that are not hidden, in the order of their names."""
        folder = self._folder("take_from", "out")
        settled = time.time() - float(self.access.option("settle_seconds") or 0)

        def listed(client: paramiko.SFTPClient) -> list[Incoming]:
            found = []
            for entry in client.listdir_iter(folder):
                if entry.filename.startswith(".") or not stat.S_ISREG(entry.st_mode or 0):
                    continue
                if (entry.st_mtime or 0) <= settled or not self.access.option("settle_seconds"):
                    found.append(
                        Incoming(
                            name=entry.filename, where=f"{folder}/{entry.filename}", size=entry.st_size or 0,
                            changed_at=entry.st_mtime or 0,
                        )
                    )  # fmt: skip
                if len(found) >= _MOST_FILES:
                    break
            return sorted(found, key=lambda file: file.name)

        return self._within(listed, f"{folder} cannot be listed")

    def read(self, file: Incoming) -> bytes:
        """The bytes of a file; where it was cut before, only the rest is asked for. A file that changes meanwhile waits."""
        their_name(file.name)
        not_too_large(file, file.size)
        kept = self._partial(file)
        ends = time.monotonic() + self.access.deadline
        while True:
            before = kept.stat().st_size if kept.exists() else 0
            try:
                return self._within(
                    lambda client: self._fetched(client, file, kept), f"{file.name} cannot be read", ends
                )
            except TransportError as fault:
                came = kept.stat().st_size if kept.exists() else 0
                # a cut that brought something on is no reason to wait for the next round
                if not isinstance(fault, Cut) or came <= before or time.monotonic() >= ends:
                    raise

    def _fetched(self, client: paramiko.SFTPClient, file: Incoming, kept: Path) -> bytes:
        with client.open(file.where, "rb") as source, kept.open("ab") as target:
            source.MAX_REQUEST_SIZE = _BLOCK
            source.seek(target.tell())
            while target.tell() < file.size and (block := source.read(min(_BLOCK, file.size - target.tell()))):
                target.write(block)
                target.flush()
        now = _stat(client, file.where)
        if (
            now is None
            or (now.st_size, now.st_mtime or 0) != (file.size, file.changed_at)
            or kept.stat().st_size != file.size
        ):
            kept.unlink()
            raise TransportError(f"{file.name} changed while it was read; it is read again later.", Outcome.PERMANENT)
        data = kept.read_bytes()
        kept.unlink()
        return data

    def _partial(self, file: Incoming) -> Path:
        """Where the first part of a file is kept; parts nobody came back for are forgotten."""
        folder = self.access.folders / ".partial" / our_name(self.access.name, "a partner's code")
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.stat().st_mtime < time.time() - _PARTIAL_KEPT:
                old.unlink(missing_ok=True)
        known = "\0".join((self.host, file.where, str(file.size), str(file.changed_at)))
        return folder / hashlib.sha256(known.encode(errors="surrogateescape")).hexdigest()

    def remove(self, file: Incoming) -> None:
        """Delete a file that is kept, or move it to the folder of what we have taken. One that is gone is fine."""
        done = self._folder("done")

        def away(client: paramiko.SFTPClient) -> None:
            if _stat(client, file.where) is None:
                return
            if not done:
                client.remove(file.where)
                return
            target = f"{done}/{file.name}"
            client.rename(file.where, target if _stat(client, target) is None else f"{target}.{time.time_ns()}")

        self._within(away, f"{file.name} cannot be taken away")

    def answer(self, name: str) -> Incoming | None:
        """A file of this name that the partner left for us, also when it was set aside before."""
        places = [
            f"{place}/{our_name(name)}" for place in (self._folder("take_from", "out"), self._folder("done", "done"))
        ]

        def look(client: paramiko.SFTPClient) -> Incoming | None:
            for where in places:
                found = _stat(client, where)
                if found is not None and stat.S_ISREG(found.st_mode or 0):
                    return Incoming(name=name, where=where, size=found.st_size or 0, changed_at=found.st_mtime or 0)
            return None

        return self._within(look, f"{name} cannot be looked for")

    def set_aside(self, file: Incoming, name: str = "") -> None:
        """Move a file to the folder of what we have taken, under another name where one is given. Twice changes nothing."""
        target = f"{self._folder('done', 'done')}/{name or file.name}"

        def away(client: paramiko.SFTPClient) -> None:
            if file.where != target:
                client.posix_rename(file.where, target)

        self._within(away, f"{file.name} cannot be set aside")

    def close(self) -> None:
        if self.transport is not None:
            _hang_up(self.transport)
        self.transport = self.client = None

    # --- the connection -----------------------------------------------------------------------------------------------

    def _within(self, act: Callable[[paramiko.SFTPClient], T], words: str, ends: float = 0) -> T:
        """One act on the server, at most the deadline in all; every failure in words. What is cut is closed."""
        ends = ends or time.monotonic() + self.access.deadline
        with until_over(ends - time.monotonic(), self._cut) as over:
            try:
                return act(self.client or self._open(ends))
            except paramiko.AuthenticationException as fault:
                how = "key" if self.access.secret("private_key") else "password"
                raise TransportError(
                    f"{self.host} refuses the {how} of {self.access.option('user')}.", Outcome.AUTHENTICATION
                ) from fault
            except (*_CUT, OSError) as fault:
                if not isinstance(fault, _CUT) and self.transport is not None and self.transport.is_active():
                    # the server's own words about a file
                    raise TransportError(f"{words}: {_said(fault)}.") from fault
                self.close()
                late = f"not within {self.access.deadline:g} s"
                raise Cut(f"{words}: {late if over.is_set() else f'the connection ended ({_said(fault)})'}.") from fault

    def _cut(self) -> None:
        transport = self.transport
        if transport is not None:
            transport.close()

    def _open(self, ends: float) -> paramiko.SFTPClient:
        left = max(ends - time.monotonic(), 0.001)
        wire = connected(self.host, self.port, internal_hosts=self.access.option("internal_hosts"), seconds=left)
        with ExitStack() as undone:
            undone.callback(wire.close)
            transport = self.transport = paramiko.Transport(wire)
            undone.callback(self.close)
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = left
            if all(kind for kind, _ in self.pins):
                # else it would show a key of another type, which nobody has pinned
                transport.get_security_options().key_types = [n for kind, _ in self.pins for n in _KEY_TYPES[kind]]
            transport.start_client(timeout=left)
            self._same_server(transport.get_remote_server_key())
            self._sign_in(transport)
            self.client = paramiko.SFTPClient.from_transport(transport)
            if self.client is None:
                raise paramiko.SSHException("no SFTP there")
            undone.pop_all()
            return self.client

    def _sign_in(self, transport: paramiko.Transport) -> None:
        user, secret = self.access.option("user"), self.access.secret
        if private := secret("private_key"):
            transport.auth_publickey(user, private_key(private, secret("passphrase")))
        else:
            transport.auth_password(user, secret("password"))

    def _same_server(self, key: paramiko.PKey) -> None:
        """Raises TransportError unless the server's key is the pinned one; nothing was told to it until then."""
        if key.fingerprint not in {fingerprint for _, fingerprint in self.pins}:
            agreed = " or ".join(fingerprint for _, fingerprint in self.pins)
            raise TransportError(
                f"{self.host} shows the host key {key.fingerprint}, agreed was {agreed}. Nothing was sent: ask the partner whether "
                "they changed it, and only then enter the new one.", Outcome.AUTHENTICATION,
            )  # fmt: skip

    def _folder(self, setting: str, usual: str = "") -> str:
        return (self.access.option(setting) or usual).rstrip("/")


def pins(text: str) -> list[tuple[str, str]]:
    """The host keys of a setting: type (empty where not told) and SHA256 fingerprint. Raises TransportError for anything else."""
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        words = line.split()
        kind = words[0] if words[0] in _KEY_TYPES else ""
        rest = words[1:] if kind else words
        if not rest:
            raise TransportError(f"{short(line)!r} is no host key.", Outcome.PERMANENT)
        found.append((kind, rest[0] if rest[0].startswith("SHA256:") else _fingerprint(rest[0])))
    return found


def _fingerprint(encoded: str) -> str:
    try:
        digest = hashlib.sha256(base64.b64decode(encoded, validate=True)).digest()
    except ValueError as fault:
        words = f"{short(encoded)!r} is neither a fingerprint (SHA256:…) nor a host key (ssh-ed25519 AAAA…)."
        raise TransportError(words, Outcome.PERMANENT) from fault
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def private_key(text: str, passphrase: str) -> paramiko.PKey:
    """A private key in OpenSSH's or PEM form. Raises TransportError."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError, IndexError):
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), password=passphrase or None)
    raise TransportError(
        "The private key cannot be read: it is no Ed25519, ECDSA or RSA key, or its passphrase is another.",
        Outcome.AUTHENTICATION,
    )


def host_keys(host: str, port: int, *, internal_hosts: str = "", seconds: float = 10) -> list[tuple[str, str]]:
    """The host keys a server shows, as type and fingerprint, so that a person can compare them with what the partner says.

    Whoever sits between could show their own: this is a question to a person, not a proof. Raises TransportError.
    """
    found, ends = [], time.monotonic() + seconds
    for kind, names in _KEY_TYPES.items():
        left = ends - time.monotonic()
        wire = connected(host, port, internal_hosts=internal_hosts, seconds=left)
        transport = paramiko.Transport(wire)
        try:
            transport.banner_timeout = transport.handshake_timeout = left
            transport.get_security_options().key_types = list(names)
            with until_over(left, transport.close):
                transport.start_client(timeout=left)
            found.append((kind, transport.get_remote_server_key().fingerprint))
        except paramiko.ssh_exception.IncompatiblePeer:
            continue
        except _CUT as fault:
            raise TransportError(f"{host}:{port} shows no host key: {_said(fault)}.") from fault
        finally:
            _hang_up(transport)
    return found


def _hang_up(transport: paramiko.Transport) -> None:
    transport.close()
    # where the other side hung up first, paramiko leaves the socket open
    transport.sock.close()


def _stat(client: paramiko.SFTPClient, path: str) -> paramiko.SFTPAttributes | None:
    try:
        return client.lstat(path)
    except FileNotFoundError:
        return None


def _said(fault: BaseException) -> str:
    return (getattr(fault, "strerror", None) or str(fault) or type(fault).__name__).rstrip(".")
