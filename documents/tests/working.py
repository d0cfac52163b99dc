"""A program, not a test: one worker process over a database that others work on too.

    python -m documents.tests.working DATA_FOLDER [STEP]

Prints a line for each step that it begins, and `idle` once nothing is left. With a STEP it stands
still in the middle of it, behind what it has written, until it is killed. The index is opened with
the first file that it takes, as its lock wants it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta

LEASE_S = 2.0
POLL_S = 0.2
LONGEST_S = 60.0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stand_still_in(step: str) -> None:
    """Behind the first piece of the step's work, alive and holding its lease."""
    from documents import leases

    original = leases.Run.progress

    def progress(run: leases.Run, done: int, total: int) -> None:
        original(run, done, total)
        run.version.refresh_from_db(fields=["step"])
        if run.version.step == step:
            say(f"still in {step}")
            time.sleep(LONGEST_S)

    leases.Run.progress = progress  # type: ignore[method-assign, assignment]


def tell_steps() -> None:
    from documents import steps
    from documents.leases import Run

    def told(name: str, work: Callable[[Run], None]) -> Callable[[Run], None]:
        def run(run: Run) -> None:
            say(name)
            work(run)

        return run

    steps._STEPS[:] = [(step, told(str(step), work)) for step, work in steps._STEPS]


def main(step: str) -> None:
    from documents import ingestion, leases
    from documents.models import DocumentVersion
    from documents.tasks import sweep_ingestion

    leases.LEASE = timedelta(seconds=LEASE_S)
    leases.BEAT_S = LEASE_S / 4
    tell_steps()
    if step:
        stand_still_in(step)
    State = DocumentVersion.State
    until = time.monotonic() + LONGEST_S
    say("ready")
    while time.monotonic() < until:
        sweep_ingestion()
        ingestion.work_off_queue()
        if not DocumentVersion.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
            say("idle")
            return
        time.sleep(POLL_S)


if __name__ == "__main__":
    os.environ["CASSANDRE_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "cassandre.dev_settings"
    import django

    django.setup()
    main(sys.argv[2] if len(sys.argv) > 2 else "")
