"""What screens show for values, the tags that show it, and the rules every template keeps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.http import QueryDict
from django.template import engines
from django.test import Client
from django.urls import reverse

from core.errors import Finding
from core.models import User
from masterdata.models import Facility, Role, RoleGrant
from portal.web import format as fmt
from portal.web import parts
from portal.web.status import STATUSES, badge, status_of

NOW = datetime(2026, 11, 12, 20, 5, tzinfo=UTC)
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STATIC = settings.BASE_DIR / "portal" / "static"


@pytest.mark.parametrize(
    ("shown", "text", "title"),
    [
        (fmt.money(Decimal("1234.5"), "USD"), "1,234.50 USD", ""),
        (fmt.money(Decimal("1.4825"), "USD"), "1.48 USD", "1.4825 USD"),
        (fmt.money(Decimal("312"), "USD", sign=True), "+312.00 USD", ""),
        (fmt.money(Decimal("-14.8"), "EUR", sign=True), "−14.80 EUR", ""),
        (fmt.money(None, "USD"), "–", ""),
        (fmt.price(Decimal("8.4250"), "USD", "BX"), "8.425 USD / BX", ""),
        (fmt.price(Decimal("10"), "USD", "EA"), "10.00 USD / EA", ""),
        (fmt.quantity(Decimal("10.0000"), "BX", base=Decimal("1000.0000"), base_unit="EA"), "10 BX", "= 1,000 EA"),
        (fmt.quantity(Decimal("40"), "EA", base=Decimal(40), base_unit="EA"), "40 EA", ""),
        (fmt.percent(Decimal("17.577"), sign=True), "+17.6 %", "+17.577 %"),
    ],
)
def test_values_carry_their_unit(shown: fmt.Shown, text: str, title: str) -> None:
    assert (shown.text, shown.title) == (text, title)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=28), "28 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=70), "10 wk"),
        (timedelta(days=400), "13 mo"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_ages_have_one_unit(span: timedelta, text: str) -> None:
    assert fmt.age(NOW - span, now=NOW).text == text


def test_moments_are_said_in_the_facilitys_time_zone() -> None:
    chicago = "America/Chicago"
    assert fmt.when(NOW - timedelta(hours=3), chicago, now=NOW).text == "3 h ago"
    assert fmt.when(NOW + timedelta(minutes=30), chicago, now=NOW).text == "in 30 min"
    assert fmt.when(NOW - timedelta(days=2), chicago, now=NOW).text == "Tue 14:05"
    assert fmt.when(NOW - timedelta(days=30), chicago, now=NOW).text == "13 Oct"
    assert fmt.when(NOW - timedelta(days=400), chicago, now=NOW).text == "8 Oct 2025"
    assert fmt.when(NOW, chicago, now=NOW).title == "Thu 12 Nov 2026 14:05:00 CST"
    assert fmt.exact(NOW, "Nowhere/Land") == "Thu 12 Nov 2026 20:05:00 UTC"


def test_days_near_today_have_names() -> None:
    today = date(2026, 11, 12)
    assert [fmt.day(today + timedelta(days=n), today=today).text for n in (-1, 0, 1, 5, 90)] == [
        "yesterday",
        "today",
        "tomorrow",
        "Tue 17 Nov",
        "10 Feb 2027",
    ]


def test_a_status_has_one_label_and_one_tone() -> None:
    assert status_of("received", "purchase_order") == ("Received", "good")
    assert status_of("received", "invoice") == ("Received", "info")
    assert status_of("never_heard_of") == ("Never heard of", "neutral")
    assert badge("dead") == '<span class="badge-status tone-bad">Dead letter</span>'
    assert all(label for label, _ in STATUSES.values())


def test_sort_links_turn_round_and_drop_the_cursor() -> None:
    column = parts.sort_column(QueryDict("status=issued&status=received&sort=age&after=9"), "age", "Age")
    assert column.sorted == "ascending"
    assert column.href == "?status=issued&status=received&sort=-age"


def test_facets_add_and_take_away() -> None:
    facet = parts.facet(
        QueryDict("status=issued&q=glove"), "status", "Status", [("issued", "Issued", 4), ("received", "Received", 2)]
    )
    assert [value.href for value in facet.values] == ["?q=glove", "?q=glove&status=issued&status=received"]
    assert facet.clear == "?q=glove"


def test_a_budget_bar_never_leaves_its_box() -> None:
    over = parts.Budget(
        label="", limit=Decimal(100), actual=Decimal(80), committed=Decimal(30), this=Decimal(50), currency="USD"
    )
    assert sum(width for _, _, width in over.bars) == pytest.approx(Decimal(100), abs=Decimal("0.02"))
    assert over.available == -60
    assert over.mark == Decimal("62.50")
    assert over.shown["over"] == "60.00 USD"


def test_a_field_shows_its_finding_and_escapes_everything() -> None:
    finding = Finding(code="x", field="lines.2.quantity", message="Too <many>.", remedy="Order 5 BX.")
    html = (
        engines["django"]
        .from_string(
            '{% field "quantity" "Quantity" value kind="number" unit="BX" path="lines.2.quantity" findings=findings %}'
        )
        .render({"findings": [finding], "value": '"><script>'})
    )
    assert 'id="f-lines-2-quantity"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="f-lines-2-quantity-notes"' in html
    assert "Too &lt;many&gt;." in html
    assert "<script>" not in html


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_keep_the_content_security_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"""<[^>]*\s(?:style|on\w+)\s*=\s*["']""", text), (
        "inline styles and handlers are blocked by the CSP"
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "scripts live in portal/static/js"
    assert not re.search(r"<style\b", text)
    assert not re.search(r"""(?:src|href)=["']https?://""", text), "nothing is loaded from elsewhere"


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "vendor" / "icons.svg").read_text()))
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    for path in (settings.BASE_DIR / "portal").rglob("*.py"):
        used |= set(re.findall(r'\bicon="([\w-]+)"', path.read_text()))
    assert used <= sprite


def facility(code: str) -> Facility:
    return Facility.objects.create(
        code=code, name=f"{code} Hospital", kind="hospital", state="IL", timezone="America/Chicago"
    )


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("lena.fischer@example.org", "not-used-here", name="Lena Fischer", title="Buyer")


def test_the_facility_switch_takes_only_own_facilities(client: Client, person: User) -> None:
    mine, _foreign = facility("NSH"), facility("EGC")
    RoleGrant.objects.create(user=person, role=Role.BUYER, facility=mine)
    client.force_login(person)
    assert client.post(reverse("facility-switch"), {"facility": "EGC"}).status_code == 404
    assert (
        client.post(reverse("facility-switch"), {"facility": "NSH", "next": "/styleguide/"}).headers["Location"]
        == "/styleguide/"
    )
    assert client.session["facility"] == mine.pk
    client.post(reverse("facility-switch"), {"facility": "", "next": "https://elsewhere.example/"})
    assert "facility" not in client.session


def test_the_theme_is_a_cookie_and_never_leads_away(client: Client, db: None) -> None:
    response = client.post(reverse("theme"), {"theme": "dark", "next": "https://elsewhere.example/"})
    assert response.cookies["theme"].value == "dark"
    assert response.headers["Location"] == reverse("home")
    assert client.post(reverse("theme"), {"theme": ""}).cookies["theme"].value == ""
