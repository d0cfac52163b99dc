"""Whether Redis is what this Cassandre needs. It asks the network (common/service_checks.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from common.env import without_password

TIMEOUT_S = 3
OLDEST = (6, 2)  # streams are older; what is before this has had no security fixes for long


def check_redis(app_configs: Sequence[Any] | None = None, **_options: Any) -> list[CheckMessage]:
    """E001: it does not answer. E002: it is too old. W001: it may forget what answers rest on."""
    if not settings.CHANNEL_REDIS:
        return []
    import redis  # noqa: PLC0415 (only where it is used)

    where = without_password(settings.CHANNEL_REDIS)
    try:
        with redis.Redis.from_url(
            settings.CHANNEL_REDIS, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        ) as client:
            told = client.info()
    except (redis.RedisError, OSError) as error:
        return [
            Error(
                f"Redis at {where} does not answer ({type(error).__name__}).",
                hint="Without it no answer reaches its page. Is it started, and CHANNEL_REDIS "
                "right? rediss:// is for TLS.",
                id="chat.E001",
            )
        ]
    version = str(told["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        return [
            Error(
                f"Redis at {where} is of version {version}.",
                hint="Version 6.2 or later is needed.",
                id="chat.E002",
            )
        ]
    policy = told.get("maxmemory_policy", "noeviction")
    if told.get("maxmemory") and policy != "noeviction":
        return [
            Warning(
                f"Redis at {where} evicts keys when it is full (maxmemory-policy {policy}).",
                hint="Answers that are being written, and tasks, would be forgotten: noeviction.",
                id="chat.W001",
            )
        ]
    return []
