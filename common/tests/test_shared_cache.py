"""Log-in limits hold over all web processes, and nobody is locked out because Redis is away."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse

from common.cache import SharedCache

AWAY = "redis://127.0.0.1:1/0"


@pytest.mark.services
@pytest.mark.skipif(not settings.CHANNEL_REDIS, reason="needs Redis")
def test_what_one_process_counts_another_sees():
    one, other = (SharedCache(settings.CHANNEL_REDIS, {}) for _ in range(2))
    assert one.add("tries", [1], 30)
    assert not other.add("tries", [2], 30)
    assert other.get("tries") == [1]
    other.delete("tries")
    assert one.get("tries", "none") == "none"


def test_without_redis_a_process_counts_for_itself():
    cache = SharedCache(AWAY, {})
    assert cache.add("tries", 1)
    assert not cache.add("tries", 2)
    cache.set("tries", 3)
    assert cache.get("tries") == 3
    assert cache.delete("tries")
    assert cache.get("tries") is None


@pytest.fixture
def with_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/ip"}
    settings.CACHES = {"default": {"BACKEND": "common.cache.SharedCache", "LOCATION": AWAY}}


def _tries(client, *, times: int, address: str, forwarded: str = "") -> bool:
    """Whether the last of them was refused for their number."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    for _ in range(times):
        response = client.post(
            reverse("account_login"),
            {"login": "nobody@example.org", "password": "wrong"},
            REMOTE_ADDR=address,
            headers=headers,
        )
    return "Too many failed login attempts" in response.content.decode()


@pytest.mark.django_db
def test_guessing_passwords_is_stopped_by_address_also_while_redis_is_away(client, with_limits):
    assert not _tries(client, times=3, address="192.0.2.1")
    assert _tries(client, times=1, address="192.0.2.1")
    assert not _tries(client, times=1, address="192.0.2.2")


@pytest.mark.django_db
def test_behind_a_proxy_the_address_is_the_one_that_it_names(client, with_limits, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert _tries(client, times=4, address="192.0.2.9", forwarded="192.0.2.3")
    assert not _tries(client, times=1, address="192.0.2.9", forwarded="192.0.2.4")


@pytest.mark.django_db
def test_without_a_proxy_nobody_chooses_an_address(client, with_limits, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    for number in range(3):
        _tries(client, times=1, address="192.0.2.5", forwarded=f"192.0.2.{100 + number}")
    assert _tries(client, times=1, address="192.0.2.5", forwarded="192.0.2.200")
