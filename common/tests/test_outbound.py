from __future__ import annotations

import ipaddress
import socket

import pytest

from common.errors import AddressRefused
from common.outbound import OutboundPolicy, is_public

PUBLIC = "93.184.216.34"


def leading_to(*addresses: str, named: tuple[str, ...] = ()) -> OutboundPolicy:
    """A policy whose names all lead to these addresses."""
    return OutboundPolicy(frozenset(named), lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::7f00:1",
        "64:ff9b::5db8:d822",
        "64:ff9b:1::1",
        "2001::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_of_the_public_internet_are_refused(address):
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(AddressRefused):
        leading_to(address).addresses_of("site.example.org", 443)
    with pytest.raises(AddressRefused):
        leading_to(PUBLIC, address).addresses_of("site.example.org", 443)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_open(address):
    assert leading_to(address).addresses_of("site.example.org", 443) == [address]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://site.example.org/",
        "gopher://site.example.org/",
        "//site.example.org/",
        "site.example.org",
        "http://",
        "http:///path",
        "http://user@site.example.org/",
        "http://user:word@site.example.org/",
        "http://site.example.org:22/",
        "http://site.example.org:6379/",
        "http://site.example.org:99999/",
        "http://site.example.org:none/",
        "http://[::1/",
    ],
)
def test_urls_that_say_too_much_are_refused(url):
    with pytest.raises(AddressRefused) as refusal:
        OutboundPolicy().checked(url)
    assert "word" not in str(refusal.value.params["address"])


@pytest.mark.parametrize("port", ["", ":80", ":443", ":8080", ":8443"])
def test_urls_of_the_web_are_open_and_lose_their_fragment(port):
    url = f"https://site.example.org{port}/a?b=c"
    assert OutboundPolicy().checked(f" {url}#d ") == url


def test_a_named_host_may_lead_inside_at_its_named_port():
    policy = leading_to("10.0.0.5", named=("wiki.example.org", "intranet:8000"))
    assert policy.addresses_of("wiki.example.org", 443) == ["10.0.0.5"]
    assert policy.addresses_of("Intranet", 8000) == ["10.0.0.5"]
    for host, port in (("wiki.example.org", 22), ("intranet", 443), ("other.example.org", 443)):
        with pytest.raises(AddressRefused):
            policy.addresses_of(host, port)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0",
                                     "::ffff:10.0.0.5", "64:ff9b::a00:5"])  # fmt: skip
def test_not_even_a_named_host_may_lead_to_the_metadata_of_a_cloud(address):
    policy = leading_to(address, named=("wiki.example.org",))
    with pytest.raises(AddressRefused):
        policy.addresses_of("wiki.example.org", 443)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001"])
def test_other_ways_to_write_this_machine_are_seen_through(host):
    """As the system's own look-up understands them (the tests' network guard does not)."""
    policy = OutboundPolicy(resolver=lambda name, _: [socket.inet_ntoa(socket.inet_aton(name))])
    with pytest.raises(AddressRefused):
        policy.addresses_of(host, 80)


def test_the_name_of_this_machine_is_refused():
    with pytest.raises(AddressRefused):
        OutboundPolicy().addresses_of("localhost", 80)


def test_a_name_without_an_address_is_no_refusal():
    with pytest.raises(OSError, match="no address"):
        leading_to().addresses_of("site.example.org", 443)
