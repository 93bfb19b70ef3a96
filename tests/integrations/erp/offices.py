"""The outside companies behind the adapters, each with the same handles: what is in their books, and how to have them misbehave."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from integrations.erp.base import Connection, ErpAdapter, Outgoing
from integrations.erp.flat_file.adapter import FlatFileErp
from integrations.erp.rest_erp.adapter import RestErp
from integrations.remote import Answer, Outcome
from tests.simulators.companies import ROOT, TOKEN, ErpClient

D = Decimal


class Office(Protocol):
    """One ERP, seen from inside and from outside."""

    def adapter(self) -> ErpAdapter: ...

    def works(self) -> None:
        """What the ERP does while we wait."""

    def orders(self, reference: str) -> int:
        """How many live orders it has with our number."""

    def lines(self, order: str) -> Mapping[int, tuple[Decimal, Decimal]]:
        """Quantity and price of each line of an order, as it has them."""

    def vouchers(self, reference: str) -> Decimal:
        """What it owes for our invoice, all its documents together."""

    def received(self, order: str, line: int) -> Mapping[str, Decimal]:
        """What it has received of an order's line, by lot."""

    def block(self, supplier: str) -> None:
        """Refuse this supplier from now on."""

    def lose_next_answer(self) -> None:
        """Do the next thing that writes, and have nobody hear of it."""

    def add_field(self) -> None:
        """Answer with a field nobody agreed, from now on."""

    def drop_field(self) -> None:
        """Leave out what was agreed, from now on."""

    def pay(self) -> None:
        """Pay everything that is owed."""

    def says(self, kind: str, names: Mapping[str, str]) -> None:
        """From now on call records with these numbers so."""

    def adds_to_masters(self, kind: str) -> None:
        """Say one thing more about every record of a kind: GREEN."""

    def breaks_masters(self, kind: str) -> None:
        """Answer nothing that can be read when asked for masters."""


def told(office: Office, said: tuple[Outgoing, Any], adapter: ErpAdapter | None = None) -> Answer:
    """One document sent until there is a verdict."""
    message, document = said
    using = adapter or office.adapter()
    payload = using.encode(message, document)
    answer = using.send(message, payload)
    for tries in range(2, 50):
        if answer.outcome != Outcome.PENDING:
            break
        office.works()
        answer = using.send(replace(message, tries=tries), payload)
    return answer


