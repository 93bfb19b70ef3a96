"""Mailboxes of every kind: their settings checked at once, secrets sealed, each polled by one worker at a time."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.errors import Invalid
from integrations.models import Endpoint, InboundMessage, Partner
from integrations.services import polling
from integrations.services.endpoints import place_at
from integrations.services.mailboxes import TRANSPORTS, mailbox_configure, mailbox_host_keys, settings_check
from integrations.services.partners import supplier_connect
from integrations.services.polling import mailbox_poll, mailboxes_poll
from integrations.transports.sftp import Sftp
from procurement.models import Invoice
from tests.integrations.transports import sshd
from tests.integrations.transports.sshd import Sshd
from tests.integrations.world import World

GOOD = {"host": "sftp.partner.com", "user": "us", "host_key": "SHA256:abc", "password": "canary-7"}


def codes(transport: str, **values: str) -> set[tuple[str, str]]:
    return {(finding.field, finding.code) for finding in settings_check(transport=transport, values=values)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """Serves ACME's folders."""
    with sshd.running(tmp_path / "sshd", tmp_path / "mailboxes" / "ACME") as server:
        yield server


def over_sftp(world: World, server: Sshd, **more: str) -> Endpoint:
    endpoint = world.partner.endpoint
    mailbox_configure(endpoint=endpoint, transport="sftp", values=server.settings(**more))
    endpoint.config["poll_seconds"] = 1
    endpoint.save()
    world.partner = Partner.objects.select_related("endpoint", "supplier").get(pk=world.partner.pk)
    return world.partner.endpoint


def due() -> None:
    Endpoint.objects.update(poll_due_at=None)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_every_transport_says_what_it_needs_and_promises() -> None:
    for name, kind in TRANSPORTS.items():
        assert kind.semantics.words, name
        names = [setting.name for setting in kind.settings]
        assert len(names) == len(set(names))
        for setting in kind.settings:
            assert setting.label, setting
            assert setting.example or setting.help or setting.kind == "yes_no", setting


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert codes("pigeon") == {("transport", "transport_unknown")}
    assert codes("sftp", host="sftp://x", port="ssh", colour="red") == {
        ("host", "setting_shape"), ("port", "setting_shape"), ("user", "setting_missing"), ("host_key", "setting_missing"),
        ("colour", "setting_unknown"),
    }  # fmt: skip
    assert codes("sftp", **GOOD) == set()
    assert codes("sftp", **{**GOOD, "user": "a\r\nb"}) == {("user", "setting_shape")}
    assert codes("sftp", **{**GOOD, "password": ""}) == {("", "settings_refused")}
    assert codes("sftp", **{**GOOD, "host_key": "ssh-ed25519 ?"}) == {("", "settings_refused")}
    assert codes("folder", folder="../x") == {("", "settings_refused")}
    for finding in settings_check(transport="sftp", values={}):
        assert finding.remedy


def test_secrets_are_sealed_and_kept_where_none_is_given(world: World) -> None:
    endpoint = world.partner.endpoint
    endpoint.config["answer_hours"] = 24
    mailbox_configure(endpoint=endpoint, transport="sftp", values=GOOD)
    endpoint.save()
    assert "canary-7" not in str(Endpoint.objects.filter(pk=endpoint.pk).values().get())
    assert (endpoint.secret("password"), endpoint.option("user"), endpoint.duplicates) == ("canary-7", "us", "lookup")
    mailbox_configure(endpoint=endpoint, transport="sftp", values={**GOOD, "password": "", "user": "we"})
    assert (endpoint.secret("password"), endpoint.option("user")) == ("canary-7", "we")
    mailbox_configure(endpoint=endpoint, transport="folder", values={})
    assert (endpoint.config, endpoint.secrets) == ({"answer_hours": 24}, {})
    with pytest.raises(Invalid) as refused:
        mailbox_configure(endpoint=endpoint, transport="sftp", values={**GOOD, "password": ""})
    assert [finding.code for finding in refused.value.findings] == ["settings_refused"]
    assert endpoint.adapter == "folder"


def test_a_kept_secret_never_goes_to_another_host(world: World) -> None:
    endpoint = world.partner.endpoint
    mailbox_configure(endpoint=endpoint, transport="sftp", values=GOOD)
    with pytest.raises(Invalid) as refused:
        mailbox_configure(
            endpoint=endpoint, transport="sftp", values={**GOOD, "password": "", "host": "sftp.elsewhere.com"}
        )
    assert [finding.message for finding in refused.value.findings] == ["Either a private key or a password is needed."]
    assert endpoint.option("host") == GOOD["host"]
    mailbox_configure(
        endpoint=endpoint, transport="sftp", values={**GOOD, "host": "sftp.elsewhere.com", "password": "new"}
    )
    assert endpoint.secret("password") == "new"


# --- polling ----------------------------------------------------------------------------------------------------------


def test_the_whole_story_over_sftp(world: World, server: Sshd) -> None:
    over_sftp(world, server, archive="archive")
    order = world.order(note="SIM:accept")
    world.deliver()
    world.mailbox.once()
    assert len(world.mailbox.out()) == 4
    world.take_in()
    order.refresh_from_db()
    assert (order.supplier_dispatch, order.acknowledgement) == ("acknowledged", "accepted")
    assert [row[:2] for row in world.inbound()] == [(kind, "applied") for kind in ("997", "855", "856", "810")]
    assert world.mailbox.out() == []
    world.deliver()
    world.mailbox.once()
    assert world.mailbox.stats()["acknowledged"] == {"A": 3}
    assert Invoice.objects.count() == 1


