"""SFTP against a real OpenSSH server on loopback: whole files, one name one file, and nothing told to a stranger."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.remote import Outcome
from integrations.transports.base import LARGEST, Access, Incoming, TransportError
from integrations.transports.sftp import Sftp, host_keys, pins
from tests.integrations.transports import sshd
from tests.integrations.transports.sshd import Sshd, Wire

CONTENT = os.urandom(3_000_000)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="needs root: the server gets a file system view of its own",
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    home = tmp_path_factory.mktemp("sshd")
    with sshd.running(home / "server", home / "files") as server:
        yield server


@pytest.fixture
def server(shared: Sshd) -> Sshd:
    """The module's server with empty folders; one that was killed is started again."""
    shutil.rmtree(shared.root, ignore_errors=True)
    for name in ("in", "out"):
        (shared.root / name).mkdir(parents=True)
    if shared.process is None:
        shared.start()
    return shared


@pytest.fixture
def mailbox(server: Sshd, tmp_path: Path) -> Iterator[Callable[..., Sftp]]:
    """Makes mailboxes on the server; settings may differ."""
    made: list[Sftp] = []

    def make(*, deadline: float = 10, **more: str) -> Sftp:
        values = server.settings(**more)
        made.append(
            Sftp.at(
                Access(
                    option=lambda name: values.get(name, ""), secret=lambda name: values.get(name, ""),
                    deadline=deadline, name="ACME", folders=tmp_path / "mailboxes",
                )
            )
        )  # fmt: skip
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def wire(server: Sshd) -> Iterator[Wire]:
    wire = Wire(server.port)
    yield wire
    wire.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_and_once(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    box = mailbox()
    box.check()
    assert not box.has("1.x12")
    box.put("1.x12", CONTENT)
    assert box.has("1.x12")
    box.put("1.x12", CONTENT)
    assert names(server.root / "in") == ["1.x12"]
    assert (server.root / "in" / "1.x12").read_bytes() == CONTENT


def test_another_file_of_that_name_is_never_replaced(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    (server.root / "in" / "1.x12").write_bytes(b"theirs")
    with pytest.raises(TransportError, match=r"another file of the name in/1\.x12") as refused:
        mailbox().put("1.x12", b"ours!!")
    assert refused.value.outcome == Outcome.PERMANENT
    assert (server.root / "in" / "1.x12").read_bytes() == b"theirs"
    assert names(server.root / "in") == ["1.x12"]


def test_what_the_partner_archived_counts_as_arrived(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    (server.root / "archive").mkdir()
    (server.root / "archive" / "1.x12").write_bytes(b"x")
    assert mailbox(archive="archive").has("1.x12")
    assert not mailbox().has("1.x12")


def test_files_are_listed_read_and_taken_away(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    out = server.root / "out"
    (out / "b.x12").write_bytes(CONTENT)
    (out / "a.x12").write_bytes(b"")
    (out / ".half").write_bytes(b"x")
    (out / "folder").mkdir()
    (out / "link").symlink_to(out / "b.x12")
    box = mailbox()
    waiting = box.waiting()
    assert [(file.name, file.size) for file in waiting] == [("a.x12", 0), ("b.x12", len(CONTENT))]
    assert [box.read(file) for file in waiting] == [b"", CONTENT]
    for file in [*waiting, *waiting]:
        box.remove(file)
    assert names(out) == [".half", "folder", "link"]


def test_what_is_taken_can_be_moved_instead(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    (server.root / "done").mkdir()
    for content in (b"1", b"2"):
        (server.root / "out" / "a.x12").write_bytes(content)
        box = mailbox(done="done")
        box.remove(box.waiting()[0])
    kept = sorted((server.root / "done").iterdir())
    assert [path.read_bytes() for path in kept] == [b"1", b"2"]


def test_a_file_that_was_changed_just_now_is_not_complete_yet(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    path = server.root / "out" / "a.x12"
    path.write_bytes(b"half")
    assert mailbox(settle_seconds="30").waiting() == []
    os.utime(path, (time.time() - 60, time.time() - 60))
    assert [file.name for file in mailbox(settle_seconds="30").waiting()] == ["a.x12"]


def test_a_file_that_changes_while_it_is_read_waits(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    path = server.root / "out" / "a.x12"
    path.write_bytes(b"ISA half")
    box = mailbox()
    before = box.waiting()[0]
    path.write_bytes(b"ISA half and the rest")
    with pytest.raises(TransportError, match="changed while it was read"):
        box.read(before)
    assert box.read(box.waiting()[0]) == b"ISA half and the rest"


@pytest.mark.parametrize("name", ["../../x", "a\x00b", "a\r\nb", "x" * 4000, "..", "a\\b", "a\u202eb"])
def test_names_that_lead_elsewhere_are_refused(mailbox: Callable[..., Sftp], name: str) -> None:
    box = mailbox()
    with pytest.raises(TransportError, match="cannot be"):
        box.put(name, b"x")
    with pytest.raises(TransportError, match="cannot be the name of a file"):
        box.read(Incoming(name=name, where=f"out/{name}"))
    assert box.client is None


def test_a_file_beyond_the_limit_is_not_even_asked_for(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    with (server.root / "out" / "big.x12").open("wb") as file:
        file.truncate(LARGEST + 1)
    box = mailbox()
    with pytest.raises(TransportError, match="larger than 50 MB"):
        box.read(box.waiting()[0])


# --- who is there -----------------------------------------------------------------------------------------------------


def test_another_host_key_is_refused_before_anything_is_told(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    before = (server.home / "log").read_text()
    with pytest.raises(TransportError, match=r"shows the host key SHA256:.*agreed was SHA256:AAAA") as refused:
        mailbox(host_key="ssh-ed25519 SHA256:AAAA").put("1.x12", b"x")
    assert refused.value.outcome == Outcome.AUTHENTICATION
    assert names(server.root / "in") == []
    assert "Accepted" not in (server.home / "log").read_text()[len(before) :]


def test_the_key_is_pinned_by_type_by_line_or_alone(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    rsa, public = server.fingerprint("host_rsa"), (server.home / "host.pub").read_text()
    for pin in (f"ssh-rsa {rsa}", public, server.fingerprint(), f"ssh-ed25519 SHA256:AAAA\nssh-rsa {rsa}\nssh-rsa x"):
        if "AAAA\n" in pin:
            pin = f"ssh-ed25519 {server.fingerprint()}\nssh-ed25519 SHA256:AAAA"
        mailbox(host_key=pin).check()
    with pytest.raises(TransportError, match="neither a fingerprint"):
        pins("ssh-ed25519 not base64!")


def test_the_keys_a_server_shows_can_be_compared(server: Sshd) -> None:
    shown = host_keys("127.0.0.1", server.port, internal_hosts="127.0.0.1")
    assert shown == [("ssh-ed25519", server.fingerprint()), ("ssh-rsa", server.fingerprint("host_rsa"))]


def test_another_key_of_ours_is_refused(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    with pytest.raises(TransportError, match="refuses the key of") as refused:
        mailbox(private_key=(server.home / "host").read_text()).check()
    assert refused.value.outcome == Outcome.AUTHENTICATION


def test_a_key_with_a_passphrase(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    locked = server.home / "locked"
    shutil.copy(server.home / "client", locked)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(locked)], check=True)
    mailbox(private_key=locked.read_text(), passphrase="open sesame").check()
    with pytest.raises(TransportError, match="private key cannot be read"):
        mailbox(private_key=locked.read_text(), passphrase="another").check()


@needs_root
def test_a_password_is_taken_or_refused(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    server.kill()
    server.start(before=sshd.password_world(server.home))
    try:
        mailbox(private_key="", user="partner", password=sshd.PASSWORD).check()
        with pytest.raises(TransportError, match="refuses the password of partner") as refused:
            mailbox(private_key="", user="partner", password="wrong").check()
        assert refused.value.outcome == Outcome.AUTHENTICATION
    finally:
        server.kill()


def test_a_private_network_is_refused_unless_the_host_is_named(mailbox: Callable[..., Sftp]) -> None:
    with pytest.raises(TransportError, match="private network"):
        mailbox(internal_hosts="").check()


# --- what goes wrong on the way ---------------------------------------------------------------------------------------


def test_an_upload_that_is_cut_leaves_nothing_and_may_be_repeated(
    mailbox: Callable[..., Sftp], server: Sshd, wire: Wire
) -> None:
    wire.cut_after(1_000_000, "up")
    box = mailbox(port=str(wire.port))
    with pytest.raises(TransportError, match="the connection ended") as cut:
        box.put("1.x12", CONTENT)
    assert cut.value.outcome == Outcome.TRANSIENT
    assert names(server.root / "in") == [".1.x12.tmp"]
    assert not box.has("1.x12")
    box.put("1.x12", CONTENT)
    assert names(server.root / "in") == ["1.x12"]
    assert (server.root / "in" / "1.x12").read_bytes() == CONTENT


def test_a_rename_whose_answer_is_lost_is_unknown_until_one_looked(
    mailbox: Callable[..., Sftp], server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox()
    box.check()
    client = box.client
    assert client is not None
    rename = client.rename

    def lost(old: str, new: str) -> None:
        rename(old, new)
        server_side = box.transport
        assert server_side is not None
        server_side.close()
        raise EOFError

    monkeypatch.setattr(client, "rename", lost)
    with pytest.raises(TransportError, match=r"while 1\.x12 was given its name") as cut:
        box.put("1.x12", b"x")
    assert cut.value.outcome == Outcome.UNKNOWN
    assert box.has("1.x12")


def test_a_server_killed_in_the_middle_of_an_upload(mailbox: Callable[..., Sftp], server: Sshd, wire: Wire) -> None:
    wire.cut_after(1_000_000, "up", server.kill)
    box = mailbox(port=str(wire.port))
    with pytest.raises(TransportError) as cut:
        box.put("1.x12", CONTENT)
    assert cut.value.outcome == Outcome.TRANSIENT
    with pytest.raises(TransportError, match=r"does not answer|connection ended"):
        box.check()
    server.start()
    box.put("1.x12", CONTENT)
    assert (server.root / "in" / "1.x12").read_bytes() == CONTENT


def test_a_download_that_is_cut_goes_on_from_where_it_was(
    mailbox: Callable[..., Sftp], server: Sshd, wire: Wire
) -> None:
    (server.root / "out" / "a.x12").write_bytes(CONTENT)
    for _ in range(3):
        wire.cut_after(1_000_000, "down")
    box = mailbox(port=str(wire.port))
    assert box.read(box.waiting()[0]) == CONTENT
    assert wire.connections == 4
    assert wire.bytes_down < len(CONTENT) * 1.6


def test_it_goes_on_in_the_next_round_too(mailbox: Callable[..., Sftp], server: Sshd, wire: Wire) -> None:
    (server.root / "out" / "a.x12").write_bytes(CONTENT)
    wire.cut_after(1_500_000, "down", server.kill)
    first = mailbox(port=str(wire.port))
    with pytest.raises(TransportError):
        first.read(first.waiting()[0])
    server.start()
    before = wire.bytes_down
    again = mailbox(port=str(wire.port))
    assert again.read(again.waiting()[0]) == CONTENT
    assert wire.bytes_down - before < len(CONTENT) * 0.8
    assert [path for path in (again.access.folders / ".partial").rglob("*") if path.is_file()] == []


def test_a_server_that_falls_silent_holds_nobody(mailbox: Callable[..., Sftp], server: Sshd, wire: Wire) -> None:
    (server.root / "out" / "a.x12").write_bytes(CONTENT)

    def silence() -> None:
        wire.silent = True

    wire.cut_after(500_000, "down", silence)
    box = mailbox(port=str(wire.port), deadline=1.5)
    file = box.waiting()[0]
    began = time.monotonic()
    with pytest.raises(TransportError, match=r"not within 1\.5 s"):
        box.read(file)
    assert time.monotonic() - began < 3


@needs_root
def test_a_full_server_is_said_and_tried_later(mailbox: Callable[..., Sftp], server: Sshd) -> None:
    server.kill()
    server.start(before=f"mount -t tmpfs -o size=256k tmpfs {server.root}/in")
    try:
        box = mailbox()
        with pytest.raises(TransportError, match="it may be full") as full:
            box.put("1.x12", CONTENT)
        assert full.value.outcome == Outcome.TRANSIENT
        assert not box.has("1.x12")
    finally:
        server.kill()
