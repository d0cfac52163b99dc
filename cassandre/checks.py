"""Settings that contradict each other. Nothing is asked of anybody: they run before each command.

Each is a sentence and a hint; docs/upgrading.md has them in a table. What cannot work at all is
refused by the settings themselves, before this.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connection
from django.http.request import validate_host

from cassandre.queues import INGESTION, LIMITS

# What is set for nothing: (variable, what it needs).
USELESS_WITHOUT = (
    ("RERANK_MODEL", "RERANK_URL"),
    ("RERANK_API_KEY", "RERANK_URL"),
    ("PARADIGM_API_KEY", "PARADIGM_HOST"),
    ("EMBEDDING_BASE_URL", "EMBEDDING_MODEL"),
    ("EMBEDDING_API_KEY", "EMBEDDING_MODEL"),
    ("SOURCES_S3_BUCKETS", "SOURCES_S3_ENDPOINT"),
    ("SOURCES_S3_ENDPOINT", "SOURCES_S3_BUCKETS"),
)
CONFIGURATION = "configuration"


def check_configuration(
    app_configs: Sequence[Any] | None = None, **_options: Any
) -> list[CheckMessage]:
    return [message for check in CHECKS for message in check()]


def _is_here(host: str) -> bool:
    """A name of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in {"localhost", "testserver"} or host.endswith(".localhost")


def _addresses() -> Iterator[CheckMessage]:
    https = getattr(settings, "SECURE_SSL_REDIRECT", False)
    abroad = [host for host in settings.ALLOWED_HOSTS if not _is_here(host)]
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS answers to every host name.",
            hint="Name the hosts: links in mails and pages are made from what the browser says.",
            id="cassandre.W001",
        )
    elif abroad and not https and not settings.DEBUG:
        yield Warning(
            f"HTTPS is off, but {', '.join(abroad)} can be reached from other machines.",
            hint="Passwords cross the network in the clear. Put a proxy that ends TLS in front, "
            "and set HTTPS=true.",
            id="cassandre.W002",
        )
    plain = [each for each in settings.CSRF_TRUSTED_ORIGINS if each.startswith("http://")]
    if plain and https:
        yield Warning(
            f"CSRF_TRUSTED_ORIGINS trusts {', '.join(plain)} without TLS, though HTTPS is on.",
            hint="Name it with https://; anybody on the way could post forms otherwise.",
            id="cassandre.W003",
        )


def _sockets() -> Iterator[CheckMessage]:
    if not settings.WEBSOCKET_URL:
        return
    parts = urlsplit(settings.WEBSOCKET_URL)
    if parts.scheme == "ws" and getattr(settings, "SECURE_SSL_REDIRECT", False):
        yield Error(
            f"WEBSOCKET_URL={settings.WEBSOCKET_URL} is without TLS, though HTTPS is on.",
            hint="Browsers refuse it from a page with TLS, and no answer would arrive: wss://",
            id="cassandre.E001",
        )
    if not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        yield Error(
            f"WEBSOCKET_URL={settings.WEBSOCKET_URL}: its host is not among ALLOWED_HOSTS.",
            hint="The session's cookie is not sent to another host. Leave WEBSOCKET_URL empty, "
            "or name the host.",
            id="cassandre.E002",
        )


def _models() -> Iterator[CheckMessage]:
    for name in ("MODEL_FIRST_TOKEN_TIMEOUT_S", "MODEL_TOKEN_GAP_TIMEOUT_S"):
        if getattr(settings, name) > settings.MODEL_MAX_SECONDS:
            yield Warning(
                f"{name}={getattr(settings, name):g} is longer than MODEL_MAX_SECONDS"
                f"={settings.MODEL_MAX_SECONDS:g}, which ends each answer.",
                hint="A silent model is then never told from a long answer.",
                id="cassandre.W004",
            )
    if settings.MODEL_MAX_WAIT_S > settings.MODEL_MAX_SECONDS:
        yield Warning(
            f"MODEL_MAX_WAIT_S={settings.MODEL_MAX_WAIT_S:g} is longer than MODEL_MAX_SECONDS"
            f"={settings.MODEL_MAX_SECONDS:g}, which ends each answer.",
            hint="Whoever waited so long would get no answer.",
            id="cassandre.W004",
        )


def _limits() -> Iterator[CheckMessage]:
    soft_s = LIMITS[INGESTION].soft_s
    if not settings.EMBEDDED_WORKER and soft_s <= settings.INGESTION_TIMEOUT_S:
        yield Error(
            f"INGESTION_TIMEOUT_S={settings.INGESTION_TIMEOUT_S}: the worker ends a task after "
            f"{soft_s} s.",
            hint="A file that takes longer is begun again and never ends: choose less.",
            id="cassandre.E003",
        )
    options = connection.settings_dict["OPTIONS"]
    pool = options.get("pool", {}).get("max_size", 0)
    # The files at a time, and as many for what people and timers ask meanwhile.
    if settings.EMBEDDED_WORKER and 0 < pool < settings.INGESTION_CONCURRENCY + 2:
        yield Warning(
            f"DB_POOL_SIZE={pool} is too little for INGESTION_CONCURRENCY"
            f"={settings.INGESTION_CONCURRENCY} in one process.",
            hint="Files would wait for each other's connections: two more than files at a time.",
            id="cassandre.W005",
        )
    if settings.CONCURRENT_ANSWERS > settings.QUESTIONS_PER_MINUTE:
        yield Warning(
            f"CONCURRENT_ANSWERS={settings.CONCURRENT_ANSWERS} is more than QUESTIONS_PER_MINUTE"
            f"={settings.QUESTIONS_PER_MINUTE}.",
            hint="So many answers are begun in several minutes at the earliest.",
            id="cassandre.W006",
        )


def _set_for_nothing() -> Iterator[CheckMessage]:
    for name, needed in USELESS_WITHOUT:
        if getattr(settings, name) and not getattr(settings, needed):
            yield Warning(
                f"{name} is set, but {needed} is not: nothing uses it.",
                hint=f"Set {needed}, or leave {name} empty.",
                id="cassandre.W007",
            )


def _keys() -> Iterator[CheckMessage]:
    options = settings.STORAGES["default"].get("OPTIONS", {})
    if settings.MINIO_URL and not (options.get("access_key") and options.get("secret_key")):
        yield Error(
            f"MINIO_URL={settings.MINIO_URL}: MINIO_ACCESS_KEY_ID or MINIO_SECRET_ACCESS_KEY is "
            "not set.",
            hint="The S3 server takes no file without a key.",
            id="cassandre.E004",
        )


CHECKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _addresses,
    _sockets,
    _models,
    _limits,
    _set_for_nothing,
    _keys,
)
