"""Moving a facility to another ERP, in a real browser."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from integrations.models import Endpoint, ErpRoute
from masterdata.models import Role
from tests.browser.harness import Visitor
from tests.factories import make_network, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_support_sees_what_a_move_would_do(visitor: Visitor) -> None:
    net = make_network()
    made = [
        Endpoint.objects.create(code=code, name=name, kind="erp", adapter=adapter, duplicates="lookup")
        for code, name, adapter in (("old", "MMIS on premises", "flat_file"), ("cloud", "Cloud ERP", "rest_erp"))
    ]
    for facility in net.facilities.values():
        ErpRoute.objects.create(facility=facility, starts_on=date(2020, 1, 1), endpoint=made[0])
    day = timezone.now().date() + timedelta(days=30)
    ErpRoute.objects.create(facility=net.facilities["EAST"], starts_on=day, endpoint=made[1])
    visitor.login_as(make_user("Ines Weber", (Role.INTEGRATION_SUPPORT, None)))
    visitor.goto(f"/erps/?facility=NORTH&endpoint=cloud&document_kind=&starts_on={day.isoformat()}")
    visitor.check("erps")
