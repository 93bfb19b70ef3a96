"""Files as attachments of e-mail: out by SMTP, in by IMAP, both only over TLS.

Out: one mail per file, whose Message-ID follows from the file's name, so that the same file sent twice is the same mail to whoever looks.
Nobody can be asked whether a mail arrived: after a lost answer a person decides.

In: the attachments of every mail from an allowed sender. A mail is moved, or marked, once all of its attachments are kept; one from anybody
else, without attachments, or with names that lead elsewhere, is marked and left alone.
"""

from __future__ import annotations

import hashlib
import imaplib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import Any, ClassVar, Final, Self, TypeVar

from integrations.remote import Outcome
from integrations.transports.base import (
    LARGEST,
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
from integrations.transports.net import INTERNAL_HOSTS, connected, until_over, words_of

T = TypeVar("T")
KEPT: Final = "PortalKept"
REFUSED: Final = "PortalRefused"
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_MOST_MAILS: Final = 50
_LARGEST_MAIL: Final = LARGEST * 3 // 2
_SECURITY: Final = ("tls", "starttls")
_NO_DOCUMENTS: Final = ("application/pkcs7-signature", "application/pgp-signature", "text/html")
_CUT: Final = (OSError, smtplib.SMTPServerDisconnected, imaplib.IMAP4.abort, EOFError)


class _Smtp(smtplib.SMTP):
    def __init__(self, open_socket: Callable[[], socket.socket], host: str, us: str, seconds: float) -> None:
        self.open_socket = open_socket
        super().__init__(host, 1, local_hostname=us, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.open_socket()


class _Imap(imaplib.IMAP4):
    def __init__(self, open_socket: Callable[[], socket.socket], host: str, seconds: float) -> None:
        self.open_socket = open_socket
        super().__init__(host, timeout=seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self.open_socket()

    def read(self, size: int) -> bytes:
        if size > _LARGEST_MAIL:
            raise self.abort(f"a mail of {size} bytes is larger than allowed")
        return super().read(size)


@dataclass(kw_only=True)
class _Line:
    """A way to open one connection, encrypted from the start where `tls` is given, that another thread can cut."""

    host: str
    port: int
    seconds: float
    internal_hosts: str
    tls: ssl.SSLContext | None
    handle: socket.socket | None = None

    def open(self) -> socket.socket:
        wire = connected(self.host, self.port, internal_hosts=self.internal_hosts, seconds=self.seconds)
        # a second handle on the same connection: encryption takes the first one away, and a reader locks its file
        self.handle = wire.dup()
        wire.settimeout(self.seconds)
        return wire if self.tls is None else self.tls.wrap_socket(wire, server_hostname=self.host)

    def cut(self) -> None:
        if self.handle is not None:
            with suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self.handle is not None:
            self.handle.close()


class Mail:
    """The mailbox of one partner."""

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="sender", label="Our address", example="edi@hospital.org", help="Mails come from it."),
        Setting(name="recipient", label="Their address", example="orders@partner.com", help="Where files go; empty where nothing is sent."),
        Setting(name="smtp_host", label="SMTP host", kind="host", example="smtp.hospital.org"),
        Setting(name="smtp_port", label="SMTP port", kind="number", default="587", example="587"),
        Setting(name="smtp_security", label="SMTP security", choices=_SECURITY, default="starttls", example="starttls"),
        Setting(name="smtp_user", label="SMTP user", example="edi@hospital.org"),
        Setting(name="smtp_password", label="SMTP password", secret=True, help="For the SMTP user."),
        Setting(name="imap_host", label="IMAP host", kind="host", example="imap.hospital.org", help="Empty where nothing comes this way."),
        Setting(name="imap_port", label="IMAP port", kind="number", default="993", example="993"),
        Setting(name="imap_security", label="IMAP security", choices=_SECURITY, default="tls", example="tls"),
        Setting(name="imap_user", label="IMAP user", example="edi@hospital.org"),
        Setting(name="imap_password", label="IMAP password", secret=True, help="For the IMAP user."),
        Setting(name="imap_folder", label="Folder of new mails", default="INBOX", example="INBOX"),
        Setting(name="imap_done", label="Folder of kept mails", example="Kept", help=f"Empty marks them with {KEPT} instead."),
        Setting(
            name="senders", label="Allowed senders", kind="lines", example="edi@partner.com @partner.com",
            help="Addresses, or domains with @ in front. A sender can be forged: the mail server has to refuse forged ones.",
        ),
        Setting(name="ca", label="Certificate authority", kind="lines", help="PEM of the servers' own authority; empty for those the system trusts."),
        INTERNAL_HOSTS,
    )  # fmt: skip
    semantics: ClassVar[Semantics] = Semantics(
        repeated_put="manual",
        words="Nobody can be asked whether a mail arrived: after a lost answer a person decides. The same file has the same Message-ID.",
    )

    def __init__(self, access: Access) -> None:
        self.access = access
        option = access.option
        self.out, self.into = option("recipient"), option("imap_host")
        if not self.out and not self.into:
            raise _wrong("Either their address with an SMTP host, or an IMAP host is needed.")
        if self.out and not (
            option("smtp_host") and _ADDRESS.fullmatch(self.out) and _ADDRESS.fullmatch(option("sender"))
        ):
            raise _wrong("To send, our address, their address and an SMTP host are needed.")
        self.allowed = option("senders").lower().replace(",", " ").split()
        if self.into and not self.allowed:
            raise _wrong("To receive, at least one allowed sender is needed.")
        if not all(option(name).isascii() for name in ("imap_folder", "imap_done")):
            raise _wrong("The names of IMAP folders must be plain letters.")
        self.imap: _Imap | None = None
        self.line: _Line | None = None
        self.parts: dict[str, bytes] = {}
        self.whys: dict[str, str] = {}

    @classmethod
    def at(cls, access: Access) -> Self:
        return cls(access)

    # --- out ----------------------------------------------------------------------------------------------------------

    def put(self, name: str, data: bytes) -> None:
        """Send a file as one mail. A lost answer to its end is UNKNOWN."""
        if not self.out:
            raise _wrong("There is no address for what we send.")
        mail = self._mail(our_name(name), data)
        with self._smtp() as (smtp, told):
            _said(smtp.mail(self.access.option("sender")), "our address")
            _said(smtp.rcpt(self.out), "their address")
            told.append(name)
            _said(smtp.data(mail), name)

    def _mail(self, name: str, data: bytes) -> bytes:
        option = self.access.option
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = option("sender"), self.out, f"EDI {name}"
        mail["Date"] = format_datetime(datetime.now(UTC))
        known = hashlib.sha256(f"{self.access.name} {self.out} {name}".encode()).hexdigest()[:16]
        mail["Message-ID"] = f"<{name}.{known}@{option('sender').rpartition('@')[2]}>"
        mail.set_content(f"The file {name} is attached.\n")
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        return mail.as_bytes()

    def has(self, name: str) -> bool:
        """Nobody can be asked. Raises TransportError."""
        raise _wrong(f"Nobody can be asked whether the mail with {name} arrived.")

    @contextmanager
    def _smtp(self) -> Iterator[tuple[_Smtp, list[str]]]:
        """Signed in. What ends after something was noted as told is UNKNOWN."""
        host, told = self.access.option("smtp_host"), list[str]()
        try:
            with closing(self._line("smtp", "starttls", 587)) as line, until_over(line.seconds, line.cut):
                smtp = _Smtp(line.open, host, self.access.option("sender").rpartition("@")[2], line.seconds)
                try:
                    if self._security("smtp", "starttls") == "starttls":
                        smtp.starttls(context=self._tls())
                    if user := self.access.option("smtp_user"):
                        smtp.login(user, self.access.secret("smtp_password"))
                    yield smtp, told
                finally:
                    # polite, and of no consequence
                    with suppress(*_CUT, smtplib.SMTPException):
                        smtp.quit()
                    smtp.close()
        except smtplib.SMTPAuthenticationError as fault:
            raise TransportError(f"{host} refuses our sign-in: {_reply(fault)}.", Outcome.AUTHENTICATION) from fault
        except smtplib.SMTPResponseException as fault:
            raise _refused(fault.smtp_code, f"{host} said {_reply(fault)}") from fault
        except _CUT as fault:
            if isinstance(fault, smtplib.SMTPException) and not isinstance(fault, smtplib.SMTPServerDisconnected):
                words = f"{host} does not offer what is needed: {words_of(fault)}."
                raise TransportError(words, Outcome.PERMANENT) from fault
            outcome = Outcome.UNKNOWN if told else Outcome.TRANSIENT
            raise TransportError(f"The connection to {host} ended ({words_of(fault)}).", outcome) from fault
        except UnicodeError as fault:
            words = f"{host} refuses our sign-in: user and password must be plain characters."
            raise TransportError(words, Outcome.AUTHENTICATION) from fault

    # --- in -----------------------------------------------------------------------------------------------------------

    def waiting(self) -> Sequence[Incoming]:
        """The attachments of mails that were neither kept nor refused, the oldest mail first."""
        if not self.into:
            return []

        def listed(imap: _Imap) -> list[Incoming]:
            # what came since the folder was opened is told with the next answer only
            _done(imap.noop())
            _, found = imap.uid("SEARCH", f"UNKEYWORD {KEPT} UNKEYWORD {REFUSED} UNDELETED")
            files: list[Incoming] = []
            for uid in (found[0] or b"").decode().split()[:_MOST_MAILS]:
                files += self._attached(imap, uid)
                if sum(map(len, self.parts.values())) > LARGEST:
                    break
            return files

        return self._asked(listed)

    def _attached(self, imap: _Imap, uid: str) -> list[Incoming]:
        """The attachments of one mail; of a mail that is refused one entry, which says why when it is read."""
        _, sized = imap.uid("FETCH", uid, "(RFC822.SIZE)")
        size = int((re.search(rb"RFC822\.SIZE (\d+)", _flat(sized)) or [b"", b"0"])[1])
        if size > _LARGEST_MAIL:
            return self._refuse(uid, f"The mail is larger than {_LARGEST_MAIL // 1_000_000} MB.")
        _, fetched = imap.uid("FETCH", uid, "(BODY.PEEK[])")
        mail = message_from_bytes(next((row[1] for row in fetched if isinstance(row, tuple)), b""))
        sender = _sender(mail)
        if not self._is_allowed(sender):
            return self._refuse(uid, f"{short(sender) or 'Nobody'} is no allowed sender.")
        try:
            found = [(their_name(_file_name(part)), _content(part)) for part in mail.walk() if _is_document(part)]
        except TransportError as fault:
            return self._refuse(uid, str(fault))
        if not found:
            return self._refuse(uid, "The mail has no attachment.")
        files = []
        for position, (name, content) in enumerate(found):
            where = f"{uid}/{position}"
            self.parts[where] = content
            files.append(Incoming(name=name, where=where, size=len(content)))
        return files

    def _refuse(self, uid: str, why: str) -> list[Incoming]:
        self.whys[uid] = why
        return [Incoming(name=f"mail {uid}", where=uid)]

    def _is_allowed(self, sender: str) -> bool:
        return bool(sender) and (sender in self.allowed or f"@{sender.rpartition('@')[2]}" in self.allowed)

    def read(self, file: Incoming) -> bytes:
        """The bytes of an attachment. A mail that is refused is marked, and its reason raised once."""
        why = self.whys.get(file.where)
        if why is not None:
            self._asked(lambda imap: _done(imap.uid("STORE", file.where, "+FLAGS.SILENT", f"({REFUSED})")))
            raise TransportError(f"{why} It was marked with {REFUSED} and left where it is.", Outcome.PERMANENT)
        not_too_large(file, file.size)
        return self.parts[file.where]

    def remove(self, file: Incoming) -> None:
        """An attachment is kept; once all of its mail are, the mail is moved or marked."""
        self.parts.pop(file.where, None)
        uid = file.where.partition("/")[0]
        if not any(where.startswith(f"{uid}/") for where in self.parts):
            self._asked(lambda imap: self._finish(imap, uid))

    def _finish(self, imap: _Imap, uid: str) -> None:
        folder = self.access.option("imap_done")
        if not folder:
            _done(imap.uid("STORE", uid, "+FLAGS.SILENT", f"({KEPT})"))
            return
        if b"MOVE" in _flat(imap.capability()[1]).upper().split():
            _done(imap.uid("MOVE", uid, _quoted(folder)))
            return
        _done(imap.uid("COPY", uid, _quoted(folder)))
        _done(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))

    def check(self) -> None:
        """Whether we may sign in at both ends; no mail is sent or touched."""
        if self.out:
            with self._smtp() as (smtp, _):
                _said(smtp.noop(), "our sign-in")
        if self.into:
            self._asked(lambda imap: _done(imap.noop()))

    def close(self) -> None:
        if self.imap is not None:
            with suppress(*_CUT, imaplib.IMAP4.error):
                self.imap.shutdown()
        if self.line is not None:
            self.line.close()
        self.imap = self.line = None
        self.parts.clear()

    def _asked(self, act: Callable[[_Imap], T]) -> T:
        """One act on the IMAP server, at most the deadline in all."""
        host = self.access.option("imap_host")
        line = self.line = self.line or self._line("imap", "tls", 993)
        try:
            with until_over(line.seconds, line.cut):
                self.imap = self.imap or self._signed_in(line.open, host)
                return act(self.imap)
        except _CUT as fault:
            self.close()
            raise TransportError(f"The connection to {host} ended ({words_of(fault)}).") from fault
        except (imaplib.IMAP4.error, MessageError) as fault:
            raise TransportError(f"{host} refuses: {_reply(fault)}.") from fault

    def _signed_in(self, open_socket: Callable[[], socket.socket], host: str) -> _Imap:
        imap = _Imap(open_socket, host, self.access.deadline)
        try:
            if self._security("imap", "tls") == "starttls":
                _done(imap.starttls(self._tls()))
            given = f"\0{self.access.option('imap_user')}\0{self.access.secret('imap_password')}"
            try:
                imap.authenticate("PLAIN", lambda _: given.encode())
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as fault:
                raise TransportError(f"{host} refuses our sign-in: {_reply(fault)}.", Outcome.AUTHENTICATION) from fault
            _done(imap.select(_quoted(self.access.option("imap_folder") or "INBOX")))
        except BaseException:
            imap.shutdown()
            raise
        return imap

    # --- both ---------------------------------------------------------------------------------------------------------

    def _line(self, kind: str, usual: str, port: int) -> _Line:
        option = self.access.option
        return _Line(
            host=option(f"{kind}_host"), port=int(option(f"{kind}_port") or port), seconds=self.access.deadline,
            internal_hosts=option("internal_hosts"), tls=self._tls() if self._security(kind, usual) == "tls" else None,
        )  # fmt: skip

    def _security(self, kind: str, usual: str) -> str:
        return self.access.option(f"{kind}_security") or usual

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self.access.option("ca") or None)
        except (ssl.SSLError, ValueError) as fault:
            raise TransportError("The certificate authority cannot be read.", Outcome.AUTHENTICATION) from fault
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _wrong(words: str) -> TransportError:
    return TransportError(words, Outcome.PERMANENT)


