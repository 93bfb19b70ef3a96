from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations import edi_desk
from integrations.canonical import Order
from integrations.edi_files import Unreadable, edi_file_read
from integrations.x12 import Profile, document_bytes, interchange_answers, parse, read
from tests.integrations.x12.samples import interchange
from tests.integrations.x12.test_order import ENVELOPE, simple

AT = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
ORDER = document_bytes(simple(), ENVELOPE)
BROKEN = ORDER.replace(b"SE*14", b"SE*15")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (ORDER, "x12"),
        (b"\xef\xbb\xbf \n" + ORDER, "x12"),
        (b"some words\n" + ORDER, "x12"),
        (b"UNA:+.? 'UNB+", "edifact"),
        (b"<?xml version='1.0'?><Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'/>", "ubl"),
        (b"<!DOCTYPE cXML SYSTEM 'x'><cXML/>", "cxml"),
        (b"<a/>", "xml"),
        (b"Dear Sir", "unknown"),
        (b"VISA", "unknown"),
    ],
)
def test_formats_are_recognised(data: bytes, kind: str) -> None:
    assert edi_desk.recognise(data) == kind


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("order.x12", ORDER)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 90, "a picture (JPEG)"),
        (b"%PDF-1.7\n", "a PDF"),
        (zipped(), "a ZIP archive"),
        (gzip.compress(ORDER), "compressed with gzip"),
        (ORDER.decode().encode("utf-16"), "saved as UTF-16"),
        (ORDER.decode().encode("utf-16-be"), "saved as UTF-16"),
        (b"\n<!DOCTYPE HTML><html>502", "a web page"),
        (b'{"order": 1}', "looks like JSON"),
        (b"po,qty\n1,2\n", "text of no format that we read"),
        (b"\x01\x02\x03" * 40, "something for a program"),
        (b" \n", "is empty"),
    ],
)
def test_what_is_no_edi_is_named(data: bytes, words: str) -> None:
    found = edi_desk.explain(data)
    (finding,) = found.findings
    assert (found.format, found.verdict) == ("unknown", "quarantine")
    assert words in finding.message
    assert finding.advice
    with pytest.raises(Unreadable, match=re.escape(words)):
        edi_file_read(data, Profile())
    with pytest.raises(edi_desk.DeskError, match=re.escape(words)):
        edi_desk.acknowledgement(data, at=AT)


def test_only_x12_is_answered() -> None:
    with pytest.raises(edi_desk.DeskError, match="Only X12 is answered; this is EDIFACT"):
        edi_desk.acknowledgement(edi_desk.convert(ORDER, "edifact", at=AT), at=AT)


def test_a_file_is_read_once_for_everything_that_is_asked_of_it() -> None:
    found = edi_desk.explain(ORDER + BROKEN)
    assert edi_desk.acknowledgement(found, at=AT) == edi_desk.acknowledgement(ORDER + BROKEN, at=AT)
    assert edi_desk.convert(found, "json", at=AT) == edi_desk.convert(ORDER + BROKEN, "json", at=AT)
    assert edi_desk.set_verdicts(found) == edi_desk.set_verdicts(ORDER + BROKEN)


def test_somebody_stands_in_every_envelope() -> None:
    assert b"+SENDER:ZZ+RECEIVER:ZZ+" in edi_desk.convert(ORDER, "edifact", at=AT)


def test_a_file_is_explained_segment_by_segment() -> None:
    found = edi_desk.explain(ORDER)
    assert (found.format, found.verdict, len(found.documents)) == ("x12", "accept", 1)
    beginning = next(line for line in found.lines if line.name == "BEG")
    assert ORDER[beginning.place :].startswith(b"BEG*00")
    assert beginning.title == "beginning of the purchase order"
    first = beginning.fields[0]
    assert (first.number, first.value, first.name, first.meaning) == (1, "00", "purpose", "original")
    assert [line.name for line in found.lines][:4] == ["ISA", "GS", "ST", "BEG"]
    plain = json.loads(json.dumps(found.plain()))
    assert plain["documents"][0]["document"]["number"] == "PO-2026-000017"


def test_a_refusal_is_a_finding_with_advice() -> None:
    found = edi_desk.explain(b"GS*PO*A~")
    (finding,) = found.findings
    assert (found.verdict, finding.code) == ("quarantine", "refused")
    assert "envelope was cut away" in finding.message
    assert finding.advice


def test_the_partner_s_policy_decides() -> None:
    assert edi_desk.explain(BROKEN).verdict == "quarantine"
    assert edi_desk.explain(BROKEN, Profile(verdicts={"se-count": "warn"})).verdict == "warn"


