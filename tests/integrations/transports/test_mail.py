"""E-mail with attachments: out through an SMTP server with TLS and passwords, in from a real Dovecot."""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Endpoint, InboundMessage
from integrations.remote import Outcome
from integrations.services.mailboxes import mailbox_configure
from integrations.services.polling import mailboxes_poll
from integrations.transports.base import Access, TransportError
from integrations.transports.mail import KEPT, REFUSED, Mail
from tests.integrations.transports.sshd import Wire
from tests.integrations.transports.tls import Authority
from tests.integrations.world import World
from tests.simulators.companies import until

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
AIOSMTPD = Path("/usr/lib/python3/dist-packages/aiosmtpd")
MISSING = "NO MAIL SERVERS: install Debian's dovecot-imapd and python3-aiosmtpd; NO E-MAIL WAS TESTED"
PASSWORD = "right-password"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Servers:
    """Dovecot and an SMTP server over the same maildirs, as an ordinary user."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="portal-mail-"))
        self.maildirs = self.home / "mail"
        self.authority = Authority()
        self.imap_port, self.imaps_port, self.smtp_port = free_port(), free_port(), free_port()
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        certificate, key = self.authority.issue()
        for name, text in (("cert.pem", certificate), ("key.pem", key), ("both.pem", certificate + key)):
            (self.home / name).write_text(text)
        (self.home / "dovecot.conf").write_text(self._dovecot())
        shutil.copy(Path(__file__).with_name("smtpd.py"), self.home)
        self.maildirs.mkdir()
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_user = {"user": 65534, "group": 65534, "extra_groups": []}
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, 65534, 65534)
        assert DOVECOT
        commands: list[list[str]] = [
            [DOVECOT, "-F", "-c", str(self.home / "dovecot.conf")],
            ["/usr/bin/python3", str(self.home / "smtpd.py"), str(self.smtp_port), str(self.home / "both.pem"), str(self.maildirs)],
        ]  # fmt: skip
        with (self.home / "log").open("ab") as log:
            for command in commands:
                self.processes.append(
                    subprocess.Popen(
                        command, cwd=self.home, stdout=log, stderr=log, start_new_session=True, env={"HOME": str(self.home)},
                        **as_user,
                    )
                )  # fmt: skip
        for port in (self.imap_port, self.imaps_port, self.smtp_port):
            until(lambda port=port: self._answers(port), f"a mail server answers; {self.home}/log")

    def _answers(self, port: int) -> bool:
        assert all(process.poll() is None for process in self.processes), (self.home / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    def _dovecot(self) -> str:
        user, group = ("nobody", "nogroup") if os.geteuid() == 0 else (str(os.geteuid()), str(os.getegid()))
        if os.geteuid():
            import grp
            import pwd

            user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        home = self.home
        return (
            f"base_dir = {home}/run\nstate_dir = {home}/state\nlog_path = {home}/dovecot.log\nprotocols = imap\n"
            f"default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\nlisten = 127.0.0.1\n"
            f"ssl = required\nssl_cert = <{home}/cert.pem\nssl_key = <{home}/key.pem\ndisable_plaintext_auth = yes\n"
            f"mail_location = maildir:{self.maildirs}/%n\nfirst_valid_uid = 1\nmail_max_userip_connections = 100\n"
            f"passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n"
            f"userdb {{\n driver = static\n args = uid={user} gid={group} home={self.maildirs}/%n\n}}\n"
            "service anvil {\n chroot =\n}\nservice imap-login {\n chroot =\n"
            f" inet_listener imap {{\n  port = {self.imap_port}\n }}\n inet_listener imaps {{\n  port = {self.imaps_port}\n }}\n}}\n"
            "service stats {\n chroot =\n}\nnamespace inbox {\n inbox = yes\n mailbox Kept {\n  auto = create\n }\n}\n"
        )

    def stop(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    if not DOVECOT or not AIOSMTPD.exists():
        pytest.skip(MISSING)
    servers = Servers()
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A mailbox of its own for each test."""
    return f"box{abs(hash(request.node.nodeid)) % 10**9}"


def settings(servers: Servers, name: str, **more: str) -> dict[str, str]:
    return {
        "sender": "edi@partner.example", "recipient": f"{name}@hospital.example", "smtp_host": "127.0.0.1",
        "smtp_port": str(servers.smtp_port), "smtp_user": "us", "smtp_password": PASSWORD, "imap_host": "127.0.0.1",
        "imap_port": str(servers.imaps_port), "imap_user": name, "imap_password": PASSWORD, "senders": "@partner.example",
        "ca": servers.authority.pem, "internal_hosts": "127.0.0.1", **more,
    }  # fmt: skip


