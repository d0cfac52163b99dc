from __future__ import annotations

from django.apps import AppConfig

from documents.trails import register_trail_finder


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        # Here because it needs the models of both apps.
        from chat.trails import trail_of  # noqa: PLC0415

        register_trail_finder(trail_of)
