"""A real Tryton for a test run, and a wire to it that can be cut."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from integrations.erp.base import Connection, ErpAdapter
from integrations.erp.tryton.adapter import Tryton
from integrations.erp.tryton.wire import Session
from portal.embedded import Embedded
from scripts import real_tryton
from tests.embedded_services import OWN_HOME
from tests.simulators.companies import until

D = Decimal


@dataclass
class Running:
    """The server and what a client needs to know."""

    address: str
    database: str
    facts: Mapping[str, Any]


@pytest.fixture(scope="session")
def tryton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Tryton with a company; installed now if it never was. Where it cannot be, the tests are skipped and say why."""
    if os.environ.get("PORTAL_TRYTON", "") == "off":
        pytest.skip("PORTAL_TRYTON=off: NOTHING WAS TESTED AGAINST A REAL TRYTON")
    own = OWN_HOME not in os.environ
    servers = (
        Embedded.make_throwaway().start(redis=False) if own else Embedded(Path(os.environ[OWN_HOME]), throwaway=True)
    )
    try:
        kept = real_tryton.prepare(servers)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        folder = tmp_path_factory.mktemp("tryton")
        with real_tryton.server(kept, servers, folder, port) as (address, database):
            until(lambda: _answers(address), f"Tryton answers; its log: {folder}", 60)
            yield Running(address, database, kept.facts)
    except real_tryton.CannotInstall as fault:
        pytest.skip(f"NOTHING WAS TESTED AGAINST A REAL TRYTON: {fault}")
    finally:
        if own:
            servers.discard()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code < 500
    except httpx.TransportError:
        return False


