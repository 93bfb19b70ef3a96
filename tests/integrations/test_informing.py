"""Documents that are no part of ordering: catalogs and stock reports inform, remittance advices tell what was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Invalid
from integrations import x12
from integrations.canonical import (
    CatalogLine,
    InventorySnapshot,
    ItemIdentity,
    Party,
    PriceCatalog,
    RemittanceAdvice,
    StockLine,
    revised,
)
from integrations.edi_desk import explain
from integrations.models import InboundMessage, Interchange, OutboundMessage, PartnerDocument
from integrations.services import onboarding
from integrations.services.payments import payments_pull
from masterdata.models import ContractLine, Role, SupplierItem
from masterdata.selectors import actor_for
from procurement.models import Invoice
from tests.factories import D, make_user
from tests.integrations.test_inbox import leave, renumbered
from tests.integrations.test_invariants import worked
from tests.integrations.test_partner_inbox import acknowledged, written
from tests.integrations.world import World

State = InboundMessage.State


def agreed(world: World, document: str, stage: str = "live") -> None:
    PartnerDocument.objects.create(
        partner=world.partner, document=document, stage=stage, live_at=timezone.now() if stage == "live" else None
    )


def priced(part: str, price: str, unit: str = "BX", **more: Any) -> CatalogLine:
    identity = ItemIdentity(supplier_part=part)
    return CatalogLine(identity=identity, description=part.title(), unit=unit, unit_price=D(price), **more)


def catalog(*lines: CatalogLine) -> PriceCatalog:
    return PriceCatalog(number="C-1", lines=lines, supplier=Party(name="Acme"), currency="USD")


def held(part: str, quantity: str, state: Any = "on_hand") -> StockLine:
    return StockLine(identity=ItemIdentity(supplier_part=part), quantity=D(quantity), unit="BX", state=state)


def stock(*lines: StockLine) -> InventorySnapshot:
    return InventorySnapshot(number="S-1", taken_at=datetime(2026, 11, 20, 9, tzinfo=UTC), lines=lines)


def told(world: World, kind: str) -> dict[str, Any]:
    world.take_in()
    row = InboundMessage.objects.get(kind=kind, state__in=[State.APPLIED, State.SANDBOX])
    result: dict[str, Any] = row.trial
    return result


def test_a_catalog_is_held_against_contracts_and_offers_and_changes_none(world: World) -> None:
    agreed(world, "price_catalog")
    prices = list(ContractLine.objects.values_list("price")) + list(SupplierItem.objects.values_list("price"))
    document = catalog(
        priced("ACME-GLOVE", "8.42"), priced("ACME-SUTURE", "60.00"), priced("ACME-NEW", "1.00"),
    )  # fmt: skip
    leave(world, written(world, document))
    found = told(world, "832")
    assert found["sentence"].startswith("3 prices: 1 as we have them, 1 different, 1 of what we do not buy from them.")
    assert [line["effect"] for line in found["lines"]] == [
        "we have 54 per BX (contract GPO-114)", "as in contract GPO-114", "an item that we do not buy from them",
    ]  # fmt: skip
    assert list(ContractLine.objects.values_list("price")) + list(SupplierItem.objects.values_list("price")) == prices
    assert world.inbound() == [("832", State.APPLIED, "")]
    assert acknowledged(world) == {"A": 1}


def test_where_no_contract_is_in_force_the_offer_counts(world: World) -> None:
    agreed(world, "price_catalog")
    ContractLine.objects.update(price=D("1"))
    world.net.suppliers["ACME"].contracts.update(status="expired")
    leave(world, written(world, catalog(priced("ACME-GLOVE", "84.20", "CA"))))
    assert told(world, "832")["lines"][0]["effect"] == "we have 8.42 per BX (their offer)"


def test_what_they_no_longer_sell_is_said(world: World) -> None:
    agreed(world, "price_catalog")
    gone = revised(catalog(priced("ACME-GLOVE", "8.42", action="delete")), full=False)
    leave(world, written(world, gone))
    assert told(world, "832")["lines"][0]["effect"] == "they do not sell it any more"


def test_the_same_catalog_again_is_a_duplicate(world: World) -> None:
    agreed(world, "price_catalog")
    content = written(world, catalog(priced("ACME-GLOVE", "8.42")))
    leave(world, content, "a.x12")
    world.take_in()
    leave(world, renumbered(content), "b.x12")
    world.take_in()
    assert world.inbound() == [("832", State.APPLIED, ""), ("832", State.DUPLICATE, "same_document")]


def test_a_stock_report_names_what_we_wait_for_and_they_do_not_have(world: World) -> None:
    agreed(world, "inventory_snapshot")
    order = world.order()
    leave(world, written(world, stock(held("ACME-SUTURE", "5"), held("ACME-GLOVE", "0"), held("ACME-NEW", "7"))))
    found = told(world, "846")
    assert (
        found["sentence"] == "3 lines of stock, 1 of what we do not buy from them. 1 item we wait for they do not have."
    )
    assert found["lines"][0]["line"] == order.number
    assert found["lines"][0]["effect"] == f"on hand; 10 BX on order, {order.number} the oldest"


def test_in_the_sandbox_they_are_only_tried(world: World) -> None:
    agreed(world, "inventory_snapshot", "sandbox")
    leave(world, written(world, stock(held("ACME-GLOVE", "0"))))
    assert told(world, "846")["outcome"] == "applied"
    assert world.inbound() == [("846", State.SANDBOX, "")]


def test_what_nobody_agreed_is_set_aside_and_acknowledged(world: World) -> None:
    leave(world, written(world, catalog(priced("ACME-GLOVE", "8.42"))))
    world.take_in()
    assert world.inbound() == [("832", State.QUARANTINED, "not_agreed")]
    assert InboundMessage.objects.get(kind="832").detail == "Price catalogs are switched off for Acme."
    assert acknowledged(world) == {"A": 1}


def test_they_are_chosen_in_x12_only(world: World) -> None:
    support = actor_for(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
    onboarding.partner_begin(actor=support, supplier="BETA")
    with pytest.raises(Invalid, match="Price catalogs are exchanged in X12 only"):
        onboarding.partner_documents_choose(actor=support, code="BETA", form="ubl", documents=["price_catalog"])


@pytest.mark.parametrize("live", [True, False])
def test_a_paid_bill_is_advised_where_that_is_live(connect: Callable[..., World], live: bool) -> None:
    world = connect()
    agreed(world, "remittance", "live" if live else "sandbox")
    worked(world)
    world.deliver()
    sent = OutboundMessage.objects.filter(topic="remittance.send")
    assert sent.count() == int(live)
    if not live:
        return
    invoice = Invoice.objects.get()
    assert [row.state for row in sent] == [OutboundMessage.State.DELIVERED]
    said = explain(bytes(sent.get().payload.content)).documents[0]  # type: ignore[union-attr]
    assert (said.kind, said.findings) == ("820", ())
    advice = said.document
    assert isinstance(advice, RemittanceAdvice)
    assert (advice.number, advice.total, advice.paid_on) == (invoice.voucher_number, invoice.total, invoice.paid_on)
    assert [(line.invoice, line.paid, line.order_number) for line in advice.lines] == [
        (invoice.supplier_number, invoice.total, invoice.order.number if invoice.order else "")
    ]
    assert Interchange.objects.get(message=sent.get()).functional_id == "RA"
    payments_pull()
    assert sent.count() == 1


def test_an_820_says_what_was_kept_back(world: World) -> None:
    agreed(world, "remittance")
    worked(world)
    Invoice.objects.update(approved_amount=D("80.00"))
    world.deliver()
    content = bytes(OutboundMessage.objects.get(topic="remittance.send").payload.content)  # type: ignore[union-attr]
    [interchange] = x12.read(content)
    advice = x12.parse(interchange.groups[0].sets[0]).document
    assert isinstance(advice, RemittanceAdvice)
    assert (advice.total, advice.lines[0].discount) == (D("80.00"), Invoice.objects.get().total - D("80.00"))