def records(kind: str, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Records as the simulated ERPs take them in."""
    name = "description" if kind == "item" else "name"
    return [{"id": f"{kind[0].upper()}-{number}", "number": number, name: words} for number, words in names.items()]


class RestOffice:
    """The simulated ERP with a REST interface."""

    def __init__(self, client: ErpClient, state: Path) -> None:
        self.client, self.state = client, state

    def adapter(self) -> ErpAdapter:
        options = {"base_url": self.client.running.ready.split()[-1]}
        return RestErp(Connection(deadline=5, option=lambda n: options.get(n, ""), secret=lambda _: TOKEN))

    def works(self) -> None:
        """It answers at once."""

    def _documents(self, kind: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.state) as books:
            rows = books.execute("SELECT erp_number, status, body FROM documents WHERE kind = ?", (kind,)).fetchall()
        return [{"number": number, "status": status, **json.loads(body)} for number, status, body in rows]

    def orders(self, reference: str) -> int:
        rows = self._documents("purchase_orders")
        return sum(row["reference"] == reference and row["status"] != "cancelled" for row in rows)

    def lines(self, order: str) -> Mapping[int, tuple[Decimal, Decimal]]:
        row = next(row for row in self._documents("purchase_orders") if row["reference"] == order)
        return {line["line_number"]: (D(line["quantity"]), D(line["unit_price"])) for line in row["lines"]}

    def vouchers(self, reference: str) -> Decimal:
        rows = [row for row in self._documents("vouchers") if row["reference"] == reference]
        return sum((D(row["total"]) * (-1 if row["kind"] == "credit" else 1) for row in rows), D(0))

    def received(self, order: str, line: int) -> Mapping[str, Decimal]:
        number = next(row["number"] for row in self._documents("purchase_orders") if row["reference"] == order)
        found: Counter[str] = Counter()
        for row in self._documents("receipts"):
            for each in row["lines"] if row["purchase_order"] == number else ():
                if each["line_number"] == line:
                    found[each["lot"]] += D(each["quantity"])  # type: ignore[assignment]
        return {lot: D(quantity) for lot, quantity in found.items() if quantity}

    def block(self, supplier: str) -> None:
        self.client.fault("reject")

    def lose_next_answer(self) -> None:
        self.client.fault("drop_answer", count=1)

    def add_field(self) -> None:
        self.client.fault("extra_field")

    def drop_field(self) -> None:
        self.client.fault("schema_change")

    def pay(self) -> None:
        """It pays at once."""

    def says(self, kind: str, names: Mapping[str, str]) -> None:
        path = {"item": "/items", "supplier": "/suppliers", "cost_center": "/cost-centers"}[kind]
        status, answer = self.client.call("PUT", path, {"records": records(kind, names)})
        assert status == 200, answer

    def adds_to_masters(self, kind: str) -> None:
        path = {"item": "/items", "supplier": "/suppliers", "cost_center": "/cost-centers"}[kind]
        _, answer = self.client.call("GET", path)
        rows = [{**row, "color": "GREEN"} for row in answer["results"]]
        assert self.client.call("PUT", path, {"records": rows})[0] == 200

    def breaks_masters(self, kind: str) -> None:
        self.client.fault("html", method="GET")


class FlatFileOffice:
    """The MMIS that takes files."""

    def __init__(self, root: Path) -> None:
        self.root, self.behaviours, self.state = root / "mailboxes", root / "behaviours.json", root / "mmis.sqlite3"
        self.wanted: dict[str, Any] = {}
        self.losing = False
        self.run("--once")

    options: Mapping[str, str] = {"folder": "MMIS"}

    def adapter(self) -> ErpAdapter:
        return FlatFileErp(
            Connection(
                deadline=5, option=lambda n: self.options.get(n, ""), secret=lambda n: self.options.get(n, ""), folders=self.root
            )
        )  # fmt: skip

    def run(self, *more: str) -> str:
        command = [
            sys.executable,
            "-m",
            "simulators.mmis",
            "--folder",
            str(self.root / "MMIS"),
            "--state",
            str(self.state),
        ]
        command += ["--behaviours", str(self.behaviours), *more]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout

    def behave(self, **wanted: Any) -> None:
        self.wanted |= wanted
        self.behaviours.write_text(json.dumps(self.wanted))

    def works(self) -> None:
        self.run("--once")
        if self.losing:
            self.losing = False
            self.behave(silent=False)

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("--stats"))
        return found

    def orders(self, reference: str) -> int:
        row = self.books()["PO"].get(reference)
        return int(row is not None and row["status"] != "cancelled")

    def lines(self, order: str) -> Mapping[int, tuple[Decimal, Decimal]]:
        found = self.books()["PO"][order]["lines"]
        return {int(line["line"]): (D(line["quantity"]).scaleb(-4), D(line["price"]).scaleb(-4)) for line in found}

    def vouchers(self, reference: str) -> Decimal:
        row = self.books()["VO"].get(reference)
        return D(row["head"]["total"]).scaleb(-4) * (-1 if row["head"]["kind"] == "C" else 1) if row else D(0)

    def received(self, order: str, line: int) -> Mapping[str, Decimal]:
        books = self.books()
        number, found = books["PO"][order]["number"], dict[str, Decimal]()
        for row in books["GR"].values():
            for each in row["lines"] if row["head"]["number"] == number else ():
                if int(each["line"]) == line:
                    found[each["lot"]] = found.get(each["lot"], D(0)) + D(each["quantity"]).scaleb(-4)
        return {lot: quantity for lot, quantity in found.items() if quantity}

    def block(self, supplier: str) -> None:
        self.behave(blocked=[supplier])

    def lose_next_answer(self) -> None:
        """It takes the next file and leaves no acknowledgement."""
        self.losing = True
        self.behave(silent=True)

    def add_field(self) -> None:
        self.behave(release=True)

    def drop_field(self) -> None:
        self.behave(mangled=True)

    def pay(self) -> None:
        self.behave(paid=True)
        self.works()

    def says(self, kind: str, names: Mapping[str, str], mode: str = "") -> None:
        mode = mode or ("F" if len(names) > 1 else "D")
        given = self.root / "masters.json"
        given.write_text(json.dumps({"kind": kind, "mode": mode, "records": records(kind, names)}))
        self.run("--masters", str(given))

    def adds_to_masters(self, kind: str) -> None:
        for path in (self.root / "MMIS" / "out").glob("*.DAT"):
            lines = path.read_bytes().splitlines()
            more = [each.ljust(400) + b"GREEN" if each[:2] in (b"MI", b"MS", b"MC") else each for each in lines]
            path.write_bytes(b"".join(each + b"\r\n" for each in more))

    def breaks_masters(self, kind: str) -> None:
        self.says(kind, {"CUT": "Short"}, mode="F")
        for path in (self.root / "MMIS" / "out").glob("*.DAT"):
            path.write_bytes(path.read_bytes()[:60])
