"""`manage.py story`: one requisition travels the whole road of a running portal, over HTTP, each hop with its time.

Ends with 0 only if the voucher and its payment are there.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.demo.story_line import StoryLine, story_line

APPROVERS = ("approver", "buyer", "administrator")
_LOOK_AGAIN = 0.3


class Stopped(Exception):
    """The story cannot go on; the message says where and why."""


class Caller:
    """One API client: signs in, calls, and says in words what was refused."""

    def __init__(self, http: httpx.Client, credentials: dict[str, Any]) -> None:
        self.http = http
        self.role = credentials["role"]
        answer = http.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": credentials["client_id"],
                "client_secret": credentials["client_secret"],
            },
        )
        if answer.status_code != 200:
            raise Stopped(
                f"The client of the {self.role} cannot sign in: HTTP {answer.status_code} {answer.text[:200]}"
            )
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str, **query: str) -> Any:
        return self._said("GET", path, self.http.get(f"/api/v1/{path}", params=query, headers=self.headers))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {**self.headers, "Idempotency-Key": uuid.uuid4().hex}
        return self._said("POST", path, self.http.post(f"/api/v1/{path}", json=body, headers=headers))

    def _said(self, method: str, path: str, answer: httpx.Response) -> Any:
        if answer.status_code >= 400:
            raise Stopped(f"{self.role}: {method} {path} was refused with {answer.status_code}: {answer.text[:500]}")
        return answer.json()


class Story:
    """The hops, one method each."""

    def __init__(self, callers: dict[str, Caller], patience: float, say: Callable[[str], None]) -> None:
        self.callers = callers
        self.patience = patience
        self.say = say
        self.began = self.last = time.monotonic()

    def run(self, line: StoryLine) -> None:
        requisition = self.request(line)
        self.approve(requisition)
        order = self.ordered(requisition)
        self.answered(order)
        self.receive(order)
        invoice = self.billed(order)
        self.clear(invoice)
        self.vouchered(order)
        self.paid(order)
        self.trace(order)

    def hop(self, words: str) -> None:
        now = time.monotonic()
        self.say(f"{now - self.began:7.2f} s  {now - self.last:+7.2f}  {words}")
        self.last = now

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Look until something is there. Raises Stopped after the patience is over."""
        deadline = time.monotonic() + self.patience
        while not (result := found()):
            if time.monotonic() > deadline:
                raise Stopped(
                    f"Not within {self.patience:.0f} s: {what}. Are the worker, beat and the simulators running?"
                )
            time.sleep(_LOOK_AGAIN)
        return result

    def by(self, role: str) -> Caller:
        if role not in self.callers:
            raise Stopped(f"There is no API client with the role {role}.")
        return self.callers[role]

    # -- the hops --------------------------------------------------------------------------------------------------

    def request(self, line: StoryLine) -> str:
        requester = self.by("requester")
        lines = [{"item": line.item, "quantity": str(line.quantity), "unit": line.unit}]
        row = requester.post(
            "process/requisitions",
            # the supplier of the demo does what such a note says: here, it bills more than agreed
            {"facility": line.facility, "location": line.location, "cost_center": line.cost_center, "lines": lines,
             "note": "SIM:overbill@1"},
        )  # fmt: skip
        number: str = row["number"]
        self.hop(f"{number}: {line.quantity} {line.unit} of {line.description} for {line.facility} {line.location}")
        row = requester.post(f"process/requisitions/{number}/submit", {"confirm": True})
        self.hop(f"{number} is submitted: {row['total']} {row['currency']}, {row['status']}")
        return number

    def approve(self, number: str) -> None:
        for _ in range(6):
            row = self.by("requester").get(f"process/requisitions/{number}")
            if row["status"] != "submitted":
                break
            self._decide(number)
        if row["status"] not in ("approved", "ordered"):
            raise Stopped(f"{number} is {row['status']} and not approved.")
        self.hop(f"{number} is {row['status']}")

    def _decide(self, number: str) -> None:
        for role in APPROVERS:
            if role not in self.callers:
                continue
            for step in self.callers[role].get("process/approvals", requisition=number)["results"]:
                body = {"decision": "approve", "comment": "Needed this week.", "content_hash": step["content_hash"]}
                self.callers[role].post(f"process/approvals/{step['id']}/decide", body)
                self.hop(f"approved as {step['label']} ({step['why']})")
                return
        raise Stopped(f"{number} waits for an approval that none of the clients {', '.join(APPROVERS)} may give.")

    def ordered(self, requisition: str) -> str:
        orders = self.until(
            lambda: self.by("buyer").get("system/purchase-orders", requisition=requisition)["results"],
            "a purchase order",
        )
        number: str = orders[0]["number"]
        self.hop(
            f"{number} is {orders[0]['status']} to {orders[0]['supplier']}: {orders[0]['total']} {orders[0]['currency']}"
        )
        row = self._order_until(number, lambda o: o["erp_number"], "the order in the ERP")
        self.hop(f"the ERP has it as {row['erp_number']}")
        self._order_until(number, lambda o: o["supplier_dispatch"] in ("sent", "acknowledged"), "850 in the mailbox")
        self.hop("850 is in the supplier's mailbox")
        return number

    def _order_until(self, number: str, ready: Callable[[Any], Any], what: str) -> Any:
        buyer = self.by("buyer")

        def look() -> Any:
            row = buyer.get(f"system/purchase-orders/{number}")
            return row if ready(row) else None

        return self.until(look, what)

    def answered(self, number: str) -> None:
        row = self._order_until(number, lambda o: o["acknowledgement"] != "none", "the supplier's 855")
        self.hop(f"855: the supplier has {row['acknowledgement']} it as {row['supplier_order_number']}")
        receiver = self.by("receiver")
        shipped = self.until(
            lambda: [h for h in receiver.get("experience/trace", q=number)["hops"] if "shipped" in h["text"].lower()],
            "the supplier's 856",
        )
        self.hop(f"856: {shipped[-1]['text'].lower()}, {shipped[-1]['detail']}")

    def receive(self, number: str) -> None:
        receiver = self.by("receiver")
        order = receiver.get(f"system/purchase-orders/{number}")
        expiry = (timezone.now().date() + timedelta(days=400)).isoformat()
        lines = []
        for line in order["lines"]:
            item = receiver.get(f"system/items/{line['item']}")
            lot = {"lot": f"S{number[-6:]}"} if item["lot_tracked"] else {}
            best_before = {"expiry": expiry} if item["expiry_tracked"] else {}
            lines.append({"line_number": line["line_number"], "quantity": line["quantity"], **lot, **best_before})
        row = receiver.post("process/receipts", {"order": number, "lines": lines})
        self.hop(f"{row['number']} is posted, {number} is {row['order_status']}; stock is in the ledger")

    def billed(self, number: str) -> str:
        clerk = self.by("ap_clerk")
        rows = self.until(lambda: clerk.get("system/invoices", order=number)["results"], "the supplier's 810")
        row = rows[0]
        invoice: str = row["number"]
        self.hop(f"{invoice}: 810 {row['supplier_number']} over {row['total']} {row['currency']} is {row['status']}")
        return invoice

    def clear(self, invoice: str) -> None:
        clerk = self.by("ap_clerk")
        cases = clerk.get("process/invoice-exceptions", invoice=invoice)["results"]
        if not cases:
            raise Stopped(f"{invoice} has no exception, although the supplier billed more than agreed.")
        for case in cases:
            self.hop(f"exception: {case['explanation'].get('sentence') or case['title']}")
            clerk.post(
                f"process/invoice-exceptions/{case['id']}/resolve",
                {"resolution": "accept_variance", "reason_code": "price_agreed", "comment": "Agreed by phone."},
            )
        row = clerk.get(f"system/invoices/{invoice}")
        self.hop(f"{invoice} is {row['status']}: {row['approved_amount']} {row['currency']} will be paid")

    def vouchered(self, number: str) -> None:
        row = self._invoice_until(number, lambda i: i["voucher_number"], "the voucher in the ERP")
        self.hop(f"the ERP has voucher {row['voucher_number']}")

    def paid(self, number: str) -> None:
        row = self._invoice_until(number, lambda i: i["status"] == "paid", "the payment from the ERP")
        self.hop(f"{row['number']} is paid on {row['paid_on']}")

    def _invoice_until(self, order: str, ready: Callable[[Any], Any], what: str) -> Any:
        clerk = self.by("ap_clerk")

        def look() -> Any:
            rows = clerk.get("system/invoices", order=order)["results"]
            return rows[0] if rows and ready(rows[0]) else None

        return self.until(look, what)

    def trace(self, number: str) -> None:
        trace = self.by("auditor").get("experience/trace", q=number)
        self.hop(f"one trace of {len(trace['hops'])} hops: {trace['headline']}")


