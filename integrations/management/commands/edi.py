"""`manage.py edi`: what a file is, what is wrong with it, what it says, and its answer; for people and for scripts.

Exit codes: 0 fine, 1 findings that want a look (or files that differ), 2 refused or not possible.
"""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast, get_args

from django.core.management.base import BaseCommand, CommandError

from integrations import edi_desk
from integrations.canonical import KINDS, SetStatus, json_schema, to_json
from integrations.edi_mapping import mapping_page
from integrations.x12 import Finding, Profile, X12Error

MOST_CONTROL: Final = 999_999_999
_EXIT: Final = {"accept": 0, "warn": 1, "quarantine": 2}


class Command(BaseCommand):
    help = "Explain, validate, convert, acknowledge and compare EDI files (X12, EDIFACT, UBL)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")

        def act(name: str, words: str, *, files: int = 1) -> ArgumentParser:
            each = acts.add_parser(name, help=words)
            for file in ("file", "other")[:files]:
                each.add_argument(file, help="the file, - for what comes in on stdin")
            each.add_argument("--profile", help="the partner's profile as JSON")
            each.add_argument("--json", action="store_true", help="answer in JSON")
            return each

        act("explain", "segments with their meanings, findings and documents")
        act("validate", "what is wrong, and what to do about it")
        act("diff", "how the documents of two files differ", files=2)
        convert = act("convert", "the documents in another format")
        convert.add_argument("--to", choices=edi_desk.TARGETS, default="json")
        convert.add_argument("--currency", default="", help="of documents that name none")
        convert.add_argument("--document", type=int, default=0, help="only this document, counted from 1")
        answer = act("ack", "the 997 (or TA1) that answers an X12 file")
        answer.add_argument("--ta1", action="store_true", help="answer the interchange with a TA1")
        answer.add_argument(
            "--decide", action="append", default=[], metavar="SET=STATUS",
            help="another verdict on a set, such as PO-17-850-0001=rejected (accepted, accepted_with_errors, rejected)",
        )  # fmt: skip
        answer.add_argument("--duplicate", action="store_true", help="say in the TA1 that the interchange came before")
        for each in (convert, answer):
            each.add_argument("--control", type=int, default=1, help="control number of the new envelope")
            each.add_argument("--out", help="write here instead of stdout")
        schema = acts.add_parser("schema", help="the JSON Schemas of the canonical documents")
        schema.add_argument("kind", nargs="?", choices=sorted(KINDS), help="all of them where none is named")
        schema.add_argument("--out", help="a folder to write them to")
        acts.add_parser("mapping", help="where each canonical field stands in X12, UBL and EDIFACT, as a page")

    def handle(self, *_args: object, **options: Any) -> None:
        act = getattr(self, f"do_{options['act']}")
        try:
            if not 1 <= options.get("control", 1) <= MOST_CONTROL:
                raise edi_desk.DeskError(f"A control number is 1 to {MOST_CONTROL}.")
            code = act(options)
        except (edi_desk.DeskError, X12Error) as fault:
            raise CommandError(str(fault), returncode=2) from fault
        if code:
            sys.exit(code)

    def do_explain(self, options: dict[str, Any]) -> int:
        found = edi_desk.explain(self._read(options["file"]), _profile(options))
        if options["json"]:
            self._json(found.plain())
            return _EXIT[found.verdict]
        self.stdout.write(_summary(found))
        for line in found.lines:
            told = "; ".join(_field(each) for each in line.fields)
            self.stdout.write(f"{line.place if line.place >= 0 else '':>8} {line.name:<4} {line.title}: {told}")
        self._findings(found)
        for each in found.documents:
            if each.document is not None:
                self._json(to_json(each.document))
        return _EXIT[found.verdict]

    def do_validate(self, options: dict[str, Any]) -> int:
        found = edi_desk.explain(self._read(options["file"]), _profile(options), segments=0)
        if options["json"]:
            plain = found.plain()
            del plain["segments"]
            self._json(plain)
        else:
            self._findings(found)
            self.stdout.write(_summary(found))
        return _EXIT[found.verdict]

    def do_convert(self, options: dict[str, Any]) -> int:
        currency = options["currency"].upper()
        if currency and not re.fullmatch("[A-Z]{3}", currency):
            raise edi_desk.DeskError("A currency has three letters, such as USD.")
        made = edi_desk.convert(
            self._read(options["file"]),
            options["to"],
            at=datetime.now(UTC),
            profile=_profile(options),
            control=options["control"],
            currency=currency,
            only=max(options["document"], 0),
        )
        self._write(made, options)
        return 0

    def do_ack(self, options: dict[str, Any]) -> int:
        profile = _profile(options)
        found = edi_desk.explain(self._read(options["file"]), profile, segments=0)
        made = edi_desk.acknowledgement(
            found,
            at=datetime.now(UTC),
            profile=profile,
            decided=_decided(options["decide"], edi_desk.set_verdicts(found, profile)),
            control=options["control"],
            duplicate=options["duplicate"],
            ta1=options["ta1"] or options["duplicate"],
        )
        self._write(made, options)
        return 0

    def do_diff(self, options: dict[str, Any]) -> int:
        differences = edi_desk.diff(self._read(options["file"]), self._read(options["other"]), _profile(options))
        if options["json"]:
            self._json([vars(each) for each in differences])
        for each in () if options["json"] else differences:
            self.stdout.write(f"{each.path}: {json.dumps(each.left)} | {json.dumps(each.right)}")
        return 1 if differences else 0

    def do_schema(self, options: dict[str, Any]) -> int:
        kinds = [options["kind"]] if options["kind"] else sorted(KINDS)
        for kind in kinds:
            text = json.dumps(json_schema(kind), indent=2) + "\n"
            if options["out"]:
                (Path(options["out"]) / f"{kind}.json").write_text(text)
            else:
                self.stdout.write(text)
        return 0

    def do_mapping(self, _options: dict[str, Any]) -> int:
        self.stdout.write(mapping_page(), ending="")
        return 0

    def _read(self, name: str) -> bytes:
        try:
            return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as fault:
            raise CommandError(f"{name} cannot be read: {fault.strerror}.", returncode=2) from fault

    def _write(self, made: bytes, options: dict[str, Any]) -> None:
        if options["out"]:
            try:
                Path(options["out"]).write_bytes(made)
            except OSError as fault:
                raise CommandError(f"{options['out']} cannot be written: {fault.strerror}.", returncode=2) from fault
        elif options["json"] and not made.startswith((b"{", b"[")):
            self._json({"content": made.decode("utf-8", "replace")})
        else:
            self.stdout.write(made.decode("utf-8", "replace"), ending="")

    def _json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))

    def _findings(self, found: edi_desk.Explained) -> None:
        for finding in found.findings:
            self._finding(finding)
        for each in found.documents:
            for finding in each.findings:
                self._finding(finding, f"{each.kind} {each.control}: ")

    def _finding(self, finding: Finding, where: str = "") -> None:
        at = f" (byte {finding.offset})" if finding.offset >= 0 else ""
        self.stdout.write(f"{finding.severity}: {where}{finding.message}{at} {finding.advice}")