@pytest.mark.parametrize("target", ["json", "x12", "edifact", "ubl"])
def test_an_order_says_the_same_in_every_format(target: edi_desk.Target) -> None:
    made = edi_desk.convert(ORDER, target, at=AT)
    if target == "json":
        assert json.loads(made)["number"] == "PO-2026-000017"
        return
    (said,) = edi_desk.explain(made, Profile()).documents
    assert said.findings == ()
    assert isinstance(said.document, Order)
    first, second = said.document.lines[0], simple().lines[0]
    assert (first.identity, first.quantity, first.unit, first.unit_price) == (
        second.identity, second.quantity, second.unit, second.unit_price
    )  # fmt: skip
    assert edi_desk.diff(made, edi_desk.convert(made, "x12", at=AT), Profile()) == []


@pytest.mark.parametrize(
    ("data", "target", "words"),
    [
        (b"hello", "json", "text of no format that we read"),
        (interchange("997", "FA", "AK1*PO*17", "AK9*A*1*1*1").encode(), "ubl", "cannot be said in UBL"),
        (ORDER + ORDER, "edifact", "holds 2 documents"),
    ],
)
def test_what_cannot_be_converted_is_said(data: bytes, target: edi_desk.Target, words: str) -> None:
    with pytest.raises(edi_desk.DeskError, match=words):
        edi_desk.convert(data, target, at=AT)


def test_several_documents_become_a_list_and_several_sets() -> None:
    assert len(json.loads(edi_desk.convert(ORDER + ORDER, "json", at=AT))) == 2
    assert edi_desk.convert(ORDER + ORDER, "x12", at=AT).count(b"ST*850") == 2


def test_a_file_is_answered_to_whom_it_came_from() -> None:
    (answer,) = read(edi_desk.acknowledgement(ORDER, at=AT, control=9))
    assert (answer.sender, answer.receiver, answer.control) == (("01", "123456789"), ("ZZ", "HOSPITALNET"), "000000009")
    assert answer.groups[0].sets[0].segments[-2] == ["AK9", "A", "1", "1", "1"]
    (rejected,) = read(edi_desk.acknowledgement(BROKEN, at=AT))
    assert rejected.groups[0].sets[0].segments[-2][1] == "R"
    forgiving = Profile(verdicts={"se-count": "accept"})
    assert read(edi_desk.acknowledgement(BROKEN, at=AT, profile=forgiving))[0].groups[0].sets[0].segments[-2][1] == "R"
    (first,) = interchange_answers(read(edi_desk.acknowledgement(ORDER, at=AT, ta1=True, duplicate=True))[0])
    assert (first.status, first.note) == ("rejected", "025")


def test_a_997_is_never_answered() -> None:
    with pytest.raises(edi_desk.DeskError, match="never answered"):
        edi_desk.acknowledgement(edi_desk.acknowledgement(ORDER, at=AT), at=AT)


def test_differences_are_named_by_their_place() -> None:
    other = ORDER.replace(b"PO1*1*12*", b"PO1*1*13*").replace(b"GPO-77", b"GPO-78")
    assert [(each.path, each.left, each.right) for each in edi_desk.diff(ORDER, other)] == [
        ("0.lines.0.quantity", "12", "13"),
        ("0.lines.0.contract_number", "GPO-77", "GPO-78"),
    ]


