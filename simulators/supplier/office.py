"""The suppliers at work: take files from the mailboxes, plan answers, send what is due.

A file is remembered and its answers are planned in one transaction, then it moves to the archive. An answer is written under a
hidden name, remembered as sent, then renamed: killed at any point, a restart neither loses nor doubles anything.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.supplier import documents, x12
from simulators.supplier.behaviour import Behaviour
from simulators.supplier.state import State

GARBAGE = b"ISA*00*   this is not what you ordered ~~~ \x00\xff\r\nBAK*00*AC\r\n"


class Office:
    """All suppliers of one mailbox folder."""

    def __init__(
        self, mailboxes: Path, state: State, behaviours: Mapping[str, Mapping[str, Any]], delay: float, verbose: bool
    ) -> None:
        self.mailboxes = mailboxes
        self.state = state
        self.behaviours = behaviours
        self.delay = delay
        self.verbose = verbose
        for code in behaviours:
            if code != "*":
                self.folder(code)
        self.finish_renames()

    def folder(self, supplier: str) -> Path:
        """The supplier's mailbox, complete."""
        root = self.mailboxes / supplier
        for name in ("in", "out", "archive"):
            (root / name).mkdir(parents=True, exist_ok=True)
        return root

    def finish_renames(self) -> None:
        """Files that were remembered as sent, but not yet shown when the process was killed."""
        for hidden in self.mailboxes.glob("*/out/.*.tmp"):
            name = hidden.name[1:-4]
            known = self.state.db.execute("SELECT 1 FROM answers WHERE sent_as LIKE ?", (f'%"{name}"%',)).fetchone()
            hidden.replace(hidden.with_name(name)) if known else hidden.unlink()

    def work(self, stop: threading.Event) -> int:
        """One round: everything that is there is read, everything that is due is sent. Returns how much was done."""
        done = 0
        for inbox in sorted(self.mailboxes.glob("*/in")):
            for path in sorted(inbox.glob("*.x12")):
                if not path.name.startswith(".") and not stop.is_set():
                    self.take(inbox.parent.name, path)
                    done += 1
        while not stop.is_set() and (answer := self.state.due(time.time())) is not None:
            self.send(answer)
            done += 1
        return done

    def say(self, words: str) -> None:
        if self.verbose:
            print(words, flush=True)

    # -- taking --------------------------------------------------------------------------------------------------------

    def take(self, supplier: str, path: Path) -> None:
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        archive = self.folder(supplier) / "archive"
        try:
            received, problem = x12.read(data), ""
        except x12.Unreadable as fault:
            received, problem = None, str(fault)
        with self.state.change():
            if self.state.file_new(supplier, digest, path.name, problem) and received is not None:
                for group in received.groups:
                    self.take_group(supplier, received, group)
        target = archive / path.name
        path.replace(target if not target.exists() else archive / f"{path.stem}.{digest[:8]}.{time.time_ns()}.x12")
        self.say(f"{supplier} took {path.name}" + (f": unreadable, {problem}" if problem else ""))

    def take_group(self, supplier: str, received: x12.File, group: x12.Group) -> None:
        address = {
            "sender": received.receiver,
            "receiver": received.sender,
            "group_sender": received.group_receiver,
            "group_receiver": received.group_sender,
            "usage": received.usage,
        }
        if group.functional_id == "FA":
            for each in group.sets:
                opening, closing = each.first("AK1"), each.first("AK9")
                self.state.acknowledged(supplier, opening[1], opening[2], closing[1])
            return
        orders = [order for each in group.sets if (order := documents.order_from(each)) is not None]
        behaviours = [self.behaviour(supplier, order) for order in orders]
        if not any(behaviour.does("no_997") or behaviour.does("silent") for behaviour in behaviours):
            detail = {"address": address, "body": documents.acknowledge(group)}
            self.state.plan(supplier, orders[0]["number"] if orders else "", "997", time.time(), detail)
        for order, behaviour in zip(orders, behaviours, strict=True):
            order["address"] = address
            if order["purpose"] == "00":
                self.take_order(supplier, order, behaviour)
            else:
                self.take_change(supplier, order)

    def behaviour(self, supplier: str, order: Mapping[str, Any]) -> Behaviour:
        wanted = self.behaviours.get(supplier, self.behaviours.get("*", {}))
        return Behaviour(supplier, order["number"], wanted, order["notes"])

    def take_order(self, supplier: str, order: dict[str, Any], behaviour: Behaviour) -> None:
        number = order["number"]
        if self.state.order(supplier, number) is not None:
            self.state.order_again(supplier, number)
            return
        order["supplier_order"] = f"{supplier}-O{self.state.next(supplier, 'order'):06}"
        self.state.order_save(supplier, number, order)
        if behaviour.does("silent"):
            return
        jitter = random.Random(number)
        due = time.time() + behaviour.sleep
        steps = [("855", {}, 1), ("856", {"part": "now"}, 2), ("810", {"part": "now"}, 1)]
        if any("backorder" in behaviour.line(line["line"]) for line in order["lines"]):
            steps += [("856", {"part": "rest"}, 6), ("810", {"part": "rest"}, 1)]
        for kind, detail, times in steps:
            due += self.delay * times * jitter.uniform(0.5, 1.5)
            self.state.plan(supplier, number, kind, due, detail)

    def take_change(self, supplier: str, change: dict[str, Any]) -> None:
        number = change["number"]
        order = self.state.order(supplier, number)
        accepted = order is not None and not order.get("shipped") and not order.get("cancelled")
        known = order or {"number": number, "date": change["date"], "supplier_order": ""}
        detail = {"order": known, "change": change, "accepted": accepted, "address": change["address"]}
        self.state.plan(supplier, number, "865", time.time() + self.delay * 0.5, detail)
        if order is None or not accepted:
            return
        if change["purpose"] == "01":
            order["cancelled"] = True
            self.state.unplan(supplier, number, "855", "856", "810")
        else:
            lines = {line["line"]: line for line in order["lines"]}
            for line in change["lines"]:
                known_words = lines.get(line["line"], line)["description"]
                lines[line["line"]] = {**line, "description": line["description"] or known_words}
                if line["action"] == "DI":
                    lines[line["line"]]["quantity"] = "0"
            order["lines"] = list(lines.values())
        self.state.order_save(supplier, number, order)

    # -- sending -------------------------------------------------------------------------------------------------------

    def send(self, answer: sqlite3.Row) -> None:
        supplier, kind = answer["supplier"], answer["kind"]
        out = self.folder(supplier) / "out"
        with self.state.change():
            files = [
                (f"{answer['id']:08}-{place}-{label}.x12", data)
                for place, (label, data) in enumerate(self.build(supplier, kind, answer))
            ]
            for name, data in files:
                (out / f".{name}.tmp").write_bytes(data)
            self.state.sent(answer["id"], [name for name, _ in files])
        for name, _ in files:
            (out / f".{name}.tmp").replace(out / name)
            self.say(f"{supplier} sent {name} for {answer['number']}")

    def build(self, supplier: str, kind: str, answer: sqlite3.Row) -> list[tuple[str, bytes]]:
        """The files of one answer as (label, bytes): none where there is nothing to say, more where it misbehaves."""
        detail = json.loads(answer["detail"])
        order = self.state.order(supplier, answer["number"]) or {}
        body = self.body(supplier, kind, order, detail)
        if not body:
            return []
        given = detail.get("address") or order["address"]
        sender, receiver = ((given[side][0], given[side][1]) for side in ("sender", "receiver"))
        address = x12.Address(sender, receiver, given["group_sender"], given["group_receiver"], given["usage"])
        control = self.state.next(supplier, "control")
        data = x12.write(address, documents.GROUPS[kind], kind, control, body, datetime.now(UTC))
        files = [(kind, data)]
        if kind in ("855", "856", "810"):
            behaviour = self.behaviour(supplier, order)
            if kind == "855" and behaviour.does("garbage"):
                files.insert(0, ("garbage", GARBAGE + data[:200]))
            if kind != "855" and behaviour.does("duplicate"):
                files.append((f"{kind}-again", data))
        return files

    def body(self, supplier: str, kind: str, order: dict[str, Any], detail: dict[str, Any]) -> documents.Segments:
        now = datetime.now(UTC)
        if kind == "997":
            segments: documents.Segments = detail["body"]
            return segments
        if kind == "865":
            known = detail["order"]
            return documents.change_answer(
                known, detail["change"], detail["accepted"], known["supplier_order"], now.date()
            )
        behaviour = self.behaviour(supplier, order)
        if kind == "855":
            return documents.answer(order, behaviour, order["supplier_order"], now.date())
        if kind == "856":
            return self.ship(supplier, order, behaviour, detail["part"], now)
        packed = order.get("shipped", {}).get(detail["part"], [])
        if not packed or behaviour.does("no_invoice"):
            return []
        number = f"{supplier}-I{self.state.next(supplier, 'invoice'):06}"
        return documents.invoice(order, packed, behaviour, number, now.date())

    def ship(
        self, supplier: str, order: dict[str, Any], behaviour: Behaviour, part: str, now: datetime
    ) -> documents.Segments:
        packed = documents.shipment(order, behaviour, part)
        if not packed:
            return []
        order.setdefault("shipped", {})[part] = packed
        self.state.order_save(supplier, order["number"], order)
        number = f"{supplier}-S{self.state.next(supplier, 'shipment'):06}"
        return documents.ship_notice(order, packed, behaviour, number, now)
