"""Figures of the installation that cross the apps: models, maintenance, nights, backups, queues."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Max

from common import maintenance, metrics

LEAK_CHECK = "cassandre.leak_check"  # of NIGHTLY in cassandre/schedule.py


def register() -> None:
    metrics.MODEL_HEALTHY.read_by(models)
    metrics.MAINTENANCE.read_by(lambda: float(maintenance.is_on()))
    metrics.NIGHTLY_LAST_SUCCESS.read_by(nights)
    metrics.NIGHTLY_FAILED.read_by(failed_nights)
    metrics.LEAK_CHECK_PASSED.read_by(leak_check)
    metrics.LEAK_CHECK_LAST_RUN.read_by(lambda: nights().get((LEAK_CHECK,)))
    metrics.BACKUP_LAST_SUCCESS.read_by(last_backup)
    if settings.CELERY_BROKER_URL:
        metrics.QUEUE_MESSAGES.read_by(waiting_messages)


def models() -> dict[tuple[str, ...], float]:
    """As this process knows them: nothing is asked."""
    from ai.health import failing  # noqa: PLC0415 (needs the apps, as all below)
    from ai.services import configured_models  # noqa: PLC0415

    broken = {(one.kind, one.name) for one in failing()}
    keys = [(key.kind, key.name) for key in configured_models()]
    return {key: float(key not in broken) for key in keys}


def nights() -> dict[tuple[str, ...], float]:
    from common.models import PeriodicRun  # noqa: PLC0415

    rows = PeriodicRun.objects.exclude(finished_at=None).values_list("name", "finished_at")
    return {(name,): finished_at.timestamp() for name, finished_at in rows if finished_at}


def failed_nights() -> dict[tuple[str, ...], float]:
    from common.models import PeriodicRun  # noqa: PLC0415

    rows = PeriodicRun.objects.values_list("name", "error_code")
    return {(name,): float(bool(code)) for name, code in rows}


def leak_check() -> float | None:
    """Of the last that came to its end: 1 where it found nothing."""
    from common.models import PeriodicRun  # noqa: PLC0415

    row = PeriodicRun.objects.filter(name=LEAK_CHECK).exclude(finished_at=None).first()
    return None if row is None else float(row.result.get("found") == 0)


def last_backup() -> float | None:
    from backups.models import BackupRecord  # noqa: PLC0415

    good = BackupRecord.objects.filter(kind=BackupRecord.Kind.BACKUP, state=BackupRecord.State.DONE)
    finished_at = good.aggregate(last=Max("finished_at"))["last"]
    return finished_at.timestamp() if finished_at else None


def waiting_messages() -> dict[tuple[str, ...], float]:
    """Not those that a worker has taken. Raises OSError, or what the broker's library raises."""
    from cassandre.celery import app  # noqa: PLC0415
    from cassandre.queues import LIMITS  # noqa: PLC0415

    found: dict[tuple[str, ...], float] = {}
    with app.connection_for_read(connect_timeout=2) as connection:
        for queue in LIMITS:
            channel = connection.channel()
            try:
                told = channel.queue_declare(queue=queue, passive=True)
                found[queue,] = float(told.message_count)
            except connection.channel_errors:  # Redis has no empty queues
                found[queue,] = 0.0
            finally:
                channel.close()
    return found
