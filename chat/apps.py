from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from common import metrics, service_checks
from common.health import register_component
from documents.trails import register_trail_finder


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        # Here because it needs the models of both apps.
        from chat.trails import trail_of  # noqa: PLC0415

        register_trail_finder(trail_of)
        from chat.checks import check_redis  # noqa: PLC0415

        register_component("sockets", _check_sockets)
        service_checks.offer(check_redis)
        metrics.SOCKETS.read_by(_open_sockets)
        metrics.ANSWERS_RUNNING.read_by(_running_answers)


def _open_sockets() -> float:
    from chat.live import open_tabs  # noqa: PLC0415 (needs the apps)

    return float(open_tabs())


def _running_answers() -> float:
    from chat.runs import runs  # noqa: PLC0415 (needs the apps)

    return float(len(runs))


def _check_sockets() -> str:
    """Raises where Redis, which carries events between the web processes, does not answer."""
    if not settings.CHANNEL_REDIS:
        return "memory"
    import redis  # noqa: PLC0415 (only where it is used)

    with redis.Redis.from_url(settings.CHANNEL_REDIS, socket_timeout=2) as client:
        client.ping()
    return "redis"