@pytest.fixture
def mailbox(servers: Servers, name: str, tmp_path: Path) -> Iterator[Callable[..., Mail]]:
    """What the partner sends and what the hospital takes in: both ends of one mailbox."""
    made: list[Mail] = []

    def make(*, deadline: float = 5, **more: str) -> Mail:
        values = settings(servers, name, **more)
        made.append(
            Mail.at(
                Access(
                    option=lambda name: values.get(name, ""), secret=lambda name: values.get(name, ""),
                    deadline=deadline, name="ACME", folders=tmp_path,
                )
            )
        )  # fmt: skip
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def raw(servers: Servers, name: str) -> Iterator[imaplib.IMAP4_SSL]:
    """The mailbox as any other mail program sees it."""
    import ssl

    client = imaplib.IMAP4_SSL(
        "127.0.0.1", servers.imaps_port, ssl_context=ssl.create_default_context(cadata=servers.authority.pem)
    )
    client.login(name, PASSWORD)
    client.select()
    yield client
    client.logout()


def mail(
    *attachments: tuple[str, bytes], sender: str = "Orders <edi@partner.example>", kind: str = "octet-stream"
) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, "us@x.example", "files", "<1@x>"
    made.set_content("Please find attached.")
    for name, content in attachments:
        made.add_attachment(content, maintype="application", subtype=kind, filename=name)
    return made


def leave(raw: imaplib.IMAP4_SSL, *mails: EmailMessage | bytes) -> None:
    for each in mails:
        raw.append("INBOX", "", "", each if isinstance(each, bytes) else each.as_bytes())


def flags(raw: imaplib.IMAP4_SSL) -> str:
    raw.noop()
    return str(raw.uid("FETCH", "1:*", "(FLAGS)")[1])


def test_a_file_arrives_as_an_attachment_and_is_taken_once(
    mailbox: Callable[..., Mail], raw: imaplib.IMAP4_SSL
) -> None:
    content = bytes(range(256)) * 400
    box = mailbox()
    box.check()
    box.put("000000001-PO.x12", content)
    [file] = box.waiting()
    assert (file.name, box.read(file)) == ("000000001-PO.x12", content)
    assert mailbox().waiting() != []
    box.remove(file)
    assert mailbox().waiting() == []
    assert KEPT in flags(raw)


def test_the_same_file_is_the_same_mail(mailbox: Callable[..., Mail]) -> None:
    box = mailbox()
    first, again, other = (box._mail(name, b"x") for name in ("1.x12", "1.x12", "2.x12"))
    ids = [
        next(line for line in each.split(b"\r\n") if line.startswith(b"Message-ID")) for each in (first, again, other)
    ]
    assert ids[0] == ids[1] != ids[2]
    with pytest.raises(TransportError, match="Nobody can be asked"):
        box.has("1.x12")


def test_a_mail_is_done_when_all_of_its_files_are_kept(mailbox: Callable[..., Mail], raw: imaplib.IMAP4_SSL) -> None:
    leave(raw, mail(("a.x12", b"1"), ("b.x12", b"2")), mail(("c.x12", b"3")))
    box = mailbox(imap_done="Kept")
    files = box.waiting()
    assert [(file.name, box.read(file)) for file in files] == [("a.x12", b"1"), ("b.x12", b"2"), ("c.x12", b"3")]
    box.remove(files[0])
    assert len(mailbox().waiting()) == 3
    box.remove(files[1])
    assert [file.name for file in mailbox().waiting()] == ["c.x12"]
    assert raw.select("Kept")[1] == [b"1"]


def test_pictures_and_signatures_are_no_files(mailbox: Callable[..., Mail], raw: imaplib.IMAP4_SSL) -> None:
    made = mail(("bestellung größe.x12", b"1"))
    made.add_attachment(b"GIF", maintype="image", subtype="gif", filename="logo.gif")
    leave(raw, made)
    assert [file.name for file in mailbox().waiting()] == ["bestellung größe.x12"]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (mail(("a.x12", b"1"), sender="evil@elsewhere.example"), "evil@elsewhere.example is no allowed sender"),
        (
            mail(("a.x12", b"1"), sender='"edi@partner.example" <evil@elsewhere.example>'),
            "evil@elsewhere.example is no",
        ),
        (mail(("a.x12", b"1"), sender="edi@partner.example, evil@elsewhere.example"), "Nobody is no allowed sender"),
        (mail(("a.x12", b"1"), sender="evil@sub.partner.example"), "is no allowed sender"),
        (mail(), "no attachment"),
        (mail(("../../a.x12", b"1")), "leads elsewhere"),
        (b"From: edi@partner.example\r\nFrom: edi@partner.example\r\n\r\nx", "Nobody is no allowed sender"),
        (
            b"\xff\xfe\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n" + b"--\r\n" * 1000,
            "Nobody is no allowed sender",
        ),
    ],
)
def test_what_is_not_for_us_is_marked_and_said_once(
    mailbox: Callable[..., Mail], raw: imaplib.IMAP4_SSL, made: EmailMessage | bytes, why: str
) -> None:
    leave(raw, made, mail(("good.x12", b"1")))
    box = mailbox()
    bad, good = box.waiting()
    with pytest.raises(TransportError, match=why) as refused:
        box.read(bad)
    assert refused.value.outcome == Outcome.PERMANENT
    assert box.read(good) == b"1"
    assert REFUSED in flags(raw)
    assert [file.name for file in mailbox().waiting()] == ["good.x12"]


