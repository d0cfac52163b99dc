from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from cassandre import figures
from common import service_checks
from common.health import register_component


class CassandreConfig(AppConfig):
    name = "cassandre"

    def ready(self) -> None:
        # The worker beside this process holds the index; a broker is shared with all others.
        register_component("tasks", _check_tasks, needed=settings.EMBEDDED_WORKER)
        figures.register()
        from cassandre.checks import CONFIGURATION, check_configuration  # noqa: PLC0415
        from cassandre.service_checks import check_broker, check_database  # noqa: PLC0415

        checks.register(check_configuration, CONFIGURATION)
        service_checks.offer(check_database)
        service_checks.offer(check_broker)


def _check_tasks() -> str:
    """Raises where the broker, or the worker beside this process, does not answer."""
    if settings.EMBEDDED_WORKER:
        from cassandre.worker_process import worker_process  # noqa: PLC0415 (needs the apps)

        if worker_process.has_ended:
            raise RuntimeError("the worker has ended")
        return "embedded"
    from cassandre.celery import app  # noqa: PLC0415 (connects only when asked)

    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        return str(connection.transport.driver_type)