def _summary(found: edi_desk.Explained) -> str:
    count = len(found.documents)
    return f"{found.format}, {count} document{'' if count == 1 else 's'}: {found.verdict}"


def _field(each: edi_desk.Field) -> str:
    name = f"{each.name} " if each.name else ""
    return f"{name}{each.value}" + (f" ({each.meaning})" if each.meaning else "")


def _decided(told: list[str], known: Mapping[str, SetStatus]) -> dict[str, SetStatus]:
    """Verdicts as they are typed. Raises DeskError for a set or verdict that there is not."""
    found: dict[str, SetStatus] = {}
    for text in told:
        name, _, status = text.partition("=")
        if name not in known or status not in get_args(SetStatus):
            raise edi_desk.DeskError(
                f"{text!r} decides about no set of this file; they are {', '.join(known) or 'none'}."
            )
        found[name] = cast("SetStatus", status)
    return found


def _profile(options: dict[str, Any]) -> Profile | None:
    if not options["profile"]:
        return None
    try:
        told = json.loads(Path(options["profile"]).read_bytes())
        # as a partner's page gives it away, or the bare profile
        return Profile.from_json(told["profile"] if isinstance(told, dict) and "profile" in told else told)
    except (OSError, ValueError, RecursionError) as fault:
        raise CommandError(f"The profile {options['profile']} cannot be read: {fault}", returncode=2) from fault
