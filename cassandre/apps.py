from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from common.health import register_component


class CassandreConfig(AppConfig):
    name = "cassandre"

    def ready(self) -> None:
        register_component("tasks", _check_tasks)


def _check_tasks() -> str:
    """Raises where the broker does not answer; the embedded worker is this very process."""
    if settings.EMBEDDED_WORKER:
        return "embedded"
    from cassandre.celery import app  # noqa: PLC0415 (connects only when asked)

    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        return str(connection.transport.driver_type)
