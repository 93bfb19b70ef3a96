"""A supplier who sends a public sample's style goes live at a browser, without code: the wizard from end to end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from integrations.models import InboundMessage, Partner, PartnerDocument
from integrations.services.delivery import endpoint_deliver, endpoints_due
from integrations.services.inbound_documents import documents_apply
from integrations.services.partners import supplier_connect
from integrations.services.polling import mailboxes_poll
from masterdata.models import Role
from procurement.models import PurchaseOrder, SupplierAnswer
from procurement.services.approvals import approval_decide
from procurement.services.purchase_orders import purchase_order_create, purchase_order_issue
from tests.browser.harness import Visitor, visit
from tests.factories import Network, make_network, make_user
from tests.integrations.transports import sshd
from tests.road import line, step_of, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "samples" / "node-x12__855.edi"
MINUTES = 15


@pytest.fixture
def net(settings: Any, tmp_path: Path) -> Network:
    settings.EDI_MAILBOX_DIR = tmp_path
    for name in ("in", "out"):
        (tmp_path / "BETA" / name).mkdir(parents=True)
    found = make_network()
    supplier_connect(supplier=found.suppliers["ACME"], our_id="HOSPITAL")
    return found


def test_a_new_supplier_is_live_in_minutes(visitor: Visitor, net: Network, tmp_path: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip("NO SAMPLES: the public sample files are not beside the project")
    began = time.monotonic()
    visitor.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
    page = visitor.page
    visitor.goto("/")
    page.get_by_role("link", name="Trading partners").first.click()
    visitor.check("partners")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="New partner").click()
    page.get_by_label("Supplier").select_option("BETA")
    visitor.check("partner-new")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Begin").click()

    page.get_by_label("Orders and their changes").check()
    page.get_by_label("Order answers").check()
    visitor.check("partner-documents")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Keep this").click()

    page.get_by_label("Folder", exact=True).fill("BETA")
    page.get_by_role("button", name="Keep and try it").click()
    expect(page.get_by_text("Up", exact=True)).to_be_visible()
    visitor.check("partner-transport")
    page.set_viewport_size({"width": 1440, "height": 900})

    page.get_by_role("list", name="Set-up").get_by_role("link", name="Test files").click()
    page.get_by_label("A file, of up to 1 MB").set_input_files(SAMPLE)
    page.get_by_role("button", name="Read it", exact=True).click()
    expect(page.get_by_role("heading", name="node-x12__855.edi is X12")).to_be_visible()
    page.get_by_role("button", name="Take it over and read it again").click()
    expect(page.get_by_text("which we did not place with them")).to_be_visible()
    page.get_by_text("Segment by segment").click()
    expect(page.locator(".edi-line").first).to_be_visible()
    page.get_by_role("button", name="Send a test order").click()
    for endpoint_id in endpoints_due():
        endpoint_deliver(endpoint_id)
    page.reload()
    expect(page.get_by_text("Delivered", exact=True)).to_be_visible()
    visitor.check("partner-test")
    page.set_viewport_size({"width": 1440, "height": 900})

    for name in ("Who", "Identifiers", "Units and habits"):
        page.get_by_role("list", name="Set-up").get_by_role("link", name=name, exact=True).click()
        visitor.check(f"partner-{name.split()[0].lower()}")
        page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("list", name="Set-up").get_by_role("link", name="Go live", exact=True).click()
    visitor.check("partner-live")
    page.set_viewport_size({"width": 1440, "height": 900})
    for document in ("Orders and their changes", "Order answers"):
        page.get_by_role("button", name=f"Go live with {document}").click()
    expect(page.get_by_text("Live", exact=True)).to_have_count(2)
    assert PartnerDocument.objects.filter(partner__supplier__code="BETA", stage="live").count() == 2
    assert time.monotonic() - began < MINUTES * 60

    # and what is live has its effect: an order goes out, and an answer in the sample's style is used
    order = now_ordered(net)
    for endpoint_id in endpoints_due():
        endpoint_deliver(endpoint_id)
    sent = [path.read_bytes() for path in (tmp_path / "BETA" / "in").iterdir()]
    assert sum(order.number.encode() in content for content in sent) == 1
    (tmp_path / "BETA" / "out" / "answer.x12").write_bytes(answer_in_the_style(order))
    mailboxes_poll()
    documents_apply()
    assert SupplierAnswer.objects.get().order == order, list(
        InboundMessage.objects.values_list("state", "cause", "detail")
    )
    visitor.goto("/partners/BETA/")
    expect(page.get_by_role("heading", name="What they sent last")).to_be_visible()
    expect(page.get_by_text(order.number).first).to_be_visible()
    visitor.check("partner")


@pytest.mark.parametrize(
    ("name", "form", "document", "lives_with"),
    [
        ("einvoicing-en16931__edifact_examples_EDIFACT_EXAMPLE6.TXT", "EDIFACT", "Invoices and credits", "iea-control"),
        ("ubl__raw_xml_UBL-DespatchAdvice-2.0-Example.xml", "UBL", "Ship notices", ""),
    ],
)
def test_other_styles_are_live_in_minutes_too(
    visitor: Visitor, net: Network, name: str, form: str, document: str, lives_with: str
) -> None:
    if not SAMPLE.exists():
        pytest.skip("NO SAMPLES: the public sample files are not beside the project")
    visitor.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
    page = visitor.page
    visitor.goto("/partners/new/")
    page.get_by_label("Supplier").select_option("BETA")
    page.get_by_role("button", name="Begin").click()
    # nobody has to know which format it is: the file says it
    page.get_by_label(document).check()
    page.get_by_role("button", name="Keep this").click()
    page.get_by_label("Folder", exact=True).fill("BETA")
    page.get_by_role("button", name="Keep and try it").click()
    page.get_by_role("list", name="Set-up").get_by_role("link", name="Test files").click()
    page.get_by_label("A file, of up to 1 MB").set_input_files(SAMPLE.parent / name)
    page.get_by_role("button", name="Read it", exact=True).click()
    expect(page.get_by_role("heading", name=f"{name} is {form}")).to_be_visible()
    if lives_with:
        page.locator(f'[name="take-verdict:{lives_with}"]').select_option("warn")
    page.evaluate("scrollTo(0, 0)")
    visitor.check(f"partner-proposals-{form.lower()}")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Take it over and read it again").click()
    expect(page.get_by_text("Read and understood, but of no effect").first).to_be_visible()
    order = now_ordered(net)
    page.reload()
    page.get_by_label("Try it as if it were about our order").select_option(order.number)
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_role("heading", name=f"As if it were about {order.number}").first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    visitor.check(f"partner-against-{form.lower()}")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("list", name="Set-up").get_by_role("link", name="Go live", exact=True).click()
    page.get_by_role("button", name=f"Go live with {document}").click()
    expect(page.get_by_text("Live", exact=True)).to_have_count(1)


def test_a_host_key_is_fetched_and_pinned(visitor: Visitor, net: Network, tmp_path: Path) -> None:
    visitor.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
    page = visitor.page
    with sshd.running(tmp_path / "sshd", tmp_path / "BETA") as server:
        visitor.goto("/partners/ACME/setup/transport/?transport=sftp")
        settings = server.settings()
        for name in ("host", "port", "user", "internal_hosts"):
            page.locator(f'[name="{name}"]').fill(settings[name])
        page.get_by_role("button", name="Fetch the host key").click()
        expect(page.get_by_text(server.fingerprint())).to_be_visible()
        visitor.check("partner-host-key")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator('[name="private_key"]').fill(server.private_key)
        page.get_by_role("button", name="Pin it, keep and try").click()
        expect(page.get_by_text("Up", exact=True)).to_be_visible()


def now_ordered(net: Network) -> PurchaseOrder:
    """An order of ours for the new partner, sourced by a buyer."""
    row = submitted(net, line(net, "DRILL", "1", "EA"))
    approval_decide(actor=net.actor("approver@NORTH"), step_id=step_of(row).pk, decision="approve")
    buyer = net.actor("buyer@NORTH")
    draft = purchase_order_create(actor=buyer, line_ids=[row.lines.get().pk], supplier=net.suppliers["BETA"])
    return purchase_order_issue(actor=buyer, number=draft.number)


def answer_in_the_style(order: PurchaseOrder) -> bytes:
    """The sample's own envelope and delimiters around an answer to our order."""
    partner = Partner.objects.get(supplier__code="BETA")
    e, end = partner.element_separator, partner.segment_terminator
    text = SAMPLE.read_bytes().decode("utf-8-sig").lstrip()
    isa = text[:106].replace(text[90:99], "000009999")
    body = [
        f"GS*PR*{partner.group_id or partner.identifier}*{partner.our_group_id or partner.our_id}*20261122*0900*9999*X*{partner.version}",
        "ST*855*0001", f"BAK*00*AD*{order.number}*20261122", "PO1*1*1*EA*310.00**VN*BETA-DRILL", "ACK*IA*1*EA", "CTT*1",
        "SE*6*0001", "GE*1*9999", "IEA*1*000009999",
    ]  # fmt: skip
    return (isa + "".join(each.replace("*", e) + end for each in body)).encode()


def test_the_wizard_works_without_scripts(browser: Browser, live_server: Any, net: Network) -> None:
    with visit(browser, live_server.url, java_script_enabled=False) as someone:
        someone.login_as(make_user("support", (Role.INTEGRATION_SUPPORT, None)))
        page = someone.page
        someone.goto("/partners/new/")
        page.get_by_label("Supplier").select_option("BETA")
        page.get_by_role("button", name="Begin").click()
        page.get_by_label("UBL 2.1").check()
        page.get_by_label("Invoices and credits").check()
        page.get_by_role("button", name="Keep this").click()
        expect(page.get_by_role("heading", name="How files travel")).to_be_visible()
        page.get_by_role("list", name="Set-up").get_by_role("link", name="Test files").click()
        page.get_by_text("or paste its text").click()
        page.get_by_label("Its text").fill("<nothing/>")
        page.get_by_role("button", name="Read it", exact=True).click()
        expect(page.get_by_text("This is XML of a kind that we do not know")).to_have_count(1)
