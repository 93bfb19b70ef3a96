"""A real OpenSSH server on loopback, with its own configuration and keys, and a wire to it that can be cut."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path

import paramiko
import pytest

from tests.simulators.companies import until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NOTHING = "NOTHING WAS TESTED AGAINST A REAL SERVER"
MISSING = f"NO SSHD: install Debian's package `openssh-server` to test SFTP; {NOTHING}"
PASSWORD = "right-password"
_HASH = "$6$portal$pXwLieySibiRQZByOQyWRQ8/R0oH3akhxV/8jMEvWABAkb1l90.ec/WTHWkPPMPfzYidmCg3bHjbFOC6M7Q1f0"


class Sshd:
    """A server that serves one folder to this user by key; `root` is where the sign-in starts."""

    def __init__(self, home: Path, root: Path) -> None:
        self.home, self.root, self.user = home, root, getuser()
        home.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        for name, kind, bits in (("host", "ed25519", "256"), ("host_rsa", "rsa", "2048"), ("client", "ed25519", "256")):
            self._keygen("-t", kind, "-b", bits, "-N", "", "-f", str(home / name))
        shutil.copy(home / "client.pub", home / "authorized_keys")
        (home / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nHostKey {home}/host_rsa\nPidFile none\n"
            f"AuthorizedKeysFile {home}/authorized_keys\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
            f"Subsystem sftp internal-sftp -d {root}\nMaxStartups 100\nLogLevel VERBOSE\nPrintMotd no\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def _keygen(self, *arguments: str) -> str:
        return subprocess.run(
            ["ssh-keygen", "-q", *arguments], check=True, capture_output=True, text=True, timeout=30
        ).stdout

    def fingerprint(self, name: str = "host") -> str:
        """As ssh-keygen says it."""
        return self._keygen("-l", "-f", str(self.home / f"{name}.pub")).split()[1]

    @property
    def private_key(self) -> str:
        return (self.home / "client").read_text()

    def start(self, *, before: str = "") -> None:
        """`before` is shell to run first, in a view of the file system of its own."""
        assert SSHD
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        command = [SSHD, "-D", "-e", "-f", str(self.home / "sshd_config")]
        if before:
            command = ["unshare", "--mount", "sh", "-ec", f'{before}\nexec "$@"', "sh", *command]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(self._answers, f"sshd answers; its log:\n{(self.home / 'log').read_text()}")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
            return probe.recv(4) == b"SSH-"
        return False

    def locks_out(self) -> bool:
        """Whether this user's account is one that nobody may sign in to, such as `nobody`."""
        if os.geteuid() == 0:
            return False
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain, paramiko.Transport(plain) as client:
            client.start_client(timeout=10)
            with suppress(paramiko.SSHException):
                client.auth_publickey(self.user, paramiko.Ed25519Key.from_private_key_file(str(self.home / "client")))
        return "not allowed because account is locked" in (self.home / "log").read_text()

    def kill(self) -> None:
        """The server and every session of it, without warning."""
        if self.process is None:
            return
        for child in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def sessions(self) -> list[int]:
        """Processes of signed-in partners, the innermost first."""
        assert self.process is not None
        found, at = [self.process.pid], 0
        while at < len(found):
            with suppress(FileNotFoundError):
                found += map(int, Path(f"/proc/{found[at]}/task/{found[at]}/children").read_text().split())
            at += 1
        return found[:0:-1]

    def settings(self, **more: str) -> dict[str, str]:
        """The settings of a mailbox on this server."""
        return {
            "host": "127.0.0.1", "port": str(self.port), "user": self.user, "internal_hosts": "127.0.0.1",
            "host_key": f"ssh-ed25519 {self.fingerprint()}", "private_key": self.private_key, **more,
        }  # fmt: skip


@contextmanager
def running(home: Path, root: Path) -> Iterator[Sshd]:
    """A server, or a skipped test that says so loudly."""
    if not SSHD:
        pytest.skip(MISSING)
    server = Sshd(home, root)
    try:
        server.start()
        if server.locks_out():
            pytest.skip(
                f"NO SFTP FOR {server.user}: its account is locked, so sshd lets nobody sign in as it; {NOTHING}"
            )
        yield server
    finally:
        server.kill()


def password_world(home: Path) -> str:
    """Shell that gives a server users of its own: `partner` with PASSWORD. Needs root; nothing outside the server sees it."""
    (home / "passwd").write_text(Path("/etc/passwd").read_text() + f"partner:x:0:0::{home}:/bin/sh\n")
    (home / "shadow").write_text(Path("/etc/shadow").read_text() + f"partner:{_HASH}:19000:0:99999:7:::\n")
    (home / "shadow").chmod(0o600)
    return f"mount --bind {home}/passwd /etc/passwd; mount --bind {home}/shadow /etc/shadow"


class Wire:
    """Passes bytes to a server and back; cuts, or calls, after so many bytes of one direction."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.limits: list[tuple[str, int, Callable[[], None] | None]] = []
        self.silent = False
        self.connections = 0
        self.bytes_down = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, size: int, direction: str, call: Callable[[], None] | None = None) -> None:
        """The next connection ends after so many bytes `up` (to the server) or `down`; `call` instead of cutting."""
        self.limits.append((direction, size, call))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self.server.accept()
                self.connections += 1
                limit = self.limits.pop(0) if self.limits else ("", 0, None)
                threading.Thread(target=self._pass, args=(ours, limit), daemon=True).start()

    def _pass(self, ours: socket.socket, limit: tuple[str, int, Callable[[], None] | None]) -> None:
        direction, size, call = limit
        passed = {"up": 0, "down": 0}
        with (
            suppress(OSError),
            ours,
            socket.create_connection(("127.0.0.1", self.target)) as theirs,
            selectors.DefaultSelector() as wait,
        ):
            wait.register(ours, selectors.EVENT_READ, ("up", theirs))
            wait.register(theirs, selectors.EVENT_READ, ("down", ours))
            while True:
                for key, _ in wait.select():
                    way, other = key.data
                    data = key.fileobj.recv(16_384)  # type: ignore[union-attr]
                    if not data:
                        return
                    passed[way] += len(data)
                    if way == "down":
                        self.bytes_down += len(data)
                    if direction == way and passed[way] > size:
                        if call is None:
                            return
                        call()
                        direction = ""
                    if not self.silent:
                        other.sendall(data)

    def close(self) -> None:
        self.server.close()
