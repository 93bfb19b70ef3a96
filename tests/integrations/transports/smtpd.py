"""An SMTP server for the tests, run by the system's Python, which has Debian's aiosmtpd: TLS, a password, and maildirs.

Arguments: port, certificate with key, folder of maildirs. What a recipient is called says how the server behaves: `busy@` is told to
come back, `full@` is refused, `lost@` is kept and the connection ends without an answer.
"""

from __future__ import annotations

import mailbox
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Maildirs:
    def __init__(self, root: Path) -> None:
        self.root = root

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("busy@"):
            return "451 come back later"
        if address.startswith("full@"):
            return "552 the mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for address in envelope.rcpt_tos:
            maildir = mailbox.Maildir(self.root / address.partition("@")[0])
            maildir.add(envelope.original_content)
            if address.startswith("lost@"):
                server.transport.abort()
        return "250 kept"


def sign_in(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=given.password == b"right-password", handled=False)


port, certificate, root = sys.argv[1:4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
controller = Controller(
    Maildirs(Path(root)), hostname="127.0.0.1", port=int(port), tls_context=context, require_starttls=True,
    auth_required=True, authenticator=sign_in,
)  # fmt: skip
controller.start()
threading.Event().wait()
