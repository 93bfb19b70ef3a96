"""Which addresses one connects to."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from integrations.transports import net
from integrations.transports.base import TransportError

NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "224.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "fe80::1",
    "ff02::1",
    "::",
]
INTERNAL = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "::1", "fc00::1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_addresses_no_partner_can_have_are_refused_always(address: str) -> None:
    for internal in (False, True):
        with pytest.raises(net.Refused, match="no partner can have"):
            net.judge(address, internal=internal)


@pytest.mark.parametrize("address", INTERNAL)
def test_private_networks_are_refused_unless_allowed(address: str) -> None:
    with pytest.raises(net.Refused, match="private network"):
        net.judge(address, internal=False)
    net.judge(address, internal=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_fine(address: str) -> None:
    net.judge(address, internal=False)


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost", "::1"])
def test_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(net.Refused):
        net.connected(host, 9, internal_hosts="edi.example.com", seconds=1)


def test_one_bad_address_among_good_ones_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 22)) for ip in ("8.8.8.8", "169.254.169.254")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(net.Refused, match=r"169\.254"):
        net.connected("partner.example", 22, internal_hosts="partner.example", seconds=1)


def test_a_name_is_asked_for_once_and_the_judged_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answers(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", answers)
        net.connected("changing.example", port, internal_hosts="other, CHANGING.example", seconds=2).close()
    assert asked.count("changing.example") == 1


def test_nobody_there_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TransportError, match="does not answer: Connection refused"):
        net.connected("127.0.0.1", port, internal_hosts="127.0.0.1", seconds=2)
    with pytest.raises(TransportError, match="is not known"):
        net.connected("nobody.invalid", 22, internal_hosts="", seconds=2)
