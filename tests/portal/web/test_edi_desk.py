"""The EDI workbench: what it says about a file, what it gives away, and that a hostile file gets words and no harm."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from integrations import edi_desk
from integrations.models import Payload
from integrations.x12 import document_bytes, read
from masterdata.models import Role
from portal.web.edi_desk import MOST_BYTES, STEP
from tests.factories import Network, make_user
from tests.integrations.x12.test_order import ENVELOPE, simple

DESK, FILE = reverse("edi-desk"), reverse("edi-file")
ORDER = document_bytes(simple(), ENVELOPE)
BROKEN = ORDER.replace(b"SE*14", b"SE*15")


@pytest.fixture
def support(net: Network, sign_in: Any) -> Client:
    net.users["support"] = make_user("support", (Role.INTEGRATION_SUPPORT, None))
    client: Client = sign_in("support")
    return client


def post(client: Client, data: bytes, address: str = DESK, **more: Any) -> Any:
    return client.post(address, {"file": SimpleUploadedFile("a.edi", data), **more})


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_the_empty_desk_says_what_can_be_dropped(support: Client) -> None:
    page = text(support.get(DESK))
    assert "Any EDI file can be dropped here" in page
    assert "Nothing is stored" in page
    assert f'href="{DESK}"' in page


def test_others_are_refused_and_do_not_see_the_entry(net: Network, sign_in: Any) -> None:
    net.users["auditor"] = make_user("auditor", (Role.AUDITOR, None))
    auditor = sign_in("auditor")
    assert auditor.get(DESK).status_code == 404
    assert auditor.post(DESK, {"text": "ISA"}).status_code == 404
    assert auditor.post(FILE, {"text": "ISA", "to": "json"}).status_code == 404
    assert f'href="{DESK}"' not in text(auditor.get("/"))


def test_an_order_is_explained_and_nothing_is_kept(support: Client, few_statements: Any) -> None:
    before = Payload.objects.count()
    with few_statements():
        answer = post(support, ORDER)
    page = text(answer)
    assert answer["Cache-Control"] == "no-store"
    assert "This is X12" in page
    assert "one document: 850" in page
    assert "We would take it as it is." in page
    assert "beginning of the purchase order" in page
    assert "purpose: original" in page
    assert '"number": "PO-2026-000017"' in page
    assert "AK9*A*1*1*1" in page
    assert "TA1*" in page
    assert Payload.objects.count() == before


def test_a_pasted_text_is_read_as_it_was_pasted(support: Client) -> None:
    lines = ORDER.decode().replace("~", "~\r\n")
    answer = support.post(DESK, {"text": lines})
    assert answer.context["size"] == f"{len(lines.replace(chr(13), '')):,} bytes"
    assert "We would take it as it is." in text(answer)


def test_a_finding_stands_at_its_segment_with_place_and_advice(support: Client) -> None:
    answer = post(support, BROKEN)
    (finding,) = edi_desk.explain(BROKEN).documents[0].findings
    (line,) = [each for each in answer.context["lines"] if each["findings"]]
    (told,) = line["findings"]
    assert (line["name"], told.severity, told.line) == ("SE", "Error", line["number"])
    assert f"position {finding.position}" in told.where
    assert f"byte {finding.offset}" in told.where
    page = text(answer)
    assert f'href="#segment-{line["number"]}"' in page
    assert page.count(finding.advice) == 2
    assert "quarantine" in page


@pytest.mark.parametrize(("to", "begins"), [("x12", b"ISA"), ("ubl", b"<?xml"), ("edifact", b"UN"), ("json", b"{")])
def test_it_is_downloaded_in_every_format(support: Client, to: str, begins: bytes) -> None:
    answer = support.post(FILE, {"kept": base64.b64encode(ORDER).decode(), "to": to})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.startswith(begins)
    if to == "json":
        assert json.loads(answer.content)["number"] == "PO-2026-000017"
    else:
        assert edi_desk.diff(ORDER, answer.content) == []


def test_the_answers_are_downloaded(support: Client) -> None:
    kept = base64.b64encode(BROKEN).decode()
    made = support.post(FILE, {"kept": kept, "to": "997"}).content
    assert read(made)[0].groups[0].sets[0].segments[-2][:2] == ["AK9", "R"]
    assert b"TA1*" in support.post(FILE, {"kept": kept, "to": "ta1"}).content


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": ""}, "There is nothing to look at"),
        ({"text": "  \r\n "}, "There is nothing to look at"),
        ({"kept": "%%%"}, "did not come back whole"),
        ({"kept": "é"}, "did not come back whole"),
        ({"text": "x" * (MOST_BYTES + 1)}, "this page reads up to 1 MB"),
        ({"file": SimpleUploadedFile("a", b"x" * (MOST_BYTES + 1))}, "this page reads up to 1 MB"),
    ],
)
def test_what_is_no_file_is_refused_in_words(support: Client, body: dict[str, Any], words: str) -> None:
    answer = support.post(DESK, body)
    assert answer.status_code == 422
    assert words in text(answer)


@pytest.mark.parametrize(
    ("data", "to", "words"),
    [
        (b"Dear Sir", "json", "It cannot be written as Canonical JSON"),
        (ORDER + ORDER, "ubl", "The file holds 2 documents"),
        (b"Dear Sir", "997", "It cannot be written as 997"),
        (ORDER, "exe", "Say which format"),
    ],
)
def test_what_cannot_be_made_is_said_beside_the_file(support: Client, data: bytes, to: str, words: str) -> None:
    answer = post(support, data, FILE, to=to)
    assert answer.status_code == 422
    assert words in text(answer)
    assert answer.context["kept"] == base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<script>alert(1)</script>", "UBL 2.1 is read"),
        (b"\x00\xff\xfe" * 50, "no format that we know"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a xmlns='urn:oasis:names:specification:ubl:x'>&b;</a>", "quarantine"),
        (b"<a>" * 3000 + b"urn:oasis:names:specification:ubl", "quarantine"),
        (ORDER.replace(b"GPO-77", b"</pre><script>x"), "This is X12"),
        (b"<!DOCTYPE cXML SYSTEM 'x'><cXML/>", "This is cXML"),
    ],
)  # fmt: skip
def test_a_hostile_file_gets_words_and_is_escaped(support: Client, data: bytes, words: str) -> None:
    answer = post(support, data)
    assert answer.status_code == 200
    assert words in text(answer)
    scripts = re.findall(rb"<script[^>]*>", answer.content)
    assert all(b" src=" in each for each in scripts)


def test_of_what_is_no_text_no_text_is_shown(support: Client) -> None:
    page = text(post(support, b"\x89PNG\r\n\x1a\n" + b"\0" * 90))
    assert "This is a picture (PNG)." in page
    assert "As it came" not in page
    assert "The answer it would get" not in page
    assert "As it came" in text(post(support, b"po,qty"))


def test_a_long_file_is_shown_in_parts(support: Client) -> None:
    many = ORDER * 60
    first = post(support, many)
    count = first.context["line_count"]
    assert len(first.context["lines"]) == STEP
    assert f"The first {STEP} of {count} segments" in text(first)
    assert first.context["json"]["cut"]
    kept = first.context["kept"]
    second = support.post(DESK, {"kept": kept, "shown": str(first.context["more"])})
    assert len(second.context["lines"]) == 2 * STEP
    every = support.post(DESK, {"kept": kept, "shown": "99999"})
    assert (len(every.context["lines"]), every.context["more"]) == (count, 0)
    odd = support.post(DESK, {"kept": kept, "shown": "-1"})
    assert len(odd.context["lines"]) == STEP


def test_what_is_wrong_is_said_once_and_the_worst_first(support: Client) -> None:
    lax = ORDER.replace(b"IEA*1*", b"IEA*2*").replace(b"PO1*1*12*", b"PO1**12*")
    answer = post(support, lax * 2 + BROKEN)
    said = [each.severity for each in answer.context["findings"]]
    assert said == sorted(said, key=["Error", "Warning", "Note"].index)
    assert "And 1 more of this kind." in text(answer)
    assert answer.context["finding_count"] == sum(1 + each.more for each in answer.context["findings"])


def test_many_findings_and_fields_are_bounded(support: Client) -> None:
    page = post(support, BROKEN * 120)
    assert "And 119 more of this kind." in text(page)
    wide = post(support, ORDER.replace(b"GPO-77", b"GPO-77" + b"*x" * 5000))
    assert "more elements" in text(wide)


def test_two_files_are_compared(support: Client) -> None:
    other = ORDER.replace(b"PO1*1*12*", b"PO1*1*13*").decode()
    kept = base64.b64encode(ORDER).decode()
    answer = support.post(DESK, {"kept": kept, "other_text": other, "compare": "1"})
    assert answer.context["compared"] == {"rows": [("document 1, lines 1, quantity", "12", "13")], "count": 1}
    same = support.post(DESK, {"kept": kept, "other": SimpleUploadedFile("b", ORDER), "compare": "1"})
    assert "Both say the same." in text(same)
    assert "There is nothing to look at" in text(support.post(DESK, {"kept": kept, "compare": "1"}))
    none = support.post(DESK, {"kept": kept, "other_text": "Dear Sir", "compare": "1"})
    assert "The second file holds no document" in text(none)


def test_a_997_is_built_by_hand(support: Client) -> None:
    page = text(post(support, ORDER))
    assert "Build the 997 by hand" in page
    chosen = {"set-PO-7-850-0001": "rejected", "set-PO-7-850-9999": "accepted", "set-": "nonsense"}
    page = text(post(support, ORDER, build="1", **chosen))
    assert "AK5*R~" in page
    assert '<option value="rejected" selected>' in page
    assert b"AK9*R*1*1*0" in post(support, ORDER, FILE, to="997", **chosen).content


def test_one_document_is_converted_in_a_currency_that_is_typed(support: Client) -> None:
    silent = ORDER.replace(b"CUR*BY*USD~\n", b"").replace(b"SE*14", b"SE*13")
    both = silent + silent.replace(b"PO-2026-000017", b"PO-2026-000018").replace(b"000000042", b"000000043")
    page = text(post(support, both))
    assert "2: 850 000000043/7/0001" in page
    answer = post(support, both, FILE, to="ubl", only="2", currency="cad")
    assert b'currencyID="CAD"' in answer.content
    assert b"PO-2026-000018" in answer.content
    assert "say which" in text(post(support, both, FILE, to="ubl", currency="CAD"))
