"""Pulling masters and budgets: page by page, resumed where it was cut off, asked for by a button or by beat."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.actors import Actor
from core.errors import NotAllowed, NotFound
from integrations.erp.rest_erp import adapter as rest
from integrations.models import Alert, FieldDrift, MasterPull, MasterPullRow, Unread
from integrations.services import masters
from integrations.services.alerts import alerts_check
from integrations.services.masters import masters_plan, masters_request, masters_run
from integrations.services.payments import payments_pull
from masterdata.models import ExternalId, MasterProposal, Role, Supplier
from masterdata.selectors import actor_for
from masterdata.services.stewardship import record_set
from procurement.models import BudgetFigure
from tests.factories import make_user
from tests.integrations.world import World

D = Decimal


@pytest.fixture
def steward(world: World) -> Actor:
    return actor_for(make_user("Sofia Steward", (Role.STEWARD, None)))


def there(world: World, kind: str, *rows: dict[str, Any], gone: tuple[str, ...] = ()) -> None:
    assert world.erp is not None
    status, answer = world.erp.call("PUT", f"/{kind}", {"records": list(rows), "gone": list(gone)})
    assert status == 200, answer


def vendor(number: str = "ACME", key: str = "V1", **more: Any) -> dict[str, Any]:
    return {"id": key, "number": number, "name": number.title(), "payment_terms": "30", **more}


def pull(world: World, actor: Actor, kind: str = "supplier", *, full: bool = False) -> MasterPull:
    row = masters_request(actor=actor, endpoint="erp-main", kind=kind, full=full)
    masters_run()
    row.refresh_from_db()
    return row


def counts(row: MasterPull) -> dict[str, int]:
    names = ("new", "changed", "unchanged", "conflicting", "invalid", "missing")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def test_a_round_counts_what_became_of_each_record_and_keeps_why(world: World, steward: Actor) -> None:
    there(
        world,
        "suppliers",
        vendor(),
        vendor("BETA", "V2", name="Beta Devices"),
        vendor("GAMMA", "V3"),
        {"id": "", "name": ""},
    )
    row = pull(world, steward)
    assert (row.state, row.full) == ("done", True)
    assert counts(row) == {"new": 1, "unchanged": 1, "conflicting": 1, "invalid": 1}
    told = {each.external_id: (each.verdict, each.reason) for each in MasterPullRow.objects.filter(pull=row)}
    assert set(told) == {"V2", "V3", ""}
    assert told["V2"] == ("conflicting", "Name: ours “Beta”, theirs “Beta Devices”.")
    assert told[""][1] == "It has no id. Name is empty."
    assert ExternalId.objects.filter(system="erp-main", kind="supplier").count() == 2


def test_the_next_round_asks_only_for_what_changed(world: World, steward: Actor) -> None:
    there(world, "suppliers", vendor(), vendor("BETA", "V2"))
    assert pull(world, steward).seen == 2
    assert pull(world, steward).seen == 0
    there(world, "suppliers", vendor("BETA", "V2", payment_terms="10"))
    record_set(actor=steward, kind="supplier", attribute="payment_terms", system="erp-main", reason="x")
    row = pull(world, steward)
    assert (row.full, counts(row)) == (False, {"changed": 1})
    assert Supplier.objects.get(code="BETA").payment_terms_days == 10


def test_a_round_over_all_misses_what_was_deleted_there(world: World, steward: Actor) -> None:
    there(world, "suppliers", vendor(), vendor("BETA", "V2"))
    pull(world, steward)
    there(world, "suppliers", gone=("V2",))
    assert counts(pull(world, steward)) == {}
    row = pull(world, steward, full=True)
    assert counts(row) == {"unchanged": 1, "missing": 1}
    assert row.rows.get().external_id == "V2"
    assert ExternalId.objects.filter(system="erp-main", external_id="V2").exists()


def test_a_round_that_is_cut_off_goes_on_where_it_was(
    world: World, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "_MASTERS_PAGE", 2)
    there(world, "suppliers", *(vendor(f"S{n}", f"V{n}") for n in range(5)))
    row = masters_request(actor=steward, endpoint="erp-main", kind="supplier", full=True)
    assert masters_run(seconds=0) <= 1
    taking, calls = masters.masters_take, 0

    def dies(**given: Any) -> Any:
        nonlocal calls
        calls += 1
        found = taking(**given)
        if calls == 2:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(masters, "masters_take", dies)
    with pytest.raises(KeyboardInterrupt):
        masters_run()
    row.refresh_from_db()
    assert (row.state, row.seen) == ("open", 2)
    monkeypatch.setattr(masters, "masters_take", taking)
    masters_run()
    row.refresh_from_db()
    assert (row.state, counts(row), row.pages) == ("done", {"new": 5}, 3)
    assert MasterProposal.objects.count() == 5


def test_an_erp_that_does_not_answer_is_asked_again_later(world: World, steward: Actor) -> None:
    assert world.erp is not None
    there(world, "suppliers", vendor())
    world.erp.fault("fail", path="/suppliers", count=1)
    row = pull(world, steward)
    assert (row.state, row.failures) == ("open", 1)
    assert "not available" in row.detail
    assert row.due_at > timezone.now()
    # pressed again: the same round, at once
    again = pull(world, steward)
    assert (again.pk, again.state, counts(again)) == (row.pk, "done", {"unchanged": 1})


def test_pressed_twice_is_one_round(world: World, steward: Actor) -> None:
    first = masters_request(actor=steward, endpoint="erp-main", kind="item", full=True)
    second = masters_request(actor=steward, endpoint="erp-main", kind="item", full=False)
    assert first.pk == second.pk


def test_beat_opens_what_is_due_and_a_round_over_all_once_a_day(world: World) -> None:
    assert masters_plan() == 4
    assert masters_plan() == 0
    masters_run()
    assert set(MasterPull.objects.values_list("state", "full")) == {("done", True)}
    assert masters_plan() == 0
    MasterPull.objects.update(finished_at=timezone.now() - timedelta(minutes=16))
    assert masters_plan() == 4
    assert set(MasterPull.objects.filter(state="open").values_list("full", flat=True)) == {False}
    masters_run()
    ago = timezone.now() - timedelta(hours=25)
    MasterPull.objects.update(started_at=ago, finished_at=ago)
    masters_plan()
    assert set(MasterPull.objects.filter(state="open").values_list("full", flat=True)) == {True}


def test_a_paused_erp_is_left_alone(world: World, steward: Actor) -> None:
    type(world.endpoint).objects.update(paused=True)
    assert masters_plan() == 0
    assert pull(world, steward).state == "open"


@pytest.mark.parametrize(("pulls", "rounds"), [("none", 0), ("item, budget", 2), ("", 4)])
def test_an_erp_may_be_asked_for_less_than_it_gives(world: World, pulls: str, rounds: int) -> None:
    world.endpoint.config["pulls"] = pulls
    world.endpoint.save()
    assert masters_plan() == rounds


def test_who_may_pull(world: World, steward: Actor) -> None:
    with pytest.raises(NotAllowed):
        masters_request(actor=world.net.actor("steward@NORTH"), endpoint="erp-main", kind="item", full=False)
    with pytest.raises(NotFound):
        masters_request(actor=steward, endpoint="erp-main", kind="location", full=False)


def test_budgets_come_with_the_moment_the_erp_counted(world: World, steward: Actor) -> None:
    assert world.erp is not None
    month = timezone.now().strftime("%Y-%m")
    rows = [
        {"cost_center": "NORTH-OR", "period": month, "currency": "USD", "budget": "1000", "committed": "100", "actual": "50"},
        {"cost_center": "NOBODY", "period": month, "currency": "USD", "budget": "1", "committed": "0", "actual": "0"},
    ]  # fmt: skip
    assert world.erp.call("PUT", "/budgets", {"budgets": rows})[0] == 200
    row = pull(world, steward, "budget")
    assert counts(row) == {"new": 1, "invalid": 1}
    figure = BudgetFigure.objects.get(cost_center__code="NORTH-OR")
    assert (figure.amount, figure.committed, figure.elsewhere, figure.actual) == (D(1000), D(0), D(100), D(50))
    assert abs(timezone.now() - figure.as_of) < timedelta(minutes=1)
    assert counts(pull(world, steward, "budget")) == {"unchanged": 1, "invalid": 1}


def test_what_is_pulled_and_lacks_what_was_agreed_is_held_and_told(world: World, steward: Actor) -> None:
    assert world.erp is not None
    there(world, "suppliers", vendor(), {"key": "V2", "number": "BETA", "name": "Beta"})
    _, answer = world.erp.call("PUT", "/budgets", {"budgets": [spending()]})
    assert answer == {"stored": 1}
    order = world.order()
    world.receive(order)
    world.bill(order)
    world.deliver()
    world.deliver()
    world.erp.fault("schema_change", method="GET", path="/payments")
    world.erp.fault("schema_change", method="GET", path="/budgets")
    payments_pull()
    row = pull(world, steward)
    assert (row.state, row.failures, "not what was agreed" in row.detail) == ("open", 1, True)
    pull(world, steward, "budget")
    assert [each.what for each in Unread.objects.all()] == ["budget", "payment", "supplier"]
    alerts_check()
    titles = list(Alert.objects.filter(kind="unread", resolved_at=None).order_by("key").values_list("title", flat=True))
    assert [title.split(": ")[1] for title in titles] == ["budgets", "payments", "suppliers"]
    world.erp.fault("ok")
    there(world, "suppliers", gone=("?1",))
    payments_pull()
    assert pull(world, steward).state == "done"
    pull(world, steward, "budget")
    alerts_check()
    assert not Unread.objects.exists()
    assert not Alert.objects.filter(kind="unread", resolved_at=None).exists()


def spending() -> dict[str, str]:
    period = f"{timezone.now():%Y-%m}"
    return {
        "cost_center": "NORTH-OR",
        "period": period,
        "currency": "USD",
        "budget": "100",
        "committed": "0",
        "actual": "0",
    }


def test_a_new_field_of_what_is_pulled_is_noted_once_with_an_example(world: World, steward: Actor) -> None:
    assert world.erp is not None
    there(world, "suppliers", vendor(), vendor("BETA", "V2", diversity="WBE"), vendor("GAMMA", "V3", diversity="MBE"))
    world.erp.fault("extra_field", method="GET")
    for _ in range(2):
        payments_pull()
        pull(world, steward, full=True)
        pull(world, steward, "budget")
    noted = {each.field: (each.example, each.message_id) for each in FieldDrift.objects.all()}
    assert noted == {
        "supplier.diversity": ("WBE", None), "page of suppliers.release": ("2027.1", None),
        "payment page.release": ("2027.1", None), "budget page.release": ("2027.1", None),
    }  # fmt: skip
    assert MasterPull.objects.filter(state="done", kind="supplier").count() == 2
