"""Who may open and do what: every address × every role × own and foreign facility.

The list of addresses comes from the URL configuration itself: an address without an entry here fails the build.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from core.models import BusinessEvent
from integrations.models import Endpoint, InboundMessage, MasterPull, OutboundMessage, Payload
from integrations.services.partners import supplier_connect
from masterdata.models import MasterProposal, Role
from procurement.models import (
    ApprovalStep,
    DocumentComment,
    ExceptionCase,
    PurchaseOrder,
    Requisition,
)
from procurement.rules.receipt_check import ReceivedLine
from procurement.services.approvals import approval_decide
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_register
from procurement.services.receipts import receipt_post
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit
from tests.factories import TODAY, D, Network, make_network, put_stock

pytestmark = pytest.mark.django_db
ALL = frozenset(Role.values)
SUPPORT = frozenset({"integration_support", "administrator", "auditor"})
KEEPERS = SUPPORT | {"steward"}
OPEN = "open to the world"


@dataclass(frozen=True)
class Entry:
    """`roles` may use it at their own facility (GET succeeds; a POST is not refused for the role). `args` name the document.

    `scoped` addresses belong to a facility: nobody of another one gets anything but a refusal.
    """

    method: str = "get"
    roles: frozenset[str] = ALL
    args: tuple[str, ...] = ()
    scoped: bool = False
    query: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    skips: bool = False
    """A bulk act or a form answers with a page that says what it left alone; it must have no effect."""


def page(*args: str, roles: frozenset[str] = ALL, query: str = "") -> Entry:
    return Entry(args=args, roles=roles, scoped=bool(args), query=query)


def act(*args: str, roles: set[str], **body: Any) -> Entry:
    return Entry("post", frozenset(roles), args, scoped=True, body=body)


STOREKEEPERS = {"receiver", "stock_clerk"}
TABLE: dict[str, Entry | str] = {
    # open
    "login": OPEN, "logout": OPEN, "health-live": OPEN, "health-ready": OPEN, "health-beat": OPEN, "metrics": OPEN, "inbound-push": OPEN, "oauth-token": OPEN, "api-schema": OPEN,
    "api-docs": OPEN,
    # everybody's own
    "home": page(), "notices": page(), "search": page(query="?q=NORTH"), "styleguide": page(), "trace": page(), "theme": Entry("post"),
    "facility-switch": Entry("post"), "catalog": page(roles=frozenset({"requester"})), "cart": page(roles=frozenset({"requester"})),
    "requisitions": page(), "approvals": page(), "invoices": page(), "orders": page(), "receiving": page(), "receipts": page(),
    "stock": page(), "suppliers": page(), "contracts": page(),
    "workbench": page(roles=frozenset({"buyer"})), "messages": page(roles=SUPPORT), "endpoints": page(roles=SUPPORT),
    "exceptions": Entry(args=("queue",)), "item": Entry(args=("item",)), "contract": Entry(args=("contract",)),
    "api-docs-item": OPEN,
    # documents
    "requisition": page("requisition"), "approval": page("step"), "invoice": page("invoice"), "order": page("order"),
    "receive": page("open_order"), "receipt": page("receipt"), "exception": page("case"), "message": page("message"),
    "inbound-message": page("inbound"),
    # acts on screens
    "cart-add": act(roles={"requester"}), "cart-extra": act(roles={"requester"}),
    "requisition-comment": act("requisition", roles=set(ALL), comment="x"),
    "requisition-line": act("requisition", "line", roles={"requester"}),
    "requisition-header": act("requisition", roles={"requester"}),
    "requisition-submit": act("draft", roles={"requester"}),
    "requisition-cancel": act("requisition", roles={"requester"}),
    "approvals-several": Entry("post", frozenset({"approver"}), body={"decision": "approve", "step": "{step}"}, skips=True),
    "approval-decide": act("step", roles={"approver"}, decision="approve"),
    "invoice-new": Entry("post", frozenset({"ap_clerk"}), skips=True),
    "invoice-comment": act("invoice", roles=set(ALL), comment="x"),
    "invoice-match": act("invoice", roles={"ap_clerk", "buyer"}),
    "exception-resolve": act("case", roles={"ap_clerk"}, resolution="accept_variance", reason_code="small_amount"),
    "exception-assign": act("case", roles={"ap_clerk"}),
    "exception-comment": act("case", roles=set(ALL), comment="x"),
    "exceptions-several": Entry("post", frozenset({"ap_clerk"}), ("queue",), body={"case": "{case}"}, skips=True),
    "list-views": Entry("post", args=("list",)),
    "order-issue": act("open_order", roles={"buyer"}), "order-act": act("open_order", roles={"buyer"}, act="hold", reason="x"),
    "invoice-dispute": act("invoice", roles={"ap_clerk"}, reason="x"),
    "order-comment": act("order", roles=set(ALL), comment="x"),
    "workbench-source": act(roles={"buyer"}), "workbench-waive": act(roles={"buyer"}),
    "receive-post": act("open_order", roles=STOREKEEPERS, **{"quantity-1": "1", "token": "t"}),
    "receipt-reverse": act("receipt", roles=STOREKEEPERS, reason="x"),
    "message-decide": act("message", roles={"integration_support"}, choice="cancel", reason="x"),
    "inbound-replay": act("inbound", roles={"integration_support"}, reason="x"),
    "endpoint-switch": act("endpoint", roles={"integration_support"}, reason="x"),
    "endpoint": Entry(args=("endpoint",), roles=frozenset(), scoped=True), "alerts": page(roles=SUPPORT), "flows": page(roles=SUPPORT),
    "maintenance-plan": act("endpoint", roles=set(), starts_at="2026-01-01T10:00", ends_at="2026-01-01T11:00", reason="x"),
    "maintenance-cancel": act("message", roles=set()), "alert-take": act("message", roles=set()),
    "message-difference": page("message", roles=frozenset({"integration_support"})),
    "message-replay": act("message", roles={"integration_support"}, how="kept", reason="x"),
    "message-group": Entry(
        roles=SUPPORT, scoped=True, query="?endpoint=erp&topic=purchase_order.create&cause=permanent&words="
    ),
    "message-group-replay": act(
        roles={"integration_support"}, endpoint="erp", topic="purchase_order.create", cause="permanent", reason="x"
    ),
    "proposals": page(roles=KEEPERS), "master-counts": page(roles=KEEPERS), "master-pulls": page(roles=KEEPERS),
    "proposal": Entry(args=("proposal",), roles=KEEPERS, scoped=True),
    "master-pull-rows": Entry(args=("pull",), roles=frozenset(), scoped=True),
    "proposal-decide": act("proposal", roles={"steward"}, choice="accept"),
    "proposals-several": Entry("post", frozenset({"steward"}), body={"proposal": "{proposal}", "act": "accept"}, skips=True),
    "master-counts-set": act(roles=set(), kind="supplier", attribute="name", system="erp", reason="x"),
    "master-pull": act(roles=set(), endpoint="erp", kind="item"),
    "edi-desk": page(roles=SUPPORT - {"auditor"}),
    "edi-file": Entry("post", SUPPORT - {"auditor"}, body={"text": "GS*PO~", "to": "json"}),
    # those who look after the whole network only
    "partners": Entry(roles=frozenset(), scoped=True), "partner-new": Entry(roles=frozenset(), scoped=True),
    "partner": Entry(args=("supplier",), roles=frozenset(), scoped=True),
    "partner-profile": Entry(args=("supplier",), roles=frozenset(), scoped=True),
    "partner-setup": Entry(args=("supplier", "step_name"), roles=frozenset(), scoped=True),
    "partner-act": act("supplier", roles=set(), do="pause", reason="x"),
    "erps": page(roles=SUPPORT),
    "erp-move": act(roles=set(), facility="NORTH", endpoint="erp", starts_on="2099-01-01", reason="x"),
    "erp-move-withdraw": act("message", roles=set(), reason="x"),
    # API
    **{f"api-{name}": page() for name in ("items", "suppliers", "locations", "contracts", "orders", "receipts", "invoices", "stock",
                                          "approvals", "exceptions", "home")},
    "api-item": Entry(args=("item",)), "api-supplier": Entry(args=("supplier",)), "api-contract": Entry(args=("contract",)),
    "api-stock-item": Entry(args=("item",)), "api-location": page("location"), "api-order": page("order"),
    "api-receipt": page("receipt"), "api-invoice": page("invoice"), "api-requisition": page("requisition"),
    "api-trace": Entry(scoped=True, query="?q={requisition}"),
    "api-requisition-create": act(roles={"requester"}, facility="NORTH", location="OR", cost_center="NORTH-OR",
                                  lines=[{"item": "GLOVE", "quantity": "1", "unit": "BX"}]),
    "api-requisition-submit": act("draft", roles={"requester"}),
    "api-approval-decide": act("step", roles={"approver"}, decision="approve"),
    "api-receipt-post": act(roles=STOREKEEPERS, order="{open_order}", lines=[{"line_number": 1, "quantity": "1"}]),
    "api-invoice-register": act(roles={"ap_clerk"}, supplier="ACME", supplier_number="X-1", order="{order}",
                                invoice_date="2026-11-01", currency="USD", total="1.00",
                                lines=[{"line_number": 1, "order_line_number": 1, "quantity": "1", "unit_price": "1.00"}]),
    "api-invoice-match": act("invoice", roles={"ap_clerk", "buyer"}),
    "api-exception-resolve": act("case", roles={"ap_clerk"}, resolution="accept_variance", reason_code="small_amount"),
}  # fmt: skip
del TABLE["api-docs-item"]


def addresses(patterns: list[Any] | None = None) -> Iterator[str]:
    for found in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(found, URLResolver):
            yield from addresses(found.url_patterns)
        elif isinstance(found, URLPattern) and found.name:
            yield found.name


def test_every_address_has_its_entry() -> None:
    assert set(addresses()) == set(TABLE)


@dataclass
class World:
    net: Network
    documents: dict[str, str]


def _submitted(net: Network) -> Requisition:
    row = requisition_create(
        actor=net.actor("requester@NORTH"), facility=net.facilities["NORTH"], location=net.locations["NORTH-OR"],
        cost_center=net.cost_centers["NORTH"],
        lines=[LineInput(item_id=net.items["GLOVE"].pk, quantity=D(10), unit="BX")],
    )  # fmt: skip
    return requisition_submit(actor=net.actor("requester@NORTH"), number=row.number, confirm=True)


def _ordered(net: Network) -> PurchaseOrder:
    row = _submitted(net)
    step = ApprovalStep.objects.get(requisition=row)
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step.pk, decision="approve")
    return PurchaseOrder.objects.get(requisition=row)


@pytest.fixture
def world() -> World:
    net = make_network()
    put_stock(net, "NORTH-OR", "DRILL", "2")
    order, waiting = _ordered(net), _ordered(net)
    receipt = receipt_post(
        actor=net.actor("stock_clerk@NORTH"), order_number=order.number, key="k",
        lines=[ReceivedLine(line_number=1, quantity=D(4))],
    )  # fmt: skip
    invoice = invoice_register(
        actor=net.actor("ap_clerk@NORTH"), supplier=net.suppliers["ACME"], source="typed",
        invoice=InvoiceInput(
            supplier_number="1", order_number=order.number, invoice_date=TODAY(), currency="USD", total=D("99.00"),
            lines=[BilledLineInput(line_number=1, order_line_number=1, quantity=D(10), unit_price=D("9.90"))],
        ),
    )  # fmt: skip
    submitted = _submitted(net)
    draft = requisition_create(
        actor=net.actor("requester@NORTH"), facility=net.facilities["NORTH"], location=net.locations["NORTH-OR"],
        cost_center=net.cost_centers["NORTH"],
        lines=[LineInput(item_id=net.items["SUTURE"].pk, quantity=D(1), unit="BX")],
    )  # fmt: skip
    endpoint = Endpoint.objects.create(code="erp", name="ERP", kind="erp", adapter="rest", duplicates="server_unique")
    supplier_connect(supplier=net.suppliers["ACME"], our_id="HOSPITAL")
    payload = Payload.objects.create(sha256="0" * 64, content=b"x")
    common = {
        "endpoint": endpoint, "document_kind": "purchase_order", "document_number": order.number,
        "facility": net.facilities["NORTH"], "trace_id": order.trace_id, "due_at": order.issued_at,
    }  # fmt: skip
    message = OutboundMessage.objects.create(
        **common, topic="purchase_order.create", key="k", state="dead", cause="permanent"
    )
    inbound = InboundMessage.objects.create(**common, payload=payload, kind="855", state="failed", position=1)
    proposal = MasterProposal.objects.create(
        kind="cost_center", system="erp", external_id="C1", attribute="name", facility=net.facilities["NORTH"],
        object_id=net.cost_centers["NORTH"].pk, number="NORTH-OR", ours="Operating rooms", theirs="Theatres",
        raised_at=order.issued_at,
    )  # fmt: skip
    pull = MasterPull.objects.create(
        endpoint=endpoint, kind="budget", started_at=order.issued_at, due_at=order.issued_at
    )
    documents = {
        "proposal": str(proposal.pk), "pull": str(pull.pk),
        "requisition": submitted.number, "draft": draft.number, "line": str(draft.lines.get().pk),
        "step": str(ApprovalStep.objects.get(requisition=submitted).pk), "order": order.number, "open_order": waiting.number,
        "receipt": str(receipt), "invoice": invoice.number, "case": str(ExceptionCase.objects.filter(invoice=invoice)[0].pk),
        "message": str(message.pk), "inbound": str(inbound.pk), "endpoint": "erp", "item": "GLOVE", "supplier": "ACME",
        "contract": "GPO-114", "location": str(net.locations["NORTH-OR"].pk), "queue": "ap", "list": "orders",
        "step_name": "who",
    }  # fmt: skip
    return World(net, documents)


def signed_in(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.net.users[who])
    return client


def call(world: World, name: str, entry: Entry, client: Client) -> Any:
    url = reverse(name, args=[world.documents[a] for a in entry.args]) + entry.query.format(**world.documents)
    if entry.method == "get":
        return client.get(url)
    body = {k: v.format(**world.documents) if isinstance(v, str) else v for k, v in entry.body.items()}
    if name.startswith("api-"):
        return client.post(url, json.dumps(body), content_type="application/json")
    return client.post(url, body)


def traces_left() -> tuple[int, ...]:
    """What any act would change: every insert and update leaves an audit row."""
    audited = ("requisition", "requisitionline", "approvalstep", "purchaseorder", "receipt", "invoice", "exceptioncase")
    rows = [
        BusinessEvent,
        DocumentComment,
        MasterProposal,
        MasterPull,
        apps.get_model("masterdata", "MasterProposalEvent"),
        *(apps.get_model("procurement", f"{name}event") for name in audited),
    ]
    return tuple(model.objects.count() for model in rows)


ENTRIES = [(name, entry) for name, entry in TABLE.items() if isinstance(entry, Entry)]


@pytest.mark.parametrize("role", Role.values)
def test_own_facility_by_role(world: World, role: str) -> None:
    wrong, client = [], signed_in(world, f"{role}@NORTH")
    for name, entry in ENTRIES:
        if entry.method == "get":
            status = call(world, name, entry, client).status_code
            if status != 200 if role in entry.roles else status not in (200, 302, 403, 404):
                wrong.append(f"{name}: {status}")
        elif role not in entry.roles:
            before, status = traces_left(), call(world, name, entry, client).status_code
            if (status < 400 and not entry.skips) or before != traces_left():
                wrong.append(f"{name}: {status}, {traces_left()} after {before}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", Role.values)
def test_a_foreign_facility_gets_nothing(world: World, role: str) -> None:
    wrong, client = [], signed_in(world, f"{role}@EAST")
    secret = [world.documents[name] for name in ("requisition", "order", "receipt", "invoice")]
    for name, entry in ENTRIES:
        before = traces_left()
        answer = call(world, name, entry, client)
        if entry.scoped and answer.status_code < 400:
            wrong.append(f"{name}: {answer.status_code}")
        if before != traces_left():
            wrong.append(f"{name} changed something")
        if entry.method == "get" and answer.status_code == 200:
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            wrong += [f"{name} tells about {number}" for number in secret if number.encode() in text]
    assert not wrong, "\n".join(wrong)


def test_without_signing_in_nothing_is_shown(world: World) -> None:
    wrong = []
    for name, entry in ENTRIES:
        url = reverse(name, args=[world.documents[a] for a in entry.args])
        answer = Client().get(url) if entry.method == "get" else Client().post(url)
        allowed = (401, 403) if name.startswith("api-") else (302,)
        if answer.status_code not in allowed and name not in ("theme",):
            wrong.append(f"{name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_reading_changes_nothing(world: World) -> None:
    before, requester, clerk = traces_left(), signed_in(world, "requester@NORTH"), signed_in(world, "ap_clerk@NORTH")
    for name, entry in ENTRIES:
        if entry.method == "get":
            call(world, name, entry, requester)
            call(world, name, entry, clerk)
    assert traces_left() == before
