"""The steward's desk in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route

from integrations.models import Endpoint, MasterPull
from masterdata.models import MasterProposal, Role
from masterdata.rules.stewardship import Said
from masterdata.services.masters import masters_take
from tests.browser.harness import Visitor
from tests.factories import make_network, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_steward_decides_what_an_erp_says(visitor: Visitor) -> None:
    net = make_network()
    erp = Endpoint.objects.create(
        code="cloud", name="Cloud ERP", kind="erp", adapter="rest_erp", duplicates="server_unique"
    )
    actor = net.actor("buyer@network")
    masters_take(
        actor=actor, system="cloud", system_name="Cloud ERP", kind="item",
        rows=[
            Said(external_id="MAT-1", number="GLOVE", values={"description": "Glove, exam, nitrile, powder-free", "status": "on_hold"}),
            Said(external_id="MAT-2", number="DRILL", values={"description": "Drill bit 3.2 mm", "base_unit": "BX"}),
            Said(external_id="MAT-9", number="TAPE-25", values={"description": "Item SUTURE", "base_unit": "EA", "manufacturer": "Ethicon"}),
        ],
    )  # fmt: skip
    masters_take(
        actor=actor, system="cloud", system_name="Cloud ERP", kind="supplier",
        rows=[Said(external_id="V1", number="ACME", values={"name": "Acme Medical Incorporated", "payment_terms": "45"})],
    )  # fmt: skip
    now = timezone.now()
    MasterPull.objects.create(
        endpoint=erp,
        kind="item",
        full=True,
        state="done",
        started_at=now,
        due_at=now,
        finished_at=now,
        new=1,
        conflicting=2,
        unchanged=812,
    )
    MasterPull.objects.create(
        endpoint=erp,
        kind="supplier",
        started_at=now,
        due_at=now + timedelta(minutes=2),
        failures=2,
        detail="The system is not available.",
    )
    visitor.login_as(make_user("Sofia Steward", (Role.STEWARD, None)))
    visitor.goto("/master-data/")
    visitor.check("proposals")
    visitor.goto(f"/master-data/{MasterProposal.objects.get(attribute='new').pk}/")
    visitor.check("proposal-new")
    visitor.goto(f"/master-data/{MasterProposal.objects.get(attribute='payment_terms').pk}/")
    visitor.check("proposal")
    visitor.goto("/master-data/counts/")
    visitor.check("master-counts")
    visitor.goto("/master-data/pulls/")
    visitor.check("master-pulls")

    # while the page looks for news, nothing on it looks as if it were pressed
    held: list[Route] = []
    visitor.page.route("**/master-data/pulls/", lambda route: held.append(route))
    visitor.page.wait_for_selector("#pulls.htmx-request")
    button = visitor.page.get_by_role("button", name="Pull everything of Items")
    assert button.evaluate("button => getComputedStyle(button).opacity") == "1"
    for route in held:
        route.continue_()
