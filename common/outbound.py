"""Addresses that people may have this machine ask: the public web, and what an operator names.

Against server-side request forgery: a name is looked up once for each connection, every address
that it leads to is judged, and the connection goes to one of those, so that no second look-up can
lead elsewhere. Each redirect is a new connection and is judged like the first.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urldefrag, urlsplit, urlunsplit

from common.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Name and port to the addresses they stand for; raises OSError.
Resolver = Callable[[str, int], list[str]]

PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# What `is_global` lets through although no server of the public web is there.
_ODD = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10")))
# Of IPv6, what carries an IPv4 address within: mapped, translated (NAT64), 6to4, Teredo.
_CARRIERS = tuple(
    map(
        ipaddress.IPv6Network,
        ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    )
)
_LOOPBACK_6 = ipaddress.IPv6Address("::1")


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the public internet, without another address hidden in it."""
    if _carries_another(address) or any(address in network for network in _ODD):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def is_inside(address: Address) -> bool:
    """Whether a host that the operator has named may lead there: also to this machine and its own
    network, but never to link-local addresses, where the clouds keep a machine's secrets."""
    if address == _LOOPBACK_6:
        return True
    return not (
        _carries_another(address)
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    )


def _carries_another(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return bool(address.scope_id) or any(address in network for network in _CARRIERS)


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """`named`: hosts, or “host:port”, that may lead to addresses of the inside. A host without a
    port is open at the ports of the web alone."""

    named: frozenset[str] = frozenset()
    resolver: Resolver = resolve

    def checked(self, url: str) -> str:
        """The URL without its fragment, where it may be asked as far as it says. Raises
        AddressRefused."""
        url = urldefrag(url.strip()).url
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise AddressRefused(address=url[:300], cause=str(error)) from error
        has_name = parts.username is not None or parts.password is not None
        if parts.scheme not in _DEFAULT_PORTS or not host or has_name:
            raise AddressRefused(address=_shown(parts))
        if not self._is_open(host, port):
            raise AddressRefused(address=_shown(parts), cause=f"port {port}")
        return url

    def addresses_of(self, host: str, port: int) -> list[str]:
        """Where to connect to. Raises AddressRefused where any of its addresses is not open, since
        nobody can tell which one a connection would take; OSError where it has none."""
        is_named = bool({host.lower(), f"{host}:{port}".lower()} & self.named)
        found = self.resolver(host, port)
        for text in found:
            address = ipaddress.ip_address(text)
            if not self._is_open(host, port) or not (
                is_inside(address) if is_named else is_public(address)
            ):
                raise AddressRefused(address=host, cause=f"{host}:{port} is {address}")
        if not found:
            raise OSError(f"{host}: no address")
        return found

    def _is_open(self, host: str, port: int) -> bool:
        return port in PORTS or f"{host}:{port}".lower() in self.named


def _shown(parts: SplitResult) -> str:
    """Without what somebody has written into it to sign in."""
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(bare)[:300]
