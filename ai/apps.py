from __future__ import annotations

from django.apps import AppConfig

from common.health import register_component


class AiConfig(AppConfig):
    name = "ai"

    def ready(self) -> None:
        register_component("model", _check_model)


def _check_model() -> str:
    """Names the default model. A probe every few seconds does not ask it anything."""
    from ai.services import chat_model_names  # noqa: PLC0415 (after the settings)

    return next(iter(chat_model_names()), "quoting")
