"""Whether broker and database are what this Cassandre needs.

`manage.py check --tag services` and the pre-flight run them, no other command does, since they ask
the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connection
from django.db.utils import NotSupportedError

from common.env import without_password

# What is waited for at most, in seconds: an operator looks at it.
PATIENCE_S = 3


def check_database(app_configs: Sequence[Any] | None = None, **_options: Any) -> list[CheckMessage]:
    try:
        connection.ensure_connection()
        connection.check_database_version_supported()
    except NotSupportedError as error:
        return [
            Error(
                str(error),
                hint="Upgrade the database server first: its own guide says how.",
                id="cassandre.E011",
            )
        ]
    except DatabaseError as error:
        return [
            Error(
                f"The database does not answer ({type(error).__name__}).",
                hint="Is it started, and are DB_HOST, DB_PORT, DB_USER and DB_PASSWORD right?",
                id="cassandre.E010",
            )
        ]
    return []


def check_broker(app_configs: Sequence[Any] | None = None, **_options: Any) -> list[CheckMessage]:
    if settings.EMBEDDED_WORKER:
        return []
    from cassandre.celery import app  # noqa: PLC0415 (needs the apps)

    broker = without_password(settings.CELERY_BROKER_URL)
    try:
        with app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=PATIENCE_S)
    except Exception as error:  # noqa: BLE001 (each transport has errors of its own)
        return [
            Error(
                f"The broker {broker} does not answer ({type(error).__name__}).",
                hint="Files would stay unread. Is it started, and CELERY_BROKER_URL right?",
                id="cassandre.E012",
            )
        ]
    if not app.control.ping(timeout=PATIENCE_S):
        return [
            Warning(
                f"No worker answers at the broker {broker}.",
                hint="Start one: celery -A cassandre worker. Files wait until then.",
                id="cassandre.W010",
            )
        ]
    return []
