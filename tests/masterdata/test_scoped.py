"""The condition that keeps people inside their facilities."""

from __future__ import annotations

import pytest
from django.db.models import Q

from masterdata.models import CostCenter, Role
from masterdata.selectors import actor_for, scoped
from procurement.services.approvals import approval_decide
from tests import road
from tests.factories import make_network, make_user

pytestmark = pytest.mark.django_db


def test_network_wide_sees_all_also_as_one_side_of_an_or() -> None:
    net = make_network()
    everywhere, here = net.actor("buyer@network"), net.actor("buyer@NORTH")
    assert CostCenter.objects.filter(scoped(everywhere)).count() == 2
    assert CostCenter.objects.filter(scoped(everywhere) | Q(code="none")).count() == 2
    assert CostCenter.objects.filter(scoped(everywhere), code="NORTH-OR").count() == 1
    assert CostCenter.objects.filter(scoped(here) | Q(code="none")).count() == 1


def test_a_network_wide_approver_decides_where_nobody_named_them() -> None:
    net = make_network()
    row = road.submitted(net)
    chief = actor_for(make_user("chief@network", (Role.APPROVER, None)))
    step = approval_decide(actor=chief, step_id=road.step_of(row).pk, decision="approve")
    assert step.state == "approved"
