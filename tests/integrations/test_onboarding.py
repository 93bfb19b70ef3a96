"""A supplier becomes a partner: each step checked at once, samples tried without effect, documents live one by one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from core.actors import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import BusinessEvent
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.partner_figures import partner_condition, partner_figures, partners_list
from integrations.services import onboarding, samples
from integrations.services.checklists import checklist, missing_for
from integrations.services.inbound_documents import documents_apply
from integrations.services.profiles import profile_export, profile_of, profile_state
from masterdata.models import Role, Supplier
from masterdata.selectors import actor_for
from tests.factories import make_user
from tests.integrations.test_inbox import answered, kept, leave, renumbered
from tests.integrations.test_partner_inbox import in_edifact, long_answer, nothing_happened, papers, written
from tests.integrations.world import World

State = InboundMessage.State
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"


@pytest.fixture
def support(world: World) -> Actor:
    return actor_for(make_user("support", (Role.INTEGRATION_SUPPORT, None)))


def begun(support: Actor, *documents: str) -> Partner:
    """BETA with its mailbox tried and its documents chosen."""
    onboarding.partner_begin(actor=support, supplier="BETA")
    onboarding.partner_documents_choose(actor=support, code="BETA", form="x12", documents=documents)
    onboarding.partner_transport_set(actor=support, code="BETA", transport="folder", values={"folder": "BETA"})
    for name in ("in", "out"):
        (settings.EDI_MAILBOX_DIR / "BETA" / name).mkdir(parents=True, exist_ok=True)
    assert onboarding.partner_transport_try(actor=support, code="BETA") == ""
    return onboarding.partner_get("BETA")


def open_items(code: str) -> list[str]:
    return [item.label for item in checklist(onboarding.partner_get(code)) if not item.done]


def test_a_partner_begins_with_what_we_are_and_nothing_else(world: World, support: Actor) -> None:
    partner = onboarding.partner_begin(actor=support, supplier="BETA")
    assert (partner.our_id, partner.identifier, partner_condition(partner)) == ("HOSPITAL", "BETA", "new")
    assert "The documents are chosen" in open_items("BETA")
    assert [(event.type, event.data["what"]) for event in BusinessEvent.objects.filter(kind="partner")] == [
        ("PartnerChanged", "begun")
    ]
    with pytest.raises(Conflict, match="is a partner already"):
        onboarding.partner_begin(actor=support, supplier="BETA")
    with pytest.raises(NotFound):
        onboarding.partner_begin(actor=support, supplier="NOBODY")


def test_only_support_of_the_whole_network_may(world: World) -> None:
    for who in (world.net.actor("integration_support@NORTH"), actor_for(make_user("auditor", (Role.AUDITOR, None)))):
        with pytest.raises(NotAllowed):
            onboarding.partner_begin(actor=who, supplier="BETA")
        with pytest.raises(NotAllowed):
            onboarding.document_stage_set(actor=who, code="ACME", document="order", stage="off", reason="x")
    assert PartnerDocument.objects.filter(stage="live").count() == 4


def test_a_clone_takes_the_habits_and_never_the_identity(world: World, support: Actor) -> None:
    onboarding.partner_profile_save(
        actor=support, code="ACME", units={"CS": "CA"}, duplicates="quarantine", their_group_id="ACMEAPP"
    )
    onboarding.partner_contact_add(actor=support, code="ACME", name="Kim", phone="1")
    clone = onboarding.partner_begin(actor=support, supplier="BETA", like="ACME")
    profile = profile_of(clone)
    assert (profile.units, profile.duplicates) == ({"CS": "CA"}, "quarantine")
    assert (profile.their_id, profile.their_group_id, clone.contacts.count()) == ("BETA", "", 0)
    assert set(clone.documents.values_list("stage", flat=True)) == {"sandbox"}


def test_a_clone_is_not_at_home_where_the_other_one_is(world: World, support: Actor) -> None:
    Partner.objects.update(format="ubl")
    onboarding.partner_profile_save(
        actor=support, code="ACME", ubl_profile="peppol", our_qualifier="0088", our_id="7300010000001", their_qualifier="0060",
        their_id="123456789", their_country="SE",
    )  # fmt: skip
    clone = onboarding.partner_begin(actor=support, supplier="BETA", like="ACME")
    assert clone.habits == {"ubl_profile": "peppol"}
    with pytest.raises(Invalid) as refused:
        onboarding.test_order_send(actor=support, code="BETA")
    assert {finding.field for finding in refused.value.findings} == {"their_id", "their_country"}


def test_a_profile_goes_from_one_partner_to_the_next_as_a_file(world: World, support: Actor) -> None:
    onboarding.partner_profile_save(actor=support, code="ACME", units={"CS": "CA"}, their_id="ACME1")
    onboarding.partner_begin(actor=support, supplier="BETA")
    data = profile_export(onboarding.partner_get("ACME"))
    # Acme has that id here: everything else is taken
    taken = profile_of(onboarding.partner_profile_import(actor=support, code="BETA", data=data))
    assert (taken.units, taken.their_id) == ({"CS": "CA"}, "BETA")
    data["profile"]["their_id"] = "BETA9"
    assert profile_of(onboarding.partner_profile_import(actor=support, code="BETA", data=data)).their_id == "BETA9"


def test_who_was_slower_is_told_and_overwrites_nothing(world: World, support: Actor) -> None:
    seen = profile_state(onboarding.partner_get("ACME"))
    onboarding.partner_profile_save(actor=support, code="ACME", seen=seen, units={"CS": "CA"})
    with pytest.raises(Conflict, match="Somebody else changed the profile"):
        onboarding.partner_profile_save(actor=support, code="ACME", seen=seen, units={"XX": "EA"})
    partner = onboarding.partner_get("ACME")
    assert profile_of(partner).units == {"CS": "CA"}
    onboarding.partner_profile_save(actor=support, code="ACME", seen=profile_state(partner), units={"XX": "EA"})


def test_an_id_that_nobody_said_is_asked_for(world: World, support: Actor) -> None:
    asked = "Their id is the one they use"
    onboarding.partner_begin(actor=support, supplier="BETA")
    assert asked in open_items("BETA")
    onboarding.partner_profile_save(actor=support, code="BETA", their_id="BETA9")
    assert asked not in open_items("BETA")
    # it keeps nothing from going live: they may be called so
    onboarding.partner_profile_save(actor=support, code="BETA", their_id="BETA")
    assert not [item for item in missing_for(checklist(onboarding.partner_get("BETA")), "order") if item.label == asked]
    begun_as = [f"SUPPLIER-NAMED-{n}" for n in range(3)]
    for code in begun_as:
        Supplier.objects.create(code=code, name=code)
        onboarding.partner_begin(actor=support, supplier=code)
        assert asked in open_items(code)


def test_a_sample_is_asked_for_in_the_format_that_was_agreed(world: World, support: Actor) -> None:
    onboarding.partner_begin(actor=support, supplier="BETA")
    for form, kinds in (("x12", "855 or 865"), ("edifact", "ORDRSP"), ("ubl", "OrderResponse or OrderResponseSimple")):
        onboarding.partner_documents_choose(actor=support, code="BETA", form=form, documents=["order_answer"])
        (item,) = [each for each in checklist(onboarding.partner_get("BETA")) if each.blocks == ("order_answer",)]
        assert f"({kinds})" in item.detail


def test_nothing_goes_live_while_something_is_missing(world: World, support: Actor) -> None:
    onboarding.partner_begin(actor=support, supplier="BETA")
    onboarding.partner_documents_choose(actor=support, code="BETA", form="x12", documents=["invoice"])
    with pytest.raises(Invalid) as refused:
        onboarding.document_stage_set(actor=support, code="BETA", document="invoice", stage="live", reason="x")
    assert {finding.field for finding in refused.value.findings} == {"transport", "test"}
    assert PartnerDocument.objects.get(partner__supplier__code="BETA").stage == "sandbox"


def test_a_sample_is_tried_has_no_effect_and_ticks_its_document(world: World, support: Actor) -> None:
    begun(support, "order_answer", "invoice")
    order = world.order()
    sample = (
        written(world, papers(order.number)[2])
        .replace(b"ZZ*ACME           ", b"ZZ*BETA           ")
        .replace(b"GS*IN*ACME", b"GS*IN*BETA")
    )
    file = samples.sample_read(actor=support, code="BETA", name="sample.x12", content=sample)
    document = file.documents.get()
    assert (document.state, document.lane, document.trial["cause"]) == (State.SANDBOX, "sandbox", "order_unknown")
    assert nothing_happened()
    assert "Invoices and credits: one was read and understood" not in open_items("BETA")
    assert "Order answers: one was read and understood" in open_items("BETA")
    # again and again, and nothing for a worker or for the list of dead letters
    samples.sample_read(actor=support, code="BETA", name="sample.x12", content=sample)
    documents_apply()
    assert not InboundMessage.objects.exclude(state__in=[State.SANDBOX, State.SPLIT]).exists()
    assert not OutboundMessage.objects.filter(topic="acknowledgement.send").exists()


def test_a_sample_tells_its_ids_itself(world: World, support: Actor) -> None:
    begun(support, "invoice")
    sample = written(world, papers("4711")[2]).replace(b"ZZ*ACME           ", b"01*123456789      ")
    sample = sample.replace(b"ZZ*HOSPITAL       ", b"ZZ*SOMEBODYELSE   ")
    file = samples.sample_read(
        actor=support, code="BETA", name="s", content=sample.replace(b"GS*IN*ACME", b"GS*IN*BETAAPP")
    )
    assert file.documents.get().cause == "wrong_sender"
    assert missing_for(checklist(onboarding.partner_get("BETA")), "invoice")
    again = samples.sample_take_over(actor=support, code="BETA", file_id=file.pk)
    profile = profile_of(onboarding.partner_get("BETA"))
    assert (profile.their_qualifier, profile.their_id, profile.their_group_id) == ("01", "123456789", "BETAAPP")
    assert profile.our_id == "HOSPITAL"
    assert again.documents.get().trial["cause"] == "order_unknown"
    row = onboarding.document_stage_set(actor=support, code="BETA", document="invoice", stage="live", reason="agreed")
    assert row.live_at is not None
    assert row.live_at <= timezone.now()


def test_a_sample_in_another_format_changes_the_format(world: World, support: Actor) -> None:
    begun(support, "order_answer")
    sample = in_edifact(world, long_answer("4711", 1), "R1").replace(b"ACME:ZZ", b"BETAEU:14")
    file = samples.sample_read(actor=support, code="BETA", name="s", content=sample)
    assert file.cause == "wrong_format"
    samples.sample_take_over(actor=support, code="BETA", file_id=file.pk)
    partner = onboarding.partner_get("BETA")
    assert (partner.format, partner.qualifier, partner.identifier) == ("edifact", "14", "BETAEU")


def test_a_broken_sample_says_why_and_ticks_nothing(world: World, support: Actor) -> None:
    begun(support, "invoice")
    file = samples.sample_read(actor=support, code="BETA", name="s", content=b"nothing one can read")
    assert (file.state, file.cause) == (State.SANDBOX, "unreadable")
    with pytest.raises(Invalid):
        samples.sample_take_over(actor=support, code="BETA", file_id=file.pk)
    with pytest.raises(Invalid, match="empty"):
        samples.sample_read(actor=support, code="BETA", name="s", content=b" \n")
    assert "Invoices and credits: one was read and understood" in open_items("BETA")


def test_a_test_order_goes_the_real_way_and_its_997_ticks_it(world: World, support: Actor) -> None:
    begun(support, "order")
    world.order()
    message = onboarding.test_order_send(actor=support, code="BETA")
    world.deliver()
    message.refresh_from_db()
    assert message.state == OutboundMessage.State.DELIVERED
    [path] = (world.mailbox.root / "BETA" / "in").iterdir()
    content = path.read_bytes()
    assert path.name == "T000000001-PO.x12"
    assert b"*T*>" in content
    assert all(part in content for part in (b"BEG*00*", message.document_number.encode(), b"BETA-GLOVE"))
    assert open_items("BETA") == [
        "Somebody to call is known", "Their id is the one they use", "The test order was acknowledged",
    ]  # fmt: skip
    onboarding.document_stage_set(
        actor=support,
        code="BETA",
        document="order",
        stage="live",
        reason="x",
        on=timezone.now().date() + timedelta(days=3),
    )
    assert partner_condition(onboarding.partner_get("BETA")) == "starting"


def test_a_997_for_a_test_touches_no_order(world: World, support: Actor) -> None:
    order = world.order()
    world.deliver()
    onboarding.test_order_send(actor=support, code="ACME")
    world.deliver()
    assert set(Interchange.objects.values_list("usage", "control_number")) == {("T", 1), ("P", 1)}
    tested = Interchange.objects.get(usage="T")
    answer = (
        b"ISA*00*          *00*          *ZZ*ACME           *ZZ*HOSPITAL       *261120*0900*U*00401*000000900*0*T*>~"
        b"GS*FA*ACME*HOSPITAL*20261120*0900*900*X*004010~ST*997*0001~AK1*PO*1~AK2*850*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~"
        b"GE*1*900~IEA*1*000000900~"
    )
    leave(world, answer)
    world.take_in()
    tested.refresh_from_db()
    order.refresh_from_db()
    assert tested.acknowledgement == "accepted"
    assert Interchange.objects.get(usage="P").acknowledgement == "waiting"
    assert order.supplier_dispatch == "sent"
    assert world.inbound() == [("997", State.SANDBOX, "")]


def test_live_documents_hold_the_format(world: World, support: Actor) -> None:
    with pytest.raises(Conflict, match="live in the old format"):
        onboarding.partner_documents_choose(actor=support, code="ACME", form="ubl", documents=["order"])
    onboarding.partner_documents_choose(actor=support, code="ACME", form="x12", documents=[])
    assert PartnerDocument.objects.filter(stage="live").count() == 4


def test_an_order_is_sent_again_in_a_new_envelope(world: World, support: Actor) -> None:
    order = world.order()
    first = world.to_supplier(order.number)
    with pytest.raises(Conflict):
        onboarding.partner_resend(actor=support, code="ACME", message_id=first.pk, reason="lost")
    world.deliver()
    with pytest.raises(Invalid, match="Say why"):
        onboarding.partner_resend(actor=support, code="ACME", message_id=first.pk, reason=" ")
    onboarding.partner_resend(actor=support, code="ACME", message_id=first.pk, reason="they lost it")
    world.deliver()
    files = sorted((world.mailbox.root / "ACME" / "in").iterdir())
    assert [path.name for path in files] == ["000000001-PO.x12", "000000002-PO.x12"]
    assert all(order.number in path.read_text() for path in files)


def test_a_997_is_sent_again(world: World, support: Actor) -> None:
    answered(world)
    leave(world, kept(world, "856")["856"])
    world.take_in()
    world.deliver()
    document = InboundMessage.objects.get(kind="856")
    onboarding.partner_acknowledge_again(actor=support, code="ACME", message_id=document.pk, reason="they lost it")
    onboarding.partner_acknowledge_again(actor=support, code="ACME", message_id=document.pk, reason="again")
    world.deliver()
    told = OutboundMessage.objects.filter(topic="acknowledgement.send")
    assert [row.state for row in told] == [OutboundMessage.State.DELIVERED] * 3


def test_the_figures_of_a_partner(world: World, support: Actor) -> None:
    answered(world)
    files = kept(world, "997", "855", "856")
    for kind, content in files.items():
        leave(world, content, f"{kind}.x12")
    leave(world, renumbered(files["856"].replace(b"BSN*00*", b"BSX*00*"), "000000042"), "z.x12")
    world.take_in()
    figures = partner_figures(support, onboarding.partner_get("ACME"))
    assert {(each.what, each.direction, each.count) for each in figures.volumes} == {
        ("997", "in", 1), ("855", "in", 1), ("856", "in", 2), ("purchase_order.create", "out", 1),
    }  # fmt: skip
    assert (figures.times.acknowledged, figures.times.median is None) == (1, False)
    assert [(each.what, each.cause, each.count) for each in figures.reasons] == [("856", "unreadable", 1)]
    assert [(gap.side, gap.last) for gap in figures.gaps] == [("theirs", 41)]
    [row] = partners_list(support, text="acme")
    assert (row.taken, row.told, row.bad) == (4, 1, 1)  # type: ignore[attr-defined]
    leave(world, renumbered(files["856"].replace(b"BSN*00*", b"BSX*00*"), "700000001"), "zz.x12")
    world.take_in()
    gaps = partner_figures(support, onboarding.partner_get("ACME")).gaps
    assert [(gap.side, gap.last) for gap in gaps] == [("theirs", 41)], "they count anew"
    with pytest.raises(NotFound):
        partner_figures(world.net.actor("integration_support@NORTH"), onboarding.partner_get("ACME"))


def test_tests_are_no_business_and_a_broken_file_is_one(world: World, support: Actor) -> None:
    onboarding.test_order_send(actor=support, code="ACME")
    world.deliver()
    leave(world, b"ISA*00*", "cut.x12")
    world.take_in()
    figures = partner_figures(support, onboarding.partner_get("ACME"))
    assert (list(figures.volumes), [each.cause for each in figures.reasons]) == ([], ["unreadable"])
    [row] = partners_list(support, text="acme")
    assert (row.taken, row.told, row.bad) == (0, 0, 1)  # type: ignore[attr-defined]


@pytest.mark.skipif(not SAMPLES.exists(), reason="NO SAMPLES: the public sample files are not beside the project")
@pytest.mark.parametrize(
    ("name", "form", "document"),
    [
        ("node-x12__855.edi", "x12", "order_answer"),
        ("node-x12__856.edi", "x12", "ship_notice"),
        ("stupidedi__004010_IN810_pass_1.edi", "x12", "invoice"),
        ("einvoicing-en16931__edifact_examples_EDIFACT_EXAMPLE6.TXT", "edifact", "invoice"),
        ("ubl__raw_xml_UBL-Invoice-2.1-Example.xml", "ubl", "invoice"),
        ("ubl__raw_xml_UBL-DespatchAdvice-2.0-Example.xml", "ubl", "ship_notice"),
    ],
)
def test_a_supplier_who_sends_a_public_sample_can_go_live(
    world: World, support: Actor, name: str, form: str, document: str
) -> None:
    begun(support, document)
    file = samples.sample_read(actor=support, code="BETA", name=name, content=(SAMPLES / name).read_bytes())
    if file.cause or file.documents.filter(cause="wrong_sender").exists():
        file = samples.sample_take_over(actor=support, code="BETA", file_id=file.pk)
    assert onboarding.partner_get("BETA").format == form
    if file.documents.filter(cause="envelope").exists():
        # a fault that this partner always makes, and that somebody decided to live with
        onboarding.partner_profile_save(actor=support, code="BETA", verdicts={"iea-control": "warn"})
        content = bytes(file.payload.content)
        file = samples.sample_read(actor=support, code="BETA", name=name, content=content)
    told = [(each.kind, each.cause, each.detail) for each in file.documents.all()]
    assert not missing_for(checklist(onboarding.partner_get("BETA")), document), told
    assert nothing_happened()