def test_a_mailbox_is_looked_into_when_it_is_due(world: World, server: Sshd) -> None:
    endpoint = over_sftp(world, server)
    out = server.root / "out"
    (out / "a.x12").write_bytes(b"1")
    assert mailboxes_poll() == 1
    (out / "b.x12").write_bytes(b"2")
    assert mailboxes_poll() == 0
    due()
    assert mailboxes_poll() == 1
    endpoint.refresh_from_db()
    assert endpoint.probe_outcome == "found"
    assert endpoint.last_success_at is not None


def test_two_pollers_never_take_the_same_mailbox(world: World) -> None:
    (world.mailbox.root / "ACME" / "out" / "a.x12").write_bytes(b"1")
    holds, done = threading.Event(), threading.Event()

    def other() -> None:
        with place_at(world.partner.endpoint_id, 1, what=2) as free:
            assert free
            holds.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert holds.wait(10)
    assert mailboxes_poll() == 0
    done.set()
    thread.join()
    assert mailboxes_poll() == 1


def test_who_dies_with_a_mailbox_delays_only_this_one(
    world: World, server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_sftp(world, server)

    class Killed(BaseException):
        pass

    def die(*_: Any) -> int:
        raise Killed

    monkeypatch.setattr(polling, "_take_all", die)
    with pytest.raises(Killed):
        mailbox_poll(world.partner)
    assert mailboxes_poll() == 0
    assert Endpoint.objects.get(pk=world.partner.endpoint_id).poll_due_at > timezone.now()  # type: ignore[operator]


def test_killed_before_the_file_is_removed_it_counts_once_over_sftp(
    world: World, server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_sftp(world, server)
    order = world.order(note="SIM:accept")
    world.deliver()
    world.mailbox.once()

    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Sftp, "remove", die)
        with pytest.raises(Killed):
            mailboxes_poll()
    kept = InboundMessage.objects.get(parent=None)
    due()
    world.take_in()
    again = InboundMessage.objects.filter(parent=None, payload=kept.payload).order_by("id")
    assert [row.state for row in again] == ["split", "duplicate"]
    assert Invoice.objects.filter(order=order).count() == 1


def test_a_partner_that_says_nothing_delays_nobody_for_longer_than_the_deadline(world: World, server: Sshd) -> None:
    over_sftp(world, server)
    slow = supplier_connect(supplier=world.net.suppliers["BETA"], our_id="HOSPITAL").endpoint
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values = server.settings(port=str(silent.getsockname()[1]))
        mailbox_configure(endpoint=slow, transport="sftp", values=values)
        slow.config["deadline_seconds"] = 1
        slow.save()
        Endpoint.objects.filter(pk=world.partner.endpoint_id).update(poll_due_at=timezone.now() - timedelta(seconds=1))
        (server.root / "out" / "a.x12").write_bytes(b"1")
        began = time.monotonic()
        assert mailboxes_poll() == 1
        assert time.monotonic() - began < 4
    slow.refresh_from_db()
    assert (slow.probe_outcome, "not within 1 s" in slow.probe_detail) == ("transient", True)
    assert slow.poll_due_at is not None
    assert slow.poll_due_at > timezone.now() + timedelta(seconds=30)


def test_a_refused_sign_in_is_not_tried_again_and_again(world: World, server: Sshd) -> None:
    endpoint = over_sftp(world, server, host_key="ssh-ed25519 SHA256:other")
    due()
    mailboxes_poll()
    endpoint.refresh_from_db()
    assert endpoint.circuit_reason == "authentication"
    assert "shows the host key" in endpoint.probe_detail
    # a connection is told before it is answered; that it ended, when the server finds the time
    before = (server.home / "log").read_text().count("Connection from")
    due()
    assert mailboxes_poll() == 0
    assert (server.home / "log").read_text().count("Connection from") == before


def test_one_bad_file_delays_no_other(world: World, server: Sshd) -> None:
    over_sftp(world, server)
    (server.root / "out" / "a\nb.x12").write_bytes(b"1")
    (server.root / "out" / "c.x12").write_bytes(b"2")
    assert mailboxes_poll() == 1
    assert [row.file_name for row in InboundMessage.objects.filter(parent=None)] == ["c.x12"]


def test_host_keys_are_shown_as_they_are_entered(server: Sshd) -> None:
    shown = mailbox_host_keys(host="127.0.0.1", port=server.port, internal_hosts="127.0.0.1")
    assert f"ssh-ed25519 {server.fingerprint()}" in shown


def test_the_command_describes_compares_and_checks(
    world: World, server: Sshd, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = over_sftp(world, server)
    for transport in TRANSPORTS:
        call_command("mailbox", "settings", transport)
    assert "host_key         Host key (required)" in capsys.readouterr().out
    call_command("mailbox", "settings", "sftp", "--json")
    assert json.loads(capsys.readouterr().out)["repeated_put"] == "lookup"
    call_command("mailbox", "host-keys", "127.0.0.1", f"--port={server.port}", "--internal")
    assert server.fingerprint() in capsys.readouterr().out
    with pytest.raises(CommandError, match="private network"):
        call_command("mailbox", "host-keys", "127.0.0.1", f"--port={server.port}")
    call_command("mailbox", "check", endpoint.code)
    shutil.rmtree(server.root / "in")
    with pytest.raises(CommandError, match="has no folder in"):
        call_command("mailbox", "check", endpoint.code)
    with pytest.raises(CommandError, match="No mailbox"):
        call_command("mailbox", "check", "erp-main")
