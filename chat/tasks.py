from __future__ import annotations

from celery import shared_task

from chat.records import interrupt_dead_answers


@shared_task(name="chat.sweep_answers")  # type: ignore[untyped-decorator]
def sweep_answers() -> None:
    """Mark answers as interrupted whose process no longer says that it lives.

    Runs on the schedule. Idempotent: one conditional UPDATE.
    """
    interrupt_dead_answers()
