"""The design system itself: every component, light and dark, at three widths, by hand and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.models import User
from tests.browser.harness import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def guide(visitor: Visitor, person: User) -> Visitor:
    visitor.login_as(person)
    visitor.goto("/styleguide/")
    return visitor


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_accessible_at_every_width(guide: Visitor, dark: bool) -> None:
    guide.check("styleguide", dark=dark)


def test_dialogs_menus_and_drawer_are_accessible(guide: Visitor) -> None:
    page = guide.page
    page.locator("summary.menu-person").click()
    guide.check("styleguide-menu", full=False)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Cancel order").click()
    guide.check("styleguide-confirm", full=False)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="PO-2026-000431").click()
    expect(page.locator("#drawer")).to_be_visible()
    guide.check("styleguide-drawer", full=False)


def test_sheets_open_on_the_phone(guide: Visitor) -> None:
    page = guide.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Open the navigation").click()
    expect(page.locator("#nav")).to_be_visible()
    page.screenshot(path="var/screenshots/styleguide-nav-sheet.png")
    page.keyboard.press("Escape")
    expect(page.locator("#nav")).to_be_hidden()
    page.get_by_role("link", name="Filters", exact=True).click()
    expect(page.locator("#facets")).to_be_visible()
    page.screenshot(path="var/screenshots/styleguide-facets-sheet.png")


def test_keys_move_open_and_select(guide: Visitor) -> None:
    page = guide.page
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class("is-current")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    expect(page.locator("[data-bulk-sum]")).to_have_text(" · 18,420.50 USD")
    guide.check("styleguide-bulk", full=False)
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("PO-2026-000431")


def test_the_keys_are_listed_and_can_be_switched_off(guide: Visitor) -> None:
    page = guide.page
    page.keyboard.press("?")
    expect(page.locator("#keys-list")).to_contain_text("Filter this list")
    guide.check("styleguide-keys", full=False)
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.locator("#list-filter")).not_to_be_focused()


def test_keys_in_a_row_go_home_and_f_filters(guide: Visitor) -> None:
    page = guide.page
    page.keyboard.press("f")
    expect(page.locator("#list-filter")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("main").focus()
    with page.expect_navigation():
        page.keyboard.press("g")
        page.keyboard.press("s")
    assert page.url.endswith("/styleguide/")


def test_load_more_adds_rows_in_place(guide: Visitor) -> None:
    page = guide.page
    page.get_by_role("link", name="Load more").click()
    expect(page.locator("[data-row]")).to_have_count(10)
    expect(page.locator(".load-more")).to_have_count(0)


def test_the_theme_is_remembered(guide: Visitor) -> None:
    page = guide.page
    page.locator("summary.menu-person").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_toast_tells_what_was_done(guide: Visitor) -> None:
    guide.goto("/styleguide/?part=toast")
    expect(guide.page.locator(".toast-note")).to_contain_text("PO-2026-000431 was issued.")
    guide.check("styleguide-toast", full=False)


def test_the_sign_in_page(visitor: Visitor, person: User) -> None:
    visitor.goto("/login/")
    visitor.check("login")
    visitor.check("login", dark=True)


def test_a_page_that_is_not_there(visitor: Visitor, person: User) -> None:
    visitor.login_as(person)
    visitor.goto("/no-such-page/")
    visitor.problems.clear()  # the browser itself reports the 404
    visitor.check("not-found")
