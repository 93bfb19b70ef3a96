"""Connects to the hosts that settings name: only to addresses that were looked at, and only as long as there is time.

A name may lead anywhere, also to another address every time it is asked for. So each address is judged, and the connection is made to the
judged address, not to the name. Networks that nobody else can see (loopback, private, carrier-grade) are refused unless the settings
name the host as internal; addresses that no partner can have (link-local, multicast, reserved) always.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from integrations.remote import Outcome
from integrations.transports.base import Setting, TransportError

INTERNAL_HOSTS: Final = Setting(
    name="internal_hosts", label="Internal hosts", example="edi.hospital.internal",
    help="Hosts that may be in a private network, separated by blanks; all others must have a public address.",
)  # fmt: skip
_NEVER: Final = tuple(
    map(
        ip_network,
        ("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/3", "::/128", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
_INTERNAL: Final = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "::1/128", "fc00::/7"),
    )
)  # fmt: skip
_NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


class Refused(TransportError):
    """An address one does not connect to."""

    def __init__(self, words: str) -> None:
        super().__init__(words, Outcome.PERMANENT)


def judge(address: str, *, internal: bool) -> None:
    """Whether one may connect to an IP address; `internal` where private networks are allowed. Raises Refused."""
    found = _inner(ip_address(address.partition("%")[0]))
    if any(found in network for network in _NEVER if network.version == found.version):
        raise Refused(f"{address} is an address that no partner can have.")
    hidden = any(found in network for network in _INTERNAL if network.version == found.version) or not found.is_global
    if hidden and not internal:
        raise Refused(f"{address} is in a private network; name the host as internal if that is meant.")


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or _compatible(address)


def _compatible(address: IPv6Address) -> IPv4Address | IPv6Address:
    # ::a.b.c.d, long given up and still understood
    return IPv4Address(int(address)) if 1 < int(address) <= 0xFFFFFFFF else address


def judged(host: str, port: int, *, internal_hosts: str) -> list[str]:
    """The addresses of a host, each of which one may connect to. Raises Refused, or TransportError where the name is not known."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise TransportError(f"The host {host} is not known: {words_of(fault)}.") from fault
    internal = host.lower() in internal_hosts.lower().replace(",", " ").split()
    addresses = [str(address[0]) for *_, address in found]
    for address in addresses:
        judge(address, internal=internal)
    return addresses


def connected(host: str, port: int, *, internal_hosts: str, seconds: float) -> socket.socket:
    """A connection to the first address of a host that answers. Every address it has is judged before any is tried.

    Raises Refused, or TransportError where nobody answers in time.
    """
    ends = time.monotonic() + seconds
    last: OSError | None = None
    for address in judged(host, port, internal_hosts=internal_hosts):
        try:
            wire = socket.create_connection((address, port), max(ends - time.monotonic(), 0.001))
        except OSError as fault:
            last = fault
        else:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return wire
    raise TransportError(f"{host}:{port} does not answer: {words_of(last)}.") from last


def words_of(fault: BaseException | None) -> str:
    """What went wrong on the way, as the end of a sentence."""
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return (getattr(fault, "strerror", None) or str(fault) or type(fault).__name__).rstrip(".")


@contextmanager
def until_over(seconds: float, cut: Callable[[], None]) -> Iterator[threading.Event]:
    """Cuts a connection when the time is over, whatever step it is at; the event says that this happened.

    A time-out of each step would not do: who gets one byte per second never runs into it.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        cut()

    timer = threading.Timer(max(seconds, 0), end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