def test_both_ways_to_encrypt_and_no_other(mailbox: Callable[..., Mail], servers: Servers) -> None:
    mailbox(imap_port=str(servers.imap_port), imap_security="starttls").check()
    with pytest.raises(TransportError, match="certificate verify failed"):
        mailbox(ca=Authority("a stranger").pem).check()
    with pytest.raises(TransportError, match="certificate verify failed"):
        mailbox(recipient="", ca=Authority("a stranger").pem).check()
    with pytest.raises(TransportError, match="private network"):
        mailbox(internal_hosts="").check()


def test_a_wrong_password_is_a_refused_sign_in(mailbox: Callable[..., Mail]) -> None:
    for wrong in ({"smtp_password": "wrong"}, {"imap_password": "wrong", "recipient": ""}, {"smtp_password": "größe"}):
        with pytest.raises(TransportError, match="refuses our sign-in") as refused:
            mailbox(**wrong).check()
        assert refused.value.outcome == Outcome.AUTHENTICATION


@pytest.mark.parametrize(
    ("to", "outcome"), [("busy", Outcome.TRANSIENT), ("full", Outcome.PERMANENT), ("lost", Outcome.UNKNOWN)]
)
def test_what_smtp_says_tells_whether_trying_again_helps(
    mailbox: Callable[..., Mail], to: str, outcome: Outcome
) -> None:
    with pytest.raises(TransportError) as fault:
        mailbox(recipient=f"{to}@hospital.example").put("1.x12", b"x")
    assert fault.value.outcome == outcome


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_a_silent_server_holds_nobody(mailbox: Callable[..., Mail], kind: str) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    while not over.wait(0.05):
                        client.sendall(b"2")

        threading.Thread(target=drip, daemon=True).start()
        port = str(server.getsockname()[1])
        more = (
            {"smtp_port": port} if kind == "smtp" else {"recipient": "", "imap_port": port, "imap_security": "starttls"}
        )
        began = time.monotonic()
        with pytest.raises(TransportError):
            mailbox(deadline=1, **more).check()
        over.set()
    assert time.monotonic() - began < 3


def test_a_cut_fetch_is_made_again(mailbox: Callable[..., Mail], servers: Servers, raw: imaplib.IMAP4_SSL) -> None:
    content = os.urandom(300_000)
    leave(raw, mail(("a.x12", content)))
    wire = Wire(servers.imaps_port)
    wire.cut_after(100_000, "down")
    box = mailbox(imap_port=str(wire.port))
    with pytest.raises(TransportError, match="ended") as cut:
        box.waiting()
    assert cut.value.outcome == Outcome.TRANSIENT
    [file] = box.waiting()
    assert box.read(file) == content
    wire.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"recipient": "", "imap_host": ""}, "is needed"),
        ({"sender": "nobody"}, "our address, their address"),
        ({"recipient": "a@b.example\r\nBcc: c@d.example"}, "our address, their address"),
        ({"senders": ""}, "at least one allowed sender"),
        ({"imap_folder": "Größe"}, "plain letters"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    mailbox: Callable[..., Mail], more: dict[str, str], words: str
) -> None:
    with pytest.raises(TransportError, match=words):
        mailbox(**more)


def test_the_same_mail_again_is_a_duplicate(world: World, servers: Servers, name: str, raw: imaplib.IMAP4_SSL) -> None:
    endpoint = world.partner.endpoint
    mailbox_configure(endpoint=endpoint, transport="email", values=settings(servers, name))
    assert endpoint.duplicates == "manual"
    endpoint.save()
    leave(raw, mail(("a.x12", b"nothing one can read")), mail(("a.x12", b"nothing one can read")))
    assert mailboxes_poll() == 2
    found = InboundMessage.objects.filter(parent=None).order_by("id").values_list("file_name", "state")
    assert list(found) == [("a.x12", "received"), ("a.x12", "duplicate")]
    Endpoint.objects.update(poll_due_at=None)
    assert mailboxes_poll() == 0
