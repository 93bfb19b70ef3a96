"""The steward's desk on screen: the queue, one proposal, whose word counts, and the pulls."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Endpoint, MasterPull, MasterPullRow
from masterdata.models import Item, MasterProposal, Role, Supplier, SystemOfRecord
from masterdata.rules.stewardship import Said
from masterdata.services.masters import masters_take
from tests.factories import Network, make_user


@pytest.fixture
def erp(net: Network) -> Endpoint:
    return Endpoint.objects.create(
        code="cloud", name="Cloud ERP", kind="erp", adapter="rest_erp", duplicates="server_unique"
    )


@pytest.fixture
def steward(net: Network, sign_in: Callable[[str], Client]) -> Client:
    net.users["sofia"] = make_user("Sofia Steward", (Role.STEWARD, None))
    return sign_in("sofia")


@pytest.fixture
def waiting(net: Network, erp: Endpoint) -> list[MasterProposal]:
    actor = net.actor("buyer@network")
    given: dict[str, Any] = {"actor": actor, "system": "cloud", "system_name": "Cloud ERP"}
    masters_take(
        kind="supplier",
        rows=[Said(external_id="V1", number="ACME", values={"name": "Acme Inc", "payment_terms": "45"})],
        **given,
    )
    masters_take(
        kind="item",
        rows=[Said(external_id="M9", number="X-9", values={"description": "Item GLOVE", "base_unit": "EA"})],
        **given,
    )
    return list(MasterProposal.objects.order_by("id"))


def text(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def test_the_queue_says_what_who_ours_and_theirs(
    steward: Client, waiting: list[MasterProposal], few_statements: Callable[[], Any]
) -> None:
    with few_statements():
        page = text(steward.get("/master-data/"))
    for words in ("Payment terms (days)", "Acme Inc", "Cloud ERP", "45", "may be ours", "Possible duplicates"):
        assert words in page
    assert "Item GLOVE" not in text(steward.get("/master-data/?view=conflicts"))
    only = text(steward.get("/master-data/?kind=supplier&attribute=name&sort=-record"))
    assert "Acme Inc" in only
    assert "may be ours" not in only
    rows = list(csv.reader(io.StringIO(text(steward.get("/master-data/?export=csv")).lstrip("\ufeff"))))
    assert len(rows) == 4


def test_a_value_is_taken_over_or_kept(
    steward: Client, waiting: list[MasterProposal], few_statements: Callable[[], Any]
) -> None:
    name, terms, _ = waiting
    with few_statements():
        assert "Its word counts from now on" in text(steward.get(f"/master-data/{name.pk}/"))
    steward.post(f"/master-data/{name.pk}/decide/", {"choice": "accept"})
    assert Supplier.objects.get(code="ACME").name == "Acme Inc"
    refused = steward.post(f"/master-data/{terms.pk}/decide/", {"choice": "reject", "reason": ""})
    assert refused.status_code == 422
    assert "Say why" in text(refused)
    steward.post(f"/master-data/{terms.pk}/decide/", {"choice": "reject", "reason": "contract says 30"})
    page = text(steward.get("/master-data/?view=decided"))
    assert "Rejected" in page
    assert "Accepted" in page
    assert "contract says 30" in text(steward.get(f"/master-data/{terms.pk}/"))


def test_its_word_counts_from_now_on(steward: Client, waiting: list[MasterProposal]) -> None:
    steward.post(f"/master-data/{waiting[1].pk}/decide/", {"choice": "map", "reason": "finance keeps terms"})
    assert Supplier.objects.get(code="ACME").payment_terms_days == 45
    assert SystemOfRecord.objects.get().system == "cloud"


def test_a_new_record_is_one_of_ours_or_made(steward: Client, waiting: list[MasterProposal], net: Network) -> None:
    new = waiting[2]
    page = text(steward.get(f"/master-data/{new.pk}/"))
    assert "The same description" in page
    assert "It is this one" in page
    refused = steward.post(f"/master-data/{new.pk}/decide/", {"choice": "accept"})
    assert "The item has no category of ours" in text(refused)
    steward.post(f"/master-data/{new.pk}/decide/", {"choice": "accept", "category": "medsurg"})
    assert Item.objects.get(number="X-9").category.code == "medsurg"


def test_several_at_once_and_what_cannot_be_is_told(steward: Client, waiting: list[MasterProposal]) -> None:
    page = text(
        steward.post("/master-data/several/", {"proposal": [row.pk for row in waiting], "act": "accept"}, follow=True)
    )
    assert "2 taken over" in page
    assert "1 not: X-9 cannot be made yet. The item has no category of ours." in page


def test_whose_word_counts(steward: Client, erp: Endpoint, few_statements: Callable[[], Any]) -> None:
    with few_statements():
        assert "always the portal" in text(steward.get("/master-data/counts/"))
    steward.post(
        "/master-data/counts/set/", {"kind": "item", "attribute": "description", "system": "cloud", "reason": "x"}
    )
    assert SystemOfRecord.objects.get().attribute == "description"
    strange = {"kind": "item", "attribute": "description", "system": "nobody", "reason": "x"}
    assert steward.post("/master-data/counts/set/", strange).status_code == 404


def test_pulls_are_asked_for_and_their_reasons_taken_away(
    steward: Client, erp: Endpoint, few_statements: Callable[[], Any], sign_in: Callable[[str], Client]
) -> None:
    steward.post("/master-data/pulls/now/", {"endpoint": "cloud", "kind": "item", "full": "1"})
    pull = MasterPull.objects.get()
    assert pull.full
    with few_statements():
        page = text(steward.get("/master-data/pulls/"))
    assert "Pulling everything: 0 records so far" in page
    fragment = text(steward.get("/master-data/pulls/", headers={"HX-Request": "true"}))
    assert "hx-trigger" in fragment
    assert "<html" not in fragment
    MasterPullRow.objects.create(
        pull=pull, external_id="M1", number="=1", verdict="invalid", reason="Description is empty."
    )
    MasterPull.objects.update(state="done", finished_at=timezone.now(), invalid=1)
    assert "1 invalid" in text(steward.get("/master-data/pulls/"))
    file = text(steward.get(f"/master-data/pulls/{pull.pk}/rows/"))
    assert "M1,'=1,Invalid,Description is empty." in file
    assert sign_in("requester@NORTH").get(f"/master-data/pulls/{pull.pk}/rows/").status_code == 404
