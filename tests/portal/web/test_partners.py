"""Screens of trading partners: who sees them, what they say, and the wizard without scripts."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import InboundMessage, OutboundMessage, Partner, PartnerDocument
from integrations.partner_figures import Figures, Times, Volume
from integrations.services.partners import supplier_connect
from integrations.services.profiles import profile_of
from integrations.x12 import Delimiters, document_bytes
from masterdata.models import Role, Supplier, SupplierItem
from portal.web.partners import _answered_numbers, _volumes
from procurement.models import Invoice
from tests.factories import Network, make_user
from tests.integrations.transports import sshd
from tests.integrations.x12.test_order import ENVELOPE, simple
from tests.road import line, ordered

SAMPLE = (
    b"ISA*00*          *00*          *01*123456789      *ZZ*HOSPITAL       *261120*0900*U*00401*000000900*0*P*>~"
    b"GS*IN*123456789*HOSPITAL*20261120*0900*900*X*004010~ST*810*0001~BIG*20261120*88123**PO-4711~"
    b"IT1*1*10*BX*8.42**VN*BETA-GLOVE~TDS*8420~CTT*1~SE*6*0001~GE*1*900~IEA*1*000000900~"
)


@pytest.fixture
def support(net: Network, sign_in: Any, settings: Any, tmp_path: Path) -> Client:
    settings.EDI_MAILBOX_DIR = tmp_path
    for name in ("in", "out"):
        (tmp_path / "BETA" / name).mkdir(parents=True)
    supplier_connect(supplier=net.suppliers["ACME"], our_id="HOSPITAL")
    net.users["support"] = make_user("support", (Role.INTEGRATION_SUPPORT, None))
    client: Client = sign_in("support")
    return client


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def step(code: str, name: str) -> str:
    return reverse("partner-setup", args=[code, name])


def begin(client: Client, **more: str) -> None:
    answer = client.post(reverse("partner-new"), {"supplier": "BETA", **more})
    assert answer.status_code == 302


def test_the_list_names_state_and_counts(support: Client, few_statements: Any) -> None:
    with few_statements():
        page = text(support.get(reverse("partners")))
    assert "Acme" in page
    assert "4 of 4 live" in page
    assert "1 partner, with the documents of 30 days" in page
    assert "Nothing matches this filter" in text(support.get(reverse("partners"), {"q": "nobody"}))
    assert "Acme" in text(support.get(reverse("partners"), {"format": "x12"}))
    assert "data-row" not in text(support.get(reverse("partners"), {"format": "ubl"}))
    answer: Any = support.get(reverse("partners"), {"export": "csv"})
    assert b"ACME,Acme,X12,ZZ:ACME,Live" in b"".join(answer.streaming_content)


def test_a_long_list_goes_on(support: Client, few_statements: Any) -> None:
    for n in range(55):
        supplier_connect(supplier=Supplier.objects.create(code=f"S{n:03}", name=f"Supplier {n:03}"), our_id="HOSPITAL")
    with few_statements():
        page = text(support.get(reverse("partners")))
    assert page.count("<tr data-row>") == 50
    more = {"after": page.split("after=")[1].split('"')[0]}
    following = text(support.get(reverse("partners"), more, headers={"HX-Request": "true"}))
    assert following.count("<tr data-row>") == 6


def test_a_partners_page_costs_the_same_whatever_happened(support: Client, few_statements: Any) -> None:
    with few_statements():
        page = text(support.get(reverse("partner", args=["ACME"])))
    assert "How fast they acknowledge" in page
    assert "Missing control numbers" in page
    assert "they acknowledge within".capitalize() in page


def test_every_step_opens_within_the_budget(support: Client, few_statements: Any) -> None:
    begin(support)
    for name in ("who", "documents", "transport", "identifiers", "units", "test", "live"):
        with few_statements():
            assert support.get(step("BETA", name)).status_code == 200
    assert support.get(step("BETA", "nowhere")).status_code == 404


def test_an_auditor_reads_and_changes_nothing(support: Client, net: Network, sign_in: Any) -> None:
    net.users["auditor"] = make_user("auditor", (Role.AUDITOR, None))
    auditor = sign_in("auditor")
    assert "Acme" in text(auditor.get(reverse("partners")))
    page = text(auditor.get(reverse("partner", args=["ACME"])))
    assert "Send again" not in page
    assert "Look at the set-up" in page
    assert "Keep this" not in text(auditor.get(step("ACME", "units")))
    before = list(PartnerDocument.objects.values_list("stage", "live_at"))
    assert auditor.post(step("ACME", "live"), {"document": "order", "stage": "off"}).status_code == 403
    assert auditor.post(step("ACME", "units"), {"units": "CS = CA"}).status_code == 403
    assert auditor.post(reverse("partner-act", args=["ACME"]), {"do": "pause", "reason": "x"}).status_code == 403
    assert list(PartnerDocument.objects.values_list("stage", "live_at")) == before


def test_support_of_one_facility_sees_no_partners(support: Client, sign_in: Any) -> None:
    local = sign_in("integration_support@NORTH")
    for address in (reverse("partners"), reverse("partner", args=["ACME"]), step("ACME", "live")):
        assert local.get(address).status_code == 404


def test_the_whole_way_to_live(support: Client, net: Network) -> None:
    begin(support)
    support.post(step("BETA", "who"), {"name": "Kim", "email": "kim@beta.example", "purpose": "mapping"})
    support.post(step("BETA", "documents"), {"format": "x12", "document": ["invoice"]})
    support.post(step("BETA", "transport"), {"transport": "folder", "folder": "BETA"})
    answer = support.post(step("BETA", "test"), {"sample": SimpleUploadedFile("theirs.x12", SAMPLE)}, follow=True)
    assert "theirs.x12 is X12" in text(answer)
    assert "Take it over and read it again" in text(answer)
    file = InboundMessage.objects.get(parent=None)
    answer = support.post(step("BETA", "test"), {"do": "take_over", "file": file.pk}, follow=True)
    assert "names the order PO-4711, which we did not place with them" in text(answer)
    assert "invoice number" in text(answer) or "Segment by segment" in text(answer)
    page = text(support.get(step("BETA", "live")))
    assert "Nothing is missing" in page
    support.post(step("BETA", "live"), {"document": "invoice", "stage": "live", "on": ""})
    assert PartnerDocument.objects.get(partner__supplier__code="BETA").stage == "live"
    partner = Partner.objects.select_related("supplier").get(supplier__code="BETA")
    assert (profile_of(partner).their_qualifier, profile_of(partner).their_id) == ("01", "123456789")


def test_what_was_tried_is_told_on_its_own_page_too(support: Client) -> None:
    support.post(
        step("ACME", "test"),
        {"sample": SimpleUploadedFile("theirs.x12", SAMPLE.replace(b"01*123456789 ", b"ZZ*ACME      "))},
    )
    row = InboundMessage.objects.get(kind="810")
    assert row.trial["cause"] == "order_unknown"
    page = text(support.get(reverse("inbound-message", args=[row.pk])))
    assert "what would have happened" in page
    assert "Read and understood, but of no effect" in page
    assert "Read it again" not in page


def test_what_is_wrong_is_said_at_its_field(support: Client) -> None:
    begin(support)
    answer = support.post(
        step("BETA", "units"), {"units": "CS", "verdicts": "se-count = maybe", "duplicates": "ignore"}
    )
    assert answer.status_code == 422
    assert "“CS” is not of the form this = that." in text(answer)
    assert "none of accept, warn and quarantine" in text(answer)
    answer = support.post(step("BETA", "identifiers"), {"their_id": "ACME", "their_qualifier": "ZZ"})
    assert "Acme has the id ZZ:ACME already." in text(answer)
    answer = support.post(step("BETA", "live"), {"document": "invoice", "stage": "live"})
    assert answer.status_code == 422
    assert "Something is still missing" in text(answer)
    answer = support.post(step("BETA", "transport"), {"transport": "folder", "folder": "../../etc"})
    assert answer.status_code == 422


def test_a_ubl_partner_is_written_to_by_the_rules_of_peppol(support: Client) -> None:
    Partner.objects.update(format="ubl")
    assert "Peppol BIS 3" in text(support.get(step("ACME", "identifiers")))
    typed = {
        "our_qualifier": "0088", "our_id": "7300010000001", "their_qualifier": "0060", "their_id": "123456789", "ubl_profile": "peppol",
        "their_country": "SE",
    }  # fmt: skip
    answer = support.post(step("ACME", "identifiers"), {**typed, "our_qualifier": "ZZ"})
    assert answer.status_code == 422
    assert "write 0088 as qualifier for a GLN" in text(answer)
    assert support.post(step("ACME", "identifiers"), typed).status_code == 302
    profile = profile_of(Partner.objects.select_related("supplier").get())
    assert (profile.ubl_profile, profile.their_country) == ("peppol", "SE")
    Partner.objects.update(format="x12")
    assert "Peppol" not in text(support.get(step("ACME", "identifiers")))


def test_two_people_do_not_overwrite_each_other(support: Client) -> None:
    page = text(support.get(step("ACME", "units")))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    theirs = {"units": "CS = CA", "verdicts": "", "duplicates": "ignore", "seen": seen}
    assert support.post(step("ACME", "units"), theirs).status_code == 302
    answer = support.post(step("ACME", "units"), {**theirs, "units": "XX = EA"})
    assert answer.status_code == 409
    page = text(answer)
    assert "Somebody else changed the profile while this page was open" in page
    assert "Units: CS = CA is what is kept now." in page
    assert ">XX = EA</textarea>" in page
    again = page.split('name="seen" value="')[1].split('"')[0]
    assert support.post(step("ACME", "units"), {**theirs, "units": "XX = EA", "seen": again}).status_code == 302
    assert profile_of(Partner.objects.select_related("supplier").get()).units == {"XX": "EA"}


def test_what_cannot_be_done_now_is_said_on_the_same_page(support: Client) -> None:
    answer = support.post(step("ACME", "documents"), {"format": "ubl", "document": ["invoice"]})
    assert answer.status_code == 409
    assert "Documents are live in the old format" in text(answer)
    assert "Keep this" in text(answer)


def test_nothing_is_ticked_before_something_was_done(support: Client) -> None:
    begin(support)
    assert "No document is chosen yet" in text(support.get(step("BETA", "live")))
    page = text(support.get(step("BETA", "who")))
    files = page.split('aria-label="Set-up"')[1].split("Test files")[0].rsplit("<li", 1)[1]
    assert "wizard-next" in files


def test_a_sample_costs_the_same_however_much_it_says(support: Client, few_statements: Any) -> None:
    begin(support)
    many = SAMPLE * 40
    support.post(step("BETA", "test"), {"sample": SimpleUploadedFile("many.x12", many)})
    with few_statements():
        page = text(support.get(step("BETA", "test")))
    assert "40 × 810" in page


def test_an_order_of_ours_is_understood_as_one(support: Client) -> None:
    content = document_bytes(simple(), ENVELOPE)
    answer = support.post(step("ACME", "test"), {"sample": SimpleUploadedFile("order.x12", content)}, follow=True)
    page = text(answer)
    assert "This is what we send." in page
    assert "Would be quarantined" not in page


def test_rare_kinds_are_the_others_of_the_chart() -> None:
    day = timezone.now().date()
    kinds = ("855", "856", "810", "997", "832", "846", "865")
    figures = Figures(
        [Volume(day, kind, "in", at) for at, kind in enumerate(kinds, start=1)], Times(0, 0, 0, None, None), (), ()
    )
    series = _volumes(figures)["series"]
    assert [each["values"][-1] for each in series] == [7, 6, 5, 4, 3, 3]
    assert series[-1]["label"] == "Others"


def test_habits_are_kept_as_typed(support: Client) -> None:
    typed = {
        "units": "CS = CA\nXX = EA", "verdicts": "se-count = accept", "duplicates": "quarantine", "acknowledge": "after_processing",
        "acknowledgement_due_hours": "4", "supplier_part": "VP, VN", "buyer_item": "BP", "manufacturer_part": "MG", "gtin": "UK",
        "required": "855 REF IA", "forbidden": "", "codes": "668 = ZZ, YY",
        "documents": (
            "856 unit CS = BX\n856 supplier_part = VC, SK\n810 verdict se-count = accept\n810 code 668 = QQ\n810 their_id = BUREAU\n"
            "810 duplicates = process\n850 version = 005010\n850 delimiters = | ^ \\n"
        ),
    }  # fmt: skip
    assert support.post(step("ACME", "units"), typed).status_code == 302
    profile = profile_of(Partner.objects.select_related("supplier").get())
    assert (profile.units, profile.supplier_part, profile.codes) == (
        {"CS": "CA", "XX": "EA"}, ("VP", "VN"), {"668": ("ZZ", "YY")},
    )  # fmt: skip
    assert profile.required[0].qualifier == "IA"
    page = text(support.get(step("ACME", "units")))
    assert "668 = ZZ, YY" in page
    assert "855 REF IA" in page
    assert profile.about("856").units == {"CS": "BX", "XX": "EA"}
    assert (profile.about("810").duplicates, profile.about("850").version) == ("process", "005010")
    assert (profile.about("856").supplier_part, profile.about("810").their_id) == (("VC", "SK"), "BUREAU")
    assert (profile.about("810").codes, profile.about("850").delimiters) == (
        {"668": ("QQ",)},
        Delimiters("|", "^", "\n"),
    )
    assert all(said in page for said in str(typed["documents"]).splitlines())
    wrong = {**typed, "documents": "856 verdict se-count = maybe\n999 version = 005010\n810 colour = red"}
    page = text(support.post(step("ACME", "units"), wrong))
    assert "“856 verdict se-count = maybe” is not of a form like" in page
    assert "“810 colour = red” is not of a form like" in page
    assert "There is no document '999'" in page
    for told, words in (
        ("999 version = 005010", "There is no document '999'"),
        ("850 version = 006020", "850: The version '006020' is not one of"),
        ("810 their_qualifier = 1", "810: Their qualifier has exactly 2 letters or digits"),
        ("850 delimiters = | | ~", "850: The delimiters must all be there"),
        ("856 supplier_part = BP", "856: BP cannot mean both"),
        ("810 verdict no-such = accept", "810: There is no finding 'no-such'"),
    ):  # fmt: skip
        assert words in html.unescape(text(support.post(step("ACME", "units"), {**typed, "documents": told})))


def test_a_profile_is_downloaded_and_taken_over(support: Client) -> None:
    begin(support)
    answer = support.get(reverse("partner-profile", args=["ACME"]))
    data = json.loads(answer.content)
    data["profile"] |= {"their_id": "BETA7", "units": {"CS": "CA"}}
    sent = SimpleUploadedFile("profile.json", json.dumps(data).encode())
    assert support.post(step("BETA", "who"), {"do": "import", "file": sent}).status_code == 302
    assert profile_of(Partner.objects.select_related("supplier").get(supplier__code="BETA")).units == {"CS": "CA"}
    bad = SimpleUploadedFile("profile.json", b"{")
    assert "no JSON" in text(support.post(step("BETA", "who"), {"do": "import", "file": bad}))


def test_a_partner_is_paused_and_resumed(support: Client) -> None:
    for do, paused in (("pause", True), ("resume", False)):
        support.post(reverse("partner-act", args=["ACME"]), {"do": do, "reason": "night"})
        assert Partner.objects.get().endpoint.paused is paused


def test_a_test_order_is_seen_from_the_press_on(support: Client, few_statements: Any) -> None:
    answer = support.post(step("ACME", "test"), {"do": "order"}, follow=True)
    message = OutboundMessage.objects.get()
    assert message.document_number in text(answer)
    assert "Queued" in text(answer)
    OutboundMessage.objects.update(state="dead", detail="They do not know us.")
    with few_statements():
        assert "They do not know us." in text(support.get(step("ACME", "test")))


def test_who_sells_nothing_gets_no_test_order(support: Client) -> None:
    begin(support)
    SupplierItem.objects.filter(supplier__code="BETA").delete()
    answer = support.post(step("BETA", "test"), {"do": "order"})
    assert answer.status_code == 422
    assert "sells us nothing yet: a test order needs an item in the catalog." in text(answer)
    assert not OutboundMessage.objects.exists()


def test_the_numbers_of_acknowledgements() -> None:
    assert [_answered_numbers(key) for key in ("997:7:IN:8", "T997:7:IN:8", "TA1:9:1", "997again:203/1:1")] == [
        "7:IN:8", "7:IN:8", "9:1", "once more",
    ]  # fmt: skip


def test_a_secret_of_a_transport_is_never_shown(support: Client) -> None:
    typed = {
        "transport": "sftp", "host": "sftp.example.invalid", "port": "22", "user": "hospital", "password": "very-secret-indeed",
        "host_key": "ssh-ed25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "send_to": "in", "take_from": "out",
    }  # fmt: skip
    answer = support.post(step("ACME", "transport"), typed)
    assert answer.status_code in (302, 422)
    assert "very-secret-indeed" not in text(answer) + text(support.get(step("ACME", "transport")))


def test_the_host_key_is_fetched_compared_and_pinned(support: Client, net: Network, tmp_path: Path) -> None:
    begin(support)
    with sshd.running(tmp_path / "sshd", tmp_path / "BETA") as server:
        typed = {"transport": "sftp", **server.settings(), "host_key": ""}
        nobody = support.post(step("BETA", "transport"), {**typed, "port": "1", "do": "host_keys"})
        assert nobody.status_code == 422
        shown = support.post(step("BETA", "transport"), {**typed, "do": "host_keys"})
        key = f"ssh-ed25519 {server.fingerprint()}"
        assert shown.status_code == 200
        assert f'name="pin" value="{key}" checked' in text(shown)
        assert 'value="127.0.0.1"' in text(shown), "what was typed is still there"
        assert server.private_key.splitlines()[1] not in text(shown)
        assert Partner.objects.get(supplier__code="BETA").endpoint.adapter == "folder", (
            "nothing is kept before somebody compared"
        )
        support.post(step("BETA", "transport"), {**typed, "pin": [key]})
        endpoint = Partner.objects.get(supplier__code="BETA").endpoint
        assert (endpoint.adapter, endpoint.config["host_key"]) == ("sftp", key)
        assert endpoint.probe_outcome == "found", endpoint.probe_detail


def test_only_support_fetches_a_host_key(support: Client, net: Network, sign_in: Any) -> None:
    net.users["auditor"] = make_user("auditor", (Role.AUDITOR, None))
    asked = {"transport": "sftp", "host": "127.0.0.1", "internal_hosts": "127.0.0.1", "do": "host_keys"}
    assert sign_in("auditor").post(step("ACME", "transport"), asked).status_code == 403


def test_proposals_are_chosen_and_taken_over_in_one_press(support: Client) -> None:
    begin(support)
    support.post(step("BETA", "documents"), {"format": "x12", "document": ["invoice"]})
    sample = SAMPLE.replace(b"*BX*", b"*CS*").replace(b"IEA*1*", b"IEA*2*")
    page = text(support.post(step("BETA", "test"), {"sample": SimpleUploadedFile("s.x12", sample)}, follow=True))
    assert "as in the file: 01:123456789" in page
    assert 'name="take-verdict:iea-count"' in page
    file = InboundMessage.objects.get(parent=None)
    chosen = {"take-their_id": "take", "take-unit:CS": "BX", "take-verdict:iea-count": "warn"}
    page = text(support.post(step("BETA", "test"), {"do": "take_over", "file": file.pk, **chosen}, follow=True))
    profile = profile_of(Partner.objects.select_related("supplier").get(supplier__code="BETA"))
    assert (profile.their_id, profile.units, profile.verdicts) == ("123456789", {"CS": "BX"}, {"iea-count": "warn"})
    assert "Read and understood, but of no effect" in page
    assert "What is known is chosen already" not in page


def test_a_sample_is_tried_against_an_order(support: Client, net: Network, few_statements: Any) -> None:
    order = ordered(net, line(net))
    sample = SAMPLE.replace(b"01*123456789 ", b"ZZ*ACME      ")
    page = text(support.post(step("ACME", "test"), {"sample": SimpleUploadedFile("s.x12", sample)}, follow=True))
    assert "Try it as if it were about our order" in page
    file = InboundMessage.objects.get(parent=None)
    tried = {"do": "against", "file": file.pk, "order": order.number}
    page = text(support.post(step("ACME", "test"), tried, follow=True))
    assert f"As if it were about {order.number}" in page
    assert "billed against line 1" in page
    assert not Invoice.objects.exists()
    with few_statements():
        support.get(step("ACME", "test"))
    assert support.post(step("ACME", "test"), {**tried, "order": "PO-1"}).status_code == 404