def _said(reply: tuple[int, bytes], what: str) -> None:
    """Raises TransportError unless SMTP agrees."""
    code, words = reply
    if not 200 <= code < 300:
        raise _refused(code, f"{what} was refused: {code} {_plain(words)}")


def _refused(code: int, words: str) -> TransportError:
    if code in (530, 534, 535, 538):
        return TransportError(f"{words}.", Outcome.AUTHENTICATION)
    return TransportError(f"{words}.", Outcome.PERMANENT if code >= 500 else Outcome.TRANSIENT)


def _done(reply: tuple[str, Any]) -> None:
    """Raises IMAP4.error unless IMAP agrees."""
    if reply[0] != "OK":
        raise imaplib.IMAP4.error(_plain(_flat(reply[1])))


def _reply(fault: BaseException) -> str:
    said = getattr(fault, "smtp_error", None) or next(iter(fault.args), "") or type(fault).__name__
    return _plain(said if isinstance(said, bytes) else str(said).encode())


def _plain(words: bytes) -> str:
    text = " ".join(words.decode("utf-8", "replace").split())
    return short("".join(c for c in text if c.isprintable())).rstrip(".")


def _flat(rows: Sequence[Any]) -> bytes:
    return b" ".join(row if isinstance(row, bytes) else b" ".join(row) for row in rows if row)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sender(mail: Message) -> str:
    """The one address the mail is from, in small letters; empty where there is none, several, or an odd one."""
    given = mail.get_all("From") or []
    found = getaddresses([_decoded(str(each)) for each in given])
    address = found[0][1].lower() if len(given) == 1 and len(found) == 1 else ""
    return address if _ADDRESS.fullmatch(address) else ""


def _is_document(part: Message) -> bool:
    if part.is_multipart() or part.get_content_maintype() == "image" or part.get_content_type() in _NO_DOCUMENTS:
        return False
    return bool(part.get_filename()) or part.get_content_disposition() == "attachment"


def _file_name(part: Message) -> str:
    return _decoded(part.get_filename() or "attachment")


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, UnicodeError, ValueError):
        return text
