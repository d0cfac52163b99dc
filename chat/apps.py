from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from common.health import register_component
from documents.trails import register_trail_finder


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        # Here because it needs the models of both apps.
        from chat.trails import trail_of  # noqa: PLC0415

        register_trail_finder(trail_of)
        register_component("sockets", _check_sockets)


def _check_sockets() -> str:
    """Raises where Redis, which carries events between the web processes, does not answer."""
    if not settings.CHANNEL_REDIS:
        return "memory"
    import redis  # noqa: PLC0415 (only where it is used)

    with redis.Redis.from_url(settings.CHANNEL_REDIS, socket_timeout=2) as client:
        client.ping()
    return "redis"
