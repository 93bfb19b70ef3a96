"""Fixtures of the browser tests. Chromium comes from the system; where there is none, the tests say so and are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from core.models import User
from tests.browser.harness import Visitor, visit

CHROMIUM = os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "NO BROWSER: install Debian's package `chromium` (or set PORTAL_CHROMIUM) to run the browser tests"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not CHROMIUM:
        terminalreporter.section("browser tests were skipped", red=True)
        terminalreporter.line(MISSING)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip(MISSING)
    # Playwright runs an event loop in this thread; Django would refuse its ORM there
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Iterator[Visitor]:
    """A visitor of the portal, not signed in."""
    with visit(browser, live_server.url) as someone:
        yield someone


@pytest.fixture
def person(transactional_db: None) -> User:
    """Somebody with no role at all."""
    return User.objects.create_user("lena.fischer@example.org", "not-used-here", name="Lena Fischer", title="Buyer")