def run(*args: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("edi", *args, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    except CommandError as refused:
        return str(refused), refused.returncode
    return out.getvalue(), 0


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    written = {"good": ORDER, "bad": BROKEN, "odd": ORDER.replace(b"PO1*1*12*", b"PO1**12*"), "none": b"hello"}
    for name, data in written.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "profile").write_text(json.dumps(Profile(units={"CA": "PK"}).to_json()))
    (tmp_path / "no-profile").write_text("{")
    return {path.name: str(path) for path in tmp_path.iterdir()}


@pytest.mark.parametrize(("name", "code"), [("good", 0), ("odd", 1), ("bad", 2), ("none", 2)])
def test_the_exit_code_says_what_becomes_of_a_file(files: dict[str, str], name: str, code: int) -> None:
    for act in ("validate", "explain"):
        out, ended = run(act, files[name])
        assert ended == code
        assert out
        plain, ended = run(act, files[name], "--json")
        assert ended == code
        assert json.loads(plain)["verdict"] in ("accept", "warn", "quarantine")


def test_the_command_reads_a_profile(files: dict[str, str]) -> None:
    out, _ = run("convert", files["good"], "--profile", files["profile"])
    assert json.loads(out)["lines"][0]["unit"] == "PK"
    assert run("convert", files["good"], "--profile", files["no-profile"])[1] == 2


def test_the_command_reads_a_profile_as_the_portal_gives_it_away(files: dict[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "downloaded.json"
    body = {"verdicts": {"se-count": "accept"}}
    profile.write_text(json.dumps({"partner_profile": 1, "format": "x12", "profile": body}))
    assert run("validate", files["bad"], "--profile", str(profile))[1] == 0
    profile.write_bytes(b"\x89PNG")
    assert run("validate", files["bad"], "--profile", str(profile))[1] == 2


def test_what_cannot_be_done_is_said_in_a_sentence(files: dict[str, str], tmp_path: Path) -> None:
    for asked in (
        ("--out", str(tmp_path / "nowhere" / "x")),
        ("--currency", "dollars"),
        ("--to", "x12", "--control", "-5"),
    ):
        assert run("convert", files["good"], *asked)[1] == 2


def test_the_command_converts_answers_and_compares(files: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "made"
    assert run("convert", files["good"], "--to", "ubl", "--out", str(target))[1] == 0
    assert target.read_bytes().startswith(b"<?xml")
    assert "AK9*A*1*1*1" in run("ack", files["good"])[0]
    assert "TA1*000000042" in run("ack", files["good"], "--ta1")[0]
    assert run("diff", files["good"], files["good"])[1] == 0
    out, code = run("diff", files["good"], files["odd"], "--json")
    assert (code, json.loads(out)) == (0, [])
    assert run("convert", files["none"])[1] == 2
    assert run("validate", str(tmp_path / "nowhere"))[1] == 2


def test_the_command_publishes_schemas_and_mappings(tmp_path: Path) -> None:
    schema: dict[str, Any] = json.loads(run("schema", "order")[0])
    assert schema["title"] == "order"
    run("schema", "--out", str(tmp_path))
    assert (tmp_path / "invoice.json").exists()
    assert run("mapping")[0].startswith("# Where each field stands")


def test_an_explained_document_is_the_parsed_one() -> None:
    profile = Profile()
    (said,) = edi_desk.explain(ORDER, profile).documents
    assert said.document == parse(read(ORDER)[0].groups[0].sets[0], profile).document


def two_orders() -> bytes:
    again = document_bytes(simple(number="PO-2"), ENVELOPE)
    return ORDER + again.replace(b"000000042", b"000000043")


def test_one_of_several_documents_is_converted() -> None:
    with pytest.raises(edi_desk.DeskError, match="holds 2 documents; a file in UBL holds one: say which"):
        edi_desk.convert(two_orders(), "ubl", at=AT)
    assert b"<cbc:ID>PO-2</cbc:ID>" in edi_desk.convert(two_orders(), "ubl", at=AT, only=2)
    with pytest.raises(edi_desk.DeskError, match="there is no document 3"):
        edi_desk.convert(two_orders(), "ubl", at=AT, only=3)


def test_a_currency_is_meant_where_the_file_names_none() -> None:
    silent = ORDER.replace(b"CUR*BY*USD~\n", b"").replace(b"SE*14", b"SE*13")
    with pytest.raises(edi_desk.DeskError, match="no currency"):
        edi_desk.convert(silent, "ubl", at=AT)
    assert b'currencyID="CAD"' in edi_desk.convert(silent, "ubl", at=AT, currency="CAD")
    assert b'currencyID="USD"' in edi_desk.convert(ORDER, "ubl", at=AT, currency="CAD")


def test_a_997_is_built_by_hand() -> None:
    name = "PO-7-850-0001"
    assert edi_desk.set_verdicts(ORDER) == {name: "accepted"}
    assert edi_desk.set_verdicts(BROKEN) == {name: "rejected"}
    assert edi_desk.set_verdicts(b"nothing") == {}
    turned = edi_desk.acknowledgement(ORDER, at=AT, decided={name: "rejected"})
    assert b"AK5*R~\nAK9*R*1*1*0~" in turned
    forgiven = edi_desk.acknowledgement(BROKEN, at=AT, decided={name: "accepted"})
    assert b"AK5*A~\nAK9*A*1*1*1~" in forgiven
    kept = edi_desk.acknowledgement(BROKEN, at=AT, decided={name: "accepted_with_errors"})
    assert b"AK5*E*4~\nAK9*E*1*1*1~" in kept
    assert edi_desk.acknowledgement(ORDER, at=AT, decided={"PO-9-850-0001": "rejected"}) == edi_desk.acknowledgement(
        ORDER, at=AT
    )


def test_a_group_without_a_name_is_not_answered_and_the_others_are() -> None:
    nameless = b"".join([ORDER.replace(b"GS*PO*", b"GS**"), ORDER.replace(b"000000042", b"000000043")])
    assert edi_desk.acknowledgement(nameless, at=AT).count(b"AK1*PO*7~") == 1


def test_the_command_takes_the_same_choices(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "made"
    call_command("edi", "ack", files["good"], "--decide", "PO-7-850-0001=rejected", "--out", str(out))
    assert b"AK5*R~" in out.read_bytes()
    with pytest.raises(CommandError, match="they are PO-7-850-0001"):
        call_command("edi", "ack", files["good"], "--decide", "PO-8-850-0001=rejected")
    call_command(
        "edi", "convert", files["good"], "--to", "ubl", "--document", "1", "--currency", "CAD", "--out", str(out)
    )
    assert b"PO-2026-000017" in out.read_bytes()
