"""The EDI workbench at a browser: paste, read, show more, compare, take away; and the same without scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from integrations.x12 import document_bytes
from masterdata.models import Role
from tests.browser.harness import Visitor, visit
from tests.factories import make_user
from tests.integrations.x12.test_order import ENVELOPE, simple

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ORDER = document_bytes(simple(), ENVELOPE)


def test_a_file_is_read_continued_and_compared(visitor: Visitor) -> None:
    visitor.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
    page = visitor.page
    visitor.goto("/")
    page.get_by_role("link", name="EDI workbench").first.click()
    expect(page.get_by_role("heading", name="Any EDI file can be dropped here")).to_be_visible()
    visitor.check("edi-desk-empty")

    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Paste its text").fill(ORDER.replace(b"SE*14", b"SE*15").decode())
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This is X12")).to_be_visible()
    expect(page.get_by_text("We would put it in quarantine")).to_be_visible()
    page.get_by_label("Paste the other text").fill(ORDER.replace(b"PO1*1*12*", b"PO1*1*13*").decode())
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("cell", name="document 1, lines 1, quantity")).to_be_visible()
    page.get_by_role("button", name="Copy the 997").click()
    expect(page.locator(".toast-note")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="UBL").click()
    assert Path(taken.value.path()).read_bytes().startswith(b"<?xml")
    page.get_by_text("Build the 997 by hand").click()
    page.get_by_label("PO 7 850 0001").select_option("accepted")
    page.get_by_role("button", name="Build it like this").click()
    expect(page.locator("#answer-997")).to_have_value(re.compile(r"AK5\*A~"))
    visitor.check("edi-desk")

    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_text("Look at another file").click()
    page.get_by_label("or choose a file").set_input_files(
        {"name": "many.edi", "mimeType": "text/plain", "buffer": ORDER * 60}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".edi-line")).to_have_count(200)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".edi-line")).to_have_count(400)
    assert not visitor.problems


def test_it_works_without_scripts(browser: Browser, live_server: Any) -> None:
    with visit(browser, live_server.url, java_script_enabled=False) as someone:
        someone.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
        someone.goto("/edi/")
        page = someone.page
        many: FilePayload = {"name": "many.x12", "mimeType": "application/edi-x12", "buffer": ORDER * 60}
        page.get_by_label("or choose a file").set_input_files(many)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Show more").click()
        expect(page.locator(".edi-line")).to_have_count(400)
        page.get_by_label("or choose the other file").set_input_files(many)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_text("Both say the same.")).to_be_visible()