class Wire:
    """Between us and Tryton: passes everything on, unless it was told to cut or to change something."""

    def __init__(self, target: str) -> None:
        self.skip, self.lose, self.drop = 0, 0, ""
        self.hold, self.release = 0, threading.Event()
        self.passed: list[tuple[str, str, int, str]] = []
        wire = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                wire.passes(self, target)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def passes(self, door: BaseHTTPRequestHandler, target: str) -> None:
        body = door.rfile.read(int(door.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in door.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        writes = door.command != "GET"
        if writes and self.hold:
            # the request has arrived, and lies somewhere while nobody waits for it any more
            self.hold -= 1
            self.release.wait(60)
            httpx.request(door.command, target + door.path, content=body, headers=headers, timeout=60)
            door.close_connection = True
            return
        got = httpx.request(door.command, target + door.path, content=body or None, headers=headers, timeout=60)
        content = got.content
        self.passed.append(
            (door.command, door.path.split("?")[0], got.status_code, got.headers.get("Content-Type", ""))
        )
        if writes and self.lose and self.skip:
            self.skip -= 1
        elif writes and self.lose:
            self.lose -= 1
            door.close_connection = True
            return
        if self.drop:
            content = _without(content, self.drop)
        door.send_response(got.status_code)
        door.send_header("Content-Type", got.headers.get("Content-Type", ""))
        door.send_header("Content-Length", str(len(content)))
        door.end_headers()
        door.wfile.write(content)

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


def _without(content: bytes, name: str) -> bytes:
    found = json.loads(content)
    for row in found if isinstance(found, list) else [found]:
        row.pop(name, None)
    return json.dumps(found).encode()


class TrytonOffice:
    """The real Tryton behind a wire of this test's own."""

    def __init__(self, running: Running) -> None:
        self.running, self.wire = running, Wire(running.address)

    def __enter__(self) -> TrytonOffice:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def connection(self, *, address: str = "", deadline: float = 25, **more: str) -> Connection:
        options = {
            "base_url": address or self.wire.address, "database": self.running.database, "company": str(self.running.facts["company"]),
            "units": "EA=u", **more,
        }  # fmt: skip
        return Connection(
            deadline=deadline, option=lambda n: options.get(n, ""), secret=lambda _: str(self.running.facts["key"])
        )

    def adapter(self, **more: Any) -> ErpAdapter:
        return Tryton(self.connection(**more))

    def session(self) -> Session:
        """A look inside that does not go over the wire."""
        return Session(self.connection(address=self.running.address))

    def works(self) -> None:
        """It answers at once; what it processes after a commit is done within the next request."""

    def orders(self, reference: str) -> int:
        domain = [["reference", "=", reference], ["state", "!=", "cancelled"]]
        return len(self.session().find("purchase.purchase", domain, ["id"]))

    def lines(self, order: str) -> Mapping[int, tuple[Decimal, Decimal]]:
        domain = [["purchase.reference", "=", order], ["type", "=", "line"]]
        rows = self.session().find("purchase.line", domain, ["sequence", "quantity", "unit_price"])
        return {row["sequence"]: (D(str(row["quantity"])), row["unit_price"]) for row in rows}

    def vouchers(self, reference: str) -> Decimal:
        domain = [["description", "=", reference], ["state", "in", ["posted", "paid"]]]
        rows = self.session().find("account.invoice", domain, ["total_amount"])
        return sum((row["total_amount"] for row in rows), D(0))

    def received(self, order: str, line: int) -> Mapping[str, Decimal]:
        session = self.session()
        lines = session.find("purchase.line", [["purchase.reference", "=", order], ["sequence", "=", line]], ["id"])
        domain = [["origin", "=", f"purchase.line,{lines[0]['id']}"], ["state", "=", "done"]]
        found: dict[str, Decimal] = {}
        for move in session.find("stock.move", domain, ["quantity", "lot.number"]):
            lot = move["lot"]["number"] if move["lot"] else ""
            found[lot] = found.get(lot, D(0)) + D(str(move["quantity"]))
        return found

    def block(self, supplier: str) -> None:
        """Set it inactive, until somebody says something about it."""
        session = self.session()
        for party in session.find("party.party", [["code", "=", supplier]], ["id"]):
            session.write("party.party", party["id"], {"active": False}, ["id"])

    def lose_next_answer(self) -> None:
        self.wire.lose = 1

    def add_field(self) -> None:
        raise AssertionError("Tryton answers only what it is asked for.")

    def drop_field(self) -> None:
        self.wire.drop = "state"

    def says(self, kind: str, names: Mapping[str, str]) -> None:
        """As Tryton's administrator: the portal's own user may not change products. What was blocked before counts again."""
        model = {"item": "product.template", "supplier": "party.party"}[kind]
        for number, words in names.items():
            found = self.as_administrator(model, "search", [["code", "=", number], ["active", "in", [True, False]]])
            self.as_administrator(model, "write", found, {"name": words, "active": True})

    def as_administrator(self, model: str, method: str, *params: Any) -> Any:
        """What the portal's own user may not do."""
        body = {"id": 1, "method": f"model.{model}.{method}", "params": [*params, {}]}
        address = f"{self.running.address}/{self.running.database}/rpc/"
        answer = httpx.post(address, json=body, auth=("admin", real_tryton.ADMIN_PASSWORD), timeout=60).json()
        assert "error" not in answer, answer
        return answer["result"]

    def breaks_masters(self, kind: str) -> None:
        self.wire.drop = "code"

    def pay(self) -> None:
        """Pay everything that is owed, with Tryton's own wizard."""
        facts = self.running.facts
        with httpx.Client(base_url=self.running.address, timeout=60, headers={"Accept-Encoding": "gzip"}) as http:

            def call(method: str, *params: Any, **context: Any) -> Any:
                body = {"id": 1, "method": method, "params": [*params, {"company": facts["company"], **context}]}
                answer = http.post(
                    f"/{self.running.database}/rpc/", json=body, auth=(facts["login"], facts["password"])
                ).json()
                assert "error" not in answer, answer["error"]
                return answer["result"]

            method = self.session().find("account.invoice.payment.method", [], ["id"])[0]["id"]
            for row in self.session().find("account.invoice", [["state", "=", "posted"]], ["id"]):
                context = {
                    "active_model": "account.invoice",
                    "active_id": row["id"],
                    "active_ids": [row["id"]],
                    "action_id": None,
                }
                number, begins, _ = call("wizard.account.invoice.pay.create")
                view = call("wizard.account.invoice.pay.execute", number, {}, begins, **context)
                form = {k: v for k, v in view["view"]["defaults"].items() if not k.endswith(".")}
                call(
                    "wizard.account.invoice.pay.execute",
                    number,
                    {"start": {**form, "payment_method": method}},
                    "choice",
                    **context,
                )
                call("wizard.account.invoice.pay.delete", number)


def fresh(prefix: str) -> str:
    """A reference nobody has."""
    return f"{prefix}-{uuid4().hex[:10].upper()}"
