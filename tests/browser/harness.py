"""Drives a real Chromium: one visitor per test, who notices every console error, CSP violation and accessibility fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page

from core.models import User

WIDTHS = {"1440": (1440, 900), "1024": (1024, 768), "390": (390, 844)}
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENSHOTS = settings.BASE_DIR / "var" / "screenshots"
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll-x, dialog:not([open])"))
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 160));
}"""


@dataclass
class Visitor:
    """A person at a browser. `page` is Playwright's; `problems` fills with what the console and the network complain about."""

    page: Page
    base_url: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console {message.type}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400 and "/static/" in response.url:
            self.problems.append(f"{response.status} for {response.url}")

    def login_as(self, user: User) -> None:
        """Signs in without the form, by the session cookie."""
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.base_url}])

    def goto(self, path: str) -> None:
        self.page.goto(self.base_url + path)

    def check(self, name: str, *, dark: bool = False, full: bool = True) -> None:
        """At 1440, 1024 and 390 px: a screenshot, no accessibility fault, no sideways scrolling, nothing in the console.

        Screenshots go to `var/screenshots/<name>-<width>[-dark].png`. The page stays open as it is.
        """
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        faults = []
        for width, (w, h) in WIDTHS.items():
            self.page.set_viewport_size({"width": w, "height": h})
            self.page.wait_for_load_state("networkidle")
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{width}{'-dark' if dark else ''}.png", full_page=full)
            faults += [f"{width} px: sticks out: {element}" for element in self.page.evaluate(OVERFLOW)]
            faults += [f"{width} px: {fault}" for fault in self._accessibility()]
        faults += self.problems
        assert not faults, f"{name}:\n" + "\n".join(faults)

    def _accessibility(self) -> list[str]:
        # axe is evaluated by the debugger, which the page's content security policy does not concern
        self.page.evaluate(f"() => {{ if (!window.axe) {{ {AXE.read_text()} }} }}")
        result = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", AXE_TAGS
        )
        return [
            f"{violation['id']}: {violation['help']}: {re.sub(chr(10), ' ', node['html'])[:200]} ({node.get('failureSummary', '')[:300]})"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]


@contextmanager
def visit(browser: Browser, base_url: str, **options: Any) -> Iterator[Visitor]:
    """A fresh visitor with empty cookies; several can be open at once. Options are Playwright's for a context."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", **options)
    context.set_default_timeout(10_000)
    try:
        yield Visitor(context.new_page(), base_url)
    finally:
        context.close()
