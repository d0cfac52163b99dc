"""Celery tasks of the installation as a whole: thin, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import current_app, shared_task
from django.core.management import call_command
from django.utils import timezone

from cassandre import nightly, publishing
from cassandre.leak_check import leak_check
from cassandre.reminding import remind_of_backup
from cassandre.schedule import NIGHTLY

# A minute later it is announced again; while all workers are busy such messages must not pile up.
_ANNOUNCED_FOR_S = 60


@shared_task(name="cassandre.start_nightly")  # type: ignore[untyped-decorator]
def start_nightly() -> None:
    """Start the next of the jobs that are done at night.

    Runs on the schedule, once a minute. Enqueueing one twice does no harm: its row decides.
    """
    job = nightly.next_due(NIGHTLY, timezone.now())
    if job is not None:
        run_nightly.delay(job)


@shared_task(  # type: ignore[untyped-decorator]
    name="cassandre.run_nightly", expires=_ANNOUNCED_FOR_S
)
def run_nightly(job: str) -> None:
    """Do one of the jobs that are done at night, a task by its name.

    Enqueued by `start_nightly`. Claimed on the job's row: a second delivery finds it done, or
    being done. What fails is tried again an hour later.
    """
    nightly.do(job, current_app.tasks[job])


@shared_task(name="cassandre.send_unsent")  # type: ignore[untyped-decorator]
def send_unsent() -> None:
    """Send what could not be sent while the broker was away.

    Runs on the schedule. A row goes once its task is sent; one that is sent twice is harmless, as
    every task is.
    """
    publishing.send_unsent(current_app.send_task)


@shared_task(name="cassandre.clear_sessions")  # type: ignore[untyped-decorator]
def clear_sessions() -> None:
    """Remove sessions that have run out. Runs nightly. Idempotent."""
    call_command("clearsessions")


@shared_task(name="cassandre.leak_check")  # type: ignore[untyped-decorator]
def check_for_leaks() -> dict[str, Any]:
    """Look whether anybody finds what they may not read; returns what was looked at and found.

    Runs nightly. Safe to run twice; what was found is in the log too, as errors.
    """
    return leak_check()


@shared_task(name="cassandre.remind_of_backup")  # type: ignore[untyped-decorator]
def look_at_backups() -> dict[str, Any]:
    """Say where the last backup is older than BACKUP_REMINDER_DAYS. Runs nightly."""
    return remind_of_backup()
