"""Files that partners push: signed over the raw bytes, fresh, each id once (faults 37 and 70)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from integrations.models import InboundMessage
from integrations.services.mailboxes import mailbox_configure
from integrations.services.pushes import push_secret_make
from integrations.transports.webhook import signature
from portal import pushes
from tests.integrations.conftest import connect, world
from tests.integrations.world import World

__all__ = ["connect", "world"]
BODY = b"ISA*00* some bytes, whatever they are"


def posted(
    world: World, secret: str, *, body: bytes = BODY, age: int = 0, name: str = "m1", **headers: str
) -> tuple[int, Any]:
    now = int(time.time()) - age
    said = {
        "webhook-id": name, "webhook-timestamp": str(now), "webhook-signature": signature(secret, name, now, body), **headers,
    }  # fmt: skip
    answer = Client(enforce_csrf_checks=True).post(
        f"/in/{world.partner.endpoint.code}", body, content_type="application/edi-x12", headers=said
    )
    return answer.status_code, answer.json()


@pytest.fixture
def secret(world: World) -> str:
    return push_secret_make(endpoint=world.partner.endpoint.code)


def files() -> list[bytes]:
    return [bytes(each.payload.content) for each in InboundMessage.objects.filter(parent=None).order_by("id")]


def test_what_a_partner_pushes_is_an_order_answer_like_any_other(world: World, secret: str) -> None:
    order = world.order(note="SIM:accept")
    world.deliver()
    world.mailbox.once()
    (answer,) = [path for path in (world.mailbox.root / "ACME" / "out").iterdir() if b"ST*855*" in path.read_bytes()]
    status, said = posted(world, secret, body=answer.read_bytes())
    answer.unlink()
    assert status == 202
    world.take_in()
    order.refresh_from_db()
    assert order.acknowledgement == "accepted"
    assert InboundMessage.objects.get(pk=said["kept"]).state == "split"


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": ""}, {"webhook-signature": "v1,AAAA"}, {"webhook-id": ""}, {"webhook-id": "another"},
        {"webhook-timestamp": ""}, {"webhook-timestamp": "soon"}, {"webhook-id": "x" * 101},
    ],
)  # fmt: skip
def test_what_is_not_signed_as_agreed_is_refused_and_not_kept(world: World, secret: str, wrong: dict[str, str]) -> None:
    assert posted(world, secret, **wrong)[0] == 401
    assert files() == []


@pytest.mark.parametrize("age", [360, -360])
def test_what_is_old_or_from_the_future_is_refused(world: World, secret: str, age: int) -> None:
    assert posted(world, secret, age=age) == (401, {"error": "The request is not signed as agreed."})
    assert posted(world, secret, age=age // 2)[0] == 202


def test_other_secrets_and_partners_without_one_are_refused_alike(world: World) -> None:
    refused = posted(world, "guess")
    assert refused[0] == 401
    push_secret_make(endpoint=world.partner.endpoint.code)
    assert posted(world, "guess") == refused
    assert Client().post("/in/nobody", BODY, content_type="text/plain").status_code == 401


def test_the_signature_is_over_the_bytes_that_came(world: World, secret: str) -> None:
    now = int(time.time())
    stolen = signature(secret, "m1", now, BODY)
    headers = {"webhook-signature": stolen, "webhook-timestamp": str(now)}
    assert posted(world, "other", body=BODY + b" ", **headers)[0] == 401
    assert posted(world, "other", body=BODY, **headers)[0] == 202


def test_the_same_id_again_is_the_same_file_and_with_other_bytes_refused(world: World, secret: str) -> None:
    first, again = posted(world, secret), posted(world, secret)
    assert first == again
    assert posted(world, secret, body=b"other")[0] == 409
    assert files() == [BODY]


def test_the_secret_before_counts_until_it_is_ended(world: World, secret: str) -> None:
    code = world.partner.endpoint.code
    out = StringIO()
    call_command("mailbox", "push-secret", code, stdout=out, stderr=StringIO())
    newest = out.getvalue().strip()
    assert newest != secret
    assert [posted(world, each, name=each[-9:])[0] for each in (secret, newest)] == [202, 202]
    call_command("mailbox", "push-secret", code, "--end-before", stderr=StringIO())
    assert [posted(world, each, name=each[-8:])[0] for each in (secret, newest)] == [401, 202]
    endpoint = world.partner.endpoint
    endpoint.refresh_from_db()
    assert newest not in str(endpoint.secrets)
    mailbox_configure(endpoint=endpoint, transport="folder", values={})
    assert endpoint.secret("push_secret") == newest


def test_what_is_too_large_is_refused(world: World, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushes, "LARGEST", 10)
    assert posted(world, secret)[0] == 413


@pytest.mark.django_db(transaction=True)
def test_fault_37_a_push_that_comes_five_times_at_once_is_kept_once(world: World, secret: str) -> None:
    def push(_: int) -> tuple[int, Any]:
        try:
            return posted(world, secret)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(push, range(5)))
    assert {status for status, _ in answers} == {202}
    assert len({said["kept"] for _, said in answers}) == 1
    assert files() == [BODY]
