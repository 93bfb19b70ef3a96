"""One alert per cause; told when it opens, grows, lasts, and ends; never a flood."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from core.errors import NotAllowed
from integrations.models import (
    Alert,
    Endpoint,
    Heartbeat,
    InboundMessage,
    Interchange,
    Notice,
    OutboundMessage,
    Partner,
)
from integrations.services.alerts import alert_take, alerts_check
from integrations.services.heartbeats import heartbeat
from integrations.services.notices import notices_send
from integrations.services.payloads import payload_keep
from integrations.watching import silences
from masterdata.models import Role
from masterdata.selectors import actor_for
from tests.factories import make_user
from tests.integrations.test_relay import endpoint, messages
from tests.integrations.world import World

Kind = Alert.Kind


@pytest.fixture(autouse=True)
def _mailed(settings: Any) -> None:
    settings.ALERT_EMAILS = ["oncall@hospital.example"]


def dead(number: int, *, words: str = "Unknown supplier 4711", prefix: str = "m") -> None:
    there = Endpoint.objects.filter(code="there").first() or endpoint()
    messages(there, number, prefix=prefix, state="dead", cause="permanent", detail=words)


def opened() -> list[tuple[str, int]]:
    return list(Alert.objects.filter(resolved_at=None).order_by("id").values_list("kind", "count"))


@pytest.mark.django_db
def test_ten_thousand_dead_letters_of_one_cause_are_one_alert_and_one_mail() -> None:
    dead(10_000)
    for _ in range(3):
        alerts_check()
        notices_send()
    assert opened() == [(Kind.DEAD_LETTER, 10_000)]
    assert [m.subject for m in mail.outbox] == ["New: there, dead letters (10,000): Unknown supplier 4711"]
    assert mail.outbox[0].to == ["oncall@hospital.example"]


@pytest.mark.django_db
def test_the_documents_own_number_is_no_other_cause() -> None:
    there = endpoint()
    rows = messages(there, 3, state="dead", cause="permanent")
    for row in rows:
        OutboundMessage.objects.filter(pk=row.pk).update(detail=f"{row.document_number} has an unknown supplier 4711.")
    dead(1, words="The period is closed.", prefix="x")
    alerts_check()
    assert sorted(opened()) == [(Kind.DEAD_LETTER, 1), (Kind.DEAD_LETTER, 3)]


@pytest.mark.django_db
def test_told_again_when_it_grew_tenfold_or_lasts_a_day_and_when_it_is_over() -> None:
    dead(1)
    alerts_check()
    dead(5, prefix="b")
    alerts_check()
    assert Notice.objects.count() == 1
    dead(4, prefix="c")
    alerts_check()
    Alert.objects.update(noticed_at=timezone.now() - timedelta(days=1))
    alerts_check()
    OutboundMessage.objects.update(state="cancelled")
    alerts_check()
    assert list(Notice.objects.values_list("what", "count")) == [
        ("opened", 1), ("grew", 10), ("again", 10), ("resolved", 10)
    ]  # fmt: skip
    notices_send()
    assert len(mail.outbox) == 1
    assert "Over: there, dead letters (10)" in mail.outbox[0].body
    dead(1, prefix="d")
    alerts_check()
    assert (Alert.objects.count(), len(opened())) == (2, 1)


@pytest.mark.django_db
def test_what_somebody_looks_after_is_not_told_every_day() -> None:
    dead(1)
    alerts_check()
    alert = Alert.objects.get()
    with pytest.raises(NotAllowed):
        alert_take(actor=actor_for(make_user("b@network", (Role.BUYER, None))), alert_id=alert.pk)
    alert_take(actor=actor_for(make_user("s@network", (Role.INTEGRATION_SUPPORT, None))), alert_id=alert.pk)
    Alert.objects.update(noticed_at=timezone.now() - timedelta(days=1))
    alerts_check()
    assert Notice.objects.count() == 1


@pytest.mark.django_db
def test_mail_goes_to_network_wide_support_where_nobody_else_is_named(settings: Any) -> None:
    settings.ALERT_EMAILS, settings.EMAIL_HOST = [], "mail.hospital.example"
    support = make_user("support@network", (Role.INTEGRATION_SUPPORT, None))
    make_user("buyer@network", (Role.BUYER, None))
    dead(1)
    alerts_check()
    notices_send()
    assert mail.outbox[0].to == [support.email]


@pytest.mark.django_db
def test_a_mail_server_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dead(1)
    alerts_check()

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody there")

    with monkeypatch.context() as patched:
        patched.setattr(mail.EmailMessage, "send", refuse)
        assert notices_send() == 0
    notice = Notice.objects.get()
    assert (notice.sent_at, notice.tries, notice.detail) == (None, 1, "nobody there")
    Notice.objects.update(due_at=timezone.now())
    assert notices_send() == 1


# --- the causes -------------------------------------------------------------------------------------------------------


def test_every_kind_of_trouble_has_its_alert(world: World) -> None:
    order = world.order()
    erp = Endpoint.objects.filter(pk=world.endpoint.pk)
    long_ago = timezone.now() - timedelta(days=3)

    erp.update(consecutive_failures=5, circuit_reason="transient")
    alerts_check()
    erp.update(circuit_reason="authentication")
    alerts_check()
    erp.update(consecutive_failures=0, circuit_reason="")
    OutboundMessage.objects.filter(endpoint=world.endpoint).update(due_at=long_ago)
    alerts_check()
    OutboundMessage.objects.filter(endpoint=world.endpoint).update(state="unknown", due_at=timezone.now())
    erp.update(duplicates="manual")
    alerts_check()
    world.deliver()
    OutboundMessage.objects.filter(endpoint=world.partner.endpoint).update(delivered_at=long_ago)
    order.needed_by = long_ago.date()
    order.save(update_fields=["needed_by"])
    came = InboundMessage.objects.create(
        endpoint=world.partner.endpoint,
        payload=payload_keep(b"x", "text/plain"),
        state="parked",
        due_at=timezone.now(),
        trace_id="0" * 32,
    )
    InboundMessage.objects.filter(pk=came.pk).update(received_at=long_ago)
    alerts_check()
    seen = dict(Alert.objects.order_by("id").values_list("kind", "resolved_at"))
    assert {kind for kind, over in seen.items() if over} == {Kind.CIRCUIT_OPEN, Kind.SIGN_IN}
    assert {kind for kind, over in seen.items() if not over} == {
        Kind.UNKNOWN_OUTCOME, Kind.ACKNOWLEDGEMENT_OVERDUE, Kind.ANSWER_OVERDUE, Kind.ORDER_LATE, Kind.STUCK
    }  # fmt: skip


def test_a_partners_agreed_time_counts(world: World) -> None:
    world.order()
    world.deliver()
    assert Interchange.objects.get().acknowledgement == "waiting"
    OutboundMessage.objects.update(delivered_at=timezone.now() - timedelta(hours=3))
    alerts_check()
    assert opened() == []
    Endpoint.objects.filter(pk=world.partner.endpoint_id).update(config={"answer_hours": 2})
    Partner.objects.update(habits={"acknowledgement_due_hours": 2})
    alerts_check()
    assert {kind for kind, _ in opened()} == {Kind.ACKNOWLEDGEMENT_OVERDUE, Kind.ANSWER_OVERDUE}


# --- the dead man's switch --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_dead_beat_is_red_after_two_periods() -> None:
    heartbeat("sweep", every=10)
    assert silences() == []
    now = timezone.now()
    assert [s.name for s in silences(now + timedelta(seconds=21))] == ["sweep"]
    Heartbeat.objects.update(beaten_at=now - timedelta(minutes=1))
    alerts_check()
    assert opened() == [(Kind.BEAT_DEAD, 1)]
    heartbeat("sweep", every=10)
    alerts_check()
    assert opened() == []


@pytest.mark.django_db
def test_a_worker_that_still_delivers_notices_a_dead_beat() -> None:
    from integrations.tasks import deliver

    Heartbeat.objects.create(name="sweep", beaten_at=timezone.now() - timedelta(minutes=1), every=10)
    deliver()
    assert opened() == [(Kind.BEAT_DEAD, 1)]
    assert len(mail.outbox) == 1


# --- webhook ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    came: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((dict(self.headers.items()), body))
            self.send_response(500 if len(came) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", came
    server.shutdown()
    server.server_close()


@pytest.mark.django_db
def test_a_webhook_is_signed_and_sent_until_it_arrived(
    receiver: tuple[str, list[tuple[dict[str, str], bytes]]], settings: Any
) -> None:
    url, came = receiver
    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = [], url, "shared"
    dead(1)
    alerts_check()
    assert notices_send() == 0
    Notice.objects.update(due_at=timezone.now())
    assert notices_send() == 1
    (first, _), (headers, body) = came
    # the receiver recognizes the same message by its id
    assert first["webhook-id"] == headers["webhook-id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"shared", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert (told["type"], told["data"]["kind"], told["data"]["count"]) == ("alert.opened", "dead_letter", 1)
