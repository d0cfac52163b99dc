"""Every page that leaves, ours and the libraries', keeps to the policy in its headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from csp.constants import NONCE
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from accounts.models import User
from cassandre.tests.test_accessibility import house, named_urls

__all__ = ["house"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Inline(HTMLParser):
    """What the policy would refuse: the page would be broken in silence."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") in {"application/json", "text/template", "importmap"}
        if tag == "style" or (tag == "script" and not given.get("src") and not data):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            target = (value or "").strip().lower()
            if name == "style" or name.startswith("on") or target.startswith("javascript:"):
                self.found.append(f"<{tag} {name}={value}>")
            if name in {"src", "action"} and target.startswith(("http:", "https:", "//")):
                self.found.append(f"<{tag} {name}={value}>")


def faults(response: Any, where: str) -> list[str]:
    parser = Inline()
    parser.feed(response.content.decode())
    policy = response.headers.get("Content-Security-Policy", "")
    found = [f"{where}: {what}" for what in parser.found]
    if "default-src 'self'" not in policy or "unsafe" in policy:
        found.append(f"{where}: policy {policy!r}")
    found += [f"{where}: {name}" for name, value in HEADERS.items() if response.get(name) != value]
    return found


def html(client: Client, addresses: Iterator[str]) -> tuple[int, list[str]]:
    seen, found = 0, []
    for address in addresses:
        response = client.get(address)
        if response.streaming:
            response.close()
            continue
        if "html" not in response.get("Content-Type", "") or not response.content:
            continue  # a redirect is html without a word
        seen += 1
        found += faults(response, address)
    return seen, found


def our_pages(house: dict[str, object]) -> Iterator[str]:
    yield "/search/?q=days"
    for pattern in named_urls(get_resolver().url_patterns):
        name: str = pattern.full_name  # type: ignore[attr-defined]
        space = name.split(":")[0]
        yield reverse(
            name,
            kwargs={
                parameter: house.get(parameter, house.get(f"{space}:{parameter}"))
                for parameter in pattern.pattern.regex.groupindex
            },
        )


def djangos_pages(person: User) -> Iterator[str]:
    yield reverse("admin:index")
    yield reverse("admin:password_change")
    yield reverse("admin:auth_user_password_change", args=[person.pk])
    for model in ("user", "organisation", "membership", "team"):
        yield reverse(f"admin:accounts_{model}_changelist")
        yield reverse(f"admin:accounts_{model}_add")
    for action in ("change", "delete", "history"):
        yield reverse(f"admin:accounts_user_{action}", args=[person.pk])


def test_every_page_and_fragment_of_ours(client, house, alice):
    client.force_login(alice)
    seen, found = html(client, our_pages(house))
    assert found == []
    assert seen >= 30


def test_every_page_of_djangos_admin(client, alice, bob):
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client.force_login(alice)
    seen, found = html(client, djangos_pages(bob))
    assert found == []
    assert seen == 14


def test_the_pages_of_a_visitor(client):
    seen, found = html(
        client,
        iter(["/account/login/", "/django-admin/login/", "/no-such-page/", "/search/?q=%00"]),
    )
    assert found == []
    assert seen >= 1


@pytest.mark.parametrize(
    ("status", "address"), [(403, "/admin/index/"), (404, "/no-such-page/"), (500, "/search/")]
)
def test_error_pages(client, bob, status, address, monkeypatch):
    client.force_login(bob)
    client.raise_request_exception = False
    if status == 500:
        door = "accounts.middleware.LoginRequiredMiddleware.process_view"
        monkeypatch.setattr(door, lambda *_: 1 / 0)
    response = client.get(address)
    assert response.status_code == status
    assert faults(response, address) == []


def test_a_host_that_is_not_ours_gets_an_error_page_that_keeps_to_it_too(client):
    response = client.get("/account/login/", headers={"Host": "not-one.example.org"})
    assert response.status_code == 400
    # Refused before the header is set; frame-ancestors of the policy says the same.
    assert faults(response, "400") == ["400: X-Frame-Options"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_a_nonce_is_in_the_policy_where_a_page_uses_it_and_only_there(client):
    assert NONCE in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]
    assert "nonce" not in client.get("/account/login/").headers["Content-Security-Policy"]

    def page(request: HttpRequest) -> HttpResponse:
        template = Template('<script nonce="{{ CSP_NONCE }}">1</script>')
        return HttpResponse(template.render(RequestContext(request)))

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    response = CSPMiddleware(page)(request)
    nonce = re.search(r'nonce="(.+?)"', response.content.decode())[1]
    assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]