class Command(BaseCommand):
    help = "Drives the whole story against a running portal over HTTP and prints each hop with its time."

    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument(
            "--url", default=f"http://127.0.0.1:{port}", help="where the portal is (default: %(default)s)"
        )
        parser.add_argument(
            "--credentials", type=Path, help="JSON as demo_credentials prints it (default: ask that command)"
        )
        parser.add_argument(
            "--patience", type=float, default=120, help="seconds to wait for one hop (default %(default)s)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        clients = {client["role"]: client for client in self._credentials(options["credentials"])["clients"]}
        try:
            line = story_line()
            with httpx.Client(base_url=options["url"], timeout=30) as http:
                callers = {role: Caller(http, client) for role, client in clients.items()}
                story = Story(callers, options["patience"], self._say)
                story.run(line)
                self._say(f"The whole road in {time.monotonic() - story.began:.1f} s.")
        except httpx.TransportError as error:
            raise CommandError(
                f"The portal at {options['url']} does not answer ({error}). Start it with `make run`."
            ) from error
        except (Stopped, LookupError) as error:
            self.stderr.write(f"The story stops: {error}")
            sys.exit(1)

    def _credentials(self, given: Path | None) -> dict[str, Any]:
        if given:
            text = given.read_text("utf-8")
        else:
            output = StringIO()
            call_command("demo_credentials", "--json", stdout=output)
            text = output.getvalue()
        found: dict[str, Any] = json.loads(text)
        return found

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
