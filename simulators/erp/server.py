"""The ERP's HTTP door."""

from __future__ import annotations

import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from simulators.erp.business import MASTERS, Answer, Body, Business
from simulators.erp.checks import Refused
from simulators.erp.faults import Fault, Faults
from simulators.erp.store import Store

_LARGEST: Final = 20_000_000
_RENAMED: Final = {"erp_number": "document_id", "budget": "budget_amount", "cursor": "position"}
_OMITTED: Final = "status"


class Erp(ThreadingHTTPServer):
    """The service with its storage and faults."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], store: Store, business: Business, token: str) -> None:
        super().__init__(address, Door)
        self.store = store
        self.business = business
        self.faults = Faults()
        self.token = token


class Door(BaseHTTPRequestHandler):
    """One request: token, fault, business, answer."""

    server: Erp
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet each; without this every answer waits for the client's delayed ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.serve("GET")

    def do_POST(self) -> None:
        self.serve("POST")

    def do_PUT(self) -> None:
        self.serve("PUT")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: what was asked is in `/_stats`."""

    def serve(self, method: str) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            body = self.body()
            if url.path == "/health":
                return self.answer(200, {"status": "ok"})
            if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {self.server.token}"):
                raise Refused(401, "unauthorized", "The bearer token is missing or wrong.")
            if url.path.startswith("/_"):
                return self.answer(*self.control(method, url.path, query, body))
            self.business(method, url.path, query, body)
        except Refused as refusal:
            self.answer(refusal.status, refusal.body)
        return None

    def business(self, method: str, path: str, query: dict[str, str], body: Body) -> None:
        """A business request, with the fault that is meant for it."""
        fault = self.server.faults.strike(method, path, self.reference(path, query, body))
        if fault is None:
            self.answer(*self.perform(method, path, query, body))
        elif fault.mode == "slow":
            time.sleep(fault.seconds)
            self.answer(*self.perform(method, path, query, body))
        elif fault.mode == "drop_answer":
            self.perform(method, path, query, body)
            self.close_connection = True
        elif fault.mode == "drop_request":
            self.close_connection = True
        elif fault.mode == "schema_change":
            status, answer = self.perform(method, path, query, body)
            self.answer(status, changed(answer))
        elif fault.mode == "extra_field":
            status, answer = self.perform(method, path, query, body)
            self.answer(status, {**answer, "release": "2027.1"})
        elif fault.mode == "late":
            timer = threading.Timer(fault.seconds, self.quietly, (method, path, query, body))
            timer.daemon = True
            timer.start()
            self.answer(
                504, {"code": "timeout", "message": "The application server did not answer in time.", "field": ""}
            )
        else:
            self.fail(fault)

    def fail(self, fault: Fault) -> None:
        """Answers that have nothing to do with what was asked."""
        if fault.mode == "html":
            return self.send(200, b"<html><body>Please sign in</body></html>", "text/html")
        status, code, message, field = {
            "fail": (503, "unavailable", "The system is not available.", ""),
            "rate_limit": (429, "too_many_requests", "Too many requests.", ""),
            "unauthorized": (401, "unauthorized", "The bearer token has expired.", ""),
            "reject": (422, "blocked_supplier", "The supplier is blocked for purchasing.", "supplier"),
        }[fault.mode]
        headers = {"Retry-After": f"{fault.seconds:.0f}"} if fault.mode in ("fail", "rate_limit") else {}
        return self.answer(status, {"code": code, "message": message, "field": field}, headers)

    def quietly(self, method: str, path: str, query: dict[str, str], body: Body) -> None:
        """Performs a request whose asker has been sent away."""
        try:
            self.perform(method, path, query, body)
        except Refused:
            return

    def reference(self, path: str, query: dict[str, str], body: Body) -> str:
        """The reference a request is about: its own, or that of the order in its path."""
        given = query.get("reference") or body.get("reference")
        parts = path.split("/")
        if not given and len(parts) > 2:
            with self.server.store.change():
                found = self.server.store.find("purchase_orders", number=parts[2])
            given = found[0]["reference"] if found else ""
        return given if isinstance(given, str) else ""

    def perform(self, method: str, path: str, query: dict[str, str], body: Body) -> Answer:
        """What was asked, in one transaction."""
        parts = path.strip("/").split("/")
        with self.server.store.change():
            self.server.store.count_request(f"{method} /{parts[0]}" + ("/…" if len(parts) > 1 else ""))
        with self.server.store.change():
            return self.route(method, parts, query, body)

    def route(self, method: str, parts: list[str], query: dict[str, str], body: Body) -> Answer:
        business, path = self.server.business, f"/{parts[0]}"
        match method, parts:
            case "POST", [_] if path in business.posts:
                return business.create(path, body)
            case "GET", ["payments"]:
                return business.payments(query.get("since", ""), query.get("limit", ""))
            case "GET", ["budgets"]:
                return business.budgets(query.get("cost_center", ""), query.get("period", ""))
            case "GET", [kind] if kind in MASTERS:
                return business.masters(kind, query.get("since", ""), query.get("limit", ""))
            case "PUT", [kind] if kind in MASTERS:
                return business.masters_put(kind, body)
            case "GET", [_] if path in business.posts:
                return business.lookup(business.posts[path][0], query.get("reference", ""))
            case "PUT", ["budgets"]:
                return business.budgets_put(body)
            case "PUT", ["purchase-orders", number]:
                return business.change(number, body)
            case "POST", ["purchase-orders", number, "cancel"]:
                return business.cancel(number)
        raise Refused(404, "not_found", f"There is no {method} {path}.")

    def control(self, method: str, path: str, query: dict[str, str], body: Body) -> Answer:
        """Faults and statistics."""
        if path == "/_stats" and method == "GET":
            with self.server.store.change():
                return 200, self.server.store.stats(references=bool(query.get("references")))
        if path == "/_control":
            if method == "POST" and (problem := self.server.faults.set(body)):
                raise Refused(422, "invalid", problem)
            return 200, {
                "faults": self.server.faults.shown(),
                "unique_reference": self.server.business.unique_reference,
            }
        raise Refused(404, "not_found", f"There is no {method} {path}.")

    def body(self) -> Body:
        """The JSON object of the request; an empty one where there is none."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self.close_connection = True
            raise Refused(413, "too_large", "The request is too large.")
        raw = self.rfile.read(length)
        if not raw:
            return {}
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            raise Refused(400, "malformed", "The body is not JSON.") from None
        if not isinstance(body, dict):
            raise Refused(400, "malformed", "The body is not a JSON object.")
        return body

    def answer(self, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(body).encode(), "application/json", headers)

    def send(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            # The asker has gone; what was done stays done.
            self.close_connection = True


def changed(answer: Any) -> Any:
    """The answer as a newer release would give it: fields renamed, one gone, one more."""
    if isinstance(answer, list):
        return [changed(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    renamed = {_RENAMED.get(name, name): changed(value) for name, value in answer.items() if name != _OMITTED}
    return {**renamed, "release": "2027.1"}
