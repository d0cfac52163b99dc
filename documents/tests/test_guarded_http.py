"""Requests on behalf of people reach what they may, and nothing else, by whatever way."""

from __future__ import annotations

import time

import httpcore
import httpx
import pytest

from common.errors import AddressRefused
from common.outbound import OutboundPolicy
from documents.adapters.guarded_http import GuardedBackend, GuardedTransport
from documents.sources.errors import TooManyRedirects, Unreachable
from documents.sources.web import Web, WebManners
from documents.tests.web_server import web_site

PUBLIC = "93.184.216.34"


@pytest.fixture
def site():
    with web_site() as found:
        yield found


def web(*named: str, resolver=None, **manners) -> Web:
    policy = OutboundPolicy(frozenset(named))
    if resolver:
        policy = OutboundPolicy(frozenset(named), resolver)
    values = {"user_agent": "Cassandre", "delay_s": 0, "limit_mb": 1, "timeout_s": 5, **manners}
    return Web(policy, WebManners(**values))


def test_this_machine_is_not_asked_unless_it_is_named(site, tmp_path):
    address = site.page("/inside", "secret")
    with pytest.raises(AddressRefused):
        web().fetch(address, tmp_path / "got")
    assert site.asked == []
    assert web(site.host).fetch(address, tmp_path / "got") is not None
    assert (tmp_path / "got").read_text() == "secret"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:8080/inside",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/inside",
        "http://[::ffff:127.0.0.1]/inside",
        "http://10.0.0.1/",
        "http://localhost/inside",
        "file:///etc/passwd",
        "http://user@127.0.0.1/",
        "http://site.example.org:22/",
    ],
)
def test_a_redirect_leads_to_no_other_place(site, tmp_path, target):
    address = site.moved("/out", target)
    with pytest.raises(AddressRefused):
        web(site.host).fetch(address, tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_a_page_of_a_sitemap_does_not_lead_to_another_host(site, tmp_path):
    address = site.moved("/out", "http://elsewhere.example.org/page")
    with pytest.raises(TooManyRedirects):
        web(site.host).fetch(address, tmp_path / "got", site=address)


def test_a_name_that_changes_its_address_is_judged_for_each_connection(site, tmp_path):
    """The first look-up would be let through; the connection goes where it was judged to."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    connected: list[str] = []

    class Recording(GuardedBackend):
        def connect_tcp(self, host, port, *args, **kwargs):
            connected.extend(self.policy.addresses_of(host, port))
            raise httpcore.ConnectError("not in a test")

    policy = OutboundPolicy(resolver=lambda _host, _port: next(answers))
    policy.checked("http://rebound.example.org/")
    client = httpx.Client(transport=GuardedTransport(Recording(policy)), trust_env=False)
    with client:
        with pytest.raises(httpx.ConnectError):
            client.get("http://rebound.example.org/")
        with pytest.raises(AddressRefused):
            client.get("http://rebound.example.org/")
    assert connected == [PUBLIC]


def test_the_connection_goes_to_the_address_that_was_judged(site, tmp_path, monkeypatch):
    """Not to the name, which would be looked up a second time."""
    looked_up: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    port = site.host.partition(":")[2]
    site.page("/leave", "words")
    found = web(f"wiki.example.org:{port}", resolver=resolver)
    assert found.fetch(f"http://wiki.example.org:{port}/leave", tmp_path / "got") is not None
    assert looked_up == ["wiki.example.org"] * 2  # once for each connection: rules, page
    assert site.asked[-1][1]["Host"] == f"wiki.example.org:{port}"


def test_a_proxy_of_the_environment_is_not_asked(site, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", site.url)
    monkeypatch.setenv("ALL_PROXY", site.url)
    with pytest.raises(AddressRefused):
        web().fetch("http://127.0.0.1/inside", tmp_path / "got")
    assert site.asked == []


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(site, tmp_path):
    """Each single read is answered in time; the whole is not."""
    until = GuardedBackend(OutboundPolicy(), until=time.monotonic() - 1)
    with pytest.raises(httpcore.ReadTimeout):
        until.left(10)
    address = site.page("/leave", "words")
    slow = web(site.host, timeout_s=0.0)
    with pytest.raises(Unreachable):
        slow.fetch(address, tmp_path / "got")
