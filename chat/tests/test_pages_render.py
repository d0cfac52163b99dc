"""Pages of search and chat, as the server renders them."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from chat.tests.streaming import RULES
from documents.tests.pipeline import bring_online


@pytest.fixture
def rules(erin, handbook, transactional_db):
    bring_online(erin, handbook, "rules.md", RULES)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_smoke(bob: User, rules) -> None:
    client = signed_in(bob)
    for url in [
        "/search/",
        "/search/handbook/",
        "/search/?q=annual+leave",
        "/search/?q=annual+leave&corpus=handbook&type=markdown",
        "/search/?q=xyzzy",
        "/chat/",
    ]:
        response = client.get(url)
        assert response.status_code == 200
